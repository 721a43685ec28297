/*
 * peer: one libzmq socket under remote control. The interop tests compile it, start one process for each socket they
 * want on libzmq's side, write commands to its standard input and read one report for each from its standard output.
 *
 *   peer TYPE [OPTION=VALUE]...
 *
 * It begins with "ready VERSION". A command is a line of words; its report is one line that begins with "ok", with
 * "blocked" (a send found no room in time) or with "err" and a reason. Commands run one after the other. Every command
 * that can wait has a deadline of its own, and the end of the standard input ends the process, so none outlives a test.
 *
 * Frames are written as words, the same in commands and reports: frames.h has them.
 *
 * Numbered messages have one frame: a decimal number, padded with dots to the size asked for.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "frames.h"

enum {
	MAX_LINE = 65536, /* bytes of a command */
	MAX_WORDS = 64,   /* words of a command, or frames of a message */
	PULSE_MS = 2      /* pause between the messages of a pulse */
};

/* The socket and what belongs to it. */
static void *context, *sock, *monitor;

/* How often each event of the monitor has been seen; the index is the number of its bit. */
static int seen[32];

/* The value that each event came with last. */
static uint32_t value_of[32];

/* say prints one report. */
static void say(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* fail reports what libzmq refused. */
static void fail(const char *what)
{
	say("err %s: %s", what, zmq_strerror(zmq_errno()));
}

/* die ends the process for a mistake in its command line, or a libzmq that does not work at all. */
static void die(const char *what, const char *which)
{
	fprintf(stderr, "peer: %s: %s (%s)\n", what, which, zmq_strerror(zmq_errno()));
	exit(2);
}

/* now_ms is a clock that only goes forward, in milliseconds. */
static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* left is the time to a deadline, in milliseconds, 0 when it is past. */
static int left(int64_t deadline)
{
	int64_t d = deadline - now_ms();
	return d < 0 ? 0 : (int)d;
}

/* A ZAP handler: its socket, and the status that it gives to whoever may come in. */
struct handler {
	void *sock;
	const char *status;
};

/* A name and the number that libzmq has for it. */
struct name {
	const char *name;
	int value;
};

/* The socket types that a peer can have. */
static const struct name types[] = {
	{"PAIR", ZMQ_PAIR},     {"PUB", ZMQ_PUB},       {"SUB", ZMQ_SUB},   {"REQ", ZMQ_REQ},   {"REP", ZMQ_REP},
	{"DEALER", ZMQ_DEALER}, {"ROUTER", ZMQ_ROUTER}, {"PULL", ZMQ_PULL}, {"PUSH", ZMQ_PUSH},
	{"XPUB", ZMQ_XPUB},     {"XSUB", ZMQ_XSUB},     {"STREAM", ZMQ_STREAM}, {NULL, 0},
};

/* METADATA and the next four are options that zmq.h keeps to builds with drafts, and the library has in all. */
#define METADATA 95
#define ZAP_ENFORCE_DOMAIN 93
#define SOCKS_USERNAME 99
#define SOCKS_PASSWORD 100
#define ONLY_FIRST_SUBSCRIBE 108

/* The options that a peer can be given, beside maxmsgsize, id and metadata: all of them int, or as large as one. */
static const struct name int_options[] = {
	{"sndhwm", ZMQ_SNDHWM},
	{"rcvhwm", ZMQ_RCVHWM},
	{"nodrop", ZMQ_XPUB_NODROP},
	{"verbose", ZMQ_XPUB_VERBOSE},
	{"verboser", ZMQ_XPUB_VERBOSER},
	{"manual", ZMQ_XPUB_MANUAL},
	{"invert", ZMQ_INVERT_MATCHING},
	{"conflate", ZMQ_CONFLATE},
	{"onlyfirst", ONLY_FIRST_SUBSCRIBE},
	{"zap_enforce", ZAP_ENFORCE_DOMAIN},
	{"reconnect", ZMQ_RECONNECT_IVL},
	{"linger", ZMQ_LINGER},
	{"sndbuf", ZMQ_SNDBUF},
	{"rcvbuf", ZMQ_RCVBUF},
	{"heartbeat", ZMQ_HEARTBEAT_IVL},
	{"timeout", ZMQ_HEARTBEAT_TIMEOUT},
	{"ttl", ZMQ_HEARTBEAT_TTL},
	{"mandatory", ZMQ_ROUTER_MANDATORY},
	{"handover", ZMQ_ROUTER_HANDOVER},
	{"probe", ZMQ_PROBE_ROUTER},
	{"correlate", ZMQ_REQ_CORRELATE},
	{"relaxed", ZMQ_REQ_RELAXED},
	{"ipv6", ZMQ_IPV6},
	{"plain_server", ZMQ_PLAIN_SERVER},
	{"curve_server", ZMQ_CURVE_SERVER},
	{"handshake", ZMQ_HANDSHAKE_IVL},
	{"immediate", ZMQ_IMMEDIATE},
	{"raw", ZMQ_ROUTER_RAW},
	{"filter_pid", ZMQ_IPC_FILTER_PID},
	{"filter_uid", ZMQ_IPC_FILTER_UID},
	{"filter_gid", ZMQ_IPC_FILTER_GID},
	{NULL, 0},
};

/* The options that are text, beside id. */
static const struct name text_options[] = {
	{"plain_username", ZMQ_PLAIN_USERNAME},
	{"plain_password", ZMQ_PLAIN_PASSWORD},
	{"curve_publickey", ZMQ_CURVE_PUBLICKEY},
	{"curve_secretkey", ZMQ_CURVE_SECRETKEY},
	{"curve_serverkey", ZMQ_CURVE_SERVERKEY},
	{"zap_domain", ZMQ_ZAP_DOMAIN},
	{"socks", ZMQ_SOCKS_PROXY},
	{"socks_username", SOCKS_USERNAME},
	{"socks_password", SOCKS_PASSWORD},
	{"welcome", ZMQ_XPUB_WELCOME_MSG},
	{"filter", ZMQ_TCP_ACCEPT_FILTER},
	{NULL, 0},
};

/* The events of the monitor that tests wait for. */
static const struct name events[] = {
	{"NODETAIL", ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL},
	{"PROTOCOL", ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL},
	{"AUTH", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH},
	{"RETRIED", ZMQ_EVENT_CONNECT_RETRIED},
	{"ACCEPTED", ZMQ_EVENT_ACCEPTED},
	{"CLOSED", ZMQ_EVENT_CLOSED},
	{"DISCONNECTED", ZMQ_EVENT_DISCONNECTED},
	{"HANDSHAKE", ZMQ_EVENT_HANDSHAKE_SUCCEEDED},
	{NULL, 0},
};

/* find looks a name up; ends the process if it is not there, since the test must be wrong. */
static int find(const struct name *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table->value;
	die("unknown name", name);
	return 0;
}

/* has says whether a table has a name. */
static int has(const struct name *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return 1;
	return 0;
}

/* handler_loop answers ZAP requests with the status that is its argument: 200 only to the user joe with the password secret,
 * to whoever has no password, and to every key. It ends with the process. */
static void *handler_loop(void *argument)
{
	struct handler *h = argument;
	for (;;) {
		char frames[9][256];
		int count = 0, size, more = 1;
		size_t more_size = sizeof more;
		memset(frames, 0, sizeof frames);
		while (more && count < 9) {
			size = zmq_recv(h->sock, frames[count++], 255, 0);
			if (size < 0)
				return NULL;
			zmq_getsockopt(h->sock, ZMQ_RCVMORE, &more, &more_size);
		}
		const char *status = h->status;
		if (strcmp(frames[5], "PLAIN") == 0 && (strcmp(frames[6], "joe") != 0 || strcmp(frames[7], "secret") != 0))
			status = "400";
		const char *reply[] = {"1.0", frames[1], status, "", "joe", ""};
		for (int i = 0; i < 6; i++)
			zmq_send(h->sock, reply[i], strlen(reply[i]), i < 5 ? ZMQ_SNDMORE : 0);
	}
}

/* start_handler binds a ZAP handler, and lets it answer in a thread of its own. */
static void start_handler(const char *status)
{
	static struct handler h;
	pthread_t thread;
	h.status = status;
	h.sock = zmq_socket(context, ZMQ_REP);
	if (zmq_bind(h.sock, "inproc://zeromq.zap.01") != 0 || pthread_create(&thread, NULL, handler_loop, &h) != 0)
		die("handler", status);
}

/* set_option applies one OPTION=VALUE of the command line. */
static void set_option(char *text)
{
	char *value = strchr(text, '=');
	if (value == NULL)
		die("no value", text);
	*value++ = '\0';
	int rc;
	if (strcmp(text, "maxmsgsize") == 0) {
		int64_t n = atoll(value);
		rc = zmq_setsockopt(sock, ZMQ_MAXMSGSIZE, &n, sizeof n);
	} else if (strcmp(text, "id") == 0) {
		rc = zmq_setsockopt(sock, ZMQ_ROUTING_ID, value, strlen(value));
	} else if (strcmp(text, "metadata") == 0) {
		rc = zmq_setsockopt(sock, METADATA, value, strlen(value));
	} else if (strcmp(text, "zap") == 0) {
		start_handler(value);
		rc = 0;
	} else if (has(text_options, text)) {
		rc = zmq_setsockopt(sock, find(text_options, text), value, strlen(value));
	} else {
		int n = atoi(value);
		rc = zmq_setsockopt(sock, find(int_options, text), &n, sizeof n);
	}
	if (rc != 0)
		die("option", text);
}

/* set_timeouts bounds the socket's next calls, in milliseconds. */
static void set_timeouts(int ms)
{
	zmq_setsockopt(sock, ZMQ_SNDTIMEO, &ms, sizeof ms);
	zmq_setsockopt(sock, ZMQ_RCVTIMEO, &ms, sizeof ms);
}

/* send_frames sends words, up to the NULL behind them, as one message. */
static int send_frames(char **words)
{
	for (; *words != NULL; words++) {
		zmq_msg_t m;
		parse_frame(&m, *words);
		if (zmq_msg_send(&m, sock, words[1] != NULL ? ZMQ_SNDMORE : 0) < 0) {
			zmq_msg_close(&m);
			return -1;
		}
	}
	return 0;
}

/* send_number sends one numbered message. */
static int send_number(uint64_t number, size_t size)
{
	char text[32];
	size_t n = (size_t)snprintf(text, sizeof text, "%" PRIu64, number);
	if (size < n)
		size = n;
	zmq_msg_t m;
	zmq_msg_init_size(&m, size);
	memset(zmq_msg_data(&m), '.', size);
	memcpy(zmq_msg_data(&m), text, n);
	if (zmq_msg_send(&m, sock, 0) < 0) {
		zmq_msg_close(&m);
		return -1;
	}
	return 0;
}

/* recv_number receives one numbered message. Returns 0 when it reported a failure instead. */
static int recv_number(uint64_t *number, int64_t deadline, uint64_t before)
{
	zmq_msg_t m;
	zmq_msg_init(&m);
	set_timeouts(left(deadline));
	int n = zmq_msg_recv(&m, sock, 0);
	if (n < 0) {
		zmq_msg_close(&m);
		say("err after %" PRIu64 " messages: %s", before, zmq_strerror(zmq_errno()));
		return 0;
	}
	char text[32] = {0};
	memcpy(text, zmq_msg_data(&m), (size_t)n < sizeof text - 1 ? (size_t)n : sizeof text - 1);
	int more = zmq_msg_more(&m);
	zmq_msg_close(&m);
	char *end;
	*number = strtoull(text, &end, 10);
	if (more || end == text || (*end != '\0' && *end != '.')) {
		say("err after %" PRIu64 " messages: not a numbered one: %s%s", before, text, more ? " (more)" : "");
		return 0;
	}
	return 1;
}

/* bind ENDPOINT: reports the endpoint with its real port. */
static void do_bind(char **words)
{
	char real[512];
	size_t size = sizeof real;
	if (zmq_bind(sock, words[1]) != 0 || zmq_getsockopt(sock, ZMQ_LAST_ENDPOINT, real, &size) != 0)
		fail("bind");
	else
		say("ok %s", real);
}

/* report says how a call of libzmq's went. */
static void report(const char *what, int rc)
{
	if (rc < 0)
		fail(what);
	else
		say("ok");
}

/* connect ENDPOINT */
static void do_connect(char **words)
{
	report("connect", zmq_connect(sock, words[1]));
}

/* unbind ENDPOINT */
static void do_unbind(char **words)
{
	report("unbind", zmq_unbind(sock, words[1]));
}

/* disconnect ENDPOINT */
static void do_disconnect(char **words)
{
	report("disconnect", zmq_disconnect(sock, words[1]));
}

/* set_frame applies an option with a frame as its value. */
static int set_frame(int option, const char *word)
{
	zmq_msg_t m;
	parse_frame(&m, word);
	int rc = zmq_setsockopt(sock, option, zmq_msg_data(&m), zmq_msg_size(&m));
	zmq_msg_close(&m);
	return rc;
}

/* subscribe FRAME */
static void do_subscribe(char **words)
{
	report("subscribe", set_frame(ZMQ_SUBSCRIBE, words[1]));
}

/* unsubscribe FRAME */
static void do_unsubscribe(char **words)
{
	report("unsubscribe", set_frame(ZMQ_UNSUBSCRIBE, words[1]));
}

/* name FRAME: the routing id of whoever the next connect reaches. */
static void do_name(char **words)
{
	report("name", set_frame(ZMQ_CONNECT_ROUTING_ID, words[1]));
}

/* send MS FRAME...: sends one message. */
static void do_send(char **words)
{
	set_timeouts(atoi(words[1]));
	report("send", send_frames(words + 2));
}

/* recv MS PROPERTY...: receives one message and reports its frames, and then the first one's properties as NAME=VALUE, or NAME alone. */
static void do_recv(char **words)
{
	zmq_msg_t frames[MAX_WORDS];
	int64_t deadline = now_ms() + atoi(words[1]);
	int more = 1, count = 0;
	while (more && count < MAX_WORDS) {
		set_timeouts(left(deadline));
		zmq_msg_init(&frames[count]);
		if (zmq_msg_recv(&frames[count], sock, 0) < 0) {
			fail("recv");
			return;
		}
		more = zmq_msg_more(&frames[count]);
		count++;
	}
	fputs("ok", stdout);
	for (int i = 0; i < count; i++)
		print_frame(&frames[i]);
	for (char **name = words + 2; *name != NULL; name++) {
		const char *value = zmq_msg_gets(&frames[0], *name);
		printf(" %s%s%s", *name, value != NULL ? "=" : "", value != NULL ? value : "");
	}
	for (int i = 0; i < count; i++)
		zmq_msg_close(&frames[i]);
	say("");
}

/* sendn FIRST COUNT SIZE MS: sends numbered messages. "blocked K" says that the one after K found no room for MS. */
static void do_sendn(char **words)
{
	uint64_t first = strtoull(words[1], NULL, 10), count = strtoull(words[2], NULL, 10);
	size_t size = strtoull(words[3], NULL, 10);
	set_timeouts(atoi(words[4]));
	for (uint64_t i = 0; i < count; i++) {
		if (send_number(first + i, size) == 0)
			continue;
		if (zmq_errno() != EAGAIN) {
			fail("sendn");
			return;
		}
		say("blocked %" PRIu64, i);
		return;
	}
	say("ok %" PRIu64, count);
}

/* recvn FIRST COUNT MS: receives numbered messages that must come one after the other, without a gap. */
static void do_recvn(char **words)
{
	uint64_t first = strtoull(words[1], NULL, 10), count = strtoull(words[2], NULL, 10), number;
	int64_t deadline = now_ms() + atoi(words[3]);
	for (uint64_t i = 0; i < count; i++) {
		if (!recv_number(&number, deadline, i))
			return;
		if (number != first + i) {
			say("err message %" PRIu64 " came where %" PRIu64 " was due", number, first + i);
			return;
		}
	}
	say("ok %" PRIu64, count);
}

/* rising receives numbered messages, each higher than the one before, until the number last or so many have come. Reports
 * their count, the first and the number of those missing in between. */
static void rising(uint64_t last, uint64_t most, int64_t deadline)
{
	uint64_t number = 0, before = 0, first = 0, count = 0;
	do {
		if (!recv_number(&number, deadline, count))
			return;
		if (count > 0 && number <= before) {
			say("err message %" PRIu64 " came after %" PRIu64, number, before);
			return;
		}
		if (count++ == 0)
			first = number;
		before = number;
	} while (number < last && count < most);
	say("ok %" PRIu64 " %" PRIu64 " %" PRIu64, count, first, number - first + 1 - count);
}

/* drain LAST MS: receives rising numbers up to LAST. */
static void do_drain(char **words)
{
	rising(strtoull(words[1], NULL, 10), UINT64_MAX, now_ms() + atoi(words[2]));
}

/* rise COUNT MS: receives COUNT rising numbers. */
static void do_rise(char **words)
{
	rising(UINT64_MAX, strtoull(words[1], NULL, 10), now_ms() + atoi(words[2]));
}

/* collect FIRST COUNT MS: receives COUNT numbered messages in any order, each of them once. */
static void do_collect(char **words)
{
	uint64_t first = strtoull(words[1], NULL, 10), count = strtoull(words[2], NULL, 10), number;
	int64_t deadline = now_ms() + atoi(words[3]);
	char *have = calloc(count + 1, 1);
	for (uint64_t i = 0; i < count; i++) {
		if (!recv_number(&number, deadline, i))
			break;
		if (number < first || number >= first + count || have[number - first]++) {
			say("err message %" PRIu64 " came twice, or is none of %" PRIu64 " from %" PRIu64, number, count, first);
			break;
		}
		if (i == count - 1)
			say("ok %" PRIu64, count);
	}
	free(have);
}

/* serve COUNT MS: a REP's work: receives COUNT requests and sends each back as its reply. */
static void do_serve(char **words)
{
	uint64_t count = strtoull(words[1], NULL, 10);
	int64_t deadline = now_ms() + atoi(words[2]);
	for (uint64_t i = 0; i < count; i++) {
		int more = 1;
		if (i % 1000 == 0)
			set_timeouts(left(deadline));
		while (more) {
			zmq_msg_t m;
			zmq_msg_init(&m);
			if (zmq_msg_recv(&m, sock, 0) < 0) {
				fail("serve: receive");
				return;
			}
			more = zmq_msg_more(&m);
			if (zmq_msg_send(&m, sock, more ? ZMQ_SNDMORE : 0) < 0) {
				fail("serve: reply");
				return;
			}
		}
	}
	say("ok %" PRIu64, count);
}

/* ask FIRST COUNT SIZE MS: a REQ's work: COUNT round trips of numbered messages, each of which must come back. */
static void do_ask(char **words)
{
	uint64_t first = strtoull(words[1], NULL, 10), count = strtoull(words[2], NULL, 10), number;
	size_t size = strtoull(words[3], NULL, 10);
	int64_t deadline = now_ms() + atoi(words[4]);
	set_timeouts(left(deadline));
	for (uint64_t i = 0; i < count; i++) {
		if (send_number(first + i, size) != 0) {
			fail("ask: request");
			return;
		}
		if (!recv_number(&number, deadline, i))
			return;
		if (number != first + i) {
			say("err reply %" PRIu64 " to request %" PRIu64, number, first + i);
			return;
		}
	}
	say("ok %" PRIu64, count);
}

/* pulse FRAME: sends a message of one frame every PULSE_MS, until the next command is there. */
static void do_pulse(char **words)
{
	uint64_t count = 0;
	struct pollfd in = {.fd = 0, .events = POLLIN};
	set_timeouts(0);
	do {
		if (send_frames(words + 1) == 0)
			count++;
		else if (zmq_errno() != EAGAIN) {
			fail("pulse");
			return;
		}
	} while (poll(&in, 1, PULSE_MS) == 0);
	say("ok %" PRIu64, count);
}

/* next_event takes one event off the monitor and counts it. Returns -1 at the deadline. */
static int next_event(int64_t deadline)
{
	int ms = left(deadline);
	zmq_msg_t m;
	zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &ms, sizeof ms);
	zmq_msg_init(&m);
	if (zmq_msg_recv(&m, monitor, 0) < 0)
		return -1;
	uint16_t event;
	uint32_t value;
	memcpy(&event, zmq_msg_data(&m), sizeof event);
	memcpy(&value, (char *)zmq_msg_data(&m) + sizeof event, sizeof value);
	for (int bit = 0; bit < 16; bit++)
		if (event >> bit & 1) {
			seen[bit]++;
			value_of[bit] = value;
		}
	zmq_msg_close(&m);
	zmq_msg_init(&m);
	zmq_msg_recv(&m, monitor, 0); /* the address */
	zmq_msg_close(&m);
	return 0;
}

