package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// peering is a broker with its clients and workers, which works with others of its kind: `peering me you …` in one terminal, `peering you me …` in another.
// Each pair of sockets is one flow: requests of its own, requests of others, states; and a PULL that clients report to.
func peering(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("peering", flag.ExitOnError)
	dir := flags.String("dir", "", "put before the `path` of each endpoint, with its slash")
	clients := flags.Int("clients", 10, "so many ask")
	workers := flags.Int("workers", 5, "so many answer")
	pace := flags.Duration("pace", time.Second, "the longest task; a client pauses up to five times as long between its bursts")
	_ = flags.Parse(args) // exits where it fails
	if flags.NArg() < 1 {
		return errors.New("want the name of this broker, and those of others")
	}
	me, peers := flags.Arg(0), flags.Args()[1:]
	at := func(who, what string) string { return fmt.Sprintf("ipc://%s%s-%s.ipc", *dir, who, what) }

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	b := &broker{name: me, offers: map[string]int{}}
	var errs [7]error
	b.localfe, errs[0] = bound(ctx, rt, socket.NewRouter, at(me, "localfe"))
	b.localbe, errs[1] = bound(ctx, rt, socket.NewRouter, at(me, "localbe"))
	b.cloudfe, errs[2] = bound(ctx, rt, socket.NewRouter, at(me, "cloud"), socket.RoutingID(me))
	b.statebe, errs[3] = bound(ctx, rt, socket.NewPub, at(me, "state"))
	monitor, err := bound(ctx, rt, socket.NewPull, at(me, "monitor"))
	errs[6] = err
	b.cloudbe, errs[4] = socket.NewRouter(rt, socket.RoutingID(me))
	b.statefe, errs[5] = socket.NewSub(rt)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if err := b.statefe.Subscribe(""); err != nil {
		return err
	}
	for _, peer := range peers {
		b.offers[peer] = 0
		_, err1 := b.cloudbe.Connect(ctx, at(peer, "cloud"))
		_, err2 := b.statefe.Connect(ctx, at(peer, "state"))
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
	}
	if err := b.cloudbe.WaitPeers(ctx, len(peers)); err != nil { // the guide has you press Enter
		return err
	}

	group, ctx := errgroup.WithContext(ctx)
	for range *workers {
		group.Go(func() error { return peeringWorker(ctx, rt, at(me, "localbe"), *pace) })
	}
	for range *clients {
		group.Go(func() error { return peeringClient(ctx, rt, at(me, "localfe"), at(me, "monitor"), *pace) })
	}
	group.Go(func() error { return b.route(ctx) })
	for report, err := range monitor.Messages(ctx) {
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		fmt.Fprintln(out, report)
	}
	return group.Wait()
}
