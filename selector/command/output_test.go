package command

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseOutput(t *testing.T) {
	for _, tt := range []struct {
		out    string
		want   string // addresses, separated by spaces
		reason string
		err    string // part of the error's text
	}{
		{out: "fd01::1", want: "fd01::1"},
		{out: " \tfd01::1 \r\n\n", want: "fd01::1"},
		{out: "FD01:0:0::1\n", want: "fd01::1"},
		{out: "fd01::1/128\n", want: "fd01::1"},
		{out: "fe80::1%eth0\n", want: "fe80::1"},
		{out: "fe80::1%eth0/64\n", want: "fe80::1"},
		{out: "192.0.2.1/24\n", want: "192.0.2.1"},
		{out: "::ffff:192.0.2.1\n", want: "::ffff:192.0.2.1"},
		{out: "", reason: "nothing printed"},
		{out: " \n", reason: "nothing printed"},
		{out: "none\n", reason: `"none" printed`},
		{out: `{"address": "fd01::1"}`, want: "fd01::1"},
		{out: `{"address": "fd01::1/128", "reason": "longest"}` + "\n", want: "fd01::1", reason: "longest"},
		{out: `{"addresses": ["fd01::2", "fd01::1"], "reason": "all"}`, want: "fd01::2 fd01::1", reason: "all"},
		{out: `{"addresses": []}`, reason: "an object without an address"},
		{out: `{"address": "", "reason": "no candidate"}`, reason: "no candidate"},
		{out: `{"address": null, "addresses": null}`, reason: "an object without an address"},

		{out: "fd01::1::2", err: `"fd01::1::2" is not an address`},
		{out: "fd01::1/129", err: `"fd01::1/129" is not an address`},
		{out: "fd01::1/", err: "is not an address"},
		{out: "10.0.0.5,fd01::1", err: `2 addresses, "10.0.0.5,fd01::1"; want one address alone on a line`},
		{out: "10.0.0.5 fd01::1 fd01::2 \n", err: `3 addresses, "10.0.0.5 fd01::1 fd01::2"; want one`},
		{out: "fd01::1\nfd01::2\n", err: `2 addresses, "fd01::1\nfd01::2"; want one`},
		{out: "[10.0.0.5 fd01::1/64]", err: `2 addresses, "[10.0.0.5 fd01::1/64]"; want one`},
		{out: `["10.0.0.5", "fd01::1"]`, err: "2 addresses, "},
		{out: "10.0.0.5; fd01::1%eth0", err: "2 addresses, "},
		{out: "address: fd01::1, fd01::2", err: `"address: fd01::1, fd01::2" is not an address`},
		{out: "found\nfd01::2\n", err: `several lines, the first "found"; want one`},
		{out: "[fd01::1]:2380", err: "without brackets"},
		{out: "None", err: "is not an address"},
		{out: "node1.example", err: "is not an address"},
		{out: "\xff\xfe\x00", err: `"\xff\xfe\x00" is not UTF-8`},
		{out: "fd01::1\x00", err: `"fd01::1\x00" is not an address`},
		{out: strings.Repeat("x", 1000), err: "x…\" is not an address"},
		{out: `"fd01::1"`, err: "is not an address"},
		{out: `["fd01::1"]`, err: "is not an address"},
		{out: `{"adress": "fd01::1"}`, err: `unknown field "adress"`},
		{out: `{"address": "fd01::1"`, err: "unexpected EOF"},
		{out: `{"address": "fd01::1"} x`, err: "something follows"},
		{out: `{"address": "fd01::1", "addresses": ["fd01::2"]}`, err: `both "address" and "addresses"`},
		{out: `{"addresses": ["fd01::1", ""]}`, err: `"" is not an address`},
		{out: `{"address": 1}`, err: "JSON: "},
	} {
		c, err := parseOutput([]byte(tt.out))
		if tt.err != "" {
			if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: got %v, %v; want an error with %q", tt.out, c, err, tt.err)
			}
			continue
		}
		var got []string
		for _, a := range c.Addresses {
			got = append(got, a.String())
		}
		if err != nil || !slices.Equal(got, strings.Fields(tt.want)) || c.Reason != tt.reason {
			t.Errorf("%q: got %v, %q, %v; want %v, %q", tt.out, got, c.Reason, err, tt.want, tt.reason)
		}
	}
}

func FuzzParseOutput(f *testing.F) {
	for _, s := range []string{"fd01::1/128\n", "fe80::1%e/64", "[::1]", `{"addresses":["::1"],"reason":"x"}`, "\xff", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		c, err := parseOutput(out)
		if err != nil {
			if !errors.Is(err, ErrMalformed) || len(c.Addresses) > 0 {
				t.Fatalf("%q: %v, %v", out, c, err)
			}
			if strings.ContainsAny(err.Error(), "\n\x00") {
				t.Fatalf("error %q has control characters", err)
			}
			return
		}
		if len(c.Addresses) == 0 && c.Reason == "" {
			t.Fatalf("%q: no address and no reason", out)
		}
		for _, a := range c.Addresses {
			if !a.IsValid() || a.Zone() != "" {
				t.Fatalf("%q: address %v", out, a)
			}
			again, err := parseOutput([]byte(a.String()))
			if err != nil || again.Address() != a {
				t.Fatalf("%v is read as %v, %v", a, again, err)
			}
		}
	})
}
