package codec

import (
	"errors"
	"net"
	"slices"
	"syscall"

	"github.com/weirmq/weir/wire"
)

// A sender that will send nothing more before it has received, as a REQ, has time to write its message itself: nobody has to be woken for it. It runs the
// codec's handler in its own goroutine then (actor.Context.Borrowed), and must neither wait in it for the peer, nor run what the application has hung onto a
// message, nor take long. So it writes small messages, as far as the kernel takes them at once, and what is left is written in the codec's own time:
//
//	onDataReadyHere ── not small ──▶ (onDataReady, in the codec's own time)
//	      └──▶ write ──all taken──▶ written
//	             └───── else ──▶ rest, onRest ─▶ finish ─▶ written
//
// Until then the batch stays, and what else is written to the connection finishes it first.

// onDataReadyHere is onDataReady in a sender's goroutine.
func (c *codec) onDataReadyHere(ctx ctxt) error {
	if c.cfg.Sent != nil || slices.ContainsFunc(c.out.Look(maxBatch), unprompted) {
		return nil
	}
	if c.run.prompt == nil {
		c.run.prompt = newPrompt(c.run.conn)
	}
	if c.run.prompt.raw == nil {
		return nil
	}
	c.look()
	if len(c.batch.ends) == 0 {
		c.release()
		return nil
	}
	c.taken = 0
	if b := c.batch; len(b.cuts) == 0 && !slices.ContainsFunc(b.held, held.calls) { // more may have come since
		if c.taken = c.run.prompt.write(b.buf); c.taken == len(b.buf) {
			return c.written(ctx, b.size, nil)
		}
	}
	c.begun = true
	_ = c.run.self.Tell(&rest{c.run}) // a stopped codec writes nothing more
	return nil
}

// unprompted says whether m is not for a sender's goroutine: it is large, or a function of the application's is called once it is written.
func unprompted(m wire.Message) bool {
	if wire.Calls(m) {
		return true
	}
	for _, body := range m.All() {
		if len(body) > coalesce {
			return true
		}
	}
	return false
}

// calls says whether a function of the application's is called once h's message is written.
func (h held) calls() bool { return wire.Calls(h.msg) }

// onRest writes the rest of a batch, in the codec's own time.
func (c *codec) onRest(ctx ctxt, m *rest) error {
	if m.run != c.run || c.state != active {
		return nil // of an incarnation before this one
	}
	return c.finish(ctx)
}

// finish writes what is left of a batch that was begun, if there is one.
func (c *codec) finish(ctx ctxt) error {
	if !c.begun {
		return nil
	}
	c.begun = false
	if c.taken == 0 {
		written, err := c.batch.write(c.run.conn, c.ferry())
		return c.written(ctx, written, err)
	}
	n, err := c.run.conn.Write(c.batch.buf[c.taken:])
	return c.written(ctx, int64(c.taken+n), err)
}

// A prompt writes to a stream of the system without waiting. Owned by the codec's handler.
type prompt struct {
	raw syscall.RawConn // nil where the connection cannot be written to so: nothing is
	try func(fd uintptr) bool

	// Of the call that is under way.
	p []byte
	n int
}

// newPrompt returns a prompt for conn. What wraps a connection may have a Write of its own.
func newPrompt(conn net.Conn) *prompt {
	w := &prompt{}
	w.raw, _ = stream(conn)
	w.try = w.attempt
	return w
}

// write returns how many bytes of p the kernel took. An error is for the next write to find.
func (w *prompt) write(p []byte) int {
	if w.raw == nil {
		return 0
	}
	w.p, w.n = p, 0
	_ = w.raw.Write(w.try)
	w.p = nil
	return w.n
}

// attempt writes once, and does not ask to be called again.
func (w *prompt) attempt(fd uintptr) bool {
	n, err := writeNow(fd, w.p)
	if err == nil || !errors.Is(err, syscall.EAGAIN) {
		w.n = max(n, 0)
	}
	return true
}
