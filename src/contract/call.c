/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls, creations, results and errors both ways; the encoding itself is
 * eth/abi.c's.
 */
#include "contract/contract.h"

#include "base/check.h"
#include "contract/tables_priv.h"

enum { SELECTOR = 4 };

enum rc
contract_encode_call(struct arena *a, struct bytes *out,
    const struct contract_member *function, const struct abi_value *args,
    size_t cnt, struct err *e)
{
	struct abi_sig sig = {.args = function->args};

	CHECK(function->kind == CONTRACT_FUNCTION);
	memcpy(sig.selector, function->hash.b, SELECTOR);
	return abi_encode_call(a, out, &sig, args, cnt, e);
}

enum rc
contract_encode_create(struct arena *a, struct bytes *out,
    const struct contract *c, const struct abi_value *args, size_t cnt,
    struct err *e)
{
	static const struct abi_type nothing = {.kind = ABI_TUPLE, .depth = 1};
	const struct contract_member *m = contract_constructor(c);
	struct bytes tail;
	uint8_t *all;

	if (c->code.len == 0)
		return FAIL(
		    e, RC_UNSUPPORTED, "%s is an interface: no code", c->name);
	TRY(abi_encode(
	    a, &tail, m == NULL ? &nothing : &m->args, args, cnt, e));
	all = arena_alloc(a, c->code.len + tail.len);
	if (all == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu bytes",
		    c->code.len + tail.len);
	memcpy(all, c->code.ptr, c->code.len);
	if (tail.len > 0)
		memcpy(all + c->code.len, tail.ptr, tail.len);
	*out = bytes_of(all, c->code.len + tail.len);
	return RC_OK;
}

static enum rc
decode(struct arena *a, struct contract_decoded *out, const struct contract *c,
    enum contract_kind kind, struct bytes in, struct err *e)
{
	struct bytes selector;

	*out = (struct contract_decoded){.member = NULL};
	if (bytes_take(&selector, &in, SELECTOR))
		out->member = contract_pick(c, kind, selector, 0);
	if (out->member == NULL)
		return FAIL(e, RC_NOT_FOUND, "no known selector");
	return abi_decode(a, &out->args, &out->member->args, in, e);
}

enum rc
contract_decode_call(struct arena *a, struct contract_decoded *out,
    const struct contract *c, struct bytes in, struct err *e)
{
	return decode(a, out, c, CONTRACT_FUNCTION, in, e);
}

enum rc
contract_decode_results(struct arena *a, const struct abi_value **out,
    const struct contract_member *function, struct bytes in, struct err *e)
{
	CHECK(function->kind == CONTRACT_FUNCTION);
	return abi_decode(a, out, &function->results, in, e);
}

enum rc
contract_decode_error(struct arena *a, struct contract_decoded *out,
    const struct contract *c, struct bytes in, struct err *e)
{
	return decode(a, out, c, CONTRACT_ERROR, in, e);
}
