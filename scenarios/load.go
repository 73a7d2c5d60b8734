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

// reader reads scenarios. init fills in the tables, whose functions use reader.
var reader = strict.Reader{One: "scenario", Empty: "begin with a copy of one from the corpus", Limit: MaxSize}

func init() {
	reader.Scalars, reader.Kinds = scalars, kinds
	reader.Nodes = map[reflect.Type]strict.Node{
		reflect.TypeFor[Event](): {Expected: eventForm, Decode: event},
		reflect.TypeFor[Axis]():  {Expected: axisForm, Decode: checkAxis},
	}
}

// Strict reads another kind of file into v, a pointer to a struct, with the scalars of
// scenarios: see strict.Reader.Read.
func Strict(name string, data []byte, v any, check func() []Fault) error {
	beside := strict.Reader{Scalars: reader.Scalars, Kinds: reader.Kinds, Nodes: reader.Nodes}
	return beside.Read(name, data, v, check)
}

// MaxStrict is the size in bytes that a file for Strict may have.
const MaxStrict = strict.MaxSize

// A Check finds faults for which this package lacks the knowledge, such as an unknown
// release. It gets a scenario with its defaults, which may have other faults too. Load
// adds the place to its faults.
type Check func(*Scenario) []Fault

// Faults are the error of Load, LoadFile, Corpus and Strict for a file with faults.
type (
	Fault  = strict.Fault
	Faults = strict.Faults
)

// LoadFile reads the scenarios in the file at path.
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

// Load reads the scenarios in data, from the file called name: one, or as many as its
// axes (vary) and groups (orders: all) make. If the name ends in ".yaml", it has to
// agree with the id. Load fills in defaults. The error is Faults.
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
