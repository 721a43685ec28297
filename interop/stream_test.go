package interop

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// overStreams runs a case in which somebody is a STREAM, or a ROUTER with ROUTER_RAW: over tcp, whoever binds. A libzmq STREAM tells its monitor of no
// handshake, so nobody waits for one.
func overStreams(t *testing.T, k *kind, f func(s *scene), opts ...socket.Option) {
	for _, weirBinds := range []bool{true, false} {
		p := pairing{kind: k, place: places[0], weirBinds: weirBinds}
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			s := newScene(begin(t, libzmq), t, p, setup{weir: opts})
			s.place()
			f(s)
		})
	}
}

// stream is Weir's socket, a Stream.
func (s *scene) stream() *socket.Stream { return s.weir.(*socket.Stream) }

// event wants the next event of Weir's Stream to be of a kind.
func (s *scene) event(kind socket.StreamEventKind) socket.StreamEvent {
	s.Helper()
	e, err := s.stream().Next(s.ctx)
	require.NoError(s, err)
	require.Equal(s, kind, e.Kind)
	return e
}

// peerChunk receives an id and data on libzmq's side, where it is a STREAM.
func (s *scene) peerChunk() (id, data string) {
	s.Helper()
	idWord, dataWord, ok := strings.Cut(s.peer.do(s.ctx, "recv", waitMS), " ")
	require.True(s, ok)
	return s.bytesOf(idWord), s.bytesOf(dataWord)
}

// bytesOf is the short frame that a word stands for.
func (s *scene) bytesOf(word string) string {
	s.Helper()
	if word == "-" {
		return ""
	}
	b, err := hex.DecodeString(strings.TrimPrefix(word, "x"))
	require.NoError(s, err)
	return string(b)
}

// idle has libzmq wait for messages until Weir's side has something to receive: libzmq ends a connection in the course of its socket's calls, more than one
// where its other thread is late.
func (s *scene) idle() {
	s.Helper()
	poller := socket.NewPoller()
	require.NoError(s, poller.Add(s.weir.(socket.Socket), socket.PollIn))
	for len(poller.Poll()) == 0 {
		s.peer.order("recv", 100)
		s.peer.next(s.ctx)
	}
}

// TestStreams has a STREAM of each side talk to the other's: both hear of the connection, of data, and of the end that Weir's side makes.
func TestStreams(t *testing.T) {
	overStreams(t, routed("STREAM", "STREAM"), func(s *scene) {
		up := s.event(socket.StreamUp)
		require.Len(s, up.ID, 5)
		require.Equal(s, up.ID, s.stream().LastID())
		there, notice := s.peerChunk()
		require.Empty(s, notice)
		require.NoError(s, s.stream().Write(s.ctx, up.ID, []byte("GET /\n\n")))
		id, data := s.peerChunk()
		require.Equal(s, there, id)
		require.Equal(s, "GET /\n\n", data)
		s.peerSays(there, "HTTP/1.0 200 OK")
		e := s.event(socket.StreamData)
		require.Equal(s, up.ID, e.ID)
		require.Equal(s, "HTTP/1.0 200 OK", string(e.Data))
		require.Equal(s, up.Peer, e.Peer)
		require.NoError(s, s.stream().Write(s.ctx, up.ID, []byte("bye")))
		require.NoError(s, s.stream().Hangup(up.ID))
		id, data = s.peerChunk()
		require.Equal(s, there+"bye", id+data)
		id, data = s.peerChunk()
		require.Equal(s, there, id+data, "an empty data frame at the end")
	})
}

// TestStreamIsHungUpOn has libzmq's STREAM close the connection with an empty data frame behind its last data.
func TestStreamIsHungUpOn(t *testing.T) {
	overStreams(t, routed("STREAM", "STREAM"), func(s *scene) {
		id := s.event(socket.StreamUp).ID
		there, _ := s.peerChunk()
		s.peerSays(there, "bye")
		require.Equal(s, "bye", string(s.event(socket.StreamData).Data))
		s.peer.order("send", waitMS, texts(there, ""))
		s.peer.okay(s.ctx)
		s.idle()
		require.Equal(s, id, s.event(socket.StreamDown).ID)
	})
}

// TestStreamSpeaksZMTP has Weir's STREAM shake hands by hand with libzmq's DEALER, and exchange a message.
func TestStreamSpeaksZMTP(t *testing.T) {
	overStreams(t, routed("STREAM", "DEALER"), func(s *scene) {
		id := s.event(socket.StreamUp).ID
		h := wire.NewHandshake(wire.HandshakeConfig{SocketType: wire.TypeRouter})
		require.NoError(s, s.stream().Write(s.ctx, id, h.Start()))
		var rest []byte
		for !h.Done() {
			e := s.event(socket.StreamData)
			used, reply, err := h.Receive(e.Data)
			require.NoError(s, err)
			rest = e.Data[used:]
			require.NoError(s, s.stream().Write(s.ctx, id, reply))
		}
		require.Equal(s, "DEALER", h.Peer().SocketType)
		s.peerSays("Hello", "")
		for len(rest) < 9 {
			rest = append(rest, s.event(socket.StreamData).Data...)
		}
		require.Equal(s, "\x01\x05Hello\x00\x00", string(rest))
		require.NoError(s, s.stream().Write(s.ctx, id, []byte("\x00\x05World")))
		s.peerWants("World")
	})
}

// TestPeerStreamSpeaksZMTP has libzmq's STREAM shake hands by hand with Weir's DEALER, and exchange a message.
func TestPeerStreamSpeaksZMTP(t *testing.T) {
	overStreams(t, routed("DEALER", "STREAM"), func(s *scene) {
		id, notice := s.peerChunk()
		require.Empty(s, notice)
		h := wire.NewHandshake(wire.HandshakeConfig{SocketType: wire.TypeRouter})
		s.peerSays(id, string(h.Start()))
		for !h.Done() {
			_, data := s.peerChunk()
			used, reply, err := h.Receive([]byte(data))
			require.NoError(s, err)
			require.Len(s, data, used)
			if len(reply) > 0 {
				s.peerSays(id, string(reply))
			}
		}
		require.Equal(s, "DEALER", h.Peer().SocketType)
		s.says("Hello", "")
		_, data := s.peerChunk()
		require.Equal(s, "\x01\x05Hello\x00\x00", data)
		s.peerSays(id, "\x00\x05World")
		s.wants("World")
	})
}
