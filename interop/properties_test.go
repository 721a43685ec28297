package interop

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestPropertiesOfPeers has both sides look at the properties of what the other sends: the same ones, but that libzmq tells an IPv4 address by itself.
func TestPropertiesOfPeers(t *testing.T) {
	overRouted(t, routed("ROUTER", "DEALER"), setup{peer: []string{"id=zmq", "metadata=X-color:red"}, weir: []socket.Option{socket.RoutingID("weir"), socket.Metadata("X-shape", "round")}},
		func(s *scene) {
			s.peerSays("a", "b")
			m := s.recv()
			for name, want := range map[string]string{
				"Socket-Type": "DEALER", "Identity": "zmq", "X-color": "red",
			} {
				got, ok := m.Property(name)
				require.True(s, ok, name)
				require.Equal(s, want, got, name)
			}
			for _, name := range []string{"User-Id", "Routing-Id", "x-color"} {
				_, ok := m.Property(name)
				require.False(s, ok, name)
			}
			address, ok := m.Property("Peer-Address")
			require.True(s, ok)
			s.says("zmq", "c")
			theirs := s.peer.do(s.ctx, "recv", waitMS, "Socket-Type", "Identity", "X-shape", "User-Id", "Peer-Address")
			prefix := texts("c") + " Socket-Type=ROUTER Identity=weir X-shape=round User-Id Peer-Address="
			switch s.pair.place.name {
			case "tcp":
				require.Contains(s, s.endpoint, "//127.")
				require.Regexp(s, `^127\.\d+\.\d+\.\d+$`, address)
				require.Regexp(s, "^"+prefix+`127\.\d+\.\d+\.\d+$`, theirs)
			case "ipc":
				require.Equal(s, fmt.Sprintf("localhost:%d:%d:%d", os.Getuid(), os.Getgid(), s.peer.cmd.Process.Pid), address)
				require.Equal(s, fmt.Sprintf("%slocalhost:%d:%d:%d", prefix, os.Getuid(), os.Getgid(), os.Getpid()), theirs)
			}
		})
}
