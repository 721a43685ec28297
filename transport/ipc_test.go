package transport_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/transport/transporttest"
)

// listenIPC binds a path without any expectation.
func listenIPC(t *testing.T, path string) (transport.Listener, error) {
	t.Helper()
	ln, err := transport.Listen(t.Context(), transport.Endpoint{Scheme: "ipc", Address: path}, transport.Options{})
	if err == nil {
		t.Cleanup(func() { _ = ln.Close() })
	}
	return ln, err
}

// leaveStale makes a socket file that nobody listens on, as a process leaves it that was killed.
func leaveStale(t *testing.T, path string) {
	t.Helper()
	ln, err := net.Listen("unix", path)
	require.NoError(t, err)
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, ln.Close())
	require.FileExists(t, path)
}

// TestIPCFileLives wants the socket file to come with the bind and go with the close.
func TestIPCFileLives(t *testing.T) {
	path := filepath.Join(transporttest.ShortDir(t), "socket")
	ln, err := listenIPC(t, path)
	require.NoError(t, err)
	require.Equal(t, "ipc://"+path, ln.Endpoint())
	transporttest.PairOn(t, ln, transport.Options{})
	require.NoError(t, ln.Close())
	require.NoFileExists(t, path)
	_, err = transporttest.Dial(t, "ipc://"+path, transport.Options{})
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestIPCRelativePath wants a relative path to stay as given, and its file to go even when the directory has changed.
func TestIPCRelativePath(t *testing.T) {
	dir := transporttest.ShortDir(t)
	t.Chdir(dir)
	ln, err := listenIPC(t, "here")
	require.NoError(t, err)
	require.Equal(t, "ipc://here", ln.Endpoint())
	transporttest.PairOn(t, ln, transport.Options{})
	t.Chdir(os.TempDir())
	require.NoError(t, ln.Close())
	require.NoFileExists(t, filepath.Join(dir, "here"))
}

// TestIPCStaleFile wants a file without a listener to be refused to dials, and replaced by a bind.
func TestIPCStaleFile(t *testing.T) {
	path := filepath.Join(transporttest.ShortDir(t), "socket")
	leaveStale(t, path)
	_, err := transporttest.Dial(t, "ipc://"+path, transport.Options{})
	require.ErrorIs(t, err, transport.ErrRefused)
	ln, err := listenIPC(t, path)
	require.NoError(t, err)
	transporttest.PairOn(t, ln, transport.Options{})
}

// TestIPCStaleFileOneWinner wants one of many binds of a stale path to win, and to work. It takes many rounds for two
// binds to meet at the worst moment.
func TestIPCStaleFileOneWinner(t *testing.T) {
	path := filepath.Join(transporttest.ShortDir(t), "socket")
	for range 50 {
		leaveStale(t, path)
		race(t, path)
		require.NoFileExists(t, path)
	}
}

// race binds a path from many goroutines at once, dials the winner and closes it.
func race(t *testing.T, path string) {
	t.Helper()
	const binds = 8
	var (
		all   sync.WaitGroup
		start = make(chan struct{})
		won   = make(chan transport.Listener, binds)
		lost  = make(chan error, binds)
	)
	for range binds {
		all.Go(func() {
			<-start
			ln, err := transport.Listen(t.Context(), transport.Endpoint{Scheme: "ipc", Address: path}, transport.Options{})
			if err != nil {
				lost <- err
				return
			}
			won <- ln
		})
	}
	close(start)
	all.Wait()
	close(won)
	winners := 0
	for ln := range won {
		winners++
		conn, err := transport.Dial(t.Context(), transport.Endpoint{Scheme: "ipc", Address: path}, transport.Options{})
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.NoError(t, ln.Close())
	}
	require.Equal(t, 1, winners)
	for range binds - 1 {
		require.ErrorIs(t, <-lost, transport.ErrAddrInUse)
	}
}

// TestIPCNeverDeletesOtherFiles wants whatever is no socket to be left alone.
func TestIPCNeverDeletesOtherFiles(t *testing.T) {
	dir := transporttest.ShortDir(t)
	text := filepath.Join(dir, "letter")
	require.NoError(t, os.WriteFile(text, []byte("dear"), 0o600))
	_, err := listenIPC(t, text)
	require.ErrorIs(t, err, transport.ErrAddrInUse)
	kept, err := os.ReadFile(text)
	require.NoError(t, err)
	require.Equal(t, "dear", string(kept))

	_, err = listenIPC(t, dir)
	require.ErrorIs(t, err, transport.ErrAddrInUse)
	require.DirExists(t, dir)
}

// TestIPCLeavesSuccessorAlone wants a close not to remove a file that somebody else has put in the place of ours.
func TestIPCLeavesSuccessorAlone(t *testing.T) {
	path := filepath.Join(transporttest.ShortDir(t), "socket")
	first, err := listenIPC(t, path)
	require.NoError(t, err)
	require.NoError(t, os.Rename(path, path+".old")) // and not removed: the number of a removed file may come again
	second, err := listenIPC(t, path)
	require.NoError(t, err)
	require.NoError(t, first.Close())
	require.FileExists(t, path)
	transporttest.PairOn(t, second, transport.Options{})
}

// TestIPCSecondCloseLeavesSuccessorAlone closes a listener again after another took its path. File systems like to give
// the number of a removed file to the next one, so that the two look the same.
func TestIPCSecondCloseLeavesSuccessorAlone(t *testing.T) {
	path := filepath.Join(transporttest.ShortDir(t), "socket")
	for range 10 {
		first, err := listenIPC(t, path)
		require.NoError(t, err)
		require.NoError(t, first.Close())
		second, err := listenIPC(t, path)
		require.NoError(t, err)
		require.ErrorIs(t, first.Close(), net.ErrClosed)
		require.FileExists(t, path)
		transporttest.PairOn(t, second, transport.Options{})
		require.NoError(t, second.Close())
	}
}

// TestIPCErrors wants each failure under its sentinel.
func TestIPCErrors(t *testing.T) {
	_, err := listenIPC(t, filepath.Join(transporttest.ShortDir(t), "no", "such", "directory"))
	require.ErrorIs(t, err, fs.ErrNotExist)

	long := transport.Endpoint{Scheme: "ipc", Address: strings.Repeat("x", 108)}
	require.ErrorIs(t, transport.CheckBind(long), transport.ErrNameTooLong)
	require.ErrorIs(t, transport.CheckConnect(long), transport.ErrNameTooLong)
	_, err = transport.Dial(t.Context(), long, transport.Options{})
	require.ErrorIs(t, err, transport.ErrNameTooLong)
	require.NotErrorIs(t, err, transport.ErrSyntax)
	_, err = listenIPC(t, long.Address)
	require.ErrorIs(t, err, transport.ErrNameTooLong)
}

// TestIPCWildcard wants a directory of its own, in the place that the environment names, for the owner alone, and gone
// after the close.
func TestIPCWildcard(t *testing.T) {
	dirs := map[string]string{}
	nowhere := filepath.Join(transporttest.ShortDir(t), "file")
	require.NoError(t, os.WriteFile(nowhere, nil, 0o600))
	for _, name := range []string{"TMPDIR", "TEMPDIR", "TMP"} {
		dirs[name] = transporttest.ShortDir(t)
		t.Setenv(name, dirs[name])
	}
	for _, name := range []string{"TMPDIR", "TEMPDIR", "TMP"} {
		ln, err := listenIPC(t, "*")
		require.NoError(t, err)
		path := strings.TrimPrefix(ln.Endpoint(), "ipc://")
		require.Equal(t, "socket", filepath.Base(path))
		own := filepath.Dir(path)
		require.Equal(t, dirs[name], filepath.Dir(own))
		transporttest.PairOn(t, ln, transport.Options{})
		require.NoError(t, ln.Close())
		require.NoDirExists(t, own)
		t.Setenv(name, nowhere) // what is no directory is passed over
		nowhere = filepath.Join(dirs[name], "missing")
	}
}

// TestIPCWildcardNowhere binds where the environment names no directory, in whichever way: the socket is in the system's.
func TestIPCWildcardNowhere(t *testing.T) {
	file := filepath.Join(transporttest.ShortDir(t), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, nowhere := range []string{"", filepath.Join(filepath.Dir(file), "missing"), file} {
		for _, name := range []string{"TMPDIR", "TEMPDIR", "TMP"} {
			t.Setenv(name, nowhere)
		}
		ln, err := listenIPC(t, "*")
		require.NoError(t, err, "%q", nowhere)
		path := strings.TrimPrefix(ln.Endpoint(), "ipc://")
		require.True(t, filepath.IsAbs(path), path)
		transporttest.PairOn(t, ln, transport.Options{})
		require.NoError(t, ln.Close())
		require.NoDirExists(t, filepath.Dir(path))
	}
}

// TestFirstDirectory wants the current directory where there is no other.
func TestFirstDirectory(t *testing.T) {
	dir := transporttest.ShortDir(t)
	require.Equal(t, dir, transport.FirstDirectory("", filepath.Join(dir, "missing"), dir, "/"))
	require.Equal(t, ".", transport.FirstDirectory("", filepath.Join(dir, "missing")))
}

// TestIPCWildcardTooLong wants nothing to be left behind where the directory's name is too long for a socket in it.
func TestIPCWildcardTooLong(t *testing.T) {
	deep := filepath.Join(transporttest.ShortDir(t), strings.Repeat("d", 100))
	require.NoError(t, os.Mkdir(deep, 0o700))
	t.Setenv("TMPDIR", deep)
	_, err := listenIPC(t, "*")
	require.ErrorIs(t, err, transport.ErrNameTooLong)
	left, err := os.ReadDir(deep)
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestIPCSystemErrorIsThere wants the error of the operating system beside the sentinel.
func TestIPCSystemErrorIsThere(t *testing.T) {
	path := filepath.Join(transporttest.ShortDir(t), "socket")
	_, err := listenIPC(t, path)
	require.NoError(t, err)
	_, err = listenIPC(t, path)
	require.ErrorIs(t, err, transport.ErrAddrInUse)
	inner, ok := errors.AsType[*os.SyscallError](err)
	require.True(t, ok)
	require.Equal(t, "bind", inner.Syscall)
	require.Equal(t, "transport: listen ipc://"+path+": "+inner.Error(), err.Error())
}
