package reproduce

import (
	"cmp"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

// outcome is what was measured in the lab of a plan.
type outcome struct {
	reachable []scenarios.Target
	failures  []scenarios.Failure
	prove     scenarios.Prove // zero: no selector fails, or none passes
}

// requirements of a scenario in which something works, and of others.
const (
	works = "The node address must be reachable by other pods and usable as a source."
	none  = "No address works in both directions, so none must be chosen."
)

// document returns the scenario's file.
func (p *plan) document(in Input, o outcome) ([]byte, error) {
	requirement := works
	if len(o.reachable) == 0 {
		requirement = none
	}
	es := []entry{
		set("id", word(p.opts.ID)),
		set("title", word(cmp.Or(p.opts.Title, p.title()))),
		set("requirement", word(requirement)),
	}
	if len(p.opts.References) > 0 {
		es = append(es, set("references", texts(p.opts.References)))
	}
	if len(p.opts.Labels) > 0 {
		es = append(es, set("labels", words(p.opts.Labels)))
	}
	if p.lan() {
		es = append(es, p.lanNodes()...)
	} else {
		es = append(append(es, set("pod", p.podNode())), p.passtNode()...)
	}
	es = append(es, set("guest", p.guestNode()))
	es = append(es, p.routersNode()...)
	events := set("events", lines(p.events()...))
	events.why = "the oldest first; the kernel lists the newest first"
	es = append(es, events)
	es = append(es, p.configNode()...)
	es = append(es, set("roles", words(p.opts.Roles)), set("expect", o.expect()))
	if o.prove.Good != "" {
		es = append(es, set("prove", provesNode(o.prove)))
	}
	return encode(block(es...), p.head(in))
}

// head is the comment before the scenario.
func (p *plan) head(in Input) string {
	var b strings.Builder
	say := func(format string, a ...any) { fmt.Fprintf(&b, "# %s\n", visible.Line(fmt.Sprintf(format, a...))) }
	where := filepath.Base(in.Name) // its folder is nobody's business
	if in.Node != "" {
		where += ", node " + in.Node
	}
	say("Made by passtlab reproduce from %s (%s).", where, cmp.Or(in.Observation.Source, in.Format.Words()))
	if unknown := in.Unknown(); len(unknown) > 0 {
		say("Not in the input: %s.", strings.Join(unknown, ", "))
	}
	section := func(title string, lines []string) {
		if len(lines) > 0 {
			say("%s", title)
		}
		for _, l := range lines {
			say("  %s", l)
		}
	}
	section("Guessed:", p.guesses)
	section("Not reproduced:", p.lost)
	return b.String()
}

// title lists the addresses in the order of their arrival.
func (p *plan) title() string {
	var names []string
	for _, x := range p.parts {
		names = append(names, string(x.origin))
	}
	if len(names) == 0 {
		names = []string{"no address on " + p.main}
	}
	return fmt.Sprintf("As in %s, %s", p.opts.ID, strings.Join(names, ", then "))
}

// valued returns a key whose comment says where its value comes from.
func (p *plan) valued(path string, v node) entry {
	why := p.why[path]
	for _, g := range p.guesses {
		if said, ok := strings.CutPrefix(g, path+": "); ok && why == "" {
			why = "guessed: " + said
		}
	}
	return set(path[strings.LastIndex(path, ".")+1:], v.because(why))
}

func (p *plan) podNode() node {
	bits := 64 // the input cannot say it, and passt does not read it
	if anycast(p.pod) {
		bits = 128 // in a /64 it would be an anycast address
	}
	es := []entry{p.valued("pod.address", text(netip.PrefixFrom(p.pod, bits))), p.valued("pod.gateway", text(p.gateway))}
	if !p.podMAC.IsZero() {
		es = append(es, p.valued("pod.mac", text(p.podMAC)))
	}
	return block(es...)
}

func (p *plan) passtNode() []entry {
	var es []entry
	if kubevirt, ok := strings.CutPrefix(p.release, "kubevirt:"); ok {
		es = append(es, set("kubevirt", quoted(kubevirt)))
	} else if p.release != "" {
		es = append(es, p.valued("passt.release", quoted(p.release)))
	}
	if !p.autonomous {
		es = append(es, set("autonomous", word("false").because("no SLAAC address in "+slash64(p.pod).String())))
	}
	if len(es) == 0 {
		return nil
	}
	return []entry{set("passt", block(es...))}
}

func (p *plan) guestNode() node {
	es := []entry{p.valued("guest.mac", text(p.mac))}
	if p.gen.Token.IsValid() {
		es = append(es, set("addrGen", mapping(set("token", text(p.gen.Token))).because(p.why["guest.addrGen"])))
	}
	if slices.ContainsFunc(p.Addresses, func(a selector.Address) bool { return a.Flags.Has(selector.FlagOptimistic) }) {
		es = append(es, set("optimisticDAD", word("true").because("the input has an optimistic address")))
	}
	if p.ownClient() {
		es = append(es, set("client", word(string(p.opts.Client)).because("given by --client")))
	}
	if len(p.of(scenarios.OriginTemporary)) > 0 {
		es = append(es, set("tempaddr", number(1).because("the input has temporary addresses")))
	}
	var fs []node
	for _, f := range p.interfaces {
		fs = append(fs, p.node(f).because(f.from))
	}
	if len(fs) > 0 {
		es = append(es, set("interfaces", lines(fs...)))
	}
	return block(es...)
}

func (p *plan) routersNode() []entry {
	var rs []node
	for _, r := range p.routers {
		es := r.prefixes()
		es = append(es, set("linkLocal", text(r.linkLocal)))
		if r.lifetime > 0 || p.lan() {
			es = append(es, set("lifetime", number(r.lifetime)))
		}
		rs = append(rs, mapping(es...).because(p.why["routers."+r.prefix.String()]))
	}
	if len(rs) == 0 {
		return nil
	}
	return []entry{set("routers", lines(rs...))}
}

// prefixes returns what the router advertises.
func (r router) prefixes() []entry {
	if len(r.onLink) == 0 && r.prefix.IsValid() {
		return []entry{set("prefix", text(r.prefix))}
	}
	var ps []node
	if r.prefix.IsValid() {
		ps = append(ps, text(r.prefix))
	}
	for _, in := range r.onLink {
		ps = append(ps, mapping(set("prefix", text(in)), set("autonomous", word("false"))))
	}
	if len(ps) == 0 {
		return nil
	}
	return []entry{set("prefixes", list(ps...))}
}

func (p *plan) configNode() []entry {
	c := p.Config
	var es []entry
	add := func(key string, n node) {
		if len(n.Content) > 0 {
			es = append(es, set(key, n))
		}
	}
	add("podSubnets", texts(c.PodSubnets))
	add("serviceSubnets", texts(c.ServiceSubnets))
	add("validSubnets", texts(c.ValidSubnets))
	add("advertisedSubnets", texts(c.AdvertisedSubnets))
	add("vips", texts(c.VIPs))
	add("exclusions", texts(c.Exclusions))
	if len(es) == 0 {
		return nil
	}
	return []entry{set("config", block(es...))}
}

func (o outcome) expect() node {
	var ts []node
	for _, t := range o.reachable {
		if t.Addr.IsValid() {
			ts = append(ts, text(t))
		} else {
			ts = append(ts, word(t.String()))
		}
	}
	es := []entry{set("reachable", list(ts...).because("measured"))}
	var fs []node
	for _, f := range o.failures {
		fs = append(fs, mapping(append([]entry{set("selector", word(f.Selector))}, failed(f)...)...))
	}
	if len(fs) > 0 {
		es = append(es, set("failures", lines(fs...)))
	}
	return block(es...)
}

func provesNode(v scenarios.Prove) node {
	es := []entry{set("good", word(v.Good)), set("bad", word(v.Bad))}
	return mapping(append(es, failed(scenarios.Failure{Role: v.Role, Picks: v.Picks, Kind: v.Kind})...)...)
}

// failed returns the keys that say how a selector fails.
func failed(f scenarios.Failure) (es []entry) {
	if f.Role != "" {
		es = append(es, set("role", word(string(f.Role))))
	}
	pick := quoted(string(f.Picks))
	if !strings.Contains(string(f.Picks), ":") {
		pick = word(string(f.Picks))
	}
	es = append(es, set("picks", pick))
	if f.Kind != "" {
		es = append(es, set("kind", word(string(f.Kind))))
	}
	return es
}

func texts[T any](vs []T) node {
	var ns []node
	for _, v := range vs {
		ns = append(ns, quoted(fmt.Sprint(v)))
	}
	return list(ns...)
}

func words[T ~string](vs []T) node {
	var ns []node
	for _, v := range vs {
		ns = append(ns, word(string(v)))
	}
	return list(ns...)
}
