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

// multicastFast is peer/multicast.c in Weir: the same roles, the same words.
func multicastFast(role, endpoint string, settings []string) error {
	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	var rate, recovery int
	if _, err := fmt.Sscan(settings[0]+" "+settings[1], &rate, &recovery); err != nil {
		return err
	}
	opts := []socket.Option{
		socket.Rate(rate), socket.RecoveryInterval(time.Duration(recovery) * time.Millisecond), socket.SendHWM(10000), socket.RecvHWM(0),
	}
	var obey func(a, b, c int) error
	if role == "fastpub" {
		pub, err := socket.NewXPub(rt, append(opts, socket.XPubNoDrop(true))...)
		if err == nil {
			_, err = pub.Connect(context.Background(), endpoint)
		}
		if err == nil {
			err = pub.WaitPeers(context.Background(), 1)
		}
		if err != nil {
			return err
		}
		obey = func(first, count, size int) error { return fastSend(pub, first, count, size) }
	} else {
		sub, err := socket.NewSub(rt, opts...)
		if err == nil {
			err = sub.Subscribe("")
		}
		if err == nil {
			_, err = sub.Connect(context.Background(), endpoint)
		}
		if err == nil {
			err = sub.WaitPeers(context.Background(), 1)
		}
		if err != nil {
			return err
		}
		obey = func(first, last, silence int) error {
			return fastRecv(sub, first, last, time.Duration(silence)*time.Millisecond)
		}
	}
	fmt.Println("up")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var a, b, c int
		if _, err := fmt.Sscan(in.Text(), &a, &b, &c); err != nil {
			return err
		}
		if err := obey(a, b, c); err != nil {
			return err
		}
	}
	return nil
}

// fastSend sends so many numbered messages.
func fastSend(pub *socket.XPub, first, count, size int) error {
	ctx := context.Background()
	for i := first; i < first+count; i++ {
		body := make([]byte, size)
		binary.NativeEndian.PutUint64(body, uint64(i))
		if err := pub.Send(ctx, socket.MessageOf(body)); err != nil {
			return err
		}
	}
	fmt.Println("sent")
	return nil
}

// fastRecv receives up to the number last, or until there is silence for so long.
func fastRecv(sub *socket.Sub, first, last int, silence time.Duration) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	patience := time.AfterFunc(silence, cancel)
	defer patience.Stop()
	var begin, end time.Time
	count := 0
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
	fmt.Println(count, end.Sub(begin).Nanoseconds())
	return nil
}
