package scenarios

import "testing"

func TestPort(t *testing.T) {
	for s, want := range map[string]Port{"22": "22/tcp", "2379/tcp": "2379/tcp", "8472/udp": "8472/udp", "65535": "65535/tcp"} {
		p, err := ParsePort(s)
		if err != nil || p != want {
			t.Errorf("ParsePort(%q) = %q, %v, want %q", s, p, err, want)
		}
		if again, err := ParsePort(string(p)); err != nil || again != p {
			t.Errorf("ParsePort(%q) = %q, %v", p, again, err)
		}
	}
	if p := Port("8472/udp"); p.Number() != 8472 || !p.UDP() || Port("22/tcp").UDP() {
		t.Errorf("%s: number %d, UDP %t", p, p.Number(), p.UDP())
	}
	for _, s := range []string{"", "0", "65536", "22/sctp", "22/", "/tcp", "22/tcp/udp", "+22", " 22", "22-23", "22/TCP"} {
		if p, err := ParsePort(s); err == nil {
			t.Errorf("ParsePort(%q) = %q, want an error", s, p)
		}
	}
}

func TestListener(t *testing.T) {
	for want, l := range map[string]Listener{
		"": {Works: WorksBoth}, "bound": {Works: WorksBound},
		"bound, 2379/tcp, 2380/tcp": {Works: WorksBound, Ports: []Port{"2379/tcp", "2380/tcp"}},
	} {
		if got := l.String(); got != want || l.Default() != (want == "") {
			t.Errorf("%+v: %q, default %t, want %q", l, got, l.Default(), want)
		}
	}
}
