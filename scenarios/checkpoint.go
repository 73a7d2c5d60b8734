package scenarios

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/passtlab/passtlab/internal/strict"
)

// EndCheckpoint is the name of the last checkpoint of every timeline.
const EndCheckpoint = "end"

// Checkpoint measures the truth table, asks every selector, and judges its choice.
// Every timeline ends with one, which the file does not list.
type Checkpoint struct {
	// Name names it in reports: lower-case letters, digits and hyphens.
	Name string `yaml:"name" required:"true" bare:"true" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" form:"lower-case letters, digits and single hyphens"`
	// Reachable lists the addresses that work, as in expect. Required, unless Judge
	// is false.
	Reachable []Target `yaml:"reachable" required:"true" unless:"judge"`
	// As lists the same for a role that listen is about, where that differs.
	As As `yaml:"as,omitempty"`
	// Judge false only asks: selectors may remember what they see, and no choice is
	// wrong yet.
	Judge *bool `yaml:"judge,omitempty"`
	// Within bounds the time from the last step to the right choice. Default:
	// no bound but that of the answer.
	Within Duration `yaml:"within,omitempty"`
}

// Judged reports whether the checkpoint judges choices.
func (cp *Checkpoint) Judged() bool { return cp.Judge == nil || *cp.Judge }

func (cp *Checkpoint) where() string {
	if cp.Name == EndCheckpoint {
		return "at the end"
	}
	return "at " + cp.Name
}

func (cp *Checkpoint) check(c at) {
	c.as(strict.Join(c.path, "as"), cp.As)
	before := func(e Event) bool { o, ok := e.Action.(*Checkpoint); return ok && o != cp && o.Name == cp.Name }
	i := slices.IndexFunc(c.Events, func(e Event) bool { return e.Action == cp })
	switch {
	case cp.Name == EndCheckpoint:
		c.fault("name", "another name", "rename it, or move its keys to expect", "end is the name of the last checkpoint, which every file has")
	case slices.ContainsFunc(c.Events[:max(0, i)], before):
		c.fault("name", "a name of its own", "rename one of them", "%s is the name of an earlier checkpoint", cp.Name)
	case i == len(c.Events)-1:
		c.checker.fault(c.Events[i].entry(), "a last event that changes something", "move its keys to expect and remove it", "the end is always a checkpoint")
	}
}

// Play changes nothing. It finds addresses and failures that the file expects and that
// are impossible with the guest's addresses. It skips scenarios with other settings
// than those of the file.
func (cp *Checkpoint) Play(_ context.Context, lab Lab) error {
	sc := lab.Scenario()
	if sc.Guest.Client != ClientKernel || sc.settings() != sc.read {
		return nil
	}
	var faults Faults
	for key, ts := range cp.expected() {
		for i, t := range ts {
			err := cp.reaches(lab, fmt.Sprintf("%s[%d]", key, i), t)
			f, ok := errors.AsType[Fault](err)
			if err != nil && !ok {
				return err
			}
			if ok {
				faults = append(faults, f)
			}
		}
	}
	if cp.Name == EndCheckpoint {
		for _, e := range sc.Events {
			if c, ok := e.Action.(*Conflict); ok && !lab.Contested(c.With) {
				faults = append(faults, e.from.place(c.unmet()))
			}
		}
	}
	as, err := lab.Addresses()
	if err != nil {
		return err
	}
	if len(faults) == 0 {
		for _, s := range sc.known {
			if s.at() == cp.Name {
				faults = append(faults, s.impossible(cp, lab, as)...)
			}
		}
	}
	return faults.Err()
}

// expected returns the lists of targets with their keys.
func (cp *Checkpoint) expected() iter.Seq2[string, []Target] {
	return func(yield func(string, []Target) bool) {
		if !yield("reachable", cp.Reachable) {
			return
		}
		for _, r := range Roles() {
			if of := cp.As.of(r); of != nil && !yield("as."+string(r), *of) {
				return
			}
		}
	}
}

