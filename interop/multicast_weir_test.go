package interop

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weirmq/weir/socket"
)

// multicastEnv, when it is set, makes the test binary a Weir socket over pgm or epgm, for a process in a network namespace of its own. Its words, roles
// and orders are those of peer/multicast.c: "ROLE ENDPOINT option=value ...".
const multicastEnv = "WEIR_MULTICAST"

// multicastOptions are the options that a multicast peer takes, by libzmq's names.
var multicastOptions = map[string]func(int) socket.Option{
	"rate":              socket.Rate,
	"multicast_maxtpdu": socket.MulticastMaxTPDU,
	"multicast_hops":    socket.MulticastHops,
	"multicast_loop":    func(on int) socket.Option { return socket.MulticastLoop(on != 0) },
	"recovery_ivl":      func(ms int) socket.Option { return socket.RecoveryInterval(time.Duration(ms) * time.Millisecond) },
	"sndhwm":            socket.SendHWM,
	"xpub_nodrop":       func(on int) socket.Option { return socket.XPubNoDrop(on != 0) },
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
	if role == "source" {
		return multicastSource(endpoint, settings)
	}
	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	opts, err := multicastSettings(settings)
	if err != nil {
		return err
	}
	ctx := context.Background()
	switch role {
	case "pub":
		s, err := socket.NewPub(rt, opts...)
		return multicastSend(ctx, rt, s, err, endpoint)
	case "xpub":
		s, err := socket.NewXPub(rt, opts...)
		return multicastSend(ctx, rt, s, err, endpoint)
	case "xsub":
		s, err := socket.NewXSub(rt, opts...)
		return multicastRecv(ctx, rt, s, err, endpoint, multicastTell)
	}
	listen := map[string]func(socket.Receiver) error{"sub": multicastTell, "fastsub": multicastCount}[role]
	s, err := socket.NewSub(rt, opts...)
	if err == nil {
		err = s.Subscribe("")
	}
	return multicastRecv(ctx, rt, s, err, endpoint, listen)
}

// multicastSettings are the options that the words ask for.
func multicastSettings(settings []string) ([]socket.Option, error) {
	opts := []socket.Option{socket.SendHWM(0), socket.RecvHWM(0)}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		n, err := strconv.Atoi(value)
		if err != nil {
			return nil, err
		}
		opts = append(opts, multicastOptions[name](n))
	}
	return opts, nil
}

// multicastSend binds a publisher, which may not have been made, and obeys until its input ends.
func multicastSend[S interface {
	weirSocket
	socket.Sender
}](ctx context.Context, rt *socket.Runtime, pub S, err error, endpoint string) error {
	if err == nil {
		_, err = pub.Bind(ctx, endpoint)
	}
	if err != nil {
		return err
	}
	fmt.Println("up")
	if err := multicastOrders(func(m socket.Message) error { return pub.Send(ctx, m) }); err != nil {
		return err
	}
	return rt.Shutdown(ctx)
}

// multicastOrders obeys "send FIRST LAST SIZE PARTS" and "fast FIRST COUNT SIZE" until its input ends.
func multicastOrders(send func(socket.Message) error) error {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var first, last, count, size, parts int
		if _, err := fmt.Sscanf(in.Text(), "fast %d %d %d", &first, &count, &size); err == nil {
			if err := multicastFast(send, first, count, size); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Sscanf(in.Text(), "send %d %d %d %d", &first, &last, &size, &parts); err != nil {
			return err
		}
		for i := first; i <= last; i++ {
			if err := send(socket.MessageOf(multicastParts(i, size, parts)...)); err != nil {
				return err
			}
		}
		fmt.Println("sent")
	}
	return nil
}

// multicastParts are those of message i: the last begins with the number and has so many octets, which depend on the number and on where they are, as
// those of the parts before it do. peer/multicast.c has the same.
func multicastParts(i, size, parts int) (all [][]byte) {
	for p := range parts {
		var part []byte
		length := 1 + (13*i+101*p)%300
		if p == parts-1 {
			part, length = fmt.Appendf(nil, "%d:", i), size
		}
		for at := len(part); at < length; at++ {
			part = append(part, 'a'+byte((7*i+5*p+3*at+at/256)%26))
		}
		all = append(all, part)
	}
	return all
}

// multicastWord is what a subscriber says of a message.
func multicastWord(m socket.Message) string {
	body := m.Frame(m.Len() - 1)
	number, _, _ := bytes.Cut(body, []byte(":"))
	i, err := strconv.Atoi(string(number))
	if err != nil || !slices.EqualFunc(m.Frames(), multicastParts(i, len(body), m.Len()), bytes.Equal) {
		return fmt.Sprintf("not as it was sent: m %s %d %d", number, len(body), m.Len())
	}
	return fmt.Sprintf("m %s %d %d", number, len(body), m.Len())
}

// multicastRecv connects a subscriber, which may not have been made, and listens until its input ends.
func multicastRecv[S interface {
	weirSocket
	socket.Receiver
}](ctx context.Context, rt *socket.Runtime, sub S, err error, endpoint string, listen func(socket.Receiver) error) error {
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
	if err := listen(sub); err != nil {
		return err
	}
	return rt.Shutdown(ctx)
}

// multicastTell says what comes until its input ends.
func multicastTell(sub socket.Receiver) error {
	ctx := context.Background()
	go func() {
		for m, err := sub.Recv(ctx); err == nil; m, err = sub.Recv(ctx) {
			fmt.Println(multicastWord(m))
		}
	}()
	_, err := io.Copy(io.Discard, os.Stdin) // its end is the word to stop
	return err
}
