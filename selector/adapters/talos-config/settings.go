package main

import (
	"slices"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
)

// settings are what a configuration says about node addresses, by the names of
// passtlab's observation. What it does not say is empty.
type settings struct {
	PodSubnets               []string `json:"podSubnets,omitempty"`
	ServiceSubnets           []string `json:"serviceSubnets,omitempty"`
	ValidSubnets             []string `json:"validSubnets,omitempty"`
	AdvertisedSubnets        []string `json:"advertisedSubnets,omitempty"`
	VIPs                     []string `json:"vips,omitempty"`
	NodeAddressSortAlgorithm string   `json:"nodeAddressSortAlgorithm,omitempty"`
	KubeletNodeIP            bool     `json:"kubeletNodeIP,omitempty"` // validSubnets are in machine.kubelet.nodeIP
	DHCPv6                   []string `json:"dhcpv6,omitempty"`        // the links or MACs that it is on for
	Warnings                 []string `json:"warnings,omitempty"`      // of the validation
}

// document has the keys of all documents that say something about node addresses.
// Machinery has checked the document strictly before, so that a version which does not
// know it has refused it.
type document struct {
	Kind string `yaml:"kind"` // empty: the v1alpha1 configuration
	Name string `yaml:"name"`

	// Of the v1alpha1 configuration.
	Machine struct {
		Kubelet  nodeIP `yaml:"kubelet"`
		Features struct {
			NodeAddressSortAlgorithm string `yaml:"nodeAddressSortAlgorithm"`
		} `yaml:"features"`
		Network struct {
			Interfaces []device `yaml:"interfaces"`
		} `yaml:"network"`
	} `yaml:"machine"`
	Cluster struct {
		Network subnets `yaml:"network"`
		Etcd    struct {
			Subnet            string   `yaml:"subnet"` // before advertisedSubnets
			AdvertisedSubnets []string `yaml:"advertisedSubnets"`
		} `yaml:"etcd"`
	} `yaml:"cluster"`

	nodeIP  `yaml:",inline"` // KubeNodeConfig
	subnets `yaml:",inline"` // KubeNetworkConfig
}

type nodeIP struct {
	NodeIP struct {
		ValidSubnets []string `yaml:"validSubnets"`
	} `yaml:"nodeIP"`
}

type subnets struct {
	PodSubnets     []string `yaml:"podSubnets"`
	ServiceSubnets []string `yaml:"serviceSubnets"`
}

type device struct {
	Interface      string `yaml:"interface"`
	DeviceSelector struct {
		HardwareAddress string `yaml:"hardwareAddr"`
	} `yaml:"deviceSelector"`
	VIP         vip `yaml:"vip"`
	DHCPOptions struct {
		IPv6 bool `yaml:"ipv6"`
	} `yaml:"dhcpOptions"`
	VLANs []struct {
		VIP vip `yaml:"vip"`
	} `yaml:"vlans"`
}

type vip struct {
	IP string `yaml:"ip"`
}

func read(cfg config.Provider) (s settings, err error) {
	for _, doc := range cfg.Documents() {
		// The node's type is yaml.v3's or yaml.v4's, by the version of machinery.
		node, err := encoder.NewEncoder(doc, encoder.WithComments(encoder.CommentsDisabled)).Marshal()
		if err != nil {
			return s, err
		}
		var d document
		if err := node.Decode(&d); err != nil {
			return s, err
		}
		s.add(d)
	}
	return s, nil
}

func (s *settings) add(d document) {
	switch d.Kind {
	case "":
		s.addV1alpha1(d)
	case "KubeNodeConfig":
		s.ValidSubnets = d.NodeIP.ValidSubnets
	case "KubeNetworkConfig":
		s.PodSubnets, s.ServiceSubnets = d.PodSubnets, d.ServiceSubnets
	case "Layer2VIPConfig", "HCloudVIPConfig":
		s.vip(d.Name)
	case "DHCPv6Config":
		s.DHCPv6 = append(s.DHCPv6, d.Name)
	}
}

func (s *settings) addV1alpha1(d document) {
	set(&s.PodSubnets, d.Cluster.Network.PodSubnets)
	set(&s.ServiceSubnets, d.Cluster.Network.ServiceSubnets)
	s.KubeletNodeIP = len(d.Machine.Kubelet.NodeIP.ValidSubnets) > 0
	set(&s.ValidSubnets, d.Machine.Kubelet.NodeIP.ValidSubnets)
	s.AdvertisedSubnets = d.Cluster.Etcd.AdvertisedSubnets
	if old := d.Cluster.Etcd.Subnet; old != "" && len(s.AdvertisedSubnets) == 0 {
		s.AdvertisedSubnets = []string{old}
	}
	s.NodeAddressSortAlgorithm = d.Machine.Features.NodeAddressSortAlgorithm
	for _, i := range d.Machine.Network.Interfaces {
		s.vip(i.VIP.IP)
		for _, v := range i.VLANs {
			s.vip(v.VIP.IP)
		}
		if name := i.Interface + i.DeviceSelector.HardwareAddress; i.DHCPOptions.IPv6 {
			s.DHCPv6 = append(s.DHCPv6, name)
		}
	}
}

// set leaves alone what a document has set, whichever of the two stands first.
func set(there *[]string, values []string) {
	if len(values) > 0 {
		*there = values
	}
}

func (s *settings) vip(ip string) {
	if ip != "" && !slices.Contains(s.VIPs, ip) {
		s.VIPs = append(s.VIPs, ip)
	}
}
