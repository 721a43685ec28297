/* monitor_v2.c plays scenes that a libzmq monitor tells of in version 2 of its frames, which is a draft: that of npm's zeromq has it. It is a module of node,
 * since that libzmq lives in another one, and is linked against it: VERSION=2 TYPE=PAIR SCENE=meet node -e 'require("…")'. It prints the endpoint, and
 * each message that a monitor sends: whose it is, and its frames in hexadecimal. */
#define ZMQ_BUILD_DRAFT_API
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static void *context;
static int version;

/* need ends the program where something has failed. */
static void need (int ok, const char *what)
{
    if (!ok) {
        fprintf (stderr, "%s: %s\n", what, zmq_strerror (zmq_errno ()));
        exit (1);
    }
}

/* A watched is a socket and who reads its monitor. */
typedef struct
{
    const char *name;
    void *socket, *reader;
} watched;

static watched watch (const char *name, int type)
{
    const char *by = getenv ("TYPE");
    int teller = ZMQ_PAIR, reader = ZMQ_PAIR, zero = 0, interval = 20, patience = 60000;
    char endpoint[64];
    if (strcmp (by, "PUSH") == 0)
        teller = ZMQ_PUSH, reader = ZMQ_PULL;
    if (strcmp (by, "PUB") == 0)
        teller = ZMQ_PUB, reader = ZMQ_SUB;
    watched w = {name, zmq_socket (context, type), zmq_socket (context, reader)};
    zmq_setsockopt (w.socket, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt (w.socket, ZMQ_RECONNECT_IVL, &interval, sizeof interval);
    zmq_setsockopt (w.reader, ZMQ_RCVTIMEO, &patience, sizeof patience);
    if (reader == ZMQ_SUB)
        zmq_setsockopt (w.reader, ZMQ_SUBSCRIBE, "", 0);
    snprintf (endpoint, sizeof endpoint, "inproc://%s", name);
    need (zmq_socket_monitor_versioned (w.socket, endpoint, 0xFFFF, version, teller) == 0, "monitor");
    need (zmq_connect (w.reader, endpoint) == 0, "connect to the monitor");
    return w;
}

/* until prints what a monitor sends until an event was told so many times. */
static void until (watched *w, uint64_t event, int times)
{
    while (times > 0) {
        int more = 1;
        printf ("%s", w->name);
        for (int frame = 0; more; frame++) {
            unsigned char b[256];
            size_t size = sizeof more;
            int n = zmq_recv (w->reader, b, sizeof b, 0);
            need (n >= 0, w->name);
            printf (" x");
            for (int i = 0; i < n; i++)
                printf ("%02x", b[i]);
            if (frame == 0) {
                uint64_t told = 0;
                uint16_t short_told;
                if (version == 2)
                    memcpy (&told, b, sizeof told);
                else {
                    memcpy (&short_told, b, sizeof short_told);
                    told = short_told;
                }
                times -= told == event;
            }
            zmq_getsockopt (w->reader, ZMQ_RCVMORE, &more, &size);
        }
        printf ("\n");
    }
}

/* end closes a socket, and prints the rest of what its monitor sends. */
static void end (watched *w)
{
    zmq_close (w->socket);
    until (w, ZMQ_EVENT_MONITOR_STOPPED, 1);
    zmq_close (w->reader);
}

/* bound prints where the socket is bound. */
static void bound (watched *w, const char *endpoint, char *at, size_t size)
{
    need (zmq_bind (w->socket, endpoint) == 0, "bind");
    zmq_getsockopt (w->socket, ZMQ_LAST_ENDPOINT, at, &size);
    printf ("endpoint %s\n", at);
}

/* meet has two sockets meet, and the one that connected go first. */
static void meet (const char *endpoint)
{
    char at[256];
    watched server = watch ("server", ZMQ_PULL), client = watch ("client", ZMQ_PUSH);
    bound (&server, endpoint, at, sizeof at);
    until (&server, ZMQ_EVENT_LISTENING, 1);
    need (zmq_connect (client.socket, at) == 0, "connect");
    until (&client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 1);
    until (&server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 1);
    end (&client);
    until (&server, ZMQ_EVENT_DISCONNECTED, 1);
    end (&server);
}

/* server_goes has the one that is bound go first, and the other try to come back. */
static void server_goes (void)
{
    char at[256];
    watched server = watch ("server", ZMQ_PULL), client = watch ("client", ZMQ_PUSH);
    bound (&server, "tcp://127.0.0.1:*", at, sizeof at);
    until (&server, ZMQ_EVENT_LISTENING, 1);
    need (zmq_connect (client.socket, at) == 0, "connect");
    until (&client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 1);
    until (&server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 1);
    end (&server);
    until (&client, ZMQ_EVENT_CONNECT_RETRIED, 2);
    need (zmq_socket_monitor (client.socket, NULL, 0) == 0, "stop");
    end (&client);
}

/* napi_register_module_v1 is what node calls when it has loaded the module. */
void *napi_register_module_v1 (void *env, void *exports)
{
    const char *scene = getenv ("SCENE");
    (void) env;
    version = atoi (getenv ("VERSION"));
    context = zmq_ctx_new ();
    if (strcmp (scene, "meet") == 0)
        meet ("tcp://127.0.0.1:*");
    else if (strcmp (scene, "meet_ipc") == 0)
        meet ("ipc://*");
    else
        server_goes ();
    zmq_ctx_term (context);
    fflush (stdout);
    return exports;
}
