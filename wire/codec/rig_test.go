package codec_test

import (
	"context"
	"maps"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// A rig is a codec under test with all that is around it: an actor that plays its dialer, the host it reports to, the queue and the inlet of its
// pipe, and the other ends of its connections. Fields that are set before start may be replaced until then.
type rig struct {
	// Set before start, then read-only.
	t      *testing.T
	sys    *actor.System
	cfg    codec.Config
	decide func(h actor.History, reason error) actor.Verdict // the dialer's strategy
	out    *mailbox.Queue[wire.Message]
	in     *inlet
	host   *host

	// Set by start, then read-only.
	ref  actor.Ref[codec.Message]
	born time.Time // when the codec was spawned

	attempts atomic.Int32 // calls of Open
	strays   atomic.Int32 // dead letters
	over     atomic.Bool  // the test is: nothing is restarted any more
	peers    chan *peer   // the other ends, as Open makes them
	reasons  chan error   // why the codec was stopped by its strategy

	seen int // losses that wantLoss has returned; owned by the test
}

// newRig returns a rig whose codec plays a PUSH with a queue without mark, and is stopped when it fails. At the end of the test it requires that
// each attempt ended with exactly one Down, and that the queue's account balances.
func newRig(t *testing.T) *rig {
	r := &rig{t: t, in: &inlet{}, host: &host{}, peers: make(chan *peer, 100), reasons: make(chan error, 1)}
	r.out = mailbox.New(mailbox.Config[wire.Message]{})
	r.decide = func(actor.History, error) actor.Verdict { return actor.Verdict{Action: actor.Stop} }
	r.host.answer = func(self actor.Ref[codec.Message], _ codec.Peer) {
		_ = self.Tell(&codec.Attach{Out: r.out, In: r.in})
	}
	r.cfg = codec.Config{
		Line: new(codec.Line), Host: r.host, MaxMsgSize: -1, Open: r.pipe,
		Handshake: wire.HandshakeConfig{SocketType: wire.TypePush},
	}
	t.Cleanup(r.check)
	r.sys = actortest.NewSystem(t, actor.WithDeadLetters(func(actor.DeadLetter) { r.strays.Add(1) }))
	t.Cleanup(func() {
		r.over.Store(true)
		r.cfg.Line.Shut(nil)
	})
	return r
}

// pipe is the rig's Open: one end of a new net.Pipe is the codec's, the other goes to the test.
func (r *rig) pipe(context.Context) (net.Conn, error) {
	r.attempts.Add(1)
	ours, theirs := net.Pipe()
	end := &recorder{Conn: ours}
	r.peers <- &peer{t: r.t, conn: theirs, end: end}
	return end, nil
}

// check requires what must hold at the end of every test.
func (r *rig) check() {
	require.Len(r.t, r.host.ended(), int(r.attempts.Load()), "one Down for each attempt: %s", r.host.told())
	l := r.out.Ledger()
	require.Equal(r.t, l.Accepted, l.Delivered+l.Queued+dropped(l), "the queue's account")
	sent, ups := uint64(0), 0
	for _, loss := range r.host.ended() {
		sent += loss.Sent
		if loss.Shaken {
			ups++
		} else {
			require.Zero(r.t, loss.Sent+loss.Received, "nothing flows before the handshake")
			require.Equal(r.t, codec.Peer{}, loss.Peer)
		}
	}
	require.Equal(r.t, l.Delivered, sent, "what left the queue is what the losses tell")
	require.Len(r.t, r.host.peers, ups, "one Up for each handshake that was reported: %s", r.host.told())
	for len(r.peers) > 0 {
		_ = (<-r.peers).conn.Close() // one that no test looked at
	}
}

// dropped is the sum of all drops of l.
func dropped(l mailbox.Ledger) (n uint64) {
	for _, d := range l.Dropped {
		n += d
	}
	return n
}

// restarting makes the dialer restart a codec that failed, after retryAfter, whatever the reason.
func (r *rig) restarting() *rig {
	r.decide = func(actor.History, error) actor.Verdict { return actor.Verdict{After: retryAfter, Quiet: true} }
	return r
}

// Decide implements actor.Strategy.
func (r *rig) Decide(h actor.History, reason error, _ time.Time) actor.Verdict {
	if r.over.Load() {
		return actor.Verdict{Action: actor.Stop, Quiet: true}
	}
	return r.decide(h, reason)
}

// A dialer is the codec's parent. It does nothing: its strategy does.
type dialer struct {
	rig  *rig
	born chan actor.Ref[codec.Message]
}

// Receive implements actor.Actor.
func (d *dialer) Receive(ctx *actor.Context[struct{}]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		ref, err := actor.Spawn(ctx, "codec", func() actor.Actor[codec.Message] { return codec.New(d.rig.cfg) })
		d.born <- ref
		return err
	case actor.ChildStopped:
		d.rig.reasons <- m.Reason
	}
	return nil
}

