package socket

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// Message is a ZeroMQ message: one or more frames. See wire.Message.
type queue = mailbox.Queue[Message]

// A pipe is one peer of a socket: an outbound and an inbound queue, each with its mark and its ledger. It lives from Connect, or from the accepted
// handshake, to the end of the endpoint or of the connection; over network transports a codec is lent its queues while a connection is up, so what
// is queued outlives codecs and connections. Over inproc each queue belongs to two pipes: one side's outbound is the other's inbound.
type pipe struct {
	// Set before the pipe is attached, then read-only.
	sock     *socket
	endpoint *Endpoint
	name     string     // unique in the socket
	out      *queue     // nil where nothing goes out
	in       *queue     // nil where nothing comes in
	link     *link      // the connection's side; nil for inproc
	outWatch *markWatch // of out; nil where there is none
	inWatch  *markWatch // of in

	// Inproc: the other side.
	twin  *pipe                    // guarded by the runtime's inproc lock; nil until both are joined
	bell  doorbell                 // a connecting side's: rings for the other side
	other atomic.Pointer[Endpoint] // the other side's endpoint: written when both are joined, read by whoever drains in

	// Held by whoever shows a pattern what has arrived in, and by whoever drops what is left of it: one consumer at a time, whatever goroutine it runs in.
	// It is taken before the route lock, and after the receive lock.
	reading sync.Mutex

	// Atomic, of a socket that sends and receives in lockstep: how a receiver reads for itself, and whether one would have, and could not. See read_here.go.
	helm     atomic.Pointer[codec.Helm] // of the present or last connection; nil before the first. Written by the read loop
	passedBy atomic.Bool

	notices noticeBook // what the application hears of its connections; has its own lock

	// Guarded by the socket's route lock.
	attached  bool   // the pattern knows it
	mark      uint64 // of a fan-out: the last message that was matched to this pipe
	topics    int    // of a publisher: how many subscriptions this peer has
	left      bool   // of a publisher: it is detached, and may still be listed under topics
	routingID string // of a ROUTER or STREAM: what the peer is called; empty while it has no name
	wanted    string // of a ROUTER: the name that the peer wants and somebody else has; empty where it wants none, or has it
	shelved   bool   // of a ROUTER: there is something to receive, and the peer has no name to receive it under
	heard     *heard // of an XPUB: what this peer has said and nobody has received; set by attach, then only its fields change

	// The same, of a publisher.
	wants map[topicNumber]uint32 // the topics that this peer is listed under, and its place in each audience: one CANCEL undoes any number of SUBSCRIBEs, as in libzmq
	alone *crowd                 // the audience of this peer alone; nil until it is needed

	// Atomic: written by the read loop, read by Stats.
	unwanted atomic.Uint64 // messages from a peer of a socket that receives none

	// Atomic: written by the socket actor, read by Stats.
	connected  atomic.Bool
	peer       atomic.Pointer[codec.Peer] // of the present or last connection
	reconnects atomic.Uint64              // connections after the first
	failed     atomic.Pointer[string]     // why the last connection ended, or an attempt failed; nil for never
	restarts   atomic.Uint64              // of the pipe's own actor; written by it
	called     atomic.Pointer[string]     // what the application calls the peer, for events; nil where it calls it nothing, or does not yet

	// Guarded by the lock of the socket's statsBook.
	told  [2]map[mailbox.Reason]uint64 // drops that events have told of, outbound and inbound; nil for none
	rates rateBook
	since time.Time // when it became one of the socket's

	// Owned by the socket actor.
	ref     actor.Ref[pipeMessage]
	closing bool          // told to end
	linger  time.Duration // how long it may take for that
	ending  bool          // its line is cut, and the codec has not given the queue back yet
	unsent  int           // what was left at the end
	own     int           // over inproc: the messages in the outbound queue of a new pipe that are none of the application's: hello and probe
}

