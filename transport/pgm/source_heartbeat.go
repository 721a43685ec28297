package pgm

import "time"

// How often a source says where it is.
const (
	// heartbeatMin is when the first heartbeat follows data; each further one waits twice as long, up to heartbeatMax.
	// libzmq's receivers look at their clocks when a packet without data comes: the first must be soon.
	heartbeatMin = 100 * time.Millisecond
	heartbeatMax = 15 * time.Second
	// ambient is how long a source is silent at most.
	ambient = 30 * time.Second
	// startSPMs are sent at once at the beginning, and as many with OPT_FIN when the end begins: any of them may be lost.
	startSPMs = 3
)

// A heartbeat tells when SPMs are due: at a rate that decays after data, and seldom all the time.
// https://www.rfc-editor.org/rfc/rfc3208#section-5.1.4
type heartbeat struct {
	ambient time.Time     // when the next ambient SPM is due
	beat    time.Time     // when the next heartbeat is due; the zero time is never
	gap     time.Duration // between the last two heartbeats
	asked   time.Time     // when an SPM that was asked for is due; the zero time is never
	last    time.Time     // when the last SPM was sent
	burst   int           // how many are due at once
	ending  bool          // gap does not grow any more
}

// start makes the first SPMs due.
func (h *heartbeat) start(now time.Time) { h.ambient, h.burst = now.Add(ambient), startSPMs }

// data tells that a packet of data was sent.
func (h *heartbeat) data(now time.Time) { h.gap, h.beat = heartbeatMin, now.Add(heartbeatMin) }

// end tells that the source has said that it ends: it says so again as often as finEvery.
func (h *heartbeat) end(now time.Time) {
	h.ending, h.burst, h.last, h.asked, h.gap = true, 0, now, time.Time{}, finEvery
	h.beat = now.Add(finEvery)
}

// ask tells that a receiver wants an SPM: at once, but not sooner after the last one than heartbeats may follow.
// https://www.rfc-editor.org/rfc/rfc3208#section-13.3
func (h *heartbeat) ask(now time.Time) {
	if !h.asked.IsZero() {
		return
	}
	h.asked = now
	if soon := h.last.Add(heartbeatMin); h.asked.Before(soon) {
		h.asked = soon
	}
}

// due is when the next SPM is.
func (h *heartbeat) due() time.Time {
	if h.burst > 0 {
		return h.ambient.Add(-ambient)
	}
	return soonest(soonest(h.ambient, h.beat), h.asked)
}

// sent tells that an SPM was sent.
func (h *heartbeat) sent(now time.Time) {
	h.last, h.asked, h.ambient = now, time.Time{}, now.Add(ambient)
	if h.burst > 0 {
		h.burst--
		return
	}
	if h.beat.IsZero() || now.Before(h.beat) {
		return
	}
	if !h.ending {
		h.gap *= 2
	}
	h.beat = now.Add(h.gap)
	if h.gap > heartbeatMax {
		h.beat = time.Time{}
	}
}
