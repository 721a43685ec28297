package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// mtrelay has three goroutines that signal each other, the first the second and the second the third, over PAIRs. Inside a program Go's channels do this;
// with a PAIR a step can move out of it.
func mtrelay(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mtrelay", flag.ExitOnError)
	second := flags.String("step2", "inproc://step2", "`endpoint` of step 2")
	third := flags.String("step3", "inproc://step3", "`endpoint` of step 3")
	parts := partsFlag(flags, "1", "2", "3")
	_ = flags.Parse(args) // exits where it fails

	ctx, rt, err := parts.begin(ctx)
	if err != nil {
		return err
	}
	parts.play("3", 1, func() error {
		err := await(ctx, rt, *third)
		if err == nil {
			fmt.Fprintln(out, "Test successful!")
		}
		return err
	})
	parts.play("2", 1, func() error {
		if err := await(ctx, rt, *second); err != nil {
			return err
		}
		fmt.Fprintln(out, "Step 2 ready, signaling step 3")
		return signalTo(ctx, rt, *third)
	})
	parts.play("1", 1, func() error {
		fmt.Fprintln(out, "Step 1 ready, signaling step 2")
		return signalTo(ctx, rt, *second)
	})
	return parts.end()
}

// await waits for a signal.
func await(ctx context.Context, rt *socket.Runtime, at string) error {
	receiver, err := bound(ctx, rt, socket.NewPair, at)
	if err != nil {
		return err
	}
	_, err = receiver.Recv(ctx)
	return errors.Join(err, receiver.Close(ctx))
}

// signalTo sends a signal. It does not matter which side is there first. Close waits until the signal is on its way.
func signalTo(ctx context.Context, rt *socket.Runtime, to string) error {
	sender, err := connected(ctx, rt, socket.NewPair, to)
	if err != nil {
		return err
	}
	return errors.Join(sender.Send(ctx, socket.NewMessage("READY")), sender.Close(ctx))
}
