/* SPDX-License-Identifier: Apache-2.0
 *
 * RLP: what rlp_check accepts must come out the same when every item is
 * taken and written again; a reader that fails must leave its input alone.
 *
 * fuzz: cover=node/eth/rlp.c
 */
#include "eth/rlp.h"

#include <stdlib.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A canonical document is rewritten to its own length, so that each item can
 * be written where it was read. Lists to do are at most one per byte. */
static void
rewrite(struct bytes doc)
{
	struct bytes *todo = malloc((doc.len + 1) * sizeof(*todo)), item;
	uint8_t *copy = malloc(doc.len + 1);
	size_t cnt = 0, at;
	bool is_list;

	CHECK(todo != NULL && copy != NULL);
	memset(copy, 0xee, doc.len + 1);
	todo[cnt++] = doc;
	while (cnt > 0) {
		struct bytes in = todo[--cnt];

		while (in.len > 0) {
			struct buf out;

			at = (size_t)(in.ptr - doc.ptr);
			out = buf_of(copy + at, doc.len - at);
			CHECK(rlp_take(&item, &is_list, &in, NULL) == RC_OK);
			if (is_list) {
				CHECK(rlp_put_list_head(&out, item.len));
				CHECK(rlp_size_list(item.len) ==
				      out.len + item.len);
				todo[cnt++] = item;
			} else {
				CHECK(rlp_put_str(&out, item));
				CHECK(rlp_size_str(item) == out.len);
			}
		}
	}
	CHECK(!memcmp(copy, doc.ptr, doc.len));
	free(copy);
	free(todo);
}

/* Each typed reader on the same bytes; what it accepts is written back. */
static void
read_typed(struct bytes in)
{
	struct bytes rest, out;
	uint8_t fixed[32], room[40];
	struct u256 wide;
	uint64_t v;
	size_t cnt;

	rest = in;
	if (rlp_take_u64(&v, &rest, NULL) == RC_OK) {
		struct buf b = buf_of(room, sizeof(room));

		CHECK(rlp_put_u64(&b, v) && b.len == rlp_size_u64(v));
		CHECK(b.len + rest.len == in.len);
		CHECK(!memcmp(room, in.ptr, b.len));
		b = buf_of(room, b.len - 1);
		CHECK(!rlp_put_u64(&b, v));
	} else {
		CHECK(rest.ptr == in.ptr && rest.len == in.len);
	}
	rest = in;
	if (rlp_take_u256(&wide, &rest, NULL) == RC_OK) {
		struct buf b = buf_of(room, sizeof(room));

		CHECK(rlp_put_u256(&b, &wide) && b.len == rlp_size_u256(&wide));
		CHECK(!memcmp(room, in.ptr, b.len));
	} else {
		CHECK(rest.ptr == in.ptr && rest.len == in.len);
	}
	rest = in;
	if (rlp_take_fixed(fixed, sizeof(fixed), &rest, NULL) == RC_OK)
		CHECK(rest.len + 33 == in.len);
	else
		CHECK(rest.ptr == in.ptr);
	rest = in;
	if (rlp_take_str(&out, &rest, NULL) != RC_OK &&
	    rlp_take_list(&out, &rest, NULL) == RC_OK)
		(void)rlp_count(&cnt, out, NULL);
	rest = in;
	if (rlp_take_raw(&out, &rest, NULL) == RC_OK)
		CHECK(out.len + rest.len == in.len && out.ptr == in.ptr);
}

/* A string of the input's bytes, as long as its first two say, both ways. */
static void
write_long(const uint8_t *data, size_t size)
{
	static uint8_t room[70000], content[66000];
	struct buf b = buf_of(room, sizeof(room));
	struct bytes in, out;
	size_t len = be16(data);

	memset(content, data[size - 1], len);
	if (len != 1) {
		CHECK(rlp_put_str_head(&b, len) && buf_put(&b, content, len));
		in = bytes_of_buf(&b);
		CHECK(rlp_take_str(&out, &in, NULL) == RC_OK);
		CHECK(bytes_eq(out, bytes_of(content, len)) && in.len == 0);
		b = buf_of(room, len);
		CHECK(!rlp_put_str(&b, bytes_of(content, len)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes doc = bytes_of(data, size);
	struct err e;

	if (rlp_check(doc, &e) == RC_OK)
		rewrite(doc);
	read_typed(doc);
	if (size > 2)
		write_long(data, size);
	return 0;
}
