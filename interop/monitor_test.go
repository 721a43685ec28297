package interop

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// monitorWords are libzmq's names of the events of a monitor.
var monitorWords = map[socket.MonitorEvents]string{
	socket.MonitorConnected: "CONNECTED", socket.MonitorConnectDelayed: "CONNECT_DELAYED", socket.MonitorConnectRetried: "CONNECT_RETRIED",
	socket.MonitorListening: "LISTENING", socket.MonitorBindFailed: "BIND_FAILED", socket.MonitorAccepted: "ACCEPTED",
	socket.MonitorAcceptFailed: "ACCEPT_FAILED", socket.MonitorClosed: "CLOSED", socket.MonitorCloseFailed: "CLOSE_FAILED",
	socket.MonitorDisconnected: "DISCONNECTED", socket.MonitorStopped: "MONITOR_STOPPED",
	socket.MonitorHandshakeFailedNoDetail: "HANDSHAKE_FAILED_NO_DETAIL", socket.MonitorHandshakeSucceeded: "HANDSHAKE_SUCCEEDED",
	socket.MonitorHandshakeFailedProtocol: "HANDSHAKE_FAILED_PROTOCOL", socket.MonitorHandshakeFailedAuth: "HANDSHAKE_FAILED_AUTH",
}

// A monitorScene is a scene of peer/monitor.py, played by Weir's sockets. Owned by the test's goroutine.
type monitorScene struct {
	t    *testing.T
	ctx  context.Context
	rt   *socket.Runtime
	told map[string][]string // what each monitor has told
}

// A watched is a socket of a scene and its monitor.
type watched struct {
	scene   *monitorScene
	name    string
	socket  socket.Socket
	monitor *socket.Pair
}

// watch makes a socket's monitor, and a reader.
func (s *monitorScene) watch(name string, of interface {
	socket.Socket
	Monitor(ctx context.Context, endpoint string, events socket.MonitorEvents, opts ...socket.MonitorOption) error
},
) *watched {
	s.t.Helper()
	at := "inproc://monitor-" + name
	require.NoError(s.t, of.Monitor(s.ctx, at, socket.MonitorAll))
	pair, err := socket.NewPair(s.rt)
	require.NoError(s.t, err)
	_, err = pair.Connect(s.ctx, at)
	require.NoError(s.t, err)
	require.NoError(s.t, pair.WaitPeers(s.ctx, 1))
	return &watched{scene: s, name: name, socket: of, monitor: pair}
}

// until reads until an event was told so many times in all.
func (w *watched) until(name string, times int) {
	s := w.scene
	s.t.Helper()
	is := func(word string) bool { return word == name || strings.HasPrefix(word, name+"=") }
	for {
		n := 0
		for _, word := range s.told[w.name] {
			if is(word) {
				n++
			}
		}
		if n >= times {
			return
		}
		m, err := w.monitor.Recv(s.ctx)
		require.NoError(s.t, err, "%s: %s", w.name, s.told[w.name])
		s.told[w.name] = append(s.told[w.name], monitorWord(s.t, m))
	}
}

// monitorWord is an event in the words of peer/monitor.py.
func monitorWord(t *testing.T, m socket.Message) string {
	t.Helper()
	require.Equal(t, 2, m.Len())
	head := m.Frame(0)
	require.Len(t, head, 6)
	event := socket.MonitorEvents(binary.NativeEndian.Uint16(head))
	word := monitorWords[event]
	if event == socket.MonitorHandshakeFailedProtocol || event == socket.MonitorHandshakeFailedAuth || event == socket.MonitorBindFailed {
		word += fmt.Sprintf("=%d", binary.NativeEndian.Uint32(head[2:]))
	}
	return word
}

// end closes the socket and reads the rest.
func (w *watched) end() {
	w.scene.t.Helper()
	require.NoError(w.scene.t, w.socket.Close(w.scene.ctx))
	w.until("MONITOR_STOPPED", 1)
}

// stop stops the monitor first, and then closes.
func (w *watched) stop() {
	w.scene.t.Helper()
	require.NoError(w.scene.t, w.socket.(*socket.Push).Monitor(w.scene.ctx, "", 0))
	w.end()
}

