package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/supervisor"
	"github.com/weirmq/weir/wire/codec"
)

// One test for each row of ARCHITECTURE.md's table "what happens when each dies": the actor is made to panic under traffic, and the row and the
// ledger are checked.

// errInjected is what the victims panic with.
var errInjected = errors.New("injected")

// A deathRig is a PUSH that connects to a bound PULL, with numbered messages going through, in a runtime that records its events.
type deathRig struct {
	t    *testing.T
	ctx  context.Context
	rt   *Runtime
	push *Push
	pull *Pull
	bind *Endpoint
	conn *Endpoint

	mu     sync.Mutex
	events []Event
	eventc chan struct{} // closed and replaced at each event
}

// newDeathRig makes the rig; opts are the runtime's.
func newDeathRig(t *testing.T, opts ...RuntimeOption) *deathRig {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	r := &deathRig{t: t, ctx: ctx, eventc: make(chan struct{})}
	rt, err := NewRuntime(append(opts, WithEvents(r.record))...)
	require.NoError(t, err)
	r.rt = rt
	t.Cleanup(func() { _ = rt.Shutdown(ctx) })
	r.pull, err = NewPull(rt)
	require.NoError(t, err)
	r.bind, err = r.pull.Bind(ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	r.push, err = NewPush(rt, ReconnectInterval(time.Millisecond))
	require.NoError(t, err)
	r.conn, err = r.push.Connect(ctx, r.bind.String())
	require.NoError(t, err)
	require.NoError(t, r.push.WaitPeers(ctx, 1))
	require.NoError(t, r.pull.WaitPeers(ctx, 1))
	return r
}

// record keeps an event.
func (r *deathRig) record(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	close(r.eventc)
	r.eventc = make(chan struct{})
}

// count is how many events of a socket there were of a kind.
func (r *deathRig) count(socket string, kind EventKind) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.events {
		if e.Socket == socket && e.Kind == kind {
			n++
		}
	}
	return n
}

// await waits until there were n events of a socket of a kind.
func (r *deathRig) await(socket string, kind EventKind, n int) {
	r.t.Helper()
	for {
		r.mu.Lock()
		c := r.eventc
		r.mu.Unlock()
		if r.count(socket, kind) >= n {
			return
		}
		select {
		case <-c:
		case <-r.ctx.Done():
			require.FailNow(r.t, "no event", "%s %s %d", socket, kind, n)
		}
	}
}

// sent is how many numbered messages the traffic of a test has.
const sent = 20000

// traffic sends numbered messages, calls kill in the middle, and returns how often each number arrived, once all that can arrive has: kill waits
// until the last message will go over a connection that lives.
func (r *deathRig) traffic(kill func()) (got map[string]int) {
	r.t.Helper()
	got = map[string]int{}
	done := make(chan error, 1)
	go func() {
		for i := range sent {
			if i == sent/2 {
				kill()
			}
			if err := r.push.Send(r.ctx, NewMessage(fmt.Sprint(i))); err != nil {
				done <- err
				return
			}
		}
		done <- r.push.Send(r.ctx, NewMessage("end"))
	}()
	for m, err := range r.pull.Messages(r.ctx) {
		require.NoError(r.t, err)
		if m.String() == "end" {
			break
		}
		got[m.String()]++
	}
	require.NoError(r.t, <-done)
	// The last message came over the connection that there is now. One that was lost may have left more: it is all here once the loss is told.
	ctx, told := context.WithCancel(r.ctx)
	go func() {
		defer told()
		r.await(r.pull.String(), EventDisconnected, r.count(r.push.String(), EventDisconnected))
	}()
	for m, err := range r.pull.Messages(ctx) {
		require.NoError(r.t, err)
		got[m.String()]++
	}
	for m, err := r.pull.TryRecv(); err == nil; m, err = r.pull.TryRecv() {
		got[m.String()]++
	}
	return got
}

// sum adds up what the events of a socket of a kind say.
func (r *deathRig) sum(socket string, kind EventKind, of func(Event) uint64) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n uint64
	for _, e := range r.events {
		if e.Socket == socket && e.Kind == kind {
			n += of(e)
		}
	}
	return n
}

