/* crowd receives on one PULL what the connections of another process send now and then: see crowd.go of package rig. */
#include "perf.h"

#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

void crowd (void)
{
    struct end pull;
    struct meter m;
    int64_t stamp;
    char reach[ENDPOINT_ROOM];
    bound (&pull, ZMQ_PULL, run.endpoint, reach, sizeof reach);
    ready (reach);
    if (run.count == 0) {
        wait_for_end_of_input ();
        print_head ();
        printf ("\n");
        return;
    }
    double *micros = calloc ((size_t) run.count, sizeof *micros), sum = 0;
    long n = 0;
    while (n < run.count) {
        if (!take_stamped (&pull, &stamp)) {
            if (n == 0)
                continue; /* they are still connecting */
            break;
        }
        if (n == 0)
            meter_start (&m);
        micros[n] = (seconds () - (double) stamp / 1e9) * 1e6;
        sum += micros[n++];
    }
    meter_stop (&m);
    print_delays (&m, micros, n, sum / (double) n, run.count - n);
}
