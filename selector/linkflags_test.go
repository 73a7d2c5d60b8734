package selector

import (
	"encoding/json"
	"testing"
)

func TestLinkFlags(t *testing.T) {
	for text, want := range map[string]LinkFlags{
		`[]`:                                  0,
		`["UP","NOARP","LOWER_UP"]`:           LinkUp | LinkNoARP | LinkLowerUp,
		`["BROADCAST","MULTICAST"]`:           LinkBroadcast | LinkMulticast,
		`["UP","LOOPBACK","RUNNING"]`:         LinkUp | LinkLoopback | LinkRunning,
		`["POINTOPOINT","MULTICAST","DEBUG"]`: LinkPointToPoint | LinkMulticast | 4,
	} {
		var f LinkFlags
		if err := json.Unmarshal([]byte(text), &f); err != nil || f != want {
			t.Errorf("%s is %#x, %v, want %#x", text, uint32(f), err, uint32(want))
		}
		if again := ParseLinkFlags(f.Names()); again != f {
			t.Errorf("%s is %#x, and then %#x", text, uint32(f), uint32(again))
		}
	}
	if f := ParseLinkFlags([]string{"NO-CARRIER", "UP", "M-DOWN"}); f != LinkUp {
		t.Errorf("%v", f.Names())
	}
	var f LinkFlags
	if err := json.Unmarshal([]byte(`"UP"`), &f); err == nil {
		t.Error("a word is no list")
	}
}
