package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/supervisor"
)

// workers is how many workers there are; victim is the index of the one that is killed.
const (
	workers = 3
	victim  = 1
)

// A pipeline is one run: what its stages share.
type pipeline struct {
	// Set by build, then read-only.
	opts     options
	account  *account
	progress *progress
	rt       *socket.Runtime
	push     *socket.Push // the source's
	pull     *socket.Pull // the sink's
	posts    []*post
}

// run is the whole demonstration. Its error says what did not hold.
func run(ctx context.Context, o options, out io.Writer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("not done after %v", o.timeout))
	defer cancel()
	dir, err := os.MkdirTemp("", "weir")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it is under the system's own for such things
	at, err := choose(o.transport, dir)
	defer at.free()
	if err != nil {
		return err
	}
	p := &pipeline{opts: o, progress: newProgress(out)}
	p.account = newAccount(o.messages, at.workers, p.progress)
	if p.rt, err = socket.NewRuntime(socket.WithEvents(p.account.event)); err == nil {
		if err = p.build(ctx, at); err == nil {
			at.free()
			err = p.supervise(ctx)
		}
		if err != nil {
			cancel() // nobody waits for what is still queued
		}
		if unsent := p.rt.Shutdown(ctx); unsent != nil {
			p.progress.say("source: %v", unsent) // the account misses them, too
		}
	}
	p.progress.close()
	if err != nil {
		return err
	}
	v := judge(p.account.close())
	v.print(out)
	return v.err()
}

// places are the endpoints of one run.
type places struct {
	workers map[string]string // endpoint → name of the worker that binds it, in each of its lives
	sink    string            // may have a wildcard

	held []net.Listener // keep the workers' ports from everybody else, the sink too
}

// free lets the workers have their ports.
func (p *places) free() {
	for _, l := range p.held {
		_ = l.Close() // nobody has connected
	}
	p.held = nil
}

// choose finds endpoints: for tcp, ports that are free, and held until free is called; for ipc, names in dir.
func choose(transport, dir string) (*places, error) {
	at := &places{workers: map[string]string{}}
	for i := range workers {
		name := fmt.Sprintf("worker-%d", i+1)
		switch transport {
		case "tcp":
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return at, err
			}
			at.held = append(at.held, l)
			at.workers["tcp://"+l.Addr().String()] = name
			at.sink = "tcp://127.0.0.1:*"
		case "ipc":
			at.workers["ipc://"+filepath.Join(dir, name)] = name
			at.sink = "ipc://" + filepath.Join(dir, "sink")
		default:
			return at, fmt.Errorf("transport %q: want tcp or ipc", transport)
		}
	}
	return at, nil
}

// build makes the sockets and the posts, and binds the sink.
func (p *pipeline) build(ctx context.Context, at *places) error {
	var err error
	if p.push, err = newSource(p.rt, p.account, p.opts.immediate); err != nil {
		return err
	}
	if p.pull, err = socket.NewPull(p.rt); err != nil {
		return err
	}
	sink, err := p.pull.Bind(ctx, at.sink)
	if err != nil {
		return err
	}
	for endpoint, name := range at.workers {
		p.posts = append(p.posts, &post{
			name: name, endpoint: endpoint, out: sink.String(), command: p.opts.worker, swallow: p.opts.swallow,
			account: p.account, progress: p.progress,
		})
	}
	slices.SortFunc(p.posts, func(a, b *post) int { return strings.Compare(a.name, b.name) })
	return nil
}

// supervise starts the tree, kills a worker in the middle, and stops the tree once nothing more can arrive.
func (p *pipeline) supervise(ctx context.Context) error {
	failures := make(chan error, 1)
	sys := actor.NewSystem(
		actor.WithLogger(slog.New(slog.DiscardHandler)), // the strategies say it
		actor.WithReport(func(f actor.Failure) {
			select {
			case failures <- fmt.Errorf("%s failed: %w", f.Path, f.Reason):
			default: // the first is enough
			}
		}),
	)
	var talking sync.WaitGroup
	done := make(chan struct{})
	talking.Go(func() { p.standingLoop(done) })
	_, err := supervisor.Start(sys, p.spec())
	if err == nil {
		err = p.watch(ctx, failures)
	}
	close(done)
	talking.Wait()
	return errors.Join(err, sys.Shutdown(context.WithoutCancel(ctx))) // stages end at once when they are told
}

// watch waits for the milestones of the run, and kills a worker at the first.
func (p *pipeline) watch(ctx context.Context, failures <-chan error) error {
	middle := p.account.middle.c
	for {
		select {
		case <-middle:
			middle = nil // once is enough
			if err := p.posts[victim].kill(); err != nil {
				return err
			}
		case <-p.account.settled.c:
			return nil
		case err := <-failures:
			return err
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", context.Cause(ctx), p.account.waitingFor())
		}
	}
}
