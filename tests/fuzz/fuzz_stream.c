/* SPDX-License-Identifier: Apache-2.0
 *
 * The scanner that cuts documents out of a stream: the same documents must
 * come out however the bytes arrive. The first input byte sets the length of
 * the pieces.
 *
 * fuzz: cover=node/rpc/stream.c lib=rpc
 */
#include "base/check.h"
#include "rpc/stream.h"

/* Ends of documents that one input can have, and what ended it. */
enum { END_MAX = 4096 };

struct cuts {
	size_t end[END_MAX];
	size_t cnt;
	enum rc last;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
scan(struct cuts *out, struct bytes text, size_t piece)
{
	struct rpc_stream s = {0};
	struct bytes in = bytes_of(text.ptr, 0), doc;
	const uint8_t *end = text.ptr + text.len;

	out->cnt = 0;
	out->last = RC_TRUNCATED;
	for (;;) {
		out->last = rpc_stream_take(&s, &doc, &in, NULL);
		if (out->last == RC_OK && out->cnt < END_MAX) {
			CHECK(doc.len >= 2 && in.ptr == doc.ptr + doc.len);
			out->end[out->cnt++] = (size_t)(in.ptr - text.ptr);
			continue;
		}
		if (out->last != RC_TRUNCATED || in.ptr + in.len == end)
			return;
		in.len += piece;
		if (in.len > (size_t)(end - in.ptr))
			in.len = (size_t)(end - in.ptr);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cuts whole, pieces;
	struct bytes text;

	if (size == 0)
		return 0;
	text = bytes_of(data + 1, size - 1);
	scan(&whole, text, text.len);
	scan(&pieces, text, (size_t)data[0] + 1);
	CHECK(whole.cnt == pieces.cnt && whole.last == pieces.last);
	CHECK(memcmp(whole.end, pieces.end, whole.cnt * sizeof(whole.end[0])) ==
	      0);
	return 0;
}
