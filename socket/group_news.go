package socket

import (
	"fmt"
	"time"

	"github.com/weirmq/weir/transport/pgm"
)

const (
	// newsEvery is how long the news of a group lie between two tellings at least: anybody can make much of it, with one packet each.
	newsEvery = 100 * time.Millisecond
	// newsMost is how many there are in one telling. Comings and goings beyond that are not told, losses of whatever source together.
	newsMost = 64
)

// A groupTold tells a socket what has become of the sources of a group.
type groupTold struct {
	link *link
	news []sourceNews
}

func (*groupTold) socketMessage() {}

// A sourceNews is what there is to tell of one source.
type sourceNews struct {
	kind   EventKind
	source string // empty where it speaks of several
	lost   int    // packets, of EventLost
	err    error  // nil where there is no more to it than lost
}

// A groupNews gathers what there is to tell of the sources of a group, so that a loss that goes on is told as one. The zero value has nothing to tell.
type groupNews struct {
	items  []sourceNews
	losses map[lossKey]int // where in items what is lost of a source goes, until something else happens to it
	others int             // packets lost of sources that are not in items
	told   time.Time       // the last time
}

// A lossKey tells packets that did not come from those that made no sense.
type lossKey struct {
	source   pgm.TSI
	nonsense bool
}

// add takes one item.
func (n *groupNews) add(kind EventKind, d pgm.Delivery, lost int, err error) {
	key := lossKey{d.TSI, err != nil}
	if kind != EventLost {
		delete(n.losses, lossKey{d.TSI, false})
		delete(n.losses, lossKey{d.TSI, true})
	} else if i, ok := n.losses[key]; ok {
		n.items[i].lost += lost
		return
	}
	if len(n.items) == newsMost {
		n.others += lost
		return
	}
	if kind == EventLost {
		if n.losses == nil {
			n.losses = map[lossKey]int{}
		}
		n.losses[key] = len(n.items)
	}
	n.items = append(n.items, sourceNews{kind: kind, source: fmt.Sprintf("%s %s", d.From, d.TSI), lost: lost, err: err})
}

// due is when there is something to tell; the zero time is never.
func (n *groupNews) due() time.Time {
	if len(n.items) == 0 {
		return time.Time{}
	}
	return n.told.Add(newsEvery)
}

// take returns all that there is to tell.
func (n *groupNews) take(now time.Time) []sourceNews {
	items := n.items
	if n.others > 0 {
		items = append(items, sourceNews{kind: EventLost, lost: n.others})
	}
	*n = groupNews{told: now}
	return items
}

// onGroupTold counts losses, and tells.
func (s *socketActor) onGroupTold(m *groupTold) {
	for _, news := range m.news {
		if p := m.link.pipe; p != nil && p.in != nil && news.lost > 0 {
			p.in.CountDropped(news.lost, ReasonPacketsLost)
		}
		if news.kind == EventLost && news.err == nil {
			news.err = &PacketLossError{Packets: news.lost}
		}
		s.emit(Event{
			Kind: news.kind, Endpoint: m.link.endpoint.text, Peer: news.source, Attempt: m.link.attempts.Load(), Err: news.err,
			Packets: uint64(news.lost),
		})
	}
}
