package socket

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/mailbox"
)

// Some events can come to pass as often as messages do: a queue reaches its mark, a message is dropped, a peer subscribes. They arise on the data path, under
// locks, so nobody is told there: a few words are left with the socket's noise, and its actor is rung for, which tells. While nobody listens that costs one
// load of a word, and drops and marks are counted as always. Others come to pass as often as strangers like: who scans ports opens thousands of connections.
// Those are told where they arise, within the same budget (socket.emit).
//
//	quiet ──ring──▶ telling, at most noiseBurst events of a kind ──noisePeriod──▶ the rest in one ──nothing new──▶ quiet
//	                       ▲───────────────────── something new ──────────────────────┘

const (
	// noisePeriod is how long a budget of events lasts.
	noisePeriod = time.Second
	// noiseBurst is how many events of one kind a socket tells in that time; the others are counted.
	noiseBurst = 100
)

// noisy says whether events of a kind arise on the data path.
func (k EventKind) noisy() bool {
	switch k {
	case EventDropped, EventSlowPeer, EventMarkReached, EventMarkLeft, EventSubscribed, EventUnsubscribed:
		return true
	default:
		return false
	}
}

// limited says whether events such as e could flood: those of the data path, and those of connections that come in over a network, which anybody can make.
// How often an endpoint connects is its own affair.
func (e Event) limited() bool {
	switch e.Kind {
	case EventAccepted, EventAcceptFailed, EventRefused, EventConnectFailed, EventHandshakeSucceeded, EventHandshakeFailed, EventDisconnected:
		return e.bound && !strings.HasPrefix(e.Endpoint, inprocScheme+":")
	default:
		return e.Kind.noisy()
	}
}

// A noise is what a socket has to tell that could flood. Safe for concurrent use.
type noise struct {
	// Set by newSocket, then read-only.
	hub *hub                      // nil in tests of patterns: nobody listens
	ref *actor.Ref[socketMessage] // the socket's, set before anybody has the socket

	rung   atomic.Bool // the actor is rung for, and has not come yet
	losing atomic.Bool // there are drops to tell of: set by whoever drops, cleared by the actor when it looks for more

	mu   sync.Mutex
	news []Event                   // guarded by mu: what the actor is to tell of, oldest first
	told [len(eventNames)]int      // guarded by mu: what the budget of this period was used for
	rest [len(eventNames)]uint64   // guarded by mu: what there was no budget for
	lost map[mailbox.Reason]uint64 // guarded by mu: drops that there was no budget for; nil for none
	any  bool                      // guarded by mu: something was told, or counted, in this period

	// Owned by the actor.
	ticking bool // the timer of the period runs
	looked  bool // in this period it has looked for drops
}

// heedNoise asks the socket actor to tell what there is to tell. due says that a period is over.
type heedNoise struct{ due bool }

func (*heedNoise) socketMessage() {}

// heard says whether anybody listens.
func (n *noise) heard() bool { return n != nil && n.hub.floods() }

// ring sends for the actor.
func (n *noise) ring() {
	if !n.rung.Load() && n.rung.CompareAndSwap(false, true) {
		_ = n.ref.Tell(&heedNoise{}) // a stopped socket has told all
	}
}

// say leaves an event to be told, where there is budget left for its kind. It may be called under locks.
func (n *noise) say(e Event) {
	if n.allows(e.Kind, func() {
		e.Time = time.Now()
		n.news = append(n.news, e)
	}) {
		n.ring()
	}
}

// allows says whether there is budget for one more event of a kind, and uses it up: then, for yes is called, under the lock. Else the event is counted.
func (n *noise) allows(k EventKind, yes func()) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.any = true
	if n.told[k] >= noiseBurst {
		n.rest[k]++
		return false
	}
	n.told[k]++
	if yes != nil {
		yes()
	}
	return true
}

// dropped says that something was dropped. It may be called under locks, and for each message.
func (n *noise) dropped() {
	if n.heard() && !n.losing.Load() && n.losing.CompareAndSwap(false, true) {
		n.ring()
	}
}

// take takes what is to be told.
func (n *noise) take() []Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	news := n.news
	n.news = nil
	return news
}

// turn begins the next period: it returns an event for each kind that there was no budget for, and whether anything was heard in the one before.
func (n *noise) turn() (rest []Event, any bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for k := range n.rest {
		if n.rest[k] > 0 && EventKind(k) != EventDropped {
			rest = append(rest, Event{Kind: EventKind(k), Suppressed: n.rest[k]})
		}
	}
	for why, count := range n.lost {
		rest = append(rest, Event{Kind: EventDropped, Reason: why, Count: count, Suppressed: n.rest[EventDropped]})
		n.rest[EventDropped] = 0
	}
	any = n.any
	n.lost, n.any = nil, false
	clear(n.told[:])
	clear(n.rest[:])
	return rest, any
}

// loss tells of drops, or keeps them for the end of the period.
func (n *noise) loss(e Event) (tell bool) {
	if n.allows(EventDropped, nil) {
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lost == nil {
		n.lost = map[mailbox.Reason]uint64{}
	}
	n.lost[e.Reason] += e.Count
	return false
}

// onHeedNoise tells what there is, and at the end of a period what there was no budget for.
func (s *socketActor) onHeedNoise(ctx *actor.Context[socketMessage], m *heedNoise) {
	n := &s.noise
	if !m.due {
		n.rung.Store(false) // whatever comes from now on rings again
	}
	for _, e := range n.take() {
		s.publish(e)
	}
	more := false
	if m.due {
		more = s.endPeriod()
	} else if n.losing.Load() && !n.looked {
		n.looked = true
		s.tellDrops()
	}
	if m.due && !more {
		n.ticking = false
		return
	}
	if m.due || !n.ticking {
		n.ticking = true
		ctx.After(noisePeriod, &heedNoise{due: true})
	}
}

// endPeriod tells what is left of a period, and says whether another follows.
func (s *socketActor) endPeriod() (more bool) {
	n := &s.noise
	n.looked = false
	n.losing.Store(false) // before the look: who drops from now on rings again
	if s.tellDrops() {
		n.losing.Store(true) // the next look is at the end of the next period
		n.looked, more = true, true
	}
	if s.tellSlow() {
		more = true
	}
	rest, any := n.turn()
	for _, e := range rest {
		s.publish(e)
	}
	return more || any
}

// flushNoise tells all that is left, at the end of the socket.
func (s *socketActor) flushNoise() {
	if !s.noise.heard() {
		return
	}
	for _, e := range s.noise.take() {
		s.publish(e)
	}
	s.tellDrops()
	rest, _ := s.noise.turn()
	for _, e := range rest {
		s.publish(e)
	}
}

// tellDrops tells how many messages were dropped since it was called last, for each peer, direction and reason, and whether there were any.
func (s *socketActor) tellDrops() bool {
	drops := s.stats.untold()
	for _, d := range drops {
		e := d.event()
		if s.noise.loss(e) {
			s.publish(e)
		}
	}
	return len(drops) > 0
}
