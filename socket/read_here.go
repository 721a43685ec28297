package socket

import (
	"context"

	"github.com/weirmq/weir/wire/codec"
)

// readHere reads once from the connection of the only peer, in the receiver's goroutine, if that is to be had: where sends and receives alternate, who waits
// for the next message has the time, and need not be woken for it (codec.Helm). It waits until something has come, w is woken, or ctx ends. It returns false
// where somebody else reads, or w was woken before.
func (s *socket) readHere(ctx context.Context, w *waiter) bool {
	if !s.typ.lockstep {
		return false
	}
	p := s.alone.Load()
	if p == nil {
		return false
	}
	h := p.helm.Load()
	if h == nil {
		return false
	}
	if !h.Take() {
		p.passedBy.Store(true)
		return false
	}
	defer h.Leave()
	l := &s.inbox.waiting
	if !l.waitElsewhere(w, h) {
		return false
	}
	stays := l.rouseAfter(ctx, w)
	if ctx.Err() == nil { // it may have ended before w waited elsewhere: then nobody rouses it any more
		h.Read()
	}
	if !stays {
		w.forget()
	}
	if l.waitHere(w) {
		h.Calm()
	}
	return true
}

// A lendingInlet is that of a socket whose receivers read for themselves.
type lendingInlet struct {
	codec.Inlet
	pipe *pipe
}

var _ codec.Lender = lendingInlet{}

// Lend implements codec.Lender.
func (i lendingInlet) Lend(h *codec.Helm) { i.pipe.helm.Store(h) }

// Awaited implements codec.Lender. Who has several peers does not wait for one of them.
func (i lendingInlet) Awaited() bool {
	return i.pipe.sock.alone.Load() == i.pipe && i.pipe.passedBy.Swap(false)
}

// Offer implements codec.Lender. What is no reply to a REQ is for Deliver to refuse.
func (i lendingInlet) Offer(m Message) bool {
	return (i.pipe.sock.typ != reqType || acceptableReply(m)) && i.pipe.in.TryPush(m) == nil
}
