package passt_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/mdlayher/ndp"

	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/wire"
)

// stimuli are the guest's frames of all recordings.
func stimuli(f *testing.F) (frames [][]byte) {
	files, err := filepath.Glob("wire/testdata/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("no recording: %v", err)
	}
	for _, file := range files {
		rec, err := wire.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range rec.Cases {
			frames = append(frames, c.Sent...)
		}
	}
	return frames
}

var fuzzed = []string{"2022_11_10", "2023_06_03", "2023_12_30", "2024_08_21", "2025_02_17", "2025_05_03", "2025_09_19", "2025_12_08", "2026_07_16"}

func FuzzEngine(f *testing.F) {
	frames := stimuli(f)
	for i, frame := range frames {
		f.Add(byte(i), byte(i), frame, frames[(i+7)%len(frames)])
	}
	f.Fuzz(func(t *testing.T, release, options byte, first, second []byte) {
		e := engine(t, fuzzed[int(release)%len(fuzzed)], func(c *passt.Config) {
			c.FQDN = "vm.example.org"
			c.AddressGiven = options&1 != 0
			c.NoMapGW = options&2 != 0
			if options&4 != 0 {
				c.Address = netip.Prefix{}
			}
			c.NoNDP, c.NoDHCPv6 = options&8 != 0, options&16 != 0
		})
		right := lookup(t, fuzzed[int(release)%len(fuzzed)]).SearchList == passt.SearchRight
		for _, frame := range [][]byte{first, second, first} {
			before := bytes.Clone(frame)
			out := e.Handle(start, frame)
			if !bytes.Equal(frame, before) {
				t.Error("the guest's frame was changed")
			}
			if len(out) > 1 {
				t.Errorf("%d answers", len(out))
			}
			for _, o := range out {
				if err := check(o, right); err != nil {
					t.Errorf("answer %x to %x: %v", o, frame, err)
				}
			}
		}
	})
}

// check parses an answer. right is whether its search list parses too.
func check(frame []byte, right bool) error {
	if len(frame) > 1280 {
		return fmt.Errorf("%d octets", len(frame))
	}
	p := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default)
	l3, ok := p.NetworkLayer().(*layers.IPv6)
	if !ok {
		return fmt.Errorf("not IPv6: %v", p)
	}
	if int(l3.Length) != len(l3.Payload) || l3.HopLimit != 255 {
		return fmt.Errorf("IPv6 header %+v", l3)
	}
	sum := uint32(l3.Length) + uint32(l3.NextHeader) // with the pseudo-header, RFC 8200 8.1
	for i, b := range frame[22:] {
		sum += uint32(b) << (8 * (1 - i%2))
	}
	if sum%0xffff != 0 {
		return fmt.Errorf("checksum is off by %#x", sum%0xffff)
	}
	switch l3.NextHeader {
	case layers.IPProtocolICMPv6:
		if target := l3.Payload[8:24]; l3.Payload[0] == 136 && netip.AddrFrom16([16]byte(target)).Is4In6() {
			return nil // what was asked for; the library refuses it
		}
		_, err := ndp.ParseMessage(l3.Payload)
		return err
	case layers.IPProtocolUDP:
		b := l3.Payload[8:]
		for b = b[4:]; len(b) > 0; {
			if len(b) < 4 || len(b) < 4+int(binary.BigEndian.Uint16(b[2:])) {
				return fmt.Errorf("an option is cut short: %x", b)
			}
			code, body := dhcpv6.OptionCode(binary.BigEndian.Uint16(b)), b[4:][:binary.BigEndian.Uint16(b[2:])]
			b = b[4+len(body):]
			switch {
			case code == dhcpv6.OptionClientID: // the client's own
			case code == dhcpv6.OptionIATA: // read as an IA_NA
			case code == dhcpv6.OptionDomainSearchList && !right:
			default:
				if _, err := dhcpv6.ParseOption(code, body); err != nil {
					return fmt.Errorf("%s: %w", code, err)
				}
			}
		}
		return nil
	}
	return fmt.Errorf("protocol %s", l3.NextHeader)
}

// What the library takes for a message is one for the lenient walk too.
func FuzzOption(f *testing.F) {
	for _, frame := range stimuli(f) {
		if len(frame) > 66 {
			f.Add(frame[66:])
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var options dhcpv6.Options
		if err := options.FromBytes(b); err != nil {
			for _, code := range []dhcpv6.OptionCode{dhcpv6.OptionClientID, dhcpv6.OptionServerID, dhcpv6.OptionIANA} {
				if o, ok := passt.Option(b, code); ok && !bytes.Contains(b, o) {
					t.Errorf("%s %x is not in %x", code, o, b)
				}
			}
			return
		}
		for _, o := range options {
			got, ok := passt.Option(b, o.Code())
			if first := options.GetOne(o.Code()).ToBytes(); !ok || len(first) > 0 && len(got) == 0 {
				t.Errorf("%s is %x, %v; the library has %x", o.Code(), got, ok, first)
			}
		}
	})
}

func FuzzSearchList(f *testing.F) {
	f.Add(byte(0), 10, 128, 10)
	f.Add(byte(1), 128, 10, 0)
	f.Fuzz(func(t *testing.T, how byte, a, b, c int) {
		kind := passt.SearchList(how % 2)
		var duids [][]byte
		for _, n := range []int{a, b, c} {
			duids = append(duids, bytes.Repeat([]byte{byte(n)}, n&127))
		}
		for i, l := range passt.Lists(kind, []string{"default.svc.cluster.local", "cluster.local"}, duids...) {
			if len(l) != 42 {
				t.Errorf("list %d has %d octets", i, len(l))
			}
			if i == 0 && a&127 != 0 && l[0] != 7 {
				t.Errorf("the first list begins with %d", l[0])
			}
		}
	})
}
