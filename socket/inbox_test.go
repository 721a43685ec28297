package socket

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/mailbox"
)

// TestAnswerWhileSending gives queues their reader at the very moment at which their first message comes and somebody receives, as happens when an
// inproc name is bound: each pipe is in the ring once, and no two consumers meet.
func TestAnswerWhileSending(t *testing.T) {
	rt, err := NewRuntime()
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Shutdown(context.Background())) }()
	pull, err := NewPull(rt)
	require.NoError(t, err)
	s := pull.base.s
	for range 5000 {
		var bell doorbell
		p := &pipe{sock: s, in: mailbox.New(mailbox.Config[Message]{OnReady: bell.ring})}
		start := make(chan struct{})
		var g errgroup.Group
		g.Go(func() error {
			<-start
			_ = p.in.TryPush(NewMessage("a"))
			return p.in.TryPush(NewMessage("b"))
		})
		g.Go(func() error {
			<-start
			_, err := pull.Recv(context.Background())
			return err
		})
		close(start)
		bell.answer(s.reader(p))
		require.NoError(t, g.Wait())
		s.inbox.mu.Lock()
		s.inbox.absorbLocked()
		require.LessOrEqual(t, len(s.inbox.ring), 1, "listed twice")
		s.inbox.mu.Unlock()
		_, err := pull.Recv(context.Background())
		require.NoError(t, err)
		_, err = pull.TryRecv()
		require.ErrorIs(t, err, ErrWouldBlock)
	}
}

// TestWhatIsTakenWasAskedAbout pushes what a Sub does not want at the very moment at which it has dropped the one before: none of it comes.
func TestWhatIsTakenWasAskedAbout(t *testing.T) {
	rt, err := NewRuntime()
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Shutdown(context.Background())) }()
	sub, err := NewSub(rt)
	require.NoError(t, err)
	require.NoError(t, sub.Subscribe("wanted"))
	s := sub.base.s
	p := &pipe{sock: s, in: mailbox.New(mailbox.Config[Message]{})}
	p.in.SetOnReady(func() { s.inbox.ready(p) })
	var g errgroup.Group
	const count = 20_000
	g.Go(func() error {
		for range count {
			if err := p.in.TryPush(NewMessage("not")); err != nil {
				return err
			}
			for p.in.Len() > 0 {
				runtime.Gosched()
			}
		}
		return p.in.TryPush(NewMessage("wanted"))
	})
	for {
		m, err := sub.TryRecv()
		if err == nil {
			require.Equal(t, "wanted", m.String())
			break
		}
		require.ErrorIs(t, err, ErrWouldBlock)
	}
	require.NoError(t, g.Wait())
	require.Equal(t, uint64(count), p.in.Ledger().Dropped[ReasonFiltered])
}
