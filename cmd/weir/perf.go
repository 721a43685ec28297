package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmq/weir/socket"
)

// perfLong is the manual of the measurements.
const perfLong = `perf measures how fast messages go over an endpoint. Both ends are in this
process, and use what any program uses. Wildcard ports are fine. It prints one line
of key=value pairs:

  peer=weir mode=thr endpoint=EP size=SIZE count=COUNT msgs_per_s=N mb_per_s=N
  peer=weir mode=lat endpoint=EP size=SIZE count=COUNT rtt_us=N

Each message is SIZE bytes (one frame), written for it in memory of its own, and
its size is checked at the other end. From 512 bytes on that memory comes from the
pool, and the receiver releases it: with --no-release nothing is recycled, and the
line ends in release=no. GOGC is 400 unless the environment has another.

COUNT is the number of messages sent. The clock of thr and fan starts at the first
message received, so COUNT is at least 2; megabytes are millions of bytes.`

// perfExample is how it is used.
const perfExample = `  weir perf thr tcp://127.0.0.1:* 100 1000000
  weir perf lat ipc://@perf 100 100000
  weir perf fan inproc://perf 10 1000000 8`

// A perfMode is one measurement: one row of the table.
type perfMode struct {
	name    string // its word
	args    string // its arguments, for the usage
	short   string // what it measures, in one line
	least   int    // the smallest COUNT that can be measured
	subs    bool   // it takes SUBS
	measure func(context.Context, *perf) (perfResult, error)
}

// perfModes are the measurements there are.
var perfModes = []perfMode{
	{
		name: "thr", args: "EP SIZE COUNT", short: "throughput of a PUSH to a PULL, which is bound",
		least: 2, measure: measureThroughput,
	},
	{
		name: "lat", args: "EP SIZE COUNT", short: "mean round trip between a REQ, which is bound, and a REP, after a tenth of COUNT as warm-up",
		least: 1, measure: measureLatency,
	},
	{
		name: "fan", args: "EP SIZE COUNT [SUBS]", short: "deliveries of a PUB, which is bound, to SUBS subscribers (default 1); none is missed",
		least: 2, subs: true, measure: measureFanOut,
	},
}

// A perf is one measurement being made.
type perf struct {
	// Set before it starts, then read-only.
	endpoint    string
	size, count int
	subs        int
	recycle     bool // bodies come from the pool, and receivers release them
	rt          *socket.Runtime
}

// A perfResult is what came out: its own part of the line.
type perfResult string

// newPerfCommand makes the command and those below it.
func newPerfCommand(std *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "perf",
		Short:   "measure throughput, latency and fan-out",
		Long:    perfLong,
		Example: perfExample,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q for %q", args[0], "weir perf")
			}
			return errNoCommand
		},
	}
	for _, mode := range perfModes {
		cmd.AddCommand(newPerfMode(std, mode))
	}
	return cmd
}

// newPerfMode makes the command of one measurement.
func newPerfMode(std *streams, mode perfMode) *cobra.Command {
	var keep bool
	var profile string
	cmd := &cobra.Command{
		Use:                   mode.name + " " + mode.args,
		Short:                 mode.short,
		Long:                  perfLong,
		Example:               perfExample,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := newPerf(mode, args)
			if err != nil {
				return err
			}
			p.recycle = !keep
			return running(profiled(profile, func() error { return p.run(cmd.Context(), std, mode) }))
		},
	}
	cmd.Flags().BoolVar(&keep, "no-release", false, "leave memory to the garbage collector: receivers release nothing")
	cmd.Flags().StringVar(&profile, "cpuprofile", "", "write to `FILE` where processor time goes, for go tool pprof")
	return cmd
}

// profiled calls do, and writes to file where processor time goes meanwhile; without a file it only calls.
func profiled(file string, do func() error) error {
	if file == "" {
		return do()
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = do()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

// newPerf reads the arguments.
func newPerf(mode perfMode, args []string) (*perf, error) {
	if len(args) != 3 && (len(args) != 4 || !mode.subs) {
		return nil, fmt.Errorf("%d arguments given, want %s", len(args), mode.args)
	}
	p := &perf{endpoint: args[0], subs: 1}
	var err error
	if p.size, err = number("SIZE", args[1], 0); err != nil {
		return nil, err
	}
	if p.count, err = number("COUNT", args[2], mode.least); err != nil {
		return nil, err
	}
	if len(args) > 3 {
		p.subs, err = number("SUBS", args[3], 1)
	}
	return p, err
}

// number reads a whole number that is not below least. 31 bits are enough for all that is counted here.
func number(name, arg string, least int) (int, error) {
	n, err := strconv.ParseInt(arg, 10, 32)
	if err != nil || int(n) < least {
		return 0, fmt.Errorf("invalid argument %q for %s: want a whole number, %d or more", arg, name, least)
	}
	return int(n), nil
}

// run measures and prints the line.
func (p *perf) run(ctx context.Context, std *streams, mode perfMode) error {
	work, end := context.WithCancelCause(ctx)
	defer end(nil)
	ends := watchEndings(std, 1, end) // the first that ends is one too many
	var err error
	if p.rt, err = socket.NewRuntime(socket.WithEvents(ends.onEvent)); err != nil {
		return errors.Join(err, ends.stop())
	}
	result, err := mode.measure(work, p)
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.Is(err, context.Canceled):
		err = context.Cause(work)
	}
	if err != nil {
		end(nil) // nothing is left to be sent
	}
	if err = errors.Join(err, p.rt.Shutdown(work), ends.stop()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "peer=weir mode=%s endpoint=%s size=%d count=%d %s\n", mode.name, p.endpoint, p.size, p.count, result)
	return outputError(err)
}

// rate is the result of messages that took some seconds.
func (p *perf) rate(messages int, seconds float64) perfResult {
	perSecond := float64(messages) / seconds
	return perfResult(fmt.Sprintf("msgs_per_s=%.0f mb_per_s=%.1f%s", perSecond, perSecond*float64(p.size)/1e6, p.memory()))
}

// memory is the last key of the line, where memory is not recycled.
func (p *perf) memory() string {
	if p.recycle {
		return ""
	}
	return " release=no"
}

// check makes sure that m is a message of this measurement.
func (p *perf) check(m socket.Message) error {
	if m.Len() != 1 || len(m.Bytes()) != p.size {
		return fmt.Errorf("received a message of %d frames and %d bytes, want 1 frame of %d", m.Len(), m.Size(), p.size)
	}
	return nil
}

// receive takes n messages and checks them.
func (p *perf) receive(ctx context.Context, from socket.Receiver, n int) error {
	for range n {
		m, err := from.Recv(ctx)
		if err != nil {
			return err
		}
		if err := p.check(m); err != nil {
			return err
		}
		if p.recycle {
			m.Release()
		}
	}
	return nil
}

// reach is where to connect to what is bound: an endpoint bound to all interfaces is reached over the loopback.
func reach(bound *socket.Endpoint) string {
	ep := strings.Replace(bound.String(), "://0.0.0.0:", "://127.0.0.1:", 1)
	return strings.Replace(ep, "://[::]:", "://[::1]:", 1)
}
