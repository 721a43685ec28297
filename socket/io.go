package socket

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/supervisor"
)

// A task is what an I/O actor runs for an endpoint: a dialer or a listener. It outlives the actors that carry it out.
type task interface {
	// key names the task among those of its worker.
	key() string
	// spawn starts the task's actor below parent.
	spawn(parent actor.Parent) error
	// cut closes the connections below the task, so that no codec under it waits in a write.
	cut(cause error)
	// ended tells that the task's actor stopped by its strategy's verdict.
	ended(err error)
}

// An ioWorker is one I/O actor and its accounts. It is a fault domain: when its actor fails, its connections restart, and no others.
type ioWorker struct {
	// Set before Started, then read-only.
	id  int
	rt  *Runtime
	ref actor.Ref[ioMessage]

	// Atomic: links by what they are doing, indexed by idling, dialing, shaking, connected; written as links move on, read by anybody.
	load [4]atomic.Int64
	// Atomic: endpoints whose task is here; written by socket actors.
	endpoints atomic.Int64
	// Atomic: how often the actor was restarted.
	restarts atomic.Int64

	// Owned by the actor; outlives its incarnations.
	tasks    []task
	stopping map[string]*Endpoint // tasks told to stop, by key
}

// ioMessage is what an I/O actor receives.
type ioMessage interface{ ioMessage() }

type (
	// startTask asks for a task's actor.
	startTask struct{ task task }
	// stopTask asks for the end of an endpoint's task; the socket hears taskStopped.
	stopTask struct{ endpoint *Endpoint }
)

func (*startTask) ioMessage() {}
func (*stopTask) ioMessage()  {}

// start gives the worker a task.
func (w *ioWorker) start(t task) {
	w.endpoints.Add(1)
	_ = w.ref.Tell(&startTask{t}) // workers stop after all sockets
}

// stop takes an endpoint's task from the worker.
func (w *ioWorker) stop(e *Endpoint) { _ = w.ref.Tell(&stopTask{e}) }

// weight is how much the worker has to do: its endpoints and its connections.
func (w *ioWorker) weight() int64 {
	n := w.endpoints.Load()
	for i := range w.load {
		n += w.load[i].Load()
	}
	return n
}

// An ioActor runs the dialers and listeners of one worker.
//
//	Owns      ioWorker.tasks; it outlives the actor's incarnations.
//	Receives  startTask, stopTask of socket actors; ChildStopped of its tasks.
//	Sends     taskStopped, linkEnded to sockets.
//	Starts    a dialer or listener actor for each task; after a restart all of them again.
//	Blocks    nowhere.
//	On error  restarted by the runtime. The connections below it are cut first, and come back through their dialers.
type ioActor struct{ *ioWorker }

// Receive only dispatches.
func (a *ioActor) Receive(ctx *actor.Context[ioMessage]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		return a.onStarted(ctx)
	case *startTask:
		return a.onStartTask(ctx, m)
	case *stopTask:
		a.onStopTask(ctx, m)
	case actor.ChildStopped:
		a.onChildStopped(m)
	case actor.Restarting:
		a.restarts.Add(1)
		a.cutAll(m.Reason)
	case actor.Stopping:
		a.cutAll(ErrClosed)
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// onStarted starts the tasks of an incarnation before. Those that were to stop are gone with it.
func (a *ioActor) onStarted(ctx *actor.Context[ioMessage]) error {
	for _, e := range a.stopping {
		a.finish(e)
	}
	for _, t := range a.tasks {
		if err := t.spawn(ctx); err != nil {
			return err
		}
	}
	return nil
}

// onStartTask spawns the task's actor.
func (a *ioActor) onStartTask(ctx *actor.Context[ioMessage], m *startTask) error {
	a.tasks = append(a.tasks, m.task)
	return m.task.spawn(ctx)
}

// onStopTask cuts the task's connections and stops its actor; ChildStopped follows when all below it is gone.
func (a *ioActor) onStopTask(ctx *actor.Context[ioMessage], m *stopTask) {
	t := m.endpoint.task
	if !slices.Contains(a.tasks, t) {
		return // told twice
	}
	if _, ok := a.stopping[t.key()]; ok {
		return
	}
	a.stopping[t.key()] = m.endpoint
	t.cut(ErrClosed)
	if !ctx.StopChild(t.key()) {
		a.finish(m.endpoint)
	}
}

// onChildStopped tells the socket what has stopped: as it asked for, or by a strategy's verdict.
func (a *ioActor) onChildStopped(m actor.ChildStopped) {
	if e, ok := a.stopping[m.Name]; ok {
		a.finish(e)
		return
	}
	for _, t := range a.tasks {
		if t.key() == m.Name {
			t.ended(m.Reason)
		}
	}
}

// finish forgets a stopped task and tells its socket.
func (a *ioActor) finish(e *Endpoint) {
	delete(a.stopping, e.task.key())
	a.tasks = slices.DeleteFunc(a.tasks, func(t task) bool { return t == e.task })
	a.endpoints.Add(-1)
	_ = e.sock.ref.Tell(&taskStopped{e}) // a stopped socket waits for nothing
}

// cutAll closes the connections of all tasks.
func (a *ioActor) cutAll(cause error) {
	for _, t := range a.tasks {
		t.cut(cause)
	}
}

// taskStrategy supervises dialers and listeners: a panic restarts one with a short backoff; what its own strategy let escalate ends it.
var taskStrategy = supervisor.OneForOne{
	Backoff: supervisor.Backoff{Min: 10 * time.Millisecond, Max: time.Second, Factor: 2, Jitter: 1, ResetAfter: 10 * time.Second},
	StopOn: func(err error) bool {
		var p *actor.PanicError
		return !errors.As(err, &p)
	},
	InHand: actor.Redeliver,
}

// workerName is a worker's place in the tree.
func workerName(id int) string { return fmt.Sprintf("io/%d", id) }

// mailboxReason is why the ledger counts a message as dropped.
type mailboxReason = mailbox.Reason
