/* router has sockets of type DEALER ask a ROUTER, which is bound and answers each: see router.go of package rig. */
#include "perf.h"

#include <pthread.h>
#include <stdlib.h>
#include <zmq.h>

/* askers is how many threads the DEALERs are shared among. */
enum { ASKERS = 4 };

/* An asker has a run of the dealers. */
struct asker {
    pthread_t thread;
    struct end *dealers;
    int n;
    long rounds;
    long asked, answered; /* written by its thread */
};

/* answers answers all requests. */
static void *answers (void *arg)
{
    struct end *server = arg;
    long n = (run.count / run.links > 1 ? run.count / run.links : 1) + 1;
    for (long i = 0; i < n * run.links; i++)
        answer (server);
    return NULL;
}

/* asks asks on all of an asker's sockets, round by round, until all are answered, or no answer comes. */
static void *asks (void *arg)
{
    struct asker *a = arg;
    for (long round = 0; round < a->rounds; round++) {
        for (int i = 0; i < a->n; i++) {
            put (&a->dealers[i]);
            a->asked++;
        }
        for (int i = 0; i < a->n; i++) {
            if (!take (&a->dealers[i]))
                return NULL;
            a->answered++;
        }
    }
    return NULL;
}

/* ask_rounds has all askers ask so many rounds. It returns how many answers came, and how many are lost. */
static long ask_rounds (struct end *dealers, long rounds, long *lost)
{
    struct asker askers[ASKERS];
    int started = 0, n = (run.links + ASKERS - 1) / ASKERS;
    for (int from = 0; from < run.links; from += n) {
        struct asker *a = &askers[started++];
        *a = (struct asker) {.dealers = dealers + from, .n = run.links - from < n ? run.links - from : n, .rounds = rounds};
        pthread_create (&a->thread, NULL, asks, a);
    }
    long answered = 0;
    *lost = 0;
    for (int i = 0; i < started; i++) {
        pthread_join (askers[i].thread, NULL);
        answered += askers[i].answered;
        *lost += askers[i].asked - askers[i].answered;
    }
    return answered;
}

void router (void)
{
    struct end server;
    struct meter m;
    pthread_t thread;
    char reach[ENDPOINT_ROOM];
    long rounds = run.count / run.links > 1 ? run.count / run.links : 1;
    bound (&server, ZMQ_ROUTER, run.endpoint, reach, sizeof reach);
    struct end *dealers = calloc ((size_t) run.links, sizeof *dealers);
    for (int i = 0; i < run.links; i++)
        joined (&dealers[i], ZMQ_DEALER, reach, "");
    pthread_create (&thread, NULL, answers, &server);
    long lost;
    ask_rounds (dealers, 1, &lost); /* in which they connect */
    meter_start (&m);
    long answered = ask_rounds (dealers, rounds, &lost);
    meter_stop (&m);
    if (lost > 0)
        m.took -= QUIET / 1e3; /* the wait for what was lost is no work */
    print_rate (&m, (double) answered, m.took, lost);
}
