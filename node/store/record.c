/* SPDX-License-Identifier: Apache-2.0
 *
 * Group codec. Encoding trusts its caller, decoding trusts nobody: the
 * checksum of the log has been compared before, but a bound is a bound.
 */
#include "store/record_priv.h"

#include "store/body_priv.h"
#include "store/value_priv.h"

/* Bounds what a recovered block and its trie nodes may take. */
#define BLOCK_ARENA_MAX ((size_t)2047 << 20)

enum { HAS_AFTER = 1, IS_WIPED = 2 };

/* Smallest encodings, which bound the counts that a length can hold. */
enum { BLOCK_MIN = 32 + 6 * 4, ACCOUNT_MIN = 21, SLOT_MIN = 37, CODE_MIN = 4 };

/* Encoding. ---------------------------------------------------------- */

/* block_bound is at least what put_block will write. */
static size_t
block_bound(const struct store_block *b)
{
	const struct state_diff *d = &b->diff;
	size_t n = BLOCK_MIN + b->raw.len + b->receipts.len;

	n += b->tx_cnt * sizeof(struct addr);
	n += d->account_cnt * (ACCOUNT_MIN + 1 + VALUE_ACCOUNT_MAX);
	n += d->slot_cnt * (SLOT_MIN + VALUE_SLOT_MAX);
	for (size_t i = 0; i < d->code_cnt; i++)
		n += CODE_MIN + d->codes[i].code.len;
	return n;
}

static bool
put_u32(struct buf *b, size_t v)
{
	uint8_t be[4];

	if (v > UINT32_MAX)
		return false;
	be32_put(be, (uint32_t)v);
	return buf_put(b, be, sizeof(be));
}

static bool
put_bytes(struct buf *b, const void *ptr, size_t len)
{
	return put_u32(b, len) && buf_put(b, ptr, len);
}

static bool
put_account(struct buf *b, const struct state_account_change *c)
{
	uint8_t value[VALUE_ACCOUNT_MAX];
	unsigned flags =
	    (c->has_after ? HAS_AFTER : 0u) | (c->is_wiped ? IS_WIPED : 0u);
	size_t len;

	if (!buf_put(b, c->addr.b, sizeof(c->addr.b)) ||
	    !buf_put_u8(b, (uint8_t)flags))
		return false;
	if (!c->has_after)
		return true;
	len = value_put_account(value, &c->after);
	return buf_put_u8(b, (uint8_t)len) && buf_put(b, value, len);
}

static bool
put_slot(struct buf *b, const struct state_slot_change *c, size_t account)
{
	uint8_t value[VALUE_SLOT_MAX];
	size_t len = value_put_u256(value, &c->after);

	return put_u32(b, account) && buf_put(b, c->key.b, sizeof(c->key.b)) &&
	       buf_put_u8(b, (uint8_t)len) && buf_put(b, value, len);
}

/* put_slots walks accounts and slots side by side: both ascend by address
 * hash. */
static bool
put_slots(struct buf *b, const struct state_diff *d)
{
	size_t account = 0;

	if (!put_u32(b, d->slot_cnt))
		return false;
	for (size_t i = 0; i < d->slot_cnt; i++) {
		while (account < d->account_cnt &&
		       !addr_eq(&d->accounts[account].addr, &d->slots[i].addr))
			account++;
		if (account == d->account_cnt ||
		    !put_slot(b, &d->slots[i], account))
			return false;
	}
	return true;
}

static bool
put_diff(struct buf *b, const struct state_diff *d)
{
	if (!put_u32(b, d->account_cnt))
		return false;
	for (size_t i = 0; i < d->account_cnt; i++)
		if (!put_account(b, &d->accounts[i]))
			return false;
	if (!put_slots(b, d) || !put_u32(b, d->code_cnt))
		return false;
	for (size_t i = 0; i < d->code_cnt; i++)
		if (!put_bytes(b, d->codes[i].code.ptr, d->codes[i].code.len))
			return false;
	return true;
}

static bool
put_block(struct buf *b, const struct store_block *blk)
{
	uint8_t td[32];

	u256_to_be(td, &blk->total_difficulty);
	return buf_put(b, td, sizeof(td)) &&
	       put_bytes(b, blk->raw.ptr, blk->raw.len) &&
	       put_bytes(b, blk->receipts.ptr, blk->receipts.len) &&
	       put_bytes(b, blk->senders, blk->tx_cnt * sizeof(struct addr)) &&
	       put_diff(b, &blk->diff);
}

