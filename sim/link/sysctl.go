package link

import (
	"fmt"
	"os"
	"strings"
)

// Sysctl is one setting below net, for example {"ipv6/conf/eth0/accept_ra", "2"}.
type Sysctl struct{ Key, Value string }

// Set writes the settings in their order.
func (n *Net) Set(settings ...Sysctl) error {
	return n.NS.Do(func() error {
		for _, s := range settings {
			// /proc/sys/net shows the namespace of the thread that opens it.
			err := os.WriteFile("/proc/sys/net/"+s.Key, []byte(s.Value), 0)
			if err != nil {
				return fmt.Errorf("set net.%s=%s in %s: %w",
					strings.ReplaceAll(s.Key, "/", "."), s.Value, n.NS.Name(), err)
			}
		}
		return nil
	})
}

// Get reads a setting.
func (n *Net) Get(key string) (value string, err error) {
	err = n.NS.Do(func() error {
		b, err := os.ReadFile("/proc/sys/net/" + key)
		value = strings.TrimSpace(string(b))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("get net.%s in %s: %w", strings.ReplaceAll(key, "/", "."), n.NS.Name(), err)
	}
	return value, nil
}
