package codec_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// TestPanicAtEachStand makes the codec panic wherever it may wait. The loss is reported once, the queue is given back with all that was in it, and
// the next incarnation sends that. Where the handler waits in a write, the panic comes after it: the peer reads on then.
func TestPanicAtEachStand(t *testing.T) {
	atEachStand(t, func(t *testing.T, r *rig, s stand) {
		r.restarting()
		require.NoError(t, actortest.Panic(r.ref, errTest))
		settle()
		if s.stuck {
			r.wantUp("its handler cannot panic yet")
			r.cfg.Line.Cut(errTest)
		}
		loss := r.wantLoss("it panicked")
		s.wantGivenBack(r, loss, errTest)
		if !s.stuck {
			require.ErrorAs(t, loss.Reason, new(*actor.PanicError))
		}
		pass(retryAfter)
		require.EqualValues(t, 2, r.attempts.Load(), "the dialer brought it back")
		require.Equal(t, s.behind, r.out.Len(), "nothing is lost")
	})
}

// TestPanicBehindAWrite has the codec panic right after a write that waited: what the peer had whole is not sent again, the rest is.
func TestPanicBehindAWrite(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t).restarting()
		p := r.connectedWith(300)
		require.NoError(t, actortest.Panic(r.ref, errTest))
		for i := range 256 {
			p.wantMessage("the batch that was being written", number(i))
		}
		loss := r.wantLoss("it panicked between two batches")
		require.ErrorIs(t, loss.Reason, errTest)
		require.EqualValues(t, 256, loss.Sent)
		require.Equal(t, 44, r.out.Len())
		p = r.redialed()
		for i := 256; i < 300; i++ {
			p.wantMessage("the rest", number(i))
		}
		p.wantIdle("that was all")
	})
}

// A fuse panics when it is lit for the first time. The zero value is good. Any goroutine may use it.
type fuse struct{ blown atomic.Bool }

// light panics, once.
func (f *fuse) light() {
	if f.blown.CompareAndSwap(false, true) {
		panic(errTest)
	}
}

// TestHooksThatPanic has each function of the codec's owner panic once. It is a failure of the codec like any other: reported once, nothing is
// lost, nothing is sent twice, and the next incarnation works. None of them ends the process.
func TestHooksThatPanic(t *testing.T) {
	for name, arrange := range map[string]func(r *rig, f *fuse){
		"Open": func(r *rig, f *fuse) {
			r.cfg.Open = func(ctx context.Context) (net.Conn, error) {
				if !f.blown.Load() {
					r.attempts.Add(1)
				}
				f.light()
				return r.pipe(ctx)
			}
		},
		"Accepts": func(r *rig, f *fuse) { r.cfg.Handshake.Accepts = func(string) bool { f.light(); return true } },
		"Up": func(r *rig, f *fuse) {
			answer := r.host.answer
			r.host.answer = func(self actor.Ref[codec.Message], peer codec.Peer) { f.light(); answer(self, peer) }
		},
		"Deliver": func(r *rig, f *fuse) { r.in.hook = func([]wire.Message) error { f.light(); return nil } },
		"Sent":    func(r *rig, f *fuse) { r.cfg.Sent = func(codec.Peer, wire.Message) { f.light() } },
		"Flushed": func(r *rig, f *fuse) { r.host.flush = f.light },
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r, heard := newRig(t).restarting(), &heard{}
				arrange(r, &fuse{})
				r.push(wire.NewMessage("one"), wire.NewMessage("two"))
				r.out.Close(errTest)
				r.start()
				settle()
				for name != "Open" && len(r.host.ended()) == 0 {
					heard.from(<-r.peers, encoded(wire.NewMessage("in")))
					settle()
				}
				loss := r.wantLoss(name + " panicked")
				require.ErrorIs(t, loss.Reason, errTest)
				require.ErrorAs(t, loss.Reason, new(*actor.PanicError))
				pass(retryAfter)
				heard.from(<-r.peers, encoded(wire.NewMessage("in again")))
				r.wantUp("the next incarnation works")
				require.Zero(t, r.out.Len(), "all is sent")
				require.Equal(t, []string{"one", "two"}, heard.messages(t), "and once")
				require.Positive(t, r.host.flushed, "and the host knows")
				require.Contains(t, r.in.taken(), "in again")
			})
		})
	}
}

// heard is what peers that talk in the background got to hear. The zero value is nothing.
type heard struct {
	mu     sync.Mutex
	octets [][]byte // guarded by mu: of each peer, oldest first
}

