/* thr sends from sockets of type PUSH to one PULL, which is bound. */
#include "perf.h"

#include <pthread.h>
#include <stdlib.h>
#include <zmq.h>

/* A sender. */
struct sender {
    pthread_t thread;
    struct end end;
    const char *endpoint;
    long count;
};

/* sends sends a sender's share. Its socket stays open until the receiver has all: where an ipc peer hangs up, libzmq gives up what it has not read
 * whenever its queue is full at that moment, and the receiver would wait for ever. */
static void *sends (void *arg)
{
    struct sender *s = arg;
    joined (&s->end, ZMQ_PUSH, s->endpoint, "");
    for (long i = 0; i < s->count; i++)
        put (&s->end);
    return NULL;
}

/* start starts the senders. */
static struct sender *start (const char *endpoint)
{
    struct sender *senders = calloc ((size_t) run.links, sizeof *senders);
    for (int i = 0; i < run.links; i++) {
        senders[i].endpoint = endpoint;
        senders[i].count = share (i);
        pthread_create (&senders[i].thread, NULL, sends, &senders[i]);
    }
    return senders;
}

/* join waits until all is sent. */
static void join (struct sender *senders)
{
    for (int i = 0; i < run.links; i++)
        pthread_join (senders[i].thread, NULL);
}

void throughput (void)
{
    struct meter m;
    if (run.role == SENDING) {
        meter_start (&m);
        join (start (run.endpoint));
        meter_stop (&m);
        print_head ();
        print_cost (&m, (double) run.count, UNCOUNTED);
        return;
    }
    struct end pull;
    char reach[ENDPOINT_ROOM];
    bound (&pull, ZMQ_PULL, run.endpoint, reach, sizeof reach);
    if (run.role == RECEIVING)
        ready (reach);
    else
        start (reach);
    receive_all (&pull, run.count, &m);
    print_rate (&m, (double) (pull.got - 1), m.took, run.count - pull.got);
}
