package interop

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"github.com/weirmq/weir/socket"
)

// multicastFast sends so many messages that begin with their number in eight bytes.
func multicastFast(send func(socket.Message) error, first, count, size int) error {
	for i := first; i < first+count; i++ {
		body := make([]byte, size)
		binary.NativeEndian.PutUint64(body, uint64(i))
		if err := send(socket.MessageOf(body)); err != nil {
			return err
		}
	}
	fmt.Println("sent")
	return nil
}

// multicastCount obeys "FIRST LAST MS" until its input ends: it counts what comes up to the number last, or until there is silence for so long.
func multicastCount(sub socket.Receiver) error {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var first, last, silence int
		if _, err := fmt.Sscan(in.Text(), &first, &last, &silence); err != nil {
			return err
		}
		count, took := receiveFast(sub, first, last, time.Duration(silence)*time.Millisecond)
		fmt.Println(count, took.Nanoseconds())
	}
	return nil
}

// receiveFast is one of its orders.
func receiveFast(sub socket.Receiver, first, last int, silence time.Duration) (count int, took time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	patience := time.AfterFunc(silence, cancel)
	defer patience.Stop()
	var begin, end time.Time
	for number := 0; number != last; {
		m, err := sub.Recv(ctx)
		if err != nil {
			break
		}
		number = int(binary.NativeEndian.Uint64(m.Bytes()))
		m.Release()
		if number < first {
			continue
		}
		if count++; count == 1 {
			begin = time.Now()
		}
		if count%64 == 0 || number == last {
			end = time.Now()
			patience.Reset(silence)
		}
	}
	return count, end.Sub(begin)
}
