package main

import (
	"context"
	"time"

	"github.com/weirmq/weir/socket"
)

// A maker makes a socket: socket.NewRep, say.
type maker[S socket.Socket] func(*socket.Runtime, ...socket.Option) (S, error)

// bound makes a socket and binds it.
func bound[S socket.Socket](ctx context.Context, rt *socket.Runtime, make maker[S], at string, opts ...socket.Option) (S, error) {
	s, err := make(rt, opts...)
	if err == nil {
		_, err = s.Bind(ctx, at)
	}
	return s, err
}

// connected makes a socket and connects it. Whoever binds may come later: what is sent meanwhile waits.
func connected[S socket.Socket](ctx context.Context, rt *socket.Runtime, make maker[S], to string, opts ...socket.Option) (S, error) {
	s, err := make(rt, opts...)
	if err == nil {
		_, err = s.Connect(ctx, to)
	}
	return s, err
}

// subscribed makes a SUB that is connected to all of these, and subscribed to a topic.
func subscribed(ctx context.Context, rt *socket.Runtime, topic string, to ...string) (*socket.Sub, error) {
	s, err := socket.NewSub(rt)
	if err == nil {
		err = s.Subscribe(topic)
	}
	for _, at := range to {
		if err == nil {
			_, err = s.Connect(ctx, at)
		}
	}
	return s, err
}

// ask sends a request and returns its reply.
func ask(ctx context.Context, s *socket.Req, request socket.Message) (socket.Message, error) {
	if err := s.Send(ctx, request); err != nil {
		return socket.Message{}, err
	}
	return s.Recv(ctx)
}

// when is c, or else nil, which is how a select leaves out one of its cases.
func when[T any](open bool, c <-chan T) <-chan T {
	if open {
		return c
	}
	return nil
}

// pause does what stands for work in the guide: nothing, for a while. It ends early, with an error, where ctx does.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
