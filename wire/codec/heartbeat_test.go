package codec_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// The heartbeat of these tests. The times are such that no two timers end together.
const (
	beatEvery = 10 * time.Second
	beatLimit = 3 * time.Second
	beatTTL   = 7 * time.Second
)

// beating is a rig with heartbeats.
func beating(t *testing.T) *rig {
	r := newRig(t)
	r.cfg.Heartbeat = codec.Heartbeat{Interval: beatEvery, TTL: beatTTL, Timeout: beatLimit}
	return r
}

// ours is PING number n of the codec's own.
func ours(n uint64) wire.Ping {
	return wire.Ping{TTL: beatTTL, Context: binary.BigEndian.AppendUint64(nil, n)}
}

// wantPing requires that the next frame is PING number n, and that it comes after d.
func (p *peer) wantPing(d time.Duration, n uint64) {
	p.t.Helper()
	begin := time.Now()
	p.wantCommand(fmt.Sprintf("PING %d", n), ours(n))
	require.Equal(p.t, d, time.Since(begin), "PING %d", n)
}

// answers sends the PONG to PING number n.
func (p *peer) answers(n uint64) {
	p.t.Helper()
	p.sends(wire.Pong{Context: ours(n).Context}.AppendTo(nil))
}

// wantTimeout requires that the connection was lost to a heartbeat, that long after from.
func (r *rig) wantTimeout(why string, from time.Time, after time.Duration) {
	r.t.Helper()
	begin := time.Now()
	pass(max(after-time.Since(from)-1, 0))
	r.wantUp(why + ": not yet")
	pass(1)
	require.ErrorIs(r.t, r.wantLoss(why).Reason, codec.ErrHeartbeatTimeout, "%s, %v later", why, time.Since(begin))
}

// TestPingsAtTheInterval wants a PING at each interval, with its TTL, also while the peer talks, to peers of 3.0 too.
// (libzmq: stream_engine_base_t::timer_event)
func TestPingsAtTheInterval(t *testing.T) {
	for minor := range byte(2) {
		actortest.Run(t, func(t *testing.T) {
			r := beating(t)
			p := r.dialed()
			p.shakesWith(hello(minor))
			for n := range uint64(5) {
				p.wantPing(beatEvery, n+1)
				p.answers(n + 1)
				p.sends(encoded(wire.NewMessage("in")))
			}
			r.wantUp("all is well")
			require.Len(t, r.in.taken(), 5, "the application sees nothing of it")
		})
	}
}

// TestNoHeartbeat wants a codec without an interval to send no PING, and to take no peer for dead.
func TestNoHeartbeat(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.cfg.Heartbeat = codec.Heartbeat{Timeout: beatLimit, TTL: beatTTL}
		p := r.connected()
		pass(time.Hour)
		p.wantIdle("no PING")
		r.wantUp("no timeout")
		require.Zero(t, r.host.peers[0].RTT())
	})
}

// TestHeartbeatTimeout leaves PINGs unanswered: the connection is lost when the timeout has passed since the first of them. The dialer brings it back.
func TestHeartbeatTimeout(t *testing.T) {
	for name, c := range map[string]struct{ timeout, lost time.Duration }{
		"shorter than the interval": {beatLimit, beatEvery + beatLimit},
		"longer":                    {beatEvery + beatLimit, 2*beatEvery + beatLimit},
		"none":                      {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := beating(t).restarting()
				r.cfg.Heartbeat.Timeout = c.timeout
				p := r.connected()
				up := time.Now()
				p.wantPing(beatEvery, 1)
				if c.timeout == 0 {
					for n := range uint64(100) {
						p.wantPing(beatEvery, n+2)
					}
					r.wantUp("it may be silent for ever")
					return
				}
				if c.timeout > beatEvery {
					p.wantPing(beatEvery, 2)
				}
				r.wantTimeout("silence", up, c.lost)
				pass(retryAfter)
				r.redialed().wantPing(beatEvery, 1)
			})
		})
	}
}

