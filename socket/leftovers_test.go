package socket

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLeftovers has more peers come, say a word and go than a socket keeps the words of that nobody receives from: one more is turned away before its
// handshake, tries again, and gets in when there is room, so that no word is lost.
func TestLeftovers(t *testing.T) {
	gone, refused := make(chan Event, 10), make(chan Event, 1000)
	rt, err := NewRuntime(WithEvents(func(e Event) {
		if e.Kind == EventDisconnected {
			gone <- e
		}
		if e.Kind == EventRefused {
			refused <- e
		}
	}))
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Shutdown(t.Context())) }()
	pull, err := NewPull(rt, func(o *options) error {
		o.maxLeftovers = 2
		return nil
	})
	require.NoError(t, err)
	e, err := pull.Bind(t.Context(), "tcp://127.0.0.1:*")
	require.NoError(t, err)
	says := func(i int) *Push {
		push, err := NewPush(rt, ReconnectInterval(time.Millisecond))
		require.NoError(t, err)
		_, err = push.Connect(t.Context(), e.String())
		require.NoError(t, err)
		require.NoError(t, push.Send(t.Context(), NewMessage(fmt.Sprint(i))))
		return push
	}
	for i := range 2 {
		push := says(i)
		require.NoError(t, push.Close(t.Context()))
		for (<-gone).Socket != pull.String() {
		}
	}
	says(2)
	require.ErrorContains(t, (<-refused).Err, "2 peers have gone")
	for i := range 3 {
		m, err := pull.Recv(t.Context())
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(i), m.String())
	}
}
