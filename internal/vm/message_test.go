package vm

import (
	"bytes"
	"encoding/gob"
	"io"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What each end says arrives, be it no more than that a field is there.
func TestMessages(t *testing.T) {
	var b bytes.Buffer
	out := gob.NewEncoder(&b)
	long := bytes.Repeat([]byte("0123456789"), 100<<10)
	if n, err := (printer{out, func(b []byte) message { return message{Stderr: b} }}).Write(long); n != len(long) || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	want := []message{{Stderr: long}, {}, {Signal: 15}, {End: &ending{}}, {End: &ending{1, "why"}}}
	for _, m := range want[1:] {
		if err := out.Encode(m); err != nil {
			t.Fatal(err)
		}
	}
	var got []message
	in := gob.NewDecoder(&b)
	for {
		var m message
		err := in.Decode(&m)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m)
	}
	// cmp takes seconds for a megabyte.
	if !reflect.DeepEqual(want, got) {
		t.Errorf("read and not sent (+), sent and not read (-):\n%s", cmp.Diff(want, got))
	}
}
