package socket

import (
	"maps"
	"slices"

	"github.com/weirmq/weir/mailbox"
)

// A dropNews is how many messages were dropped that no event has told of.
type dropNews struct {
	pipe      *pipe // nil where there was none
	direction Direction
	reason    mailbox.Reason
	count     uint64
}

// event is the event that tells of it.
func (d dropNews) event() Event {
	e := Event{Kind: EventDropped}
	if d.pipe != nil && d.pipe.endpoint != nil {
		e = d.pipe.event(EventDropped)
	}
	e.Direction, e.Reason, e.Count = d.direction, d.reason, d.count
	return e
}

// untold returns all drops that it has not returned before.
func (b *statsBook) untold() []dropNews {
	b.mu.Lock()
	defer b.mu.Unlock()
	news := b.late
	b.late = nil
	for _, p := range slices.Concat(b.leaving, b.pipes) {
		out, in := p.ledgers()
		news = p.untold(news, out, in)
	}
	if b.hall != nil {
		out, in := b.hall.ledgers()
		news = b.hall.untold(news, out, in)
	}
	for why, n := range b.noPeer {
		if d := n - b.toldNoPeer[why]; d > 0 {
			news = append(news, dropNews{reason: why, count: d})
		}
	}
	b.toldNoPeer = maps.Clone(b.noPeer)
	return news
}

// untold appends the drops of p's ledgers that it has not seen before, under the lock of the socket's statsBook.
func (p *pipe) untold(news []dropNews, out, in Ledger) []dropNews {
	for i, l := range []Ledger{out, in} {
		for _, why := range slices.Sorted(maps.Keys(l.Dropped)) {
			d := l.Dropped[why] - p.told[i][why]
			if d == 0 {
				continue
			}
			if p.told[i] == nil {
				p.told[i] = map[mailbox.Reason]uint64{}
			}
			p.told[i][why] += d
			news = append(news, dropNews{pipe: p, direction: Direction(i + 1), reason: why, count: d})
		}
	}
	return news
}
