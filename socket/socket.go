package socket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// A socket is what all types have in common: the state on the data path, which callers share under its two locks, and the state of the control
// path, which its actor owns. Both outlive the incarnations of the actor.
type socket struct {
	// Set by newSocket, then read-only.
	rt   *Runtime
	typ  *socketType
	name string // in the tree: "3-push"
	ref  actor.Ref[socketMessage]
	over chan struct{} // closed when the socket begins to close: the pumps of channels end

	// What the pattern can do, as interfaces; nil where it can not. Set by newSocket; called under the route lock, but for filter.everything.
	arriver    arriver
	direct     direct
	acceptor   acceptor
	filter     filter
	holder     holder
	greeter    greeter
	chooser    chooser
	configurer configurer

	// route is the sending side.
	route struct {
		mu      sync.Mutex // the route lock: held for one decision and one try-push
		pattern pattern    // guarded by mu
		router  router     // set by newSocket, its methods guarded by mu; nil where the type does not send
		closed  error      // guarded by mu: nil while open
		dst     []*pipe    // guarded by mu: the room for a decision, used again
		toSweep bool       // guarded by mu: a sweepTopics is on its way to the socket actor
	}
	sole  atomic.Pointer[pipe] // of a direct router: the only pipe of an open socket; nil otherwise. Written under the route lock, read by senders
	alone atomic.Pointer[pipe] // of a socket that sends and receives in lockstep: its only pipe; nil otherwise. Written under the route lock, read by receivers
	room  waitList             // senders
	inbox inbox                // the receiving side

	monitoring chan struct{}           // room for one: held while a monitor is started or stopped
	monitor    atomic.Pointer[monitor] // the present or last one; nil before the first

	calling chan struct{} // of a Req: holds one element while one of the goroutines in Do receives for all
	hearing *hearing      // of an XPUB, what it receives; nil otherwise; set by newSocket

	peers  gauge         // pipes whose handshake is done
	topics gauge         // of a publisher: pipes with at least one subscription
	lent   atomic.Uint64 // number of the last pipe, for names

	// Atomic: the options as they are. What it points to never changes: written by newSocket and, under the route lock, by the actor.
	current atomic.Pointer[options]

	stats statsBook
	noise noise

	last atomic.Pointer[string] // what LastEndpoint returns; written by Bind and Connect

	control socketControl // owned by the actor
}

// socketControl is what the socket actor owns: it outlives the actor's incarnations.
type socketControl struct {
	endpoints []*Endpoint
	pipes     []*pipe
	closing   bool
	linger    time.Duration
	unsent    []Unsent
	closers   []actor.Reply[error]
}

// base is the face that all sockets share.
type base struct{ s *socket }

// newSocket makes a socket of type typ and its actor.
func newSocket(rt *Runtime, typ *socketType, opts []Option) (*socket, error) {
	s := &socket{rt: rt, typ: typ, over: make(chan struct{}), monitoring: make(chan struct{}, 1), calling: make(chan struct{}, 1)}
	if !typ.hidden {
		opts = slices.Concat(rt.defaults, opts)
	}
	set, err := defaultOptions(typ).with(opts)
	if err != nil {
		return nil, err
	}
	s.current.Store(set)
	s.noise.hub, s.noise.ref = rt.events, &s.ref
	s.stats.noise, s.stats.since = &s.noise, time.Now()
	if typ.hears {
		s.hearing = newHearing(s)
		s.stats.hall = s.hearing.hall
	}
	p := typ.pattern(s)
	s.route.pattern = p
	if typ.sends {
		s.route.router = p.(router)
	}
	s.direct, _ = p.(direct)
	s.inbox.choosy = typ.afresh
	s.arriver, _ = p.(arriver)
	s.acceptor, _ = p.(acceptor)
	s.filter, _ = p.(filter)
	s.holder, _ = p.(holder)
	s.greeter, _ = p.(greeter)
	s.chooser, _ = p.(chooser)
	s.configurer, _ = p.(configurer)
	if s.configurer != nil {
		s.configurer.configure(set)
	}
	if err := rt.adopt(s); err != nil {
		return nil, err
	}
	return s, nil
}

