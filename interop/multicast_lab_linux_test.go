package interop

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/transport/pgm"
	"golang.org/x/sys/unix"
)

// A lab is a network of its own: hosts, each a network namespace with one interface, and between them a wire that this process is. So it sees each
// packet, and may lose it. Nothing leaves it, and nothing of it is left once its processes are gone.
//
//	host 0: e0, 10.99.0.1, fd99::1 ── hub ── host 1: e0, 10.99.0.2, fd99::2 ── …
type lab struct {
	t     *testing.T
	hosts []*exec.Cmd // each holds a namespace; the last one holds the hub's
	ports []int       // packet sockets on the hub's side
	loops sync.WaitGroup
	over  atomic.Bool // the loops end

	mu   sync.Mutex
	lose func(from, to int, p pgm.Packet) bool // guarded by mu: nil loses nothing
	seen map[seenKey]int                       // guarded by mu
	sent map[int]map[ipHeader]int              // guarded by mu: by host and header, the largest
	data []byte                                // guarded by mu: the last ODATA of host 0
}

// An ipHeader is what is looked at of the header of IP before a PGM packet.
type ipHeader struct {
	typ     pgm.Type
	to      netip.Addr
	hops    int
	service int // the type of service, of IPv4
}

// A seenKey is what packets are counted by.
type seenKey struct {
	host int
	typ  pgm.Type
}

// labs says why there can be none; empty where there can. Found out once.
var labs = sync.OnceValue(func() string {
	for _, program := range []string{"ip", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			return "no " + program + " to lay a network with (Debian: iproute2, util-linux)"
		}
	}
	c := exec.Command("true")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if err := c.Run(); err != nil {
		return fmt.Sprintf("network namespaces are not allowed here: %v", err)
	}
	return ""
})

// newLab makes a lab of n hosts.
func newLab(t *testing.T, n int) *lab {
	t.Helper()
	l := holdLab(t, n+1)
	for i := range n {
		l.join(i, n, fmt.Sprintf("h%d", i))
		l.equip(i)
		l.in(n, "ip", "link", "set", fmt.Sprintf("h%d", i), "up", "promisc", "on")
	}
	l.wire(n, l.hosts[n].Process.Pid)
	return l
}

// newPair makes a lab of two hosts that the kernel joins: nothing is seen, or lost, and nothing is in the way.
func newPair(t *testing.T) *lab {
	t.Helper()
	l := holdLab(t, 2)
	l.join(0, 1, "e0")
	l.equip(0)
	l.equip(1)
	return l
}

// holdLab makes a lab of n namespaces with nothing in them.
func holdLab(t *testing.T, n int) *lab {
	l := &lab{t: t, seen: map[seenKey]int{}, sent: map[int]map[ipHeader]int{}}
	t.Cleanup(l.end)
	for range n {
		l.hosts = append(l.hosts, l.hold())
	}
	return l
}

// join lays a cable from e0 of one host to an interface of another.
func (l *lab) join(i, to int, name string) {
	pid := func(host int) string { return fmt.Sprint(l.hosts[host].Process.Pid) }
	l.ip("link", "add", "e0", "netns", pid(i), "type", "veth", "peer", "name", name, "netns", pid(to))
}

// equip gives a host its addresses.
func (l *lab) equip(i int) {
	l.in(i, "ip", "link", "set", "lo", "up")
	l.in(i, "ip", "addr", "add", fmt.Sprintf("10.99.0.%d/24", i+1), "dev", "e0")
	l.in(i, "ip", "-6", "addr", "add", fmt.Sprintf("fd99::%d/64", i+1), "dev", "e0", "nodad")
	l.in(i, "ip", "link", "set", "e0", "up", "multicast", "on")
	l.in(i, "ip", "route", "add", "224.0.0.0/4", "dev", "e0")
}

// hold starts a process that keeps a new network namespace.
func (l *lab) hold() *exec.Cmd {
	c := exec.Command("cat") // it ends with its input, at the latest when this process does
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	_, err := c.StdinPipe()
	require.NoError(l.t, err)
	require.NoError(l.t, c.Start())
	return c
}

// ip runs ip.
func (l *lab) ip(args ...string) {
	out, err := exec.Command("ip", args...).CombinedOutput()
	require.NoError(l.t, err, "ip %s: %s", strings.Join(args, " "), out)
}

// command is a program to run on a host.
func (l *lab) command(host int, words ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"-t", fmt.Sprint(l.hosts[host].Process.Pid), "-n"}, words...)...)
}

// in runs a program on a host.
func (l *lab) in(host int, words ...string) {
	out, err := l.command(host, words...).CombinedOutput()
	require.NoError(l.t, err, "%s: %s", strings.Join(words, " "), out)
}

