package mailbox

import "context"

// Stage 4 of a message's way (ARCHITECTURE.md): push.

// verdict is what became of an attempt to push.
type verdict uint8

// The verdicts.
const (
	taken  verdict = iota // accepted, or dropped and counted by the policy
	full                  // no room; the queue will say when there is some
	closed                // never again
)

// TryPush pushes v without ever waiting. It returns nil when v was accepted, ErrFull when there is no room (Block and
// Reject), and the close reason once the queue is closed. Under DropNewest a v that finds no room is accepted and counted
// as dropped; under DropOldest and Conflate an older item makes room. Any goroutine may call it.
//
// Ownership of v passes to the queue when TryPush returns nil.
func (q *Queue[T]) TryPush(v T) error { return q.answer(q.offer(&v)) }

// TryPushQuietly is TryPush that does not tell the consumer: the caller must call RingHere once it has let go of its locks. It is for who wants to be the
// consumer itself. Any goroutine may call it.
func (q *Queue[T]) TryPushQuietly(v T) error {
	if q.store != nil {
		return q.answer(q.store.push(v))
	}
	return q.answer(q.offerOne(&v, true))
}

// Push pushes v. Under Block it waits for room: waiters are woken in the order in which they came, while a push that
// finds room does not queue up behind them. It returns nil when v was accepted, the close reason once the queue is closed,
// and ctx.Err() if ctx ended before there was room; then v was not accepted. A ctx that has ended does not keep v out of a
// queue with room. Under the other policies Push is TryPush. Any goroutine may call it.
//
// Ownership of v passes to the queue when Push returns nil.
func (q *Queue[T]) Push(ctx context.Context, v T) error {
	if got := q.offer(&v); got != full || q.policy != Block {
		return q.answer(got)
	}
	return q.pushWaiting(ctx, v)
}

// pushWaiting is Push after the first attempt found no room. It is a function of its own so that a push that does not
// wait pays nothing for it.
func (q *Queue[T]) pushWaiting(ctx context.Context, v T) error {
	return q.await(ctx, func() verdict { return q.offer(&v) })
}

// TryPushAll pushes as many of vs as fit, in order, without waiting. Those that fit are claimed together, so nobody
// else's items come between them unless room appears while it runs. It returns how many were accepted, and when that is
// fewer than all the error that TryPush would give for the next. Any goroutine may call it.
func (q *Queue[T]) TryPushAll(vs []T) (n int, err error) {
	n, got := q.offerAll(vs)
	return n, q.answer(got)
}

// PushAll pushes all of vs, in order, and under Block waits for room for what does not fit at once. It returns how many
// were accepted, and when that is fewer than all an error as Push does: exactly vs[:n] were accepted. Under the other
// policies it is TryPushAll. Any goroutine may call it.
func (q *Queue[T]) PushAll(ctx context.Context, vs []T) (n int, err error) {
	n, got := q.offerAll(vs)
	if got != full || q.policy != Block {
		return n, q.answer(got)
	}
	err = q.await(ctx, func() verdict {
		k, got := q.offerAll(vs[n:])
		n += k
		return got
	})
	return n, err
}

// answer turns a verdict into the error for the caller.
func (q *Queue[T]) answer(got verdict) error {
	switch got {
	case taken:
		return nil
	case full:
		return ErrFull
	default:
		return *q.reason.Load()
	}
}

// offer tries to push *v, which it copies, and applies the policy if there is no room. The common case is here: the queue is open, the
// cached limit is of the present epoch and above the claim. Anything else goes the long way.
func (q *Queue[T]) offer(v *T) verdict {
	if q.plain {
		w, limit := q.tail.Load(), q.limit.Load()
		if (w^limit)&lowMask == 0 && w+posOne < limit && q.tail.CompareAndSwap(w, w+posOne) {
			c := q.hint.Load()
			i := position(w) - c.base.Load()
			if i >= uint64(len(c.vals)) {
				c, i = q.walk(position(w))
			}
			c.vals[i] = *v
			c.publishOne(i)
			q.bell.ring()
			return taken
		}
	}
	return q.offerSlowly(v)
}

// offerSlowly is offer without the short way.
func (q *Queue[T]) offerSlowly(v *T) verdict {
	if q.store != nil {
		return q.rung(q.store.push(*v))
	}
	return q.offerOne(v, false)
}

// offerOne is offer without the short way, where there is no store. Where quiet is set the bell is not rung.
func (q *Queue[T]) offerOne(v *T, quiet bool) verdict {
	var c claim
	var size int64
	if q.plain {
		c = q.claim(1)
	} else {
		size = q.sizeOf(*v)
		c = q.claimSized(size, nil)
	}
	if c.n == 0 {
		return q.refuseOne(v, c.got)
	}
	q.put(c, v, size, quiet)
	return taken
}

// put publishes *v, of size bytes, in the place that c is, and does what is due when that was the last. Where quiet is set it does not ring the bell.
func (q *Queue[T]) put(c claim, v *T, size int64, quiet bool) {
	if c.shut != 0 {
		q.gate.Store(true)
	}
	ch, i := q.place(c.pos)
	ch.vals[i] = *v
	if ch.sizes != nil {
		ch.sizes[i] = size
	}
	ch.publishOne(i)
	if !quiet {
		q.bell.ring()
	}
	if c.shut != 0 {
		q.shut()
	}
}

