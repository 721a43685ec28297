package socket

import (
	"context"
	"encoding/binary"
	"errors"
)

// controlLoop obeys the words that the control socket receives, one after the other, until ctx ends or the socket closes. A proxy whose control socket
// closes goes on without.
func (a *proxyActor) controlLoop(ctx context.Context) error {
	for {
		m, err := a.control.recvWait(ctx)
		if err != nil {
			<-ctx.Done() // nobody steers any more
			return err
		}
		answer, err := a.obey(ctx, m)
		if err != nil {
			return err
		}
		if !a.answers(m) {
			continue
		}
		if err := a.control.send(ctx, answer); err != nil && !errors.Is(err, ErrUnroutable) {
			<-ctx.Done()
			return err
		}
	}
}

// obey does what m says and returns the answer.
func (a *proxyActor) obey(ctx context.Context, m Message) (answer Message, err error) {
	if m.Len() != 1 {
		return Message{}, nil
	}
	switch word := string(m.Bytes()); word {
	case statisticsWord:
		return a.statistics(), nil
	case pauseWord, resumeWord:
		return Message{}, a.ask(ctx, word)
	case terminateWord:
		return Message{}, (*a.ref.Load()).Tell(&steerProxy{word: word})
	}
	return Message{}, nil
}

// answers says whether m is answered: everything by a Rep, STATISTICS by all that can.
func (a *proxyActor) answers(m Message) bool {
	return a.control.typ == repType || a.control.typ.sends && m.Len() == 1 && string(m.Bytes()) == statisticsWord
}

// statistics are the counts in the form of libzmq.
func (a *proxyActor) statistics() Message {
	f, b := a.count.frontend.read(), a.count.backend.read()
	var frames [][]byte
	for _, n := range []uint64{
		f.Received, f.ReceivedBytes, f.Sent, f.SentBytes, b.Received, b.ReceivedBytes, b.Sent, b.SentBytes,
	} {
		frames = append(frames, binary.NativeEndian.AppendUint64(nil, n))
	}
	return MessageOf(frames...)
}
