package codec_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// A stand is a point in the life of a codec at which somebody may want to be rid of it.
type stand struct {
	name   string
	up     bool         // the handshake is done
	set    func(r *rig) // before the start; nil: nothing
	bring  func(r *rig) // starts the codec and brings it there
	behind int          // messages that are in the outbound queue then
	stuck  bool         // its handler waits in a write: it handles nothing until the line is cut
}

// stands are all the points at which a codec waits for something.
var stands = []stand{
	{name: "dialing", set: dialForever, bring: func(r *rig) { r.start(); settle() }},
	{name: "greeting stuck", bring: func(r *rig) { r.dialed(); settle() }},
	{name: "peer silent", bring: func(r *rig) { r.dialed().reads(10) }},
	{name: "READY stuck", bring: func(r *rig) { p := r.dialed(); p.reads(10); p.sends(hello(1)) }},
	{name: "host has not answered", up: true, set: func(r *rig) { r.host.answer = nobody }, bring: connect},
	{name: "idle", up: true, bring: connect},
	{name: "inlet full", up: true, set: func(r *rig) { r.in.full = true }, bring: func(r *rig) {
		p := r.connected()
		p.sends(encoded(wire.NewMessage("too much")))
		p.wantStuck("the read loop waits in the inlet")
	}},
	{name: "write stuck", up: true, behind: 2, stuck: true, bring: func(r *rig) {
		p := r.connected()
		r.push(wire.NewMessage("one"), wire.NewMessage("two"))
		p.reads(1)
	}},
	{name: "write by reference stuck", up: true, behind: 1, stuck: true, bring: func(r *rig) {
		p := r.connected()
		r.push(wire.MessageOf(body(1 << 20)))
		p.reads(1000)
	}},
	{name: "PONG stuck", up: true, stuck: true, bring: func(r *rig) {
		r.connected().sends(wire.Ping{}.AppendTo(nil))
		settle()
	}},
	{name: "PONG and inlet stuck", up: true, stuck: true, set: func(r *rig) { r.in.full = true }, bring: func(r *rig) {
		r.connected().sends(wire.Ping{}.AppendTo(nil), encoded(wire.NewMessage("too much")))
		settle()
	}},
}

// dialForever makes the first Open wait until its context ends; the later ones work.
func dialForever(r *rig) {
	r.cfg.Open = func(ctx context.Context) (net.Conn, error) {
		if r.attempts.Load() > 0 {
			return r.pipe(ctx)
		}
		r.attempts.Add(1)
		<-ctx.Done()
		return nil, ctx.Err()
	}
}

// nobody answers no Up.
func nobody(actor.Ref[codec.Message], codec.Peer) {}

// connect is the rig's method as a function.
func connect(r *rig) { r.connected() }

// atEachStand runs f with a codec at each of the stands.
func atEachStand(t *testing.T, f func(t *testing.T, r *rig, s stand)) {
	for _, s := range stands {
		t.Run(s.name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				if s.set != nil {
					s.set(r)
				}
				s.bring(r)
				r.wantUp("it has got there")
				f(t, r, s)
			})
		})
	}
}

// wantGivenBack requires that the loss is as it has to be at that stand, and that all messages are in the queue, in order, none of them in hand.
func (s stand) wantGivenBack(r *rig, loss codec.Loss, cause error) {
	r.t.Helper()
	require.ErrorIs(r.t, loss.Reason, cause)
	require.Equal(r.t, s.up, loss.Shaken)
	require.Zero(r.t, loss.Sent+loss.Received)
	require.Equal(r.t, s.behind, r.out.Len())
	require.Len(r.t, r.out.Look(10), s.behind, "they are at the head of the queue")
	require.Zero(r.t, r.out.Rewind(), "none is in hand")
}

// TestCut cuts the line at each stand. The codec fails with the cause, its dialer brings it back, and the messages it was given go out then.
func TestCut(t *testing.T) {
	atEachStand(t, func(t *testing.T, r *rig, s stand) {
		r.restarting()
		r.cfg.Line.Cut(errTest)
		r.cfg.Line.Cut(errors.New("a second cause"))
		s.wantGivenBack(r, r.wantLoss("cut"), errTest)
		pass(retryAfter)
		p := <-r.peers
		for len(r.peers) > 0 {
			p = <-r.peers
		}
		p.shakes()
		require.EqualValues(t, 2, r.attempts.Load())
		if s.behind == 2 {
			p.wantMessage("from its first octet", "one")
			p.wantMessage("and the other", "two")
		}
		r.wantUp("it works again")
	})
}

// TestShut shuts the line at each stand: the codec fails with the cause, and is not to be brought back: each further incarnation fails with the
// same cause, opens nothing and reports nothing.
func TestShut(t *testing.T) {
	atEachStand(t, func(t *testing.T, r *rig, s stand) {
		var reasons []error
		r.decide = func(h actor.History, reason error) actor.Verdict {
			reasons = append(reasons, reason)
			if h.Total == 3 {
				return actor.Verdict{Action: actor.Stop}
			}
			return actor.Verdict{After: retryAfter}
		}
		r.cfg.Line.Shut(errTest)
		s.wantGivenBack(r, r.wantLoss("shut"), errTest)
		pass(4 * retryAfter)
		require.ErrorIs(t, r.wantStopped("the strategy gave up"), errTest)
		require.Equal(t, []error{errTest, errTest, errTest, errTest}, reasons)
		r.wantUp("nothing more was reported")
		require.EqualValues(t, 1, r.attempts.Load())
	})
}

