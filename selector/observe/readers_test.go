package observe

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/strict"
	"github.com/passtlab/passtlab/selector"
)

// asSegment makes one segment of a text.
func asSegment(text string) segment {
	var s segment
	for i, l := range strings.Split(text, "\n") {
		s.lines = append(s.lines, line{n: i + 1, text: l})
	}
	return s
}

// seeds adds the files whose names begin so.
func seeds(f *testing.F, prefixes ...string) {
	f.Helper()
	for _, file := range inputs(f) {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(filepath.Base(file), p) }) {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data))
		}
	}
}

// sound holds that a fault names a line of the segment, and that what a reader accepts is
// whole.
func sound(t *testing.T, s segment, l list, err error) {
	t.Helper()
	if err != nil {
		if f, ok := errors.AsType[strict.Fault](err); !ok || f.Line < 1 || f.Line > len(s.lines) || f.Problem == "" {
			t.Errorf("%d lines: %v", len(s.lines), err)
		}
		return
	}
	o := l.Observation
	for _, a := range o.Addresses {
		if !a.Prefix.IsValid() || a.Link == "" || a.Scope == "" {
			t.Errorf("%+v", a)
		}
		if _, ok := o.Link(a.Link); !ok {
			t.Errorf("%+v is of no link", a)
		}
	}
	if l.Format.Words() == "" || !slices.Equal(o.Unknown, o.Unknown.With()) {
		t.Errorf("format %q, unknown %s", l.Format, o.Unknown)
	}
}

func fuzzList(f *testing.F, read func(segment) (list, error)) {
	f.Fuzz(func(t *testing.T, text string) {
		s := asSegment(text)
		l, err := read(s)
		sound(t, s, l, err)
	})
}

func FuzzIPText(f *testing.F) {
	seeds(f, "ip", "grep", "bad-grep", "bad-end", "bad-middle", "busybox", "calico", "field")
	fuzzList(f, readIPText)
}

func FuzzIPBrief(f *testing.F) {
	seeds(f, "ip-br", "bad-redacted-br")
	f.Add("eth0 UP fd01::1/6\n4 fd01::2 peer fd01::3/128 metric\n 5 10.0.0.1/8")
	fuzzList(f, readIPBrief)
}

func FuzzIPJSON(f *testing.F) {
	seeds(f, "ip-j", "ip-br-j", "bad-redacted-j")
	fuzzList(f, readIPJSON)
}

func FuzzIfInet6(f *testing.F) {
	seeds(f, "if_inet6", "bad-redacted-if")
	fuzzList(f, readIfInet6)
}

func FuzzIPRoute(f *testing.F) {
	seeds(f, "bad-little-route", "issue")
	f.Add("default proto static metric 1024 pref medium\n\tnexthop via fe80::1 dev eth0 weight 1 onlink\n")
	f.Fuzz(func(t *testing.T, text string) {
		rs := readRoutes(asSegment(text))
		if json, err := readRoutesJSON(asSegment(text)); err == nil {
			rs.routes = append(rs.routes, json.routes...)
		}
		for _, r := range rs.routes {
			if !r.Destination.IsValid() || r.Destination.Addr().Is4() || r.Link == "" {
				t.Errorf("%+v", r)
			}
		}
	})
}

func FuzzNode(f *testing.F) {
	seeds(f, "bad-kubectl", "bad-redacted-node")
	f.Add("kind: List\nitems: [{kind: Node, metadata: {name: n, annotations: {a: '::1, ::2'}}, spec: {podCIDRs: [::/0]}}, {kind: Pod}, 1]")
	f.Fuzz(func(t *testing.T, text string) {
		roots, err := readYAML([]byte(text))
		if err != nil {
			return
		}
		for _, root := range roots {
			os, err := readNodes(root)
			if _, ok := errors.AsType[strict.Fault](err); err != nil && !ok {
				t.Error(err)
			}
			for _, o := range os {
				for _, says := range o.Says {
					if says.Resource == "" || len(says.Addresses) == 0 || says.Addresses[0].String() == "" {
						t.Errorf("%+v", o)
					}
				}
				if o.answer().Error() == "" {
					t.Error("no answer")
				}
			}
		}
	})
}

