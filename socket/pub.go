package socket

import (
	"context"
	"slices"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// pub is PUB: each message goes to the peers that subscribed to a prefix of its first frame. A peer whose queue is full misses it, alone, until the
// queue has drained to its low-water mark.
// https://rfc.zeromq.org/spec/29/#the-pub-socket-type
type pub struct {
	sock   *socket  // for the count of subscribers
	opts   *options // set by configure
	topics topicTree[audience]
	asked  map[*pipe]map[string]struct{} // MANUAL: each peer's own topics; nil otherwise
	pipes  []*pipe                       // all peers: for inverted matching
	turn   uint64                        // number of the last message: marks the pipes it was matched to
	hits   []*audience                   // the room for a match, used again until there are no topics

	leaving []departure // peers that have gone, oldest first
	hearing *hearing    // what an XPUB's application is told; nil for PUB
}

// newPub makes the pattern of s.
func newPub(s *socket) *pub { return &pub{sock: s} }

// configure takes over what its options say.
func (s *pub) configure(o *options) { s.opts = o }

// attach adds a peer that has subscribed to nothing, and welcomes it.
func (s *pub) attach(p *pipe) {
	p.wants = map[topicNumber]uint32{}
	s.pipes = append(s.pipes, p)
	if w := s.opts.welcome; len(w) > 0 {
		_ = p.out.TryPush(messageOf(slices.Clone(w))) // it is the first in the queue; a closed one is on its way out
	}
}

// detach forgets a peer, and its subscriptions as far as one run goes.
func (s *pub) detach(p *pipe) {
	d := departure{pipe: p}
	if s.opts.manual {
		d.asked = s.asked[p]
	}
	delete(s.asked, p)
	s.pipes = slices.DeleteFunc(s.pipes, func(q *pipe) bool { return q == p })
	p.left = true
	s.leaving = append(s.leaving, d)
	s.sweep()
}

// tell lets an XPUB's application know of a subscription that p sent, and who that is.
func (s *pub) tell(p *pipe, first byte, topic string) {
	s.say(p, subscription(first, topic).WithProperties(p.properties()))
}

// say lets an XPUB's application have a message. As in libzmq, one about a peer that has gone comes without its properties.
func (s *pub) say(p *pipe, m Message) {
	if s.hearing != nil && !p.multicast() {
		s.hearing.say(p, m)
	}
}

// route finds the subscribers that have room. Those that have none are passed over, and their loss counted; or, where nothing may be dropped, the
// message waits for them.
func (s *pub) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	s.hits = s.topics.match(s.hits[:0], m.Bytes())
	s.turn++
	for _, a := range s.hits {
		for _, p := range a.pipes() {
			if p.mark == s.turn || p.left {
				continue
			}
			p.mark = s.turn
			if s.opts.invert {
				continue
			}
			var wait bool
			if dst, wait = s.offer(dst, p); wait {
				return dst, m, ErrWouldBlock
			}
		}
	}
	if !s.opts.invert {
		return dst, m, nil
	}
	for _, p := range s.pipes {
		var wait bool
		if p.mark == s.turn {
			continue
		}
		if dst, wait = s.offer(dst, p); wait {
			return dst, m, ErrWouldBlock
		}
	}
	return dst, m, nil
}

// offer adds p to dst where it has room. Where it has none it counts the loss; or it says that the message must wait.
func (s *pub) offer(dst []*pipe, p *pipe) (_ []*pipe, wait bool) {
	switch {
	case p.out.HasRoom():
		return append(dst, p), false
	case p.gone():
	case s.opts.nodrop:
		return dst, true
	default:
		p.out.CountDropped(1, mailbox.ReasonFull)
	}
	return dst, false
}

// routed has nothing to do.
func (s *pub) routed([]*pipe) {}

// arrive takes subscriptions: each frame that begins with 1 or 0 is one, or the end of one. Anything else is for an XPUB's application.
func (s *pub) arrive(p *pipe, m Message) bool {
	topics, rest := cutSubscriptions(m, s.opts.onlyFirst)
	for _, t := range topics {
		switch {
		case s.opts.manual:
			s.ask(p, t[0], string(t[1:]))
		case t[0] == 1:
			if s.subscribe(p, string(t[1:])) || s.opts.verboseSubs {
				s.tell(p, 1, string(t[1:]))
			}
		default:
			if !s.cancel(p, string(t[1:])) || s.opts.verboseUnsubs {
				s.tell(p, 0, string(t[1:]))
			}
		}
	}
	switch {
	case len(rest) == 0:
		wire.Drop(m)
	case s.hearing != nil:
		s.hearing.say(p, wire.Reframe(m, rest...))
	default:
		wire.Drop(m)
		s.sock.countUnwanted(p, 1)
	}
	return false
}

