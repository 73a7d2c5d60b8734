package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/probe"
)

// The backends: the simulated passt, and the real program.
const (
	BackendSimulated = "simulated"
	BackendReal      = "real"
)

// Report has the results of a run. Its JSON form is versioned: within passtlab/v1
// fields are added, never renamed or removed.
type Report struct {
	APIVersion string     `json:"apiVersion"`        // "passtlab/v1"
	Kernel     string     `json:"kernel"`            // the release of the kernel that was measured, as uname -r
	Backend    string     `json:"backend"`           // what played passt: BackendSimulated or BackendReal
	Program    string     `json:"program,omitempty"` // the path of the real program
	Passt      []string   `json:"passt"`             // the passt releases that took part, sorted
	Seed       int64      `json:"seed"`              // drew the orders that scenarios leave to chance
	Shard      *Shard     `json:"shard,omitempty"`   // which part of a run this is, where it is a part
	Notes      []string   `json:"notes,omitempty"`   // remarks on the run, or on how reports were merged
	Started    time.Time  `json:"started"`           // when the run began
	Duration   float64    `json:"duration"`          // of the whole run, in seconds
	Summary    Summary    `json:"summary"`
	Scenarios  []Scenario `json:"scenarios"` // the labs that were built, or were to be
	Results    []Result   `json:"results"`   // the verdicts: scenarios × selectors × roles
}

// Summary counts results by verdict, and scenarios whose lab failed.
type Summary struct {
	Scenarios int `json:"scenarios"`
	Selectors int `json:"selectors"`
	Results   int `json:"results"`

	Pass    int `json:"pass"`
	XFail   int `json:"xfail"`
	Skip    int `json:"skip"`
	XPass   int `json:"xpass"`
	Fail    int `json:"fail"`
	Error   int `json:"error"`
	BadLabs int `json:"badLabs"` // scenarios with an error of their own
}

func (s *Summary) of(v Verdict) *int {
	return [...]*int{Pass: &s.Pass, XFail: &s.XFail, Skip: &s.Skip, XPass: &s.XPass, Fail: &s.Fail, Error: &s.Error}[v]
}

// Scenario is a scenario with the measurements in its lab.
type Scenario struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	File  string `json:"file,omitempty"` // where the scenario was read from
	// Network connects the guest with its peers; empty: passt.
	Network scenarios.Network `json:"network,omitempty"`
	Passt   string            `json:"passt"` // the release that passt behaved as; empty on another network
	// Client is the program that configured the guest, with its version; empty: the kernel.
	Client   string     `json:"client,omitempty"`
	Peer     netip.Addr `json:"peer,omitzero"`   // the address of the peer that the probes talked to
	Duration float64    `json:"duration"`        // from before the lab was built until it was gone, in seconds
	Phases   Phases     `json:"phases"`          // the parts of Duration
	Error    string     `json:"error,omitempty"` // the error of the lab or of the scenario itself
	// Faulty says that the scenario is wrong, and not the lab: Error names an event
	// that is not possible where it stands.
	Faulty bool `json:"faulty,omitempty"`
	// Replayed is the error of the first play. The scenario was played once more, for
	// the results that were errors.
	Replayed    string           `json:"replayed,omitempty"`
	Skipped     string           `json:"skipped,omitempty"`     // why the backend cannot play the scenario
	Family      string           `json:"family,omitempty"`      // the id of the file, which may stand for several scenarios
	Order       []scenarios.Kind `json:"order,omitempty"`       // the order of steps that was drawn by the seed, if any
	Candidates  []Measured       `json:"candidates"`            // the truth table at the end, in the kernel's order
	Checkpoints []Checkpoint     `json:"checkpoints,omitempty"` // all checkpoints, where there is more than one
}

type Checkpoint struct {
	Name       string     `json:"name"`
	Candidates []Measured `json:"candidates"` // the truth table; empty where nothing was judged
}

// Phases are the times, in seconds, that the steps of a scenario took.
type Phases struct {
	Build  float64 `json:"build"`
	Play   float64 `json:"play"`
	Probe  float64 `json:"probe"`
	Select float64 `json:"select"`
	Close  float64 `json:"close"`
}

