package socket

import (
	"context"
	"slices"
	"sync"

	"github.com/weirmq/weir/wire/codec"
)

// Notices are what a socket's application hears of a connection that comes or goes, in the queue of its peer, in order with the peer's messages: so a
// notice of the end comes when all before it was received. They bypass the mark: what they tell may not be lost. But a peer that comes and goes, and
// comes and goes, while nobody receives must not fill the memory. So where the queue is shut, and a notice is the last in it, another is put down
// here in its place: if it says the same there is nothing new to tell, and if not it is owed, until the next one takes it back. What is owed goes
// into the queue when that opens, or before the next message, or at the end of the pipe, whichever is first. So a queue has two messages beyond its
// mark at most.

// A notice is one of the messages that are this side's own.
type notice uint8

const (
	noNotice notice = iota
	// noticedUp and noticedDown are the empty frames of RouterNotify and StreamNotify.
	noticedUp
	noticedDown
	// noticedEnd is a HiccupMsg or a DisconnectMsg.
	noticedEnd
)

// A noticeBook says what the application of a pipe with notices is told. The zero value has told nothing.
type noticeBook struct {
	mu   sync.Mutex
	last notice // guarded by mu: the last message in the inbound queue, where that is a notice
	owed notice // guarded by mu: the one that would come behind it; of an accepted connection none, since it comes and goes once
}

// notice puts a message of this side's own behind what p's peer has sent, or notes it down.
func (p *pipe) notice(n notice) {
	b := &p.notices
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case p.endpoint.bound || b.last == noNotice || p.in.HasRoom():
		p.flushLocked()
		p.tellLocked(n)
	case b.last == n:
		b.owed = noNotice
	default:
		b.owed = n
		if p.in.HasRoom() { // it has opened meanwhile, and whoever opened it may have found nothing here
			p.flushLocked()
		}
	}
}

// tellLocked puts a notice into the queue.
func (p *pipe) tellLocked(n notice) {
	_ = p.in.Force(p.endpoint.word(n).WithProperties(p.properties())) // a queue that is closed has no reader
	p.notices.last = n
}

// word is a notice as a message.
func (e *Endpoint) word(n notice) Message {
	switch {
	case n == noticedUp:
		return upNotice
	case n == noticedDown:
		return downNotice
	case e.bound:
		return messageOf(slices.Clone(e.opts.disconnectMsg))
	default:
		return messageOf(slices.Clone(e.opts.hiccupMsg))
	}
}

// flushLocked puts what is owed into the queue.
func (p *pipe) flushLocked() {
	if n := p.notices.owed; n != noNotice {
		p.notices.owed = noNotice
		p.tellLocked(n)
	}
}

// flushNotices puts what is owed into the queue. It is the hook of p's inbound queue that has opened.
func (p *pipe) flushNotices() {
	p.notices.mu.Lock()
	p.flushLocked()
	p.notices.mu.Unlock()
}

// A noticedInlet keeps the notices of a pipe in order with its messages.
type noticedInlet struct {
	pipe *pipe
	next codec.Inlet
}

// Deliver tells what is owed before it delivers.
func (i noticedInlet) Deliver(ctx context.Context, msgs []Message) (int, error) {
	i.pipe.flushNotices()
	n, err := i.next.Deliver(ctx, msgs)
	if n > 0 {
		i.pipe.notices.mu.Lock()
		i.pipe.notices.last = noNotice
		i.pipe.notices.mu.Unlock()
	}
	return n, err
}

// hasNotices says whether its application hears of the connections of a dialed endpoint. Accepted ones come and go once.
func (e *Endpoint) hasNotices() bool {
	o := e.opts
	return !e.bound && (o.raw && o.streamNotify || o.routerNotify != 0 || len(o.hiccupMsg) > 0)
}

// noticeUp says that p's connection is there, before anything that its peer sends.
func (s *socket) noticeUp(p *pipe) {
	if o := p.endpoint.opts; o.raw && o.streamNotify || !o.raw && o.routerNotify&NotifyConnect != 0 {
		p.notice(noticedUp)
	}
}

// noticeDown says that p's connection is gone, behind everything that its peer has sent. An end that this side has made needs no notice.
func (s *socket) noticeDown(p *pipe) {
	if !s.isAttached(p) {
		return
	}
	o := p.endpoint.opts
	if o.raw && o.streamNotify || !o.raw && o.routerNotify&NotifyDisconnect != 0 {
		p.notice(noticedDown)
	}
	last := o.hiccupMsg
	if p.endpoint.bound {
		last = o.disconnectMsg
	}
	if len(last) > 0 {
		p.notice(noticedEnd)
	}
}

// hello puts the first message into the outbound queue of an inproc pipe, which nobody else has touched yet.
func (e *Endpoint) hello(p *pipe) {
	if body := e.opts.helloMsg; len(body) > 0 {
		_ = p.out.Force(messageOf(slices.Clone(body))) // a queue that is closed already needs none
		p.own++
	}
}

// goodbye puts the last message into the outbound queue of a connected inproc pipe that ends: what the bound side wants to hear then.
func (s *socket) goodbye(p *pipe) {
	if p.link != nil || p.endpoint.bound || p.out == nil || p.closing {
		return
	}
	s.rt.inproc.mu.Lock()
	twin := p.twin
	s.rt.inproc.mu.Unlock()
	if twin == nil {
		return
	}
	if body := twin.endpoint.opts.disconnectMsg; len(body) > 0 { // the last, whoever is sending this moment; a queue that is closed has said all
		_ = p.out.ForceLast(messageOf(slices.Clone(body)), ErrClosed)
	}
}

// isAttached says whether the pattern knows p.
func (s *socket) isAttached(p *pipe) bool {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return p.attached
}

// idOf is the routing id that the pattern has given to p.
func (s *socket) idOf(p *pipe) string {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return p.routingID
}
