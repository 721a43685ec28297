package socket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/actor"
)

// A Runtime is the root of a tree of sockets: what libzmq calls a context. It runs the I/O actors and supervises the sockets. A process needs one;
// more do no harm, but inproc endpoints join only sockets of the same runtime. Safe for concurrent use.
type Runtime struct {
	// Set by NewRuntime, then read-only.
	sys        *actor.System
	log        *slog.Logger
	events     *hub
	workers    []*ioWorker
	reaper     *reaperState
	inproc     *inprocRegistry
	maxSockets int
	defaults   []Option // of new sockets
	door       doorman
	monitors   loopGroup     // the loops of monitors
	grace      time.Duration // for the stop of the actors after the sockets are closed
	started    time.Time

	lastSocket   atomic.Int64 // numbers of sockets and endpoints, for names
	lastEndpoint atomic.Int64

	books runtimeBook // of all sockets; has its own lock

	mu      sync.Mutex
	sockets map[*socket]struct{}   // guarded by mu
	open    int                    // guarded by mu: how many of them are applications'
	proxies map[string]*proxyState // guarded by mu: by the names of their actors
	closed  bool                   // guarded by mu
}

// A RuntimeOption sets one property of a new Runtime.
type RuntimeOption func(*runtimeOptions) error

// runtimeOptions are the settings of one runtime.
type runtimeOptions struct {
	log        *slog.Logger
	workers    int
	maxSockets int
	defaults   []Option
	onEvent    func(Event)
	labelled   bool
	auth       Authenticator // nil for none
	grace      time.Duration // bounds the end of what should be quick; only tests change it
}

// WithLogger makes the runtime log to l. Default: nothing is logged. libzmq has nothing like it.
func WithLogger(l *slog.Logger) RuntimeOption {
	return func(o *runtimeOptions) error {
		if l == nil {
			return badOption("WithLogger", l, "a logger")
		}
		o.log = l
		return nil
	}
}

// IOWorkers is the number of I/O actors, 0 to 64. Default 1. Each is a fault domain and a unit of account for the connections under it, not a thread:
// goroutines do the waiting. With 0, network transports return ErrNoIOWorker and inproc works. (ZMQ_IO_THREADS)
func IOWorkers(n int) RuntimeOption {
	return func(o *runtimeOptions) error {
		if n < 0 || n > 64 {
			return badOption("IOWorkers", n, "0 to 64")
		}
		o.workers = n
		return nil
	}
}

// NewRuntime starts a runtime. Shutdown ends it.
func NewRuntime(opts ...RuntimeOption) (*Runtime, error) {
	o := runtimeOptions{log: slog.New(slog.DiscardHandler), workers: 1, maxSockets: defaultMaxSockets, grace: shutdownGrace}
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			return nil, err
		}
	}
	rt := &Runtime{
		log: o.log, events: &hub{}, maxSockets: o.maxSockets, defaults: o.defaults,
		sockets: map[*socket]struct{}{}, proxies: map[string]*proxyState{}, inproc: newInprocRegistry(), grace: o.grace,
		started: time.Now(),
	}
	rt.events.open(o.log, o.onEvent)
	rt.door.rt, rt.door.auth = rt, o.auth
	system := []actor.SystemOption{actor.WithLogger(o.log), actor.WithDeadLetters(rt.onDeadLetter)}
	if o.labelled {
		system = append(system, actor.WithProfileLabels())
	}
	rt.sys = actor.NewSystem(system...)
	if err := rt.start(o.workers); err != nil {
		return nil, errors.Join(err, rt.sys.Shutdown(context.Background()))
	}
	return rt, nil
}

// start starts the reaper and the I/O actors.
func (rt *Runtime) start(workers int) error {
	rt.reaper = &reaperState{closing: map[*socket]*deadline{}}
	var err error
	rt.reaper.ref, err = actor.Spawn(rt.sys, "reaper", func() actor.Actor[reaperMessage] { return &reaper{reaperState: rt.reaper} })
	if err != nil {
		return err
	}
	for id := range workers {
		w := &ioWorker{id: id, rt: rt, stopping: map[string]*Endpoint{}}
		w.ref, err = actor.Spawn(rt.sys, workerName(id), func() actor.Actor[ioMessage] { return &ioActor{w} }, actor.WithStrategy(taskStrategy))
		if err != nil {
			return err
		}
		rt.workers = append(rt.workers, w)
	}
	return nil
}

