package socket

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/weirmq/weir/actor"
)

// A Snapshot is a picture of all that a runtime supervises. Its names in JSON are stable.
type Snapshot struct {
	// Time is when it was taken.
	Time time.Time `json:"time"`
	// Actors are the top of the tree, in the order they were started: I/O actors, sockets, proxies, and the reaper.
	Actors []Node `json:"actors"`
}

// The kinds of a Node.
const (
	KindWorker   = "worker"   // an I/O actor; below it are listeners and dialers
	KindListener = "listener" // of a bound endpoint; below it are the codecs of accepted connections
	KindDialer   = "dialer"   // of a connected endpoint; below it is its codec
	KindCodec    = "codec"    // one connection
	KindSocket   = "socket"   // below it are its pipes
	KindPipe     = "pipe"     // one peer
	KindProxy    = "proxy"
	KindReaper   = "reaper" // watches closing sockets
)

// A Node is one actor, with what is known of what it does.
type Node struct {
	// Name is the actor's name, Path its path, Kind what it is.
	Name string `json:"name"`
	Path string `json:"path"`
	Kind string `json:"kind"`
	// Restarts counts its instances after the first; LastError is what one failed with last: of a dialer's codec why its connection was lost, or could not
	// be made. Empty for never.
	Restarts  int    `json:"restarts"`
	LastError string `json:"last_error,omitempty"`
	// Waiting is how many messages wait for the actor itself: words of control, not those of applications.
	Waiting int `json:"waiting"`
	// Socket and Endpoint name those that listeners, dialers, codecs and pipes belong to.
	Socket   string `json:"socket,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
	// Worker, Stats, Peer and Proxy are the accounts of the kinds that have any; nil for others, and for what has just gone. Of a socket, its peers
	// are below it.
	Worker *WorkerStats     `json:"worker,omitempty"`
	Stats  *Stats           `json:"stats,omitempty"`
	Peer   *PeerStats       `json:"peer,omitempty"`
	Proxy  *ProxyStatistics `json:"proxy,omitempty"`
	// Children are the actors below it, in the order they were started.
	Children []Node `json:"children,omitempty"`
}

// Snapshot takes a picture of the supervision tree. It asks no actor, so it answers at once, whatever they do; what comes and goes meanwhile is in it or
// not.
func (rt *Runtime) Snapshot() Snapshot {
	b := snapshotBook{workers: rt.Workers(), sockets: map[string]*socket{}, proxies: map[string]*proxyState{}}
	rt.mu.Lock()
	for s := range rt.sockets {
		b.sockets[s.name] = s
	}
	maps.Copy(b.proxies, rt.proxies)
	rt.mu.Unlock()
	snap := Snapshot{Time: time.Now()}
	for _, n := range rt.sys.Tree() {
		if !b.gone(n) {
			snap.Actors = append(snap.Actors, b.top(n))
		}
	}
	return snap
}

// A snapshotBook is what a snapshot looks up.
type snapshotBook struct {
	workers []WorkerStats
	sockets map[string]*socket
	proxies map[string]*proxyState
}

// gone says whether a top-level actor is that of a socket that has closed: whoever has waited for its Close does not find it, though the actor may have yet
// to stop.
func (b *snapshotBook) gone(n actor.Node) bool {
	name, ok := strings.CutPrefix(n.Name, "socket/")
	return ok && b.sockets[name] == nil
}

// nodeOf is what the kernel knows of an actor.
func nodeOf(n actor.Node, kind string) Node {
	node := Node{Name: n.Name, Path: n.Path, Kind: kind, Restarts: n.Restarts, Waiting: n.Waiting}
	if n.LastError != nil {
		node.LastError = n.LastError.Error()
	}
	return node
}

// top describes a top-level actor and all below it.
func (b *snapshotBook) top(n actor.Node) Node {
	kind, rest, _ := strings.Cut(n.Name, "/")
	switch kind {
	case "io":
		return b.worker(n, rest)
	case "socket":
		return b.socket(n, rest)
	case "proxy":
		node := nodeOf(n, KindProxy)
		if p := b.proxies[n.Name]; p != nil {
			st := p.counts()
			node.Proxy = &st
		}
		return node
	default:
		return nodeOf(n, kind)
	}
}

// worker describes an I/O actor, its tasks and their codecs.
func (b *snapshotBook) worker(n actor.Node, id string) Node {
	node := nodeOf(n, KindWorker)
	if i, err := strconv.Atoi(id); err == nil && i < len(b.workers) {
		node.Worker = &b.workers[i]
	}
	for _, t := range n.Children {
		kind, label, _ := strings.Cut(t.Name, "/")
		task := nodeOf(t, kind)
		task.Socket, task.Endpoint = splitLabel(label)
		for _, c := range t.Children {
			k := nodeOf(c, KindCodec)
			k.Socket, k.Endpoint = task.Socket, task.Endpoint
			task.Children = append(task.Children, k)
		}
		node.Children = append(node.Children, task)
	}
	return node
}

// splitLabel is the socket and the endpoint in an endpoint's label: see Endpoint.label.
func splitLabel(label string) (socket, endpoint string) {
	socket, endpoint, _ = strings.Cut(label, "/")
	if i := strings.LastIndexByte(endpoint, '#'); i >= 0 {
		endpoint = endpoint[:i]
	}
	return socket, endpoint
}

// socket describes a socket and its pipes.
func (b *snapshotBook) socket(n actor.Node, name string) Node {
	node := nodeOf(n, KindSocket)
	node.Socket = name
	peers := map[string]PeerStats{}
	if s := b.sockets[name]; s != nil {
		st := s.stats.read(s)
		s.stats.each(func(p *pipe) { peers["pipe/"+p.name] = p.stats(st.Time) })
		st.Peers = nil
		node.Stats = &st
	}
	for _, c := range n.Children {
		p := nodeOf(c, KindPipe)
		p.Socket = name
		if ps, ok := peers[c.Name]; ok {
			p.Endpoint, p.Peer = ps.Endpoint, &ps
		}
		node.Children = append(node.Children, p)
	}
	return node
}

// each calls f for each pipe that there is.
func (b *statsBook) each(f func(*pipe)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.pipes {
		f(p)
	}
}
