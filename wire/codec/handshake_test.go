package codec_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// TestGreetingIsStaged reads the codec's half of the handshake octet by octet: each part comes when the peer has shown enough, and not before.
func TestGreetingIsStaged(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		p, theirs := r.dialed(), greeting(1)
		p.wantOctets("the signature comes at once", []byte("\xFF\x00\x00\x00\x00\x00\x00\x00\x01\x7F"))
		p.wantIdle("no version before the peer's signature")
		p.sends(theirs[:9])
		p.wantIdle("the signature is not complete")
		p.sends(theirs[9:10])
		p.wantOctets("the major version", []byte{3})
		p.wantIdle("the minor version waits for the peer's major version")
		p.sends(theirs[10:11])
		p.wantOctets("the rest of the greeting", append([]byte("\x01NULL"), make([]byte, 48)...))
		p.wantIdle("READY waits for the peer's greeting")
		p.sends(theirs[11:63])
		p.wantIdle("one octet is missing")
		p.sends(theirs[63:])
		p.wantFrame("READY", wire.CommandFrame, "\x05READY\x0bSocket-Type\x00\x00\x00\x04PUSH")
		p.wantIdle("nothing follows before the peer's READY")
		require.Empty(t, r.host.told())
		r.push(wire.NewMessage("early"))
		p.wantIdle("no message before the peer's READY")
		p.sends(ready(wire.TypePull))
		p.wantMessage("traffic", "early")
		p.wantIdle("that was all")
		require.Equal(t, "up", r.host.told())
		r.wantPeer(codec.Peer{
			Peer: wire.Peer{
				Version: wire.Version{Major: 3, Minor: 1}, Mechanism: wire.MechanismNull, SocketType: wire.TypePull,
				Metadata: wire.Metadata{{Name: wire.PropertySocketType, Value: wire.TypePull}},
			},
			Local: "pipe", Remote: "pipe",
			Properties: wire.NewProperties(nil, wire.Metadata{{Name: wire.PropertySocketType, Value: wire.TypePull}}),
		})
	})
}

// TestTrafficBehindHandshake has the peer send messages right behind its READY, in pieces of all sizes: none is lost, none is taken for handshake.
func TestTrafficBehindHandshake(t *testing.T) {
	large := string(body(3000))
	stream := append(hello(1), encoded(wire.NewMessage("one"), wire.NewMessage("two", ""), wire.NewMessage(large), wire.NewMessage(""))...)
	for _, size := range []int{1, 2, 3, 10, 63, 64, 65, len(hello(1)) - 1, len(hello(1)), len(hello(1)) + 1, 511, 512, 513, len(stream)} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				p := r.dialed()
				end := p.streams(stream, size)
				p.reads(64)
				p.frame()
				require.NoError(t, end())
				r.wantIn("all of it, in order", "one", "two|", large, "")
				p.leaves()
				loss := r.wantLoss("the peer left")
				require.EqualValues(t, 4, loss.Received)
				require.ErrorIs(t, loss.Reason, io.EOF)
			})
		})
	}
}

// TestHandshakeTimeout stops the conversation at several points: the attempt ends after the interval, to the nanosecond, whatever the codec is
// waiting for.
func TestHandshakeTimeout(t *testing.T) {
	const interval = 30 * time.Second
	for name, talk := range map[string]func(p *peer){
		"the peer never reads":            func(*peer) {},
		"the peer reads half a signature": func(p *peer) { p.reads(5) },
		"the peer is silent":              func(p *peer) { p.reads(10) },
		"the peer sends nine octets":      func(p *peer) { p.reads(10); p.sends(greeting(1)[:9]) },
		"the peer reads no version":       func(p *peer) { p.reads(10); p.sends(greeting(1)[:10]) },
		"the peer sends no READY":         func(p *peer) { p.reads(10); p.sends(greeting(1)); p.reads(54); p.frame() },
		"the peer reads no READY":         func(p *peer) { p.reads(10); p.sends(hello(1)) },
		"the peer dribbles": func(p *peer) {
			p.reads(10)
			for _, b := range greeting(1)[:9] {
				p.sends([]byte{b})
				pass(3 * time.Second)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				r.cfg.HandshakeInterval = interval
				p := r.dialed()
				talk(p)
				pass(interval - 1 - time.Since(r.born))
				r.wantUp("a nanosecond is left")
				pass(1)
				loss := r.wantLoss("the time is over")
				require.ErrorIs(t, loss.Reason, codec.ErrHandshakeTimeout)
				var he *codec.HandshakeError
				require.ErrorAs(t, loss.Reason, &he)
				require.Equal(t, "pipe", he.Remote)
				require.EqualError(t, loss.Reason, "handshake: handshake timed out")
				require.False(t, loss.Shaken)
				require.Equal(t, loss.Reason, r.wantStopped("the strategy said so"))
				p.wantClosed("the connection goes with it")
			})
		})
	}
}

// TestHandshakeIntervalIsOverWithIt leaves a connection alone for long after its handshake, in each direction.
func TestHandshakeIntervalIsOverWithIt(t *testing.T) {
	for _, interval := range []time.Duration{0, time.Second} {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			r.cfg.HandshakeInterval = interval
			p := r.dialed()
			if interval == 0 {
				pass(24 * time.Hour) // no bound
			}
			p.shakes()
			pass(24 * time.Hour)
			r.push(wire.NewMessage("late"))
			p.wantMessage("no deadline is left on writes", "late")
			p.sends(encoded(wire.NewMessage("late, too")))
			r.wantIn("nor on reads", "late, too")
		})
	}
}

