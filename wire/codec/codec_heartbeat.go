package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/wire"
)

// ErrHeartbeatTimeout is the failure of a connection whose peer gave no sign of life in time, be it the time of this side (ZMQ_HEARTBEAT_TIMEOUT) or
// the one that the peer announced itself (ZMQ_HEARTBEAT_TTL).
var ErrHeartbeatTimeout = errors.New("heartbeat timed out")

// Heartbeat says how the two sides of a connection watch each other. The zero value sends no PING; what the peer asks for holds all the same.
type Heartbeat struct {
	// Interval is the time between two PINGs, 0 for none (ZMQ_HEARTBEAT_IVL).
	Interval time.Duration
	// TTL is how long the peer may wait for a sign of life after a PING, 0 for no such bound (ZMQ_HEARTBEAT_TTL).
	TTL time.Duration
	// Timeout is how long this side waits for a sign of life after a PING, 0 for ever (ZMQ_HEARTBEAT_TIMEOUT).
	Timeout time.Duration
}

// A heartbeat watches one connection with timers that cut it: the codec's handler may be waiting in a write, so nothing here goes through it but the
// PING itself. As in libzmq (stream_engine_base.cpp) a PING goes out at each interval, whatever else does; the first after a sign of life starts the
// timeout; a PING of the peer starts its time to live; each complete frame of the peer ends both.
//
//	quiet ──PING due──▶ waiting for life ──frame──▶ quiet
//	                        └──timeout──▶ cut
//
// While this side does not read, because its own inbound queue is full, a PONG could not be seen: then no timeout runs. (libzmq takes such a peer for
// dead.) Nil is a heartbeat that does nothing. Safe for concurrent use.
type heartbeat struct {
	// Set by newHeartbeat, then read-only.
	cfg  Heartbeat
	line *Line
	conn net.Conn
	self actor.Ref[Message]
	due  *pingDue
	rtt  *rtt // nil without an interval

	// Atomic: watched says that a timer of the two below runs, so that a frame is worth a lock. Written under mu, read by the loop.
	watched atomic.Bool

	mu sync.Mutex

	// Guarded by mu.
	tick    *time.Timer // until the next PING; nil before start and without an interval
	timeout *time.Timer // until this side's patience ends; nil while it does not run
	ttl     *time.Timer // until the peer's own word ends; nil while it does not run
	asked   bool        // a pingDue is with the handler
	stalled bool        // the loop waits at the receive mark
	owed    bool        // a PING went out meanwhile
	stopped bool        // the connection is being given up
}

// newHeartbeat returns the heartbeat of r's connection, which has just shaken hands, and shows peer its round-trip time. Versions before 3.0 have none.
func newHeartbeat(cfg Config, r *run, peer *Peer) *heartbeat {
	if !peer.Version.AtLeast(3, 0) {
		return nil
	}
	if cfg.Heartbeat.Interval > 0 {
		peer.rtt = new(rtt)
	}
	return &heartbeat{cfg: cfg.Heartbeat, line: cfg.Line, conn: r.conn, self: r.self, due: &pingDue{r}, rtt: peer.rtt}
}

// start begins to send PINGs, the first after an interval.
func (h *heartbeat) start() {
	if h == nil || h.cfg.Interval <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tick = time.AfterFunc(h.cfg.Interval, h.beat)
}

// stop ends all timers. The loop calls it when it ends; what a timer had begun by then finds another connection, or none, on the line.
func (h *heartbeat) stop() {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	h.calmLocked()
	if h.tick != nil {
		h.tick.Stop()
	}
}

// beat is the interval's end: it asks the handler for a PING, unless the one before is still waiting for its turn, and starts the timeout all the
// same: a write that is stuck is no sign of life.
func (h *heartbeat) beat() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return
	}
	h.tick.Reset(h.cfg.Interval)
	if !h.asked {
		h.asked = true
		_ = h.self.Tell(h.due) // a stopped codec asks nobody
	}
	if h.stalled {
		h.owed = true
		return
	}
	h.awaitLocked()
}

// awaitLocked starts the timeout where it does not run.
func (h *heartbeat) awaitLocked() {
	if h.cfg.Timeout > 0 && h.timeout == nil {
		h.timeout = h.afterLocked(h.cfg.Timeout, &h.timeout, "no sign of life for %v after a PING")
	}
}