// bound is a PULL.
func (s *monitorScene) bound(endpoint string, opts ...socket.Option) (server *watched, at string) {
	s.t.Helper()
	pull, err := socket.NewPull(s.rt, opts...)
	require.NoError(s.t, err)
	server = s.watch("server", pull)
	ep, err := pull.Bind(s.ctx, endpoint)
	require.NoError(s.t, err)
	server.until("LISTENING", 1)
	return server, ep.String()
}

// connected is a PUSH.
func (s *monitorScene) connected(endpoint string, opts ...socket.Option) *watched {
	s.t.Helper()
	push, err := socket.NewPush(s.rt, append(opts, socket.ReconnectInterval(reconnectIn), socket.Linger(0))...)
	require.NoError(s.t, err)
	client := s.watch("client", push)
	_, err = push.Connect(s.ctx, endpoint)
	require.NoError(s.t, err)
	return client
}

// meet is both, once they have met.
func (s *monitorScene) meet(endpoint string) (server, client *watched) {
	s.t.Helper()
	server, at := s.bound(endpoint)
	client = s.connected(at)
	client.until("HANDSHAKE_SUCCEEDED", 1)
	server.until("HANDSHAKE_SUCCEEDED", 1)
	return server, client
}

// raw has somebody connect who says a few bytes, and perhaps hangs up.
func (s *monitorScene) raw(said string, hangUp bool) {
	s.t.Helper()
	server, at := s.bound("tcp://127.0.0.1:*")
	conn, err := net.Dial("tcp", strings.TrimPrefix(at, "tcp://"))
	require.NoError(s.t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte(said))
	require.NoError(s.t, err)
	if hangUp {
		require.NoError(s.t, conn.Close())
	}
	server.until("DISCONNECTED", 1)
	server.end()
}

// peerGoes has the connecting side close.
func (s *monitorScene) peerGoes(endpoint string) {
	server, client := s.meet(endpoint)
	client.end()
	server.until("DISCONNECTED", 1)
	server.end()
}

// monitorGreeting is a greeting of ZMTP 3.1 with the mechanism NULL, as that of peer/monitor.py.
var monitorGreeting = "\xff" + strings.Repeat("\x00", 8) + "\x7f\x03\x01NULL" + strings.Repeat("\x00", 16+1+31)

// monitorScenes are those of peer/monitor.py.
var monitorScenes = map[string]func(*monitorScene){
	"peer_goes":     func(s *monitorScene) { s.peerGoes("tcp://127.0.0.1:*") },
	"peer_goes_ipc": func(s *monitorScene) { s.peerGoes("ipc://*") },
	"server_goes": func(s *monitorScene) {
		server, client := s.meet("tcp://127.0.0.1:*")
		server.end()
		client.until("CONNECT_RETRIED", 3)
		client.stop()
	},
	"refused": func(s *monitorScene) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(s.t, err)
		require.NoError(s.t, l.Close())
		client := s.connected("tcp://" + l.Addr().String())
		client.until("CONNECT_RETRIED", 3)
		client.stop()
	},
	"another_mechanism": func(s *monitorScene) { s.raw(strings.Replace(monitorGreeting, "NULL", "FOO\x00", 1), false) },
	"another_command":   func(s *monitorScene) { s.raw(monitorGreeting+"\x04\x05\x04HELO", false) },
	"another_type": func(s *monitorScene) {
		s.raw(monitorGreeting+"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03PUB", false)
	},
	"end_in_handshake": func(s *monitorScene) { s.raw("", true) },
	"bind_failed": func(s *monitorScene) {
		other, err := socket.NewPull(s.rt)
		require.NoError(s.t, err)
		taken, err := other.Bind(s.ctx, "tcp://127.0.0.1:*")
		require.NoError(s.t, err)
		pull, err := socket.NewPull(s.rt)
		require.NoError(s.t, err)
		server := s.watch("server", pull)
		_, err = pull.Bind(s.ctx, taken.String())
		require.ErrorIs(s.t, err, socket.ErrAddrInUse)
		server.until("BIND_FAILED", 1)
		server.end()
	},
	"accept_failed": func(s *monitorScene) {
		server, at := s.bound("tcp://127.0.0.1:*", socket.TCPAcceptFilter("192.0.2.1"))
		conn, err := net.Dial("tcp", strings.TrimPrefix(at, "tcp://"))
		require.NoError(s.t, err)
		defer func() { _ = conn.Close() }()
		server.until("ACCEPT_FAILED", 1)
		server.end()
	},
	"wrong_password": func(s *monitorScene) {
		server, at := s.bound("tcp://127.0.0.1:*", socket.PlainServer(true), socket.ZapDomain("test"))
		client := s.connected(at, socket.PlainUsername("user"), socket.PlainPassword("wrong"))
		server.until("DISCONNECTED", 1)
		client.until("DISCONNECTED", 1)
		client.end()
		server.end()
	},
}

