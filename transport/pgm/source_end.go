package pgm

import "time"

// How a source ends. A receiver that hears of the end and misses something asks after its back-off, and again each time that neither answer nor data comes
// for DefaultRepeat and another back-off: its question, an answer, or both, may be lost.
const (
	// finGrace is how long a source that has ended stays to repair, after it has said so and after each time that somebody asks: long enough for a
	// receiver to ask a second and a third time.
	finGrace = 2*(DefaultRepeat+DefaultBackoff) + finEvery
	// finUnasked is how long one stays that nobody has ever asked anything: its receivers get what it sends.
	finUnasked = DefaultRepeat
	// finLimit is how long one stays at the most, whoever asks.
	finLimit = 5 * time.Second
	// finFresh is how old its last data, and the last question, must be for it not to stay: receivers have heard of it all long since.
	finFresh = 2 * time.Second
	// finEvery is how often it says meanwhile that it ends.
	finEvery = heartbeatMin
)

// Close makes the source end: once what is waiting is sent, receivers are told, again and again until the source has Gone. What they miss is still
// repaired for as long as the caller goes on with Handle and Poll.
func (s *Source) Close() {
	if !s.ending {
		s.ending, s.fins = true, startSPMs
	}
}

// Done reports whether a source that was told to end has sent everything, and said that it ends.
func (s *Source) Done() bool { return s.ending && s.fins == 0 && s.pending == nil }

// Gone reports whether a source that is Done has stayed long enough for those who missed the last of it.
func (s *Source) Gone(now time.Time) bool { return s.Done() && !now.Before(s.stays()) }

// stays is until when a source that is Done stays.
func (s *Source) stays() time.Time {
	if s.sent == 0 || s.ended.Sub(s.last) > finFresh && s.ended.Sub(s.asked) > finFresh {
		return s.ended
	}
	if s.asked.IsZero() {
		return s.ended.Add(finUnasked)
	}
	end := s.ended.Add(finGrace)
	if late := s.asked.Add(finGrace); late.After(end) {
		end = late
	}
	if limit := s.ended.Add(finLimit); limit.Before(end) {
		end = limit
	}
	return end
}

// Farewell is what is left to say where a source must end at once, whatever is waiting.
func (s *Source) Farewell() (outs []Out) {
	if s.Done() {
		return nil
	}
	s.pending, s.ending, s.fins = nil, true, 0
	for range startSPMs {
		outs = append(outs, Out{To: s.cfg.Group, Packet: s.spm(true)})
	}
	return outs
}