func (cp *Checkpoint) reaches(lab Lab, key string, t Target) error {
	as, err := there(lab, key, t)
	if err != nil {
		return err
	}
	never := func(expected, next, why string) error {
		return Fault{Key: key, Problem: fmt.Sprintf("%s cannot be reached: %s", t, why), Expected: expected, Next: next}
	}
	switch up, carrier, err := lab.Link(); {
	case err != nil:
		return err
	case !slices.ContainsFunc(as, func(a Address) bool { return a.unusable() == "" }):
		return never("an address that can be used", "remove it", "it "+as[0].unusable())
	case !up:
		return never("[] while the link is down", "remove it, or play {link: up} before", "the link is down")
	case !carrier:
		return never("[] without a carrier", "remove it, or play {link: carrier-back} before", "the link has no carrier")
	}
	return nil
}

// knownFailure is one of expect.failures, or that of prove.bad.
type knownFailure struct {
	Failure
	from *source
}

// impossible finds faults of the pick, by the guest's addresses at a checkpoint.
func (k knownFailure) impossible(cp *Checkpoint, lab Lab, as []Address) Faults {
	t, ok := k.Picks.target()
	if !ok {
		return nil
	}
	fault := func(expected, next, format string, a ...any) Faults {
		return Faults{k.from.place(Fault{Key: "picks", Problem: fmt.Sprintf(format, a...), Expected: expected, Next: next})}
	}
	is := named(as, t)
	switch {
	// A selector may remember and pick an address that is gone.
	case len(is) == 0 && t.Addr.IsValid() && !lab.Had(t):
		return fault("an address that the guest has, or had", "correct it", "%s is not there %s, and was not before", t.Addr, cp.where())
	case len(is) == 0 && !t.Addr.IsValid():
		return fault("an origin of which there is an address", "add what makes such an address, or correct it", "no address of origin %s is there %s", t.Origin, cp.where())
	}
	rightAs := func(r Role) bool {
		return len(is) > 0 && !slices.ContainsFunc(is, func(a Address) bool {
			return !slices.ContainsFunc(cp.For(r), func(t Target) bool { return t.Names(a.Addr(), a.Origin) })
		})
	}
	roles := k.in(lab.Scenario().Roles)
	right := slices.ContainsFunc(roles, rightAs)
	const next = "correct the pick or reachable"
	switch {
	case k.mode() == FailWrong && right:
		return fault("a pick that is wrong there", next, "%s is reachable %s, so a selector that picks it passes", k.Picks, cp.where())
	case k.mode() == FailLate && slices.ContainsFunc(roles, func(r Role) bool { return !rightAs(r) }):
		return fault("a pick that is right there, but too late", next, "%s is not reachable %s", k.Picks, cp.where())
	}
	return nil
}

// entry returns the path of the whole event in the file.
func (e Event) entry() string { return e.from.path[:len(e.from.path)-len(e.Kind())-1] }

// settings prints the keys that, beside events, decide the guest's addresses. Pointers
// print as addresses, so a copy of a value counts as a change.
func (s *Scenario) settings() string { return fmt.Sprint(s.Passt, s.Guest, s.Expect.Reachable) }

// Timeline returns the events in the order of play, with the checkpoint at the end.
// Groups without a drawn order are in the written order.
func (s *Scenario) Timeline() (es []Event) {
	for _, e := range s.Events {
		if g, ok := e.Action.(*Group); ok {
			es = append(es, g.Of...)
		} else {
			es = append(es, e)
		}
	}
	end := Event{Action: &Checkpoint{Name: EndCheckpoint, Reachable: s.Expect.Reachable, As: s.Expect.As, Within: s.Expect.Within}}
	if s.decoder != nil {
		end.from = &source{s.decoder, "expect"}
	}
	return append(es, end)
}
