"""peer.py: one pyzmq socket under remote control: the protocol of peer.c, with those of its commands that a first look needs.

    peer.py TYPE [OPTION=VALUE]...
"""

import sys
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

# OPTIONS are the options that a peer can be given.
OPTIONS = {"reconnect": zmq.RECONNECT_IVL, "nodrop": zmq.XPUB_NODROP, "sndhwm": zmq.SNDHWM, "rcvhwm": zmq.RCVHWM}

# EVENTS are the events of the monitor that tests wait for.
EVENTS = {"HANDSHAKE": zmq.EVENT_HANDSHAKE_SUCCEEDED, "DISCONNECTED": zmq.EVENT_DISCONNECTED}


def frame(word):
    """frame makes bytes of a word."""
    return b"" if word == "-" else bytes.fromhex(word[1:])


def word(data):
    """word writes bytes as a word."""
    return "x" + data.hex() if data else "-"


class Peer:
    """Peer is the socket, its monitor and the commands. Each method named do_X carries out the command X and returns the rest of its report."""

    def __init__(self, kind, options):
        self.context = zmq.Context()
        self.socket = self.context.socket(getattr(zmq, kind))
        for option in options:
            name, value = option.split("=")
            if name == "id":
                self.socket.setsockopt(zmq.ROUTING_ID, value.encode())
            else:
                self.socket.setsockopt(OPTIONS[name], int(value))
        self.monitor = self.socket.get_monitor_socket()
        self.seen = {}

    def do_bind(self, endpoint):
        self.socket.bind(endpoint)
        return self.socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def do_connect(self, endpoint):
        self.socket.connect(endpoint)

    def do_subscribe(self, topic):
        self.socket.setsockopt(zmq.SUBSCRIBE, frame(topic))

    def do_send(self, ms, *words):
        self.socket.setsockopt(zmq.SNDTIMEO, int(ms))
        self.socket.send_multipart([frame(w) for w in words])

    def do_recv(self, ms):
        self.socket.setsockopt(zmq.RCVTIMEO, int(ms))
        return " ".join(word(f) for f in self.socket.recv_multipart())

    def do_pulse(self, topic):
        commands = zmq.Poller()
        commands.register(0, zmq.POLLIN)
        count = 0
        while not commands.poll(2):
            self.socket.send(frame(topic))
            count += 1
        return str(count)

    def do_wait(self, event, count, ms):
        deadline = time.monotonic() + int(ms) / 1000
        while self.seen.get(EVENTS[event], 0) < int(count):
            if not self.monitor.poll(max(0, 1000 * (deadline - time.monotonic()))):
                raise TimeoutError(event)
            kind = recv_monitor_message(self.monitor)["event"]
            self.seen[kind] = self.seen.get(kind, 0) + 1
        self.socket.getsockopt(zmq.EVENTS)
        return str(self.seen[EVENTS[event]])


def main():
    """main obeys until the end of its input."""
    peer = Peer(sys.argv[1], sys.argv[2:])
    print("ready", zmq.zmq_version(), flush=True)
    with open(0, "rb", buffering=0) as commands:
        for line in iter(commands.readline, b""):
            name, *words = line.decode().split()
            try:
                print("ok", getattr(peer, "do_" + name)(*words) or "", flush=True)
            except (zmq.ZMQError, TimeoutError, AttributeError) as problem:
                print("err", name, problem, flush=True)
    peer.context.destroy(linger=0)


main()
