package wire

import "slices"

// The names of the socket types of ZMTP 3.1, as they stand in the Socket-Type
// property. They are compared octet for octet, so "push" is no socket type.
// Those from CLIENT on are drafts in libzmq.
//
// https://rfc.zeromq.org/spec/37/#the-socket-type-property
const (
	TypePair    = "PAIR"
	TypePub     = "PUB"
	TypeSub     = "SUB"
	TypeXPub    = "XPUB"
	TypeXSub    = "XSUB"
	TypeReq     = "REQ"
	TypeRep     = "REP"
	TypeDealer  = "DEALER"
	TypeRouter  = "ROUTER"
	TypePush    = "PUSH"
	TypePull    = "PULL"
	TypeClient  = "CLIENT"
	TypeServer  = "SERVER"
	TypeRadio   = "RADIO"
	TypeDish    = "DISH"
	TypeScatter = "SCATTER"
	TypeGather  = "GATHER"
	TypePeer    = "PEER"
	TypeChannel = "CHANNEL"
)

// sendsIdentity reports whether a socket of type t puts the Identity property
// into its metadata, even when the identity is empty. libzmq does so for these
// three types alone (mechanism.cpp).
//
// "A REQ, DEALER, or ROUTER peer connecting to a ROUTER MAY announce its
// identity, which is used as an addressing mechanism by the ROUTER socket."
// https://rfc.zeromq.org/spec/37/#the-identity-property
func sendsIdentity(t string) bool {
	return t == TypeReq || t == TypeDealer || t == TypeRouter
}

// oldTypes are the socket types in the order of the numbers that greetings of
// ZMTP 2.0 have for them.
//
// https://rfc.zeromq.org/spec/15/
var oldTypes = []string{
	TypePair, TypePub, TypeSub, TypeReq, TypeRep, TypeDealer, TypeRouter, TypePull, TypePush, TypeXPub, TypeXSub,
}

// typeNumber returns the number of socket type t in a greeting of ZMTP 2.0. Types
// that are younger get the number of PAIR; libzmq does not look at it.
func typeNumber(t string) byte { return byte(max(slices.Index(oldTypes, t), 0)) }
