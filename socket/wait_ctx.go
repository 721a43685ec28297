package socket

import "context"

// A ctxWatch is what a waiter that waits elsewhere has with a ctx, whose end is to rouse it. To register costs three allocations and, until it is undone, a
// few locks, and most who receive do so again and again with one ctx: where the wait before had the same, the registration stays for the next. It goes when
// another ctx comes, or with the waiter, or at the end of the list. So a waiter may be roused at any time by a ctx that is not its own any more: that costs a
// look. The zero value is that of a waiter which has not waited elsewhere yet.
type ctxWatch struct {
	last <-chan struct{} // what the ctx of the last wait closes at its end; nil where that has none
	stop func() bool     // undoes the registration with that ctx; nil where there is none
}

// rouseAfter makes w be roused when ctx ends, which is to be undone (forget) where it does not stay. Where ctx has ended by now, w may have been roused
// before: the caller has to look. It is for w's goroutine, as forget is.
func (l *waitList) rouseAfter(ctx context.Context, w *waiter) (stays bool) {
	end := ctx.Done()
	if stays = end == w.ends.last; !stays { // channels: not every ctx can be compared
		w.forget()
		w.ends.last = end
	}
	if end != nil && w.ends.stop == nil {
		w.ends.stop = context.AfterFunc(ctx, func() { l.rouse(w) })
	}
	return stays
}

// forget makes the end of a ctx nothing to w any more.
func (w *waiter) forget() {
	if w.ends.stop != nil {
		w.ends.stop()
		w.ends.stop = nil
	}
}
