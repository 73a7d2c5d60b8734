package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
)

// boot starts a program that runs on.
func boot(t testing.TB, opts Options, o selector.Observation, source string, args ...string) *selector.Instance {
	t.Helper()
	opts.Watch = true
	s, err := New("test", append([]string{script(t, source)}, args...), opts)
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Traits().Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// await returns what has been said once done is true of it.
func await(t testing.TB, w *selector.Instance, done func([]selector.Said) bool) []selector.Said {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		said, news := w.Said()
		if done(said) {
			return said
		}
		select {
		case <-news:
		case <-limit:
			t.Fatalf("20 s later it has said %s", in(said))
		}
	}
}

// number awaits as many things said.
func number(n int) func([]selector.Said) bool {
	return func(said []selector.Said) bool { return len(said) >= n }
}

func ended(said []selector.Said) bool { return len(said) > 0 && said[len(said)-1].Err != nil }

// in puts what was said in words.
func in(said []selector.Said) string {
	var words []string
	for _, s := range said {
		switch {
		case s.Err != nil:
			words = append(words, "end")
		case len(s.Choice.Addresses) == 0:
			words = append(words, "none")
		default:
			words = append(words, s.Choice.Address().String())
		}
	}
	return strings.Join(words, " ")
}

// A program is shown an observation at the start and with each question, and
// the answer is what it has said last.
func TestWatchTalks(t *testing.T) {
	ns := guest(t)
	o := observation()
	o.Guest = ns
	w := boot(t, Options{}, o, `#!/bin/sh
while read -r line; do
	n=$((n + 1))
	case $line in '{'*'"role":"kubelet"'*'}') echo fd01::$n/128 ;; *) echo "$line" ;; esac
done
`)
	for n := range 5 {
		said := await(t, w, number(n+1))
		if want := fmt.Sprintf("fd01::%d", n+1); len(said) != n+1 || said[n].Choice.Address().String() != want || said[n].At.IsZero() {
			t.Fatalf("said %s, want %s last", in(said), want)
		}
		// It may be quick enough to answer to this very question.
		want := []string{fmt.Sprintf("fd01::%d", n+1), fmt.Sprintf("fd01::%d", n+2)}
		if c, err := w.Select(t.Context(), o); err != nil || !slices.Contains(want, c.Address().String()) {
			t.Fatalf("answer %v, %v; want one of %v", c, err, want)
		}
	}
}

