package report

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Whatever report is read can be written in every format, and its JUnit has
// as many failures as it.
func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"scenarios": [{"id": "a", "candidates": [{"address": "fd01::1/64", "origin": "slaac", "flags": ["mngtmpaddr"], "out": "tcp=ok udp=x"}]}],
		"results": [{"scenario": "a", "selector": "s", "role": "etcd", "choice": "fd01::1", "origin": "slaac", "verdict": "fail"}]}`))
	f.Add([]byte(`{"scenarios": [{"id": "\u0000]]>", "error": "<&\ufffe"}], "results": [{"verdict": "xpass", "reason": "\u001b"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r Report
		if json.Unmarshal(data, &r) != nil {
			t.Skip()
		}
		// A result without a scenario is none that a run can make.
		ids := map[string]bool{}
		for _, s := range r.Scenarios {
			if ids[s.ID] {
				t.Skip()
			}
			ids[s.ID] = true
		}
		for _, res := range r.Results {
			if !ids[res.Scenario] {
				t.Skip()
			}
		}
		r.Finish(r.Started.Add(time.Second))
		for _, format := range Formats() {
			var b bytes.Buffer
			if err := r.Write(&b, format, Style{Colour: true}); err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			if strings.IndexFunc(regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(b.String(), ""), unseen) >= 0 {
				t.Errorf("%s: %q", format, &b)
			}
			if format != FormatJUnit {
				continue
			}
			got, err := countJUnit(b.Bytes())
			if err != nil {
				t.Fatalf("JUnit: %v", err)
			}
			if s := r.Summary; got.Failures != s.Fail+s.XPass || got.Errors != s.Error+s.BadLabs {
				t.Errorf("JUnit has %+v, the report %+v", got, s)
			}
		}
	})
}
