package main

import (
	"strings"
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	for _, tt := range []struct {
		ds              durations
		median, slowest time.Duration
	}{
		{durations{7}, 7, 7},
		{durations{9, 1}, 5, 9},
		{durations{9, 1, 2}, 2, 9},
		{durations{4, 1, 30, 2}, 3, 30},
	} {
		if m, s := tt.ds.median(), tt.ds.slowest(); m != tt.median || s != tt.slowest {
			t.Errorf("%v: median %d, slowest %d, want %d, %d", tt.ds, m, s, tt.median, tt.slowest)
		}
	}
}

func TestTable(t *testing.T) {
	tab := table{title: "Title", head: []string{"what", "time", "rate"}}
	tab.row("a", 1500*time.Microsecond, 12.34)
	tab.row("bb", 2500*time.Millisecond, "")
	var b strings.Builder
	if err := tab.write(&b); err != nil {
		t.Fatal(err)
	}
	if want := "\nTitle\n  what  time    rate\n  a     1.5 ms  12.3\n  bb    2.50 s\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
