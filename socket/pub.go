package socket

import (
	"context"
	"slices"

	"github.com/weirmq/weir/mailbox"
)

// pub is PUB: each message goes to the peers that subscribed to a prefix of its first frame. A peer whose queue is full misses it, alone, until the
// queue has drained to its low-water mark.
// https://rfc.zeromq.org/spec/29/#the-pub-socket-type
type pub struct {
	sock   *socket // for the count of subscribers, and whether nothing may be dropped
	topics topicTree[[]*pipe]
	wants  map[*pipe]map[string]struct{} // each peer's topics: a set, so that one CANCEL undoes any number of SUBSCRIBEs, as in libzmq
	turn   uint64                        // number of the last message: marks the pipes it was matched to
	hits   []*[]*pipe                    // the room for a match, used again
}

// newPub makes the pattern of s.
func newPub(s *socket) *pub { return &pub{sock: s, wants: map[*pipe]map[string]struct{}{}} }

// attach adds a peer that has subscribed to nothing.
func (s *pub) attach(p *pipe) { s.wants[p] = map[string]struct{}{} }

// detach forgets a peer and its subscriptions.
func (s *pub) detach(p *pipe) {
	for topic := range s.wants[p] {
		s.unlist(p, topic)
	}
	delete(s.wants, p)
}

// route finds the subscribers that have room. Those that have none are passed over, and their loss counted; or, where nothing may be dropped, the
// message waits for them.
func (s *pub) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	s.turn++
	s.hits = s.topics.match(s.hits[:0], m.Bytes())
	for _, pipes := range s.hits {
		for _, p := range *pipes {
			if p.mark == s.turn {
				continue
			}
			p.mark = s.turn
			switch {
			case p.out.HasRoom():
				dst = append(dst, p)
			case p.out.Closed() != nil:
			case s.sock.opts.nodrop:
				return dst, m, ErrWouldBlock
			default:
				p.out.CountDropped(1, mailbox.ReasonFull)
			}
		}
	}
	return dst, m, nil
}

// routed has nothing to do.
func (s *pub) routed([]*pipe) {}

// arrive takes subscriptions: each frame that begins with 1 or 0 is one, or the end of one. Nothing a subscriber sends is for the application.
func (s *pub) arrive(p *pipe, m Message) bool {
	for _, frame := range m.All() {
		switch {
		case len(frame) == 0:
		case frame[0] == 1:
			s.subscribe(p, string(frame[1:]))
		case frame[0] == 0:
			s.cancel(p, string(frame[1:]))
		}
	}
	return false
}

// subscribe notes that p wants topic.
func (s *pub) subscribe(p *pipe, topic string) {
	if _, ok := s.wants[p][topic]; ok {
		return
	}
	s.wants[p][topic] = struct{}{}
	pipes := s.topics.at(topic)
	*pipes = append(*pipes, p)
	if p.topics++; p.topics == 1 {
		s.sock.topics.add(1)
	}
}

// cancel notes that p does not want topic any more.
func (s *pub) cancel(p *pipe, topic string) {
	if _, ok := s.wants[p][topic]; !ok {
		return
	}
	delete(s.wants[p], topic)
	s.unlist(p, topic)
	if p.topics--; p.topics == 0 {
		s.sock.topics.add(-1)
	}
}

// unlist takes p off the list of a topic.
func (s *pub) unlist(p *pipe, topic string) {
	pipes := s.topics.find(topic)
	*pipes = slices.DeleteFunc(*pipes, func(q *pipe) bool { return q == p })
	if len(*pipes) == 0 {
		s.topics.remove(topic)
	}
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
