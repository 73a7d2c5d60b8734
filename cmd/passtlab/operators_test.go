package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/machinery"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/selector/pick"
	"github.com/passtlab/passtlab/suites/advise"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

// fieldReport is the field report's output of talosctl.
const fieldReport = "../../selector/observe/testdata/saved/report.md"

// pasted is where there is what people paste.
const pasted = "../../selector/observe/testdata/saved/"

// twoNodes is talosctl's output for two nodes.
const twoNodes = "../../selector/observe/testdata/saved/cluster.json"

func TestOperatorUsageErrors(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("metadata:\n  type: [\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const node = "--pod-address fd01:cafe::7 --mac 52:54:00:1f:c7:bd "
	for _, tt := range []struct{ args, want string }{
		{"observe extra", "unknown command"},
		{"observe --role cook", `--role: "cook" is none of [node kubelet etcd]`},
		{"observe --output /no/such/folder/o.json", "--output: "},
		{"pick extra", "unknown command"},
		{"pick --format yaml", `--format: "yaml" is none of`},
		{"pick --role cook", `--role: "cook" is none of`},
		{"pick --selector talos-v9", "did you mean"},
		{"pick --target x", "--target: "},
		{"pick --from /no/such/file", "--from: "},
		{"pick --from " + bad, "--from: " + bad + ":2: this looks like YAML, but it is none"},
		{"pick --from " + pasted + "bad-ifconfig.txt", "bad-ifconfig.txt:1: this looks like ifconfig, which does not have"},
		{"pick --from " + pasted + "bad-kubectl-get-node.yaml", "it does not have the addresses that the node itself has; paste"},
		{"pick --node a", "--node: the nodes are those of a file"},
		{"pick --from " + twoNodes + " --node x", "has no node \"x\", only \"172.20.0.2\", \"172.20.0.3\""},
		{"pick --from " + fieldReport + " --pod-subnet fd01::", `--pod-subnet: "fd01::" is no CIDR such as fd00:96::/112`},
		{"pick --from " + fieldReport + " --service-subnet x", "--service-subnet: "},
		{"pick --from " + fieldReport + " --valid-subnet x", "--valid-subnet: "},
		{"pick --from " + fieldReport + " --advertised-subnet x", "--advertised-subnet: "},
		{"pick --from " + fieldReport + " --vip x", "--vip: "},
		{"advise", `required flag(s) "mac", "pod-address" not set`},
		{"advise " + node + "extra", "unknown command"},
		{"advise " + node + "--format yaml", `--format: "yaml" is none of`},
		{"advise " + node + "--prefix fd01::/48", "its length is 48; SLAAC needs 64"},
		{"advise " + node + "--service-subnet x", "--service-subnet: "},
		{"advise " + node + "--addr-gen eui-64", `--addr-gen: "eui-64" is none of [eui64 stable-privacy]; did you mean "eui64"?`},
		{"advise " + node + "--talos-version v1.8", "--talos-version: unusable input: Talos v1.8 has no nodeAddressSortAlgorithm"},
		{"advise " + node + "--talos-version latest", `"latest" is no version of Talos such as v1.14`},
		{"advise " + node + "--patch filters", "--patch: it says what --output writes"},
		{"advise " + node + "--output x --patch kubelet", `--patch: "kubelet" is none of [algorithm filters]`},
		{"advise " + node + "--talos-config /no/such/file", "--talos-config: "},
		{"advise --pod-address fe80::1 --mac 52:54:00:1f:c7:bd", "a link-local address"},
		{"advise --pod-address fd01:cafe::7 --mac 33:33:00:00:00:01", "a group address"},
	} {
		code, stdout, stderr := cli(strings.Fields(tt.args)...)
		if code != report.StatusUsage || !strings.Contains(stderr, tt.want) || stdout != "" {
			t.Errorf("%s: exit status %d, stdout %q, stderr %q; want 2 and %q", tt.args, code, stdout, stderr, tt.want)
		}
	}
}

// What observe prints, pick reads.
func TestObserve(t *testing.T) {
	code, stdout, stderr := cli("observe", "--role", "etcd")
	nodes, err := observe.Parse("stdout", []byte(stdout))
	if code != 0 || err != nil || nodes[0].Observation.Role != "etcd" {
		t.Fatalf("exit status %d, %v, %s", code, err, stderr)
	}
	file := filepath.Join(t.TempDir(), "o.json")
	if code, stdout, stderr := cli("observe", "--output", file); code != 0 || stdout != "" {
		t.Fatalf("exit status %d, %s%s", code, stdout, stderr)
	}
	if code, stdout, stderr = cli("pick", "--from", file, "--format", "json"); code != 0 {
		t.Fatalf("exit status %d, %s", code, stderr)
	}
	var r pick.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.Role != "kubelet" || r.Format != observe.FormatObservation || len(r.Picks) != 5 {
		t.Errorf("%v: %s", err, stdout)
	}
}

func TestPick(t *testing.T) {
	const slaac, lease, services = "fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::f14c:9fa1:8496:557f", "fd00:96::/112"
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--from", fieldReport, "--selector", "talos-v1"}, 0, "service subnets are IPv6 only, with " + services},
		{[]string{"--from", fieldReport, "--selector", "talos-v1", "--service-subnet", "10.96.0.0/12"}, 0, "talos-v1  none   no address: the service subnets are IPv4 only"},
		{[]string{"--from", fieldReport, "--selector", "talos-v1", "--service-subnet", services}, 0, "talos-v1  " + slaac},
		{[]string{"--from", fieldReport, "--selector", "talos-v1", "--valid-subnet", "::/0", "--valid-subnet", "!" + slaac + "/128"}, 0, "talos-v1  " + lease},
		{[]string{"--from", fieldReport, "--selector", "talos-v1", "--role", "etcd", "--advertised-subnet", lease + "/128"}, 0, "talos-v1  " + lease},
		{[]string{"--from", fieldReport, "--selector", "talos-v2", "--service-subnet", services, "--vip", lease}, 0, "talos-v2  " + slaac},
		{[]string{"--from", fieldReport, "--selector", "talos-v2", "--pod-subnet", "fd01:cafe::/56"}, 0, "talos-v2  none"},
		{[]string{"--from", twoNodes, "--node", "172.20.0.2"}, 0, "NodeIP kubelet       172.20.0.2 " + slaac + "  differs: talos-v1 predicts 172.20.0.2 (only address left)"},
		{[]string{"--from", pasted + "field-report-ip-6-a.txt", "--from", pasted + "bad-kubectl-get-node.yaml", "--service-subnet", services, "--selector", "talos-v1"}, 0,
			"InternalIP                                       " + slaac + "  talos-v1"},
		{[]string{"--from", pasted + "issue.md", "--node", "node2", "--selector", "talos-v3"}, 0, "talos-v3  -      unsupported: it needs address flags"},
		{[]string{"--exec", "mine=echo fd00::1", "--target", "fd00::9"}, 0, "mine      fd00::1"},
		{[]string{"--exec", "mine=false"}, 1, "mine      -      failed: "},
		{[]string{"--selector", "kernel"}, 0, "unsupported: select a source address: no other node to reach, want --target ADDRESS\n"},
	} {
		code, stdout, stderr := cli(append([]string{"pick"}, tt.args...)...)
		if code != tt.code || !strings.Contains(stdout, tt.want) {
			t.Errorf("%q: exit status %d, want %d and %q:\n%s%s", tt.args, code, tt.code, tt.want, stdout, stderr)
		}
	}
}

