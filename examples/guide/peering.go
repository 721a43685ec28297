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
// programs of their own, peeringworkers and peeringclients, which the guide has in one with it: here each is short enough to be read in one go. Each pair of
// sockets is one flow; requests of others come to cloudfe, ours go out by cloudbe.
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
		_, err1 := cloudbe.Connect(ctx, at(peer, "cloud"))
		_, err2 := statefe.Connect(ctx, at(peer, "state"))
		err = errors.Join(err, err1, err2)
	}
	err = errors.Join(err, cloudbe.WaitPeers(ctx, len(peers))) // the guide has you press Enter

	var idle [][]byte // names of our workers; the first has waited longest
	cloud := 0        // how many idle ones another broker has, as one last said
	workers, brokers, states := localbe.RecvChan(ctx), cloudbe.RecvChan(ctx), statefe.RecvChan(ctx)
	clients, others := localfe.RecvChan(ctx), cloudfe.RecvChan(ctx)
	for err == nil {
		had, request, reply := len(idle), socket.Message{}, socket.Message{}
		select {
		case m := <-workers: // worker, "", and READY, or the reply behind its address
			idle, reply = append(idle, m.Frame(0)), m.Tail(2)
		case m := <-brokers: // broker, client, "", reply
			reply = m.Tail(1)
		case m := <-states: // broker, number of its idle workers
			cloud, err = strconv.Atoi(string(m.Frame(m.Len() - 1)))
		case request = <-when(had > 0 || cloud > 0, clients): // client, "", request
		case request = <-when(had > 0, others): // the same with a broker before it: what was sent away once is not sent on
		}
		switch {
		case ctx.Err() != nil: // the channels are closed
			return ctx.Err()
		case request.Len() > 1 && had > 0:
			idle, err = idle[1:], localbe.Send(ctx, request.Prepend(idle[0], nil))
		case request.Len() > 1:
			err = cloudbe.SendTo(ctx, []byte(peers[rand.IntN(len(peers))]), request)
		case slices.Contains(peers, string(reply.Frame(0))):
			err = cloudfe.Send(ctx, reply)
		case reply.Len() > 1: // READY is one frame
			err = localfe.Send(ctx, reply)
		}
		if err == nil && len(idle) != had {
			err = statebe.Send(ctx, socket.NewMessage(me, strconv.Itoa(len(idle))))
		}
	}
	return err
}
