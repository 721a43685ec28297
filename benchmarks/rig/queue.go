package rig

import "sync"

// queueMark is the room of the queues that are compared.
const queueMark = 1000

// queue has Links goroutines push items, and one take them out.
func queue(r *Run, p Peer) (*Line, error) {
	q, ok := p.(Queuer)
	if !ok {
		return nil, ErrNotPlayed
	}
	push, pop := q.Queue(queueMark)
	var producers sync.WaitGroup
	for i := range r.Links {
		n := r.share(i)
		producers.Go(func() {
			for k := range n {
				push(Item{N: k})
			}
		})
	}
	sum := pop().N
	var m Meter
	m.Start()
	for range r.Count - 1 {
		sum += pop().N
	}
	m.Stop()
	producers.Wait()
	line := r.Line()
	m.Rate(line, r, r.Count-1, m.took, Uncounted)
	return line.Int("links", int64(r.Links)).Int("sum", int64(sum)), p.Close()
}
