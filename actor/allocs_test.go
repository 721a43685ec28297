package actor_test

import (
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
)

// handledc is an actor that says when it has handled something.
func handledc(q *mailbox.Queue[int], c chan struct{}) handler[*unit] {
	return func(ctx *actor.Context[*unit]) error {
		switch ctx.Message().(type) {
		case actor.Started:
			ctx.OpenData(q)
		case actor.DataReady:
			q.Take()
			c <- struct{}{}
		case *unit:
			c <- struct{}{}
		}
		return nil
	}
}

// A message that is a pointer passes without an allocation of its own, on each lane, with a wake-up of an idle actor each
// time. (Queues allocate a chunk now and then.)
func TestAllocs(t *testing.T) {
	sys := actortest.NewSystem(t)
	q := mailbox.New(mailbox.Config[int]{})
	c := make(chan struct{})
	ref := spawn(t, sys, "a", handledc(q, c))
	m, ctx := &unit{}, t.Context()
	for lane, push := range map[string]func() error{
		"control": func() error { return ref.Tell(m) },
		"data":    func() error { return ref.Send(ctx, m) },
		"lent":    func() error { return q.TryPush(1) },
	} {
		allocs := testing.AllocsPerRun(1000, func() {
			if push() == nil {
				<-c
			}
		})
		require.Zero(t, allocs, lane)
	}
}

// A system is little for the garbage collector to look at, and its names are found all the same.
func TestSystemIsSmall(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	sys := actortest.NewSystem(t)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapObjects)-int64(before.HeapObjects), int64(5000))
	for i := range 100 {
		spawn(t, sys, fmt.Sprintf("a%d", i), func(*actor.Context[string]) error { return nil })
	}
	for _, name := range []string{"deadletter", "eventstream", "/a0", "/a99"} {
		require.True(t, actor.Registered(sys, name), name)
	}
}

// Profile labels name the actor, if they are wanted.
func TestProfileLabels(t *testing.T) {
	for _, opts := range [][]actor.SystemOption{nil, {actor.WithProfileLabels()}} {
		sys := actortest.NewSystem(t, opts...)
		inside, release := make(chan struct{}), make(chan struct{})
		ref := spawn(t, sys, "some/actor", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "hold" {
				inside <- struct{}{}
				<-release
			}
			return nil
		})
		require.NoError(t, ref.Tell("hold"))
		<-inside
		var profile strings.Builder
		require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
		close(release)
		require.Equal(t, opts != nil, strings.Contains(profile.String(), `"actor":"some/actor"`))
	}
}
