/* The program: key=value arguments, a measurement, one line. */
#include "perf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zmq.h>

/* max_sockets is how many sockets the context may have: the default is below the number of dealers. */
enum { MAX_SOCKETS = 5000 };

/* The modes there are. */
static const struct {
    const char *name;
    void (*measure) (void);
} modes[] = {
    {"thr", throughput}, {"lat", latency}, {"fan", fan_out}, {"stalled", stalled}, {"router", router}, {"proxy", proxy}, {"crowd", crowd},
};

/* set sets what one argument says, and tells whether there is such a key. */
static bool set (const char *key, const char *value)
{
    if (strcmp (key, "mode") == 0)
        snprintf (run.mode, sizeof run.mode, "%s", value);
    else if (strcmp (key, "endpoint") == 0)
        snprintf (run.endpoint, sizeof run.endpoint, "%s", value);
    else if (strcmp (key, "size") == 0)
        run.size = strtoul (value, NULL, 10);
    else if (strcmp (key, "count") == 0)
        run.count = strtol (value, NULL, 10);
    else if (strcmp (key, "links") == 0)
        run.links = atoi (value);
    else if (strcmp (key, "topics") == 0)
        run.topics = atoi (value);
    else if (strcmp (key, "curve") == 0)
        run.curve = strcmp (value, "yes") == 0;
    else if (strcmp (key, "role") == 0)
        run.role = strcmp (value, "receive") == 0 ? RECEIVING : strcmp (value, "send") == 0 ? SENDING : BOTH;
    else
        return strcmp (key, "release") == 0 || strcmp (key, "ctx") == 0; /* nothing of libzmq's */
    return true;
}

/* raise_limits allows as many open files as there may be. */
static void raise_limits (void)
{
    struct rlimit files;
    getrlimit (RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit (RLIMIT_NOFILE, &files);
}

int main (int argc, char **argv)
{
    run.size = 100;
    run.count = 1000;
    run.links = 1;
    for (int i = 1; i < argc; i++) {
        char *value = strchr (argv[i], '=');
        if (value != NULL)
            *value++ = 0;
        if (value == NULL || !set (argv[i], value)) {
            fprintf (stderr, "libzmq: argument %s: want key=value\n", argv[i]);
            return STATUS_FAILED;
        }
    }
    if (run.topics > 0) {
        run.count += (run.topics - run.count % run.topics) % run.topics; /* each topic as often as the others */
        run.size = run.size < 2 ? 2 : run.size;
    }
    raise_limits ();
    run.context = zmq_ctx_new ();
    zmq_ctx_set (run.context, ZMQ_MAX_SOCKETS, MAX_SOCKETS);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp (modes[i].name, run.mode) == 0) {
            modes[i].measure ();
            if (run.role != BOTH)
                wait_for_end_of_input (); /* the other side may still be reading, or what it is to read may still be queued here */
            return STATUS_DONE;           /* without zmq_ctx_term: what was measured has arrived, and a proxy never ends */
        }
    }
    return STATUS_NOT_PLAYED;
}
