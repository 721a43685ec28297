package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/weirmq/weir/socket"
)

// The life of a socket command, in order:
//
//	1  open     make the runtime and the socket                                     (session.go)
//	2  attach   bind and connect, and say what was bound                            (session.go)
//	3  wait     for peers, where --wait-peers asks for it                           (session.go)
//	4  work     what the socket type does with input and output                     (send.go, recv.go, req.go, rep.go, talk.go)
//	5  close    flush within linger, count what was not sent                        (close.go)
//
// All of it runs in one goroutine. ctx ends with a signal; work, which is made from it, also when no endpoint is left.

// A session is one run of a socket command.
type session struct {
	// Set by runSocket, then read-only.
	std     *streams
	set     *settings
	kind    kind
	rt      *socket.Runtime
	options []socket.Option
	out     *output

	patience patience // --timeout
	job      job      // set by run; empty where the socket could not be made

	endStats func() // of --stats; nil where there are none, or none yet

	// Owned by the work.
	done   uint64 // messages that --count counts
	inHand int    // messages that were read from standard input and that the socket has not accepted
	owed   bool   // a request was sent and its reply has not come

	// said says that all of standard input was handed over: from then on only what arrives ends a silence. Atomic: written by talk and its sayer, read by
	// the trace.
	said atomic.Bool

	// settled says that all was heard that there was to hear: what is not sent then is said, and no failure. Set by talk, read by close.
	settled bool
}

// endpoints is what all sockets can do, whatever their type.
type endpoints interface {
	Bind(ctx context.Context, endpoint string) (*socket.Endpoint, error)
	BindListener(ctx context.Context, l net.Listener) (*socket.Endpoint, error)
	Connect(ctx context.Context, endpoint string, opts ...socket.EndpointOption) (*socket.Endpoint, error)
	Stats() socket.Stats
}

// A job is an open socket and what is done with it.
type job struct {
	socket endpoints
	peers  func(ctx context.Context, n int) error // waits for n peers; nil where the type has no --wait-peers, or its work waits
	work   func(ctx context.Context) error        // returns nil when all is done
}

// runSocket runs the command of k.
func runSocket(ctx context.Context, std *streams, set *settings, k kind) error {
	work, end := context.WithCancelCause(ctx)
	defer end(nil)
	ends := watchEndings(std, len(set.bind)+len(set.connect), end)
	rt, err := socket.NewRuntime(append(set.runtime, socket.WithEvents(ends.onEvent))...)
	if err != nil {
		return errors.Join(err, ends.stop())
	}
	s := &session{std: std, set: set, kind: k, rt: rt, options: set.options, out: newOutput(std.out, set.format)}
	s.patience.start(set.timeout)
	if k.unsent != nil && (set.timeout > 0 || k.talks) { // what the kernel takes is progress too
		s.options = append(s.options, socket.WithTrace(socket.Trace{Sent: s.onSent}))
	}
	err = s.verdict(work, s.run(work))
	err = errors.Join(err, s.close(ctx, err))
	if s.endStats != nil {
		s.endStats()
	}
	return errors.Join(err, ends.stop())
}

// onSent notes that the kernel has taken a message. It is called by the socket's actors.
func (s *session) onSent(socket.Conn, socket.Message) {
	if !s.said.Load() {
		s.patience.touch()
	}
}

// run does steps 1 to 4.
func (s *session) run(ctx context.Context) error {
	var err error
	if s.job, err = s.kind.open(s); err != nil {
		return err
	}
	if err := s.attach(ctx, s.job.socket); err != nil {
		return err
	}
	s.watchStats(s.job.socket.Stats)
	if n := int(s.set.waitPeers); n > 0 && s.job.peers != nil {
		err := s.patience.wait(ctx, func(ctx context.Context) error { return s.job.peers(ctx, n) })
		if err != nil {
			return err
		}
	}
	err = s.job.work(ctx)
	if failed := s.out.flush(); failed != nil {
		return failed // whatever else there is: what was received has not come out
	}
	return err
}

// attach binds and connects the socket.
func (s *session) attach(ctx context.Context, to endpoints) error {
	for _, ep := range s.set.bind {
		bound, err := s.bind(ctx, to, ep)
		if err != nil {
			return err
		}
		s.std.note("bound %s", bound)
	}
	options := s.set.connects
	for _, ep := range s.set.connect {
		if _, err := to.Connect(ctx, ep, options...); err != nil {
			return err
		}
		options = nil
	}
	return nil
}

// bind binds the socket at ep, or, with use_fd, makes it reachable there through a listener that the command was started with.
func (s *session) bind(ctx context.Context, to endpoints, ep string) (*socket.Endpoint, error) {
	fd := s.set.useFD
	if fd < 0 || !inheritable(ep) {
		return to.Bind(ctx, ep)
	}
	l, err := inherit(fd, ep)
	if err != nil {
		return nil, fmt.Errorf("%w: use_fd=%d: %w", errOption, fd, err)
	}
	return to.BindListener(ctx, l)
}

// more says whether --count wants another message.
func (s *session) more() bool { return !s.set.counted || s.done < s.set.count }

// send hands m to the socket, and waits where it has no room for --timeout at most.
func (s *session) send(ctx context.Context, to socket.Sender, m socket.Message) error {
	s.inHand++
	err := to.TrySend(m)
	if errors.Is(err, socket.ErrWouldBlock) {
		err = s.patience.wait(ctx, func(ctx context.Context) error { return expired(to.Send(ctx, m), "sent", "sndtimeo") })
	}
	if err == nil {
		s.inHand--
	}
	return err
}

// receive takes a message from the socket, and waits for one for --timeout at most. Before it waits it writes out what was printed.
func (s *session) receive(ctx context.Context, from socket.Receiver) (socket.Message, error) {
	if err := ctx.Err(); err != nil {
		return socket.Message{}, err
	}
	m, err := from.TryRecv()
	if !errors.Is(err, socket.ErrWouldBlock) {
		return m, err
	}
	if err := s.out.flush(); err != nil {
		return m, err
	}
	err = s.patience.wait(ctx, func(ctx context.Context) error {
		var err error
		m, err = from.Recv(ctx)
		return expired(err, "received", "rcvtimeo")
	})
	return m, err
}

// verdict is what the end of the work means: a signal is no error, unless something was begun and not done.
func (s *session) verdict(work context.Context, err error) error {
	switch {
	case !errors.Is(err, context.Canceled), errors.Is(err, errTimedOut):
		return err
	case errors.Is(context.Cause(work), errGivenUp):
		return nil // the endings say so
	case s.owed:
		return errors.New("interrupted before the reply")
	case s.set.counted:
		return fmt.Errorf("interrupted after %d of %d messages", s.done, s.set.count)
	default:
		return nil
	}
}
