package child

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/need"
)

// How a process ends goes into its error, with its last words; being told to
// end is none.
func TestProcess(t *testing.T) {
	need.Namespaces(t)
	for _, tt := range []struct {
		name, path, script string
		ends, succeeded    bool
		want               string
	}{
		{"fine", "/bin/sh", "echo ready; exit 0", true, true, "sh: ended with status 0: ready"},
		{"bad", "/bin/sh", "echo no >&2; exit 3", true, false, "sh: ended with status 3: no"},
		{"killed", "/bin/sh", "kill -9 $$", true, false, "sh: ended by signal 9: "},
		{"not there", "/nonexistent", "", true, false, "nonexistent: execute /nonexistent: no such file or directory: "},
		{"runs on", "/bin/sh", "sleep 600 & sleep 600", false, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Start(Spec{Path: tt.path, Args: []string{"sh", "-c", tt.script}, Env: []string{"PATH=/usr/bin:/bin"}})
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			stop := p.OnEnd(cancel)
			if tt.ends {
				select {
				case <-ctx.Done():
				case <-time.After(10 * time.Second):
					t.Fatal("it goes on")
				}
			}
			stop()
			err := p.Close()
			if err == nil && tt.want != "" || err != nil && err.Error() != strings.TrimRight(tt.want, "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if tt.ends && !errors.Is(context.Cause(ctx), err) {
				t.Errorf("told of %v, want %v", context.Cause(ctx), err)
			}
			if p.Succeeded() != tt.succeeded {
				t.Errorf("succeeded is %t", p.Succeeded())
			}
		})
	}
}
