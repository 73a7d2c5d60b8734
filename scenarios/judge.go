package scenarios

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/internal/strict"
)

func (f Failure) mode() FailureKind {
	if f.Kind == "" && f.Picks == PickNone {
		return FailLost
	}
	return cmp.Or(f.Kind, FailWrong)
}

func (f Failure) at() string { return cmp.Or(f.At, EndCheckpoint) }

func (p Prove) failure() Failure {
	return Failure{Selector: p.Bad, Role: p.Role, Picks: p.Picks, Kind: p.Kind, At: p.At}
}

// same reports whether two failures of one selector in one role repeat or contradict
// each other.
func (f Failure) same(o Failure) bool {
	if f.Selector != o.Selector || f.Role != o.Role && f.Role != "" && o.Role != "" {
		return false
	}
	choice := func(k FailureKind) bool { return k == FailWrong || k == FailLost }
	return f.mode() == o.mode() || f.at() == o.at() && choice(f.mode()) && choice(o.mode())
}

// in returns the roles in which the failure happens, of those that are judged.
func (f Failure) in(roles []Role) []Role {
	if f.Role != "" {
		return []Role{f.Role}
	}
	return roles
}

func (c checker) failures(checkpoints []*Checkpoint) {
	var before []Failure
	for i, f := range c.Expect.Failures {
		if !c.holds(f.In) {
			continue
		}
		at := fmt.Sprintf("expect.failures[%d]", i)
		c.failure(at, f, checkpoints)
		if !c.Sound(at) {
			continue
		}
		if slices.ContainsFunc(before, f.same) {
			c.fault(at, "each selector once in each role, except for other kinds of failure", "remove one", "%s is in the list before", f.Selector)
		}
		before = append(before, f)
	}
}

func (c checker) prove(checkpoints []*Checkpoint) {
	p := c.Prove
	if p == (Prove{}) {
		return
	}
	c.failure("prove", p.failure(), checkpoints)
	if c.Sound("prove.good", "prove.bad") && p.Good == p.Bad {
		c.fault("prove.bad", "one that fails, while prove.good passes", "name two selectors", "%s is prove.good too", p.Bad)
		return
	}
	if !c.Sound("prove", "expect.failures") {
		return
	}
	for i, f := range c.Expect.Failures {
		switch at := fmt.Sprintf("expect.failures[%d]", i); {
		case !c.holds(f.In):
		case f.Selector == p.Good:
			c.fault("prove.good", "a selector that passes in every role", "name another, or correct the failure", "%s fails, according to %s", p.Good, at)
		case !f.same(p.failure()):
		case f.Picks != p.Picks:
			c.fault("prove.picks", string(f.Picks)+", as "+at+" says", "correct one of them", "is %s", p.Picks)
		case f.at() != p.failure().at():
			c.fault("prove.at", f.at()+", as "+at+" says", "correct one of them", "is %s", p.failure().at())
		}
	}
}

// failure checks that a failure is possible: its role is judged, its checkpoint exists,
// and its pick fails there.
func (c checker) failure(path string, f Failure, checkpoints []*Checkpoint) {
	if f.Role != "" && c.Sound(path+".role", "roles") && !slices.Contains(c.Roles, f.Role) {
		c.fault(path+".role", "one of the scenario's roles", "add it to roles, or correct it", "%s is not judged here", f.Role)
	}
	if !c.Sound(path+".picks", path+".kind", path+".at") {
		return
	}
	kind, picks := strict.Join(path, "kind"), strict.Join(path, "picks")
	switch {
	case f.mode() == FailLost && f.Picks != PickNone:
		c.fault(picks, "none, the pick of a lost selector", "correct the pick or the kind", "is %s", f.Picks)
		return
	case f.mode() == FailWrong && f.Picks == PickNone:
		c.fault(kind, "lost", "leave kind out", "is wrong, but a selector that picks none is lost")
		return
	}
	if len(checkpoints) == 0 {
		return
	}
	i := slices.IndexFunc(checkpoints, func(cp *Checkpoint) bool { return cp.Name == f.at() })
	if i < 0 {
		var names []string
		for _, m := range checkpoints {
			names = append(names, m.Name)
		}
		c.Report(path+".at", Fault{Problem: "no checkpoint is called " + f.At, Expected: "one of " + strings.Join(names, ", "),
			Near: near.Word(f.At, names), Next: "correct the name, or add the checkpoint"})
		return
	}
	m := checkpoints[i]
	if !m.Judged() {
		c.fault(path+".at", "a checkpoint that is judged", "name another, or judge that one", "nothing is wrong yet %s", m.where())
		return
	}
	if !c.Sound("expect.reachable") {
		return
	}
	const next = "correct the pick or reachable"
	any := func(is func([]Target) bool) bool {
		return slices.ContainsFunc(f.in(c.Roles), func(r Role) bool { return is(m.For(r)) })
	}
	none := func(ts []Target) bool { return len(ts) == 0 }
	switch f.mode() { // Checkpoint.Play finds what depends on the guest's addresses
	case FailWrong:
		if t, ok := f.Picks.target(); ok && any(func(ts []Target) bool { return slices.Contains(ts, t) }) {
			c.fault(picks, "a pick that is wrong there", next, "%s is reachable %s, so a selector that picks it passes", f.Picks, m.where())
		}
	case FailLost:
		if any(none) {
			c.fault(picks, "a pick that is wrong there", next, "nothing is reachable, so a selector that picks none passes")
		}
	case FailLate:
		if m.Within == "" {
			c.fault(kind, "a checkpoint with a bound", "say within at the checkpoint", "nothing can be late %s", m.where())
		}
	case FailFlap:
		switch {
		case i == 0:
			c.fault(kind, "a checkpoint that has one before it", "add one before it, or correct the kind", "nothing was chosen before: it is the first checkpoint")
		case any(none):
			c.fault(kind, "a checkpoint where something works", "correct the kind or reachable", "no choice works %s, so none can be left", m.where())
		}
	}
}

// target returns the target with the same meaning, and false for none and other.
func (p Pick) target() (Target, bool) {
	if p == PickNone || p == PickOther {
		return Target{}, false
	}
	a, err := netip.ParseAddr(string(p))
	if err == nil {
		return Target{Addr: a}, true
	}
	return Of(Origin(p)), true
}
