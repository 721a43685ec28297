package codec

import (
	"net"
	"sync"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/wire"
)

// Stages 6 to 9 of a message's way (ARCHITECTURE.md): look, encode, write, done.
//
// They are those of a batch, in the order of the functions below. All of it runs in the codec actor (of a REQ or REP mostly in its sender's goroutine:
// codec_prompt.go); the callers' side ends where the message enters the queue.
//
//	6  look    the messages at the head of the queue, without taking them
//	7  encode  headers and small bodies into one buffer; large bodies by reference
//	8  write   one write, or one writev
//	9  done    what the kernel has whole leaves the queue, its room returns, and so does memory that somebody waits for
//
// On error, stage 9 covers what the kernel took whole; the rest is still in the queue and goes first on the next connection, from its first byte.

const (
	// maxBatch and maxBytes bound a batch: so many messages, or so many bytes, or one larger message.
	maxBatch = 256
	maxBytes = 256 << 10

	// coalesce is the largest body that is copied into the batch's buffer, in bytes, unless Config.SmallBody says otherwise; a larger one goes out by
	// reference.
	coalesce = 4 << 10

	// shortBody is the largest body, in bytes, that takes the short way into the batch.
	shortBody = 255

	// bufferSize is the room of the batch's buffer in bytes. A batch ends before the next message that might not fit.
	bufferSize = 64 << 10
)

// sayHello writes the first message of a connection, where there is one. It comes before the data lane opens.
func (c *codec) sayHello() error {
	if len(c.cfg.Hello) == 0 {
		return nil
	}
	c.begin()
	defer c.release()
	c.encode([]wire.Message{wire.MessageOf(c.cfg.Hello)})
	n, err := c.batch.write(c.run.conn, nil)
	c.cfg.Traffic.sent(n)
	return err
}

// ctxt is the context that a codec's handlers are given.
type ctxt = *actor.Context[Message]

// onDataReady moves one batch from the queue to the connection.
func (c *codec) onDataReady(ctx ctxt) error {
	if c.state != active || c.begun {
		return nil
	}
	if ctx.Borrowed() {
		return c.onDataReadyHere(ctx)
	}
	c.look()
	if len(c.batch.ends) == 0 {
		c.release()
		return nil
	}
	written, err := c.batch.write(c.run.conn, c.ferry())
	return c.written(ctx, written, err)
}

// written ends a batch of which the kernel took so many bytes in all.
func (c *codec) written(ctx ctxt, written int64, err error) error {
	c.cfg.Traffic.sent(written)
	c.done(written, err == nil)
	if c.out.Len() == 0 {
		c.release()
	}
	c.flushed()
	if err != nil {
		return c.close(ctx, err)
	}
	return nil
}

// ferry returns what the batch is to be written with, where it has a large body and others wait behind it; else nil. A body that is alone, as in round
// trips, arrives earlier where both sides copy at once.
func (c *codec) ferry() *ferry {
	if !c.batch.large || c.out.Len() <= len(c.batch.ends) {
		return nil
	}
	if c.run.ferry == nil {
		c.run.ferry = newFerry(c.run.conn)
	}
	return c.run.ferry
}

// flushed tells the host where the queue is closed and has run empty.
func (c *codec) flushed() {
	if c.out.Len() == 0 && c.out.Closed() != nil {
		c.cfg.Host.Flushed()
	}
}

// begin makes an empty batch for this connection, from the pool where the codec has none.
func (c *codec) begin() {
	if c.batch == nil {
		c.batch = batches.Get().(*batch)
	}
	c.batch.reset()
	c.batch.seal, c.batch.old = c.run.seal, c.run.oldFraming()
	c.batch.small = max(0, c.cfg.SmallBody)
	if c.cfg.SmallBody == 0 {
		c.batch.small = coalesce
	}
}

// encode adds msgs to the batch, in the form that the connection wants, and returns how many: fewer than all where the batch is full.
func (c *codec) encode(msgs []wire.Message) int {
	b, commands := c.batch, c.cfg.Subscriber && c.run.version.AtLeast(3, 1)
	short := 0
	if b.seal == nil && !b.old && !c.cfg.Raw && !commands {
		short = b.addShort(msgs)
	}
	for n, m := range msgs[short:] {
		if b.full() || (b.seal != nil || m.Len() > 1) && !b.fits(m) {
			return short + n
		}
		switch {
		case c.cfg.Raw:
			b.addRaw(m)
		case commands:
			b.addSubscription(m)
		default:
			b.add(m)
		}
		if wire.Held(m) {
			b.held = append(b.held, held{len(b.ends), m})
		}
	}
	return len(msgs)
}