// wire opens a packet socket for each host, in the hub's namespace, and starts to carry.
func (l *lab) wire(n, hub int) {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // and not unlocked: the thread ends with this goroutine, and takes the namespace with it
		failed <- l.openPorts(n, hub)
	}()
	require.NoError(l.t, <-failed)
	for i := range n {
		l.loops.Add(1)
		go l.carryLoop(i)
	}
}

// openPorts opens the packet sockets. The thread is in another namespace afterwards.
func (l *lab) openPorts(n, hub int) error {
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", hub))
	if err != nil {
		return err
	}
	defer func() { _ = ns.Close() }()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	const all = unix.ETH_P_ALL<<8&0xff00 | unix.ETH_P_ALL>>8
	for i := range n {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, all)
		if err != nil {
			return err
		}
		l.ports = append(l.ports, fd)
		var request unix.Ifreq
		if r, err := unix.NewIfreq(fmt.Sprintf("h%d", i)); err == nil {
			request = *r
		}
		if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, &request); err != nil {
			return err
		}
		err = errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1), // checksums that the sender's kernel leaves to its card stay as they are
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20),
			unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}),
			unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: int(request.Uint32())}),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// carryLoop takes what a host sends to the others.
func (l *lab) carryLoop(from int) {
	defer l.loops.Done()
	buf := make([]byte, 70000)
	for !l.over.Load() {
		n, err := unix.Read(l.ports[from], buf)
		if err != nil || n < 24 {
			continue
		}
		p, h, size, ok := pgmIn(buf[10:n]) // behind the header that PACKET_VNET_HDR adds
		if ok {
			l.note(from, p, h, size, buf[:n]) // before it arrives: else what follows from it could be seen first
		}
		for to := range l.ports {
			if to == from || ok && l.judge(from, to, p) {
				continue
			}
			_, _ = unix.Write(l.ports[to], buf[:n])
		}
	}
}

// note remembers a packet.
func (l *lab) note(from int, p pgm.Packet, h ipHeader, size int, frame []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[seenKey{from, p.Type}]++
	if l.sent[from] == nil {
		l.sent[from] = map[ipHeader]int{}
	}
	l.sent[from][h] = max(l.sent[from][h], size)
	if from == 0 && p.Type == pgm.ODATA {
		l.data = append(l.data[:0], frame...)
	}
}

// again takes the last data of host 0 to another host once more.
func (l *lab) again(to int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := unix.Write(l.ports[to], l.data)
	require.NoError(l.t, err)
}

// headers are those of the packets that a host has sent, with the size of the largest packet of each, that of IP included.
func (l *lab) headers(host int) map[ipHeader]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.sent[host])
}

// judge says whether a packet is lost on its way.
func (l *lab) judge(from, to int, p pgm.Packet) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lose != nil && l.lose(from, to, p)
}

// losing sets what is lost from now on.
func (l *lab) losing(f func(from, to int, p pgm.Packet) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose = f
}

// count is how many packets of a type a host has sent.
func (l *lab) count(host int, typ pgm.Type) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen[seenKey{host, typ}]
}

// pgmIn finds the PGM packet in a frame, raw or within UDP, over IPv4 or IPv6.
func pgmIn(frame []byte) (p pgm.Packet, h ipHeader, size int, ok bool) {
	if len(frame) < 14+36 {
		return p, h, 0, false
	}
	ip, proto := frame[14:], byte(0)
	switch {
	case frame[12] == 0x08 && frame[13] == 0:
		h.service, h.hops, h.to = int(ip[1]), int(ip[8]), netip.AddrFrom4([4]byte(ip[16:]))
		size = min(len(ip), int(ip[2])<<8|int(ip[3]))
		proto, ip = ip[9], ip[int(ip[0]&15)*4:size]
	case frame[12] == 0x86 && frame[13] == 0xdd && len(ip) > 40:
		h.hops, h.to = int(ip[7]), netip.AddrFrom16([16]byte(ip[24:]))
		size = len(ip)
		proto, ip = ip[6], ip[40:]
	}
	switch {
	case proto == 17 && len(ip) > 8:
		ip = ip[8:]
	case proto != 113:
		return p, h, 0, false
	}
	p, err := pgm.Parse(ip)
	h.typ = p.Type
	return p, h, size, err == nil
}

// end stops the wire and the processes that hold namespaces. It does so once.
func (l *lab) end() {
	if l.over.Swap(true) {
		return
	}
	l.loops.Wait()
	for _, fd := range l.ports {
		_ = unix.Close(fd)
	}
	for _, c := range l.hosts {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	}
}
