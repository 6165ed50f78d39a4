/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts messages from bytes that were gathered without blocking. It reads no
 * socket.
 */
#include <string.h>

#include "base/check.h"
#include "base/frame_priv.h"

/* keep_rest moves what was not taken to the front. */
static enum rc
keep_rest(struct frame_in *f)
{
	if (f->off > 0 && f->len > f->off)
		memmove(f->ptr, f->ptr + f->off, f->len - f->off);
	f->len -= f->off;
	f->off = 0;
	return RC_TRUNCATED;
}

enum rc
frame_in_take(struct bytes *out, struct frame_in *f, struct err *e)
{
	size_t have = f->len - f->off, len;

	DCHECK(f->off <= f->len && f->len <= f->cap);
	if (have < FRAME_HEAD_LEN)
		return keep_rest(f);
	len = be32(f->ptr + f->off);
	TRY(frame_check_len(
	    len, f->cap < FRAME_HEAD_LEN ? 0 : f->cap - FRAME_HEAD_LEN, e));
	if (have < FRAME_HEAD_LEN + len)
		return keep_rest(f);
	*out = bytes_of(f->ptr + f->off + FRAME_HEAD_LEN, len);
	f->off += FRAME_HEAD_LEN + len;
	return RC_OK;
}