// look encodes what is at the head of the queue, up to a batch, and moves the cursor past it. The messages stay in the queue.
func (c *codec) look() {
	c.begin()
	for !c.batch.full() {
		msgs := c.out.Look(maxBatch - len(c.batch.ends))
		if len(msgs) == 0 {
			return
		}
		n := c.encode(msgs)
		if c.cfg.Sent != nil {
			c.batch.seen = append(c.batch.seen, msgs[:n]...)
		}
		c.out.Advance(n)
		if n < len(msgs) {
			return
		}
	}
}

// done tells the queue which messages the kernel has whole.
func (c *codec) done(written int64, all bool) {
	n := len(c.batch.ends)
	if !all {
		for n > 0 && c.batch.ends[n-1] > written {
			n--
		}
	}
	c.sent += uint64(n)
	if n > 0 {
		c.out.Done(n)
	}
	for _, m := range c.batch.seen[:min(n, len(c.batch.seen))] {
		c.cfg.Sent(c.peer, m)
	}
	for _, h := range c.batch.held {
		if h.n <= n {
			wire.Drop(h.msg)
		}
	}
	c.batch.unseal()
}

// A batch is the encoded form of the messages at the head of a queue. The zero value is empty, without room. Owned by the codec's handler.
type batch struct {
	buf   []byte         // headers and small bodies, one after the other
	cuts  []cut          // the large bodies, each with the place in buf before which it goes
	ends  []int64        // for each message, the bytes of the batch up to its last one
	size  int64          // bytes of the batch
	room  [][]byte       // where the list for writev is built; used again
	vecs  net.Buffers    // the list that writev consumes: a window on room
	seal  *wire.Sealer   // of the connection that the batch is for; nil where frames are not sealed; set by begin
	seen  []wire.Message // the messages themselves, where somebody wants to be told
	old   bool           // the framing is that of ZMTP 1.0; set by begin
	small int            // the largest body that goes into buf; set by begin
	large bool           // there is a cut whose copies take turns
	held  []held         // those whose memory somebody waits for

	sealed []wire.Message // what large frames are sealed in, until they are written
}

// A held message has a reference that ends once the kernel has the message whole.
type held struct {
	n   int // how many messages of the batch are done when it is
	msg wire.Message
}

// A cut is a body that is written by reference.
type cut struct {
	at   int    // place in buf
	body []byte // the message's own bytes
}

// batches holds the batches of codecs that have nothing to send, empty, with all their room.
var batches = sync.Pool{New: func() any { return &batch{buf: make([]byte, 0, bufferSize)} }}

// reset empties the batch and keeps its room. It holds no message's octets then.
func (b *batch) reset() {
	clear(b.cuts)
	clear(b.seen)
	clear(b.held)
	b.buf, b.cuts, b.ends, b.seen, b.held, b.size = b.buf[:0], b.cuts[:0], b.ends[:0], b.seen[:0], b.held[:0], 0
	b.large = false
	b.unseal()
}

// unseal gives back what large frames were sealed in.
func (b *batch) unseal() {
	for _, m := range b.sealed {
		m.Release()
	}
	clear(b.sealed)
	b.sealed = b.sealed[:0]
}

// release gives the batch back: an idle codec holds none. One that has grown is left to the garbage collector.
func (c *codec) release() {
	b := c.batch
	if c.batch = nil; b == nil {
		return
	}
	b.reset()
	if b.seal = nil; cap(b.buf) <= bufferSize {
		batches.Put(b)
	}
}

// full says whether the batch has reached one of its bounds.
func (b *batch) full() bool {
	return len(b.ends) >= maxBatch || b.size >= maxBytes || len(b.buf) > bufferSize-coalesce-wire.MaxHeader
}

// fits says whether m goes into the room that the buffer has left. An empty batch takes any message, and one that is not full any of one frame that
// is not sealed.
func (b *batch) fits(m wire.Message) bool {
	if len(b.ends) == 0 {
		return true
	}
	need := m.Len() * wire.MaxHeader
	for i := range m.Len() {
		switch size := len(m.Frame(i)); {
		case b.seal != nil:
			need += size + wire.SealOverhead
		case size <= b.small:
			need += size
		}
	}
	return len(b.buf)+need <= bufferSize
}

