"""proxy.py: libzmq's own proxy, by pyzmq.

    proxy.py FRONTEND ENDPOINT BACKEND ENDPOINT [CAPTURE ENDPOINT] [control ENDPOINT]

It binds a socket of each type that is named, and a PAIR where it is to be steered, and prints where. TERMINATE ends it, with status 0.
"""

import sys

import zmq

CONTEXT = zmq.Context()


def bound(kind, at):
    """bound makes a socket, and says where it is."""
    s = CONTEXT.socket(getattr(zmq, kind.upper()))
    s.bind(at)
    print("bound", s.getsockopt_string(zmq.LAST_ENDPOINT), flush=True)
    return s


def main(args):
    """main runs the proxy."""
    sockets, control = [], None
    for kind, at in zip(args[::2], args[1::2]):
        if kind == "control":
            control = bound("PAIR", at)
        else:
            sockets.append(bound(kind, at))
    if control:
        zmq.proxy_steerable(*(sockets + [None])[:3], control)
    else:
        zmq.proxy(*sockets)
    CONTEXT.destroy()


main(sys.argv[1:])
