package interop

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/transport/pgm"
	"github.com/weirmq/weir/wire"
)

// multicastSource is a publisher made of the engine alone, whose packets are numbered from a number of one's choice on: a socket's begin at 0. It obeys
// as others do.
func multicastSource(endpoint string, settings []string) error {
	scheme, address, _ := strings.Cut(endpoint, "://")
	first, err := strconv.ParseUint(strings.TrimPrefix(settings[0], "first="), 10, 32)
	if err != nil {
		return err
	}
	a, err := pgm.ParseAddress(address)
	if err != nil {
		return err
	}
	opts := pgm.Options{Raw: scheme == "pgm", Source: true}
	conn, err := pgm.Open(a, opts)
	if err != nil {
		return err
	}
	source := pgm.NewSource(time.Now(), pgm.SourceConfig{
		TSI: pgm.TSI{GSI: pgm.GSI{1, 2, 3}, Port: 7}, Port: a.Port, NLA: conn.Local(), Group: a.Send, Rate: 1_250_000, Window: 10000, First: pgm.Seq(first),
		UDP: !opts.Raw,
	})
	packets, tsdus := make(chan []byte), make(chan []byte)
	for i := range conn.Inlets() {
		go func() {
			for {
				ds, err := conn.Read(i, nil)
				if err != nil {
					return
				}
				for _, d := range ds {
					packets <- slices.Clone(d.Packet)
				}
			}
		}()
	}
	failed := make(chan error, 1)
	go func() { failed <- drive(source, conn, packets, tsdus) }()
	fmt.Println("up")
	pack := wire.NewPGMPacker(opts.MaxTSDU(a.Send))
	err = multicastOrders(func(m socket.Message) error {
		for whole := false; !whole; {
			whole = pack.Add(m)
			tsdus <- slices.Clone(pack.Packet())
			pack.Reset()
		}
		return nil
	})
	close(tsdus)
	return errors.Join(err, <-failed)
}

// drive runs a source until there are no more payloads.
func drive(source *pgm.Source, conn *pgm.Conn, packets, tsdus <-chan []byte) error {
	for {
		now := time.Now()
		for o, ok := source.Poll(now); ok; o, ok = source.Poll(now) {
			if _, err := conn.Send([]pgm.Out{o}); err != nil {
				return err
			}
		}
		next := tsdus
		if !source.Free() {
			next = nil
		}
		select {
		case b, ok := <-next:
			if !ok {
				return nil
			}
			source.Submit(b)
		case b := <-packets:
			_ = source.Handle(now, b) // what is not for us is nobody's
		case <-time.After(time.Until(source.Deadline(now))):
		}
	}
}
