package selector

import (
	"encoding/json"
	"testing"
)

func TestFlags(t *testing.T) {
	tests := []struct {
		flags Flags
		json  string
	}{
		{0, `[]`},
		{FlagPermanent | FlagNoPrefixRoute | FlagMngTmpAddr, `["permanent","mngtmpaddr","noprefixroute"]`},
		{FlagTentative | FlagDADFailed, `["dadfailed","tentative"]`},
		{FlagDeprecated | 0x10000, `["deprecated","0x10000"]`},
	}
	for _, tt := range tests {
		b, err := json.Marshal(tt.flags)
		if err != nil || string(b) != tt.json {
			t.Errorf("%#x is %s, %v, want %s", uint32(tt.flags), b, err, tt.json)
		}
		var f Flags
		if err := json.Unmarshal(b, &f); err != nil || f != tt.flags {
			t.Errorf("%s is %#x, %v", b, uint32(f), err)
		}
	}
	for _, s := range []string{`["permanant"]`, `[""]`, `"permanent"`, `["0xzz"]`} {
		var f Flags
		if err := json.Unmarshal([]byte(s), &f); err == nil {
			t.Errorf("%s is %v, want an error", s, f)
		}
	}
}

func FuzzParseFlags(f *testing.F) {
	f.Add("permanent")
	f.Add("0x10000")
	f.Fuzz(func(t *testing.T, s string) {
		flags, err := ParseFlags([]string{s})
		if err != nil {
			return
		}
		if again, err := ParseFlags(flags.Names()); err != nil || again != flags {
			t.Errorf("%q is %#x, and that is %#x, %v", s, uint32(flags), uint32(again), err)
		}
	})
}
