package socket

import (
	"context"
	"fmt"
	"runtime"
	"strings"
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

// TestFairQueueTurns walks through the turns of a fair queue by a script: "+a2" has two messages come from a, "a" is whose is received next, "none" that
// there is nothing.
func TestFairQueueTurns(t *testing.T) {
	rt, err := NewRuntime()
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Shutdown(context.Background())) }()
	for script, typ := range map[string]*socketType{
		"none +a2 a a none +a1 a none":               pullType,
		"+a2 +b2 a b +c2 a b c c none":               pullType, // who comes behind a whole turn is the last of the next
		"+a2 +b2 a +c1 b c a b none":                 pullType,
		"+b2 +a2 b a b a +a1 +b2 b a b none":         pullType, // nobody has seen that they had no more
		"+b2 +a2 b a b a none +a1 +b2 a b b none":    pullType,
		"+a1 +b5 +c3 a b c c b c b b b none":         pullType, // who has no more gives his place to the last
		"+a1 +b2 +c3 +d3 a b c d d b c d c none":     pullType,
		"+a3 +b1 +c1 +d3 a b c d a d a d none":       pullType,
		"+a2 +b1 +c2 a b c +b1 +d1 a b c d none":     pullType,
		"+a2 +b1 +c1 a a b +a1 c a none +c1 +b1 c b": pairType, // whose turn it is has it until he has no more
	} {
		s, err := newSocket(rt, typ, nil)
		require.NoError(t, err)
		pipes := map[string]*pipe{}
		for step, word := range strings.Fields(script) {
			why := fmt.Sprintf("step %d (%s) of %s", step, word, script)
			if word[0] != '+' {
				m, err := s.tryRecv()
				if err != nil {
					require.ErrorIs(t, err, ErrWouldBlock, why)
					m = NewMessage("none")
				}
				require.Equal(t, word, m.String(), why)
				continue
			}
			name := word[1:2]
			if pipes[name] == nil {
				p := newTestPipe(name, 100)
				p.sock = s
				p.in.SetOnReady(func() { s.inbox.ready(p) })
				pipes[name] = p
			}
			for range word[2] - '0' {
				require.NoError(t, pipes[name].in.TryPush(NewMessage(name)), why)
			}
		}
	}
}