// add encodes m. Beyond the buffer's room, where it grows, goes only a message that is alone, of very many small frames.
func (b *batch) add(m wire.Message) {
	last := m.Len() - 1
	for i := range last {
		b.addFrame(wire.More, m.Frame(i))
	}
	b.addFrame(0, m.Frame(last))
	b.ends = append(b.ends, b.size)
}

// addShort encodes those at the head of msgs that are one short frame each, whose memory nobody waits for, and returns how many: the short way of
// most traffic, which asks only once whether there is room.
func (b *batch) addShort(msgs []wire.Message) int {
	room := min(bufferSize-coalesce-wire.MaxHeader-len(b.buf), maxBytes-int(b.size)) / (wire.MaxHeader + shortBody)
	msgs = msgs[:max(0, min(len(msgs), maxBatch-len(b.ends), room))]
	small, buf, ends, before := min(b.small, shortBody), b.buf, b.ends, b.size-int64(len(b.buf))
	for n, m := range msgs {
		body := m.Bytes()
		if !wire.Plain(m) || len(body) > small {
			msgs = msgs[:n]
			break
		}
		buf = append(wire.AppendHeader(buf, 0, len(body)), body...)
		ends = append(ends, before+int64(len(buf)))
	}
	b.buf, b.ends, b.size = buf, ends, before+int64(len(buf))
	return len(msgs)
}

// addFrame encodes one frame: its header and, where it is small, its body; a large body by reference.
func (b *batch) addFrame(flags wire.Flags, body []byte) {
	before := len(b.buf)
	if b.seal != nil {
		b.addSealed(flags, body)
		return
	}
	if b.old {
		b.buf = wire.AppendOldHeader(b.buf, flags, len(body))
	} else {
		b.buf = wire.AppendHeader(b.buf, flags, len(body))
	}
	if len(body) <= b.small {
		b.buf = append(b.buf, body...)
		b.size += int64(len(b.buf) - before)
		return
	}
	b.size += int64(len(b.buf) - before + len(body))
	b.cuts = append(b.cuts, cut{at: len(b.buf), body: body})
	b.large = b.large || len(body) >= turnBody
}

// addSealed seals one frame: into the buffer or, where that has no room for a large one, into memory that is used again once the frame is written.
func (b *batch) addSealed(flags wire.Flags, body []byte) {
	before, most := len(b.buf), wire.MaxHeader+len(body)+wire.SealOverhead
	if len(body) <= coalesce || before+most <= cap(b.buf) {
		b.buf = b.seal.AppendFrame(b.buf, flags, body)
		b.size += int64(len(b.buf) - before)
		return
	}
	room := wire.NewBody(most)
	frame := b.seal.AppendFrame(room.Bytes()[:0], flags, body)
	b.sealed = append(b.sealed, room)
	b.cuts = append(b.cuts, cut{at: before, body: frame})
	b.size += int64(len(frame))
}

// addSubscription encodes m as a SUBSCRIBE or CANCEL command where it is a subscription, and as it is where it is not.
func (b *batch) addSubscription(m wire.Message) {
	body := m.Bytes()
	if m.Len() != 1 || len(body) == 0 || body[0] > 1 {
		b.add(m)
		return
	}
	before := len(b.buf)
	if body[0] == 1 {
		b.buf = wire.Subscribe{Topic: body[1:]}.AppendTo(b.buf)
	} else {
		b.buf = wire.Cancel{Topic: body[1:]}.AppendTo(b.buf)
	}
	if b.seal != nil {
		b.buf = b.seal.AppendFrames(b.buf[:before], b.buf[before:]) // one frame, which is read before its place is written to
	}
	b.size += int64(len(b.buf) - before)
	b.ends = append(b.ends, b.size)
}

// write hands the batch to the kernel and returns how many bytes it took. With a ferry it goes over that, which is of the same connection.
func (b *batch) write(conn net.Conn, by *ferry) (int64, error) {
	if len(b.cuts) == 0 {
		n, err := conn.Write(b.buf)
		return int64(n), err
	}
	room, from := b.room[:0], 0
	for _, c := range b.cuts {
		if c.at > from {
			room = append(room, b.buf[from:c.at])
			from = c.at
		}
		room = append(room, c.body)
	}
	if from < len(b.buf) {
		room = append(room, b.buf[from:])
	}
	b.room, b.vecs = room, room
	defer clear(room)
	if by != nil {
		return by.write(room)
	}
	return b.vecs.WriteTo(conn)
}
