package observe

import (
	"errors"
	"fmt"
	"html"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/passtlab/passtlab/internal/strict"
	"github.com/passtlab/passtlab/selector"
)

// around are ways in which people paste the output of a program.
var around = map[string]func(string) string{
	"prompt $":        func(s string) string { return "$ ip a\n" + s + "$ " },
	"prompt #":        func(s string) string { return "# ip a\n" + s + "#\n" },
	"prompt user":     func(s string) string { return "user@laptop:~$ sudo ip a\n" + s + "user@laptop:~$ exit\n" },
	"prompt root":     func(s string) string { return "[root@laptop ~]# ip a\n" + s + "[root@laptop ~]#" },
	"prompt ❯":        func(s string) string { return "~/src main\n❯ ip a\n" + s + "\n~/src main\n❯\n" },
	"prompt busybox":  func(s string) string { return "/ # ip a\n" + s + "/ # \n" },
	"prompt zsh":      func(s string) string { return "(venv) me@laptop dir % ip a\n" + s + "me@laptop dir %" },
	"prompt bash":     func(s string) string { return "bash-5.1# ip a\n" + s },
	"prompt suse":     func(s string) string { return "laptop:~ # ip a\n" + s + "laptop:~ #" },
	"prompt windows":  func(s string) string { return "PS C:\\Users\\me> ssh root@laptop ip a\n" + s + "PS C:\\Users\\me>" },
	"no prompt":       func(s string) string { return "ip addr show\n" + s },
	"fence":           func(s string) string { return "Hi,\n\n```console\n" + s + "```\nI see `eth0`.\n" },
	"fence ~~~":       func(s string) string { return "text\n~~~\n" + s + "~~~\nmore" },
	"fence, no end":   func(s string) string { return "```\n" + s },
	"fence in a list": func(s string) string { return "1. I ran this:\n\n   ```\n" + indented(s, "   ") + "   ```\n" },
	"indented":        func(s string) string { return "See:\n\n" + indented(s, "    ") + "\nThanks\n" },
	"quoted":          func(s string) string { return "On Monday she wrote:\n" + indented(s, "> ") + "\nYes.\n" },
	"quoted twice":    func(s string) string { return indented(s, ">> ") },
	"details": func(s string) string {
		return "<details><summary>ip a</summary>\n\n```\n" + s + "```\n\n</details>\n"
	},
	"pre":    func(s string) string { return "<p>See <pre><code>" + html.EscapeString(s) + "</code></pre>" },
	"br":     func(s string) string { return strings.ReplaceAll(html.EscapeString(s), "\n", "<br/>\n") },
	"jira":   func(s string) string { return "{noformat}\n" + s + "{noformat}\n" },
	"bbcode": func(s string) string { return "[code]" + s + "[/code]" },
	"inline code": func(s string) string {
		return "`" + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "`\n`") + "`"
	},
	"CRLF":         func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
	"CR":           func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
	"BOM":          func(s string) string { return "\ufeff" + s },
	"UTF-16":       utf16Text,
	"no-break":     func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") },
	"thin spaces":  func(s string) string { return strings.ReplaceAll(s, " ", "\u2009") },
	"zero width":   func(s string) string { return strings.ReplaceAll(s, ":", ":\u200b") },
	"empty lines":  func(s string) string { return strings.ReplaceAll(s, "\n", "\n\n") },
	"colours":      func(s string) string { return strings.ReplaceAll(s, "eth0", "\x1b[36meth0\x1b[0m") },
	"lost escapes": func(s string) string { return strings.ReplaceAll(s, "eth0", "[36meth0[0m") },
	"cat -v":       func(s string) string { return strings.ReplaceAll(s, "eth0", "^[[36meth0^[[0m") },
	"log": func(s string) string {
		return "[   12.345678] IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready\n" + s +
			"[   15.0] IPv6: eth0: IPv6 duplicate address fd01::1 used by 52:54:00:00:00:01 detected!\n" +
			"Nov 27 09:10:05 laptop NetworkManager[7]: <info> eth0: activated\n"
	},
}

