"""multicast.py pub|xpub|sub|xsub ENDPOINT [option=value ...]: a libzmq socket over pgm or epgm that is told what to do on its standard input.

A publisher says "up", and then obeys "send FIRST LAST SIZE PARTS" (saying "sent") and "close". A subscriber says "up", and then a line for each message:
"m NUMBER SIZE PARTS". The body of message 7 begins with "7:" and is filled with dots; of several parts it is the last, behind empty ones."""
import sys
import threading

import zmq

role, endpoint = sys.argv[1], sys.argv[2]
context = zmq.Context()
s = context.socket(getattr(zmq, role.upper()))
s.setsockopt(zmq.SNDHWM, 0)
s.setsockopt(zmq.RCVHWM, 0)
for a in sys.argv[3:]:
    name, value = a.split("=")
    s.setsockopt(getattr(zmq, name.upper()), int(value))
if role == "sub":
    s.setsockopt(zmq.SUBSCRIBE, b"")


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def receive():
    while True:
        try:
            m = s.recv_multipart()
        except zmq.ZMQError:
            return
        say("m %s %d %d" % (m[-1].split(b":")[0].decode(), len(m[-1]), len(m)))


if role in ("pub", "xpub"):
    s.bind(endpoint)
    say("up")
    for line in sys.stdin:
        words = line.split()
        if words[0] == "close":
            break
        first, last, size, parts = map(int, words[1:])
        for i in range(first, last + 1):
            s.send_multipart([b""] * (parts - 1) + [(b"%d:" % i).ljust(size, b".")])
        say("sent")
else:
    s.connect(endpoint)
    say("up")
    threading.Thread(target=receive, daemon=True).start()
    sys.stdin.read()
sys.stdout.flush()
import os
os._exit(0)
