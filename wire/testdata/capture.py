#!/usr/bin/python3
"""Writes handshake/, mechanism/ and traffic/libzmq-*.hex: what libzmq sends.

The other end of each connection is a plain TCP socket that plays a ZMTP peer
with fixed octets. Needs python3-zmq and libsodium. Run it in this folder; with
names of functions behind it, those alone.
"""

import ctypes
import socket
import struct
import sys
import threading
import time

import zmq
import zmq.utils.z85

TYPES = "PAIR PUB SUB REQ REP DEALER ROUTER PULL PUSH XPUB XSUB".split()
MATCH = {"PAIR": "PAIR", "PUB": "SUB", "SUB": "PUB", "REQ": "REP", "REP": "REQ", "DEALER": "ROUTER",
         "ROUTER": "DEALER", "PULL": "PUSH", "PUSH": "PULL", "XPUB": "SUB", "XSUB": "PUB"}
SIGNATURE = bytes.fromhex("ff00000000000000017f")


def greeting(minor=1, mechanism=b"NULL"):
    return SIGNATURE + bytes([3, minor]) + mechanism.ljust(20, b"\0") + bytes(32)


def prop(name, value):
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value


def ready(kind):
    body = b"\x05READY" + prop(b"Socket-Type", kind.encode())
    return bytes([4, len(body)]) + body


def read(conn, count):
    got = b""
    while len(got) < count:
        piece = conn.recv(count - len(got))
        assert piece, "closed after " + got.hex()
        got += piece
    return got


def read_frame(conn):
    head = read(conn, 2)
    if head[0] & 2:
        head += read(conn, 7)
        return head + read(conn, struct.unpack(">Q", head[1:])[0])
    return head + read(conn, head[1])


class Peer:
    """A connection on which libzmq has told all of its handshake."""

    def __init__(self, kind, minor=1, mechanism=b"NULL", answer=True, **options):
        listener = socket.create_server(("127.0.0.1", 0))
        self.zmq = zmq.Context.instance().socket(getattr(zmq, kind))
        self.zmq.linger = 0
        for name, value in options.items():
            self.zmq.setsockopt(getattr(zmq, name), value)
        self.zmq.connect("tcp://127.0.0.1:%d" % listener.getsockname()[1])
        self.conn, _ = listener.accept()
        self.conn.settimeout(5)
        listener.close()
        # The stages: each part comes only after the part before it was answered.
        hello = greeting(minor, mechanism)
        self.handshake = read(self.conn, 10)
        self.quiet()
        self.conn.sendall(hello[:10])
        self.handshake += read(self.conn, 1)
        self.quiet()
        self.conn.sendall(hello[10:11])
        self.conn.sendall(hello[11:12])
        self.handshake += read(self.conn, 53)
        self.quiet()
        self.conn.sendall(hello[12:])
        if answer:
            self.handshake += read_frame(self.conn)
            self.conn.sendall(ready(MATCH[kind]))

    def quiet(self):
        self.conn.settimeout(0.05)
        try:
            assert False, self.conn.recv(1)
        except socket.timeout:
            self.conn.settimeout(5)

    def frames(self, count):
        return b"".join(read_frame(self.conn) for _ in range(count))

    def close(self):
        self.conn.close()
        self.zmq.close()


def save(name, comment, octets):
    with open(name + ".hex", "w") as f:
        f.write("# %s\n# libzmq %s, written by capture.py\n" % (comment, zmq.zmq_version()))
        for i in range(0, len(octets), 16):
            f.write(octets[i:i + 16].hex(" ") + "\n")


def capture_handshakes():
    for kind in TYPES:
        p = Peer(kind)
        save("handshake/libzmq-" + kind.lower(), "The greeting and READY of a %s." % kind, p.handshake)
        p.close()
    for kind in ("REQ", "DEALER", "ROUTER", "PUSH"):
        p = Peer(kind, IDENTITY=b"weir")
        save("handshake/libzmq-%s-identity" % kind.lower(),
             "The greeting and READY of a %s with the identity weir." % kind, p.handshake)
        p.close()
    p = Peer("DEALER", IDENTITY=b"\x80" * 255)
    save("handshake/libzmq-dealer-longest-identity",
         "The greeting and READY of a DEALER with an identity of 255 octets 80.", p.handshake)
    p.close()
    p = Peer("PUSH", mechanism=b"PLAIN", answer=False, PLAIN_USERNAME=b"user", PLAIN_PASSWORD=b"pass")
    save("handshake/libzmq-plain-greeting", "The greeting of a PUSH that is a PLAIN client.", p.handshake)
    p.close()


