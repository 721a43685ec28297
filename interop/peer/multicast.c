/*
 * multicast: a libzmq socket over pgm or epgm that sends or receives as fast as it can, for figures.
 *
 *   multicast fastpub|fastsub ENDPOINT RATE RECOVERY_MS
 *
 * It says "up". The publisher then obeys lines "FIRST COUNT SIZE" and says "sent" after each; it waits where its queue is
 * full. The subscriber obeys lines "FIRST LAST MS": it receives until message LAST has come, or nothing has for so long, and
 * says "COUNT NANOSECONDS", from the first message on. It does not count messages before FIRST. A message begins with its
 * number, in eight bytes. The end of the standard input ends the process.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

static void *sock;

/* check ends the process where libzmq has refused something. */
static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "multicast: %s: %s\n", what, zmq_strerror(zmq_errno()));
	exit(2);
}

/* set sets an option. */
static void set(int option, int value)
{
	check(zmq_setsockopt(sock, option, &value, sizeof value), "option");
}

/* nanoseconds is a clock that only goes forward. */
static int64_t nanoseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* publish sends so many numbered messages. */
static void publish(uint64_t first, uint64_t count, uint64_t size)
{
	char *body = calloc(1, size);
	for (uint64_t i = first; i < first + count; i++) {
		memcpy(body, &i, sizeof i);
		check(zmq_send(sock, body, size, 0), "send");
	}
	free(body);
	puts("sent");
}

/* receive receives up to the number last, or until there is silence for so many milliseconds. */
static void receive(uint64_t first, uint64_t last, uint64_t silence)
{
	uint64_t number = 0, count = 0;
	int64_t begin = 0, end = 0;
	set(ZMQ_RCVTIMEO, (int)silence);
	while (number != last) {
		zmq_msg_t m;
		zmq_msg_init(&m);
		if (zmq_msg_recv(&m, sock, 0) < 0)
			break;
		memcpy(&number, zmq_msg_data(&m), sizeof number);
		zmq_msg_close(&m);
		if (number < first)
			continue;
		if (count++ == 0)
			begin = nanoseconds();
		if (count % 64 == 0 || number == last)
			end = nanoseconds();
	}
	printf("%" PRIu64 " %" PRId64 "\n", count, end - begin);
}

/* main makes the socket and obeys. */
int main(int argc, char **argv)
{
	char line[256];
	if (argc != 5)
		return 2;
	int sends = strcmp(argv[1], "fastpub") == 0;
	void *context = zmq_ctx_new();
	sock = zmq_socket(context, sends ? ZMQ_XPUB : ZMQ_SUB);
	set(ZMQ_RATE, atoi(argv[3]));
	set(ZMQ_RECOVERY_IVL, atoi(argv[4]));
	set(ZMQ_SNDHWM, 10000);
	set(ZMQ_RCVHWM, 0);
	if (sends)
		set(ZMQ_XPUB_NODROP, 1);
	else
		check(zmq_setsockopt(sock, ZMQ_SUBSCRIBE, "", 0), "subscribe");
	check(zmq_connect(sock, argv[2]), "connect");
	puts("up");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin) != NULL) {
		uint64_t a = 0, b = 0, c = 0;
		sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64, &a, &b, &c);
		if (sends)
			publish(a, b, c);
		else
			receive(a, b, c);
		fflush(stdout);
	}
	_exit(0);
}
