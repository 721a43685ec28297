package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmq/weir/socket"
)

// rootLong is the manual's first page.
const rootLong = `weir speaks ZeroMQ (ZMTP 3.1, 3.0 and 2.0) from the command line, with any ZeroMQ peer.

Senders send each line of standard input as they read it, without a limit to its
length; at its end they flush and exit. Receivers print a line for each message.
Types that do both do both at the same time.
Standard output holds nothing but messages; "bound EP" lines, with the real port
where EP had a wildcard, and errors go to standard error.

Endpoints:
  tcp://127.0.0.1:5555  tcp://*:5555  tcp://eth0:*  tcp://[::1]:5555  tcp://host:5555
  ipc:///run/feed.sock  ipc://@abstract (Linux)
  epgm://eth0;239.192.1.1:5555  pgm://… (pub, sub, xpub, xsub; bind and connect are one)

Formats (--format), a line a message, in and out:
  text  frames as they are, joined by a tab. For frames without tabs and newlines
  hex   frames in hex, joined by a space
  json  an array of strings; a frame that is not UTF-8 is {"hex":"00ff"}
In text and hex an empty field is an empty frame: an empty line is one empty frame,
and " 78" in hex is an empty frame and x.

Options (-o NAME=VALUE) have libzmq's names in lower case without ZMQ_, and its units:
numbers, times in milliseconds, 0 or 1, or text. An unknown one, or a bad value, lists
all there are, with status 2; what only the system can refuse, as a device for
bindtodevice that is not there, is an error while running. They come after the other
flags and have the last word. use_fd=N makes a listening socket that weir was started
with (3 is the first of systemd's) that of the one --bind to tcp or ipc; of its EP only
the scheme counts.

Exit status:
  0  done
  1  an error while running: bad endpoint, address in use, connection refused for
     good (the peer breaks the protocol, or is of a type that does not fit), bad
     line of input, messages that were not sent (counted on standard error)
  2  usage: unknown command or flag, bad value, no endpoint
  3  timed out (--timeout, -o rcvtimeo, -o sndtimeo; not for what the types that send
     and print at the same time could not send: that is counted)
SIGINT and SIGTERM end it in good order: what is queued is flushed for up to one
second. That is status 0, unless something was left unsent or unanswered, or the
number given with --count was not reached. A second signal kills.`

// rootExample are the manual's first examples.
const rootExample = `  weir pull -b tcp://*:5555                           # print what anybody pushes
  seq 1000 | weir push -c tcp://localhost:5555        # send a thousand lines
  weir sub -c tcp://localhost:5556 -s weather.        # follow a topic
  echo hello | weir req -c tcp://localhost:5557 -t 1s # ask, and fail with 3 after a second
  weir perf thr tcp://127.0.0.1:* 100 1000000         # how fast is this machine?`

// errNoCommand is the usage error of a command that only has sub-commands.
var errNoCommand = errors.New("no command given")

// runContext runs the command that args name and returns its exit status. The end of ctx stands for a signal.
func runContext(ctx context.Context, args []string, std *streams) int {
	root := newRoot(std)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return statusDone
	}
	std.complain(err)
	status := statusOf(err)
	if badOption(err) {
		std.note("%s", optionList())
	}
	if status == statusUsage {
		std.note("usage: %s\nsee %s --help", cmd.UseLine(), cmd.CommandPath())
	}
	return status
}

// newRoot makes the tree of commands.
func newRoot(std *streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "weir COMMAND",
		Short:         "ZeroMQ from the command line",
		Long:          rootLong,
		Example:       rootExample,
		SilenceErrors: true, // runContext says them
		SilenceUsage:  true,
		RunE:          func(*cobra.Command, []string) error { return errNoCommand },
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(newHelpCommand(root))
	for _, k := range kinds {
		root.AddCommand(newSocketCommand(std, k))
	}
	root.AddCommand(newProxyCommand(std), newPerfCommand(std))
	return root
}

// newHelpCommand makes the command that shows the manual of another. One that does not exist is a mistake, where cobra's own is content to say so.
func newHelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "show the manual of a command",
		Long:  "help shows the manual of a command, as its --help does.",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("unknown command %q", strings.Join(args, " "))
			}
			cmd.InitDefaultHelpFlag() // so that the page lists it
			return cmd.Help()
		},
	}
}

// A kind is a socket type as a command: one row of the table.
type kind struct {
	name    string // the command's
	short   string // what it does, in one line
	long    string // what it does, in full
	example string // how it is used

	unsent func(out socket.Ledger) uint64  // what of the outbound accounts counts as not sent; nil for receivers
	waits  string                          // what --wait-peers waits for; empty where there is no such flag
	flags  func(*cobra.Command, *settings) // adds flags that only some types have; nil where there are none
	talks  bool                            // it sends standard input and prints what arrives at the same time
	open   func(*session) (job, error)     // makes the socket
}

// kinds are the socket types, in the order of the manual.
var kinds = []kind{
	pushKind, pullKind, pubKind, subKind, reqKind, repKind, dealerKind, routerKind, pairKind, xpubKind, xsubKind,
	streamKind,
}

// newSocketCommand makes the command of k.
func newSocketCommand(std *streams, k kind) *cobra.Command {
	set := newSettings(k.name)
	cmd := &cobra.Command{
		Use:     k.name + " [-b EP]... [-c EP]...",
		Short:   k.short,
		Long:    k.long,
		Example: k.example,
		Args:    cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return set.check(cmd.Flags()) },
		RunE:    func(cmd *cobra.Command, _ []string) error { return running(runSocket(cmd.Context(), std, set, k)) },
	}
	set.register(cmd)
	if k.waits != "" {
		set.registerWaitPeers(cmd, k.waits)
	}
	if k.flags != nil {
		k.flags(cmd, set)
	}
	return cmd
}
