package socket

import (
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// xsub is XSUB: a SUB whose application sends its subscriptions as messages, and filters nothing. What else it sends goes to all its peers.
// https://rfc.zeromq.org/spec/29/#the-xsub-socket-type
type xsub struct {
	*sub
	opts *options // set by configure
}

// newXSub makes the pattern.
func newXSub() *xsub { return &xsub{sub: &sub{}} }

// configure takes over what its options say.
func (s *xsub) configure(o *options) { s.opts = o }

// route carries out the subscriptions in m at once, and queues the rest for each peer that is up: nothing is left to push, and so nothing is ever
// routed twice.
func (s *xsub) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	topics, rest := cutSubscriptions(m, s.opts.onlyFirst)
	for _, t := range topics {
		topic := string(t[1:])
		switch {
		case t[0] == 1:
			s.subscribe(topic)
		case !s.unsubscribe(topic) && s.opts.verboseUnsubscribe:
			s.tell(0, topic)
		}
	}
	if len(topics) == 0 {
		s.upstream(m)
	} else if len(rest) > 0 {
		s.upstream(wire.Reframe(m, rest...))
	}
	return dst, m, nil
}

// upstream queues a message for all peers. One that has as many as the mark allows, or as many bytes, misses it: an XSUB never waits. Its queues
// themselves have no mark, so that no subscription is lost.
func (s *xsub) upstream(m Message) {
	mark, bytes := s.opts.sendHWM, s.opts.sendHWMBytes
	for _, p := range s.pipes {
		if mark > 0 && p.out.Len() >= mark || bytes > 0 && p.out.Held() >= bytes {
			p.out.CountDropped(1, mailbox.ReasonFull)
			continue
		}
		if one := wire.Share(m); p.out.TryPush(one) != nil {
			wire.Drop(one) // a closed pipe is on its way out
		}
	}
}

// routed has nothing to do.
func (*xsub) routed([]*pipe) {}

// everything is what an XSUB's application wants, so that wants, which is SUB's, is never asked.
func (*xsub) everything() bool { return true }

// An XSub receives what its peers send, and sends them its subscriptions as messages: each frame that begins with 1 subscribes to the topic behind
// it, each that begins with 0 takes that back (ZMQ_XSUB). Subscriptions are counted, and hold for peers to come and through reconnects, as a Sub's;
// messages are not filtered. Anything else that is sent goes to the publishers that are connected; Send never waits: a publisher with SendHWM
// messages in its queue misses it, and that is counted. Safe for concurrent use.
type XSub struct {
	base
	sending
	receiving
}

// NewXSub makes an XSub.
func NewXSub(rt *Runtime, opts ...Option) (*XSub, error) {
	s, err := newSocket(rt, xsubType, opts)
	if err != nil {
		return nil, err
	}
	return &XSub{base{s}, sending{s}, receiving{s}}, nil
}

// Subscribe sends the subscription to prefix, any bytes: the message of one frame that is a 1 and prefix. Subscriptions to the same prefix are counted.
func (s *XSub) Subscribe(prefix string) error { return s.TrySend(subscription(1, prefix)) }

// Unsubscribe takes back one Subscribe of the same prefix: it sends a 0 and prefix.
func (s *XSub) Unsubscribe(prefix string) error { return s.TrySend(subscription(0, prefix)) }