// TestWatch has a program for everything that can be said, and for every end.
func TestWatch(t *testing.T) {
	ns := guest(t)
	for _, tt := range []struct {
		name, source string
		said         string
		is           error
		err          string // part of the error's text
	}{
		{name: "flaps", source: "echo fd01::1; echo fd01::2; echo fd01::1; exec sleep 600", said: "fd01::1 fd01::2 fd01::1"},
		{name: "every form", source: `echo fd01::1/64; echo '{"addresses": ["fd01::2", "fd01::3"], "reason": "why"}'; echo none; echo; echo ' fe80::1%eth0 '; exec sleep 600`,
			said: "fd01::1 fd01::2 none none fe80::1"},
		{name: "slow line", source: "printf fd01:; sleep 0.05; echo :7; exec sleep 600", said: "fd01::7"},
		{name: "ends", source: "echo fd01::1; echo bye >&2", said: "fd01::1 end", is: ErrEnded, err: `ended by itself, last error "bye"`},
		{name: "ends at once", said: "end", is: ErrEnded},
		{name: "partial last line", source: "echo fd01::1; printf fd01::", said: "fd01::1 end", is: ErrEnded, err: `ended by itself in the middle of "fd01::"`},
		{name: "dies", source: "echo fd01::1; echo first >&2; echo last words >&2; exit 3", said: "fd01::1 end", is: ErrExit, err: `exit status 3: "last words"`},
		{name: "crashes", source: "kill -SEGV $$", said: "end", is: ErrCrash, err: "killed by SIGSEGV"},
		{name: "unsupported", source: "echo only IPv4 >&2; exit 77", said: "end", is: selector.ErrUnsupported, err: `unsupported: "only IPv4"`},
		{name: "leaves something", source: "echo fd01::1; sleep 600 &", said: "fd01::1 end", is: ErrLeft, err: "left processes behind: 1, now killed"},
		{name: "prints garbage", source: "echo fd01::1; echo hello; echo fd01::2; exec sleep 600", said: "fd01::1 end", is: ErrMalformed, err: `"hello" is not an address`},
		{name: "prints garbage and ends", source: "echo hello", said: "end", is: ErrMalformed, err: `"hello" is not an address`},
		{name: "no UTF-8", source: `printf '\377\n'; exec sleep 600`, said: "end", is: ErrMalformed, err: "not UTF-8"},
		{name: "object over lines", source: `printf '{\n"address": "fd01::1"}\n'; exec sleep 600`, said: "end", is: ErrMalformed, err: "JSON"},
		{name: "long line", source: `exec tr '\0' x </dev/zero`, said: "end", is: ErrFlood, err: `more than the limit of 65536 bytes on a line, beginning with "xxx`},
		{name: "endless errors", source: "exec yes >&2", said: "end", is: ErrFlood, err: "on standard error"},
		{name: "kills its init", source: "kill -9 1; echo fd01::1; exec sleep 600", said: "fd01::1"},
		{name: "change of the guest", source: "ip link set lo down 2>&1 | grep -q 'not permitted' && echo fd01::1; ls /sys/class/net | grep -q eth1 && echo fd01::2; exec sleep 600", said: "fd01::1 fd01::2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := observation()
			o.Guest = ns
			w := boot(t, Options{}, o, "#!/bin/sh\n"+tt.source+"\n")
			said := await(t, w, func(said []selector.Said) bool { return ended(said) || len(said) == len(strings.Fields(tt.said)) })
			if in(said) != tt.said {
				t.Errorf("said %s (%v), want %s", in(said), said[len(said)-1].Err, tt.said)
			}
			c, err := w.Select(t.Context(), o)
			if err != said[len(said)-1].Err || !slices.Equal(c.Addresses, said[len(said)-1].Choice.Addresses) {
				t.Errorf("answers %v, %v after %s", c, err, in(said))
			}
			if tt.is == nil {
				return
			}
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("ended by %v; want %v with %q", err, tt.is, tt.err)
			}
			if !strings.HasPrefix(err.Error(), "watch selector test: ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: want one line and the selector's name", err)
			}
		})
	}
}

func TestWatchIsNotExecuted(t *testing.T) {
	needRoot(t)
	w := boot(t, Options{}, observation(), "no first line\n")
	if said := await(t, w, ended); len(said) != 1 || !errors.Is(said[0].Err, ErrStart) {
		t.Errorf("said %v", said)
	}
}

// However fast a program prints, all of it is read, up to a limit.
func TestWatchFloods(t *testing.T) {
	needRoot(t)
	w := boot(t, Options{}, observation(), "#!/bin/sh\nyes fd01::1 | head -n 100000\nexec sleep 600\n")
	if said := await(t, w, number(100_000)); len(said) != 100_000 || ended(said) {
		t.Errorf("%d said", len(said))
	}
	w = boot(t, Options{}, observation(), "#!/bin/sh\nexec yes fd01::1\n")
	said := await(t, w, ended)
	if err := said[len(said)-1].Err; !errors.Is(err, ErrFlood) || !strings.Contains(err.Error(), "limit of 1048576 bytes in all") {
		t.Errorf("ended by %v", err)
	}
	if n := len(said) - 1; n != maxSaid/len("fd01::1\n") {
		t.Errorf("%d said", n)
	}
}