enum rc
record_encode(struct arena *a, struct bytes *out,
    struct store_block *const *blocks, size_t cnt, uint64_t rewind_to,
    struct err *e)
{
	size_t bound = 12;
	uint8_t be[8];
	struct buf b;

	for (size_t i = 0; i < cnt; i++)
		bound += block_bound(blocks[i]);
	if (bound > STORE_GROUP_MAX || cnt > RECORD_BLOCK_MAX)
		return FAIL(e, RC_TOO_LARGE,
		    "a group of %zu blocks and %zu bytes", cnt, bound);
	b = buf_of(arena_alloc(a, bound), bound);
	if (b.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "a record of %zu bytes", bound);
	be64_put(be, rewind_to);
	if (!buf_put(&b, be, sizeof(be)) || !put_u32(&b, cnt))
		return FAIL(e, RC_INTERNAL, "record bound");
	for (size_t i = 0; i < cnt; i++)
		if (!put_block(&b, blocks[i]))
			return FAIL(e, RC_BAD_INPUT,
			    "block %llu: a slot without its account",
			    (unsigned long long)blocks[i]->header.number);
	*out = bytes_of_buf(&b);
	return RC_OK;
}

/* Decoding. ---------------------------------------------------------- */

static bool
take_u32(size_t *out, struct bytes *in)
{
	struct bytes b;

	if (!bytes_take(&b, in, 4))
		return false;
	*out = be32(b.ptr);
	return true;
}

static bool
take_u8(size_t *out, struct bytes *in)
{
	struct bytes b;

	if (!bytes_take(&b, in, 1))
		return false;
	*out = b.ptr[0];
	return true;
}

/* take_cnt reads how many items of at least min bytes follow. */
static bool
take_cnt(size_t *out, struct bytes *in, size_t min)
{
	return take_u32(out, in) && *out <= in->len / min;
}

static enum rc
fail_short(struct err *e, const char *what)
{
	return FAIL(e, RC_CORRUPT, "record in the log: %s ends early", what);
}

static enum rc
fail_memory(struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "no memory for a block of the log");
}

static enum rc
take_copy(struct arena *a, struct bytes *out, struct bytes *in, struct err *e)
{
	struct bytes b;
	size_t len;

	if (!take_u32(&len, in) || !bytes_take(&b, in, len))
		return fail_short(e, "a byte string");
	*out = arena_copy(a, b);
	return out->ptr == NULL ? fail_memory(e) : RC_OK;
}

static enum rc
take_account(struct state_account_change *c, struct bytes *in, struct err *e)
{
	size_t flags, len;
	struct bytes b;

	if (!bytes_take(&b, in, sizeof(c->addr.b)) || !take_u8(&flags, in))
		return fail_short(e, "an account");
	memcpy(c->addr.b, b.ptr, sizeof(c->addr.b));
	c->addr_hash = hash_keccak(b);
	c->is_wiped = (flags & IS_WIPED) != 0;
	c->has_after = (flags & HAS_AFTER) != 0;
	c->before = account_empty();
	c->after = account_empty();
	if (!c->has_after)
		return RC_OK;
	if (!take_u8(&len, in) || !bytes_take(&b, in, len))
		return fail_short(e, "an account");
	return value_account(&c->after, b, e);
}

static enum rc
take_slot(struct state_slot_change *c, const struct state_diff *d,
    struct bytes *in, struct err *e)
{
	size_t account, len;
	struct bytes key, value;

	if (!take_u32(&account, in) ||
	    !bytes_take(&key, in, sizeof(c->key.b)) || !take_u8(&len, in) ||
	    !bytes_take(&value, in, len))
		return fail_short(e, "a slot");
	if (account >= d->account_cnt)
		return FAIL(e, RC_CORRUPT,
		    "record in the log: slot of account %zu of %zu", account,
		    d->account_cnt);
	c->addr = d->accounts[account].addr;
	c->addr_hash = d->accounts[account].addr_hash;
	memcpy(c->key.b, key.ptr, sizeof(c->key.b));
	c->key_hash = hash_keccak(key);
	return value_u256(&c->after, value, e);
}

static enum rc
take_accounts(
    struct arena *a, struct state_diff *d, struct bytes *in, struct err *e)
{
	if (!take_cnt(&d->account_cnt, in, ACCOUNT_MIN))
		return fail_short(e, "the account list");
	d->accounts = arena_array(a, d->account_cnt, sizeof(*d->accounts));
	if (d->accounts == NULL)
		return fail_memory(e);
	for (size_t i = 0; i < d->account_cnt; i++)
		TRY(take_account(&d->accounts[i], in, e));
	return RC_OK;
}

