/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be said of a block without the engine and without executing it:
 * that the body is the one its header speaks of; and, behind execution, that
 * the results are. Time, seal, difficulty and gas limit are the engine's.
 */
#include "base/check.h"
#include "base/hex.h"
#include "chain/chain_priv.h"
#include "eth/basefee.h"
#include "eth/blobfee.h"
#include "trie/listroot.h"

enum { HASH_TEXT_MAX = 2 * 32 + 3 };

static enum rc
hashes_differ(enum rc rc, const char *what, const struct hash *header,
    const struct hash *computed, struct err *e)
{
	char want[HASH_TEXT_MAX], got[HASH_TEXT_MAX];

	if (hash_eq(header, computed))
		return RC_OK;
	hex_put0x(want, hash_bytes(header));
	hex_put0x(got, hash_bytes(computed));
	return FAIL(e, rc, "%s: header says %s, computed %s", what, want, got);
}

static enum rc
check_ommers_hash(struct arena *a, const struct block *b, struct err *e)
{
	struct hash got;

	TRY(block_ommers_hash(a, &got, b, e));
	return hashes_differ(
	    RC_BLK_UNCLES, "ommers hash", &b->header.ommers_hash, &got, e);
}

/* EIP-4844: the header counts the body's blobs. */
static enum rc
check_blobs(const struct block *b, struct err *e)
{
	uint64_t gas = 0;
	size_t i;

	for (i = 0; i < b->tx_cnt; i++)
		gas += b->txs[i].blob_cnt * TX_BLOB_GAS;
	if (b->header.blob_gas_used == gas)
		return RC_OK;
	return FAIL(e, RC_BLK_BLOB_GAS,
	    "blob gas used: header says %llu, the body has %llu",
	    (unsigned long long)b->header.blob_gas_used,
	    (unsigned long long)gas);
}

/* EIP-4895. */
static enum rc
check_withdrawals(struct arena *a, const struct block *b, struct err *e)
{
	uint8_t(*rlp)[WITHDRAWAL_RLP_MAX];
	struct bytes *items;
	struct hash got;
	size_t i;

	if (b->has_withdrawals !=
	    (b->header.field_cnt >= HEADER_FIELDS_SHANGHAI))
		return FAIL(e, RC_BLK_FORK,
		    "withdrawals are in the body or in the header alone");
	if (!b->has_withdrawals)
		return RC_OK;
	items = arena_array(a, b->withdrawal_cnt, sizeof(*items));
	rlp = arena_array(a, b->withdrawal_cnt, sizeof(*rlp));
	if ((items == NULL || rlp == NULL) && b->withdrawal_cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for withdrawals");
	for (i = 0; i < b->withdrawal_cnt; i++)
		items[i] = bytes_of(
		    rlp[i], withdrawal_encode(rlp[i], &b->withdrawals[i]));
	TRY(trie_list_root(a, &got, items, b->withdrawal_cnt, e));
	return hashes_differ(RC_BLK_TX_ROOT, "withdrawals root",
	    &b->header.withdrawals_root, &got, e);
}

static enum rc
check_fields(const struct fork_plan *p, const struct header *h, struct err *e)
{
	unsigned want = HEADER_FIELDS_FRONTIER;

	if (fork_is_active(p, FORK_LONDON, h->number, h->time))
		want = HEADER_FIELDS_LONDON;
	if (fork_is_active(p, FORK_SHANGHAI, h->number, h->time))
		want = HEADER_FIELDS_SHANGHAI;
	if (fork_is_active(p, FORK_CANCUN, h->number, h->time))
		want = HEADER_FIELDS_CANCUN;
	if (fork_is_active(p, FORK_PRAGUE, h->number, h->time))
		want = HEADER_FIELDS_PRAGUE;
	if (h->field_cnt == want)
		return RC_OK;
	return FAIL(e, RC_BLK_FORK, "header has %u fields, %s has %u",
	    h->field_cnt, fork_name(fork_at(p, h->number, h->time)), want);
}

/* EIP-4844, EIP-7691, EIP-7918. */
static enum rc
check_blob_gas(const struct fork_plan *p, const struct header *h,
    const struct header *parent, struct err *e)
{
	const struct fork_blob *b = fork_blob_at(p, h->number, h->time);
	uint64_t excess, max;

	CHECK(b != NULL);
	excess = blobfee_next_excess(p, parent, h->number, h->time);
	max = b->max * TX_BLOB_GAS;
	if (h->blob_gas_used > max)
		return FAIL(e, RC_BLK_BLOB_GAS, "blob gas %llu, at most %llu",
		    (unsigned long long)h->blob_gas_used,
		    (unsigned long long)max);
	if (h->excess_blob_gas == excess)
		return RC_OK;
	return FAIL(e, RC_BLK_BLOB_GAS, "excess blob gas %llu, want %llu",
	    (unsigned long long)h->excess_blob_gas, (unsigned long long)excess);
}

enum rc
chain_check_header(const struct fork_plan *p, const struct header *h,
    const struct header *parent, struct err *e)
{
	TRY(check_fields(p, h, e));
	if (h->field_cnt < HEADER_FIELDS_LONDON)
		return RC_OK;
	TRY(basefee_check(h, p, parent, e));
	if (h->field_cnt < HEADER_FIELDS_CANCUN)
		return RC_OK;
	return check_blob_gas(p, h, parent, e);
}

enum rc
chain_check_size(const struct fork_plan *p, const struct header *h,
    size_t raw_len, struct err *e)
{
	if (raw_len <= CHAIN_RAW_MAX_OSAKA ||
	    !fork_is_active(p, FORK_OSAKA, h->number, h->time))
		return RC_OK;
	return FAIL(e, RC_BLK_SIZE, "block of %zu bytes, at most %d", raw_len,
	    CHAIN_RAW_MAX_OSAKA);
}

enum rc
chain_check_body(struct arena *a, const struct block *b, struct err *e)
{
	struct arena_mark mark = arena_save(a);
	struct hash got;
	enum rc rc;

	rc = check_ommers_hash(a, b, e);
	if (rc == RC_OK)
		rc = check_blobs(b, e);
	if (rc == RC_OK)
		rc = check_withdrawals(a, b, e);
	if (rc == RC_OK)
		rc = chain_tx_root(a, &got, b->txs, b->tx_cnt, e);
	if (rc == RC_OK)
		rc = hashes_differ(RC_BLK_TX_ROOT, "transactions root",
		    &b->header.tx_root, &got, e);
	arena_rewind(a, mark);
	return rc;
}

enum rc
chain_compare(
    const struct header *got, const struct header *want, struct err *e)
{
	if (got->gas_used != want->gas_used)
		return FAIL(e, RC_BLK_GAS_USED,
		    "gas used: header says %llu, computed %llu",
		    (unsigned long long)want->gas_used,
		    (unsigned long long)got->gas_used);
	if (memcmp(got->bloom.b, want->bloom.b, sizeof(want->bloom.b)) != 0)
		return FAIL(e, RC_BLK_BLOOM, "bloom differs from the logs");
	TRY(hashes_differ(RC_BLK_RECEIPTS, "receipts root",
	    &want->receipts_root, &got->receipts_root, e));
	if (want->field_cnt >= HEADER_FIELDS_PRAGUE)
		TRY(hashes_differ(RC_BLK_REQUESTS, "requests hash",
		    &want->requests_hash, &got->requests_hash, e));
	return hashes_differ(RC_BLK_STATE_ROOT, "state root", &want->state_root,
	    &got->state_root, e);
}
