package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// hwclient says Hello ten times, and waits for each World: a REQ. Do is the whole exchange in one call, and many goroutines may share the socket for it.
func hwclient(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("hwclient", flag.ExitOnError)
	connect := flags.String("connect", "tcp://localhost:5555", "the server's `endpoint`")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	fmt.Fprintln(out, "Connecting to hello world server...")
	requester, err := connected(ctx, rt, socket.NewReq, *connect)
	if err != nil {
		return err
	}

	for n := range 10 {
		fmt.Fprintf(out, "Sending Hello %d...\n", n)
		reply, err := requester.Do(ctx, socket.NewMessage("Hello"))
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "Received %s %d\n", reply, n)
	}
	return nil
}
