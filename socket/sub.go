package socket

import (
	"slices"
	"sync/atomic"
)

// sub is SUB: it receives from all its peers in turn what it subscribed to. Subscriptions are counted: as many Unsubscribes undo them. Upstream goes
// each Subscribe, and the Unsubscribe that drops the count to 0; each new connection begins with all topics, once each.
// https://rfc.zeromq.org/spec/29/#the-sub-socket-type
type sub struct {
	pipes  []*pipe        // the peers whose connection is up: the others will be greeted
	invert bool           // receive what no subscription matches; set by configure
	all    atomic.Bool    // everything is known to be wanted: written by settle, read by receivers without the route lock
	topics topicTree[int] // how many times each topic is subscribed to
}

// configure takes over what its options say.
func (s *sub) configure(o *options) {
	s.invert = o.invert
	s.settle()
}

// attach waits for the greeting.
func (s *sub) attach(*pipe) {}

// detach forgets a peer.
func (s *sub) detach(p *pipe) { s.part(p) }

// greet tells a new connection all topics.
func (s *sub) greet(p *pipe) {
	s.topics.each(func(topic string, _ *int) { _ = p.out.TryPush(subscription(1, topic)) }) // there is no mark; a closed pipe is on its way out
	s.pipes = append(s.pipes, p)
}

// part forgets a peer whose connection is gone.
func (s *sub) part(p *pipe) {
	s.pipes = slices.DeleteFunc(s.pipes, func(q *pipe) bool { return q == p })
}

// subscription is what goes upstream; the codec makes a command of it where the peer speaks ZMTP 3.1.
func subscription(first byte, topic string) Message {
	body := make([]byte, 0, 1+len(topic))
	return messageOf(append(append(body, first), topic...))
}

// tell sends a subscription to all peers that are up.
func (s *sub) tell(first byte, topic string) {
	for _, p := range s.pipes {
		_ = p.out.TryPush(subscription(first, topic)) // as in greet
	}
}

// subscribe counts topic once more.
func (s *sub) subscribe(topic string) {
	_, times := s.topics.at(topic)
	*times++
	s.settle()
	s.tell(1, topic)
}

// unsubscribe counts topic once less, and says whether that was the last and the peers were told. One that is not there is no error, as in libzmq.
func (s *sub) unsubscribe(topic string) bool {
	n, times := s.topics.find(topic)
	if times == nil {
		return false
	}
	if *times--; *times > 0 {
		return false
	}
	s.topics.remove(n)
	s.settle()
	s.tell(0, topic)
	return true
}

// everything says that all messages are wanted; where it does not, wants is asked about each.
func (s *sub) everything() bool { return s.all.Load() }

// wants says whether a subscription matches m: a publisher may send more, when an Unsubscribe crosses a message on its way.
func (s *sub) wants(m Message) bool { return s.topics.matches(m.Bytes()) != s.invert }

// settle notes whether everything is wanted.
func (s *sub) settle() {
	_, everything := s.topics.find("")
	s.all.Store(everything != nil && !s.invert)
}

// A Sub receives what it subscribed to from all its peers, one whole message each in turn (ZMQ_SUB). It begins with no subscription, and then
// receives nothing. Safe for concurrent use.
type Sub struct {
	base
	receiving
}

// NewSub makes a Sub.
func NewSub(rt *Runtime, opts ...Option) (*Sub, error) {
	s, err := newSocket(rt, subType, opts)
	if err != nil {
		return nil, err
	}
	return &Sub{base{s}, receiving{s}}, nil
}

// Subscribe asks for the messages whose first frame begins with prefix, any bytes; an empty prefix asks for all. It holds for all peers, those to
// come too, and through reconnects. It never waits: where a publisher does not read, each call is queued for it. (ZMQ_SUBSCRIBE)
func (s *Sub) Subscribe(prefix string) error {
	return s.change(func(p *sub) { p.subscribe(prefix) })
}

// Unsubscribe takes back one Subscribe of the same prefix. (ZMQ_UNSUBSCRIBE)
func (s *Sub) Unsubscribe(prefix string) error {
	return s.change(func(p *sub) { p.unsubscribe(prefix) })
}

// change applies f to the subscriptions.
func (s *Sub) change(f func(*sub)) error {
	r := &s.base.s.route
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed != nil {
		return r.closed
	}
	f(r.pattern.(*sub))
	return nil
}
