package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// What becomes of lines that nobody takes, in fake time: whatever it is, what arrives is printed.

// A jammed is a dummy that has no room until it is given some.
type jammed struct {
	*dummy
	room     chan struct{} // a message is taken for each
	sndtimeo time.Duration // 0 for none
}

// TrySend has no room.
func (j *jammed) TrySend(socket.Message) error { return socket.ErrWouldBlock }

// Send waits for room.
func (j *jammed) Send(ctx context.Context, m socket.Message) error {
	if j.sndtimeo > 0 {
		within, cancel := context.WithTimeout(ctx, j.sndtimeo)
		defer cancel()
		ctx = within
	}
	select {
	case <-j.room:
		return j.dummy.TrySend(m)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// jam runs talk, to a socket that has no room.
func (q *quiet) jam(t *testing.T, sndtimeo time.Duration) (*jammed, <-chan error) {
	j, done := &jammed{q.dummy, make(chan struct{}), sndtimeo}, make(chan error, 1)
	go func() { done <- q.talk(t.Context(), j, nil) }()
	return j, done
}

// TestTalkJammed keeps a line that nobody takes for as long as there may be another one.
func TestTalkJammed(t *testing.T) {
	inQuiet(t, func(t *testing.T, q *quiet) {
		j, done := q.jam(t, 0)
		q.says(t, "a\nb\n")
		later(time.Hour)
		q.dummy.arrives <- "an answer"
		later(time.Hour)
		require.Equal(t, "an answer\n", q.out.String())
		for _, line := range []string{"a", "b"} {
			j.room <- struct{}{}
			require.Equal(t, line, <-q.dummy.sent)
		}
		require.NoError(t, q.stdin.Close())
		require.NoError(t, <-done)
		require.Zero(t, q.inHand)
		require.Empty(t, q.told.String())
	})
}

// TestTalkJammedEnd gives up what nobody takes once standard input has ended, and that long ago; it ends then, as if all had been sent.
func TestTalkJammedEnd(t *testing.T) {
	inQuiet(t, func(t *testing.T, q *quiet) {
		_, done := q.jam(t, 0)
		q.says(t, "a\nb\n")
		later(limit * 9 / 10)
		q.says(t, "c\n")
		require.NoError(t, q.stdin.Close())
		later(limit * 9 / 10)
		q.dummy.arrives <- "an answer"
		require.NoError(t, <-done)
		require.Equal(t, limit*28/10, time.Since(q.began))
		require.Equal(t, "an answer\n", q.out.String())
		require.Equal(t, 3, q.inHand)
	})
}

// TestTalkJammedFull gives up what nobody takes where more of it is there than can wait, and goes on with what comes then.
func TestTalkJammedFull(t *testing.T) {
	inQuiet(t, func(t *testing.T, q *quiet) {
		j, done := q.jam(t, 0)
		for range inputAhead>>20 + 1 { // one of them is in hand
			q.says(t, strings.Repeat("x", 1<<20)+"\n")
		}
		later(2 * limit)
		q.says(t, "y\n")
		j.room <- struct{}{}
		require.Equal(t, "y", <-q.dummy.sent)
		require.NoError(t, q.stdin.Close())
		require.NoError(t, <-done)
		require.Equal(t, inputAhead>>20+1, q.inHand)
		require.Contains(t, q.told.String(), "up to line 17: not sent")
	})
}

// TestTalkLate reports each line that nobody takes for the time of sndtimeo, counts it, and goes on: with the next one, and with what arrives.
func TestTalkLate(t *testing.T) {
	for _, count := range []uint64{0, 2} {
		inQuiet(t, func(t *testing.T, q *quiet) {
			q.set.count, q.set.counted = count, count > 0
			j, done := q.jam(t, limit/10)
			q.says(t, "a\n")
			later(limit / 2)
			q.dummy.arrives <- "an answer"
			q.says(t, "b\nc\n")
			later(limit / 20)
			j.room <- struct{}{}
			require.Equal(t, "b", <-q.dummy.sent)
			later(limit / 2)
			q.dummy.arrives <- "another"
			require.NoError(t, q.stdin.Close())
			require.NoError(t, <-done)
			require.NoError(t, q.session.out.flush())
			require.Equal(t, "an answer\nanother\n", q.out.String())
			require.Equal(t, 2, q.inHand)
			require.Equal(t, "weir: standard input, line 1: not sent: timed out: nothing could be sent for the time of -o sndtimeo\n"+
				"weir: standard input, line 3: not sent: timed out: nothing could be sent for the time of -o sndtimeo\n", q.told.String())
		})
	}
}

// TestTalkHearsOnly counts silence by what arrives once standard input has ended, and by what the kernel takes, too, before.
func TestTalkHearsOnly(t *testing.T) {
	for _, counted := range []bool{false, true} {
		inQuiet(t, func(t *testing.T, q *quiet) {
			q.set.count, q.set.counted = 1, counted
			done := make(chan error, 1)
			go func() { done <- q.talk(t.Context(), q.dummy, nil) }()
			q.says(t, "a\n")
			sent, stop := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(sent)
				for tick := time.Tick(limit / 2); ; {
					select {
					case <-tick:
						q.onSent(socket.Conn{}, socket.Message{})
					case <-stop:
						return
					}
				}
			}()
			later(10*limit + limit/4)
			require.NoError(t, q.stdin.Close())
			if err := <-done; counted {
				require.ErrorIs(t, err, errTimedOut)
			} else {
				require.NoError(t, err)
			}
			require.Less(t, time.Since(q.began), 12*limit+limit/2)
			close(stop)
			<-sent
		})
	}
}
