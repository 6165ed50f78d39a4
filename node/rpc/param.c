/* SPDX-License-Identifier: Apache-2.0
 *
 * Typed arguments. Hex is as execution-apis has it: quantities without
 * leading zeros, data with an even number of digits, both with 0x. Texts
 * begin as go-ethereum's do ("invalid argument 0: ...").
 */
#include "base/hex.h"
#include "rpc/rpc_priv.h"

/* Block numbers above this are nobody's: go-ethereum reads them as int64. */
#define NUMBER_MAX ((uint64_t)INT64_MAX)

bool
rpc_arg_has(const struct rpc_call *c, unsigned i)
{
	return c->arg[i] != NULL && c->arg[i]->kind != RPC_JSON_NULL;
}

enum rc
rpc_arg_fail(unsigned i, enum rc rc, const struct err *why, struct err *e)
{
	if (rc == RC_OK)
		return RC_OK;
	if (rc == RC_NO_MEMORY)
		return FAIL(e, RC_NO_MEMORY, "an argument");
	return FAIL(e, RC_BAD_INPUT, "invalid argument %u: %s", i,
	    err_message(why, rc));
}

enum rc
rpc_text(struct bytes *out, const struct rpc_json *v, struct err *e)
{
	if (v == NULL || v->kind != RPC_JSON_STRING)
		return FAIL(e, RC_BAD_INPUT, "not a hex string");
	*out = v->str;
	return RC_OK;
}

/* read_fixed reads data of exactly len bytes. */
static enum rc
read_fixed(uint8_t *out, size_t len, const struct rpc_json *v, struct err *e)
{
	struct bytes text;

	TRY(rpc_text(&text, v, e));
	return hex_read_fixed(out, len, text, false, e);
}

enum rc
rpc_read_addr(struct addr *out, const struct rpc_json *v, struct err *e)
{
	return read_fixed(out->b, sizeof(out->b), v, e);
}

enum rc
rpc_read_hash(struct hash *out, const struct rpc_json *v, struct err *e)
{
	return read_fixed(out->b, sizeof(out->b), v, e);
}

enum rc
rpc_read_u64(uint64_t *out, const struct rpc_json *v, struct err *e)
{
	struct bytes text;

	TRY(rpc_text(&text, v, e));
	return hex_quantity_u64(out, text, e);
}

enum rc
rpc_read_u256(struct u256 *out, const struct rpc_json *v, struct err *e)
{
	struct bytes text;

	TRY(rpc_text(&text, v, e));
	return hex_quantity(out, text, e);
}

enum rc
rpc_read_data(
    struct arena *a, struct bytes *out, const struct rpc_json *v, struct err *e)
{
	struct bytes text;

	TRY(rpc_text(&text, v, e));
	return hex_read(a, out, text, e);
}

enum rc
rpc_arg_addr(
    struct addr *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	struct err why = {.rc = RC_OK};

	return rpc_arg_fail(i, rpc_read_addr(out, c->arg[i], &why), &why, e);
}

enum rc
rpc_arg_hash(
    struct hash *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	struct err why = {.rc = RC_OK};

	return rpc_arg_fail(i, rpc_read_hash(out, c->arg[i], &why), &why, e);
}

enum rc
rpc_arg_u64(uint64_t *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	struct err why = {.rc = RC_OK};

	return rpc_arg_fail(i, rpc_read_u64(out, c->arg[i], &why), &why, e);
}

enum rc
rpc_arg_data(
    struct bytes *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	struct err why = {.rc = RC_OK};

	return rpc_arg_fail(
	    i, rpc_read_data(c->a, out, c->arg[i], &why), &why, e);
}

enum rc
rpc_arg_text(
    struct bytes *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	struct err why = {.rc = RC_OK};

	return rpc_arg_fail(i, rpc_text(out, c->arg[i], &why), &why, e);
}

enum rc
rpc_arg_bool(bool *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	if (c->arg[i] == NULL || c->arg[i]->kind != RPC_JSON_BOOL)
		return FAIL(
		    e, RC_BAD_INPUT, "invalid argument %u: not a boolean", i);
	*out = c->arg[i]->is_true;
	return RC_OK;
}

enum rc
rpc_arg_count(
    uint64_t *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	const struct rpc_json *v = c->arg[i];
	struct u256 wide;

	if (v == NULL || v->kind != RPC_JSON_NUMBER)
		return rpc_arg_u64(out, c, i, e);
	if (u256_from_dec(&wide, v->raw, NULL) != RC_OK || !u256_is_u64(&wide))
		return FAIL(
		    e, RC_BAD_INPUT, "invalid argument %u: not a count", i);
	*out = wide.w[0];
	return RC_OK;
}

/* read_nibbles reads hex of any length into the low end of 32 bytes. */
static bool
read_nibbles(struct hash *out, struct bytes digits)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < digits.len; i++) {
		size_t at = 64 - digits.len + i;
		int v = hex_digit(digits.ptr[i]);

		if (v < 0)
			return false;
		out->b[at / 2] |= (uint8_t)(at % 2 == 0 ? v << 4 : v);
	}
	return true;
}

