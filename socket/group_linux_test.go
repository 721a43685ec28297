package socket_test

import (
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/weirmq/weir/socket"
)

// TestGroupUnprivileged says what to do where raw sockets are not allowed, be it to root: the thread that asks has given that right up, and ends with it.
func TestGroupUnprivileged(t *testing.T) {
	ep := newGroup(t)
	news := make(groupNews, 100)
	rt := newRuntime(t, socket.WithEvents(news.add))
	pub, sub := newPub(t, rt), newSub(t, rt, nil)
	errs := make(chan error, 2)
	go func() {
		runtime.LockOSThread() // and not unlocked
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		err := unix.Capget(&header, &data[0])
		data[0].Effective &^= 1 << unix.CAP_NET_RAW
		if err == nil {
			err = unix.Capset(&header, &data[0])
		}
		if err == nil {
			_, err = sub.Connect(within(t), "pgm"+ep[len("epgm"):])
		}
		errs <- err
		_, err = pub.Bind(within(t), "pgm"+ep[len("epgm"):])
		errs <- err
	}()
	for range 2 {
		err := <-errs
		require.ErrorIs(t, err, os.ErrPermission)
		require.ErrorContains(t, err, "CAP_NET_RAW")
	}
	require.ErrorIs(t, news.await(t, socket.EventBindFailed).Err, os.ErrPermission)
}
