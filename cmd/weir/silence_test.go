package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// How --timeout goes together with traffic, in fake time: the socket is a dummy, the rest is the program's.

// A dummy is a socket that takes everything that is sent, and receives what the test gives it.
type dummy struct {
	endpoints // none: nothing is bound or connected
	sent      chan string
	arrives   chan string
}

// TrySend takes m.
func (d *dummy) TrySend(m socket.Message) error {
	d.sent <- m.String()
	return nil
}

// Send takes m.
func (d *dummy) Send(_ context.Context, m socket.Message) error { return d.TrySend(m) }

// TryRecv returns what has arrived.
func (d *dummy) TryRecv() (socket.Message, error) {
	select {
	case text := <-d.arrives:
		return socket.NewMessage(text), nil
	default:
		return socket.Message{}, socket.ErrWouldBlock
	}
}

// Recv waits for what arrives.
func (d *dummy) Recv(ctx context.Context) (socket.Message, error) {
	select {
	case text := <-d.arrives:
		return socket.NewMessage(text), nil
	case <-ctx.Done():
		return socket.Message{}, ctx.Err()
	}
}

// limit is the --timeout of these tests.
const limit = time.Second

// A quiet is a session with a dummy, inside a bubble.
type quiet struct {
	*session
	dummy *dummy
	stdin *io.PipeWriter
	out   *strings.Builder // read it once the session is over
	told  strings.Builder  // standard error; in the same way
	began time.Time
}

// inQuiet runs f with a session.
func inQuiet(t *testing.T, f func(t *testing.T, q *quiet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		q := &quiet{
			dummy: &dummy{sent: make(chan string, 100), arrives: make(chan string, 100)},
			stdin: w, out: &strings.Builder{}, began: time.Now(),
		}
		set := newSettings("test")
		q.session = &session{std: newStreams(r, q.out, &q.told), set: set, out: newOutput(q.out, set.format)}
		q.patience.start(limit)
		f(t, q)
	})
}

// later lets time pass, and then everybody do what there is to do.
func later(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// says writes to standard input.
func (q *quiet) says(t *testing.T, text string) {
	t.Helper()
	_, err := io.WriteString(q.stdin, text)
	require.NoError(t, err)
}

// TestTimeoutWaitsForInput does not count the time in which there is nothing to send.
func TestTimeoutWaitsForInput(t *testing.T) {
	inQuiet(t, func(t *testing.T, q *quiet) {
		done := make(chan error, 1)
		go func() { done <- q.sendLines(t.Context(), q.dummy) }()
		q.says(t, "a\n")
		later(time.Hour)
		require.Equal(t, "a", <-q.dummy.sent)
		q.says(t, "b\n")
		later(time.Hour)
		require.NoError(t, q.stdin.Close())
		require.NoError(t, <-done)
		require.Equal(t, "b", <-q.dummy.sent)
	})
}

// TestTimeoutAfterOutput prints what came before the silence, which counts from there.
func TestTimeoutAfterOutput(t *testing.T) {
	inQuiet(t, func(t *testing.T, q *quiet) {
		done := make(chan error, 1)
		go func() { done <- q.printMessages(t.Context(), q.dummy) }()
		for _, text := range []string{"a", "b"} {
			later(limit * 9 / 10)
			q.dummy.arrives <- text
		}
		require.ErrorIs(t, <-done, errTimedOut)
		require.Equal(t, limit*28/10, time.Since(q.began))
		require.Equal(t, "a\nb\n", q.out.String())
	})
}

// TestTalkGoesOn prints what arrives after the end of standard input, and ends once nothing has arrived for the timeout.
func TestTalkGoesOn(t *testing.T) {
	inQuiet(t, func(t *testing.T, q *quiet) {
		done := make(chan error, 1)
		go func() { done <- q.talk(t.Context(), q.dummy, nil) }()
		q.says(t, "last words\n")
		require.NoError(t, q.stdin.Close())
		later(limit * 9 / 10)
		q.dummy.arrives <- "an answer"
		require.NoError(t, <-done)
		require.Equal(t, limit*19/10, time.Since(q.began))
		require.Equal(t, "last words", <-q.dummy.sent)
		require.Equal(t, "an answer\n", q.out.String())
	})
}

// TestTalkWaitsForInput does not count the time in which the next line is waited for.
func TestTalkWaitsForInput(t *testing.T) {
	inQuiet(t, func(t *testing.T, q *quiet) {
		done := make(chan error, 1)
		go func() { done <- q.talk(t.Context(), q.dummy, nil) }()
		later(time.Hour)
		q.says(t, "still here\n")
		require.Equal(t, "still here", <-q.dummy.sent)
		later(time.Hour)
		ended := time.Now()
		require.NoError(t, q.stdin.Close())
		require.NoError(t, <-done)
		require.LessOrEqual(t, time.Since(ended), 2*limit)
		require.GreaterOrEqual(t, time.Since(ended), limit)
	})
}
