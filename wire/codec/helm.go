package codec

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/wire"
)

// Who waits for one message at a time, as a REP does, has time to read it itself: nobody has to wake it then, which is a quarter of a round trip. So the
// reading of a connection, its helm, can pass from the loop to a receiver that would otherwise wait for the loop, and back:
//
//	          a lone message came,        Take
//	          and a receiver waited             ┌───▶ with a receiver
//	with the loop ──────────────▶ free ─────────┘          │
//	     ▲  ▲                      │  ▲── Leave: all done ─┤
//	     │  └─ nobody came for it ─┘                       │
//	     └──────────────── Leave: there is more to do ─────┘
//
// A receiver reads, cuts, and delivers what came to the pipe's queue, where everything is counted, and receives from there like anybody else. It does so for
// small messages that come alone. Whatever else comes, more than one, a part of one, a command, an end, is left to the loop, with the helm.
//
// While the helm is free nobody reads, so the loop takes it back when nobody has come for it within a grace; a timer runs only as long as the helm goes round.

// grace is how long the helm may be free before the loop takes it back: so much later a peer's end may be noticed, or a PING be answered.
const grace = time.Millisecond

// smallRead is how much may come at once for a receiver to deal with it, in bytes: a body that its sender would write himself, and what stands before it. With
// larger ones the sender's codec is woken in any case, and then to read here is no gain.
const smallRead = coalesce + 256

// A Lender is an Inlet whose receivers may read for themselves.
type Lender interface {
	Inlet
	// Lend says whose helm to take, from now to the end of the connection; nil is nobody's, from then on.
	Lend(h *Helm)
	// Awaited says whether a receiver has waited in vain for the helm since the last call.
	Awaited() bool
	// Offer is Deliver of one message that never waits: false says that m was not taken.
	Offer(m wire.Message) bool
}

// Who has a helm.
type holder uint8

const (
	withLoop holder = iota
	free
	withReceiver
)

// A Helm is the reading of one connection. Take, Rouse and Calm may be called by any goroutine; Read and Leave by who took it.
type Helm struct {
	rd   *reader       // of the loop; belongs to who has the helm
	to   Lender        // set by newHelm, then read-only
	back chan struct{} // room for one: the loop has to look
	tick *time.Timer   // owned by the loop

	mu     sync.Mutex
	with   holder // guarded by mu
	asleep bool   // guarded by mu: the loop waits for back alone
	rounds uint64 // guarded by mu: how often a receiver has left

	// Of who has the helm.
	p    []byte // what was read
	err  error  // how reading it ended
	left *left  // what the loop has to do; nil for nothing
}

// left is what a receiver has read and leaves to the loop.
type left struct {
	msgs bool   // some are on the desk, not delivered
	cmd  []byte // comes behind them; nil for none
	bad  error  // what the decoder said behind that
	p    []byte // not yet decoded
	err  error  // how the connection ended behind all that
}

// newHelm returns the helm of rd, or nil where there is none: a connection that cannot be asked, one that is read header by header, or receivers that do not
// read.
func (c *codec) newHelm(rd *reader) *Helm {
	to, ok := rd.in.(Lender)
	if !ok || rd.raw == nil || c.cfg.SmallBody != 0 {
		return nil
	}
	h := &Helm{rd: rd, to: to, back: make(chan struct{}, 1)}
	to.Lend(h)
	return h
}

// over says that the connection has ended: nobody keeps its reader any more.
func (h *Helm) over() {
	if h != nil {
		h.to.Lend(nil)
	}
}

// wanted says whether the loop is to stand by: it has just delivered a lone message, and a receiver would have read it.
func (h *Helm) wanted(lone bool) bool { return h != nil && lone && h.to.Awaited() }

// standBy lets receivers read, until one leaves something to the loop, nobody comes any more, or the connection is given up. Then it does what is left, and
// the helm is the loop's.
func (h *Helm) standBy() error {
	h.rd.rise()
	select {
	case <-h.back: // of another time
	default:
	}
	h.mu.Lock()
	h.with = free
	seen := h.rounds
	h.mu.Unlock()
	if h.tick == nil {
		h.tick = time.NewTimer(grace)
	} else {
		h.tick.Reset(grace)
	}
	defer h.tick.Stop()
	done := h.rd.run.ctx.Done()
	for {
		select {
		case <-h.back:
		case <-h.tick.C:
		case <-done:
			done = nil
		}
		if h.regain(&seen, done == nil) {
			return h.resume()
		}
	}
}

// regain takes the helm back where it is time to. seen is how many rounds there were when the loop last looked.
func (h *Helm) regain(seen *uint64, over bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	still := h.rounds == *seen
	*seen = h.rounds
	switch {
	case h.with == withLoop:
		return true
	case h.with == free && (still || over):
		h.with = withLoop
		return true
	case still || over:
		h.asleep = true
	default:
		h.tick.Reset(grace)
	}
	return false
}

// resume does what a receiver left.
func (h *Helm) resume() error {
	l := h.left
	if l == nil {
		return nil
	}
	h.left = nil
	rd := h.rd
	if !l.msgs {
		rd.msgs = rd.msgs[:0]
	}
	if err := rd.act(l.cmd, l.bad); err != nil {
		return err
	}
	if err := rd.decode(l.p, false); err != nil {
		return err
	}
	if l.err != nil {
		return rd.ended(l.err)
	}
	return nil
}

// Take makes the caller who reads, if the helm is free. It must Leave.
func (h *Helm) Take() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.with != free {
		return false
	}
	h.with = withReceiver
	return true
}

// Read waits until something has come, or the end, or somebody calls Rouse.
func (h *Helm) Read() { h.p, h.err = h.rd.seat.read(h.rd.dec.Ahead(fullRead)) }

// Rouse makes Read return, and each one after it, until Calm.
func (h *Helm) Rouse() { _ = h.rd.conn.SetReadDeadline(time.Unix(1, 0)) } // a closed connection needs no rousing

// Calm undoes Rouse.
func (h *Helm) Calm() { _ = h.rd.conn.SetReadDeadline(time.Time{}) }

// Leave deals with what Read brought, and gives the helm back: to whoever comes next, or to the loop where there is more to do. Nobody may Rouse any more.
func (h *Helm) Leave() {
	if errors.Is(h.err, os.ErrDeadlineExceeded) {
		h.err = nil // somebody called Rouse
	}
	if h.rd.traffic.received(len(h.p)); len(h.p) > 0 || h.err != nil {
		h.left = h.deal()
	}
	h.p, h.err = nil, nil
	if h.left == nil {
		h.rd.rise()
	}
	h.mu.Lock()
	h.rounds++
	h.with = free
	if h.left != nil {
		h.with = withLoop
	}
	tell := h.asleep || h.left != nil
	h.asleep = false
	h.mu.Unlock()
	if tell {
		select {
		case h.back <- struct{}{}:
		default: // it is told already
		}
	}
}

// deal delivers a message that came alone, and returns whatever else came. A panic is a failure of the connection, as one of the loop's is.
func (h *Helm) deal() (l *left) {
	rd := h.rd
	err := actor.Guard(func() error {
		n, cmd, bad := rd.cut(h.p)
		if len(rd.msgs) == 1 && n == len(h.p) && n <= smallRead && cmd == nil && bad == nil && h.err == nil && !rd.dec.Partial() && h.to.Offer(rd.msgs[0]) {
			rd.run.in++
			clear(rd.msgs)
			return nil
		}
		l = &left{msgs: true, cmd: cmd, bad: bad, p: h.p[n:], err: h.err}
		return nil
	})
	if err != nil {
		l = &left{bad: err}
	}
	return l
}
