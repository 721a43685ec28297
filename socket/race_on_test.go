//go:build race

package socket_test

// The race detector multiplies memory: fewer peers and topics show that nothing grows without bound, and the other run measures.
const (
	idlePeers      = 1000
	manyTopics     = 50_000
	memoryOverhead = 10
)
