package wire

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// large is a size whose chunks lie in a stack.
const large = 100_000

// TestShelf takes what was put last, and lets go of what was not needed between two sweeps, and of nothing else.
func TestShelf(t *testing.T) {
	var s shelf
	require.Nil(t, s.pop())
	require.False(t, s.sweep())
	chunks := make([]*chunk, 10)
	for i := range chunks {
		chunks[i] = &chunk{}
		s.push(chunks[i])
	}
	require.True(t, s.sweep(), "all came since the last")
	require.Equal(t, chunks, s.stack)
	for i := 9; i > 7; i-- {
		require.Same(t, chunks[i], s.pop())
	}
	s.push(chunks[8])
	s.push(chunks[9])
	require.True(t, s.sweep(), "two were needed")
	require.Equal(t, chunks[8:], s.stack, "what goes is what lay longest")
	require.True(t, slices.Contains(s.stack[:10], nil) && !slices.Contains(s.stack[:10], chunks[7]), "it is not kept behind the end")
	require.False(t, s.sweep())
	require.Nil(t, s.stack)
	require.Nil(t, s.pop())
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

// TestPoolIsShared takes and puts bodies of many classes from many goroutines while the pool is swept: no two have the same.
func TestPoolIsShared(t *testing.T) {
	var group sync.WaitGroup
	for worker := range byte(8) {
		group.Go(func() {
			for class := range classAbove(large) {
				m := NewBody(classSize(class))
				for i := range m.Bytes()[:100] {
					m.Bytes()[i] = worker
				}
				if class%8 == int(worker) {
					sweepPool()
				}
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
		kept := getChunk(n, make([]byte, n))
		require.EqualValues(t, aside, uintptr(unsafe.Pointer(unsafe.SliceData(kept.buf)))%4096)
		fresh.drop(1)
		kept.drop(1)
	}
}
