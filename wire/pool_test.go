package wire

import (
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// large is a size whose chunks lie in a stack.
const large = 100_000

// spilled returns a shelf with n chunks on its stack, and the chunks in the order they came.
func spilled(n int) (*shelf, []*chunk) {
	s, h := &shelf{}, &hand{}
	chunks := make([]*chunk, n)
	for i := range chunks {
		chunks[i] = &chunk{buf: make([]byte, i)} // no two alike
	}
	for from := chunks; len(from) > 0; from = from[handful/2:] {
		copy(h.chunks[:], from[:handful/2])
		copy(h.chunks[handful/2:], from[:handful/2])
		h.n = handful
		s.spill(h, n)
	}
	return s, chunks
}

// TestShelfLastComesFirst takes from a stack what was put there last, and leaves nothing behind in a hand or the stack.
func TestShelfLastComesFirst(t *testing.T) {
	s, chunks := spilled(3 * handful / 2)
	require.Equal(t, chunks, s.stack)
	for n := 3; n > 0; n-- {
		h := &hand{}
		s.fill(h)
		require.Equal(t, handful/2, h.n)
		require.Equal(t, chunks[(n-1)*handful/2:n*handful/2], h.chunks[:h.n])
	}
	require.Empty(t, s.stack)
	for _, c := range s.stack[:cap(s.stack)] {
		require.Nil(t, c)
	}
	h := &hand{}
	s.fill(h)
	require.Zero(t, *h)
}

// TestShelfSpill keeps in a full hand what was put there last, and on the stack no more than it has room for.
func TestShelfSpill(t *testing.T) {
	var s shelf
	h := &hand{n: handful}
	for i := range h.chunks {
		h.chunks[i] = &chunk{buf: make([]byte, i)}
	}
	was := *h
	s.spill(h, 10)
	require.Equal(t, was.chunks[:handful/2], s.stack)
	require.Equal(t, hand{n: handful / 2, chunks: [handful]*chunk{was.chunks[2], was.chunks[3]}}, *h)
	*h = was
	s.spill(h, 3)
	require.Len(t, s.stack, 3)
	if c, ok := s.rest.Get().(*chunk); ok || !raceEnabled { // sync.Pool forgets a part on purpose then
		require.Same(t, was.chunks[1], c)
	}
}

// TestShelfSweep lets go of what was not needed between two sweeps, and of nothing else.
func TestShelfSweep(t *testing.T) {
	s, chunks := spilled(5 * handful / 2)
	require.True(t, s.sweep(), "all came since the last")
	require.Equal(t, chunks, s.stack)
	h := &hand{}
	s.fill(h)
	s.stack = append(s.stack, h.chunks[:h.n]...)
	require.True(t, s.sweep(), "a part was needed")
	require.Equal(t, chunks[2*handful:], s.stack, "what goes is what lay longest")
	for _, c := range s.stack[len(s.stack):cap(s.stack)] {
		require.Nil(t, c)
	}
	require.False(t, s.sweep())
	require.Nil(t, s.stack)
	require.False(t, s.sweep())
}

// TestPoolIsTheCollectors forgets nothing that it should let go of: the collector alone empties the pool.
func TestPoolIsTheCollectors(t *testing.T) {
	gone := make(chan struct{})
	func() {
		m := NewBody(large)
		runtime.AddCleanup(m.hold().chunk, func(gone chan struct{}) { close(gone) }, gone)
		m.Release()
	}()
	for {
		runtime.GC()
		select {
		case <-gone:
			return
		default:
			runtime.Gosched()
		}
	}
}

// TestPoolIsShared takes and puts bodies of three classes from many goroutines, again and again, while the pool is swept: no two have the same.
func TestPoolIsShared(t *testing.T) {
	var group sync.WaitGroup
	for worker := range byte(8) {
		group.Go(func() {
			for round := range 600 {
				class := stacked - 1 + round%3
				m := NewBody(classSize(class))
				for i := range m.Bytes()[:100] {
					m.Bytes()[i] = worker
				}
				if round%16 == 2*int(worker) {
					sweepPool()
				}
				runtime.Gosched()
				for _, b := range m.Bytes()[:100] {
					if b != worker {
						t.Errorf("a body of %d octets is somebody else's, too", classSize(class))
						return
					}
				}
				m.Release()
			}
		})
	}
	group.Wait()
}

// TestLargeBodiesLieAside wants the octets of a body of many pages not to begin where a page does.
func TestLargeBodiesLieAside(t *testing.T) {
	for _, n := range []int{asidePast + 1, large, poolMax + 1} {
		fresh := getChunk(n, nil)
		require.EqualValues(t, aside, uintptr(unsafe.Pointer(unsafe.SliceData(fresh.buf)))%4096)
		require.GreaterOrEqual(t, cap(fresh.buf)-len(fresh.buf), largeHeader)
		fresh.drop(1)
	}
}
