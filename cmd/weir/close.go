package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/weirmq/weir/socket"
)

// settledGrace is how long nothing may go out before the flush of a talk that has heard all ends, unless --timeout or a linger say otherwise.
const settledGrace = time.Second

// close is the last step: it flushes what is queued, within linger, and returns what went wrong there. why is how the work ended: once time is up,
// nothing more is waited for. After a signal, the end of ctx, flushing goes on for signalGrace and no longer. A talk that has heard all there was to hear
// waits only while something goes out: peers that are not there must not hold it.
func (s *session) close(ctx context.Context, why error) error {
	flush, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if errors.Is(why, errTimedOut) {
		cancel()
	}
	if s.settled && !s.set.lingers {
		s.patience.within(settledGrace)
	}
	defer context.AfterFunc(ctx, func() { time.AfterFunc(signalGrace, cancel) })()
	return s.patience.wait(flush, func(ctx context.Context) error { return s.account(s.rt.Shutdown(ctx)) })
}

// account takes what Shutdown returned, and replaces its report of unsent messages by our own: with the message in hand, and what went with lost
// connections where that matters. Where a receiver leaves something unsent, it is no message.
func (s *session) account(err error) error {
	var left *socket.UnsentError
	if errors.As(err, &left) {
		err = withoutUnsent(err)
	}
	if s.kind.unsent == nil || s.job.socket == nil {
		return err
	}
	queued := int(s.kind.unsent(s.job.socket.Stats().Out))
	if queued+s.inHand == 0 {
		return err
	}
	var where []string
	if left != nil && left.Messages() == queued {
		for _, u := range left.Peers {
			u.Socket = "" // there is one
			where = append(where, u.String())
		}
	}
	if s.inHand > 0 {
		where = append(where, fmt.Sprintf("%d that no peer had room for", s.inHand))
	}
	text := fmt.Sprintf("%d messages not sent", queued+s.inHand)
	if len(where) > 0 {
		text += ": " + strings.Join(where, ", ")
	}
	if s.settled {
		s.std.complain(errors.New(text))
		return err
	}
	return errors.Join(errors.New(text), err)
}

// undelivered counts, of a sender whose messages must not be lost, all that the kernel did not take: at the end, or when a connection was lost.
func undelivered(out socket.Ledger) uint64 { return out.Accepted - out.Delivered }

// leftOver counts, of a sender whose peers may come and go, what was still queued at the end for those that were there.
func leftOver(out socket.Ledger) uint64 { return out.Dropped[socket.ReasonLinger] + out.Queued }

// withoutUnsent is what else Shutdown returned beside an UnsentError.
func withoutUnsent(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var others []error
	for _, e := range joined.Unwrap() {
		if _, ok := e.(*socket.UnsentError); !ok { //nolint:errorlint // the parts are what is asked for
			others = append(others, e)
		}
	}
	return errors.Join(others...)
}
