package actor

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	proto "github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/eventstream"
)

// throughput is how many messages an actor handles before it lets other goroutines run.
const throughput = 300

// A System is a tree of actors, and the root of it. It is safe for use by any number of goroutines. Make it with
// [NewSystem], which takes some milliseconds and, for that time, some megabytes: one for a program is enough.
type System struct {
	// Set by NewSystem, then read-only.

	log      *slog.Logger
	onDead   func(DeadLetter) // nil: log
	onReport func(Failure)    // nil: log only
	labels   bool             // see WithProfileLabels
	proto    *proto.ActorSystem
	root     *root
	epoch    time.Time // when the system was made

	crew  *crew        // the goroutines of actors
	props *proto.Props // what protoactor spawns every actor from

	// Guarded by startMu: the cell that is being started, nil otherwise. Protoactor asks for a mailbox without saying for
	// which actor.

	startMu  sync.Mutex
	starting *cell

	roll roll // all actors there are

	closeProto sync.Once // Shutdown may be called more than once, protoactor's may not
}

// NewSystem returns a system without actors. It starts no goroutine; those that its actors have run in wait for more until
// [System.Shutdown]. A system that is made in a bubble of testing/synctest is to be used, and shut down, in there.
func NewSystem(opts ...SystemOption) *System {
	s := &System{log: slog.Default(), epoch: time.Now()}
	for _, opt := range opts {
		opt(s)
	}
	s.proto = proto.NewActorSystem(proto.WithLoggerFactory(func(*proto.ActorSystem) *slog.Logger {
		return slog.New(protoLog{s.log.Handler()})
	}))
	slim(s.proto.ProcessRegistry)
	// Protoactor's own listeners on its event stream only log, and start a goroutine for a second at a dead letter of its
	// own. What they would log, we log in our words.
	s.proto.EventStream = eventstream.NewEventStream()
	s.crew = newCrew(throughput)
	s.props = proto.PropsFromProducer(
		func() proto.Actor { return router{s} },
		proto.WithMailbox(func() proto.Mailbox { return s.starting }),
	)
	s.root = newRoot(s)
	return s
}

// registryBuckets is how many buckets protoactor's registry keeps, of 32 maps each, with a lock each. A divisor of the number that it is made with.
const registryBuckets = 8

// slim takes most of its buckets from a registry that is not in use yet. Protoactor makes 1024, which are 65,000 objects: whatever a program does,
// its garbage collector would have to look at all of them in each cycle, and that is more than all that Weir itself keeps.
func slim(registry *proto.ProcessRegistryValue) {
	all := registry.LocalPIDs.LocalPIDs
	for i, bucket := range all[registryBuckets:] {
		bucket.IterCb(func(id string, process any) { all[i%registryBuckets].Set(id, process) })
	}
	registry.LocalPIDs.LocalPIDs = slices.Clone(all[:registryBuckets])
}

// start starts c by calling spawn, with what protoactor is to spawn it from. One after the other in the whole system; it
// takes microseconds, and calls nothing of the user's.
func (s *System) start(c *cell, spawn func(*proto.Props) error) error {
	s.startMu.Lock()
	defer s.startMu.Unlock()
	s.starting = c
	defer func() { s.starting = nil }()
	s.roll.add(c)
	err := spawn(s.props)
	if err != nil {
		s.roll.remove(c)
	}
	return err
}

// adopt implements [Parent].
func (s *System) adopt(name string, c *cell) error { return s.root.adopt(name, c) }

// Shutdown stops all actors, and waits until they have stopped: the top-level actors one after the other, the one started
// last first, each after everything below it. New ones are refused from now on, with [ErrStopped]. No goroutine of the
// system stays when it returns nil: those that are left are on their way out.
//
// If ctx ends before, all that are left are told to stop at once, and Shutdown returns an error that wraps that of ctx and
// names the top-level actors that are still running, or ten of them. It may be called again, to wait on. It must not be called in a
// handler, which would wait for itself.
func (s *System) Shutdown(ctx context.Context) error {
	defer s.crew.close()
	cells := s.root.close()
	for i, c := range slices.Backward(cells) {
		c.post(stopOrder)
		select {
		case <-c.done():
		case <-ctx.Done():
			return stillRunning(cells[:i+1], ctx.Err())
		}
	}
	s.closeProto.Do(s.proto.Shutdown)
	return nil
}

// namesInError is how many actors the error of Shutdown names.
const namesInError = 10

// stillRunning tells cells to stop, and returns the error that names those of them that have not.
func stillRunning(cells []*cell, err error) error {
	var paths []string
	more := ""
	for _, c := range slices.Backward(cells) {
		c.post(stopOrder)
		select {
		case <-c.done():
		default:
			paths = append(paths, c.path)
		}
	}
	if n := len(paths) - namesInError; n > 0 {
		paths, more = paths[:namesInError], fmt.Sprintf(" and %d more", n)
	}
	return fmt.Errorf("actor: still running: %s%s: %w", strings.Join(paths, ", "), more, err)
}
