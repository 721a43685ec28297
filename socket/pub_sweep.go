package socket

import "slices"

// A sweeper is a pattern that may not be done with a pipe when it is detached: what is left to do is done in runs, so that nobody waits for the route
// lock for long.
type sweeper interface {
	// sweeping says whether anything is left to do.
	sweeping() bool
	// sweep does a run of it.
	sweep()
}

// sweepTopics asks the socket actor for the next run of its pattern's sweeping.
type sweepTopics struct{}

func (*sweepTopics) socketMessage() {}

// sweepRun is how many topics are swept while the route lock is held: a few milliseconds at most.
const sweepRun = 1000

// A departure is a peer that has gone and whose topics are not all taken out yet. It is sent nothing meanwhile.
type departure struct {
	pipe   *pipe
	topics map[string]struct{} // those that it is still listed under
	asked  map[string]struct{} // MANUAL: those that it asked for and whose end the application has not heard of; nil otherwise
}

// sweeping says whether a departure goes on.
func (s *pub) sweeping() bool { return len(s.leaving) > 0 }

// sweep takes the next topics of the oldest departures out, in the order of the topics within a run.
func (s *pub) sweep() {
	for room := sweepRun; room > 0 && len(s.leaving) > 0; {
		d := &s.leaving[0]
		asked := pluck(d.asked, room)
		for _, topic := range asked {
			s.say(d.pipe, subscription(0, topic))
		}
		room -= len(asked)
		topics := pluck(d.topics, room)
		for _, topic := range topics {
			others := s.unlist(d.pipe, topic)
			if !s.opts.manual && (others == 0 || s.opts.verboseUnsubs) {
				s.say(d.pipe, subscription(0, topic))
			}
		}
		room -= len(topics)
		if len(d.asked)+len(d.topics) == 0 {
			s.leaving[0] = departure{}
			s.leaving = s.leaving[1:]
		}
	}
}

// pluck takes up to n keys out of a set, and returns them sorted.
func pluck(set map[string]struct{}, n int) []string {
	if len(set) == 0 || n == 0 {
		return nil
	}
	keys := make([]string, 0, min(n, len(set)))
	for k := range set {
		if len(keys) == n {
			break
		}
		keys = append(keys, k)
		delete(set, k)
	}
	slices.Sort(keys)
	return keys
}

// onSweepTopics does a run, and asks for the next: what else the actor has to do comes in between.
func (s *socketActor) onSweepTopics() {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	s.route.pattern.(sweeper).sweep()
	s.sweepLocked()
}

// sweepLocked asks the socket actor to go on where the pattern has something left to do.
func (s *socket) sweepLocked() {
	if w, ok := s.route.pattern.(sweeper); ok && w.sweeping() {
		_ = s.ref.Tell(&sweepTopics{}) // a stopped socket has nobody to send to
	}
}