static enum rc
take_slots(
    struct arena *a, struct state_diff *d, struct bytes *in, struct err *e)
{
	if (!take_cnt(&d->slot_cnt, in, SLOT_MIN))
		return fail_short(e, "the slot list");
	d->slots = arena_array(a, d->slot_cnt, sizeof(*d->slots));
	if (d->slots == NULL)
		return fail_memory(e);
	for (size_t i = 0; i < d->slot_cnt; i++)
		TRY(take_slot(&d->slots[i], d, in, e));
	return RC_OK;
}

static enum rc
take_codes(
    struct arena *a, struct state_diff *d, struct bytes *in, struct err *e)
{
	if (!take_cnt(&d->code_cnt, in, CODE_MIN))
		return fail_short(e, "the code list");
	d->codes = arena_array(a, d->code_cnt, sizeof(*d->codes));
	if (d->codes == NULL)
		return fail_memory(e);
	for (size_t i = 0; i < d->code_cnt; i++) {
		TRY(take_copy(a, &d->codes[i].code, in, e));
		d->codes[i].hash = hash_keccak(d->codes[i].code);
	}
	return RC_OK;
}

/* derive computes what a record leaves out of a block. */
static enum rc
derive(struct store_block *b, struct bytes senders, struct err *e)
{
	struct hash *hashes = NULL;

	TRY(body_header(&b->header, b->raw, e));
	TRY(body_hash(&b->hash, b->raw, e));
	TRY(body_tx_hashes(&b->arena, &hashes, &b->tx_cnt, b->raw, e));
	if (senders.len != b->tx_cnt * sizeof(struct addr))
		return FAIL(e, RC_CORRUPT, "%zu bytes of senders for %zu txs",
		    senders.len, b->tx_cnt);
	b->tx_hashes = hashes;
	b->senders = (const struct addr *)(const void *)senders.ptr;
	return RC_OK;
}

static enum rc
take_body(struct store_block *b, struct bytes *in, struct err *e)
{
	struct bytes td, senders;
	struct err why = {0};
	enum rc rc;

	if (!bytes_take(&td, in, 32))
		return fail_short(e, "a block");
	u256_from_be(&b->total_difficulty, td);
	TRY(take_copy(&b->arena, &b->raw, in, e));
	TRY(take_copy(&b->arena, &b->receipts, in, e));
	TRY(take_copy(&b->arena, &senders, in, e));
	rc = derive(b, senders, &why);
	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc == RC_OK ? rc : fail_memory(e);
	return FAIL(
	    e, RC_CORRUPT, "block in the log: %s", err_message(&why, rc));
}

static enum rc
take_block(struct store_block *b, struct bytes *in, struct err *e)
{
	TRY(take_body(b, in, e));
	TRY(take_accounts(&b->arena, &b->diff, in, e));
	TRY(take_slots(&b->arena, &b->diff, in, e));
	return take_codes(&b->arena, &b->diff, in, e);
}

static enum rc
take_blocks(
    struct store_block **blocks, size_t cnt, struct bytes *in, struct err *e)
{
	for (size_t i = 0; i < cnt; i++) {
		blocks[i] = store_block_new(BLOCK_ARENA_MAX);
		if (blocks[i] == NULL)
			return fail_memory(e);
		TRY(take_block(blocks[i], in, e));
	}
	if (in->len > 0)
		return FAIL(e, RC_CORRUPT,
		    "record in the log: %zu bytes behind its blocks", in->len);
	return RC_OK;
}

enum rc
record_decode(struct store_block ***blocks, size_t *cnt, uint64_t *rewind_to,
    struct bytes in, struct err *e)
{
	struct store_block **out;
	struct bytes b;
	enum rc rc;

	if (!bytes_take(&b, &in, 8) || !take_cnt(cnt, &in, BLOCK_MIN) ||
	    *cnt == 0 || *cnt > RECORD_BLOCK_MAX)
		return fail_short(e, "a group");
	*rewind_to = be64(b.ptr);
	out = mem_array(*cnt, sizeof(struct store_block *));
	if (out == NULL)
		return fail_memory(e);
	rc = take_blocks(out, *cnt, &in, e);
	if (rc != RC_OK) {
		record_free(out, *cnt);
		return rc;
	}
	*blocks = out;
	return RC_OK;
}

void
record_free(struct store_block **blocks, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		store_block_free(blocks[i]);
	mem_free(blocks);
}
