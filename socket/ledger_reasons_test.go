package socket_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/transport/pgm"
	"github.com/weirmq/weir/wire/codec"
)

// seedEnv repeats the random tests of ledgers with the seed that one of them has logged.
const seedEnv = "WEIR_SEED"

// seeded is a source of chance, and logs its seed.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv(seedEnv); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("%s=%d", seedEnv, seed)
	return rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // chance, no secret
}

// A loss is a way for messages to be dropped, with the test's own books of both sides. Owned by the test's goroutine.
type loss struct {
	*testing.T
	rnd *rand.Rand
	rt  *socket.Runtime

	sent, received uint64 // what the senders' side had accepted, and what came out at the other
	book           socket.Ledger
}

// some is a random number of messages.
func (l *loss) some() int { return 1 + l.rnd.IntN(50) }

// send has a socket accept n messages.
func (l *loss) send(s socket.Sender, n int) {
	l.Helper()
	for i := range n {
		require.NoError(l, s.TrySend(number(i)))
		l.sent++
	}
}

// recv receives n messages.
func (l *loss) recv(s socket.Receiver, n int) {
	l.Helper()
	ctx := within(l)
	for range n {
		_, err := s.Recv(ctx)
		require.NoError(l, err)
		l.received++
	}
}

// recvAll receives what there is.
func (l *loss) recvAll(s socket.Receiver) {
	for _, err := s.TryRecv(); err == nil; _, err = s.TryRecv() {
		l.received++
	}
}

// close closes a socket, which may leave messages behind.
func (l *loss) close(s anySocket) {
	l.Helper()
	err := s.Close(within(l))
	if _, left := errors.AsType[*socket.UnsentError](err); !left {
		require.NoError(l, err)
	}
}