// TestStop stops the actor at each stand; where its handler waits in a write, the line is cut first, as whoever stops a codec has to.
func TestStop(t *testing.T) {
	atEachStand(t, func(t *testing.T, r *rig, s stand) {
		cause := codec.ErrCut
		if s.stuck {
			cause = errTest
			r.cfg.Line.Cut(cause)
		}
		r.ref.Stop()
		<-r.ref.Done()
		s.wantGivenBack(r, r.wantLoss("stopped"), cause)
		if !s.stuck {
			require.Zero(t, r.strays.Load(), "its loop told nobody, since nobody was there")
		}
	})
}

// TestCutBeforeTheStart cuts a line that has no attempt: there is nothing to cut, and the codec opens as if nothing had been.
func TestCutBeforeTheStart(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t).restarting()
		r.cfg.Line.Cut(errTest)
		r.connected().leaves()
		loss := r.wantLoss("the peer left")
		require.NotErrorIs(t, loss.Reason, errTest)
		r.cfg.Line.Cut(errTest) // between two incarnations
		pass(retryAfter)
		r.redialed().leaves()
		loss = r.wantLoss("the next peer left")
		require.NotErrorIs(t, loss.Reason, errTest)
	})
}

// TestShutBeforeTheStart shuts a line first: the codec fails without an attempt.
func TestShutBeforeTheStart(t *testing.T) {
	for _, cause := range []error{errTest, nil} {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			r.cfg.Line.Shut(cause)
			r.start()
			want := cause
			if want == nil {
				want = codec.ErrCut
			}
			require.Equal(t, want, r.wantStopped("no line"))
			require.Zero(t, r.attempts.Load())
			require.Empty(t, r.host.told())
		})
	}
}

// TestShutBetweenTwoAttempts shuts a line whose last connection was lost for another reason: the next incarnation fails with the reason of Shut,
// not with that, nor with the cause of a cut that cut nothing.
func TestShutBetweenTwoAttempts(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.decide = func(h actor.History, _ error) actor.Verdict {
			if h.Total > 0 {
				return actor.Verdict{Action: actor.Stop}
			}
			return actor.Verdict{After: retryAfter}
		}
		r.connected().leaves()
		r.wantLoss("the peer left")
		r.cfg.Line.Cut(errors.New("there is nothing to cut"))
		r.cfg.Line.Shut(errTest)
		pass(retryAfter)
		require.Equal(t, errTest, r.wantStopped("no line"))
		require.Equal(t, "up down", r.host.told())
	})
}

// TestCutWithoutCause cuts with nil, which reads as ErrCut.
func TestCutWithoutCause(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		p := r.connected()
		r.cfg.Line.Cut(nil)
		require.Equal(t, codec.ErrCut, r.wantLoss("cut").Reason)
		require.Equal(t, codec.ErrCut, r.wantStopped("the strategy said so"))
		p.wantClosed("the connection is")
	})
}

// TestCutFromManySides cuts and shuts from many goroutines at once: one loss, with one of the causes.
func TestCutFromManySides(t *testing.T) {
	for range 50 {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t).restarting()
			p := r.connected()
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					if i%2 == 0 {
						r.cfg.Line.Cut(errTest)
					} else {
						r.cfg.Line.Shut(errTest)
					}
				})
			}
			wg.Go(p.leaves)
			wg.Wait()
			r.wantLoss("once")
		})
	}
}

// lateDial makes Open ignore its context: it returns a connection when the test sends on the channel that comes back.
func (r *rig) lateDial() chan<- struct{} {
	late := make(chan struct{})
	r.cfg.Open = func(ctx context.Context) (net.Conn, error) {
		<-late
		return r.pipe(ctx)
	}
	return late
}

// TestConnectionThatComesTooLate gives up an attempt while Open, which does not honour its context, still goes on: the connection that it returns
// is closed at once, and nobody greets its peer.
func TestConnectionThatComesTooLate(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(r *rig)
		want error
	}{
		"cut":      {func(r *rig) { r.cfg.Line.Cut(errTest) }, errTest},
		"shut":     {func(r *rig) { r.cfg.Line.Shut(errTest) }, errTest},
		"stopped":  {func(r *rig) { r.ref.Stop() }, codec.ErrCut},
		"panicked": {func(r *rig) { require.NoError(r.t, actortest.Panic(r.ref, errTest)) }, errTest},
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t).restarting()
				late := r.lateDial()
				r.start()
				settle()
				c.end(r)
				settle()
				late <- struct{}{}
				p := <-r.peers
				loss := r.wantLoss("the attempt is over")
				require.ErrorIs(t, loss.Reason, c.want)
				require.False(t, loss.Shaken)
				p.wantClosed("the late connection is")
				require.Empty(t, p.end.sizes(), "nothing was said on it")
				close(late)
			})
		})
	}
}

// An addressless connection has no addresses, as one of a transport of somebody's own may.
type addressless struct{ net.Conn }

// LocalAddr implements net.Conn.
func (addressless) LocalAddr() net.Addr { return nil }

// RemoteAddr implements net.Conn.
func (addressless) RemoteAddr() net.Addr { return nil }

// TestPartWithoutAddress parts from a connection that has no address: it does not need it.
func TestPartWithoutAddress(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.cfg.Open = func(ctx context.Context) (net.Conn, error) {
			conn, err := r.pipe(ctx)
			return addressless{conn}, err
		}
		p := r.connected()
		require.False(t, r.cfg.Line.Part(errTest))
		r.wantUp("nothing has happened")
		p.leaves()
		require.Equal(t, "unnamed", r.wantLoss("the peer left").Peer.Local)
	})
}
