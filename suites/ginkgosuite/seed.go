package ginkgosuite

import (
	"os"
	"strconv"

	"github.com/onsi/ginkgo/v2"
)

// Seed is what the orders of steps are drawn from that are drawn: the number in
// the environment's PASSTLAB_SEED, or Ginkgo's own seed, which all its processes
// share and which it prints. What is no number fails the spec.
func Seed() int64 {
	s := os.Getenv("PASSTLAB_SEED")
	if s == "" {
		return ginkgo.GinkgoRandomSeed()
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		ginkgo.Fail("PASSTLAB_SEED: " + err.Error())
	}
	return n
}
