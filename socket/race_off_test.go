//go:build !race

package socket_test

// Without the race detector memory is what it will be for users.
const (
	idlePeers      = 10000
	manyTopics     = 1_000_000
	memoryOverhead = 1
)
