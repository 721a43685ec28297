package wire

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// counted is a message whose callback counts.
func counted(body string) (Message, *atomic.Int32) {
	n := new(atomic.Int32)
	return MessageWithRelease([]byte(body), func() { n.Add(1) }), n
}

// twice runs a second release, which panics where invariants are checked.
func twice(t *testing.T, f func()) {
	t.Helper()
	if invariants {
		require.Panics(t, f)
	} else {
		f()
	}
}

// TestReleaseRunsOnce releases in every way there is, and once more.
func TestReleaseRunsOnce(t *testing.T) {
	m, n := counted("body")
	require.Equal(t, "body", m.String())
	on := m.Prepend([]byte("id")).Append([]byte("x")).Tail(1)
	require.Equal(t, "body|x", on.String())
	require.True(t, Held(on))
	on.Release()
	require.EqualValues(t, 1, n.Load())
	twice(t, m.Release)
	twice(t, on.Release)
	require.EqualValues(t, 1, n.Load())
	_, err := Take(m)
	require.ErrorIs(t, err, ErrReleased)
	m.Copy() // not worth a panic, and no reference
	Drop(m)
	require.EqualValues(t, 1, n.Load())

	m, n = counted("body")
	m, err = Take(m)
	require.NoError(t, err)
	_, err = Take(m)
	require.ErrorIs(t, err, ErrReleased, "it is sent already")
	twice(t, m.Release)
	require.Zero(t, n.Load(), "Weir has it")
	Return(m)
	m, err = Take(m)
	require.NoError(t, err)
	Drop(m)
	Drop(m)
	require.EqualValues(t, 1, n.Load())
}

// TestReleaseOfCopies wants the callback once all that share the octets are done, in whatever order, and whoever releases twice.
func TestReleaseOfCopies(t *testing.T) {
	m, n := counted("body")
	a, b := m.Copy(), m.Copy()
	require.Same(t, &m.Bytes()[0], &b.Bytes()[0])
	m.Release()
	twice(t, m.Release)
	twice(t, m.Release)
	a.Release()
	twice(t, a.Release)
	require.Zero(t, n.Load())
	c := b.Copy()
	b.Release()
	require.Zero(t, n.Load())
	c.Release()
	require.EqualValues(t, 1, n.Load())
	clone, _ := counted("body")
	require.False(t, Held(clone.Clone()))
	clone.Release()
}

// TestGiveIsANewReference hands a message over: the sender can do nothing to it any more.
func TestGiveIsANewReference(t *testing.T) {
	m, n := counted("body")
	sent, err := Take(m)
	require.NoError(t, err)
	other := Share(sent)
	got := Give(sent)
	twice(t, m.Release)
	require.Zero(t, n.Load())
	got.Release()
	twice(t, got.Release)
	require.Zero(t, n.Load())
	Drop(other)
	require.EqualValues(t, 1, n.Load())
	plain := NewMessage("x")
	plain.Release()
	Drop(Share(Give(plain)))
}

// TestReleaseByTheCollector forgets a message, a copy, and one that was handed over: the callback runs.
func TestReleaseByTheCollector(t *testing.T) {
	for _, forget := range []func(Message){
		func(Message) {},
		func(m Message) { m.Copy() },
		func(m Message) { m.Copy().Release() },
		func(m Message) { m.Copy(); m.Release() },
		func(m Message) { _, _ = Take(m) },
		func(m Message) { Give(Share(m)); m.Prepend([]byte("x")) },
	} {
		ran := make(chan struct{}, 2)
		func() { forget(MessageWithRelease(make([]byte, 100), func() { ran <- struct{}{} })) }()
		for len(ran) == 0 {
			runtime.GC()
		}
		<-ran
		runtime.GC()
		require.Empty(t, ran)
	}
}

// TestReleaseRaces has many goroutines release copies, each twice.
func TestReleaseRaces(t *testing.T) {
	if invariants {
		t.Log("a double release panics in this build: each is released once")
	}
	m, n := counted("body")
	var group sync.WaitGroup
	for range 8 {
		one := m.Copy()
		group.Go(func() {
			for range 1000 {
				two := one.Copy()
				one.Release()
				if !invariants {
					one.Release()
				}
				one = two
			}
			one.Release()
		})
	}
	group.Wait()
	require.Zero(t, n.Load())
	m.Release()
	require.EqualValues(t, 1, n.Load())
}

// TestJoin puts messages together: the whole has all their frames and references.
func TestJoin(t *testing.T) {
	a, an := counted("a")
	b, bn := counted("b")
	p := NewProperties(nil, Metadata{{Name: "X-a", Value: "1"}})
	m := Join(NewMessage("x", "y").WithProperties(p), a, NewMessage(), b.Append([]byte("z")))
	require.Equal(t, "x|y|a||b|z", m.String())
	require.Same(t, p, m.Properties())
	twice(t, a.Release)
	c := m.Copy()
	m.Release()
	require.Zero(t, an.Load())
	c.Release()
	require.EqualValues(t, 1, an.Load())
	require.EqualValues(t, 1, bn.Load())
	require.Equal(t, 1, Join().Len())
	require.Equal(t, "x|y", Join(NewMessage("x"), NewMessage("y")).String())
}

