package field

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
)

// An entry is a public report, and what was made of it.
type entry struct {
	Report string `yaml:"report" required:"true"` // owner/repository#number, or a post
	About  string `yaml:"about" required:"true"`  // the situation, in one line
	// Network connects the guest of the pastes with its peers: passt, the default, or lan.
	Network scenarios.Network     `yaml:"network,omitempty" pattern:"^lan$" form:"lan"`
	Pastes  []string              `yaml:"pastes,omitempty"` // files of testdata
	Plays   []string              `yaml:"plays,omitempty"`  // scenarios of testdata
	of      []*scenarios.Scenario // of the corpus, that name it
}

// reports returns the reports of reports.yaml, and behind them those that only scenarios
// name, each with its scenarios.
func reports(t *testing.T) []*entry {
	t.Helper()
	data, err := os.ReadFile("reports.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Reports []entry `yaml:"reports" required:"true" nonempty:"true"`
	}
	if err := scenarios.Strict("reports.yaml", data, &file, func() []scenarios.Fault { return nil }); err != nil {
		t.Fatal(err)
	}
	var all []*entry
	by := map[string]*entry{}
	for _, r := range file.Reports {
		if by[r.Report] != nil {
			t.Errorf("reports.yaml has %s twice", r.Report)
		}
		by[r.Report] = &r
		all = append(all, &r)
	}
	corpus, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	var more []*entry
	for _, sc := range corpus {
		for _, ref := range sc.References {
			name, ok := named(ref)
			if !ok {
				continue
			}
			r := by[name]
			if r == nil {
				r = &entry{Report: name}
				by[name] = r
				more = append(more, r)
			}
			r.of = append(r.of, sc)
		}
	}
	slices.SortFunc(more, func(a, b *entry) int { return strings.Compare(a.Report, b.Report) })
	return append(all, more...)
}

var (
	short  = regexp.MustCompile(`^([\w.-]+/[\w.-]+)#([0-9]+)$`)
	github = regexp.MustCompile(`^https://github\.com/([\w.-]+/[\w.-]+)/(?:issues|pull|discussions)/([0-9]+)$`)
)

// named returns the one name of a report that scenarios refer to. An RFC is none.
func named(ref string) (string, bool) {
	if strings.HasPrefix(ref, "RFC ") {
		return "", false
	}
	if m := github.FindStringSubmatch(ref); m != nil {
		return m[1] + "#" + m[2], true
	}
	post, _, _ := strings.Cut(ref, " <") // the Message-ID of a post
	return post, true
}

// link is a report in Markdown.
func link(name string) string {
	if m := short.FindStringSubmatch(name); m != nil {
		return fmt.Sprintf("[%s](https://github.com/%s/issues/%s)", name, m[1], m[2])
	}
	return strings.NewReplacer("<", "&lt;", ">", "&gt;", "|", `\|`).Replace(name)
}

func TestNamed(t *testing.T) {
	for _, tt := range []struct{ ref, want string }{
		{"systemd/systemd#963", "systemd/systemd#963"},
		{"https://github.com/systemd/systemd/issues/24389", "systemd/systemd#24389"},
		{"passt-dev 2025-09-10 <2025@njh.eu>", "passt-dev 2025-09-10"},
		{"RFC 4862 5.5.3", ""},
	} {
		if got, ok := named(tt.ref); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s is %q, %v, want %q", tt.ref, got, ok, tt.want)
		}
	}
}
