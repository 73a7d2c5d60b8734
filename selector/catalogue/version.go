package catalogue

import (
	"strings"

	"golang.org/x/mod/semver"
)

// Compare orders two exact versions, the older one first, as in package cmp
// (Semantic Versioning 2.0.0, 11; build metadata does not count). A "v" in front
// may be missing.
func Compare(a, b string) int { return semver.Compare(withV(a), withV(b)) }

func withV(version string) string { return "v" + strings.TrimPrefix(version, "v") }
