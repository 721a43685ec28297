package socket

import (
	"time"

	"github.com/weirmq/weir/actor"
)

// reaperState is what the reaper owns; it outlives the actor's incarnations.
type reaperState struct {
	ref     actor.Ref[reaperMessage] // set before the first socket
	closing map[*socket]*deadline    // owned by the actor: the closing sockets whose linger has an end
}

// A deadline is when a closing socket's linger is over.
type deadline struct {
	at     time.Time
	cancel func() // stops the timer
}

// reaperMessage is what the reaper receives.
type reaperMessage interface{ reaperMessage() }

type (
	// reap asks for a closing socket to be watched.
	reap struct {
		socket *socket
		linger time.Duration
	}
	// reapDue is the timer's word that a socket's linger is over.
	reapDue struct{ socket *socket }
	// reaped tells that a socket is gone.
	reaped struct{ socket *socket }
)

func (*reap) reaperMessage()    {}
func (*reapDue) reaperMessage() {}
func (*reaped) reaperMessage()  {}

// A reaper watches over closing sockets, and cuts short those whose linger is over.
//
//	Owns      the deadlines of closing sockets.
//	Receives  reap, reaped of socket actors; reapDue of its own timers.
//	Sends     closeSocket to sockets.
//	Starts    nothing.
//	Blocks    nowhere.
//	On error  restarted by the runtime; the timers are set anew.
type reaper struct{ *reaperState }

// Receive only dispatches.
func (r *reaper) Receive(ctx *actor.Context[reaperMessage]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		for s := range r.closing {
			r.arm(ctx, s)
		}
	case *reap:
		r.onReap(ctx, m)
	case *reapDue:
		r.onReapDue(m)
	case *reaped:
		r.onReaped(m)
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// onReap notes the deadline of a closing socket.
func (r *reaper) onReap(ctx *actor.Context[reaperMessage], m *reap) {
	r.closing[m.socket] = &deadline{at: time.Now().Add(m.linger)}
	r.arm(ctx, m.socket)
}

// arm sets the timer for a socket's deadline.
func (r *reaper) arm(ctx *actor.Context[reaperMessage], s *socket) {
	d := r.closing[s]
	d.cancel = ctx.After(max(0, time.Until(d.at)), &reapDue{s})
}

// onReaped forgets a socket that is gone.
func (r *reaper) onReaped(m *reaped) {
	if d, ok := r.closing[m.socket]; ok {
		d.cancel()
		delete(r.closing, m.socket)
	}
}

// onReapDue cuts a socket short that is still closing.
func (r *reaper) onReapDue(m *reapDue) {
	if _, ok := r.closing[m.socket]; ok {
		_ = m.socket.ref.Tell(&closeSocket{now: true}) // a socket that is gone needs no more
	}
}
