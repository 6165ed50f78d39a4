/* SPDX-License-Identifier: Apache-2.0
 *
 * Framing: every row is fed whole, byte by byte and in pieces of seven, and
 * must give the same verdict at the same byte.
 */
#include "http/frame.h"

#include <stdio.h>

#include "http/head.h"
#include "test.h"

struct outcome {
	enum gw_more head, body;
	unsigned status;
	size_t used;
	char text[256];
	size_t text_len;
};

/* read_body decodes a body from in, shown in pieces. */
static void
read_body(struct outcome *o, struct gw_frame *f, struct bytes in, size_t step)
{
	struct bytes shown, piece;
	size_t begin = in.len;

	while (o->body == GW_MORE && in.len > 0) {
		size_t n = in.len < step ? in.len : step;

		shown = bytes_of(in.ptr, n);
		while (
		    (o->body = gw_frame_next(f, &piece, &shown)) == GW_PIECE) {
			memcpy(o->text + o->text_len, piece.ptr, piece.len);
			o->text_len += piece.len;
		}
		in = bytes_of(shown.ptr, in.len - n + shown.len);
		if (shown.len > 0)
			break;
	}
	o->used += begin - in.len;
}

static struct outcome
feed(const char *text, size_t len, size_t step, uint64_t max)
{
	struct gw_field store[GW_FIELD_CNT_MAX];
	struct outcome o = {.head = GW_MORE, .body = GW_MORE};
	struct gw_frame f;
	struct gw_head h;
	struct bytes head = {NULL, 0};
	size_t shown = 0;

	gw_frame_init(&f);
	while (o.head == GW_MORE && shown < len) {
		shown = shown + step < len ? shown + step : len;
		o.head = gw_frame_head(&f, &head, bytes_of(text, shown));
	}
	o.status = f.status;
	o.used = f.pos;
	if (o.head != GW_WHOLE)
		return o;
	o.status = gw_head_read(&h, store, head);
	if (o.status != 0)
		return o;
	gw_frame_body(&f, h.body, h.body_len, max);
	if (h.body == GW_BODY_NONE)
		o.body = GW_WHOLE;
	else
		read_body(&o, &f,
		    bytes_of((const uint8_t *)text + f.pos, len - f.pos), step);
	o.status = f.status;
	return o;
}

#define HEAD "POST / HTTP/1.1\r\nHost: a\r\n"
#define TE   HEAD "Transfer-Encoding: chunked\r\n\r\n"

