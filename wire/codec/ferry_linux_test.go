package codec

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// narrow are the ends of a tcp connection whose buffers in the kernel hold little, and a ferry of each, which have one turn between them.
func narrow(t *testing.T) (ours, theirs *ferry) {
	a, b := joined(t, "tcp", "127.0.0.1:0")
	one := newTurns(1)
	ends := make([]*ferry, 0, 2)
	for _, conn := range []net.Conn{a, b} {
		tcp, ok := conn.(*net.TCPConn)
		require.True(t, ok)
		require.NoError(t, tcp.SetReadBuffer(64<<10))
		require.NoError(t, tcp.SetWriteBuffer(64<<10))
		f := newFerry(conn)
		require.NotNil(t, f)
		f.turns = one
		ends = append(ends, f)
	}
	return ends[0], ends[1]
}

// wantFree requires that nobody has a turn.
func wantFree(t *testing.T, all *turns) {
	t.Helper()
	for i := range all.all {
		require.True(t, all.all[i].TryLock(), "turn %d is free", i)
		all.all[i].Unlock()
	}
}

// idling replaces a try of a ferry, and says when it has found nothing to do: whether the turn was free then.
func idling(f *ferry, try *func(uintptr) bool) <-chan bool {
	free, do := make(chan bool, 1), *try
	*try = func(fd uintptr) bool {
		ok := do(fd)
		if !ok {
			turn := &f.turns.all[0]
			got := turn.TryLock()
			if got {
				turn.Unlock()
			}
			select {
			case free <- got:
			default: // it is not the first time
			}
		}
		return ok
	}
	return free
}

// pieces cuts stream into slices of those lengths, in turns.
func pieces(stream []byte, lengths ...int) (vecs [][]byte) {
	for i := 0; len(stream) > 0; i++ {
		n := min(len(stream), lengths[i%len(lengths)])
		vecs = append(vecs, stream[:n:n])
		stream = stream[n:]
	}
	return vecs
}

// TestFerryCarries sends 10 MB between two who have one turn: whoever kept it while he waits for the other would wait for ever.
func TestFerryCarries(t *testing.T) {
	from, to := narrow(t)
	sent := make([]byte, 10<<20)
	for i := range sent {
		sent[i] = byte(i * i >> 9)
	}
	failed := make(chan error, 1)
	go func() {
		n, err := from.write(pieces(sent, 9, turnMost+1, 3000, 500_000))
		if n != int64(len(sent)) {
			err = errors.Join(err, errors.New("not all of it was written"))
		}
		failed <- errors.Join(err, from.conn.Close())
	}()
	got := make([]byte, len(sent)+1)
	for at := 0; ; {
		n, err := to.read(got[at:])
		at += n
		if err != nil {
			require.Equal(t, io.EOF, err)
			require.True(t, bytes.Equal(sent, got[:at]), "what came is what was sent")
			break
		}
		require.NotZero(t, n)
	}
	require.NoError(t, <-failed)
	wantFree(t, from.turns)
}

// TestFerryWaitsWithoutTurn looks at a ferry that waits to read, or to write, until its connection is closed.
func TestFerryWaitsWithoutTurn(t *testing.T) {
	for name, do := range map[string]struct {
		call func(f *ferry) error
		free func(f *ferry) <-chan bool
	}{
		"read": {
			func(f *ferry) error { _, err := f.read(make([]byte, turnBody)); return err },
			func(f *ferry) <-chan bool { return idling(f, &f.load) },
		},
		"write": {
			func(f *ferry) error { _, err := f.write([][]byte{make([]byte, 20<<20)}); return err },
			func(f *ferry) <-chan bool { return idling(f, &f.ship) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := narrow(t)
			free, failed := do.free(f), make(chan error, 1)
			go func() { failed <- do.call(f) }()
			require.True(t, <-free, "nobody holds a turn who waits")
			require.NoError(t, f.conn.Close())
			err := <-failed
			require.ErrorIs(t, err, net.ErrClosed)
			require.Equal(t, &net.OpError{Op: name, Net: "tcp", Source: f.conn.LocalAddr(), Addr: f.conn.RemoteAddr(), Err: net.ErrClosed}, err)
			wantFree(t, f.turns)
			require.ErrorIs(t, do.call(f), net.ErrClosed, "from the beginning")
			wantFree(t, f.turns)
		})
	}
}

