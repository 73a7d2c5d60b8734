// Command talos runs the controllers by which Talos chooses a node's addresses, in a
// guest, and prints the choice for its role each time it changes.
//
// These are real, as the module was released: the controllers LinkStatus and
// AddressStatus, which read and follow the guest's rtnetlink; NodeAddressSortAlgorithm
// and NodeAddress; AddressFilter, NodeIPConfig and NodeIP of package k8s; Config and Spec
// of package etcd; the runtime that runs them; the loader of the machine configuration.
// The state is in memory, as in Talos.
//
// These are given:
//
//   - the machine configuration, of a control plane. It has the subnets, filters and
//     virtual addresses of the observation, and the sort algorithm that is the argument.
//     Without an argument it names none, as every configuration that Talos generates.
//     Where the observation has no pod or service subnets, there are some of both
//     families that hold no address: with Talos' own defaults, 10.244.0.0/16 and
//     10.96.0.0/12, kubelet would take IPv4 addresses only.
//   - two resources of controllers that do not run here: DevicesStatus says that udev has
//     settled, and HostnameStatus has a host name, without which etcd has no Spec.
//
// No other controller runs, neither those that configure the network, since the guest
// is configured already, nor those that ask Kubernetes. So the Node has no pod subnets of
// its own, which AddressFilter takes out as well from v1.13 on.
//
// The import path lies below Talos' module, because only there Go allows the import of
// Talos' internal packages.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"

	"github.com/cosi-project/runtime/pkg/controller"
	"github.com/cosi-project/runtime/pkg/controller/runtime"
	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/cosi-project/runtime/pkg/state/impl/inmem"
	"github.com/cosi-project/runtime/pkg/state/impl/namespaced"
	"github.com/jsimonetti/rtnetlink/v2"
	"go.uber.org/zap"

	etcdctrl "github.com/siderolabs/talos/internal/app/machined/pkg/controllers/etcd"
	k8sctrl "github.com/siderolabs/talos/internal/app/machined/pkg/controllers/k8s"
	networkctrl "github.com/siderolabs/talos/internal/app/machined/pkg/controllers/network"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/etcd"
	"github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"github.com/siderolabs/talos/pkg/machinery/resources/network"
	talosruntime "github.com/siderolabs/talos/pkg/machinery/resources/runtime"

	"github.com/passtlab/passtlab/selector/adapters/protocol"
)

func main() {
	algorithm := ""
	if len(os.Args) > 1 {
		algorithm = os.Args[1]
	}
	err := run(context.Background(), os.Stdin, os.Stdout, algorithm, os.Getenv("PASSTLAB_ROLE"))
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, protocol.ErrUnsupported) {
		os.Exit(77)
	}
	os.Exit(1)
}

// run prints choices until it fails or is killed.
func run(ctx context.Context, in io.Reader, out io.Writer, algorithm, role string) error {
	choice, ok := choices[role]
	if !ok {
		return fmt.Errorf("role %s: Talos has no address for it: %w", role, protocol.ErrUnsupported)
	}
	observations := bufio.NewReader(in)
	line, err := observations.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the observation: %w", err)
	}
	machine, err := machineConfig(line, algorithm)
	if err != nil {
		return err
	}
	// The configuration stays, and the rest is read from the kernel.
	go io.Copy(io.Discard, observations)

	st := state.WrapCore(namespaced.NewState(inmem.Build))
	failed := make(chan error, 1)
	if err := start(ctx, st, machine, failed); err != nil {
		return err
	}
	events := make(chan state.Event)
	if err := st.Watch(ctx, choice.resource, events); err != nil {
		return fmt.Errorf("watch %s: %w", choice.resource, err)
	}
	return print(out, choice, events, failed)
}

// A choice is the resource in which Talos keeps the addresses for a role.
type choice struct {
	resource  resource.Pointer
	addresses func(resource.Resource) []netip.Addr
}

