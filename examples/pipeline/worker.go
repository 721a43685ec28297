package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/weirmq/weir/socket"
)

const (
	// workTime is how long a worker takes for each message.
	workTime = 4 * time.Millisecond

	// workerMark is how many messages a worker takes in before it works on them.
	workerMark = 16

	// swallowVar is a variable of a worker's environment. Where it is set, the worker does not forward the first message
	// that it receives: a test breaks the pipeline with it.
	swallowVar = "PIPELINE_SWALLOW"
)

// work is the whole life of a worker's process: it binds a PULL at in and connects a PUSH to out, and forwards the number
// of each message that it receives, stamped with its name and its process. It ends after the end, or with its parent,
// when stdin does.
func work(ctx context.Context, name, in, out string, stdin io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go parentLoop(stdin, cancel)

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	err = forward(ctx, rt, name, in, out)
	if err == nil {
		return rt.Shutdown(ctx) // what is queued goes out first
	}
	cancel()
	_ = rt.Shutdown(ctx) // there is an error to report already
	return err
}

// parentLoop waits for the end of stdin, which the parent holds open as long as it lives. It ends with the process.
func parentLoop(stdin io.Reader, cancel context.CancelFunc) {
	_, _ = io.Copy(io.Discard, stdin) // however it ends, it has ended
	cancel()
}

// forward moves messages from in to out until the end has passed.
func forward(ctx context.Context, rt *socket.Runtime, name, in, out string) error {
	pull, err := socket.NewPull(rt, socket.RecvHWM(workerMark))
	if err != nil {
		return err
	}
	push, err := socket.NewPush(rt)
	if err != nil {
		return err
	}
	if _, err := push.Connect(ctx, out); err != nil {
		return err
	}
	if _, err := pull.Bind(ctx, in); err != nil {
		return err
	}
	pid := strconv.Itoa(os.Getpid())
	swallow := os.Getenv(swallowVar) != ""
	pace := time.NewTicker(workTime)
	defer pace.Stop()
	for m, err := range pull.Messages(ctx) {
		if err != nil {
			return err
		}
		<-pace.C // the work
		if swallow {
			swallow = false
			continue
		}
		number := string(m.Bytes())
		if err := push.Send(ctx, socket.NewMessage(number, name, pid)); err != nil {
			return err
		}
		if number == endWord {
			return nil
		}
	}
	return errors.New("stopped before the end")
}