// identity is what p's peer calls itself, and whether that is known yet. It is empty where the peer does not say.
func (p *pipe) identity() (id []byte, known bool) {
	if peer := p.peer.Load(); peer != nil {
		return peer.Identity, true
	}
	if o := p.other.Load(); o != nil {
		return o.opts.routingID, true
	}
	return nil, false
}

// calledNow is what the application calls p's peer; empty where it calls it nothing, or there is no pipe.
func (p *pipe) calledNow() string {
	if p == nil {
		return ""
	}
	if id := p.called.Load(); id != nil {
		return *id
	}
	return ""
}

// event is an event about p's peer. Any goroutine may call it.
func (p *pipe) event(kind EventKind) Event {
	e := Event{Kind: kind, Endpoint: p.endpoint.text, bound: p.endpoint.bound, Attempt: 1}
	if peer := p.peer.Load(); peer != nil {
		e = e.of(*peer)
		e.unshook = !peer.Version.AtLeast(3, 0)
	} else if id, known := p.identity(); known {
		e.Identity = string(id)
	}
	if id := p.calledNow(); id != "" {
		e.Identity = id
	}
	if p.link != nil {
		e.Attempt, e.fd = p.link.attempts.Load(), int(p.link.fd.Load())
		e.unshook = e.unshook || p.endpoint.opts.raw
	}
	return e
}

// missed is n messages that p's peer did not get.
func (p *pipe) missed(n int) Unsent {
	e := p.event(0)
	return Unsent{Socket: p.sock.name, Endpoint: e.Endpoint, Peer: e.Peer, Identity: e.Identity, Messages: n}
}

// christen notes what the application calls p's peer.
func (s *socket) christen(p *pipe) {
	if !s.typ.addresses {
		return
	}
	if id := s.idOf(p); id != "" {
		p.called.Store(&id)
	}
}

// gone says whether nothing goes out through p any more.
func (p *pipe) gone() bool { return p.out.Closed() != nil }

// properties are what is known of p's present or last peer: nil where no connection was up, and over inproc.
func (p *pipe) properties() *wire.Properties {
	if peer := p.peer.Load(); peer != nil {
		return peer.Properties
	}
	return nil
}

// give returns m, which came from p, for the application to keep. What came over a connection is nobody else's already.
func (p *pipe) give(m Message) Message {
	if p.other.Load() != nil {
		return wire.Give(m)
	}
	return m
}

// pipeMessage is what a pipe actor receives.
type pipeMessage interface{ pipeMessage() }

type (
	// closePipe asks a pipe to end: it takes nothing more, and waits until its outbound queue is empty or linger is over. A negative linger has
	// no end.
	closePipe struct{ linger time.Duration }
	// flushed tells that a closed outbound queue has run empty.
	flushed struct{}
	// lingerOver tells that time is up.
	lingerOver struct{}
)

func (*closePipe) pipeMessage()  {}
func (*flushed) pipeMessage()    {}
func (*lingerOver) pipeMessage() {}

// A pipeActor sees a pipe to its end.
//
//	Owns      linger: when the pipe may go.
//	Receives  closePipe of its socket; flushed of the codec; lingerOver of its own timer.
//	Sends     pipeClosed to its socket.
//	Starts    nothing.
//	Blocks    nowhere.
//	On error  restarted; the queues are the pipe's and lose nothing.
//
//	open ──closePipe──▶ lingering ──flushed──▶ parting ──the peer's end, lingerOver──▶ closed
//	                        └─────────────── lingerOver ───────────────▲
type pipeActor struct{ pipe *pipe }

