package codec

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// LostConnection is why the ledger counts messages as dropped when the connection that held them is gone for good.
const LostConnection mailbox.Reason = "connection lost"

// Message is what a codec receives on its control lane.
type Message interface{ codecMessage() }

type (
	// Attach answers Host.Up: it lends the queues of the peer's pipe, and traffic begins.
	Attach struct {
		// Out is the outbound queue: the codec is its one consumer until it reports Down. Nil where nothing goes out.
		Out *mailbox.Queue[wire.Message]
		// In takes what the peer sends.
		In Inlet
	}

	// Refuse answers Host.Up where the peer is not wanted: the codec fails with Reason.
	Refuse struct{ Reason error }

	// shaken reports that the handshake is done. run, here and below, tells the incarnation that it belongs to.
	shaken struct {
		run  *run
		peer Peer
	}

	// loopEnded reports that the connection's loop ended, and why.
	loopEnded struct {
		run *run
		err error
	}

	// rest asks for what is left of a batch that a sender could not write without waiting.
	rest struct{ run *run }

	// pinged asks for the PONG that answers a PING.
	pinged struct{ run *run }

	// pingDue asks for a PING of our own.
	pingDue struct{ run *run }
)

func (*Attach) codecMessage()    {}
func (*Refuse) codecMessage()    {}
func (*shaken) codecMessage()    {}
func (*loopEnded) codecMessage() {}
func (*rest) codecMessage()      {}
func (*pinged) codecMessage()    {}
func (*pingDue) codecMessage()   {}

// A Peer is what a finished handshake tells of the other side.
type Peer struct {
	wire.Peer
	// Local and Remote are the addresses of the connection, as net.Conn words them.
	Local, Remote string
	// Properties are what each message of the peer comes with.
	Properties *wire.Properties

	rtt *rtt // what RTT reads; nil in the zero value
}

// An Inlet takes the messages of one peer, in order. Deliver may wait (at the receive mark, so that the transport pushes back on the sender) until
// ctx ends; it returns how many it took. The slice is the caller's again when it returns.
type Inlet interface {
	Deliver(ctx context.Context, msgs []wire.Message) (int, error)
}

// A Host is the owner's side of a codec. Its methods are called from the codec's handler and must not wait.
type Host interface {
	// Up reports a finished handshake. The host answers self with Attach or Refuse.
	Up(self actor.Ref[Message], peer Peer)
	// Down reports that the connection is gone, and why; it follows each attempt, also one that never came up. An attempt begins with the codec,
	// unless its line is shut by then. The codec has given back the outbound queue, with what the kernel did not take at its head.
	Down(Loss)
	// Flushed reports that a closed outbound queue has run empty. It may be reported more than once.
	Flushed()
}

// A Traffic counts bytes: those of frames, headers included, that the kernel took, and those that it brought. Atomic: written by codecs, read by anybody.
type Traffic struct{ Out, In atomic.Uint64 }

// sent counts bytes that the kernel took.
func (t *Traffic) sent(n int64) {
	if t != nil && n > 0 {
		t.Out.Add(uint64(n))
	}
}

// received counts bytes that came.
func (t *Traffic) received(n int) {
	if t != nil && n > 0 {
		t.In.Add(uint64(n))
	}
}

// A Loss is the end of one connection, or of an attempt at one.
type Loss struct {
	Reason error
	// Peer is what the handshake told; the zero value where it did not finish.
	Peer Peer
	// Shaken says whether the handshake had finished.
	Shaken bool
	// Sent and Received count the whole messages that the kernel took and that were delivered on this connection.
	Sent, Received uint64
}

