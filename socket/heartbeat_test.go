package socket_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// TestHeartbeatRanges wants values in and out of range (libzmq: test_heartbeats, test_setsockopt_heartbeat).
func TestHeartbeatRanges(t *testing.T) {
	rt := newRuntime(t)
	for name, c := range map[string]struct {
		opt  socket.Option
		good bool
	}{
		"no interval":       {socket.HeartbeatInterval(0), true},
		"interval":          {socket.HeartbeatInterval(time.Hour), true},
		"negative interval": {socket.HeartbeatInterval(-1), false},
		"no TTL":            {socket.HeartbeatTTL(0), true},
		"longest TTL":       {socket.HeartbeatTTL(6553599 * time.Millisecond), true},
		"too long a TTL":    {socket.HeartbeatTTL(6553600 * time.Millisecond), false},
		"negative TTL":      {socket.HeartbeatTTL(-time.Second), false},
		"no timeout":        {socket.HeartbeatTimeout(0), true},
		"timeout":           {socket.HeartbeatTimeout(time.Millisecond), true},
		"negative timeout":  {socket.HeartbeatTimeout(-1), false},
	} {
		for _, row := range socket.Rows() {
			_, err := socket.Open(rt, row.Name, c.opt)
			if c.good {
				require.NoError(t, err, "%s: %s", row.Name, name)
			} else {
				require.ErrorIs(t, err, socket.ErrBadOption, "%s: %s", row.Name, name)
			}
		}
	}
}

// wantPing wants the next octets to be a PING with that TTL, in tenths of a second, and returns its context.
func (p *rawPeer) wantPing(tenths byte) []byte {
	p.t.Helper()
	head := p.octets(9)
	require.Equal(p.t, append([]byte("\x04\x0f\x04PING\x00"), tenths), head)
	return p.octets(8)
}

// octets reads n octets, behind what was decoded.
func (p *rawPeer) octets(n int) []byte {
	p.t.Helper()
	b := make([]byte, n)
	for got := 0; got < n; {
		k, err := p.conn.Read(b[got:])
		require.NoError(p.t, err)
		got += k
	}
	return b
}

// answerLoop answers PINGs until a message comes, which it returns, or the end.
func (p *rawPeer) answerLoop() string {
	for head := make([]byte, 2); ; {
		if _, err := io.ReadFull(p.conn, head); err != nil {
			return ""
		}
		body := make([]byte, head[1])
		if _, err := io.ReadFull(p.conn, body); err != nil || head[0] == 0 {
			return string(body)
		}
		if _, err := p.conn.Write(wire.Pong{Context: body[7:]}.AppendTo(nil)); err != nil {
			return ""
		}
	}
}

// TestHeartbeatOnTheWire wants the TTL in whole tenths, and the time that a PONG took in the accounts.
func TestHeartbeatOnTheWire(t *testing.T) {
	rt := newRuntime(t)
	pull := newPull(t, rt, socket.HeartbeatInterval(5*time.Millisecond), socket.HeartbeatTTL(1299*time.Millisecond), socket.HeartbeatTimeout(0))
	peer := dialRaw(t, bind(t, pull, "tcp://127.0.0.1:*").String(), "PUSH")
	require.NoError(t, pull.WaitPeers(within(t), 1))
	require.Zero(t, pull.Stats().Peers[0].RTT, "nothing was answered yet")
	peer.write(wire.Pong{Context: peer.wantPing(12)}.AppendTo(nil))
	peer.send("behind it")
	_, err := pull.Recv(within(t))
	require.NoError(t, err)
	require.Positive(t, pull.Stats().Peers[0].RTT)
}

// TestHeartbeatRTT is as long as the PONG was held back, by a clock that nothing else moves, and that of the last one.
func TestHeartbeatRTT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := newRuntime(t)
		pull := newPull(t, rt, socket.HeartbeatInterval(time.Second), socket.HeartbeatTTL(1299*time.Millisecond), socket.HeartbeatTimeout(0))
		_, peer := bindLine(t, within(t), pull)
		peer.shakeLine("PUSH", "")
		for _, held := range []time.Duration{20 * time.Millisecond, 300 * time.Millisecond, 5 * time.Millisecond} {
			ping := peer.wantPing(12)
			time.Sleep(held)
			peer.write(wire.Pong{Context: ping}.AppendTo(nil))
			synctest.Wait()
			require.Equal(t, held, pull.Stats().Peers[0].RTT)
		}
		require.NoError(t, peer.conn.Close())
	})
}

// TestHeartbeatTimeoutAccepted has an accepted peer fall silent: by our time, and by its own. Its connection ends, and its pipe; the socket goes on, and so
// does an honest peer, which answers.
func TestHeartbeatTimeoutAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		opts []socket.Option
		ping []byte
	}{
		"timeout":             {[]socket.Option{socket.HeartbeatInterval(400 * time.Millisecond)}, nil},
		"a timeout set":       {[]socket.Option{socket.HeartbeatInterval(5 * time.Millisecond), socket.HeartbeatTimeout(400 * time.Millisecond)}, nil},
		"its own TTL":         {nil, wire.Ping{TTL: 100 * time.Millisecond}.AppendTo(nil)},
		"its own, no timeout": {[]socket.Option{socket.HeartbeatTimeout(0)}, wire.Ping{TTL: 100 * time.Millisecond}.AppendTo(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
				pull, err := socket.Open(rt, "PULL", c.opts...)
				require.NoError(t, err)
				events := watch(t, pull.Events(ctx))
				m := newMoor(t, ctx, pull, true)
				honest := m.land(t, ctx, "PUSH")
				go honest.answerLoop()
				silent := m.land(t, ctx, "PUSH")
				silent.write(c.ping)
				require.ErrorIs(t, events.until(socket.EventDisconnected).Err, socket.ErrHeartbeatTimeout)
				_, err = io.Copy(io.Discard, silent.conn)
				require.NoError(t, err, "to its end")
				time.Sleep(3 * time.Second)
				honest.send("honest")
				recvText(t, pull, "honest")
				require.Len(t, pull.Stats().Peers, 1)
			})
		})
	}
}

// TestHeartbeatTimeoutReconnects has the peer of a connecting socket fall silent: it is a lost connection, so the next one brings what was queued.
func TestHeartbeatTimeoutReconnects(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, err := socket.Open(rt, "PUSH", socket.HeartbeatInterval(5*time.Millisecond), socket.HeartbeatTimeout(400*time.Millisecond), socket.ReconnectInterval(1))
		require.NoError(t, err)
		events := watch(t, push.Events(ctx))
		m := newMoor(t, ctx, push, false)
		silent := m.land(t, ctx, "PULL")
		events.want(socket.EventConnectDelayed, socket.EventConnected, socket.EventHandshakeSucceeded)
		for _, e := range events.want(socket.EventDisconnected, socket.EventRetried) {
			require.ErrorIs(t, e.Err, socket.ErrHeartbeatTimeout)
		}
		_, err = io.Copy(io.Discard, silent.conn)
		require.NoError(t, err, "to its end")
		peer := m.land(t, ctx, "PULL")
		require.NoError(t, push.Send(ctx, socket.NewMessage("again")))
		require.Equal(t, "again", peer.answerLoop())
	})
}
