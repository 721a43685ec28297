// Command weir is the peer "weir" of the benchmarks: the scenarios of package rig on the public API of package socket, with defaults.
//
// With release=no nothing is recycled: bodies are not taken from the pool, and receivers release nothing.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"

	"github.com/weirmq/weir/benchmarks/rig"
)

// partingTime bounds the end of a measurement.
const partingTime = 10 * time.Second

func main() { rig.Main("weir", rig.Modes(open)) }

// A peer is a runtime and what its sockets have in common.
type peer struct {
	// Set by open, then read-only.
	rt      *socket.Runtime
	recycle bool
	ctx     context.Context // ends with the measurement
	end     context.CancelFunc
}

// open starts a runtime.
func open(r *rig.Run) (rig.Peer, error) {
	rt, err := socket.NewRuntime()
	p := &peer{rt: rt, recycle: r.Release}
	p.ctx, p.end = context.WithCancel(context.Background())
	return p, err
}

// Close ends the runtime. What it could not send in time is an error.
func (p *peer) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), partingTime)
	defer cancel()
	defer p.end()
	return p.rt.Shutdown(ctx)
}

// Open makes a socket.
func (p *peer) Open(s rig.Spec) (rig.Socket, error) {
	make := kinds[s.Kind]
	if make == nil {
		return nil, rig.ErrNotPlayed
	}
	sock, err := make(p.rt, options(s)...)
	if err != nil {
		return nil, err
	}
	if sub, ok := sock.(*socket.Sub); ok {
		if err := sub.Subscribe(s.Topic); err != nil {
			return nil, err
		}
	}
	return newEnd(sock, s.Body, p.recycle), nil
}

// kinds are the sockets there are.
var kinds = map[string]func(*socket.Runtime, ...socket.Option) (socket.Socket, error){
	rig.Push:   kind(socket.NewPush),
	rig.Pull:   kind(socket.NewPull),
	rig.Pub:    kind(socket.NewPub),
	rig.Sub:    kind(socket.NewSub),
	rig.Req:    kind(socket.NewReq),
	rig.Rep:    kind(socket.NewRep),
	rig.Dealer: kind(socket.NewDealer),
	rig.Router: kind(socket.NewRouter),
}

// kind lets a constructor return a Socket.
func kind[S socket.Socket](make func(*socket.Runtime, ...socket.Option) (S, error)) func(*socket.Runtime, ...socket.Option) (socket.Socket, error) {
	return func(rt *socket.Runtime, opts ...socket.Option) (socket.Socket, error) { return make(rt, opts...) }
}

// options are what s asks for.
func options(s rig.Spec) []socket.Option {
	var opts []socket.Option
	if s.Lossless {
		opts = append(opts, socket.XPubNoDrop(true))
	}
	switch c := s.Curve; {
	case c.Server:
		opts = append(opts, socket.CurveServer(true), socket.CurveSecretKey(c.Secret))
	case c.On:
		opts = append(opts, socket.CurveServerKey(c.ServerKey), socket.CurvePublicKey(c.Public), socket.CurveSecretKey(c.Secret))
	}
	return opts
}

// Proxy moves messages until the process ends.
func (p *peer) Proxy(front, back rig.Socket) error {
	return socket.Proxy(p.ctx, front.(*end).sock, back.(*end).sock, nil)
}

// Queue makes a mailbox, whose consumer looks at batches as a codec does: what it has looked at keeps its place until the whole batch is done.
func (p *peer) Queue(mark int) (push func(rig.Item), pop func() rig.Item) {
	q := mailbox.New(mailbox.Config[rig.Item]{Mark: mark})
	push = func(v rig.Item) { must(q.Push(p.ctx, v)) }
	var batch []rig.Item
	next := 0
	pop = func() rig.Item {
		if next == len(batch) {
			q.Done(next)
			must(q.Wait(p.ctx))
			batch, next = q.Look(queueBatch), 0
			q.Advance(len(batch))
		}
		next++
		return batch[next-1]
	}
	return push, pop
}

// queueBatch is how many items a consumer looks at, at most: as many as a codec.
const queueBatch = 256

// must panics where a queue that is never closed was.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("BUG: %v", err))
	}
}
