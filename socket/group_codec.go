package socket

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport/pgm"
	"github.com/weirmq/weir/wire/codec"
)

// Messages that a group's codec receives beside Attach and Refuse. run, in each, tells the incarnation that it belongs to.
type (
	// groupRead brings packets; the loop waits for its turn before it reads again.
	groupRead struct {
		codec.Message
		run     *groupRun
		packets []pgm.Datagram
		turn    chan<- struct{}
	}
	// groupDelivered tells that messages are in the inbound queue.
	groupDelivered struct {
		codec.Message
		run *groupRun
		n   int
	}
	// groupDue is the timer's word that an engine's deadline has come.
	groupDue struct {
		codec.Message
		run *groupRun
	}
	// groupEnded tells that a loop has ended, and why.
	groupEnded struct {
		codec.Message
		run *groupRun
		err error
	}
	// groupFinish asks a source to say that it ends, once all is sent.
	groupFinish struct{ codec.Message }
)

// A groupEngine is one half of PGM with what a socket needs around it.
type groupEngine interface {
	// handle takes packets.
	handle(now time.Time, packets []pgm.Datagram)
	// read tells that a loop has read, and waits for its turn to read on.
	read(turn chan<- struct{})
	// delivered tells that the loop that delivers has nothing left.
	delivered()
	// work does all that can be done now, and returns when there is something to do again; the zero time is never.
	work(ctx *actor.Context[codec.Message], now time.Time) (time.Time, error)
	// end says farewell, as far as that can be done at once.
	end()
}

// A groupCodec carries the messages of one endpoint over pgm or epgm: what the ZMTP codec is to tcp and ipc. It drives an engine of package pgm, which
// has neither sockets nor a clock.
//
//	Owns      the engine, the sockets, the state.
//	Receives  Attach, Refuse; groupRead, groupDelivered, groupEnded of its loops; groupDue of its timer; groupFinish of its pipe; DataReady.
//	Sends     Up, Down, Flushed to its link; groupNews to its socket.
//	Starts    a read loop for each socket that is read, one that waits for the interface to go, and where messages come in one that delivers them;
//	          joins them in close.
//	Blocks    in the sockets' writes only, which wait for room in the kernel's buffers; whoever cuts the line ends that.
//	On error  fails; its dialer's strategy decides: a new incarnation opens new sockets. A source is a new one then, to all who listen.
//
//	opening ──▶ waiting ──▶ active ──▶ closed
type groupCodec struct {
	// Set before Started, then read-only.
	link *link

	// Owned by the handler.
	run    *groupRun // nil while closed
	active bool
	engine groupEngine // nil before Attach
	out    *queue
	armed  time.Time // when the timer rings; the zero time is never
	cancel func()    // stops it
	sent   uint64    // whole messages in packets that went out
	in     uint64    // messages delivered
}

// A groupRun is one incarnation's sockets and loops.
type groupRun struct {
	self     actor.Ref[codec.Message]
	group    errgroup.Group // joins the loops
	conn     groupConn
	ctx      context.Context // ends with the line
	unwatch  func() bool     // takes back what happens at the end of ctx
	stop     chan struct{}   // closed when the handler gives up
	deliverc chan []Message  // to the loop that delivers
}

// newGroupCodec makes an incarnation of l's codec.
func newGroupCodec(l *link) actor.Actor[codec.Message] { return &groupCodec{link: l} }

// Receive only dispatches.
func (c *groupCodec) Receive(ctx *actor.Context[codec.Message]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		return c.onStarted(ctx)
	case *codec.Attach:
		return c.onAttach(ctx, m)
	case *codec.Refuse:
		return c.close(ctx, m.Reason)
	case actor.DataReady:
		return c.work(ctx)
	case *groupRead:
		return c.onRead(ctx, m)
	case *groupDelivered:
		return c.onDelivered(ctx, m)
	case *groupDue:
		return c.onDue(ctx, m)
	case *groupFinish:
		return c.work(ctx)
	case *groupEnded:
		if m.run == c.run {
			return c.close(ctx, m.err)
		}
	case actor.Restarting:
		_ = c.close(ctx, m.Reason) // the link is told, and the supervisor knows
	case actor.Stopping:
		_ = c.close(ctx, codec.ErrCut)
	}
	return nil
}

// onStarted opens the sockets, which waits for nothing, and says that the group is there.
func (c *groupCodec) onStarted(ctx *actor.Context[codec.Message]) error {
	life, err := c.link.line.Begin()
	if err != nil {
		c.link.endpoint.group.drop()
		return err
	}
	e := c.link.endpoint
	c.link.attempts.Add(1)
	c.link.enter(dialing)
	conn, err := e.group.open(e.opts.multicast(e.addr.Scheme))
	if err != nil {
		_ = c.link.line.End() // it was not cut by anybody who does not know
		err = &dialError{err, e.addr.Scheme}
		c.link.Down(codec.Loss{Reason: err})
		return err
	}
	r := &groupRun{self: ctx.Self(), conn: conn, ctx: life, stop: make(chan struct{}), deliverc: make(chan []Message, 1)}
	r.unwatch = context.AfterFunc(life, func() {
		conn.Cut() // the handler may be waiting there, and hears nothing until it does not
		_ = r.self.Tell(&groupEnded{run: r, err: codec.ErrCut})
	})
	c.run = r
	c.link.Up(r.self, c.peer())
	return nil
}

