package passt_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/insomniacslk/dhcp/dhcpv6"

	"github.com/passtlab/passtlab/sim/passt"
)

// The recordings hold what one client may send; this is what they do not.
func TestIAID(t *testing.T) {
	for _, tt := range []struct {
		name, release string
		options       []byte
		want          [4]byte // zero: silence
	}{
		{"none", "2025_05_03", nil, [4]byte{1}},
		{"first of two", "2025_05_03", append(iana(7), iana(8)...), [4]byte{3: 7}},
		{"3 octets at the end", "2025_05_03", option(dhcpv6.OptionIANA, []byte{0, 0, 7}), [4]byte{}},
		{"3 octets at the end", "2025_09_11", option(dhcpv6.OptionIANA, []byte{0, 0, 7}), [4]byte{1}},
		{"4 octets at the end", "2025_05_03", option(dhcpv6.OptionIANA, []byte{0, 0, 0, 7}), [4]byte{3: 7}},
		{"4 octets at the end", "2025_09_11", option(dhcpv6.OptionIANA, []byte{0, 0, 0, 7}), [4]byte{1}},
		{"4 octets before others", "2025_09_11", append(option(dhcpv6.OptionIANA, []byte{0, 0, 0, 7}), clientID...), [4]byte{3: 7}},
		{"cut short", "2025_05_03", iana(7)[:12], [4]byte{1}},
		{"longer than the message", "2025_05_03", iana(7, iaaddr(addrD))[:30], [4]byte{1}},
		{"longer than the message", "2026_07_16", iana(7, iaaddr(addrD))[:30], [4]byte{1}},
	} {
		m := reply(t, engine(t, tt.release), request(t, addrL, dhcpv6.MessageTypeSolicit, clientID, tt.options))
		var got [4]byte
		if m != nil {
			got = m.Options.OneIANA().IaId
		}
		if got != tt.want {
			t.Errorf("%s, %s: IAID %x, want %x", tt.release, tt.name, got, tt.want)
		}
	}

	e := engine(t, "2025_05_03")
	server := option(dhcpv6.OptionServerID, reply(t, e, request(t, addrL, dhcpv6.MessageTypeSolicit, clientID, iana(7))).Options.ServerID().ToBytes())
	reply(t, e, request(t, addrL, dhcpv6.MessageTypeRequest, clientID, server, iana(8, iaaddr(peer)))) // not on link
	reply(t, e, request(t, addrL, dhcpv6.MessageTypeRelease, clientID, server, iana(9)))               // not answered
	m := reply(t, e, request(t, addrL, dhcpv6.MessageTypeInformationRequest, clientID))
	if got := m.Options.OneIANA().IaId; got != [4]byte{3: 7} {
		t.Errorf("IAID %x in a reply to a message without, want that of the last lease, 7", got)
	}
}

func TestNotOnLink(t *testing.T) {
	withOption := option(dhcpv6.OptionIAAddr, peer.AsSlice(), make([]byte, 8), option(dhcpv6.OptionStatusCode, []byte{0, 0}))
	for _, tt := range []struct {
		name, release string
		ias           [][]byte
		want          byte // the refused IAID
	}{
		{"right", "2025_05_03", [][]byte{iana(7, iaaddr(addrD))}, 0},
		{"wrong", "2025_05_03", [][]byte{iana(7, iaaddr(peer))}, 7},
		{"second address", "2025_05_03", [][]byte{iana(7, iaaddr(addrD), iaaddr(peer))}, 7},
		{"with option", "2025_05_03", [][]byte{iana(7, withOption)}, 0},
		{"longer than the message", "2025_05_03", [][]byte{append(iana(7, iaaddr(peer))[:3], append([]byte{99}, iana(7, iaaddr(peer))[4:]...)...)}, 0},
		{"second IA", "2025_05_03", [][]byte{iana(7, iaaddr(addrD)), iana(8, iaaddr(peer))}, 0},
		{"second IA", "2025_09_11", [][]byte{iana(7, iaaddr(addrD)), iana(8, iaaddr(peer))}, 8},
		{"third IA", "2025_09_11", [][]byte{iana(7, iaaddr(addrD)), iana(8), iana(9, iaaddr(peer))}, 9},
		{"IA_TA", "2026_07_16", [][]byte{option(dhcpv6.OptionIATA, []byte{0, 0, 0, 7}, iaaddr(peer))}, 0},
	} {
		e := engine(t, tt.release)
		server := option(dhcpv6.OptionServerID, reply(t, e, request(t, addrL, dhcpv6.MessageTypeSolicit, clientID)).Options.ServerID().ToBytes())
		e.Handle(start, traffic(t, addrS))
		m := reply(t, e, request(t, addrL, dhcpv6.MessageTypeRequest, append([][]byte{clientID, server}, tt.ias...)...))
		ia := m.Options.OneIANA()
		if status := ia.Options.Status(); (status != nil) != (tt.want != 0) {
			t.Errorf("%s, %s: status %v", tt.release, tt.name, status)
			continue
		}
		want := addrD
		if tt.want != 0 {
			want = addrS
			if ia.IaId[3] != tt.want || len(m.Options.DNS()) != 0 {
				t.Errorf("%s, %s: %s", tt.release, tt.name, m.Summary())
			}
		}
		if e.Seen() != want {
			t.Errorf("%s, %s: seen %s, want %s", tt.release, tt.name, e.Seen(), want)
		}
	}
}