// Programs that read the kernel are asked in a replica of the node, as is the selector
// kernel if somebody names it.
func TestPickReplica(t *testing.T) {
	need.Namespaces(t)
	const slaac, lease = "fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::f14c:9fa1:8496:557f"
	const newest, oldest = "newest address first, as Linux mostly lists them", "oldest address first, as Linux 7.0.0 to 7.0.11 does"
	list := `mine=sh -c 'ip -6 -o address show scope global | { read -r a b c d e; echo "${d%/*}"; }'`
	for _, tt := range []struct {
		args   []string
		code   int
		want   []string
		absent string
	}{
		{[]string{"--exec", list}, 0, []string{
			"mine      " + lease + "  no reason given; " + newest, "or      " + slaac + "    no reason given; " + oldest,
			"Asked in a replica of the node, a network namespace with its links and addresses, without passt, in which nobody answers: mine.",
			"  Assumed there: The routes are those that the kernel makes by itself, and a default route via fe80::1 on eth0, as from a router advertisement.",
		}, "Otherwise there"},
		{[]string{"--exec", list, "--selector", "first"}, 0, []string{"in which nobody answers: mine.", "first     " + lease}, ""},
		{[]string{"--exec", "mine=cat /sys/class/net/eth0/address"}, 1, []string{"failed: ", "52:54:00:1f:c7:bd"}, ""},
		{[]string{"--selector", "kernel", "--target", "fd01:cafe::9"}, 0, []string{"kernel    " + lease, "or      " + slaac, "in which nobody answers: kernel."}, ""},
		{[]string{"--target", "fd01:cafe::9"}, 0, []string{"unsupported: select a source address: the kernel of that node cannot be asked from here"}, "replica"},
		{[]string{"--exec", list, "--format", "json"}, 0, []string{`"replica": true`, `"assumed": [`}, ""},
	} {
		code, stdout, stderr := cli(append([]string{"pick", "--from", fieldReport}, tt.args...)...)
		for _, want := range tt.want {
			if code != tt.code || !strings.Contains(stdout, want) || tt.absent != "" && strings.Contains(stdout, tt.absent) {
				t.Errorf("%q: exit status %d, want %d, %q, and no %q:\n%s%s", tt.args, code, tt.code, want, tt.absent, stdout, stderr)
			}
		}
	}
}

