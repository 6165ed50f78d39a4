/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a client. The first input byte is the size of the pieces; the rest
 * is a stream of requests. Read whole, in such pieces and byte by byte, it
 * must give the same requests, the same bodies and the same end.
 *
 * fuzz: cover=src/http/frame.c,src/http/head.c,src/http/uri.c
 */
#include <string.h>

#include "base/check.h"
#include "http/frame.h"
#include "http/head.h"
#include "http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STREAM_MAX = 64 * 1024, BODY_MAX = 4096 };

/* struct sum is what one way of reading has seen. */
struct sum {
	uint64_t digest;
	size_t used, requests;
	unsigned status;
};

static void
mix(struct sum *s, uint64_t v)
{
	s->digest = (s->digest ^ v) * 0x100000001b3u;
}

static void
mix_bytes(struct sum *s, struct bytes b)
{
	size_t i;

	for (i = 0; i < b.len; i++)
		mix(s, b.ptr[i]);
}

/* look_at touches everything that the layers above take from a head. */
static void
look_at(struct sum *s, const struct gw_head *h)
{
	struct gw_target t = gw_target_read(h->target);
	struct bytes path, name, value, rest = t.query;
	struct buf room;
	struct arena a;

	arena_init(&a, 1 << 17);
	mix(s, h->body);
	mix(s, h->body_len);
	mix(s, h->keep_alive);
	mix_bytes(s, bytes_of_str(gw_method_name(h->method)));
	CHECK(gw_same_nocase(h->host, h->host));
	mix(s, t.kind);
	if (gw_head_field(&value, h, "x-list"))
		while (gw_list_next(&name, &value))
			CHECK(name.len > 0);
	if (t.kind == GW_TARGET_PATH && gw_path_read(&a, &path, t.path)) {
		CHECK(path.len > 0 && path.ptr[0] == '/');
		CHECK(memmem(path.ptr, path.len, "/../", 4) == NULL);
		CHECK(memchr(path.ptr, 0, path.len) == NULL);
		CHECK(gw_utf8_ok(path));
		mix_bytes(s, path);
	}
	room = buf_of(arena_alloc(&a, rest.len), rest.len);
	while (room.ptr != NULL && gw_pair_next(&name, &value, &rest))
		if (gw_form_decode(&room, &name, value))
			mix_bytes(s, name);
	arena_drop(&a);
}

/* read_body returns false when the stream ends or is bad within a body. */
static bool
read_body(struct sum *s, struct gw_frame *f, struct bytes *in, size_t step)
{
	struct bytes shown = {in->ptr, 0}, piece;
	size_t n;

	for (;;) {
		switch (gw_frame_next(f, &piece, &shown)) {
		case GW_PIECE:
			CHECK(piece.len > 0);
			mix_bytes(s, piece);
			break;
		case GW_WHOLE:
			n = (size_t)(shown.ptr - in->ptr);
			in->ptr += n;
			in->len -= n;
			return true;
		case GW_BAD:
			CHECK(f->status >= 400 && f->status < 600);
			s->status = f->status;
			return false;
		case GW_MORE:
			CHECK(shown.len == 0);
			n = (size_t)(shown.ptr - in->ptr);
			if (n == in->len)
				return false;
			shown.len = in->len - n < step ? in->len - n : step;
			break;
		}
	}
}

static struct sum
read_stream(struct bytes in, size_t step)
{
	static struct gw_field store[GW_FIELD_CNT_MAX];
	struct sum s = {.digest = 14695981039346656037u};
	const uint8_t *begin = in.ptr;
	struct gw_frame f;
	struct gw_head h;
	struct bytes head;

	for (;; s.requests++) {
		size_t shown = 0;
		enum gw_more more = GW_MORE;

		gw_frame_init(&f);
		while (more == GW_MORE && shown < in.len) {
			shown = in.len - shown < step ? in.len : shown + step;
			more =
			    gw_frame_head(&f, &head, bytes_of(in.ptr, shown));
		}
		if (more != GW_WHOLE)
			break;
		CHECK(f.pos <= in.len && head.len <= f.pos);
		in.ptr += f.pos;
		in.len -= f.pos;
		s.status = gw_head_read(&h, store, head);
		if (s.status != 0)
			break;
		look_at(&s, &h);
		if (h.body == GW_BODY_COUNTED && h.body_len > BODY_MAX)
			break;
		gw_frame_body(&f, h.body, h.body_len, BODY_MAX);
		if (!read_body(&s, &f, &in, step))
			break;
		CHECK(f.total <= BODY_MAX);
	}
	if (f.status != 0)
		s.status = f.status;
	s.used = (size_t)(in.ptr - begin);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum whole, pieces, single;
	struct bytes in;

	if (size < 1 || size > STREAM_MAX)
		return 0;
	in = bytes_of(data + 1, size - 1);
	whole = read_stream(in, STREAM_MAX);
	pieces = read_stream(in, data[0] + 1u);
	single = read_stream(in, 1);
	CHECK(whole.digest == pieces.digest && whole.digest == single.digest);
	CHECK(whole.used == pieces.used && whole.used == single.used);
	CHECK(whole.status == pieces.status && whole.status == single.status);
	CHECK(whole.requests == pieces.requests);
	return 0;
}
