/* fan sends from a publisher, which is bound, to subscribers, and waits where one of them has no room. With topics each of them wants one of those, and
 * the messages are about each in turn. The first round, in which connections take what they take once, is not counted. The clock runs from the first
 * message after it that anybody receives to the last. stalled compares the speed with one more subscriber that never receives with that without. */
#include "perf.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

enum {
    FIRST_ROUND = 300, /* messages that each subscriber receives, at most, before those that are counted: see fanout.go of package rig */
    WINDOW = 200,      /* messages that a publisher sends before it asks how far its subscribers are: see stalled.go of package rig */
    TURNS = 3          /* how often the two sides of stalled are measured, in turns */
};

/* A subscriber. */
struct subscriber {
    pthread_t thread;
    struct end end;
    const char *endpoint;
    int index;
    long first, count; /* messages that it wants, those of the first round apart */
    sem_t acks, leave; /* rounds that it has taken, or of stalled windows, and whether it may close */
};

/* subscribed connects a subscriber to what it wants. */
static void subscribed (struct subscriber *s)
{
    char topic[3] = "";
    if (run.topics > 0)
        topic_name (s->index % run.topics, topic);
    joined (&s->end, ZMQ_SUB, s->endpoint, topic);
}

/* subscribes receives the messages of fan. */
static void *subscribes (void *arg)
{
    struct subscriber *s = arg;
    struct meter m;
    subscribed (s);
    for (long i = 0; i < s->first; i++)
        await (&s->end);
    sem_post (&s->acks);
    receive_all (&s->end, s->count, &m);
    return NULL;
}

/* start starts n subscribers that want first messages each, and then count. */
static struct subscriber *start (int n, void *(*body) (void *), const char *endpoint, long first, long count)
{
    struct subscriber *subs = calloc ((size_t) n, sizeof *subs);
    for (int i = 0; i < n; i++) {
        subs[i].endpoint = endpoint;
        subs[i].index = i;
        subs[i].first = first;
        subs[i].count = count;
        sem_init (&subs[i].acks, 0, 0);
        sem_init (&subs[i].leave, 0, 0);
        pthread_create (&subs[i].thread, NULL, body, &subs[i]);
    }
    return subs;
}

/* await_all waits until each subscriber that receives has taken one more round, or window. */
static void await_all (struct subscriber *subs, int n)
{
    for (int i = 0; i < n; i++)
        sem_wait (&subs[i].acks);
}

void fan_out (void)
{
    struct end pub;
    struct meter m;
    char reach[ENDPOINT_ROOM];
    long topics = run.topics > 0 ? run.topics : 1, wanted = run.count / topics, first = wanted < FIRST_ROUND ? wanted : FIRST_ROUND;
    long got = -1, lost = 0;
    double begin = 0, end = 0;
    publishing (&pub, run.endpoint, reach, sizeof reach, true);
    struct subscriber *subs = start (run.links, subscribes, reach, first, wanted);
    wait_subscribers (&pub, run.links);
    for (long i = 0; i < first * topics; i++)
        put (&pub);
    await_all (subs, run.links);
    meter_start (&m);
    for (long i = 0; i < run.count; i++)
        put (&pub);
    for (int i = 0; i < run.links; i++) {
        pthread_join (subs[i].thread, NULL);
        const struct end *e = &subs[i].end;
        begin = i == 0 || e->begin < begin ? e->begin : begin;
        end = e->end > end ? e->end : end;
        got += e->got;
        lost += wanted - subs[i].end.got;
    }
    meter_stop (&m);
    print_rate (&m, (double) got, end - begin, lost);
}

/* acknowledges receives the messages of stalled, and says so after each window. With nothing to receive it is the one that stalls. */
static void *acknowledges (void *arg)
{
    struct subscriber *s = arg;
    subscribed (s);
    for (long i = 1; i <= s->count; i++) {
        await (&s->end);
        if (i % WINDOW == 0)
            sem_post (&s->acks);
    }
    sem_wait (&s->leave);
    zmq_close (s->end.socket);
    return NULL;
}

/* windows sends messages in windows, and returns the deliveries a second to the n subscribers that receive. */
static double windows (int n, bool one_stalls)
{
    struct end pub;
    char reach[ENDPOINT_ROOM];
    long count = (run.count / WINDOW > 3 ? run.count / WINDOW : 3) * WINDOW;
    publishing (&pub, run.endpoint, reach, sizeof reach, false);
    struct subscriber *subs = start (n, acknowledges, reach, 0, count);
    struct subscriber *sloth = one_stalls ? start (1, acknowledges, reach, 0, 0) : NULL;
    wait_subscribers (&pub, n + one_stalls);
    double begin = seconds ();
    for (long sent = 0; sent < count; sent += WINDOW) {
        if (sent >= 2 * WINDOW)
            await_all (subs, n);
        for (int i = 0; i < WINDOW; i++)
            put (&pub);
    }
    await_all (subs, n);
    await_all (subs, n);
    double took = seconds () - begin;
    for (int i = 0; i < n; i++) {
        sem_post (&subs[i].leave);
        pthread_join (subs[i].thread, NULL);
    }
    if (sloth != NULL) {
        sem_post (&sloth->leave);
        pthread_join (sloth->thread, NULL);
    }
    int linger = 0;
    zmq_setsockopt (pub.socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_close (pub.socket);
    free (subs);
    free (sloth);
    return (double) count * n / took;
}

/* middle is the middle one of three. */
static double middle (const double v[TURNS])
{
    double a = v[0], b = v[1], c = v[2];
    if ((a <= b) == (b <= c))
        return b;
    return (b <= a) == (a <= c) ? a : c;
}

void stalled (void)
{
    struct meter m;
    double clear[TURNS], hindered[TURNS], ratios[TURNS];
    if (run.links > 1)
        run.links--;
    meter_start (&m);
    for (int i = 0; i < TURNS; i++) {
        clear[i] = windows (run.links, false);
        hindered[i] = windows (run.links, true);
        ratios[i] = hindered[i] / clear[i];
    }
    meter_stop (&m);
    print_head ();
    printf (" clear_msgs_per_s=%.0f msgs_per_s=%.0f ratio=%.3f", middle (clear), middle (hindered), middle (ratios));
    print_cost (&m, 2.0 * TURNS * (double) run.count * run.links, UNCOUNTED);
}
