package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/weirmq/weir/socket"
)

// interrupt is a server that ends in order at Ctrl-C. Its signal ends a context, which ends whatever waits; no message is lost in the middle, and what
// is queued still goes out, within a second.
func interrupt(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("interrupt", flag.ExitOnError)
	bind := flags.String("bind", "tcp://*:5555", "`endpoint` for clients")
	_ = flags.Parse(args) // exits where it fails

	running, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(running) // where there was an error
	responder, err := bound(running, rt, socket.NewRep, *bind)
	if err != nil {
		return err
	}

	for request, err := range responder.Messages(running) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "W: recv", request)
		reply := socket.NewMessage("World")
		if err := responder.Send(context.WithoutCancel(ctx), reply); err != nil { // what was begun is ended
			return err
		}
	}
	fmt.Fprintln(out, "W: interrupt received, killing server...")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err = rt.Shutdown(grace)
	fmt.Fprintln(out, "W: cleaning up")
	return err
}
