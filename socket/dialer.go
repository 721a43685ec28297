package socket

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
	"github.com/weirmq/weir/wire"
)

// A dialerTask is a connected endpoint on its I/O actor.
type dialerTask struct {
	link     *link
	strategy actor.Strategy
	name     string

	ref atomic.Pointer[actor.Ref[dialerMessage]] // the present actor's; written by spawn
}

// newDialerTask makes the task for l.
func newDialerTask(l *link, strategy actor.Strategy) *dialerTask {
	return &dialerTask{
		link: l, name: "dialer/" + l.endpoint.label(),
		strategy: announcing{Strategy: strategy, link: l},
	}
}

// key names the task.
func (t *dialerTask) key() string { return t.name }

// spawn starts the dialer.
func (t *dialerTask) spawn(parent actor.Parent) error {
	ref, err := actor.Spawn(parent, t.name, func() actor.Actor[dialerMessage] { return &dialer{t} }, actor.WithStrategy(t.strategy), t.link.endpoint.labels())
	t.ref.Store(&ref)
	return err
}

// cut closes the connection.
func (t *dialerTask) cut(cause error) { t.link.line.Cut(cause) }

// ended tells the socket that nobody dials any more.
func (t *dialerTask) ended(err error) {
	_ = t.link.sock.ref.Tell(&linkEnded{link: t.link, err: err}) // a stopped socket has no endpoints
}

// dialerMessage is what a dialer receives: nothing but what the kernel sends.
type dialerMessage interface{ dialerMessage() }

// A dialer keeps one endpoint connected. It does so by supervising: its one child is the codec, each of whose incarnations makes one connection,
// and whose failure (a refused dial, a lost connection) meets the dialer's strategy. The verdict restarts the codec after a backoff, or ends the
// endpoint. Nothing else dials.
//
//	Owns      nothing: the link and the pipe outlive it.
//	Receives  ChildStopped of its codec.
//	Sends     linkEnded to the socket.
//	Starts    the codec.
//	Blocks    nowhere.
//	On error  restarted by its I/O actor: the connection is cut and made again.
type dialer struct{ *dialerTask }

// Receive only dispatches.
func (d *dialer) Receive(ctx *actor.Context[dialerMessage]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		_, err := actor.Spawn(ctx, "codec", d.link.newCodec, d.link.endpoint.labels())
		return err
	case actor.ChildStopped:
		d.ended(m.Reason)
	case actor.Restarting:
		d.cut(m.Reason)
	case actor.Stopping:
		d.cut(ErrClosed)
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// reconnect is the strategy that the socket's options describe. A protocol error ends the endpoint; a lost connection, a refused dial and a timeout
// do not (libzmq: session_base_t::engine_error). There is no window: a dialer tries for ever.
func (o *options) reconnect() actor.Strategy {
	b := supervisor.Backoff{Min: o.reconnectInterval, Factor: 1}
	if o.reconnectMax > o.reconnectInterval {
		b.Max, b.Factor = o.reconnectMax, 2
	}
	never, stop := o.reconnectInterval <= 0, o.reconnectStop
	return jittered{by: o.reconnectInterval, Strategy: supervisor.OneForOne{
		Backoff: b,
		InHand:  actor.Redeliver,
		StopOn: func(err error) bool {
			var p *wire.ProtocolError
			return never || errors.As(err, &p) || stop.stops(err)
		},
	}}
}

// jittered adds up to a fixed time to the delays of a strategy, at random, so that the peers of a server that comes back do not come all at once.
type jittered struct {
	actor.Strategy
	by time.Duration
}

// Decide asks the strategy and adds to the delay.
func (j jittered) Decide(h actor.History, reason error, now time.Time) actor.Verdict {
	v := j.Strategy.Decide(h, reason, now)
	if v.Action == actor.Restart && j.by > 0 {
		v.After += rand.N(j.by)
	}
	return v
}

// announcing tells of a strategy's verdicts as events.
type announcing struct {
	actor.Strategy
	link *link
}

// Decide asks the strategy, and says when the next attempt comes. A line that was shut for good is none of the strategy's business.
func (a announcing) Decide(h actor.History, reason error, now time.Time) actor.Verdict {
	if errors.Is(reason, ErrClosed) {
		return actor.Verdict{Action: actor.Stop, InHand: actor.Redeliver, Quiet: true}
	}
	v := a.Strategy.Decide(h, reason, now)
	if v.Action == actor.Escalate { // beyond the dialer there is nobody who could do better: the endpoint ends, and the socket says so
		v.Action = actor.Stop
	}
	if v.Action == actor.Restart {
		a.link.tell(Event{Kind: EventRetried, Endpoint: a.link.endpoint.text, Attempt: a.link.attempts.Load(), Err: reason, Delay: v.After})
		v.Quiet = v.Quiet || !isPanic(reason)
	}
	return v
}

// isPanic says whether err is a fault of ours, not of the network's.
func isPanic(err error) bool {
	var p *actor.PanicError
	return errors.As(err, &p)
}
