package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// ignored are commands that come too late, or make no sense, behind a handshake.
var ignored = []string{
	"\x05ERROR\x03bad", "\x05ERROR", "\x05ERROR\x09bad", "\x05READY", "\x05READY\x0bSocket-Type\x00\x00\x00\x04PUSH", "\x05READY\x0bSocket-Type\x7f",
	"", "\x00", "\x09SUB", "\xffPING", "\x04NOPE", "\x04ping", "\x04PONGunasked", "\x04JOINgroup", "\x05HELLO", "\x08INITIATE", "\x07WELCOME",
}

// TestCommandsAreIgnored has a stranger send Weir's PULL, and libzmq's, commands that are of no use behind its handshake: nothing comes of them, and what it
// sends between them is received. One type will do: a codec knows of none.
func TestCommandsAreIgnored(t *testing.T) {
	say := func(s *scene, raw *rawPeer) {
		for n, command := range ignored {
			raw.write(append(frame(flagCommand, command), frame(0, string(numbered(n, 20).Bytes()))...))
		}
		raw.write(ping())
		require.True(s, raw.ponged(), "the connection lives")
	}
	overTable(t, only("PULL").binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.placeWeir()
		raw := dialRaw(s.ctx, t, s.endpoint)
		require.True(t, raw.handshake(p.partner))
		say(s, raw)
		for n := range ignored {
			require.Equal(t, n, numberOf(s.recv()))
		}
	})
	overTable(t, only("PUSH").dialing(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.placePeer()
		raw := dialRaw(s.ctx, t, s.endpoint)
		raw.write(hello(p.weir))
		s.peer.do(s.ctx, "wait", "HANDSHAKE", 1, waitMS) // before that libzmq may take a command for one of the handshake
		say(s, raw)
		s.peer.do(s.ctx, "recvn", 0, len(ignored), waitMS)
	})
}
