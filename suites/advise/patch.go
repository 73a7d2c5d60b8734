package advise

import (
	"fmt"
	"strings"

	"github.com/passtlab/passtlab/selector/talos"
)

// Patch is a piece of configuration that avoids a wrong pick.
type Patch struct {
	Name    string `json:"name"`              // "algorithm" or "filters"
	Files   []File `json:"files,omitempty"`   // empty unless the patch is given out
	Checked bool   `json:"checked"`           // a lab has confirmed it
	Refused string `json:"refused,omitempty"` // why the patch is not given out: it would not help
	Failure string `json:"failure,omitempty"` // how the patch, which should help, failed in a lab

	files      []File
	filtered   bool              // it works by subnet filters
	algorithms []talos.Algorithm // those that it has to help
}

// File is a patch for a machine type, as talosctl's --config-patch @FILE accepts it.
type File struct {
	Name string `json:"name"` // "controlplane.yaml" or "worker.yaml"
	YAML string `json:"yaml"`
}

// Names of patches, in the order of preference.
const (
	ByAlgorithm = "algorithm"
	ByFilters   = "filters"
)

// PatchNames returns the names of all patches.
func PatchNames() []string { return []string{ByAlgorithm, ByFilters} }

// patches returns all patches, whether they help or not.
func (in Input) patches() []Patch {
	return []Patch{
		{Name: ByAlgorithm, algorithms: []talos.Algorithm{talos.V2}, files: in.files(false)},
		{Name: ByFilters, algorithms: []talos.Algorithm{talos.V1, talos.V2}, filtered: true, files: in.files(true), Refused: in.apart()},
	}
}

const (
	controlPlaneFile = "controlplane.yaml"
	workerFile       = "worker.yaml"
)

// FileNames returns the names of the files of a patch.
func FileNames() []string { return []string{controlPlaneFile, workerFile} }

func (in Input) files(filtered bool) []File {
	return []File{
		{controlPlaneFile, in.file(filtered, true)},
		{workerFile, in.file(filtered, false)},
	}
}

// file returns a patch. It has each kind of document once: before v1.14 Talos loads no
// file with two of one kind.
func (in Input) file(filtered, controlPlane bool) string {
	var machine, cluster, node strings.Builder
	if !filtered && in.Algorithm != talos.V2 {
		machine.WriteString(`  # Prefer the address that lies in the other's prefix: the lease, a /128.
  features:
    nodeAddressSortAlgorithm: v2
`)
	}
	valid, advertised := in.validSubnets(), in.advertisedSubnets()
	switch {
	case !filtered || len(valid) == 0:
	case in.Version < documents || in.KubeletNodeIP:
		fmt.Fprintf(&machine, "%s  kubelet:\n    nodeIP:\n      validSubnets:\n%s", in.aboutKubelet("  "), list("        ", valid))
	default:
		fmt.Fprintf(&node, `# In place of machine.kubelet.nodeIP. A configuration that was generated before %s and
# has that key needs the patch of --talos-version %s.
apiVersion: v1alpha1
kind: KubeNodeConfig
%snodeIP:
  validSubnets:
%s`, documents, documents-1, in.aboutKubelet(""), list("    ", valid))
	}
	if len(in.DHCPv6) == 0 {
		machine.WriteString(in.dhcpv6())
	}
	// etcd's keys are an error for a worker.
	if filtered && controlPlane && len(advertised) > 0 {
		fmt.Fprintf(&cluster, `  # etcd: the addresses of pods%s. It advertises all that pass.
  etcd:
    advertisedSubnets:
%s`, in.without(), list("      ", advertised))
	}
	return join(machine.String(), cluster.String(), node.String())
}

// join makes a file of the two parts of the v1alpha1 document and another document, all
// of which may be empty.
func join(machine, cluster, node string) string {
	var v1alpha1 string
	if machine != "" {
		v1alpha1 = "machine:\n" + machine
	}
	if cluster != "" {
		v1alpha1 += "cluster:\n" + cluster
	}
	switch {
	case v1alpha1 == "" && node == "":
		return "# The configuration has all of this already.\nmachine: {}\n"
	case v1alpha1 == "" || node == "":
		return v1alpha1 + node
	}
	return v1alpha1 + "---\n" + node
}

// without says what the filters leave out.
func (in Input) without() string {
	if in.AddrGen == EUI64 {
		return " without this node's SLAAC address"
	}
	return ""
}

func (in Input) aboutKubelet(indent string) string {
	what := "every address"
	if in.AddrGen != EUI64 {
		what = "the addresses of pods"
	}
	lines := []string{fmt.Sprintf("kubelet: %s%s. The order counts.", what, in.without())}
	if len(in.Config.ValidSubnets) == 0 {
		lines = append(lines,
			"A patch appends to a list that is there. The last match decides, so",
			"put what that list excludes at the end again.")
	}
	return indent + "# " + strings.Join(lines, "\n"+indent+"# ") + "\n"
}

// dhcpv6 turns DHCPv6 on by the MAC, since nobody knows the interface's name before the
// node exists. The document DHCPv6Config, the other way, needs the name, and ends
// Talos' default DHCPv4 on all interfaces.
func (in Input) dhcpv6() string {
	other := ""
	if in.Version >= dhcpDocuments {
		other = `  # Where documents configure the network, one of kind DHCPv6Config does the same.
`
	}
	return fmt.Sprintf(`  # DHCPv6, which is off by default: without it there is no lease.
%s  network:
    interfaces:
      - deviceSelector:
          hardwareAddr: %q
        dhcp: true
        dhcpOptions:
          ipv6: true
`, other, in.MAC)
}

// list returns a list in YAML's block style.
func list(indent string, entries []string) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s- %q\n", indent, e)
	}
	return b.String()
}

// kubeVirt returns the part of a VirtualMachine that fixes the MAC.
func (in Input) kubeVirt() string {
	why := "and with it the SLAAC address, over restarts."
	if in.AddrGen != EUI64 {
		why = "by which the patch finds the interface, over restarts."
	}
	return fmt.Sprintf(`# KubeVirt: keep the MAC, %s
# Add macAddress to the interface that has the passt binding; leave the rest of
# it as it is. A VirtualMachineInstance has the same below spec.domain.
spec:
  template:
    spec:
      domain:
        devices:
          interfaces:
            - name: default
              macAddress: %q
`, why, in.MAC)
}
