package sim_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
)

// real are the clients that are programs.
var real = scenarios.Clients()[1:]

// by returns the field report with a client and other events.
func by(t testing.TB, c scenarios.Client, events ...scenarios.Kind) *scenarios.Scenario {
	sc := fieldReport(t)
	sc.Guest.Client, sc.Events = c, scenarios.Plain(events...)
	return sc
}

// Each client brings what its events say, and the lab knows where each address
// is from. Nothing is left, and the machine is as it was.
func TestClients(t *testing.T) {
	const ra, dhcpv6 = scenarios.EventRA, scenarios.EventDHCPv6
	before, was := audit.Take(), machine(t)
	t.Run("labs", func(t *testing.T) {
		for _, c := range real {
			for _, tt := range []struct {
				events []scenarios.Kind
				want   map[scenarios.Origin]bool // does it work
			}{
				{[]scenarios.Kind{ra, dhcpv6}, map[scenarios.Origin]bool{"slaac": false, "dhcpv6": true}},
				{[]scenarios.Kind{dhcpv6, ra}, map[scenarios.Origin]bool{"slaac": false, "dhcpv6": true}},
				{[]scenarios.Kind{ra}, map[scenarios.Origin]bool{"slaac": false}},
				{[]scenarios.Kind{dhcpv6}, map[scenarios.Origin]bool{"dhcpv6": false}}, // there is no route
			} {
				switch {
				case c != scenarios.ClientDHClient && tt.events[0] == dhcpv6 && len(tt.events) > 1:
					continue // the order is the client's
				case c == scenarios.ClientNetworkManager && len(tt.events) == 1 && tt.events[0] == ra:
					continue // see TestClientUnsupported
				}
				t.Run(fmt.Sprint(c, tt.events), func(t *testing.T) {
					t.Parallel()
					sim.Installed(t, c)
					l := play(t, by(t, c, tt.events...), sim.Options{})
					table, err := l.Probe(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					got := map[scenarios.Origin]bool{}
					for _, r := range table {
						got[r.Origin] = r.Bidirectional()
					}
					if len(table) != len(tt.want) || !maps.Equal(got, tt.want) {
						t.Errorf("got %+v, want %v", table, tt.want)
					}
					inode := fmt.Sprint(l.Guest.Inode())
					if err := l.Close(); err != nil {
						t.Error(err)
					}
					// A process that another test starts has the descriptors of this one until exec.
					await(t, func() bool { return len(holders(inode)) == 0 }, "processes are left in "+inode)
				})
			}
		}
	})
	if err := before.Check(5 * time.Second); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(was, machine(t)); diff != "" {
		t.Errorf("the machine has changed:\n%s", diff)
	}
}

// A real client takes what is added beside it, and routers beside passt.
func TestClientBeside(t *testing.T) {
	for _, tt := range []struct {
		client   scenarios.Client
		scenario string
		want     []string
	}{
		{scenarios.ClientNetworkd, "foreign-prefix-higher", []string{"dhcpv6", "slaac", "slaac"}},
		{scenarios.ClientDHCPCD, "foreign-prefix-higher", []string{"dhcpv6", "slaac", "slaac"}},
		{scenarios.ClientNetworkManager, "static-beside-both", []string{"dhcpv6", "slaac", "static"}},
		{scenarios.ClientDHClient, "vip-higher-known", []string{"dhcpv6", "slaac", "vip"}},
	} {
		t.Run(fmt.Sprint(tt.client, " ", tt.scenario), func(t *testing.T) {
			t.Parallel()
			sim.Installed(t, tt.client)
			sc := scenario(t, tt.scenario)
			sc.Guest.Client = tt.client
			cs, err := play(t, sc, sim.Options{}).Candidates()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range cs {
				got = append(got, string(c.Origin))
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// What a client cannot play is said before anything is built.
func TestClientUnsupported(t *testing.T) {
	for _, tt := range []struct {
		client scenarios.Client
		change func(*scenarios.Scenario)
		want   string
	}{
		{scenarios.ClientDHClient, func(sc *scenarios.Scenario) { sc.Events = scenarios.Plain("ra", "static", "dhcpv6") },
			"dhclient may remove earlier settings, such as those of the event static"},
		{scenarios.ClientNetworkd, func(sc *scenarios.Scenario) { sc.Events = scenarios.Plain("vip", "ra") },
			"systemd-networkd may remove earlier settings, such as those of the event vip"},
		{scenarios.ClientDHCPCD, func(sc *scenarios.Scenario) { sc.Events = scenarios.Plain("router", "ra") },
			"dhcpcd has not started yet when the routers beside passt advertise"},
		{scenarios.ClientNetworkd, func(sc *scenarios.Scenario) { sc.Events = scenarios.Plain("router") },
			"systemd-networkd has not started yet when the routers beside passt advertise"},
		{scenarios.ClientNetworkManager, func(sc *scenarios.Scenario) { sc.Events = scenarios.Plain("ra", "dhcpv6", "router") },
			"networkmanager has ended before the routers beside passt advertise"},
		{scenarios.ClientNetworkManager, func(sc *scenarios.Scenario) { sc.Events = scenarios.Plain("ra") },
			"networkmanager takes the lease that the router advertisement offers, and the guest of the scenario has none"},
		{scenarios.ClientNetworkd, func(sc *scenarios.Scenario) { sc.Guest.TempAddr = 2 },
			"systemd-networkd makes temporary addresses by its own rules, not by guest.tempaddr"},
		{scenarios.ClientNetworkd, func(sc *scenarios.Scenario) { sc.Guest.AddrGen.Mode = scenarios.AddrGenRandom },
			"systemd-networkd makes no random identifiers"},
		{scenarios.ClientDHCPCD, func(sc *scenarios.Scenario) { sc.Guest.AddrGen.Token = netip.MustParseAddr("::5") },
			"dhcpcd has no tokens up to 9.4"},
		{scenarios.ClientNetworkManager, func(sc *scenarios.Scenario) { sc.Guest.OptimisticDAD = true },
			"networkmanager adds addresses itself, and never as optimistic ones"},
		{scenarios.ClientDHCPCD, func(sc *scenarios.Scenario) { sc.Passt.NoRA = true },
			"dhcpcd gets no advertisement that it takes, and the lab cannot know when it stops waiting"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			sim.Installed(t, tt.client)
			sc := by(t, tt.client, scenarios.EventRA, scenarios.EventDHCPv6)
			tt.change(sc)
			l, err := sim.New(t.Context(), sc, sim.Options{})
			if err == nil {
				l.Close()
			}
			if got, ok := errors.AsType[*sim.UnsupportedError](err); !ok || got.Reason != tt.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestClientVersion(t *testing.T) {
	if got, err := sim.Client(fieldReport(t)); got != "kernel" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for _, c := range real {
		t.Run(string(c), func(t *testing.T) {
			sim.Installed(t, c)
			got, err := sim.Client(by(t, c))
			version, ok := strings.CutPrefix(got, string(c)+" ")
			if err != nil || !ok || version == "" || version[0] < '1' || version[0] > '9' {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// A scenario that is about a client keeps it.
func TestWithClient(t *testing.T) {
	a, b := by(t, scenarios.ClientKernel), by(t, scenarios.ClientDHCPCD)
	got := sim.WithClient(scenarios.ClientNetworkd, a, b)
	if got[0].Guest.Client != scenarios.ClientNetworkd || got[1].Guest.Client != scenarios.ClientDHCPCD {
		t.Errorf("got %s, %s", got[0].Guest.Client, got[1].Guest.Client)
	}
	if a.Guest.Client != scenarios.ClientKernel {
		t.Errorf("the scenario given has the client %s now", a.Guest.Client)
	}
}

// clientVictim in the environment names the client of a lab that the test
// binary makes, to be killed while the client is at work.
const clientVictim = "PASSTLAB_CLIENT_VICTIM"

// errPlayed is what the victim says when the client is done.
var errPlayed = errors.New("played")

func init() {
	c := os.Getenv(clientVictim)
	if c == "" {
		return
	}
	ctx := context.Background()
	scs, err := scenarios.Corpus()
	if err == nil {
		sc := scs[slices.IndexFunc(scs, simple)]
		sc.Guest.Client = scenarios.Client(c)
		var l *sim.Lab
		if l, err = sim.New(ctx, sc, sim.Options{}); err == nil {
			fmt.Println(l.Guest.Inode())
			err = l.Play(ctx)
		}
	}
	if err == nil {
		err = errPlayed
	}
	fmt.Println(err)
	os.Stdin.Read(make([]byte, 1))
	os.Exit(1)
}

// TestClientKilled shows that nothing of a client outlives a killed passtlab:
// neither when it has just been started nor when it is done.
func TestClientKilled(t *testing.T) {
	for _, c := range real {
		for _, played := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s played=%t", c, played), func(t *testing.T) {
				t.Parallel()
				sim.Installed(t, c)
				was := machine(t)
				cmd, lines := need.Again(t, clientVictim+"="+string(c))
				lines.Scan()
				inode := lines.Text()
				if played {
					if lines.Scan(); lines.Text() != errPlayed.Error() {
						t.Fatal(lines.Text())
					}
				} else {
					// The victim itself, the client's init, and the client.
					await(t, func() bool { return len(holders(inode)) > 2 }, "no client in "+inode)
				}
				_ = cmd.Process.Kill()
				await(t, func() bool { return len(holders(inode)) == 0 }, "processes are left in "+inode)
				if diff := cmp.Diff(was, machine(t)); diff != "" {
					t.Errorf("the machine has changed:\n%s", diff)
				}
			})
		}
	}
}

// await waits for processes, which tell nobody of their end.
func await(t *testing.T, cond func() bool, what string) {
	t.Helper()
	bound := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-bound:
			t.Fatal(what)
		}
	}
}

// machine is what a client must not touch: what is mounted where it has folders
// of its own, the name of the machine, and all that the clients of the machine
// itself would write to.
func machine(t testing.TB) map[string]string {
	t.Helper()
	m := map[string]string{}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		// proc_pid_mountinfo(5); others may mount elsewhere meanwhile.
		if at := strings.Fields(line)[4]; slices.Contains([]string{"/etc", "/run", "/var/lib", "/sys", "/proc"}, at) {
			m["mounts"] += line
		}
	}
	m["name"], _ = os.Hostname()
	for _, path := range []string{
		"/etc/resolv.conf", "/etc/machine-id", "/var/lib/dhcp", "/var/lib/dhcpcd", "/var/lib/NetworkManager",
		"/run/NetworkManager", "/run/systemd/netif", "/run/dhcpcd", "/run/dhclient6.pid", "/run/resolvconf",
	} {
		m[path] = "none"
		if st, err := os.Stat(path); err == nil {
			m[path] = st.ModTime().String()
		}
	}
	return m
}

// What the client of a scenario cannot play is found when the scenario is read, with its
// place, also if the client is not installed.
func TestClientCheck(t *testing.T) {
	for _, tt := range []struct{ client, events, want string }{
		{"systemd-networkd", "[ra, dhcpv6, link: carrier-lost, link: carrier-back]", ""},
		{"dhclient", "[ra, {checkpoint: {name: before, judge: false}}, dhcpv6, migrate, link: down]", ""},
		{"networkmanager", "[ra, dhcpv6, link: down]", "c.yaml:4:28: events[2].link: networkmanager cannot play it: it has ended, so that nobody reacts to the event link; "},
		{"dhcpcd", "[ra, link: carrier-lost, link: carrier-back, dhcpv6]", "c.yaml:4:20: events[1].link: dhcpcd cannot play it: it plays the events before and after link together; "},
		{"dhcpcd", "[ra, {checkpoint: {name: before, judge: false}}, dhcpv6]", "c.yaml:4:27: events[1].checkpoint: dhcpcd cannot play it: it plays the events before and after checkpoint together; "},
		{"dhclient", "[ra, dhcpv6, renew]", "c.yaml:4:22: events[2].renew: dhclient cannot play it: it reacts to the event renew by itself, at a time of its own; "},
		{"systemd-networkd", "[accept_ra: on, ra]", "c.yaml:4:21: events[0].accept_ra: systemd-networkd cannot play it: it takes router advertisements itself, whatever the event accept_ra sets; "},
		{"networkmanager", "[ra, dhcpv6, passt: restart]", ""},
		{"networkmanager", "[ra, dhcpv6, passt: restart]\npasst: {kubevirt: '1.6'}", "c.yaml:3:43: guest.client: networkmanager cannot play it: it has ended, so that nobody reacts when by vhost-user the guest's link loses its carrier with passt; "},
		{"systemd-networkd", "[ra, dhcpv6, passt: stop, passt: restart]\npasst: {kubevirt: '1.6'}", ""},
		{"networkmanager", "[ra]", "c.yaml:3:43: guest.client: networkmanager cannot play it: it takes the lease that the router advertisement offers, and the guest of the scenario has none; "},
	} {
		_, err := scenarios.Load("c.yaml", []byte(`title: A client
pod: {address: "fd01:cafe::a/64", gateway: "fe80::1"}
guest: {mac: "52:54:00:1f:c7:bd", client: `+tt.client+`}
events: `+tt.events+`
roles: [kubelet]
expect: {reachable: []}
`), sim.Check)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if want := tt.want; got != want && (want == "" || got != want+"expected what this client can play; change the events, or take another guest.client") {
			t.Errorf("%s %s: %q, want %q", tt.client, tt.events, got, want)
		}
	}
}

// A client that stays gives up its addresses without a link, and gets what the passt of the
// new pod offers when the link is back. One that does not look keeps what the kernel keeps.
func TestClientFollows(t *testing.T) {
	const pod = "fd01:cafe::9d2c:11e0:5b04:7f31"
	for _, tt := range []struct {
		client     scenarios.Client
		gone, back scenarios.LinkState
		lost, end  []string
	}{
		{scenarios.ClientNetworkd, scenarios.LinkCarrierLost, scenarios.LinkCarrierBack, nil, []string{"dhcpv6 " + pod, "slaac"}},
		{scenarios.ClientDHCPCD, scenarios.LinkDown, scenarios.LinkUp, nil, []string{"dhcpv6 " + pod, "slaac"}},
		{scenarios.ClientDHClient, scenarios.LinkDown, scenarios.LinkUp, nil, []string{"slaac"}},
	} {
		t.Run(fmt.Sprint(tt.client, " ", tt.gone), func(t *testing.T) {
			t.Parallel()
			sim.Installed(t, tt.client)
			sc := by(t, tt.client, scenarios.EventRA, scenarios.EventDHCPv6)
			l := play(t, sc, sim.Options{})
			step := func(a scenarios.Action) {
				if err := l.Step(t.Context(), scenarios.Event{Action: a}); err != nil {
					t.Fatal(err)
				}
			}
			has := func(when string, want []string) {
				cs, err := l.Candidates()
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, c := range cs {
					w := string(c.Origin)
					if c.Origin == scenarios.OriginDHCPv6 {
						w += " " + c.Address.Addr().String()
					}
					got = append(got, w)
				}
				if slices.Sort(got); !slices.Equal(got, want) {
					t.Errorf("%s: %v, want %v", when, got, want)
				}
			}
			step(&scenarios.Link{State: tt.gone})
			has("without a link", tt.lost)
			step(&scenarios.Migrate{Address: netip.MustParsePrefix(pod + "/64"), State: scenarios.StateLost})
			step(&scenarios.Link{State: tt.back})
			has("with a link", tt.end)
		})
	}
}
