package socket

import (
	"context"
	"fmt"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// A hearing is what an XPub has heard from its peers and nobody has received: notifications and messages, of all peers, in the order in which they
// came to pass. It is one queue, since the end of a topic that one peer left must not overtake the beginning that another made. What a peer may have
// in it is bounded by the receive mark: see heard. Guarded by the socket's route lock, but for hall, which is set before the socket is used.
type hearing struct {
	hall *pipe   // stands for the queue in the inbox; its inbound queue has no mark
	from []*pipe // whose each message in the queue is, oldest first
}

// heard is what a peer has in the hearing.
type heard struct {
	unread int      // guarded by the route lock: messages that nobody has received
	room   waitList // its read loop, while unread is at the mark
}

// newHearing makes an empty one, of s.
func newHearing(s *socket) *hearing {
	h := &hearing{hall: &pipe{sock: s, name: "hearing"}}
	h.hall.in = mailbox.New(mailbox.Config[Message]{OnDrop: wire.Drop, OnLoss: s.noise.dropped, OnReady: func() { s.inbox.ready(h.hall) }})
	return h
}

// say puts a message of p's at the end. A socket that closes hears nothing more.
func (h *hearing) say(p *pipe, m Message) {
	if h.hall.in.TryPush(m) != nil {
		wire.Drop(m)
		return
	}
	h.from = append(h.from, p)
	p.heard.unread++
}

// next takes note that the oldest message is received, and returns whose it is.
func (h *hearing) next() *pipe {
	p := h.from[0]
	h.from[0] = nil
	h.from = h.from[1:]
	p.heard.unread--
	p.heard.room.wakeOne()
	return p
}

// listen waits until p may say one thing more: its connection is not read meanwhile. Over inproc nobody waits, and there is no bound.
func (s *socket) listen(ctx context.Context, p *pipe) error {
	if p.heard == nil || s.mayHear(p) {
		return nil
	}
	return p.heard.room.await(ctx, func() (bool, error) { return s.mayHear(p), nil })
}

// mayHear says whether p is below the receive mark, or gone and of no consequence.
func (s *socket) mayHear(p *pipe) bool {
	mark := s.opts().recvHWM
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return mark == 0 || p.heard.unread < mark || !p.attached
}

// xpub is XPUB: PUB whose application hears of subscriptions.
// https://rfc.zeromq.org/spec/29/#the-xpub-socket-type
type xpub struct {
	*pub
	last *pipe // MANUAL: whose notification was received last; nil where it is gone
}

// newXPub makes the pattern of s.
func newXPub(s *socket) *xpub {
	p := newPub(s)
	p.hearing = s.hearing
	return &xpub{pub: p}
}

// attach gives the peer its place in the hearing.
func (s *xpub) attach(p *pipe) {
	p.heard = &heard{}
	s.pub.attach(p)
}

// detach tells the application what topics the peer leaves alone.
func (s *xpub) detach(p *pipe) {
	if s.last == p {
		s.last = nil
	}
	s.pub.detach(p)
	p.heard.room.wakeAll()
}

// mayReceive is always.
func (*xpub) mayReceive() error { return nil }

// accept lets everything through, and remembers whose notification it was.
func (s *xpub) accept(_ *pipe, m Message) (Message, bool) {
	p := s.hearing.next()
	if s.opts.manual && m.Len() == 1 && isSubscription(m.Bytes()) {
		s.last = nil
		if !p.left {
			s.last = p
		}
	}
	return m, true
}

// An XPub is a Pub that receives what its subscribers send (ZMQ_XPUB): a notification is one frame, a 1 and the topic for the first subscription to
// it, a 0 and the topic for the end of the last; when a peer goes there is one for each topic that it leaves alone. Anything else that a subscriber
// sends is received as it is. Once a peer has RecvHWM messages that nobody has received, its connection is not read, and so its subscriptions take no
// effect. What all peers together have said, and what those said that have gone, has no bound, since no notification may be lost: an application that
// does not receive them is better off with a Pub. Safe for concurrent use.
type XPub struct {
	base
	sending
	receiving
}

// NewXPub makes an XPub.
func NewXPub(rt *Runtime, opts ...Option) (*XPub, error) {
	s, err := newSocket(rt, xpubType, opts)
	if err != nil {
		return nil, err
	}
	return &XPub{base{s}, sending{s}, receiving{s}}, nil
}

// WaitSubscribers waits until at least n peers have a subscription. It is the barrier before the first Send, in place of a sleep.
func (s *XPub) WaitSubscribers(ctx context.Context, n int) error {
	return s.base.s.topics.wait(ctx, n)
}

// Subscribe subscribes the peer whose notification was received last to prefix. Where that peer is gone nothing happens. Without XPubManual it
// returns ErrBadOption. (ZMQ_SUBSCRIBE)
func (s *XPub) Subscribe(prefix string) error {
	return s.apply(func(x *xpub) { x.subscribe(x.last, prefix) })
}

// Unsubscribe takes back a Subscribe, of the peer whose notification was received last. Without XPubManual it returns ErrBadOption. (ZMQ_UNSUBSCRIBE)
func (s *XPub) Unsubscribe(prefix string) error {
	return s.apply(func(x *xpub) { x.cancel(x.last, prefix) })
}

// apply changes the subscriptions of the peer whose notification was received last. It may be the one that a sender waits for, where nothing may be
// dropped: they look again.
func (s *XPub) apply(f func(*xpub)) error {
	if !s.base.s.opts().manual {
		return fmt.Errorf("%w: Subscribe and Unsubscribe of an XPUB want XPubManual(true)", ErrBadOption)
	}
	r := &s.base.s.route
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed != nil {
		return r.closed
	}
	if x := r.pattern.(*xpub); x.last != nil {
		f(x)
		s.base.s.wakeSenders()
	}
	return nil
}
