package actortest

import (
	"context"
	"fmt"
	"sync"

	"github.com/weirmq/weir/actor"
)

// A Probe makes actors that record what they receive, lifecycle messages included. All instances that it makes share the
// record, so it goes on over restarts. It is safe for use by any number of goroutines. Make it with [NewProbe].
type Probe[M any] struct {
	// Set by NewProbe, then read-only.

	handle func(*actor.Context[M]) error // nil: every message is fine

	mu sync.Mutex

	// Guarded by mu.

	got   []any         // all messages so far
	taken int           // those that Next has returned
	morec chan struct{} // closed, and replaced, when got grows
}

// NewProbe returns a probe. handle, if it is not nil, handles each message once it is recorded, and what it returns is
// what the actor returns.
func NewProbe[M any](handle func(*actor.Context[M]) error) *Probe[M] {
	return &Probe[M]{handle: handle, morec: make(chan struct{})}
}

// Make makes an instance: give it to actor.Spawn.
func (p *Probe[M]) Make() actor.Actor[M] { return probeActor[M]{p} }

// Next returns the oldest message that it has not returned yet, and waits for it until ctx ends.
func (p *Probe[M]) Next(ctx context.Context) (any, error) {
	for {
		m, morec, ok := p.take()
		if ok {
			return m, nil
		}
		select {
		case <-morec:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take returns the next message, or what to wait on for it.
func (p *Probe[M]) take() (m any, morec <-chan struct{}, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken == len(p.got) {
		return nil, p.morec, false
	}
	p.taken++
	return p.got[p.taken-1], nil, true
}

// Messages returns a copy of the record.
func (p *Probe[M]) Messages() []any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]any(nil), p.got...)
}

// Trace returns the record in words: a lifecycle message as the name of its type, in lower case, with the reason or the
// name of the child that it carries; any other as fmt prints it.
func (p *Probe[M]) Trace() []string {
	var lines []string
	for _, m := range p.Messages() {
		lines = append(lines, describe(m))
	}
	return lines
}

// describe returns one line of Trace.
func describe(m any) string {
	switch m := m.(type) {
	case actor.Started:
		return "started"
	case actor.Stopping:
		return "stopping"
	case actor.DataReady:
		return "data ready"
	case actor.Restarting:
		return fmt.Sprintf("restarting: %v", m.Reason)
	case actor.ChildStopped:
		if m.Reason == nil {
			return "child stopped: " + m.Name
		}
		return fmt.Sprintf("child stopped: %s: %v", m.Name, m.Reason)
	default:
		return fmt.Sprint(m)
	}
}

// record adds m.
func (p *Probe[M]) record(m any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, m)
	close(p.morec)
	p.morec = make(chan struct{})
}

// probeActor is one instance that a probe made.
type probeActor[M any] struct {
	p *Probe[M]
}

// Receive implements actor.Actor.
func (a probeActor[M]) Receive(ctx *actor.Context[M]) error {
	a.p.record(ctx.Message())
	if a.p.handle == nil {
		return nil
	}
	return a.p.handle(ctx)
}
