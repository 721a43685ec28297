package rig

import (
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/benchmarks/stats"
)

const (
	// window is how many messages a publisher sends before it asks how far its subscribers are. Two windows are under way at most. That is half the
	// mark, so nothing is dropped for those that receive: libzmq gives room back by halves of the mark.
	window = 200

	// stalledTurns is how often the two sides of the comparison are measured, in turns.
	stalledTurns = 3
)

// stalled sends from a PUB to Links subscribers, once with all of them receiving and once with one more that never does, in turns. The ratio of the
// two speeds is the figure: 1 where a slow peer costs the others nothing.
func stalled(r *Run, p Peer) (*Line, error) {
	r.Links = max(r.Links-1, 1)
	var clear, hindered []float64
	var m Meter
	m.Start()
	for range stalledTurns {
		a, err := r.windows(p, false)
		if err != nil {
			return nil, err
		}
		b, err := r.windows(p, true)
		if err != nil {
			return nil, err
		}
		clear, hindered = append(clear, a), append(hindered, b)
	}
	m.Stop()
	line := r.Line().Float("clear_msgs_per_s", stats.Median(clear), 0).Float("msgs_per_s", stats.Median(hindered), 0)
	line.Float("ratio", stats.Median(stats.Ratios(hindered, clear)), 3)
	m.Cost(line, 2*stalledTurns*r.Count*r.Links, Uncounted)
	return line, p.Close()
}

// windows sends Count messages in windows, and returns the deliveries a second to those that receive.
func (r *Run) windows(p Peer, oneStalls bool) (float64, error) {
	n := r.Links
	if oneStalls {
		n++
	}
	pub, subs, err := r.audience(p, false, n)
	if err != nil {
		return 0, err
	}
	if err := pub.WaitSubscribers(n); err != nil {
		return 0, err
	}
	count := max(r.Count/window, 3) * window
	acks := make([]chan struct{}, r.Links)
	var group errgroup.Group
	for i := range acks {
		acks[i] = make(chan struct{}, 2)
		group.Go(func() error { return acknowledge(subs[i], count, acks[i]) })
	}
	begin := time.Now()
	for sent := 0; sent < count; sent += window {
		if sent >= 2*window {
			awaitAll(acks)
		}
		if err := putAll(pub, window); err != nil {
			return 0, err
		}
	}
	awaitAll(acks)
	awaitAll(acks)
	took := time.Since(begin)
	if err := group.Wait(); err != nil {
		return 0, err
	}
	for _, s := range append(subs, pub) {
		if err := s.Close(); err != nil {
			return 0, err
		}
	}
	return float64(count*r.Links) / took.Seconds(), nil
}

// acknowledge takes count messages and says so after each window.
func acknowledge(s Socket, count int, ack chan<- struct{}) error {
	for i := 1; i <= count; i++ {
		if err := s.Take(); err != nil {
			return err
		}
		if i%window == 0 {
			ack <- struct{}{}
		}
	}
	return nil
}

// awaitAll waits until each subscriber has taken one more window.
func awaitAll(acks []chan struct{}) {
	for _, c := range acks {
		<-c
	}
}