// String names the socket as logs, events and the tree do.
func (b base) String() string { return b.s.name }

// WaitPeers waits until at least n peers have finished their handshake. It is the barrier after Connect and Bind, in place of a sleep.
func (b base) WaitPeers(ctx context.Context, n int) error { return b.s.peers.wait(ctx, n) }

// Close closes the socket. Calls that wait return ErrClosed, and so does every later one; what was not received is dropped and counted; what is
// queued for peers goes out within the socket's linger, and Close waits for that. When ctx ends first, or linger does, connections are closed and
// an *UnsentError lists what was left, per peer. Closing twice is no error.
func (b base) Close(ctx context.Context) error {
	err := b.s.close(ctx)
	if ctx.Err() == nil {
		_ = b.s.monitor.Load().wait(ctx) // where ctx ends before it, the runtime waits
	}
	return err
}

// ask puts a request to the socket actor and waits for its answer.
func (s *socket) ask(ctx context.Context, mk func(actor.Reply[struct{}]) socketMessage) error {
	_, err := actor.Ask(ctx, s.ref, mk)
	if errors.Is(err, actor.ErrStopped) {
		return ErrClosed
	}
	return err
}

// close refuses new calls, wakes those that wait, and sees the pipes to their ends.
func (s *socket) close(ctx context.Context) error {
	s.refuse(ErrClosed)
	for {
		res, err := s.askClose(ctx, &closeSocket{linger: s.opts().linger})
		if err == nil {
			return res
		}
		if errors.Is(err, actor.ErrStopped) {
			return nil
		}
		if ctx.Err() != nil {
			break
		}
		// The actor failed while it had the question. Its successor goes on with the closing, and is asked again.
	}
	// ctx ended: no more waiting. The actor drops what is left and answers at once; where nothing was left, all is well.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	res, err := s.askClose(grace, &closeSocket{now: true})
	if errors.Is(err, actor.ErrStopped) || err == nil && res == nil {
		return nil
	}
	return errors.Join(res, err, ctx.Err())
}

// askClose puts m to the socket actor and waits for the end of the socket: res is what was not sent.
func (s *socket) askClose(ctx context.Context, m *closeSocket) (res, err error) {
	return actor.Ask(ctx, s.ref, func(r actor.Reply[error]) socketMessage {
		m.reply = r
		return m
	})
}

// refuse makes every later send fail and wakes all that wait. Receivers follow when the actor closes the inbox.
func (s *socket) refuse(err error) {
	s.route.mu.Lock()
	if s.route.closed == nil {
		s.route.closed = err
		s.sole.Store(nil)
		close(s.over)
	}
	s.route.mu.Unlock()
	s.room.wakeAll()
	s.peers.end(err)
	s.topics.end(err)
}

// newPipe makes a pipe over a network transport with its queues.
func (s *socket) newPipe(e *Endpoint, l *link) *pipe {
	p := &pipe{sock: s, endpoint: e, link: l, name: s.pipeName(e)}
	p.out = s.newOut(p)
	if s.typ.receives && s.hearing == nil {
		var onRoom func()
		if e.hasNotices() {
			onRoom = p.flushNotices
		}
		p.in = newQueue(s.opts().recvHWM, s.opts().recvHWMBytes, e.opts.policy(), p.watchIn, onRoom)
		p.in.SetOnReady(s.reader(p))
	}
	return p
}

// pipeName is a name for a new pipe of e.
func (s *socket) pipeName(e *Endpoint) string { return fmt.Sprintf("%s#%d", e.text, s.lent.Add(1)) }

// newOut makes the outbound queue of p, or nil where nothing goes out.
func (s *socket) newOut(p *pipe) *queue {
	var (
		mark, policy = 0, mailbox.Block
		bytes        int64
	)
	switch {
	case s.typ.subscriber: // as many as there are subscriptions; bytes are counted where an XSUB asks for them
		bytes = min(s.opts().sendHWMBytes, 0)
	case s.typ.sends:
		mark, bytes, policy = s.opts().sendHWM, s.opts().sendHWMBytes, p.endpoint.opts.policy()
	default:
		return nil
	}
	return newQueue(mark, bytes, policy, p.watchOut, s.wakeSenders)
}

