package pace

import (
	"fmt"
	"time"
)

// Spent says how a program spent some wall time.
type Spent struct {
	Wall    time.Duration
	Waited  time.Duration // ready to run, without a processor
	Delayed time.Duration // unknown: passtlab did not run on time
}

// Own is the time in which the program ran or could have run.
func (s Spent) Own() time.Duration { return s.Wall - s.Waited - s.Delayed }

// String returns text such as "of 12s it had 1.2s; for 10.8s it waited for a processor".
func (s Spent) String() string {
	text := fmt.Sprintf("of %s it had %s", short(s.Wall), short(s.Own()))
	if s.Waited > 0 {
		text += fmt.Sprintf("; for %s it waited for a processor", short(s.Waited))
	}
	if s.Delayed > 0 {
		text += fmt.Sprintf("; for %s passtlab itself did not run", short(s.Delayed))
	}
	return text
}

func short(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
