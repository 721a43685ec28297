/* The scenarios of the benchmarks in C: see doc.go of package rig, whose rules and keys these are. */
#ifndef WEIR_PERF_H
#define WEIR_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Statuses that the program ends with. */
enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_NOT_PLAYED = 3 };

enum {
    /* how long nothing may come before the rest counts as lost, in milliseconds */
    QUIET = 5000,

    /* the number of lost messages where a loss is not counted, but shows otherwise: who waits for an answer that never comes has no end in time */
    UNCOUNTED = -1
};

/* Roles of a process in a measurement. */
enum role { BOTH, RECEIVING, SENDING };

/* What a run is about: written by main before any thread starts. */
struct run {
    void *context;
    char mode[16];
    char endpoint[256]; /* where the bound side binds */
    size_t size;
    long count;
    int links;
    int topics;
    enum role role;
    bool curve;
};
extern struct run run;

/* What a stretch of the program cost. */
struct meter {
    double begin, took; /* seconds */
    double cpu;         /* seconds of the processor */
};

/* A socket and what goes with it. */
struct end {
    void *socket;
    int turn;    /* the topic whose turn it is, for a publisher */
    bool routes; /* messages have the routing id of their peer in front */
    long got;          /* messages received */
    double begin, end; /* when the first and the last came, in seconds */
};

/* perf.c: ends, messages, and the line. */
void die_if (bool cond, const char *call);
double seconds (void);
void meter_start (struct meter *m);
void meter_stop (struct meter *m);
void print_head (void);
void print_cost (const struct meter *m, double messages, long lost);
void print_rate (const struct meter *m, double messages, double took, long lost);
void print_delays (const struct meter *m, double *micros, long n, double mean, long lost);
void opened (struct end *e, int type);
void bound (struct end *e, int type, const char *endpoint, char *reach, size_t room);
void joined (struct end *e, int type, const char *endpoint, const char *topic);
void publishing (struct end *e, const char *endpoint, char *reach, size_t room, bool lossless);
void topic_name (int i, char name[3]);
void put (struct end *e);
bool take (struct end *e);
bool take_stamped (struct end *e, int64_t *stamp);
void await (struct end *e);
void answer (struct end *e);
void receive_all (struct end *e, long count, struct meter *m);
void wait_subscribers (struct end *e, int n);
void ready (const char *endpoint);
void wait_for_end_of_input (void);
long share (int i);

/* The modes. */
void throughput (void);
void latency (void);
void fan_out (void);
void stalled (void);
void router (void);
void proxy (void);
void crowd (void);

/* Room for an endpoint. */
enum { ENDPOINT_ROOM = 256 };

#endif
