package codec_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/wire"
)

// A placer is the codec's end of a connection. It notes where it is asked to read to.
type placer struct {
	net.Conn

	mu     sync.Mutex
	places map[*byte]bool // guarded by mu: the beginnings of the slices given to Read
}

// Read notes p and passes it on.
func (c *placer) Read(p []byte) (int, error) {
	c.mu.Lock()
	c.places[&p[0]] = true
	c.mu.Unlock()
	return c.Conn.Read(p)
}

// placing makes the rig's connections placers, and keeps what is delivered: written by the loop, to be read when it waits.
func (r *rig) placing() (end *placer, kept *[]wire.Message) {
	end, kept = &placer{places: map[*byte]bool{}}, new([]wire.Message)
	r.cfg.Open = func(ctx context.Context) (net.Conn, error) {
		conn, err := r.pipe(ctx)
		end.Conn = conn
		return end, err
	}
	r.in.hook = func(msgs []wire.Message) error {
		*kept = append(*kept, msgs...)
		return nil
	}
	return end, kept
}

// TestInLargeIsNotCopied looks at where large bodies are read to: that is where they lie when they are delivered, once several have followed one another.
// Which ones are large is what SmallBody says; where it is set, the very first is one of them.
func TestInLargeIsNotCopied(t *testing.T) {
	for set, largest := range map[int]int{0: 64 << 10, -1: 0, 1: 1, 100: 100, 255: 255, 5000: 5000} {
		for _, before := range [][]byte{nil, []byte("topic")} {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				r.cfg.SmallBody = set
				end, kept := r.placing()
				p := r.connected()
				for _, size := range []int{largest, largest + 1, largest + 1, largest + 1} {
					m := wire.MessageOf(body(size))
					if before != nil {
						m = m.Prepend(before)
					}
					p.sends(encoded(m))
					settle()
				}
				require.Len(t, *kept, 4)
				for i, m := range *kept {
					last := m.Frame(m.Len() - 1)
					require.Equal(t, body(len(last)), last)
					if set == 0 && (i == 1 || i == 2) || len(last) == 0 {
						continue // of the first large ones a part may have come with what was before
					}
					require.Equal(t, i > 0, end.places[&last[0]], "set to %d, %d bytes", set, len(last))
				}
			})
		}
	}
}

// TestInFirstIsNotCopied has a large body follow at once upon the handshake: where SmallBody is set, nothing of it comes with that, however it ends.
func TestInFirstIsNotCopied(t *testing.T) {
	large := body(5001)
	t.Run("in one write", func(t *testing.T) {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			r.cfg.SmallBody = 5000
			end, kept := r.placing()
			r.dialed().shakesWith(append(hello(1), encoded(wire.MessageOf(large))...))
			settle()
			require.Len(t, *kept, 1)
			require.Equal(t, large, (*kept)[0].Bytes())
			require.True(t, end.places[&(*kept)[0].Bytes()[0]])
		})
	})
	t.Run("in a read that began before the answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, d := asking(t)
			r.cfg.SmallBody = 5000
			end, kept := r.placing()
			p := r.greeted()
			p.sends(ready(wire.TypePull))
			settle()
			d.answers[0](letIn, nil)
			p.frame()
			settle()
			p.sends(encoded(wire.MessageOf(large)))
			settle()
			require.Len(t, *kept, 1)
			require.Equal(t, large, (*kept)[0].Bytes())
			require.True(t, end.places[&(*kept)[0].Bytes()[0]])
		})
	})
}

// TestInTakesItsPlaceAtOnce sends a body larger than is believed without a limit, in many writes: with a limit and SmallBody it lies where it began.
func TestInTakesItsPlaceAtOnce(t *testing.T) {
	for _, limit := range []int64{-1, 1 << 20} {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			r.cfg.SmallBody, r.cfg.MaxMsgSize = 5000, limit
			end, kept := r.placing()
			p := r.connected()
			frame := encoded(wire.MessageOf(body(1 << 20)))
			require.NoError(t, p.streams(frame, 100_000)())
			settle()
			require.Len(t, *kept, 1)
			end.mu.Lock()
			defer end.mu.Unlock()
			require.Equal(t, limit > 0, end.places[&(*kept)[0].Bytes()[0]])
		})
	}
}