def zap_handler():
    """Binds the ZAP handler, as soon as the one before has let go of the name."""
    zap = zmq.Context.instance().socket(zmq.REP)
    while True:
        try:
            zap.bind("inproc://zeromq.zap.01")
            return zap
        except zmq.ZMQError:
            time.sleep(0.01)


def capture_refusal():
    """ZAP turns the peer away: the READY is replaced by an ERROR."""
    zap = zap_handler()

    def refuse():
        version, request = zap.recv_multipart()[:2]
        zap.send_multipart([version, request, b"400", b"no", b"", b""])

    handler = threading.Thread(target=refuse)
    handler.start()
    p = Peer("PUSH", answer=False, ZAP_DOMAIN=b"test")
    octets = p.handshake + read_frame(p.conn)
    handler.join()
    save("handshake/libzmq-error", "The greeting and ERROR of a PUSH whose ZAP handler answered 400.", octets)
    p.close()
    zap.close()


def plain(server):
    """A PUSH that is a PLAIN client, or server, says all it has to say."""
    zap = zap_handler() if server else None
    options = {"PLAIN_SERVER": 1} if server else {"PLAIN_USERNAME": b"admin", "PLAIN_PASSWORD": b"secret"}
    p = Peer("PUSH", mechanism=b"PLAIN", answer=False, **options)
    octets = p.handshake
    if server:
        p.conn.sendall(b"\x04\x13\x05HELLO\x05admin\x06secret")
        version, request = zap.recv_multipart()[:2]
        zap.send_multipart([version, request, b"200", b"OK", b"joe", b""])
        octets += read_frame(p.conn)
        body = b"\x08INITIATE" + prop(b"Socket-Type", b"PULL")
        p.conn.sendall(bytes([4, len(body)]) + body)
    else:
        octets += read_frame(p.conn)
        p.conn.sendall(b"\x04\x08\x07WELCOME")
    octets += read_frame(p.conn)
    if zap:
        zap.close()
    side = "server" if server else "client"
    save("mechanism/libzmq-plain-" + side, "The greeting and commands of a PUSH that is a PLAIN %s." % side, octets)
    p.close()


def capture_messages():
    cases = {
        "empty": [b""],
        "ten": [b"0123456789"],
        "longest-short": [b"s" * 255],
        "shortest-large": [b"L" * 256],
        "multipart": [b"one", b"", b"three", b"f" * 300, b"five"],
    }
    for name, frames in cases.items():
        p = Peer("PUSH")
        p.zmq.send_multipart(frames)
        save("traffic/libzmq-message-" + name, "A PUSH sends a message of %d frame(s)." % len(frames),
             p.frames(len(frames)))
        p.close()
    p = Peer("REQ")
    p.zmq.send(b"hello")
    save("traffic/libzmq-request", "A REQ sends its request hello behind an empty frame.", p.frames(2))
    p.close()


def capture_subscriptions():
    for minor, name in ((1, "commands"), (0, "messages")):
        p = Peer("SUB", minor=minor)
        p.zmq.subscribe(b"")
        p.zmq.subscribe(b"topic")
        p.zmq.subscribe(b"t" * 300)
        p.zmq.unsubscribe(b"topic")
        save("traffic/libzmq-subscription-" + name,
             "A SUB subscribes to the empty topic, topic and 300 times t, and cancels topic; its peer is 3.%d." % minor,
             p.frames(4))
        p.close()


def capture_heartbeats():
    p = Peer("PUSH", HEARTBEAT_IVL=50, HEARTBEAT_TTL=6553500)
    save("traffic/libzmq-ping", "A PING with a time to live of 6553.5 s.", p.frames(1))
    p.close()
    for name, context in (("empty", b""), ("full", b"0123456789abcdef"), ("cut", b"0123456789abcdefghij")):
        p = Peer("PUSH")
        body = b"\x04PING\x00\x00" + context
        p.conn.sendall(bytes([4, len(body)]) + body)
        save("traffic/libzmq-pong-" + name, "The PONG to a PING with a context of %d octets." % len(context), p.frames(1))
        p.close()