// A machine configuration takes the place of all that is said elsewhere, but for flags.
// Here a script reads it; suites/adapters has Talos' own reader.
func TestPickTalosConfig(t *testing.T) {
	goToolFor(t, `[ "$*" = read ] && read -r config && echo "$config" && exit
echo "no configuration" >&2; exit 1`)
	file := filepath.Join(t.TempDir(), "controlplane.yaml")
	for _, tt := range []struct {
		config string
		args   []string
		want   string // the report's JSON without blanks
	}{
		{`{"serviceSubnets": ["fd00:96::/112"], "nodeAddressSortAlgorithm": "v2"}`, nil,
			`"algorithm":"v2","role":"kubelet","config":{"podSubnets":["10.244.0.0/16"],"serviceSubnets":["fd00:96::/112"]}`},
		{`{"vips": ["fd01:cafe::1"]}`, []string{"--vip", "fd01:cafe::2", "--pod-subnet", "fd00:244::/56"},
			`"algorithm":"v1","role":"kubelet","config":{"podSubnets":["fd00:244::/56"],"serviceSubnets":["10.96.0.0/12"],"vips":["fd01:cafe::2"]}`},
		{`{"nodeAddressSortAlgorithm": "v2"}`, []string{"--from", twoNodes, "--node", "172.20.0.2"}, `"node":"172.20.0.2","algorithm":"v1"`},
	} {
		if err := os.WriteFile(file, []byte(tt.config+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := cli(append([]string{"pick", "--from", fieldReport, "--talos-config", file, "--format", "json"}, tt.args...)...)
		if text := strings.Join(strings.Fields(stdout), ""); code != 0 || !strings.Contains(text, tt.want) {
			t.Errorf("%s: exit status %d, want %s:\n%s%s", tt.config, code, tt.want, text, stderr)
		}
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"/no/such/file": "--talos-config: open /no/such/file",
		file:            "--talos-config: " + file + ": read machine configuration as Talos",
	} {
		code, stdout, stderr := cli("pick", "--from", fieldReport, "--talos-config", at)
		if code != report.StatusUsage || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("exit status %d, stdout %q, stderr %q; want %q", code, stdout, stderr, want)
		}
	}
}

// Pick shows all nodes of a file, or the one that is asked for.
func TestPickNodes(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"172.20.0.2", "172.20.0.3"}},
		{[]string{"--node", "172.20.0.3"}, []string{"172.20.0.3"}},
	} {
		args := append([]string{"pick", "--from", twoNodes}, tt.args...)
		var inJSON, inText []string
		code, stdout, stderr := cli(append(args, "--format", "json")...)
		if code != 0 {
			t.Fatalf("exit status %d: %s", code, stderr)
		}
		for dec := json.NewDecoder(strings.NewReader(stdout)); dec.More(); {
			var r pick.Report
			if err := dec.Decode(&r); err != nil {
				t.Fatal(err)
			}
			inJSON = append(inJSON, r.Node)
		}
		_, stdout, _ = cli(args...)
		for _, m := range regexp.MustCompile(`(?m)^The address for role kubelet on node (\S+), from`).FindAllStringSubmatch(stdout, -1) {
			inText = append(inText, m[1])
		}
		if !slices.Equal(inJSON, tt.want) || !slices.Equal(inText, tt.want) {
			t.Errorf("%q: %q as JSON and %q as text, want %q", tt.args, inJSON, inText, tt.want)
		}
	}
}

