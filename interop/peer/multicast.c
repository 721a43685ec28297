/*
 * multicast: a libzmq socket over pgm or epgm that is told what to do on its standard input.
 *
 *   multicast pub|xpub|sub|xsub|fastsub ENDPOINT [OPTION=VALUE]...
 *
 * It says "up". The end of its standard input ends it. A publisher obeys two orders, and says "sent" after each:
 *
 *   send FIRST LAST SIZE PARTS   messages by number: the body of message 7 begins with "7:" and is filled with octets
 *                                that depend on the number and on where they are; of several parts it is the last
 *   fast FIRST COUNT SIZE        messages that begin with their number in eight bytes
 *
 * A subscriber says a line for each message: "m NUMBER SIZE PARTS", and another one where an
 * octet is not as it was sent. One that is a fastsub obeys lines "FIRST LAST MS"
 * instead: it receives what was sent fast until message LAST has come, or nothing has for so long, and says "COUNT
 * NANOSECONDS", from the first message on. It does not count messages before FIRST.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

static void *sock;

/* The options that a socket takes, by name. */
static const struct {
	const char *name;
	int option;
} options[] = {
	{"rate", ZMQ_RATE},
	{"recovery_ivl", ZMQ_RECOVERY_IVL},
	{"multicast_hops", ZMQ_MULTICAST_HOPS},
	{"multicast_maxtpdu", ZMQ_MULTICAST_MAXTPDU},
	{"sndhwm", ZMQ_SNDHWM},
	{"xpub_nodrop", ZMQ_XPUB_NODROP},
};

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

/* configure sets the option that a word asks for: name=value. */
static void configure(const char *word)
{
	size_t length = strcspn(word, "=");
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strncmp(word, options[i].name, length) == 0 && options[i].name[length] == 0) {
			set(options[i].option, atoi(word + length + 1));
			return;
		}
	fprintf(stderr, "multicast: no option %s\n", word);
	exit(2);
}

/* nanoseconds is a clock that only goes forward. */
static int64_t nanoseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* fill writes a part of message i, and says how long it is. There must be room for 400 octets, and for 32 beyond size. */
static int fill(char *to, int i, int part, int parts, int size)
{
	int at = 0, length = 1 + (13 * i + 101 * part) % 300;
	if (part == parts - 1) {
		at = sprintf(to, "%d:", i);
		length = size > at ? size : at;
	}
	for (; at < length; at++)
		to[at] = (char)('a' + (7 * i + 5 * part + 3 * at + at / 256) % 26);
	return length;
}

/* publish obeys "send". */
static void publish(int first, int last, int size, int parts)
{
	char *body = malloc(size + 400);
	for (int i = first; i <= last; i++)
		for (int part = 0; part < parts; part++)
			check(zmq_send(sock, body, fill(body, i, part, parts, size), part < parts - 1 ? ZMQ_SNDMORE : 0), "send");
	free(body);
}

/* publish_fast obeys "fast". */
static void publish_fast(uint64_t first, uint64_t count, uint64_t size)
{
	char *body = calloc(1, size);
	for (uint64_t i = first; i < first + count; i++) {
		memcpy(body, &i, sizeof i);
		check(zmq_send(sock, body, size, 0), "send");
	}
	free(body);
}

/* obey has a publisher obey until its input ends. */
static void obey(void)
{
	char line[256];
	while (fgets(line, sizeof line, stdin) != NULL) {
		int first, last, size, parts;
		uint64_t from, count, octets;
		if (sscanf(line, "send %d %d %d %d", &first, &last, &size, &parts) == 4)
			publish(first, last, size, parts);
		else if (sscanf(line, "fast %" SCNu64 " %" SCNu64 " %" SCNu64, &from, &count, &octets) == 3)
			publish_fast(from, count, octets);
		else
			exit(2);
		puts("sent");
	}
}

/* tell receives a message and says what it is. */
static void tell(void)
{
	enum { most = 16 };
	zmq_msg_t m[most];
	int parts = 0, good = 1, more;
	do {
		if (parts == most)
			exit(2);
		zmq_msg_init(&m[parts]);
		check(zmq_msg_recv(&m[parts], sock, 0), "receive");
		more = zmq_msg_more(&m[parts++]);
	} while (more);
	int size = (int)zmq_msg_size(&m[parts - 1]);
	const char *body = zmq_msg_data(&m[parts - 1]), *colon = memchr(body, ':', size);
	int digits = colon == NULL ? 0 : (int)(colon - body);
	char number[12] = "", *want = malloc(size + 400);
	if (digits == 0 || digits >= (int)sizeof number)
		good = 0;
	else
		memcpy(number, body, digits);
	for (int part = 0; part < parts; part++) {
		size_t length = fill(want, atoi(number), part, parts, size);
		good = good && length == zmq_msg_size(&m[part]) && memcmp(want, zmq_msg_data(&m[part]), length) == 0;
	}
	printf("%sm %s %d %d\n", good ? "" : "not as it was sent: ", number, size, parts);
	free(want);
	for (int part = 0; part < parts; part++)
		zmq_msg_close(&m[part]);
}

/* listen_all tells what comes until the input ends. */
static void listen_all(void)
{
	zmq_pollitem_t items[] = {{sock, 0, ZMQ_POLLIN, 0}, {NULL, STDIN_FILENO, ZMQ_POLLIN, 0}};
	for (;;) {
		check(zmq_poll(items, 2, -1), "poll");
		if (items[0].revents)
			tell();
		if (items[1].revents)
			return;
	}
}

/* count receives up to the number last, or until there is silence for so many milliseconds, and says how many came how fast. */
static void count(uint64_t first, uint64_t last, uint64_t silence)
{
	uint64_t number = 0, came = 0;
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
		if (came++ == 0)
			begin = nanoseconds();
		if (came % 64 == 0 || number == last)
			end = nanoseconds();
	}
	printf("%" PRIu64 " %" PRId64 "\n", came, end - begin);
}

/* listen_fast has a fastsub obey until its input ends. */
static void listen_fast(void)
{
	char line[256];
	uint64_t first, last, silence;
	while (fgets(line, sizeof line, stdin) != NULL &&
	       sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64, &first, &last, &silence) == 3)
		count(first, last, silence);
}

/* main makes the socket, and lets it do what its role is. */
int main(int argc, char **argv)
{
	static const struct {
		const char *role;
		int type;
		void (*work)(void);
	} roles[] = {
		{"pub", ZMQ_PUB, obey}, {"xpub", ZMQ_XPUB, obey}, {"sub", ZMQ_SUB, listen_all}, {"xsub", ZMQ_XSUB, listen_all}, {"fastsub", ZMQ_SUB, listen_fast},
	};
	size_t r = 0;
	if (argc < 3)
		return 2;
	while (r < sizeof roles / sizeof *roles && strcmp(argv[1], roles[r].role) != 0)
		r++;
	if (r == sizeof roles / sizeof *roles)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sock = zmq_socket(zmq_ctx_new(), roles[r].type);
	set(ZMQ_SNDHWM, 0);
	set(ZMQ_RCVHWM, 0);
	for (int i = 3; i < argc; i++)
		configure(argv[i]);
	if (roles[r].type == ZMQ_SUB)
		check(zmq_setsockopt(sock, ZMQ_SUBSCRIBE, "", 0), "subscribe");
	check(roles[r].work == obey ? zmq_bind(sock, argv[2]) : zmq_connect(sock, argv[2]), argv[2]);
	puts("up");
	roles[r].work();
	fflush(stdout);
	_exit(0);
}