// offerAll tries to push all of vs, and applies the policy to those without room. It returns how many were accepted; the
// verdict is taken if that is all of them.
func (q *Queue[T]) offerAll(vs []T) (n int, got verdict) {
	if q.store != nil {
		if len(vs) == 0 {
			return 0, taken
		}
		if got = q.rung(q.store.pushAll(vs)); got != taken {
			return 0, got
		}
		return len(vs), taken
	}
	for n < len(vs) {
		var c claim
		if rest := vs[n:]; q.plain {
			c = q.claim(uint64(len(rest)))
		} else {
			c = q.claimSized(0, rest)
		}
		if c.n == 0 {
			if got = q.refuse(len(vs)-n, c.got); got == taken {
				tell(q.onDrop, vs[n:]...)
				n = len(vs)
			}
			return n, got
		}
		if c.shut != 0 {
			q.gate.Store(true)
		}
		q.fillAll(c.pos, vs[n:n+int(c.n)])
		n += int(c.n)
		q.bell.ring()
		if c.shut != 0 {
			q.shut()
		}
	}
	return n, taken
}

// rung rings the bell for an item that a store took, and returns the verdict.
func (q *Queue[T]) rung(got verdict) verdict {
	if got == taken {
		q.bell.ring()
	}
	return got
}

// refuse applies the policy to n items that found no room, or a closed queue.
func (q *Queue[T]) refuse(n int, got verdict) verdict {
	if got == full && q.policy == DropNewest {
		q.drops.refuse(n, ReasonFull)
		return taken
	}
	return got
}

// refuseOne is refuse for *v.
func (q *Queue[T]) refuseOne(v *T, got verdict) verdict {
	got = q.refuse(1, got)
	if got == taken {
		tell(q.onDrop, *v)
	}
	return got
}

// claim is what a producer has claimed: the n positions from pos on are its own until it publishes them.
type claim struct {
	pos  uint64
	n    uint64   // 0: nothing, and got says why
	shut tailWord // shut bits set by the claim, which took the last room: the claimer calls shut when it has published
	got  verdict  // full or closed when n is 0
}

// claim claims up to n positions, as many as there are below the mark. n is at least 1.
func (q *Queue[T]) claim(n uint64) claim {
	for {
		w := q.tail.Load()
		if w&stopBits != 0 {
			return claim{got: stopped(w)}
		}
		limit, fresh := q.limitFor(w, n)
		pos := position(w)
		if limit <= pos {
			q.shutFull(w)
			continue
		}
		c := claim{pos: pos, n: min(n, limit-pos)}
		if fresh && pos+c.n == limit {
			c.shut = shutBit
		}
		if q.tail.CompareAndSwap(w, advanced(w, c)) {
			return c
		}
	}
}

// stopped returns the verdict for a tail word with a stop bit.
func stopped(w tailWord) verdict {
	if w&closedBit != 0 {
		return closed
	}
	return full
}

// advanced returns the tail word w after the claim c.
func advanced(w tailWord, c claim) tailWord { return w + c.n<<posShift | c.shut }

// shutFull shuts a queue that w shows open although it is at its mark: the mark has just been lowered. If w is no longer
// the tail there is nothing to shut; the caller looks again in any case.
func (q *Queue[T]) shutFull(w tailWord) {
	if q.tail.CompareAndSwap(w, w|shutBit) {
		q.shut()
	}
}

// limitFor returns the position up to which w allows claims, and whether it has been computed from head just now. The
// cached limit serves while a claim of n ends below it: head only grows, so a limit of the same epoch is never too high.
// One that is reached must be computed again, for the queue to be shut exactly when it is full.
func (q *Queue[T]) limitFor(w tailWord, n uint64) (upTo uint64, fresh bool) {
	cached := q.limit.Load()
	if (w^cached)&epochMask == 0 && position(w)+n < position(cached) {
		return position(cached), false
	}
	mark := q.mark.Load()
	if mark == 0 {
		upTo = maxPos
	} else {
		upTo = q.head.Load() + uint64(mark)
	}
	// A cache that somebody else has changed meanwhile is left alone: theirs is no older than ours.
	q.limit.CompareAndSwap(cached, limitWord(upTo, w))
	return upTo, true
}

// fillAll puts vs into the positions from p on, which the caller has claimed, and publishes them chunk by chunk. The next
// chunk is found before the last slots of this one are published, while both are pinned.
func (q *Queue[T]) fillAll(p uint64, vs []T) {
	c, at := q.place(p)
	for base, i := p-at, int(at); ; i = 0 {
		k := copy(c.vals[i:], vs)
		if c.sizes != nil {
			for j, v := range vs[:k] {
				c.sizes[i+j] = q.sizeOf(v)
			}
		}
		if k == len(vs) {
			c.publish(i, k)
			return
		}
		end := base + uint64(len(c.vals))
		n := q.after(c, end)
		q.pointTo(c, n, end)
		c.publish(i, k)
		c, base, vs = n, end, vs[k:]
	}
}
