"""guide.py: what the ZeroMQ guide's programs do, in pyzmq: one of them, at the endpoints it is told.

    guide.py PROGRAM [ARGUMENT]...

Each function that is named in PROGRAMS plays the program of that name, or a part of it. One whose work comes to an end ends with status 0, if everything it
received was as it should be.
"""

import random
import sys
import threading
import time

import zmq

CONTEXT = zmq.Context()
SAYING = threading.Lock()


def sock(kind, bind=None, connect=None, name=None, topic=None):
    """sock makes a socket, bound or connected."""
    s = CONTEXT.socket(kind)
    s.setsockopt(zmq.RECONNECT_IVL, 20)
    if name:
        s.setsockopt(zmq.IDENTITY, name.encode())
    if topic is not None:
        s.setsockopt(zmq.SUBSCRIBE, topic.encode())
    if bind:
        s.bind(bind)
    if connect:
        s.connect(connect)
    return s


def say(text):
    """say prints a line."""
    with SAYING:  # print writes the end of the line by itself, and threads come in between
        print(text, flush=True)


def expect(got, want):
    """expect ends the program where something is not as it should be."""
    if got != want:
        raise SystemExit(f"got {got!r}, want {want!r}")


def printable():
    """printable is a name that people can read."""
    return f"{random.randrange(0x10000):04X}-{random.randrange(0x10000):04X}"


