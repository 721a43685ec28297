package codec

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Large copies take turns. A sender and a receiver of large bodies are three for two processors: who fills the next body, who writes one, and who reads
// one; and the kernel's copy of a megabyte takes a tenth of a millisecond, on either side. Left to themselves they go from one processor to the other:
// the segments that come while the receiver copies have to wait for it, one side wakes the other for each piece, and what one copies lies in the caches of
// the other. In turns, writer and reader are on one processor for three quarters of the time, one after the other, and who fills is on the other: that is
// what libzmq has with one thread for both.
//
// A turn is held for calls of the kernel that do not wait (ferry.go), and never while anything waits for the peer. Pieces are as long as the kernel lets, and
// who has had a turn may have the next: to change sides after each piece costs more than it gains, and so it does with smaller bodies.

const (
	// turnBody is the smallest body, in bytes, whose copies take turns.
	turnBody = 256 << 10

	// turnMost bounds what is copied in one turn, in bytes.
	turnMost = 4 << 20
)

// turns are how many large copies may run at once. Nobody waits for one for much longer than a millisecond: then it is the next one's, as a sync.Mutex
// sees to. Safe for concurrent use.
type turns struct {
	all  []sync.Mutex
	next atomic.Uint32 // where the next one waits that finds all taken
}

// newTurns returns n turns.
func newTurns(n int) *turns { return &turns{all: make([]sync.Mutex, n)} }

// largeCopies are the turns of this process: half as many as it has processors, as far as it knew when it first asked.
var largeCopies = sync.OnceValue(func() *turns { return newTurns((runtime.GOMAXPROCS(0) + 1) / 2) })

// take waits for a turn, which its Unlock gives back.
func (t *turns) take() *sync.Mutex {
	for i := range t.all {
		if t.all[i].TryLock() {
			return &t.all[i]
		}
	}
	turn := &t.all[int(t.next.Add(1))%len(t.all)]
	turn.Lock()
	return turn
}
