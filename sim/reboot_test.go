package sim

import (
	"testing"

	"github.com/passtlab/passtlab/scenarios"
)

// The new guest is removed in the old one's turn. If a reboot put that on top of what
// Close undoes, the guest's link would go while others still watch it, and a lab that is
// taken down would now and then look like one that has broken.
func TestRebootTakeDown(t *testing.T) {
	l := Built(t, timeline(t, "[ra]", func(*scenarios.Scenario) {}), Options{})
	before := len(l.clean)
	old := l.Guest
	if err := l.Step(t.Context(), scenarios.Plain(scenarios.EventReboot)[0]); err != nil {
		t.Fatal(err)
	}
	if l.Guest == old {
		t.Error("the guest is in the old namespace")
	}
	if len(l.clean) != before {
		t.Errorf("a reboot adds %d steps to the take-down", len(l.clean)-before)
	}
}
