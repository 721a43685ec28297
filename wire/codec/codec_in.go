package codec

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/weirmq/weir/wire"
)

// Stages 10 to 12 of a message's way (ARCHITECTURE.md): read, decode, deliver.
//
// They are those of a batch, in the order of the functions below, and run in the connection's loop (a receiver that waits for one message at a time does
// them itself: helm.go):
//
//	10  read     to a desk (desk.go), or straight into a large body's buffer
//	11  decode   cuts it into messages and commands (wire/decoder.go)
//	12  deliver  puts the messages into the pipe's inbound queue, and waits there at the mark: then nothing is read, and the transport pushes back
//
// Behind them stands onPinged, which answers a PING between two outgoing batches, in the codec actor.
//
// Each complete frame is a sign of life, and while stage 12 waits nobody asks for one: see codec_heartbeat.go.

const (
	// decodeRun is how much of a chunk is decoded before what came out is delivered, in bytes, while messages are small: it bounds the batch, and
	// the slice that holds it. Where a run gave no more than fewMessages, the next one is the whole chunk, so that middling bodies lie in it whole.
	decodeRun   = 8 << 10
	fewMessages = 32

	// maxPongs bounds the PINGs of one peer that wait for their PONG. Past it the oldest goes unanswered.
	maxPongs = 16
)

// readLoop reads until the connection ends.
func (c *codec) readLoop(r *run) error {
	var in Inlet
	select {
	case in = <-r.attach:
	case <-r.ctx.Done():
		return ErrCut
	}
	if c.cfg.Raw {
		return c.rawLoop(r, in)
	}
	r.beat.start()
	defer r.beat.stop()
	rd := reader{run: r, in: in, seat: newSeat(r.conn), dec: r.decoder(c.cfg.MaxMsgSize), publisher: c.cfg.Publisher, traffic: c.cfg.Traffic}
	defer rd.end()
	rd.dec.SetProperties(r.props)
	rd.dec.SetOpener(r.open)
	if c.cfg.SmallBody != 0 {
		rd.dec.SetSmallBody(c.cfg.SmallBody)
	}
	if err := rd.phantom(); err != nil {
		return err
	}
	c.cfg.Traffic.received(len(r.early))
	if err := rd.decode(r.early, false); err != nil {
		return err
	}
	r.early = nil
	if r.late != nil {
		rd.rise()
		if err := rd.late(<-r.late); err != nil {
			return err
		}
	}
	helm := c.newHelm(&rd)
	defer helm.over()
	for lone := false; ; {
		if helm.wanted(lone) {
			if err := helm.standBy(); err != nil {
				return err
			}
		}
		before, between := r.in, !rd.dec.Partial()
		p, direct, err := rd.read()
		c.cfg.Traffic.received(len(p))
		if len(p) > 0 {
			if derr := rd.decode(p, direct); derr != nil {
				return derr
			}
		}
		if err != nil {
			return rd.ended(err)
		}
		lone = len(p) <= smallRead && r.in == before+1 && between && !rd.dec.Partial()
	}
}

// A reader turns the bytes of one connection into deliveries. Owned by the connection's loop.
type reader struct {
	*seat
	run       *run
	in        Inlet
	dec       *wire.Decoder
	traffic   *Traffic
	publisher bool   // SUBSCRIBE and CANCEL are for the socket
	ferry     *ferry // of large bodies; nil before the first of them, and where there is none
	few       bool   // the last run gave few messages for its length
	pieces    uint64 // what dec.Pieces said last
}

// read waits for the next bytes, which lie on the desk, or, where direct is set, in their body already.
func (rd *reader) read() (p []byte, direct bool, err error) {
	dst := rd.dec.Direct()
	if dst == nil {
		p, err = rd.seat.read(rd.dec.Ahead(fullRead))
		return p, false, err
	}
	rd.rise()
	n, err := rd.readBody(dst)
	rd.sit()
	return dst[:n], true, err
}

// readBody reads into a body. The pieces of a large one come in turns (turn.go).
func (rd *reader) readBody(dst []byte) (int, error) {
	if len(dst) < turnBody {
		return rd.conn.Read(dst)
	}
	if rd.ferry == nil {
		rd.ferry = newFerry(rd.conn)
	}
	if rd.ferry == nil {
		return rd.conn.Read(dst)
	}
	return rd.ferry.read(dst)
}