// Receive only dispatches.
func (a *pipeActor) Receive(ctx *actor.Context[pipeMessage]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		a.onStarted()
	case *closePipe:
		a.onClosePipe(ctx, m)
	case *flushed:
		a.onFlushed()
	case *lingerOver:
		a.end(true)
	case actor.Restarting:
		a.pipe.restarts.Add(1)
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// onStarted looks, after a restart, whether the pipe was about to end: its queue is shut and may have run empty since. Over inproc a shut queue says
// only that the other side has gone, and there is nothing to wait for.
func (a *pipeActor) onStarted() {
	if a.pipe.link != nil && a.pipe.out != nil && a.pipe.out.Closed() != nil {
		a.onFlushed()
	}
}

// onClosePipe shuts the outbound queue and waits for it to run empty.
func (a *pipeActor) onClosePipe(ctx *actor.Context[pipeMessage], m *closePipe) {
	p := a.pipe
	if p.out == nil {
		a.end(true)
		return
	}
	p.out.Close(ErrClosed)
	if p.multicast() && p.sock.typ.publisher && m.linger != 0 && p.connected.Load() && p.link.finish() {
		if m.linger > 0 {
			ctx.After(m.linger, &lingerOver{})
		}
		return // a source stays a while for those who missed the last of it, and says Flushed
	}
	switch {
	case m.linger == 0 || p.link == nil: // what inproc has, the other side reads
		a.end(true)
		return
	case p.out.Len() == 0:
		a.end(false)
	}
	if m.linger > 0 {
		ctx.After(m.linger, &lingerOver{})
	}
}

// onFlushed ends the pipe where its outbound queue is shut and empty.
func (a *pipeActor) onFlushed() {
	if p := a.pipe; p.out.Closed() != nil && p.out.Len() == 0 {
		a.end(false)
	}
}

// end reports to the socket; over says that there is no time left. It may be said more than once.
func (a *pipeActor) end(over bool) {
	_ = a.pipe.sock.ref.Tell(&pipeClosed{pipe: a.pipe, over: over}) // a stopped socket has closed its pipes
}

// A queueInlet delivers what a peer sends to the pipe's inbound queue, and waits there at the mark.
type queueInlet struct{ pipe *pipe }

// Deliver is the third step of an incoming batch. Once the socket is closing nobody will receive: the messages are counted and dropped, and the
// connection lives on for what still has to go out.
func (i queueInlet) Deliver(ctx context.Context, msgs []Message) (int, error) {
	n, err := i.pipe.in.PushAll(ctx, msgs)
	if n == len(msgs) {
		return n, nil
	}
	for _, m := range msgs[n:] {
		wire.Drop(m)
	}
	if i.pipe.in.Closed() == nil {
		i.pipe.in.CountDropped(len(msgs)-n, codec.LostConnection)
		return n, err
	}
	i.pipe.in.CountDropped(len(msgs)-n, ReasonUnread)
	return len(msgs), nil
}

// A noInlet is that of a type that receives nothing: what its peers send all the same is read, dropped and counted. (libzmq reads until its receive mark is
// reached, and then nothing more from that peer)
type noInlet struct{ pipe *pipe }

// Deliver takes everything.
func (i noInlet) Deliver(_ context.Context, msgs []Message) (int, error) {
	for _, m := range msgs {
		wire.Drop(m)
	}
	i.pipe.sock.countUnwanted(i.pipe, len(msgs))
	return len(msgs), nil
}

// countUnwanted counts messages of p's that came to a socket that receives none.
func (s *socket) countUnwanted(p *pipe, n int) {
	p.unwanted.Add(uint64(n))
	s.noise.dropped()
}

// A patternInlet shows each message to the pattern first, and queues what the pattern lets through.
type patternInlet struct {
	pipe *pipe
	next codec.Inlet // nil where nothing is received
}

// Deliver asks the pattern under the route lock, for one message at a time.
func (i patternInlet) Deliver(ctx context.Context, msgs []Message) (int, error) {
	for n := range msgs {
		if err := i.pipe.sock.listen(ctx, i.pipe); err != nil {
			return n, err
		}
		if !i.pipe.sock.arrive(i.pipe, msgs[n]) || i.next == nil {
			continue
		}
		if _, err := i.next.Deliver(ctx, msgs[n:n+1]); err != nil {
			return n, err
		}
	}
	return len(msgs), nil
}
