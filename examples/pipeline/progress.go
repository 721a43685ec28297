package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// progressInterval is the time between two lines that say where the pipeline stands.
const progressInterval = 500 * time.Millisecond

// A progress prints what happens, a line each, with the time since the beginning in front. A goroutine of its own does the
// printing: whoever says something may be an actor, and does not wait for a terminal. Safe for concurrent use.
type progress struct {
	// Set by newProgress, then read-only.
	began time.Time
	lines *mailbox.Queue[string] // without a mark
	out   io.Writer              // written to by printLoop alone

	printing sync.WaitGroup // joins printLoop
}

// newProgress begins now. close ends it.
func newProgress(out io.Writer) *progress {
	p := &progress{began: time.Now(), lines: mailbox.New(mailbox.Config[string]{}), out: out}
	p.printing.Go(p.printLoop)
	return p
}

// say prints one line, soon. It never waits.
func (p *progress) say(format string, args ...any) {
	line := fmt.Sprintf("%6.2fs  ", time.Since(p.began).Seconds()) + fmt.Sprintf(format, args...)
	_ = p.lines.TryPush(line) // after close nobody listens
}

// printLoop prints line after line until the queue is closed and empty.
func (p *progress) printLoop() {
	for {
		line, err := p.lines.Pop(context.Background())
		if err != nil {
			return
		}
		_, _ = fmt.Fprintln(p.out, line) // there is nobody to tell
	}
}

// close prints what has been said, and ends.
func (p *progress) close() {
	p.lines.Close(nil)
	p.printing.Wait()
}

// sayEvent says what becomes of the source's connection to worker. over tells that the end has passed through it.
func (p *progress) sayEvent(e socket.Event, worker string, over bool) {
	switch {
	case e.Kind == socket.EventHandshakeSucceeded:
		p.say("source: connected to %s (attempt %d)", worker, e.Attempt)
	case e.Kind == socket.EventDisconnected && over:
		p.say("source: done with %s, after %d messages", worker, e.Sent)
	case e.Kind == socket.EventDisconnected:
		p.say("source: lost the connection to %s after %d messages: %v", worker, e.Sent, e.Err)
	}
}

// standingLoop says where the pipeline stands, again and again, until done is closed.
func (p *pipeline) standingLoop(done <-chan struct{}) {
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			accepted, received := p.account.standing()
			var queued []uint64
			for _, peer := range p.push.Stats().Peers {
				queued = append(queued, peer.Out.Queued)
			}
			p.progress.say("%3d %%  sent %d, received %d, queued at the source %v",
				100*received/p.opts.messages, accepted, received, queued)
		case <-done:
			return
		}
	}
}
