package socket

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/weirmq/weir/wire"
)

// A socketType is what distinguishes one type of socket from another: one row of the table, and one file with its routing policy.
type socketType struct {
	name     string                // as READY spells it, where there is one: https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
	peers    []string              // the types it may talk to
	sends    bool                  // applications send
	receives bool                  // applications receive
	overflow overflow              // what becomes of a message at the mark
	pattern  func(*socket) pattern // a fresh routing policy

	subscriber bool // what goes upstream are subscriptions
	publisher  bool // what comes from downstream are subscriptions
	hears      bool // of a publisher: its application receives what comes from downstream
	linger0    bool // ZMQ_LINGER is 0 unless set
	afresh     bool // what came before a send is not received after it
	addresses  bool // each message names its peer
	conflates  bool // its queues may hold the newest message alone: ZMQ_CONFLATE
	raw        bool // its peers do not speak ZMTP
	single     bool // one peer at a time: what one has sent is received before what comes from the next
	hidden     bool // not an application's: there are no events of it, nor of its peers, it does not count, and Defaults are not for it
	lockstep   bool // who has sent receives next, and so has the time to write what it sent
	once       bool // a second Connect to the same endpoint is the first one
}

// overflow is what a socket type does with a message that meets a full queue; 0 for a type that does not send.
type overflow uint8

const (
	// overflowBlock says that Send waits.
	overflowBlock overflow = iota + 1
	// overflowDrop says that the message is dropped for that peer alone, and counted.
	overflowDrop
)

// types is the table of socket types.
var types = []*socketType{pushType, pullType, pubType, subType, reqType, repType, dealerType, routerType, pairType, xpubType, xsubType, streamType}

var (
	pushType = &socketType{
		name: wire.TypePush, peers: []string{wire.TypePull}, sends: true, overflow: overflowBlock, conflates: true,
		pattern: func(*socket) pattern { return &push{} },
	}
	pullType = &socketType{
		name: wire.TypePull, peers: []string{wire.TypePush}, receives: true, conflates: true,
		pattern: func(*socket) pattern { return &pull{} },
	}
	pubType = &socketType{
		name: wire.TypePub, peers: []string{wire.TypeSub, wire.TypeXSub}, sends: true, overflow: overflowDrop, publisher: true, once: true,
		conflates: true,
		pattern:   func(s *socket) pattern { return newPub(s) },
	}
	xpubType = &socketType{
		name: wire.TypeXPub, peers: []string{wire.TypeSub, wire.TypeXSub}, sends: true, receives: true, overflow: overflowDrop, publisher: true,
		hears:   true,
		pattern: func(s *socket) pattern { return newXPub(s) },
	}
	subType = &socketType{
		name: wire.TypeSub, peers: []string{wire.TypePub, wire.TypeXPub}, receives: true, subscriber: true, linger0: true, once: true,
		conflates: true,
		pattern:   func(*socket) pattern { return &sub{} },
	}
	xsubType = &socketType{
		name: wire.TypeXSub, peers: []string{wire.TypePub, wire.TypeXPub}, sends: true, receives: true, overflow: overflowDrop, subscriber: true,
		linger0: true,
		pattern: func(*socket) pattern { return newXSub() },
	}
	reqType = &socketType{
		name: wire.TypeReq, peers: []string{wire.TypeRep, wire.TypeRouter}, sends: true, receives: true, overflow: overflowBlock, afresh: true,
		once:     true,
		lockstep: true,
		pattern:  func(*socket) pattern { return &req{number: rand.Uint32()} },
	}
	repType = &socketType{
		name: wire.TypeRep, peers: []string{wire.TypeReq, wire.TypeDealer}, sends: true, receives: true, overflow: overflowDrop,
		lockstep: true,
		pattern:  func(s *socket) pattern { return &rep{noPeer: s.noPeer} },
	}
	dealerType = &socketType{
		name: wire.TypeDealer, peers: []string{wire.TypeRep, wire.TypeDealer, wire.TypeRouter}, sends: true, receives: true,
		overflow: overflowBlock, once: true, conflates: true,
		pattern: func(*socket) pattern { return &dealer{} },
	}
	routerType = &socketType{
		name: wire.TypeRouter, peers: []string{wire.TypeReq, wire.TypeDealer, wire.TypeRouter}, sends: true, receives: true,
		overflow: overflowDrop, addresses: true,
		pattern: func(s *socket) pattern {
			if s.opts().raw {
				return newStreaming(s, rand.Uint32())
			}
			return newRouter(s, rand.Uint32())
		},
	}
	streamType = &socketType{
		name: "STREAM", sends: true, receives: true, overflow: overflowBlock, addresses: true, raw: true,
		pattern: func(s *socket) pattern { return newStreaming(s, rand.Uint32()) },
	}
	pairType = &socketType{
		name: wire.TypePair, peers: []string{wire.TypePair}, sends: true, receives: true, overflow: overflowBlock, single: true,
		pattern: func(*socket) pattern { return &only{} },
	}
)

// onlyFor refuses an option to all types but some.
func (t *socketType) onlyFor(option string, types ...*socketType) error {
	return t.onlyIf(slices.Contains(types, t), option)
}

// onlyIf refuses an option to a type that does not have it.
func (t *socketType) onlyIf(has bool, option string) error {
	if has {
		return nil
	}
	return fmt.Errorf("%w: %s: %s does not have it", ErrBadOption, option, t.name)
}

// accepts says whether a peer of type name may talk to t.
func (t *socketType) accepts(name string) bool { return slices.Contains(t.peers, name) }
