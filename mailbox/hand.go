package mailbox

// fifo is a slice that is filled at the end and emptied from the front, so that views into it stay where they are. The
// zero value is empty.
type fifo[E any] struct {
	vals []E // oldest first
	buf  []E // the largest array that vals has had, empty; vals begins there again when it has run empty
}

// add puts e after the others.
func (f *fifo[E]) add(e E) {
	if len(f.vals) == 0 {
		f.vals = f.buf
	}
	f.vals = append(f.vals, e)
	if cap(f.vals) > cap(f.buf) {
		f.buf = f.vals[:0]
	}
}

// drop takes the n oldest away and clears their places.
func (f *fifo[E]) drop(n int) {
	clear(f.vals[:n])
	f.vals = f.vals[n:]
}

// hand holds the items that the consumer of a store has looked at: they have left the store's queue, so that no producer
// can drop or move them, but not the mailbox. The zero value is an empty hand. Owned by the consumer.
type hand[T any] struct {
	vals  fifo[T]
	sizes fifo[int64] // bytes of each of vals
	cur   int         // how many of vals the cursor has passed
}

// add puts an item of the given bytes after the others.
func (h *hand[T]) add(v T, size int64) {
	h.vals.add(v)
	h.sizes.add(size)
}

// len returns how many items are in the hand, those after the cursor included.
func (h *hand[T]) len() int { return len(h.vals.vals) }

// show returns what lies after the cursor, at most max items; nil if there is nothing.
func (h *hand[T]) show(max int) []T {
	n := min(h.len()-h.cur, max)
	if n == 0 {
		return nil
	}
	return h.vals.vals[h.cur : h.cur+n : h.cur+n]
}

// advance moves the cursor past n items.
func (h *hand[T]) advance(n int) {
	if n < 0 || n > h.len()-h.cur {
		panic("mailbox: Advance past what Look has shown")
	}
	h.cur += n
}

// leave takes the n oldest out of the hand and returns their bytes.
func (h *hand[T]) leave(n int) (bytes int64) {
	if n < 0 || n > h.cur {
		panic("mailbox: Done or Drop of more items than are in hand")
	}
	for _, size := range h.sizes.vals[:n] {
		bytes += size
	}
	h.vals.drop(n)
	h.sizes.drop(n)
	h.cur -= n
	return bytes
}

// tidy gives back the memory of an empty hand that has grown.
func (h *hand[T]) tidy() {
	if h.len() == 0 && cap(h.vals.buf) > smallRing {
		*h = hand[T]{}
	}
}
