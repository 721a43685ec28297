package socket_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestInprocCloseWhileSubscribed closes a publisher while a subscriber's socket still shows it all that it wants: whoever is first, one at a time reads
// what comes, and both end.
func TestInprocCloseWhileSubscribed(t *testing.T) {
	ctx := within(t)
	topics := make([]string, 300)
	for i := range topics {
		topics[i] = fmt.Sprint("topic ", i)
	}
	for range 40 {
		rt := newRuntime(t)
		pub, err := socket.NewPub(rt)
		require.NoError(t, err)
		name := inprocName(t)
		sub := newSub(t, rt, topics)
		_, err = sub.Connect(ctx, name)
		require.NoError(t, err)
		_, err = pub.Bind(ctx, name)
		require.NoError(t, err)
		require.NoError(t, pub.Close(ctx))
		require.NoError(t, sub.Close(ctx))
	}
}
