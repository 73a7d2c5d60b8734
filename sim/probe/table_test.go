package probe

import (
	"net/netip"
	"testing"
)

func TestResult(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Result
		bad  bool
	}{
		{text: "ok", want: Result{OK, OK}},
		{text: "EHOSTUNREACH", want: Result{"EHOSTUNREACH", "EHOSTUNREACH"}},
		{text: "tcp=ok udp=ECONNREFUSED", want: Result{OK, "ECONNREFUSED"}},
		{text: "tcp=ECONNREFUSED udp=ok", want: Result{"ECONNREFUSED", OK}},
		{text: "", want: Result{}},
		{text: "udp=ok tcp=ECONNREFUSED", bad: true},
		{text: "tcp=ok ECONNREFUSED", bad: true},
		{text: "no address", bad: true},
	} {
		var got Result
		err := got.UnmarshalText([]byte(tt.text))
		if got != tt.want || (err != nil) != tt.bad {
			t.Errorf("%q: got %+v, %v, want %+v", tt.text, got, err, tt.want)
		}
		if text, err := got.MarshalText(); !tt.bad && (string(text) != tt.text || err != nil) {
			t.Errorf("%+v: got %q, %v, want %q", got, text, err, tt.text)
		}
	}
}

func FuzzResult(f *testing.F) {
	for _, s := range []string{"ok", "", "tcp=ok udp=ECONNREFUSED", "tcp=a udp=a", "tcp= udp= "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var r, again Result
		if r.UnmarshalText([]byte(s)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(r.String())); err != nil || again != r {
			t.Errorf("%q: %+v is written %q and read %+v, %v", s, r, r, again, err)
		}
	})
}

func TestRow(t *testing.T) {
	const refused = Outcome("ECONNREFUSED")
	table := Table{}
	for i, tt := range []struct {
		out, in Result
		want    bool
	}{
		{Result{OK, OK}, Result{OK, OK}, true},
		{Result{OK, OK}, Result{OK, refused}, false},
		{Result{OK, OK}, Result{refused, OK}, false},
		{Result{refused, OK}, Result{OK, OK}, false},
		{Result{OK, refused}, Result{OK, OK}, false},
		{Result{}, Result{}, false},
	} {
		a := netip.AddrFrom16([16]byte{0: 0xfd, 15: byte(i)})
		// What is bound to the candidate alone does not count.
		r := Row{Candidate: Candidate{Address: netip.PrefixFrom(a, 64)}, Out: tt.out, In: tt.in, InBound: Result{refused, refused}}
		if r.Bidirectional() != tt.want {
			t.Errorf("out %s, in %s: bidirectional %t, want %t", r.Out, r.In, r.Bidirectional(), tt.want)
		}
		table = append(table, r)
	}
	for _, r := range table {
		if got, ok := table.Row(r.Address.Addr()); !ok || got.Address != r.Address {
			t.Errorf("row of %s: %v, %t", r.Address.Addr(), got.Address, ok)
		}
	}
	if r, ok := table.Row(netip.MustParseAddr("fd00::ff")); ok {
		t.Errorf("row of no candidate: %+v", r)
	}
}

func TestParse(t *testing.T) {
	nonce := newNonce()
	if len(nonce) != nonceLen {
		t.Fatalf("nonce %q has %d octets, want %d", nonce, len(nonce), nonceLen)
	}
	a, b := netip.MustParseAddr("fd00::1"), netip.MustParseAddr("fe80::2%7")
	for _, tt := range []struct {
		name, answer string
		want         report
		err          string
	}{
		{"answer", string(answer(nonce, a, b)), report{a, b.WithZone("")}, ""},
		{"empty", "", report{}, "is not to"},
		{"nonce alone", string(nonce), report{}, "is not to"},
		{"another nonce", string(answer(newNonce(), a, b)), report{}, "is not to"},
		{"no address", string(nonce) + " ", report{}, "unable to parse IP"},
		{"one address", string(nonce) + " fd00::1", report{a, netip.Addr{}}, "unable to parse IP"},
		{"three addresses", string(answer(nonce, a, b)) + " ::", report{remote: a}, "unexpected character"},
	} {
		got, err := parse([]byte(tt.answer), nonce)
		want := ""
		if err != nil {
			want = err.Error()
		}
		if got != tt.want || !contains(want, tt.err) {
			t.Errorf("%s: got %v, %v, want %v, %q", tt.name, got, err, tt.want, tt.err)
		}
	}
}

func FuzzParse(f *testing.F) {
	const nonce = "0123456789abcdef"
	f.Add(nonce + " fd00::1 fd00::2")
	f.Add(nonce + " fe80::1%7 ::")
	f.Add(nonce + "  ")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parse([]byte(s), []byte(nonce))
		if err != nil {
			return
		}
		r.remote, r.local = r.remote.WithZone(""), r.local.WithZone("")
		again, err := parse(answer([]byte(nonce), r.remote, r.local), []byte(nonce))
		if err != nil || again != r {
			t.Errorf("%q: %v is answered as %v, %v", s, r, again, err)
		}
	})
}
