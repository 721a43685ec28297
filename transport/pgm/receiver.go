package pgm

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// What a receiver goes by, where ReceiverConfig does not say otherwise. They are libzmq's.
const (
	DefaultBackoff   = 50 * time.Millisecond  // NAK_BO_IVL: the longest wait before a number is asked for
	DefaultRepeat    = 200 * time.Millisecond // NAK_RPT_IVL and NAK_RDATA_IVL: the wait for an NCF, and for the data
	DefaultRetries   = 50                     // NAK_NCF_RETRIES and NAK_DATA_RETRIES
	DefaultSPMR      = 25 * time.Millisecond  // the mean wait for an SPM before one is asked for
	DefaultExpiry    = 300 * time.Second      // how long a source that is not heard is remembered
	finRetries       = 5                      // how often is asked once a source has said that it ends
	maxSources       = 256                    // how many sources one receiver keeps apart
	maxNakPerRun     = 4 * (MaxNakList + 1)   // how many numbers of one run are asked for at once
	defaultRxWindow  = 80                     // packets, libzmq's at its defaults
	farthest         = 1 << 30                // how far from the next number another may be
	spmrBackoffLimit = 2 * time.Second        // how far apart two SPMRs to a source that does not answer come to be
	maxSPMRs         = 5                      // how many it is sent: anybody can make packets seem to come from any host
	DefaultBudget    = 16 << 20               // octets, see ReceiverConfig.Budget
	heldCost         = 128                    // octets that a packet that is held costs beside its own
	gapCost          = 80                     // octets that a gap costs
)

// ReceiverConfig is what a Receiver needs to know. It is read-only once the receiver is made.
type ReceiverConfig struct {
	// Port is the data-destination port of the endpoint: packets for others are dropped.
	Port uint16
	// Window is how many packets a source's window holds: how far data may run ahead of what is missing.
	Window int
	// Budget is how many octets may be held of all sources together, in packets that wait for what is missing before them;
	// 0 is DefaultBudget. Who has the most gives up first: so a source gets its share, however many others somebody makes up.
	Budget int
	// Expiry is how long a source that is not heard is remembered; 0 is DefaultExpiry.
	Expiry time.Duration
	// Rand is where back-offs come from; nil makes one. It is the receiver's alone.
	Rand *rand.Rand
}

// A Kind says what a Delivery tells.
type Kind uint8

// The kinds of Delivery.
const (
	// Data is the next packet of its source, in order.
	Data Kind = iota + 1
	// Lost tells that the next Count packets of the source will not come.
	Lost
	// Joined tells that the source is new; Late that it had sent before, which is not asked for.
	Joined
	// Left tells that the source has said that it ends, and that nothing of it is missing any more.
	Left
	// Expired tells that the source was not heard for so long that it is forgotten.
	Expired
)

// A Delivery is what a receiver has to tell of one source.
type Delivery struct {
	Kind  Kind
	TSI   TSI
	From  netip.Addr // where the source's packets come from
	TSDU  []byte     // of Data: may be a view of the packet that was given to Handle last
	Count int        // of Lost
	Late  bool       // of Joined
}

// An Out is a packet to send.
type Out struct {
	// To is where: a group, or one host.
	To netip.Addr
	// Near says that the packet must not leave the local network: its hops are 1.
	Near bool
	// Packet is the octets. They are the caller's.
	Packet []byte
}

// A Receiver is the receiving side of one endpoint. It keeps a window for each source that it hears.
//
//	Handle ──▶ peer: window, gaps ──▶ Next      data in order, losses, comings and goings
//	                      │
//	                      └─────────▶ Poll      NAKs and SPMRs, when their time has come
//
// Owned by one goroutine.
type Receiver struct {
	cfg   ReceiverConfig
	peers map[TSI]*peer
	order []*peer    // the same, in the order in which they were met
	held  int        // octets, of all peers: see Budget
	told  []Delivery // for Next, from first on
	first int
	outs  []Out // for Poll
}

