package socket

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// A Row is one row of the table of socket types, as tests outside the package see it.
type Row struct {
	Name                  string   // as READY spells it
	Peers                 []string // the types it talks to
	Sends, Receives       bool     // which directions its applications have
	Publisher, Subscriber bool     // which side of a subscription it is
	Hears                 bool     // a publisher that receives notifications
	Single                bool     // one peer at a time
	Blocks                bool     // it waits at the mark
	Enveloped             bool     // it puts an envelope round what it sends, and takes one off what it receives
	Addresses             bool     // the first frame of what it sends and receives names the peer
	Raw                   bool     // its peers do not speak ZMTP
}

// Rows returns the table of socket types.
func Rows() []Row {
	var rows []Row
	for _, t := range types {
		rows = append(rows, Row{
			Name: t.name, Peers: slices.Clone(t.peers), Sends: t.sends, Receives: t.receives, Publisher: t.publisher, Subscriber: t.subscriber,
			Blocks: t.overflow == overflowBlock, Enveloped: t == reqType || t == repType, Addresses: t.addresses, Single: t.single, Hears: t.hears, Raw: t.raw,
		})
	}
	return rows
}

// Any is a socket of any type, with the methods of all types: the conformance suite takes types from the table, not from their constructors. A
// method that the type does not have must not be called.
type Any struct {
	base
	sending
	receiving
}

// Open makes a socket of the type of that name.
func Open(rt *Runtime, name string, opts ...Option) (*Any, error) {
	i := slices.IndexFunc(types, func(t *socketType) bool { return t.name == name })
	s, err := newSocket(rt, types[i], opts)
	if err != nil {
		return nil, err
	}
	return &Any{base{s}, sending{s}, receiving{s}}, nil
}

// Subscribe is Sub's.
func (a *Any) Subscribe(prefix string) error {
	if a.base.s.typ == xsubType {
		return (&XSub{a.base, a.sending, a.receiving}).Subscribe(prefix)
	}
	return (&Sub{a.base, a.receiving}).Subscribe(prefix)
}

// WaitSubscribers is Pub's.
func (a *Any) WaitSubscribers(ctx context.Context, n int) error {
	return (&Pub{a.base, a.sending}).WaitSubscribers(ctx, n)
}

// Settle returns when the socket's actor has handled all it was told before.
func (b base) Settle(ctx context.Context) error { return b.Set(ctx) }

// Marks returns the marks of each peer's queues, outbound and inbound; -1 for one that is not there.
func (b base) Marks() (marks [][2]int) {
	book := &b.s.stats
	book.mu.Lock()
	defer book.mu.Unlock()
	for _, p := range book.pipes {
		both := [2]int{-1, -1}
		for i, q := range []*queue{p.out, p.in} {
			if q != nil {
				both[i] = q.Mark()
			}
		}
		marks = append(marks, both)
	}
	return marks
}

// WaitAtMost waits until no more than n peers are connected.
func (b base) WaitAtMost(ctx context.Context, n int) error {
	g := &b.s.peers
	for {
		g.mu.Lock()
		if g.n <= n {
			g.mu.Unlock()
			return nil
		}
		if g.changed == nil {
			g.changed = make(chan struct{})
		}
		c := g.changed
		g.mu.Unlock()
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WaitQueued waits until n messages are there to be received, of a socket that was found empty and that nobody else receives from.
func (b base) WaitQueued(ctx context.Context, n uint64) error {
	return b.s.inbox.waiting.await(ctx, func() (bool, error) { return b.Stats().In.Queued >= n, nil })
}

// WaitTopic waits until exactly n peers are subscribed to topic itself.
func (p *Pub) WaitTopic(ctx context.Context, topic string, n int) error {
	s := p.base.s
	return s.room.await(ctx, func() (bool, error) {
		s.route.mu.Lock()
		defer s.route.mu.Unlock()
		peers := 0
		if _, a := s.route.pattern.(*pub).topics.find(topic); a != nil {
			peers = len(a.pipes())
		}
		return peers == n, nil
	})
}

// WaitDrained waits until nothing is queued for any peer. Meanwhile the marks are 1: a queue that runs empty then tells of its room.
func (b base) WaitDrained(ctx context.Context) error {
	b.s.stats.mu.Lock()
	pipes := slices.Clone(b.s.stats.pipes)
	b.s.stats.mu.Unlock()
	for _, p := range pipes {
		mark := p.out.Mark()
		p.out.SetMark(1)
		if err := b.s.room.await(ctx, func() (bool, error) { return p.out.Len() == 0, nil }); err != nil {
			return err
		}
		p.out.SetMark(mark)
	}
	return nil
}

// ShutdownGrace changes how long Shutdown waits for what should be quick.
func ShutdownGrace(d time.Duration) RuntimeOption {
	return func(o *runtimeOptions) error {
		o.grace = d
		return nil
	}
}

// EventRoom is how many events wait for one loop, LastEvent the last kind there is.
const (
	EventRoom = eventRoom
	LastEvent = EventKind(len(eventNames) - 1)
)

// Listeners is how many listen to the events of rt.
func Listeners(rt *Runtime) int { return int(rt.events.listeners.Load()) }

// NoiseBurst is how many events of a kind that could flood are told in a second.
const NoiseBurst = noiseBurst

// Noisy says whether s has anything to tell that could flood.
func Noisy(s Socket) bool {
	n := &s.common().noise
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.any || n.rung.Load() || n.losing.Load()
}

// PushTooLate has pub send n messages to all its peers, while the queue of gone is closed after the decision and before the push: the moment that a peer
// which goes may hit, and that a test cannot wait for.
func PushTooLate(publisher *Pub, gone *Sub, n int) {
	s, other := publisher.base.s, gone.base.s
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	dst := slices.Clone(s.route.pattern.(*pub).pipes)
	for _, p := range dst {
		if o := p.other.Load(); o != nil && o.sock == other {
			p.out.Close(ErrClosed)
		}
	}
	for range n {
		s.pushLocked(dst, NewMessage("late"))
	}
}

// Break makes an actor of s panic: for an even n the socket's own, for an odd one that of a connection, where there is any.
func (b base) Break(n int) error {
	s := b.s
	s.stats.mu.Lock()
	pipes := slices.Clone(s.stats.pipes)
	s.stats.mu.Unlock()
	if n%2 == 0 {
		return ignoreStopped(actortest.Panic(s.ref, errBroken))
	}
	if len(pipes) == 0 {
		return nil
	}
	p := pipes[n%len(pipes)]
	if p.link == nil || p.link.codec.Load() == nil {
		return nil // inproc has no connections
	}
	return ignoreStopped(actortest.Panic(*p.link.codec.Load(), errBroken))
}

// errBroken is what Break has actors panic with.
var errBroken = errors.New("broken by the test")

// ignoreStopped is err, unless it says that the actor has stopped.
func ignoreStopped(err error) error {
	if errors.Is(err, actor.ErrStopped) {
		return nil
	}
	return err
}

// ClosedSockets is how many sockets of rt have closed and are still on its books one by one.
func ClosedSockets(rt *Runtime) int {
	rt.books.mu.Lock()
	defer rt.books.mu.Unlock()
	return len(rt.books.closed)
}

// TopicSteps makes a tree of so many topics, and returns what counts the steps that the search for those that match a body takes.
func TopicSteps(total int, topic func(i int) string) func(body string) int {
	var tree topicTree[struct{}]
	for i := range total {
		tree.at(topic(i))
	}
	return func(body string) (steps int) {
		_, steps = tree.search(nil, []byte(body), -1)
		return steps
	}
}
