"""Plays scenes that a libzmq monitor tells of, and prints what it told: a line a monitor.

    monitor.py scene NAME        the scene among libzmq's own sockets
    monitor.py read ENDPOINT     connects a PAIR to a monitor that is passed on over tcp, and prints its events until it stops
"""

import socket
import sys

import zmq
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils.monitor import parse_monitor_message

PATIENCE = 60000  # milliseconds: as long as a case may take
NAMES = {int(getattr(zmq, n)): n[len("EVENT_"):] for n in dir(zmq) if n.startswith("EVENT_") and n not in ("EVENT_ALL", "EVENT_ALL_V1", "EVENT_ALL_V2")}
TELLING = ("HANDSHAKE_FAILED_PROTOCOL", "HANDSHAKE_FAILED_AUTH", "BIND_FAILED")  # events whose value is the same everywhere


class Watched:
    """A socket and what its monitor has told."""

    def __init__(self, ctx, kind, **options):
        self.socket = ctx.socket(kind)
        self.socket.linger = 0
        for name, value in options.items():
            setattr(self.socket, name, value)
        self.monitor = self.socket.get_monitor_socket()
        self.monitor.rcvtimeo = PATIENCE
        self.told = []

    def until(self, name, times=1):
        """Reads until an event was told so many times in all."""
        while self.told.count(name) + sum(t.startswith(name + "=") for t in self.told) < times:
            self.told.append(word(parse_monitor_message(self.monitor.recv_multipart())))

    def end(self, name):
        """Stops the monitor, and prints what it told."""
        self.socket.close()
        self.until("MONITOR_STOPPED")
        self.monitor.close()
        print(name, *self.told, flush=True)


def word(event):
    name = NAMES[int(event["event"])]
    return f"{name}={event['value']}" if name in TELLING else name


def bound(ctx, endpoint="tcp://127.0.0.1:*", **options):
    server = Watched(ctx, zmq.PULL, **options)
    server.socket.bind(endpoint)
    server.endpoint = server.socket.last_endpoint.decode().rstrip("\0")
    server.until("LISTENING")
    return server


def connected(ctx, endpoint, **options):
    client = Watched(ctx, zmq.PUSH, reconnect_ivl=20, **options)
    client.socket.connect(endpoint)
    return client


def meet(ctx, endpoint="tcp://127.0.0.1:*"):
    server = bound(ctx, endpoint)
    client = connected(ctx, server.endpoint)
    client.until("HANDSHAKE_SUCCEEDED")
    server.until("HANDSHAKE_SUCCEEDED")
    return server, client


def scene_peer_goes(ctx, endpoint="tcp://127.0.0.1:*"):
    server, client = meet(ctx, endpoint)
    client.end("client")
    server.until("DISCONNECTED")
    server.end("server")


def scene_peer_goes_ipc(ctx):
    scene_peer_goes(ctx, "ipc://*")


def scene_server_goes(ctx):
    server, client = meet(ctx)
    server.end("server")
    client.until("CONNECT_RETRIED", 3)
    client.socket.disable_monitor()
    client.end("client")


def scene_refused(ctx):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    client = connected(ctx, f"tcp://127.0.0.1:{port}")
    client.until("CONNECT_RETRIED", 3)
    client.socket.disable_monitor()
    client.end("client")


def raw(ctx, said, close=False):
    server = bound(ctx)
    host, port = server.endpoint[len("tcp://"):].split(":")
    with socket.create_connection((host, int(port))) as s:
        s.sendall(said)
        if close:
            s.close()
        server.until("DISCONNECTED")
    server.end("server")


GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"NULL" + bytes(16) + b"\0" + bytes(31)


def scene_another_mechanism(ctx):
    raw(ctx, GREETING.replace(b"NULL", b"FOO\0"))


def scene_another_command(ctx):
    raw(ctx, GREETING + b"\x04\x05\x04HELO")


def scene_another_type(ctx):
    raw(ctx, GREETING + b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03PUB")


def scene_end_in_handshake(ctx):
    raw(ctx, b"", close=True)


def scene_wrong_password(ctx):
    guard = ThreadAuthenticator(ctx)
    guard.start()
    guard.configure_plain(domain="*", passwords={"user": "right"})
    server = bound(ctx, plain_server=True, zap_domain=b"test")
    client = connected(ctx, server.endpoint, plain_username=b"user", plain_password=b"wrong")
    server.until("DISCONNECTED")
    client.until("DISCONNECTED")
    client.end("client")
    server.end("server")
    guard.stop()


def scene_bind_failed(ctx):
    other = ctx.socket(zmq.PULL)
    server = Watched(ctx, zmq.PULL)
    try:
        server.socket.bind(f"tcp://127.0.0.1:{other.bind_to_random_port('tcp://127.0.0.1')}")
    except zmq.ZMQError:
        server.until("BIND_FAILED")
    server.told.remove("CLOSED")  # of a descriptor that never listened, at no endpoint
    server.end("server")
    other.close()


def scene_accept_failed(ctx):
    server = bound(ctx, tcp_accept_filter=b"192.0.2.1")
    host, port = server.endpoint[len("tcp://"):].split(":")
    with socket.create_connection((host, int(port))):
        server.until("ACCEPT_FAILED")
    server.end("server")


def read(ctx, endpoint):
    pair = ctx.socket(zmq.PAIR)
    pair.rcvtimeo, pair.linger = PATIENCE, 0
    pair.connect(endpoint)
    while True:
        event = parse_monitor_message(pair.recv_multipart())
        print(word(event), event["endpoint"].decode(), flush=True)
        if event["event"] == zmq.EVENT_MONITOR_STOPPED:
            return


if __name__ == "__main__":
    context = zmq.Context()
    if sys.argv[1] == "read":
        read(context, sys.argv[2])
    else:
        globals()["scene_" + sys.argv[2]](context)
