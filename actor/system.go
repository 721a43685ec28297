package actor

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	proto "github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/eventstream"
)

// A System is a tree of actors, and the root of it. It is safe for use by any number of goroutines. Make it with
// [NewSystem], which takes some milliseconds and some megabytes: one for a program is enough.
type System struct {
	// Set by NewSystem, then read-only.

	log      *slog.Logger
	onDead   func(DeadLetter) // nil: log
	onReport func(Failure)    // nil: log only
	proto    *proto.ActorSystem
	root     *root

	closeProto sync.Once // Shutdown may be called more than once, protoactor's may not
}

// NewSystem returns a system without actors. It starts no goroutine.
func NewSystem(opts ...SystemOption) *System {
	s := &System{log: slog.Default()}
	for _, opt := range opts {
		opt(s)
	}
	s.proto = proto.NewActorSystem(proto.WithLoggerFactory(func(*proto.ActorSystem) *slog.Logger {
		return slog.New(protoLog{s.log.Handler()})
	}))
	// Protoactor's own listeners on its event stream only log, and start a goroutine for a second at a dead letter of its
	// own. What they would log, we log in our words.
	s.proto.EventStream = eventstream.NewEventStream()
	s.root = newRoot(s)
	return s
}

// adopt implements [Parent].
func (s *System) adopt(name string, c *cell) error { return s.root.adopt(name, c) }

// Shutdown stops all actors, and waits until they have stopped: the top-level actors one after the other, the one started
// last first, each after everything below it. New ones are refused from now on, with [ErrStopped]. No goroutine of the
// system is left when it returns nil.
//
// If ctx ends before, all that are left are told to stop at once, and Shutdown returns an error that wraps that of ctx and
// names the top-level actors that are still running. It may be called again, to wait on. It must not be called in a
// handler, which would wait for itself.
func (s *System) Shutdown(ctx context.Context) error {
	cells := s.root.close()
	for i, c := range slices.Backward(cells) {
		c.post(stopOrder)
		select {
		case <-c.donec:
		case <-ctx.Done():
			return stillRunning(cells[:i+1], ctx.Err())
		}
	}
	s.closeProto.Do(s.proto.Shutdown)
	return nil
}

// stillRunning tells cells to stop, and returns the error that names those of them that have not.
func stillRunning(cells []*cell, err error) error {
	var paths []string
	for _, c := range slices.Backward(cells) {
		c.post(stopOrder)
		select {
		case <-c.donec:
		default:
			paths = append(paths, c.path)
		}
	}
	return fmt.Errorf("actor: still running: %s: %w", strings.Join(paths, ", "), err)
}
