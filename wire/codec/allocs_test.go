//go:build !race

package codec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// The race detector allocates on its own account, so these tests are built without it.

// TestAllocsOut sends messages of 100 octets in bursts, each of which finds the codec idle: it shall allocate per batch, and hardly that.
func TestAllocsOut(t *testing.T) {
	b, m := newBench(t), wire.MessageOf(body(100))
	b.sends(m, 1000)
	allocs := testing.AllocsPerRun(100, func() { b.sends(m, 1000) }) / 1000
	require.Less(t, allocs, 0.05, "allocations per message")
}

// TestAllocsOutOneByOne sends one message at a time, each of which finds the codec idle.
func TestAllocsOutOneByOne(t *testing.T) {
	b, m := newBench(t), wire.MessageOf(body(100))
	b.sends(m, 1000)
	require.Less(t, testing.AllocsPerRun(2000, func() { b.sends(m, 1) }), 0.5, "allocations per message")
}

// TestAllocsOutSubscriptions sends subscriptions in bursts: the commands that they become cost nothing more.
func TestAllocsOutSubscriptions(t *testing.T) {
	b, m := newBench(t, func(cfg *codec.Config) { cfg.Subscriber = true }), wire.NewMessage("\x01topic")
	octets := len(wire.Subscribe{Topic: []byte("topic")}.AppendTo(nil))
	b.sendsOctets(m, 1000, octets)
	allocs := testing.AllocsPerRun(100, func() { b.sendsOctets(m, 1000, octets) }) / 1000
	require.Less(t, allocs, 0.05, "allocations per message")
}

// TestAllocsIn receives messages of 100 octets. What is left is the room that they lie in: slabs of 8 kB.
func TestAllocsIn(t *testing.T) {
	b, chunk := newBench(t), chunkOf(100)
	b.receives(chunk, 10)
	allocs := testing.AllocsPerRun(100, func() { b.receives(chunk, 1) }) / inChunk
	require.Less(t, allocs, 0.05, "allocations per message")
}
