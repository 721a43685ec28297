package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/user"
	"slices"
	"strconv"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport"
)

// Incoming is somebody who has connected to a bound endpoint and is not let in yet.
type Incoming struct {
	// Endpoint is what they came to, as Endpoint.String has it.
	Endpoint string
	// Local and Remote are the addresses of the connection, as net.Conn has them.
	Local, Remote net.Addr
	// Credentials are the process on the other side of an ipc connection; nil over tcp, and where the system does not tell.
	Credentials *transport.Credentials
}

// admission decides who is let in. Never changed once a socket has it: see options. The zero value lets everybody in.
type admission struct {
	hooks    []func(context.Context, Incoming) error
	prefixes []netip.Prefix // of tcp; none for all
	pids     []int          // of ipc, as the next two: whom one of them names is let in; all three empty for all
	uids     []int
	gids     []int
}

// AcceptFilter makes f decide who may connect to the socket's bound endpoints, over tcp and ipc: an error turns a peer away before its handshake,
// with EventRefused, which names the peer and has the error. f runs in a goroutine of that connection's own: others are accepted meanwhile, and
// served. Its time counts towards the listener's handshakes; it must return when ctx ends, which it does with the endpoint, or after
// HandshakeInterval. Several filters all have to agree; one that panics turns its peer away; AcceptFilter(nil) takes back those before it. Default
// none. All types. (ZMQ_TCP_ACCEPT_FILTER is TCPAcceptFilter)
func AcceptFilter(f func(ctx context.Context, peer Incoming) error) Option {
	return func(o *options) error {
		if f == nil {
			o.admission.hooks = nil
			return nil
		}
		o.admission.hooks = append(slices.Clip(o.admission.hooks), f)
		return nil
	}
}

// TCPAcceptFilter lets in over tcp only who comes from one of the addresses or networks: "10.0.0.0/8", "fe80::/10", "192.168.1.7", any there are.
// As in libzmq an IPv4 address is an IPv6 one too: "::ffff:10.0.0.0/104" is "10.0.0.0/8", and "::/0" is everybody. Each use adds to those before it; none at all takes them back. Default: from anywhere. Others are turned away with EventRefused.
// (ZMQ_TCP_ACCEPT_FILTER)
func TCPAcceptFilter(networks ...string) Option {
	return func(o *options) error {
		if len(networks) == 0 {
			o.admission.prefixes = nil
		}
		for _, text := range networks {
			p, err := parsePrefix(text)
			if err != nil {
				return badOption("TCPAcceptFilter", text, "an IP address, or a network such as 10.0.0.0/8")
			}
			o.admission.prefixes = append(slices.Clip(o.admission.prefixes), p)
		}
		return nil
	}
}

