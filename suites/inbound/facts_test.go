package inbound

// A column is a passt release, and whether it was given its address by -a.
type column struct {
	release string
	given   bool
}

func (c column) String() string {
	if c.given {
		return c.release + " -a"
	}
	return c.release
}

// The columns of the matrix. Those in the middle behave alike.
var columns = []struct {
	column
	facts func(row) string
}{
	{column{release: "2023_03_09"}, func(r row) string { return r.first }},
	{column{release: "2023_12_30"}, func(r row) string { return r.since }},
	{column{release: "2024_12_11"}, func(r row) string { return r.since }},
	{column{release: "2025_05_03"}, func(r row) string { return r.since }},
	{column{release: "2026_06_11"}, func(r row) string { return r.since }},
	{column{release: "2026_07_16"}, func(r row) string { return r.since }},
	{column{"2026_07_16", true}, func(r row) string { return r.given }},
}

// A row is what the real program was seen to do for a state of the guest and
// a server's address. A cell is a verdict and the destination that the guest's
// link saw:
//
//	works      the server answers
//	fails      the guest refuses
//	blackhole  the destination is not the guest's
//	lost       the destination is ::
//
// D is the pod's address, S the guest's by SLAAC, L its link-local one. The
// first column is 2023_03_09, in which a packet from :: counts; whether it or
// one from L came last is up to chance there, and to the state here.
type row struct {
	state, server       string
	first, since, given string
}

var facts = []row{
	{"booted, :: last", "::", "lost ::", "blackhole D", "blackhole D"},
	{"booted, :: last", "S", "lost ::", "blackhole D", "blackhole D"},
	{"booted, L last", "::", "works L", "blackhole D", "blackhole D"},
	{"booted, L last", "S", "fails L", "blackhole D", "blackhole D"},
	{"no DHCPv6, sent from S", "::", "works S", "works S", "blackhole D"},
	{"no DHCPv6, sent from S", "S", "works S", "works S", "blackhole D"},

	{"DHCPv6, D without DAD", "D", "works D", "works D", "works D"},
	{"DHCPv6, D without DAD", "::", "works D", "works D", "works D"},
	{"DHCPv6, D without DAD", "S", "fails D", "fails D", "fails D"},
	{"last sent from S", "D", "fails S", "fails S", "works D"},
	{"last sent from S", "::", "works S", "works S", "works D"},
	{"last sent from S", "S", "works S", "works S", "fails D"},
	{"last sent from D", "D", "works D", "works D", "works D"},
	{"last sent from D", "::", "works D", "works D", "works D"},
	{"last sent from D", "S", "fails D", "fails D", "fails D"},
	{"last sent from D, then L", "D", "works D", "works D", "works D"},
	{"last sent from D, then L", "::", "works D", "works D", "works D"},
	{"last sent from D, then L", "S", "fails D", "fails D", "fails D"},
	{"last sent from S, then L", "D", "fails S", "fails S", "works D"},
	{"last sent from S, then L", "::", "works S", "works S", "works D"},
	{"last sent from S, then L", "S", "works S", "works S", "fails D"},
	{"last sent from S, then DHCPv6", "D", "works D", "works D", "works D"},
	{"last sent from S, then DHCPv6", "::", "works D", "works D", "works D"},
	{"last sent from S, then DHCPv6", "S", "fails D", "fails D", "fails D"},

	{"DHCPv6, D with DAD, :: last", "D", "lost ::", "works D", "works D"},
	{"DHCPv6, D with DAD, :: last", "::", "lost ::", "works D", "works D"},
	{"DHCPv6, D with DAD, :: last", "S", "lost ::", "fails D", "fails D"},
	{"DHCPv6, D with DAD, L last", "D", "fails L", "works D", "works D"},
	{"DHCPv6, D with DAD, L last", "::", "works L", "works D", "works D"},
	{"DHCPv6, D with DAD, L last", "S", "fails L", "fails D", "fails D"},
}
