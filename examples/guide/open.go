package main

import (
	"context"
	"errors"
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
		err = errors.Join(s.Subscribe(topic), connectAll(ctx, s, to...))
	}
	return s, err
}

// connectAll connects a socket to all of these.
func connectAll(ctx context.Context, s socket.Socket, to ...string) error {
	var errs error
	for _, at := range to {
		_, err := s.Connect(ctx, at)
		errs = errors.Join(errs, err)
	}
	return errs
}

// ask sends a request and returns its reply.
func ask(ctx context.Context, s *socket.Req, request socket.Message) (socket.Message, error) {
	if err := s.Send(ctx, request); err != nil {
		return socket.Message{}, err
	}
	return s.Recv(ctx)
}

// next waits until one of these sockets has something to receive, and returns which, and what. The first of them is the first to be looked at.
func next(ctx context.Context, from ...socket.Socket) (socket.Socket, socket.Message, error) {
	poller := socket.NewPoller()
	for _, s := range from {
		if err := poller.Add(s, socket.PollIn); err != nil {
			return nil, socket.Message{}, err
		}
	}
	events, err := poller.Wait(ctx)
	if err != nil {
		return nil, socket.Message{}, err
	}
	m, err := events[0].Socket.(socket.Receiver).Recv(ctx)
	return events[0].Socket, m, err
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
