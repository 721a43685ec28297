package codec

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/wire"
)

// A crewed is an Inlet whose receiver would always rather read for itself.
type crewed struct {
	helm chan *Helm
	got  chan wire.Message
	deny func() bool // says no to an offer; nil takes all
}

// Deliver implements Inlet.
func (c *crewed) Deliver(ctx context.Context, msgs []wire.Message) (int, error) {
	for n, m := range msgs {
		select {
		case c.got <- m:
		case <-ctx.Done():
			return n, ctx.Err()
		}
	}
	return len(msgs), nil
}

// Lend implements Lender.
func (c *crewed) Lend(h *Helm) {
	if h != nil {
		c.helm <- h
	}
}

// Awaited implements Lender.
func (c *crewed) Awaited() bool { return true }

// Offer implements Lender.
func (c *crewed) Offer(m wire.Message) bool {
	if c.deny != nil && c.deny() {
		return false
	}
	c.got <- m
	return true
}

// A helmScene is a loop that reads from a connection, and the test as its receiver.
type helmScene struct {
	t      *testing.T
	in     *crewed
	h      *Helm
	ours   net.Conn
	theirs net.Conn
	cut    context.CancelFunc
	ended  chan error // how the loop did
	sent   int        // messages
	seen   int        // of those, received
}

// newHelmScene starts the loop.
func newHelmScene(t *testing.T) *helmScene {
	s := &helmScene{t: t, in: &crewed{helm: make(chan *Helm, 1), got: make(chan wire.Message, 100)}, ended: make(chan error, 1)}
	s.ours, s.theirs = joined(t, "tcp", "127.0.0.1:0")
	ctx, cut := context.WithCancel(t.Context())
	s.cut = cut
	go func() {
		s.ended <- actor.Guard(func() error { return readAll(ctx, s.ours, false, s.in) })
	}()
	s.h = <-s.in.helm
	return s
}

// numbered are the next n messages, as octets.
func (s *helmScene) numbered(n int) []byte {
	var b []byte
	for range n {
		b = wire.AppendMessage(b, wire.NewMessage(strconv.Itoa(s.sent)))
		s.sent++
	}
	return b
}

// write writes octets for the loop, or who reads in its place.
func (s *helmScene) write(b []byte) {
	s.t.Helper()
	_, err := s.theirs.Write(b)
	require.NoError(s.t, err)
}

// wants wants all that was sent to have come, in order.
func (s *helmScene) wants() {
	s.t.Helper()
	for ; s.seen < s.sent; s.seen++ {
		require.Equal(s.t, strconv.Itoa(s.seen), (<-s.in.got).String())
	}
}

// take becomes the one who reads: the loop lets go of the helm behind a lone message, and takes it back if nobody comes.
func (s *helmScene) take() {
	s.t.Helper()
	for !s.h.Take() {
		s.write(s.numbered(1))
		s.wants()
	}
}

// TestHelmLone wants a message that comes alone to be delivered by the time that its reader has left.
func TestHelmLone(t *testing.T) {
	s := newHelmScene(t)
	for range 10 {
		s.take()
		s.write(s.numbered(1))
		s.h.Read()
		s.h.Leave()
		require.NotEmpty(t, s.in.got)
		s.wants()
	}
	s.end(io.EOF)
}

// TestHelmUnread leaves without having read, as a receiver does that is woken meanwhile: the connection goes on.
func TestHelmUnread(t *testing.T) {
	s := newHelmScene(t)
	for range 10 {
		s.take()
		s.h.Leave()
		s.write(s.numbered(1))
		s.wants()
	}
	s.end(io.EOF)
}

// end closes the other end, and wants the loop to say so.
func (s *helmScene) end(err error) {
	s.t.Helper()
	require.NoError(s.t, s.theirs.Close())
	require.ErrorIs(s.t, <-s.ended, err)
	require.False(s.t, s.h.Take(), "there is nothing to read")
}