// checkOnce wants nothing twice, and missing exactly what the kernel took on the lost connections and did not bring.
func (r *deathRig) checkOnce(got map[string]int) {
	r.t.Helper()
	require.NoError(r.t, r.push.WaitDrained(r.ctx)) // what has arrived the codec on the other side may be about to count
	for k, times := range got {
		require.Equal(r.t, 1, times, "message %s came more than once", k)
	}
	out, in := r.push.Stats().Out, r.pull.Stats().In
	require.Equal(r.t, uint64(sent+1), out.Accepted)
	require.Equal(r.t, out.Accepted, out.Delivered, "the kernel got every message")
	require.Equal(r.t, uint64(len(got)+1), in.Delivered)
	require.Equal(r.t, in.Accepted, in.Delivered+in.Queued+dropped(in))
	took := r.sum(r.push.String(), EventDisconnected, func(e Event) uint64 { return e.Sent })
	brought := r.sum(r.pull.String(), EventDisconnected, func(e Event) uint64 { return e.Received })
	require.Equal(r.t, took-brought, uint64(sent-len(got)), "missing: %d were taken on lost connections, which brought %d", took, brought)
}

// dropped sums the drops of a ledger.
func dropped(l Ledger) uint64 {
	var n uint64
	for _, d := range l.Dropped {
		n += d
	}
	return n
}

// dialedCodec is the codec behind the PUSH.
func (r *deathRig) dialedCodec() actor.Ref[codec.Message] { return *r.conn.link.codec.Load() }

// acceptedCodec is the codec behind the PULL.
func (r *deathRig) acceptedCodec() actor.Ref[codec.Message] { return acceptedBy(r.t, r.bind) }

// acceptedBy is the codec of the one connection that an endpoint has accepted.
func acceptedBy(t *testing.T, e *Endpoint) actor.Ref[codec.Message] {
	e.listener.mu.Lock()
	defer e.listener.mu.Unlock()
	for l := range e.listener.links {
		return *l.codec.Load()
	}
	require.FailNow(t, "no connection")
	return actor.Ref[codec.Message]{}
}

// TestDeathOfDialedCodec wants the dialer to bring the codec back, and nothing to be lost: what the kernel had still goes out, the rest stays in the queue.
func TestDeathOfDialedCodec(t *testing.T) {
	r := newDeathRig(t)
	got := r.traffic(func() { require.NoError(t, actortest.Panic(r.dialedCodec(), errInjected)) })
	require.Len(t, got, sent, "the queue outlives its codec, and the kernel sends what it had")
	r.checkOnce(got)
	r.await(r.push.String(), EventHandshakeSucceeded, 2)
}

// TestDeathOfAcceptedCodec wants the other side to come back, and nothing missing but what the kernels had.
func TestDeathOfAcceptedCodec(t *testing.T) {
	r := newDeathRig(t)
	got := r.traffic(func() {
		require.NoError(t, actortest.Panic(r.acceptedCodec(), errInjected))
		r.await(r.push.String(), EventHandshakeSucceeded, 2)
	})
	r.checkOnce(got)
	r.await(r.push.String(), EventHandshakeSucceeded, 2)
	r.await(r.pull.String(), EventDisconnected, 1)
}

// TestDeathOfDialer wants its I/O actor to start it again, and its connection with it.
func TestDeathOfDialer(t *testing.T) {
	r := newDeathRig(t)
	got := r.traffic(func() {
		require.NoError(t, actortest.Panic(*r.conn.task.(*dialerTask).ref.Load(), errInjected))
		r.await(r.push.String(), EventHandshakeSucceeded, 2)
	})
	r.checkOnce(got)
}

// TestDeathOfListener wants it back at the same address, and its peers with it.
func TestDeathOfListener(t *testing.T) {
	r := newDeathRig(t)
	got := r.traffic(func() {
		require.NoError(t, actortest.Panic(*r.bind.listener.ref.Load(), errInjected))
		r.await(r.push.String(), EventHandshakeSucceeded, 2)
	})
	r.checkOnce(got)
}

