package wire_test

import (
	"fmt"

	"github.com/weirmq/weir/wire"
)

// Two handshakes, connected back to back. In a program each talks to a
// connection.
func ExampleHandshake() {
	push := wire.NewHandshake(wire.HandshakeConfig{SocketType: wire.TypePush})
	pull := wire.NewHandshake(wire.HandshakeConfig{SocketType: wire.TypePull})
	toPull, toPush := push.Start(), pull.Start()
	for !push.Done() || !pull.Done() {
		_, out, err := pull.Receive(toPull)
		if err != nil {
			fmt.Println(err)
			return
		}
		_, toPull, err = push.Receive(append(toPush, out...))
		if err != nil {
			fmt.Println(err)
			return
		}
		toPush = nil
	}
	peer := push.Peer()
	fmt.Printf("%s, ZMTP %d.%d\n", peer.SocketType, peer.Version.Major, peer.Version.Minor)
	// Output: PULL, ZMTP 3.1
}

// A command between two messages ends a call of Decode.
func ExampleDecoder() {
	octets := wire.AppendMessage(nil, wire.NewMessage("weather", "sunny"))
	octets = wire.Ping{}.AppendTo(octets)
	octets = wire.AppendMessage(octets, wire.NewMessage("bye"))

	d := wire.NewDecoder(1 << 20)
	for len(octets) > 0 {
		n, msgs, cmd, err := d.Decode(octets, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, m := range msgs {
			fmt.Println(m)
		}
		if cmd != nil {
			c, err := wire.ParseCommand(cmd)
			fmt.Printf("%T %v\n", c, err)
		}
		octets = octets[n:]
	}
	// Output:
	// weather|sunny
	// wire.Ping <nil>
	// bye
}
