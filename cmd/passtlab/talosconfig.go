package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/machinery"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// talosConfig is the flag that names a machine configuration of Talos.
type talosConfig struct {
	file     string
	settings machinery.Settings // what the file says
}

func (f *talosConfig) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.file, "talos-config", "", "take subnets, filters, VIPs and the sort algorithm from the Talos machine configuration in `FILE`")
}

// load reads the file, if there is one. The newest Talos does so, which knows the
// documents of all versions.
func (f *talosConfig) load(c *cobra.Command) error {
	if f.file == "" {
		return nil
	}
	file, err := os.Open(f.file)
	if err != nil {
		return fmt.Errorf("--talos-config: %w", err)
	}
	defer file.Close()
	versions := machinery.Versions()
	release := catchSignals(c) // an interrupted build cleans up
	m, err := machinery.New(c.Context(), builder(c.ErrOrStderr()), versions[len(versions)-1])
	if e := release(); e != nil {
		return e
	}
	if err != nil {
		return fmt.Errorf("--talos-config: %w", err)
	}
	s, err := m.Read(c.Context(), file)
	if err != nil {
		return fmt.Errorf("--talos-config: %s: %w", f.file, err)
	}
	f.settings = s
	return nil
}

// algorithm returns the file's sort algorithm, or Talos' default. It is empty without a
// file.
func (f *talosConfig) algorithm() string {
	if f.file == "" {
		return ""
	}
	return cmp.Or(f.settings.NodeAddressSortAlgorithm, string(talos.V1))
}

// set replaces the configuration by the file's, if there is one, with Talos' defaults
// for what the file does not say.
func (f *talosConfig) set(c *selector.Config) {
	if f.file != "" {
		*c = talos.Defaults(f.settings.Config)
	}
}