// isSubscription says whether a frame is a subscription or the end of one.
func isSubscription(frame []byte) bool { return len(frame) > 0 && frame[0] <= 1 }

// cutSubscriptions sorts the frames of what goes upstream into subscriptions and the rest. Where onlyFirst is set a message whose first frame is none
// has none.
func cutSubscriptions(m Message, onlyFirst bool) (topics, rest [][]byte) {
	for i, frame := range m.All() {
		if isSubscription(frame) && (i == 0 || !onlyFirst || len(topics) > 0) {
			topics = append(topics, frame)
		} else {
			rest = append(rest, frame)
		}
	}
	return topics, rest
}

// ask notes what p asked for, and lets the application decide.
func (s *pub) ask(p *pipe, first byte, topic string) {
	if s.asked == nil {
		s.asked = map[*pipe]map[string]struct{}{}
	}
	if s.asked[p] == nil {
		s.asked[p] = map[string]struct{}{}
	}
	if first == 1 {
		s.asked[p][topic] = struct{}{}
	} else {
		delete(s.asked[p], topic)
	}
	s.tell(p, first, topic)
}

// subscribe notes that p wants topic, and says whether it is the first to.
func (s *pub) subscribe(p *pipe, topic string) (first bool) {
	n, a := s.topics.at(topic)
	if _, ok := p.wants[n]; ok {
		return false
	}
	p.wants[n] = a.add(p)
	s.hear(EventSubscribed, p, topic)
	if p.topics++; p.topics == 1 {
		s.sock.topics.add(1)
	}
	return len(a.pipes()) == 1
}

// cancel notes that p does not want topic any more, and says whether others still do. Where p did not want it, it says no, as libzmq does.
func (s *pub) cancel(p *pipe, topic string) (others bool) {
	n, a := s.topics.find(topic)
	if a == nil {
		return false
	}
	if _, ok := p.wants[n]; !ok {
		return false
	}
	s.hear(EventUnsubscribed, p, topic)
	if p.topics--; p.topics == 0 {
		s.sock.topics.add(-1)
	}
	left, _ := s.unlist(p, n)
	return left > 0
}

// hear says that a peer has subscribed, or has ended a subscription. A group has not: it is sent everything.
func (s *pub) hear(kind EventKind, p *pipe, topic string) {
	if !s.sock.noise.heard() || p.multicast() {
		return
	}
	e := p.event(kind)
	e.Topic = topic
	s.sock.noise.say(e)
}

// unlist takes p off the list of a topic, and says how many are left on it, and how many bytes the tree of topics copied.
func (s *pub) unlist(p *pipe, n topicNumber) (left, copied int) {
	a := s.topics.value(n)
	if moved := a.remove(p.wants[n]); moved != nil {
		moved.wants[n] = p.wants[n]
	}
	delete(p.wants, n)
	if left = len(a.pipes()); left == 0 {
		copied = s.topics.remove(n)
	}
	if s.topics.nodes.none() {
		s.hits = nil // it led to nodes
	}
	return left, copied
}

// A Pub sends each message to the peers that subscribed to a prefix of its first frame (ZMQ_PUB). It never waits (but see XPubNoDrop): a message for
// a peer whose queue is full is dropped for that peer, and counted; one that nobody wants goes nowhere. Safe for concurrent use.
type Pub struct {
	base
	sending
}

// NewPub makes a Pub.
func NewPub(rt *Runtime, opts ...Option) (*Pub, error) {
	s, err := newSocket(rt, pubType, opts)
	if err != nil {
		return nil, err
	}
	return &Pub{base{s}, sending{s}}, nil
}

// WaitSubscribers waits until at least n peers have a subscription. It is the barrier before the first Send, in place of a sleep.
func (s *Pub) WaitSubscribers(ctx context.Context, n int) error { return s.base.s.topics.wait(ctx, n) }
