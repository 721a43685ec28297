package pgm

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/weirmq/weir/transport"
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
// more, Cut and Close by any.
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
	near   *outlet       // hops 1; nil where out has that
	house  *outlet       // hops 0, to the sources on this host; nil where it is not needed
	watch  *os.File      // see Watch; nil where interfaces are not watched
	closed chan struct{} // closed by Close
	once   sync.Once     // for closed
}

// A message is a packet as package ipv4 wants it, and package ipv6: they share the type.
type message = ipv4.Message

// An inlet is a socket that is read.
type inlet struct {
	conn  net.PacketConn
	group netip.Addr // the group that it is bound to; this host's address for one that is not
	read  func(ms []message) (int, error)
	strip bool // packets come with their IP header
	msgs  []message
}

// An outlet is a socket that is written.
type outlet struct {
	conn  net.PacketConn
	write func(ms []message) (int, error)
	msgs  []message
}

// A Datagram is a packet that was read.
type Datagram struct {
	Packet []byte     // until the next Read of the same inlet
	From   netip.Addr // the host that sent it
	To     netip.Addr // the group that it was sent to, or this host
}

// Open makes the sockets for an address. It waits for nothing. Errors: transport.ErrNoDevice, transport.ErrAddrInUse,
// errors.ErrUnsupported where the system cannot do it, fs.ErrPermission where raw sockets are not allowed.
func Open(a Address, o Options) (*Conn, error) {
	c := &Conn{addr: a, opts: o, closed: make(chan struct{})}
	c.watch, _ = openWatch() // before the interface is found: else it could go unseen. Where that is not allowed there is none
	var err error
	if c.here, err = findPlace(a); err != nil {
		_ = c.Close()
		return nil, err
	}
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
		o.write = func(ms []message) (int, error) { return p.WriteBatch(ms, 0) }
		_ = p.SetTOS(expedited) // a wish
		err = errors.Join(p.SetMulticastInterface(c.here.ifi), p.SetMulticastTTL(hops), p.SetMulticastLoopback(loop))
	} else {
		p := ipv6.NewPacketConn(conn)
		o.write = func(ms []message) (int, error) { return p.WriteBatch(ms, 0) }
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
		in.read = func(ms []message) (int, error) { return p.ReadBatch(ms, 0) }
		if to.IsMulticast() {
			err = p.JoinGroup(c.here.ifi, group)
		}
	} else {
		p := ipv6.NewPacketConn(conn)
		in.read = func(ms []message) (int, error) { return p.ReadBatch(ms, 0) }
		if to.IsMulticast() {
			err = p.JoinGroup(c.here.ifi, group)
		}
	}
	in.msgs = make([]message, MaxBatch)
	for i := range in.msgs {
		in.msgs[i].Buffers = [][]byte{make([]byte, c.opts.maxTPDU()+ipv6Cost)}
	}
	return err
}

// Local is this host's address on the interface.
func (c *Conn) Local() netip.Addr { return c.here.addr }

// Inlets is how many sockets there are to read.
func (c *Conn) Inlets() int { return len(c.inlets) }

// Read waits for packets at inlet i and appends them to dst. They are gone with the next Read. It fails once the Conn is
// closed.
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
		dst = append(dst, Datagram{Packet: b, From: addrOf(m.Addr), To: in.group})
	}
	return dst, nil
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

// Send writes packets, in order, and returns how many are out. One that the network does not take for want of room is
// lost, as any may be: whoever misses it asks again; and so is one to a host that cannot be reached. It fails where the
// sockets are of no use any more, where the group cannot be reached, and where a packet is too large for the network.
func (c *Conn) Send(outs []Out) (sent int, err error) {
	for sent < len(outs) && err == nil {
		o := c.outlet(outs[sent])
		end := sent + 1
		for end < len(outs) && c.outlet(outs[end]) == o {
			end++
		}
		var n int
		n, err = c.send(o, outs[sent:end])
		sent += n
	}
	return sent, err
}

// SendBy is Send that waits for room in the kernel's buffers until a time at the most, though the Conn is cut.
func (c *Conn) SendBy(end time.Time, outs []Out) (sent int, err error) {
	c.allow(end)
	return c.Send(outs)
}

// Cut ends a Send that waits for room in the kernel's buffers, and lets those that follow fail. Anybody may call it.
func (c *Conn) Cut() { c.allow(time.Unix(1, 0)) }

// allow sets until when writes may wait.
func (c *Conn) allow(end time.Time) {
	for _, o := range c.outlets() {
		_ = o.conn.SetWriteDeadline(end) // of a closed socket: nobody waits there
	}
}

// outlets are the sockets that send.
func (c *Conn) outlets() (all []*outlet) {
	for _, o := range []*outlet{c.out, c.near, c.house} {
		if o != nil {
			all = append(all, o)
		}
	}
	return all
}

// outlet is the socket that a packet goes out by.
func (c *Conn) outlet(o Out) *outlet {
	if o.Near && c.near != nil {
		return c.near
	}
	return c.out
}

// send writes packets by one socket, and returns how many are out.
func (c *Conn) send(o *outlet, outs []Out) (sent int, err error) {
	for len(o.msgs) < len(outs) {
		o.msgs = append(o.msgs, message{Buffers: make([][]byte, 1)})
	}
	ms := o.msgs[:len(outs)]
	for i := range outs {
		ms[i].Buffers[0], ms[i].Addr = outs[i].Packet, c.to(outs[i].To)
	}
	for sent < len(ms) {
		n, err := o.write(ms[sent:])
		switch {
		case errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded):
			return sent, err
		case tooLarge(err):
			return sent, fmt.Errorf("%w: the network does not take packets of %d octets: lower MULTICAST_MAXTPDU", err, len(outs[sent].Packet))
		case outs[sent].To.IsMulticast() && cutOff(err): // of a host it says nothing: anybody may have named that
			return sent, fmt.Errorf("%w: %s has no network any more", err, c.here.ifi.Name)
		case err != nil || n <= 0:
			n = 1 // that one is lost
		}
		sent += n
	}
	return sent, nil
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
// cannot be any it does nothing. Only what receivers say is passed on: the group hears it too, and would take anything
// else for the word of a source, wherever it came from.
func (c *Conn) PassOn(d Datagram) {
	if c.house == nil || d.To.IsMulticast() {
		return
	}
	if p, err := Parse(d.Packet); err != nil || !p.Type.upstream() || p.Port != c.addr.Port {
		return
	}
	_, _ = c.send(c.house, []Out{{To: c.addr.Send, Packet: d.Packet}}) // a wish
}

// Watch waits until the interface has gone, and says so; it fails once the Conn is closed. No read would tell: the kernel forgets what was joined, and
// does not join another interface that comes by the same name. Where interfaces are not watched (macOS) it waits for Close alone.
func (c *Conn) Watch() error {
	if c.watch == nil {
		<-c.closed
		return net.ErrClosed
	}
	if err := untilGone(c.watch, c.here.ifi.Index); err != nil {
		return err
	}
	return fmt.Errorf("%w: interface %s has gone", transport.ErrNoDevice, c.here.ifi.Name)
}

// Close closes all sockets, and ends Read and Watch.
func (c *Conn) Close() error {
	var all error
	c.once.Do(func() { close(c.closed) })
	if c.watch != nil {
		_ = c.watch.Close() // nothing is lost with it
	}
	for _, in := range c.inlets {
		all = errors.Join(all, in.conn.Close())
	}
	for _, o := range c.outlets() {
		all = errors.Join(all, o.conn.Close())
	}
	return all
}
