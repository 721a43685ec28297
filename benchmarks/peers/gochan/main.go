// Command gochan is the peer "go-channel" of the benchmarks: the scenarios of package rig on Go channels, where they apply. What Go itself can do
// within a process is the yardstick for inproc and for mailboxes.
//
// PUSH to PULL is one channel of 1000; REQ to REP two without a buffer; PUB to SUB a channel for each subscriber. With ctx=yes every send and receive
// selects on a context as well, as one who wants what Weir's calls have must do.
package main

import (
	"context"
	"strings"
	"sync"

	"github.com/weirmq/weir/benchmarks/rig"
)

// mark is the room of a channel, which is that of a high-water mark.
const mark = 1000

func main() { rig.Main("go-channel", rig.Modes(open)) }

// A peer is a world of named channels.
type peer struct {
	// Set by open, then read-only.
	ctx     context.Context // ends with the measurement
	end     context.CancelFunc
	withCtx bool

	mu    sync.Mutex
	bound map[string]*end // guarded by mu
}

// open makes the peer.
func open(r *rig.Run) (rig.Peer, error) {
	if r.Mode != "queue" && !strings.HasPrefix(r.Endpoint, "inproc:") || r.Curve {
		return nil, rig.ErrNotPlayed
	}
	p := &peer{withCtx: r.Ctx, bound: map[string]*end{}}
	p.ctx, p.end = context.WithCancel(context.Background())
	return p, nil
}

// Close ends the context.
func (p *peer) Close() error {
	p.end()
	return nil
}

// Proxy does not exist.
func (p *peer) Proxy(_, _ rig.Socket) error { return rig.ErrNotPlayed }

// Open makes an end.
func (p *peer) Open(s rig.Spec) (rig.Socket, error) {
	e := &end{peer: p, kind: s.Kind, body: s.Body, abandoned: make(chan struct{})}
	switch s.Kind {
	case rig.Push, rig.Pull, rig.Req, rig.Rep, rig.Pub, rig.Sub:
		return e, nil
	}
	return nil, rig.ErrNotPlayed
}

// Queue makes a channel.
func (p *peer) Queue(mark int) (push func(rig.Item), pop func() rig.Item) {
	c := make(chan rig.Item, mark)
	if !p.withCtx {
		return func(v rig.Item) { c <- v }, func() rig.Item { return <-c }
	}
	push = func(v rig.Item) {
		select {
		case c <- v:
		case <-p.ctx.Done():
		}
	}
	pop = func() (v rig.Item) {
		select {
		case v = <-c:
		case <-p.ctx.Done():
		}
		return v
	}
	return push, pop
}
