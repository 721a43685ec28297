package pgm

import (
	"net/netip"
	"time"
)

// A peer is one source as a receiver sees it: a window on the source's sequence of packets.
//
//	      delivered        have and gaps          not heard of
//	──────────────────┬──────────────────────┬──────────────────▶
//	                next                 lead+1
//
// Invariant: each number from next to lead is either in have or in exactly one gap. The number next is in a gap, or
// next is lead+1: what can be delivered is.
type peer struct {
	r   *Receiver
	tsi TSI

	from  netip.Addr // where its packets come from
	group netip.Addr // where they go to
	nla   netip.Addr // where NAKs go: what its newest SPM says; the zero address before the first
	heard time.Time  // when it was last heard

	spmSeq Seq // of the newest SPM
	spmr   spmr

	defined bool // the window has a beginning
	next    Seq  // the next number to deliver
	lead    Seq  // the newest number that is known to have been sent
	have    map[Seq][]byte
	held    int       // octets of have
	counted int       // what this peer has in its receiver's account
	gaps    []gap     // in order
	due     time.Time // no gap's time comes before this; the zero time is never
	lost    int       // numbers lost and not told yet: they come before everything else
	fin     bool      // the source has said that it ends
	left    bool      // and that was told
}

// tell queues what there is to tell of this source. A loss comes first.
func (s *peer) tell(d Delivery) {
	if s.lost > 0 {
		n := s.lost
		s.lost = 0
		s.tell(Delivery{Kind: Lost, Count: n})
	}
	d.TSI, d.From = s.tsi, s.from
	s.r.told = append(s.r.told, d)
}

// begin defines the window: next is what is waited for. What came before is not asked for.
func (s *peer) begin(next Seq, late bool) {
	s.defined, s.next, s.lead = true, next, next-1
	s.tell(Delivery{Kind: Joined, Late: late})
}

// onSPM takes where the source is. An older SPM than the newest says nothing.
func (s *peer) onSPM(now time.Time, p *Packet) {
	if s.nla.IsValid() && p.Seq.Before(s.spmSeq) {
		return
	}
	s.spmSeq, s.nla = p.Seq, p.Path
	s.spmr.heard()
	if !s.defined {
		s.begin(p.Lead+1, p.Trail != p.Lead+1)
	}
	if !s.plausible(p.Trail) || !s.plausible(p.Lead) {
		return
	}
	s.advance(now, p.Trail, p.Lead)
	if p.Rst {
		s.giveUp(s.lead + 1)
	}
	s.fin = s.fin || p.Fin
}

// onData takes one packet of data, new or repeated. One that carries a piece of something larger is accounted for, and
// is a loss to whoever reads: ZeroMQ has no such packets.
func (s *peer) onData(now time.Time, p *Packet) {
	if !s.defined {
		s.begin(p.Seq, p.Seq != p.Trail || p.Type != ODATA)
	}
	if p.Seq.Before(s.next) || !s.plausible(p.Seq) {
		return // delivered or given up already, or nonsense
	}
	fresh := s.lead.Before(p.Seq)
	if fresh {
		s.overtake(p.Seq)
		s.miss(now, s.lead+1, p.Seq-1)
		s.lead = p.Seq
	}
	s.giveUp(p.Trail)
	if !fresh && !s.fill(p.Seq) {
		return // it is there already
	}
	switch {
	case p.Fragment:
		s.hold(p.Seq, nil)
	case p.Seq == s.next:
		s.next++
		s.tell(Delivery{Kind: Data, TSDU: p.Data})
	default:
		s.hold(p.Seq, append([]byte{}, p.Data...)) // a copy: the packet lies among others, which would be kept with it
	}
}

// hold keeps a packet that cannot be delivered yet. Where data is nil it is a loss.
func (s *peer) hold(n Seq, data []byte) {
	s.have[n] = data
	s.held += heldCost + len(data)
}

// account enters what the peer holds in its receiver's account.
func (s *peer) account() {
	now := s.held + gapCost*len(s.gaps)
	s.r.held += now - s.counted
	s.counted = now
}

