package mailbox

// A queue with Config.Size admits the bytes of an item before it claims a place for it, so that the limit is exact: the
// admissions are a sequence of compare-and-swaps on held, and one succeeds only while held is below the limit. The claim
// of the item that reaches the limit shuts the queue, as the claim of the last place does.
//
// A producer can thus be refused because of bytes that are admitted but have no place yet. It raises early, looks at held
// again, and goes away. The one that made the admission will either shut the queue with its claim, or find it shut or
// closed, or take the admission back; when it does the last it looks at early. In each case the queue opens, or is opened,
// after the refusal, and those who wait hear of it.

// sizeOf returns the bytes that v counts for, never negative.
func (q *Queue[T]) sizeOf(v T) int64 {
	if q.size == nil {
		return 0
	}
	return int64(max(q.size(v), 0))
}

// Held returns the bytes of the items that Len counts. It is 0 without Config.Size, and under DropOldest and Conflate. Any goroutine may call it.
func (q *Queue[T]) Held() int64 { return q.held.Load() }

// claimSized is claim for a queue with sizes. It claims places for one item of the given size, or if vs is not nil for as
// many of vs, from the first on, as fit.
func (q *Queue[T]) claimSized(size int64, vs []T) claim {
	for {
		w := q.tail.Load()
		if w&stopBits != 0 {
			return claim{got: stopped(w)}
		}
		a := q.admit(size, vs)
		if a.n == 0 {
			if q.refusedEarly() {
				return claim{got: full}
			}
			continue
		}
		c, again := q.claimAdmitted(w, a)
		switch {
		case c.n == 0:
			q.release(a.bytes)
		case c.n < a.n: // the mark stood in the way of the rest
			q.release(q.sum(vs[c.n:a.n]))
		}
		if !again {
			return c
		}
	}
}

// admission is what a producer has added to held.
type admission struct {
	n       uint64 // items; 0: there was no room
	bytes   int64  // of those items
	reached bool   // the last of them reached the limit
}

// admit adds one item of the given size to held, or if vs is not nil as many of vs as begin below the limit.
func (q *Queue[T]) admit(size int64, vs []T) admission {
	for {
		limit, held := q.bytes.Load(), q.held.Load()
		if limit > 0 && held >= limit {
			return admission{}
		}
		a := admission{n: 1, bytes: size}
		if vs != nil {
			a = admission{}
			for _, v := range vs {
				if limit > 0 && held+a.bytes >= limit {
					break
				}
				a.bytes += q.sizeOf(v)
				a.n++
			}
		}
		if q.held.CompareAndSwap(held, held+a.bytes) {
			a.reached = limit > 0 && held+a.bytes >= limit
			return a
		}
	}
}

// claimAdmitted claims places for what a admits, as many as there are below the mark. w is a tail word from before the
// admission: again is true when the limits have changed since, and the admission may no longer be right.
func (q *Queue[T]) claimAdmitted(w tailWord, a admission) (c claim, again bool) {
	for {
		limit, fresh := q.limitFor(w, a.n)
		pos := position(w)
		if limit <= pos {
			q.shutFull(w)
			return claim{}, true
		}
		c := claim{pos: pos, n: min(a.n, limit-pos)}
		if fresh && pos+c.n == limit {
			c.shut = shutBit
		}
		if a.reached && c.n == a.n {
			c.shut |= bytesBit
		}
		if q.tail.CompareAndSwap(w, advanced(w, c)) {
			return c, false
		}
		now := q.tail.Load()
		if now&(closedBit|shutBit) != 0 {
			return claim{got: stopped(now)}, false
		}
		if (now^w)&epochMask != 0 {
			return claim{}, true
		}
		w = now
	}
}

// refusedEarly is called by a producer that found held at the limit in an open queue. It reports whether that is still so
// after early was raised: then whoever brought held there will see early, or shut the queue.
func (q *Queue[T]) refusedEarly() bool {
	q.early.Store(true)
	limit := q.bytes.Load()
	return limit > 0 && q.held.Load() >= limit
}

// release takes back an admission, or part of one, that found no place.
func (q *Queue[T]) release(bytes int64) {
	q.held.Add(-bytes)
	if q.gate.Load() {
		q.reopen()
	}
	if q.early.Load() && q.early.Swap(false) {
		q.opened()
	}
}

// sum returns the bytes that vs count for.
func (q *Queue[T]) sum(vs []T) (bytes int64) {
	for _, v := range vs {
		bytes += q.sizeOf(v)
	}
	return bytes
}