// NewReceiver makes a receiver that has heard nothing.
func NewReceiver(cfg ReceiverConfig) *Receiver {
	if cfg.Window <= 0 {
		cfg.Window = defaultRxWindow
	}
	cfg.Window = min(cfg.Window, farthest/2)
	if cfg.Budget <= 0 {
		cfg.Budget = DefaultBudget
	}
	if cfg.Expiry <= 0 {
		cfg.Expiry = DefaultExpiry
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return &Receiver{cfg: cfg, peers: map[TSI]*peer{}}
}

// Handle takes one packet that came from a host and was sent to a group, or to this host. What is kept of the
// octets is copied; what Next tells may be a view of them. A packet that is not for this endpoint, or that does not parse,
// is dropped; the error tells why, and needs no answer.
func (r *Receiver) Handle(now time.Time, packet []byte, from, group netip.Addr) error {
	p, err := Parse(packet)
	if err != nil {
		return err
	}
	if p.Port != r.cfg.Port {
		return ErrForeign
	}
	switch p.Type {
	case SPMR: // another receiver asks for what this one may want too
		if s := r.peers[p.TSI]; s != nil && group.IsMulticast() {
			s.spmr.hold(now, r.cfg.Rand)
		}
		return nil
	case NAK:
		return nil
	case SPM, ODATA, RDATA, NCF:
	}
	s := r.peers[p.TSI]
	if s == nil {
		if p.Type == NCF { // defines nothing
			return nil
		}
		s = r.meet(now, p.TSI)
	}
	s.from, s.heard = from, now
	if group.IsMulticast() {
		s.group = group
	}
	switch p.Type {
	case SPM:
		s.onSPM(now, &p)
	case ODATA, RDATA:
		s.onData(now, &p)
	case NCF:
		s.onNCF(now, &p)
	case NAK, SPMR: // seen to above
	}
	s.flush()
	s.account()
	r.relieve()
	return nil
}

// relieve gives up what is missing where more is held than the budget allows: the oldest of the source of which there is
// the most.
func (r *Receiver) relieve() {
	for r.held > r.cfg.Budget {
		most := slices.MaxFunc(r.order, func(a, b *peer) int { return cmp.Compare(a.counted, b.counted) })
		if len(most.gaps) == 0 {
			return // what is in order is not held
		}
		most.giveUp(most.gaps[0].last + 1)
		most.flush()
		most.account()
	}
}

// meet makes a peer of a source that was not heard before. Where there are too many, the one that was silent the longest
// is forgotten.
func (r *Receiver) meet(now time.Time, tsi TSI) *peer {
	if len(r.peers) >= maxSources {
		var oldest *peer
		for _, s := range r.order {
			if oldest == nil || s.heard.Before(oldest.heard) {
				oldest = s
			}
		}
		r.forget(oldest)
	}
	s := &peer{r: r, tsi: tsi, have: map[Seq][]byte{}}
	s.spmr.ask(now, r.cfg.Rand)
	r.peers[tsi] = s
	r.order = append(r.order, s)
	return s
}

// forget ends a peer: what is missing of it is lost, and what lies behind that is delivered.
func (r *Receiver) forget(s *peer) {
	if s.defined {
		s.giveUp(s.lead + 1)
		s.account()
	}
	s.tell(Delivery{Kind: Expired})
	delete(r.peers, s.tsi)
	r.order = slices.DeleteFunc(slices.Clone(r.order), func(o *peer) bool { return o == s })
}

// Next returns what there is to tell, oldest first.
func (r *Receiver) Next() (Delivery, bool) {
	if r.first == len(r.told) {
		r.told, r.first = r.told[:0], 0
		return Delivery{}, false
	}
	d := r.told[r.first]
	r.told[r.first] = Delivery{}
	r.first++
	return d, true
}

// Poll returns the next packet to send, and false when there is none at this time. After it there may be more to tell.
func (r *Receiver) Poll(now time.Time) (Out, bool) {
	if len(r.outs) == 0 {
		for _, s := range r.order {
			s.expire(now)
		}
	}
	if len(r.outs) == 0 {
		return Out{}, false
	}
	o := r.outs[0]
	r.outs = r.outs[1:]
	return o, true
}

// Deadline is when Poll has something to do at the latest; the zero time is never.
func (r *Receiver) Deadline() time.Time {
	var at time.Time
	for _, s := range r.order {
		at = soonest(at, s.deadline())
	}
	return at
}

// Sources is how many sources are known.
func (r *Receiver) Sources() int { return len(r.peers) }

// send queues a packet for Poll.
func (r *Receiver) send(p *Packet, to netip.Addr, near bool) {
	r.outs = append(r.outs, Out{To: to, Near: near, Packet: p.AppendTo(nil)})
}

// soonest is the earlier of two times, where the zero time is never.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
