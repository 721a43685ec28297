package actor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/weirmq/weir/actor"
)

// add asks a counter to count, and to say how far it is.
type add struct {
	n     int
	total actor.Reply[int]
}

// counter counts.
type counter struct{ total int }

// Receive implements actor.Actor.
func (c *counter) Receive(ctx *actor.Context[*add]) error {
	switch m := ctx.Message().(type) {
	case *add:
		if m.n < 0 {
			return errors.New("cannot count down")
		}
		c.total += m.n
		m.total.Send(c.total)
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// An actor that counts, fails, and is restarted.
func Example() {
	ctx := context.Background()
	sys := actor.NewSystem(actor.WithLogger(slog.New(slog.DiscardHandler)))
	defer func() { _ = sys.Shutdown(ctx) }()

	ref, err := actor.Spawn(sys, "counter", func() actor.Actor[*add] { return &counter{} })
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range []int{1, 2, -1, 4} {
		total, err := actor.Ask(ctx, ref, func(r actor.Reply[int]) *add { return &add{n, r} })
		fmt.Println(total, err)
	}

	// Output:
	// 1 <nil>
	// 3 <nil>
	// 0 cannot count down
	// 4 <nil>
}
