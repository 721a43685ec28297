package socket_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestWriter builds messages frame by frame: nothing leaves before the last frame, and then everything.
func TestWriter(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			push, pull := newPush(t, rt), newPull(t, rt)
			join(t, at.fresh(t), pull, push)
			w := socket.NewWriter(push)
			require.ErrorIs(t, w.Send(ctx), socket.ErrBadState)
			buf := []byte("one")
			n, err := w.Write(buf)
			require.NoError(t, err)
			require.Equal(t, 3, n)
			copy(buf, "xxx") // it was copied
			_, err = io.WriteString(w, "")
			require.NoError(t, err)
			_, err = fmt.Fprintf(w, "%d of %d", 3, 4)
			require.NoError(t, err)
			require.NoError(t, push.Send(ctx, socket.NewMessage("another")), "which goes in between")
			w.Add(socket.NewMessage("four", "five"))
			_, err = w.Write(nil)
			require.NoError(t, err)
			require.NoError(t, w.Send(ctx))
			want(t, pull, "another")
			m, err := pull.Recv(ctx)
			require.NoError(t, err)
			require.Equal(t, []string{"one", "", "3 of 4", "four", "five", ""}, texts(m))
			require.ErrorIs(t, w.TrySend(), socket.ErrBadState, "it is empty again")
			_, err = w.WriteString("forgotten")
			require.NoError(t, err)
			w.Reset()
			_, err = w.WriteString("last")
			require.NoError(t, err)
			require.NoError(t, w.TrySend())
			want(t, pull, "last")
		})
	}
}

// TestWriterKeepsWhatIsRefused wants the frames to be there for another Send, and memory with a callback to be released once.
func TestWriterKeepsWhatIsRefused(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router, err := socket.NewRouter(rt, socket.RouterMandatory(true))
	require.NoError(t, err)
	dealer, err := socket.NewDealer(rt, socket.RoutingID("me"))
	require.NoError(t, err)
	l := newLoan()
	w := socket.NewWriter(router)
	_, err = w.WriteString("me")
	require.NoError(t, err)
	w.Add(l.message("body"))
	w.Add(l.message("more"))
	require.ErrorIs(t, w.Send(ctx), socket.ErrUnroutable)
	_, err = w.WriteString("end")
	require.NoError(t, err)
	join(t, inprocName(t), router, dealer)
	require.NoError(t, w.Send(ctx))
	m, err := dealer.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"body", "more", "end"}, texts(m))
	require.Zero(t, l.back.Load())
	m.Release()
	w.Add(l.message("dropped"))
	w.Reset()
	l.settled(t, false)
	require.False(t, errors.Is(w.Send(ctx), socket.ErrUnroutable))
}
