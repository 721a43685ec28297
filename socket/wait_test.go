package socket

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// A till is what the waiters of a test wait for: coins, of which each takes one.
type till struct {
	mu    sync.Mutex
	coins int  // guarded by mu
	shut  bool // guarded by mu
}

// errShut is what a shut till says.
var errShut = errors.New("shut")

// take takes a coin.
func (c *till) take() (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shut {
		return true, errShut
	}
	if c.coins == 0 {
		return false, nil
	}
	c.coins--
	return true, nil
}

// put puts coins in, or shuts the till.
func (c *till) put(n int, shut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.coins += n
	c.shut = shut
}

// TestWaitListLosesNoWake puts coins in at random, several for one wake-up, while waiters come and give up at random: whenever all is quiet there is no
// coin beside a waiter.
func TestWaitListLosesNoWake(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			var l waitList
			var c till
			var g errgroup.Group
			var cancels []context.CancelFunc
			taken := make(chan struct{}, 1000)
			waiting := func() int { return int(l.waiting.Load()) }
			for range 60 {
				switch rand.IntN(4) {
				case 0, 1:
					ctx, cancel := context.WithCancel(t.Context())
					cancels = append(cancels, cancel)
					g.Go(func() error {
						err := l.await(ctx, c.take)
						if err == nil {
							taken <- struct{}{}
						} else if !errors.Is(err, context.Canceled) && !errors.Is(err, errShut) {
							return err
						}
						return nil
					})
				case 2:
					c.put(rand.IntN(4), false)
					l.wakeOne()
				case 3:
					if len(cancels) > 0 {
						cancels[rand.IntN(len(cancels))]()
					}
				}
				if rand.IntN(2) == 0 {
					synctest.Wait()
					require.True(t, c.coins == 0 || waiting() == 0, "%d coins and %d waiters", c.coins, waiting())
				}
			}
			c.put(0, true)
			l.wakeAll()
			require.NoError(t, g.Wait())
			require.Zero(t, waiting())
			require.Empty(t, l.queue)
			for _, cancel := range cancels {
				cancel()
			}
		})
	}
}

// TestWaitListPassesOnAWake wakes a waiter at the moment at which it gives up: another takes what the wake-up was about.
func TestWaitListPassesOnAWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 300 {
			var l waitList
			var c till
			var g errgroup.Group
			one, cancel := context.WithCancel(t.Context())
			for _, ctx := range []context.Context{one, t.Context()} {
				g.Go(func() error { return l.await(ctx, c.take) })
				synctest.Wait()
			}
			c.put(1, false)
			l.mu.Lock() // the one who gives up finds out only when it has been woken too
			cancel()
			w := l.queue[0]
			l.queue = l.queue[1:]
			l.waiting.Store(1)
			w.c <- struct{}{}
			l.mu.Unlock()
			synctest.Wait()
			require.Zero(t, c.coins)
			c.put(1, false)
			l.wakeOne()
			if err := g.Wait(); err != nil {
				require.ErrorIs(t, err, context.Canceled)
			}
		}
	})
}

// TestWaitListIsFair wants waiters to be served in the order they came.
func TestWaitListIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 10
		var l waitList
		var c till
		var g errgroup.Group
		served := make(chan int, n)
		for i := range n {
			g.Go(func() error {
				err := l.await(t.Context(), c.take)
				served <- i
				return err
			})
			synctest.Wait()
		}
		for i := range n {
			c.put(1, false)
			l.wakeOne()
			synctest.Wait()
			require.Equal(t, i, <-served)
			l.wakeOne() // for nothing: whoever it wakes keeps its place
			synctest.Wait()
		}
		require.NoError(t, g.Wait())
	})
}

// TestGauge waits for numbers and for the end of them.
func TestGauge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gauge
		require.NoError(t, g.wait(t.Context(), 0))
		got := make(chan error, 3)
		wait := func(n int) { go func() { got <- g.wait(t.Context(), n) }() }
		wait(2)
		synctest.Wait()
		g.add(1)
		synctest.Wait()
		require.Empty(t, got)
		g.add(1)
		require.NoError(t, <-got)
		g.add(-2)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, g.wait(ctx, 1), context.Canceled)
		wait(1)
		wait(2)
		synctest.Wait()
		g.end(errShut)
		require.ErrorIs(t, <-got, errShut)
		require.ErrorIs(t, <-got, errShut)
		require.NoError(t, g.wait(t.Context(), 0))
		require.ErrorIs(t, g.wait(t.Context(), 1), errShut)
	})
}
