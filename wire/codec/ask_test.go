package codec_test

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// A desk records what codecs ask, for a test to answer.
type desk struct {
	ctx     context.Context
	conn    net.Conn
	asked   []wire.Question
	answers []func(wire.Verdict, error)
}

// ask is an Ask. In a bubble it is called when everybody else waits, or sees that afterwards.
func (d *desk) ask(ctx context.Context, conn net.Conn, q wire.Question, answer func(wire.Verdict, error)) {
	d.ctx, d.conn = ctx, conn
	d.asked, d.answers = append(d.asked, q), append(d.answers, answer)
}

// asking is a rig whose codec has to ask over NULL, and is asked about by the desk.
func asking(t *testing.T) (*rig, *desk) {
	r, d := newRig(t), &desk{}
	r.cfg.Handshake.Mechanism, r.cfg.Ask = wire.NullAsking(), d.ask
	r.cfg.HandshakeInterval = 30 * time.Second
	return r, d
}

// greeted dials a peer that exchanges greetings: what comes next is its and our part of the handshake.
func (r *rig) greeted() *peer {
	r.t.Helper()
	p := r.dialed()
	p.reads(10)
	sent := p.streams(greeting(1), 64)
	p.reads(54)
	require.NoError(r.t, sent())
	return p
}

var letIn = wire.Verdict{Status: wire.StatusOK, UserID: "joe"}

// TestAskLetsIn answers after the peer's READY and before it: traffic flows both ways, and who it is is known.
func TestAskLetsIn(t *testing.T) {
	for _, early := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r, d := asking(t)
			p := r.greeted()
			p.wantIdle("nothing more before the answer")
			require.Equal(t, []wire.Question{{Mechanism: "NULL"}}, d.asked)
			require.Equal(t, p.end, d.conn)
			if early {
				p.sends(ready(wire.TypePull))
				p.wantIdle("nor with the peer's READY")
			}
			d.answers[0](letIn, nil)
			d.answers[0](wire.Verdict{Status: wire.StatusRefused}, nil) // too late
			p.frame()
			if !early {
				p.sends(ready(wire.TypePull))
			}
			settle()
			id, _ := r.host.peers[0].Properties.Get(wire.PropertyUserID)
			require.Equal(t, "joe", id)
			p.sends(encoded(wire.NewMessage("one")), encoded(wire.NewMessage("two")))
			r.wantIn("what comes behind the handshake", "one", "two")
			r.push(wire.NewMessage("out"))
			p.wantMessage("traffic", "out")
			pass(time.Hour)
			r.wantUp("the handshake's deadline is over")
			p.leaves()
			require.ErrorIs(t, r.wantLoss("the peer left").Reason, io.EOF)
			require.Error(t, d.ctx.Err(), "the question ends with the connection")
		})
	}
}

// TestAskRefuses checks what a refused peer is told, and that it may take its time to hang up, but not for ever.
func TestAskRefuses(t *testing.T) {
	for _, leaves := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r, d := asking(t)
			p := r.greeted()
			settle()
			d.answers[0](wire.Verdict{Status: wire.StatusRefused, Text: "no"}, nil)
			p.wantCommand("the peer is told", wire.Error{Reason: "400"})
			p.sends(ready(wire.TypePull))
			r.wantUp("not closed yet: the peer may be about to read it")
			if leaves {
				p.leaves()
			} else {
				pass(time.Second)
			}
			var refusal *wire.AuthError
			require.ErrorAs(t, r.wantLoss("refused").Reason, &refusal)
			require.Equal(t, wire.StatusRefused, refusal.Status)
		})
	}
}

// TestAskTemporary checks that a peer that may come back is told nothing.
func TestAskTemporary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d := asking(t)
		p := r.greeted()
		settle()
		d.answers[0](wire.Verdict{Status: wire.StatusTemporary}, nil)
		p.wantClosed("without a word")
		var refusal *wire.AuthError
		require.ErrorAs(t, r.wantLoss("not now").Reason, &refusal)
		require.Equal(t, wire.StatusTemporary, refusal.Status)
	})
}

// TestAskNeverAnswered checks what ends a handshake whose answer does not come: its deadline, the peer's end, the peer's fault, and this side.
func TestAskNeverAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(r *rig, p *peer)
		want error
	}{
		"time":  {func(*rig, *peer) { pass(30 * time.Second) }, codec.ErrHandshakeTimeout},
		"peer":  {func(_ *rig, p *peer) { p.leaves() }, io.ErrUnexpectedEOF},
		"fault": {func(_ *rig, p *peer) { p.sends(ready(wire.TypePull), ready(wire.TypePull)) }, nil},
		"cut":   {func(r *rig, _ *peer) { r.cfg.Line.Cut(errTest) }, errTest},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, d := asking(t)
				p := r.greeted()
				settle()
				require.NoError(t, d.ctx.Err())
				c.end(r, p)
				reason := r.wantLoss("the handshake is over").Reason
				if c.want == nil {
					isProtocol(t, reason, "READY twice")
				} else {
					require.ErrorIs(t, reason, c.want)
				}
				require.Error(t, d.ctx.Err(), "the question is taken back")
				d.answers[0](letIn, nil) // nobody waits for it
			})
		})
	}
}

// TestAskFails checks a question that gets no verdict: from nobody, and with an error.
func TestAskFails(t *testing.T) {
	for _, nobody := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r, d := asking(t)
			want := codec.ErrNoAuthenticator
			if nobody {
				r.cfg.Ask = nil
			} else {
				want = errTest
			}
			p := r.dialed()
			p.reads(10)
			p.sends(greeting(1))
			p.reads(54)
			settle()
			if !nobody {
				d.answers[0](wire.Verdict{}, errTest)
			}
			p.wantClosed("without a word")
			require.ErrorIs(t, r.wantLoss("no verdict").Reason, want)
		})
	}
}

// A parting connection reads its last octets and its end at once, as any net.Conn may.
type parting struct {
	net.Conn
	last atomic.Bool // what is read from now on is the last
}

// Read implements net.Conn.
func (c *parting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == nil && c.last.Load() {
		err = io.EOF
	}
	return n, err
}

// TestAskedPeerLeavesWithinAMessage has the read that the handshake began bring half a message and the end: that is no way to leave.
func TestAskedPeerLeavesWithinAMessage(t *testing.T) {
	for whole, want := range map[bool]error{true: io.EOF, false: io.ErrUnexpectedEOF} {
		synctest.Test(t, func(t *testing.T) {
			r, d := asking(t)
			conn := &parting{}
			r.cfg.Open = func(ctx context.Context) (net.Conn, error) {
				var err error
				conn.Conn, err = r.pipe(ctx)
				return conn, err
			}
			p := r.greeted()
			settle()
			p.sends(ready(wire.TypePull))
			settle()
			d.answers[0](letIn, nil)
			p.frame()
			settle()
			conn.last.Store(true)
			octets := encoded(wire.NewMessage("in two halves"))
			if !whole {
				octets = octets[:6]
			}
			p.sends(octets)
			require.Equal(t, want, r.wantLoss("the peer left").Reason)
		})
	}
}
