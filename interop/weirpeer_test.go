package interop

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/weirmq/weir/socket"
)

// playWeir is the first argument of a test binary that is to be a peer: one of Weir's sockets under remote control, by the protocol of peer/peer.c, in a
// process that can be killed.
const playWeir = "play-weir"

// weirApart is that peer. It is there wherever the tests are.
var weirApart = &program{name: "weir"}

// A player is the socket and its commands. It belongs to the goroutine of playPeer.
type player struct {
	socket weirSocket
}

// playPeer is the life of the process: it obeys until the end of its input.
func playPeer(typ string, in io.Reader, out io.Writer) error {
	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	row := kindOf(typ)
	s, err := row.open(rt, append([]socket.Option{socket.ReconnectInterval(reconnectIn)}, row.weirOpts...)...)
	if err != nil {
		return err
	}
	p := &player{s}
	if sub, ok := s.(interface{ Subscribe(prefix string) error }); ok && row.partner == "PUB" {
		if err := sub.Subscribe(""); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(out, "ready weir"); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		report := "ok"
		if more, err := p.obey(strings.Fields(lines.Text())); err != nil {
			report = "err " + err.Error()
		} else if more != "" {
			report += " " + more
		}
		if _, err := fmt.Fprintln(out, report); err != nil {
			return err
		}
	}
	return nil // it is not wanted any more: nothing is flushed
}

// obey carries out one command, and returns the rest of its report. Every wait ends with the time of a case.
func (p *player) obey(words []string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(waitMS)*time.Millisecond)
	defer cancel()
	numbers := func(from int) (first, count, size int) {
		first, _ = strconv.Atoi(words[from])
		count, _ = strconv.Atoi(words[from+1])
		if len(words) > from+2 {
			size, _ = strconv.Atoi(words[from+2])
		}
		return first, count, size
	}
	switch words[0] {
	case "bind":
		ep, err := p.socket.Bind(ctx, words[1])
		return fmt.Sprint(ep), err
	case "connect":
		_, err := p.socket.Connect(ctx, words[1])
		return "", err
	case "meet":
		return "", p.meet(ctx)
	case "recv":
		m, err := p.socket.(socket.Receiver).Recv(ctx)
		return wordsOf(m), err
	case "sendn":
		return "", p.each(numbers(1))(ctx, p.send, nil)
	case "recvn":
		return "", p.each(numbers(1))(ctx, nil, p.recv)
	case "ask":
		return "", p.each(numbers(1))(ctx, p.send, p.recv)
	case "serve":
		return "", p.serve(ctx, words[1])
	default:
		return "", fmt.Errorf("unknown command %q", words[0])
	}
}

// wordsOf is words, and nothing for a message that is none.
func wordsOf(m socket.Message) string {
	if m.Len() == 0 {
		return ""
	}
	return words(m)
}

// meet waits until a peer is there, and of a publisher's side, until it has subscribed.
func (p *player) meet(ctx context.Context) error {
	if pub, ok := p.socket.(interface {
		WaitSubscribers(ctx context.Context, n int) error
	}); ok {
		return pub.WaitSubscribers(ctx, 1)
	}
	return p.socket.WaitPeers(ctx, 1)
}

// A step does something with one numbered message.
type step func(ctx context.Context, n, size int) error

// each makes a loop of numbered messages of one step or two.
func (p *player) each(first, count, size int) func(ctx context.Context, steps ...step) error {
	return func(ctx context.Context, steps ...step) error {
		for n := first; n < first+count; n++ {
			for _, do := range steps {
				if do == nil {
					continue
				}
				if err := do(ctx, n, size); err != nil {
					return fmt.Errorf("message %d: %w", n, err)
				}
			}
		}
		return nil
	}
}

// send sends a numbered message.
func (p *player) send(ctx context.Context, n, size int) error {
	return p.socket.(socket.Sender).Send(ctx, numbered(n, size))
}

// recv receives a numbered message, which must be that one.
func (p *player) recv(ctx context.Context, n, _ int) error {
	m, err := p.socket.(socket.Receiver).Recv(ctx)
	if err == nil && numberOf(m) != n {
		err = fmt.Errorf("number %d came", numberOf(m))
	}
	return err
}

// serve receives requests and sends each back as its reply.
func (p *player) serve(ctx context.Context, count string) error {
	n, err := strconv.Atoi(count)
	for ; err == nil && n > 0; n-- {
		var m socket.Message
		if m, err = p.socket.(socket.Receiver).Recv(ctx); err == nil {
			err = p.socket.(socket.Sender).Send(ctx, m)
		}
	}
	return err
}

// playing says whether this process is a peer, and of which type.
func playing() (typ string, yes bool) {
	if len(os.Args) < 3 || os.Args[1] != playWeir {
		return "", false
	}
	return os.Args[2], true
}
