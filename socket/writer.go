package socket

import (
	"context"
	"fmt"
)

// A MessageWriter builds a message frame by frame, as ZMQ_SNDMORE does, and sends it as one: nothing of it leaves before Send, and then all of it or
// nothing. It is an io.Writer, each of whose writes is a frame. After a Send that was accepted it is empty again; after one that was not, the frames
// are still there. Not safe for concurrent use; any number of writers may send to one socket.
type MessageWriter struct {
	to    Sender
	parts []Message
}

// NewWriter makes a writer of messages for a socket that sends. For a Router the first frame is the routing id of the peer.
func NewWriter(to Sender) *MessageWriter { return &MessageWriter{to: to} }

// Write adds a frame with a copy of p, which may be empty. It never fails.
func (w *MessageWriter) Write(p []byte) (int, error) {
	w.parts = append(w.parts, messageOf(append(make([]byte, 0, len(p)), p...)))
	return len(p), nil
}

// WriteString adds a frame with the bytes of s. It never fails.
func (w *MessageWriter) WriteString(s string) (int, error) {
	w.parts = append(w.parts, NewMessage(s))
	return len(s), nil
}

// Add adds all frames of m, without copying: their bytes pass to the writer, and m is not to be used any more.
func (w *MessageWriter) Add(m Message) { w.parts = append(w.parts, m) }

// Message takes what was written out of the writer, as one message, and whether there is any.
func (w *MessageWriter) Message() (m Message, ok bool) {
	if ok = len(w.parts) > 0; ok {
		m = Join(w.parts...)
		w.clear()
	}
	return m, ok
}

// Send sends what was written. Without a frame it is ErrBadState.
func (w *MessageWriter) Send(ctx context.Context) error {
	return w.send(func(m Message) error { return w.to.Send(ctx, m) })
}

// TrySend is Send that does not wait.
func (w *MessageWriter) TrySend() error { return w.send(w.to.TrySend) }

// send sends what was written, and keeps it where it was not accepted.
func (w *MessageWriter) send(send func(Message) error) error {
	m, ok := w.Message()
	if !ok {
		return fmt.Errorf("%w: no frame was written", ErrBadState)
	}
	err := send(m)
	if err != nil {
		w.parts = append(w.parts, m)
	}
	return err
}

// Reset forgets what was written, and releases it.
func (w *MessageWriter) Reset() {
	for _, m := range w.parts {
		m.Release()
	}
	w.clear()
}

// clear empties the writer.
func (w *MessageWriter) clear() {
	clear(w.parts)
	w.parts = w.parts[:0]
}
