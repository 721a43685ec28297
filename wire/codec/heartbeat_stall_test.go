package codec

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/wire"
)

// TestTimeoutThatRunsWhenTheLoopStalls has an interval end when a frame has been heard, and its delivery has not begun. No test can bring that about
// from outside, so this one plays the loop. The timeout that runs then is stopped, and runs anew from the moment the loop reads again.
func TestTimeoutThatRunsWhenTheLoopStalls(t *testing.T) {
	const limit = 3 * time.Second
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer func() { _ = theirs.Close() }()
		line := new(Line)
		ctx, err := line.Begin()
		require.NoError(t, err)
		require.NoError(t, line.take(ours))
		cfg := Config{Line: line, Heartbeat: Heartbeat{Interval: time.Hour, Timeout: limit}}
		h := newHeartbeat(cfg, &run{conn: ours}, &Peer{Peer: wire.Peer{Version: wire.Version{Major: 3, Minor: 1}}})
		h.start()
		defer h.stop()
		<-time.After(time.Hour)
		synctest.Wait()
		require.NotNil(t, h.timeout, "it runs")
		h.stall()
		<-time.After(10 * limit)
		synctest.Wait()
		require.NoError(t, ctx.Err(), "nothing could be heard")
		h.resume()
		<-time.After(limit - 1)
		synctest.Wait()
		require.NoError(t, ctx.Err(), "it has the whole time again")
		<-time.After(1)
		synctest.Wait()
		require.Error(t, ctx.Err(), "but no more")
		require.ErrorIs(t, line.End(), ErrHeartbeatTimeout)
	})
}
