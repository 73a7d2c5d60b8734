package scenarios

// EndCheckpoint is the name of the checkpoint that every timeline ends with.
const EndCheckpoint = "end"

// Timeline returns the events in the order in which they are played, with the
// checkpoint at the end, which is not written. Groups of which no order was
// drawn are in the written order.
func (s *Scenario) Timeline() []Event {
	var es []Event
	for _, e := range s.Events {
		if e.Orders == "" {
			es = append(es, e)
		} else {
			es = append(es, e.Of...)
		}
	}
	return append(es, Event{Checkpoint: &Checkpoint{Name: EndCheckpoint, Reachable: s.Expect.Reachable, Within: s.Expect.Within}})
}
