// Command wuproxy bridges a multicast group to tcp, as the guide's weather proxy does: publishers in the internal network multicast their updates, and
// subscribers outside it connect. One machine of the internal network runs it:
//
//	wuproxy 'epgm://eth0;239.192.1.1:5556' tcp://*:8100
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/weirmq/weir/socket"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: wuproxy GROUP ENDPOINT")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ready := func(outside string) { fmt.Println("subscribe at", outside) }
	if err := bridge(ctx, os.Args[1], os.Args[2], ready); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "wuproxy:", err)
		stop()
		os.Exit(1)
	}
}

// bridge passes what is multicast to group on to whoever subscribes at outside, until ctx ends. It calls ready once both sides are there, with the
// endpoint that others can connect to.
func bridge(ctx context.Context, group, outside string, ready func(string)) error {
	rt, err := socket.NewRuntime(socket.WithEvents(func(e socket.Event) {
		if e.Kind == socket.EventLost {
			fmt.Fprintln(os.Stderr, e) // what could not be repaired is at least known
		}
	}))
	if err != nil {
		return err
	}
	defer func() { _ = rt.Shutdown(context.WithoutCancel(ctx)) }() // the run is over
	frontend, err := socket.NewXSub(rt, socket.Rate(10_000))
	if err != nil {
		return err
	}
	if _, err := frontend.Connect(ctx, group); err != nil {
		return err
	}
	backend, err := socket.NewXPub(rt, socket.Linger(0))
	if err != nil {
		return err
	}
	ep, err := backend.Bind(ctx, outside)
	if err != nil {
		return err
	}
	if err := frontend.WaitPeers(ctx, 1); err != nil {
		return err
	}
	ready(ep.String())
	return socket.Proxy(ctx, frontend, backend, nil)
}