// decode cuts p into messages and commands and delivers them in the order they came.
func (rd *reader) decode(p []byte, direct bool) error {
	if direct {
		var err error
		if rd.msgs, p, err = rd.dec.Filled(len(p), rd.msgs[:0]); err != nil {
			return err
		}
		rd.heard(nil)
		if err := rd.deliver(); err != nil {
			return err
		}
	}
	for len(p) > 0 {
		n, cmd, err := rd.cut(p)
		if err := rd.act(cmd, err); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// cut decodes a run of p, of n bytes: into messages, which lie on the desk, and the command or the error behind them.
func (rd *reader) cut(p []byte) (n int, cmd []byte, err error) {
	run := len(p)
	if !rd.few {
		run = min(run, decodeRun)
	}
	n, rd.msgs, cmd, err = rd.dec.Decode(p[:run], rd.msgs[:0])
	if n >= decodeRun { // a shorter one says little
		rd.few = len(rd.msgs)*decodeRun <= fewMessages*n
	}
	rd.heard(cmd)
	return n, cmd, err
}

// act delivers the messages on the desk, and then acts on the command or the error behind them.
func (rd *reader) act(cmd []byte, err error) error {
	if derr := rd.deliver(); derr != nil {
		return derr
	}
	if err != nil {
		return err
	}
	if cmd == nil {
		return nil
	}
	return rd.command(cmd)
}

// late takes what the handshake had begun to read.
func (rd *reader) late(r read) error {
	rd.sit()
	if err := rd.decode(r.p, false); err != nil {
		return err
	}
	return rd.ended(r.err)
}

// ended words the end of the connection, which a read reported as err; nil is no end. A peer that leaves in the middle of a message is unexpected.
func (rd *reader) ended(err error) error {
	if errors.Is(err, io.EOF) && rd.dec.Partial() {
		return io.ErrUnexpectedEOF
	}
	return err
}

// deliver hands the batch to the pipe and waits there at the mark, until the line is cut.
func (rd *reader) deliver() error {
	if len(rd.msgs) == 0 {
		return nil
	}
	rd.run.beat.stall()
	n, err := rd.in.Deliver(rd.run.ctx, rd.msgs)
	rd.run.beat.resume()
	rd.run.in += uint64(n)
	clear(rd.msgs) // the queue owns them now: hold no body for longer
	if err != nil && rd.run.ctx.Err() != nil {
		return ErrCut
	}
	return err
}

// pingName begins the body of a PING.
const pingName = "\x04PING"

// command acts on a traffic-phase command. As libzmq does, it ignores what is unknown, malformed, or of the handshake, ERROR among it. A PING that ends within
// its time to live cannot be ignored, since it is to be answered: it is a breach of protocol.
func (rd *reader) command(body []byte) error {
	if !rd.run.version.AtLeast(3, 0) {
		return nil // ZMTP 2.0 has none
	}
	cmd, err := wire.ParseCommand(body)
	if err != nil {
		if bytes.HasPrefix(body, []byte(pingName)) {
			return err
		}
		return nil
	}
	switch cmd := cmd.(type) {
	case wire.Ping:
		rd.run.beat.grant(cmd.TTL)
		if rd.run.pongs.add(wire.Pong{Context: cmd.Context}) {
			_ = rd.run.self.Tell(&pinged{run: rd.run}) // a stopped codec answers nobody
		}
	case wire.Pong:
		rd.run.beat.ponged(cmd.Context)
	case wire.Subscribe:
		return rd.subscription(1, cmd.Topic)
	case wire.Cancel:
		return rd.subscription(0, cmd.Topic)
	}
	return nil
}

// subscription delivers a subscription command in the form that the socket types work on.
func (rd *reader) subscription(first byte, topic []byte) error {
	if !rd.publisher {
		return nil
	}
	body := make([]byte, 0, 1+len(topic))
	m := wire.MessageOf(append(append(body, first), topic...)).WithProperties(rd.run.props)
	rd.msgs = append(rd.msgs[:0], m)
	return rd.deliver()
}

// onPinged writes the PONGs that are due. It comes between two batches, on the control lane.
func (c *codec) onPinged(ctx ctxt, m *pinged) error {
	if m.run != c.run || c.state != active {
		return nil
	}
	var frames []byte
	for _, p := range c.run.pongs.take() {
		frames = p.AppendTo(frames)
	}
	return c.writeCommands(ctx, frames)
}

// writeCommands writes whole frames of commands, between two batches. A line that parts takes none.
func (c *codec) writeCommands(ctx ctxt, frames []byte) error {
	if err := c.finish(ctx); err != nil || c.state != active {
		return err
	}
	if c.cfg.Line.parting() {
		return nil
	}
	if c.run.seal != nil {
		frames = c.run.seal.AppendFrames(nil, frames)
	}
	n, err := c.run.conn.Write(frames)
	c.cfg.Traffic.sent(int64(n))
	if err != nil {
		return c.close(ctx, err)
	}
	return nil
}

// pongs are the answers that wait for the handler: put by the loop, taken by the handler. Bounded, and one message on the control lane however
// many there are.
type pongs struct {
	mu  sync.Mutex
	due []wire.Pong // guarded by mu
}

// add puts p at the end and tells whether the handler must be told.
func (q *pongs) add(p wire.Pong) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.due) == maxPongs {
		q.due = q.due[1:]
	}
	q.due = append(q.due, p)
	return len(q.due) == 1
}

// take empties the list.
func (q *pongs) take() []wire.Pong {
	q.mu.Lock()
	defer q.mu.Unlock()
	due := q.due
	q.due = nil
	return due
}
