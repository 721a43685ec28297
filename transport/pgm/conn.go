package pgm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Defaults of Options. They are libzmq's.
const (
	DefaultHops    = 1
	DefaultMaxTPDU = 1500
)

// Options say how sockets are made.
type Options struct {
	// Raw sends PGM as IP protocol 113, which needs a privilege; else it travels within UDP.
	Raw bool
	// Source says that this side sends; else it receives.
	Source bool
	// Hops is the most routers that multicast packets pass, plus one: 1 is the local network alone. 0 is DefaultHops.
	Hops int
	// MaxTPDU is the largest packet, in octets, with the headers of IP and UDP. 0 is DefaultMaxTPDU.
	MaxTPDU int
	// Loop lets receivers on this host have what a source on it sends.
	Loop bool
	// SendBuffer and RecvBuffer are the sizes asked for the kernel's buffers, in octets; 0 leaves them to the system.
	SendBuffer, RecvBuffer int
}

// MaxTSDU is the largest payload of a packet under these options, by libzmq's sums: it leaves room for an option that is
// never sent.
func (o Options) MaxTSDU(group netip.Addr) int {
	n := o.maxTPDU() - ipv4Cost - 44
	if group.Is6() {
		n -= ipv6Cost - ipv4Cost
	}
	if !o.Raw {
		n -= udpCost
	}
	return n
}

// maxTPDU is MaxTPDU with its default.
func (o Options) maxTPDU() int {
	if o.MaxTPDU == 0 {
		return DefaultMaxTPDU
	}
	return o.MaxTPDU
}

// A Conn is the sockets of one endpoint. Open makes one. Read may be called by one goroutine for each inlet, Send by one
// more, Close by any.
//
// A receiver has an inlet for each group, bound to the group itself, so that nothing meant for others comes in. A source
// has one bound to its own address, for what receivers tell it. Within UDP several sources of one host share address and
// port, and the kernel gives what comes to any of them: so a source passes on what is not for it, to the group and no
// further than this host, and listens to the group too.
type Conn struct {
	// Set by Open, then read-only.
	addr   Address
	opts   Options
	here   place
	inlets []*inlet
	out    *outlet
	near   *outlet // hops 1; nil where out has that
	house  *outlet // hops 0, to the sources on this host; nil where it is not needed
}

// An inlet is a socket that is read.
type inlet struct {
	conn  net.PacketConn
	group netip.Addr // the group that it is bound to; this host's address for one that is not
	read  func(ms []ipv4.Message) (int, error)
	strip bool // packets come with their IP header
	msgs  []ipv4.Message
	slab  []byte
}

// An outlet is a socket that is written.
type outlet struct {
	conn  net.PacketConn
	write func(ms []ipv4.Message) (int, error)
	msgs  []ipv4.Message
}

// A Datagram is a packet that was read.
type Datagram struct {
	Packet []byte     // the caller's
	From   netip.Addr // the host that sent it
	To     netip.Addr // the group that it was sent to, or this host
}

// Open makes the sockets for an address. It waits for nothing. Errors: transport.ErrNoDevice, transport.ErrAddrInUse,
// errors.ErrUnsupported where the system cannot do it, fs.ErrPermission where raw sockets are not allowed.
func Open(_ context.Context, a Address, o Options) (*Conn, error) {
	here, err := findPlace(a)
	if err != nil {
		return nil, err
	}
	c := &Conn{addr: a, opts: o, here: here}
	if err := c.open(); err != nil {
		_ = c.Close()
		return nil, explain(err, o)
	}
	return c, nil
}

// open makes all sockets.
func (c *Conn) open() error {
	hops := c.opts.Hops
	if hops == 0 {
		hops = DefaultHops
	}
	var err error
	if c.out, err = c.openOutlet(hops, c.opts.Loop); err != nil {
		return err
	}
	if !c.opts.Source {
		if hops > 1 {
			if c.near, err = c.openOutlet(1, c.opts.Loop); err != nil {
				return err
			}
		}
		for _, g := range c.addr.Receive {
			if err := c.openInlet(g); err != nil {
				return err
			}
		}
		return nil
	}
	if err := c.openInlet(c.here.addr); err != nil || c.opts.Raw {
		return err
	}
	if c.house, err = c.openOutlet(0, true); err != nil {
		return err
	}
	return c.openInlet(c.addr.Send)
}

