// Command hello is the first example of the README: one message from a PUSH to a PULL.
package main

import (
	"context"
	"fmt"

	"github.com/weirmq/weir/socket"
)

func main() {
	ctx := context.Background()
	rt, _ := socket.NewRuntime()
	defer rt.Shutdown(ctx)

	pull, _ := socket.NewPull(rt)
	ep, _ := pull.Bind(ctx, "tcp://127.0.0.1:*")
	push, _ := socket.NewPush(rt)
	push.Connect(ctx, ep.String())

	push.Send(ctx, socket.NewMessage("hello", "world"))
	msg, _ := pull.Recv(ctx)
	fmt.Println(msg.Len(), "frames:", msg)
}
