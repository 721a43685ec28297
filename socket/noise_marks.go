package socket

import (
	"sync/atomic"

	"github.com/weirmq/weir/mailbox"
)

// A Direction is one of the two queues of a peer.
type Direction uint8

// The two.
const (
	// Outbound is what is sent to the peer.
	Outbound Direction = iota + 1
	// Inbound is what the peer has sent.
	Inbound
)

// String returns "out" or "in".
func (d Direction) String() string {
	switch d {
	case Outbound:
		return "out"
	case Inbound:
		return "in"
	default:
		return ""
	}
}

// A markWatch sees a queue reach its mark and leave it. The zero value is of a queue below it. Safe for concurrent use.
type markWatch struct {
	above   atomic.Bool
	reached atomic.Uint64 // how often

	// Owned by the actor of the socket that sends.
	stood uint64 // what reached was at the last look, where the queue was shut
	told  uint64 // what reached was when its peer was said to be slow
}

// reach notes that q was shut, and says whether that is news. Whoever opens it may be quicker: then both is news.
func (w *markWatch) reach(q *queue) (reached, left bool) {
	if !w.above.CompareAndSwap(false, true) {
		return false, false
	}
	w.reached.Add(1)
	return true, q.HasRoom() && w.leave()
}

// leave notes that the queue is open, and says whether that is news.
func (w *markWatch) leave() bool { return w.above.Load() && w.above.CompareAndSwap(true, false) }

// stands says whether a queue has been shut since the last look, without a pause, and that was not said before.
func (w *markWatch) stands(q *queue) bool {
	now := w.reached.Load()
	if q.HasRoom() || q.Closed() != nil || !w.above.Load() {
		w.stood = 0
		return false
	}
	before := w.stood
	w.stood = now
	if before != now || w.told == now {
		return false
	}
	w.told = now
	return true
}

// watchOut makes the queue by which p sends tell of its mark and of what it drops. room is what to do besides where there is room.
func (p *pipe) watchOut(cfg *mailbox.Config[Message], room func()) {
	w := &markWatch{}
	p.outWatch = w
	cfg.OnFull = func() { p.atMark(w, p.out, Outbound) }
	cfg.OnRoom = func() {
		if w.leave() {
			p.sayMark(EventMarkLeft, Outbound)
		}
		if room != nil {
			room()
		}
	}
	cfg.OnLoss = p.lossy
}

// watchIn is watchOut of the queue of what p's peer sends. Over inproc it is the other side that sends into it, and tells.
func (p *pipe) watchIn(cfg *mailbox.Config[Message], room func()) {
	w := &markWatch{}
	p.inWatch = w
	cfg.OnFull = func() { p.atMark(w, p.in, Inbound) }
	cfg.OnRoom = func() {
		if w.leave() {
			p.sayMark(EventMarkLeft, Inbound)
		}
		if room != nil {
			room()
		}
	}
	cfg.OnLoss = p.lossy
}

// lossy says that a queue of p dropped something. Over inproc it is the other side's queue too.
func (p *pipe) lossy() {
	p.sock.noise.dropped()
	if o := p.other.Load(); o != nil {
		o.sock.noise.dropped()
	}
}

// atMark notes that q is shut.
func (p *pipe) atMark(w *markWatch, q *queue, d Direction) {
	reached, left := w.reach(q)
	if reached {
		p.sayMark(EventMarkReached, d)
	}
	if left {
		p.sayMark(EventMarkLeft, d)
	}
}

// sayMark says that a queue of p is at its mark, or has left it: to whoever sends into it, where that is a socket of this runtime.
func (p *pipe) sayMark(kind EventKind, d Direction) {
	if !p.sock.noise.heard() {
		return
	}
	if o := p.other.Load(); o != nil && d == Inbound {
		o.sock.noise.say(Event{Kind: kind, Endpoint: o.text, Direction: Outbound, Identity: string(p.endpoint.opts.routingID), Attempt: 1})
		return
	}
	e := p.event(kind)
	e.Direction = d
	p.sock.noise.say(e)
}

// tellSlow tells of peers that take less than they are sent, and says whether it has to look again.
func (s *socketActor) tellSlow() (more bool) {
	for _, p := range s.control.pipes {
		w := p.outWatch
		if w == nil || p.out == nil || !w.above.Load() {
			continue
		}
		if p.out.HasRoom() && w.leave() { // whoever opened it was quicker than who shut it
			p.sayMark(EventMarkLeft, Outbound)
			continue
		}
		more = more || w.told != w.reached.Load()
		if w.stands(p.out) && s.noise.allows(EventSlowPeer, nil) {
			e := p.event(EventSlowPeer)
			e.Direction, e.Count = Outbound, uint64(p.out.Len())
			s.publish(e)
		}
	}
	return more
}
