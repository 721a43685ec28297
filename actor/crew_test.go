package actor

import (
	"bytes"
	"context"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestCrewWaits wants a goroutine that has run one thing to run the next, no more of them to wait than are allowed, and none after the end.
func TestCrewWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(1)
		for range 1000 {
			c.Schedule(func() {})
			synctest.Wait()
			require.Len(t, c.idle, 1)
		}
		hold := make(chan struct{})
		for range 2 * maxIdle {
			c.Schedule(func() { <-hold })
		}
		synctest.Wait()
		require.Empty(t, c.idle)
		close(hold)
		synctest.Wait()
		require.Len(t, c.idle, maxIdle)

		ran := false
		c.close()
		c.Schedule(func() { ran = true }) // late, but it must not be lost
		synctest.Wait()
		require.True(t, ran)
		require.Empty(t, c.idle)
	}) // which panics where a goroutine is left
}

// TestCrewSurvivesGoexit wants the end of a goroutine in the middle of its work to be no harm to the others.
func TestCrewSurvivesGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(1)
		c.Schedule(runtime.Goexit)
		synctest.Wait()
		require.Empty(t, c.idle)
		ran := false
		c.Schedule(func() { ran = true })
		synctest.Wait()
		require.True(t, ran)
		c.close()
	})
}

// TestCrewWearsNobodysLabels wants a goroutine that somebody with labels has called for not to wear them.
func TestCrewWearsNobodysLabels(t *testing.T) {
	c := newCrew(1)
	defer c.close()
	looked := make(chan bool)
	pprof.Do(t.Context(), pprof.Labels("request", "the caller's"), func(context.Context) {
		c.Schedule(func() {
			var profile bytes.Buffer
			_ = pprof.Lookup("goroutine").WriteTo(&profile, 1)
			looked <- strings.Count(profile.String(), "the caller's") > 1 // the caller is there, too
		})
		require.False(t, <-looked)
	})
}
