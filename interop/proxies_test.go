package interop

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
	"golang.org/x/sync/errgroup"
)

// Proxies: libzmq's sockets on both sides of Weir's, and Weir's on both sides of libzmq's.

// proxiedCount is how many messages pass: fewer than any mark, so that a publisher drops none.
const proxiedCount = 500

// A relayKind is two types that a proxy joins, and the types at its sides: messages go from the far side of the frontend to that of the backend, and
// replies back where there are any.
type relayKind struct{ frontend, backend, source, target string }

// relayKinds are the three of the guide.
var relayKinds = []relayKind{
	{"router", "dealer", "REQ", "REP"},
	{"pull", "push", "PUSH", "PULL"},
	{"xsub", "xpub", "PUB", "SUB"},
}

// overRelays runs a case for each kind of proxy, and each transport.
func overRelays(t *testing.T, needs *program, f func(ctx context.Context, t *testing.T, k relayKind, at *place)) {
	for _, k := range relayKinds {
		for _, at := range places {
			t.Run(k.frontend+"-"+k.backend+"/"+at.name, func(t *testing.T) {
				t.Parallel()
				f(begin(t, needs), t, k, at)
			})
		}
	}
}

// TestLibzmqThroughProxy has libzmq's sockets on both sides of socket.Proxy.
func TestLibzmqThroughProxy(t *testing.T) {
	overRelays(t, libzmq, func(ctx context.Context, t *testing.T, k relayKind, at *place) {
		front, back, _ := weirSides(ctx, t, k, at)
		ctx, stop := context.WithCancel(ctx)
		var proxy errgroup.Group
		proxy.Go(func() error { return socket.Proxy(ctx, front, back, nil) })
		libzmqPasses(ctx, t, k, front.LastEndpoint(), back.LastEndpoint())
		stop()
		require.ErrorIs(t, proxy.Wait(), context.Canceled)
	})
}

// TestLibzmqThroughProxyCommand has libzmq's sockets on both sides of `weir proxy`, which ends well at an interrupt.
func TestLibzmqThroughProxyCommand(t *testing.T) {
	_, err := buildGuide()
	require.NoError(t, err)
	overRelays(t, libzmq, func(ctx context.Context, t *testing.T, k relayKind, at *place) {
		bin, err := buildGuide()
		require.NoError(t, err)
		command := []string{filepath.Join(bin, "weir"), "proxy", "--frontend", k.frontend + ":" + at.fresh(), "--backend", k.backend + ":" + at.fresh()}
		a, ends := startRelay(ctx, t, command, 2)
		libzmqPasses(ctx, t, k, ends[0], ends[1])
		require.NoError(t, a.cmd.Process.Signal(interruptSignal))
		a.waits(ctx)
	})
}

// TestWeirThroughLibzmqProxy has Weir's sockets on both sides of zmq_proxy.
func TestWeirThroughLibzmqProxy(t *testing.T) {
	overRelays(t, pyzmq, func(ctx context.Context, t *testing.T, k relayKind, at *place) {
		_, ends := startRelay(ctx, t, zmqProxy(k.frontend, at.fresh(), k.backend, at.fresh()), 2)
		weirPasses(ctx, t, k, ends[0], ends[1])
	})
}

// TestRawThroughProxy has libzmq's ROUTER serve clients that speak no ZMTP, through a proxy of a raw socket and a DEALER.
func TestRawThroughProxy(t *testing.T) {
	for front, opt := range map[string]socket.Option{"stream": socket.StreamNotify(false), "router": socket.RouterRaw(true)} {
		t.Run(front, func(t *testing.T) {
			t.Parallel()
			ctx := begin(t, libzmq)
			rt, _ := newRuntime(t)
			clients := bindNew(ctx, t, rt, front, freshAddress(), opt)
			workers := bindNew(ctx, t, rt, "dealer", freshAddress())
			p, err := socket.StartProxy(clients, workers)
			require.NoError(t, err)
			worker := startPeer(ctx, t, libzmq, "ROUTER")
			worker.do(ctx, "connect", workers.LastEndpoint())
			for range 3 {
				conn, err := net.Dial("tcp", strings.TrimPrefix(clients.LastEndpoint(), "tcp://"))
				require.NoError(t, err)
				_, err = io.WriteString(conn, "ask")
				require.NoError(t, err)
				frames := strings.Fields(worker.do(ctx, "recv", waitMS)) // broker, connection, bytes; none where a ROUTER tells of the connection itself
				for len(frames) == 3 && frames[2] == plain("") {
					frames = strings.Fields(worker.do(ctx, "recv", waitMS))
				}
				require.Len(t, frames, 3)
				require.Equal(t, plain("ask"), frames[2])
				worker.do(ctx, "send", waitMS, frames[0], frames[1], plain("answer"))
				got := make([]byte, len("answer"))
				_, err = io.ReadFull(conn, got)
				require.NoError(t, err)
				require.Equal(t, "answer", string(got))
				require.NoError(t, conn.Close())
			}
			require.NoError(t, p.Terminate(ctx))
		})
	}
}

