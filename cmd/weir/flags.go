package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/weirmq/weir/socket"
)

// settings are the flags of a socket command. Written by the flag parser and by check, then read-only.
type settings struct {
	command       string // the socket type
	bind, connect []string
	subscribe     []string
	count         uint64
	counted       bool // --count was given: 0 then means none
	timeout       time.Duration
	waitPeers     uint32
	format        formatFlag
	hwm           uint32
	linger        time.Duration
	lingers       bool          // a linger was given
	recvTimeout   time.Duration // rcvtimeo: -1 for without end
	id            string
	stats         bool
	blocky        bool          // blocky: without it the linger is 0 unless it is given
	useFD         int           // use_fd: -1 for none
	topics        []topicChange // --subscribe, then subscribe and unsubscribe, in the order in which they hold

	given    []string                // --option, as they stand there
	options  []socket.Option         // what the flags that were given ask of the socket
	runtime  []socket.RuntimeOption  // ... of its runtime
	connects []socket.EndpointOption // ... of the first Connect, as in libzmq
}

// newSettings are the defaults of a command.
func newSettings(command string) *settings {
	return &settings{command: command, format: formatFlag{formats[0]}, recvTimeout: -1, blocky: true, useFD: -1}
}

// register gives cmd the flags that all socket types have.
func (s *settings) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&s.bind, "bind", "b", nil, "bind to `EP`; may be repeated")
	f.StringArrayVarP(&s.connect, "connect", "c", nil, "connect to `EP`, now or whenever somebody is there; may be repeated")
	f.Uint64VarP(&s.count, "count", "n", 0, "end, with status 0, after `N` messages received (push, pub: sent; rep: replies) (default: no limit)")
	f.DurationVarP(&s.timeout, "timeout", "t", 0, "end, with status 3, when nothing could be received or sent for `DUR` (300ms, 5s, 1m30s);\n"+
		"waiting for standard input does not count (default: no limit)")
	f.VarP(&s.format, "format", "f", "what a line means, in and out: `text|json|hex`")
	f.Uint32Var(&s.hwm, "hwm", 1000, "both high-water marks: at most `N` messages are queued for a peer, or from one; 0 for no limit")
	f.DurationVar(&s.linger, "linger", 0, "drop what could not be sent `DUR` after the end; 0 drops at once (default: without end)")
	f.StringArrayVarP(&s.given, "option", "o", nil, "set a socket option: `NAME=VALUE`, named as in libzmq, in lower case without ZMQ_ (rcvhwm=10,\n"+
		"routing_id=me); may be repeated")
	f.BoolVar(&s.stats, "stats", false, "say once a second on standard error how the socket stands, for each direction: queued of the\n"+
		"marks of all peers, sent or received, dropped and why; with rates since the line before")
	f.StringVar(&s.id, "id", "", "routing id: the `NAME` by which a ROUTER knows this socket")
}

// registerWaitPeers gives cmd the flag of senders. whom says what is waited for.
func (s *settings) registerWaitPeers(cmd *cobra.Command, whom string) {
	cmd.Flags().Uint32Var(&s.waitPeers, "wait-peers", 0, "before the first message, wait for `N` "+whom+"; --timeout bounds it")
}

// check says what is wrong with the flags as a whole, and makes the socket's options of them.
func (s *settings) check(given *pflag.FlagSet) error {
	if len(s.bind)+len(s.connect) == 0 {
		return errors.New("no endpoint: --bind or --connect is needed")
	}
	if given.Changed("timeout") && s.timeout <= 0 {
		return fmt.Errorf("invalid argument %q for --timeout: want a time above 0", s.timeout)
	}
	s.counted = given.Changed("count")
	if given.Changed("hwm") {
		s.options = append(s.options, socket.SendHWM(int(s.hwm)), socket.RecvHWM(int(s.hwm)))
	}
	if given.Changed("linger") {
		s.lingers = true
		s.options = append(s.options, socket.Linger(s.linger))
	}
	if given.Changed("id") {
		if len(s.id) == 0 || len(s.id) > 255 {
			return errors.New("invalid argument for --id: want 1 to 255 bytes")
		}
		s.options = append(s.options, socket.RoutingID(s.id))
	}
	s.options = append(s.options, family(append(slices.Clone(s.bind), s.connect...)...))
	for _, prefix := range s.subscribe {
		s.topics = append(s.topics, topicChange{prefix: prefix})
	}
	return s.checkOptions()
}

// checkOptions takes the values of --option, last, so that they have the last word.
func (s *settings) checkOptions() error {
	for _, text := range s.given {
		if err := s.setOption(text); err != nil {
			return err
		}
	}
	if !s.blocky {
		s.runtime = append(s.runtime, socket.Defaults(socket.Linger(0)))
	}
	if len(s.connects) > 0 && len(s.connect) == 0 {
		return fmt.Errorf("%w: connect_routing_id is an option of --connect, and there is none", errOption)
	}
	streams := 0
	for _, ep := range s.bind {
		if inheritable(ep) {
			streams++
		}
	}
	if s.useFD >= 0 && streams != 1 {
		return fmt.Errorf("%w: use_fd=%d is the listener of one --bind to tcp or ipc, and there are %d", errOption, s.useFD, streams)
	}
	return nil
}

// family allows IPv6 where an endpoint is written as one: with a host in brackets. Otherwise it stays off, as with libzmq.
func family(endpoints ...string) socket.Option {
	return socket.IPv6(slices.ContainsFunc(endpoints, func(ep string) bool { return strings.Contains(ep, "[") }))
}
