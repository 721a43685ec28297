package socket

import (
	"slices"
	"strings"
)

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

// A departure is a peer that has gone and whose topics are not all taken out yet: pipe.wants has those. It is sent nothing meanwhile.
type departure struct {
	pipe  *pipe
	asked map[string]struct{} // MANUAL: the topics that it asked for and whose end the application has not heard of; nil otherwise
}

// sweeping says whether a departure goes on.
func (s *pub) sweeping() bool { return len(s.leaving) > 0 }

// sweep takes the next topics of the oldest departures out, in the order of the topics within a run.
func (s *pub) sweep() {
	for room := sweepRun; room > 0 && len(s.leaving) > 0; {
		d := &s.leaving[0]
		asked := some(d.asked, room)
		slices.Sort(asked)
		for _, topic := range asked {
			delete(d.asked, topic)
			s.say(d.pipe, subscription(0, topic))
		}
		room -= len(asked)
		room -= s.sweepWants(d.pipe, room)
		if len(d.asked)+len(d.pipe.wants) == 0 {
			s.leaving[0] = departure{}
			s.leaving = s.leaving[1:]
		}
	}
}

// sweepWants takes up to n topics of p out, and says how many those were.
func (s *pub) sweepWants(p *pipe, n int) int {
	type listing struct {
		topic  string
		number topicNumber
	}
	numbers := some(p.wants, n)
	topics := make([]listing, len(numbers))
	for i, n := range numbers {
		topics[i] = listing{s.topics.topic(n), n}
	}
	slices.SortFunc(topics, func(a, b listing) int { return strings.Compare(a.topic, b.topic) })
	for _, t := range topics {
		others := s.unlist(p, t.number)
		if !s.opts.manual && (others == 0 || s.opts.verboseUnsubs) {
			s.say(p, subscription(0, t.topic))
		}
	}
	return len(topics)
}

// some are up to n keys of m.
func some[K comparable, V any](m map[K]V, n int) []K {
	keys := make([]K, 0, min(n, len(m)))
	for k := range m {
		if len(keys) == n {
			break
		}
		keys = append(keys, k)
	}
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
