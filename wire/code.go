package wire

// A Code is libzmq's number for what a peer did wrong, as its socket monitor
// reports it (ZMQ_PROTOCOL_ERROR_*). 0 is a fault that libzmq has no number
// for.
type Code uint32

// The codes that this package gives, and those of ZAP.
const (
	CodeUnspecified        Code = 0x10000000 // the peer spoke out of turn
	CodeUnexpectedCommand  Code = 0x10000001 // another command was due
	CodeInvalidSequence    Code = 0x10000002 // a short nonce that is not greater than the one before
	CodeKeyExchange        Code = 0x10000003 // a vouch for other keys
	CodeMalformedMessage   Code = 0x10000012
	CodeMalformedHello     Code = 0x10000013
	CodeMalformedInitiate  Code = 0x10000014
	CodeMalformedError     Code = 0x10000015
	CodeMalformedReady     Code = 0x10000016
	CodeMalformedWelcome   Code = 0x10000017
	CodeInvalidMetadata    Code = 0x10000018
	CodeCryptographic      Code = 0x11000001 // a box that does not open
	CodeMechanismMismatch  Code = 0x11000002
	CodeZAPUnspecified     Code = 0x20000000 // a reply that does not begin with an empty frame
	CodeZAPMalformedReply  Code = 0x20000001 // a reply of another number of frames
	CodeZAPBadRequestID    Code = 0x20000002
	CodeZAPBadVersion      Code = 0x20000003
	CodeZAPInvalidStatus   Code = 0x20000004
	CodeZAPInvalidMetadata Code = 0x20000005
)
