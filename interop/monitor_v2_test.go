package interop

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// Version 2 of a monitor's frames is a draft of libzmq's. No program that reads them could be found: libczmq's zmonitor and the bindings for node and Python
// read version 1. So Weir's are compared, octet by octet, with those that libzmq 4.3.5 sends where the same happens to it: that of npm's zeromq, which has
// its drafts.

// buildMonitor makes the module that plays the scenes of peer/monitor_v2.c, once. It is linked against libzmq where node finds it.
var buildMonitor = sync.OnceValues(func() (module string, err error) {
	dir := filepath.Join(scratch, "monitor")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	module, addon := filepath.Join(dir, "monitor_v2.node"), filepath.Join(dir, "addon.node") // as it calls itself
	if err := os.Symlink(drafts.command[2], addon); err != nil {
		return "", err
	}
	cmd := exec.Command("gcc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", module, filepath.Join("peer", "monitor_v2.c"), addon, "-Wl,-rpath,$ORIGIN")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the scenes of monitors do not build: %w\n%s", err, out)
	}
	return module, nil
})

// monitorReaders are the types that tell, and those that hear.
var monitorReaders = map[string]string{"PAIR": "pair", "PUSH": "pull", "PUB": "sub"}

// A told is what a monitor has told: its frames, message by message.
type told [][]string

// A versionScene is a scene of peer/monitor_v2.c, played by Weir's sockets. Owned by the test's goroutine.
type versionScene struct {
	*monitorScene
	version int
	teller  string
	told    map[string]told
}

// A versionWatch is a socket of it.
type versionWatch struct {
	scene  *versionScene
	name   string
	socket sided
	reader socket.Receiver
}

// watch makes a socket and its monitor.
func (s *versionScene) watch(name, typ string) *versionWatch {
	s.t.Helper()
	w := &versionWatch{scene: s, name: name, socket: newSided(s.t, s.rt, typ, socket.ReconnectInterval(reconnectIn), socket.Linger(0))}
	at := "inproc://" + name
	require.NoError(s.t, w.socket.Monitor(s.ctx, at, socket.MonitorAll, socket.MonitorVersion(s.version), socket.MonitorType(s.teller)))
	reader := newSided(s.t, s.rt, monitorReaders[s.teller])
	if sub, ok := reader.(*socket.Sub); ok {
		require.NoError(s.t, sub.Subscribe(""))
	}
	_, err := reader.Connect(s.ctx, at)
	require.NoError(s.t, err)
	require.NoError(s.t, reader.WaitPeers(s.ctx, 1))
	w.reader = reader.(socket.Receiver)
	return w
}

// until reads until an event was told so many times.
func (w *versionWatch) until(event socket.MonitorEvents, times int) {
	s := w.scene
	s.t.Helper()
	for times > 0 {
		m, err := w.reader.Recv(s.ctx)
		require.NoError(s.t, err, "%s: %s", w.name, s.told[w.name])
		var frames []string
		for _, f := range m.All() {
			frames = append(frames, string(f))
		}
		s.told[w.name] = append(s.told[w.name], frames)
		if eventOf(frames) == event {
			times--
		}
	}
}

// eventOf is the event of a message, of either version.
func eventOf(frames []string) socket.MonitorEvents {
	if len(frames) == 2 {
		return socket.MonitorEvents(binary.NativeEndian.Uint16([]byte(frames[0])))
	}
	return socket.MonitorEvents(binary.NativeEndian.Uint64([]byte(frames[0])))
}

// end closes the socket and reads the rest.
func (w *versionWatch) end() {
	w.scene.t.Helper()
	require.NoError(w.scene.t, w.socket.Close(w.scene.ctx))
	w.until(socket.MonitorStopped, 1)
}