enum rc
rpc_read_slot(
    struct hash *out, size_t *len, const struct rpc_json *v, struct err *e)
{
	struct bytes text;

	TRY(rpc_text(&text, v, e));
	if (text.len >= 2 && text.ptr[0] == '0' && text.ptr[1] == 'x')
		text = bytes_of(text.ptr + 2, text.len - 2);
	if (text.len > 64)
		return FAIL(e, RC_BAD_INPUT,
		    "storage key too long (want at most 32 bytes): %zu digits",
		    text.len);
	if (!read_nibbles(out, text))
		return FAIL(e, RC_BAD_INPUT,
		    "unable to decode storage key: hex string invalid");
	*len = (text.len + 1) / 2;
	return RC_OK;
}

enum rc
rpc_arg_slot(
    struct hash *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	size_t len;

	if (c->arg[i] == NULL || c->arg[i]->kind != RPC_JSON_STRING)
		return FAIL(e, RC_BAD_INPUT,
		    "invalid argument %u: not a hex string", i);
	return rpc_read_slot(out, &len, c->arg[i], e);
}

static const struct {
	const char *text;
	enum rpc_at_kind kind;
} tags[] = {
    {"latest", RPC_AT_LATEST},
    {"pending", RPC_AT_PENDING},
    {"earliest", RPC_AT_EARLIEST},
    {"safe", RPC_AT_SAFE},
    {"finalized", RPC_AT_FINALIZED},
};

enum rc
rpc_read_tag(struct rpc_at *out, const struct rpc_json *v, struct err *e)
{
	struct bytes text;
	size_t i;

	TRY(rpc_text(&text, v, e));
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (bytes_eq(text, bytes_of_str(tags[i].text))) {
			*out = (struct rpc_at){.kind = tags[i].kind};
			return RC_OK;
		}
	}
	*out = (struct rpc_at){.kind = RPC_AT_NUMBER};
	TRY(hex_quantity_u64(&out->number, text, e));
	if (out->number > NUMBER_MAX)
		return FAIL(e, RC_BAD_INPUT, "block number larger than int64");
	return RC_OK;
}

/* read_object reads EIP-1898's form. */
static enum rc
read_object(struct rpc_at *out, const struct rpc_json *v, struct err *e)
{
	const struct rpc_json *number = rpc_json_get(v, "blockNumber");
	const struct rpc_json *hash = rpc_json_get(v, "blockHash");
	const struct rpc_json *strict = rpc_json_get(v, "requireCanonical");

	if (number != NULL && hash != NULL)
		return FAIL(e, RC_BAD_INPUT,
		    "cannot specify both BlockHash and BlockNumber, choose one "
		    "or the other");
	if (number == NULL && hash == NULL)
		return FAIL(
		    e, RC_BAD_INPUT, "neither blockNumber nor blockHash");
	if (number != NULL)
		return rpc_read_tag(out, number, e);
	*out = (struct rpc_at){.kind = RPC_AT_HASH};
	TRY(rpc_read_hash(&out->hash, hash, e));
	if (strict != NULL && strict->kind != RPC_JSON_BOOL)
		return FAIL(e, RC_BAD_INPUT, "requireCanonical: not a boolean");
	out->needs_canonical = strict != NULL && strict->is_true;
	return RC_OK;
}

static enum rc
read_at(struct rpc_at *out, const struct rpc_json *v, struct err *e)
{
	if (v->kind == RPC_JSON_OBJECT)
		return read_object(out, v, e);
	/* 0x and 64 digits: too long for a number, so it is a hash. */
	if (v->kind == RPC_JSON_STRING && v->str.len == 66) {
		*out = (struct rpc_at){.kind = RPC_AT_HASH};
		return rpc_read_hash(&out->hash, v, e);
	}
	return rpc_read_tag(out, v, e);
}

enum rc
rpc_arg_at(
    struct rpc_at *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	struct err why = {.rc = RC_OK};

	*out = (struct rpc_at){.kind = RPC_AT_LATEST};
	if (!rpc_arg_has(c, i))
		return RC_OK;
	return rpc_arg_fail(i, read_at(out, c->arg[i], &why), &why, e);
}

enum rc
rpc_arg_tag(
    struct rpc_at *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	struct err why = {.rc = RC_OK};

	*out = (struct rpc_at){.kind = RPC_AT_LATEST};
	if (!rpc_arg_has(c, i))
		return RC_OK;
	return rpc_arg_fail(i, rpc_read_tag(out, c->arg[i], &why), &why, e);
}

enum rc
rpc_arg_height(
    struct rpc_at *out, const struct rpc_call *c, unsigned i, struct err *e)
{
	if (c->arg[i] == NULL || c->arg[i]->kind != RPC_JSON_NUMBER)
		return rpc_arg_at(out, c, i, e);
	*out = (struct rpc_at){.kind = RPC_AT_NUMBER};
	TRY(rpc_arg_count(&out->number, c, i, e));
	if (out->number > NUMBER_MAX)
		return FAIL(e, RC_BAD_INPUT,
		    "invalid argument %u: block number larger than int64", i);
	return RC_OK;
}
