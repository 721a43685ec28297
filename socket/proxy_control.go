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
		word := ""
		if m.Len() == 1 {
			word = string(m.Bytes())
		}
		answer, err := a.obey(ctx, word)
		if err != nil {
			return err
		}
		if a.answers(word) {
			if err := a.control.send(ctx, answer); err != nil && !errors.Is(err, ErrUnroutable) {
				<-ctx.Done()
				return err
			}
		}
		if word != terminateWord {
			continue
		}
		if err := (*a.ref.Load()).Tell(&steerProxy{word: word}); err != nil { // last, so that whoever waits for the end may close the control socket
			return err
		}
	}
}

// obey does what a word says and returns the answer. TERMINATE is for when it has been answered.
func (a *proxyActor) obey(ctx context.Context, word string) (answer Message, err error) {
	switch word {
	case statisticsWord:
		return a.statistics(), nil
	case pauseWord, resumeWord:
		return Message{}, a.ask(ctx, word)
	}
	return Message{}, nil
}

// answers says whether a word is answered: everything by a Rep, STATISTICS by all that can.
func (a *proxyActor) answers(word string) bool {
	return a.control.typ == repType || a.control.typ.sends && word == statisticsWord
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