// plausible reports whether n is near enough to what is expected for the arithmetic of sequence numbers to mean anything.
func (s *peer) plausible(n Seq) bool {
	d := s.next.to(n)
	return -farthest < d && d < farthest
}

// onNCF takes the source's word that it has heard of a loss: no need to ask too. One that speaks of numbers after the
// newest tells that there are such.
func (s *peer) onNCF(now time.Time, p *Packet) {
	if !s.defined {
		return
	}
	first, last := p.Seq, p.Seq
	for n := range p.Numbers() {
		if n != last && n != last+1 {
			s.confirm(now, first, last)
			first = n
		}
		last = n
	}
	s.confirm(now, first, last)
}

// confirm notes that the repairs of the numbers from first to last are on their way.
func (s *peer) confirm(now time.Time, first, last Seq) {
	if last.Before(s.next) || s.lead.to(last) > s.r.cfg.Window {
		return
	}
	if s.lead.Before(last) {
		s.advance(now, s.next, last)
	}
	s.each(later(first, s.next), last, func(g *gap) {
		s.promised(now, g)
	})
	s.due = soonest(s.due, now.Add(DefaultRepeat))
}

// promised lets a gap wait for its data. A source that goes on to promise, and does not keep it, is not believed for ever.
func (s *peer) promised(now time.Time, g *gap) {
	switch {
	case g.state == gapGivenUp:
		return
	case g.state != gapWaitData:
		g.since = now
	case now.Sub(g.since) >= DefaultRepeat:
		g.since = now
		g.noData++
	}
	g.state, g.at = gapWaitData, now.Add(DefaultRepeat)
	s.tire(g)
}

// advance takes a source's word about its window: numbers before trail cannot be repaired any more, and those up to lead
// were sent.
func (s *peer) advance(now time.Time, trail, lead Seq) {
	if s.lead.Before(lead) {
		s.overtake(lead)
		s.miss(now, s.lead+1, lead)
		s.lead = lead
	}
	s.giveUp(trail)
}

// overtake gives up what is too far behind lead for our own window.
func (s *peer) overtake(lead Seq) {
	if s.next.to(lead) >= s.r.cfg.Window {
		s.giveUp(lead - Seq(s.r.cfg.Window) + 1)
	}
}

// flush delivers what is in order, and tells of losses.
func (s *peer) flush() {
	for s.next != s.lead+1 {
		if len(s.gaps) > 0 && s.gaps[0].first == s.next {
			if s.gaps[0].state != gapGivenUp {
				break
			}
			s.lose(s.gaps[0].last + 1)
			continue
		}
		s.deliver()
	}
	if s.lost > 0 {
		n := s.lost
		s.lost = 0
		s.tell(Delivery{Kind: Lost, Count: n})
	}
	if s.fin && !s.left && s.next == s.lead+1 {
		s.left = true
		s.tell(Delivery{Kind: Left})
	}
}

// deliver tells the packet that is next.
func (s *peer) deliver() {
	data := s.have[s.next]
	delete(s.have, s.next)
	s.held -= heldCost + len(data)
	s.next++
	if data == nil {
		s.lost++
		return
	}
	s.tell(Delivery{Kind: Data, TSDU: data})
}

// lose takes the numbers from next up to, not including, end, all of which are missing, as lost.
func (s *peer) lose(end Seq) {
	s.lost += s.next.to(end)
	g := &s.gaps[0]
	if g.last == end-1 {
		s.gaps = s.gaps[1:]
	} else {
		g.first = end
	}
	s.next = end
}

// giveUp takes what is missing before end as lost, and delivers what is there. Numbers after lead were never heard of.
func (s *peer) giveUp(end Seq) {
	for s.next.Before(end) {
		switch {
		case s.next == s.lead+1:
			s.lost += s.next.to(end)
			s.next, s.lead = end, end-1
		case len(s.gaps) > 0 && s.gaps[0].first == s.next:
			s.lose(earlier(s.gaps[0].last+1, end))
		default:
			s.deliver()
		}
	}
}
