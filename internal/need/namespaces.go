package need

import (
	"os"
	"sync"
	"testing"

	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/userns"
)

// Namespaces ends the test if this process cannot make labs (userns.Check).
func Namespaces(t testing.TB) {
	t.Helper()
	end(t, check())
}

// Namespace makes a namespace for the test, or ends the test as Namespaces does.
func Namespace(t testing.TB, name string) *netns.NS {
	t.Helper()
	Namespaces(t)
	ns, err := netns.New(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ns.Close(); err != nil {
			t.Error(err)
		}
	})
	return ns
}

var check = sync.OnceValue(userns.Check)

func end(t testing.TB, missing error) {
	t.Helper()
	switch {
	case missing == nil:
	case os.Getenv("PASSTLAB_REQUIRE_ROOT") == "1":
		t.Fatalf("PASSTLAB_REQUIRE_ROOT is 1, and %v", missing)
	default:
		t.Skipf("needs namespaces: %v", missing)
	}
}
