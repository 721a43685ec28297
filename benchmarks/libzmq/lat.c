/* lat sends back and forth between a REQ and a REP. In one process the REQ is bound, and in two the REP. */
#include "perf.h"

#include <pthread.h>
#include <stdlib.h>
#include <zmq.h>

/* replies answers all requests, each with bytes of its own. */
static void *replies (void *endpoint)
{
    struct end rep;
    joined (&rep, ZMQ_REP, endpoint, "");
    for (long i = 0; i < run.count; i++)
        answer (&rep);
    return NULL;
}

/* replier is the process that answers. */
static void replier (void)
{
    struct end rep;
    struct meter m;
    char reach[ENDPOINT_ROOM];
    bound (&rep, ZMQ_REP, run.endpoint, reach, sizeof reach);
    ready (reach);
    answer (&rep);
    meter_start (&m);
    for (long i = 1; i < run.count; i++)
        answer (&rep);
    meter_stop (&m);
    print_head ();
    print_cost (&m, (double) (run.count - 1), UNCOUNTED);
}

/* ask sends a request and takes its answer. */
static void ask (struct end *req)
{
    put (req);
    await (req);
}

void latency (void)
{
    struct end req;
    struct meter m;
    pthread_t thread;
    char reach[ENDPOINT_ROOM];
    if (run.role == RECEIVING) {
        replier ();
        return;
    }
    if (run.role == SENDING) {
        joined (&req, ZMQ_REQ, run.endpoint, "");
    } else {
        bound (&req, ZMQ_REQ, run.endpoint, reach, sizeof reach);
        pthread_create (&thread, NULL, replies, reach);
    }
    long warm_up = run.count / 10, n = run.count - warm_up;
    double *micros = calloc ((size_t) n, sizeof *micros);
    for (long i = 0; i < warm_up; i++)
        ask (&req);
    meter_start (&m);
    double before = m.begin;
    for (long i = 0; i < n; i++) {
        ask (&req);
        double now = seconds ();
        micros[i] = (now - before) * 1e6;
        before = now;
    }
    meter_stop (&m);
    print_delays (&m, micros, n, m.took / (double) n * 1e6, UNCOUNTED);
}
