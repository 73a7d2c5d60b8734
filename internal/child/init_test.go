package child

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Each answer of mount(2) that containers and chroots give has its own remedy.
func TestWhyNoMount(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string // "": nothing to add
	}{
		{unix.EINVAL, "mount --rbind"},
		{unix.EACCES, "apparmor=unconfined"},
		{unix.EPERM, "unmask=ALL"},
		{unix.ENOENT, "make the folder"},
		{unix.EBUSY, ""},
		{errors.New("odd"), ""},
	} {
		got := whyNoMount(fmt.Errorf("mount: %w", tt.err))
		if !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}