// afterLocked starts a timer that cuts the connection, unless slot holds another by then.
func (h *heartbeat) afterLocked(d time.Duration, slot **time.Timer, why string) *time.Timer {
	h.watched.Store(true)
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if *slot == t {
			h.line.cutConn(h.conn, fmt.Errorf("%w: "+why, ErrHeartbeatTimeout, d))
		}
	})
	return t
}

// grant takes the peer at its word: it will be heard of again within ttl. 0 is no word.
func (h *heartbeat) grant(ttl time.Duration) {
	if h == nil || ttl <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped || h.ttl != nil {
		return
	}
	h.ttl = h.afterLocked(ttl, &h.ttl, "the peer's own time to live of %v is over")
}

// heard takes note of a complete frame.
func (h *heartbeat) heard() {
	if h == nil || !h.watched.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calmLocked()
}

// calmLocked ends the two timers that cut.
func (h *heartbeat) calmLocked() {
	for _, t := range []*time.Timer{h.timeout, h.ttl} {
		if t != nil {
			t.Stop()
		}
	}
	h.timeout, h.ttl = nil, nil
	h.watched.Store(false)
}

// stall says that the loop is about to deliver, and may wait. What is delivered has been heard by then, so the peer's time to live does not run; the
// timeout does where an interval has ended since, and is owed from now on.
func (h *heartbeat) stall() {
	if h == nil || h.cfg.Interval <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stalled = true
	if h.timeout != nil {
		h.timeout.Stop()
		h.timeout, h.owed = nil, true
	}
}

// resume says that the loop reads again. From now on an answer to what was asked meanwhile can be seen, so it may be waited for.
func (h *heartbeat) resume() {
	if h == nil || h.cfg.Interval <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	owed := h.owed
	h.stalled, h.owed = false, false
	if owed && !h.stopped {
		h.awaitLocked()
	}
}

// ask returns the context of the PING that the handler is about to write.
func (h *heartbeat) ask() []byte {
	h.mu.Lock()
	h.asked = false
	h.mu.Unlock()
	return h.rtt.ask(time.Now())
}

// ponged takes the context of a PONG.
func (h *heartbeat) ponged(context []byte) {
	if h != nil && h.rtt != nil {
		h.rtt.answered(context, time.Now())
	}
}

// heard tells the heartbeat where a run of decoding gave a complete frame: messages, a command, or a piece of a message.
func (rd *reader) heard(cmd []byte) {
	pieces := rd.dec.Pieces()
	if len(rd.msgs) > 0 || cmd != nil || pieces != rd.pieces {
		rd.pieces = pieces
		rd.run.beat.heard()
	}
}

// onPingDue writes a PING. Like a PONG it comes between two batches.
func (c *codec) onPingDue(ctx ctxt, m *pingDue) error {
	if m.run != c.run || c.state != active {
		return nil
	}
	return c.writeCommands(ctx, wire.Ping{TTL: c.cfg.Heartbeat.TTL, Context: c.run.beat.ask()}.AppendTo(nil))
}

// An rtt measures the time from a PING to its PONG, of one PING at a time. Each PING has its number as context, which libzmq and Weir send back. The
// zero value has measured nothing. Safe for concurrent use.
type rtt struct {
	last atomic.Int64 // nanoseconds of the last measurement; 0 before the first

	mu sync.Mutex

	// Guarded by mu.
	asked  uint64    // number of the last PING
	timed  uint64    // number of the PING that is timed; 0 for none
	sentAt time.Time // when it was sent
}

// ask numbers a PING that is sent now, and returns its context. Where an earlier one is still waited for, that one is timed.
func (r *rtt) ask(now time.Time) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.timed == 0 {
		r.timed, r.sentAt = r.asked, now
	}
	return binary.BigEndian.AppendUint64(nil, r.asked)
}

// answered takes the context of a PONG that comes now. One that answers nothing we asked is the peer's affair.
func (r *rtt) answered(context []byte, now time.Time) {
	if len(context) != 8 {
		return
	}
	n := binary.BigEndian.Uint64(context)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timed == 0 || n < r.timed || n > r.asked {
		return
	}
	if n == r.timed {
		r.last.Store(max(int64(now.Sub(r.sentAt)), 1))
	}
	r.timed = 0 // an answer to a later one says that this one's will not come
}

// RTT is the time between the last PING that was timed and its PONG; 0 where none was: heartbeats are off, or the first is still out. It may be called
// by any goroutine, while the connection is up and after.
func (p Peer) RTT() time.Duration {
	if p.rtt == nil {
		return 0
	}
	return time.Duration(p.rtt.last.Load())
}
