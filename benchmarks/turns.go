package main

import (
	"context"
	"errors"
)

// A contestant is a peer that takes part in a scenario, with the number of messages that fills its time. Who fails has no further turn.
type contestant struct {
	peer  *peer
	count int
}

// compare has the peers measure s in turns, A B C A B C, and adds what they say to r. A peer that fails is no error: it is noted, and the others go on.
func (b *bench) compare(ctx context.Context, s scenario, peers []*peer, r *results) error {
	var in []contestant
	for _, p := range peers {
		if !p.plays(s) {
			continue
		}
		count, err := b.size(ctx, s, p)
		switch {
		case errors.Is(err, errNotPlayed):
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			r.add(record{scenario: s.name(), peer: p.name, failure: err.Error()})
		default:
			in = append(in, contestant{p, count})
		}
	}
	runs := b.runs
	if s.runs > 0 {
		runs = min(runs, s.runs)
	}
	for round := range runs {
		var next []contestant
		for _, c := range in {
			l, err := b.once(ctx, s, c.peer, c.count)
			rec := record{scenario: s.name(), peer: c.peer.name, round: round, figures: l}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if errors.Is(err, errNotPlayed) {
				continue
			}
			if err != nil {
				rec.failure, rec.figures = err.Error(), nil
			} else {
				next = append(next, c)
			}
			r.add(rec)
		}
		in = next
	}
	return nil
}
