package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/weirmq/weir/socket"
)

// peering is a broker that works with others of its kind: `peering me you` in one terminal, `peering you me` in another. Its workers and its clients are
// programs of their own, peeringworkers and peeringclients. Each pair of sockets is one flow; requests of others come to cloudfe, ours go out by cloudbe.
func peering(ctx context.Context, args []string, _ io.Writer) error {
	at, me, peers := peerFlags(flag.NewFlagSet("peering", flag.ExitOnError), args)
	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	localfe, err1 := bound(ctx, rt, socket.NewRouter, at(me, "localfe"))
	localbe, err2 := bound(ctx, rt, socket.NewRouter, at(me, "localbe"))
	cloudfe, err3 := bound(ctx, rt, socket.NewRouter, at(me, "cloud"), socket.RoutingID(me))
	statebe, err4 := bound(ctx, rt, socket.NewPub, at(me, "state"))
	cloudbe, err5 := socket.NewRouter(rt, socket.RoutingID(me))
	statefe, err6 := subscribed(ctx, rt, "")
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return err
	}
	for _, peer := range peers {
		err = errors.Join(err, connectAll(ctx, cloudbe, at(peer, "cloud")), connectAll(ctx, statefe, at(peer, "state")))
	}
	err = errors.Join(err, cloudbe.WaitPeers(ctx, len(peers))) // the guide has you press Enter

	var idle [][]byte // names of our workers; the first has waited longest
	cloud := 0        // how many idle ones another broker has, as one last said
	for err == nil {
		had, from, reply := len(idle), []socket.Socket{localbe, cloudbe, statefe}, socket.Message{}
		if had > 0 {
			from = append(from, cloudfe, localfe)
		} else if cloud > 0 {
			from = append(from, localfe) // what was sent away once is not sent on
		}
		s, m, err1 := next(ctx, from...)
		if err1 != nil {
			return err1
		}
		switch {
		case s == localbe: // worker, "", and READY, or the reply behind its address
			idle, reply = append(idle, m.Frame(0)), m.Tail(2)
		case s == cloudbe: // broker, client, "", reply
			reply = m.Tail(1)
		case s == statefe: // broker, number of its idle workers
			cloud, err = strconv.Atoi(string(m.Frame(1)))
		case had > 0: // client, "", request; or with a broker before it
			idle, err = idle[1:], localbe.Send(ctx, m.Prepend(idle[0], nil))
		default:
			err = cloudbe.SendTo(ctx, []byte(peers[rand.IntN(len(peers))]), m)
		}
		if slices.Contains(peers, string(reply.Frame(0))) {
			err = cloudfe.Send(ctx, reply)
		} else if reply.Len() > 1 { // READY is one frame
			err = localfe.Send(ctx, reply)
		}
		if err == nil && len(idle) != had {
			err = statebe.Send(ctx, socket.NewMessage(me, strconv.Itoa(len(idle))))
		}
	}
	return err
}
