package scenarios

import (
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/passtlab/passtlab/internal/strict"
)

// MaxSize is the size in bytes that a scenario file may have.
const MaxSize = 64 << 10

// reader reads scenarios. Its tables are filled in by init, since they lead to
// functions that use it.
var reader = strict.Reader{One: "scenario", Empty: "begin with a copy of one from the corpus", Limit: MaxSize}

func init() {
	reader.Scalars, reader.Kinds = scalars, kinds
	reader.Nodes = map[reflect.Type]strict.Node{
		reflect.TypeFor[Event](): {Expected: eventForm, Decode: event},
		reflect.TypeFor[Axis]():  {Expected: axisForm, Decode: checkAxis},
	}
}

// Strict reads a file that is kept beside scenarios into v, a pointer to a struct,
// as strictly as Load, and knows the same scalars: see strict.Reader.Read.
func Strict(name string, data []byte, v any, check func() []Fault) error {
	beside := strict.Reader{Scalars: reader.Scalars, Kinds: reader.Kinds, Nodes: reader.Nodes}
	return beside.Read(name, data, v, check)
}

// MaxStrict is the size in bytes that a file for Strict may have.
const MaxStrict = strict.MaxSize

// A Check looks for what this package cannot know, such as whether a release
// exists. It is asked about a scenario with defaults filled in, in which other
// faults may have been found. Of its faults, Load needs Key, Problem, Expected
// and Next, and adds the place.
type Check func(*Scenario) []Fault

// Fault is one thing wrong in a file, and Faults are all of them: the error of
// Load, LoadFile, Corpus and Strict for a file that is read but is no good.
type (
	Fault  = strict.Fault
	Faults = strict.Faults
)

// LoadFile reads the scenarios in the file at path. The error is Faults when
// the file was read but is no good.
func LoadFile(path string, checks ...Check) ([]*Scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	return Load(path, data, checks...)
}

// Load reads the scenarios in data, which came from the file called name: one,
// or as many as its axes (vary) and groups (orders: all) make. A name that ends
// in ".yaml" has to agree with the id in it. Defaults are filled in. The error
// is Faults, and holds everything that is wrong.
func Load(name string, data []byte, checks ...Check) ([]*Scenario, error) {
	root, faults := reader.Parse(name, data)
	if len(faults) > 0 {
		return nil, faults
	}
	variants, err := vary(name, root)
	if err != nil {
		return nil, err
	}
	f := &family{file: name, checks: checks}
	for _, v := range variants {
		f.add(v)
	}
	if faults = f.faults(); len(faults) == 0 {
		f.failures()
		faults = append(f.compare(), f.faults()...)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return f.scenarios(), nil
}