// parsePrefix reads a network, or an address, which is a network of one.
func parsePrefix(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

// IPCFilterPID lets in over ipc only the processes with one of the ids, and whom IPCFilterUID or IPCFilterGID let in. Each use adds to those before
// it; none at all takes them back. Range 0 or more. Default: everybody. Others are turned away with EventRefused. Linux and macOS only.
// (ZMQ_IPC_FILTER_PID)
func IPCFilterPID(ids ...int) Option {
	return ipcFilter("IPCFilterPID", ids, func(a *admission) *[]int { return &a.pids })
}

// IPCFilterUID lets in over ipc only the processes of one of the users, given by number, and whom IPCFilterPID or IPCFilterGID let in. Each use adds
// to those before it; none at all takes them back. Range 0 or more. Default: everybody. Others are turned away with EventRefused. Linux and macOS
// only. (ZMQ_IPC_FILTER_UID)
func IPCFilterUID(ids ...int) Option {
	return ipcFilter("IPCFilterUID", ids, func(a *admission) *[]int { return &a.uids })
}

// IPCFilterGID lets in over ipc only the processes of one of the groups, given by number, those whose user is a member of one included, and whom
// IPCFilterPID or IPCFilterUID let in. Each use adds to those before it; none at all takes them back. Range 0 or more. Default: everybody. Others are
// turned away with EventRefused. Linux and macOS only. (ZMQ_IPC_FILTER_GID)
func IPCFilterGID(ids ...int) Option {
	return ipcFilter("IPCFilterGID", ids, func(a *admission) *[]int { return &a.gids })
}

// ipcFilter is the option that adds ids to one of the lists.
func ipcFilter(name string, ids []int, list func(*admission) *[]int) Option {
	return func(o *options) error {
		if !transport.HasCredentials {
			return fmt.Errorf("%w: %s: %w on this system", ErrBadOption, name, errors.ErrUnsupported)
		}
		all := list(&o.admission)
		if len(ids) == 0 {
			*all = nil
		}
		for _, id := range ids {
			if id < 0 {
				return badOption(name, id, "0 or more")
			}
			*all = append(slices.Clip(*all), id)
		}
		return nil
	}
}

// admit says why a peer is not let in, or nil.
func (a *admission) admit(ctx context.Context, peer Incoming) error {
	if err := a.admitTCP(peer); err != nil {
		return err
	}
	if err := a.admitIPC(peer); err != nil {
		return err
	}
	for _, hook := range a.hooks {
		if err := actor.Guard(func() error { return hook(ctx, peer) }); err != nil {
			return err
		}
	}
	return nil
}

// admitTCP looks for the peer's address in the networks.
func (a *admission) admitTCP(peer Incoming) error {
	from, ok := peer.Remote.(*net.TCPAddr)
	if !ok || len(a.prefixes) == 0 {
		return nil
	}
	ip := from.AddrPort().Addr().Unmap().WithZone("")
	if !ip.IsValid() {
		return errors.New("its address is not known")
	}
	mapped := netip.AddrFrom16(ip.As16()) // as it stands in a network of IPv6 addresses
	if !slices.ContainsFunc(a.prefixes, func(p netip.Prefix) bool { return p.Contains(ip) || p.Contains(mapped) }) {
		return errors.New("its address is in none of the networks")
	}
	return nil
}

// admitIPC looks for the peer's process, user and groups in the lists. Whom the system does not know is not let in.
func (a *admission) admitIPC(peer Incoming) error {
	if _, ok := peer.Local.(*net.UnixAddr); !ok || len(a.pids)+len(a.uids)+len(a.gids) == 0 {
		return nil
	}
	who := peer.Credentials
	if who == nil {
		return errors.New("the system does not tell who it is")
	}
	if slices.Contains(a.pids, who.PID) || slices.Contains(a.uids, who.UID) || slices.Contains(a.gids, who.GID) || a.hasMember(who.UID) {
		return nil
	}
	return fmt.Errorf("no filter names process %d, user %d or group %d", who.PID, who.UID, who.GID)
}

// hasMember says whether a user belongs to one of the groups by the system's books. Who is in no book belongs to none.
func (a *admission) hasMember(uid int) bool {
	if len(a.gids) == 0 {
		return false
	}
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return false
	}
	groups, err := u.GroupIds()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(a.gids, func(gid int) bool { return slices.Contains(groups, strconv.Itoa(gid)) })
}

// A refusedError is why a peer was not let in.
type refusedError struct {
	peer string // its name
	err  error
}

// Error gives the reason.
func (e *refusedError) Error() string { return fmt.Sprintf("%v: %v", ErrNotAdmitted, e.err) }

// Unwrap returns the sentinel and the reason.
func (e *refusedError) Unwrap() []error { return []error{ErrNotAdmitted, e.err} }

// admitted is what an accepted link's codec opens: conn, once it is let in. It runs in the codec's own goroutine.
func (l *link) admitted(conn net.Conn) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		o := l.endpoint.opts
		if o.handshakeInterval > 0 && len(o.admission.hooks) > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, o.handshakeInterval)
			defer cancel()
		}
		peer := Incoming{Endpoint: l.endpoint.text, Local: conn.LocalAddr(), Remote: conn.RemoteAddr()}
		if who, ok := transport.PeerCredentials(conn); ok {
			peer.Credentials = &who
		}
		name := transport.PeerName(conn)
		if err := o.admission.admit(ctx, peer); err != nil {
			_ = conn.Close()
			return nil, &refusedError{peer: name, err: err}
		}
		return conn, nil
	}
}
