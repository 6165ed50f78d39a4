/* SPDX-License-Identifier: Apache-2.0
 *
 * What a block asks of the consensus layer, from Prague on: deposits out of
 * the logs, withdrawals and consolidations out of system contracts, and the
 * hash over them that the header carries.
 *
 * Spec: EIP-6110, EIP-7002, EIP-7251, EIP-7685
 */
#include "crypto/hash.h"
#include "exec/exec_priv.h"

/* Kinds of requests, each a byte in front of its data (EIP-7685). */
enum request_kind {
	REQUEST_DEPOSITS,
	REQUEST_WITHDRAWALS,
	REQUEST_CONSOLIDATIONS,
	REQUEST_CNT
};

/* A deposit as its contract logs it: ABI form, five byte strings of fixed
 * lengths at fixed places (EIP-6110). */
enum { DEPOSIT_LOG_LEN = 576, DEPOSIT_LEN = 192, WORD = 32 };

static const struct {
	size_t at, len; /* of the length word; of the string behind it */
} deposit_fields[] = {{160, 48}, {256, 32}, {320, 8}, {384, 96}, {512, 8}};

enum { DEPOSIT_FIELD_CNT = sizeof(deposit_fields) / sizeof(*deposit_fields) };

/* keccak of DepositEvent(bytes,bytes,bytes,bytes,bytes) */
static const struct hash deposit_topic = {
    {0x64, 0x9b, 0xbc, 0x62, 0xd0, 0xe3, 0x13, 0x42, 0xaf, 0xea, 0x4e, 0x5c,
	0xd8, 0x2d, 0x40, 0x49, 0xe7, 0xe1, 0xee, 0x91, 0x2f, 0xc0, 0x88, 0x9a,
	0xa7, 0x90, 0x80, 0x3b, 0xe3, 0x90, 0x38, 0xc5}};

static bool
is_deposit(const struct exec_env *env, const struct log_entry *log)
{
	return env->forks->has_deposit_contract &&
	       addr_eq(&log->addr, &env->forks->deposit_contract) &&
	       log->topic_cnt > 0 && hash_eq(&log->topics[0], &deposit_topic);
}

/* word_is tells whether the word at an offset holds a small number. */
static bool
word_is(struct bytes data, size_t at, size_t want)
{
	struct u256 v;

	u256_from_be(&v, bytes_of(data.ptr + at, WORD));
	return u256_is_u64(&v) && v.w[0] == want;
}

static bool
is_deposit_form(struct bytes data)
{
	size_t i;

	if (data.len != DEPOSIT_LOG_LEN)
		return false;
	for (i = 0; i < DEPOSIT_FIELD_CNT; i++)
		if (!word_is(data, i * WORD, deposit_fields[i].at) ||
		    !word_is(data, deposit_fields[i].at, deposit_fields[i].len))
			return false;
	return true;
}

static size_t
count_deposits(const struct exec_env *env, const struct exec_result *x)
{
	size_t i, j, cnt = 0;

	for (i = 0; i < x->receipt_cnt; i++)
		for (j = 0; j < x->receipts[i].log_cnt; j++)
			cnt += is_deposit(env, &x->receipts[i].logs[j]);
	return cnt;
}

static bool
put_deposit(struct buf *out, struct bytes data)
{
	size_t i;

	if (!is_deposit_form(data))
		return false;
	for (i = 0; i < DEPOSIT_FIELD_CNT; i++)
		if (!buf_put(out, data.ptr + deposit_fields[i].at + WORD,
			deposit_fields[i].len))
			return false;
	return true;
}

static enum rc
deposits(struct arena *a, struct bytes *out, const struct exec_env *env,
    const struct exec_result *x, struct err *e)
{
	size_t i, j, size = count_deposits(env, x) * DEPOSIT_LEN;
	struct buf b = buf_of(arena_alloc(a, size), size);

	if (b.ptr == NULL && size > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for deposits");
	for (i = 0; i < x->receipt_cnt; i++) {
		const struct receipt *r = &x->receipts[i];

		for (j = 0; j < r->log_cnt; j++)
			if (is_deposit(env, &r->logs[j]) &&
			    !put_deposit(&b, r->logs[j].data))
				return FAIL(e, RC_BLK_REQUESTS,
				    "transaction %zu: malformed deposit", i);
	}
	*out = bytes_of_buf(&b);
	return RC_OK;
}

/* hash_of is SHA-256 over the SHA-256 of each kind that has data. */
static enum rc
hash_of(
    struct arena *a, struct hash *out, const struct bytes *data, struct err *e)
{
	uint8_t sums[REQUEST_CNT * sizeof(struct hash)];
	size_t i, len = 0;

	for (i = 0; i < REQUEST_CNT; i++) {
		uint8_t *all;

		if (data[i].len == 0)
			continue;
		all = arena_alloc(a, 1 + data[i].len);
		if (all == NULL)
			return FAIL(e, RC_NO_MEMORY, "no memory for requests");
		all[0] = (uint8_t)i;
		memcpy(all + 1, data[i].ptr, data[i].len);
		sha256(sums + len, bytes_of(all, 1 + data[i].len));
		len += sizeof(struct hash);
	}
	sha256(out->b, bytes_of(sums, len));
	return RC_OK;
}

enum rc
exec_requests(struct arena *a, struct exec_result *io, struct state *st,
    const struct exec_env *env, struct err *e)
{
	struct bytes data[REQUEST_CNT];

	TRY(deposits(a, &data[REQUEST_DEPOSITS], env, io, e));
	TRY(exec_system_read(a, &data[REQUEST_WITHDRAWALS], st, env,
	    &EXEC_WITHDRAWAL_REQUESTS, e));
	TRY(exec_system_read(a, &data[REQUEST_CONSOLIDATIONS], st, env,
	    &EXEC_CONSOLIDATION_REQUESTS, e));
	return hash_of(a, &io->requests_hash, data, e);
}
