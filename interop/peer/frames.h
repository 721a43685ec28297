/*
 * frames.h: frames as words, for peer.c.
 *
 *   -              an empty frame
 *   x616263        bytes in hex
 *   @SIZE:SEED     SIZE made bytes (see make_frame); in commands only
 *   #SIZE:HASH     a frame of more than PLAIN bytes, by its FNV-1a hash; in reports only
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* Frames up to PLAIN bytes are reported byte by byte. */
enum { PLAIN = 256 };

/* hash is FNV-1a, 64 bits. */
static uint64_t hash(const unsigned char *p, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(1099511628211);
	return h;
}

/* make_frame fills a message with size bytes that follow from the seed: xorshift64, eight bytes a step, low byte first. */
static void make_frame(zmq_msg_t *m, size_t size, uint64_t seed)
{
	zmq_msg_init_size(m, size);
	unsigned char *p = zmq_msg_data(m);
	uint64_t x = seed * 2 + 1;
	for (size_t i = 0; i < size; i++) {
		if (i % 8 == 0) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
		}
		p[i] = (unsigned char)(x >> (8 * (i % 8)));
	}
}

/* nibble is the value of a hex digit. */
static int nibble(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* parse_frame makes a frame of a word. */
static void parse_frame(zmq_msg_t *m, const char *word)
{
	if (word[0] == '@') {
		char *end;
		size_t size = strtoull(word + 1, &end, 10);
		make_frame(m, size, strtoull(end + 1, NULL, 10));
		return;
	}
	size_t n = word[0] == 'x' ? strlen(word + 1) / 2 : 0;
	zmq_msg_init_size(m, n);
	unsigned char *p = zmq_msg_data(m);
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(nibble(word[1 + 2 * i]) << 4 | nibble(word[2 + 2 * i]));
}

/* print_frame writes a frame as a word, with a space before it. */
static void print_frame(zmq_msg_t *m)
{
	const unsigned char *p = zmq_msg_data(m);
	size_t n = zmq_msg_size(m);
	if (n == 0) {
		fputs(" -", stdout);
	} else if (n > PLAIN) {
		printf(" #%zu:%016" PRIx64, n, hash(p, n));
	} else {
		fputs(" x", stdout);
		for (size_t i = 0; i < n; i++)
			printf("%02x", p[i]);
	}
}
