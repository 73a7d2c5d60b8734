package vector

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/selector"
)

// The schema is made of the types.
func TestSchema(t *testing.T) {
	r := jsonschema.Reflector{
		ExpandedStruct: true,
		Anonymous:      true,
		Mapper: func(rt reflect.Type) *jsonschema.Schema {
			switch rt {
			case reflect.TypeFor[netip.Addr]():
				return &jsonschema.Schema{Type: "string", Description: "an IPv4 or IPv6 address"}
			case reflect.TypeFor[netip.Prefix]():
				return &jsonschema.Schema{Type: "string", Description: "an IPv4 or IPv6 address with its prefix length"}
			case reflect.TypeFor[selector.Flags]():
			default:
				return nil
			}
			names := &jsonschema.Schema{Type: "string"}
			for _, name := range selector.Flags(1<<12 - 1).Names() {
				names.Enum = append(names.Enum, name)
			}
			return &jsonschema.Schema{Type: "array", Items: names, UniqueItems: true}
		},
	}
	golden.Describe[File](t, &r)
	s := r.Reflect(File{})
	s.Title = "Test vectors for the order of a Talos node's addresses"
	golden.Check(t, "../../../docs/talos-vectors.schema.json", golden.Schema(t, s))
}

const good = `{"$schema":"s","vectors":[{"id":"a","why":"b","addresses":[{"address":"fd01::1/64","flags":["permanent"]},{"address":"fd01::2/64","flags":[]}],"order":{"v1":[0,1],"v3":[1,0]}}]}`

func TestRead(t *testing.T) {
	if _, err := Read([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range [][2]string{
		{`"v1":[0,1]`, `"v1":[0,0]`},
		{`"v1":[0,1]`, `"v1":[0]`},
		{`"v1":[0,1]`, `"v1":[0,2]`},
		{`"v1":[0,1],`, ``},
		{`"v3"`, `"v4"`},
		{`"fd01::1/64"`, `"fd01::1"`},
		{`{"address":"fd01::1/64",`, `{`},
		{`"permanent"`, `"for ever"`},
		{`]}}]}`, `]}}]}{}`},
	} {
		bad := strings.Replace(good, tt[0], tt[1], 1)
		if f, err := Read([]byte(bad)); err == nil {
			t.Errorf("%s is read as %+v", bad, f)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Read(b)
		if err != nil {
			return
		}
		out, err := file.Write()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Read(out); err != nil || !reflect.DeepEqual(file, again) && len(file.Vectors) > 0 {
			t.Errorf("%+v is written as %s, and read as %+v, %v", file, out, again, err)
		}
	})
}
