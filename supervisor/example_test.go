package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
)

// A line is what the first stage of the pipeline receives: text to parse, and where to send the number.
type line struct {
	text string
	to   actor.Ref[int]
}

// A parser is the first stage. It does not guard against bad text: it fails, and its supervisor restarts it.
type parser struct{}

// Receive implements actor.Actor.
func (parser) Receive(ctx *actor.Context[line]) error {
	m, ok := ctx.Message().(line)
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(m.text)
	if err != nil {
		return err
	}
	return m.to.Tell(n)
}

// A summer is the second stage. It adds up, and says the sum when it is stopped.
type summer struct{ sum int }

// Receive implements actor.Actor.
func (s *summer) Receive(ctx *actor.Context[int]) error {
	switch m := ctx.Message().(type) {
	case int:
		s.sum += m
	case actor.Stopping:
		fmt.Println("sum", s.sum)
	}
	return nil
}

// A pipeline of two supervised workers. The parser fails over what is no number; it is restarted, the bad line becomes
// a dead letter, and the lines behind it are handled.
func ExampleStart() {
	sys := actor.NewSystem(
		actor.WithLogger(slog.New(slog.DiscardHandler)),
		actor.WithDeadLetters(func(d actor.DeadLetter) {
			fmt.Println("lost", d.Message.(line).text, "at", d.To)
		}),
	)
	tree, err := supervisor.Start(sys, supervisor.Spec{
		Name: "pipeline",
		Strategy: supervisor.OneForOne{
			Backoff: supervisor.Backoff{Min: time.Millisecond, Max: time.Second, Jitter: 0.2},
		},
		Children: []supervisor.Child{
			supervisor.Worker("sum", func() actor.Actor[int] { return &summer{} }),
			supervisor.Worker("parse", func() actor.Actor[line] { return parser{} }),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	parse, _ := supervisor.Lookup[line](tree, "parse")
	sum, _ := supervisor.Lookup[int](tree, "sum")
	for _, text := range []string{"19", "twenty", "23"} {
		if err := parse.Send(ctx, line{text, sum}); err != nil {
			fmt.Println(err)
		}
	}
	// Drain lets each stage finish what it was sent.
	fmt.Println(errors.Join(parse.Drain(ctx), sum.Drain(ctx), sys.Shutdown(ctx)))
	// Output:
	// lost twenty at pipeline/parse
	// sum 42
	// <nil>
}

// Supervisors nest. What the inner one cannot get under control, it escalates to the outer one, which starts it anew
// with all its workers.
func ExampleSupervisor() {
	sys := actor.NewSystem(actor.WithLogger(slog.New(slog.DiscardHandler)))
	work := supervisor.Spec{
		Name:     "work",
		Strategy: supervisor.OneForOne{MaxRestarts: 5, Within: time.Minute},
		Children: []supervisor.Child{
			supervisor.Worker("parse", func() actor.Actor[line] { return parser{} }),
		},
	}
	tree, err := supervisor.Start(sys, supervisor.Spec{
		Name:     "app",
		Strategy: supervisor.RestForOne{Backoff: supervisor.Backoff{Min: time.Second, Max: time.Minute}},
		Children: []supervisor.Child{
			supervisor.Worker("sum", func() actor.Actor[int] { return &summer{sum: 1} }),
			supervisor.Supervisor(work),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	parse, ok := supervisor.Lookup[line](tree, "work/parse")
	fmt.Println(parse, ok)
	fmt.Println(tree.Stop(context.Background()), sys.Shutdown(context.Background()))
	// Output:
	// app/work/parse true
	// sum 1
	// <nil> <nil>
}

// The delays of a backoff that doubles from 100 ms to a second.
func ExampleBackoff() {
	b := supervisor.Backoff{Min: 100 * time.Millisecond, Max: time.Second}
	for attempt := range 6 {
		fmt.Println(b.Delay(attempt, 0))
	}
	// Output:
	// 100ms
	// 200ms
	// 400ms
	// 800ms
	// 1s
	// 1s
}

// Strategies are pure: a verdict can be asked for, and tested, without an actor.
func ExampleOneForOne() {
	errWrongPassword := errors.New("wrong password")
	s := supervisor.OneForOne{
		Backoff:     supervisor.Backoff{Min: time.Second, Max: time.Minute},
		MaxRestarts: 3,
		StopOn:      func(reason error) bool { return errors.Is(reason, errWrongPassword) },
	}
	now := time.Unix(0, 0)
	fmt.Println(s.Decide(actor.History{}, errWrongPassword, now).Action)
	v := s.Decide(actor.History{Consecutive: 2, Total: 2}, errors.New("connection lost"), now)
	fmt.Println(v.Action, v.After)
	fmt.Println(s.Decide(actor.History{Consecutive: 3, Total: 3}, errors.New("connection lost"), now).Action)
	// Output:
	// stop
	// restart 4s
	// escalate
}