// TestFerryReset reads and writes where the peer has reset the connection.
func TestFerryReset(t *testing.T) {
	ours, theirs := narrow(t)
	tcp, ok := theirs.conn.(*net.TCPConn)
	require.True(t, ok)
	require.NoError(t, tcp.SetLinger(0))
	require.NoError(t, tcp.Close())
	_, err := ours.read(make([]byte, turnBody))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.Regexp(t, "^read tcp .*: read: connection reset by peer$", err.Error())
	wantFree(t, ours.turns)
	n, err := ours.write([][]byte{make([]byte, turnBody)})
	require.ErrorIs(t, err, syscall.EPIPE)
	require.Regexp(t, "^write tcp .*: write: broken pipe$", err.Error())
	require.Zero(t, n)
	wantFree(t, ours.turns)
}

// TestFerryOverTCPAlone wants none for what is no tcp connection, or has one within.
func TestFerryOverTCPAlone(t *testing.T) {
	for _, l := range lines {
		ours, _ := l.make(t)
		_, tcp := ours.(*net.TCPConn)
		require.Equal(t, tcp, newFerry(ours) != nil, l.name)
	}
	require.Nil(t, newFerry(new(net.TCPConn)), "no connection at all")
}

// TestTurns wants as many at once as there are, and each again for the next.
func TestTurns(t *testing.T) {
	all := newTurns(2)
	first, second := all.take(), all.take()
	require.NotSame(t, first, second)
	first.Unlock()
	require.Same(t, first, all.take())
	third := make(chan struct{})
	go func() {
		all.take().Unlock()
		close(third)
	}()
	first.Unlock()
	second.Unlock()
	<-third
	wantFree(t, all)
	require.NotEmpty(t, largeCopies().all)
}

// TestFerryIsForStreams says which batches go over a ferry: with a large body by reference, and messages behind it.
func TestFerryIsForStreams(t *testing.T) {
	tcp, _ := joined(t, "tcp", "127.0.0.1:0")
	for _, c := range []struct {
		why    string
		conn   net.Conn
		bodies []int
		want   bool
	}{
		{"alone", tcp, []int{turnBody}, false},
		{"the last of a batch", tcp, []int{10, turnBody}, false},
		{"with one behind it", tcp, []int{turnBody, 10}, true},
		{"smaller ones", tcp, []int{turnBody - 1, turnBody - 1, turnBody - 1}, false},
		{"not over tcp", wrapped{tcp}, []int{turnBody, 10}, false},
	} {
		cod := &codec{run: &run{conn: c.conn}, out: mailbox.New(mailbox.Config[wire.Message]{})}
		for _, n := range c.bodies {
			require.NoError(t, cod.out.TryPush(wire.MessageOf(make([]byte, n))))
		}
		cod.look()
		require.Equal(t, c.want, cod.ferry() != nil, c.why)
	}
}

// TestFerryStream writes messages as a codec does and reads them as a codec's loop does, both over ferries.
func TestFerryStream(t *testing.T) {
	ours, theirs := joined(t, "tcp", "127.0.0.1:0")
	cod := &codec{run: &run{conn: theirs}, out: mailbox.New(mailbox.Config[wire.Message]{})}
	noise := make([]byte, 2_000_000)
	for i := range noise {
		noise[i] = byte(i*7 + i>>8)
	}
	var want [][]byte
	for i, size := range []int{10, 300_000, 1_000_000, 0, 5000, turnBody, 1_000_000, 100_000, 500_000, 2_000_000 - 20, 1_000_000, 3} {
		want = append(want, noise[i:i+size])
		require.NoError(t, cod.out.TryPush(wire.MessageOf([]byte("topic"), noise[i:i+size])))
	}
	failed := make(chan error, 1)
	go func() {
		for cod.out.Len() > 0 {
			cod.look()
			n, err := cod.batch.write(theirs, cod.ferry())
			if cod.done(n, err == nil); err != nil {
				failed <- err
				return
			}
		}
		failed <- theirs.Close()
	}()
	var got [][]byte
	err := readAll(t.Context(), ours, false, taker(func(msgs []wire.Message) (int, error) {
		for _, m := range msgs {
			got = append(got, m.Frame(1))
		}
		return len(msgs), nil
	}))
	require.Equal(t, io.EOF, err)
	require.NoError(t, <-failed)
	require.Len(t, got, len(want))
	for i := range got {
		require.True(t, bytes.Equal(want[i], got[i]), "message %d", i)
	}
	require.NotNil(t, cod.run.ferry)
}
