package socket

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// newMarkedPipe is a pipe with an outbound queue of that mark and nothing else.
func newMarkedPipe(mark int) *pipe {
	return &pipe{out: mailbox.New(mailbox.Config[Message]{Mark: mark})}
}

// TestPairPattern wants one peer at a time: the first has the place until it ends.
func TestPairPattern(t *testing.T) {
	var s only
	var r router = &s
	first, second := newMarkedPipe(1), newMarkedPipe(1)
	m := NewMessage("m")
	_, _, err := r.route(nil, m)
	require.ErrorIs(t, err, ErrNoPeers)
	require.True(t, s.admits())
	s.attach(first)
	require.False(t, s.admits())
	dst, _, err := r.route(nil, m)
	require.NoError(t, err)
	require.Equal(t, []*pipe{first}, dst)
	require.NoError(t, first.out.TryPush(m))
	_, _, err = r.route(nil, m)
	require.ErrorIs(t, err, ErrWouldBlock)
	require.NotErrorIs(t, err, ErrNoPeers, "there is a peer, and no room")
	s.detach(second)
	require.False(t, s.admits(), "it never was the peer")
	s.detach(first)
	require.True(t, s.admits())
	s.attach(second)
	dst, _, err = r.route(nil, m)
	require.NoError(t, err)
	require.Equal(t, []*pipe{second}, dst)
}
