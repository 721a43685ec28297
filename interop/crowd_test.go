package interop

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

const (
	// liars announce a terabyte each.
	liars = 100
	// lieMost is what they may cost together, in bytes.
	lieMost = 50 << 20
	// silent connections say nothing.
	silent = 1000
)

// crowded is the pairing of these cases: a PULL bound to tcp, with a PUSH of libzmq's.
func crowded() pairing {
	return pairing{kind: kindOf("PULL"), place: places[0], weirBinds: true}
}

// memory is what the Go runtime holds in heap and stacks, in bytes, garbage included since the last collection.
func memory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// TestTerabyteAnnounced has a hundred peers announce a frame of a terabyte each and send a kilobyte of it: memory follows what has come, not what was
// announced, and a libzmq peer of the same socket goes on meanwhile. It runs alone, since it measures the process.
func TestTerabyteAnnounced(t *testing.T) {
	p := crowded()
	s := newScene(begin(t, libzmq), t, p, setup{})
	s.join()
	p.moves.many(s, 0, stint, 20)
	var peers []*rawPeer
	for range liars {
		raw := dialRaw(s.ctx, t, s.endpoint)
		require.True(t, raw.handshake(p.partner))
		peers = append(peers, raw)
	}
	runtime.GC()
	before := memory()
	for _, raw := range peers {
		raw.write(ping())
		raw.write(append(largeHeader(0, 1<<40), make([]byte, 1024)...))
	}
	for _, raw := range peers { // the header is right behind the PING that is answered here
		require.True(t, raw.ponged())
	}
	p.moves.many(s, stint, stint, 20)
	require.Less(t, memory()-before, int64(lieMost))
	require.Empty(t, s.events.of(socket.EventDisconnected), "there is no limit on size unless one is set")
}

// TestSilentConnections opens a thousand connections that say nothing: a libzmq peer that was there goes on, and one that comes now is served.
func TestSilentConnections(t *testing.T) {
	p := crowded()
	s := newScene(begin(t, libzmq), t, p, setup{})
	s.join()
	p.moves.many(s, 0, stint, 20)
	for range silent {
		dialRaw(s.ctx, t, s.endpoint)
	}
	p.moves.many(s, stint, stint, 20)
	s.peer.quit(s.ctx)
	s.openPeer()
	s.placePeer()
	s.meet()
	p.moves.many(s, 2*stint, stint, 20)
	require.Empty(t, s.events.of(socket.EventRefused), "nobody is turned away")
	require.Empty(t, s.events.of(socket.EventHandshakeFailed), "the silent ones are still within their time")
}
