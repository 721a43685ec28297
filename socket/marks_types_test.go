package socket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// The marks of every type, in figures: each is what libzmq 4.3.4 gives in the same place, where that can be seen.

// A speaker is a type that sends, and how to have it send as often as one likes.
type speaker struct {
	typ, peer string
	opts      []socket.Option
	id        string // the routing id of its peer, where messages begin with one
	early     bool   // it queues for a connected endpoint before anybody is there
	drops     bool   // it drops at the mark; else it waits
	asked     bool   // each message answers one of its peer's
}

// speakers are all types that have a send mark.
var speakers = []speaker{
	{typ: "PUSH", peer: "PULL", early: true},
	{typ: "DEALER", peer: "DEALER", early: true},
	{typ: "DEALER", peer: "ROUTER", early: true},
	{typ: "DEALER", peer: "REP", early: true},
	{typ: "PAIR", peer: "PAIR", early: true},
	{typ: "REQ", peer: "ROUTER", early: true, opts: []socket.Option{socket.ReqRelaxed(true)}},
	{typ: "REQ", peer: "REP", early: true, opts: []socket.Option{socket.ReqRelaxed(true)}},
	{typ: "ROUTER", peer: "DEALER", id: "peer", early: true, drops: true},
	{typ: "ROUTER", peer: "ROUTER", id: "peer", early: true, opts: []socket.Option{socket.RouterMandatory(true)}},
	{typ: "STREAM", id: "peer", early: true},
	{typ: "REP", peer: "DEALER", drops: true, asked: true},
	{typ: "PUB", peer: "SUB", drops: true},
	{typ: "PUB", peer: "XSUB", drops: true},
	{typ: "XPUB", peer: "SUB", drops: true},
	{typ: "XPUB", peer: "XSUB", drops: true},
	{typ: "XSUB", peer: "XPUB", drops: true},
}

// String names a speaker.
func (p speaker) String() string { return fmt.Sprintf("%s-%s", p.typ, p.peer) }

// open makes the speaker's socket.
func (p speaker) open(t *testing.T, rt *socket.Runtime, opts ...socket.Option) *socket.Any {
	t.Helper()
	s, err := socket.Open(rt, p.typ, slices.Concat(p.opts, opts)...)
	require.NoError(t, err)
	return s
}

// tries are more than any mark of these tests.
const tries = 20

// fill has s send more messages than it takes, and returns how many its queues hold then. ask has its peer ask for one.
func (p speaker) fill(t *testing.T, s *socket.Any, ask func()) int {
	t.Helper()
	lost := dropped(s.Stats().Out)
	for i := range tries {
		if p.asked {
			ask()
			_, err := s.Recv(within(t))
			require.NoError(t, err)
		}
		m := number(i)
		if p.id != "" {
			m = m.Prepend([]byte(p.id))
		}
		err := s.TrySend(m)
		if !p.drops && err != nil {
			require.ErrorIs(t, err, socket.ErrWouldBlock)
			require.NotErrorIs(t, err, socket.ErrNoPeers)
			break
		}
		require.NoError(t, err)
	}
	out := s.Stats().Out
	balanced(t, out)
	if p.drops && dropped(out) > lost {
		require.Equal(t, dropped(out), out.Dropped[mailbox.ReasonFull], "the reason")
	}
	return int(out.Queued)
}

// TestMarksOfSpeakersEarly fills connected endpoints of each type before anybody is there: SNDHWM messages and not one more, no limit where it is 0,
// and a change of the mark holds at once. Publishers have nobody to queue for then, nor has a REP.
func TestMarksOfSpeakersEarly(t *testing.T) {
	for _, p := range speakers {
		for scheme, fresh := range map[string]func(testing.TB) string{"tcp": nobody, "ipc": nowhere, "inproc": inprocName} {
			if p.typ == "STREAM" && scheme != "tcp" || !p.early {
				continue
			}
			t.Run(p.String()+"/"+scheme, func(t *testing.T) {
				ctx := within(t)
				rt := newRuntime(t)
				for _, mark := range []int{1, 2, 3, 0} {
					s := p.open(t, rt, socket.SendHWM(mark))
					var opts []socket.EndpointOption
					if p.id != "" {
						opts = append(opts, socket.ConnectRoutingID(p.id))
					}
					_, err := s.Connect(ctx, fresh(t), opts...)
					require.NoError(t, err)
					want := mark
					if mark == 0 {
						want = tries
					}
					require.Equal(t, want, p.fill(t, s, nil))
					for _, next := range []int{want + 4, want + 1, want + 5} {
						require.NoError(t, s.Set(ctx, socket.SendHWM(next)))
						want = max(want, next)
						require.Equal(t, want, p.fill(t, s, nil), "a mark of %d", next)
					}
				}
			})
		}
	}
}

