package socket

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// A streamBench is a streaming without a socket, and what it has asked for.
type streamBench struct {
	*streaming
	lost   int     // messages whose connection is not there
	hungUp []*pipe // told to end
}

// newStreamBench makes one.
func newStreamBench(mandatory bool, next uint32) *streamBench {
	b := &streamBench{streaming: &streaming{}}
	b.names = newNames(next, func() { b.lost++ })
	b.mandatory = mandatory
	b.hangUp = func(p *pipe) { b.hungUp = append(b.hungUp, p) }
	return b
}

// join attaches a connection with room for one message; id is that of ConnectRoutingID.
func (b *streamBench) join(id string) *pipe {
	p := &pipe{endpoint: &Endpoint{peer: id}, out: mailbox.New(mailbox.Config[Message]{Mark: 1})}
	b.attach(p)
	return p
}

// TestStreamingNames wants each connection to have an id of its own: the one asked for, or five bytes. The last one made up is remembered.
func TestStreamingNames(t *testing.T) {
	b := newStreamBench(true, 0xffffffff)
	require.Empty(t, b.last)
	require.Equal(t, "mine", b.join("mine").routingID)
	require.Empty(t, b.last, "that one was not made up")
	first := b.join("")
	require.Equal(t, "\x00\xff\xff\xff\xff", first.routingID)
	require.Equal(t, "\x00\x00\x00\x00\x00", b.join("").routingID)
	require.Equal(t, "\x00\x00\x00\x00\x01", b.join("mine").routingID, "taken")
	require.Equal(t, "\x00\x00\x00\x00\x01", b.last)
	b.detach(first)
	require.False(t, b.named(first.routingID))
	m, ok := b.accept(first, NewMessage("left behind"))
	require.True(t, ok)
	require.Equal(t, first.routingID, string(m.Frame(0)), "it keeps its name to the last")
	b.detach(first)
	require.Len(t, b.byID, 3)
}

// TestStreamingRoute wants data to go to the connection that its id names, and nowhere else.
func TestStreamingRoute(t *testing.T) {
	for _, c := range []struct {
		name      string
		frames    []string
		mandatory bool
		err       error
		lost      int
		to        string
		full      uint64 // drops counted for the full connection
		ends      string // who is hung up on
	}{
		{name: "known", frames: []string{"free", "x"}, mandatory: true, to: "free"},
		{name: "known, lenient", frames: []string{"free", "x"}, to: "free"},
		{name: "unknown", frames: []string{"nobody", "x"}, mandatory: true, err: ErrUnroutable},
		{name: "unknown, lenient", frames: []string{"nobody", "x"}, lost: 1},
		{name: "empty to unknown", frames: []string{"nobody", ""}, mandatory: true, err: ErrUnroutable},
		{name: "id alone", frames: []string{"free"}, mandatory: true, lost: 1},
		{name: "three frames", frames: []string{"free", "x", "y"}, mandatory: true, err: ErrBadMessage},
		{name: "three frames, lenient", frames: []string{"free", "x", "y"}, err: ErrBadMessage},
		{name: "full", frames: []string{"full", "x"}, mandatory: true, err: ErrWouldBlock},
		{name: "full, lenient", frames: []string{"full", "x"}, full: 1},
		{name: "closing", frames: []string{"closing", "x"}, mandatory: true, err: ErrUnroutable},
		{name: "closing, lenient", frames: []string{"closing", "x"}, lost: 1},
		{name: "empty", frames: []string{"free", ""}, mandatory: true, ends: "free"},
		{name: "empty, lenient", frames: []string{"free", ""}, ends: "free"},
		{name: "empty to full", frames: []string{"full", ""}, mandatory: true, ends: "full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newStreamBench(c.mandatory, 1)
			b.join("free")
			full, closing := b.join("full"), b.join("closing")
			require.NoError(t, full.out.TryPush(Message{}))
			closing.out.Close(nil)
			there := map[string]*pipe{"free": b.byID["free"], "full": full}
			dst, m, err := b.route(nil, NewMessage(c.frames...))
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.lost, b.lost)
			require.Equal(t, c.full, full.out.Ledger().Dropped[mailbox.ReasonFull])
			if c.ends != "" {
				require.Equal(t, []*pipe{there[c.ends]}, b.hungUp)
				require.False(t, b.named(c.ends), "at once")
			} else {
				require.Empty(t, b.hungUp)
			}
			if c.to == "" {
				require.Empty(t, dst)
				return
			}
			require.Equal(t, []*pipe{there[c.to]}, dst)
			require.Equal(t, NewMessage("x"), m)
		})
	}
}

// TestStreamEventOf wants a message to be read for what it is.
func TestStreamEventOf(t *testing.T) {
	p := &pipe{routingID: "id"}
	of := func(m Message) StreamEvent {
		m, _ = (&streaming{}).accept(p, m)
		return StreamEventOf(m)
	}
	require.Equal(t, StreamEvent{Kind: StreamUp, ID: "id"}, of(upNotice))
	require.Equal(t, StreamEvent{Kind: StreamDown, ID: "id"}, of(downNotice))
	require.Equal(t, StreamEvent{Kind: StreamData, ID: "id", Data: []byte("x")}, of(NewMessage("x")))
	require.Zero(t, StreamEventOf(NewMessage("x")))
	require.Zero(t, StreamEventOf(NewMessage("x", "y", "z")))
	require.Equal(t, "6964: up", of(upNotice).String())
	require.Equal(t, "6964: down", of(downNotice).String())
	require.Equal(t, "6964: 1 bytes", of(NewMessage("x")).String())
	require.Equal(t, "event 9", StreamEventKind(9).String())
}
