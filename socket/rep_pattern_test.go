package socket

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// TestRepKeepsTheEnvelopeAlone takes requests out of their envelopes: what the reply needs of one outlives its release, and no more of it is copied.
func TestRepKeepsTheEnvelopeAlone(t *testing.T) {
	p := &pipe{out: mailbox.New(mailbox.Config[Message]{Mark: 10})}
	s := &rep{}
	s.attach(p)
	memory := wire.NewBody(1000)
	id := append(memory.Bytes()[:0], "id"...)
	request := wire.Reframe(memory, slices.Concat([][]byte{id, nil}, slices.Repeat([][]byte{memory.Bytes()[2:]}, 100))...)
	require.True(t, wire.Held(request))
	allocs := testing.AllocsPerRun(100, func() {
		s.routed(nil)
		_, ok := s.accept(p, request)
		require.True(t, ok)
	})
	require.Less(t, allocs, 10.0, "a hundred frames are the application's")
	copy(id, "no") // as whoever gets the memory next
	dst, reply, err := s.route(nil, NewMessage("reply"))
	require.NoError(t, err)
	require.Equal(t, []*pipe{p}, dst)
	require.Equal(t, "id||reply", reply.String())
}
