/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a local peer, in pieces of any size: the first input byte
 * sets the buffer, each following piece begins with its length. What comes
 * out must be the payloads in order, wherever the pieces were cut.
 *
 * fuzz: cover=node/base/frame_in.c
 */
#include <string.h>

#include "base/check.h"
#include "base/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* add gives one piece to f, as much as fits. */
static void
add(struct frame_in *f, struct bytes *in)
{
	size_t n = in->ptr[0], room = f->cap - f->len;

	in->ptr++;
	in->len--;
	n = n < in->len ? n : in->len;
	n = n < room ? n : room;
	if (n > 0)
		memcpy(f->ptr + f->len, in->ptr, n);
	f->len += n;
	in->ptr += n;
	in->len -= n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t mem[256], seen[256];
	struct frame_in f = {.ptr = mem};
	struct bytes in = bytes_of(data, size), msg;
	enum rc rc = RC_TRUNCATED;

	if (in.len == 0)
		return 0;
	f.cap = in.ptr[0];
	in.ptr++;
	in.len--;
	while (in.len > 0 && rc == RC_TRUNCATED) {
		add(&f, &in);
		memcpy(seen, mem, f.len);
		while ((rc = frame_in_take(&msg, &f, NULL)) == RC_OK) {
			size_t at = (size_t)(msg.ptr - mem);

			CHECK(at >= 4 && be32(mem + at - 4) == msg.len);
			CHECK(!memcmp(msg.ptr, seen + at, msg.len));
			CHECK(f.off == at + msg.len);
		}
		CHECK(rc == RC_TRUNCATED || rc == RC_TOO_LARGE);
		CHECK(rc == RC_TOO_LARGE || f.off == 0);
		CHECK(rc == RC_TOO_LARGE || f.len < f.cap || f.cap < 4);
	}
	return 0;
}
