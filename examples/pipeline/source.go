package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/weirmq/weir/socket"
)

// sourceMark is how many messages the source queues for each worker. It is what a killed worker's successor finds waiting.
const sourceMark = 100

// endWord stands in the place of the number in the message that is the last one to each worker.
const endWord = "end"

// newSource makes the one socket that all workers are fed from. Its trace tells the account, for each message, on which
// connection the kernel took it.
func newSource(rt *socket.Runtime, a *account, immediate bool) (*socket.Push, error) {
	return socket.NewPush(rt,
		socket.SendHWM(sourceMark),
		socket.Immediate(immediate),
		socket.WithTrace(socket.Trace{Sent: a.handedOver}),
	)
}

// produce is the loop of the source. It sends every number to one of the workers, then an end to each. The socket stays
// open until the workers have ended: it has to bring them what it has queued.
func (p *pipeline) produce(ctx context.Context) error {
	for _, w := range p.posts {
		if _, err := p.push.Connect(ctx, w.endpoint); err != nil {
			return err
		}
	}
	if err := p.push.WaitPeers(ctx, len(p.posts)); err != nil {
		return err
	}
	body := make([]byte, p.opts.size) // the messages share it: nobody writes to it
	for n := 1; n <= p.opts.messages; n++ {
		if err := p.push.Send(ctx, socket.MessageOf([]byte(strconv.Itoa(n)), body)); err != nil {
			return fmt.Errorf("send message %d: %w", n, err)
		}
		p.account.accept(n)
	}
	if err := p.account.reconnected.wait(ctx); err != nil {
		return err
	}
	return p.sendEnds(ctx)
}

// sendEnds sends one end to each worker. A PUSH goes round those that have room; without a mark all have, so that as many
// ends as there are workers reach one each.
func (p *pipeline) sendEnds(ctx context.Context) error {
	if err := p.push.Set(ctx, socket.SendHWM(0)); err != nil {
		return err
	}
	for range p.posts {
		if err := p.push.Send(ctx, socket.NewMessage(endWord)); err != nil {
			return fmt.Errorf("send an end: %w", err)
		}
	}
	return nil
}
