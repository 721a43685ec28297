package socket

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// newTestPipe is a pipe with queues and no connection. Its marks are mark.
func newTestPipe(name string, mark int) *pipe {
	return &pipe{
		name: name, out: mailbox.New(mailbox.Config[Message]{Mark: mark}), in: mailbox.New(mailbox.Config[Message]{Mark: mark}),
		attached: true,
	}
}

// send routes m and pushes it as a socket does, and returns the names of the pipes that took it.
func send(t *testing.T, r router, m Message) (string, error) {
	t.Helper()
	dst, out, err := r.route(nil, m)
	if err != nil {
		require.Empty(t, dst)
		return "", err
	}
	var names []string
	for _, p := range dst {
		require.NoError(t, p.out.TryPush(out), "a router picks only pipes that have room")
		names = append(names, p.name)
	}
	r.routed(dst)
	slices.Sort(names)
	return strings.Join(names, " "), nil
}

// TestRoundRobinTurns walks through the turns of a round-robin by a script: "+a" attaches, "-a" detaches, "!a" fills, "?a" drains, "a" is who gets the
// next message, "full" and "none" are why nobody does.
func TestRoundRobinTurns(t *testing.T) {
	for _, script := range []string{
		"none +a a a a -a none",
		"+a +b +c a b c a b c a",
		"+a a a +b a b a b",
		"+a +b a b +c a b c a b c", // who joins behind a whole turn is the last of the next
		"+a +b a +c b c a b c",
		"+a +b +c a b c +d a b c d a b",
		"+a +b a b -a b +c b c b c",

		"+a +b +c +d -a d b c d b", // who leaves gives his place to the last, before the turn came to him,
		"+a +b +c +d -d a b c a b",
		"+a +b +c +d a -a b c d b c", // behind it
		"+a +b +c +d a -b d c a d c",
		"+a +b +c +d a -d b c a b c",
		"+a +b +c +d a b -a c d b c d",
		"+a +b +c +d a b -b c a d c a d",
		"+a +b +c +d a b -c d a b d a",
		"+a +b +c +d a b c -b a d c a d c",
		"+a +b +c +d a b c -c a b d a b",
		"+a +b +c +d a b c -d a b c a b", // or just then
		"+a +b +c a b c -a c b c -b c c",
		"+a +b +c +d a b c d -a d b c d",

		"+a +b +c !b a c a c ?b a c b a c b", // who is full gives his place to the last, too, and has room again at the end of a turn
		"+a +b +c !a c b ?a c b a c",
		"+a +b +c !a c b c +d b ?a d a c b d",
		"+a +b +c +d a !b d !c a ?c ?b d c b a d c",
		"+a +b +c +d !a !b d c ?a d c a -d ?b a c b a",
		"+a +b +c !b a c ?b -c a b a b",
		"+a +b !b a a ?b -a b b",
		"+a +b !a !b full ?b b !b full ?a a a",
		"+a +b !a b !b full -b full ?a a",
		"+a !a full +b b b -a b",
	} {
		pipes := map[string]*pipe{}
		var s push
		for step, word := range strings.Fields(script) {
			op, name := word[:1], word[1:]
			why := fmt.Sprintf("step %d (%s) of %s", step, word, script)
			switch op {
			case "+":
				pipes[name] = newTestPipe(name, 100)
				s.attach(pipes[name])
			case "-":
				s.detach(pipes[name])
			case "!":
				for pipes[name].out.TryPush(Message{}) == nil {
				}
			case "?":
				for pipes[name].out.Len() > 0 {
					pipes[name].out.Take()
				}
			default:
				got, err := send(t, &s, NewMessage(why))
				switch word {
				case "none":
					require.ErrorIs(t, err, ErrNoPeers, why)
				case "full":
					require.ErrorIs(t, err, ErrWouldBlock, why)
					require.NotErrorIs(t, err, ErrNoPeers, why)
				default:
					require.NoError(t, err, why)
					require.Equal(t, word, got, why)
				}
			}
		}
	}
}

// TestRoundRobinIsFair changes the peers at random: between two changes, nobody gets two messages more than another, and nobody full gets any.
func TestRoundRobinIsFair(t *testing.T) {
	for range 30 {
		var s push
		var pipes []*pipe
		for round := range 40 {
			switch {
			case len(pipes) == 0 || rand.IntN(3) > 0:
				p := newTestPipe(fmt.Sprint(round), 0)
				pipes = append(pipes, p)
				s.attach(p)
			default:
				i := rand.IntN(len(pipes))
				s.detach(pipes[i])
				pipes = slices.Delete(pipes, i, i+1)
			}
			got := map[string]int{}
			for range rand.IntN(4) * len(pipes) {
				name, err := send(t, &s, Message{})
				require.NoError(t, err)
				got[name]++
			}
			least, most := len(pipes)*4, 0
			for _, p := range pipes {
				least, most = min(least, got[p.name]), max(most, got[p.name])
			}
			require.LessOrEqual(t, most, least+1)
			require.Len(t, s.pipes, len(pipes))
		}
	}
}

