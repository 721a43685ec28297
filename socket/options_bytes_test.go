package socket_test

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// hundred is a message of 100 bytes in two frames.
func hundred() socket.Message {
	return socket.NewMessage(string(make([]byte, 40)), string(make([]byte, 60)))
}

// TestSendHWMBytes fills a queue that nobody drains, with one sender and with sixteen: it takes messages while it holds fewer bytes than the limit, and
// not one more. The limit changes while it is in use.
func TestSendHWMBytes(t *testing.T) {
	for _, senders := range []int{1, 16} {
		ctx := within(t)
		rt := newRuntime(t)
		push := newPush(t, rt, socket.SendHWM(0), socket.SendHWMBytes(1050), socket.Linger(0))
		connect(t, push, "tcp://127.0.0.1:1")
		flood := func() int {
			var g errgroup.Group
			var n atomic.Int64
			for range senders {
				g.Go(func() error {
					for push.TrySend(hundred()) == nil {
						n.Add(1)
					}
					return nil
				})
			}
			require.NoError(t, g.Wait())
			return int(n.Load())
		}
		require.Equal(t, 11, flood(), "with 1000 bytes there is room for one more")
		require.NoError(t, push.Set(ctx, socket.SendHWMBytes(2000)))
		require.Equal(t, 9, flood())
		require.NoError(t, push.Set(ctx, socket.SendHWMBytes(500)))
		require.Zero(t, flood())
		require.NoError(t, push.Set(ctx, socket.SendHWMBytes(0), socket.SendHWM(25)))
		require.Equal(t, 5, flood(), "the mark counts beside it")
		require.NoError(t, push.Set(ctx, socket.SendHWM(0), socket.SendHWMBytes(2501)))
		require.Equal(t, 1, flood())
		require.Error(t, push.Close(ctx))
		require.EqualValues(t, 26, push.Stats().Out.Accepted)
		balanced(t, push.Stats().Out)
	}
}

// TestHWMBytesOverInproc wants the two limits to add up, none where a side has none, and a message that is larger than both to pass.
func TestHWMBytesOverInproc(t *testing.T) {
	for _, c := range []struct {
		send, recv int64
		want       int
	}{{300, 500, 8}, {300, 0, 20}, {0, 500, 20}, {-1, 500, 20}, {300, -1, 20}, {1, 1, 1}, {1000, 5000, 20}} {
		ctx := within(t)
		rt := newRuntime(t)
		push := newPush(t, rt, socket.SendHWM(10), socket.SendHWMBytes(c.send))
		pull := newPull(t, rt, socket.RecvHWM(10), socket.RecvHWMBytes(c.recv))
		join(t, inprocName(t), pull, push)
		n := 0
		for push.TrySend(hundred()) == nil {
			n++
		}
		require.Equal(t, c.want, n, "%+v", c)
		for range n {
			m, err := pull.Recv(ctx)
			require.NoError(t, err)
			require.Equal(t, 100, m.Size())
		}
		require.NoError(t, push.TrySend(socket.MessageOf(make([]byte, 100_000))))
		_, err := pull.Recv(ctx)
		require.NoError(t, err)
		balanced(t, pull.Stats().In)
	}
}

// TestRecvHWMBytes sends more than a receiver's limit over a connection: so much of it waits in its queue, and the rest comes once there is room.
func TestRecvHWMBytes(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push := newPush(t, rt, socket.SendHWM(0))
	pull := newPull(t, rt, socket.RecvHWM(0), socket.RecvHWMBytes(1000))
	join(t, "tcp://127.0.0.1:*", pull, push)
	const n = 200
	for range n {
		require.NoError(t, push.Send(ctx, hundred()))
	}
	require.NoError(t, push.Close(ctx)) // the kernel has it all
	for pull.Stats().In.Queued < 10 {
		require.NoError(t, ctx.Err())
		runtime.Gosched()
	}
	for i := range n {
		require.LessOrEqual(t, pull.Stats().In.Queued, uint64(10), "after %d", i)
		m, err := pull.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, 100, m.Size())
	}
	wantEmpty(t, pull)
	balanced(t, pull.Stats().In)
}

// TestSetRecvHWMBytes changes the limit of a receiver whose queue is in use.
func TestSetRecvHWMBytes(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push, pull := newPush(t, rt, socket.SendHWM(10), socket.SendHWMBytes(300)), newPull(t, rt, socket.RecvHWM(10), socket.RecvHWMBytes(0))
	join(t, inprocName(t), pull, push)
	flood := func() (n int) {
		for push.TrySend(hundred()) == nil {
			n++
		}
		return n
	}
	require.Equal(t, 20, flood(), "the marks alone")
	require.NoError(t, pull.Set(ctx, socket.RecvHWMBytes(200)))
	for range 19 {
		_, err := pull.Recv(ctx)
		require.NoError(t, err)
	}
	require.Equal(t, 4, flood())
	require.NoError(t, pull.Set(ctx, socket.RecvHWMBytes(600)))
	require.Equal(t, 4, flood())
}

// TestHWMBytesOutOfRange wants what is no limit to be refused.
func TestHWMBytesOutOfRange(t *testing.T) {
	rt := newRuntime(t)
	for _, o := range []socket.Option{socket.SendHWMBytes(-2), socket.RecvHWMBytes(-2)} {
		_, err := socket.NewPush(rt, o)
		require.ErrorIs(t, err, socket.ErrBadOption)
	}
}

// TestSmallBody sends large bodies with every setting, and refuses those there are not.
func TestSmallBody(t *testing.T) {
	rt := newRuntime(t)
	for _, n := range []int{-1, 0, 1, 32 << 10} {
		push, pull := newPush(t, rt, socket.SmallBody(n)), newPull(t, rt, socket.SmallBody(n))
		require.Equal(t, n, push.Settings().SmallBody)
		join(t, "tcp://127.0.0.1:*", pull, push)
		for _, size := range []int{0, 1, 2, 4 << 10, 32 << 10, 32<<10 + 1, 100_000} {
			body := strings.Repeat("x", size)
			require.NoError(t, push.Send(within(t), socket.NewMessage("head", body, "")))
			m, err := pull.Recv(within(t))
			require.NoError(t, err)
			same(t, socket.NewMessage("head", body, ""), m)
		}
	}
	require.Equal(t, -1, newPush(t, rt).Settings().SmallBody)
	for _, bad := range []int{-2, 32<<10 + 1} {
		_, err := socket.NewPush(rt, socket.SmallBody(bad))
		require.ErrorIs(t, err, socket.ErrBadOption)
	}
}
