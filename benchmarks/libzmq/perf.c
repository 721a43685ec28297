/* perf measures libzmq from C, in the scenarios of `weir perf` and with the same rules: both ends in one process, the receiver bound, fresh bytes for
 * each message, each size checked, defaults otherwise; the clock of thr and fan starts at the first message received, lat skips a tenth.
 *
 *   perf thr|lat|fan ENDPOINT SIZE COUNT [SUBS]
 *
 * It prints one line of key=value pairs, with the keys of `weir perf` and peer=libzmq. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

/* What a run is about: written by main before any thread starts. */
static struct {
    void *context;
    char endpoint[256]; /* as bound: with the real port */
    size_t size;
    long count;
} run;

/* die ends the program where cond says that a call of libzmq failed. */
static void die_if (bool cond, const char *call)
{
    if (!cond)
        return;
    fprintf (stderr, "perf: %s: %s\n", call, zmq_strerror (errno));
    exit (1);
}

/* seconds is a clock that only runs forward. */
static double seconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* put sends one message of fresh bytes. */
static void put (void *socket)
{
    zmq_msg_t msg;
    die_if (zmq_msg_init_size (&msg, run.size) != 0, "zmq_msg_init_size");
    memset (zmq_msg_data (&msg), 'w', run.size);
    die_if (zmq_msg_send (&msg, socket, 0) < 0, "zmq_msg_send");
}

/* take receives one message and checks its size. */
static void take (void *socket)
{
    zmq_msg_t msg;
    zmq_msg_init (&msg);
    die_if (zmq_msg_recv (&msg, socket, 0) < 0, "zmq_msg_recv");
    if (zmq_msg_size (&msg) != run.size) {
        fprintf (stderr, "perf: a message of %zu bytes\n", zmq_msg_size (&msg));
        exit (1);
    }
    zmq_msg_close (&msg);
}

/* joined is a socket of a type that connects to the run's endpoint. */
static void *joined (int type)
{
    void *socket = zmq_socket (run.context, type);
    die_if (socket == NULL, "zmq_socket");
    if (type == ZMQ_SUB)
        zmq_setsockopt (socket, ZMQ_SUBSCRIBE, "", 0);
    die_if (zmq_connect (socket, run.endpoint) != 0, "zmq_connect");
    return socket;
}

/* bound is a socket of a type that is bound to endpoint; the run's endpoint becomes the resolved one. */
static void *bound (int type, const char *endpoint)
{
    void *socket = zmq_socket (run.context, type);
    die_if (socket == NULL, "zmq_socket");
    if (type == ZMQ_XPUB) {
        int on = 1;
        zmq_setsockopt (socket, ZMQ_XPUB_NODROP, &on, sizeof on);
        zmq_setsockopt (socket, ZMQ_XPUB_VERBOSE, &on, sizeof on);
    }
    die_if (zmq_bind (socket, endpoint) != 0, "zmq_bind");
    size_t room = sizeof run.endpoint;
    die_if (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, run.endpoint, &room) != 0, "zmq_getsockopt");
    return socket;
}

/* pushes sends the messages of thr. */
static void *pushes (void *unused)
{
    void *socket = joined (ZMQ_PUSH);
    for (long i = 0; i < run.count; i++)
        put (socket);
    zmq_close (socket);
    return unused;
}

/* replies answers the requests of lat with messages of its own. */
static void *replies (void *unused)
{
    void *socket = joined (ZMQ_REP);
    for (long i = 0; i < run.count; i++) {
        take (socket);
        put (socket);
    }
    zmq_close (socket);
    return unused;
}

/* subscribes receives the messages of fan, and leaves the seconds from the first to the last in *spent. */
static void *subscribes (void *spent)
{
    void *socket = joined (ZMQ_SUB);
    take (socket);
    double start = seconds ();
    for (long i = 1; i < run.count; i++)
        take (socket);
    *(double *) spent = seconds () - start;
    zmq_close (socket);
    return NULL;
}

/* print_rate prints the line of thr and fan. */
static void print_rate (const char *mode, double spent, double messages)
{
    printf ("peer=libzmq mode=%s endpoint=%s size=%zu count=%ld msgs_per_s=%.0f mb_per_s=%.1f\n", mode, run.endpoint, run.size, run.count,
            messages / spent, messages * (double) run.size / spent / 1e6);
}

/* thr measures PUSH to PULL. */
static void thr (const char *endpoint)
{
    pthread_t sender;
    void *pull = bound (ZMQ_PULL, endpoint);
    pthread_create (&sender, NULL, pushes, NULL);
    take (pull);
    double start = seconds ();
    for (long i = 1; i < run.count; i++)
        take (pull);
    print_rate ("thr", seconds () - start, (double) (run.count - 1));
    pthread_join (sender, NULL);
    zmq_close (pull);
}

/* lat measures round trips of REQ and REP. */
static void lat (const char *endpoint)
{
    pthread_t replier;
    void *req = bound (ZMQ_REQ, endpoint);
    pthread_create (&replier, NULL, replies, NULL);
    long warm = run.count / 10;
    double start = seconds ();
    for (long i = 0; i < run.count; i++) {
        if (i == warm)
            start = seconds ();
        put (req);
        take (req);
    }
    double spent = seconds () - start;
    printf ("peer=libzmq mode=lat endpoint=%s size=%zu count=%ld rtt_us=%.3f\n", run.endpoint, run.size, run.count,
            spent / (double) (run.count - warm) * 1e6);
    pthread_join (replier, NULL);
    zmq_close (req);
}

/* fan measures a publisher with subs subscribers, none of which loses anything. */
static void fan (const char *endpoint, int subs)
{
    pthread_t *threads = calloc ((size_t) subs, sizeof *threads);
    double *spent = calloc ((size_t) subs, sizeof *spent);
    void *pub = bound (ZMQ_XPUB, endpoint);
    for (int i = 0; i < subs; i++)
        pthread_create (&threads[i], NULL, subscribes, &spent[i]);
    for (int i = 0; i < subs; i++) {
        zmq_msg_t subscription;
        zmq_msg_init (&subscription);
        die_if (zmq_msg_recv (&subscription, pub, 0) < 0, "zmq_msg_recv");
        zmq_msg_close (&subscription);
    }
    for (long i = 0; i < run.count; i++)
        put (pub);
    double slowest = 0;
    for (int i = 0; i < subs; i++) {
        pthread_join (threads[i], NULL);
        if (spent[i] > slowest)
            slowest = spent[i];
    }
    print_rate ("fan", slowest, (double) (run.count - 1) * subs);
    zmq_close (pub);
    free (threads);
    free (spent);
}

int main (int argc, char **argv)
{
    if (argc < 5) {
        fprintf (stderr, "usage: perf thr|lat|fan ENDPOINT SIZE COUNT [SUBS]\n");
        return 2;
    }
    run.context = zmq_ctx_new ();
    run.size = strtoul (argv[3], NULL, 10);
    run.count = strtol (argv[4], NULL, 10);
    if (strcmp (argv[1], "thr") == 0)
        thr (argv[2]);
    else if (strcmp (argv[1], "lat") == 0)
        lat (argv[2]);
    else
        fan (argv[2], argc > 5 ? atoi (argv[5]) : 1);
    zmq_ctx_term (run.context);
    return 0;
}
