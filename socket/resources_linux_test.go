package socket_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

const (
	// idlePeerCost bounds the growth of the resident size for each, in bytes.
	idlePeerCost = 32 << 10
	// crowdEnv tells a child process of this test to be the crowd of peers, at the address it holds.
	crowdEnv = "WEIR_TEST_CROWD"
)

// TestCrowd is the child process of TestIdlePeers: raw peers that shake hands and then sit there until standard input ends.
func TestCrowd(t *testing.T) {
	addr := os.Getenv(crowdEnv)
	if addr == "" {
		return // an ordinary run: this is a role, not a test
	}
	var conns []net.Conn
	for range idlePeers {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		shake(t, conn)
		conns = append(conns, conn)
	}
	_, err := fmt.Println("shaken")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, os.Stdin)
	require.NoError(t, err)
	for _, conn := range conns {
		require.NoError(t, conn.Close())
	}
}

// Ten thousand idle peers on one bound socket at default marks grow the resident size by at most 32 kB each.
func TestIdlePeers(t *testing.T) {
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	require.Greater(t, limit.Max, uint64(idlePeers+100), "the limit of open files is too low for this test: raise it (ulimit -n)")
	ctx := t.Context() // so many handshakes take what they take
	rt := newRuntime(t)
	pull, err := socket.NewPull(rt, socket.Backlog(1000))
	require.NoError(t, err)
	ep, err := pull.Bind(ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)

	debug.FreeOSMemory()
	before := resident(t)
	crowd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestCrowd$", "-test.v")
	crowd.Env = append(os.Environ(), crowdEnv+"="+strings.TrimPrefix(ep.String(), "tcp://"))
	out, err := crowd.StdoutPipe()
	require.NoError(t, err)
	in, err := crowd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, crowd.Start())
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "shaken") {
			break
		}
	}
	require.NoError(t, pull.WaitPeers(ctx, idlePeers))
	grown := resident(t) - before
	t.Logf("%d idle peers: %d bytes each", idlePeers, grown/idlePeers)
	require.Less(t, grown/idlePeers, int64(idlePeerCost*memoryOverhead), "bytes a peer")
	require.NoError(t, in.Close())
	require.NoError(t, crowd.Wait())
}

// resident is the resident size of this process in bytes.
func resident(t *testing.T) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	var size, pages int64
	_, err = fmt.Sscan(string(b), &size, &pages)
	require.NoError(t, err)
	return pages * int64(os.Getpagesize())
}

// processorTime is what this process has used so far.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// An idle process, and a sender that waits at the mark, use no processor time: nothing spins and nothing polls. What is measured is the time that the
// process was given, so other load on the machine does not matter.
func TestWaitingCostsNothing(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pull, err := socket.NewPull(rt)
	require.NoError(t, err)
	ep, err := pull.Bind(ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	idle, err := socket.NewPush(rt)
	require.NoError(t, err)
	_, err = idle.Connect(ctx, ep.String())
	require.NoError(t, err)
	require.NoError(t, idle.WaitPeers(ctx, 1))

	full, err := socket.NewPush(rt, socket.SendHWM(1), socket.ReconnectInterval(time.Hour))
	require.NoError(t, err)
	_, err = full.Connect(ctx, "tcp://127.0.0.1:1")
	require.NoError(t, err)
	require.NoError(t, full.Send(ctx, socket.NewMessage("fills the queue")))
	blocked := make(chan error, 1)
	go func() { blocked <- full.Send(ctx, socket.NewMessage("waits")) }()

	const window = 500 * time.Millisecond
	used := window
	for i := 0; i < 5 && used >= window/50; i++ { // the runtime of Go may be tidying up after other tests: the least of several windows is what waiting costs
		debug.FreeOSMemory()
		before := processorTime(t)
		select {
		case err := <-blocked:
			require.FailNow(t, "the sender did not wait", "%v", err)
		case <-time.After(window):
		}
		used = processorTime(t) - before
	}
	require.Less(t, used, window/50, "processor time while everything waits")
	require.NoError(t, full.Set(ctx, socket.SendHWM(0)))
	require.NoError(t, <-blocked, "a wider mark wakes it")
}