func TestPickFromStandardInput(t *testing.T) {
	f, err := os.Open(fieldReport)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	root := newRoot()
	root.SetIn(f)
	code := executeRoot(t.Context(), root, []string{"pick", "--from", "-"}, &out, &out)
	if code != 0 || !strings.Contains(out.String(), "from standard input (talosctl get addresses -o yaml)") {
		t.Errorf("exit status %d:\n%s", code, &out)
	}
}

var node = []string{"advise", "--pod-address", "fd01:cafe::f14c:9fa1:8496:557f", "--mac", "52:54:00:1f:c7:bd"}

// runAdvise runs passtlab advise over a lab that is not one.
func runAdvise(t *testing.T, lab advise.Lab, args ...string) (code int, out string) {
	t.Helper()
	var b bytes.Buffer
	root := &cobra.Command{Use: "passtlab", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(newAdvise(lab))
	return executeRoot(t.Context(), root, append(node[:len(node):len(node)], args...), &b, &b), b.String()
}

func TestAdviseStatus(t *testing.T) {
	broken := func(context.Context, []*scenarios.Scenario, []selector.Selector) (*report.Report, error) {
		return nil, errors.New("no lab today")
	}
	const v6 = "--service-subnet=fd00:96::/112"
	for _, tt := range []struct {
		args  []string
		code  int
		want  string
		patch bool
	}{
		{[]string{v6}, report.StatusError, "no lab today", false},
		{[]string{v6, "--no-lab"}, report.StatusOK, "Not checked in a lab", true},
		{[]string{v6, "--no-lab", "--format", "json"}, report.StatusOK, `"slaacAddress": "fd01:cafe::5054:ff:fe1f:c7bd"`, true},
		{[]string{v6, "--no-lab", "--pod-subnet", "fd01:cafe::/56"}, report.StatusFail, "No patch that is known here helps", false},
		{[]string{"--no-lab"}, report.StatusOK, "Talos' default service subnets are IPv4 only", false},
	} {
		code, out := runAdvise(t, broken, tt.args...)
		if code != tt.code || !strings.Contains(out, tt.want) || strings.Contains(out, "nodeAddressSortAlgorithm: v2") != tt.patch {
			t.Errorf("%q: exit status %d, want %d and %q:\n%s", tt.args, code, tt.code, tt.want, out)
		}
	}
}

// --output writes both files of one patch, and replaces none.
func TestAdviseOutput(t *testing.T) {
	const v6 = "--service-subnet=fd00:96::/112"
	for _, tt := range []struct {
		args               []string
		code               int
		controlPlane, both string // in the file
	}{
		{[]string{v6}, report.StatusOK, "", "nodeAddressSortAlgorithm: v2"},
		{[]string{v6, "--patch", "filters"}, report.StatusOK, "advertisedSubnets:", "kind: KubeNodeConfig"},
		{[]string{v6, "--patch", "filters", "--talos-version", "v1.13.9"}, report.StatusOK, "advertisedSubnets:", "  kubelet:\n    nodeIP:\n"},
		{nil, report.StatusOK, "advertisedSubnets:", "kind: KubeNodeConfig"}, // the first that helps
		{[]string{v6, "--patch", "filters", "--addr-gen", "stable-privacy"}, report.StatusFail, "", ""},
	} {
		dir := filepath.Join(t.TempDir(), "patches", "new")
		code, out := runAdvise(t, nil, append([]string{"--no-lab", "--output", dir}, tt.args...)...)
		if code != tt.code || (code == 0) != strings.Contains(out, "into "+dir) {
			t.Errorf("%q: exit status %d, want %d:\n%s", tt.args, code, tt.code, out)
		}
		if tt.code != 0 {
			if _, err := os.Stat(dir); err == nil {
				t.Errorf("%q: there is %s", tt.args, dir)
			}
			continue
		}
		for _, name := range advise.FileNames() {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || !strings.Contains(string(data), tt.both) || !strings.Contains(out, string(data)) {
				t.Errorf("%q: %s: %v\n%s", tt.args, name, err, data)
			}
			if tt.controlPlane != "" && strings.Contains(string(data), tt.controlPlane) != (name == "controlplane.yaml") {
				t.Errorf("%q: %s:\n%s", tt.args, name, data)
			}
		}
	}
	dir := t.TempDir()
	old := filepath.Join(dir, "worker.yaml")
	if err := os.WriteFile(old, []byte("mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out := runAdvise(t, nil, "--no-lab", "--output", dir)
	if data, err := os.ReadFile(old); code != report.StatusUsage || !strings.Contains(out, "worker.yaml is there already") || err != nil || string(data) != "mine\n" {
		t.Errorf("exit status %d, %v, %q:\n%s", code, err, data, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "controlplane.yaml")); err == nil {
		t.Error("one file was written")
	}
}

// If somebody else creates one of the files meanwhile, that one stays, and the other
// is not written.
func TestCommitAll(t *testing.T) {
	for _, foreign := range advise.FileNames() {
		dir := t.TempDir()
		var names []string
		var files []*outfile.File
		for _, n := range advise.FileNames() {
			name := filepath.Join(dir, n)
			f, err := outfile.CreateNew(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Discard()
			names, files = append(names, name), append(files, f)
		}
		theirs := filepath.Join(dir, foreign)
		if err := os.WriteFile(theirs, []byte("mine\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := commitAll(names, files); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v, want %v", foreign, err, fs.ErrExist)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if name == theirs && string(data) != "mine\n" || name != theirs && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %s has %q, %v", foreign, name, data, err)
			}
		}
	}
}

// Where Talos itself is built, it checks the patches; an exact version and a minor one
// name it.
func TestAdviseAsksTalos(t *testing.T) {
	need.Namespaces(t)
	p, err := catalogue.Find("talos")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cachedTalos(t.Context(), p.Version); errors.Is(err, adapters.ErrNotCached) {
		t.Skipf("Talos is not cached: passtlab selectors build talos talos-with-v2")
	}
	minor, err := advise.ParseVersion(p.Version)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{p.Version, minor.String()} {
		code, out, stderr := cli(append(node[:len(node):len(node)], "--service-subnet=fd00:96::/112", "--talos-version", version)...)
		if want := "by Talos itself: talos@" + p.Version + ", talos-with-v2@" + p.Version; code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit status %d, want %q:\n%s%s", code, want, out, stderr)
		}
	}
	for _, version := range []string{minor.String() + ".99", "v1.99"} {
		if r, err := released(t.Context(), version); err != nil || r != nil {
			t.Errorf("%s: %v, %v", version, r, err)
		}
	}
}

// A machine configuration says what flags do not, and flags replace what it has.
func TestAdviseTalosConfig(t *testing.T) {
	versions := machinery.Versions()
	if _, err := machinery.New(t.Context(), adapters.Builder{CachedOnly: true}, versions[len(versions)-1]); errors.Is(err, adapters.ErrNotCached) {
		t.Skip("Talos' machinery is not cached: go test ./suites/adapters with PASSTLAB_ADAPTERS=newest builds it")
	} else if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "controlplane.yaml")
	if err := os.WriteFile(file, []byte(`machine:
  network: {interfaces: [{interface: eth0, dhcpOptions: {ipv6: true}}]}
  kubelet: {nodeIP: {validSubnets: ["::/0"]}}
  features: {nodeAddressSortAlgorithm: v2}
cluster:
  network: {podSubnets: ["fd00:244::/56"], serviceSubnets: ["fd00:96::/112"]}
`), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out := runAdvise(t, nil, "--no-lab", "--talos-config", file, "--pod-subnet", "fd00:245::/56")
	for _, want := range []string{"fd00:96::/112 ", "fd00:245::/56 ", "has DHCPv6 on for eth0", `  kubelet:
    nodeIP:
      validSubnets:
        - "!fd01:cafe::5054:ff:fe1f:c7bd/128"
`, "sets sort algorithm v2", "# The configuration has all of this already."} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit status %d, want %q:\n%s", code, want, out)
		}
	}
	if strings.Contains(out, "default service") || strings.Contains(out, "dhcpOptions") || strings.Contains(out, "KubeNodeConfig") {
		t.Error(out)
	}
}

