package socket

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// TestPubAgainstModel does random operations on a PUB's pattern and on a table of who wants what: each message goes to everybody who wants it, once.
func TestPubAgainstModel(t *testing.T) {
	for range 10 {
		sock := &socket{typ: pubType}
		s := newPub(sock)
		s.configure(&options{})
		model := map[*pipe]map[string]bool{}
		var pipes []*pipe
		for op := range 500 {
			if len(pipes) == 0 || rand.IntN(30) == 0 {
				p := newTestPipe(fmt.Sprint(op), 0)
				s.attach(p)
				pipes = append(pipes, p)
				model[p] = map[string]bool{}
			}
			i := rand.IntN(len(pipes))
			p, topic := pipes[i], randomTopic()
			switch rand.IntN(8) {
			case 0, 1, 2:
				require.False(t, s.arrive(p, NewMessage("\x01"+topic)), "nothing is for the application")
				model[p][topic] = true
			case 3:
				require.False(t, s.arrive(p, NewMessage("\x00"+topic)))
				delete(model[p], topic)
			case 4: // several frames, and what is no subscription
				require.False(t, s.arrive(p, NewMessage("\x01"+topic, "", "x", "\x01"+topic+"z", "\x00"+topic)))
				model[p][topic+"z"] = true
				delete(model[p], topic)
			case 5:
				if rand.IntN(10) == 0 {
					sock.route.pattern = s
					sock.detachLocked(p)
					delete(model, p)
					pipes = slices.Delete(pipes, i, i+1)
				}
			default:
				var want []string
				for p, topics := range model {
					for of := range maps.Keys(topics) {
						if strings.HasPrefix(topic, of) {
							want = append(want, p.name)
							break
						}
					}
				}
				slices.Sort(want)
				got, err := send(t, s, NewMessage(topic, "second"))
				require.NoError(t, err)
				require.Equal(t, strings.Join(want, " "), got)
			}
			subscribers := 0
			for _, topics := range model {
				if len(topics) > 0 {
					subscribers++
				}
			}
			require.Equal(t, subscribers, sock.topics.n)
		}
		wellFormed(t, &s.topics)
	}
}

// TestPubMarks wants a full subscriber to be passed over and its loss counted, or, where nothing may be dropped, all to wait for it.
func TestPubMarks(t *testing.T) {
	for _, nodrop := range []bool{false, true} {
		s := newPub(&socket{typ: pubType})
		s.configure(&options{nodrop: nodrop})
		full, free, other, gone := newTestPipe("full", 1), newTestPipe("free", 0), newTestPipe("other", 1), newTestPipe("gone", 1)
		for _, p := range []*pipe{full, free, other, gone} {
			s.attach(p)
			s.arrive(p, NewMessage("\x01a"))
			s.arrive(p, NewMessage("\x01")) // matches too: a pipe is counted once
		}
		require.NoError(t, full.out.TryPush(Message{}))
		require.NoError(t, other.out.TryPush(Message{}))
		s.arrive(other, NewMessage("\x00a", "\x00"))
		gone.out.Close(ErrClosed)
		got, err := send(t, s, NewMessage("ab"))
		if nodrop {
			require.ErrorIs(t, err, ErrWouldBlock)
			require.Zero(t, free.out.Len())
		} else {
			require.NoError(t, err)
			require.Equal(t, "free", got)
			require.Equal(t, map[mailbox.Reason]uint64{mailbox.ReasonFull: 1}, full.out.Ledger().Dropped)
		}
		require.Empty(t, other.out.Ledger().Dropped)
		require.Empty(t, gone.out.Ledger().Dropped)
		full.out.Take()
		got, err = send(t, s, NewMessage("ab"))
		require.NoError(t, err)
		require.Equal(t, "free full", got)
	}
}

// TestSubAgainstModel does random operations on a SUB's pattern, with peers that come and go: whoever applies what goes upstream, to a set, has exactly
// the topics that are subscribed to; and what matches is let through.
func TestSubAgainstModel(t *testing.T) {
	for range 10 {
		s := &sub{}
		counts := map[string]int{}
		sets := map[*pipe]map[string]bool{} // what each peer has been told
		sent := 0
		for op := range 400 {
			topic := randomTopic()
			switch rand.IntN(7) {
			case 0, 1:
				s.subscribe(topic)
				counts[topic]++
			case 2:
				s.unsubscribe(topic)
				if counts[topic] > 0 {
					counts[topic]--
				}
				if counts[topic] == 0 {
					delete(counts, topic)
				}
			case 3:
				p := newTestPipe(fmt.Sprint(op), 0)
				s.attach(p)
				s.greet(p)
				require.Equal(t, len(counts), p.out.Len(), "each topic once")
				sets[p] = map[string]bool{}
			case 4:
				for p := range sets {
					s.part(p)
					delete(sets, p)
					break
				}
			default:
				want := false
				for n := range len(topic) + 1 {
					want = want || counts[topic[:n]] > 0
				}
				require.Equal(t, want, s.wants(NewMessage(topic, "x")), "%q", topic)
				require.Equal(t, counts[""] > 0, s.everything())
			}
			for p, set := range sets {
				for m, ok := p.out.Take(); ok; m, ok = p.out.Take() {
					sent++
					body := string(m.Bytes())
					if body[0] == 1 {
						set[body[1:]] = true
					} else {
						require.True(t, set[body[1:]], "cancelled before it was subscribed to")
						delete(set, body[1:])
					}
				}
				same := len(set) == len(counts)
				for topic := range counts {
					same = same && set[topic]
				}
				require.True(t, same, "%v and %v", counts, set)
			}
		}
		require.Positive(t, sent)
	}
}

// TestSubUnsubscribeUnknown sends nothing upstream for what was never subscribed to. (libzmq: xsub.cpp)
func TestSubUnsubscribeUnknown(t *testing.T) {
	s, p := &sub{}, newTestPipe("p", 0)
	s.attach(p)
	s.greet(p)
	s.unsubscribe("x")
	require.Zero(t, p.out.Len())
	s.subscribe("x")
	s.subscribe("x")
	require.Equal(t, 2, p.out.Len(), "each Subscribe goes upstream")
	s.unsubscribe("x")
	require.Equal(t, 2, p.out.Len(), "only the last Unsubscribe does")
	s.unsubscribe("x")
	require.Equal(t, 3, p.out.Len())
	s.unsubscribe("x")
	require.Equal(t, 3, p.out.Len())
}
