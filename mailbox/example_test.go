package mailbox_test

import (
	"context"
	"fmt"

	"github.com/weirmq/weir/mailbox"
)

// A queue in place of a channel: bounded, with a context on each call, and with a reason when it closes.
func ExampleQueue() {
	ctx := context.Background()
	q := mailbox.New(mailbox.Config[string]{Mark: 1000})
	go func() {
		_ = q.Push(ctx, "a")
		_ = q.Push(ctx, "b")
		q.Close(nil)
	}()
	for {
		v, err := q.Pop(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(v)
	}
	// Output:
	// a
	// b
	// mailbox: closed
}

// A consumer that delivers in batches, and keeps what it could not deliver.
func ExampleQueue_Look() {
	q := mailbox.New(mailbox.Config[int]{})
	_, _ = q.TryPushAll([]int{1, 2, 3, 4})

	batch := q.Look(3)
	q.Advance(len(batch))
	fmt.Println("looked at", batch)
	q.Done(1) // the first arrived, then the connection broke
	fmt.Println("again:", q.Rewind())
	fmt.Println("next:", q.Look(10))
	// Output:
	// looked at [1 2 3]
	// again: 2
	// next: [2 3 4]
}

// A queue that keeps the newest items, and says how many it dropped.
func ExampleConfig() {
	q := mailbox.New(mailbox.Config[int]{Mark: 2, Policy: mailbox.DropOldest})
	_, _ = q.TryPushAll([]int{1, 2, 3, 4, 5})
	fmt.Println(q.Look(10), q.Ledger().Dropped)
	// Output: [4 5] map[replaced:3]
}
