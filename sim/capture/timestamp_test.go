package capture

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// control makes a control message as the kernel does.
func control(level, typ int32, data []byte) []byte {
	b, err := binary.Append(nil, binary.NativeEndian, struct {
		Len         uint64
		Level, Type int32
	}{uint64(unix.CmsgLen(len(data))), level, typ})
	if err != nil {
		panic(err)
	}
	return append(b, data...)
}

func timespec(sec, nsec int64) []byte {
	b := binary.NativeEndian.AppendUint64(nil, uint64(sec))
	return binary.NativeEndian.AppendUint64(b, uint64(nsec))
}

func TestTimestamp(t *testing.T) {
	stamp := control(unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, timespec(1_700_000_000, 123_456_789))
	other := control(unix.SOL_SOCKET, unix.SCM_RIGHTS, make([]byte, 8))
	for _, tt := range []struct {
		name string
		oob  []byte
		err  error // nil: the stamp is found
	}{
		{"alone", stamp, nil},
		{"second", append(other, stamp...), nil},
		{"none", nil, errNoTimestamp},
		{"other", other, errNoTimestamp},
		{"cut header", stamp[:12], errAny},
		{"short", control(unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, make([]byte, 8)), errAny},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := timestamp(tt.oob)
			switch want := time.Unix(1_700_000_000, 123_456_789); {
			case tt.err == nil && (err != nil || !got.Equal(want)):
				t.Errorf("timestamp = %v, %v, want %v", got, err, want)
			case tt.err == errAny && err == nil, tt.err == errNoTimestamp && !errors.Is(err, tt.err):
				t.Errorf("timestamp = %v, %v, want error %v", got, err, tt.err)
			}
		})
	}
}

var errAny = errors.New("any")

func FuzzTimestamp(f *testing.F) {
	f.Add(control(unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, timespec(1, 2)))
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, oob []byte) {
		if at, err := timestamp(oob); err != nil && !at.IsZero() {
			t.Errorf("timestamp = %v with error %v", at, err)
		}
	})
}