// TestPoolClasses wants every size to get a chunk that is large enough and not a third too large, and every chunk to go back to the class it came from.
func TestPoolClasses(t *testing.T) {
	for class := range classes {
		require.Equal(t, class, classBelow(classSize(class)))
		require.Equal(t, class, classAbove(classSize(class)))
		require.Equal(t, max(class-1, -1), classBelow(classSize(class)-1))
	}
	require.Equal(t, poolMin, classSize(0))
	require.Equal(t, poolMax, classSize(classes-1))
	require.Equal(t, -1, classAbove(poolMax+1))
	for n := poolMin; n <= poolMax; n += 1 + n/50 {
		size := classSize(classAbove(n))
		require.GreaterOrEqual(t, size, n)
		require.Less(t, 3*size, 4*n+4)
	}
}

// TestNewBody writes to bodies of all sizes, and gets other memory as long as they are in use.
func TestNewBody(t *testing.T) {
	for _, n := range []int{0, 1, poolMin - 1, poolMin, 1000, 5000, poolMax, poolMax + 1} {
		a, b := NewBody(n), NewBody(n)
		require.Len(t, a.Bytes(), n)
		require.Equal(t, n, cap(a.Bytes()))
		if n == 0 {
			continue
		}
		require.NotSame(t, &a.Bytes()[0], &b.Bytes()[0])
		for i := range n {
			a.Bytes()[i], b.Bytes()[i] = 1, 2
		}
		require.EqualValues(t, 1, a.Bytes()[n-1])
		pool := Held(a)
		require.Equal(t, n >= poolMin && n <= poolMax, pool)
		old := a.Bytes()
		a.Release()
		if pool && invariants {
			require.EqualValues(t, mangled, old[0])
		}
		require.EqualValues(t, 2, b.Bytes()[n-1])
	}
}

// TestCopyAfterSend wants no reference for a copy of a message that was sent: Weir may give its memory back at any moment, and does.
func TestCopyAfterSend(t *testing.T) {
	m, n := counted("body")
	sent, err := Take(m)
	require.NoError(t, err)
	late := m.Copy()
	Drop(sent)
	require.EqualValues(t, 1, n.Load(), "nobody else has a reference")
	_, err = Take(late)
	require.ErrorIs(t, err, ErrReleased)
}

// TestEveryTurnIsAnother sends bodies of one class from one application to another, again and again, and releases each. The chunks come back; no message
// of a turn that is over, nor one that was made of it, can do anything to one of a later turn.
func TestEveryTurnIsAnother(t *testing.T) {
	var old []Message
	type turnOfHold struct {
		h    *hold
		turn uint64
	}
	seen := map[turnOfHold]bool{}
	once := func(m Message) {
		h, turn := m.held()
		require.False(t, seen[turnOfHold{h, turn}])
		seen[turnOfHold{h, turn}] = true
		old = append(old, m, m.Prepend([]byte("x")), m.Append(nil).Tail(1))
	}
	for range 80 {
		m := NewBody(1000)
		once(m)
		sent, err := Take(m)
		require.NoError(t, err)
		got := Give(sent)
		once(got)
		for _, m := range old[:len(old)-3] {
			_, err := Take(m)
			require.ErrorIs(t, err, ErrReleased)
		}
		require.EqualValues(t, 1, got.hold().chunk.refs.Load())
		got.Release()
	}
	allocs := testing.AllocsPerRun(100, func() {
		sent, _ := Take(NewBody(1000))
		Give(sent).Release()
	})
	if !raceEnabled { // sync.Pool forgets a part on purpose then
		require.Zero(t, allocs)
	}
}

// TestGiveToSeveral gives a body to several applications: while another has a reference, none of them touches what belongs to the last alone.
func TestGiveToSeveral(t *testing.T) {
	sent, err := Take(NewBody(1000))
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 8 {
		one := Share(sent)
		wg.Go(func() {
			got := Give(one)
			if Held(got) && len(got.Bytes()) == 1000 {
				got.Release()
			}
		})
	}
	wg.Wait()
	Drop(sent)
	require.Zero(t, sent.hold().chunk.refs.Load())
}

// TestKeptIsAllThatIsKept releases a message of many large frames, and keeps one that lies in the first of its chunks, made anew: nothing of the others stays.
func TestKeptIsAllThatIsKept(t *testing.T) {
	const frames, size = 200, 100_000
	kept := func() *hold {
		many := make([][]byte, frames)
		for i := range many {
			many[i] = make([]byte, size)
		}
		_, msgs, _, err := NewDecoder(-1).Decode(AppendMessage(nil, MessageOf(many...)), nil)
		require.NoError(t, err)
		first := msgs[0].hold().chunk
		msgs[0].Release()
		h, _ := first.nextTurn(nil) // as if the chunk had come back for the next message
		return h
	}()
	var m runtime.MemStats
	for m.HeapAlloc = frames * size; m.HeapAlloc >= frames*size/2; { // until the pool has let go of the others, too
		runtime.GC()
		runtime.ReadMemStats(&m)
	}
	runtime.KeepAlive(kept)
}
