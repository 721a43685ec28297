package pgm

// A txWindow holds the packets that were sent last, as they were sent, for repair. Its memory grows with what was sent,
// up to its size.
//
//	trail ──────────── lead
type txWindow struct {
	size  int      // most packets
	ring  [][]byte // the packet of number n is at n % len, once the ring is full
	trail Seq      // the oldest that is held
	lead  Seq      // the newest; trail-1 where there is none
	base  Seq      // the number whose place is the beginning of the ring
}

// newTxWindow makes an empty window that begins at first. Its size is clamped to where sequence numbers can still be compared.
func newTxWindow(size int, first Seq) txWindow {
	return txWindow{size: min(max(size, 1), farthest/2), trail: first, lead: first - 1, base: first}
}

// place is where the packet of number n lies.
func (w *txWindow) place(n Seq) int { return int(uint32(n-w.base) % uint32(w.size)) }

// add holds the packet that comes next, and returns the buffer of the one that had to go; nil where none had.
func (w *txWindow) add(packet []byte) (freed []byte) {
	w.lead++
	i := w.place(w.lead)
	if i == len(w.ring) {
		w.ring = append(w.ring, packet)
		return nil
	}
	freed, w.ring[i] = w.ring[i], packet
	w.trail++
	if w.place(w.trail) == 0 { // keeps the distance small, so that it never wraps in the middle of the ring
		w.base = w.trail
	}
	return freed
}

// get returns the packet of number n; nil where it is not held.
func (w *txWindow) get(n Seq) []byte {
	if n.Before(w.trail) || w.lead.Before(n) {
		return nil
	}
	return w.ring[w.place(n)]
}