// from has p shake hands and send traffic in the background, and notes all that it hears until the codec closes.
func (h *heard) from(p *peer, traffic []byte) {
	_ = p.streams(append(hello(1), traffic...), 1000)
	h.mu.Lock()
	n := len(h.octets)
	h.octets = append(h.octets, nil)
	h.mu.Unlock()
	go func() {
		buf := make([]byte, 1000)
		for {
			k, err := p.conn.Read(buf)
			h.mu.Lock()
			h.octets[n] = append(h.octets[n], buf[:k]...)
			h.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
}

// messages returns the messages that the peers heard behind the handshakes, oldest first.
func (h *heard) messages(t *testing.T) []string {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []wire.Message
	ours := len(greeting(1)) + len(ready(wire.TypePush))
	for _, octets := range h.octets {
		d := wire.NewDecoder(-1)
		var err error
		_, all, _, err = d.Decode(octets[min(ours, len(octets)):], all)
		require.NoError(t, err)
		require.False(t, d.Partial(), "whole messages only")
	}
	return texts(all)
}

// TestRefuse has the host refuse a peer: the codec fails with its reason, and nothing flows.
func TestRefuse(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.host.answer = func(self actor.Ref[codec.Message], _ codec.Peer) { _ = self.Tell(&codec.Refuse{Reason: errTest}) }
		r.push(wire.NewMessage("waits"))
		p := r.connected()
		loss := r.wantLoss("refused")
		require.Equal(t, errTest, loss.Reason)
		require.True(t, loss.Shaken)
		require.Equal(t, errTest, r.wantStopped("the strategy said so"))
		p.wantClosed("the connection is")
		require.Equal(t, 1, r.out.Len())
	})
}

// TestRefuseIsForOneIncarnation refuses one peer under a strategy that gives the message in hand to the next incarnation: it is not refused, too.
func TestRefuseIsForOneIncarnation(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.decide = func(actor.History, error) actor.Verdict {
			return actor.Verdict{After: retryAfter, InHand: actor.Redeliver}
		}
		attach := r.host.answer
		r.host.answer = func(self actor.Ref[codec.Message], peer codec.Peer) {
			if len(r.host.ended()) > 0 {
				attach(self, peer)
				return
			}
			_ = self.Tell(&codec.Refuse{Reason: errTest})
		}
		r.connected()
		require.Equal(t, errTest, r.wantLoss("refused").Reason)
		pass(retryAfter)
		r.redialed()
		r.wantUp("the next is not")
	})
}

// TestAnswerThatComesTooLate has the host answer an Up when that connection is gone and the next one is being made: the answer is not for it.
func TestAnswerThatComesTooLate(t *testing.T) {
	for name, late := range map[string]func(r *rig) codec.Message{
		"Attach": func(r *rig) codec.Message { return &codec.Attach{Out: r.out, In: r.in} },
		"Refuse": func(*rig) codec.Message { return &codec.Refuse{Reason: errTest} },
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t).restarting()
				attach := r.host.answer
				r.host.answer = nobody
				r.connected()
				r.cfg.Line.Cut(errTest)
				r.wantLoss("cut")
				pass(retryAfter)
				r.host.answer = attach
				p := <-r.peers
				require.NoError(t, r.ref.Tell(late(r)))
				r.wantUp("nobody waited for that")
				p.shakes()
				r.wantUp("it has an answer of its own")
				require.NoError(t, r.ref.Tell(late(r)))
				r.push(wire.NewMessage("out"))
				p.wantMessage("traffic flows", "out")
				require.NoError(t, r.ref.Tell(late(r)))
				r.wantUp("nor for that")
				require.Equal(t, "up down up", r.host.told())
			})
		})
	}
}

// TestHandshakeThatComesTooLate has a handshake end while the codec, which has panicked, waits for its dialer's verdict: the word of it must not
// reach the next incarnation, whose connection has not even been greeted.
func TestHandshakeThatComesTooLate(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r, verdict := newRig(t), make(chan struct{})
		r.decide = func(actor.History, error) actor.Verdict {
			<-verdict
			return actor.Verdict{}
		}
		p := r.dialed()
		require.NoError(t, actortest.Panic(r.ref, errTest))
		settle()
		p.shakes()
		settle()
		close(verdict)
		loss := r.wantLoss("it panicked")
		require.False(t, loss.Shaken, "nobody was told")
		p.wantClosed("its connection is")
		p = <-r.peers
		settle()
		require.Equal(t, "down", r.host.told())
		r.push(wire.NewMessage("out"))
		p.shakes()
		p.wantMessage("the handshake of this one counts", "out")
		require.Equal(t, "down up", r.host.told())
	})
}