// TestCaptured compares what libzmq's proxy and Weir's show to whoever listens in: a request with its envelope, and its reply.
func TestCaptured(t *testing.T) {
	ctx := begin(t, pyzmq)
	rt, _ := newRuntime(t)
	_, ends := startRelay(ctx, t, zmqProxy("router", freshAddress(), "dealer", freshAddress(), "push", freshAddress()), 3)
	theirs := overheard(ctx, t, rt, ends)
	require.Equal(t, []string{"x00 - " + plain("Hello"), "x00 - " + plain("World")}, theirs)

	k := relayKinds[0]
	front, back, rt := weirSides(ctx, t, k, places[0])
	tap := bindNew(ctx, t, rt, "push", freshAddress())
	p, err := socket.StartProxy(front, back, socket.ProxyCapture(tap.(socket.Sender)))
	require.NoError(t, err)
	require.Equal(t, theirs, overheard(ctx, t, rt, []string{front.LastEndpoint(), back.LastEndpoint(), tap.LastEndpoint()}))
	require.NoError(t, p.Terminate(ctx))
}

// overheard sends a request and its reply through a broker, and returns what is heard at its third endpoint, in the peers' words: routing ids, which are
// random, as x00.
func overheard(ctx context.Context, t *testing.T, rt *socket.Runtime, ends []string) []string {
	t.Helper()
	ear := connectNew(ctx, t, rt, "pull", ends[2]).(*socket.Pull)
	req, rep := connectNew(ctx, t, rt, "req", ends[0]).(*socket.Req), connectNew(ctx, t, rt, "rep", ends[1]).(*socket.Rep)
	require.NoError(t, req.Send(ctx, socket.NewMessage("Hello")))
	_, err := rep.Recv(ctx)
	require.NoError(t, err)
	require.NoError(t, rep.Send(ctx, socket.NewMessage("World")))
	_, err = req.Recv(ctx)
	require.NoError(t, err)
	var heard []string
	for range 2 {
		m, err := ear.Recv(ctx)
		require.NoError(t, err)
		heard = append(heard, regexp.MustCompile(`^x00[0-9a-f]{8}`).ReplaceAllString(words(m), "x00"))
	}
	return heard
}

// TestSteering steers libzmq's proxy from Weir, and Weir's from libzmq, by the same words: both count the same. Over a REP Weir answers each
// word; libzmq 4.3.4 answers STATISTICS alone, and is steered through a PAIR.
func TestSteering(t *testing.T) {
	t.Run("libzmq's", func(t *testing.T) {
		ctx := begin(t, pyzmq)
		rt, _ := newRuntime(t)
		a, ends := startRelay(ctx, t, zmqProxy("pull", freshAddress(), "push", freshAddress(), "control", freshAddress()), 3)
		push, pull := connectNew(ctx, t, rt, "push", ends[0]).(*socket.Push), connectNew(ctx, t, rt, "pull", ends[1]).(*socket.Pull)
		control := connectNew(ctx, t, rt, "pair", ends[2]).(*socket.Pair)
		steer(t, steering{
			tell: func(word string) { require.NoError(t, control.Send(ctx, socket.NewMessage(word))) },
			hear: func() string {
				m, err := control.Recv(ctx)
				require.NoError(t, err)
				return words(m)
			},
			send: func() { require.NoError(t, push.Send(ctx, socket.NewMessage("two", "frames"))) },
			recv: func() {
				m, err := pull.Recv(ctx)
				require.NoError(t, err)
				require.Equal(t, "two|frames", m.String())
			},
		})
		a.waits(ctx) // TERMINATE
	})
	for typ, other := range map[string]string{"pair": "PAIR", "rep": "REQ"} {
		t.Run("Weir's, by a "+other, func(t *testing.T) { steerWeir(begin(t, libzmq), t, typ, other) })
	}
}

