package socket

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/weirmq/weir/actor"
)

// A Socket is any socket of this package, whatever its type. Safe for concurrent use.
type Socket interface {
	Bind(ctx context.Context, endpoint string) (*Endpoint, error)
	Connect(ctx context.Context, endpoint string, opts ...EndpointOption) (*Endpoint, error)
	Close(ctx context.Context) error
	WaitPeers(ctx context.Context, n int) error
	Set(ctx context.Context, opts ...Option) error
	Settings() Settings
	Stats() Stats
	Events(ctx context.Context) iter.Seq[Event]
	Monitor(ctx context.Context, endpoint string, events MonitorEvents, opts ...MonitorOption) error
	String() string

	common() *socket
}

// common is what the socket has inside: it makes Socket an interface of this package's types alone.
func (b base) common() *socket { return b.s }

// Proxy passes messages between two sockets until ctx ends or one of them closes: from frontend to backend where the one receives and the other sends,
// and from backend to frontend where it is so. That joins ROUTER to DEALER (a broker), XSUB to XPUB (a forwarder: subscriptions pass upstream) and PULL to
// PUSH (a streamer), but any two types will do, raw ones too, over any transports; both may be the same socket, which then gets back what it sends.
// capture, where it is not nil, gets each message first, of both directions; one that waits holds the proxy up, as in libzmq, and a Pub never does. Bodies
// are not copied. Where the one side has no room the other is not received from, so its marks push back on its peers. A message that was received and not yet
// passed on at the end goes back to the head of its queue. The sockets stay open.
//
// It returns the error of ctx, ErrClosed where a socket closed, or ErrIncompatible where no message could ever pass. To pause, to look at
// the counts, or to end it otherwise, see StartProxy. (zmq_proxy)
func Proxy(ctx context.Context, frontend, backend Socket, capture Sender) error {
	p, err := StartProxy(frontend, backend, ProxyCapture(capture))
	if err != nil {
		return err
	}
	if err := p.Wait(ctx); err == nil || ctx.Err() == nil {
		return err
	}
	return errors.Join(ctx.Err(), p.Terminate(context.WithoutCancel(ctx)))
}

// A ProxyOption sets one property of a proxy.
type ProxyOption func(*proxyState)

// ProxyCapture gives each message to s before it is passed on: see Proxy. nil, the default, is nobody. (the capture of zmq_proxy)
func ProxyCapture(s Sender) ProxyOption {
	return func(p *proxyState) { p.capture = s }
}

// ProxyControl lets the proxy be steered by messages that s receives, in libzmq's words, each alone in a message of one frame: PAUSE, RESUME, TERMINATE and
// STATISTICS; others are ignored. STATISTICS is answered with eight frames, each a number of 64 bits in the byte order of the machine: messages and bytes
// received from the frontend, sent to it, received from the backend, sent to it. Where s is a Rep each of the other words is answered with an empty
// message, and so is one that is ignored. A Sub cannot answer, and does not. nil, the default, is nobody. (zmq_proxy_steerable)
func ProxyControl(s Socket) ProxyOption {
	return func(p *proxyState) {
		if s != nil {
			p.control = s.common()
		}
	}
}

// A RunningProxy is a proxy at work: a supervised actor with one loop for each direction. Safe for concurrent use.
type RunningProxy struct{ p *proxyState }

// StartProxy starts what Proxy does, and returns at once. It goes on until Terminate, or until one of the sockets closes.
func StartProxy(frontend, backend Socket, opts ...ProxyOption) (*RunningProxy, error) {
	f, b := frontend.common(), backend.common()
	p := &proxyState{frontend: f, backend: b, done: make(chan struct{})}
	for _, o := range opts {
		o(p)
	}
	p.join(f, b, &p.count.frontend, &p.count.backend)
	if f != b {
		p.join(b, f, &p.count.backend, &p.count.frontend)
	}
	switch {
	case len(p.pumps) == 0:
		return nil, fmt.Errorf("%w: nothing passes between a %s and a %s", ErrIncompatible, f.typ.name, b.typ.name)
	case p.control != nil && !p.control.typ.receives:
		return nil, fmt.Errorf("%w: a %s receives no words of control", ErrIncompatible, p.control.typ.name)
	}
	p.name = fmt.Sprintf("proxy/%d-%s-%s", f.rt.lastSocket.Add(1), f.name, b.name)
	f.rt.enlist(p)
	ref, err := actor.Spawn(f.rt.sys, p.name, func() actor.Actor[proxyMessage] { return &proxyActor{proxyState: p} }, actor.WithStrategy(taskStrategy))
	if errors.Is(err, actor.ErrStopped) {
		err = ErrClosed
	}
	if err != nil {
		f.rt.strike(p)
		return nil, err
	}
	return &RunningProxy{p: p.at(ref)}, nil
}

// Pause stops passing messages on, in both directions. What arrives meanwhile waits in its queues, up to their marks. It returns when nothing moves any more.
func (r *RunningProxy) Pause(ctx context.Context) error { return r.steer(ctx, pauseWord) }

// Resume goes on after Pause.
func (r *RunningProxy) Resume(ctx context.Context) error { return r.steer(ctx, resumeWord) }

// Terminate ends the proxy, and returns when it has ended. Terminating twice is no error.
func (r *RunningProxy) Terminate(ctx context.Context) error {
	if err := r.steer(ctx, terminateWord); err != nil && !errors.Is(err, ErrClosed) {
		return err
	}
	select {
	case <-r.p.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Done is closed when the proxy has ended.
func (r *RunningProxy) Done() <-chan struct{} { return r.p.done }

// Wait waits until the proxy has ended: nil after Terminate, or its word, and ErrClosed where a socket closed.
func (r *RunningProxy) Wait(ctx context.Context) error {
	select {
	case <-r.p.done:
		return r.p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Statistics returns what has passed so far.
func (r *RunningProxy) Statistics() ProxyStatistics {
	return r.p.counts()
}

// counts are what has passed so far.
func (p *proxyState) counts() ProxyStatistics {
	return ProxyStatistics{Frontend: p.count.frontend.read(), Backend: p.count.backend.read()}
}

// ProxyStatistics are the counts of a proxy, from its beginning.
type ProxyStatistics struct {
	Frontend ProxySide `json:"frontend"`
	Backend  ProxySide `json:"backend"`
}

// A ProxySide counts what a proxy has received from one of its sockets, and sent to it: whole messages, their frames, and the bytes of those.
type ProxySide struct {
	Received       uint64 `json:"received"`
	ReceivedFrames uint64 `json:"received_frames"`
	ReceivedBytes  uint64 `json:"received_bytes"`
	Sent           uint64 `json:"sent"`
	SentFrames     uint64 `json:"sent_frames"`
	SentBytes      uint64 `json:"sent_bytes"`
}

// steer puts a word to the actor and waits until it has been obeyed.
func (r *RunningProxy) steer(ctx context.Context, word string) error { return r.p.ask(ctx, word) }