// TestDeathOfIOActor wants the connections of one I/O actor to come back, and those of another not to notice.
func TestDeathOfIOActor(t *testing.T) {
	r := newDeathRig(t, IOWorkers(2))
	// The rig's endpoints may lie on either worker. This pair lies on worker 1 alone, and the rig's PUSH is moved to worker 0.
	bystander, err := NewPull(r.rt, Affinity(2))
	require.NoError(t, err)
	ep, err := bystander.Bind(r.ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	other, err := NewPush(r.rt, Affinity(2), ReconnectInterval(time.Millisecond))
	require.NoError(t, err)
	_, err = other.Connect(r.ctx, ep.String())
	require.NoError(t, err)
	require.NoError(t, other.WaitPeers(r.ctx, 1))
	victim, err := NewPush(r.rt, Affinity(1), ReconnectInterval(time.Millisecond))
	require.NoError(t, err)
	_, err = victim.Connect(r.ctx, ep.String())
	require.NoError(t, err)
	require.NoError(t, victim.WaitPeers(r.ctx, 1))

	var sending errgroup.Group
	for _, from := range []*Push{other, victim} {
		sending.Go(func() error {
			for i := range sent {
				if i == sent/2 && from == victim {
					if err := actortest.Panic(r.rt.workers[0].ref, errInjected); err != nil {
						return err
					}
					r.await(victim.String(), EventHandshakeSucceeded, 2)
				}
				if err := from.Send(r.ctx, NewMessage(from.String(), fmt.Sprint(i))); err != nil {
					return err
				}
			}
			return from.Send(r.ctx, NewMessage(from.String(), "end"))
		})
	}
	got := map[string]int{}
	for ends := 0; ends < 2; {
		m, err := bystander.Recv(r.ctx)
		require.NoError(t, err)
		if string(m.Frame(1)) == "end" {
			ends++
			continue
		}
		got[m.String()]++
		require.Equal(t, 1, got[m.String()], "%s came twice", m)
	}
	require.NoError(t, sending.Wait())
	for i := range sent {
		require.Equal(t, 1, got[NewMessage(other.String(), fmt.Sprint(i)).String()], "the bystander lost %d", i)
	}
	require.Equal(t, 1, r.count(other.String(), EventHandshakeSucceeded), "a connection of another worker restarted")
	require.Zero(t, r.count(other.String(), EventDisconnected))
	require.Equal(t, int64(1), r.rt.workers[0].restarts.Load())
	require.Zero(t, r.rt.workers[1].restarts.Load())
}

// TestDeathOfIOActorUnderTraffic wants the ledger to account for what went with both sides of a connection.
func TestDeathOfIOActorUnderTraffic(t *testing.T) {
	r := newDeathRig(t)
	got := r.traffic(func() {
		require.NoError(t, actortest.Panic(r.rt.workers[0].ref, errInjected))
		r.await(r.push.String(), EventHandshakeSucceeded, 2)
	})
	r.checkOnce(got)
	require.Equal(t, int64(1), r.rt.workers[0].restarts.Load())
}

// TestDeathOfPipe wants nobody to notice, and its successor to see the pipe to its end.
func TestDeathOfPipe(t *testing.T) {
	r := newDeathRig(t)
	got := r.traffic(func() { require.NoError(t, actortest.Panic(r.conn.link.pipe.ref, errInjected)) })
	require.Len(t, got, sent)
	r.checkOnce(got)
	require.Zero(t, r.count(r.push.String(), EventDisconnected), "the connection does not notice")
	require.NoError(t, r.conn.Close(r.ctx), "its successor sees the pipe to its end")
}

// TestDeathOfSocketActor wants nobody to notice, on either side, and its successor to answer.
func TestDeathOfSocketActor(t *testing.T) {
	r := newDeathRig(t)
	got := r.traffic(func() {
		require.NoError(t, actortest.Panic(r.push.base.s.ref, errInjected))
		require.NoError(t, actortest.Panic(r.pull.base.s.ref, errInjected))
	})
	require.Len(t, got, sent)
	r.checkOnce(got)
	require.Zero(t, r.count(r.push.String(), EventDisconnected), "the connection does not notice")
	require.NoError(t, r.push.Set(r.ctx, SendHWM(5)), "its successor answers")
	require.NoError(t, r.conn.Close(r.ctx))
}

// TestDeathOfReaper wants its successor to keep the time of a socket that lingers, the ledger to say what was left when it was over, and other sockets not to
// notice.
func TestDeathOfReaper(t *testing.T) {
	r := newDeathRig(t)
	lingering, err := NewPush(r.rt, Linger(50*time.Millisecond))
	require.NoError(t, err)
	_, err = lingering.Connect(r.ctx, "tcp://127.0.0.1:1")
	require.NoError(t, err)
	require.NoError(t, lingering.Send(r.ctx, NewMessage("to nobody")))
	closed := make(chan error, 1)
	got := r.traffic(func() {
		go func() { closed <- lingering.Close(r.ctx) }()
		require.NoError(t, actortest.Panic(r.rt.reaper.ref, errInjected))
	})
	var unsent *UnsentError
	require.ErrorAs(t, <-closed, &unsent, "the successor keeps the time")
	require.Equal(t, 1, unsent.Messages())
	out := lingering.Stats().Out
	require.EqualValues(t, 1, out.Accepted)
	require.EqualValues(t, 1, out.Dropped[ReasonLinger])
	require.Len(t, got, sent)
	r.checkOnce(got)
	require.Zero(t, r.count(r.push.String(), EventDisconnected), "the connection does not notice")
}

// A tally is an actor of a user's: it counts the numbers that it is given, and dies over one of them.
type tally struct {
	got  map[string]int // shared by the incarnations, one of which lives at a time
	done chan<- struct{}
}

// Receive implements actor.Actor.
func (a *tally) Receive(ctx *actor.Context[Message]) error {
	m, ok := ctx.Message().(Message)
	switch {
	case !ok:
	case m.String() == fmt.Sprint(sent/2):
		panic(errInjected)
	case m.String() == "end":
		close(a.done)
	default:
		a.got[m.String()]++
	}
	return nil
}

// TestDeathOfUsersActor has an actor of a user's die over a message that came from a socket: its supervisor's strategy starts it again, the message is a dead
// letter with a reason, the others are handled once each, and the sockets do not notice.
func TestDeathOfUsersActor(t *testing.T) {
	r := newDeathRig(t)
	letters, done := make(chan actor.DeadLetter, sent), make(chan struct{})
	sys := actortest.NewSystem(t, actor.WithDeadLetters(func(l actor.DeadLetter) { letters <- l }))
	handled := map[string]int{}
	tree, err := supervisor.Start(sys, supervisor.Spec{
		Name: "users", Strategy: supervisor.OneForOne{Backoff: supervisor.Backoff{Min: time.Millisecond, Factor: 1}},
		Children: []supervisor.Child{supervisor.Worker("tally", func() actor.Actor[Message] { return &tally{handled, done} }, actor.WithMark(100))},
	})
	require.NoError(t, err)
	ref, ok := supervisor.Lookup[Message](tree, "tally")
	require.True(t, ok)
	var sending errgroup.Group
	sending.Go(func() error {
		for i := range sent {
			if err := r.push.Send(r.ctx, NewMessage(fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return r.push.Send(r.ctx, NewMessage("end"))
	})
	got := map[string]int{}
	for end := false; !end; {
		m, err := r.pull.Recv(r.ctx)
		require.NoError(t, err)
		require.NoError(t, ref.Send(r.ctx, m), "the mailbox outlives the incarnation")
		if end = m.String() == "end"; !end {
			got[m.String()]++
		}
	}
	require.NoError(t, sending.Wait())
	<-done
	letter := <-letters
	require.Equal(t, fmt.Sprint(sent/2), letter.Message.(Message).String())
	require.ErrorIs(t, letter.Reason, errInjected)
	require.Empty(t, letters)
	delete(got, fmt.Sprint(sent/2))
	require.Equal(t, got, handled)
	got[fmt.Sprint(sent/2)] = 1
	require.Len(t, got, sent)
	r.checkOnce(got)
	require.Zero(t, r.count(r.push.String(), EventDisconnected), "the connection does not notice")
}

// A dial that is refused and a connection that is lost are failures of the codec: each reaches the dialer's strategy, and nothing else dials.
func TestRestartsAreReconnects(t *testing.T) {
	r := newDeathRig(t)
	counted := &countingStrategy{Strategy: supervisor.OneForOne{
		Backoff: supervisor.Backoff{Min: time.Millisecond, Factor: 1}, InHand: actor.Redeliver,
	}}
	push, err := NewPush(r.rt)
	require.NoError(t, err)
	ep, err := push.Connect(r.ctx, r.bind.String(), Reconnect(counted))
	require.NoError(t, err)
	require.NoError(t, push.WaitPeers(r.ctx, 1))
	for i := range 20 {
		ep.link.line.Cut(errInjected)
		r.await(push.String(), EventHandshakeSucceeded, i+2)
	}
	require.Equal(t, 20, counted.asked())
	require.Equal(t, uint64(21), ep.link.attempts.Load(), "one connection each incarnation, and the first")
	require.Equal(t, uint64(20), push.Stats().Peers[0].Reconnects)
}

// TestStrategyOfConnectDecides wants a strategy given to Connect to end the endpoint where it says stop.
func TestStrategyOfConnectDecides(t *testing.T) {
	r := newDeathRig(t)
	push, err := NewPush(r.rt)
	require.NoError(t, err)
	stop := supervisor.OneForOne{StopOn: func(error) bool { return true }}
	ep, err := push.Connect(r.ctx, r.bind.String(), Reconnect(stop))
	require.NoError(t, err)
	require.NoError(t, push.WaitPeers(r.ctx, 1))
	ep.link.line.Cut(errInjected)
	r.await(push.String(), EventEnded, 1)
	r.await(push.String(), EventClosed, 1)
	require.Equal(t, 1, r.count(push.String(), EventHandshakeSucceeded))
	require.ErrorIs(t, push.TrySend(NewMessage("x")), ErrNoPeers, "the endpoint is gone")
}

// TestWindowOfConnectEscalates wants the endpoint to end once its strategy has no restart left.
func TestWindowOfConnectEscalates(t *testing.T) {
	r := newDeathRig(t)
	push, err := NewPush(r.rt)
	require.NoError(t, err)
	three := supervisor.OneForOne{Backoff: supervisor.Backoff{Min: time.Millisecond, Factor: 1}, MaxRestarts: 3, Within: time.Minute}
	_, err = push.Connect(r.ctx, "tcp://127.0.0.1:1", Reconnect(three))
	require.NoError(t, err)
	r.await(push.String(), EventEnded, 1)
	require.Equal(t, 4, r.count(push.String(), EventConnectFailed), "the first attempt and three restarts")
}

// A countingStrategy counts how often it is asked.
type countingStrategy struct {
	actor.Strategy
	mu sync.Mutex
	n  int // guarded by mu
}

// Decide counts and asks.
func (c *countingStrategy) Decide(h actor.History, reason error, now time.Time) actor.Verdict {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	return c.Strategy.Decide(h, reason, now)
}

// asked is the count.
func (c *countingStrategy) asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// A gatedListener accepts connections whose writes wait at a gate.
type gatedListener struct {
	net.Listener
	waits chan struct{} // has a word once somebody waits at the gate
	gate  chan struct{} // closed to open it
}

// Accept accepts.
func (l *gatedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &gatedConn{conn, l}, nil
}

// A gatedConn is a connection that its listener has accepted.
type gatedConn struct {
	net.Conn
	l *gatedListener
}

// Write writes what is large when the gate is open.
func (c *gatedConn) Write(b []byte) (int, error) {
	if len(b) >= 1<<20 {
		select {
		case c.l.waits <- struct{}{}:
		default: // it is known
		}
		<-c.l.gate
	}
	return c.Conn.Write(b)
}

// A bound PUSH whose accepted codec dies: the pipe ends with its connection, and what was queued for it is dropped, and counted as such. The codec waits in
// a write when it is to panic, and does so when that has been taken.
func TestDeathOfAcceptedCodecEndsItsPipe(t *testing.T) {
	r := newDeathRig(t)
	push, err := NewPush(r.rt, SendHWM(100))
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	gated := &gatedListener{Listener: l, waits: make(chan struct{}, 1), gate: make(chan struct{})}
	bound, err := push.BindListener(r.ctx, gated)
	require.NoError(t, err)
	stuck, err := NewPull(r.rt, RecvHWM(1), ReconnectInterval(-1))
	require.NoError(t, err)
	_, err = stuck.Connect(r.ctx, bound.String())
	require.NoError(t, err)
	require.NoError(t, push.WaitPeers(r.ctx, 1))
	body := make([]byte, 1<<20)
	for range 100 {
		require.NoError(t, push.TrySend(MessageOf(body)))
	}
	require.ErrorIs(t, push.TrySend(MessageOf(body)), ErrWouldBlock)
	<-gated.waits
	require.NoError(t, actortest.Panic(acceptedBy(t, bound), errInjected))
	close(gated.gate)
	over, stop := context.WithCancel(r.ctx)
	var receiving errgroup.Group
	receiving.Go(func() error {
		for _, err := range stuck.Messages(over) {
			if err != nil {
				return err
			}
		}
		return nil
	})
	r.await(push.String(), EventDisconnected, 1)
	stop()
	require.NoError(t, receiving.Wait())
	out := push.Stats().Out
	require.Zero(t, out.Queued)
	require.Equal(t, out.Accepted, out.Delivered+out.Dropped[codec.LostConnection])
	require.NotZero(t, out.Dropped[codec.LostConnection])
	require.ErrorIs(t, push.TrySend(NewMessage("x")), ErrNoPeers)
}
