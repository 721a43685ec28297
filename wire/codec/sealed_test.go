package codec_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/wire"
)

// sealing makes the rig's codec a CURVE server. The function that it returns shakes hands with it, and returns how the peer opens what it says then.
func (r *rig) sealing() func(p *peer) *wire.Opener {
	public, secret, err := wire.NewCurveKeypair()
	require.NoError(r.t, err)
	server, err := wire.CurveServer(secret, false)
	require.NoError(r.t, err)
	r.cfg.Handshake.Mechanism = server
	ours, key, err := wire.NewCurveKeypair()
	require.NoError(r.t, err)
	client, err := wire.CurveClient(ours, key, public)
	require.NoError(r.t, err)
	return func(p *peer) *wire.Opener {
		h := wire.NewHandshake(wire.HandshakeConfig{SocketType: wire.TypePull, Mechanism: client})
		p.reads(10)
		p.sends(append(h.Start(), 3)) // the major version: then the codec says all of its greeting
		_, rest, err := h.Receive(append(append([]byte("\xFF\x00\x00\x00\x00\x00\x00\x00\x01\x7F"), p.reads(1)...), p.reads(53)...))
		require.NoError(r.t, err)
		p.sends(rest[1:])
		for !h.Done() {
			flags, body := p.frame()
			_, out, err := h.Receive(append(wire.AppendHeader(nil, flags, len(body)), body...))
			require.NoError(r.t, err)
			if len(out) > 0 {
				p.sends(out)
			}
		}
		_, open := h.Traffic()
		settle()
		return open
	}
}

// TestOutSealedBatches fills the queue with messages that are sealed in the buffer, whatever their size: a batch ends before the one that has no room in
// it, and the largest goes alone.
func TestOutSealedBatches(t *testing.T) {
	for name, c := range map[string]struct {
		n, size int
		batches []int
	}{
		"empty ones":           {300, 0, []int{256, 44}},
		"till the buffer ends": {100, 1000, []int{59, 41}},
		"middling":             {5, 30_000, []int{2, 2, 1}},
		"nearly the buffer":    {3, 60_000, []int{1, 1, 1}},
		"larger than a batch":  {3, 300 << 10, []int{1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				shakes := r.sealing()
				for range c.n {
					r.push(wire.MessageOf(body(c.size)))
				}
				p := r.dialed()
				open := shakes(p)
				var want []int
				for range c.n {
					_, sealed := p.frame()
					flags, got, err := open.Open(nil, sealed)
					require.NoError(t, err)
					require.Zero(t, flags)
					require.Equal(t, body(c.size), got)
				}
				one := len(wire.AppendHeader(nil, 0, c.size+wire.SealOverhead)) + c.size + wire.SealOverhead
				for _, n := range c.batches {
					want = append(want, n*one)
				}
				p.wantIdle("that was all")
				sizes := p.end.sizes()
				require.Equal(t, want, sizes[max(0, len(sizes)-len(want)):], "behind the handshake, one write for each batch")
				p.leaves()
				require.EqualValues(t, c.n, r.wantLoss("the peer left").Sent)
			})
		})
	}
}

// TestSealedSubscriptions sends subscriptions to a peer that has them sealed.
func TestSealedSubscriptions(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.cfg.Subscriber, r.cfg.HandshakeInterval = true, time.Minute
		shakes := r.sealing()
		p := r.dialed()
		open := shakes(p)
		r.push(wire.NewMessage("\x01news"), wire.NewMessage("\x00news"), wire.NewMessage("news"))
		for _, want := range []string{"\x09SUBSCRIBEnews", "\x06CANCELnews", "news"} {
			_, sealed := p.frame()
			_, got, err := open.Open(nil, sealed)
			require.NoError(t, err)
			require.Equal(t, want, string(got))
		}
		p.wantIdle("that was all")
	})
}
