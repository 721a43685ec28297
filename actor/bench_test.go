package actor_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
)

// sink counts, and closes a channel at the end of a run. M is a pointer, as messages are in this project.
type sink struct {
	left int
	done chan struct{}
}

// unit is its message.
type unit struct{}

// Receive implements actor.Actor.
func (s *sink) Receive(ctx *actor.Context[*unit]) error {
	if _, ok := ctx.Message().(*unit); ok {
		if s.left--; s.left == 0 {
			close(s.done)
		}
	}
	return nil
}

// newSink starts a sink that expects n messages.
func newSink(b *testing.B, n int, opts ...actor.Option) (actor.Ref[*unit], chan struct{}) {
	sys := actor.NewSystem()
	done := make(chan struct{})
	ref, err := actor.Spawn(sys, "sink", func() actor.Actor[*unit] { return &sink{left: n, done: done} }, opts...)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, sys.Shutdown(context.Background())) })
	return ref, done
}

// BenchmarkTell is one goroutine telling, and the actor handling, as fast as they can.
func BenchmarkTell(b *testing.B) {
	ref, done := newSink(b, b.N)
	m := &unit{}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		_ = ref.Tell(m)
	}
	<-done
}

// BenchmarkSend is the same over the data lane, under the default mark.
func BenchmarkSend(b *testing.B) {
	ref, done := newSink(b, b.N)
	m := &unit{}
	ctx := context.Background()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		_ = ref.Send(ctx, m)
	}
	<-done
}

// askOne is a message that is answered at once.
type askOne struct{ reply actor.Reply[int] }

// answerer answers.
type answerer struct{}

// Receive implements actor.Actor.
func (answerer) Receive(ctx *actor.Context[*askOne]) error {
	if m, ok := ctx.Message().(*askOne); ok {
		m.reply.Send(1)
	}
	return nil
}

// BenchmarkAsk is a round trip: idle to running, and back.
func BenchmarkAsk(b *testing.B) {
	sys := actor.NewSystem()
	ref, err := actor.Spawn(sys, "answerer", func() actor.Actor[*askOne] { return answerer{} })
	require.NoError(b, err)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = actor.Ask(ctx, ref, func(r actor.Reply[int]) *askOne { return &askOne{r} })
	}
	require.NoError(b, sys.Shutdown(ctx))
}

// BenchmarkSpawn starts idle actors, and reports what each holds.
func BenchmarkSpawn(b *testing.B) {
	sys := actor.NewSystem()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		_, err := actor.Spawn(sys, "", func() actor.Actor[*unit] { return &sink{} })
		require.NoError(b, err)
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N), "heap-B/actor")
	require.NoError(b, sys.Shutdown(context.Background()))
}
