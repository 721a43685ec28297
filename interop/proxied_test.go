package interop

import (
	"context"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
	"golang.org/x/sync/errgroup"
)

// What passes through a proxy, and the sockets on its sides.

// interruptSignal is what Ctrl-C sends.
var interruptSignal = os.Interrupt

// A sided is a socket of Weir's at a proxy, or in one.
type sided interface {
	socket.Socket
	LastEndpoint() string
}

// A makesSided makes a socket.
type makesSided func(*socket.Runtime, ...socket.Option) (sided, error)

// makes makes a makesSided of a constructor.
func makes[S sided](construct func(*socket.Runtime, ...socket.Option) (S, error)) makesSided {
	return func(rt *socket.Runtime, opts ...socket.Option) (sided, error) { return construct(rt, opts...) }
}

// sidedTypes are the types that proxies have on their sides or are made of.
var sidedTypes = map[string]makesSided{
	"router": makes(socket.NewRouter), "dealer": makes(socket.NewDealer), "pull": makes(socket.NewPull), "push": makes(socket.NewPush),
	"xsub": makes(socket.NewXSub), "xpub": makes(socket.NewXPub), "pub": makes(socket.NewPub), "sub": makes(socket.NewSub),
	"pair": makes(socket.NewPair), "req": makes(socket.NewReq), "rep": makes(socket.NewRep), "stream": makes(socket.NewStream),
}

// newSided makes a socket.
func newSided(t *testing.T, rt *socket.Runtime, typ string, opts ...socket.Option) sided {
	t.Helper()
	s, err := sidedTypes[typ](rt, opts...)
	require.NoError(t, err)
	return s
}

// bindNew makes a socket and binds it.
func bindNew(ctx context.Context, t *testing.T, rt *socket.Runtime, typ, at string, opts ...socket.Option) sided {
	t.Helper()
	s := newSided(t, rt, typ, opts...)
	_, err := s.Bind(ctx, at)
	require.NoError(t, err)
	return s
}

// connectNew makes a socket and connects it.
func connectNew(ctx context.Context, t *testing.T, rt *socket.Runtime, typ, to string) sided {
	t.Helper()
	s := newSided(t, rt, typ)
	_, err := s.Connect(ctx, to)
	require.NoError(t, err)
	return s
}

// weirSides binds the two sockets of a proxy.
func weirSides(ctx context.Context, t *testing.T, k relayKind, at *place) (front, back sided, rt *socket.Runtime) {
	t.Helper()
	rt, _ = newRuntime(t)
	return bindNew(ctx, t, rt, k.frontend, at.fresh()), bindNew(ctx, t, rt, k.backend, at.fresh()), rt
}

// libzmqPasses passes numbered messages between two libzmq sockets that connect to a proxy.
func libzmqPasses(ctx context.Context, t *testing.T, k relayKind, front, back string) {
	t.Helper()
	source, target := startPeer(ctx, t, libzmq, k.source), startPeer(ctx, t, libzmq, k.target)
	source.do(ctx, "connect", front)
	target.do(ctx, "connect", back)
	if k.source == "REQ" {
		target.order("serve", proxiedCount, waitMS)
		source.do(ctx, "ask", 0, proxiedCount, 10, waitMS)
		target.okay(ctx)
		return
	}
	if k.source == "PUB" {
		target.do(ctx, "subscribe", "-") // passes through the proxy, to the publisher
		source.order("pulse", plain("pulse"))
		require.Equal(t, plain("pulse"), target.do(ctx, "recv", waitMS))
		source.order("send", waitMS, plain("over"))
		source.okay(ctx)
		source.okay(ctx)
		for target.do(ctx, "recv", waitMS) != plain("over") {
		}
	}
	target.order("recvn", 0, proxiedCount, waitMS)
	source.do(ctx, "sendn", 0, proxiedCount, 10, waitMS)
	target.okay(ctx)
}

// weirPasses passes numbered messages between two sockets of Weir's that connect to a proxy.
func weirPasses(ctx context.Context, t *testing.T, k relayKind, front, back string) {
	t.Helper()
	rt, _ := newRuntime(t)
	switch k.source {
	case "REQ":
		weirCalls(ctx, t, connectNew(ctx, t, rt, "req", front).(*socket.Req), connectNew(ctx, t, rt, "rep", back).(*socket.Rep))
	case "PUSH":
		push, pull := connectNew(ctx, t, rt, "push", front).(*socket.Push), connectNew(ctx, t, rt, "pull", back).(*socket.Pull)
		weirStreams(ctx, t, push, pull)
	default:
		pub, sub := connectNew(ctx, t, rt, "pub", front).(*socket.Pub), connectNew(ctx, t, rt, "sub", back).(*socket.Sub)
		require.NoError(t, sub.Subscribe(""))
		require.NoError(t, pub.WaitSubscribers(ctx, 1)) // it has passed through the proxy
		weirStreams(ctx, t, pub, sub)
	}
}

// weirStreams sends numbered messages and receives them in order.
func weirStreams(ctx context.Context, t *testing.T, from socket.Sender, to socket.Receiver) {
	t.Helper()
	for n := range proxiedCount {
		require.NoError(t, from.Send(ctx, numbered(n, 10)))
	}
	for n := range proxiedCount {
		m, err := to.Recv(ctx)
		require.NoError(t, err)
		wantNumber(t, n, 10, m)
	}
}

// weirCalls has ten goroutines make calls over one REQ, each of which gets its own replies.
func weirCalls(ctx context.Context, t *testing.T, req *socket.Req, rep *socket.Rep) {
	t.Helper()
	serving, stop := context.WithCancel(ctx)
	var server, callers errgroup.Group
	server.Go(func() error {
		for m, err := range rep.Messages(serving) {
			if err != nil {
				return err
			}
			if err := rep.Send(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	var wrong [10]string
	for c := range wrong {
		callers.Go(func() error {
			for n := range proxiedCount / len(wrong) {
				asked := strconv.Itoa(1000*c + n)
				m, err := req.Do(ctx, socket.NewMessage(asked))
				if err != nil {
					return err
				}
				if m.String() != asked {
					wrong[c] += asked + " got " + m.String() + "; "
				}
			}
			return nil
		})
	}
	require.NoError(t, callers.Wait())
	stop()
	require.NoError(t, server.Wait())
	require.Empty(t, wrong)
}
