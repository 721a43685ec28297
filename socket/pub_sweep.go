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

// What a run may do while it holds the route lock: a few milliseconds at most.
const (
	sweepRun   = 1000 // its room: a topic takes one of it,
	sweepBytes = 64   // and one more for each so many bytes that are spelled or copied. (To spell them takes a step for each eight, at most.)
)

// A departure is a peer that has gone and whose topics are not all taken out yet: pipe.wants has those. It is sent nothing meanwhile.
type departure struct {
	pipe  *pipe
	asked map[string]struct{} // MANUAL: the topics that it asked for and whose end the application has not heard of; nil otherwise
}

// sweeping says whether a departure goes on.
func (s *pub) sweeping() bool { return len(s.leaving) > 0 }

// sweep takes topics of the oldest departures out until the room of a run is used up: one topic at least.
func (s *pub) sweep() {
	for room := sweepRun; room > 0 && len(s.leaving) > 0; {
		d := &s.leaving[0]
		room = s.sweepAsked(d, room)
		room = s.sweepWants(d.pipe, room)
		if len(d.asked)+len(d.pipe.wants) == 0 {
			s.leaving[0] = departure{}
			s.leaving = s.leaving[1:]
		}
	}
}

// sweepAsked ends what the peer of a departure asked for while there is room, and returns what is left of that.
func (s *pub) sweepAsked(d *departure, room int) int {
	var ended []string
	for topic := range d.asked {
		if room <= 0 {
			break
		}
		delete(d.asked, topic)
		ended = append(ended, topic)
		room -= 1 + len(topic)/sweepBytes
	}
	s.sayEnded(d.pipe, ended)
	return room
}

// sweepWants takes topics of p out while there is room, and returns what is left of that. Only those whose end is heard are spelled.
func (s *pub) sweepWants(p *pipe, room int) int {
	var ended []string
	for n := range p.wants {
		if room <= 0 {
			break
		}
		if s.endHeard(p, n) {
			topic := s.topics.topic(n)
			ended = append(ended, topic)
			room -= len(topic) / sweepBytes
		}
		_, copied := s.unlist(p, n)
		room -= 1 + copied/sweepBytes
	}
	s.sayEnded(p, ended)
	return room
}

// endHeard says whether an XPUB's application hears that p, which has gone, leaves a topic.
func (s *pub) endHeard(p *pipe, n topicNumber) bool {
	if s.hearing == nil || s.opts.manual || p.multicast() {
		return false
	}
	return s.opts.verboseUnsubs || len(s.topics.value(n).pipes()) == 1
}

// sayEnded lets an XPUB's application know of the topics that p leaves, in their order.
func (s *pub) sayEnded(p *pipe, topics []string) {
	slices.Sort(topics)
	for _, topic := range topics {
		s.say(p, subscription(0, topic))
	}
}

// onSweepTopics does a run, and asks for the next: what else the actor has to do comes in between.
func (s *socketActor) onSweepTopics() {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	s.route.toSweep = false
	s.route.pattern.(sweeper).sweep()
	s.sweepLocked()
}

// sweepLocked asks the socket actor to go on where the pattern has something left to do, and it has not been asked yet: one run at a time for all peers
// that have gone.
func (s *socket) sweepLocked() {
	if w, ok := s.route.pattern.(sweeper); ok && w.sweeping() && !s.route.toSweep {
		s.route.toSweep = s.ref.Tell(&sweepTopics{}) == nil // a stopped socket has nobody to send to
	}
}
