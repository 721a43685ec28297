// Command pipeline is a supervised pipeline over ZeroMQ: a source, three workers in processes of their own, and a sink.
// In the middle of the run one worker is killed with SIGKILL. Its supervisor starts it again, the source's connection
// comes back, and the run ends by accounting for every message by its number: what is missing had left for the worker
// that was killed, and nothing else is. `go run ./examples/pipeline -h` lists the flags.
//
//	this process                     processes of their own
//
//	source ── PUSH ─────┬──────────▶ PULL worker-1 PUSH ──┐
//	                    ├──────────▶ PULL worker-2 PUSH ──┤
//	                    └──────────▶ PULL worker-3 PUSH ──┤
//	sink ──── PULL ◀──────────────────────────────────────┘
//
// Map of the files: tree.go is the tree of supervisors, as data; stage.go the actor that stands behind each of its leaves;
// source.go, worker.go and sink.go are what the stages do, and post.go is a worker as this process sees it. run.go puts
// them together and does the killing. account.go keeps the numbers, verdict.go judges them; progress.go talks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"
)

// options are what the flags set.
type options struct {
	messages  int           // how many are numbered and sent
	size      int           // bytes of each message's body
	transport string        // tcp or ipc
	worker    []string      // the command that starts a worker; its place is appended: NAME, and the endpoints IN and OUT
	immediate bool          // the source queues for connections only, so that a queue dies with its connection
	swallow   bool          // a restarted worker keeps the first message that it receives to itself
	timeout   time.Duration // of the whole run
}

// main plays the part that the arguments ask for: a worker, or all the rest.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := play(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "pipeline:", err)
		os.Exit(1)
	}
}

// play runs a worker where the first argument says so, and the pipeline otherwise.
func play(ctx context.Context, args []string) error {
	if len(args) == 4 && args[0] == "worker" {
		return work(ctx, args[1], args[2], args[3], os.Stdin)
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return run(ctx, o, os.Stdout)
}

// parse reads the flags. Without -worker, workers are this program again.
func parse(args []string) (options, error) {
	self, err := os.Executable()
	if err != nil {
		return options{}, err
	}
	o := options{worker: []string{self, "worker"}}
	f := flag.NewFlagSet("pipeline", flag.ContinueOnError)
	f.IntVar(&o.messages, "n", 4500, "send so many messages")
	f.IntVar(&o.size, "size", 32<<10, "`bytes` of a message")
	f.StringVar(&o.transport, "transport", "tcp", "between the processes: tcp or ipc")
	f.DurationVar(&o.timeout, "timeout", 25*time.Second, "give up after this time")
	f.BoolVar(&o.immediate, "immediate", false, "break it: let queues die with their connections")
	f.BoolVar(&o.swallow, "swallow", false, "break it: let the restarted worker lose a message")
	f.Func("worker", "start workers with this `command` and the arguments NAME IN OUT", func(s string) error {
		o.worker = strings.Fields(s)
		return nil
	})
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.messages < 1 || o.size < 0 || len(o.worker) == 0 || f.NArg() > 0 {
		return o, errors.New("a flag makes no sense: see -h")
	}
	if _, err := exec.LookPath(o.worker[0]); err != nil {
		return o, fmt.Errorf("-worker: %w", err)
	}
	return o, nil
}
