package pgm

import (
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"github.com/weirmq/weir/transport"
)

// apart runs f in a thread of its own, which ends with it: what f gives up is given up there alone.
func apart(t *testing.T, f func() error) error {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and not unlocked
		done <- f()
	}()
	return <-done
}

// withoutRaw takes the right to open raw sockets from the calling thread.
func withoutRaw() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	data[0].Effective &^= 1 << unix.CAP_NET_RAW
	return unix.Capset(&header, &data[0])
}

// TestNoPrivilege says what to do where raw sockets are not allowed; UDP needs nobody's leave.
func TestNoPrivilege(t *testing.T) {
	c := openHere(t, 4, Options{})
	err := apart(t, func() error {
		if err := withoutRaw(); err != nil {
			return err
		}
		for _, source := range []bool{false, true} {
			udp, err := Open(c.addr, Options{Source: source})
			if err != nil {
				return err
			}
			_ = udp.Close()
			if _, err = Open(c.addr, Options{Raw: true, Source: source}); err == nil || source {
				return err
			}
		}
		return nil
	})
	require.ErrorIs(t, err, fs.ErrPermission)
	require.ErrorContains(t, err, "CAP_NET_RAW")
	require.ErrorContains(t, err, "epgm needs none")
}

// TestPortTaken says what to do where a program has the port that does not share it, or one of another user that does.
func TestPortTaken(t *testing.T) {
	c := openHere(t, 5, Options{})
	refused := func() {
		t.Helper()
		for _, source := range []bool{false, true} {
			_, err := Open(c.addr, Options{Source: source})
			require.ErrorIs(t, err, transport.ErrAddrInUse)
			require.ErrorContains(t, err, "take another port")
		}
	}
	require.NoError(t, c.Close())
	greedy, err := net.ListenUDP("udp4", &net.UDPAddr{Port: int(c.addr.Port)})
	require.NoError(t, err)
	refused()
	require.NoError(t, greedy.Close())
	if os.Geteuid() != 0 {
		return // who is not root cannot be somebody else
	}
	require.NoError(t, apart(t, func() error {
		const nobody = 65534
		_, _ = unix.SetfsuidRetUid(nobody) // it says what was before, whether it does it or not
		if is, _ := unix.SetfsuidRetUid(nobody); is != nobody {
			return fmt.Errorf("still the user %d", is)
		}
		theirs, err := Open(c.addr, Options{})
		if err == nil {
			t.Cleanup(func() { _ = theirs.Close() })
			var own *Conn
			if own, err = Open(c.addr, Options{Source: true}); err == nil {
				t.Cleanup(func() { _ = own.Close() })
			}
		}
		return err
	}))
	refused()
}

// option reads an option of a socket.
func option(t *testing.T, conn net.PacketConn, level, name int) (value int) {
	t.Helper()
	raw, err := conn.(*net.UDPConn).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) { value, err = unix.GetsockoptInt(int(fd), level, name) }))
	require.NoError(t, err)
	return value
}

// TestBuffers asks the kernel for buffers, of which it makes twice as much, and leaves them to it where nothing is asked.
func TestBuffers(t *testing.T) {
	plain, asked := openHere(t, 6, Options{}), openHere(t, 6, Options{SendBuffer: 20_000, RecvBuffer: 30_000})
	for _, buffer := range []struct {
		name, want int
		of         func(*Conn) net.PacketConn
	}{
		{unix.SO_SNDBUF, 40_000, func(c *Conn) net.PacketConn { return c.out.conn }},
		{unix.SO_RCVBUF, 60_000, func(c *Conn) net.PacketConn { return c.inlets[0].conn }},
	} {
		require.Equal(t, buffer.want, option(t, buffer.of(asked), unix.SOL_SOCKET, buffer.name))
		require.NotEqual(t, buffer.want, option(t, buffer.of(plain), unix.SOL_SOCKET, buffer.name))
	}
}

// TestOutlets wants the hops, the loop and the type of service that are asked for on what sends, and SPMRs of a receiver to stay near.
func TestOutlets(t *testing.T) {
	for _, o := range []Options{{}, {Hops: 7, Loop: true}, {Source: true}, {Source: true, Hops: 255}} {
		c := openHere(t, 7, o)
		out := ipv4.NewPacketConn(c.out.conn)
		hops, err := out.MulticastTTL()
		require.NoError(t, err)
		require.Equal(t, max(1, o.Hops), hops)
		loop, err := out.MulticastLoopback()
		require.NoError(t, err)
		require.Equal(t, o.Loop, loop)
		tos, err := out.TOS()
		require.NoError(t, err)
		require.Equal(t, 0xb8, tos)
		near, err := ipv4.NewPacketConn(c.outlet(Out{Near: true}).conn).MulticastTTL()
		require.NoError(t, err)
		require.True(t, near == 1 || o.Source, "hops %d", near)
		require.NoError(t, c.Close())
	}
}

// TestBoundToGroups wants an inlet of a receiver for each group that it listens to, bound to that group, and none for the one that it would send to.
func TestBoundToGroups(t *testing.T) {
	c := openHere(t, 8, Options{})
	a := c.addr
	require.NoError(t, c.Close())
	second, other := a.Receive[0].Next(), a.Receive[0].Next().Next()
	a.Receive, a.Send = []netip.Addr{a.Receive[0], second}, other
	bound := func(source bool) (all []string) {
		c, err := Open(a, Options{Source: source})
		require.NoError(t, err)
		defer func() { require.NoError(t, c.Close()) }()
		for _, in := range c.inlets {
			all = append(all, in.conn.LocalAddr().(*net.UDPAddr).IP.String())
			if in.group.IsMulticast() {
				require.Zero(t, option(t, in.conn, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL))
			}
		}
		return all
	}
	require.Equal(t, []string{a.Receive[0].String(), second.String()}, bound(false))
	require.Equal(t, []string{"127.0.0.1", other.String()}, bound(true))
}

// TestWatch ends with the Conn, and tells the end of the interface that it is about, and of no other.
func TestWatch(t *testing.T) {
	c := openHere(t, 9, Options{})
	require.NotNil(t, c.watch)
	watched := make(chan error)
	go func() { watched <- c.Watch() }()
	require.NoError(t, c.Close())
	require.Error(t, <-watched)

	message := func(typ uint16, family byte, index byte) []byte {
		b := make([]byte, unix.SizeofNlMsghdr+unix.SizeofIfInfomsg)
		b[0], b[4], b[16], b[20] = byte(len(b)), byte(typ), family, index // little-endian, as the machines that this is tested on are
		return b
	}
	gone := message(unix.RTM_DELLINK, unix.AF_UNSPEC, 9)
	require.True(t, tellsGone(gone, 9))
	require.True(t, tellsGone(append(message(unix.RTM_NEWLINK, unix.AF_UNSPEC, 9), gone...), 9))
	for n := range gone {
		require.False(t, tellsGone(gone[:n], 9))
	}
	require.False(t, tellsGone(gone, 8))
	require.False(t, tellsGone(message(unix.RTM_NEWLINK, unix.AF_UNSPEC, 9), 9))
	require.False(t, tellsGone(message(unix.RTM_DELLINK, unix.AF_BRIDGE, 9), 9))
}
