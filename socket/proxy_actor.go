package socket

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/actor"
)

// The words that steer a proxy, as libzmq has them.
const (
	pauseWord      = "PAUSE"
	resumeWord     = "RESUME"
	terminateWord  = "TERMINATE"
	statisticsWord = "STATISTICS"
)

// A proxyState is a proxy: it outlives the incarnations of its actor.
type proxyState struct {
	// Set by StartProxy, then read-only.
	name              string // of its actor
	frontend, backend *socket
	capture           Sender  // nil for nobody
	control           *socket // nil for none
	pumps             []*pump // a direction each
	ref               atomic.Pointer[actor.Ref[proxyMessage]]
	done              chan struct{} // closed at the end

	count struct{ frontend, backend proxyCount }

	// Owned by the actor.
	paused bool
	ended  bool
	err    error // why it ended; read by anybody once done is closed
}

// proxyMessage is what a proxy receives.
type proxyMessage interface{ proxyMessage() }

type (
	// steerProxy brings a word of control.
	steerProxy struct {
		word  string
		reply actor.Reply[struct{}]
	}
	// pumpEnded reports that a loop ended by itself, and why. run tells which incarnation's it was.
	pumpEnded struct {
		run *proxyRun
		err error
	}
)

func (*steerProxy) proxyMessage() {}
func (*pumpEnded) proxyMessage()  {}

// A proxyRun is the loops between two pauses.
type proxyRun struct {
	group errgroup.Group
	stop  context.CancelFunc
}

// A proxyActor is the control path of a proxy. Its loops live as long as nobody pauses it.
//
//	Owns      proxyState: paused, ended. It outlives the actor's incarnations.
//	Receives  steerProxy of callers and of the control loop; pumpEnded of its loops.
//	Sends     nothing.
//	Starts    a loop for each direction, which it joins when it pauses; one that watches the sockets, and one for the control socket; joins all when it ends.
//	Blocks    for that join alone, which is short: all that a loop waits for ends with the run.
//	On error  restarted by the runtime, and goes on with what its loops had in hand.
//
//	running ◀──PAUSE, RESUME──▶ paused
//	   └────── TERMINATE, or a socket closes ──▶ ended
type proxyActor struct {
	*proxyState

	// Owned by the handler.
	run   *proxyRun // the pumps; nil while paused
	aside *proxyRun // the loops that go on while it is paused: one that watches the sockets, and that of control where there is one
}

// at notes where the actor is.
func (p *proxyState) at(ref actor.Ref[proxyMessage]) *proxyState {
	p.ref.Store(&ref)
	return p
}

// ask puts a word to the actor and waits until it has been obeyed.
func (p *proxyState) ask(ctx context.Context, word string) error {
	_, err := actor.Ask(ctx, *p.ref.Load(), func(r actor.Reply[struct{}]) proxyMessage { return &steerProxy{word: word, reply: r} })
	if errors.Is(err, actor.ErrStopped) {
		return ErrClosed
	}
	return err
}

// Receive only dispatches.
func (a *proxyActor) Receive(ctx *actor.Context[proxyMessage]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		a.onStarted(ctx)
	case *steerProxy:
		a.onSteer(ctx, m)
	case *pumpEnded:
		return a.onPumpEnded(ctx, m)
	case actor.Restarting:
		a.halt()
	case actor.Stopping:
		a.halt()
		a.finish(ErrClosed)
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// onStarted starts the loops.
func (a *proxyActor) onStarted(ctx *actor.Context[proxyMessage]) {
	a.at(ctx.Self())
	if !a.paused {
		a.resume(ctx)
	}
	loops := []func(context.Context) error{a.watchLoop}
	if a.control != nil {
		loops = append(loops, a.controlLoop)
	}
	a.aside = a.start(ctx, loops...)
}

// start runs loops until they are halted. What ends one by itself is told to the actor.
func (a *proxyActor) start(ctx *actor.Context[proxyMessage], loops ...func(context.Context) error) *proxyRun {
	life, stop := context.WithCancel(context.Background())
	r, self := &proxyRun{stop: stop}, ctx.Self()
	for _, loop := range loops {
		r.group.Go(func() error {
			if err := actor.Guard(func() error { return loop(life) }); life.Err() == nil {
				_ = self.Tell(&pumpEnded{run: r, err: err}) // a stopped actor has halted its loops
			}
			return nil
		})
	}
	return r
}

// end halts the loops and joins them.
func (r *proxyRun) end() {
	if r != nil {
		r.stop()
		_ = r.group.Wait() // what ended a loop has been told
	}
}

// resume starts the pumps.
func (a *proxyActor) resume(ctx *actor.Context[proxyMessage]) {
	var loops []func(context.Context) error
	for _, p := range a.pumps {
		loops = append(loops, p.pumpLoop)
	}
	a.run = a.start(ctx, loops...)
}

// halt joins all loops.
func (a *proxyActor) halt() {
	a.aside.end()
	a.run.end()
	a.aside, a.run = nil, nil
}

// onSteer obeys.
func (a *proxyActor) onSteer(ctx *actor.Context[proxyMessage], m *steerProxy) {
	switch {
	case a.ended:
	case m.word == pauseWord && !a.paused:
		a.paused = true
		a.run.end()
		a.run = nil
	case m.word == resumeWord && a.paused:
		a.paused = false
		a.resume(ctx)
	case m.word == terminateWord:
		a.end(ctx, nil)
	}
	m.reply.Send(struct{}{})
}

// onPumpEnded ends the proxy with its loop: a socket has closed. A loop that panicked is the actor's failure.
func (a *proxyActor) onPumpEnded(ctx *actor.Context[proxyMessage], m *pumpEnded) error {
	if m.run != a.run && m.run != a.aside {
		return nil // halted since
	}
	if isPanic(m.err) {
		return m.err
	}
	a.end(ctx, m.err)
	return nil
}

// end ends the proxy. What its loops had in hand goes back.
func (a *proxyActor) end(ctx *actor.Context[proxyMessage], err error) {
	if a.ended {
		return
	}
	a.ended = true
	a.run.end()
	a.run = nil
	a.finish(err)
	ctx.Stop()
}

// finish gives back what is in hand and tells those who wait.
func (a *proxyActor) finish(err error) {
	for _, p := range a.pumps {
		p.giveBack()
	}
	a.frontend.rt.strike(a.proxyState)
	select {
	case <-a.done:
	default:
		a.err = err
		close(a.done)
	}
}
