package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/weirmq/weir/socket"
)

// A side is one socket of a proxy, as the command line has it. nil is none.
type side struct {
	typ       string
	endpoints []string // in their order; one that begins with > is connected, others are bound
}

// A maker makes a socket.
type maker func(*socket.Runtime, ...socket.Option) (socket.Socket, error)

// making makes a maker of a constructor.
func making[S socket.Socket](construct func(*socket.Runtime, ...socket.Option) (S, error)) maker {
	return func(rt *socket.Runtime, opts ...socket.Option) (socket.Socket, error) { return construct(rt, opts...) }
}

// makers are the socket types that a side may have.
var makers = map[string]maker{
	"push": making(socket.NewPush), "pull": making(socket.NewPull), "pub": making(socket.NewPub), "sub": makeSub, "req": making(socket.NewReq),
	"rep": making(socket.NewRep), "dealer": making(socket.NewDealer), "router": making(socket.NewRouter), "pair": making(socket.NewPair),
	"xpub": making(socket.NewXPub), "xsub": making(socket.NewXSub), "stream": making(socket.NewStream),
}

// makeSub makes a sub that receives everything.
func makeSub(rt *socket.Runtime, opts ...socket.Option) (socket.Socket, error) {
	sub, err := socket.NewSub(rt, opts...)
	if err != nil {
		return nil, err
	}
	return sub, sub.Subscribe("")
}

// nextEndpoint is a comma behind which another endpoint begins: one inside a path is part of it.
var nextEndpoint = regexp.MustCompile(`,([>@]?[a-z]+://)`)

// parseSide reads the values of one flag, all of one type.
func parseSide(flag string, given []string, needed bool) (*side, error) {
	if len(given) == 0 {
		if needed {
			return nil, fmt.Errorf("no --%s", flag)
		}
		return nil, nil
	}
	s := &side{}
	for _, text := range given {
		typ, rest, ok := strings.Cut(text, ":")
		if _, known := makers[typ]; !ok || !known || rest == "" {
			return nil, fmt.Errorf("invalid argument %q for --%s: want TYPE:EP, and a type that sockets have", text, flag)
		}
		if s.typ != "" && s.typ != typ {
			return nil, fmt.Errorf("invalid argument %q for --%s: it is a %s already", text, flag, s.typ)
		}
		s.typ = typ
		for ep := range strings.SplitSeq(nextEndpoint.ReplaceAllString(rest, "\n$1"), "\n") {
			s.endpoints = append(s.endpoints, strings.TrimPrefix(ep, "@"))
		}
	}
	return s, nil
}

// total is how many endpoints there are.
func (s *side) total() int {
	if s == nil {
		return 0
	}
	return len(s.endpoints)
}

// open makes the socket, binds and connects it, and says what was bound.
func (s *side) open(ctx context.Context, std *streams, rt *socket.Runtime, opts []socket.Option) (socket.Socket, error) {
	if s == nil {
		return nil, nil
	}
	made, err := makers[s.typ](rt, opts...)
	if err != nil {
		return nil, err
	}
	for _, ep := range s.endpoints {
		opts := family(ep)
		if err := made.Set(ctx, opts); err != nil {
			return nil, err
		}
		if far, ok := strings.CutPrefix(ep, ">"); ok {
			if _, err := made.Connect(ctx, far); err != nil {
				return nil, err
			}
			continue
		}
		bound, err := made.Bind(ctx, ep)
		if err != nil {
			return nil, err
		}
		std.note("bound %s", bound)
	}
	return made, nil
}

// errCapture is the usage error of a capture that cannot be sent to.
var errCapture = errors.New("the capture must be of a type that sends")