// Measured is a candidate as it was measured. An outcome is "ok" or the name of an
// errno, or "tcp=… udp=…" where the transports differ.
type Measured struct {
	Address netip.Prefix     `json:"address"`
	Link    string           `json:"link,omitempty"`
	Origin  scenarios.Origin `json:"origin"`
	Flags   selector.Flags   `json:"flags"`
	// The lifetimes are in seconds, as selectors see them.
	ValidLifetime     uint32       `json:"validLifetime,omitempty"`
	PreferredLifetime uint32       `json:"preferredLifetime,omitempty"`
	Out               probe.Result `json:"out"`                // the guest sends from the candidate and is answered
	OutSource         netip.Addr   `json:"outSource,omitzero"` // the source address that the peer saw
	In                probe.Result `json:"in"`                 // a peer connects, a server on the wildcard address answers
	InFirst           probe.Result `json:"inFirst,omitzero"`   // in, before the guest has sent to a passt that was restarted
	InBound           probe.Result `json:"inBound"`            // in, with the server bound to the candidate alone
	// InBoundAfter: InBound after the guest has sent from another candidate.
	InBoundAfter map[netip.Addr]probe.Result `json:"inBoundAfter,omitempty"`
	// Ports are those that the scenario names.
	Ports   map[scenarios.Port]probe.PortResult `json:"ports,omitempty"`
	Remarks []string                            `json:"remarks,omitempty"` // limits of a candidate that works
}

// Works reports whether the candidate works in both directions.
func (c Measured) Works() bool {
	return probe.Row{Out: c.Out, In: c.In, InFirst: c.InFirst}.Bidirectional()
}

// Result is the verdict on one selector in one role of one scenario.
type Result struct {
	Scenario   string         `json:"scenario"`
	Selector   string         `json:"selector"`
	Role       scenarios.Role `json:"role"`
	Choice     netip.Addr     `json:"choice"`               // the preferred address chosen, "" for none
	Advertised []netip.Addr   `json:"advertised,omitempty"` // all chosen addresses, where there are several
	// Origin names the pick that decided: the origin of the first chosen address
	// that does not work, else of the preferred one; "none" without an address;
	// "other" for one that is no candidate.
	Origin  scenarios.Pick        `json:"origin,omitempty"`
	Verdict Verdict               `json:"verdict"`
	Kind    scenarios.FailureKind `json:"kind,omitempty"` // how it failed
	At      string                `json:"at,omitempty"`   // names the checkpoint that decided, where there is more than one
	// Works says what decided whether an address works, where that is not out and in at
	// the lab's own ports: "bound, 2379/tcp, 2380/tcp".
	Works string `json:"works,omitempty"`
	// Took is the seconds from the question to the choice. For a selector that
	// watches it counts from the end of the last step.
	Took        float64      `json:"took,omitempty"`
	Reason      string       `json:"reason,omitempty"`      // proves the verdict, with the row of the truth table
	Rule        string       `json:"rule,omitempty"`        // the selector's own reason for its choice
	Remarks     []string     `json:"remarks,omitempty"`     // limits of the chosen addresses, although they work
	KernelOrder *KernelOrder `json:"kernelOrder,omitempty"` // set for a selector whose rule is the kernel's order
	// Checkpoints are the answers at all checkpoints, where there is more than one.
	Checkpoints []CheckpointResult `json:"checkpoints,omitempty"`
	Reproduce   string             `json:"reproduce"` // one command line, quoted for a shell
	// Decided is the address of Origin. A report that was read has none.
	Decided netip.Addr `json:"-"`
	Err     error      `json:"-"` // the selector's error that decided; not in a report that was read
}

// CheckpointResult is the answer of a selector at a checkpoint. The fields are as
// in Result.
type CheckpointResult struct {
	Name       string         `json:"name"`
	Choice     netip.Addr     `json:"choice"`
	Advertised []netip.Addr   `json:"advertised,omitempty"`
	Origin     scenarios.Pick `json:"origin,omitempty"`
	// Verdict is nil where nothing was judged.
	Verdict *Verdict              `json:"verdict,omitempty"`
	Kind    scenarios.FailureKind `json:"kind,omitempty"`
	Took    float64               `json:"took,omitempty"`
	Reason  string                `json:"reason,omitempty"`
}

// New returns an empty report of a run.
func New(kernel string, started time.Time, seed int64) *Report {
	return &Report{
		APIVersion: selector.APIVersion,
		Kernel:     kernel,
		Backend:    BackendSimulated,
		Passt:      []string{},
		Seed:       seed,
		Started:    started,
		Scenarios:  []Scenario{},
		Results:    []Result{},
	}
}

