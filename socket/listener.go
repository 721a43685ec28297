package socket

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/wire/codec"
)

// maxHandshakes bounds the handshakes that one listener has going on at once. Past it a new connection is closed at once, and its peer tries again:
// silent peers can hold so many places, for the handshake interval each.
const maxHandshakes = 4096

// maxLeftovers bounds the peers of one socket that have gone and left something to receive. Past it a new connection is closed at once, before its handshake,
// so that its peer has sent nothing yet, and tries again: peers that come, say a word and go would fill the memory of a socket that nobody receives from.
const maxLeftovers = 4096

// acceptBackoff is how long a listener that could not accept waits before it tries again: at first, and at most.
const (
	acceptBackoff    = 10 * time.Millisecond
	acceptBackoffMax = time.Second
)

// A listenerTask is a bound endpoint on its I/O actor. The net.Listener is the task's, not the actor's: a restarted actor goes on accepting where the
// one before stopped, and connections that wait in the backlog stay there.
type listenerTask struct {
	// Set when it is made, then read-only.
	endpoint   *Endpoint
	listener   transport.Listener
	worker     *ioWorker
	name       string
	handshakes *semaphore.Weighted

	count atomic.Uint64                              // connections accepted so far; written by the actor
	ref   atomic.Pointer[actor.Ref[listenerMessage]] // the present actor's; written by spawn

	mu    sync.Mutex
	links map[*link]struct{} // guarded by mu: the accepted connections there are
	shut  bool               // guarded by mu: the endpoint is closed
}

// newListenerTask makes the task for e.
func newListenerTask(e *Endpoint, l transport.Listener, w *ioWorker) *listenerTask {
	return &listenerTask{
		endpoint: e, listener: l, worker: w, name: "listener/" + e.label(),
		handshakes: semaphore.NewWeighted(e.opts.maxHandshakes), links: map[*link]struct{}{},
	}
}

// key names the task.
func (t *listenerTask) key() string { return t.name }

// spawn starts the listener.
func (t *listenerTask) spawn(parent actor.Parent) error {
	ref, err := actor.Spawn(parent, t.name, func() actor.Actor[listenerMessage] { return &listener{listenerTask: t} },
		actor.WithStrategy(unrepeatable{}), t.endpoint.labels())
	t.ref.Store(&ref)
	return err
}

// close shuts the door: nobody is accepted any more. Connections there are stay.
func (t *listenerTask) close() error {
	t.mu.Lock()
	t.shut = true
	t.mu.Unlock()
	return t.listener.Close()
}

// cut closes the accepted connections.
func (t *listenerTask) cut(cause error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for l := range t.links {
		l.line.Cut(cause)
	}
}

// ended tells that the listener gave up, which its strategy never says.
func (t *listenerTask) ended(error) {}

// isShut says whether the endpoint is closed.
func (t *listenerTask) isShut() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shut
}

// unrepeatable supervises connections that this side cannot make again, and so never restarts: those it has accepted, where it is the connecting side
// that comes back, and those that were handed over to it.
type unrepeatable struct{}

// Decide says stop.
func (unrepeatable) Decide(_ actor.History, reason error, _ time.Time) actor.Verdict {
	return actor.Verdict{Action: actor.Stop, InHand: actor.Redeliver, Quiet: !isPanic(reason)}
}

// listenerMessage is what a listener receives.
type listenerMessage interface{ listenerMessage() }

type (
	// accepted brings a connection.
	accepted struct{ conn net.Conn }
	// acceptFailed reports that the loop could not accept.
	acceptFailed struct{ err error }
	// acceptAgain is the timer's word to go on.
	acceptAgain struct{}
)

func (*accepted) listenerMessage()     {}
func (*acceptFailed) listenerMessage() {}
func (*acceptAgain) listenerMessage()  {}

// A listener accepts the connections of one bound endpoint.
//
//	Owns      the backoff of a listener that cannot accept.
//	Receives  accepted, acceptFailed of its loop; acceptAgain of its timer; ChildStopped of its codecs.
//	Sends     nothing: the codecs speak to the socket.
//	Starts    the accept loop, and a codec actor for each connection, which is never restarted.
//	Blocks    nowhere; handshakes are the codecs' business.
//	On error  restarted by its I/O actor: its connections are cut, and it goes on accepting at the same address.
type listener struct {
	*listenerTask

	// Owned by the handler.
	loop  errgroup.Group // joins the accept loop
	stop  chan struct{}  // closed to end the loop
	delay time.Duration  // before the next try after a failure
	seq   int            // number of the last connection, for names
}

