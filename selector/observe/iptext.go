package observe

import (
	"cmp"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// ipText reads the text of ip address, of iproute2 or busybox, also with -o, -d or -s. It
// ignores lines that have nothing of an address, such as statistics.
type ipText struct {
	list
	link    string     // the one that the lines belong to
	unnamed unnamed    // links without such a line
	n       int        // the line of the address that is open
	open    [][]string // the words on each of its lines
	kind    bool       // whether the next line may begin with the kind of the link

	headings, hardware, details int  // links with such lines
	old                         bool // whether it looks like busybox or an old iproute2
}

func readIPText(s segment) (list, error) {
	t := ipText{list: newList(s, FormatIP)}
	for _, l := range s.lines {
		for _, part := range sublines(l.text) {
			if err := t.take(l.n, part); err != nil {
				return t.list, err
			}
		}
	}
	n := t.n
	if err := t.flush(); err != nil {
		return t.list, err
	}
	t.finish()
	if as := t.Observation.Addresses; t.lifetimes && !t.last {
		return t.list, withNext(fault(n, "its lifetimes on the next line", "this looks like %s, but is cut off behind %s", t.Format.Words(), as[len(as)-1].Prefix),
			"paste the output to its end")
	}
	return t.list, nil
}

// marks are where lines begin that somebody put together in one.
var marks = regexp.MustCompile(`\s(?:inet6?\s+\S+(?:/\d+|\s+peer)|link/\w+|\d+:\s+\S+:\s+(?:<|mtu\s))`)

// sublines splits a line where ip -o has put several together, or whoever pasted it.
func sublines(text string) (parts []string) {
	for part := range strings.SplitSeq(text, `\`) {
		head := ""
		if m := onelineLine.FindStringSubmatchIndex(part); m != nil {
			head, part = part[:m[6]], part[m[6]:]
		}
		last := 0
		for _, m := range marks.FindAllStringIndex(part, -1) {
			if strings.TrimSpace(part[last:m[0]]) != "" {
				parts = append(parts, head+part[last:m[0]])
				head, last = "", m[0]
			}
		}
		parts = append(parts, head+part[last:])
	}
	return parts
}

// garbled matches a line with an address that does not begin as it should.
var garbled = regexp.MustCompile(`^\s*\S*\s*[0-9a-fA-F:.]+/\d+\s.*\bscope\s`)

// take takes a line.
func (t *ipText) take(n int, text string) error {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	afterHardware := t.kind
	t.kind = false
	if m := linkLine.FindStringSubmatch(text); m != nil {
		return t.heading(n, m)
	}
	if m := onelineLine.FindStringSubmatch(text); m != nil {
		name, _, _ := strings.Cut(m[2], "@")
		if err := t.begin(n, m[1], name); err != nil {
			return err
		}
		t.n, t.open = n, [][]string{strings.Fields(m[3])}
		return nil
	}
	switch {
	case inetLine.MatchString(text):
		if err := t.flush(); err != nil {
			return err
		}
		if t.link == "" && t.unnamed.line == 0 {
			t.unnamed.line = n
		}
		t.n, t.open = n, [][]string{words}
	case strings.HasPrefix(words[0], "link/"):
		if err := t.flush(); err != nil {
			return err
		}
		return t.takeHardware(n, words)
	case len(t.open) > 0 && !complete(t.open):
		t.open = append(t.open, words)
	case words[0] == "valid_lft":
		return withNext(fault(n, "the line of the address above it", "this looks like %s, but begins in the middle: lifetimes without an address", t.Format.Words()),
			"paste the output from its first line on")
	case garbled.MatchString(text):
		return fault(n, "a line that begins with inet6 or inet", "this looks like %s, but for %q", t.Format.Words(), strings.Join(words, " "))
	case afterHardware && slices.Contains(linkKinds, words[0]):
		t.details++
		t.current().Type = words[0]
	}
	return nil
}

// linkKinds are rtnetlink's kinds of links that the line after that of the hardware may
// begin with.
var linkKinds = strings.Fields(`amt bareudp bond bridge can dummy erspan geneve gre gretap gtp hsr ifb ip6erspan
	ip6gre ip6gretap ip6tnl ipip ipoib ipvlan ipvtap macsec macvlan macvtap netdevsim netkit nlmon openvswitch
	rmnet sit team tun vcan veth virt_wifi vlan vrf vti vti6 vxcan vxlan wireguard wwan xfrm`)

// heading takes the line of a link: index, name, peer, flags, and the rest.
func (t *ipText) heading(n int, m []string) error {
	if err := t.begin(n, m[1], m[2]); err != nil {
		return err
	}
	t.headings++
	l := t.current()
	rest := m[5] + m[6]
	l.Flags = selector.ParseLinkFlags(strings.Split(m[4], ","))
	l.Up = l.Flags.Has(selector.LinkUp | selector.LinkLowerUp)
	if l.Flags.Has(selector.LinkLoopback) {
		l.Type = "loopback"
	}
	t.lack(m[6] != "", selector.FactLinkFlags)
	for pair := range slices.Chunk(strings.Fields(rest), 2) {
		switch {
		case len(pair) < 2:
		case pair[0] == "mtu":
			l.MTU, _ = strconv.Atoi(pair[1])
		case pair[0] == "state" && m[6] != "": // there are no flags
			l.Up = isUp(pair[1])
		}
	}
	t.old = t.old || strings.Contains(rest, " qdisc ") && !strings.Contains(rest, " group ")
	t.links = t.links || strings.Contains(rest, " mode ")
	return nil
}

// begin begins what belongs to a link.
func (t *ipText) begin(n int, index, name string) error {
	if err := t.flush(); err != nil {
		return err
	}
	if t.unnamed.line > 0 {
		return withNext(fault(t.unnamed.line, `the line of its link above it, such as "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500"`,
			"this looks like %s, but begins in the middle: an address without its link", t.Format.Words()),
			"paste the output from its first line on, or that of ip -o address")
	}
	if t.link = name; t.current() != nil {
		return nil
	}
	i, err := strconv.Atoi(index)
	if err != nil {
		return fault(n, "the index of a link", "%s", index)
	}
	return t.addLink(n, selector.Link{Index: i, Name: name, Up: true})
}

// current returns the link that the lines belong to, or nil.
func (t *ipText) current() *selector.Link {
	i := slices.IndexFunc(t.Observation.Links, func(l selector.Link) bool { return l.Name == t.link })
	if i < 0 {
		return nil
	}
	return &t.Observation.Links[i]
}

// arphrd are the types that ip -N prints as numbers (linux/if_arp.h).
var arphrd = map[string]string{"[1]": "ether", "[772]": "loopback", "[65534]": "none"}

// takeHardware takes "link/ether 52:54:00:1f:c7:bd brd ff:ff:ff:ff:ff:ff", which with -d
// goes on.
func (t *ipText) takeHardware(n int, words []string) error {
	l := t.current()
	if l == nil {
		return nil // its link is missing, which its addresses say
	}
	t.hardware++
	l.Type = strings.TrimPrefix(words[0], "link/")
	if named, ok := arphrd[l.Type]; ok {
		l.Type = named
	}
	if l.Type == "ether" && len(words) > 1 {
		mac, err := net.ParseMAC(words[1])
		switch {
		case err == nil:
			l.MAC = mac.String()
		case isRedacted(words[1]):
			t.Lacks = append(t.Lacks, "the MAC of "+l.Name+", which is redacted")
		default:
			return fault(n, "a MAC address such as 52:54:00:1f:c7:bd", "%q is no MAC address", words[1])
		}
	}
	if slices.Contains(words, "promiscuity") {
		t.kind = !slices.Contains(words, "numtxqueues")
		if !t.kind { // it has none
			t.details++
		}
	}
	return nil
}

// flush adds the address that is open. Its lines may have been wrapped, also within a
// word; or what follows the first one belongs to something else.
func (t *ipText) flush() error {
	if len(t.open) == 0 {
		return nil
	}
	lines := t.open
	t.open = nil
	for {
		var first error
		for _, words := range joined(lines) {
			e, err := parseEntry(t.n, words)
			if err == nil {
				return t.addEntry(e)
			}
			first = cmp.Or(first, err)
		}
		last := len(lines) - 1
		if last == 0 || lines[last][0] == "valid_lft" {
			return first
		}
		lines = lines[:last]
	}
}

// addEntry adds an address to its link.
func (t *ipText) addEntry(e entry) error {
	e.Link = t.link
	if t.link == "" {
		e.Link = t.unnamed.take(&t.list, e)
		if err := t.addLink(t.n, selector.Link{Name: e.Link, Up: true}); err != nil {
			return err
		}
	}
	t.add(e)
	return nil
}

// joined returns the words of lines, at first as they are, and then with words put
// together again that the ends of some of the lines may have broken.
func joined(lines [][]string) (variants [][]string) {
	ends := min(len(lines)-1, 3)
	for broken := range 1 << ends {
		words := slices.Clone(lines[0])
		for i, next := range lines[1:] {
			if broken>>i&1 == 1 {
				words[len(words)-1] += next[0]
				next = next[1:]
			}
			words = append(words, next...)
		}
		variants = append(variants, words)
	}
	return variants
}

// finish says what the output does not have.
func (t *ipText) finish() {
	oneline := t.headings == 0
	switch {
	case t.unnamed.line > 0:
		t.Format = FormatIPLines
		t.unnamed.finish(&t.list)
	case oneline:
		t.Format = FormatIPOneline
	}
	t.lack(t.noLifetimes, selector.FactLifetimes)
	// Old ones show the lowest eight flags alone, and busybox those without a name as a
	// number.
	t.lack((t.old || t.numbers) && !t.highFlags, selector.FactHighFlags)
	t.lack(oneline, selector.FactLinks, selector.FactLinkFlags, selector.FactMTU)
	t.lack(t.hardware < t.headings || oneline, selector.FactHardware)
	t.lack(t.details < t.headings || oneline, selector.FactLinkKinds)
	t.lack(!t.protocols, selector.FactProtocols)
	t.lack(true, selector.FactRoutes)
	t.families(t.hardware > 0)
}