// play plays a scene, and returns where the server was bound.
func (s *versionScene) play(name string) (at string) {
	s.t.Helper()
	endpoint := "tcp://127.0.0.1:*"
	if name == "meet_ipc" {
		endpoint = "ipc://*"
	}
	server, client := s.watch("server", "pull"), s.watch("client", "push")
	ep, err := server.socket.Bind(s.ctx, endpoint)
	require.NoError(s.t, err)
	server.until(socket.MonitorListening, 1)
	_, err = client.socket.Connect(s.ctx, ep.String())
	require.NoError(s.t, err)
	client.until(socket.MonitorHandshakeSucceeded, 1)
	server.until(socket.MonitorHandshakeSucceeded, 1)
	if name == "server_goes" {
		server.end()
		client.until(socket.MonitorConnectRetried, 2)
		require.NoError(s.t, client.socket.Monitor(s.ctx, "", 0))
		client.end()
		return ep.String()
	}
	client.end()
	server.until(socket.MonitorDisconnected, 1)
	server.end()
	return ep.String()
}

// own are the events whose value belongs to the process, and is another each time: a descriptor, or a time that is random in part.
const own = socket.MonitorListening | socket.MonitorAccepted | socket.MonitorConnected | socket.MonitorDisconnected | socket.MonitorClosed |
	socket.MonitorConnectRetried

// anyTCP is an address of tcp: here that of the client.
var anyTCP = regexp.MustCompile(`^tcp://127\.0\.0\.1:\d+$`)

// common puts words in the place of what is another each time: values of the process's own, and addresses. Everything else stays as it was sent.
func (t told) common(server string) told {
	var out told
	for _, frames := range t {
		frames = slices.Clone(frames)
		first, text := 2, 3 // the value, and the first of the two endpoints
		if len(frames) == 2 {
			text = 1
			if eventOf(frames)&own != 0 {
				frames[0] = frames[0][:2] + "own."
			}
		} else if eventOf(frames)&own != 0 && len(frames[first]) == 8 {
			frames[first] = "its own."
		}
		for i := text; i < len(frames); i++ {
			switch {
			case frames[i] == server:
				frames[i] = "the server"
			case anyTCP.MatchString(frames[i]):
				frames[i] = "the client"
			}
		}
		out = append(out, frames)
	}
	return out
}

// TestMonitorFrames plays scenes among libzmq's sockets and among Weir's: their monitors send the same octets, in the same order.
func TestMonitorFrames(t *testing.T) {
	for _, c := range []struct {
		version       int
		teller, scene string
	}{
		{1, "PAIR", "meet"},
		{2, "PAIR", "meet"},
		{2, "PAIR", "meet_ipc"},
		{2, "PAIR", "server_goes"},
		{2, "PUSH", "meet"},
		{2, "PUB", "meet"},
	} {
		t.Run(fmt.Sprintf("version %d by a %s, %s", c.version, c.teller, c.scene), func(t *testing.T) {
			ctx, rt, _ := beginDraft(t)
			module, err := buildMonitor()
			require.NoError(t, err)
			cmd := exec.CommandContext(ctx, drafts.command[0], "-e", "require(process.argv[1])", module)
			cmd.Env = append(os.Environ(), fmt.Sprintf("VERSION=%d", c.version), "TYPE="+c.teller, "SCENE="+c.scene)
			var said bytes.Buffer
			cmd.Stderr = &said
			out, err := cmd.Output()
			require.NoError(t, err, "%s", said.String())
			at, theirs := "", map[string]told{}
			for line := range strings.Lines(string(out)) {
				fields := strings.Fields(line)
				if fields[0] == "endpoint" {
					at = fields[1]
					continue
				}
				var frames []string
				for _, f := range fields[1:] {
					frames = append(frames, unhex(t, f))
				}
				theirs[fields[0]] = append(theirs[fields[0]], frames)
			}
			s := &versionScene{
				monitorScene: &monitorScene{t: t, ctx: ctx, rt: rt}, version: c.version, teller: c.teller, told: map[string]told{},
			}
			ours := s.play(c.scene)
			require.Len(t, theirs, 2)
			for name := range theirs {
				require.Equal(t, theirs[name].common(at), s.told[name].common(ours), name)
			}
		})
	}
}

// unhex reads a frame as peer/monitor_v2.c prints it.
func unhex(t *testing.T, frame string) string {
	t.Helper()
	b, err := hex.DecodeString(strings.TrimPrefix(frame, "x"))
	require.NoError(t, err)
	return string(b)
}
