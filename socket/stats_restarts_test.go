package socket

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// TestRestartsAreCounted has actors of a pipe, a socket and an I/O worker panic: each counts its own, and the runtime those of all, also of what has closed.
func TestRestartsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		rt, err := NewRuntime()
		require.NoError(t, err)
		pull, err := NewPull(rt)
		require.NoError(t, err)
		_, err = pull.Bind(ctx, "inproc://here")
		require.NoError(t, err)
		push, err := NewPush(rt)
		require.NoError(t, err)
		_, err = push.Connect(ctx, "inproc://here")
		require.NoError(t, err)
		require.NoError(t, push.WaitPeers(ctx, 1))
		require.Zero(t, rt.Stats().Restarts)

		for range 2 {
			breakNow(t, push.base.s.control.pipes[0].ref)
		}
		for range 3 {
			breakNow(t, push.base.s.ref)
		}
		breakNow(t, pull.base.s.ref)
		breakNow(t, rt.workers[0].ref)
		st := push.Stats()
		require.Equal(t, uint64(3), st.Restarts)
		require.Equal(t, uint64(2), st.Peers[0].Restarts, "with its socket it is started anew, which is none")
		require.Equal(t, uint64(1), pull.Stats().Restarts)
		require.Zero(t, pull.Stats().Peers[0].Restarts)
		require.Equal(t, 1, rt.Stats().Workers[0].Restarts)
		require.Equal(t, uint64(6), rt.Stats().Restarts)

		require.NoError(t, push.Send(ctx, NewMessage("all is well")))
		_, err = pull.Recv(ctx)
		require.NoError(t, err)
		require.NoError(t, push.Close(ctx))
		require.Equal(t, uint64(6), rt.Stats().Restarts, "of a socket that has closed")
		require.NoError(t, rt.Shutdown(ctx))
		require.Equal(t, uint64(6), rt.Stats().Restarts)
	})
}

// breakNow makes an actor panic, and waits until its successor is at work.
func breakNow[M any](t *testing.T, ref actor.Ref[M]) {
	t.Helper()
	require.NoError(t, actortest.Panic(ref, errBroken))
	time.Sleep(time.Minute)
	synctest.Wait()
}
