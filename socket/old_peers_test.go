package socket_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// A dialect is a version of ZMTP as a raw peer speaks it.
type dialect struct {
	name    string
	hello   func(typ string) []byte // all that it says before traffic
	answer  func(typ string) int    // octets of what a socket of that type answers, without an identity
	header  func(dst []byte, flags wire.Flags, size int) []byte
	command bool // subscriptions are commands
}

// dialects are all of them, newest first.
var dialects = []dialect{
	{
		name: "3.1", hello: func(typ string) []byte { return append(greeting(), ready(typ)...) },
		answer: func(typ string) int { return 64 + len(ready(typ)) }, header: wire.AppendHeader, command: true,
	},
	{
		name: "3.0", hello: func(typ string) []byte {
			g := greeting()
			g[11] = 0
			return append(g, ready(typ)...)
		},
		answer: func(typ string) int { return 64 + len(ready(typ)) }, header: wire.AppendHeader,
	},
	{
		name: "2.0", hello: func(string) []byte { return append(greeting()[:10], "\x01\x00\x00\x00"...) },
		answer: func(string) int { return 14 }, header: wire.AppendHeader,
	},
	{
		name: "1.0", hello: func(string) []byte { return append(greeting()[:10], "\x00\x00\x01\x00"...) },
		answer: func(string) int { return 14 }, header: wire.AppendOldHeader,
	},
}

// frame is a message of one frame.
func (d dialect) frame(body string) string { return string(d.header(nil, 0, len(body))) + body }

// subscribe is a subscription to topic.
func (d dialect) subscribe(topic string) string {
	if d.command {
		return string(wire.Subscribe{Topic: []byte(topic)}.AppendTo(nil))
	}
	return d.frame("\x01" + topic)
}

// shakes says hello as a peer of type typ to a socket of type to, and reads its answer.
func (d dialect) shakes(t *testing.T, conn net.Conn, typ, to string) {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err := conn.Write(d.hello(typ))
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, d.answer(to)))
	require.NoError(t, err)
}

// wantOctets wants the next octets to be those.
func wantOctets(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(conn, got)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

// TestTopicsAroundTheBorder subscribes to topics about as long as a short frame can be, in the form of every version, both ways. (libzmq breaks the
// stream at 255, to peers before 3.1.)
func TestTopicsAroundTheBorder(t *testing.T) {
	for _, d := range dialects {
		for _, size := range []int{0, 245, 246, 252, 253, 254, 255, 256, 257, 70000} {
			t.Run(fmt.Sprintf("%s/%d", d.name, size), func(t *testing.T) {
				topic := strings.Repeat("t", size)
				rt := newRuntime(t)
				sub := newSub(t, rt, []string{topic}, socket.ZMTP1(true))
				l, ep := listenRaw(t)
				connect(t, sub, ep)
				conn, err := l.Accept()
				require.NoError(t, err)
				d.shakes(t, conn, "PUB", "SUB")
				wantOctets(t, conn, d.subscribe(topic))
				_, err = io.WriteString(conn, d.frame("other"[:min(size, 5)])+d.frame(topic+"!"))
				require.NoError(t, err)
				m, err := sub.Recv(within(t))
				require.NoError(t, err)
				if size == 0 {
					require.Empty(t, m.Bytes())
				} else {
					require.Equal(t, topic+"!", m.String())
				}

				pub := newPub(t, rt, socket.ZMTP1(true))
				conn, err = net.Dial("tcp", strings.TrimPrefix(bind(t, pub, "tcp://127.0.0.1:*").String(), "tcp://"))
				require.NoError(t, err)
				d.shakes(t, conn, "SUB", "PUB")
				_, err = io.WriteString(conn, d.subscribe(topic))
				require.NoError(t, err)
				require.NoError(t, pub.WaitTopic(within(t), topic, 1))
				publish(t, pub, topic[:max(size-1, 0)], topic+"!")
				if size == 0 {
					wantOctets(t, conn, d.frame(""))
				}
				wantOctets(t, conn, d.frame(topic+"!"))
			})
		}
	}
}

// TestOldPeersAreNotAllRefused wants 2.0 to be served without being asked for, and 1.0 only with ZMTP1: to connecting sockets, whose endpoint ends,
// and to bound ones.
func TestOldPeersAreNotAllRefused(t *testing.T) {
	for _, d := range dialects[2:] {
		for _, allowed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", d.name, allowed), func(t *testing.T) {
				b := newBesieged(t, socket.ZMTP1(allowed))
				conn := b.dial(t)
				_, err := conn.Write(append(d.hello("PUSH"), d.frame("in")...))
				require.NoError(t, err)
				if !allowed && d.name == "1.0" {
					e := b.awaitEvent(t, conn.LocalAddr(), socket.EventHandshakeFailed)
					require.ErrorAs(t, e.Err, new(*socket.ProtocolError))
					wantClosed(t, conn)
				} else {
					m, err := b.pull.Recv(b.ctx)
					require.NoError(t, err)
					require.Equal(t, "in", m.String())
				}
				b.checkAlive(t)
			})
		}
	}
}

// TestOldPeerMustNameItself wants a peer of 2.0 that does not send its identity to run out of time, as one that does not send its READY does.
func TestOldPeerMustNameItself(t *testing.T) {
	b := newBesieged(t, socket.HandshakeInterval(50*time.Millisecond))
	conn := b.dial(t)
	_, err := conn.Write(dialects[2].hello("PUSH")[:12])
	require.NoError(t, err)
	e := b.awaitEvent(t, conn.LocalAddr(), socket.EventHandshakeFailed)
	require.ErrorIs(t, e.Err, socket.ErrHandshakeTimeout)
	wantClosed(t, conn)
	b.checkAlive(t)
}

// TestOldPeerHasNoHeartbeat wants no PINGs to go to a peer that has no commands, and what looks like one from it to be ignored.
func TestOldPeerHasNoHeartbeat(t *testing.T) {
	for _, d := range dialects[2:] {
		rt := newRuntime(t)
		dealer, err := socket.NewDealer(rt, socket.ZMTP1(true), socket.HeartbeatInterval(time.Millisecond), socket.HeartbeatTTL(time.Second))
		require.NoError(t, err)
		conn, err := net.Dial("tcp", strings.TrimPrefix(bind(t, dealer, "tcp://127.0.0.1:*").String(), "tcp://"))
		require.NoError(t, err)
		d.shakes(t, conn, "DEALER", "DEALER")
		var traffic []byte
		if d.name == "2.0" {
			traffic = wire.Ping{TTL: 100 * time.Millisecond}.AppendTo(nil)
			traffic = append(traffic, "\x04\x01\xff"...)
		}
		for range 20 {
			_, err = conn.Write(append(traffic, d.frame("in")...))
			require.NoError(t, err)
			_, err = dealer.Recv(within(t))
			require.NoError(t, err)
		}
		require.NoError(t, dealer.Send(within(t), socket.NewMessage("out")))
		wantOctets(t, conn, d.frame("out"))
	}
}
