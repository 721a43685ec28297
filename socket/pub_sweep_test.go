package socket

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// TestDepartureInRuns lets a peer with many topics go: its topics leave in runs, it is sent nothing meanwhile, and each end is heard once, but of those
// that another peer has.
func TestDepartureInRuns(t *testing.T) {
	const n = 2*sweepRun + sweepRun/2
	for _, verbose := range []bool{false, true} {
		x := newTestXPub(pubsubOptions{verboseSubs: verbose, verboseUnsubs: verbose})
		leaver, stayer := newTestPipe("leaver", 0), newTestPipe("stayer", 0)
		x.attach(leaver)
		x.attach(stayer)
		x.arrive(stayer, NewMessage("\x017"))
		for i := range n {
			x.arrive(leaver, NewMessage(fmt.Sprintf("\x01%d", i)))
		}
		heardBy(x)
		x.detach(leaver)
		runs := 0
		for ; x.sweeping(); runs++ {
			got, err := send(t, x, NewMessage("77"))
			require.NoError(t, err)
			require.Equal(t, "stayer", got)
			x.sweep()
		}
		require.Equal(t, 2, runs, "after the one of detach")
		want := n - 1
		if verbose {
			want++
		}
		ends := map[string]bool{}
		for _, m := range heardBy(x) {
			require.EqualValues(t, 0, m[0])
			ends[m] = true
		}
		require.Len(t, ends, want)
		left := 0
		x.topics.each(func(string, *audience) { left++ })
		require.Equal(t, 1, left)
		wellFormed(t, &x.topics)
	}
}

// TestSweepByWork lets peers go whose topics are long: a run takes out fewer of them, and one at least. Those that nobody hears of are not spelled.
func TestSweepByWork(t *testing.T) {
	long := strings.Repeat("12345678", sweepRun*sweepBytes/8) // a run is for one
	end := func(i int) string { return long + fmt.Sprint(i) }
	begin := func(i int) string { return fmt.Sprintf("%08d", i) + long }
	const n = 100
	for name, c := range map[string]struct {
		topic         func(i int) string
		heard, manual bool
		child         string // another peer has each topic with this behind it
		fewest, most  int    // runs
	}{
		"heard":           {topic: end, heard: true, fewest: n, most: n},
		"nested, heard":   {topic: func(i int) string { return long[:(i+1)*len(long)/n] }, heard: true, fewest: n / 4, most: n},
		"asked for":       {topic: end, heard: true, manual: true, fewest: n, most: n},
		"folded":          {topic: begin, child: "x", fewest: n, most: n},
		"none of it":      {topic: end, fewest: 1, most: 2}, // what they share is copied once
		"nested, unheard": {topic: func(i int) string { return long[:8*(i+1)] }, fewest: 1, most: 1},
	} {
		t.Run(name, func(t *testing.T) {
			x := newTestXPub(pubsubOptions{manual: c.manual})
			leaver, stayer := newTestPipe("leaver", 0), newTestPipe("stayer", 0)
			x.attach(leaver)
			x.attach(stayer)
			for i := range n {
				x.arrive(leaver, NewMessage("\x01"+c.topic(i)))
				if c.child != "" {
					x.arrive(stayer, NewMessage("\x01"+c.topic(i)+c.child))
				}
			}
			if !c.heard {
				x.hearing = nil
			}
			runs := 1
			for x.detach(leaver); x.sweeping(); runs++ {
				x.sweep()
			}
			require.GreaterOrEqual(t, runs, c.fewest)
			require.LessOrEqual(t, runs, c.most)
			wellFormed(t, &x.topics)
			require.Equal(t, c.child == "", x.topics.nodes.none())
		})
	}
}

// TestSweepAsksOnce lets several peers go at once: the socket actor has one word to go on at a time, and has it again after a restart.
func TestSweepAsksOnce(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		words := actortest.NewProbe[socketMessage](nil)
		ref, err := actor.Spawn(actortest.NewSystem(t), "socket", words.Make)
		require.NoError(t, err)
		sock := &socket{typ: pubType, ref: ref}
		s, a := newPub(sock), &socketActor{sock}
		s.configure(&options{})
		sock.route.pattern = s
		var pipes []*pipe
		for range 5 {
			p := newTestPipe("", 0)
			s.attach(p)
			for i := range 2 * sweepRun {
				s.subscribe(p, fmt.Sprint(i))
			}
			pipes = append(pipes, p)
		}
		sent := func() int {
			synctest.Wait()
			return len(words.Messages()) - 1 // the first says that it has started
		}
		for _, p := range pipes {
			sock.detachLocked(p)
		}
		require.Equal(t, 1, sent())
		require.NoError(t, a.onStarted(nil))
		want := 2
		require.Equal(t, want, sent(), "the one before may be lost")
		for a.onSweepTopics(); s.sweeping(); a.onSweepTopics() {
			want++
			require.Equal(t, want, sent())
		}
		require.Equal(t, want, sent(), "nothing is left to do")
		require.Zero(t, sock.topics.n)
	})
}

