package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// parts are those of a program that is a whole network in one process. With -only one of them runs alone, and the others may be anybody's.
type parts struct {
	only  string
	ctx   context.Context // of the program
	rt    *socket.Runtime
	group *errgroup.Group
}

// partsFlag is the flag -only.
func partsFlag(flags *flag.FlagSet, names ...string) *parts {
	p := &parts{}
	flags.StringVar(&p.only, "only", "", "play this `part` alone: "+strings.Join(names, ", "))
	return p
}

// begin makes the runtime that all parts share, and the context that ends when one of them fails.
func (p *parts) begin(ctx context.Context) (context.Context, *socket.Runtime, error) {
	var err error
	p.ctx = ctx
	p.rt, err = socket.NewRuntime()
	p.group, ctx = errgroup.WithContext(ctx)
	return ctx, p.rt, err
}

// play has so many goroutines play a part, unless another is played alone. To be told to stop is no failure.
func (p *parts) play(name string, times int, f func() error) {
	for range times {
		if p.only == "" || p.only == name {
			p.group.Go(func() error {
				if err := f(); !errors.Is(err, context.Canceled) {
					return err
				}
				return nil
			})
		}
	}
}

// end waits until all parts have been played. What is queued is sent first.
func (p *parts) end() error {
	err := p.group.Wait()
	_ = p.rt.Shutdown(p.ctx)
	return err
}

// peerFlags parses the flags and the arguments of peering's three programs: the name of a broker, and of those that it works with. at is where a broker has
// one of its sockets.
func peerFlags(flags *flag.FlagSet, args []string) (at func(who, what string) string, me string, peers []string) {
	dir := flags.String("dir", "", "put before the `path` of each endpoint, with its slash")
	_ = flags.Parse(args) // exits where it fails
	if flags.NArg() < 1 {
		fmt.Fprintln(flags.Output(), "want the name of this broker, and for itself those of others")
		os.Exit(2)
	}
	return func(who, what string) string { return "ipc://" + *dir + who + "-" + what + ".ipc" }, flags.Arg(0), flags.Args()[1:]
}

// printable is a routing id that people can read, and that programs in C can take for a string.
func printable() string { return fmt.Sprintf("%04X-%04X", rand.IntN(0x10000), rand.IntN(0x10000)) }