// losses are the ways, by the reason that the ledger has for them. TestLedgerOfRandomTraffic goes through them all.
var losses = map[mailbox.Reason]func(l *loss){
	mailbox.ReasonFull: func(l *loss) { // a slow subscriber
		pub := newPub(l, l.rt, socket.SendHWM(l.some()))
		sub := newSub(l, l.rt, []string{""}, socket.RecvHWM(l.some()))
		join(l, inprocName(l), pub, sub)
		require.NoError(l, pub.WaitSubscribers(within(l), 1))
		l.send(pub, 101+l.some())
		l.recvAll(sub)
		l.book = pub.Stats().Out
	},
	mailbox.ReasonReplaced: func(l *loss) {
		push, pull := newPush(l, l.rt, socket.Conflate(true)), newPull(l, l.rt, socket.Conflate(true))
		join(l, inprocName(l), pull, push)
		l.send(push, 1+l.some())
		l.recvAll(pull)
		l.book = push.Stats().Out
	},
	mailbox.ReasonClosed: func(l *loss) { // a peer goes between the decision and the push
		pub, gone, stays := newPub(l, l.rt), newSub(l, l.rt, []string{""}), newSub(l, l.rt, []string{""})
		join(l, inprocName(l), pub, gone)
		join(l, inprocName(l), pub, stays)
		require.NoError(l, pub.WaitSubscribers(within(l), 2))
		n := l.some()
		socket.PushTooLate(pub, gone, n)
		l.sent = 2 * uint64(n)
		l.recv(stays, n)
		l.close(gone)
		l.book = pub.Stats().Out
	},
	codec.LostConnection: func(l *loss) { // a peer that connected goes, and does not take what is queued for it
		var taken atomic.Uint64                       // whole messages that the kernel took, by the test's own count
		push := newPush(l, l.rt, socket.SendHWM(400), // more than the kernel will ever take
			socket.WithTrace(socket.Trace{Sent: func(socket.Conn, socket.Message) { taken.Add(1) }}))
		ep := bind(l, push, "tcp://127.0.0.1:*").String()
		peer := dialRaw(l.T, ep, "PULL")
		require.NoError(l, push.WaitPeers(within(l), 1))
		for push.TrySend(socket.MessageOf(make([]byte, 1<<16))) == nil {
			l.sent++
		}
		for range l.rnd.IntN(10) {
			peer.octets(9 + 1<<16) // a header and a body
			l.received++
		}
		require.NoError(l, peer.conn.Close())
		gone(l.T, push)
		l.book = push.Stats().Out
		require.GreaterOrEqual(l, taken.Load(), l.received, "what the peer has got, the kernel had taken")
		l.received = taken.Load() // the rest was in the kernel
	},
	socket.ReasonLinger: func(l *loss) {
		push := newPush(l, l.rt, socket.Linger(0))
		connect(l, push, nobody(l))
		l.send(push, l.some())
		l.close(push)
		l.book = push.Stats().Out
	},
	socket.ReasonUnread: func(l *loss) {
		push, pull := newPush(l, l.rt), newPull(l, l.rt)
		join(l, []string{"tcp://127.0.0.1:*", "ipc://*", inprocName(l)}[l.rnd.IntN(3)], pull, push)
		n := l.some()
		l.send(push, n+1)
		l.close(push)
		gone(l.T, pull) // all that was sent is there
		l.recv(pull, l.rnd.IntN(n+1))
		l.close(pull)
		l.book = pull.Stats().In
	},
	socket.ReasonProtocol: func(l *loss) { // the one whom we connected to speaks something else
		listener, ep := listenRaw(l.T)
		push := newPush(l, l.rt)
		events := watch(l, push.Events(within(l)))
		connect(l, push, ep)
		l.send(push, l.some())
		conn, err := listener.Accept()
		require.NoError(l, err)
		defer func() { _ = conn.Close() }()
		_, err = conn.Write([]byte(strings.Repeat("x", 64)))
		require.NoError(l, err)
		events.until(socket.EventEnded)
		l.book = push.Stats().Out
	},
	socket.ReasonFiltered: func(l *loss) { // a publisher that does not filter
		listener, ep := listenRaw(l.T)
		sub := newSub(l, l.rt, []string{"1"})
		connect(l, sub, ep)
		peer := acceptRaw(l.T, listener, "PUB")
		wanted, unwanted := l.some(), l.some()
		for range unwanted {
			peer.write([]byte("\x00\x010"))
		}
		for range wanted {
			peer.write([]byte("\x00\x011"))
		}
		l.sent = uint64(wanted + unwanted)
		l.recv(sub, wanted)
		l.book = sub.Stats().In
	},
	socket.ReasonNoPeer: func(l *loss) {
		router := newRouter(l, l.rt)
		for range l.some() {
			require.NoError(l, router.TrySend(socket.NewMessage("nobody", "x")))
			l.sent++
		}
		l.book = router.Stats().Out
	},
	socket.ReasonPacketsLost: func(l *loss) { // each packet has one message
		ep := newGroup(l)
		sub := newSub(l, l.rt, []string{""}, fast...)
		events := watch(l, sub.Events(within(l)))
		connect(l, sub, ep)
		require.NoError(l, sub.WaitPeers(within(l), 1))
		c, tsi := newCraft(l, ep, true), source(uint16(l.rnd.IntN(1000)))
		spm := func(n, trail, lead pgm.Seq) {
			c.send(pgm.Packet{Type: pgm.SPM, TSI: tsi, Seq: n, Trail: trail, Lead: lead, Path: local}, c.addr.Send)
		}
		data := func(n pgm.Seq) {
			c.send(pgm.Packet{Type: pgm.ODATA, TSI: tsi, Seq: n, Data: []byte("\x00\x00\x02\x00a")}, c.addr.Send)
		}
		spm(0, 0, 0xffffffff)
		events.until(socket.EventJoined)
		lost := pgm.Seq(1 + l.rnd.IntN(5))
		data(0)
		data(1 + lost)
		l.sent = 2 + uint64(lost)
		spm(1, 1+lost, 1+lost)         // it repairs nothing
		events.until(socket.EventLost) // it is counted by then
		l.recv(sub, 2)
		l.book = sub.Stats().In
	},
}

// check drops messages in one way, in random numbers: what was accepted, by the test's own count, is what was received, by its own count, and what the
// ledger says was dropped, for the one reason.
func (l *loss) check(why mailbox.Reason) {
	l.Helper()
	drop := losses[why]
	require.NotNil(l, drop, "no way to drop for %s", why)
	drop(l)
	balanced(l, l.book)
	require.Zero(l, l.book.Queued)
	require.Equal(l, l.sent, l.book.Accepted)
	require.Equal(l, l.received, l.book.Delivered)
	require.Equal(l, only(why, l.sent-l.received), l.book.Dropped)
	require.Less(l, l.received, l.sent, "nothing was dropped")
}

// reasonsThereAre are the constants of type mailbox.Reason that sockets have, by name. Of actors, which have one of their own, this is not about.
func reasonsThereAre(t *testing.T) map[string]mailbox.Reason {
	t.Helper()
	found := map[string]mailbox.Reason{}
	for _, file := range []string{"errors.go", "../mailbox/policy.go", "../wire/codec/codec.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(file), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 || !isReason(v.Type) {
				return true
			}
			word, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			found[v.Names[0].Name] = mailbox.Reason(word)
			return true
		})
	}
	require.GreaterOrEqual(t, len(found), 10)
	return found
}

// isReason says whether an expression is the type of reasons.
func isReason(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "Reason"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Reason"
	default:
		return false
	}
}