// Receive only dispatches.
func (l *listener) Receive(ctx *actor.Context[listenerMessage]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		l.startLoop(ctx)
	case *accepted:
		return l.onAccepted(ctx, m)
	case *acceptFailed:
		l.onAcceptFailed(ctx, m)
	case *acceptAgain:
		l.startLoop(ctx)
	case actor.ChildStopped: // its link has said so: see link.Down
	case actor.Restarting:
		l.end(m.Reason)
	case actor.Stopping:
		l.end(ErrClosed)
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// startLoop starts the accept loop.
func (l *listener) startLoop(ctx *actor.Context[listenerMessage]) {
	self, stop := ctx.Self(), make(chan struct{})
	l.stop = stop
	l.interrupt(time.Time{})
	l.loop.Go(func() error {
		l.acceptLoop(self, stop)
		return nil
	})
}

// acceptLoop accepts until the listener closes or fails. It never waits for a handshake.
func (l *listener) acceptLoop(self actor.Ref[listenerMessage], stop <-chan struct{}) {
	for {
		conn, err := l.listener.Accept()
		switch {
		case err == nil && self.Tell(&accepted{conn}) != nil:
			_ = conn.Close() // the listener has stopped: nobody will serve it
			return
		case err == nil:
		case isClosed(stop) || l.isShut():
			return
		default:
			_ = self.Tell(&acceptFailed{err}) // a stopped listener needs no telling
			return
		}
		if isClosed(stop) {
			return
		}
	}
}

// isClosed says whether c is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// onAccepted gives the connection a codec of its own.
func (l *listener) onAccepted(ctx *actor.Context[listenerMessage], m *accepted) error {
	l.delay = 0
	s := l.endpoint.sock
	if l.isShut() {
		m.discard()
		return nil
	}
	if most := l.endpoint.opts.maxLeftovers; s.stats.leftovers(most) >= most {
		l.refuse(m.conn, fmt.Errorf("%d peers have gone and left something that nobody has received", most))
		return nil
	}
	if !l.handshakes.TryAcquire(1) {
		l.refuse(m.conn, fmt.Errorf("%d handshakes are going on", l.endpoint.opts.maxHandshakes))
		return nil
	}
	k := &link{sock: s, endpoint: l.endpoint, worker: l.worker, line: new(codec.Line), accepted: l.listenerTask}
	k.placed.Store(true)
	k.attempts.Store(l.count.Add(1) - 1) // its one attempt counts itself
	l.add(k)
	conn := m.conn
	cfg := k.config(k.admitted(conn))
	l.seq++
	name := fmt.Sprintf("codec/%s#%d", transport.PeerName(conn), l.seq)
	if _, err := actor.Spawn(ctx, name, func() actor.Actor[codec.Message] { return codec.New(cfg) }, l.endpoint.labels()); err != nil {
		_ = conn.Close()
		l.gone(k)
		return err
	}
	return nil
}

// refuse closes a connection that there is no place for.
func (t *listenerTask) refuse(conn net.Conn, why error) {
	t.endpoint.sock.emit(Event{Kind: EventRefused, Endpoint: t.endpoint.text, bound: true, Peer: transport.PeerName(conn), Err: why})
	_ = conn.Close()
}

// add notes a connection, whose handshake begins.
func (t *listenerTask) add(k *link) {
	k.worker.load[idling].Add(1)
	t.mu.Lock()
	t.links[k] = struct{}{}
	t.mu.Unlock()
}

// shook gives the place of a handshake back: it is done.
func (t *listenerTask) shook(k *link) {
	if k.placed.CompareAndSwap(true, false) {
		t.handshakes.Release(1)
	}
}

// gone forgets a connection.
func (t *listenerTask) gone(k *link) {
	t.shook(k)
	k.worker.load[idling].Add(-1)
	t.mu.Lock()
	delete(t.links, k)
	t.mu.Unlock()
}

// onAcceptFailed waits a little and tries again: a process that has no file descriptor left may have one later.
func (l *listener) onAcceptFailed(ctx *actor.Context[listenerMessage], m *acceptFailed) {
	if errors.Is(m.err, net.ErrClosed) {
		return
	}
	l.delay = min(max(2*l.delay, acceptBackoff), acceptBackoffMax)
	s := l.endpoint.sock
	s.emit(Event{Kind: EventAcceptFailed, Endpoint: l.endpoint.text, bound: true, Err: m.err, Delay: l.delay})
	ctx.After(l.delay, &acceptAgain{})
}

// end stops the loop and cuts the connections, so that the codecs can be stopped.
func (l *listener) end(cause error) {
	if l.stop != nil {
		close(l.stop)
		l.stop = nil
		l.interrupt(time.Unix(1, 0))
	}
	_ = l.loop.Wait()
	l.cut(cause)
}

// interrupt makes a waiting Accept return: at once where deadline has passed, never where it is zero.
func (l *listener) interrupt(deadline time.Time) {
	if d, ok := l.listener.(interface{ SetDeadline(time.Time) error }); ok {
		_ = d.SetDeadline(deadline) // a closed listener needs none
	}
}

// discard closes a connection that was accepted and never served: its listener stopped.
func (m *accepted) discard() { _ = m.conn.Close() }
