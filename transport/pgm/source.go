package pgm

import (
	"net/netip"
	"slices"
	"time"
)

// SourceConfig is what a Source needs to know. It is read-only once the source is made.
type SourceConfig struct {
	// TSI names the source: GSI random, Port not that of the endpoint.
	TSI TSI
	// Port is the data-destination port of the endpoint.
	Port uint16
	// NLA is the address at which receivers reach this source: that of the chosen interface.
	NLA netip.Addr
	// Group is where data goes.
	Group netip.Addr
	// Rate bounds everything that is sent, in octets in a second, with the headers of IP and UDP.
	Rate int
	// Window is how many packets can be repaired.
	Window int
	// UDP says that packets travel within UDP: it counts towards the rate.
	UDP bool
	// First is the number of the first packet of data.
	First Seq
}

// A Source is the sending side of one endpoint: one session, with a TSI of its own.
//
//	Submit ──▶ pending ─┐
//	                    ├─▶ Poll      NCFs, SPMs, repairs, then data, as the rate allows
//	Handle ──▶ asked  ──┘
//
// Owned by one goroutine.
type Source struct {
	cfg    SourceConfig
	rate   bucket
	cost   int // of a packet's headers below PGM
	window txWindow
	beat   heartbeat
	spmSeq Seq

	ncfs    []Packet // to send, oldest first
	repairs []Seq    // to send, oldest first
	queued  map[Seq]struct{}
	pending []byte // the packet of data to send next; nil where there is none
	spare   []byte // the buffer of a packet that has left the window

	ending bool      // Close was called
	fins   int       // SPMs with OPT_FIN still to send at once
	ended  time.Time // when the last of those went out
	last   time.Time // when the last packet of data went out
	asked  time.Time // when a receiver was last heard; the zero time is never
	sent   uint64
}

// MaxBatch is the most packets that a caller may have got from Poll and not sent yet.
const MaxBatch = 32

// maxNCFs bounds the confirmations that wait. Receivers ask again.
const maxNCFs = 64

// NewSource makes a source that has sent nothing. Its first packets are SPMs: they come out of Poll before any data does,
// so that no receiver takes a later one for the beginning.
func NewSource(now time.Time, cfg SourceConfig) *Source {
	s := &Source{cfg: cfg, rate: newBucket(now, cfg.Rate), window: newTxWindow(cfg.Window, cfg.First), queued: map[Seq]struct{}{}}
	s.cost = ipv4Cost
	if cfg.Group.Is6() {
		s.cost = ipv6Cost
	}
	if cfg.UDP {
		s.cost += udpCost
	}
	s.beat.start(now)
	return s
}

// Free reports whether Submit may be called: nothing that was submitted is waiting.
func (s *Source) Free() bool { return s.pending == nil && !s.ending }

// Submit takes the payload of the next packet of data. The octets are copied. It may be called only while Free.
func (s *Source) Submit(tsdu []byte) {
	if !s.Free() {
		panic("BUG: Submit while a packet is waiting")
	}
	p := Packet{Type: ODATA, TSI: s.cfg.TSI, Port: s.cfg.Port, Seq: s.window.lead + 1, Trail: s.window.trail, Data: tsdu}
	s.pending = p.AppendTo(s.spare[:0])
	s.spare = nil
}

// Sent is how many packets of data have been sent, repairs not counted.
func (s *Source) Sent() uint64 { return s.sent }

// Handle takes one packet. One that is not for this source, or that does not parse, is dropped; the error tells why, and
// needs no answer.
func (s *Source) Handle(now time.Time, packet []byte) error {
	p, err := Parse(packet)
	switch {
	case err != nil:
		return err
	case p.TSI != s.cfg.TSI || p.Port != s.cfg.Port || !p.Type.upstream():
		return ErrForeign
	case p.Type == NAK && (p.Path != s.cfg.NLA || p.Group != s.cfg.Group):
		return ErrForeign
	}
	s.asked = now
	if p.Type == SPMR {
		s.beat.ask(now)
		return nil
	}
	s.onNAK(now, &p)
	return nil
}

