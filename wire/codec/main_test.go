package codec_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// TestMain fails the run if a goroutine is left.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// errTest is what the tests make things fail with.
var errTest = errors.New("made to fail")

// retryAfter is how long the tests' dialers wait before a restart, in fake time.
const retryAfter = time.Second

// A host records what a codec reports, and answers a finished handshake. Its methods may be called by any goroutine.
type host struct {
	// Set before the codec starts, then read-only.
	answer func(self actor.Ref[codec.Message], peer codec.Peer) // called by Up
	flush  func()                                               // called by Flushed, where not nil

	mu sync.Mutex

	// Guarded by mu.
	selves  []actor.Ref[codec.Message] // who called Up, oldest first
	peers   []codec.Peer               // what they told
	losses  []codec.Loss               // what Down told, oldest first
	flushed int                        // calls of Flushed
	story   []string                   // all calls, by name
}

// Up implements codec.Host.
func (h *host) Up(self actor.Ref[codec.Message], peer codec.Peer) {
	h.mu.Lock()
	h.selves, h.peers, h.story = append(h.selves, self), append(h.peers, peer), append(h.story, "up")
	h.mu.Unlock()
	h.answer(self, peer)
}

// Down implements codec.Host.
func (h *host) Down(loss codec.Loss) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.losses, h.story = append(h.losses, loss), append(h.story, "down")
}

// Flushed implements codec.Host.
func (h *host) Flushed() {
	h.mu.Lock()
	h.flushed++
	h.story = append(h.story, "flushed")
	h.mu.Unlock()
	if h.flush != nil {
		h.flush()
	}
}

// told returns all calls so far, by name, in one line.
func (h *host) told() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.story, " ")
}

// ended returns what Down told so far.
func (h *host) ended() []codec.Loss {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]codec.Loss(nil), h.losses...)
}

// An inlet records what a codec delivers. The zero value takes everything at once.
type inlet struct {
	// Set before the codec starts, then read-only.
	full bool                            // it takes nothing, and waits until ctx ends
	hook func(msgs []wire.Message) error // called first, where not nil: an error is Deliver's
	next *mailbox.Queue[wire.Message]    // takes the messages instead, under its mark, where not nil

	mu  sync.Mutex
	got []string // guarded by mu: the messages, as text words them
}

// Deliver implements codec.Inlet.
func (i *inlet) Deliver(ctx context.Context, msgs []wire.Message) (int, error) {
	if i.full {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	if i.hook != nil {
		if err := i.hook(msgs); err != nil {
			return 0, err
		}
	}
	if i.next != nil {
		return i.next.PushAll(ctx, msgs)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, m := range msgs {
		i.got = append(i.got, text(m))
	}
	return len(msgs), nil
}

// taken returns what was delivered since the last call, and forgets it.
func (i *inlet) taken() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	got := i.got
	i.got = nil
	return got
}

// text is a message in words: its frames, joined by bars.
func text(m wire.Message) string {
	frames := make([]string, 0, m.Len())
	for _, f := range m.All() {
		frames = append(frames, string(f))
	}
	return strings.Join(frames, "|")
}

// texts words many.
func texts(msgs []wire.Message) []string {
	words := make([]string, 0, len(msgs))
	for _, m := range msgs {
		words = append(words, text(m))
	}
	return words
}

// encoded is what msgs are on the wire.
func encoded(msgs ...wire.Message) []byte {
	var b []byte
	for _, m := range msgs {
		b = wire.AppendMessage(b, m)
	}
	return b
}

// body returns n octets in which every place looks different from its neighbours.
func body(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// number is the body of message i of a series.
func number(i int) string { return fmt.Sprintf("message %d", i) }

// settle waits until everybody in the bubble waits.
func settle() { synctest.Wait() }

// pass lets d of fake time pass, and waits until everybody has dealt with it.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// isProtocol requires that err is a *wire.ProtocolError.
func isProtocol(t *testing.T, err error, why string) {
	t.Helper()
	require.ErrorAs(t, err, new(*wire.ProtocolError), why)
}
