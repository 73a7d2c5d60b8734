package stability

import (
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// question is which of the global unicast addresses are listed, and in which
// order: positions in the list that Check was given.
type question []int

// movable reports whether a question may be about the address. IPv4 ones are
// among them, as a selector may read both families.
func movable(a selector.Address) bool { return a.Prefix.Addr().IsGlobalUnicast() }

// everything is the question that lists as as they are.
func everything(as []selector.Address) (q question) {
	for i, a := range as {
		if movable(a) {
			q = append(q, i)
		}
	}
	return q
}

// list returns the addresses of a question and all those that stay, in place:
// those asked about share their own places out among themselves.
func (q question) list(as []selector.Address) []selector.Address {
	places := slices.Sorted(slices.Values(q))
	out := make([]selector.Address, 0, len(as))
	for i, a := range as {
		if !movable(a) {
			out = append(out, a)
		} else if n, ok := slices.BinarySearch(places, i); ok {
			out = append(out, as[q[n]])
		}
	}
	return out
}

// only returns the addresses that the question is about.
func (q question) only(as []selector.Address) []selector.Address {
	out := make([]selector.Address, 0, len(q))
	for _, i := range q {
		out = append(out, as[i])
	}
	return out
}

func (q question) without(i int) question {
	return slices.DeleteFunc(slices.Clone(q), func(j int) bool { return i == j })
}

// permutations yields the other orders of a question that is in list order.
func (q question) permutations() iter.Seq[question] {
	return func(yield func(question) bool) {
		p := slices.Clone(q)
		for {
			i := len(p) - 2
			for i >= 0 && p[i] > p[i+1] {
				i--
			}
			if i < 0 {
				return
			}
			j := len(p) - 1
			for p[j] < p[i] {
				j--
			}
			p[i], p[j] = p[j], p[i]
			slices.Reverse(p[i+1:])
			if !yield(slices.Clone(p)) {
				return
			}
		}
	}
}

// drawn is the number of random orders among the selected ones.
const drawn = 100

// selected yields some of the other orders, the same in each run and some of
// them repeatedly. Those come first that find trouble soon: of two addresses
// that are compared, or that compete for the first place, each gets before the
// other and to the front of the list.
func (q question) selected() iter.Seq[question] {
	return func(yield func(question) bool) {
		p := slices.Clone(q)
		slices.Reverse(p)
		if !yield(p) {
			return
		}
		for i := range q {
			if i > 0 && !yield(slices.Concat(q[i:], q[:i])) {
				return
			}
		}
		for i := range q {
			if i == 0 {
				continue
			}
			p := slices.Clone(q)
			p[i-1], p[i] = p[i], p[i-1]
			if !yield(p) {
				return
			}
		}
		r := rand.New(rand.NewPCG(1, 1))
		for range drawn {
			p := slices.Clone(q)
			r.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
			if !yield(p) {
				return
			}
		}
	}
}

// subsets yields all questions about n of the addresses, in their order.
func (q question) subsets(n int) iter.Seq[question] {
	return func(yield func(question) bool) { q.choose(nil, n, yield) }
}

func (q question) choose(taken question, n int, yield func(question) bool) bool {
	if n == 0 {
		return yield(slices.Clone(taken))
	}
	for i := range len(q) - n + 1 {
		if !q[i+1:].choose(append(taken, q[i]), n-1, yield) {
			return false
		}
	}
	return true
}