// TestPullAndSubAlwaysReceive wants the types that only receive to have no turns.
func TestPullAndSubAlwaysReceive(t *testing.T) {
	for _, p := range []pattern{&pull{}, &sub{}} {
		require.NotImplements(t, (*acceptor)(nil), p)
	}
}

// TestReqStates is the table of REQ's states. https://rfc.zeromq.org/spec/28/#the-req-socket-type
func TestReqStates(t *testing.T) {
	a, b := newTestPipe("a", 10), newTestPipe("b", 10)
	reply := NewMessage("", "reply")
	s := &req{}
	_, err := send(t, s, NewMessage("x"))
	require.ErrorIs(t, err, ErrNoPeers)
	require.ErrorIs(t, s.mayReceive(), ErrBadState)
	s.attach(a)
	s.attach(b)
	_, ok := s.accept(a, reply)
	require.False(t, ok, "nothing was asked")
	to, err := send(t, s, NewMessage("x", "y"))
	require.NoError(t, err)
	require.Equal(t, "a", to)
	require.Equal(t, "|x|y", a.out.Look(1)[0].String())
	require.NoError(t, s.mayReceive())
	_, err = send(t, s, NewMessage("x"))
	require.ErrorIs(t, err, ErrBadState)
	for _, wrong := range []Message{NewMessage("reply"), NewMessage(""), NewMessage("x", "reply"), {}} {
		_, ok = s.accept(a, wrong)
		require.False(t, ok, wrong.String())
	}
	_, ok = s.accept(b, reply)
	require.False(t, ok, "b was not asked")
	m, ok := s.accept(a, reply)
	require.True(t, ok)
	require.Equal(t, "reply", m.String())
	require.ErrorIs(t, s.mayReceive(), ErrBadState)
	to, err = send(t, s, NewMessage("x"))
	require.NoError(t, err)
	require.Equal(t, "b", to, "in turn")
	s.detach(b)
	m, ok = s.accept(a, NewMessage("", "anybody's", ""))
	require.True(t, ok, "the one who was asked is gone: libzmq takes any reply then")
	require.Equal(t, "anybody's|", m.String())
}

// TestRepStates is the table of REP's states. https://rfc.zeromq.org/spec/28/#the-rep-socket-type
func TestRepStates(t *testing.T) {
	nobody := 0
	s := &rep{noPeer: func() { nobody++ }}
	a, b := newTestPipe("a", 1), newTestPipe("b", 1)
	s.attach(a)
	s.attach(b)
	_, err := send(t, s, NewMessage("x"))
	require.ErrorIs(t, err, ErrBadState)
	for _, no := range []Message{NewMessage("x"), NewMessage(""), NewMessage("x", "y"), NewMessage("x", ""), {}} {
		_, ok := s.accept(a, no)
		require.False(t, ok, no.String())
		require.NoError(t, s.mayReceive())
	}
	m, ok := s.accept(b, NewMessage("1", "2", "", "body", "", "more"))
	require.True(t, ok)
	require.Equal(t, "body||more", m.String())
	require.ErrorIs(t, s.mayReceive(), ErrBadState)
	_, ok = s.accept(a, NewMessage("", "too early"))
	require.False(t, ok)
	to, err := send(t, s, NewMessage("reply", "two"))
	require.NoError(t, err)
	require.Equal(t, "b", to)
	require.Equal(t, "1|2||reply|two", b.out.Look(1)[0].String())
	require.NoError(t, s.mayReceive())

	_, ok = s.accept(b, NewMessage("", "again")) // b's way back is full: its mark is 1
	require.True(t, ok)
	to, err = send(t, s, NewMessage("lost"))
	require.NoError(t, err)
	require.Empty(t, to)
	require.EqualValues(t, 1, b.out.Ledger().Dropped[mailbox.ReasonFull])
	require.NoError(t, s.mayReceive())

	_, ok = s.accept(a, NewMessage("", "then goes"))
	require.True(t, ok)
	s.detach(a)
	to, err = send(t, s, NewMessage("lost"))
	require.NoError(t, err)
	require.Empty(t, to)
	require.Equal(t, 1, nobody)
	_, ok = s.accept(a, NewMessage("", "went before it was read"))
	require.True(t, ok)
	_, err = send(t, s, NewMessage("lost"))
	require.NoError(t, err)
	require.Equal(t, 2, nobody)
}
