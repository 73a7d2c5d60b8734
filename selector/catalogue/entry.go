package catalogue

import (
	"reflect"
	"regexp"

	"github.com/passtlab/passtlab/internal/strict"
)

// Entry is a selector that can be built at many versions.
type Entry struct {
	// Name is the name on the command line.
	Name string `yaml:"name" json:"name" required:"true" is:"name"`
	// Component is the software that picks its address this way.
	Component string `yaml:"component" json:"component" required:"true"`
	// Adapter is the folder of the program in selector/adapters. Default: Name.
	Adapter string `yaml:"adapter" json:"adapter" is:"name"`
	Module  string `yaml:"module" json:"module" required:"true"` // the Go module whose code picks
	// Versions are known to resolve and to build, oldest first.
	Versions []string `yaml:"versions" json:"versions" required:"true" nonempty:"true" is:"version"`
	// Licence of the module, an SPDX identifier.
	Licence string `yaml:"licence" json:"licence" required:"true"`
	Rule    string `yaml:"rule" json:"rule" required:"true"` // the documented rule, one sentence
	// DefaultRoute says whether it picks nothing without a default route.
	DefaultRoute *bool    `yaml:"defaultRoute" json:"defaultRoute" required:"true"`
	Reads        Source   `yaml:"reads" json:"reads" required:"true"`
	Order        Order    `yaml:"order" json:"order" required:"true"`
	Arguments    []string `yaml:"arguments" json:"arguments,omitempty"` // those of the program
	// Watch says that the program runs on and prints each choice (command.Options).
	Watch bool `yaml:"watch" json:"watch,omitempty"`
	// Raise has modules that are built at other versions. Default: those of the entry
	// that the adapter is named after.
	Raise []Raise `yaml:"raise" json:"raise,omitempty"`
	// Explains has the upstream issues that come from the rule.
	Explains []string `yaml:"explains" json:"explains,omitempty" is:"issue"`
}

// Raise is a module that the adapted module requires at too low a version, or at one
// that cannot be had, or replaces by a fork. The adapter is built with the module itself,
// at version To.
type Raise struct {
	Module string `yaml:"module" json:"module" required:"true"`
	// From is the version that cannot be had, which may be above To. Default: any below
	// To.
	From string `yaml:"from" json:"from,omitempty" is:"version"`
	To   string `yaml:"to" json:"to" required:"true" is:"version"`
	// Versions of the adapted module that ask for it.
	Versions Range  `yaml:"versions" json:"versions" required:"true"`
	Reason   string `yaml:"reason" json:"reason" required:"true"`
}

// Source is where a selector finds the addresses.
type Source string

const (
	Kernel      Source = "kernel"      // the kernel of the namespace or node that the program runs in
	Observation Source = "observation" // standard input
)

// Order is what decides last between two addresses.
type Order string

const (
	OrderKernel Order = "kernel" // the kernel's order (selector.Traits.KernelOrder)
	OrderRule   Order = "rule"   // the rule leaves no ties, or does not say what decides them
)

func (e Entry) Newest() string { return e.Versions[len(e.Versions)-1] }

var (
	namePattern    = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	versionPattern = regexp.MustCompile(`^v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+incompatible)?$`)
	issuePattern   = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._-]+#[0-9]+$`)
)

var reader = strict.Reader{
	Scalars: map[reflect.Type]strict.Scalar{
		reflect.TypeFor[Source](): strict.Enum([]Source{Kernel, Observation}),
		reflect.TypeFor[Order]():  strict.Enum([]Order{OrderKernel, OrderRule}),
		reflect.TypeFor[Range]():  versions,
	},
	Kinds: map[string]strict.Scalar{
		"name":    strict.Text(namePattern, "lower-case letters, digits and -, a letter first"),
		"version": strict.Text(versionPattern, "an exact version such as v1.2.3"),
		"issue":   strict.Text(issuePattern, "OWNER/REPOSITORY#NUMBER"),
	},
}

var versions = strict.Scalar{Tag: "!!str", Expected: "a range of versions such as v1.2.0..v1.3.9", Parse: func(s string) (any, error) {
	r, err := ParseRange(s)
	if err != nil {
		return nil, strict.Wrong("correct the range", "%v", err)
	}
	return r, nil
}}