// TestHandshakeRefused has peers that no conversation is possible with. All are protocol errors but for a peer that just goes.
func TestHandshakeRefused(t *testing.T) {
	wrongMechanism := bytes.Replace(greeting(1), []byte("NULL\x00"), []byte("PLAIN"), 1)
	for name, c := range map[string]struct {
		octets []byte
		words  string // part of the reason
	}{
		"http":            {[]byte("GET / HTTP/1.1\r\n\r\n"), "no ZMTP at all"},
		"zeros":           {make([]byte, 64), "no ZMTP at all"},
		"ZMTP 1.0":        {[]byte("\xFF\x00\x00\x00\x00\x00\x00\x00\x01\x00"), "ZMTP 1.0"},
		"versioned 1.0":   {[]byte("\xFF\x00\x00\x00\x00\x00\x00\x00\x01\x7F\x00"), "ZMTP 1.0"},
		"huge 2.0 name":   {[]byte("\xFF\x00\x00\x00\x00\x00\x00\x00\x01\x7F\x01\x07\x02\x00\x00\x00\x00\x00\x00\x01\x00"), "beyond the limit"},
		"mechanism":       {wrongMechanism, "mechanism"},
		"wrong type":      {append(greeting(1), ready(wire.TypeSub)...), `does not work with the peer's type "SUB"`},
		"ERROR":           {wire.Error{Reason: "400"}.AppendTo(greeting(1)), "400"},
		"no READY":        {wire.Ping{}.AppendTo(greeting(1)), ""},
		"bad metadata":    {append(greeting(1), "\x04\x07\x05READY\x01"...), ""},
		"a message":       {append(greeting(1), encoded(wire.NewMessage("hi"))...), ""},
		"a huge READY":    {append(greeting(1), "\x06\x00\x00\x00\x00\x80\x00\x00\x00"...), ""},
		"a huge identity": {wire.Ready{Metadata: wire.Metadata{{Name: "Identity", Value: strings.Repeat("i", 256)}}}.AppendTo(greeting(1)), "identity"},
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				r.cfg.Handshake.Accepts = func(peerType string) bool { return peerType == wire.TypePull }
				p := r.dialed()
				end := p.streams(c.octets, len(c.octets))
				_, err := io.Copy(io.Discard, p.conn)
				require.NoError(t, err, "the codec closes")
				require.NoError(t, end())
				loss := r.wantLoss("the peer is refused")
				isProtocol(t, loss.Reason, name)
				require.ErrorContains(t, loss.Reason, c.words)
				require.ErrorAs(t, loss.Reason, new(*codec.HandshakeError))
				require.False(t, loss.Shaken)
			})
		})
	}
}

// TestPeerLeavesDuringHandshake closes the connection after each octet of the handshake. That is a lost connection, no protocol error: a dialer
// comes back.
func TestPeerLeavesDuringHandshake(t *testing.T) {
	whole := hello(1)
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t).restarting()
		r.start()
		for n := range len(whole) {
			p := <-r.peers
			end := p.streams(whole[:n], max(n, 1))
			p.reads(10)
			if n >= 10 {
				p.reads(1)
			}
			if n >= 11 {
				p.reads(53)
			}
			if n >= 64 {
				p.frame()
			}
			require.NoError(t, end())
			p.leaves()
			loss := r.wantLoss("the peer left")
			require.ErrorIs(t, loss.Reason, io.ErrUnexpectedEOF, "after %d octets", n)
			require.ErrorAs(t, loss.Reason, new(*codec.HandshakeError))
			switch {
			case n == 0:
				require.EqualError(t, loss.Reason, "handshake: the peer hung up without a word: unexpected EOF")
			case n < 64:
				require.ErrorContains(t, loss.Reason, "hung up amid its greeting, as one does that wants another mechanism than NULL")
			default:
				require.ErrorContains(t, loss.Reason, "hung up amid the handshake over NULL")
			}
			require.False(t, loss.Shaken)
		}
		r.redialed().wantIdle("a whole handshake works")
		require.Equal(t, strings.Repeat("down ", len(whole))+"up", r.host.told())
	})
}

// An unnamedConn has no addresses, as a transport may have it: nil, or what an unnamed unix socket says.
type unnamedConn struct {
	net.Conn
	addr net.Addr
}

// LocalAddr implements net.Conn.
func (c unnamedConn) LocalAddr() net.Addr { return c.addr }

// RemoteAddr implements net.Conn.
func (c unnamedConn) RemoteAddr() net.Addr { return c.addr }

// TestUnnamedPeer connects over transports that do not name their ends.
func TestUnnamedPeer(t *testing.T) {
	for _, addr := range []net.Addr{nil, &net.UnixAddr{Net: "unix"}, &net.UnixAddr{Net: "unix", Name: "@"}} {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			r.cfg.Open = func(ctx context.Context) (net.Conn, error) {
				conn, err := r.pipe(ctx)
				return unnamedConn{conn, addr}, err
			}
			r.connected()
			r.wantUp("a name is not needed")
			require.Equal(t, "unnamed", r.host.peers[0].Remote)
			require.Equal(t, "unnamed", r.host.peers[0].Local)
		})
	}
}

// TestPeerName has the owner word the peer's name, in what is reported of a peer that came up and of one that did not.
func TestPeerName(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t).restarting()
		r.cfg.PeerName = func(net.Conn) string { return fmt.Sprintf("peer %d", r.attempts.Load()) }
		r.dialed().leaves()
		var he *codec.HandshakeError
		require.ErrorAs(t, r.wantLoss("the peer left").Reason, &he)
		require.Equal(t, "peer 1", he.Remote)
		r.redialed().leaves()
		require.Equal(t, "peer 2", r.wantLoss("the next peer left").Peer.Remote)
	})
}
