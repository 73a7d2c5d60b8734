package machinery

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
)

// entry is no selector, so it does not stand in the catalogue.
var entry = catalogue.Entry{
	Name:     "talos-config",
	Adapter:  "talos-config",
	Module:   "github.com/siderolabs/talos/pkg/machinery",
	Versions: []string{"v1.9.0", "v1.10.0", "v1.11.0", "v1.12.0", "v1.13.0", "v1.13.9", "v1.14.1"},
	// Not every module proxy has what v1.14.1 requires.
	Raise: []catalogue.Raise{
		{Module: "github.com/cosi-project/runtime", From: "v1.16.3", To: "v1.16.2", Versions: since14},
		{Module: "github.com/jsimonetti/rtnetlink/v2", To: "v2.3.0", Versions: since14},
		{Module: "github.com/mdlayher/ethtool", To: "v0.6.1", Versions: since14},
	},
}

var since14 = catalogue.Range{From: "v1.14.0-alpha.1"}

// Versions are known to build, oldest first.
func Versions() []string { return slices.Clone(entry.Versions) }

// Machinery is Talos' pkg/machinery at a version.
type Machinery struct {
	Version string
	program string
}

// New builds the version, if b has to.
func New(ctx context.Context, b adapters.Builder, version string) (*Machinery, error) {
	file, err := b.Build(ctx, catalogue.Pinned{Entry: entry, Version: version})
	if err != nil {
		return nil, err
	}
	return &Machinery{version, file}, nil
}

// Settings are what a machine configuration says about node addresses. What it does not
// say is empty: no default of Talos is filled in.
type Settings struct {
	selector.Config
	NodeAddressSortAlgorithm string   `json:"nodeAddressSortAlgorithm"`
	KubeletNodeIP            bool     `json:"kubeletNodeIP"` // the valid subnets are in machine.kubelet.nodeIP, not in a document
	DHCPv6                   []string `json:"dhcpv6"`        // the interfaces, or their MACs, on which DHCPv6 is on
	Warnings                 []string `json:"warnings"`      // of the validation, by Apply
}

// Read reads a machine configuration of one or several documents. It refuses documents
// and keys that the version does not know.
func (m *Machinery) Read(ctx context.Context, configuration io.Reader) (Settings, error) {
	s, err := m.run(ctx, configuration, "read")
	if err != nil {
		return s, fmt.Errorf("read machine configuration as Talos %s does: %w", m.Version, err)
	}
	return s, nil
}

// Apply applies patch files to a configuration that it generates for a machine type,
// "controlplane" or "worker", in the way of talosctl's --config-patch @FILE, and
// validates the result.
func (m *Machinery) Apply(ctx context.Context, machineType string, files ...string) (Settings, error) {
	s, err := m.run(ctx, nil, slices.Concat([]string{"apply", m.Version, machineType}, files)...)
	if err != nil {
		return s, fmt.Errorf("patch a %s of Talos %s with %s: %w", machineType, m.Version, strings.Join(files, ", "), err)
	}
	return s, nil
}

func (m *Machinery) run(ctx context.Context, in io.Reader, args ...string) (Settings, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, m.program, args...)
	cmd.Env = []string{} // not this process's
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return Settings{}, context.Cause(ctx)
		}
		return Settings{}, fmt.Errorf("%s", cmp.Or(words(stderr.String()), err.Error()))
	}
	return parse(stdout.Bytes())
}

// words returns the program's words on one line, without the counts of a list of errors.
func words(stderr string) string {
	var lines []string
	for line := range strings.Lines(stderr) {
		if line = strings.TrimPrefix(strings.TrimSpace(line), "* "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}

func parse(data []byte) (s Settings, err error) {
	if err := json.Unmarshal(data, &s); err != nil {
		return Settings{}, fmt.Errorf("what the configuration says: %w", err)
	}
	return s, nil
}