var choices = map[string]choice{
	"node": {
		network.NewNodeAddress(network.NamespaceName, network.NodeAddressDefaultID).Metadata(),
		func(r resource.Resource) []netip.Addr { return r.(*network.NodeAddress).TypedSpec().IPs() },
	},
	"kubelet": {
		k8s.NewNodeIP(k8s.NamespaceName, k8s.KubeletID).Metadata(),
		func(r resource.Resource) []netip.Addr {
			// IPv6 first, because that one is judged.
			as := slices.Clone(r.(*k8s.NodeIP).TypedSpec().Addresses)
			slices.SortStableFunc(as, func(a, b netip.Addr) int { return b.BitLen() - a.BitLen() })
			return as
		},
	},
	"etcd": {
		etcd.NewSpec(etcd.NamespaceName, etcd.SpecID).Metadata(),
		func(r resource.Resource) []netip.Addr { return r.(*etcd.Spec).TypedSpec().AdvertisedAddresses },
	},
}

// print prints the choice, and again each time it changes.
func print(out io.Writer, c choice, events <-chan state.Event, failed <-chan error) error {
	name := fmt.Sprintf("%s %s", c.resource.Type(), c.resource.ID())
	var last []netip.Addr
	for {
		var e state.Event
		select {
		case e = <-events:
		case err := <-failed:
			return err
		}
		answer := protocol.Answer{Addresses: []netip.Addr{}, Reason: "there is no " + name}
		switch e.Type {
		case state.Errored:
			return fmt.Errorf("watch %s: %w", name, e.Error)
		case state.Created, state.Updated:
			answer = protocol.Answer{Addresses: c.addresses(e.Resource), Reason: name}
		}
		if last != nil && slices.Equal(answer.Addresses, last) {
			continue
		}
		last = answer.Addresses
		if err := json.NewEncoder(out).Encode(answer); err != nil {
			return err
		}
	}
}

// start starts the controllers, and returns when those that read the kernel know all
// that is there. Only then come those that choose: otherwise the default address, which
// stays, would be the one that the kernel happens to list first.
func start(ctx context.Context, st state.State, machine resource.Resource, failed chan<- error) error {
	devices := talosruntime.NewDevicesStatus(talosruntime.NamespaceName, talosruntime.DevicesID)
	devices.TypedSpec().Ready = true
	host := network.NewHostnameStatus(network.NamespaceName, network.HostnameID)
	host.TypedSpec().Hostname = "passtlab"
	for _, r := range []resource.Resource{machine, devices, host} {
		if err := st.Create(ctx, r); err != nil {
			return fmt.Errorf("create %s: %w", r.Metadata(), err)
		}
	}
	log := zap.NewProductionConfig()
	log.Level = zap.NewAtomicLevelAt(zap.ErrorLevel)
	logger, err := log.Build()
	if err != nil {
		return err
	}
	rt, err := runtime.NewRuntime(st, logger)
	if err != nil {
		return err
	}
	known := make(chan error, 1)
	if err := follow(ctx, st, known); err != nil {
		return err
	}
	if err := register(rt, &networkctrl.LinkStatusController{}, &networkctrl.AddressStatusController{}); err != nil {
		return err
	}
	go func() { failed <- fmt.Errorf("controllers ended: %w", rt.Run(ctx)) }()
	if err := <-known; err != nil {
		return err
	}
	return register(rt, &networkctrl.NodeAddressSortAlgorithmController{}, &networkctrl.NodeAddressController{},
		&k8sctrl.AddressFilterController{}, k8sctrl.NewNodeIPConfigController(), &k8sctrl.NodeIPController{},
		etcdctrl.NewConfigController(), &etcdctrl.SpecController{})
}

func register(rt *runtime.Runtime, all ...controller.Controller) error {
	for _, c := range all {
		if err := rt.RegisterController(c); err != nil {
			return fmt.Errorf("register %s: %w", c.Name(), err)
		}
	}
	return nil
}

