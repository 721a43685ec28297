/* perf measures libzmq from C, in the scenarios of package rig and with the same rules. What a measurement needs is here; the modes are beside it. */
#include "perf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

struct run run;

enum {

    /* how many connections may wait to be accepted, as in Go: all that the kernel lets. With libzmq's own 100 most of a thousand that come at once are
     * turned away, and the kernel tries them again after 1, 3 and 7 seconds, which is not what is measured. */
    BACKLOG = 65535
};

/* The keys of libzmq's manual: everybody has them, and no process has to tell another. */
#define SERVER_PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SERVER_SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define CLIENT_PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define CLIENT_SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

/* die_if ends the program where cond says that a call of libzmq failed. */
void die_if (bool cond, const char *call)
{
    if (!cond)
        return;
    fprintf (stderr, "libzmq: %s: %s\n", call, zmq_strerror (errno));
    exit (STATUS_FAILED);
}

/* seconds is a clock that only runs forward, and that all processes share. */
double seconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* processor_time is what this process has used so far, in seconds. */
static double processor_time (void)
{
    struct rusage u;
    getrusage (RUSAGE_SELF, &u);
    return (double) (u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double) (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* meter_start starts the clock, last of all. */
void meter_start (struct meter *m)
{
    m->cpu = processor_time ();
    m->begin = seconds ();
}

/* meter_stop stops the clock, first of all. */
void meter_stop (struct meter *m)
{
    m->took = seconds () - m->begin;
    m->cpu = processor_time () - m->cpu;
}

/* print_head begins the line. */
void print_head (void)
{
    printf ("peer=libzmq mode=%s endpoint=%s size=%zu count=%ld", run.mode, run.endpoint, run.size, run.count);
}

/* print_cost ends the line with what so many messages cost, and how many were lost, unless that is UNCOUNTED. */
void print_cost (const struct meter *m, double messages, long lost)
{
    struct rusage u;
    getrusage (RUSAGE_SELF, &u);
    double peak = (double) u.ru_maxrss;
#ifndef __APPLE__
    peak *= 1024;
#endif
    if (lost != UNCOUNTED)
        printf (" lost=%ld", lost);
    printf (" seconds=%.4f cpu_s_per_m=%.4f peak_mb=%.1f links=%d topics=%d\n", m->took, m->cpu / (messages > 1 ? messages : 1) * 1e6,
            peak / 1e6, run.links, run.topics);
    fflush (stdout);
}

/* print_rate prints the line of a measurement of speed. */
void print_rate (const struct meter *m, double messages, double took, long lost)
{
    print_head ();
    printf (" msgs_per_s=%.0f mb_per_s=%.1f", messages / took, messages * (double) run.size / took / 1e6);
    print_cost (m, messages, lost);
}

/* compare orders two delays. */
static int compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* quantile is the value below which the part q of n sorted values lies, by nearest rank. */
static double quantile (const double *sorted, long n, double q)
{
    long rank = (long) (q * (double) n);
    if ((double) rank < q * (double) n)
        rank++;
    return sorted[rank > 0 ? rank - 1 : 0];
}

/* print_delays prints the line of a measurement of delays, which it sorts; all are in microseconds. */
void print_delays (const struct meter *m, double *micros, long n, double mean, long lost)
{
    qsort (micros, (size_t) n, sizeof *micros, compare);
    print_head ();
    printf (" rtt_us=%.3f p50_us=%.3f p99_us=%.3f p999_us=%.3f", mean, quantile (micros, n, 0.5), quantile (micros, n, 0.99),
            quantile (micros, n, 0.999));
    print_cost (m, (double) n, lost);
}

/* opened makes e's socket, which looks up from waiting when nothing has come for a while. */
void opened (struct end *e, int type)
{
    *e = (struct end) {.socket = zmq_socket (run.context, type), .routes = type == ZMQ_ROUTER};
    die_if (e->socket == NULL, "zmq_socket");
    int timeout = QUIET;
    zmq_setsockopt (e->socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
}

/* set_key sets one of the keys. */
static void set_key (struct end *e, int option, const char *key)
{
    die_if (zmq_setsockopt (e->socket, option, key, strlen (key)) != 0, "zmq_setsockopt");
}

/* bind_to binds e, and tells where to connect to. */
static void bind_to (struct end *e, const char *endpoint, char *reach, size_t room)
{
    if (run.curve) {
        int on = 1;
        zmq_setsockopt (e->socket, ZMQ_CURVE_SERVER, &on, sizeof on);
        set_key (e, ZMQ_CURVE_SECRETKEY, SERVER_SECRET);
    }
    int backlog = BACKLOG;
    die_if (zmq_setsockopt (e->socket, ZMQ_BACKLOG, &backlog, sizeof backlog) != 0, "zmq_setsockopt");
    die_if (zmq_bind (e->socket, endpoint) != 0, "zmq_bind");
    die_if (zmq_getsockopt (e->socket, ZMQ_LAST_ENDPOINT, reach, &room) != 0, "zmq_getsockopt");
}

/* bound makes e's socket and binds it; reach gets the endpoint with its real port. */
void bound (struct end *e, int type, const char *endpoint, char *reach, size_t room)
{
    opened (e, type);
    bind_to (e, endpoint, reach, room);
}

/* joined makes e's socket and connects it; a subscriber wants topic. */
void joined (struct end *e, int type, const char *endpoint, const char *topic)
{
    opened (e, type);
    if (type == ZMQ_SUB)
        zmq_setsockopt (e->socket, ZMQ_SUBSCRIBE, topic, strlen (topic));
    if (run.curve) {
        set_key (e, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC);
        set_key (e, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC);
        set_key (e, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET);
    }
    die_if (zmq_connect (e->socket, endpoint) != 0, "zmq_connect");
}

/* publishing makes e a publisher that hears of subscriptions, and binds it. A lossless one waits where a subscriber has no room. */
void publishing (struct end *e, const char *endpoint, char *reach, size_t room, bool lossless)
{
    int on = 1, nodrop = lossless;
    opened (e, ZMQ_XPUB);
    zmq_setsockopt (e->socket, ZMQ_XPUB_NODROP, &nodrop, sizeof nodrop);
    zmq_setsockopt (e->socket, ZMQ_XPUB_VERBOSE, &on, sizeof on);
    bind_to (e, endpoint, reach, room);
}

/* topic_name names the i-th topic. */
void topic_name (int i, char name[3])
{
    name[0] = (char) ('0' + i / 10 % 10);
    name[1] = (char) ('0' + i % 10);
    name[2] = 0;
}

/* put sends one message of fresh bytes. */
void put (struct end *e)
{
    zmq_msg_t msg;
    die_if (zmq_msg_init_size (&msg, run.size) != 0, "zmq_msg_init_size");
    char *body = zmq_msg_data (&msg);
    memset (body, 'w', run.size);
    if (run.topics > 0) {
        char name[3];
        topic_name (e->turn, name);
        memcpy (body, name, 2);
        e->turn = (e->turn + 1) % run.topics;
    }
    die_if (zmq_msg_send (&msg, e->socket, 0) < 0, "zmq_msg_send");
}

/* take_msg receives one frame, and says whether one came in time. */
static bool take_msg (struct end *e, zmq_msg_t *msg)
{
    zmq_msg_init (msg);
    if (zmq_msg_recv (msg, e->socket, 0) >= 0)
        return true;
    die_if (errno != EAGAIN, "zmq_msg_recv");
    zmq_msg_close (msg);
    return false;
}

/* check makes sure that msg is a whole message. */
static void check (zmq_msg_t *msg)
{
    if (zmq_msg_size (msg) == run.size)
        return;
    fprintf (stderr, "libzmq: received a message of %zu bytes, want %zu\n", zmq_msg_size (msg), run.size);
    exit (STATUS_FAILED);
}

/* take receives one message and checks its size, and says whether one came in time. */
bool take (struct end *e)
{
    zmq_msg_t msg;
    if (!take_msg (e, &msg))
        return false;
    check (&msg);
    zmq_msg_close (&msg);
    return true;
}

/* take_stamped is take, of a message that begins with the time it was sent at, in nanoseconds. */
bool take_stamped (struct end *e, int64_t *stamp)
{
    zmq_msg_t msg;
    if (!take_msg (e, &msg))
        return false;
    check (&msg);
    memcpy (stamp, zmq_msg_data (&msg), sizeof *stamp);
    zmq_msg_close (&msg);
    return true;
}

/* await_msg receives one frame, however long it takes: whoever started this process watches over it. */
static void await_msg (struct end *e, zmq_msg_t *msg)
{
    while (!take_msg (e, msg))
        continue;
}

/* await is take, however long it takes. */
void await (struct end *e)
{
    while (!take (e))
        continue;
}

/* answer receives one message and answers it. */
void answer (struct end *e)
{
    zmq_msg_t id;
    if (e->routes)
        await_msg (e, &id);
    await (e);
    if (e->routes)
        die_if (zmq_msg_send (&id, e->socket, ZMQ_SNDMORE) < 0, "zmq_msg_send");
    put (e);
}

/* receive_all takes count messages, or those that come. The clock runs from the first to the last. */
void receive_all (struct end *e, long count, struct meter *m)
{
    await (e);
    e->got = 1;
    meter_start (m);
    while (e->got < count && take (e))
        e->got++;
    meter_stop (m);
    if (e->got < count)
        m->took -= QUIET / 1e3; /* the wait for what was lost is no work */
    e->begin = m->begin;
    e->end = m->begin + m->took;
}

/* wait_subscribers receives n subscriptions. */
void wait_subscribers (struct end *e, int n)
{
    for (int i = 0; i < n; i++) {
        zmq_msg_t subscription;
        await_msg (e, &subscription);
        zmq_msg_close (&subscription);
    }
}

/* ready tells the program that started this one that the other side may connect. */
void ready (const char *endpoint)
{
    printf ("ready endpoint=%s\n", endpoint);
    fflush (stdout);
}

/* wait_for_end_of_input waits until somebody closes standard input. */
void wait_for_end_of_input (void)
{
    char buf[64];
    while (read (0, buf, sizeof buf) > 0)
        continue;
}

/* share is how many of the messages the i-th of the many sends. */
long share (int i) { return run.count / run.links + (i < run.count % run.links); }