/* wait EVENT COUNT MS: waits until the event has come so many times since the process began. The socket has taken note of
 * it by then: asking for ZMQ_EVENTS makes libzmq handle what its I/O thread has sent it. */
static void do_wait(char **words)
{
	int bits = find(events, words[1]), count = atoi(words[2]), bit = 0, state;
	int64_t deadline = now_ms() + atoi(words[3]);
	size_t size = sizeof state;
	while (!(bits >> bit & 1))
		bit++;
	while (seen[bit] < count)
		if (next_event(deadline) != 0) {
			say("err %s came %d times", words[1], seen[bit]);
			return;
		}
	zmq_getsockopt(sock, ZMQ_EVENTS, &state, &size);
	say("ok %d", seen[bit]);
}

/* value EVENT: reports what the event came with when it came last, of those that were waited for or passed on the way. */
static void do_value(char **words)
{
	int bits = find(events, words[1]), bit = 0;
	while (!(bits >> bit & 1))
		bit++;
	say("ok %" PRIu32, value_of[bit]);
}

/* idle MS: reports ok when no message can be received for MS. */
static void do_idle(char **words)
{
	zmq_pollitem_t item = {.socket = sock, .events = ZMQ_POLLIN};
	if (zmq_poll(&item, 1, atoi(words[1])) != 0) {
		say("err there is something to receive");
		return;
	}
	say("ok");
}

