// Command raw is the peer "raw" of the benchmarks: what Go and the kernel allow. thr is a stream of 64 kB writes and reads over a net.Conn, counted in
// messages of the size asked for, without any framing, queue or message of their own; over inproc it is what no message can be had without: its bytes are copied
// once, by one goroutine, from one buffer to another, both of which are used again and lie in the caches as far as they fit. lat is a ping-pong of that many bytes over a net.Conn.
package main

import (
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/benchmarks/rig"
)

// streamUnit is how much one write or read of the stream moves, in bytes.
const streamUnit = 64 << 10

func main() { rig.Main("raw", map[string]rig.Mode{"thr": throughput, "lat": latency}) }

// throughput moves as many bytes as the messages have.
func throughput(r *rig.Run) (*rig.Line, error) {
	if r.Curve || r.Links > 1 {
		return nil, rig.ErrNotPlayed
	}
	if strings.HasPrefix(r.Endpoint, "inproc:") {
		return copies(r)
	}
	a, b, err := ends(r)
	if err != nil {
		return nil, err
	}
	total := int64(r.Size) * int64(r.Count)
	if r.Role == rig.Sending {
		return costOf(r, r.Count, func() error { return stream(a, total) })
	}
	var group errgroup.Group
	if r.Role == rig.Both {
		group.Go(func() error { return stream(a, total) })
	}
	var m rig.Meter
	m.Start()
	buf := make([]byte, streamUnit)
	for got := int64(0); got < total; {
		n, err := b.Read(buf)
		if err != nil {
			return nil, err
		}
		got += int64(n)
	}
	m.Stop()
	return finish(r, &m, group.Wait())
}

// stream writes total bytes.
func stream(w io.Writer, total int64) error {
	buf := make([]byte, streamUnit)
	for total > 0 {
		n, err := w.Write(buf[:min(total, streamUnit)])
		if err != nil {
			return err
		}
		total -= int64(n)
	}
	return nil
}

// copies copies bodies to one buffer.
func copies(r *rig.Run) (*rig.Line, error) {
	body, buf := r.Body(), make([]byte, r.Size)
	var m rig.Meter
	m.Start()
	for range r.Count {
		copy(buf, body.Bytes())
	}
	m.Stop()
	return finish(r, &m, nil)
}

// finish is the line of a stream.
func finish(r *rig.Run, m *rig.Meter, err error) (*rig.Line, error) {
	line := r.Line()
	m.Rate(line, r, r.Count, m.Took(), rig.Uncounted)
	return line, err
}

// latency sends back and forth. The first tenth is warm-up.
func latency(r *rig.Run) (*rig.Line, error) {
	if r.Curve || strings.HasPrefix(r.Endpoint, "inproc:") {
		return nil, rig.ErrNotPlayed
	}
	a, b, err := ends(r)
	if err != nil {
		return nil, err
	}
	switch r.Role {
	case rig.Sending:
		return pingPong(r, a)
	case rig.Receiving:
		if err := echo(b, r.Size, 1); err != nil {
			return nil, err
		}
		return costOf(r, r.Count-1, func() error { return echo(b, r.Size, r.Count-1) })
	}
	var group errgroup.Group
	group.Go(func() error { return echo(b, r.Size, r.Count) })
	line, err := pingPong(r, a)
	if err != nil {
		return nil, err
	}
	return line, group.Wait()
}

// echo sends n messages back.
func echo(conn net.Conn, size, n int) error {
	buf := make([]byte, size)
	for range n {
		if _, err := io.ReadFull(conn, buf); err != nil {
			return err
		}
		if _, err := conn.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// costOf is the line of one of two processes: what n messages cost it.
func costOf(r *rig.Run, n int, work func() error) (*rig.Line, error) {
	var m rig.Meter
	m.Start()
	err := work()
	m.Stop()
	line := r.Line()
	m.Cost(line, n, rig.Uncounted)
	return line, err
}

// pingPong writes and reads Count times.
func pingPong(r *rig.Run, conn net.Conn) (*rig.Line, error) {
	buf := make([]byte, r.Size)
	warmUp := r.Count / 10
	delays := make([]time.Duration, 0, r.Count-warmUp)
	var m rig.Meter
	var before time.Time
	for i := range r.Count {
		if i == warmUp {
			m.Start()
			before = time.Now()
		}
		if _, err := conn.Write(buf); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(conn, buf); err != nil {
			return nil, err
		}
		if i >= warmUp {
			now := time.Now()
			delays = append(delays, now.Sub(before))
			before = now
		}
	}
	m.Stop()
	line := r.Line()
	m.Delays(line, delays, m.Took()/time.Duration(len(delays)), rig.Uncounted)
	return line, nil
}

// ends returns those ends of a connection that are in this process: the one that connects, and the one that is bound.
func ends(r *rig.Run) (a, b net.Conn, err error) {
	scheme, address, _ := strings.Cut(r.Endpoint, "://")
	network := scheme
	if network == "ipc" {
		network = "unix"
	}
	if r.Role == rig.Sending {
		a, err = net.Dial(network, address)
		return a, nil, err
	}
	l, err := net.Listen(network, strings.Replace(address, ":*", ":0", 1))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = l.Close() }() // which removes a socket of ipc
	if r.Role == rig.Receiving {
		rig.Ready(scheme + "://" + l.Addr().String())
	} else if a, err = net.Dial(network, l.Addr().String()); err != nil {
		return nil, nil, err
	}
	b, err = l.Accept()
	return a, b, err
}
