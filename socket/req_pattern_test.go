package socket

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// newReqBench makes a req with n peers.
func newReqBench(n int, correlate, relaxed bool) (*req, []*pipe) {
	s := &req{correlate: correlate, relaxed: relaxed, number: 0xffffffff}
	var pipes []*pipe
	for range n {
		p := &pipe{out: mailbox.New(mailbox.Config[Message]{Mark: 10})}
		s.attach(p)
		pipes = append(pipes, p)
	}
	return s, pipes
}

// TestReqNumbers walks a correlated req through two requests: each has a number of its own, and only its reply is one.
func TestReqNumbers(t *testing.T) {
	s, pipes := newReqBench(2, true, false)
	dst, m, err := s.route(nil, NewMessage("q"))
	require.NoError(t, err)
	require.Equal(t, "\x00\x00\x00\x00||q", m.String(), "numbers wrap")
	s.routed(dst)
	require.False(t, s.renew())
	_, _, err = s.route(nil, NewMessage("q"))
	require.ErrorIs(t, err, ErrBadState)
	for _, wrong := range []Message{
		NewMessage("", "a"), NewMessage("a"), NewMessage("\x00\x00\x00\x01", "", "a"), NewMessage("\x00\x00\x00\x00", "a"),
		NewMessage("\x00\x00\x00\x00", "x", "a"), NewMessage("\x00\x00\x00\x00", ""), NewMessage("\x00\x00\x00", "", "a"),
	} {
		_, ok := s.accept(pipes[0], wrong)
		require.False(t, ok, "%q", wrong.String())
	}
	_, ok := s.accept(pipes[1], NewMessage("\x00\x00\x00\x00", "", "a"))
	require.False(t, ok, "somebody else")
	got, ok := s.accept(pipes[0], NewMessage("\x00\x00\x00\x00", "", "a", "", "b"))
	require.True(t, ok)
	require.Equal(t, NewMessage("a", "", "b"), got)
	require.ErrorIs(t, s.mayReceive(), ErrBadState)
	_, m, err = s.route(nil, NewMessage("q"))
	require.NoError(t, err)
	require.Equal(t, "\x00\x00\x00\x01", string(m.Frame(0)))
}

// TestReqRenews gives requests up: the next one goes to the next peer, and the old one's reply is none.
func TestReqRenews(t *testing.T) {
	s, pipes := newReqBench(2, false, true)
	var dst []*pipe
	for i := range 5 {
		require.True(t, s.renew())
		require.False(t, s.expects())
		var err error
		dst, _, err = s.route(dst[:0], NewMessage("q"))
		require.NoError(t, err)
		require.Same(t, pipes[i%2], dst[0])
		s.routed(dst)
		_, ok := s.accept(pipes[(i+1)%2], NewMessage("", "late"))
		require.False(t, ok)
	}
}

// TestReqCalls has two calls out at once: each reply finds its own, in any order and from any peer, and what nobody waits for is skipped.
func TestReqCalls(t *testing.T) {
	s, pipes := newReqBench(2, false, true)
	var calls []*call
	for i := range 3 {
		c := &call{req: s, reply: make(chan Message, 1)}
		dst, m, err := c.route(nil, NewMessage("q"))
		require.NoError(t, err)
		require.Equal(t, string(requestID(uint32(i)))+"||q", m.String())
		require.Same(t, pipes[i%2], dst[0])
		c.routed(dst)
		calls = append(calls, c)
	}
	_, _, err := s.route(nil, NewMessage("q"))
	require.ErrorIs(t, err, ErrBadState, "no turns while calls are out")
	for _, wrong := range []Message{NewMessage("", "a"), NewMessage("\x00\x00\x00\x07", "", "a"), NewMessage("\x00\x00\x00\x00")} {
		_, ok := s.accept(pipes[0], wrong)
		require.False(t, ok)
	}
	for _, i := range []int{2, 0, 1} {
		m := NewMessage(string(requestID(uint32(i))), "", "a")
		_, ok := s.accept(pipes[0], m)
		require.True(t, ok)
		require.Equal(t, NewMessage("a"), <-calls[i].reply)
		_, ok = s.accept(pipes[0], m)
		require.False(t, ok, "twice")
	}
	dst, _, err := s.route(nil, NewMessage("q"))
	require.NoError(t, err)
	s.routed(dst)
	_, _, err = calls[0].route(nil, NewMessage("q"))
	require.ErrorIs(t, err, ErrBadState, "no calls while a request is out")
}