// peer is what stands in the place of one.
func (c *groupCodec) peer() codec.Peer {
	return codec.Peer{Local: c.run.conn.Local().String(), Remote: c.link.endpoint.addr.Address}
}

// onAttach makes the engine and lets traffic begin.
func (c *groupCodec) onAttach(ctx *actor.Context[codec.Message], m *codec.Attach) error {
	if c.run == nil || c.active {
		return nil // it was meant for an incarnation that has gone
	}
	r := c.run
	c.active, c.out = true, m.Out
	if c.link.sock.typ.publisher {
		c.engine = newGroupSource(c, time.Now())
	} else {
		c.engine = newGroupSink(c)
		r.group.Go(func() error { return c.loop(r, func() error { return deliverLoop(r, m.In) }) })
	}
	r.group.Go(func() error { return c.loop(r, r.conn.Watch) })
	for i := range r.conn.Inlets() {
		r.group.Go(func() error { return c.loop(r, func() error { return readLoop(r, i) }) })
	}
	ctx.Healthy()
	ctx.OpenData(c.out)
	return c.work(ctx)
}

// onRead gives packets to the engine.
func (c *groupCodec) onRead(ctx *actor.Context[codec.Message], m *groupRead) error {
	if m.run != c.run {
		return nil
	}
	c.engine.handle(time.Now(), m.packets)
	c.engine.read(m.turn)
	return c.work(ctx)
}

// onDelivered lets the next messages go.
func (c *groupCodec) onDelivered(ctx *actor.Context[codec.Message], m *groupDelivered) error {
	if m.run != c.run {
		return nil
	}
	c.in += uint64(m.n)
	c.engine.delivered()
	return c.work(ctx)
}

// onDue lets the engine see the time.
func (c *groupCodec) onDue(ctx *actor.Context[codec.Message], m *groupDue) error {
	if m.run != c.run {
		return nil
	}
	c.armed = time.Time{}
	return c.work(ctx)
}

// work lets the engine do what can be done, and sets the timer for the rest.
func (c *groupCodec) work(ctx *actor.Context[codec.Message]) error {
	if !c.active {
		return nil
	}
	at, err := c.engine.work(ctx, time.Now())
	if err != nil {
		return c.close(ctx, err)
	}
	if at.IsZero() || !c.armed.IsZero() && !at.Before(c.armed) {
		return nil // a timer that rings too early costs a look
	}
	if c.cancel != nil {
		c.cancel()
	}
	c.armed = at
	c.cancel = ctx.After(max(0, time.Until(at)), &groupDue{run: c.run})
	return nil
}

// close says farewell, closes the sockets, joins the loops, gives the outbound queue back and reports. It returns why: reason, or what the line was cut
// with before. It is idempotent.
func (c *groupCodec) close(ctx *actor.Context[codec.Message], reason error) error {
	r := c.run
	if r == nil {
		return reason
	}
	if c.engine != nil {
		c.engine.end()
	}
	c.run = nil
	r.unwatch()
	if cause := c.link.line.End(); cause != nil {
		reason = cause
	}
	close(r.stop)
	_ = r.conn.Close() // what a close says, reads and writes have said
	_ = r.group.Wait() // the loops have no error that they did not tell
	if c.active {
		c.active = false
		ctx.CloseData()
		c.out.Rewind()
	}
	c.link.Down(codec.Loss{Reason: reason, Peer: codec.Peer{Remote: c.link.endpoint.addr.Address}, Shaken: true, Sent: c.sent, Received: c.in})
	return reason
}

// loop runs one of the loops and tells when it ends by itself. A panic is the codec's failure, as one in its handler is.
func (c *groupCodec) loop(r *groupRun, run func() error) error {
	err := actor.Guard(run)
	select {
	case <-r.stop:
	default:
		_ = r.self.Tell(&groupEnded{run: r, err: err}) // a codec that has stopped needs no word
	}
	return nil
}

// readLoop reads packets, and reads on when the handler has done with them. That is how a full queue becomes a full buffer of the kernel, and then
// repairs, or losses.
func readLoop(r *groupRun, inlet int) error {
	turn := make(chan struct{}, 1)
	for {
		packets, err := r.conn.Read(inlet, nil)
		if err != nil {
			return err
		}
		_ = r.self.Tell(&groupRead{run: r, packets: packets, turn: turn}) // a codec that has stopped has closed stop
		select {
		case <-turn:
		case <-r.stop:
			return nil
		}
	}
}

// deliverLoop puts messages into the inbound queue, and waits there at the mark.
func deliverLoop(r *groupRun, in codec.Inlet) error {
	for {
		select {
		case msgs := <-r.deliverc:
			n, err := in.Deliver(r.ctx, msgs)
			if err != nil {
				return err
			}
			_ = r.self.Tell(&groupDelivered{run: r, n: n}) // as in readLoop
		case <-r.stop:
			return nil
		}
	}
}

// newTSI names a source: nobody else has the same.
func newTSI(port uint16) pgm.TSI {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	tsi := pgm.TSI{GSI: pgm.GSI(b[:6]), Port: binary.BigEndian.Uint16(b[6:])}
	if tsi.Port == port || tsi.Port == 0 {
		tsi.Port = port ^ 1
	}
	return tsi
}