def capture_old():
    """What libzmq sends to peers of versions before 3.0, who answer stage by stage."""
    versions = {
        "zmtp2": ("2.0", [SIGNATURE, b"\x01", b"\x08"], bytes([0, 4]) + b"peer"),
        "zmtp1": ("1.0", [SIGNATURE, b"\x00", b"\x08"], bytes([5, 0]) + b"peer"),
        "unversioned": ("1.0 without a version number", [], bytes([5, 0]) + b"peer"),
        "unversioned-long": ("1.0 without a version number, with a length of nine octets",
                             [], bytes.fromhex("ff000000000000000500") + b"peer"),
    }
    for version, (name, stages, identity) in versions.items():
        for kind, own in (("PUSH", b""), ("DEALER", b"weir"), ("SUB", b"")):
            listener = socket.create_server(("127.0.0.1", 0))
            sock = zmq.Context.instance().socket(getattr(zmq, kind))
            sock.linger = 0
            if own:
                sock.setsockopt(zmq.IDENTITY, own)
            sock.connect("tcp://127.0.0.1:%d" % listener.getsockname()[1])
            conn, _ = listener.accept()
            conn.settimeout(5)
            listener.close()
            octets = read(conn, 10)
            for stage in stages:
                conn.sendall(stage)
                if stage != stages[-1]:
                    octets += read(conn, 1)
            conn.sendall(identity)
            octets += read(conn, len(own) + (0 if not stages else 2))
            if kind == "SUB":
                for topic in (b"", b"topic", b"t" * 252, b"t" * 253, b"t" * 256):
                    sock.subscribe(topic)
                sock.unsubscribe(b"topic")
            else:
                for size in (0, 10, 252, 253, 254, 255, 256):
                    sock.send(b"m" * size)
                sock.send_multipart([b"one", b"", b"f" * 300])
            conn.settimeout(0.3)
            try:
                while True:
                    octets += conn.recv(1 << 20)
            except socket.timeout:
                pass
            save("old/libzmq-%s-%s" % (version, kind.lower()),
                 "All that a %s says to a peer of ZMTP %s." % (kind, name), octets)
            conn.close()
            sock.close()


# The keys of libzmq's own tests, in Z85: test_security_curve.cpp.
CLIENT_PUBLIC, CLIENT_SECRET = b"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", b"D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
SERVER_PUBLIC, SERVER_SECRET = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", b"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0


def z85(text):
    return zmq.utils.z85.decode(text)


def box(plain, nonce, public, secret):
    out = ctypes.create_string_buffer(len(plain) + 16)
    assert sodium.crypto_box_easy(out, plain, ctypes.c_ulonglong(len(plain)), nonce, public, secret) == 0
    return out.raw


def unbox(sealed, nonce, public, secret):
    out = ctypes.create_string_buffer(max(len(sealed) - 16, 1))
    assert sodium.crypto_box_open_easy(out, sealed, ctypes.c_ulonglong(len(sealed)), nonce, public, secret) == 0
    return out.raw[:len(sealed) - 16]


def secretbox(plain, nonce, key):
    out = ctypes.create_string_buffer(len(plain) + 16)
    assert sodium.crypto_secretbox_easy(out, plain, ctypes.c_ulonglong(len(plain)), nonce, key) == 0
    return out.raw


def public_of(secret):
    out = ctypes.create_string_buffer(32)
    assert sodium.crypto_scalarmult_base(out, secret) == 0
    return out.raw


def short(prefix, n):
    return prefix + struct.pack(">Q", n)


def command(body):
    return (bytes([4, len(body)]) if len(body) < 256 else b"\x06" + struct.pack(">Q", len(body))) + body


def body_of(frame):
    return frame[9:] if frame[0] & 2 else frame[2:]


# What the peer takes for random octets: its transient secret key first. A peer of Weir's that takes the same says the same.
RANDOM = bytes(range(128))


def curve_messages(p, theirs, secret, letter):
    """libzmq sends messages; the peer makes sure that they are what was sent."""
    sent = [[b"hello"], [b"one", b"", b"f" * 300]]
    octets = b""
    for frames in sent:
        p.zmq.send_multipart(frames)
        for i, frame in enumerate(frames):
            sealed = read_frame(p.conn)
            octets += sealed
            body = body_of(sealed)
            plain = unbox(body[16:], b"CurveZMQMESSAGE" + letter + body[8:16], theirs, secret)
            assert plain == bytes([i < len(frames) - 1]) + frame
    return octets


