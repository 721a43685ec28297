package socket

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// A register is a ctx that counts who wants to hear of its end.
type register struct {
	context.Context
	now, ever int
}

// Value implements context.Context. It knows of no ctx within: so package context comes to AfterFunc.
func (r *register) Value(any) any { return nil }

// AfterFunc is what context.AfterFunc asks a ctx that is not its own.
func (r *register) AfterFunc(f func()) (stop func() bool) {
	r.now++
	r.ever++
	undo := context.AfterFunc(r.Context, f)
	return func() bool {
		r.now--
		return undo()
	}
}

// newRegister makes a ctx that counts.
func newRegister(t *testing.T) (*register, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	return &register{Context: ctx}, cancel
}

// A rousedC tells of each Rouse, as far as there is room.
type rousedC chan struct{}

// Rouse implements rouser.
func (c rousedC) Rouse() { c <- struct{}{} }

// elsewhere is one wait of a waiter of l, which the end of ctx is to end; in it, during is called.
func elsewhere(t *testing.T, ctx context.Context, l *waitList, at rouser, during func()) {
	w := l.join()
	require.True(t, l.waitElsewhere(w, at))
	stays := l.rouseAfter(ctx, w)
	during()
	if !stays {
		w.forget()
	}
	l.waitHere(w)
	l.leave(w, false)
}

// TestWaitersCtxStays wants a waiter to register once with a ctx that comes again and again, and with one that comes once only until its wait is over; and to
// let go of it for another, or one without an end, and when the list is over.
func TestWaitersCtxStays(t *testing.T) {
	nothing := func() {}
	var l waitList
	var last *register
	for range 3 {
		for range 5 {
			once, cancel := newRegister(t)
			elsewhere(t, once, &l, rousedC(nil), func() { require.Equal(t, 1, once.now) })
			require.Zero(t, once.now)
			cancel()
		}
		again, cancel := newRegister(t)
		defer cancel()
		for range 5 {
			elsewhere(t, again, &l, rousedC(nil), func() { require.Equal(t, 1, again.now) })
		}
		require.Equal(t, 1, again.now)
		require.Equal(t, 2, again.ever)
		elsewhere(t, context.Background(), &l, rousedC(nil), nothing)
		require.Zero(t, again.now)
		last = again
	}
	for range 2 {
		elsewhere(t, last, &l, rousedC(nil), nothing)
	}
	require.Equal(t, 1, last.now)
	l.end()
	require.Zero(t, last.now)
	for range 5 {
		elsewhere(t, last, &l, rousedC(nil), nothing)
		require.Zero(t, last.now, "the list is over")
	}
}

// TestWaitersCtxRouses ends a ctx with which a waiter waits for the first time, or not for the first time: it is roused. One that waits with another ctx by
// then is not.
func TestWaitersCtxRouses(t *testing.T) {
	for before := range 4 {
		var l waitList
		ctx, cancel := context.WithCancel(t.Context())
		roused := make(rousedC)
		for range before {
			elsewhere(t, ctx, &l, roused, func() {})
		}
		elsewhere(t, ctx, &l, roused, func() {
			cancel()
			<-roused
		})
		other, end := context.WithCancel(t.Context())
		elsewhere(t, other, &l, roused, func() {
			end()
			<-roused
		})
	}
}

// TestWaitersCtxGoesWithIt lets go of more waiters than a list keeps.
func TestWaitersCtxGoesWithIt(t *testing.T) {
	var l waitList
	ctx, cancel := newRegister(t)
	defer cancel()
	const many = 2 * freeWaiters
	for range 2 {
		var all []*waiter
		for range many {
			w := l.join()
			all = append(all, w)
			l.rouseAfter(ctx, w) // as if it stayed
		}
		require.Equal(t, many, ctx.now)
		for _, w := range all {
			l.leave(w, false)
		}
		require.Equal(t, freeWaiters, ctx.now)
	}
	l.end()
	require.Zero(t, ctx.now)
}
