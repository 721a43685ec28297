package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// raws are the pairings in which somebody is a ROUTER with ROUTER_RAW, which libzmq has kept beside STREAM.
func raws() []*kind {
	var rows []*kind
	for _, types := range [][2]string{{"ROUTER", "STREAM"}, {"STREAM", "ROUTER"}, {"ROUTER", "ROUTER"}} {
		k := routed(types[0], types[1])
		if k.weir == "ROUTER" {
			k.weirOpts = []socket.Option{socket.RouterRaw(true), socket.RouterMandatory(true)}
		}
		if k.partner == "ROUTER" {
			k.peerOpts = []string{"raw=1", "mandatory=1"}
		}
		rows = append(rows, k)
	}
	return rows
}

// rawEvent wants the next thing that Weir's side hears of a raw connection, a Stream's or a Router's, and returns the id of the connection, and data.
func (s *scene) rawEvent(kind socket.StreamEventKind) (id, data string) {
	s.Helper()
	e := socket.StreamEventOf(s.recv())
	require.Equal(s, kind, e.Kind)
	return e.ID, string(e.Data)
}

// TestRouterRaw has a ROUTER with ROUTER_RAW talk to the other side's STREAM, and to one like itself: both hear of the connection and of data, and Weir's
// side hangs up.
func TestRouterRaw(t *testing.T) {
	for _, k := range raws() {
		overStreams(t, k, func(s *scene) {
			here, data := s.rawEvent(socket.StreamUp)
			require.Empty(s, data)
			require.Len(s, here, 5)
			there, notice := s.peerChunk()
			require.Empty(s, notice)
			s.says(here, "GET /\n\n")
			id, data := s.peerChunk()
			require.Equal(s, there+"GET /\n\n", id+data)
			s.peerSays(there, "HTTP/1.0 200 OK")
			id, data = s.rawEvent(socket.StreamData)
			require.Equal(s, here+"HTTP/1.0 200 OK", id+data)
			s.says(here, "bye")
			s.says(here, "")
			id, data = s.peerChunk()
			require.Equal(s, there+"bye", id+data)
			id, data = s.peerChunk()
			require.Equal(s, there, id+data, "an empty data frame at the end")
		})
	}
}

// TestRouterRawIsHungUpOn has libzmq's side of such a connection hang up behind its last data.
func TestRouterRawIsHungUpOn(t *testing.T) {
	for _, k := range raws() {
		overStreams(t, k, func(s *scene) {
			here, _ := s.rawEvent(socket.StreamUp)
			there, _ := s.peerChunk()
			s.peerSays(there, "bye")
			id, data := s.rawEvent(socket.StreamData)
			require.Equal(s, here+"bye", id+data)
			s.peerSays(there, "")
			s.idle()
			id, data = s.rawEvent(socket.StreamDown)
			require.Equal(s, here, id+data)
		})
	}
}
