/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract ABI: the input is a signature, a line feed and data. What decodes
 * must encode, and that encoding must be a fixed point; it can only be
 * refused for its size, where tails were shared.
 *
 * fuzz: cover=node/eth/abi.c,node/eth/abi_type.c
 */
#include "eth/abi.h"

#include <stdlib.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
round_trip(struct arena *a, const struct abi_sig *sig, struct bytes in)
{
	const struct abi_value *v;
	struct bytes once, twice, call;
	enum rc rc;

	if (abi_decode(a, &v, &sig->args, in, NULL) != RC_OK)
		return;
	rc = abi_encode(a, &once, &sig->args, v, sig->args.cnt, NULL);
	if (rc == RC_TOO_LARGE)
		return;
	CHECK(rc == RC_OK);
	CHECK(abi_decode(a, &v, &sig->args, once, NULL) == RC_OK);
	CHECK(
	    abi_encode(a, &twice, &sig->args, v, sig->args.cnt, NULL) == RC_OK);
	CHECK(bytes_eq(once, twice));
	CHECK(abi_encode_call(a, &call, sig, v, sig->args.cnt, NULL) == RC_OK);
	CHECK(call.len == once.len + 4);
	CHECK(bytes_eq(once, bytes_of(call.ptr + 4, once.len)));
}

/* Values that no decoder would hand out. */
static void
wrong_values(struct arena *a, const struct abi_type *t)
{
	struct abi_value v[ABI_MEMBER_MAX];
	struct bytes out;
	size_t i;

	memset(v, 0xff, sizeof(v));
	for (i = 0; i < ABI_MEMBER_MAX; i++) {
		v[i].data = bytes_of_str("abc");
		v[i].items = NULL;
		v[i].cnt = 0;
	}
	(void)abi_encode(a, &out, t, v, t->cnt, NULL);
	CHECK(abi_encode(a, &out, t, v, t->cnt + 1, NULL) == RC_BAD_INPUT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
	const struct abi_value *v;
	struct bytes text, in, out;
	struct arena a, small;
	struct abi_sig sig;
	struct abi_type t;
	struct err e;

	if (end == NULL)
		return 0;
	text = bytes_of(data, (size_t)(end - data));
	in = bytes_of(end + 1, size - text.len - 1);
	arena_init(&a, 1 << 27);
	arena_init(&small, 16 * (size_t)data[size - 1]);
	(void)abi_read_type(&a, &t, text, &e);
	if (abi_read_sig(&a, &sig, text, &e) == RC_OK) {
		round_trip(&a, &sig, in);
		wrong_values(&a, &sig.args);
	}
	if (abi_read_sig(&small, &sig, text, &e) == RC_OK &&
	    abi_decode(&small, &v, &sig.args, in, NULL) == RC_OK)
		(void)abi_encode(
		    &small, &out, &sig.args, v, sig.args.cnt, NULL);
	arena_drop(&a);
	arena_drop(&small);
	return 0;
}
