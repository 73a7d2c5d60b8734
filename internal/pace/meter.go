package pace

import (
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// beat is the time between two looks.
	beat = 50 * time.Millisecond
	// slack is how late a look may be before it counts as delayed: timers are not
	// more exact.
	slack = 10 * time.Millisecond
	// thrift times what a look costs of a processor is the shortest pause after it.
	thrift = 20
	// longest is the longest pause: those who wait for Next must not wait on.
	longest = time.Second
)

// Meter measures the time of one program. It is safe for several goroutines.
type Meter struct {
	stop, ended chan struct{}

	mu     sync.Mutex
	tree   Tree
	awaits bool // a program is being started
	begun  time.Time
	last   time.Time // of the last look
	tasks  map[int]task
	ahead  map[int]time.Duration // waiting that counts here, less what the kernel has counted
	marks  []mark                // before and after each loss, oldest first
	idle   time.Duration         // own time since the program last did anything
	next   chan struct{}         // closed at the next look
}

// mark is the sum of all losses up to a time.
type mark struct {
	at              time.Time
	waited, delayed time.Duration
}

// Start starts a meter. It counts only delays until Follow names a program. After
// each look it calls looked, unless nil, with the time since the start, or since the
// first Follow.
func Start(looked func(Spent)) *Meter {
	return start(looked, false)
}

// Await is Start for a program that is being started. All time until Follow counts as
// delayed.
func Await(looked func(Spent)) *Meter { return start(looked, true) }

func start(looked func(Spent), awaits bool) *Meter {
	now := time.Now()
	m := &Meter{awaits: awaits, stop: make(chan struct{}), ended: make(chan struct{}), begun: now, last: now, next: make(chan struct{}), marks: []mark{{at: now}}}
	go m.run(looked)
	return m
}

// Follow makes the meter look at the tasks of a program.
func (m *Meter) Follow(t Tree) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tree == (Tree{}) {
		m.begun = time.Now() // what came before is not the program's
	}
	m.tree, m.tasks, m.ahead, m.awaits = t, nil, nil, false
}

// Stop ends the meter. Its results stay.
func (m *Meter) Stop() {
	close(m.stop)
	<-m.ended
}

// Since returns how the time since from was spent.
func (m *Meter) Since(from time.Time) Spent { return m.Between(from, time.Now()) }

// Between returns how the time from one time to another was spent. Time after the
// last look counts as the program's own.
func (m *Meter) Between(from, to time.Time) Spent {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, b := m.lost(from), m.lost(to)
	return Spent{Wall: to.Sub(from), Waited: b.waited - a.waited, Delayed: b.delayed - a.delayed}
}

// lost returns the losses up to a time. It spreads each loss evenly between two marks.
func (m *Meter) lost(at time.Time) mark {
	before := m.marks[0]
	for _, after := range m.marks[1:] {
		if after.at.After(at) {
			if part := at.Sub(before.at).Seconds() / after.at.Sub(before.at).Seconds(); part > 0 {
				before.waited += time.Duration(part * float64(after.waited-before.waited))
				before.delayed += time.Duration(part * float64(after.delayed-before.delayed))
			}
			break
		}
		before = after
	}
	return before
}

// Idle returns how much own time has passed since the program last did anything.
func (m *Meter) Idle() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.idle
}

// Next returns a channel that is closed after the next look.
func (m *Meter) Next() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.next
}

func (m *Meter) run(looked func(Spent)) {
	defer close(m.ended)
	for pause := beat; ; {
		select {
		case <-m.stop:
			return
		case <-time.After(pause):
		}
		cost := onProcessor(func() { m.look(pause) })
		if looked != nil {
			m.mu.Lock()
			from, to := m.begun, m.last
			m.mu.Unlock()
			looked(m.Between(from, to))
		}
		pause = pauseAfter(cost)
	}
}

func pauseAfter(cost time.Duration) time.Duration {
	return min(max(beat, thrift*cost), longest)
}

// onProcessor returns how long f was on a processor. A busy machine makes f take longer,
// but cost no more: rarer looks would miss tasks that come and go, and their waiting.
func onProcessor(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime()
	f()
	return threadTime() - before
}

// threadTime returns how long this thread was on a processor.
func threadTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// look adds up the time since the last look, which should be pause ago.
func (m *Meter) look(pause time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	tasks, now := m.tree.read(), time.Now()
	passed := now.Sub(m.last)
	waited, busy := m.compare(tasks, passed)
	var delayed time.Duration
	if late := passed - pause; m.awaits {
		delayed = passed
	} else if late >= slack {
		delayed = max(0, late-waited) // counts no time twice
	}
	if waited+delayed > 0 {
		before := m.marks[len(m.marks)-1]
		after := mark{now, before.waited + waited, before.delayed + delayed}
		before.at = m.last
		m.marks = append(m.marks, before, after)
	}
	m.idle += passed - waited - delayed
	if busy {
		m.idle = 0
	}
	m.last, m.tasks = now, tasks
	close(m.next)
	m.next = make(chan struct{})
}

// compare returns how long the program waited for a processor since the last look,
// and whether it did anything.
func (m *Meter) compare(tasks map[int]task, passed time.Duration) (waited time.Duration, busy bool) {
	left := map[int]time.Duration{}
	busy = len(tasks) != len(m.tasks)
	for tid, now := range tasks {
		before, known := m.tasks[tid]
		ahead := m.ahead[tid] - (now.wait - before.wait)
		var w time.Duration
		switch {
		case !known:
			busy = true
			ahead, w = 0, now.wait
		case now.runs != before.runs:
			// It got a processor, so the kernel has counted its waiting.
			busy = true
			w = -ahead
		case now.ready && before.ready:
			// It still waits or still runs: the kernel counts the waiting later.
			busy = true
			w = passed - (now.ran - before.ran) - min(0, ahead)
		default:
			busy = busy || now.busy
		}
		w = max(0, min(w, passed))
		waited = max(waited, w)
		if known {
			left[tid] = ahead + w // what does not fit counts at the next look
		}
	}
	m.ahead = left
	return waited, busy
}