func FuzzTable(f *testing.F) {
	seeds(f, "talosctl", "table", "kinds", "cluster.txt", "bad-row", "bad-cut.txt")
	f.Fuzz(func(t *testing.T, text string) {
		s := asSegment(text)
		rs, err := readTable(s)
		if x, ok := errors.AsType[strict.Fault](err); err != nil && (!ok || x.Line < 1 || x.Line > len(s.lines)) {
			t.Errorf("%d lines: %v", len(s.lines), err)
		}
		for _, r := range rs {
			if r.line < 1 || r.line > len(s.lines) || r.status != nil && !r.status.address.Prefix.IsValid() {
				t.Errorf("%+v", r)
			}
		}
	})
}

// FuzzSegments: segments have lines of the file, each once and in order.
func FuzzSegments(f *testing.F) {
	seeds(f, "")
	f.Fuzz(func(t *testing.T, text string) {
		lines := unbroken(cleaned([]byte(text)))
		last := 0
		for i, l := range lines {
			if l.n < last || l.n > 1+strings.Count(lineEnds.Replace(decoded([]byte(text))), "\n") {
				t.Fatalf("line %d is said to be %d, after %d", i, l.n, last)
			}
			last = l.n
		}
		rest := lines
		for _, s := range segments(lines) {
			if len(s.lines) == 0 || s.shape == shapeNone {
				t.Fatalf("%+v", s)
			}
			for _, l := range s.lines {
				i := slices.Index(rest, l)
				if i < 0 {
					t.Fatalf("%+v stands in no order", l)
				}
				rest = rest[i+1:]
			}
		}
	})
}

// What is said to be a format that holds too little is one.
func FuzzLittle(f *testing.F) {
	seeds(f, "bad-little", "bad-ifconfig", "bad-nmcli", "bad-networkctl")
	f.Fuzz(func(t *testing.T, text string) {
		if s := little(text); s != shapeNone && (poorOf(s).lacks == "" || poorOf(s).fault(1).Error() == "") {
			t.Errorf("%q is %q", text, s)
		}
	})
}

func TestRedacted(t *testing.T) {
	for word, want := range map[string]bool{
		"2a02:xxxx:1::1/64": true, "2a02:XX::1": true, "2001:db8:X::1/64": true, "<redacted>": true, "<redacted>/64": true, "[REDACTED]": true,
		"***": true, "2a02:****::1": true, "2a02:…:1/64": true, "2a02:...:1/64": true, "10.x.x.x/24": true, "x.x.x.x": true, "XX:XX:XX:XX:XX:XX": true,
		"2a02:aaaa:bbbb:PREFIX::1/64": true, "a.b.c.zzz/8": true, "█████::1": true, "fd01:cafe::5054:ff:fe1f:c7bg/64": true,
		"fd01:cafe:": false, "fd01:cafe::5054:ff:fe1f:c7bd:1:2:3:4/64": false, "10.9.0/24": false, "": false, "eth0": false,
	} {
		if got := isRedacted(word); got != want {
			t.Errorf("%q: %t, want %t", word, got, want)
		}
	}
}