// start spawns the codec, under the dialer.
func (r *rig) start() {
	r.t.Helper()
	d := &dialer{rig: r, born: make(chan actor.Ref[codec.Message], 1)}
	r.born = time.Now()
	_, err := actor.Spawn(r.sys, "dialer", func() actor.Actor[struct{}] { return d }, actor.WithStrategy(r))
	require.NoError(r.t, err)
	r.ref = <-d.born
}

// dialed starts the codec and returns the other end of its connection, before the handshake.
func (r *rig) dialed() *peer {
	r.t.Helper()
	r.start()
	return <-r.peers
}

// connected starts the codec and shakes hands with it, as a PULL that speaks ZMTP 3.1.
func (r *rig) connected() *peer {
	r.t.Helper()
	p := r.dialed()
	p.shakes()
	settle()
	return p
}

// connectedWith is connected with n numbered messages in the queue: all of them are there before the codec looks, so its batches are full.
func (r *rig) connectedWith(n int) *peer {
	r.t.Helper()
	for i := range n {
		r.push(wire.NewMessage(number(i)))
	}
	return r.connected()
}

// redialed waits for the codec's next incarnation and shakes hands with it.
func (r *rig) redialed() *peer {
	r.t.Helper()
	p := <-r.peers
	p.shakes()
	settle()
	return p
}

// push puts messages into the outbound queue.
func (r *rig) push(msgs ...wire.Message) {
	r.t.Helper()
	for _, m := range msgs {
		require.NoError(r.t, r.out.TryPush(m))
	}
}

// wantPeer requires that the codec reported one peer, and which. Properties are those that say the same.
func (r *rig) wantPeer(want codec.Peer) {
	r.t.Helper()
	require.Len(r.t, r.host.peers, 1)
	got := r.host.peers[0]
	require.Equal(r.t, maps.Collect(want.Properties.All()), maps.Collect(got.Properties.All()))
	want.Properties, got.Properties = nil, nil
	require.Equal(r.t, want, got)
}

// wantLoss requires that the codec reported one loss since the last call, and returns it.
func (r *rig) wantLoss(why string) codec.Loss {
	r.t.Helper()
	settle()
	losses := r.host.ended()
	require.Len(r.t, losses, r.seen+1, why)
	r.seen++
	return losses[r.seen-1]
}

// wantUp requires that the codec is connected, or is not, and that nothing was lost since the last wantLoss.
func (r *rig) wantUp(why string) {
	r.t.Helper()
	settle()
	require.Len(r.t, r.host.ended(), r.seen, why)
}

// wantIn requires that exactly these messages were delivered since the last call.
func (r *rig) wantIn(why string, want ...string) {
	r.t.Helper()
	settle()
	require.Equal(r.t, want, r.in.taken(), why)
}

// wantStopped requires that the strategy stopped the codec, for the reason that it returns.
func (r *rig) wantStopped(why string) error {
	r.t.Helper()
	settle()
	select {
	case err := <-r.reasons:
		return err
	default:
		require.Fail(r.t, "the codec still runs", why)
		return nil
	}
}