/* A command, its number of words at least, and what carries it out. */
struct command {
	const char *name;
	int words;
	void (*run)(char **words);
};

/* The table of commands. */
static const struct command commands[] = {
	{"bind", 2, do_bind},
	{"connect", 2, do_connect},
	{"unbind", 2, do_unbind},
	{"disconnect", 2, do_disconnect},
	{"subscribe", 2, do_subscribe},
	{"unsubscribe", 2, do_unsubscribe},
	{"name", 2, do_name},
	{"send", 3, do_send},
	{"recv", 2, do_recv},
	{"sendn", 5, do_sendn},
	{"recvn", 4, do_recvn},
	{"drain", 3, do_drain},
	{"rise", 3, do_rise},
	{"collect", 4, do_collect},
	{"serve", 3, do_serve},
	{"ask", 5, do_ask},
	{"pulse", 2, do_pulse},
	{"wait", 4, do_wait},
	{"value", 2, do_value},
	{"idle", 2, do_idle},
	{NULL, 0, NULL},
};

/* read_line reads a command, byte by byte, so that poll tells the truth about what is left. Returns -1 at the end. */
static int read_line(char *line)
{
	for (int n = 0; n < MAX_LINE - 1; n++) {
		if (read(0, line + n, 1) != 1)
			return -1;
		if (line[n] == '\n') {
			line[n] = '\0';
			return 0;
		}
	}
	return -1;
}

