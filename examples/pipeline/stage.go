package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/actor"
)

// ended tells a stage that its loop returned, and how. of is the incarnation whose loop it was.
type ended struct {
	of  *stage
	err error
}

// A stage is an actor around a loop that may wait, which handlers may not. When the loop returns nil its work is done and
// the actor stops; when it returns an error, the actor fails with it, and its supervisor decides.
//
//	Owns      its loop.
//	Receives  ended of the loop.
//	Sends     nothing.
//	Starts    the loop, in Started; joins it in Restarting and Stopping.
//	Blocks    for the join alone: the loop's ctx has ended by then.
//	On error  restarted, or not, by its supervisor; the next incarnation has a loop of its own.
type stage struct {
	// Set when it is made, then read-only.
	run func(context.Context) error

	// Owned by Receive.
	cancel context.CancelFunc // ends the loop
	loop   errgroup.Group     // joins it
}

// newStage returns what makes the incarnations of a stage.
func newStage(run func(context.Context) error) func() actor.Actor[ended] {
	return func() actor.Actor[ended] { return &stage{run: run, cancel: func() {}} }
}

// Receive only dispatches.
func (s *stage) Receive(ctx *actor.Context[ended]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		s.onStarted(ctx.Self())
	case ended:
		return s.onEnded(ctx, m)
	case actor.Restarting, actor.Stopping:
		s.cancel()
		return s.loop.Wait()
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// onStarted starts the loop.
func (s *stage) onStarted(self actor.Ref[ended]) {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.loop.Go(func() error {
		err := s.run(ctx)
		if ctx.Err() == nil {
			_ = self.Tell(ended{s, err}) // a stopped actor has no use for it
		}
		return nil
	})
}

// onEnded stops the actor, or fails.
func (s *stage) onEnded(ctx *actor.Context[ended], m ended) error {
	if m.of == s && m.err == nil {
		ctx.Stop()
	}
	if m.of == s {
		return m.err
	}
	return nil
}
