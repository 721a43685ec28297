package socket_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// exchange writes to a connection that speaks no ZMTP, and wants an answer.
func exchange(t *testing.T, to io.Writer, text string, from io.Reader, answer string) {
	t.Helper()
	_, err := io.WriteString(to, text)
	require.NoError(t, err)
	got := make([]byte, len(answer))
	_, err = io.ReadFull(from, got)
	require.NoError(t, err)
	require.Equal(t, answer, string(got))
}

// TestProxyOfStreams joins two connections that speak no ZMTP, whose names are the same on both sides: bytes pass in both directions.
func TestProxyOfStreams(t *testing.T) {
	ctx, rt := within(t), newRuntime(t)
	front, back := newStream(t, rt, socket.StreamNotify(false)), newStream(t, rt, socket.StreamNotify(false))
	var conns [2]net.Conn
	for i, s := range []*socket.Stream{front, back} {
		l, where := listenRaw(t)
		_, err := s.Connect(ctx, where, socket.ConnectRoutingID("pipe"))
		require.NoError(t, err)
		conns[i], err = l.Accept()
		require.NoError(t, err)
		defer func() { _ = conns[i].Close() }()
		require.NoError(t, s.WaitPeers(ctx, 1))
	}
	p := startProxy(t, front, back)
	for range 3 {
		exchange(t, conns[0], "to the back", conns[1], "to the back")
		exchange(t, conns[1], "and to the front", conns[0], "and to the front")
	}
	require.NoError(t, p.Terminate(ctx))
	balanced(t, front.Stats().In)
	balanced(t, back.Stats().Out)
}

// TestProxyOfOneStream is an echo: bytes go back to the connection that they came from.
func TestProxyOfOneStream(t *testing.T) {
	rt := newRuntime(t)
	s := newStream(t, rt, socket.StreamNotify(false))
	ep := bind(t, s, loopback).String()
	startProxy(t, s, s)
	for range 3 {
		conn := dialTCP(t, ep)
		exchange(t, conn, "echo", conn, "echo")
		require.NoError(t, conn.Close())
	}
}

// TestProxyRawToWorkers has workers that speak ZMTP serve clients that do not, behind a raw socket and a DEALER: each answer goes to the connection that asked.
func TestProxyRawToWorkers(t *testing.T) {
	for name, newFront := range map[string]func(*testing.T, *socket.Runtime) socket.Socket{
		"STREAM": func(t *testing.T, rt *socket.Runtime) socket.Socket {
			return newStream(t, rt, socket.StreamNotify(false))
		},
		"ROUTER_RAW": func(t *testing.T, rt *socket.Runtime) socket.Socket {
			return newRouter(t, rt, socket.RouterRaw(true))
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, rt := within(t), newRuntime(t)
			front, back := newFront(t, rt), newDealer(t, rt)
			ep, err := front.Bind(ctx, loopback)
			require.NoError(t, err)
			worker := newRouter(t, rt)
			join(t, "tcp://127.0.0.1:*", back, worker)
			startProxy(t, front, back)
			one, two := dialTCP(t, ep.String()), dialTCP(t, ep.String())
			for _, conn := range []net.Conn{one, two, one} {
				_, err := io.WriteString(conn, "ask")
				require.NoError(t, err)
				m, err := worker.Recv(ctx) // broker, connection, bytes; none where a ROUTER tells of the connection itself
				for err == nil && len(m.Frame(2)) == 0 {
					m, err = worker.Recv(ctx)
				}
				require.NoError(t, err)
				require.Equal(t, 3, m.Len())
				require.Equal(t, "ask", string(m.Frame(2)))
				require.NoError(t, worker.Send(ctx, socket.MessageOf(m.Frame(0), m.Frame(1), []byte("answer"))))
				exchange(t, conn, "", conn, "answer")
			}
		})
	}
}

// TestProxyCapturePub has a Pub listen in whose subscriber takes nothing: the proxy never waits for it, and the Pub counts what it drops.
func TestProxyCapturePub(t *testing.T) {
	const n = 200
	large := strings.Repeat("x", 20_000) // no kernel has room for so many
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx, rt := within(t), newRuntime(t)
			push, front, back, pull := newPush(t, rt), newPull(t, rt), newPush(t, rt), newPull(t, rt)
			join(t, at.fresh(t), front, push)
			join(t, at.fresh(t), pull, back)
			small := []socket.Option{socket.SendHWM(1), socket.RecvHWM(1)}
			if at.scheme != "inproc" {
				small = append(small, socket.SendBuffer(4096), socket.RecvBuffer(4096))
			}
			capture, deaf := newPub(t, rt, small...), newSub(t, rt, []string{""}, small...)
			join(t, at.fresh(t), capture, deaf)
			require.NoError(t, capture.WaitSubscribers(ctx, 1))
			p := startProxy(t, front, back, socket.ProxyCapture(capture))
			for i := range n {
				require.NoError(t, push.Send(ctx, socket.NewMessage(fmt.Sprint(i), large)))
				m, err := pull.Recv(ctx)
				require.NoError(t, err)
				require.Equal(t, i, numberOf(t, m))
			}
			require.NoError(t, p.Terminate(ctx))
			out := capture.Stats().Out
			balanced(t, out)
			require.Equal(t, uint64(n), out.Accepted, "each was shown to it")
			require.Positive(t, out.Dropped[mailbox.ReasonFull])
			require.Equal(t, out.Dropped[mailbox.ReasonFull], dropped(out))
		})
	}
}

// TestProxyCapturePush has a Push listen in whose pipe is full: the proxy holds still until there is room, and then nothing is missing anywhere.
func TestProxyCapturePush(t *testing.T) {
	const room, n = 4, 10
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, front, back, pull := newPush(t, rt), newPull(t, rt), newPush(t, rt), newPull(t, rt)
		join(t, inprocName(t), front, push)
		join(t, inprocName(t), pull, back)
		capture, ear := newPush(t, rt, socket.SendHWM(room/2)), newPull(t, rt, socket.RecvHWM(room/2))
		join(t, inprocName(t), ear, capture)
		p := startProxy(t, front, back, socket.ProxyCapture(capture))
		for i := range n {
			require.NoError(t, push.Send(ctx, number(i)))
		}
		synctest.Wait()
		receive(t, pull, 0, room)
		synctest.Wait()
		wantEmpty(t, pull)
		require.EqualValues(t, room, p.Statistics().Backend.Sent, "the next one is shown before it is passed on")
		receive(t, ear, 0, n)
		receive(t, pull, room, n-room)
		synctest.Wait() // the last is counted behind its Send
		require.EqualValues(t, n, p.Statistics().Backend.Sent)
	})
}
