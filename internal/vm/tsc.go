package vm

import (
	"time"
)

// counterTime is how long the counter is measured, at least. The clock is read
// to 0.1 µs, so the rate is right to 0.001 %.
const counterTime = 20 * time.Millisecond

// counter measures the rate of the time stamp counter, which under TCG is that
// of the virtual machine as well. Linux would measure it against the PIT, which
// fails on a loaded host, and go by ticks of 4 ms then, many of which are lost.
type counter struct {
	tsc uint64
	at  time.Time
}

func newCounter() (c counter) {
	c.tsc, c.at = c.sample()
	return c
}

// sample reads the counter and the clock as one, in the fastest of some tries:
// in the others this thread may have been interrupted.
func (counter) sample() (tsc uint64, at time.Time) {
	best := time.Duration(1 << 62)
	for range 5 {
		before := time.Now()
		t := rdtsc()
		if d := time.Since(before); d < best {
			best, tsc, at = d, t, before
		}
	}
	return tsc, at
}

// khz returns the rate. It waits until counterTime has passed since the start.
func (c counter) khz() uint64 {
	for {
		tsc, at := c.sample()
		if d := at.Sub(c.at); d >= counterTime {
			return (tsc - c.tsc) * uint64(time.Millisecond) / uint64(d)
		} else {
			<-time.After(counterTime - d)
		}
	}
}