/* text, verdict on the head, on the body, status, decoded body */
static const struct row {
	const char *name, *text;
	enum gw_more head, body;
	unsigned status;
	const char *decoded;
} rows[] = {
    {"no body", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", GW_WHOLE, GW_WHOLE, 0, ""},
    {"half a head", "GET / HTTP/1.1\r\nHost", GW_MORE, GW_MORE, 0, ""},
    {"counted", HEAD "Content-Length: 3\r\n\r\nabcX", GW_WHOLE, GW_WHOLE, 0,
	"abc"},
    {"counted, half", HEAD "Content-Length: 3\r\n\r\nab", GW_WHOLE, GW_MORE, 0,
	"ab"},
    {"chunked", TE "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", GW_WHOLE,
	GW_WHOLE, 0, "abc0123456789"},
    {"chunk extension", TE "3;a=\"b c\"\r\nabc\r\n0;x\r\n\r\n", GW_WHOLE,
	GW_WHOLE, 0, "abc"},
    {"trailers", TE "0\r\nA: b\r\nC:\r\n\r\n", GW_WHOLE, GW_WHOLE, 0, ""},
    {"leading zeros", TE "0003\r\nabc\r\n00\r\n\r\n", GW_WHOLE, GW_WHOLE, 0,
	"abc"},
    {"empty lines before", "\r\n\r\nGET / HTTP/1.0\r\nHost: a\r\n\r\n",
	GW_WHOLE, GW_WHOLE, 0, ""},
    {"bare CR", "GET / HTTP/1.1\rHost: a\r\n\r\n", GW_BAD, GW_MORE, 400, ""},
    {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", GW_BAD, GW_MORE, 400, ""},
    {"LF in a value", "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", GW_BAD, GW_MORE,
	400, ""},
    {"fold", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", GW_BAD, GW_MORE, 400, ""},
    {"no colon", "GET / HTTP/1.1\r\nab\r\n\r\n", GW_BAD, GW_MORE, 400, ""},
    {"version 2", "GET / HTTP/2.0\r\n\r\n", GW_BAD, GW_MORE, 505, ""},
    {"version x", "GET / HTTX/1.1\r\n\r\n", GW_BAD, GW_MORE, 400, ""},
    {"version 1.2", "GET / HTTP/1.2\r\n\r\n", GW_BAD, GW_MORE, 505, ""},
    {"no target", "GET  HTTP/1.1\r\n\r\n", GW_BAD, GW_MORE, 400, ""},
    {"CL and TE",
	HEAD "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
	GW_WHOLE, GW_MORE, 400, ""},
    {"CL twice", HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
	GW_WHOLE, GW_MORE, 400, ""},
    {"CL sign", HEAD "Content-Length: +3\r\n\r\n", GW_WHOLE, GW_MORE, 400, ""},
    {"CL 20 digits", HEAD "Content-Length: 10000000000000000000\r\n\r\n",
	GW_WHOLE, GW_MORE, 400, ""},
    {"TE gzip", HEAD "Transfer-Encoding: gzip\r\n\r\n", GW_WHOLE, GW_MORE, 501,
	""},
    {"TE in 1.0",
	"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
	GW_WHOLE, GW_MORE, 400, ""},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", GW_WHOLE, GW_MORE, 400, ""},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", GW_WHOLE,
	GW_MORE, 400, ""},
    {"Expect", HEAD "Expect: magic\r\n\r\n", GW_WHOLE, GW_MORE, 417, ""},
    {"body on GET", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
	GW_WHOLE, GW_MORE, 400, ""},
    {"size sign", TE "+3\r\nabc\r\n", GW_WHOLE, GW_BAD, 400, ""},
    {"size blank", TE "3 \r\nabc\r\n", GW_WHOLE, GW_BAD, 400, ""},
    {"size x", TE "0x3\r\nabc\r\n", GW_WHOLE, GW_BAD, 400, ""},
    {"size empty", TE "\r\nabc\r\n", GW_WHOLE, GW_BAD, 400, ""},
    {"size overflow", TE "10000000000000003\r\nabc\r\n", GW_WHOLE, GW_BAD, 400,
	""},
    {"size over the limit", TE "41\r\n", GW_WHOLE, GW_BAD, 413, ""},
    {"sum over the limit", TE "3\r\nabc\r\n3e\r\n", GW_WHOLE, GW_BAD, 413,
	"abc"},
    {"size LF", TE "3\nabc\r\n", GW_WHOLE, GW_BAD, 400, ""},
    {"data too long", TE "3\r\nabcd\r\n", GW_WHOLE, GW_BAD, 400, "abc"},
    {"extension LF", TE "3;a\nb\r\n", GW_WHOLE, GW_BAD, 400, ""},
    {"trailer fold", TE "0\r\nA: b\r\n c\r\n\r\n", GW_WHOLE, GW_BAD, 400, ""},
};

TEST(test_frame_rows_give_one_verdict_however_cut)
{
	static const size_t steps[] = {1, 7, SIZE_MAX / 2};
	size_t i, j, used = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];

		for (j = 0; j < 3; j++) {
			struct outcome o =
			    feed(r->text, strlen(r->text), steps[j], 64);

			test_row(r->name);
			EXPECT_U64(o.head, r->head);
			EXPECT_U64(o.body, r->body);
			EXPECT_U64(o.status, r->status);
			EXPECT_BYTES(bytes_of(o.text, o.text_len),
			    bytes_of_str(r->decoded));
			if (j > 0)
				EXPECT_U64(o.used, used);
			used = o.used;
		}
		test_count(1);
	}
}