// A program that does not read holds nobody up, and one that reads late gets
// the newest observation, and only whole ones.
func TestWatchReadsLate(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	o := observation()
	for range 2000 { // more than a pipe holds
		o.Addresses = append(o.Addresses, o.Addresses[0])
	}
	w := boot(t, Options{}, o, "#!/bin/sh\necho fd01::1\nread go <$1\n"+`
while read -r line; do case $line in '{'*'"interface":"eth'*'}') ;; *) echo cut ;; esac
	case $line in *'"interface":"eth99"'*) echo fd01::99 ;; esac
done
`, fifo)
	await(t, w, number(1))
	for n := range 100 {
		o.Interface = fmt.Sprint("eth", n)
		if c, err := w.Select(t.Context(), o); err != nil || c.Address().String() != "fd01::1" {
			t.Fatalf("answer %d: %v, %v", n, c, err)
		}
	}
	if err := os.WriteFile(fifo, []byte("go\n"), 0); err != nil {
		t.Fatal(err)
	}
	if said := await(t, w, number(2)); in(said) != "fd01::1 fd01::99" {
		t.Errorf("said %s: %v", in(said), said[len(said)-1].Err)
	}
	// Nor one that has closed its input.
	w = boot(t, Options{}, o, "#!/bin/sh\nexec <&-\necho fd01::1\nexec sleep 600\n")
	await(t, w, number(1))
	for range 100 {
		if _, err := w.Select(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

// Before anything is said there is no choice, and Close may come at any time.
func TestWatchIsSilent(t *testing.T) {
	needRoot(t)
	w := boot(t, Options{}, observation(), "#!/bin/sh\nexec sleep 600\n")
	if c, err := w.Select(t.Context(), observation()); err != nil || len(c.Addresses) > 0 || c.Reason != "nothing said yet" {
		t.Errorf("got %v, %v", c, err)
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if said, _ := w.Said(); len(said) > 0 {
		t.Errorf("said %s after Close", in(said))
	}
}

// TestWatchSelect asks a program that runs on a single question.
func TestWatchSelect(t *testing.T) {
	needRoot(t)
	for _, tt := range []struct {
		name, source string
		want         string
		is           error
		err          string
	}{
		{"last", "echo fd01::1; echo fd01::2; exec sleep 600", "fd01::2", nil, ""},
		{"later", "echo none; sleep 0.1; echo fd01::2; exec sleep 600", "fd01::2", nil, ""},
		{"never at rest", "echo fd01::1; while :; do :; done", "fd01::1", nil, ""},
		{"none", "echo none; exec sleep 600", "invalid IP", nil, ""},
		{"asked", "read -r line; echo fd01::3; exec sleep 600", "fd01::3", nil, ""},
		{"said before the end", "echo fd01::1; exit 3", "fd01::1", nil, ""},
		{"silent", "echo thinking >&2; exec sleep 600", "", ErrTimeout, `watch selector test: no answer within the time limit of 1s, last error "thinking"`},
		{"ends", "exit 3", "", ErrExit, "watch selector test: exit status 3"},
		{"unsupported", "echo no >&2; exit 77", "", selector.ErrUnsupported, `watch selector test: unsupported: "no"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var opts Options
			if tt.is == ErrTimeout || tt.name == "never at rest" {
				opts.Timeout = time.Second // long enough to think
			}
			opts.Watch = true
			s, err := New("test", []string{script(t, "#!/bin/sh\n"+tt.source+"\n")}, opts)
			if err != nil {
				t.Fatal(err)
			}
			c, err := s.Select(t.Context(), observation())
			if tt.is == nil && (err != nil || c.Address().String() != tt.want) {
				t.Errorf("got %v, %v, want %s", c, err, tt.want)
			}
			if tt.is != nil && (!errors.Is(err, tt.is) || err.Error() != tt.err) {
				t.Errorf("got %v, want %s", err, tt.err)
			}
		})
	}
	s, err := New("test", []string{"sleep", "600"}, Options{Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Select(ctx, observation()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if _, err := s.Traits().Start(ctx, observation()); !errors.Is(err, context.Canceled) {
		t.Errorf("started: %v, want %v", err, context.Canceled)
	}
}

// A closed guest is passtlab's error, not the program's.
func TestWatchClosedGuest(t *testing.T) {
	ns := guest(t)
	if err := ns.Close(); err != nil {
		t.Fatal(err)
	}
	o := observation()
	o.Guest = ns
	w := boot(t, Options{}, o, "#!/bin/sh\nexec sleep 600\n")
	if said := await(t, w, ended); !errors.Is(said[0].Err, ErrSetup) {
		t.Errorf("said %v, want ErrSetup", said)
	}
}

// TestWatchNothingLeft looks for the processes of programs that resist.
func TestWatchNothingLeft(t *testing.T) {
	needRoot(t)
	marker := fmt.Sprintf("%d.%d", 3600+os.Getpid(), time.Now().UnixNano())
	path := script(t, "#!/bin/sh\ntrap '' TERM INT HUP\nsetsid sleep $1 &\nsleep $1 &\necho fd01::1\nwait\n")
	s, err := New("test", []string{path, marker}, Options{Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Traits().Start(t.Context(), observation())
	if err != nil {
		t.Fatal(err)
	}
	await(t, w, number(1))
	if len(marked(t, marker)) == 0 {
		t.Fatal("nothing is there to be left")
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if left := marked(t, marker); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestParseWatch(t *testing.T) {
	s, err := Parse("x=sh -c 'echo a b'", Options{Watch: true})
	if err != nil || s.Name() != "x" || !slices.Equal(s.(watcher).program.argv, []string{"sh", "-c", "echo a b"}) {
		t.Errorf("got %v, %v", s, err)
	}
	for _, spec := range []string{"sh", "x='sh", "-x=sh", "x=no-such-program"} {
		if s, err := Parse(spec, Options{Watch: true}); !errors.Is(err, ErrUsage) || s != nil {
			t.Errorf("%q: got %v, %v; want ErrUsage", spec, s, err)
		}
	}
}

// A program has the traits that its options declare.
func TestKernelOrder(t *testing.T) {
	for _, declared := range []bool{false, true} {
		opts := Options{KernelOrder: declared}
		one, err := New("x", []string{"sh"}, opts)
		opts.Watch = true
		on, werr := New("x", []string{"sh"}, opts)
		if err := errors.Join(err, werr); err != nil {
			t.Fatal(err)
		}
		for _, s := range []selector.Selector{one, on} {
			if got := s.Traits(); got.KernelOrder != declared || !got.Program {
				t.Errorf("%T: %+v, want KernelOrder %t", s, got, declared)
			}
		}
	}
}

// However a program's writes are cut, its lines are the same.
func FuzzLines(f *testing.F) {
	f.Add([]byte("fd01::1\nnone\n\nfd01"), 3)
	f.Add([]byte("0123456789\n"), 1)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		const longest, most = 8, 40
		read := func(size int) (got []string, bad bool) {
			l := &lines{max: longest, left: most, wrong: func(error) { bad = true }, line: func(b []byte) error {
				got = append(got, string(b))
				return nil
			}}
			for chunk := range slices.Chunk(data, size) {
				if _, err := l.Write(chunk); err != nil {
					break
				}
			}
			return got, bad
		}
		got, bad := read(max(1, size%64))
		one, alsoBad := read(1)
		if !slices.Equal(got, one) || bad != alsoBad {
			t.Errorf("%q is %q (%t), a byte at a time %q (%t)", data, got, bad, one, alsoBad)
		}
		whole := bytes.Split(data, []byte{'\n'})
		tooLong := slices.ContainsFunc(whole, func(b []byte) bool { return len(b) > longest })
		if want := tooLong || len(data) > most; bad != want {
			t.Errorf("%q is refused: %t, want %t", data, bad, want)
		}
	})
}