func (r *Report) Add(s Scenario, results ...Result) {
	if s.Candidates == nil {
		s.Candidates = []Measured{}
	}
	r.Scenarios = append(r.Scenarios, s)
	r.Results = append(r.Results, results...)
}

// Finish computes duration, releases and summary from the rest.
func (r *Report) Finish(ended time.Time) {
	r.Duration = Seconds(ended.Sub(r.Started))
	r.Passt = r.Passt[:0]
	sum := Summary{Scenarios: len(r.Scenarios), Results: len(r.Results), Selectors: len(r.Selectors())}
	for _, s := range r.Scenarios {
		if s.Passt != "" {
			r.Passt = append(r.Passt, s.Passt)
		}
		if s.Error != "" {
			sum.BadLabs++
		}
	}
	slices.Sort(r.Passt)
	r.Passt = slices.Compact(r.Passt)
	for _, res := range r.Results {
		*sum.of(res.Verdict)++
	}
	r.Summary = sum
}

func (r *Report) drawn() bool {
	return slices.ContainsFunc(r.Scenarios, func(s Scenario) bool { return len(s.Order) > 0 })
}

// networks returns the networks without passt, sorted.
func (r *Report) networks() (on []string) {
	for _, s := range r.Scenarios {
		if s.Network != "" {
			on = append(on, string(s.Network))
		}
	}
	slices.Sort(on)
	return slices.Compact(on)
}

// setting says where the run took place.
func (r *Report) setting() string {
	s := "Linux " + r.Kernel
	on := r.networks()
	if len(r.Passt) > 0 || len(on) == 0 {
		s += fmt.Sprintf(", %s passt %s", r.Backend, strings.Join(r.Passt, ", "))
	}
	if len(on) > 0 {
		s += ", network " + strings.Join(on, ", ")
	}
	if r.Shard != nil {
		s += ", shard " + r.Shard.String()
	}
	if r.drawn() {
		s += fmt.Sprintf(", seed %d", r.Seed)
	}
	return s
}

// Worst returns the worst verdict of the run. A lab that failed is an error
// even where no selector was asked in it.
func (r *Report) Worst() Verdict {
	v := Pass
	for _, s := range r.Scenarios {
		if s.Error != "" {
			v = Error
		}
	}
	for _, res := range r.Results {
		v = max(v, res.Verdict)
	}
	return v
}

// Selectors returns the names of the selectors in the order of appearance.
func (r *Report) Selectors() (names []string) {
	for _, res := range r.Results {
		names = appendNew(names, res.Selector)
	}
	return names
}

// PerScenario returns the results by the id of their scenario.
func (r *Report) PerScenario() map[string][]Result {
	m := map[string][]Result{}
	for _, res := range r.Results {
		m[res.Scenario] = append(m[res.Scenario], res)
	}
	return m
}

// Roles returns the roles among the results of one scenario.
func Roles(results []Result) (roles []scenarios.Role) {
	for _, res := range results {
		roles = appendNew(roles, res.Role)
	}
	return roles
}

// Seconds rounds to a microsecond, which is as far as a measurement goes.
func Seconds(d time.Duration) float64 { return d.Round(time.Microsecond).Seconds() }

// notes returns Notes, and one for each scenario that succeeded only at the second
// play.
func (r *Report) notes() []string {
	const most = 3
	var ids, notes []string
	for _, s := range r.Scenarios {
		if s.Replayed != "" && s.Error == "" { // otherwise the report has the error
			ids = append(ids, s.ID)
			notes = append(notes, fmt.Sprintf("%s was played again, with fewer labs beside it, because of this: %s", s.ID, strings.ReplaceAll(s.Replayed, "\n", " ")))
		}
	}
	if len(ids) > most+1 {
		notes = append(notes[:most], fmt.Sprintf("%d more were played again, as \"replayed\" in the JSON report says: %s", len(ids)-most, strings.Join(ids[most:], ", ")))
	}
	return slices.Concat(r.Notes, notes)
}

const maxText = 400

// Clean makes a selector's own text one line: white space becomes one space, control
// characters become visible, and long text is cut.
func Clean(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "\n", "; ")
	s = visible.Line(strings.Join(strings.Fields(s), " "))
	if r := []rune(s); len(r) > maxText {
		s = string(slices.Concat(r[:maxText], []rune("…")))
	}
	return s
}