/* Each byte value at each place that has a class of its own. */
TEST(test_frame_bytes_outside_their_class_are_refused)
{
	static const struct {
		const char *name, *before, *after;
		const char *allowed; /* beside letters and digits */
		bool blank, high;
	} place[] = {
	    {"method", "G", " / HTTP/1.1\r\nHost: a\r\n\r\n",
		"!#$%&'*+-.^_`|~ ", false, false},
	    {"target", "GET /", " HTTP/1.1\r\nHost: a\r\n\r\n",
		"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", false, false},
	    {"name", "GET / HTTP/1.1\r\nHost: a\r\nA", ": b\r\n\r\n",
		"!#$%&'*+-.^_`|~:", false, false},
	    {"value", "GET / HTTP/1.1\r\nHost: a\r\nA: b", "b\r\n\r\n",
		"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", true, true},
	};
	char text[128];
	size_t i;
	unsigned c;

	for (i = 0; i < 4; i++)
		for (c = 0; c < 256; c++) {
			size_t n = strlen(place[i].before);
			struct outcome o;
			bool good = (c >= '0' && c <= '9') ||
				    (c >= 'A' && c <= 'Z') ||
				    (c >= 'a' && c <= 'z') ||
				    (c != 0 && c < 128 &&
					strchr(place[i].allowed, (int)c)) ||
				    (place[i].blank && (c == ' ' || c == 9)) ||
				    (place[i].high && c >= 128);

			/* "G " ends the method and leaves an empty target. */
			if (i == 0 && c == ' ')
				continue;
			memcpy(text, place[i].before, n);
			text[n] = (char)c;
			strcpy(text + n + 1, place[i].after);
			o = feed(text, n + 1 + strlen(place[i].after), 1, 64);
			test_row(place[i].name);
			if ((o.head == GW_WHOLE) != good)
				test_fail(__FILE__, __LINE__, "byte %u", c);
		}
	test_count(1023);
}

static struct outcome
feed_long(const char *before, const char *unit, size_t cnt, const char *after)
{
	static char text[256 * 1024];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", before), i;

	for (i = 0; i < cnt; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "%s", unit);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", after);
	return feed(text, len, 1000, 1 << 20);
}

TEST(test_frame_bounds_are_exact)
{
	struct outcome o;

	/* "GET /" and one byte less than the line may have */
	o = feed_long(
	    "GET /", "a", GW_LINE_MAX - 5, " HTTP/1.1\r\nHost: a\r\n\r\n");
	EXPECT_U64(o.status, 0);
	o = feed_long(
	    "GET /", "a", GW_LINE_MAX - 4, " HTTP/1.1\r\nHost: a\r\n\r\n");
	EXPECT_U64(o.status, 414);
	o = feed_long("GET / HTTP/1.1\r\nHost: a\r\n", "A: b\r\n", 99, "\r\n");
	EXPECT_U64(o.status, 0);
	o = feed_long("GET / HTTP/1.1\r\nHost: a\r\n", "A: b\r\n", 100, "\r\n");
	EXPECT_U64(o.status, 431);
	/* the whole head, its last empty line included */
	o = feed_long("GET / HTTP/1.1\r\nHost: a\r\nA: ", "a",
	    GW_HEAD_MAX - 28 - 4, "\r\n\r\n");
	EXPECT_U64(o.status, 0);
	o = feed_long("GET / HTTP/1.1\r\nHost: a\r\nA: ", "a",
	    GW_HEAD_MAX - 28 - 3, "\r\n\r\n");
	EXPECT_U64(o.status, 431);
	o = feed_long(TE "3;", "a", GW_CHUNK_EXT_MAX, "\r\nabc\r\n0\r\n\r\n");
	EXPECT_U64(o.body, GW_WHOLE);
	o = feed_long(
	    TE "3;", "a", GW_CHUNK_EXT_MAX + 1, "\r\nabc\r\n0\r\n\r\n");
	EXPECT_U64(o.status, 400);
	o = feed_long(TE "0\r\n", "A: b\r\n", GW_TRAILER_MAX / 6 + 1, "\r\n");
	EXPECT_U64(o.status, 431);
}

TEST(test_frame_stays_bad_after_a_refusal)
{
	struct gw_frame f;
	struct bytes head;

	gw_frame_init(&f);
	EXPECT_U64(
	    gw_frame_head(&f, &head, bytes_of_str("\x16\x03\x01")), GW_BAD);
	EXPECT_U64(gw_frame_head(&f, &head,
		       bytes_of_str("GET / HTTP/1.1\r\nHost: a\r\n\r\n")),
	    GW_BAD);
	EXPECT_U64(f.status, 400);
}