def curve_client():
    """A PUSH that is a CURVE client, to a server that is played here."""
    p = Peer("PUSH", mechanism=b"CURVE", answer=False, CURVE_PUBLICKEY=CLIENT_PUBLIC, CURVE_SECRETKEY=CLIENT_SECRET,
             CURVE_SERVERKEY=SERVER_PUBLIC)
    hello = read_frame(p.conn)
    body = body_of(hello)
    client = body[80:112]
    assert unbox(body[120:], short(b"CurveZMQHELLO---", 1), client, z85(SERVER_SECRET)) == bytes(64)
    secret, key, cookie_nonce, nonce = RANDOM[:32], RANDOM[32:64], RANDOM[64:80], RANDOM[80:96]
    cookie = cookie_nonce + secretbox(client + secret, b"COOKIE--" + cookie_nonce, key)
    welcome = b"\x07WELCOME" + nonce + box(public_of(secret) + cookie, b"WELCOME-" + nonce, client, z85(SERVER_SECRET))
    p.conn.sendall(command(welcome))
    initiate = read_frame(p.conn)
    body = body_of(initiate)
    assert body[9:105] == cookie
    assert unbox(body[113:], b"CurveZMQINITIATE" + body[105:113], client, secret)[:32] == z85(CLIENT_PUBLIC)
    ready = b"\x05READY" + struct.pack(">Q", 1) + box(prop(b"Socket-Type", b"PULL"), short(b"CurveZMQREADY---", 1), client, secret)
    p.conn.sendall(command(ready))
    save("mechanism/libzmq-curve-client", "The greeting and commands of a PUSH that is a CURVE client.", p.handshake + hello + initiate)
    save("mechanism/libzmq-curve-client-says", "The peer's answers: WELCOME and READY, made with libsodium.", command(welcome) + command(ready))
    save("mechanism/libzmq-curve-client-messages", "Two messages of that PUSH.", curve_messages(p, client, secret, b"C"))
    p.close()


def curve_server():
    """A PUSH that is a CURVE server, to a client that is played here."""
    p = Peer("PUSH", mechanism=b"CURVE", answer=False, CURVE_SERVER=1, CURVE_SECRETKEY=SERVER_SECRET)
    secret, vouch_nonce = RANDOM[:32], RANDOM[32:48]
    own, server = public_of(secret), z85(SERVER_PUBLIC)
    hello = b"\x05HELLO\x01\x00" + bytes(72) + own + struct.pack(">Q", 1) + box(bytes(64), short(b"CurveZMQHELLO---", 1), server, secret)
    p.conn.sendall(command(hello))
    welcome = read_frame(p.conn)
    body = body_of(welcome)
    plain = unbox(body[24:], b"WELCOME-" + body[8:24], server, secret)
    transient, cookie = plain[:32], plain[32:]
    vouch = vouch_nonce + box(own + server, b"VOUCH---" + vouch_nonce, transient, z85(CLIENT_SECRET))
    plain = z85(CLIENT_PUBLIC) + vouch + prop(b"Socket-Type", b"PULL")
    initiate = b"\x08INITIATE" + cookie + struct.pack(">Q", 2) + box(plain, short(b"CurveZMQINITIATE", 2), transient, secret)
    p.conn.sendall(command(initiate))
    ready = read_frame(p.conn)
    body = body_of(ready)
    assert unbox(body[14:], b"CurveZMQREADY---" + body[6:14], transient, secret).endswith(prop(b"Socket-Type", b"PUSH"))
    save("mechanism/libzmq-curve-server", "The greeting and commands of a PUSH that is a CURVE server.", p.handshake + welcome + ready)
    save("mechanism/libzmq-curve-server-says", "The peer's commands: HELLO and INITIATE, made with libsodium.", command(hello) + command(initiate))
    save("mechanism/libzmq-curve-server-messages", "Two messages of that PUSH.", curve_messages(p, transient, secret, b"S"))
    p.close()


def main():
    if len(sys.argv) > 1:
        for name in sys.argv[1:]:
            globals()[name]()
        return
    capture_handshakes()
    capture_messages()
    capture_subscriptions()
    capture_heartbeats()
    capture_old()
    capture_refusal()
    plain(server=False)
    plain(server=True)
    curve_client()
    curve_server()


main()