// TestSweepAgainstModel is TestPubAgainstModel with peers whose topics are taken out a few at a time once they have gone, while others go on: each message
// goes to whoever is there and wants it, and what an XPUB's application hears adds up to what topics there are.
func TestSweepAgainstModel(t *testing.T) {
	for _, random := range randomTopics {
		for range 4 {
			m := sweepModel{x: newTestXPub(pubsubOptions{}), wants: map[*pipe]map[string]bool{}, heard: map[string]bool{}, random: random}
			for op := range 500 {
				if len(m.pipes) == 0 || rand.IntN(20) == 0 {
					m.join(fmt.Sprint(op))
				}
				m.step(t)
				if op%50 == 0 {
					m.check(t)
				}
			}
			for len(m.pipes) > 0 {
				m.leave(0)
			}
			for m.x.sweeping() {
				m.x.sweep()
			}
			m.check(t)
			require.Empty(t, m.heard)
			require.True(t, m.x.topics.nodes.none())
			require.Empty(t, m.x.topics.index.pages)
			require.Nil(t, m.x.hits)
		}
	}
}

// A sweepModel is a pattern, and what is known of it.
type sweepModel struct {
	x      *xpub
	random func() string
	pipes  []*pipe                   // those that are there
	wants  map[*pipe]map[string]bool // their topics
	heard  map[string]bool           // topics whose beginning the application has heard of, and not the end
}

// join adds a peer.
func (m *sweepModel) join(name string) {
	p := newTestPipe(name, 0)
	m.x.attach(p)
	m.pipes = append(m.pipes, p)
	m.wants[p] = map[string]bool{}
}

// leave takes one out, with all its topics still in the tree: as if other departures had used the run up.
func (m *sweepModel) leave(i int) {
	p := m.pipes[i]
	m.pipes = slices.Delete(m.pipes, i, i+1)
	delete(m.wants, p)
	m.x.pipes = slices.Clone(m.pipes)
	p.left = true
	m.x.leaving = append(m.x.leaving, departure{pipe: p})
}

// step does something.
func (m *sweepModel) step(t *testing.T) {
	i := rand.IntN(len(m.pipes))
	p, topic := m.pipes[i], m.random()
	switch n := rand.IntN(24); {
	case n < 8:
		m.x.arrive(p, NewMessage("\x01"+topic))
		m.wants[p][topic] = true
	case n < 12 && m.wants[p][topic]: // (XPUB's application hears of the end of what nobody wanted)
		m.x.arrive(p, NewMessage("\x00"+topic))
		delete(m.wants[p], topic)
	case n == 12:
		m.leave(i)
	case n < 17 && m.x.sweeping(): // not the oldest alone
		m.x.sweepWants(m.x.leaving[rand.IntN(len(m.x.leaving))].pipe, 1+rand.IntN(3))
		m.x.leaving = slices.DeleteFunc(m.x.leaving, func(d departure) bool { return len(d.pipe.wants) == 0 })
	default:
		m.send(t, topic+m.random())
	}
}

// send sends a message.
func (m *sweepModel) send(t *testing.T, body string) {
	var want []string
	for p, topics := range m.wants {
		for topic := range topics {
			if strings.HasPrefix(body, topic) {
				want = append(want, p.name)
				break
			}
		}
	}
	slices.Sort(want)
	got, err := send(t, m.x, NewMessage(body))
	require.NoError(t, err)
	require.Equal(t, strings.Join(want, " "), got)
}

// check compares all there is: each pipe is where it thinks it is, and nowhere else.
func (m *sweepModel) check(t *testing.T) {
	wellFormed(t, &m.x.topics)
	places := 0
	listed := func(p *pipe) {
		for n, place := range p.wants {
			require.Same(t, p, m.x.topics.value(n).pipes()[place])
			places++
		}
	}
	for p, topics := range m.wants {
		require.Len(t, p.wants, len(topics))
		for n := range p.wants {
			require.True(t, topics[m.x.topics.topic(n)])
		}
		listed(p)
	}
	for _, d := range m.x.leaving {
		listed(d.pipe)
	}
	for _, n := range heardBy(m.x) {
		require.Equal(t, n[0] == 0, m.heard[n[1:]], "a beginning after an end, and an end after a beginning: %q", n)
		if n[0] == 1 {
			m.heard[n[1:]] = true
		} else {
			delete(m.heard, n[1:])
		}
	}
	topics := 0
	m.x.topics.each(func(topic string, a *audience) {
		require.True(t, m.heard[topic])
		topics++
		places -= len(a.pipes())
	})
	require.Len(t, m.heard, topics)
	require.Zero(t, places)
}