// TestMarksCountMessages wants a message of many frames to count as one.
func TestMarksCountMessages(t *testing.T) {
	rt := newRuntime(t)
	push, pull := newPush(t, rt, socket.SendHWM(2)), newPull(t, rt, socket.RecvHWM(1))
	ep := inprocName(t)
	connect(t, push, ep)
	m := socket.NewMessage("one", "", "three", "four")
	require.NoError(t, push.TrySend(m))
	require.NoError(t, push.TrySend(m))
	require.ErrorIs(t, push.TrySend(m), socket.ErrWouldBlock)
	bind(t, pull, ep)
	require.NoError(t, push.WaitPeers(within(t), 1))
	require.NoError(t, push.TrySend(m))
	require.ErrorIs(t, push.TrySend(m), socket.ErrWouldBlock)
	require.EqualValues(t, 3, push.Stats().Out.Queued)
}

// TestMarksOfThoseWithoutPeers sends where the type has nobody to queue for.
func TestMarksOfThoseWithoutPeers(t *testing.T) {
	for _, p := range speakers {
		if p.early || p.asked {
			continue
		}
		t.Run(p.String(), func(t *testing.T) {
			s := p.open(t, newRuntime(t), socket.SendHWM(3))
			connect(t, s, nobody(t))
			require.Zero(t, p.fill(t, s, nil))
		})
	}
}

// TestMarksOverInproc fills what lies between two sockets, for each type that sends: both marks together, no limit where either is 0, whoever binds and
// whoever comes first; and a change holds at once. What an XPUB hears over inproc has no bound.
func TestMarksOverInproc(t *testing.T) {
	for _, p := range speakers {
		if p.typ == "STREAM" {
			continue
		}
		t.Run(p.String(), func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			for _, c := range []struct{ send, recv, want int }{{3, 4, 7}, {1, 1, 2}, {0, 4, tries}, {3, 0, tries}} {
				for _, order := range []string{"the peer binds", "it connects first", "it binds"} {
					s, peer := p.open(t, rt, socket.SendHWM(c.send), socket.RecvHWM(tries)), p.openPeer(t, rt, socket.RecvHWM(c.recv))
					ep := inprocName(t)
					switch order {
					case "the peer binds":
						bind(t, peer, ep)
						connect(t, s, ep)
					case "it connects first":
						connect(t, s, ep)
						bind(t, peer, ep)
					default:
						bind(t, s, ep)
						connect(t, peer, ep)
					}
					require.NoError(t, s.WaitPeers(ctx, 1))
					require.NoError(t, peer.WaitPeers(ctx, 1))
					if p.typ == "PUB" || p.typ == "XPUB" {
						require.NoError(t, s.WaitSubscribers(ctx, 1))
					}
					ask := func() { require.NoError(t, peer.TrySend(socket.NewMessage("", "please"))) }
					if p.peer == "XPUB" {
						require.Zero(t, p.fill(t, s, ask), "all of it is heard")
						continue
					}
					require.Equal(t, c.want, p.fill(t, s, ask), "%+v, %s", c, order)
					if c.send > 0 && c.recv > 0 {
						require.NoError(t, s.Set(ctx, socket.SendHWM(c.send+2)))
						require.Equal(t, c.want+2, p.fill(t, s, ask))
						require.NoError(t, peer.Set(ctx, socket.RecvHWM(c.recv+3)))
						require.Equal(t, c.want+5, p.fill(t, s, ask))
					}
					require.NoError(t, s.Close(ctx))
					require.NoError(t, peer.Close(ctx))
				}
			}
		})
	}
}

// openPeer makes the socket at the other end of inproc.
func (p speaker) openPeer(t *testing.T, rt *socket.Runtime, opts ...socket.Option) *socket.Any {
	t.Helper()
	if p.id != "" {
		opts = append(opts, socket.RoutingID(p.id))
	}
	peer, err := socket.Open(rt, p.peer, append(opts, socket.SendHWM(tries))...)
	require.NoError(t, err)
	if strings.HasSuffix(p.peer, "SUB") {
		require.NoError(t, peer.Subscribe(""))
	}
	return peer
}