// TestSignsOfLife wants each complete frame of the peer to end the timeout, and the peer's own time to live, whatever it is; a part of one is none.
func TestSignsOfLife(t *testing.T) {
	for name, c := range map[string]struct {
		octets []byte
		alive  bool
	}{
		"the PONG":           {wire.Pong{Context: ours(1).Context}.AppendTo(nil), true},
		"another PONG":       {wire.Pong{}.AppendTo(nil), true},
		"a PING":             {wire.Ping{}.AppendTo(nil), true},
		"a message":          {encoded(wire.NewMessage("m")), true},
		"an empty message":   {encoded(wire.Message{}), true},
		"a large message":    {encoded(wire.MessageOf(body(100_000))), true},
		"a piece of one":     {append(wire.AppendHeader(nil, wire.More, 1), 'p'), true},
		"a large piece":      {append(wire.AppendHeader(nil, wire.More, 100_000), body(100_000)...), true},
		"an unknown command": {wire.Unknown{Name: "JOIN"}.AppendTo(nil), true},
		"a command to drop":  {append(wire.AppendHeader(nil, wire.CommandFrame|wire.More, 1), 0), true},
		"a header":           {wire.AppendHeader(nil, 0, 1), false},
		"half a message":     {encoded(wire.MessageOf(body(100_000)))[:50_000], false},
		"half a PONG":        {wire.Pong{Context: ours(1).Context}.AppendTo(nil)[:7], false},
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := beating(t)
				p := r.connected()
				p.wantPing(beatEvery, 1)
				pass(beatLimit - 1)
				p.sends(c.octets)
				pass(2)
				if !c.alive {
					require.ErrorIs(t, r.wantLoss("that is none").Reason, codec.ErrHeartbeatTimeout)
					return
				}
				r.wantUp("it lives")
			})
		})
		t.Run(name+", after its TTL", func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				p := r.connected()
				p.sends(wire.Ping{TTL: time.Second}.AppendTo(nil))
				p.wantCommand("answered", wire.Pong{})
				pass(time.Second - 1)
				p.sends(c.octets)
				pass(2)
				if !c.alive {
					require.ErrorIs(t, r.wantLoss("that is none").Reason, codec.ErrHeartbeatTimeout)
					return
				}
				r.wantUp("it lives")
				pass(time.Hour)
				r.wantUp("and has announced nothing more")
			})
		})
	}
}

// TestPeersTimeToLive has a peer announce how long it may be silent: it is taken at its word, without heartbeats of our own, up to the longest time
// there is. (libzmq counts in 16 bits of milliseconds, and takes 655.4 seconds and more for much less.)
func TestPeersTimeToLive(t *testing.T) {
	for _, ttl := range []time.Duration{100 * time.Millisecond, time.Second, 656 * time.Second, wire.MaxTTL} {
		t.Run(ttl.String(), func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				p := r.connected()
				for range 3 { // each PING starts it anew
					p.sends(wire.Ping{TTL: ttl}.AppendTo(nil))
					p.wantCommand("answered", wire.Pong{})
					pass(ttl - 1)
				}
				p.sends(wire.Ping{TTL: ttl}.AppendTo(nil))
				p.wantCommand("answered", wire.Pong{})
				r.wantTimeout("its word is over", time.Now(), ttl)
			})
		})
	}
}

// TestTimeoutsWhileAWriteIsStuck has both times run out while the codec's handler waits in a write, of data or of a PING: they act all the same, and
// what was being written is kept.
func TestTimeoutsWhileAWriteIsStuck(t *testing.T) {
	for name, c := range map[string]struct {
		msgs   int
		arm    func(p *peer)
		expect time.Duration
	}{
		"timeout, data": {300, func(*peer) {}, beatEvery + beatLimit},
		"timeout, PING": {0, func(*peer) {}, beatEvery + beatLimit},
		"TTL, data":     {300, func(p *peer) { p.sends(wire.Ping{TTL: time.Second}.AppendTo(nil)) }, time.Second},
		"TTL, PONG":     {0, func(p *peer) { p.sends(wire.Ping{TTL: time.Second}.AppendTo(nil)) }, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := beating(t).restarting()
				p := r.connectedWith(c.msgs)
				up := time.Now()
				c.arm(p)
				r.wantTimeout("nothing is read", up, c.expect)
				require.Equal(t, c.msgs, r.out.Len(), "nothing is lost")
				pass(retryAfter)
				p = r.redialed()
				for i := range c.msgs {
					p.wantMessage("on the next connection", number(i))
				}
			})
		})
	}
}

