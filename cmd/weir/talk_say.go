package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"

	"github.com/weirmq/weir/socket"
)

// What a sayer is doing.
const (
	saying   int32 = iota // it reads and sends
	awaiting              // it waits for the peers of --wait-peers
	silent                // standard input has ended, and nothing of it is left to be sent
)

// inputAhead is how much of standard input is read while a line waits for room, in bytes, to see whether it ends.
const inputAhead = 16 << 20

// A sayer sends standard input in a goroutine of its own. A message that nobody takes is no fault: it is reported and counted, and the next one is tried.
type sayer struct {
	// Set by talk, then read-only.
	session *session
	to      socket.Sender
	peers   func(ctx context.Context, n int) error // waits for --wait-peers

	doing atomic.Int32  // written by sayLoop, read by the command's goroutine
	done  chan struct{} // closed when sayLoop has ended

	// Atomic: ends the present wait for room, and nothing else; nil while there is none. Written by wait, read by stuck.
	giveUp atomic.Pointer[context.CancelFunc]

	// Owned by sayLoop until done is closed; stuck asks the input, too, while giveUp is set.
	in     *input // nil until the peers are there
	err    error  // why it ended: nil at the end of standard input
	held   bool   // it ended with a message that the socket had not accepted
	late   int    // messages that nobody took in time
	astray uint64 // messages for a peer that is not there
}

// sayLoop sends to the end of standard input, or of ctx. A fault ends the command, with end.
func (y *sayer) sayLoop(ctx context.Context, end context.CancelFunc) {
	defer close(y.done)
	if y.err = y.say(ctx); y.err != nil {
		if ctx.Err() == nil {
			end()
		}
		return
	}
	y.session.patience.touch() // silence counts from here
	y.session.said.Store(true)
	y.doing.Store(silent)
}

// say waits for the peers that are to be there first, and sends line by line.
func (y *sayer) say(ctx context.Context) error {
	s := y.session
	if n := int(s.set.waitPeers); n > 0 {
		y.doing.Store(awaiting)
		if err := y.peers(ctx, n); err != nil {
			return err
		}
		y.doing.Store(saying)
	}
	y.in = y.openInput(ctx)
	for {
		m, err := y.in.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := y.hand(ctx, m); err != nil {
			return err
		}
	}
}

// openInput starts to read standard input. Where its end matters it is read ahead, and what is read ends a silence, too: that counts from the end of input.
func (y *sayer) openInput(ctx context.Context) *input {
	s := y.session
	if s.set.counted || s.limit() <= 0 {
		return newInput(ctx, s.std.in, s.set.format, 0, nil)
	}
	return newInput(ctx, s.std.in, s.set.format, inputAhead, s.patience.touch)
}

// hand hands m to the socket. The error is one that ends the saying: not that nobody takes m.
func (y *sayer) hand(ctx context.Context, m socket.Message) error {
	s := y.session
	err := y.to.TrySend(m)
	if errors.Is(err, socket.ErrWouldBlock) {
		err = y.wait(ctx, m)
	}
	switch {
	case err == nil:
		s.patience.touch()
		return nil
	case errors.Is(err, socket.ErrUnroutable):
		y.astray++
	case errors.Is(err, errTimedOut):
		y.late++
	case errors.Is(err, context.Canceled) && ctx.Err() == nil:
		y.late += 1 + y.in.drop()
		s.std.note("weir: standard input, up to line %d: not sent: nobody takes it, and there is more than can wait", y.in.line)
		return nil
	default:
		y.held = ctx.Err() != nil // else it is the message itself that cannot be sent
		return err
	}
	s.std.note("weir: standard input, line %d: not sent: %s", y.in.line, strings.TrimPrefix(err.Error(), "weir: "))
	return nil
}

// wait waits for room, and sends m. It ends with sndtimeo, and with giveUp.
func (y *sayer) wait(ctx context.Context, m socket.Message) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	y.giveUp.Store(&giveUp)
	defer y.giveUp.Store(nil)
	return expired(y.to.Send(ctx, m), "sent", "sndtimeo")
}

// stuck says, after a silence, whether standard input has ended behind a line that nobody takes. Where it has not, and no more of it can wait, what waits is
// given up. It is called by the command's goroutine.
func (y *sayer) stuck() bool {
	giveUp := y.giveUp.Load()
	if giveUp == nil {
		return false
	}
	ended, full := y.in.state()
	if full && !ended {
		(*giveUp)()
	}
	return ended
}

// unsent is how many messages nobody took, once the sayer has ended: where all was heard that there was to hear, and standard input has ended, with what is
// left of it.
func (y *sayer) unsent() int {
	s, n := y.session, y.late
	if y.held && s.more() {
		n++
	}
	if s.settled && !s.set.counted && y.in != nil {
		n += y.in.drop()
	}
	return n
}
