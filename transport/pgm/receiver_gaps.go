package pgm

import (
	"slices"
	"sort"
	"time"
)

// A gapState is where the repair of missing numbers stands.
// https://www.rfc-editor.org/rfc/rfc3208#section-6.3
//
//	            back-off over: NAK            no NCF in time
//	 BackOff ─────────────────────▶ WaitNCF ──────────────────▶ BackOff
//	    ▲ │ NCF                        │ NCF
//	    │ └──────────▶ WaitData ◀──────┘
//	    └───────────────┘ no data in time
//
//	any: the data comes ▶ the number leaves the gap; too often ▶ GivenUp
type gapState uint8

const (
	gapBackOff gapState = iota
	gapWaitNCF
	gapWaitData
	gapGivenUp
)

// A gap is a run of missing numbers that are in the same state. Numbers found missing together are asked for together:
// so what a packet can make this side remember is one gap, however many numbers it jumps over.
type gap struct {
	first, last Seq
	state       gapState
	at          time.Time // when the state is over
	since       time.Time // of gapWaitData: when it was promised for the first time, or noData last counted
	noNCF       uint8     // how often no NCF came
	noData      uint8     // how often no data came
}

// backOff is a random time before which others may ask.
func (s *peer) backOff(now time.Time) time.Time {
	return now.Add(1 + time.Duration(s.r.cfg.Rand.Int64N(int64(DefaultBackoff))))
}

// miss notes that the numbers from first to last have not come; none where last is before first. They are after all others.
func (s *peer) miss(now time.Time, first, last Seq) {
	if last.Before(first) {
		return
	}
	at := s.backOff(now)
	s.gaps = append(s.gaps, gap{first: first, last: last, at: at})
	s.due = soonest(s.due, at)
}

// gapAt is the index of the first gap that ends at n or later.
func (s *peer) gapAt(n Seq) int {
	d := s.next.to(n)
	return sort.Search(len(s.gaps), func(i int) bool { return s.next.to(s.gaps[i].last) >= d })
}

// fill takes n out of its gap, and reports whether it was in one: false says that it is there already.
func (s *peer) fill(n Seq) bool {
	i := s.gapAt(n)
	if i == len(s.gaps) || n.Before(s.gaps[i].first) {
		return false
	}
	switch g := &s.gaps[i]; {
	case g.first == g.last && i == 0:
		s.gaps = s.gaps[1:]
	case g.first == g.last:
		s.gaps = slices.Delete(s.gaps, i, i+1)
	case g.first == n:
		g.first++
	case g.last == n:
		g.last--
	default:
		rest := *g
		rest.first, g.last = n+1, n-1
		s.gaps = slices.Insert(s.gaps, i+1, rest)
	}
	return true
}

// each calls f for the missing numbers from first to last, in gaps of their own.
func (s *peer) each(first, last Seq, f func(*gap)) {
	for i := s.gapAt(first); i < len(s.gaps) && !last.Before(s.gaps[i].first); i++ {
		if s.gaps[i].first.Before(first) {
			s.split(i, first)
			i++
		}
		if last.Before(s.gaps[i].last) {
			s.split(i, last+1)
		}
		f(&s.gaps[i])
	}
}

// split cuts gap i in two; the second begins at n.
func (s *peer) split(i int, n Seq) {
	rest := s.gaps[i]
	s.gaps[i].last, rest.first = n-1, n
	s.gaps = slices.Insert(s.gaps, i+1, rest)
}