// TestPingGoesBeforeData has PINGs fall due while a full queue is being written: one comes behind the batch that was on its way, before all others.
func TestPingGoesBeforeData(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := beating(t)
		r.cfg.Heartbeat.Timeout = 0
		p := r.connectedWith(1000)
		pass(5*beatEvery + 1)
		for i := range 256 {
			p.wantMessage("the batch that was being written", number(i))
		}
		p.wantCommand("one PING, however many were due", ours(1))
		for i := 256; i < 1000; i++ {
			p.wantMessage("then data again", number(i))
		}
		p.wantPing(beatEvery-1, 2)
	})
}

// TestNoTimeoutWhileWeDoNotRead fills the inbound queue, so that PONGs are not read: the peer is not to blame, as long as that lasts. PINGs still go
// out, for they keep this side alive in the peer's eyes. Once there is room again the peer has the whole timeout.
func TestNoTimeoutWhileWeDoNotRead(t *testing.T) {
	for _, answer := range []bool{true, false} {
		t.Run(fmt.Sprintf("answers %t", answer), func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := beating(t)
				r.in.next = mailbox.New(mailbox.Config[wire.Message]{Mark: 1})
				p := r.connected()
				p.sends(encoded(wire.NewMessage("has room"), wire.NewMessage("has none")))
				for n := range uint64(5) {
					p.wantPing(beatEvery, n+1)
				}
				pass(beatEvery - 1)
				r.wantUp("it could not have been heard")
				_, err := r.in.next.Pop(context.Background())
				require.NoError(t, err)
				settle()
				if answer {
					p.answers(5)
					pass(beatLimit)
					r.wantUp("it answered")
					return
				}
				begin := time.Now()
				go func() { _, _ = p.conn.Read(make([]byte, 100)) }() // the next PING
				r.wantTimeout("now it is", begin, beatLimit)
			})
		})
	}
}

// TestRTT measures the time from a PING to its PONG, of whatever the peer answers, and of nothing else.
func TestRTT(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := beating(t)
		r.cfg.Heartbeat.Timeout = 0
		p := r.connected()
		rtt := func() time.Duration { return r.host.peers[0].RTT() }
		p.wantPing(beatEvery, 1)
		pass(time.Second)
		require.Zero(t, rtt(), "not known yet")
		p.answers(2)
		p.sends(wire.Pong{}.AppendTo(nil), wire.Pong{Context: []byte("whatever")}.AppendTo(nil), wire.Pong{Context: make([]byte, 8)}.AppendTo(nil))
		settle()
		require.Zero(t, rtt(), "these answer nothing")
		p.answers(1)
		settle()
		require.Equal(t, time.Second, rtt())
		p.answers(1)
		p.wantPing(beatEvery-time.Second, 2)
		p.wantPing(beatEvery, 3)
		pass(2 * time.Second)
		p.answers(2)
		settle()
		require.Equal(t, beatEvery+2*time.Second, rtt(), "longer than the interval")
		p.wantPing(beatEvery-2*time.Second, 4)
		p.wantPing(beatEvery, 5)
		p.answers(5)
		settle()
		require.Equal(t, beatEvery+2*time.Second, rtt(), "the answer to 4 is lost: nothing is known of it")
		p.wantPing(beatEvery, 6)
		pass(3)
		p.answers(6)
		settle()
		require.Equal(t, time.Duration(3), rtt(), "and then measured again")
	})
}

// TestHeartbeatOfAnOldConnection lets a connection go while its timers run: they do nothing to the next one.
func TestHeartbeatOfAnOldConnection(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := beating(t).restarting()
		p := r.connected()
		p.wantPing(beatEvery, 1)
		p.sends(wire.Ping{TTL: 3 * time.Second}.AppendTo(nil))
		p.wantCommand("answered", wire.Pong{})
		p.leaves()
		require.NotErrorIs(t, r.wantLoss("the peer left").Reason, codec.ErrHeartbeatTimeout)
		pass(retryAfter)
		p = r.redialed()
		pass(beatEvery - 1)
		r.wantUp("nobody has asked this one")
		p.wantPing(1, 1)
	})
}
