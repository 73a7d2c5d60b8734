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

// Violation has two questions whose answers break a law. Asking again has confirmed each
// answer, except for SameAnswer.
type Violation struct {
	Law Law
	// Addresses are the global unicast addresses of the first question, as they were
	// listed.
	Addresses []selector.Address
	// Other are those of the second question: in another order, or one less, or the
	// same.
	Other         []selector.Address
	First, Second Reply // the answers
	// Cycle are the same three addresses if, asked in pairs, each goes before the
	// next, and the last before the first.
	Cycle []selector.Address
}

// String returns one line, or two if there is a cycle.
func (v Violation) String() string {
	name := namer(v.Addresses)
	join := func(as []selector.Address, by string) string {
		var ns []string
		for _, a := range as {
			ns = append(ns, name(a))
		}
		return strings.Join(ns, by)
	}
	list := func(as []selector.Address) string { return join(as, " ") }
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
		s += "\nasked in pairs, a cycle: " + join(append(slices.Clone(v.Cycle), v.Cycle[0]), " before ")
	}
	return s
}

// String returns the chosen addresses, "none" or the error.
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

// namer returns a function that names addresses, with the link where there are several.
func namer(as []selector.Address) func(selector.Address) string {
	links := slices.ContainsFunc(as, func(a selector.Address) bool { return a.Link != as[0].Link })
	return func(a selector.Address) string {
		if links {
			return a.Prefix.String() + " on " + a.Link
		}
		return a.Prefix.String()
	}
}

func without(as, bs []selector.Address) []selector.Address {
	return slices.DeleteFunc(slices.Clone(as), func(a selector.Address) bool { return slices.Contains(bs, a) })
}
