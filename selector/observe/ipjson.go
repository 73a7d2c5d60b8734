package observe

import (
	"bytes"
	"encoding/json"
	"net"
	"net/netip"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// ipLink is a link in the JSON of ip address.
type ipLink struct {
	Index     int               `json:"ifindex"`
	Name      string            `json:"ifname"`
	Flags     []string          `json:"flags"` // nil with -br
	MTU       int               `json:"mtu"`
	State     string            `json:"operstate"`
	Hardware  string            `json:"link_type"` // empty with -6 and -4
	MAC       string            `json:"address"`
	Addresses []json.RawMessage `json:"addr_info"`
	// Promiscuity is there with -d.
	Promiscuity *int `json:"promiscuity"`
	Info        struct {
		Kind string `json:"info_kind"`
	} `json:"linkinfo"`
}

// ipAddr is an address in the JSON of ip address. Its flags are further keys, with the
// value true.
type ipAddr struct {
	Local     string  `json:"local"`
	Peer      string  `json:"address"`
	Length    int     `json:"prefixlen"`
	Scope     string  `json:"scope"` // empty with -br
	Protocol  string  `json:"protocol"`
	Valid     *uint32 `json:"valid_life_time"`
	Preferred *uint32 `json:"preferred_life_time"`
}

// readIPJSON reads the JSON of ip -j address.
func readIPJSON(s segment) (list, error) {
	j := newList(s, FormatIPJSON)
	data := s.text()
	if text := bytes.TrimSpace(data); bytes.HasPrefix(text, []byte("{")) { // one link, of jq
		data = bytes.Join([][]byte{[]byte("["), text, []byte("]")}, nil)
	}
	var links []json.RawMessage
	if err := json.Unmarshal(data, &links); err != nil {
		return j, fault(s.at(1), "what ip -j address prints", "%v", err)
	}
	from := 0
	line := func(raw []byte) int { // of what stands after the last one
		if i := bytes.Index(data[from:], raw); i >= 0 {
			from += i
		}
		return s.at(1 + bytes.Count(data[:from], []byte("\n")))
	}
	brief, noHardware, noKind := false, false, false
	hardware := 0
	for _, raw := range links {
		n := line(raw)
		var l ipLink
		if err := json.Unmarshal(raw, &l); err != nil {
			return j, fault(n, "a link as ip -j address prints it", "%v", err)
		}
		if l.Name == "" {
			continue // older releases print an empty object for a link without addresses
		}
		brief = brief || l.Flags == nil
		noHardware = noHardware || l.Hardware == ""
		if l.Hardware != "" {
			hardware++
		}
		noKind = noKind || l.Promiscuity == nil
		if err := j.addLink(n, l.link()); err != nil {
			return j, err
		}
		if l.Hardware == "ether" && j.Observation.Links[len(j.Observation.Links)-1].MAC == "" {
			j.Lacks = append(j.Lacks, "the MAC of "+l.Name+", which is redacted")
		}
		for _, raw := range l.Addresses {
			if err := j.addJSON(line(raw), l.Name, raw); err != nil {
				return j, err
			}
		}
	}
	if brief {
		j.Format = FormatIPBriefJSON
		j.finishBrief()
		return j, nil
	}
	j.lack(j.noLifetimes, selector.FactLifetimes)
	j.lack(noHardware, selector.FactHardware)
	j.lack(noKind, selector.FactLinkKinds)
	j.lack(!j.protocols, selector.FactProtocols)
	j.lack(true, selector.FactRoutes)
	j.families(hardware > 0)
	return j, nil
}

func (l ipLink) link() selector.Link {
	x := selector.Link{Index: l.Index, Name: l.Name, Type: l.Hardware, MTU: l.MTU}
	if l.Flags == nil {
		x.Up = isUp(l.State)
		return x
	}
	x.Flags = selector.ParseLinkFlags(l.Flags)
	x.Up = x.Flags.Has(selector.LinkUp | selector.LinkLowerUp)
	if named, ok := arphrd[x.Type]; ok {
		x.Type = named
	}
	if x.Type == "ether" {
		if mac, err := net.ParseMAC(l.MAC); err == nil {
			x.MAC = mac.String()
		}
	}
	switch {
	case l.Info.Kind != "":
		x.Type = l.Info.Kind
	case x.Flags.Has(selector.LinkLoopback):
		x.Type = "loopback"
	}
	return x
}

// addJSON adds an address of a link.
func (l *list) addJSON(n int, link string, raw json.RawMessage) error {
	var a ipAddr
	var keys map[string]any
	if err := json.Unmarshal(raw, &a); err != nil {
		return fault(n, "an address as ip -j address prints it", "%v", err)
	}
	if err := json.Unmarshal(raw, &keys); err != nil || len(keys) == 0 {
		return err
	}
	addr, err := netip.ParseAddr(a.Local)
	if err != nil {
		return noAddress(n, a.Local, "an address")
	}
	e := entry{Address: selector.Address{
		Prefix: netip.PrefixFrom(addr, a.Length), Link: link, Flags: selector.FlagPermanent,
		Scope: numbered(scopes, a.Scope), Protocol: numbered(protocols, a.Protocol),
		ValidLifetime: selector.Forever, PreferredLifetime: selector.Forever,
	}}
	if a.Peer != "" {
		e.Prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	if !e.Prefix.IsValid() {
		return fault(n, "a prefix length that "+addr.String()+" can have", "%d", a.Length)
	}
	if e.Scope == "" {
		l.addBare(link, e.Prefix)
		return nil
	}
	for key, value := range keys {
		switch f, err := selector.ParseFlags([]string{key}); {
		case value != true || strings.HasPrefix(key, "0x"):
		case err == nil:
			e.Flags |= f
		case key == "secondary":
			e.Flags |= selector.FlagTemporary
		case key == "dynamic":
			e.Flags &^= selector.FlagPermanent
		}
	}
	if e.lifetimes = a.Valid != nil && a.Preferred != nil; e.lifetimes {
		e.ValidLifetime, e.PreferredLifetime = *a.Valid, *a.Preferred
	}
	l.add(e)
	return nil
}
