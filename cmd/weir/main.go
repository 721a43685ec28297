// Command weir speaks ZeroMQ from the command line: it sends the lines of its standard input, prints what it receives, answers requests, and measures
// how fast all that goes. `weir --help` is its manual.
//
// The one rule that it keeps: standard output holds received messages (or a measurement) and nothing else; all that is said to people goes to standard
// error; how it ended is the exit status.
//
// Map of the files: root.go puts the commands together, flags.go has their flags, status.go the exit statuses. session.go is the life of a socket from
// its flags to its end, with its helpers endings.go (endpoints that are given up), patience.go (--timeout) and close.go (flushing, and what was not
// sent). send.go, recv.go, req.go and rep.go are what the socket types do in between, talk*.go what those do that send and receive at the same time;
// option*.go are --option. streams.go are the standard streams; input.go and lines.go read standard input, output.go writes standard output, and
// format*.go turn lines into messages and back. proxy*.go pass messages between two sockets. perf*.go measure.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// gcPercent is how much the heap grows from one collection to the next, in percent, unless GOGC says otherwise. The heap of this program is so small that
// Go's own 100 would have it collected every four megabytes: hundreds of times in a second of traffic, which costs up to a third of the speed.
const gcPercent = 400

// main hands the process to run.
func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// signalGrace is how long a socket may go on flushing after a signal, whatever its linger.
const signalGrace = time.Second

// forceAfter is when a signalled process ends even if it is stuck, say in writing to a pipe that nobody reads.
const forceAfter = signalGrace + 4*time.Second

// run is the whole program: it returns the exit status. The first SIGINT or SIGTERM ends it in good order; a second one kills it. It is called once by
// main, and by tests.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // from the first signal on, the next one has its usual effect
	return finish(ctx, func() int { return runContext(ctx, args, newStreams(stdin, stdout, stderr)) })
}

// finish returns what do returns, but waits for it no longer than forceAfter once ctx has ended.
func finish(ctx context.Context, do func() int) int {
	done := make(chan int, 1)
	go doLoop(do, done)
	select {
	case status := <-done:
		return status
	case <-ctx.Done():
	}
	select {
	case status := <-done:
		return status
	case <-time.After(forceAfter):
		return statusFailed
	}
}

// doLoop calls do and passes on the status that it returns. It ends with do, or, where finish has given up on it, with the process.
func doLoop(do func() int, done chan<- int) { done <- do() }
