package interop

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// endpoints is what a socket of Weir's does with endpoints.
type endpoints interface {
	Bind(ctx context.Context, endpoint string) (*socket.Endpoint, error)
	BindListener(ctx context.Context, l net.Listener) (*socket.Endpoint, error)
	Connect(ctx context.Context, endpoint string, opts ...socket.EndpointOption) (*socket.Endpoint, error)
	ConnectConn(ctx context.Context, conn net.Conn, opts ...socket.EndpointOption) (*socket.Endpoint, error)
	Unbind(ctx context.Context, endpoint string) error
	Disconnect(ctx context.Context, endpoint string) error
	Close(ctx context.Context) error
	WaitPeers(ctx context.Context, n int) error
}

// accounts is what a socket of Weir's tells of itself.
type accounts interface {
	String() string
	Stats() socket.Stats
}

// An eventLog keeps the events of a runtime, for tests to wait for. The zero value is empty. Its methods are safe for concurrent use.
type eventLog struct {
	mu      sync.Mutex
	all     []socket.Event // guarded by mu
	changed chan struct{}  // guarded by mu: closed at the next event; nil while nobody waits
}

// add is given to the runtime.
func (l *eventLog) add(e socket.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, e)
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// look returns the events so far that match, and a channel that is closed at the next event of any kind.
func (l *eventLog) look(match func(socket.Event) bool) ([]socket.Event, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []socket.Event
	for _, e := range l.all {
		if match(e) {
			found = append(found, e)
		}
	}
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return found, l.changed
}

// of are the events of one kind so far.
func (l *eventLog) of(kind socket.EventKind) []socket.Event {
	found, _ := l.look(func(e socket.Event) bool { return e.Kind == kind })
	return found
}

// wait waits until n events match, and returns the nth.
func (l *eventLog) wait(ctx context.Context, t *testing.T, n int, match func(socket.Event) bool) socket.Event {
	t.Helper()
	for {
		found, changed := l.look(match)
		if len(found) >= n {
			return found[n-1]
		}
		select {
		case <-changed:
		case <-ctx.Done():
			require.NoError(t, ctx.Err(), "event %d has not come; so far:\n%s", n, l)
		}
	}
}

// waitKind waits until there are n events of a kind, and returns the nth.
func (l *eventLog) waitKind(ctx context.Context, t *testing.T, n int, kind socket.EventKind) socket.Event {
	t.Helper()
	return l.wait(ctx, t, n, func(e socket.Event) bool { return e.Kind == kind })
}

// String is the whole log, an event a line.
func (l *eventLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, e := range l.all {
		fmt.Fprintln(&b, e)
	}
	return b.String()
}

// newRuntime starts a runtime that ends with the test: by then whatever its sockets had to send has been sent, so Shutdown must have no complaint.
func newRuntime(t *testing.T, opts ...socket.RuntimeOption) (*socket.Runtime, *eventLog) {
	t.Helper()
	events := new(eventLog)
	rt, err := socket.NewRuntime(append(opts, socket.WithEvents(events.add))...)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("events:\n%s", events)
		}
		if err := rt.Shutdown(ending(t)); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return rt, events
}
