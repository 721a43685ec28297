package main

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/weirmq/weir/socket"
)

// identity shows what a ROUTER puts in front of a message: the routing id of its peer, made up where the peer has not chosen one.
func identity(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("identity", flag.ExitOnError)
	at := flags.String("at", "inproc://example", "`endpoint` of the sink")
	parts := partsFlag(flags, "sink", "peers")
	_ = flags.Parse(args) // exits where it fails

	ctx, rt, err := parts.begin(ctx)
	if err != nil {
		return err
	}
	parts.play("sink", 1, func() error {
		sink, err := bound(ctx, rt, socket.NewRouter, *at)
		for range 2 {
			if err == nil {
				err = dumpNext(ctx, sink, out)
			}
		}
		return err
	})
	parts.play("peers", 1, func() error {
		anonymous, err := connected(ctx, rt, socket.NewReq, *at)
		if err != nil {
			return err
		}
		identified, err := connected(ctx, rt, socket.NewReq, *at, socket.RoutingID("PEER2"))
		if err != nil {
			return err
		}
		if err := anonymous.Send(ctx, socket.NewMessage("ROUTER uses a generated 5 byte identity")); err != nil {
			return err
		}
		return identified.Send(ctx, socket.NewMessage("ROUTER socket uses REQ's socket identity"))
	})
	return parts.end()
}

// dumpNext receives a message and prints its frames, each behind its length: text as it is, anything else in hexadecimal.
func dumpNext(ctx context.Context, from socket.Receiver, out io.Writer) error {
	m, err := from.Recv(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, strings.Repeat("-", 40))
	for _, frame := range m.All() {
		text := string(frame)
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			text = strings.ToUpper(hex.EncodeToString(frame))
		}
		fmt.Fprintf(out, "[%03d] %s\n", len(frame), text)
	}
	return nil
}