// TestHelmLeaves wants what does not come alone to be the loop's, in order: several messages, a part of one, one that is not taken.
func TestHelmLeaves(t *testing.T) {
	s := newHelmScene(t)
	for range 10 {
		s.take()
		s.write(s.numbered(3))
		s.h.Read()
		s.h.Leave()
		s.wants()

		s.take()
		b := s.numbered(2)
		s.write(b[:1])
		s.h.Read()
		s.write(b[1:])
		s.h.Leave()
		s.wants()
	}
	s.take()
	s.in.deny = func() bool { return true }
	s.write(s.numbered(1))
	s.h.Read()
	s.h.Leave()
	s.wants()
	s.end(io.EOF)
}

// TestHelmEnds wants the end of a connection that a receiver finds to be the loop's to tell: the peer's, a breach of protocol, a panic.
func TestHelmEnds(t *testing.T) {
	t.Run("peer", func(t *testing.T) {
		s := newHelmScene(t)
		s.take()
		require.NoError(t, s.theirs.Close())
		s.h.Read()
		s.h.Leave()
		require.ErrorIs(t, <-s.ended, io.EOF)
		require.False(t, s.h.Take())
	})
	t.Run("peer within a message", func(t *testing.T) {
		s := newHelmScene(t)
		s.take()
		s.write(s.numbered(1)[:1])
		s.h.Read()
		s.h.Leave()
		require.NoError(t, s.theirs.Close())
		require.ErrorIs(t, <-s.ended, io.ErrUnexpectedEOF)
	})
	t.Run("protocol", func(t *testing.T) {
		s := newHelmScene(t)
		s.take()
		s.write([]byte("\x02\xff\xff\xff\xff\xff\xff\xff\xff"))
		s.h.Read()
		s.h.Leave()
		var breach *wire.ProtocolError
		require.ErrorAs(t, <-s.ended, &breach)
	})
	t.Run("panic", func(t *testing.T) {
		s := newHelmScene(t)
		s.take()
		s.in.deny = func() bool { panic(errors.New("offered")) }
		s.write(s.numbered(1))
		s.h.Read()
		s.h.Leave()
		var panicked *actor.PanicError
		require.ErrorAs(t, <-s.ended, &panicked)
	})
	t.Run("line", func(t *testing.T) {
		s := newHelmScene(t)
		s.take()
		s.cut()
		require.NoError(t, s.ours.Close())
		require.Empty(t, s.ended, "somebody reads")
		s.h.Read()
		s.h.Leave()
		require.ErrorIs(t, <-s.ended, net.ErrClosed)
	})
	t.Run("line, nobody reads", func(t *testing.T) {
		s := newHelmScene(t)
		s.take()
		s.h.Leave()
		s.cut()
		require.NoError(t, s.ours.Close())
		require.ErrorIs(t, <-s.ended, net.ErrClosed)
	})
}

// TestHelmRouse wants a reader to be woken, whenever that is asked for, and what comes later to be read as ever.
func TestHelmRouse(t *testing.T) {
	s := newHelmScene(t)
	for n := range 20 {
		s.take()
		if n%2 == 0 {
			s.h.Rouse()
			s.h.Read()
		} else {
			done := make(chan struct{})
			go func() {
				s.h.Rouse()
				close(done)
			}()
			s.h.Read()
			<-done
		}
		s.h.Calm()
		s.h.Leave()
		s.write(s.numbered(1))
		s.wants()
	}
	s.end(io.EOF)
}

// TestHelmStream sends many messages, in pieces of any length, to a loop whose receiver reads whenever it may: all come, in order.
func TestHelmStream(t *testing.T) {
	s := newHelmScene(t)
	const n = 5000
	stream := s.numbered(n)
	var group errgroup.Group
	group.Go(func() error {
		for rnd := rand.New(rand.NewPCG(1, 2)); len(stream) > 0; {
			k := min(1+rnd.IntN(12), len(stream))
			if _, err := s.theirs.Write(stream[:k]); err != nil {
				return err
			}
			stream = stream[k:]
		}
		return s.theirs.Close()
	})
	quit := make(chan struct{})
	group.Go(func() error {
		for {
			select {
			case <-quit:
				return nil
			default:
			}
			if s.h.Take() {
				s.h.Read()
				s.h.Leave()
			}
		}
	})
	s.wants()
	close(quit)
	require.NoError(t, group.Wait())
	require.ErrorIs(t, <-s.ended, io.EOF)
}
