package catalogue

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Entry is a selector that can be built at many versions.
type Entry struct {
	// Name is how the command line calls the selector.
	Name string `yaml:"name" json:"name"`
	// Component is the software that picks its address this way.
	Component string `yaml:"component" json:"component"`
	// Adapter is the folder of the program in selector/adapters. Default: Name.
	Adapter string `yaml:"adapter" json:"adapter"`
	// Module is the Go module whose code is asked.
	Module string `yaml:"module" json:"module"`
	// Versions are known to resolve and to build, oldest first.
	Versions []string `yaml:"versions" json:"versions"`
	// Licence of the module, an SPDX identifier.
	Licence string `yaml:"licence" json:"licence"`
	// Rule is the documented rule, one sentence.
	Rule string `yaml:"rule" json:"rule"`
	// DefaultRoute says whether nothing is picked without a default route.
	DefaultRoute *bool `yaml:"defaultRoute" json:"defaultRoute"`
	// Reads says where the program looks for addresses: Kernel or Observation.
	Reads Source `yaml:"reads" json:"reads"`
	// Order says by what the rule orders the addresses, at the last: OrderKernel
	// or OrderRule.
	Order Order `yaml:"order" json:"order"`
	// Arguments are those of the program.
	Arguments []string `yaml:"arguments" json:"arguments,omitempty"`
	// Explains are the upstream issues that come from the rule.
	Explains []string `yaml:"explains" json:"explains,omitempty"`
}

// Source is where a selector finds the addresses.
type Source string

// The sources.
const (
	// Kernel: the program asks the kernel itself, so that it is right only in
	// the namespace, or on the node, that it is asked about.
	Kernel Source = "kernel"
	// Observation: the program goes by what it is shown.
	Observation Source = "observation"
)

// Order is what decides last between two addresses.
type Order string

// The orders.
const (
	// OrderKernel: the rule is the kernel's order of the addresses, be it for
	// ties alone (selector.Traits.KernelOrder).
	OrderKernel Order = "kernel"
	// OrderRule: the rule leaves no ties, or does not say what decides them.
	OrderRule Order = "rule"
)

// Newest returns the newest version listed.
func (e Entry) Newest() string { return e.Versions[len(e.Versions)-1] }

var (
	namePattern    = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	versionPattern = regexp.MustCompile(`^v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+incompatible)?$`)
	issuePattern   = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._-]+#[0-9]+$`)
)

// check says everything that is wrong with e.
func (e Entry) check() error {
	var errs []error
	wrong := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	for _, s := range []struct{ key, value string }{{"name", e.Name}, {"adapter", e.Adapter}} {
		if !namePattern.MatchString(s.value) {
			wrong(s.key, "%q, want lower-case letters, digits and -, a letter first", s.value)
		}
	}
	for _, s := range []struct{ key, value string }{
		{"component", e.Component}, {"module", e.Module}, {"licence", e.Licence}, {"rule", e.Rule},
	} {
		if strings.TrimSpace(s.value) == "" {
			wrong(s.key, "missing")
		}
	}
	if len(e.Versions) == 0 {
		wrong("versions", "missing")
	}
	for i, v := range e.Versions {
		switch {
		case !versionPattern.MatchString(v):
			wrong("versions", "%q, want an exact version such as v1.2.3", v)
		case slices.Contains(e.Versions[:i], v):
			wrong("versions", "%s stands twice", v)
		case i > 0 && versionPattern.MatchString(e.Versions[i-1]) && Compare(e.Versions[i-1], v) > 0:
			wrong("versions", "%s after %s, want the oldest first", v, e.Versions[i-1])
		}
	}
	if e.DefaultRoute == nil {
		wrong("defaultRoute", "missing, want true or false")
	}
	if e.Reads != Kernel && e.Reads != Observation {
		wrong("reads", "%q, want %s or %s", e.Reads, Kernel, Observation)
	}
	if e.Order != OrderKernel && e.Order != OrderRule {
		wrong("order", "%q, want %s or %s", e.Order, OrderKernel, OrderRule)
	}
	for _, s := range e.Explains {
		if !issuePattern.MatchString(s) {
			wrong("explains", "%q, want OWNER/REPOSITORY#NUMBER", s)
		}
	}
	return errors.Join(errs...)
}
