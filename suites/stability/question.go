package stability

import (
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// question says which global unicast addresses are listed, in which order: by their
// positions in the list of Check.
type question []int

// movable reports whether a question may be about the address, of either family.
func movable(a selector.Address) bool { return a.Prefix.Addr().IsGlobalUnicast() }

// everything returns the question about as in the order given.
func everything(as []selector.Address) (q question) {
	for i, a := range as {
		if movable(a) {
			q = append(q, i)
		}
	}
	return q
}

// list returns the addresses of a question in its order. The addresses that no question
// is about stay in their places.
func (q question) list(as []selector.Address) (out []selector.Address) {
	places := slices.Sorted(slices.Values(q))
	for i, a := range as {
		if !movable(a) {
			out = append(out, a)
		} else if n, ok := slices.BinarySearch(places, i); ok {
			out = append(out, as[q[n]])
		}
	}
	return out
}

func (q question) only(as []selector.Address) (out []selector.Address) {
	for _, i := range q {
		out = append(out, as[i])
	}
	return out
}

func (q question) without(i int) question {
	return slices.DeleteFunc(slices.Clone(q), func(j int) bool { return i == j })
}

func (q question) permutations() iter.Seq[question] {
	return func(yield func(question) bool) {
		if len(q) == 0 {
			yield(nil)
		}
		for _, i := range q {
			for rest := range q.without(i).permutations() {
				if !yield(append(question{i}, rest...)) {
					return
				}
			}
		}
	}
}

// selected returns some other orders, always the same, and some of them twice. The first
// ones put each address to the front, and each before its neighbour.
func (q question) selected() (orders []question) {
	order := func(change func(p question)) {
		p := slices.Clone(q)
		change(p)
		orders = append(orders, p)
	}
	order(func(p question) { slices.Reverse(p) })
	for i := 1; i < len(q); i++ {
		orders = append(orders, slices.Concat(q[i:], q[:i]))
	}
	for i := 1; i < len(q); i++ {
		order(func(p question) { p[i-1], p[i] = p[i], p[i-1] })
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		order(func(p question) { r.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] }) })
	}
	return orders
}

// subsets yields all questions about n of the addresses, in their order.
func (q question) subsets(n int) iter.Seq[question] {
	return func(yield func(question) bool) {
		if n == 0 {
			yield(nil)
			return
		}
		for i := range len(q) - n + 1 {
			for rest := range q[i+1:].subsets(n - 1) {
				if !yield(append(question{q[i]}, rest...)) {
					return
				}
			}
		}
	}
}
