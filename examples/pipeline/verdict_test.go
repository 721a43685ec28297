package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// The parts of the little run that goodBook tells of: the numbers 1, 2 and 3 went to worker b before the kill, 1 came
// through, 2 and 3 were lost with it; 4 and 5 waited in its queue and went to its next life; 6 went to worker a.
var (
	toA      = conn{"a-end", 1}
	toB      = conn{"b-end", 2}
	toBAgain = conn{"b-end", 4}
	lifeA    = life{"a", 10}
	lifeB    = life{"b", 11}
	lifeB2   = life{"b", 12}
)

// goodBook is the book of a run in which everything held.
func goodBook() *book {
	b := newBook(6, map[string]string{"a-end": "a", "b-end": "b"})
	b.accepted, b.before, b.killed, b.received = 6, 5, lifeB, 4
	b.handed = []conn{{}, toB, toB, toB, toBAgain, toBAgain, toA}
	b.got = []life{{}, lifeB, {}, {}, lifeB2, lifeB2, lifeA}
	b.traced = map[conn]int{toA: 2, toB: 3, toBAgain: 3}
	b.ends = map[conn]bool{toA: true, toBAgain: true}
	b.ledger = map[conn]int{toA: 2, toB: 3, toBAgain: 3}
	b.up = map[string]int{"a-end": 1, "b-end": 2}
	b.lives = map[string]int{"a": 1, "b": 2}
	return &b
}

// TestVerdictHolds judges a run without fault, and prints its numbers.
func TestVerdictHolds(t *testing.T) {
	v := judge(goodBook())
	require.NoError(t, v.err())
	require.Equal(t, []int{2, 3}, v.missing)
	require.Equal(t, []int{1, 2, 3}, v.handed)
	require.Equal(t, []int{1}, v.through)
	require.Equal(t, []int{4, 5}, v.queued)
	var out strings.Builder
	v.print(&out)
	require.Contains(t, out.String(), "       3  on the killed connection (b, attempt 2), 3 by its ledger\n")
	require.Contains(t, out.String(), "       2  queued for it at the kill, of which 2 arrived\n")
	require.Contains(t, out.String(), "ok    missing 2 = 3 on the killed connection, by its ledger, less 1 received through that life\n")
	require.NotContains(t, out.String(), "FAIL")
}

// TestVerdictFails breaks the book in one way at a time, and has a claim fail for it.
func TestVerdictFails(t *testing.T) {
	for _, c := range []struct {
		fault  string
		spoil  func(*book)
		claims []string // the beginnings of those that do not hold any more
	}{
		{"a number was not sent", func(b *book) { b.accepted = 5 }, []string{"all 6 numbers"}},
		{"one arrived twice", func(b *book) { b.twice = []int{6} }, []string{"nothing arrived twice (but 1: 6"}},
		{"one was handed over twice", func(b *book) { b.again = []int{3} }, []string{"nothing was handed to a kernel twice"}},
		{"a queued one was never handed over", func(b *book) { b.handed[4], b.got[4] = conn{}, life{} }, []string{"every missing number", "missing 3 = 3"}},
		{"a queued one was lost later", func(b *book) { b.got[5] = life{} }, []string{"every missing number", "missing 3 = 3"}},
		{"another worker lost one", func(b *book) { b.got[6] = life{} }, []string{"every missing number", "missing 3 = 3"}},
		{"the lost connection counted wrong", func(b *book) { b.ledger[toB] = 4 }, []string{"each of the source's 3", "missing 2 = 4"}},
		{"a connection has no ledger", func(b *book) { delete(b.ledger, toA) }, []string{"each of the source's 3"}},
		{"a wrong connection was lost", func(b *book) { b.killed.worker = "a" }, []string{"one connection was lost", "missing 2 = 3"}},
		{"the killed process had another's message", func(b *book) { b.got[6] = lifeB }, []string{"what came through", "missing 2 = 3"}},
		{"nothing was lost", func(b *book) { b.got[2], b.got[3] = lifeB, lifeB }, []string{"the kill came with messages in flight"}},
		{"nothing was queued", func(b *book) { b.before = 3 }, []string{"the kill came with messages queued"}},
	} {
		t.Run(c.fault, func(t *testing.T) {
			b := goodBook()
			c.spoil(b)
			v := judge(b)
			require.Error(t, v.err())
			var failed []string
			for _, claim := range v.claims() {
				if !claim.holds {
					failed = append(failed, claim.words)
				}
			}
			require.Len(t, failed, len(c.claims), "%q", failed)
			for i, beginning := range c.claims {
				require.True(t, strings.HasPrefix(failed[i], beginning), "%q", failed[i])
			}
		})
	}
}

// TestVerdictOfTwoLosses knows no killed connection where two were lost.
func TestVerdictOfTwoLosses(t *testing.T) {
	b := goodBook()
	delete(b.ends, toA)
	v := judge(b)
	require.ErrorContains(t, v.err(), "one connection was lost")
}

// TestSettled has the account wait for the last connection, and for the last message that it brought.
func TestSettled(t *testing.T) {
	p := newProgress(t.Output())
	defer p.close()
	a := newAccount(2, map[string]string{"a-end": "a"}, p)
	isOpen := func(l *latch) bool {
		select {
		case <-l.c:
			return true
		default:
			return false
		}
	}
	a.take(1, lifeA)
	require.True(t, isOpen(a.middle))
	a.takeEnd(lifeA)
	require.False(t, isOpen(a.settled), "the connection is still there")
	a.event(disconnected("sink", 3))
	require.False(t, isOpen(a.settled), "it brought one that was not taken yet")
	a.take(2, lifeA)
	require.True(t, isOpen(a.settled))
}

// disconnected is the event of a connection that is gone.
func disconnected(endpoint string, received uint64) socket.Event {
	return socket.Event{Kind: socket.EventDisconnected, Endpoint: endpoint, Received: received}
}
