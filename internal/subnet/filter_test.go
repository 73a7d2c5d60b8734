package subnet

import "testing"

func TestParseFilter(t *testing.T) {
	for entry, want := range map[string]struct {
		prefix  string
		not, ok bool
	}{
		"::/0":                          {"::/0", false, true},
		"!fd01:cafe::5054:0:0:1/64":     {"fd01:cafe::/64", true, true},
		"!fd01:cafe::1":                 {"fd01:cafe::1/128", true, true},
		"192.0.2.1":                     {"192.0.2.1/32", false, true},
		"10.0.0.1/8":                    {"10.0.0.0/8", false, true},
		"":                              {},
		"!":                             {not: true},
		"!!::/0":                        {not: true},
		"fe80::1%eth0":                  {},
		"fe80::1%eth0/64":               {},
		"fd01:cafe::/129":               {},
		"fd01:cafe::/64, fd01:b0b::/64": {},
	} {
		p, not, ok := ParseFilter(entry)
		if ok && p.String() != want.prefix || not != want.not || ok != want.ok {
			t.Errorf("%q is %v, %t, %t, want %v", entry, p, not, ok, want)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add("!fd01:cafe::1/64")
	f.Fuzz(func(t *testing.T, entry string) {
		p, not, ok := ParseFilter(entry)
		if !ok {
			return
		}
		text := p.String()
		if not {
			text = "!" + text
		}
		if p2, not2, ok := ParseFilter(text); p2 != p || not2 != not || !ok {
			t.Errorf("%q is %s, and that is %v, %t, %t", entry, text, p2, not2, ok)
		}
	})
}
