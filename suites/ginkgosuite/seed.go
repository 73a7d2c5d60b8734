package ginkgosuite

import (
	"os"
	"strconv"

	"github.com/onsi/ginkgo/v2"
)

// Seed returns the seed of the orders that scenarios leave to chance: the number in the
// environment's PASSTLAB_SEED, or Ginkgo's own seed, which all its processes share and
// which it prints. Another PASSTLAB_SEED than a number fails the spec.
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