// onNAK confirms at once, also numbers that are not in the window, and repairs those that are. Who asks for what is gone
// is told where the window begins.
// https://www.rfc-editor.org/rfc/rfc3208#section-5.1
func (s *Source) onNAK(now time.Time, p *Packet) {
	for n := range p.Numbers() {
		if n.Before(s.window.trail) {
			s.beat.ask(now)
		}
		if _, ok := s.queued[n]; ok || s.window.get(n) == nil {
			continue
		}
		s.queued[n] = struct{}{}
		s.repairs = append(s.repairs, n)
	}
	p.Type, p.list = NCF, slices.Clone(p.list)
	same := func(q Packet) bool { return q.Seq == p.Seq && slices.Equal(q.list, p.list) }
	if len(s.ncfs) < maxNCFs && !slices.ContainsFunc(s.ncfs, same) {
		s.ncfs = append(s.ncfs, *p)
	}
}

// Poll returns the next packet to send to the group, and false when there is none at this time. Its octets stay
// as they are until MaxBatch further packets have been submitted.
func (s *Source) Poll(now time.Time) (Out, bool) {
	size, ok := s.nextSize(now)
	if !ok || !s.rate.take(now, size) {
		return Out{}, false
	}
	return Out{To: s.cfg.Group, Packet: s.next(now)}, true
}

// Deadline is when Poll has something to send at the latest; the zero time is never.
func (s *Source) Deadline(now time.Time) time.Time {
	if size, ok := s.nextSize(now); ok {
		s.rate.fill(now)
		return s.rate.when(size)
	}
	switch {
	case s.Gone(now):
		return time.Time{}
	case s.Done():
		return soonest(s.beat.due(), s.stays())
	}
	return s.beat.due()
}

// nextSize is what the next packet costs, and whether there is one.
func (s *Source) nextSize(now time.Time) (int, bool) {
	spm := s.cost + headerSize + 12 + nlaSize(s.cfg.NLA)
	if s.ending {
		spm += 8 // OPT_FIN
	}
	switch {
	case len(s.ncfs) > 0:
		return s.cost + headerSize + 4 + 2*nlaSize(s.cfg.NLA) + len(s.ncfs[0].list), true
	case s.beats(now):
		return spm, true
	case len(s.repairs) > 0:
		return s.cost + len(s.window.get(s.repairs[0])), true
	case s.pending != nil:
		return s.cost + len(s.pending), true
	case s.fins > 0:
		return spm, true
	}
	return 0, false
}

// beats reports whether an SPM is due. One that has ended sends none any more when its time is over.
func (s *Source) beats(now time.Time) bool { return !s.beat.due().After(now) && !s.Gone(now) }

// nlaSize is the size of an address in a packet, with its family.
func nlaSize(a netip.Addr) int { return 4 + a.BitLen()/8 }

// next makes the packet that nextSize spoke of: what keeps receivers from asking again goes first, and repairs before new
// data. https://www.rfc-editor.org/rfc/rfc3208#section-5.1.3
func (s *Source) next(now time.Time) []byte {
	switch {
	case len(s.ncfs) > 0:
		p := s.ncfs[0]
		s.ncfs = s.ncfs[1:]
		return p.AppendTo(nil)
	case s.beats(now):
		s.beat.sent(now)
		return s.spm(s.Done())
	case len(s.repairs) > 0:
		return s.repair()
	case s.pending != nil:
		return s.data(now)
	default:
		if s.fins--; s.fins == 0 {
			s.ended = now
			s.beat.end(now)
		}
		return s.spm(true)
	}
}

// spm makes an SPM. Their numbers begin at 0: OpenPGM's receivers take one in the upper half of the numbers for an old one.
func (s *Source) spm(fin bool) []byte {
	p := Packet{
		Type: SPM, TSI: s.cfg.TSI, Port: s.cfg.Port, Seq: s.spmSeq, Trail: s.window.trail, Lead: s.window.lead, Path: s.cfg.NLA, Fin: fin,
	}
	s.spmSeq++
	return p.AppendTo(nil)
}

// repair makes the RDATA of the oldest number asked for. It is in the window still: no data goes out before it.
func (s *Source) repair() []byte {
	n := s.repairs[0]
	s.repairs = s.repairs[1:]
	delete(s.queued, n)
	b := slices.Clone(s.window.get(n))
	repeat(b, s.window.trail)
	return b
}

// data moves the waiting packet into the window: from now on it counts as sent.
func (s *Source) data(now time.Time) []byte {
	b := s.pending
	s.pending = nil
	if freed := s.window.add(b); s.window.size > MaxBatch {
		s.spare = freed
	}
	s.beat.data(now)
	s.last = now
	s.sent++
	return b
}