/* run carries out one line. */
static void run(char *line)
{
	char *words[MAX_WORDS + 1] = {NULL};
	int n = 0;
	for (char *w = strtok(line, " "); w != NULL && n < MAX_WORDS; w = strtok(NULL, " "))
		words[n++] = w;
	for (const struct command *c = commands; n > 0 && c->name != NULL; c++)
		if (strcmp(c->name, words[0]) == 0 && n >= c->words) {
			c->run(words);
			return;
		}
	say("err no such command, or too few words");
}

/* open_socket makes the socket and its monitor. */
static void open_socket(int argc, char **argv)
{
	context = zmq_ctx_new();
	sock = zmq_socket(context, find(types, argv[1]));
	if (sock == NULL)
		die("socket", argv[1]);
	for (int i = 2; i < argc; i++)
		set_option(argv[i]);
	int none = 0;
	monitor = zmq_socket(context, ZMQ_PAIR);
	zmq_setsockopt(monitor, ZMQ_RCVHWM, &none, sizeof none);
	if (zmq_socket_monitor(sock, "inproc://monitor", ZMQ_EVENT_ALL) != 0 || zmq_connect(monitor, "inproc://monitor") != 0)
		die("monitor", argv[1]);
}

/* main obeys until "quit", which closes in order, within the socket's linger, or until the end of its input. */
int main(int argc, char **argv)
{
	static char line[MAX_LINE];
	int major, minor, patch;
	if (argc < 2)
		die("usage", "peer TYPE [OPTION=VALUE]...");
	open_socket(argc, argv);
	zmq_version(&major, &minor, &patch);
	say("ready %d.%d.%d", major, minor, patch);
	while (read_line(line) == 0) {
		if (strcmp(line, "quit") != 0) {
			run(line);
			continue;
		}
		zmq_socket_monitor(sock, NULL, 0);
		zmq_close(monitor);
		zmq_close(sock);
		zmq_ctx_term(context);
		say("ok");
		return 0;
	}
	return 0;
}
