package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"

	"github.com/weirmq/weir/socket"
)

// taskvent deals out a batch of tasks, each a number of milliseconds, to the workers in turn: a PUSH. Where the guide has you press Enter when they are
// there, it waits for them: that they are is something a socket knows.
func taskvent(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("taskvent", flag.ExitOnError)
	bind := flags.String("bind", "tcp://*:5557", "`endpoint` for workers")
	connect := flags.String("sink", "tcp://localhost:5558", "the sink's `endpoint`")
	workers := flags.Int("workers", 1, "begin when so many are there")
	tasks := flags.Int("n", 100, "deal out so many tasks")
	most := flags.Int("most", 100, "the longest task, in `milliseconds`")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx) // sends what is queued first
	sender, err := bound(ctx, rt, socket.NewPush, *bind)
	if err != nil {
		return err
	}
	sink, err := connected(ctx, rt, socket.NewPush, *connect)
	if err != nil {
		return err
	}
	if err := errors.Join(sender.WaitPeers(ctx, *workers), sink.WaitPeers(ctx, 1)); err != nil {
		return err
	}

	fmt.Fprintln(out, "Sending tasks to workers...")
	if err := sink.Send(ctx, socket.NewMessage("0")); err != nil { // the batch begins
		return err
	}
	total := 0
	for range *tasks {
		workload := 1 + rand.IntN(*most)
		total += workload
		if err := sender.Send(ctx, socket.NewMessage(strconv.Itoa(workload))); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "Total expected cost: %d msec\n", total)
	return nil
}
