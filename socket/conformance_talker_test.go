package socket_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// A talker is a socket of the suite, whose messages are the bare ones whatever its type. A type whose messages name their peer sends to its peers in turn,
// as the others do, and one that has connections without messages (STREAM) sends frames of its own over them, as its applications must.
type talker struct {
	*socket.Any
	id string // its routing id, where it may have one

	addresses, raw bool

	mu       sync.Mutex
	peers    []string // guarded by mu: of a type that names them, in the order in which they came
	next     int      // guarded by mu: whose turn it is
	decoders map[string]*wire.Decoder
	have     []socket.Message // guarded by mu, as decoders are: decoded and not received yet
}

// open makes one socket of a pair, such that nothing is dropped at a mark and everything is subscribed to.
func open(t *testing.T, rt *socket.Runtime, row socket.Row, opts ...socket.Option) *talker {
	t.Helper()
	s := &talker{addresses: row.Addresses, raw: row.Raw, decoders: map[string]*wire.Decoder{}}
	if row.Name == "DEALER" || row.Name == "ROUTER" {
		s.id = fmt.Sprint("talker-", inprocNames.Add(1))
		opts = append(opts, socket.RoutingID(s.id))
	}
	switch {
	case row.Publisher:
		opts = append(opts, socket.XPubNoDrop(true))
	case row.Name == "ROUTER":
		opts = append(opts, socket.RouterMandatory(true))
	}
	var err error
	s.Any, err = socket.Open(rt, row.Name, opts...)
	require.NoError(t, err)
	if row.Subscriber {
		require.NoError(t, s.Subscribe(""))
	}
	return s
}

// meet makes another a peer, whose connection is up; of a type that hears of its connections, it waits for so many.
func (s *talker) meet(t *testing.T, other *talker, n int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.addresses && !s.raw && !slices.Contains(s.peers, other.id) {
		s.peers = append(s.peers, other.id)
	}
	if !s.raw {
		return
	}
	require.NoError(t, s.hearLocked())
	for len(s.peers) < n {
		m, err := s.Any.Recv(within(t))
		require.NoError(t, err)
		require.NoError(t, s.takeLocked(m))
	}
}

// hearLocked takes what there is by now.
func (s *talker) hearLocked() error {
	for {
		m, err := s.Any.TryRecv()
		if errors.Is(err, socket.ErrWouldBlock) {
			return nil
		}
		if err == nil {
			err = s.takeLocked(m)
		}
		if err != nil {
			return err
		}
	}
}

// takeLocked takes what a STREAM has received: news of a connection, or a piece of what comes over it.
func (s *talker) takeLocked(m socket.Message) error {
	id := string(m.Frame(0))
	d, known := s.decoders[id]
	switch {
	case !known:
		s.decoders[id] = wire.NewDecoder(-1)
		s.peers = append(s.peers, id)
		return nil
	case len(m.Frame(1)) == 0:
		s.forgetLocked(id)
		return nil
	}
	_, have, _, err := d.Decode(m.Frame(1), s.have)
	s.have = have
	return err
}

// forgetLocked forgets a connection that is gone.
func (s *talker) forgetLocked(id string) {
	delete(s.decoders, id)
	s.peers = slices.DeleteFunc(s.peers, func(p string) bool { return p == id })
}

// addressed makes a message for the peer whose turn it is. Where a STREAM has none, and wait is not nil, it waits for news.
func (s *talker) addressed(m socket.Message, wait func() (socket.Message, error)) (to string, out socket.Message, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw {
		err = s.hearLocked()
	}
	for err == nil && len(s.peers) == 0 {
		if err = socket.ErrNoPeers; s.raw && wait != nil {
			var news socket.Message
			if news, err = wait(); err == nil {
				err = s.takeLocked(news)
			}
		}
	}
	if err != nil {
		return "", m, err
	}
	if s.raw {
		m = socket.MessageOf(wire.AppendMessage(nil, m))
	}
	to = s.peers[s.next%len(s.peers)]
	return to, m.Prepend([]byte(to)), nil
}

// sends sends by f, to the peer whose turn it is. A connection that this side has ended is nobody's news: it is passed over.
func (s *talker) sends(m socket.Message, f func(socket.Message) error, wait func() (socket.Message, error)) error {
	if !s.addresses {
		return f(m)
	}
	for {
		to, out, err := s.addressed(m, wait)
		if err != nil {
			return err
		}
		err = f(out)
		s.mu.Lock()
		again := s.raw && errors.Is(err, socket.ErrUnroutable)
		if again {
			s.forgetLocked(to)
		}
		if err == nil {
			s.next++
		}
		s.mu.Unlock()
		if !again {
			return err
		}
	}
}

// Send is the socket's.
func (s *talker) Send(ctx context.Context, m socket.Message) error {
	return s.sends(m, func(m socket.Message) error { return s.Any.Send(ctx, m) }, func() (socket.Message, error) { return s.Any.Recv(ctx) })
}

// TrySend is the socket's.
func (s *talker) TrySend(m socket.Message) error { return s.sends(m, s.Any.TrySend, nil) }

// receives receives by f.
func (s *talker) receives(f func() (socket.Message, error)) (socket.Message, error) {
	if !s.raw {
		m, err := f()
		if err == nil && s.addresses {
			m = m.Tail(1)
		}
		return m, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.have) == 0 {
		m, err := f()
		if err == nil {
			err = s.takeLocked(m)
		}
		if err != nil {
			return socket.Message{}, err
		}
	}
	m := s.have[0]
	s.have = s.have[1:]
	return m, nil
}

// Recv is the socket's.
func (s *talker) Recv(ctx context.Context) (socket.Message, error) {
	return s.receives(func() (socket.Message, error) { return s.Any.Recv(ctx) })
}

// TryRecv is the socket's.
func (s *talker) TryRecv() (socket.Message, error) { return s.receives(s.Any.TryRecv) }

// Messages is the socket's.
func (s *talker) Messages(ctx context.Context) iter.Seq2[socket.Message, error] {
	if !s.addresses {
		return s.Any.Messages(ctx)
	}
	return func(yield func(socket.Message, error) bool) {
		for {
			m, err := s.Recv(ctx)
			if err != nil && ctx.Err() != nil || !yield(m, err) || err != nil {
				return
			}
		}
	}
}
