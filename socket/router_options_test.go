package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestProbeRouter wants the first message of a socket that probes to be an empty one, whoever binds. (libzmq: test_probe_router)
func TestProbeRouter(t *testing.T) {
	for _, typ := range []string{"DEALER", "REQ", "ROUTER"} {
		for _, at := range places {
			for _, routerBinds := range []bool{true, false} {
				ctx := within(t)
				rt := newRuntime(t)
				router := newRouter(t, rt)
				peer, err := socket.Open(rt, typ, socket.ProbeRouter(true), socket.RoutingID("prober"))
				require.NoError(t, err)
				if routerBinds {
					join(t, at.fresh(t), router, peer)
				} else {
					join(t, at.fresh(t), peer, router)
				}
				m, err := router.Recv(ctx)
				require.NoError(t, err)
				same(t, socket.NewMessage("prober", ""), m)
				wantEmpty(t, router)
			}
		}
	}
}

// TestConnectRoutingID names a peer at Connect, and sends to it before it is there. (libzmq: test_connect_rid)
func TestConnectRoutingID(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			ep := inprocName(t)
			switch at.scheme {
			case "tcp":
				ep = nobody(t)
			case "ipc":
				ep = nowhere(t)
			}
			router := newRouter(t, rt, socket.RouterMandatory(true), socket.ReconnectInterval(1))
			_, err := router.Connect(ctx, ep, socket.ConnectRoutingID("it"))
			require.NoError(t, err)
			require.NoError(t, router.TrySend(socket.NewMessage("it", "hello")))
			_, err = router.Connect(ctx, ep, socket.ConnectRoutingID("it"))
			require.ErrorIs(t, err, socket.ErrBadOption, "it is taken")
			dealer := newDealer(t, rt, socket.RoutingID("another name"))
			bind(t, dealer, ep)
			recvText(t, dealer, "hello")
			require.NoError(t, dealer.Send(ctx, socket.NewMessage("hello too")))
			recvText(t, router, "it|hello too")
			require.ErrorIs(t, router.TrySend(socket.NewMessage("another name", "x")), socket.ErrUnroutable)
		})
	}
}

// TestRouterOptionsRefused wants an option that a type does not have to be refused.
func TestRouterOptionsRefused(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	for name, c := range map[string]struct {
		option socket.Option
		has    []string
	}{
		"RouterMandatory": {socket.RouterMandatory(true), []string{"ROUTER"}},
		"RouterHandover":  {socket.RouterHandover(true), []string{"ROUTER"}},
		"RouterRaw":       {socket.RouterRaw(false), []string{"ROUTER"}},
		"RouterNotify":    {socket.RouterNotify(0), []string{"ROUTER"}},
		"HelloMsg":        {socket.HelloMsg("x"), []string{"DEALER", "ROUTER"}},
		"DisconnectMsg":   {socket.DisconnectMsg("x"), []string{"ROUTER"}},
		"HiccupMsg":       {socket.HiccupMsg("x"), []string{"DEALER"}},
		"StreamNotify":    {socket.StreamNotify(true), []string{"STREAM"}},
		"ReqCorrelate":    {socket.ReqCorrelate(true), []string{"REQ"}},
		"ReqRelaxed":      {socket.ReqRelaxed(true), []string{"REQ"}},
		"ProbeRouter":     {socket.ProbeRouter(true), []string{"ROUTER", "DEALER", "REQ"}},
	} {
		for _, row := range socket.Rows() {
			s, err := socket.Open(rt, row.Name, c.option)
			if err != nil {
				require.NotContains(t, c.has, row.Name, name)
				require.ErrorIs(t, err, socket.ErrBadOption)
				continue
			}
			require.Contains(t, c.has, row.Name, name)
			require.NoError(t, s.Close(ctx))
		}
	}
	_, err := newDealer(t, rt).Connect(ctx, nobody(t), socket.ConnectRoutingID("x"))
	require.ErrorIs(t, err, socket.ErrBadOption)
	_, err = newRouter(t, rt).Connect(ctx, nobody(t), socket.ConnectRoutingID(""))
	require.ErrorIs(t, err, socket.ErrBadOption)
}
