package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/wire"
)

// A doorman asks about peers on behalf of a runtime's sockets, each question in a goroutine of its own: whoever answers may take his time.
type doorman struct {
	rt   *Runtime
	auth Authenticator // nil where a ZAP handler is asked

	mu     sync.Mutex
	closed bool           // guarded by mu: nothing more is asked
	asking sync.WaitGroup // goroutines; added to under mu, while not closed
}

// ask is the codec's question about the peer behind conn.
func (l *link) ask(ctx context.Context, conn net.Conn, q wire.Question, answer func(wire.Verdict, error)) {
	o := l.endpoint.opts
	l.sock.rt.door.ask(ctx, AuthRequest{
		Domain: o.zapDomain, Address: transport.PeerAddress(conn), RoutingID: string(o.routingID), Mechanism: q.Mechanism, Credentials: q.Credentials,
	}, o.admitsUnasked(), answer)
}

// ask puts a question. It does not wait. unasked says that the peer may come in where there is nobody to be asked.
func (d *doorman) ask(ctx context.Context, r AuthRequest, unasked bool, answer func(wire.Verdict, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return // the connection is about to be cut
	}
	d.asking.Go(func() { answer(d.judge(ctx, r, unasked)) })
}

// judge gets the answer.
func (d *doorman) judge(ctx context.Context, r AuthRequest, unasked bool) (AuthReply, error) {
	if d.auth != nil {
		return d.call(ctx, r), nil
	}
	v, err := d.rt.askHandler(ctx, r)
	if unasked && errors.Is(err, ErrNoAuthenticator) {
		return AuthReply{Status: AuthOK}, nil
	}
	return v, err
}

// call asks the authenticator.
func (d *doorman) call(ctx context.Context, r AuthRequest) (v AuthReply) {
	defer func() {
		if p := recover(); p != nil {
			d.rt.log.Error("authenticator panicked", "panic", p, "stack", string(debug.Stack()))
			v = AuthReply{Status: AuthInternal, Text: fmt.Sprintf("panic: %v", p)}
		}
	}()
	v, err := d.auth.Authenticate(ctx, r)
	if err == nil && v.Status == AuthOK {
		err = v.Metadata.Validate()
	}
	if err != nil {
		return AuthReply{Status: AuthInternal, Text: err.Error()}
	}
	return v
}

// close waits until all that was asked is answered, ctx at most. By now nobody wants the answers.
func (d *doorman) close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	done := make(chan struct{})
	go func() { // ends with the last question, later than this only where an authenticator does not heed its ctx
		d.asking.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.New("weir: an authenticator has not returned, though its ctx has ended")
	}
}
