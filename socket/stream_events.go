package socket

import (
	"context"
	"fmt"
	"iter"

	"github.com/weirmq/weir/wire"
)

// A StreamEventKind says what happened to a connection of a Stream.
type StreamEventKind uint8

// The kinds of events, in the order in which a connection has them. With StreamNotify(false) there is only StreamData.
const (
	// StreamUp: the connection is there.
	StreamUp StreamEventKind = iota + 1
	// StreamData: bytes came.
	StreamData
	// StreamDown: the connection is gone, and all that came of it was received. A connected endpoint may be up again, under the same id.
	StreamDown
)

// String returns the kind in words.
func (k StreamEventKind) String() string {
	switch k {
	case StreamUp:
		return "up"
	case StreamData:
		return "data"
	case StreamDown:
		return "down"
	default:
		return fmt.Sprintf("event %d", uint8(k))
	}
}

// A StreamEvent is something that happened to one connection of a Stream.
type StreamEvent struct {
	// Kind says what.
	Kind StreamEventKind
	// ID names the connection, and Peer is the numeric address of its other side, without the port.
	ID, Peer string
	// Data is what came; nil but for StreamData. It is the receiver's own.
	Data []byte
}

// String returns the event in one line.
func (e StreamEvent) String() string {
	if e.Kind == StreamData {
		return fmt.Sprintf("%x: %d bytes", e.ID, len(e.Data))
	}
	return fmt.Sprintf("%x: %v", e.ID, e.Kind)
}

// StreamEventOf tells what a message says that a Stream has received, be it by Recv, Messages or RecvChan. For any other message it returns the zero
// value.
func StreamEventOf(m Message) StreamEvent {
	if m.Len() != 2 {
		return StreamEvent{}
	}
	e := StreamEvent{Kind: StreamData, ID: string(m.Frame(0)), Data: m.Frame(1)}
	e.Peer, _ = m.Property(wire.PropertyPeerAddress)
	if len(e.Data) == 0 {
		e.Kind = StreamDown
		if e.Data == nil {
			e.Kind = StreamUp
		}
		e.Data = nil
	}
	return e
}

// The notices of a connection's coming and going. Both are one empty frame, as libzmq's are; StreamEventOf knows them by the one being nil and the other
// not, which lasts as long as a message stays what it is.
var (
	upNotice   = Message{}
	downNotice = messageOf([]byte{})
)

// Next is Recv in Go's words.
func (s *Stream) Next(ctx context.Context) (StreamEvent, error) {
	m, err := s.Recv(ctx)
	if err != nil {
		return StreamEvent{}, err
	}
	return StreamEventOf(m), nil
}

// StreamEvents is Messages in Go's words: it receives until ctx ends or the caller breaks off. The end of ctx ends the loop without an error; any other
// error is its last element.
func (s *Stream) StreamEvents(ctx context.Context) iter.Seq2[StreamEvent, error] {
	return func(yield func(StreamEvent, error) bool) {
		for m, err := range s.Messages(ctx) {
			if err != nil {
				yield(StreamEvent{}, err)
				return
			}
			if !yield(StreamEventOf(m), nil) {
				return
			}
		}
	}
}
