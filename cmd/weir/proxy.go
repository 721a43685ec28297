package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirmq/weir/socket"
)

// proxyLong is the manual of the proxy.
const proxyLong = `proxy passes messages between two sockets: from the frontend to the backend where
the one receives and the other sends, and the other way where it is so. router and
dealer make a broker, xsub and xpub a forwarder (subscriptions pass upstream), pull
and push a streamer; any two types will do. Marks push back through it. The capture
gets each message first; a type that waits holds the proxy up, pub never does.

A side is TYPE:EP, or TYPE:EP,EP for several endpoints; the flag may be repeated. EP
is bound, >EP connects. Bound endpoints, with their real port, and once a second what
has passed go to standard error.

SIGINT and SIGTERM end it, with status 0: what it has passed on and the other side has
not got yet is flushed within --linger, 3 seconds at most.`

// proxyExample is how it is used.
const proxyExample = `  weir proxy --frontend router:tcp://*:5559 --backend dealer:tcp://*:5560
  weir proxy --frontend 'xsub:>tcp://feed:5556' --backend xpub:tcp://*:8100,ipc:///run/feed
  weir proxy --frontend pull:tcp://*:1 --backend 'push:>tcp://a:2,>tcp://b:2' --capture pub:ipc://@tap`

// proxyGrace is how long a proxy flushes after a signal, whatever its linger.
const proxyGrace = 3 * time.Second

// proxySettings are the flags of the proxy. Written by the flag parser, then read-only.
type proxySettings struct {
	frontend, backend, capture []string
	linger                     time.Duration
	lingers                    bool // --linger was given
}

// newProxyCommand makes the command.
func newProxyCommand(std *streams) *cobra.Command {
	set := &proxySettings{}
	var front, back, tap *side
	cmd := &cobra.Command{
		Use:     "proxy --frontend TYPE:EP... --backend TYPE:EP... [--capture TYPE:EP...]",
		Short:   "pass messages between two sockets",
		Long:    proxyLong,
		Example: proxyExample,
		Args:    cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			set.lingers = cmd.Flags().Changed("linger")
			var err, errs error
			front, err = parseSide("frontend", set.frontend, true)
			errs = errors.Join(errs, err)
			back, err = parseSide("backend", set.backend, true)
			errs = errors.Join(errs, err)
			tap, err = parseSide("capture", set.capture, false)
			if tap != nil && (tap.typ == "pull" || tap.typ == "sub") {
				err = errCapture
			}
			return errors.Join(errs, err)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return running(runProxy(cmd.Context(), std, set, front, back, tap))
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&set.frontend, "frontend", nil, "the one side: `TYPE:EP[,EP]...`")
	f.StringArrayVar(&set.backend, "backend", nil, "the other side: `TYPE:EP[,EP]...`")
	f.StringArrayVar(&set.capture, "capture", nil, "who gets each message too: `TYPE:EP[,EP]...` of a type that sends")
	f.DurationVar(&set.linger, "linger", 0, "at the end flush for `DUR`, 3s at most; 0 drops what is left (default: 3s)")
	return cmd
}

// runProxy runs a proxy until a signal, or until no endpoint is left.
func runProxy(ctx context.Context, std *streams, set *proxySettings, front, back, tap *side) error {
	work, end := context.WithCancelCause(ctx)
	defer end(nil)
	ends := watchEndings(std, front.total()+back.total()+tap.total(), end)
	rt, err := socket.NewRuntime(socket.WithEvents(ends.onEvent))
	if err != nil {
		return errors.Join(err, ends.stop())
	}
	err = serveProxy(work, std, rt, set, front, back, tap)
	if errors.Is(err, context.Canceled) {
		err = nil // a signal, or no endpoint is left, which the endings say
	}
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), proxyGrace)
	defer cancel()
	left := rt.Shutdown(flush)
	if flush.Err() != nil {
		std.note("flushing was ended after %v", proxyGrace)
	}
	if left != nil {
		std.complain(left) // said, and no failure: a proxy has no messages of its own
	}
	return errors.Join(err, ends.stop())
}

// serveProxy opens the sockets and passes messages until ctx ends.
func serveProxy(ctx context.Context, std *streams, rt *socket.Runtime, set *proxySettings, sides ...*side) error {
	var made [3]socket.Socket
	for i, s := range sides {
		var err error
		if made[i], err = s.open(ctx, std, rt, set.options()); err != nil {
			return err
		}
	}
	var options []socket.ProxyOption
	if made[2] != nil {
		options = append(options, socket.ProxyCapture(made[2].(socket.Sender)))
	}
	p, err := socket.StartProxy(made[0], made[1], options...)
	if err != nil {
		return err
	}
	err = watchProxy(ctx, std, p)
	return errors.Join(err, p.Terminate(context.WithoutCancel(ctx)))
}

// options are the options of all sockets.
func (s *proxySettings) options() []socket.Option {
	if !s.lingers {
		return nil
	}
	return []socket.Option{socket.Linger(s.linger)}
}

// watchProxy says once a second what has passed, where something has, and once more at the end.
func watchProxy(ctx context.Context, std *streams, p *socket.RunningProxy) error {
	var said socket.ProxyStatistics
	say := func() {
		if st := p.Statistics(); st != said {
			said = st
			std.note("passed: frontend %d in, %d out; backend %d in, %d out", st.Frontend.Received, st.Frontend.Sent, st.Backend.Received, st.Backend.Sent)
		}
	}
	defer say()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			say()
		case <-p.Done():
			return p.Wait(ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
