/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames of a WebSocket client. The first input byte is the size of the
 * pieces, the second bounds a message; the rest is the stream. Read whole, in
 * such pieces and byte by byte, it must give the same messages, the same
 * control frames and the same end.
 *
 * fuzz: cover=src/http/ws.c
 */
#include <string.h>

#include "base/check.h"
#include "http/uri.h"
#include "http/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STREAM_MAX = 64 * 1024 };

/* struct sum is what one way of reading has seen. */
struct sum {
	uint64_t digest;
	size_t used;
	unsigned code;
	bool is_over;
	size_t message_len;
	uint8_t message[STREAM_MAX];
};

static void
mix(struct sum *s, uint64_t v)
{
	s->digest = (s->digest ^ v) * 0x100000001b3u;
}

static void
mix_bytes(struct sum *s, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		mix(s, p[i]);
}

static void
take_control(struct sum *s, const struct gw_ws *w)
{
	mix(s, w->op);
	mix_bytes(s, w->control, w->control_len);
	if (w->op != GW_WS_CLOSE)
		return;
	s->is_over = true;
	s->code = w->code;
	CHECK(w->control_len != 1);
}

static void
take_message(struct sum *s, const struct gw_ws *w)
{
	struct bytes all = bytes_of(s->message, s->message_len);

	CHECK(all.len <= w->message_max);
	CHECK(w->op == GW_WS_TEXT || w->op == GW_WS_BINARY);
	CHECK(w->op == GW_WS_BINARY || gw_utf8_ok(all));
	mix(s, w->op);
	mix_bytes(s, all.ptr, all.len);
	s->message_len = 0;
}

/* take reads what is shown. */
static void
take(struct sum *s, struct gw_ws *w, uint8_t *p, size_t n)
{
	enum gw_ws_more more = GW_WS_PIECE;
	struct bytes piece;
	size_t used;

	while (more != GW_WS_MORE && !s->is_over) {
		more = gw_ws_next(w, &piece, p, n, &used);
		CHECK(used <= n);
		p += used;
		n -= used;
		s->used += used;
		if (more == GW_WS_PIECE) {
			CHECK(piece.ptr + piece.len == p && piece.len > 0);
			memcpy(
			    s->message + s->message_len, piece.ptr, piece.len);
			s->message_len += piece.len;
		} else if (more == GW_WS_WHOLE) {
			take_message(s, w);
		} else if (more == GW_WS_CONTROL) {
			take_control(s, w);
		} else if (more == GW_WS_BAD) {
			CHECK(w->code >= 1002 && w->code <= 1009);
			s->is_over = true;
			s->code = w->code;
		}
	}
	CHECK(s->is_over || n == 0);
}

static void
read_stream(struct sum *s, struct bytes in, size_t step, size_t message_max)
{
	static uint8_t copy[STREAM_MAX];
	struct gw_ws w;
	size_t at = 0, n;

	s->digest = 14695981039346656037u;
	s->used = s->message_len = 0;
	s->code = 0;
	s->is_over = false;
	if (in.len > 0)
		memcpy(copy, in.ptr, in.len);
	gw_ws_init(&w, message_max);
	for (; at < in.len && !s->is_over; at += n) {
		n = in.len - at < step ? in.len - at : step;
		take(s, &w, copy + at, n);
	}
	mix(s, gw_ws_is_between(&w));
}

static void
check_same(const struct sum *a, const struct sum *b)
{
	CHECK(a->code == b->code && a->is_over == b->is_over);
	/* What is wrong within a piece is told with all of the piece read. */
	if (a->code == GW_WS_NOT_TEXT)
		return;
	CHECK(a->digest == b->digest && a->used == b->used);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sum whole, pieces, single;
	char accept[GW_WS_ACCEPT_LEN + 1];
	struct bytes in;

	if (size < 2 || size > STREAM_MAX)
		return 0;
	in = bytes_of(data + 2, size - 2);
	if (gw_ws_accept(accept, in))
		CHECK(strlen(accept) == GW_WS_ACCEPT_LEN);
	read_stream(&whole, in, STREAM_MAX, data[1] * 256u);
	read_stream(&pieces, in, data[0] + 1u, data[1] * 256u);
	read_stream(&single, in, 1, data[1] * 256u);
	check_same(&whole, &pieces);
	check_same(&whole, &single);
	return 0;
}
