package transport

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"sync"
)

// claiming lets one goroutine at a time find a path stale and bind it, so that of two binds of one stale path in this
// process exactly one wins.
var claiming sync.Mutex

// claim binds a path. A socket file that nobody listens on, left by a process that died, is replaced. A live one, and
// any other kind of file, is ErrAddrInUse. (libzmq removes the file unseen, so that a second bind takes the path away
// from the first.)
//
// Two processes that claim one stale path in the same instant can still both succeed, and then the later one has it:
// the file system offers no way to remove a file on condition that it is the one looked at.
func claim(ctx context.Context, path string, opts Options) (*net.UnixListener, error) {
	claiming.Lock()
	defer claiming.Unlock()
	ln, err := bindPath(ctx, path, opts)
	if !errors.Is(sentinelOf(err), ErrAddrInUse) || isAbstract(path) {
		return ln, err
	}
	if !isStale(ctx, path) {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return bindPath(ctx, path, opts)
}

// bindPath binds a path where nothing is.
func bindPath(ctx context.Context, path string, opts Options) (*net.UnixListener, error) {
	ln, err := opts.listenConfig().Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	return ln.(*net.UnixListener), nil
}

// isStale reports whether a path is a socket file without a listener. The way to learn it is to connect, which does not
// wait: whoever listens there sees a connection that closes at once. Any answer but a refusal means that somebody is
// there. (On macOS a listener whose queue is full refuses too. Nothing else tells the two apart.)
func isStale(ctx context.Context, path string) bool {
	file, err := os.Lstat(path)
	if err != nil || file.Mode().Type() != fs.ModeSocket {
		return false
	}
	conn, err := Options{}.dialer(nil).DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close()
		return false
	}
	return errors.Is(sentinelOf(err), ErrRefused)
}
