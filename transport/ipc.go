package transport

import (
	"context"
	"net"
	"os"
	"path/filepath"
)

// ipc is the row of sockets in the file system: an address is a path, absolute or relative. To bind, "*" makes a new
// path in a directory of its own. On Linux "@name" is a name without a file. Windows has this transport since
// Windows 10.
func ipc() Transport {
	return Transport{
		Scheme:       "ipc",
		Wildcard:     wildcard,
		checkBind:    checkBindPath,
		checkConnect: checkPath,
		canonical:    canonicalPath,
		dial:         dialIPC,
		listen:       listenIPC,
	}
}

// dialIPC makes one attempt to connect. A missing file is fs.ErrNotExist, one without a listener is ErrRefused.
func dialIPC(ctx context.Context, path string, opts Options) (net.Conn, error) {
	return opts.dialer(nil).DialContext(ctx, "unix", path)
}

// listenIPC binds a path, or for the wildcard a socket in a directory made for it.
func listenIPC(ctx context.Context, address string, opts Options) (Listener, error) {
	if address != wildcard {
		return listenPath(ctx, address, opts, nil)
	}
	dir, err := os.MkdirTemp(temporaryDirectory(), "weir-")
	if err != nil {
		return nil, err
	}
	removeDir := func() { _ = os.Remove(dir) }
	path := filepath.Join(dir, "socket")
	if err := checkPath(path); err != nil {
		removeDir()
		return nil, err
	}
	ln, err := listenPath(ctx, path, opts, removeDir)
	if err != nil {
		removeDir()
		return nil, err
	}
	return ln, nil
}

// listenPath binds a path. When the listener closes, the file goes, and then after is called, which may be nil.
func listenPath(ctx context.Context, path string, opts Options, after func()) (Listener, error) {
	ln, err := claim(ctx, path, opts)
	if err != nil {
		return nil, err
	}
	if err := setBacklog(ln, opts.backlog()); err != nil {
		_ = ln.Close()
		return nil, err
	}
	ln.SetUnlinkOnClose(false) // that would take away whatever is there by then
	remove := remover(path)
	undo := func() {
		remove()
		if after != nil {
			after()
		}
	}
	return &listener{Listener: ln, endpoint: "ipc" + separator + path, network: "unix", opts: opts, undo: undo}, nil
}

// remover looks at a socket file now and returns what takes it away later: that file, even if the process has changed
// its directory meanwhile, and no other that somebody put in its place.
func remover(path string) func() {
	if isAbstract(path) {
		return func() {}
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	bound, err := os.Lstat(path)
	return func() {
		if err != nil {
			return
		}
		if now, err := os.Lstat(path); err == nil && sameFile(bound, now) {
			_ = os.Remove(path)
		}
	}
}