// follow sends nil, or why not, once the state has all links and addresses of the
// kernel.
func follow(ctx context.Context, st state.State, known chan<- error) error {
	ctx, cancel := context.WithCancel(ctx)
	events := make(chan state.Event)
	for _, kind := range []resource.Kind{
		network.NewLinkStatus(network.NamespaceName, "").Metadata(),
		network.NewAddressStatus(network.NamespaceName, "").Metadata(),
	} {
		if err := st.WatchKind(ctx, kind, events); err != nil {
			cancel()
			return fmt.Errorf("watch %s: %w", kind, err)
		}
	}
	go func() {
		defer cancel()
		for range events {
			if all, err := knows(ctx, st); all || err != nil {
				known <- err
				return
			}
		}
	}()
	return nil
}

// knows reports whether the state has all links and addresses that the kernel has now.
func knows(ctx context.Context, st state.State) (bool, error) {
	conn, err := rtnetlink.Dial(nil)
	if err != nil {
		return false, fmt.Errorf("dial rtnetlink: %w", err)
	}
	defer conn.Close()
	links, err := conn.Link.List()
	if err != nil {
		return false, fmt.Errorf("list links: %w", err)
	}
	addresses, err := conn.Address.List()
	if err != nil {
		return false, fmt.Errorf("list addresses: %w", err)
	}
	names := map[uint32]string{}
	var there []resource.Pointer
	for _, l := range links {
		names[l.Index] = l.Attributes.Name
		there = append(there, network.NewLinkStatus(network.NamespaceName, l.Attributes.Name).Metadata())
	}
	for _, a := range addresses {
		ip, _ := netip.AddrFromSlice(a.Attributes.Address)
		id := network.AddressID(names[a.Index], netip.PrefixFrom(ip, int(a.PrefixLength)))
		there = append(there, network.NewAddressStatus(network.NamespaceName, id).Metadata())
	}
	for _, r := range there {
		if _, err := st.Get(ctx, r); state.IsNotFoundError(err) {
			return false, nil
		} else if err != nil {
			return false, fmt.Errorf("get %s: %w", r, err)
		}
	}
	return true, nil
}

// nowhere are subnets of both families that hold no address of a node.
var nowhere = []netip.Prefix{netip.PrefixFrom(netip.IPv6Unspecified(), 128), netip.PrefixFrom(netip.IPv4Unspecified(), 32)}

// machineConfig returns the machine configuration that an observation describes.
func machineConfig(observation []byte, algorithm string) (*config.MachineConfig, error) {
	var o struct {
		Interface string
		Config    struct {
			PodSubnets, ServiceSubnets, Exclusions []netip.Prefix
			ValidSubnets, AdvertisedSubnets        []string
			VIPs                                   []netip.Addr
		}
	}
	if err := json.Unmarshal(observation, &o); err != nil {
		return nil, fmt.Errorf("read the observation: %w", err)
	}
	c := o.Config
	if len(c.Exclusions) > 0 {
		return nil, fmt.Errorf("exclusions: Talos has no such setting: %w", protocol.ErrUnsupported)
	}
	for _, subnets := range []*[]netip.Prefix{&c.PodSubnets, &c.ServiceSubnets} {
		if len(*subnets) == 0 {
			*subnets = nowhere
		}
	}
	type object map[string]any
	var interfaces []object
	for _, vip := range c.VIPs {
		interfaces = append(interfaces, object{"interface": o.Interface, "vip": object{"ip": vip}})
	}
	features := object{}
	if algorithm != "" {
		features["nodeAddressSortAlgorithm"] = algorithm
	}
	text, err := json.Marshal(object{
		"version": "v1alpha1",
		"machine": object{
			"type":     "controlplane",
			"network":  object{"interfaces": interfaces},
			"kubelet":  object{"nodeIP": object{"validSubnets": c.ValidSubnets}},
			"features": features,
		},
		"cluster": object{
			"network": object{"podSubnets": c.PodSubnets, "serviceSubnets": c.ServiceSubnets},
			"etcd":    object{"advertisedSubnets": c.AdvertisedSubnets},
		},
	})
	if err != nil {
		return nil, err
	}
	loaded, err := configloader.NewFromBytes(text)
	if err != nil {
		return nil, fmt.Errorf("load the machine configuration %s: %w", text, err)
	}
	return config.NewMachineConfig(loaded), nil
}
