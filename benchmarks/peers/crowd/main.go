// Command crowd is the other side of mode crowd: very many connections that speak just enough ZMTP to be peers of any implementation, each a PUSH.
//
//	crowd endpoint=tcp://… links=10000                   shakes hands, prints "ready", and sits there until standard input ends
//	crowd endpoint=tcp://… links=10000 count=50000       sends that many messages too, from each in turn, at an even pace
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/benchmarks/rig"
)

const (
	// hands is how many handshakes go on at once.
	hands = 16

	// pace is how many messages a second all connections send together, and beat how often some of them do.
	pace = 5000
	beat = 2 * time.Millisecond
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(rig.StatusFailed)
	}
}

// run connects, sends, and waits.
func run() error {
	r, err := rig.ParseRun("crowd", append([]string{"count=0"}, os.Args[1:]...))
	if err != nil {
		return err
	}
	conns := make([]net.Conn, r.Links)
	var group errgroup.Group
	group.SetLimit(hands)
	for i := range conns {
		group.Go(func() (err error) {
			conns[i], err = join(strings.TrimPrefix(r.Endpoint, "tcp://"))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	fmt.Println("ready endpoint=" + r.Endpoint)
	if err := send(r, conns); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// send sends Count messages, each stamped with its time.
func send(r *rig.Run, conns []net.Conn) error {
	frame := append([]byte{0, byte(r.Size)}, r.Body().Bytes()...)
	clock := time.NewTicker(beat)
	defer clock.Stop()
	perBeat := int(pace * beat / time.Second)
	for sent := 0; sent < r.Count; {
		<-clock.C
		for range min(perBeat, r.Count-sent) {
			binary.LittleEndian.PutUint64(frame[2:], uint64(rig.Monotonic()))
			if _, err := conns[sent%len(conns)].Write(frame); err != nil {
				return err
			}
			sent++
		}
	}
	return nil
}

// hello is all that a PUSH says before its first message: the greeting of ZMTP 3.0 with mechanism NULL, and READY.
// https://rfc.zeromq.org/spec/23/#connection
var hello = func() []byte {
	greeting := make([]byte, 64)
	greeting[0], greeting[9], greeting[10] = 0xff, 0x7f, 3
	copy(greeting[12:], "NULL")
	ready := "\x05READY\x0bSocket-Type\x00\x00\x00\x04PUSH"
	return append(append(greeting, 4, byte(len(ready))), ready...)
}()

// join connects and shakes hands.
func join(address string) (net.Conn, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(hello); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(conn, make([]byte, 64)); err != nil {
		return nil, err
	}
	header := make([]byte, 2)
	if _, err := io.ReadFull(conn, header); err != nil {
		return nil, err
	}
	_, err = io.ReadFull(conn, make([]byte, header[1]))
	return conn, err
}
