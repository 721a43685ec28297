package interop

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/weirmq/weir/socket"
)

// multicastEnv, when it is set, makes the test binary a Weir socket over pgm or epgm, for a process in a network namespace of its own. Its words are
// those of peer/multicast.py: "ROLE ENDPOINT option=value ...".
const multicastEnv = "WEIR_MULTICAST"

// multicastOptions are the options that a multicast peer takes, by libzmq's names.
var multicastOptions = map[string]func(int) socket.Option{
	"rate":              socket.Rate,
	"multicast_maxtpdu": socket.MulticastMaxTPDU,
	"recovery_ivl":      func(ms int) socket.Option { return socket.RecoveryInterval(time.Duration(ms) * time.Millisecond) },
	"rcvbuf":            socket.RecvBuffer,
}

// multicastMain is the life of such a process. It returns the status to exit with.
func multicastMain(words []string) int {
	if err := multicastPeer(words[0], words[1], words[2:]); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// multicastPeer makes the socket and obeys.
func multicastPeer(role, endpoint string, settings []string) error {
	ctx := context.Background()
	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	opts := []socket.Option{socket.SendHWM(0), socket.RecvHWM(0)}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		n, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		opts = append(opts, multicastOptions[name](n))
	}
	if strings.HasSuffix(role, "pub") {
		pub, err := socket.NewXPub(rt, opts...)
		if err == nil {
			_, err = pub.Bind(ctx, endpoint)
		}
		if err != nil {
			return err
		}
		fmt.Println("up")
		if err := multicastSend(ctx, pub); err != nil {
			return err
		}
		return rt.Shutdown(ctx)
	}
	sub, err := socket.NewSub(rt, opts...)
	if err == nil {
		err = sub.Subscribe("")
	}
	if err == nil {
		_, err = sub.Connect(ctx, endpoint)
	}
	if err == nil {
		err = sub.WaitPeers(ctx, 1)
	}
	if err != nil {
		return err
	}
	fmt.Println("up")
	go multicastRecv(ctx, sub)
	_, _ = io.Copy(io.Discard, os.Stdin) // its end is the word to stop
	return rt.Shutdown(ctx)
}

// multicastSend obeys "send FIRST LAST SIZE PARTS" until "close".
func multicastSend(ctx context.Context, pub *socket.XPub) error {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var first, last, size, parts int
		if _, err := fmt.Sscanf(in.Text(), "send %d %d %d %d", &first, &last, &size, &parts); err != nil {
			return nil //nolint:nilerr // "close"
		}
		for i := first; i <= last; i++ {
			body := fmt.Appendf(nil, "%d:", i)
			body = append(body, bytes.Repeat([]byte("."), max(0, size-len(body)))...)
			frames := append(make([][]byte, parts-1), body)
			if err := pub.Send(ctx, socket.MessageOf(frames...)); err != nil {
				return err
			}
		}
		fmt.Println("sent")
	}
	return nil
}

// multicastRecv says what comes.
func multicastRecv(ctx context.Context, sub *socket.Sub) {
	for m, err := range sub.Messages(ctx) {
		if err != nil {
			return
		}
		body := m.Frame(m.Len() - 1)
		number, _, _ := bytes.Cut(body, []byte(":"))
		fmt.Printf("m %s %d %d\n", number, len(body), m.Len())
	}
}
