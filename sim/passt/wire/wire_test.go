package wire

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/sim/passt"
)

func recordings(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recording in testdata: %v", err)
	}
	return files
}

func read(t testing.TB, file string) *Recording {
	t.Helper()
	rec, err := ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func play(t testing.TB, rec *Recording, release string) Result {
	t.Helper()
	rel, err := passt.Lookup(release)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Play(rec, rel)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func text(t testing.TB, res Result) string {
	t.Helper()
	var b strings.Builder
	if err := res.Print(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPlay(t *testing.T) {
	for _, file := range recordings(t) {
		rec := read(t, file)
		if want := strings.TrimSuffix(filepath.Base(file), ".txt"); rec.Release != want {
			t.Errorf("%s: release %q", file, rec.Release)
		}
		want := fmt.Sprintf("%d passed, 0 failed\n", len(rec.Cases))
		if got := text(t, play(t, rec, rec.Release)); got != want || len(rec.Cases) < 74 {
			t.Errorf("%s: %s", file, got)
		}
	}
}

// The recordings in more have chains of extension headers, options cut short, long client
// identifiers, and the addresses seen, with some command lines. Others do not behave so.
func TestPlayMore(t *testing.T) {
	files, err := filepath.Glob("testdata/more/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recording in testdata/more: %v", err)
	}
	other := map[string]string{"2023_03_09": "2025_05_03", "2025_05_03": "2025_12_08", "2026_07_28": "2025_05_03", "2026_10_02": "2025_05_03"}
	for _, file := range files {
		rec := read(t, file)
		for _, c := range rec.Cases {
			if c.Seen == nil {
				t.Errorf("%s: %s has no addresses seen", file, c.Title)
			}
		}
		if res := play(t, rec, rec.Release); res.Failed() > 0 || res.Passed < 54 {
			t.Errorf("%s: %s", file, text(t, res))
		}
		if res := play(t, rec, other[rec.Release]); res.Failed() == 0 {
			t.Errorf("%s passes as %s", file, other[rec.Release])
		}
		if rec.Options != nil {
			if rec.Options = nil; play(t, rec, rec.Release).Failed() == 0 {
				t.Errorf("%s passes without its options", file)
			}
		}
	}
}

// A recording is another one's if a release changed what the cases show.
func TestPlayOther(t *testing.T) {
	for _, tt := range []struct {
		recording, release string
		same               bool
	}{
		{"2023_03_09", "2022_11_16", true},
		{"2023_03_09", "2023_09_08", true},
		{"2023_03_09", "2023_10_04", false}, // search list
		{"2023_12_30", "2023_12_04", false}, // lifetimes
		{"2023_12_30", "2024_08_06", true},
		{"2023_12_30", "2024_08_14", false}, // prefix field
		{"2024_12_11", "2024_08_14", false}, // MAC
		{"2024_12_11", "2024_08_21", true},
		{"2024_12_11", "2024_11_21", false}, // RA on connect
		{"2024_12_11", "2025_01_21", true},
		{"2025_05_03", "2025_01_21", false}, // search list
		{"2025_05_03", "2025_02_17", true},
		{"2025_05_03", "2025_09_11", false}, // IA_NA
		{"2025_12_08", "2025_09_11", false}, // solicitation on connect
		{"2025_12_08", "2025_09_19", true},
		{"2025_12_08", "2026_07_16", true},
	} {
		res := play(t, read(t, "testdata/"+tt.recording+".txt"), tt.release)
		if same := res.Failed() == 0; same != tt.same {
			t.Errorf("%s played as %s: %d passed, %d failed", tt.recording, tt.release, res.Passed, res.Failed())
		}
	}
}

// Prove the prover: no octet of an answer can change unseen.
func TestFlip(t *testing.T) {
	rec := read(t, "testdata/2025_12_08.txt")
	rec.Cases = rec.Cases[:26] // each kind of answer
	for i := range rec.Cases {
		for _, frame := range rec.Cases[i].Received {
			for o := range frame {
				frame[o] ^= 0x10
				res := play(t, rec, rec.Release)
				if res.Failed() == 0 {
					t.Errorf("case %s, octet %d: the change is not seen", rec.Cases[i].Title, o)
				}
				for _, d := range res.Differences {
					if Diff(d.Received, d.Simulated) == "" {
						t.Errorf("case %s, octet %d: the change is not shown", rec.Cases[i].Title, o)
					}
				}
				frame[o] ^= 0x10
			}
		}
	}
	if res := play(t, rec, rec.Release); res.Failed() != 0 {
		t.Errorf("%d failed after all changes were taken back", res.Failed())
	}
}

// Silence is an answer too.
func TestSilence(t *testing.T) {
	rec := read(t, "testdata/2025_12_08.txt")
	answer := rec.Cases[1].Received
	for name, change := range map[string]func(){
		"answer missing":  func() { rec.Cases[1].Received = nil },
		"answer too many": func() { rec.Cases[1].Received = append(answer[:1:1], answer...) },
		"boot missing":    func() { rec.Cases = rec.Cases[1:] },
	} {
		rec = read(t, "testdata/2025_12_08.txt")
		change()
		if got := text(t, play(t, rec, rec.Release)); !strings.HasSuffix(got, " 1 failed\n") || !strings.Contains(got, "recorded") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestDiff(t *testing.T) {
	var all strings.Builder
	for _, tt := range []struct{ recording, release string }{
		{"2023_03_09", "2025_12_08"}, {"2025_05_03", "2025_09_11"},
	} {
		res := play(t, read(t, "testdata/"+tt.recording+".txt"), tt.release)
		seen := make(map[string]bool)
		var some []Difference // one of each kind
		for _, d := range res.Differences {
			if kind := strings.Fields(d.Title)[1]; !seen[kind] {
				seen[kind] = true
				some = append(some, d)
			}
		}
		res.Differences = some
		fmt.Fprintf(&all, "# %s played as %s, one case of a kind\n%s\n", tt.recording, tt.release, text(t, res))
	}
	golden.Check(t, "testdata/diff.golden", []byte(all.String()))
}

func TestRead(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", "recording:1: no case"},
		{"no release", "= 01 case\n", `recording:1: want "# passt RELEASE", have "= 01 case"`},
		{"no case", "# passt 2025_05_03\n", "recording:1: no case"},
		{"frame first", "# passt 2025_05_03\n> 00\n", "recording:2: a frame before the first case"},
		{"odd digits", "# passt 2025_05_03\n= 01\n> 000\n", "recording:3: frame: encoding/hex: odd length hex string"},
		{"no digits", "# passt 2025_05_03\n= 01\n> \n", "recording:3: frame: 0 octets, not 1 to 65589"},
		{"not hex", "# passt 2025_05_03\n= 01\n< 0g\n", "recording:3: frame: encoding/hex: invalid byte"},
		{"mark", "# passt 2025_05_03\n= 01\n! 00\n", `recording:3: want a line that begins with =, >, <, @ or #, have "! 00"`},
		{"one address", "# passt 2025_05_03\n= 01\n@ ::1\n", `recording:3: want two addresses, have "::1"`},
		{"no address", "# passt 2025_05_03\n= 01\n@ :: 192.0.2.1\n", `recording:3: "192.0.2.1" is no IPv6 address`},
		{"order", "# passt 2025_05_03\n= 01\n< 00\n> 00\n", "recording:4: a frame of the guest after one of passt"},
		{"too long", "# passt 2025_05_03\n= 01\n> " + strings.Repeat("00", 70000), "recording:3: frame: 70000 octets, not 1 to 65589"},
	} {
		if _, err := parse("recording", []byte(tt.in)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	if _, err := ReadFile("testdata/none.txt"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// A recording with another command line, or another address seen, differs.
func TestOptions(t *testing.T) {
	const from = "testdata/2025_05_03.txt"
	for options, failed := range map[string]bool{"-m 65520": false, "-m 1400": true, "--no-ra": true, "-a fd02::5": true, "-M 02:00:00:00:00:77": true, "-D none": true, "-S example.org": true, "-g fe80::1": true} {
		rec := read(t, from)
		rec.Options = strings.Fields(options)
		if res := play(t, rec, rec.Release); (res.Failed() > 0) != failed {
			t.Errorf("%s: %d failed", options, res.Failed())
		}
	}
	rec := read(t, from)
	for _, bad := range []string{"-m x", "-D x", "-a x", "--no", "word"} {
		rec.Options = strings.Fields(bad)
		rel, _ := passt.Lookup(rec.Release)
		if _, err := Play(rec, rel); err == nil || !strings.Contains(err.Error(), "options: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	rec.Options = nil
	rec.Cases[0].Seen = &Seen{pod, peerLL}
	if got := text(t, play(t, rec, rec.Release)); !strings.Contains(got, "addresses seen:\n      recorded  fd01:cafe::f14c:9fa1:8496:557f fe80::ff:fe00:9\n") || !strings.HasSuffix(got, " 1 failed\n") {
		t.Error(got)
	}
}

func TestWrite(t *testing.T) {
	for _, file := range recordings(t) {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := read(t, file).Write(&got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s is written otherwise than it was read", file)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, file := range recordings(f) {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:2000])
	}
	f.Add([]byte("# passt 2025_05_03 \n#\n=\n>\t00\n= 1 \r\n< Ff\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := parse("recording", b)
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := rec.Write(&first); err != nil {
			t.Fatal(err)
		}
		again, err := parse("recording", first.Bytes())
		if err != nil {
			t.Fatalf("%v in what was written:\n%s", err, first.Bytes())
		}
		if err := again.Write(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%v; written first\n%sand then\n%s", err, first.Bytes(), second.Bytes())
		}
		play(t, rec, "2025_05_03")
	})
}

// The fields of a frame are its octets, whatever it is.
func FuzzDecode(f *testing.F) {
	for _, file := range recordings(f) {
		for _, c := range read(f, file).Cases {
			for _, frame := range c.Received {
				f.Add(frame, frame[:len(frame)-1])
			}
		}
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var all []byte
		for _, field := range decode(a) {
			if field.name != "order of options" {
				all = append(all, field.raw...)
			}
		}
		if !bytes.Equal(all, a) {
			t.Errorf("fields of %x are %x", a, all)
		}
		if same := Diff([][]byte{a}, [][]byte{b}) == ""; same != bytes.Equal(a, b) {
			t.Errorf("difference of %x and %x is empty: %v", a, b, same)
		}
	})
}
