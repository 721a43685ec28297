package socket

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirmq/weir/wire"
)

// The ZeroMQ Authentication Protocol: https://rfc.zeromq.org/spec/27/. A program of libzmq's kind answers questions about peers with a REP or a
// ROUTER.

// zapEndpoint is where the handler is bound.
//
// "The handler SHALL bind to the endpoint "inproc://zeromq.zap.01"."
// https://rfc.zeromq.org/spec/27/#architecture
const zapEndpoint = "inproc://zeromq.zap.01"

const (
	zapVersion   = "1.0"
	zapRequestID = "1" // as libzmq's: each question has a socket of its own
	zapReplySize = 7   // frames, with the empty one in front
)

// askerType is the DEALER that asks a handler: one for each question. Nobody is told of it, and what the application wants of its own sockets, their
// number and their options, is nothing to it.
var askerType = &socketType{
	name: wire.TypeDealer, peers: []string{wire.TypeRep, wire.TypeRouter}, sends: true, receives: true, overflow: overflowBlock, hidden: true,
	pattern: func(*socket) pattern { return &dealer{} },
}

// askHandler asks the handler that is bound in this runtime. Where there is none, it fails with ErrNoAuthenticator.
func (rt *Runtime) askHandler(ctx context.Context, r AuthRequest) (v AuthReply, err error) {
	if !rt.inproc.has(zapEndpoint) {
		return v, ErrNoAuthenticator
	}
	s, err := newSocket(rt, askerType, []Option{SendHWM(0), RecvHWM(0), Linger(0)})
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, s.close(context.WithoutCancel(ctx))) }() // it lingers for nothing
	if _, err := (base{s}).Connect(ctx, zapEndpoint); err != nil {
		return v, err
	}
	if err := s.send(ctx, zapRequest(r)); err != nil {
		return v, err
	}
	reply, err := s.recvWait(ctx)
	if err != nil {
		return v, err
	}
	return parseZapReply(reply)
}

// has says whether somebody has bound the name.
func (r *inprocRegistry) has(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.names[name]
	return n != nil && n.bound != nil
}

// zapRequest is r as a message.
//
// https://rfc.zeromq.org/spec/27/#message-format
func zapRequest(r AuthRequest) Message {
	m := NewMessage("", zapVersion, zapRequestID, r.Domain, r.Address, r.RoutingID, r.Mechanism)
	return m.Append(r.Credentials...)
}

// parseZapReply decodes a handler's reply. What is wrong with it is the handler's fault, and ends the connection that it is about.
//
// https://rfc.zeromq.org/spec/27/#message-format
func parseZapReply(m Message) (AuthReply, error) {
	if m.Len() != zapReplySize {
		return AuthReply{}, zapFault(wire.CodeZAPMalformedReply, "a reply of %d frames, %d are due", m.Len(), zapReplySize)
	}
	frame := func(i int) string { return string(m.Frame(i)) }
	switch {
	case frame(0) != "":
		return AuthReply{}, zapFault(wire.CodeZAPUnspecified, "a reply that does not begin with an empty frame")
	case frame(1) != zapVersion:
		return AuthReply{}, zapFault(wire.CodeZAPBadVersion, "a reply of version %q", frame(1))
	case frame(2) != zapRequestID:
		return AuthReply{}, zapFault(wire.CodeZAPBadRequestID, "a reply to request %q, which was not made", frame(2))
	}
	status, ok := zapStatuses[frame(3)]
	if !ok {
		return AuthReply{}, zapFault(wire.CodeZAPInvalidStatus, "a reply of status %q", frame(3))
	}
	metadata, err := wire.ParseMetadata(m.Frame(6))
	if err != nil {
		return AuthReply{}, zapFault(wire.CodeZAPInvalidMetadata, "a reply with malformed metadata")
	}
	return AuthReply{Status: status, Text: frame(4), UserID: frame(5), Metadata: metadata}, nil
}

// zapStatuses are the statuses there are.
var zapStatuses = map[string]wire.Status{"200": AuthOK, "300": AuthLater, "400": AuthRefused, "500": AuthInternal}

// zapFault is what a handler did wrong.
func zapFault(code wire.Code, format string, args ...any) error {
	return &ProtocolError{Spec: "27/ZAP", Reason: fmt.Sprintf("the handler sent "+format, args...), Code: code}
}
