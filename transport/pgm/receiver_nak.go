package pgm

import (
	"math/rand/v2"
	"time"
)

// An spmr is the wish for an SPM of a source that has not sent one: without it nobody knows where NAKs go. The zero value
// wants nothing.
type spmr struct {
	at    time.Time     // when it is sent; the zero time is never
	next  time.Duration // the mean of the wait before at; the next one is twice as long
	tries int           // how often it was sent
}

// ask sets out for one, after a random time: another receiver may be quicker. Where it was sent often enough, nothing
// happens: a source that lives says where it is, sooner or later.
func (m *spmr) ask(now time.Time, r *rand.Rand) {
	if m.tries == maxSPMRs {
		return
	}
	m.next = DefaultSPMR
	m.wait(now, r)
}

// wait sets out for a random time about next: receivers that have come together, and heard nothing together, do not ask together.
// https://www.rfc-editor.org/rfc/rfc3208#section-13.3
func (m *spmr) wait(now time.Time, r *rand.Rand) {
	m.at = now.Add(m.next/2 + time.Duration(r.Int64N(int64(m.next))))
}

// hold puts off the asking, since another receiver has just asked.
func (m *spmr) hold(now time.Time, r *rand.Rand) {
	if !m.at.IsZero() {
		m.again(now, r)
	}
}

// again sets out for another one, after twice the time of the last.
func (m *spmr) again(now time.Time, r *rand.Rand) {
	if m.tries == maxSPMRs {
		m.at = time.Time{}
		return
	}
	m.next = min(2*m.next, spmrBackoffLimit)
	m.wait(now, r)
}

// heard ends the wish.
func (m *spmr) heard() { m.at = time.Time{} }

// deadline is when the peer has something to do.
func (s *peer) deadline() time.Time {
	return soonest(soonest(s.due, s.spmr.at), s.heard.Add(s.r.cfg.Expiry))
}

// expire does what is due: it asks for an SPM, asks for what is missing, gives up, and forgets the source.
func (s *peer) expire(now time.Time) {
	if !s.spmr.at.IsZero() && !now.Before(s.spmr.at) {
		s.askSPM(now)
	}
	if !s.due.IsZero() && !now.Before(s.due) {
		s.askMissing(now)
		s.flush()
		s.account()
	}
	if !now.Before(s.heard.Add(s.r.cfg.Expiry)) {
		s.r.forget(s)
	}
}

// askSPM sends an SPMR to the group, for the other receivers' ears, and one to the source.
func (s *peer) askSPM(now time.Time) {
	p := Packet{Type: SPMR, TSI: s.tsi, Port: s.r.cfg.Port}
	if s.group.IsValid() {
		s.r.send(&p, s.group, true)
	}
	s.r.send(&p, s.from, false)
	s.spmr.tries++
	s.spmr.again(now, s.r.cfg.Rand)
}

// askMissing takes every gap whose time has come one state further, and sends NAKs for those whose back-off is over.
func (s *peer) askMissing(now time.Time) {
	var numbers []Seq
	s.due = time.Time{}
	for i := 0; i < len(s.gaps); i++ {
		g := &s.gaps[i]
		if g.state != gapGivenUp && !now.Before(g.at) {
			s.step(now, g)
			if g.state == gapWaitNCF {
				if g.first.to(g.last) >= maxNakPerRun {
					s.split(i, g.first+maxNakPerRun)
					s.gaps[i+1].state, s.gaps[i+1].at = gapBackOff, s.backOff(now)
					g = &s.gaps[i]
				}
				for n := g.first; n != g.last+1; n++ {
					numbers = append(numbers, n)
				}
			}
		}
		if g.state != gapGivenUp {
			s.due = soonest(s.due, g.at)
		}
	}
	s.nak(numbers)
}

// step takes one gap a state further.
func (s *peer) step(now time.Time, g *gap) {
	switch g.state {
	case gapBackOff:
		g.state, g.at = gapWaitNCF, now.Add(DefaultRepeat)
		if s.nla.IsValid() {
			return
		}
		// Nobody to ask yet: an SPM is on its way, or is asked for.
		if s.spmr.at.IsZero() {
			s.spmr.ask(now, s.r.cfg.Rand)
		}
		g.state, g.at = gapBackOff, s.backOff(now).Add(DefaultRepeat)
		g.noNCF++
	case gapWaitNCF:
		g.state, g.at = gapBackOff, s.backOff(now)
		g.noNCF++
	case gapWaitData:
		g.state, g.at = gapBackOff, s.backOff(now)
		g.noData++
	case gapGivenUp: // nothing more is done for it
	}
	s.tire(g)
}

// tire gives a gap up that was tried often enough.
func (s *peer) tire(g *gap) {
	retries := uint8(DefaultRetries)
	if s.fin {
		retries = finRetries
	}
	if g.noNCF > retries || g.noData > retries {
		g.state = gapGivenUp
	}
}

// nak asks for the numbers, as many as go into each NAK.
func (s *peer) nak(numbers []Seq) {
	for len(numbers) > 0 {
		n := min(len(numbers), MaxNakList+1)
		p := Packet{Type: NAK, TSI: s.tsi, Port: s.r.cfg.Port, Path: s.nla, Group: s.group}
		p.SetNumbers(numbers[:n])
		s.r.send(&p, s.nla, false)
		numbers = numbers[n:]
	}
}
