package codec_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// TestCutWhileMessagesFlow cuts busy traffic in both directions again and again, in real time. A net.Pipe tells exactly what was taken, so each
// message arrives once: none is lost with a connection, none is sent again that the peer had whole.
func TestCutWhileMessagesFlow(t *testing.T) {
	const total, each = 2000, 40
	f := &flow{
		line: new(codec.Line), ups: make(chan struct{}, 1), downs: make(chan codec.Loss, 1), got: make(chan int), done: make(chan struct{}),
		out: mailbox.New(mailbox.Config[wire.Message]{Mark: 50}),
	}
	sys := actortest.NewSystem(t)
	_, err := actor.Spawn(sys, "dialer", func() actor.Actor[struct{}] { return f }, actor.WithStrategy(atOnce{}))
	require.NoError(t, err)
	go func() {
		for i := range total {
			_ = f.out.Push(context.Background(), wire.MessageOf([]byte{byte(i >> 8), byte(i)}))
		}
	}()
	seen, sent := make([]int, total), uint64(0)
	for n := 1; n <= total; n++ {
		seen[<-f.got]++
		if n%each == 0 {
			<-f.ups
			f.line.Cut(errTest)
			loss := <-f.downs
			require.ErrorIs(t, loss.Reason, errTest)
			sent += loss.Sent
		}
	}
	for i, times := range seen {
		require.Equal(t, 1, times, "message %d", i)
	}
	<-f.ups
	f.line.Shut(nil)
	sent += (<-f.downs).Sent
	require.EqualValues(t, total, sent)
	require.Zero(t, f.out.Len())
	close(f.done)
}

// A flow is the world of a codec under real traffic: dialer, host, and peers in one. All methods may be called by any goroutine.
type flow struct {
	// Set before the start, then read-only.
	line  *codec.Line
	out   *mailbox.Queue[wire.Message]
	ups   chan struct{}   // a word for each Up
	downs chan codec.Loss // what Down told
	got   chan int        // the numbers of the messages that a peer had whole; no room
	done  chan struct{}   // closed at the end of the test
}

// Receive implements actor.Actor: a flow is the parent of its codec.
func (f *flow) Receive(ctx *actor.Context[struct{}]) error {
	if _, ok := ctx.Message().(actor.Started); !ok {
		return nil
	}
	cfg := codec.Config{
		Line: f.line, Host: f, MaxMsgSize: -1, Open: f.open, Handshake: wire.HandshakeConfig{SocketType: wire.TypePush},
	}
	_, err := actor.Spawn(ctx, "codec", func() actor.Actor[codec.Message] { return codec.New(cfg) })
	return err
}

// Up implements codec.Host.
func (f *flow) Up(self actor.Ref[codec.Message], _ codec.Peer) {
	_ = self.Tell(&codec.Attach{Out: f.out, In: &inlet{}})
	f.ups <- struct{}{}
}

// Down implements codec.Host.
func (f *flow) Down(loss codec.Loss) { f.downs <- loss }

// Flushed implements codec.Host.
func (f *flow) Flushed() {}

// open makes a connection to a peer of its own.
func (f *flow) open(context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go f.serve(theirs)
	return ours, nil
}

// serve plays a peer: it shakes hands, then reads one message after the other and sends each back.
func (f *flow) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }() // the codec has closed its end before
	buf := make([]byte, 256)
	if _, err := io.ReadFull(conn, buf[:10]); err != nil {
		return
	}
	if _, err := conn.Write(hello(1)); err != nil {
		return
	}
	if _, err := io.ReadFull(conn, buf[:54+len(ready(wire.TypePush))]); err != nil {
		return
	}
	for {
		m := buf[:4] // header, number
		if _, err := io.ReadFull(conn, m); err != nil {
			return
		}
		select {
		case f.got <- int(m[2])<<8 | int(m[3]):
		case <-f.done:
			return
		}
		if _, err := conn.Write(m); err != nil {
			return
		}
	}
}

// atOnce restarts at once what failed, but what found its line shut.
type atOnce struct{}

// Decide implements actor.Strategy.
func (atOnce) Decide(_ actor.History, reason error, _ time.Time) actor.Verdict {
	if errors.Is(reason, codec.ErrCut) {
		return actor.Verdict{Action: actor.Stop, Quiet: true}
	}
	return actor.Verdict{Quiet: true, InHand: actor.Redeliver}
}