// TestAdviseInLabs has the patches checked by real labs.
func TestAdviseInLabs(t *testing.T) {
	need.Namespaces(t)
	const v6 = "--service-subnet=fd00:96::/112"
	for _, tt := range []struct {
		name    string
		args    []string
		code    int
		labs    int
		patches string // names of those that are given out
	}{
		{"report", []string{v6}, 0, 4, "algorithm filters"},
		{"v1 right", []string{v6, "--pod-address", "fd01:cafe::114c:9fa1:8496:557f/64"}, 0, 4, "algorithm filters"},
		{"other prefix", []string{v6, "--prefix", "fd00:cafe::/64"}, 0, 4, "filters"},
		{"dual stack", []string{v6, "--service-subnet", "10.96.0.0/12"}, 0, 4, "algorithm filters"},
		{"Talos' defaults", nil, 0, 4, "filters"},
		{"pod subnet", []string{v6, "--pod-subnet", "fd01:cafe::/56"}, 1, 4, ""},
		{"global", []string{v6, "--pod-address", "2001:db8::1", "--mac", scenarios.DefaultPodMAC.String()}, 0, 4, "algorithm filters"},
		{"stable privacy", []string{v6, "--addr-gen", "stable-privacy"}, 0, 8, "algorithm"},
		{"stable privacy, narrow range", []string{v6, "--addr-gen", "stable-privacy", "--pod-address", "fd01:cafe::f14c:9fa1:8496:557f/120"}, 0, 8, "algorithm filters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := cli(append(append(node[:len(node):len(node)], "--format", "json"), tt.args...)...)
			var a advise.Advice
			if err := json.Unmarshal([]byte(stdout), &a); err != nil || code != tt.code {
				t.Fatalf("exit status %d, want %d, %v: %s", code, tt.code, err, stderr)
			}
			var given []string
			for _, p := range a.Patches {
				if len(p.Files) == 2 && p.Checked {
					given = append(given, p.Name)
				}
			}
			if got := strings.Join(given, " "); got != tt.patches || a.Lab == nil || a.Lab.Labs != tt.labs {
				t.Errorf("patches %q, want %q; labs %+v", got, tt.patches, a.Lab)
			}
		})
	}
}