// Bullets and the numbers of grep -n are removed, and a diff is not taken for bullets.
func TestUnnumbered(t *testing.T) {
	for text, want := range map[string]string{
		"- inet6 fd01::1/64 scope global": "inet6 fd01::1/64 scope global", "*  inet6 fd01::1/64": "inet6 fd01::1/64", "12:    inet6 fd01::1/64": "    inet6 fd01::1/64",
		"13-       valid_lft forever": "       valid_lft forever", "-    inet6 fd01::1/64": "-    inet6 fd01::1/64", "2: eth0    inet6 fd01::1/64": "2: eth0    inet6 fd01::1/64",
		"2: eth0: <UP> mtu 1500": "2: eth0: <UP> mtu 1500", "": "",
	} {
		if got := unnumbered(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Lines of addresses without links are of one link until they contradict.
func TestUnnamed(t *testing.T) {
	const lo, a, b, local = "inet6 ::1/128 scope host\n", "inet6 fd01::a/64 scope global\n", "inet6 fd01::b/128 scope global\n", "inet6 fe80::1/64 scope link\n"
	const four, other = "inet 10.0.0.1/8 scope global eth0\n", "inet 10.0.1.1/8 scope global eth1:x\n"
	for _, tt := range []struct {
		text string
		want string // the links of the addresses
		lack bool   // their names
	}{
		{a + b, "unnamed unnamed", false},
		{lo + a + b + local, "lo unnamed unnamed unnamed", false},
		{a + lo + b, "lo lo unnamed", true}, // lo has an address for services
		{a + local + b, "unnamed unnamed unnamed2", true},
		{a + a, "unnamed unnamed2", true},
		{four + a + local, "eth0 eth0 eth0", false},
		{four + a + other + b, "eth0 eth0 eth1 eth1", false},
		{four + a + local + b, "eth0 eth0 eth0 unnamed", true},
		{a + local + local, "unnamed unnamed unnamed2", false},
		{"inet 127.0.0.1/8 scope host lo\n" + lo + four + a, "lo lo eth0 eth0", false},
		{"$ ip a show eth7 | grep inet6\n" + a + local + b, "eth7 eth7 eth7", false},
		{"$ ip a show up | grep inet6\n" + a, "unnamed", false},
	} {
		nodes, err := Parse("x", []byte(tt.text))
		if err != nil || len(nodes) != 1 {
			t.Fatalf("%q: %d nodes, %v", tt.text, len(nodes), err)
		}
		var links []string
		o := nodes[0].Observation
		for _, line := range strings.Split(strings.TrimSpace(tt.text), "\n") { // in the order of the text
			i := slices.IndexFunc(o.Addresses, func(a selector.Address) bool { return strings.Contains(line, a.Prefix.String()) })
			if i >= 0 {
				links = append(links, o.Addresses[i].Link)
				o.Addresses = slices.Delete(o.Addresses, i, i+1)
			}
		}
		if got := strings.Join(links, " "); got != tt.want || o.Unknown.Has(selector.FactLinkNames) != tt.lack {
			t.Errorf("%q: %s, unknown %s, want %s", tt.text, got, o.Unknown, tt.want)
		}
	}
}

// Lists of one machine that complete each other are one observation, others are not.
func TestMerged(t *testing.T) {
	const eth0, eth1 = "2: eth0: <UP,LOWER_UP> mtu 1500\n    inet6 fd01::%s/64 scope global\n", "3: eth1: <UP,LOWER_UP> mtu 1500\n    inet6 fd02::%s/64 scope global\n"
	one := func(format, x string) string { return strings.Replace(format, "%s", x, 1) }
	v4 := "2: eth0: <UP,LOWER_UP> mtu 1500\n    inet 10.0.0.1/8 scope global eth0\n"
	for _, tt := range []struct {
		name, text string
		want       []string // the nodes' names
	}{
		{"families", "$ ip -6 a\n" + one(eth0, "1") + "$ ip -4 a\n" + v4, []string{""}},
		{"links", "$ ip a show eth1\n" + one(eth1, "1") + "$ ip a show eth0\n" + one(eth0, "1"), []string{""}},
		{"before and after", "$ ip a\n" + one(eth0, "1") + "$ ip a\n" + one(eth0, "2"), []string{"line 2", "line 5"}},
		{"hosts", "a@n1:~$ ip a\n" + one(eth0, "1") + "a@n2:~$ ip a\n" + one(eth1, "1"), []string{"n1", "n2"}},
		{"one index, two names", "$ ip a\n" + one(eth0, "1") + "$ ip a\n" + strings.Replace(one(eth1, "1"), "3:", "2:", 1), []string{"line 2", "line 5"}},
		{"a loop", one(eth0, "1") + one(eth0, "2"), []string{"line 1", "line 3"}},
		{"a loop with names", "n1\n" + one(eth0, "1") + "n2 | CHANGED | rc=0 >>\n" + one(eth0, "2"), []string{"n1", "n2"}},
		{"a loop of ip -o", "2: eth0 inet6 fd01::1/64 scope global\n3: eth1 inet6 fd02::1/64 scope global\n2: eth0 inet6 fd01::2/64 scope global\n", []string{"line 1", "line 3"}},
		{"a loop of ip -br", "eth0 UP fd01::1/64\neth0 UP fd01::2/64\n", []string{"line 1", "line 2"}},
		{"two forms", "$ ip -br a\neth0 UP 10.0.0.1/8 fd01::1/64\n$ ip -6 a\n" + one(eth0, "1"), []string{"line 2", "line 4"}},
		{"two forms, one poorer", "$ ip -br -6 a\neth0 UP fd01::1/64\n$ ip -6 a\n" + one(eth0, "1"), []string{""}},
		{"one form twice", "$ ip a\n" + one(eth0, "1") + "$ ip a\n" + one(eth0, "1"), []string{""}},
		{"other flags", "$ ip a\n" + one(eth0, "1") + "$ ip a\n" + strings.Replace(one(eth0, "1"), "global", "global deprecated", 1), []string{"line 2", "line 5"}},
		{"all, and what grep finds", "$ ip a\n" + one(eth0, "1") + v4[strings.Index(v4, "\n")+1:] + "$ ip a | grep inet6\n" + one(eth0, "1")[strings.Index(eth0, "\n")+1:], []string{""}},
		{"families by grep", "$ ip a | grep 'inet '\n" + v4[strings.Index(v4, "\n")+1:] + "$ ip a | grep inet6\n" + one(eth0, "1")[strings.Index(eth0, "\n")+1:], []string{""}},
		{"other by grep", "$ ip a\n" + one(eth0, "1") + "$ ip a | grep inet6\n" + one(eth0, "2")[strings.Index(eth0, "\n")+1:], []string{"line 2", "line 5"}},
		{"a loop of grep", "inet6 ::1/128 scope host\ninet6 fd01::1/64 scope global\ninet6 ::1/128 scope host\ninet6 fd01::2/64 scope global\n", []string{"line 1", "line 3"}},
		{"names between what grep finds", "n1\n inet6 fd01::1/64 scope global\nn2\n inet6 fd01::2/64 scope global\n", []string{"n1", "n2"}},
		{"a broken line is no name", "inet6 fd01::1/64 scope global\nmngtmpaddr\ninet6 fd01::2/64 scope\nglobal\n", []string{""}},
		{"titles", "### node-a\n```\n" + one(eth0, "1") + "```\nnode-b:\n```\n" + one(eth0, "2") + "```\n", []string{"node-a", "node-b"}},
	} {
		nodes, err := Parse("x", []byte(tt.text))
		var names []string
		for _, s := range nodes {
			names = append(names, s.Node)
		}
		if err != nil || !slices.Equal(names, tt.want) {
			t.Errorf("%s: %q, %v, want %q", tt.name, names, err, tt.want)
		}
		if tt.name == "links" && err == nil && nodes[0].Observation.Addresses[0].Link != "eth0" {
			t.Errorf("%s: not in the kernel's order: %v", tt.name, nodes[0].Observation.Addresses)
		}
		if tt.name == "families" && err == nil && nodes[0].Observation.Unknown.Has(selector.FactIPv4, selector.FactIPv6) {
			t.Errorf("%s: unknown %s", tt.name, nodes[0].Observation.Unknown)
		}
	}
}

// What Kubernetes says of a node is found by its name, its addresses, or because there is
// no other, in the same file or in another one.
func TestObjects(t *testing.T) {
	list := func(prompt, address string) string {
		return prompt + "# ip a\n2: eth0: <UP,LOWER_UP> mtu 1500\n    inet6 " + address + "/64 scope global\n"
	}
	node := func(name, address string) string {
		return "---\nkind: Node\nmetadata: {name: " + name + "}\nstatus: {addresses: [{type: InternalIP, address: '" + address + "'}]}\n"
	}
	for _, tt := range []struct {
		name  string
		files []string
		want  []string // the names of the objects, by node
		lacks int
	}{
		{"the only ones", []string{list("", "fd01::1"), node("n1", "fd01::9")}, []string{"n1"}, 0},
		{"by name", []string{list("root@n2:~", "fd01::1") + node("n1", "fd01::9") + node("n2.example.com", "fd01::8")}, []string{"n2.example.com"}, 0},
		{"by address", []string{list("", "fd01::1"), node("n1", "fd01::9") + node("n2", "fd01::1")}, []string{"n2"}, 0},
		{"a part of a list", []string{list("", "fd01::1"), "```\n- apiVersion: v1\n  kind: Node\n  metadata: {name: n7}\n```\n"}, []string{"n7"}, 0},
		{"of none", []string{list("", "fd01::1"), node("n1", "fd01::9") + node("n2", "fd01::8")}, []string{""}, 1},
		{"two nodes", []string{node("n1", "fd01::1") + node("n2", "fd01::2"), list("", "fd01::2"), list("", "fd01::1")}, []string{"n2", "n1"}, 0},
	} {
		var files []File
		for _, data := range tt.files {
			files = append(files, File{"x", []byte(data)})
		}
		nodes, err := ParseFiles(files...)
		var names []string
		lacks := 0
		for _, s := range nodes {
			name := ""
			if s.Object != nil {
				name = s.Object.Name
			}
			names = append(names, name)
			lacks += len(s.Lacks)
		}
		if err != nil || !slices.Equal(names, tt.want) || lacks != tt.lacks {
			t.Errorf("%s: %q, %d lacks, %v, want %q", tt.name, names, lacks, err, tt.want)
		}
	}
}
