package vm

import "time"

// counterTime is the shortest time of measurement. The clock is exact to 0.1 µs, so
// the rate is exact to 0.001 %.
const counterTime = 20 * time.Millisecond

// counter measures the rate of the time stamp counter, which TCG passes on to the
// virtual machine. Linux would measure it against the PIT, which fails on a loaded
// host. It would then use ticks of 4 ms, and lose many of them.
type counter struct {
	tsc uint64
	at  time.Time
}

func newCounter() (c counter) {
	c.tsc, c.at = c.sample()
	return c
}

// sample reads the counter and the clock at the same time. It takes the fastest of
// some tries, because this thread may be interrupted between the two.
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

// khz returns the rate. It waits until counterTime has passed.
func (c counter) khz() uint64 {
	for {
		tsc, at := c.sample()
		d := at.Sub(c.at)
		if d >= counterTime {
			return (tsc - c.tsc) * uint64(time.Millisecond) / uint64(d)
		}
		<-time.After(counterTime - d)
	}
}