func indented(s, by string) string {
	return by + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n"+by) + "\n"
}

func utf16Text(s string) string {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

// wrapped breaks lines as a terminal of that width does.
func wrapped(s string, width int) string {
	var out strings.Builder
	for line := range strings.Lines(s) {
		for line = strings.TrimSuffix(line, "\n"); len(line) > width; line = line[width:] {
			fmt.Fprintln(&out, line[:width])
		}
		fmt.Fprintln(&out, line)
	}
	return out.String()
}

// Whatever stands around the output of ip, the observation is the same.
func TestPasted(t *testing.T) {
	for _, file := range []string{"calico-9349-ip-a.txt", "ip-6.txt", "ip-o.txt", "ip-br.txt", "ip-d.txt", "ip-c.txt", "ip-proto.txt", "busybox.txt"} {
		data, err := os.ReadFile("testdata/saved/" + file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if file != "ip-c.txt" && file != "ip-d.txt" { // wrapping breaks escapes, and what -d prints
			for width := 55; width < 130; width++ {
				same(t, fmt.Sprintf("%s, %d columns", file, width), text, wrapped(text, width))
			}
		}
		for how, paste := range around {
			if file == "ip-c.txt" && (strings.Contains(how, "escapes") || how == "cat -v" || how == "colours" || how == "zero width") {
				continue
			}
			if strings.Contains(file, "o.txt") && how == "zero width" {
				continue
			}
			same(t, file+", "+how, text, paste(text))
		}
	}
}

// A browser takes the flags of a link for HTML. The state says whether the link is up.
func TestPastedWithoutFlags(t *testing.T) {
	flags := regexp.MustCompile(` <[A-Z0-9_,-]*>`)
	for _, file := range []string{"calico-9349-ip-a.txt", "ip-6.txt", "ip-d.txt", "ip-proto.txt"} {
		data, err := os.ReadFile("testdata/saved/" + file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Parse("x", data)
		if err != nil {
			t.Fatal(err)
		}
		lacks := selector.Facts{selector.FactLinkFlags}
		texts := []string{flags.ReplaceAllString(string(data), "")}
		if file != "ip-d.txt" { // its details belong to lines
			texts = append(texts, strings.Join(strings.Fields(texts[0]), " "))
		}
		for _, text := range texts {
			got, err := Parse("x", []byte(text))
			if err != nil || len(got) != 1 || !got[0].Observation.Unknown.Has(lacks...) {
				t.Errorf("%s: %d nodes, %v\n%s", file, len(got), err, text)
				continue
			}
			if d := cmp.Diff(asJSON(t, masked(want[0].Observation, lacks)), asJSON(t, masked(got[0].Observation, lacks))); d != "" {
				t.Errorf("%s: %s\n%s", file, d, text)
			}
		}
	}
}

// same holds that a file is read as the text alone.
func same(t *testing.T, how, text, pasted string) {
	t.Helper()
	want, err := Parse("x", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse("x", []byte(pasted))
	if err != nil || len(got) != len(want) {
		t.Errorf("%s: %d nodes, %v\n%s", how, len(got), err, pasted)
		return
	}
	for i := range got {
		got[i].Node = ""
		if d := cmp.Diff(described(t, want[i]), described(t, got[i])); d != "" {
			t.Errorf("%s:\n%s\n%s", how, d, pasted)
		}
	}
}

// The same holds for tables of talosctl, also without the headings.
func TestPastedTable(t *testing.T) {
	data, err := os.ReadFile("testdata/saved/talosctl-user-prompt.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(data), "\n")
	_, rows, _ := strings.Cut(table, "\n")
	want, err := Parse("x", []byte(table))
	if err != nil {
		t.Fatal(err)
	}
	for how, paste := range around {
		for _, text := range []string{paste(table), paste(rows)} {
			if how == "colours" || how == "empty lines" || how == "log" {
				continue
			}
			got, err := Parse("x", []byte(text))
			if err != nil || len(got) != 1 {
				t.Errorf("%s: %d nodes, %v\n%s", how, len(got), err, text)
				continue
			}
			if d := cmp.Diff(described(t, want[0]), described(t, got[0])); d != "" {
				t.Errorf("%s: %s\n%s", how, d, text)
			}
		}
	}
	for width := 80; width < 140; width++ {
		got, err := Parse("x", []byte(wrapped(table, width)))
		if err != nil || len(got) != 1 || described(t, want[0]) != described(t, got[0]) {
			t.Errorf("%d columns: %v", width, err)
		}
	}
}

// A list that lacks its beginning or its end is refused, or nothing of it is missing.
func TestPastedInPart(t *testing.T) {
	data, err := os.ReadFile("testdata/saved/ip-d.txt")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Parse("x", data)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	lines := strings.SplitAfter(text, "\n")
	for i := 1; i < len(lines); i++ {
		got, err := Parse("x", []byte(strings.Join(lines[i:], "")))
		if f, ok := errors.AsType[strict.Fault](err); err != nil && (!ok || f.Line > len(lines)-i+1) {
			t.Errorf("from line %d on: %v", i+1, err)
		}
		if err == nil && !strings.HasPrefix(lines[i], "2:") && !strings.HasPrefix(lines[i], "3:") && got[0].Unknown()[0] == whole[0].Unknown()[0] {
			t.Errorf("from line %d on: %v", i+1, got[0].Observation.Addresses)
		}
	}
	for end := range text {
		got, err := Parse("x", []byte(text[:end]))
		if err != nil {
			continue
		}
		for i, a := range got[0].Observation.Addresses {
			if !slices.Contains(whole[0].Observation.Addresses, a) && !got[0].Observation.Unknown.Has(selector.FactLifetimes) {
				t.Errorf("cut at %d, address %d is %+v", end, i, a)
			}
		}
	}
}

func TestPrompted(t *testing.T) {
	for text, want := range map[string]typed{
		"$ ip a":                             {"", "ip a"},
		"user@host-1:~/dir$ ip a":            {"host-1", "ip a"},
		"[core@n1.example.com ~]$ sudo ip a": {"n1.example.com", "sudo ip a"},
		"root@n1:/# ":                        {"n1", ""},
		"❯ ssh core@n2 ip -6 a":              {"n2", "ssh core@n2 ip -6 a"},
		"me@laptop:~$ kubectl exec -it -n x pod-1 -- ip a":   {"pod-1", "kubectl exec -it -n x pod-1 -- ip a"},
		"$ kubectl -n x exec pod/p2 -c main -- ip a":         {"p2", "kubectl -n x exec pod/p2 -c main -- ip a"},
		"$ kubectl debug node/n5 -it --image alpine -- ip a": {"n5", "kubectl debug node/n5 -it --image alpine -- ip a"},
		"n3# ip a":                             {"n3", "ip a"},
		"n4:~ # ip a":                          {"n4", "ip a"},
		"sh-5.2# ip a":                         {"", "ip a"},
		"ip -6 a show dev eth0":                {"", "ip -6 a show dev eth0"},
		"kubectl --context x get node -o yaml": {"", "kubectl --context x get node -o yaml"},
	} {
		if got, ok := prompted(text); !ok || got != want {
			t.Errorf("%q: %+v, %t, want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500",
		"eth0@if3         UP             fd01::1/64",
		"p0@eth0          UP             ae:86:10:f0:be:a7 <BROADCAST,MULTICAST,UP,LOWER_UP>",
		"    inet6 fd01:cafe::1/64 scope global",
		"172.20.0.2   network   AddressStatus   eth0/172.20.0.2/24   1",
		"fd01cafe000000000000000000000001 03 40 00 80     eth0",
		"  - address: fd01:cafe::1 # a comment",
		"the address is picked by ip",
	} {
		if got, ok := prompted(text); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
