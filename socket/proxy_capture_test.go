package socket_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// listensIn are the types that hear what a capture of that type is shown.
var listensIn = map[string]string{
	"PUSH": "PULL", "PUB": "SUB", "XPUB": "SUB", "XSUB": "XPUB", "DEALER": "DEALER", "ROUTER": "DEALER", "PAIR": "PAIR", "REQ": "REP", "REP": "REQ",
}

// hearing returns a capture of that type, and what its listener hears next.
func hearing(t *testing.T, ctx context.Context, rt *socket.Runtime, typ string) (capture *socket.Any, hears func() string) {
	t.Helper()
	capture, err := socket.Open(rt, typ)
	require.NoError(t, err)
	if typ == "STREAM" {
		l, where := listenRaw(t)
		_, err := capture.Connect(ctx, where, socket.ConnectRoutingID("ear"))
		require.NoError(t, err)
		conn, err := l.Accept()
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, capture.WaitPeers(ctx, 1))
		return capture, func() string {
			heard := make([]byte, len("hello"))
			_, err := io.ReadFull(conn, heard)
			require.NoError(t, err)
			return string(heard)
		}
	}
	require.Contains(t, listensIn, typ, "who hears what it is shown?")
	ear, err := socket.Open(rt, listensIn[typ], socket.RoutingID("ear"))
	require.NoError(t, err)
	if listensIn[typ] == "SUB" {
		require.NoError(t, ear.Subscribe(""))
	}
	join(t, inprocName(t), capture, ear)
	switch typ {
	case "PUB", "XPUB":
		require.NoError(t, capture.WaitSubscribers(ctx, 1))
	case "REP": // it speaks when it was asked
		require.NoError(t, ear.Send(ctx, socket.NewMessage("ask")))
		_, err := capture.Recv(ctx)
		require.NoError(t, err)
	}
	return capture, func() string {
		m, err := ear.Recv(ctx)
		require.NoError(t, err)
		return m.String()
	}
}

// TestProxyCaptureTypes has each type that sends listen in, and somebody behind it who hears the message, in full: a name before it is for the types that
// send to names.
func TestProxyCaptureTypes(t *testing.T) {
	for _, row := range socket.Rows() {
		if !row.Sends {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			ctx, rt := within(t), newRuntime(t)
			push, front, back, pull := newPush(t, rt), newPull(t, rt), newPush(t, rt), newPull(t, rt)
			join(t, inprocName(t), front, push)
			join(t, inprocName(t), pull, back)
			capture, hears := hearing(t, ctx, rt, row.Name)
			p := startProxy(t, front, back, socket.ProxyCapture(capture))
			require.NoError(t, push.Send(ctx, socket.NewMessage("ear", "hello")))
			want := "ear|hello"
			if row.Addresses {
				want = "hello"
			}
			require.Equal(t, want, hears())
			m, err := pull.Recv(ctx)
			require.NoError(t, err)
			require.Equal(t, "ear|hello", m.String())
			require.NoError(t, p.Terminate(ctx))
		})
	}
}

// TestProxyAnswersBeforeItEnds has the control socket close as soon as the proxy has ended: whoever asked for that has been answered.
func TestProxyAnswersBeforeItEnds(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx, rt := within(t), newRuntime(t)
			for range 20 {
				control, other := newRep(t, rt), newReq(t, rt)
				join(t, at.fresh(t), control, other)
				p := startProxy(t, newPull(t, rt), newPush(t, rt), socket.ProxyControl(control))
				require.NoError(t, other.Send(ctx, socket.NewMessage("TERMINATE")))
				require.NoError(t, p.Wait(ctx))
				require.NoError(t, control.Close(ctx))
				m, err := other.Recv(ctx)
				require.NoError(t, err)
				require.Equal(t, "", m.String())
			}
		})
	}
}

// TestProxyBridges joins every two transports, in both directions: all that is sent over the one comes over the other, in order.
func TestProxyBridges(t *testing.T) {
	const n = 200
	for _, from := range places {
		for _, to := range places {
			t.Run(fmt.Sprintf("%s to %s", from.scheme, to.scheme), func(t *testing.T) {
				ctx, rt := within(t), newRuntime(t)
				push, front, back, pull := newPush(t, rt), newPull(t, rt), newPush(t, rt), newPull(t, rt)
				join(t, from.fresh(t), front, push)
				join(t, to.fresh(t), back, pull)
				p := startProxy(t, front, back)
				var sender errgroup.Group
				sender.Go(func() error {
					for i := range n {
						if err := push.Send(ctx, number(i)); err != nil {
							return err
						}
					}
					return nil
				})
				receive(t, pull, 0, n)
				require.NoError(t, sender.Wait())
				require.NoError(t, p.Terminate(ctx))
				st := p.Statistics()
				require.Equal(t, []uint64{n, n}, []uint64{st.Frontend.Received, st.Backend.Sent})
			})
		}
	}
}

// TestProxyBridgesGroups joins multicast to other transports, and one of those to multicast: what was published before somebody listens is nobody's, so that
// it is published until it comes.
func TestProxyBridgesGroups(t *testing.T) {
	for _, c := range []struct{ from, to string }{{"epgm", "ipc"}, {"epgm", "inproc"}, {"tcp", "epgm"}} {
		t.Run(c.from+" to "+c.to, func(t *testing.T) {
			ctx, rt := within(t), newRuntime(t)
			fresh := map[string]func(testing.TB) string{"epgm": newGroup}
			for _, at := range places {
				fresh[at.scheme] = at.fresh
			}
			opts := []socket.Option{socket.Rate(10_000)}
			xsub, err := socket.NewXSub(rt, opts...)
			require.NoError(t, err)
			xpub, err := socket.NewXPub(rt, opts...)
			require.NoError(t, err)
			pub, sub := newPub(t, rt, opts...), newSub(t, rt, []string{"a"}, opts...)
			near := bind(t, pub, fresh[c.from](t))
			connect(t, xsub, near.String())
			far := bind(t, xpub, fresh[c.to](t))
			connect(t, sub, far.String())
			startProxy(t, xsub, xpub)
			if c.to == "epgm" { // subscriptions do not pass a group: whoever bridges to one takes all
				require.NoError(t, xsub.Subscribe(""))
			}
			life, stop := context.WithCancel(ctx)
			var publisher errgroup.Group
			publisher.Go(func() error {
				for life.Err() == nil {
					_ = pub.Send(life, socket.NewMessage("b", "no")) // ends with life
					_ = pub.Send(life, socket.NewMessage("a", "yes"))
				}
				return nil
			})
			for range 3 {
				m, err := sub.Recv(ctx)
				require.NoError(t, err)
				require.Equal(t, "a|yes", m.String())
			}
			stop()
			require.NoError(t, publisher.Wait())
		})
	}
}
