package hostile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/userns"
	"github.com/passtlab/passtlab/suites/run"
)

// The test binary is each of the programs: strikeArg, the attack's name, the
// folder of the canaries.
const (
	strikeArg = "passtlab-hostile-strike"
	rightName = "the right one"
	self      = "/proc/self/exe"

	// userEnv makes the test binary run itself again in a user namespace.
	userEnv = "PASSTLAB_HOSTILE_USER"
)

// limit bounds what waits for a program or a lab.
const limit = 2 * time.Minute

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == strikeArg {
		// Not os.Exit, which under the race detector takes a second.
		syscall.Exit(strike(os.Args[2], os.Args[3]))
	}
	if os.Getenv(userEnv) != "" {
		if ran, code, err := userns.Reexec(); ran || err != nil {
			if err != nil {
				fmt.Println(err)
			}
			os.Exit(max(code, 0))
		}
	}
	os.Exit(m.Run())
}

// strike is the program. What was refused goes to standard error, with status 3.
func strike(name, canaries string) int {
	if name == rightName {
		return answer()
	}
	for _, a := range attacks {
		if a.name != name {
			continue
		}
		err := a.do(canaries)
		if err == nil {
			return 0
		}
		fmt.Fprintf(os.Stderr, "%s%s\n", refused, strings.ReplaceAll(err.Error(), "\n", "; "))
		return 3
	}
	fmt.Fprintf(os.Stderr, "no attack is called %s\n", name)
	return 4
}

// answer picks the address that passt leased, which has the pod's length of 128.
func answer() int {
	var o selector.Observation
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, a := range o.Addresses {
		if a.Prefix.Bits() == 128 && a.Prefix.Addr().IsGlobalUnicast() {
			fmt.Println(a.Prefix.Addr())
		}
	}
	return 0
}

// open builds a lab and plays its scenario.
func open(t *testing.T) run.Lab {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	all, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	sc := scenarios.Find(all, "passt-slaac-then-dhcpv6")[0]
	lab, err := run.NewLab(ctx, sc, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lab.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, e := range sc.Timeline() {
		if e.Kind() == scenarios.EventCheckpoint {
			continue
		}
		if err := lab.Step(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	return lab
}

// ask asks the program called name.
func ask(t *testing.T, lab run.Lab, name, canaries string) (selector.Choice, error) {
	t.Helper()
	o, err := lab.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := command.New("program", []string{self, strikeArg, name, canaries}, command.Options{Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s.Select(t.Context(), o)
}

// TestHostile asks every attack, one after the other, in one guest.
func TestHostile(t *testing.T) {
	t.Parallel()
	need.Namespaces(t)
	lab := open(t)
	c := setCanaries(t)
	before, err := look(t.Context(), lab, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			_, err := ask(t, lab, a.name, c.dir)
			if errors.Is(err, command.ErrSetup) {
				t.Errorf("the lab is blamed: %v", err)
			}
			if got := fmt.Sprint(err); !strings.Contains(got, a.want) {
				t.Errorf("it ended with %s, want %q", got, a.want)
			}
			now, err := look(t.Context(), lab, c)
			if err != nil {
				t.Error(err)
			}
			for _, changed := range before.compare(now) {
				t.Error(changed)
			}
			choice, err := ask(t, lab, rightName, c.dir)
			if err != nil || choice.Address() != c.right {
				t.Errorf("the right program asked next: %v, %v; want %v", choice, err, c.right)
			}
		})
	}
}

// TestHostileToUser does the same as an ordinary user, unless this is one.
func TestHostileToUser(t *testing.T) {
	t.Parallel()
	need.Namespaces(t)
	if userns.Inside() {
		t.Skip("these tests run as an ordinary user already")
	}
	again(t, "TestHostile", 0)
}

// again runs a test of this binary as an ordinary user, in more namespaces.
func again(t *testing.T, test string, flags uintptr) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run=^"+test+"$")
	if testing.Verbose() {
		cmd.Args = append(cmd.Args, "-test.v")
	}
	// The folder of temporary files may be closed to others.
	cmd.Env = append(os.Environ(), userEnv+"=1", "TMPDIR=/tmp")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
	if !userns.Inside() {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.Contains(string(out), "PASS") {
		t.Error(err)
	}
}

// TestNoticed runs attacks that are not confined, each against a lab of its own,
// in namespaces that nobody else is in. The check has to notice each.
func TestNoticed(t *testing.T) {
	need.Namespaces(t)
	if os.Getenv(userEnv) == "" {
		again(t, "TestNoticed", unix.CLONE_NEWNS|unix.CLONE_NEWIPC)
		return
	}
	for _, a := range attacks {
		if a.proof == unproved {
			continue
		}
		t.Run(a.name, func(t *testing.T) {
			lab := open(t)
			c := setCanaries(t)
			before, err := look(t.Context(), lab, c)
			if err != nil {
				t.Fatal(err)
			}
			o, err := lab.Observe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			words := child.Tail{Max: 1 << 10}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			r, err := child.Run(ctx, child.Spec{
				Path: self, Args: []string{self, strikeArg, a.name, c.dir}, Env: os.Environ(),
				Stdout: &words, Stderr: &words, Net: o.Guest, Fresh: true,
			})
			if err != nil {
				t.Logf("noticed: %v", err) // the init was ended, or stopped
				return
			}
			if strings.Contains(words.String(), refused) || r.Setup != "" || r.Status != 0 {
				t.Fatalf("it does not work where it may: %+v, %s", r, words.String())
			}
			if a.proof == works || r.Left == 77 { // forged
				return
			}
			now, err := look(t.Context(), lab, c)
			changed := before.compare(now)
			if len(changed) == 0 && err == nil {
				t.Error("nobody notices it")
			}
			for _, c := range changed {
				c, _, _ = strings.Cut(c, "\n")
				t.Logf("noticed: %s", c)
			}
			t.Log(err)
		})
	}
}
