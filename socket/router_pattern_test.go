package socket

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// A routingBench is a routing without a socket, and what it has asked for.
type routingBench struct {
	*routing
	lost    int     // messages whose peer is not there
	readied []*pipe // put on the ready list
	evicted []*pipe // told to go
}

// newRoutingBench makes one.
func newRoutingBench(next uint32) *routingBench {
	b := &routingBench{routing: &routing{}}
	b.names = newNames(next, func() { b.lost++ })
	b.ready = func(p *pipe) { b.readied = append(b.readied, p) }
	b.evict = func(p *pipe) { b.evicted = append(b.evicted, p) }
	return b
}

// join attaches a peer that calls itself id, with room for one message.
func (b *routingBench) join(id string) *pipe {
	p := &pipe{endpoint: &Endpoint{}, out: mailbox.New(mailbox.Config[Message]{Mark: 1})}
	b.attach(p)
	p.attached = true
	p.peer.Store(&codec.Peer{Peer: wire.Peer{Identity: []byte(id)}})
	b.greet(p)
	return p
}

// leave detaches a peer.
func (b *routingBench) leave(p *pipe) {
	p.attached = false
	b.detach(p)
}

// TestRoutingNames wants a peer to have the name it gives itself, and one without to have five bytes that nobody else has.
func TestRoutingNames(t *testing.T) {
	b := newRoutingBench(0xfffffffe)
	taken := b.join("\x00\x00\x00\x00\x00")
	require.Equal(t, "a", b.join("a").routingID)
	require.Equal(t, "\x00\xff\xff\xff\xfe", b.join("").routingID)
	require.Equal(t, "\x00\xff\xff\xff\xff", b.join("").routingID)
	require.Equal(t, "\x00\x00\x00\x00\x01", b.join("").routingID, "the one before is taken")
	again := b.byID["a"]
	again.peer.Store(&codec.Peer{Peer: wire.Peer{Identity: []byte("b")}})
	b.part(again)
	b.greet(again)
	require.Equal(t, "a", again.routingID, "a peer that comes back on its pipe keeps its name")
	b.leave(taken)
	require.Len(t, b.byID, 4)
}

// TestRoutingRoute wants a message to go to the peer that its first frame names, and nowhere else.
func TestRoutingRoute(t *testing.T) {
	for _, c := range []struct {
		name      string
		frames    []string
		mandatory bool
		err       error
		lost      int
		to        string
		full      uint64 // drops counted for the full peer
	}{
		{name: "known", frames: []string{"free", "x", ""}, to: "free"},
		{name: "known, mandatory", frames: []string{"free", "x", ""}, mandatory: true, to: "free"},
		{name: "unknown", frames: []string{"nobody", "x"}, lost: 1},
		{name: "unknown, mandatory", frames: []string{"nobody", "x"}, mandatory: true, err: ErrUnroutable},
		{name: "empty id", frames: []string{"", "x"}, mandatory: true, err: ErrUnroutable},
		{name: "nothing behind the id", frames: []string{"free"}, lost: 1},
		{name: "nothing behind the id, mandatory", frames: []string{"free"}, mandatory: true, lost: 1},
		{name: "full", frames: []string{"full", "x"}, full: 1},
		{name: "full, mandatory", frames: []string{"full", "x"}, mandatory: true, err: ErrWouldBlock},
		{name: "closing", frames: []string{"closing", "x"}, lost: 1},
		{name: "closing, mandatory", frames: []string{"closing", "x"}, mandatory: true, err: ErrUnroutable},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newRoutingBench(1)
			b.mandatory = c.mandatory
			b.join("free")
			full, closing := b.join("full"), b.join("closing")
			require.NoError(t, full.out.TryPush(Message{}))
			closing.out.Close(nil)
			dst, m, err := b.route(nil, NewMessage(c.frames...))
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.lost, b.lost)
			require.Equal(t, c.full, full.out.Ledger().Dropped[mailbox.ReasonFull])
			if c.to == "" {
				require.Empty(t, dst)
				return
			}
			require.Equal(t, []*pipe{b.byID[c.to]}, dst)
			require.Equal(t, NewMessage(c.frames[1:]...), m)
		})
	}
}

// TestRoutingWaits has three peers want one name: they have it one after the other, and until then are left alone.
func TestRoutingWaits(t *testing.T) {
	b := newRoutingBench(1)
	first, second, third, other := b.join("x"), b.join("x"), b.join("x"), b.join("y")
	require.False(t, b.hold(first))
	require.True(t, b.hold(second))
	require.Same(t, first, b.byID["x"])
	b.leave(other)
	require.Empty(t, b.readied)
	b.leave(first)
	require.Same(t, second, b.byID["x"])
	require.Equal(t, []*pipe{second}, b.readied, "it was left alone with something to receive")
	m, ok := b.accept(first, NewMessage("left behind"))
	require.True(t, ok)
	require.Equal(t, "x|left behind", m.String())
	require.True(t, b.hold(third))
	b.leave(third)
	require.Equal(t, []*pipe{second, third}, b.readied, "so that what it has sent is dropped")
	require.False(t, b.hold(third))
	_, ok = b.accept(third, NewMessage("nobody's"))
	require.False(t, ok)
	b.leave(second)
	require.Empty(t, b.byID)
	require.Empty(t, b.waiting)
	require.Empty(t, b.evicted)
}

// TestRoutingHandover has a second peer take a name over.
func TestRoutingHandover(t *testing.T) {
	b := newRoutingBench(1)
	b.handover = true
	first, second := b.join("x"), b.join("x")
	require.Equal(t, []*pipe{first}, b.evicted)
	require.Same(t, second, b.byID["x"])
	b.leave(first)
	require.Same(t, second, b.byID["x"], "the name is not the first one's to take away")
	require.False(t, b.hold(second))
}