// An IA_NA or an address that is longer than the message counts as missing, and the search
// for an address that is not on link goes on with the IA_TA, which passt reads as an IA_NA.
func TestNotOnLinkBehind(t *testing.T) {
	long := func(o []byte) []byte { o[2], o[3] = 0xff, 0xff; return o }
	ta := option(dhcpv6.OptionIATA, []byte{0, 0, 0, 9}, make([]byte, 8), iaaddr(peer))
	for _, release := range []string{"2023_03_09", "2026_10_02"} {
		for name, tt := range map[string]struct {
			ia      []byte
			refused bool
		}{
			"address with options": {iana(7, option(dhcpv6.OptionIAAddr, addrD.AsSlice(), make([]byte, 14))), false},
			"short IA_NA":          {option(dhcpv6.OptionIANA, make([]byte, 8)), false},
			"long IA_NA":           {long(iana(7, iaaddr(addrD))), true},
			"long address":         {iana(7, long(iaaddr(peer))), true},
		} {
			m := reply(t, engine(t, release), request(t, addrL, dhcpv6.MessageTypeConfirm, clientID, ta, tt.ia))
			if refused := m.GetOneOption(dhcpv6.OptionIATA) != nil; refused != tt.refused {
				t.Errorf("%s, %s: refused: %t", release, name, refused)
			}
		}
	}
}

// Options that the end of the message cuts short count as none, or the message does not
// count.
func TestCutShort(t *testing.T) {
	for _, tt := range []struct {
		name, release string
		kind          dhcpv6.MessageType
		option        []byte
		answered      bool
	}{
		{"IA_TA", "2025_05_03", dhcpv6.MessageTypeInformationRequest, option(dhcpv6.OptionIATA, make([]byte, 4)), false},
		{"IA_TA cut short", "2025_05_03", dhcpv6.MessageTypeInformationRequest, option(dhcpv6.OptionIATA, make([]byte, 4))[:7], true},
		{"server", "2025_09_10", dhcpv6.MessageTypeSolicit, option(dhcpv6.OptionServerID, make([]byte, 12)), false},
		{"server", "2025_09_11", dhcpv6.MessageTypeSolicit, option(dhcpv6.OptionServerID, make([]byte, 12)), true},
		{"server before others", "2025_09_11", dhcpv6.MessageTypeSolicit, append(option(dhcpv6.OptionServerID, make([]byte, 12)), iana(7)...), false},
		{"DUID of 128 octets", "2026_07_16", dhcpv6.MessageTypeSolicit, nil, true},
	} {
		m := reply(t, engine(t, tt.release), request(t, addrL, tt.kind, option(dhcpv6.OptionClientID, make([]byte, 128)), tt.option))
		if (m != nil) != tt.answered {
			t.Errorf("%s, %s: answered: %t", tt.release, tt.name, m != nil)
		}
	}
}