// openOutlet makes a socket that sends.
func (c *Conn) openOutlet(hops int, loop bool) (*outlet, error) {
	conn, err := c.socket(c.here.addr, 0, c.opts.SendBuffer, 0)
	if err != nil {
		return nil, err
	}
	o := &outlet{conn: conn}
	if c.addr.Send.Is4() {
		p := ipv4.NewPacketConn(conn)
		o.write = func(ms []ipv4.Message) (int, error) { return p.WriteBatch(ms, 0) }
		_ = p.SetTOS(expedited) // a wish
		err = errors.Join(p.SetMulticastInterface(c.here.ifi), p.SetMulticastTTL(hops), p.SetMulticastLoopback(loop))
	} else {
		p := ipv6.NewPacketConn(conn)
		o.write = func(ms []ipv4.Message) (int, error) { return p.WriteBatch(ms, 0) }
		err = errors.Join(p.SetMulticastInterface(c.here.ifi), p.SetMulticastHopLimit(hops), p.SetMulticastLoopback(loop))
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return o, nil
}

// expedited is the type of service that libzmq asks for: expedited forwarding.
const expedited = 0x2e << 2

// openInlet makes a socket that receives what is sent to an address: a group, or this host.
func (c *Conn) openInlet(to netip.Addr) error {
	conn, err := c.socket(to, c.addr.Port, 0, c.opts.RecvBuffer)
	if err != nil {
		return err
	}
	in := &inlet{conn: conn, group: to, strip: c.opts.Raw && to.Is4()}
	c.inlets = append(c.inlets, in)
	group := &net.UDPAddr{IP: to.AsSlice()}
	if to.Is4() {
		p := ipv4.NewPacketConn(conn)
		in.read = func(ms []ipv4.Message) (int, error) { return p.ReadBatch(ms, 0) }
		if to.IsMulticast() {
			err = p.JoinGroup(c.here.ifi, group)
		}
	} else {
		p := ipv6.NewPacketConn(conn)
		in.read = func(ms []ipv4.Message) (int, error) { return p.ReadBatch(ms, 0) }
		if to.IsMulticast() {
			err = p.JoinGroup(c.here.ifi, group)
		}
	}
	in.msgs = make([]ipv4.Message, MaxBatch)
	for i := range in.msgs {
		in.msgs[i].Buffers = [][]byte{make([]byte, c.opts.maxTPDU()+ipv6Cost)}
	}
	return err
}

// Local is this host's address on the interface.
func (c *Conn) Local() netip.Addr { return c.here.addr }

// Inlets is how many sockets there are to read.
func (c *Conn) Inlets() int { return len(c.inlets) }

// Read waits for packets at inlet i and appends them to dst. It fails once the Conn is closed.
func (c *Conn) Read(i int, dst []Datagram) ([]Datagram, error) {
	in := c.inlets[i]
	n, err := in.read(in.msgs)
	if err != nil {
		return dst, err
	}
	for _, m := range in.msgs[:n] {
		b := m.Buffers[0][:m.N]
		if in.strip {
			if len(b) < ipv4Cost || len(b) < int(b[0]&15)*4 {
				continue
			}
			b = b[int(b[0]&15)*4:]
		}
		dst = append(dst, Datagram{Packet: in.keep(b), From: addrOf(m.Addr), To: in.group})
	}
	return dst, nil
}

// slabSize is how many octets of packets lie side by side.
const slabSize = 64 << 10

// keep copies b to where it can stay.
func (in *inlet) keep(b []byte) []byte {
	if len(b) > len(in.slab) {
		in.slab = make([]byte, max(slabSize, len(b)))
	}
	p := in.slab[:len(b):len(b)]
	in.slab = in.slab[len(b):]
	copy(p, b)
	return p
}

// addrOf is the host of a packet's sender.
func addrOf(a net.Addr) netip.Addr {
	switch a := a.(type) {
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap().WithZone("")
	case *net.IPAddr:
		ip, _ := netip.AddrFromSlice(a.IP)
		return ip.Unmap()
	}
	return netip.Addr{}
}

// Send writes packets, in order. One that the network does not take is lost, as any may be: whoever misses it asks again.
// It fails where the sockets are of no use any more, and where a packet is too large for the network.
func (c *Conn) Send(outs []Out) error {
	for len(outs) > 0 {
		o := c.outlet(outs[0])
		n := 1
		for n < len(outs) && c.outlet(outs[n]) == o {
			n++
		}
		if err := c.send(o, outs[:n]); err != nil {
			return err
		}
		outs = outs[n:]
	}
	return nil
}

// outlet is the socket that a packet goes out by.
func (c *Conn) outlet(o Out) *outlet {
	if o.Near && c.near != nil {
		return c.near
	}
	return c.out
}

// send writes packets by one socket.
func (c *Conn) send(o *outlet, outs []Out) error {
	for len(o.msgs) < len(outs) {
		o.msgs = append(o.msgs, ipv4.Message{Buffers: make([][]byte, 1)})
	}
	ms := o.msgs[:len(outs)]
	for i := range outs {
		ms[i].Buffers[0], ms[i].Addr = outs[i].Packet, c.to(outs[i].To)
	}
	for len(ms) > 0 {
		n, err := o.write(ms)
		switch {
		case errors.Is(err, net.ErrClosed):
			return err
		case tooLarge(err):
			return fmt.Errorf("%w: the network does not take packets of %d octets: lower MULTICAST_MAXTPDU", err, len(ms[0].Buffers[0]))
		case err != nil || n <= 0:
			n = 1 // that one is lost
		}
		ms = ms[n:]
	}
	return nil
}

// to is an address as package net wants it.
func (c *Conn) to(a netip.Addr) net.Addr {
	zone := ""
	if a.Is6() && a.IsLinkLocalUnicast() {
		zone = c.here.ifi.Name
	}
	if c.opts.Raw {
		return &net.IPAddr{IP: a.AsSlice(), Zone: zone}
	}
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(a.WithZone(zone), c.addr.Port))
}

// PassOn hands a packet that came to this host, and was not for this source, to the other sources on it. Where there
// cannot be any it does nothing.
func (c *Conn) PassOn(d Datagram) {
	if c.house == nil || d.To.IsMulticast() {
		return
	}
	_ = c.send(c.house, []Out{{To: c.addr.Send, Packet: d.Packet}}) // a wish
}

// Close closes all sockets.
func (c *Conn) Close() error {
	var all error
	for _, in := range c.inlets {
		all = errors.Join(all, in.conn.Close())
	}
	for _, o := range []*outlet{c.out, c.near, c.house} {
		if o != nil {
			all = errors.Join(all, o.conn.Close())
		}
	}
	return all
}
