package interop

import (
	"context"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// ipc is the row of ipc.
func ipc() *place { return places[1] }

// An ipcFilter is a filter by the process on the other side of an ipc connection, and whether it lets that in: one row of the table. The number is made
// of the other process's.
type ipcFilter struct {
	name   string
	weir   func(ids ...int) socket.Option
	peer   string
	number func(pid int) int
	admits bool
}

// ipcFilters is the table. Both sides have the same user and group.
var ipcFilters = []ipcFilter{
	{"its process", socket.IPCFilterPID, "filter_pid", func(pid int) int { return pid }, true},
	{"another process", socket.IPCFilterPID, "filter_pid", func(int) int { return os.Getppid() }, false},
	{"its user", socket.IPCFilterUID, "filter_uid", func(int) int { return os.Getuid() }, true},
	{"another user", socket.IPCFilterUID, "filter_uid", func(int) int { return os.Getuid() + 54321 }, false},
	{"its group", socket.IPCFilterGID, "filter_gid", func(int) int { return os.Getgid() }, true},
	{"another group", socket.IPCFilterGID, "filter_gid", func(int) int { return os.Getgid() + 54321 }, false},
}

// TestIPCFilters has a PULL of Weir's let in a PUSH of libzmq's by its process, its user and its group, or turn it away; and then a PULL of libzmq's one of
// Weir's. Who is turned away tries again.
func TestIPCFilters(t *testing.T) {
	for _, f := range ipcFilters {
		t.Run(f.name+"/Weir's", func(t *testing.T) {
			t.Parallel()
			f.weirFilters(begin(t, libzmq), t)
		})
		t.Run(f.name+"/libzmq's", func(t *testing.T) {
			t.Parallel()
			f.peerFilters(begin(t, libzmq), t)
		})
	}
}

// weirFilters is the half with Weir's PULL.
func (f ipcFilter) weirFilters(ctx context.Context, t *testing.T) {
	rt, events := newRuntime(t)
	p := startPeer(ctx, t, libzmq, "PUSH", peerReconnectIn)
	pull, err := socket.NewPull(rt, f.weir(f.number(p.cmd.Process.Pid)))
	require.NoError(t, err)
	ep, err := pull.Bind(ctx, ipc().fresh())
	require.NoError(t, err)
	p.do(ctx, "connect", ep.String())
	if f.admits {
		p.do(ctx, "send", waitMS, plain("hello"))
		m, err := pull.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, "hello", m.String())
		return
	}
	for n := range 2 {
		require.ErrorIs(t, events.waitKind(ctx, t, n+1, socket.EventRefused).Err, socket.ErrNotAdmitted)
	}
	require.Empty(t, events.of(socket.EventHandshakeSucceeded))
}

// peerFilters is the half with libzmq's.
func (f ipcFilter) peerFilters(ctx context.Context, t *testing.T) {
	rt, events := newRuntime(t)
	p := startPeer(ctx, t, libzmq, "PULL", f.peer+"="+strconv.Itoa(f.number(os.Getpid())))
	push, err := socket.NewPush(rt, socket.ReconnectInterval(reconnectIn), socket.Linger(0))
	require.NoError(t, err)
	_, err = push.Connect(ctx, p.do(ctx, "bind", ipc().fresh()))
	require.NoError(t, err)
	if f.admits {
		require.NoError(t, push.Send(ctx, socket.NewMessage("hello")))
		require.Equal(t, plain("hello"), p.do(ctx, "recv", waitMS))
		return
	}
	events.waitKind(ctx, t, 2, socket.EventHandshakeFailed)
	require.Empty(t, events.of(socket.EventHandshakeSucceeded))
}