// Config is what a codec needs. It is read-only once the actor runs.
type Config struct {
	// Open yields the connection: the accepted one, or a dialed one. It is called once by each incarnation, and may wait until ctx ends.
	Open func(ctx context.Context) (net.Conn, error)
	// Line lets others cut the connection. Required.
	Line *Line
	// Host is the owner. Required.
	Host Host
	// Handshake is this side's part of the greeting and READY.
	Handshake wire.HandshakeConfig
	// Raw says that no ZMTP is spoken: see codec_raw.go. Handshake, HandshakeInterval, Heartbeat, Ask, MaxMsgSize, Subscriber and Publisher have no
	// meaning then.
	Raw bool
	// Hello, where it is not empty, is the body of a message that goes out first on each connection, before what is queued. It is in no queue and no
	// account (ZMQ_HELLO_MSG).
	Hello []byte
	// HandshakeInterval bounds greeting and mechanism, 0 for no bound (ZMQ_HANDSHAKE_IVL).
	HandshakeInterval time.Duration
	// Heartbeat is what this side asks of the peer's signs of life, and of its own.
	Heartbeat Heartbeat
	// Ask, where not nil, is asked whether a peer may come in, where the mechanism wants to know.
	Ask Ask
	// MaxMsgSize bounds an incoming frame in bytes, -1 for no bound (ZMQ_MAXMSGSIZE).
	MaxMsgSize int64
	// SmallBody is the largest body in bytes that is copied: on its way out, to be written together with others; on its way in, where a read ends with
	// it. Larger ones are written from where they lie, and read straight into their place, which is there at once where MaxMsgSize bounds it. A negative
	// one copies none. 0 is 4 kB out and 64 kB in; there one read brings several, and may bring a piece of a larger one.
	SmallBody int
	// Subscriber says that outgoing messages beginning with 0 or 1 are subscriptions: they go out as CANCEL and SUBSCRIBE to peers that speak
	// ZMTP 3.1, as they are to others. https://rfc.zeromq.org/spec/37/#commands
	Subscriber bool
	// Publisher says that incoming SUBSCRIBE and CANCEL commands are delivered as messages beginning with 1 and 0. Others drop them.
	Publisher bool
	// PeerName, where not nil, words the name of the peer behind a connection; else it is the remote address.
	PeerName func(net.Conn) string
	// PeerAddress, where not nil, words the address of the peer for the property Peer-Address; empty where it has none.
	PeerAddress func(net.Conn) string
	// Traffic, where not nil, counts the bytes of the connection, from the end of its handshake on.
	Traffic *Traffic
	// Sent, where not nil, is told each message when the kernel has its last byte. It runs in the codec's handler and must not wait.
	Sent func(Peer, wire.Message)
}

// state is where a codec's incarnation stands.
type state uint8

const (
	// opening: the connection is being made, or the handshake runs.
	opening state = iota
	// waiting: the handshake is done and the host has not answered yet.
	waiting
	// active: traffic flows.
	active
	// closed: the connection is gone and reported.
	closed
)

// A codec drives one ZMTP connection, from greeting to close.
//
//	Owns      the encoder's buffers, the state, the count of messages sent.
//	Receives  Attach, Refuse; shaken, loopEnded, pinged of its loop; pingDue of its heartbeat; DataReady of the outbound queue lent to it; rest of itself.
//	Sends     Up, Down, Flushed to its host.
//	Starts    one loop (open, handshake, read) in onStarted, which may start one that reads while the handshake waits for an answer; joins both in close.
//	Blocks    in the connection's write only. Whoever stops a codec cuts its line first.
//	On error  fails; its dialer's strategy decides. An accepted one ends.
//
//	opening ──▶ waiting ──▶ active ──▶ closed
//	   └───────────┴── error or cut ─────▲
type codec struct {
	// Set before Started, then read-only.
	cfg Config

	// Owned by the handler.
	state state
	run   *run
	peer  Peer
	out   *mailbox.Queue[wire.Message] // lent by the host while active; nil otherwise
	batch *batch                       // from the pool while there is something to send; nil otherwise
	begun bool                         // the batch was begun in a sender's goroutine, and rest is on its way: see codec_prompt.go
	taken int                          // how many bytes of it the kernel has
	sent  uint64                       // whole messages the kernel took on this connection
}

// A run is one incarnation's connection: what the loop and the handler share.
type run struct {
	self    actor.Ref[Message]
	group   errgroup.Group  // joins the loop, and the one that it may start
	attach  chan Inlet      // room for one: the handler's word to the loop that traffic may be delivered
	stop    chan struct{}   // closed when the handler gives up the connection
	ctx     context.Context // ends with the line: whatever the loop waits for ends with it
	pongs   pongs
	beat    *heartbeat   // its timers cut the line; nil where the peer's version has no heartbeats
	conn    net.Conn     // set by the loop before shaken is sent, then read-only
	early   []byte       // what was read behind the handshake; owned by the loop
	in      uint64       // whole messages delivered; the handler reads it once the loop is joined
	late    <-chan read  // a read that the handshake has begun and not seen the end of; nil where there is none
	ferry   *ferry       // writes large bodies; nil before the first of them, and where there is none; owned by the handler
	prompt  *prompt      // writes without waiting; nil before it is needed, and where it is not to be had; owned by the handler
	seal    *wire.Sealer // of this connection's traffic; owned by the handler once shaken is sent; nil where it is not sealed
	open    *wire.Opener // the same for what comes in; owned by the loop
	version wire.Version
	props   *wire.Properties // what the messages come with
	listens bool             // the peer sends no subscriptions, and wants all: see codec_old.go
}

// New returns an incarnation of the codec that cfg describes; a supervisor calls it again for each restart.
func New(cfg Config) actor.Actor[Message] {
	return &codec{cfg: cfg, state: closed}
}