// wakeSenders tells those who wait in Send that something has changed: the oldest, who takes what room there is and passes the word on; or all of
// them, where each waits for a peer of its own.
func (s *socket) wakeSenders() {
	if s.typ.addresses || s.opts().nodrop {
		s.room.wakeAll()
		return
	}
	s.room.wakeOne()
}

// attach gives p to the pattern and wakes those who wait for a peer. Where that is wanted, a probe is the first message to a new peer.
func (s *socket) attach(p *pipe) {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	if s.opts().probe {
		_ = p.out.TryPush(Message{}) // a queue that is new has room; a closed one needs no probe
		p.own++
	}
	s.route.pattern.attach(p)
	p.attached = true
	s.soleLocked()
	s.wakeSenders()
}

// soleLocked notes whether senders have no choice, and whose connection a receiver may read. Where the newest message takes another's place, senders keep to
// the route lock: what is replaced is counted after the fact, and a pipe that ends must find it counted.
func (s *socket) soleLocked() {
	if s.typ.lockstep {
		s.alone.Store(s.route.pattern.(lockstep).sole())
	}
	if s.direct == nil || s.route.closed != nil {
		return
	}
	p := s.direct.sole()
	if p != nil && p.out.Policy() == mailbox.Conflate {
		p = nil
	}
	s.sole.Store(p)
}

// detach takes p from the pattern. It may be p that a sender waits for, where nothing may be dropped: they look again.
func (s *socket) detach(p *pipe) {
	s.route.mu.Lock()
	s.detachLocked(p)
	s.route.mu.Unlock()
	s.wakeSenders()
}

// detachLocked takes p from the pattern, under the route lock.
func (s *socket) detachLocked(p *pipe) {
	if !p.attached {
		return
	}
	p.attached = false
	s.route.pattern.detach(p)
	s.soleLocked()
	s.sweepLocked()
	if p.topics > 0 {
		p.topics = 0
		s.topics.add(-1)
	}
}

// part tells the pattern that p's connection is gone, and drops the subscriptions that were on their way upstream.
func (s *socket) part(p *pipe) {
	if s.greeter == nil {
		return
	}
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	s.greeter.part(p)
	if s.typ.subscriber {
		p.out.Discard(codec.LostConnection)
	}
}

// greet lets the pattern speak first on a new connection. The peer may have its name now, and be one that a message can go to.
func (s *socket) greet(p *pipe) {
	if s.greeter == nil {
		return
	}
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	s.greeter.greet(p)
	s.room.tell()
}

// arrive shows m to the pattern as it arrives. It may end the subscription that a sender waits for room for: they look again.
func (s *socket) arrive(p *pipe, m Message) bool {
	s.route.mu.Lock()
	there := p.attached
	ok := there && s.arriver.arrive(p, m)
	s.route.mu.Unlock()
	if !there {
		wire.Drop(m)
	}
	s.wakeSenders()
	return ok
}

// admits asks the pattern whether it takes another peer.
func (s *socket) admits() bool {
	if s.chooser == nil {
		return true
	}
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return s.chooser.admits()
}

// mayReceive asks the pattern whether it is the application's turn.
func (s *socket) mayReceive() error {
	if s.acceptor == nil {
		return nil
	}
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return s.acceptor.mayReceive()
}

// accept asks the pattern whether m is for the application, or to be held: left where it is.
func (s *socket) accept(p *pipe, m Message) (out Message, ok, hold bool) {
	if s.acceptor == nil {
		return m, s.wants(m), false
	}
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	if s.holder != nil && s.holder.hold(p) {
		return m, false, true
	}
	out, ok = s.acceptor.accept(p, m)
	if ok {
		s.room.tell() // a receipt may make it a sender's turn
	}
	return out, ok, false
}
