package socket

import (
	"context"
	"errors"
	"sync"
)

// A loopGroup joins goroutines that begin and end while the runtime goes on. The zero value is open. Safe for concurrent use.
type loopGroup struct {
	mu     sync.Mutex
	closed bool           // guarded by mu: no more are begun
	wait   sync.WaitGroup // added to under mu, while not closed
}

// add counts a goroutine that is about to begin, and says whether it may.
func (g *loopGroup) add() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.wait.Add(1)
	return true
}

// done counts one that has ended.
func (g *loopGroup) done() { g.wait.Done() }

// close waits until all have ended, ctx at most.
func (g *loopGroup) close(ctx context.Context) error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	ended := make(chan struct{})
	go func() { // ends with the last of them
		g.wait.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return errors.New("weir: a monitor has not ended")
	}
}