// Receive only dispatches. Each message has one handler, named after it.
func (c *codec) Receive(ctx *actor.Context[Message]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		return c.onStarted(ctx)
	case *shaken:
		return c.onShaken(m)
	case *Attach:
		return c.onAttach(ctx, m)
	case *Refuse:
		return c.onRefuse(ctx, m)
	case actor.DataReady:
		return c.onDataReady(ctx)
	case *rest:
		return c.onRest(ctx, m)
	case *pinged:
		return c.onPinged(ctx, m)
	case *pingDue:
		return c.onPingDue(ctx, m)
	case *loopEnded:
		return c.onLoopEnded(ctx, m)
	case actor.Restarting:
		_ = c.close(ctx, m.Reason) // the host is told, and the supervisor knows
	case actor.Stopping:
		_ = c.close(ctx, ErrCut)
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// onStarted starts the loop of this incarnation. Where the line is shut there is none.
func (c *codec) onStarted(ctx *actor.Context[Message]) error {
	life, err := c.cfg.Line.Begin()
	if err != nil {
		return err
	}
	r := &run{self: ctx.Self(), attach: make(chan Inlet, 1), stop: make(chan struct{}), ctx: life}
	c.state, c.run = opening, r
	r.group.Go(func() error {
		c.connLoop(r)
		return nil
	})
	return nil
}

// onShaken tells the host that a peer is there.
func (c *codec) onShaken(m *shaken) error {
	if m.run != c.run || c.state != opening {
		return nil // of an incarnation before this one
	}
	c.state, c.peer = waiting, m.peer
	c.cfg.Host.Up(c.run.self, m.peer)
	return nil
}

// onAttach opens the data lane and lets the loop deliver.
func (c *codec) onAttach(ctx *actor.Context[Message], m *Attach) error {
	if c.state != waiting {
		return nil // the connection went while the host was answering; Down has told it
	}
	c.state, c.out = active, m.Out
	ctx.Healthy()
	c.run.attach <- m.In
	if err := c.sayHello(); err != nil {
		return c.close(ctx, err)
	}
	if m.Out != nil {
		ctx.OpenData(m.Out)
		c.flushed()
	}
	return nil
}

// onRefuse fails with the host's reason.
func (c *codec) onRefuse(ctx *actor.Context[Message], m *Refuse) error {
	if c.state != waiting {
		return nil // it was meant for a connection that has gone
	}
	return c.close(ctx, m.Reason)
}

// onLoopEnded fails with the reason for which the loop ended.
func (c *codec) onLoopEnded(ctx *actor.Context[Message], m *loopEnded) error {
	if m.run != c.run || c.state == closed {
		return nil // of an incarnation before this one
	}
	return c.close(ctx, m.err)
}

// close gives up the connection: it ends the loop and joins it, gives the outbound queue back with what the kernel did not take at its head, and
// reports. It returns why the connection ended: reason, or what the line was cut with before. It is idempotent. The join is short: everything the
// loop can wait for has ended before, if Open honours its context.
func (c *codec) close(ctx *actor.Context[Message], reason error) error {
	if c.state == closed {
		return reason
	}
	wasShaken := c.state != opening
	c.state = closed
	close(c.run.stop)
	if cause := c.cfg.Line.End(); cause != nil {
		reason = cause
	}
	_ = c.run.group.Wait() // the loop has no error that it did not tell
	if c.begun {
		c.begun = false
		c.cfg.Traffic.sent(int64(c.taken))
		c.done(int64(c.taken), false)
	}
	if c.out != nil {
		ctx.CloseData()
		c.out.Rewind()
		c.out = nil
	}
	c.release()
	c.cfg.Host.Down(Loss{Reason: reason, Peer: c.peer, Shaken: wasShaken, Sent: c.sent, Received: c.run.in})
	return reason
}

// connLoop is the life of one connection as its reader sees it: open, shake hands, wait for the pipe, read until the end. The end cuts the line,
// since the handler may be waiting in a write: then it learns by that.
func (c *codec) connLoop(r *run) {
	err := c.connection(r)
	select {
	case <-r.stop:
		return // the handler gave up first, and waits for nothing but this
	default:
	}
	c.cfg.Line.Cut(err)
	_ = r.self.Tell(&loopEnded{run: r, err: err}) // a stopped codec has no use for it
}

// connection is connLoop until the end, and says why it came. A panic is the codec's failure, as one in its handler is.
func (c *codec) connection(r *run) error {
	return actor.Guard(func() error {
		if err := c.connect(r); err != nil {
			return err
		}
		return c.readLoop(r)
	})
}

// connect opens the connection, finishes the handshake and reports it.
func (c *codec) connect(r *run) error {
	conn, err := c.cfg.Open(r.ctx)
	if err != nil {
		return err
	}
	if err := c.cfg.Line.take(conn); err != nil {
		return err
	}
	r.conn = conn
	if c.cfg.Raw {
		peer := c.rawPeer(conn)
		r.props = peer.Properties
		return r.self.Tell(&shaken{run: r, peer: peer})
	}
	peer, early, err := c.handshake(r, conn)
	if err != nil {
		return err
	}
	r.version, r.early, r.props, r.listens = peer.Version, early, peer.Properties, peer.Unversioned
	r.beat = newHeartbeat(c.cfg, r, &peer)
	return r.self.Tell(&shaken{run: r, peer: peer})
}