// steerWeir steers Weir's proxy, by a control socket of one type, from libzmq's of another.
func steerWeir(ctx context.Context, t *testing.T, typ, other string) {
	front, back, rt := weirSides(ctx, t, relayKinds[1], places[0])
	at := bindNew(ctx, t, rt, typ, freshAddress())
	p, err := socket.StartProxy(front, back, socket.ProxyControl(at))
	require.NoError(t, err)
	push, pull, control := startPeer(ctx, t, libzmq, "PUSH"), startPeer(ctx, t, libzmq, "PULL"), startPeer(ctx, t, libzmq, other)
	push.do(ctx, "connect", front.LastEndpoint())
	pull.do(ctx, "connect", back.LastEndpoint())
	control.do(ctx, "connect", at.LastEndpoint())
	steer(t, steering{
		tell:    func(word string) { control.do(ctx, "send", waitMS, plain(word)) },
		hear:    func() string { return control.do(ctx, "recv", waitMS) },
		answers: typ == "rep",
		send:    func() { push.do(ctx, "send", waitMS, plain("two"), plain("frames")) },
		recv:    func() { require.Equal(t, plain("two")+" "+plain("frames"), pull.do(ctx, "recv", waitMS)) },
	})
	require.NoError(t, p.Wait(ctx))
}

// A steering is how a case gives words to a proxy of PULL and PUSH, and messages of two frames and nine bytes.
type steering struct {
	tell       func(word string)
	hear       func() string // the next answer, in the peers' words
	answers    bool          // each word is answered, not STATISTICS alone
	send, recv func()
}

// steer gives a proxy each of libzmq's words. What it counts is messages, whatever they are made of.
func steer(t *testing.T, s steering) {
	t.Helper()
	say := func(word string) {
		s.tell(word)
		if s.answers {
			require.Equal(t, "-", s.hear(), word)
		}
	}
	passed := func(messages, size uint64) {
		say("PAUSE") // from then on nothing moves
		s.tell("STATISTICS")
		require.Equal(t, []uint64{messages, size, 0, 0, 0, 0, messages, size}, numbers(t, s.hear()))
	}
	for range 10 {
		s.send()
		s.recv()
	}
	passed(10, 90)
	s.send() // waits where it is
	passed(10, 90)
	say("RESUME")
	s.recv()
	passed(11, 99)
	say("TERMINATE")
}

// numbers reads frames of eight bytes in the machine's order, given in the peers' words.
func numbers(t *testing.T, reply string) (all []uint64) {
	t.Helper()
	for w := range strings.FieldsSeq(reply) {
		b, err := hex.DecodeString(strings.TrimPrefix(w, "x"))
		require.NoError(t, err)
		require.Len(t, b, 8)
		all = append(all, binary.NativeEndian.Uint64(b))
	}
	return all
}

// zmqProxy is the command that starts libzmq's proxy.
func zmqProxy(args ...string) []string {
	return append([]string{pyzmq.command[0], filepath.Join("peer", "proxy.py")}, args...)
}

// startRelay starts a proxy in a process of its own, and returns the endpoints that it has bound, so many.
func startRelay(ctx context.Context, t *testing.T, command []string, n int) (*actor, []string) {
	t.Helper()
	a := startActor(t, member{says: fmt.Sprintf(`(?s)(bound \S+\n.*){%d}`, n)}, command)
	a.plays(ctx)
	said, _ := a.read()
	var ends []string
	for _, found := range regexp.MustCompile(`bound (\S+)`).FindAllStringSubmatch(said, -1) {
		ends = append(ends, found[1])
	}
	return a, ends
}
