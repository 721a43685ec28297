/* proxy sends from a PUSH through a proxy, whose two sides are bound, to a PULL. */
#include "perf.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

/* The sides of the proxy: its thread owns them. */
static struct end front, back;
static char into[ENDPOINT_ROOM], out_of[ENDPOINT_ROOM];

/* forwards runs the proxy, for ever. */
static void *forwards (void *unused)
{
    zmq_proxy (front.socket, back.socket, NULL);
    return unused;
}

/* sends sends all messages. */
static void *sends (void *unused)
{
    struct end push;
    joined (&push, ZMQ_PUSH, into, "");
    for (long i = 0; i < run.count; i++)
        put (&push);
    return unused; /* the socket stays open: see thr.c */
}

void proxy (void)
{
    struct end pull;
    struct meter m;
    pthread_t thread;
    char beside[ENDPOINT_ROOM + 1];
    size_t n = strlen (run.endpoint);
    bool any_port = n > 2 && strcmp (run.endpoint + n - 2, ":*") == 0;
    snprintf (beside, sizeof beside, "%s%s", run.endpoint, any_port ? "" : "2");
    bound (&front, ZMQ_PULL, run.endpoint, into, sizeof into);
    bound (&back, ZMQ_PUSH, beside, out_of, sizeof out_of);
    pthread_create (&thread, NULL, forwards, NULL);
    pthread_create (&thread, NULL, sends, NULL);
    joined (&pull, ZMQ_PULL, out_of, "");
    receive_all (&pull, run.count, &m);
    print_rate (&m, (double) (pull.got - 1), m.took, run.count - pull.got);
}
