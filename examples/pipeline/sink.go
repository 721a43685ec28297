package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/weirmq/weir/socket"
)

// collect is the loop of the sink. It enters each message into the account, until it is stopped.
func (p *pipeline) collect(ctx context.Context) error {
	for m, err := range p.pull.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := p.enter(m); err != nil {
			return err
		}
	}
	return nil
}

// enter reads one message: a number or the end, and the name and the process of the worker that forwarded it.
func (p *pipeline) enter(m socket.Message) error {
	if m.Len() != 3 {
		return fmt.Errorf("a message of %d frames", m.Len())
	}
	pid, err := strconv.Atoi(string(m.Frame(2)))
	if err != nil {
		return fmt.Errorf("no process: %w", err)
	}
	from := life{string(m.Frame(1)), pid}
	if string(m.Frame(0)) == endWord {
		p.account.takeEnd(from)
		return nil
	}
	n, err := strconv.Atoi(string(m.Frame(0)))
	if err != nil || n < 1 || n > p.opts.messages {
		return fmt.Errorf("%s sent %q, which is no number of ours", from.worker, m.Frame(0))
	}
	p.account.take(n, from)
	return nil
}