// TestMonitorSequences plays scenes among libzmq's sockets and among Weir's, whose monitors tell the same, in the same order.
func TestMonitorSequences(t *testing.T) {
	for name, play := range monitorScenes {
		t.Run(name, func(t *testing.T) {
			ctx := begin(t, pyzmq)
			var said bytes.Buffer
			cmd := exec.CommandContext(ctx, pyzmq.command[0], filepath.Join("peer", "monitor.py"), "scene", name)
			cmd.Stderr = &said
			out, err := cmd.Output()
			require.NoError(t, err, "%s", said.String())
			want := map[string][]string{}
			for line := range strings.Lines(string(out)) {
				words := strings.Fields(line)
				want[words[0]] = words[1:]
			}
			rt, _ := newRuntime(t, socket.WithAuthenticator(socket.AuthenticatorFunc(
				func(context.Context, socket.AuthRequest) (socket.AuthReply, error) { return socket.Deny("wrong"), nil })))
			s := &monitorScene{t: t, ctx: ctx, rt: rt, told: map[string][]string{}}
			play(s)
			require.NotEmpty(t, want)
			require.Equal(t, want, s.told)
		})
	}
}

// TestMonitorReadByLibzmq passes the events of a monitor on over tcp, by a Proxy, to a program that reads them with libzmq's own helper.
func TestMonitorReadByLibzmq(t *testing.T) {
	ctx := begin(t, pyzmq)
	rt, _ := newRuntime(t)
	pull, err := socket.NewPull(rt)
	require.NoError(t, err)
	require.NoError(t, pull.Monitor(ctx, "inproc://events", socket.MonitorAll))
	near, err := socket.NewPair(rt)
	require.NoError(t, err)
	_, err = near.Connect(ctx, "inproc://events")
	require.NoError(t, err)
	far, err := socket.NewPair(rt)
	require.NoError(t, err)
	bridge, err := far.Bind(ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	proxy, err := socket.StartProxy(near, far)
	require.NoError(t, err)
	defer func() { require.NoError(t, proxy.Terminate(ctx)) }()

	reader := exec.CommandContext(ctx, pyzmq.command[0], filepath.Join("peer", "monitor.py"), "read", bridge.String())
	var said bytes.Buffer
	reader.Stderr = &said
	out, err := reader.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, reader.Start())
	require.NoError(t, far.WaitPeers(ctx, 1))

	ep, err := pull.Bind(ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	push, err := socket.NewPush(rt)
	require.NoError(t, err)
	events := pull.Events(ctx)
	_, err = push.Connect(ctx, ep.String())
	require.NoError(t, err)
	require.NoError(t, push.WaitPeers(ctx, 1))
	require.NoError(t, push.Close(ctx))
	for e := range events {
		if e.Kind == socket.EventDisconnected {
			break
		}
	}
	require.NoError(t, pull.Close(ctx))
	var got []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		got = append(got, strings.TrimSpace(lines.Text()))
	}
	require.NoError(t, reader.Wait(), "%s", said.String())
	var want []string
	for _, word := range []string{"LISTENING", "ACCEPTED", "HANDSHAKE_SUCCEEDED", "DISCONNECTED", "CLOSED"} {
		want = append(want, word+" "+ep.String())
	}
	require.Equal(t, slices.Concat(want, []string{"MONITOR_STOPPED"}), got)
}
