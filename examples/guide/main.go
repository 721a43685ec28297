// Command guide holds the programs by which the ZeroMQ guide explains sockets, written for Weir. Each is a function with the guide's name in a file of
// that name; README.md in the folder above leads through them. They say on the wire what the guide's own say, at the same endpoints, so any of them can
// be swapped for its twin in C, Python or another language:
//
//	go run ./examples/guide hwserver
//	go run ./examples/guide hwclient -connect tcp://otherhost:5555
//
// Each is under 80 lines. open.go and part.go are what they share, as the guide's programs share their helpers: each function there is used by two
// programs or more, and a program uses nothing of another's. The guide's peering is one program: here its broker, its workers and its clients are one each.
package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// A program runs until its work is done or ctx ends. What it has to say it writes to out.
type program func(ctx context.Context, args []string, out io.Writer) error

// programs are all there are, by the guide's names.
var programs = map[string]program{
	"hwserver": hwserver, "hwclient": hwclient, "wuserver": wuserver, "wuclient": wuclient,
	"taskvent": taskvent, "taskwork": taskwork, "tasksink": tasksink, "taskwork2": taskwork2, "tasksink2": tasksink2,
	"msreader": msreader, "mspoller": mspoller, "interrupt": interrupt,
	"rrclient": rrclient, "rrworker": rrworker, "rrbroker": rrbroker, "msgqueue": msgqueue,
	"mtserver": mtserver, "mtrelay": mtrelay, "syncpub": syncpub, "syncsub": syncsub, "psenvpub": psenvpub, "psenvsub": psenvsub,
	"identity": identity, "rtreq": rtreq, "rtdealer": rtdealer, "lbbroker": lbbroker, "asyncsrv": asyncsrv, "peering": peering,
	"peeringworkers": peeringworkers, "peeringclients": peeringclients,
	"espresso": espresso, "lvcache": lvcache,
}

func main() {
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: guide PROGRAM [FLAG]...\nprograms:", strings.Join(slices.Sorted(maps.Keys(programs)), " "))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	err := programs[os.Args[1]](ctx, os.Args[2:], os.Stdout)
	if err != nil && ctx.Err() == nil { // an interrupt is how most of them end
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