def each(n, work):
    """each runs work in so many threads, and waits for them."""
    threads = [threading.Thread(target=work, daemon=True) for _ in range(int(n))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def answer(rep):
    """answer answers each Hello with World."""
    while True:
        expect(rep.recv(), b"Hello")
        rep.send(b"World")


def hwserver(at):
    answer(sock(zmq.REP, bind=at))


def rrworker(at):
    answer(sock(zmq.REP, connect=at))


def hwclient(at):
    req = sock(zmq.REQ, connect=at)
    for n in range(10):
        req.send(b"Hello")
        expect(req.recv(), b"World")
        say(f"Received World {n}")


def rrclient(at):
    req = sock(zmq.REQ, connect=at)
    for n in range(10):
        req.send(b"Hello")
        say(f"Received reply {n} [{req.recv().decode()}]")


def rrbroker(front, back):
    frontend, backend = sock(zmq.ROUTER, bind=front), sock(zmq.DEALER, bind=back)
    poller = zmq.Poller()
    poller.register(frontend, zmq.POLLIN)
    poller.register(backend, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if frontend in ready:
            backend.send_multipart(frontend.recv_multipart())
        if backend in ready:
            frontend.send_multipart(backend.recv_multipart())


def msgqueue(front, back):
    zmq.proxy(sock(zmq.ROUTER, bind=front), sock(zmq.DEALER, bind=back))


def mtserver(at):
    clients, workers = sock(zmq.ROUTER, bind=at), sock(zmq.DEALER, bind="inproc://workers")
    for _ in range(5):
        threading.Thread(target=rrworker, args=("inproc://workers",), daemon=True).start()
    zmq.proxy(clients, workers)


def wuserver(at, zipcode=None):
    pub = sock(zmq.PUB, bind=at)
    while True:
        for _ in range(100):
            where = zipcode or f"{random.randrange(100000):05d}"
            pub.send_string(f"{where} {random.randrange(-80, 135)} {random.randrange(10, 60)}")
        time.sleep(0.001)  # there are other programs


def wuclient(at, topic):
    sub = sock(zmq.SUB, connect=at, topic=topic)
    total = 0
    for _ in range(20):
        zipcode, temperature, _ = sub.recv_string().split()
        expect(zipcode.startswith(topic), True)
        total += int(temperature)
    say(f"Average temperature for zipcode '{topic}' was {total // 20}F")


def psenvpub(at):
    pub = sock(zmq.PUB, bind=at)
    while True:
        pub.send_multipart([b"A", b"We don't want to see this"])
        pub.send_multipart([b"B", b"We would like to see this"])
        time.sleep(0.005)  # there are other programs


def psenvsub(at):
    sub = sock(zmq.SUB, connect=at, topic="B")
    while True:
        address, contents = sub.recv_multipart()
        say(f"[{address.decode()}] {contents.decode()}")


def syncpub(at, reports, subscribers, n):
    """syncpub is an XPUB in place of a PUB: it can see that a subscription has come, where the guide's sleeps."""
    pub, rep = sock(zmq.XPUB), sock(zmq.REP, bind=reports)
    pub.setsockopt(zmq.XPUB_VERBOSE, 1)
    pub.setsockopt(zmq.SNDHWM, 0)
    pub.bind(at)
    for _ in range(int(subscribers)):
        expect(rep.recv(), b"")
        rep.send(b"")
        expect(pub.recv(), b"\x01")
    for _ in range(int(n)):
        pub.send(b"Rhubarb")
    pub.send(b"END")


def syncsub(at, reports):
    sub, req = sock(zmq.SUB), sock(zmq.REQ, connect=reports)
    sub.setsockopt(zmq.RCVHWM, 0)
    sub.setsockopt(zmq.SUBSCRIBE, b"")
    sub.connect(at)
    req.send(b"")
    req.recv()
    updates = 0
    while sub.recv() != b"END":
        updates += 1
    say(f"Received {updates} updates")


def taskvent(source, sink, n):
    sender, begin = sock(zmq.PUSH, bind=source), sock(zmq.PUSH, connect=sink)
    begin.send(b"0")
    for _ in range(int(n)):
        sender.send(b"1")


def work(task, sink):
    """work does one task."""
    time.sleep(int(task) / 1000)
    sink.send(b"")


def taskwork(source, sink):
    receiver, sender = sock(zmq.PULL, connect=source), sock(zmq.PUSH, connect=sink)
    while True:
        work(receiver.recv(), sender)


def taskwork2(source, sink, control):
    receiver, sender = sock(zmq.PULL, connect=source), sock(zmq.PUSH, connect=sink)
    controller = sock(zmq.SUB, connect=control, topic="")
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)
    poller.register(controller, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if receiver in ready:
            work(receiver.recv(), sender)
        if controller in ready:
            return


def collect(receiver, n):
    """collect takes one batch. The first result may overtake the beginning, which comes over another connection."""
    got = [receiver.recv() for _ in range(1 + int(n))]
    expect(sorted(got), [b""] * int(n) + [b"0"])
    say("Total elapsed time: none of a twin's business")


def tasksink(at, n):
    collect(sock(zmq.PULL, bind=at), n)


def tasksink2(at, control, n):
    """tasksink2 says KILL until it is killed: a PUB cannot tell whether somebody hears it."""
    receiver, controller = sock(zmq.PULL, bind=at), sock(zmq.PUB, bind=control)
    collect(receiver, n)
    while True:
        controller.send(b"KILL")
        time.sleep(0.005)


def mtrelay(step, second, third):
    if step == "1":
        sock(zmq.PAIR, connect=second).send(b"READY")
    if step == "2":
        expect(sock(zmq.PAIR, bind=second).recv(), b"READY")
        sock(zmq.PAIR, connect=third).send(b"READY")
    if step == "3":
        expect(sock(zmq.PAIR, bind=third).recv(), b"READY")
        say("Test successful!")


def identity_sink(at):
    router = sock(zmq.ROUTER, bind=at)
    for _ in range(2):
        for frame in router.recv_multipart():
            text = frame.hex().upper() if frame[:1] == b"\0" else frame.decode()
            say(f"[{len(frame):03d}] {text}")


def identity_peers(at):
    anonymous, identified = sock(zmq.REQ, connect=at), sock(zmq.REQ, connect=at, name="PEER2")
    anonymous.send(b"ROUTER uses a generated 5 byte identity")
    identified.send(b"ROUTER socket uses REQ's socket identity")


def boss(at, workers, n):
    router = sock(zmq.ROUTER, bind=at)
    for i in range(int(n) + int(workers)):
        name, empty, word = router.recv_multipart()
        expect((empty, word), (b"", b"Hi Boss"))
        router.send_multipart([name, b"", b"Work harder" if i < int(n) else b"Fired!"])


def workers_req(at, workers):
    def toil():
        req, total = sock(zmq.REQ, connect=at, name=printable()), 0
        while True:
            req.send(b"Hi Boss")
            if req.recv() == b"Fired!":
                return say(f"Completed: {total} tasks")
            total += 1

    each(workers, toil)


def workers_dealer(at, workers):
    def toil():
        dealer, total = sock(zmq.DEALER, connect=at, name=printable()), 0
        while True:
            dealer.send_multipart([b"", b"Hi Boss"])
            empty, word = dealer.recv_multipart()
            expect(empty, b"")
            if word == b"Fired!":
                return say(f"Completed: {total} tasks")
            total += 1

    each(workers, toil)


def lb_broker(front, back, n):
    frontend, backend, idle, left = sock(zmq.ROUTER, bind=front), sock(zmq.ROUTER, bind=back), [], int(n)
    while left:
        ready = dict(zmq_poll([backend] + [frontend] * bool(idle)))
        if backend in ready:
            worker, empty, *rest = backend.recv_multipart()
            expect(empty, b"")
            idle.append(worker)
            if rest != [b"READY"]:
                frontend.send_multipart(rest)
                left -= 1
        if frontend in ready:
            backend.send_multipart([idle.pop(0), b""] + frontend.recv_multipart())


def zmq_poll(sockets):
    """zmq_poll waits until something can be received."""
    poller = zmq.Poller()
    for s in sockets:
        poller.register(s, zmq.POLLIN)
    return poller.poll()


def lb_clients(front, n):
    def ask():
        req = sock(zmq.REQ, connect=front, name=printable())
        req.send(b"HELLO")
        say("Client: " + req.recv().decode())

    each(n, ask)


def lb_workers(back, n):
    def serve():
        req = sock(zmq.REQ, connect=back, name=printable())
        req.send(b"READY")
        while True:
            client, empty, request = req.recv_multipart()
            expect((empty, request), (b"", b"HELLO"))
            req.send_multipart([client, b"", b"OK"])

    each(n, serve)


def async_server(at):
    def serve():
        dealer = sock(zmq.DEALER, connect="inproc://backend")
        while True:
            name, content = dealer.recv_multipart()
            for _ in range(random.randrange(5)):
                dealer.send_multipart([name, content])

    frontend, backend = sock(zmq.ROUTER, bind=at), sock(zmq.DEALER, bind="inproc://backend")
    for _ in range(5):
        threading.Thread(target=serve, daemon=True).start()
    zmq.proxy(frontend, backend)


def async_clients(at):
    def ask():
        name, n = printable(), 0
        dealer = sock(zmq.DEALER, connect=at, name=name)
        while True:
            n += 1
            dealer.send_string(f"request #{n}")
            while dealer.poll(5):
                say(f"{name}: {dealer.recv_string()}")

    each(3, ask)


def peering_at(directory, who, what):
    return f"ipc://{directory}{who}-{what}.ipc"


def peering_workers(directory, n, me):
    def serve():
        req = sock(zmq.REQ, connect=peering_at(directory, me, "localbe"))
        req.send(b"\x01")
        while True:
            req.send_multipart(req.recv_multipart())

    for _ in range(int(n)):
        threading.Thread(target=serve, daemon=True).start()
    while True:
        time.sleep(60)


def peering_clients(directory, n, me):
    def ask():
        req, reports = sock(zmq.REQ, connect=peering_at(directory, me, "localfe")), sock(zmq.PUSH, connect=peering_at(directory, me, "monitor"))
        while True:
            task = f"{random.randrange(0x10000):04X}"
            req.send_string(task)
            expect(req.recv_string(), task)
            reports.send_string(task)
            time.sleep(0.002)

    reports = sock(zmq.PULL, bind=peering_at(directory, me, "monitor"))
    for _ in range(int(n)):
        threading.Thread(target=ask, daemon=True).start()
    while True:
        say(reports.recv_string())


def peering(directory, me, *peers):
    def at(who, what):
        return peering_at(directory, who, what)

    def send_away(m):
        while True:
            try:
                return cloudbe.send_multipart([random.choice(peers).encode()] + m)
            except zmq.ZMQError as problem:  # a broker may have said what it has before cloudbe has met it
                if problem.errno != zmq.EHOSTUNREACH:
                    raise
                time.sleep(0.005)

    localfe, localbe = sock(zmq.ROUTER, bind=at(me, "localfe")), sock(zmq.ROUTER, bind=at(me, "localbe"))
    cloudfe, cloudbe = sock(zmq.ROUTER, bind=at(me, "cloud"), name=me), sock(zmq.ROUTER, name=me)
    statebe, statefe = sock(zmq.PUB, bind=at(me, "state")), sock(zmq.SUB, topic="")
    cloudbe.setsockopt(zmq.ROUTER_MANDATORY, 1)
    idle, cloud = [], 0
    for peer in peers:
        cloudbe.connect(at(peer, "cloud"))
        statefe.connect(at(peer, "state"))
    while True:
        had, m = len(idle), None
        front = [cloudfe, localfe] if idle else [localfe] if cloud else []
        ready = dict(zmq_poll([localbe, cloudbe, statefe] + front))
        if localbe in ready:
            worker, _, *m = localbe.recv_multipart()
            idle.append(worker)
        elif cloudbe in ready:
            m = cloudbe.recv_multipart()[1:]
        if m and m != [b"\x01"]:
            (cloudfe if m[0].decode("latin1") in peers else localfe).send_multipart(m)
        if statefe in ready:
            cloud = int(statefe.recv_multipart()[1])
        if idle and cloudfe in ready:
            localbe.send_multipart([idle.pop(0), b""] + cloudfe.recv_multipart())
        if (idle or cloud) and localfe in ready:
            m = localfe.recv_multipart()
            if idle:
                localbe.send_multipart([idle.pop(0), b""] + m)
            else:
                send_away(m)
        if len(idle) != had:
            statebe.send_multipart([me.encode(), str(len(idle)).encode()])


def espresso_publisher(at):
    pub = sock(zmq.PUB, bind=at)
    while True:
        pub.send_string(f"{random.choice('ABCDEFGHIJ')}-{random.randrange(100000):05d}")
        time.sleep(0.001)


def espresso_proxy(source, outlet):
    def listen():
        pair = sock(zmq.PAIR, connect="inproc://listener")
        while True:
            frame = pair.recv()
            say('"' + repr(frame)[2:-1] + '"')

    capture = sock(zmq.PAIR, bind="inproc://listener")
    threading.Thread(target=listen, daemon=True).start()
    zmq.proxy(sock(zmq.XSUB, connect=source), sock(zmq.XPUB, bind=outlet), capture)


def espresso_subscriber(outlet):
    sub = sock(zmq.SUB, connect=outlet, topic="A")
    sub.setsockopt(zmq.SUBSCRIBE, b"B")
    for _ in range(5):
        expect(sub.recv()[:1] in b"AB", True)


def lvcache_publisher(at):
    """lvcache_publisher publishes once, when the cache has subscribed."""
    pub = sock(zmq.XPUB, bind=at)
    expect(pub.recv(), b"\x01")
    for value in (b"first", b"last"):
        pub.send_multipart([b"topic", value])
    pub.recv()


def lvcache_subscriber(at):
    """lvcache_subscriber comes again until there is something in the cache."""
    while True:
        sub = sock(zmq.SUB, connect=at, topic="topic")
        if sub.poll(100):
            topic, value = sub.recv_multipart()
            expect(topic, b"topic")
            if value == b"last":
                return
        sub.close()


def wuproxy(source, outlet):
    zmq.proxy(sock(zmq.XSUB, connect=source), sock(zmq.XPUB, bind=outlet))


PROGRAMS = [
    hwserver, hwclient, mtserver, rrclient, rrworker, rrbroker, msgqueue, wuserver, wuclient, wuproxy, psenvpub, psenvsub, syncpub, syncsub,
    taskvent, taskwork, tasksink, taskwork2, tasksink2, mtrelay, identity_sink, identity_peers, boss, workers_req, workers_dealer,
    lb_broker, lb_clients, lb_workers, async_server, async_clients, peering, peering_workers, peering_clients, espresso_publisher, espresso_proxy, espresso_subscriber,
    lvcache_publisher, lvcache_subscriber,
]

if __name__ == "__main__":
    {f.__name__: f for f in PROGRAMS}[sys.argv[1]](*sys.argv[2:])
    CONTEXT.destroy()  # sends what is queued first
