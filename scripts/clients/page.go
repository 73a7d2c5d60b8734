package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/kballard/go-shellquote"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites"
)

// measured is what was measured with one client.
type measured struct {
	Client scenarios.Client
	Report *suites.Report
}

// Name is the client with its version.
func (m measured) Name() string { return cmp.Or(m.Report.Scenarios[0].Client, string(m.Client)) }

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"join": strings.Join, "address": address, "order": order, "cell": cell,
}).Parse(`# What configures the guest, and who is right there

A guest behind passt gets an address by SLAAC and a lease by DHCPv6. Which
flags and lifetimes they have, and in which order the kernel lists them, is
decided by the client that configures the guest, and selectors go by all three.

Everything here was measured, nothing is filled in by hand, by

    make e2e-clients

which runs ` + "`{{.Command}}`" + ` with every client, on
{{.First.Started.UTC.Format "2 January 2006"}}, Linux {{.First.Kernel}}, {{.First.Backend}} passt {{join .First.Passt ", "}}.
The clients are Debian's, in the guest's own namespaces, and told as little as
they take: the interface, and interface identifiers made of the MAC.

- kernel: the kernel's SLAAC, and a lease that is installed as Talos does it.
- dhclient leaves router advertisements to the kernel, so a scenario can say
  which comes first. The others take them by themselves: they ask for a lease
  when the advertisement tells of one, and the order is theirs.
- networkmanager ends when the guest is configured; the others go on.

Below, an address has its prefix length, the flags as ` + "`ip address`" + ` prints
them, and its lifetimes, valid/preferred, in seconds to the nearest minute.
"pass, dhcpv6" says that the selector picked the lease and that other pods reach
it, "**fail**, slaac" that it picked the SLAAC address and that they do not.
{{range $sc := .First.Scenarios}}
## {{.ID}}

[{{.Title}}](../{{.File}}), passt {{.Passt}}.

| client | SLAAC | lifetimes | DHCPv6 | lifetimes | the kernel's order |
|---|---|---|---|---|---|
{{range $m := $.All}}| {{.Name}} | {{address $m $sc.ID "slaac"}} | {{address $m $sc.ID "dhcpv6"}} | {{order $m $sc.ID}} |
{{end}}
| client |{{range $.Selectors}} {{.}} |{{end}}
|---|{{range $.Selectors}}---|{{end}}
{{range $m := $.All}}| {{.Name}} |{{range $.Selectors}} {{cell $m.Report $sc.ID .}} |{{end}}
{{end}}{{end}}`))

// page writes the page. A client that is not installed, or a lab that failed,
// is an error: the page has no holes.
func page(all []measured, args []string) ([]byte, error) {
	var selectors []string
	for _, m := range all {
		if len(m.Report.Scenarios) == 0 {
			return nil, fmt.Errorf("write page: no scenario in the report of %s", m.Client)
		}
		for _, sc := range m.Report.Scenarios {
			if why := cmp.Or(sc.Error, sc.Skipped); why != "" {
				return nil, fmt.Errorf("write page: %s: scenario %s: %s", m.Client, sc.ID, why)
			}
		}
		for _, res := range m.Report.Results {
			if !slices.Contains(selectors, res.Selector) {
				selectors = append(selectors, res.Selector)
			}
		}
	}
	var b bytes.Buffer
	err := layout.Execute(&b, map[string]any{
		"All": all, "First": all[0].Report, "Selectors": selectors,
		"Command": shellquote.Join(append([]string{"passtlab", "run", "--client", "NAME"}, args...)...),
	})
	return b.Bytes(), err
}

// address gives the flags and the lifetimes of the address of an origin.
func address(m measured, scenario string, o scenarios.Origin) (string, error) {
	for _, c := range m.candidates(scenario) {
		if c.Origin == o {
			return fmt.Sprintf("/%d %s | %s/%s", c.Address.Bits(), c.Flags, lifetime(c.ValidLifetime), lifetime(c.PreferredLifetime)), nil
		}
	}
	return "", fmt.Errorf("%s has no address of origin %s in %s", m.Client, o, scenario)
}

func (m measured) candidates(scenario string) []suites.Candidate {
	i := slices.IndexFunc(m.Report.Scenarios, func(sc suites.Scenario) bool { return sc.ID == scenario })
	if i < 0 {
		return nil
	}
	return m.Report.Scenarios[i].Candidates
}

// lifetime leaves out the seconds that have gone by.
func lifetime(s uint32) string {
	if s == selector.Forever {
		return "forever"
	}
	return fmt.Sprint((s + 30) / 60 * 60)
}

// order lists the origins as the kernel lists the addresses.
func order(m measured, scenario string) string {
	var words []string
	for _, c := range m.candidates(scenario) {
		words = append(words, string(c.Origin))
	}
	return strings.Join(words, ", ")
}

// cell says what a selector picked, once if it is the same in every role.
func cell(r *suites.Report, scenario, name string) (string, error) {
	var roles, texts []string
	for _, res := range r.Results {
		if res.Scenario != scenario || res.Selector != name {
			continue
		}
		text := fmt.Sprintf("%s, %s", res.Verdict, res.Origin)
		if res.Verdict.Bad() {
			text = fmt.Sprintf("**%s**, %s", res.Verdict, res.Origin)
		}
		roles, texts = append(roles, string(res.Role)), append(texts, text)
	}
	switch len(slices.Compact(slices.Clone(texts))) {
	case 0:
		return "", fmt.Errorf("%s was not asked in %s", name, scenario)
	case 1:
		return texts[0], nil
	}
	for i := range texts {
		texts[i] = roles[i] + " " + texts[i]
	}
	return strings.Join(texts, "; "), nil
}

// wrong returns where the selector that should be right is not.
func wrong(all []measured, name string) error {
	var errs []error
	asked := false
	for _, m := range all {
		for _, res := range m.Report.Results {
			if res.Selector != name {
				continue
			}
			asked = true
			if res.Verdict != suites.Pass {
				errs = append(errs, fmt.Errorf("%s with %s in %s as %s: %s: %s", name, m.Client, res.Scenario, res.Role, res.Verdict, res.Reason))
			}
		}
	}
	if !asked {
		return fmt.Errorf("%s was not asked", name)
	}
	return errors.Join(errs...)
}