func TestFQDN(t *testing.T) {
	name := func(c *passt.Config) { c.FQDN = "vm.example.org" }
	dotted := func(c *passt.Config) { c.FQDN = "vm.example.org." }
	set := option(dhcpv6.OptionFQDN, []byte{1}, []byte("\x02vm\x00"))
	unset := option(dhcpv6.OptionFQDN, []byte{0}, []byte("\x02vm\x00"))
	for _, tt := range []struct {
		release string
		change  func(*passt.Config)
		option  []byte
		want    string
	}{
		{"2025_01_21", name, set, ""},
		{"2025_02_17", name, set, "\x02\x02vm\x07example\x03org\x00"},
		{"2025_02_17", name, unset, "\x00\x02vm\x07example\x03org\x00"},
		{"2025_02_17", name, nil, "\x00\x02vm\x07example\x03org\x00"},
		{"2025_02_17", dotted, nil, "\x00\x02vm\x07example\x03org\x00\x00"},
		{"2025_02_17", func(*passt.Config) {}, set, ""},
		{"2025_09_11", name, set, "\x00\x02vm\x07example\x03org\x00"},
		{"2025_09_11", name, append(slices.Clone(set), option(200, make([]byte, 246))...), "\x02\x02vm\x07example\x03org\x00"},
		{"2025_09_11", name, append(slices.Clone(set), option(200, make([]byte, 245))...), "\x00\x02vm\x07example\x03org\x00"},
		{"2025_02_17", name, append(option(dhcpv6.OptionFQDN), option(0x0164)...), "\x02\x02vm\x07example\x03org\x00"},
		{"2025_02_17", name, option(dhcpv6.OptionFQDN), "\x00\x02vm\x07example\x03org\x00"},
	} {
		m := reply(t, engine(t, tt.release, tt.change), request(t, addrL, dhcpv6.MessageTypeSolicit, clientID, tt.option))
		var got string
		if o := m.GetOneOption(dhcpv6.OptionFQDN); o != nil {
			got = string(o.ToBytes())
		}
		if got != tt.want {
			t.Errorf("%s, asked %x: option %q, want %q", tt.release, tt.option, got, tt.want)
		}
	}
}

// A UDP checksum that comes out as zero is sent so (not as RFC 8200 8.1 wants it). The
// transaction identifiers differ in two octets, so some of them gives it.
func TestZeroChecksum(t *testing.T) {
	e, zeros := engine(t, "2025_05_03"), 0
	const xid, checksum = 14 + 40 + 8 + 2, 14 + 40 + 6
	f := request(t, addrL, dhcpv6.MessageTypeSolicit, clientID)
	for i := range 1 << 16 {
		binary.BigEndian.PutUint16(f[xid:], uint16(i))
		switch b := one(t, e.Handle(start, f)); binary.BigEndian.Uint16(b[checksum:]) {
		case 0:
			zeros++
		case 0xffff:
			t.Fatalf("checksum ffff: %x", b)
		}
	}
	if zeros == 0 {
		t.Error("no checksum is zero")
	}
}

// Seen on passt 2023_03_09: the end of a list that reaches the code of passt's next option.
func TestSearchListEnd(t *testing.T) {
	e := engine(t, "2023_03_09", func(c *passt.Config) { c.Nameservers = nil })
	duid := option(dhcpv6.OptionClientID, bytes.Repeat([]byte("A"), 64))
	if f := one(t, e.Handle(start, request(t, addrL, dhcpv6.MessageTypeSolicit, duid))); f[len(f)-1] != 1 {
		t.Errorf("the list ends with %d, want 1", f[len(f)-1])
	}
}

func TestResolver(t *testing.T) {
	e := engine(t, "2025_05_03", func(c *passt.Config) {
		c.Nameservers = nil
		c.Searches = []string{"example.org.", "."}
	})
	m := reply(t, e, request(t, addrL, dhcpv6.MessageTypeSolicit, clientID))
	if len(m.Options.DNS()) != 0 || string(m.GetOneOption(dhcpv6.OptionDomainSearchList).ToBytes()) != "\x07example\x03org\x00" {
		t.Errorf("resolver options: %s", m.Summary())
	}
}

// What lists look like after each other is in the recordings; here are lists
// of other names.
func TestSearchList(t *testing.T) {
	short, long := make([]byte, 10), bytes.Repeat([]byte("A"), 128)
	for _, tt := range []struct {
		name  string
		how   passt.SearchList
		duids [][]byte
		want  string // the last list
	}{
		{"first", passt.SearchFirst, [][]byte{short}, "\x01a\x02bc\x00\x03def\x00"},
		{"second", passt.SearchFirst, [][]byte{short, short}, "\x01a\x02bc\x04\x03def\x00"},
		{"second after long", passt.SearchFirst, [][]byte{long, short}, "\x01a\x02bc\x04Adef\x53"},
		{"stale first", passt.SearchStale, [][]byte{short}, "\x01a\x02bc\x00\x03def\x00"},
		{"stale second", passt.SearchStale, [][]byte{short, short}, "\x01a\x02bc\x00\x03def\x00"},
		{"stale after long", passt.SearchStale, [][]byte{long, short}, "\x01a\x03bcA\x57defA"},
	} {
		lists := passt.Lists(tt.how, []string{"a.bc", "def"}, tt.duids...)
		if got := string(lists[len(lists)-1]); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