// Shutdown closes all sockets and ends the runtime. What is queued for peers goes out within each socket's linger, and never later than ctx allows:
// at its end connections are closed and an *UnsentError lists what was left, per peer. That has what waits over inproc for a name that nobody has bound,
// too: nobody will, and it holds no Shutdown. Linger is without end unless it was set, so that a message whose peer never comes holds a Shutdown whose
// ctx has no end. When it returns nothing of the runtime is running. Shutting down twice is no error.
func (rt *Runtime) Shutdown(ctx context.Context) error {
	rt.mu.Lock()
	rt.closed = true
	var open []*socket
	for s := range rt.sockets {
		open = append(open, s)
	}
	rt.mu.Unlock()
	var (
		group  errgroup.Group
		mu     sync.Mutex
		unsent UnsentError
		others error
	)
	for _, s := range open {
		group.Go(func() error {
			err := s.close(ctx)
			mu.Lock()
			defer mu.Unlock()
			if u, ok := errors.AsType[*UnsentError](err); ok {
				unsent.Peers = append(unsent.Peers, u.Peers...)
			} else {
				others = errors.Join(others, err)
			}
			return nil
		})
	}
	_ = group.Wait()
	// Everything below is quick: no actor waits for anything but its own messages. A fault of ours must not hang the caller all the same.
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), rt.grace)
	defer cancel()
	others = errors.Join(others, rt.door.close(stop), rt.monitors.close(stop))
	if err := rt.sys.Shutdown(stop); err != nil {
		others = errors.Join(others, err)
	}
	unsent.Peers = append(unsent.Peers, rt.inproc.discard()...)
	rt.events.end("")
	if len(unsent.Peers) > 0 {
		return errors.Join(&unsent, others)
	}
	return others
}

// shutdownGrace bounds the stop of the actors after the sockets are closed.
const shutdownGrace = 5 * time.Second

// adopt gives s its name and its actor.
func (rt *Runtime) adopt(s *socket) error {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.closed {
		return ErrClosed
	}
	if rt.open >= rt.maxSockets && !s.typ.hidden {
		return fmt.Errorf("%w: MaxSockets is %d", ErrTooManySockets, rt.maxSockets)
	}
	s.name = fmt.Sprintf("%d-%s", rt.lastSocket.Add(1), strings.ToLower(s.typ.name))
	ref, err := actor.Spawn(rt.sys, "socket/"+s.name, func() actor.Actor[socketMessage] { return &socketActor{s} }, actor.WithLabels("socket", s.name))
	if err != nil {
		return err
	}
	s.ref = ref
	rt.sockets[s] = struct{}{}
	if !s.typ.hidden {
		rt.open++
		rt.books.add(s)
	}
	return nil
}

// disown forgets a socket that has closed.
func (rt *Runtime) disown(s *socket) {
	rt.mu.Lock()
	if _, ok := rt.sockets[s]; ok && !s.typ.hidden {
		rt.open--
	}
	delete(rt.sockets, s)
	rt.mu.Unlock()
	rt.books.retire(s)
	_ = rt.reaper.ref.Tell(&reaped{s}) // the reaper stops with the runtime
	rt.events.end(s.name)
	if m := s.monitor.Load(); m != nil {
		m.stop() // it waits for nobody any more
	}
}

// enlist notes a proxy, and strike forgets it.
func (rt *Runtime) enlist(p *proxyState) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.proxies[p.name] = p
}

// strike forgets a proxy.
func (rt *Runtime) strike(p *proxyState) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	delete(rt.proxies, p.name)
}

// has says whether s has not closed yet.
func (rt *Runtime) has(s *socket) bool {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	_, ok := rt.sockets[s]
	return ok
}

// pickWorker returns the worker with the least to do among those that mask allows; 0 allows all.
func (rt *Runtime) pickWorker(mask uint64) (*ioWorker, error) {
	var best *ioWorker
	for _, w := range rt.workers {
		if mask != 0 && mask&(1<<w.id) == 0 {
			continue
		}
		if best == nil || w.weight() < best.weight() {
			best = w
		}
	}
	if best == nil {
		return nil, fmt.Errorf("%w: %d there are, %d allowed", ErrNoIOWorker, len(rt.workers), bits.OnesCount64(mask))
	}
	return best, nil
}

// A discarder is a message that holds something which must be let go where nobody receives it.
type discarder interface{ discard() }

// onDeadLetter lets go of what an undelivered message holds.
func (rt *Runtime) onDeadLetter(d actor.DeadLetter) {
	if m, ok := d.Message.(discarder); ok {
		m.discard()
	}
}
