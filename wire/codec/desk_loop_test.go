package codec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/wire"
)

// A taker is an Inlet as a func.
type taker func(msgs []wire.Message) (int, error)

// Deliver implements Inlet.
func (f taker) Deliver(_ context.Context, msgs []wire.Message) (int, error) { return f(msgs) }

// readAll is a read loop on conn, from traffic's beginning to the end.
func readAll(ctx context.Context, conn net.Conn, raw bool, in Inlet) error {
	c := &codec{cfg: Config{MaxMsgSize: -1, Raw: raw}}
	r := &run{conn: conn, ctx: ctx, attach: make(chan Inlet, 1), version: wire.Version{Major: 3, Minor: 1}}
	r.attach <- in
	return c.readLoop(r)
}

// onlyDesk returns a desk that is the next one to be taken, and the only one.
func onlyDesk() *desk {
	remake := desks.New
	desks.New = nil
	for desks.Get() != nil {
		continue
	}
	desks.New = remake
	for len(spare) > 0 {
		<-spare
	}
	d := newDesk()
	d.leave()
	return d
}

// TestLoopLeavesDesk wants the desk back from a loop that has ended, however it ended, and on it nothing of what has come.
func TestLoopLeavesDesk(t *testing.T) {
	errTaker := errors.New("it takes nothing")
	for name, take := range map[string]taker{
		"end":   func(msgs []wire.Message) (int, error) { return len(msgs), nil },
		"error": func([]wire.Message) (int, error) { return 0, errTaker },
		"panic": func([]wire.Message) (int, error) { panic(errTaker) },
	} {
		for _, raw := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				ours, theirs := joined(t, "tcp", "127.0.0.1:0")
				_, err := theirs.Write(wire.AppendMessage(nil, wire.MessageOf([]byte("here"))))
				require.NoError(t, err)
				require.NoError(t, theirs.Close())
				d := onlyDesk()
				func() {
					defer func() { require.Equal(t, name == "panic", recover() != nil) }()
					require.Error(t, readAll(t.Context(), ours, raw, take))
				}()
				require.NotZero(t, cap(d.msgs), "the loop sat there")
				for _, m := range d.msgs[:cap(d.msgs)] {
					require.Zero(t, m)
				}
				require.Same(t, d, desks.Get())
			})
		}
	}
}

// chopped is one connection of TestLoopsShareDesks: a stream, the part of it that is sent, and what of it must come.
type chopped struct {
	rnd    *rand.Rand
	stream []byte
	bodies [][]byte
	err    error // of the loop
}

// newChopped draws messages small, middling and large; every other stream ends anywhere.
func newChopped(seed uint64) *chopped {
	c := &chopped{rnd: rand.New(rand.NewPCG(seed, 0)), err: io.EOF}
	noise := make([]byte, 200_000)
	for i := range noise {
		noise[i] = byte(i*int(seed+3) + i>>8)
	}
	ends := []int{0}
	for range 40 {
		size := []int{0, 3, 200, 3000, 20_000, 70_000, 150_000}[c.rnd.IntN(7)]
		at := c.rnd.IntN(1000)
		c.bodies = append(c.bodies, noise[at:at+size])
		c.stream = wire.AppendMessage(c.stream, wire.MessageOf(noise[at:at+size]))
		ends = append(ends, len(c.stream))
	}
	if seed%2 == 0 {
		whole := c.rnd.IntN(len(c.bodies))
		c.stream = c.stream[:ends[whole]+1] // a frame is longer
		c.bodies, c.err = c.bodies[:whole], io.ErrUnexpectedEOF
	}
	return c
}

// send writes the stream in pieces.
func (c *chopped) send(conn net.Conn) error {
	for p := c.stream; len(p) > 0; {
		n := min(len(p), 1+c.rnd.IntN([]int{3, 100, 5000, 100_000}[c.rnd.IntN(4)]))
		if _, err := conn.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return conn.Close()
}

// receive reads it, and says what is wrong with what came.
func (c *chopped) receive(ctx context.Context, conn net.Conn) error {
	var got [][]byte
	err := readAll(ctx, conn, false, taker(func(msgs []wire.Message) (int, error) {
		runtime.Gosched() // others sit down meanwhile
		for _, m := range msgs {
			got = append(got, m.Bytes())
		}
		return len(msgs), nil
	}))
	switch {
	case !errors.Is(err, c.err):
		return err
	case len(got) != len(c.bodies):
		return errors.New("messages are missing, or too many")
	}
	for i := range got {
		if !bytes.Equal(got[i], c.bodies[i]) {
			return errors.New("a message has changed")
		}
	}
	return nil
}

// TestLoopsShareDesks reads many connections at once, whose peers write in pieces of any length and leave anywhere. Each wants what its own peer sent.
func TestLoopsShareDesks(t *testing.T) {
	const conns = 12
	failed := make(chan error, 2*conns)
	for i := range conns {
		ours, theirs := joined(t, "tcp", "127.0.0.1:0")
		go func() {
			c := newChopped(uint64(i))
			go func() { failed <- c.send(theirs) }()
			failed <- c.receive(t.Context(), ours)
		}()
	}
	for range 2 * conns {
		require.NoError(t, <-failed)
	}
}
