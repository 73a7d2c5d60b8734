package scenarios

import "testing"

// BenchmarkCorpus reads all that is built in.
func BenchmarkCorpus(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Corpus(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNamed reads one file of it.
func BenchmarkNamed(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if scs, err := Named("passt-slaac-then-dhcpv6"); err != nil || len(scs) != 1 {
			b.Fatal(scs, err)
		}
	}
}
