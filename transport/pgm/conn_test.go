package pgm

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
)

// loopback is where the sockets of these tests are.
var loopback = netip.MustParseAddr("127.0.0.1")

// openHere opens the sockets of an endpoint on the loopback interface that no other process has. It skips where this system has no multicast.
func openHere(t *testing.T, n int, o Options) *Conn {
	t.Helper()
	group := netip.AddrFrom4([4]byte{239, 193, byte(os.Getpid()), byte(n)})
	a := Address{Interface: "127.0.0.1", Receive: []netip.Addr{group}, Send: group, Port: uint16(20000 + (os.Getpid()*11+n)%20000)}
	c, err := Open(a, o)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skipf("no multicast here: %v", err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestPassOn gives the other sources on this host what receivers say, and nothing else: who sends data, an SPM or an NCF to a source must not have it
// multicast for him.
func TestPassOn(t *testing.T) {
	one, two := openHere(t, 1, Options{Source: true}), openHere(t, 1, Options{Source: true})
	pass := func(p Packet) { one.PassOn(Datagram{Packet: p.AppendTo(nil), From: loopback, To: loopback}) }
	p := Packet{TSI: tsiA, Port: one.addr.Port, Path: hostA, Group: group1, Lead: 0xffffffff}
	for _, typ := range []Type{SPM, ODATA, RDATA, NCF} {
		p.Type = typ
		pass(p)
	}
	one.PassOn(Datagram{Packet: []byte("no packet at all"), From: loopback, To: loopback})
	p.Type = NAK
	other := p
	other.Port++
	pass(other)
	other = p
	other.Seq = 99
	one.PassOn(Datagram{Packet: other.AppendTo(nil), From: loopback, To: one.addr.Send}) // all have heard it
	pass(p)
	got, err := two.Read(1, nil) // the inlet of the group
	require.NoError(t, err)
	require.Len(t, got, 1)
	heard, err := Parse(got[0].Packet)
	require.NoError(t, err)
	require.Equal(t, NAK, heard.Type)
	require.Zero(t, heard.Seq)
	require.Equal(t, p.Port, heard.Port)
}

// TestCut ends a write that the kernel has no room for, lets no other wait, and still has a moment for what is left to say.
func TestCut(t *testing.T) {
	c := openHere(t, 2, Options{})
	at := &net.UnixAddr{Net: "unixgram", Name: filepath.Join(t.TempDir(), "full")}
	reader, err := net.ListenUnixgram("unixgram", at)
	require.NoError(t, err)
	writer, err := net.DialUnix("unixgram", nil, at)
	require.NoError(t, err)
	_ = c.out.conn.Close()
	c.out.conn = writer
	begun := make(chan struct{}, 1)
	c.out.write = func(ms []message) (int, error) {
		select {
		case begun <- struct{}{}:
		default:
		}
		_, err := writer.Write(ms[0].Buffers[0])
		return 1, err
	}
	outs := make([]Out, 100_000) // far more than a kernel holds of a reader that does not read
	for i := range outs {
		outs[i] = Out{To: group1, Packet: make([]byte, 1400)}
	}
	type result struct {
		sent int
		err  error
	}
	require.NoError(t, writer.SetWriteBuffer(4096))
	sent := make(chan result)
	go func() {
		n, err := c.Send(outs)
		sent <- result{n, err}
	}()
	<-begun
	c.Cut()
	got := <-sent
	require.ErrorIs(t, got.err, os.ErrDeadlineExceeded)
	require.Less(t, got.sent, len(outs))
	_, err = c.Send(outs)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	_, err = c.SendBy(time.Now().Add(time.Millisecond), outs)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for b := make([]byte, 2000); ; {
			if _, err := reader.Read(b); err != nil {
				return
			}
		}
	}()
	defer func() { _ = reader.Close(); <-read }()
	n, err := c.SendBy(time.Now().Add(time.Minute), outs[:1])
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// TestSendCounts tells how many packets went out before the interface had gone; that one host cannot be reached is nobody's affair.
func TestSendCounts(t *testing.T) {
	c := openHere(t, 3, Options{})
	for _, gone := range cutOffs {
		for name, test := range map[string]struct {
			to   netip.Addr
			sent int
		}{"group": {group1, 2}, "host": {hostA, 5}} {
			calls := 0
			c.out.write = func(ms []message) (int, error) {
				if calls++; calls == 2 {
					return 0, os.NewSyscallError("sendmmsg", gone)
				}
				return min(2, len(ms)), nil
			}
			outs := make([]Out, 5)
			for i := range outs {
				outs[i] = Out{To: test.to, Packet: []byte{1}}
			}
			n, err := c.Send(outs)
			require.Equal(t, test.sent, n, "%s: %v", name, gone)
			require.Equal(t, test.to == group1, errors.Is(err, gone), "%s: %v", name, err)
		}
	}
	if !tooLarge(syscall.EMSGSIZE) {
		return // no multicast on this system
	}
	c.out.write = func([]message) (int, error) { return 0, os.NewSyscallError("sendmmsg", syscall.EMSGSIZE) }
	_, err := c.Send([]Out{{To: group1, Packet: make([]byte, 1400)}})
	require.ErrorIs(t, err, syscall.EMSGSIZE)
	require.ErrorContains(t, err, "packets of 1400 octets: lower MULTICAST_MAXTPDU")
}

// TestPlaces finds the loopback interface by any of its names, and never where none is named, be it that it has multicast.
func TestPlaces(t *testing.T) {
	openHere(t, 11, Options{}) // skips where there is no multicast
	lo, err := findPlace(Address{Interface: "127.0.0.1", Send: group1})
	require.NoError(t, err)
	for _, form := range []string{"127.0.0.0/8", lo.ifi.Name, "127.0.0.1"} {
		a, err := ParseAddress(form + ";239.192.1.1:5555")
		require.NoError(t, err)
		got, err := findPlace(a)
		require.NoError(t, err, form)
		require.Equal(t, lo, got, form)
	}
	for _, form := range []string{"239.192.1.1:5555", ";239.192.1.1:5555"} {
		a, err := ParseAddress(form)
		require.NoError(t, err)
		if got, err := findPlace(a); err != nil {
			require.ErrorIs(t, err, transport.ErrNoDevice)
		} else {
			require.NotEqual(t, lo.ifi.Name, got.ifi.Name)
		}
		for _, flags := range []net.Flags{net.FlagLoopback | net.FlagMulticast | net.FlagUp, net.FlagUp, net.FlagMulticast} {
			here := place{ifi: &net.Interface{Index: lo.ifi.Index, Name: lo.ifi.Name, Flags: flags}}
			require.False(t, here.matches(a), "%s, %s", form, flags)
		}
		here := place{ifi: &net.Interface{Index: lo.ifi.Index, Name: lo.ifi.Name, Flags: net.FlagMulticast | net.FlagUp}}
		require.True(t, here.matches(a), "%s, one that is not the loopback", form)
	}
}
