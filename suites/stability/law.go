package stability

import (
	"fmt"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// Law is what every choice has to obey.
type Law string

// The laws, in the order in which Check reports them.
const (
	// SameAnswer: asking twice gives the same answer.
	SameAnswer Law = "same question, same answer"
	// Order: the choice does not depend on the order of the list.
	Order Law = "order"
	// Loser: an address that is not chosen, when it comes or goes, does not
	// change the choice.
	Loser Law = "loser"
)

// Violation is a law that was seen broken, by two questions and their answers,
// each of which was given again when asked again (except for SameAnswer).
type Violation struct {
	Law Law
	// Addresses are the global unicast addresses of the first question, the
	// fewest that were found to show it, in the order in which they were
	// listed. All other addresses were listed as ever.
	Addresses []selector.Address
	// Other are those of the second question: another order of them, or one
	// less, or the same.
	Other []selector.Address
	// First and Second are the answers.
	First, Second Reply
	// Cycle are the same addresses if there are three of which, asked in
	// pairs, each goes before the next one, and the last before the first.
	// Otherwise it is nil.
	Cycle []selector.Address
}

// String says it in one line, or in two if there is a cycle.
func (v Violation) String() string {
	name := namer(v.Addresses)
	list := func(as []selector.Address) string {
		var ns []string
		for _, a := range as {
			ns = append(ns, name(a))
		}
		return strings.Join(ns, " ")
	}
	var s string
	switch v.Law {
	case Order:
		s = fmt.Sprintf("depends on the order of the list: %s gives %s, %s gives %s", list(v.Addresses), v.First, list(v.Other), v.Second)
	case Loser:
		s = fmt.Sprintf("depends on an address that loses: %s gives %s, without %s it is %s", list(v.Addresses), v.First, list(without(v.Addresses, v.Other)), v.Second)
	default:
		s = fmt.Sprintf("another answer to the same question: %s gives %s, and then %s", list(v.Addresses), v.First, v.Second)
	}
	if v.Cycle != nil {
		var ns []string
		for _, a := range append(slices.Clone(v.Cycle), v.Cycle[0]) {
			ns = append(ns, name(a))
		}
		s += "\nasked in pairs, a cycle: " + strings.Join(ns, " before ")
	}
	return s
}

// String is the chosen addresses, "none" or the error.
func (a Reply) String() string {
	switch {
	case a.Err != nil:
		return fmt.Sprintf("the error %q", a.Err)
	case len(a.Addresses) == 0:
		return "none"
	}
	var ns []string
	for _, x := range a.Addresses {
		ns = append(ns, x.String())
	}
	return strings.Join(ns, " and ")
}

// namer names the link too where there is more than one.
func namer(as []selector.Address) func(selector.Address) string {
	links := slices.ContainsFunc(as, func(a selector.Address) bool { return a.Link != as[0].Link })
	return func(a selector.Address) string {
		if links {
			return a.Prefix.String() + " on " + a.Link
		}
		return a.Prefix.String()
	}
}

// without returns those of as that are not in bs, which has no others.
func without(as, bs []selector.Address) []selector.Address {
	as = slices.Clone(as)
	for _, b := range bs {
		if i := slices.Index(as, b); i >= 0 {
			as = slices.Delete(as, i, i+1)
		}
	}
	return as
}
