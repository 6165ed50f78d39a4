/* SPDX-License-Identifier: Apache-2.0
 *
 * Genesis document to header and allocation. Contradictions are the linter's
 * (genesis_lint.c); the state root is chain's, which hashes the allocation.
 *
 * The walk goes over the alloc object twice, first to count: the accounts
 * then stand in one array of the right size, sorted at the end, so that a
 * million of them cost their own size and no more.
 */
#include "eth/genesis.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hex.h"
#include "eth/basefee.h"
#include "eth/genesis_priv.h"

#define AT(member)         offsetof(struct genesis, member)
#define AT_ACCOUNT(member) offsetof(struct genesis_account, member)

/* ---- objects whose names are data ---- */

static enum rc
count_members(size_t *out, const struct jsonr *at, struct err *e)
{
	struct jsonr r = *at;
	struct bytes name;
	bool has_more;
	size_t cnt = 0;

	TRY(jsonr_open(&r, e));
	for (;;) {
		TRY(jsonr_member(&name, &has_more, &r, e));
		if (!has_more)
			break;
		TRY(jsonr_skip(&r, e));
		cnt++;
	}
	*out = cnt;
	return RC_OK;
}

/* ---- storage ---- */

/* go-ethereum pads short keys and values on the left. */
static enum rc
read_word(struct hash *out, struct bytes text, struct err *e)
{
	char digits[2 * sizeof(out->b)];

	if (text.len >= 2 && text.ptr[0] == '0' && text.ptr[1] == 'x')
		text = bytes_of(text.ptr + 2, text.len - 2);
	if (text.len > sizeof(digits))
		return FAIL(
		    e, RC_BAD_INPUT, "storage word of %zu digits", text.len);
	memset(digits, '0', sizeof(digits));
	if (text.len > 0)
		memcpy(digits + sizeof(digits) - text.len, text.ptr, text.len);
	return hex_read_fixed(
	    out->b, sizeof(out->b), bytes_of(digits, sizeof(digits)), true, e);
}

static int
slot_order(const void *a, const void *b)
{
	const struct genesis_slot *x = a, *y = b;

	return memcmp(x->key.b, y->key.b, sizeof(x->key.b));
}

static enum rc
sort_slots(struct genesis_slot *slots, size_t cnt, struct err *e)
{
	size_t i;

	qsort(slots, cnt, sizeof(*slots), slot_order);
	for (i = 1; i < cnt; i++)
		if (hash_eq(&slots[i - 1].key, &slots[i].key))
			return FAIL(e, RC_BAD_INPUT, "a slot given twice");
	return RC_OK;
}

static enum rc
read_slot(struct genesis_slot *out, struct genesis_walk *w, struct bytes key,
    struct err *e)
{
	struct bytes text;
	struct hash word;

	TRY(read_word(&out->key, key, e));
	TRY(jsonr_take(&text, &w->r, e));
	TRY(read_word(&word, text, e));
	u256_from_be(&out->value, hash_bytes(&word));
	return RC_OK;
}

/* A slot of zero is one that is not there. */
static enum rc
read_storage(struct genesis_walk *w, void *at, struct err *e)
{
	struct genesis_account *acc = at;
	struct genesis_slot *slots;
	struct bytes key;
	bool has_more;
	size_t cnt, i;

	TRY(count_members(&cnt, &w->r, e));
	slots = arena_array(w->a, cnt, sizeof(*slots));
	if (slots == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu slots", cnt);
	TRY(jsonr_open(&w->r, e));
	for (i = 0;;) {
		TRY(jsonr_member(&key, &has_more, &w->r, e));
		if (!has_more)
			break;
		CHECK(i < cnt);
		TRY(read_slot(&slots[i], w, key, e));
		i += !u256_is_zero(&slots[i].value);
	}
	acc->slots = slots;
	acc->slot_cnt = i;
	return sort_slots(slots, i, e);
}

/* ---- accounts ---- */

static const struct genesis_member account_members[] = {
    {"balance", genesis_read_u256, AT_ACCOUNT(balance)},
    {"nonce", genesis_read_u64, AT_ACCOUNT(nonce)},
    {"code", genesis_read_data, AT_ACCOUNT(code)},
    {"storage", read_storage, 0},
    {"secretKey", genesis_read_skip, 0},
};

static enum rc
read_account(struct genesis_account *out, struct genesis_walk *w, struct err *e)
{
	struct genesis_seen seen;

	w->name = bytes_of(NULL, 0);
	TRY(hex_read_fixed(
	    out->addr.b, sizeof(out->addr.b), w->account, true, e));
	TRY(genesis_object(
	    w, &seen, account_members, ARRAY_CNT(account_members), out, "", e));
	w->name = bytes_of(NULL, 0);
	if (!(seen.given & 1))
		return FAIL(e, RC_BAD_INPUT, "balance is missing");
	return RC_OK;
}

static int
account_order(const void *a, const void *b)
{
	const struct genesis_account *x = a, *y = b;

	return memcmp(x->addr.b, y->addr.b, sizeof(x->addr.b));
}

static enum rc
sort_accounts(struct genesis_walk *w, struct genesis_account *accounts,
    size_t cnt, struct err *e)
{
	char text[2 * sizeof(accounts->addr.b) + 3];
	size_t i;

	qsort(accounts, cnt, sizeof(*accounts), account_order);
	for (i = 1; i < cnt; i++)
		if (addr_eq(&accounts[i - 1].addr, &accounts[i].addr)) {
			w->is_placed = true;
			return FAIL(e, RC_BAD_INPUT, "alloc.%s: given twice",
			    hex_put0x(text, addr_bytes(&accounts[i].addr)));
		}
	return RC_OK;
}

static enum rc
read_accounts(struct genesis_walk *w, struct genesis_account *accounts,
    size_t cnt, struct err *e)
{
	bool has_more;
	size_t i;
	enum rc rc;

	TRY(jsonr_open(&w->r, e));
	for (i = 0;; i++) {
		w->account = bytes_of(NULL, 0);
		TRY(jsonr_member(&w->account, &has_more, &w->r, e));
		if (!has_more)
			break;
		CHECK(i < cnt);
		rc = read_account(&accounts[i], w, e);
		if (rc != RC_OK)
			return genesis_place(w, rc, e);
	}
	w->account = bytes_of(NULL, 0);
	return sort_accounts(w, accounts, cnt, e);
}

static enum rc
read_alloc(struct genesis_walk *w, void *at, struct err *e)
{
	struct genesis_account *accounts;
	size_t cnt;

	(void)at;
	TRY(count_members(&cnt, &w->r, e));
	if (cnt > GENESIS_ACCOUNT_MAX)
		return FAIL(e, RC_TOO_LARGE, "%zu accounts, at most %d", cnt,
		    GENESIS_ACCOUNT_MAX);
	accounts = arena_array(w->a, cnt, sizeof(*accounts));
	if (accounts == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu accounts", cnt);
	TRY(read_accounts(w, accounts, cnt, e));
	w->g->accounts = accounts;
	w->g->account_cnt = cnt;
	return RC_OK;
}

/* ---- the document ---- */

static enum rc
read_nonce(struct genesis_walk *w, void *at, struct err *e)
{
	uint64_t nonce;

	TRY(genesis_read_u64(w, &nonce, e));
	be64_put(at, nonce);
	return RC_OK;
}

static enum rc
read_number(struct genesis_walk *w, void *at, struct err *e)
{
	uint64_t *number = at;

	TRY(genesis_read_u64(w, number, e));
	if (*number != 0)
		return FAIL(e, RC_BAD_INPUT, "a genesis block has number 0");
	return RC_OK;
}

static enum rc
read_extra(struct genesis_walk *w, void *at, struct err *e)
{
	struct bytes *extra = at;

	TRY(genesis_read_data(w, at, e));
	if (extra->len > HEADER_EXTRA_MAX)
		return FAIL(e, RC_BAD_INPUT, "%zu bytes, at most %d",
		    extra->len, HEADER_EXTRA_MAX);
	return RC_OK;
}

enum { ROW_CONFIG, ROW_ALLOC, ROW_GAS_LIMIT, ROW_DIFFICULTY, ROW_BASE_FEE };

static const struct genesis_member document[] = {
    [ROW_CONFIG] = {"config", genesis_read_config, 0},
    [ROW_ALLOC] = {"alloc", read_alloc, 0},
    [ROW_GAS_LIMIT] = {"gasLimit", genesis_read_u64, AT(header.gas_limit)},
    [ROW_DIFFICULTY] = {"difficulty", genesis_read_u256, AT(header.difficulty)},
    [ROW_BASE_FEE] = {"baseFeePerGas", genesis_read_u256, AT(header.base_fee)},
    {"nonce", read_nonce, AT(header.nonce)},
    {"timestamp", genesis_read_u64, AT(header.time)},
    {"extraData", read_extra, AT(header.extra)},
    {"mixHash", genesis_read_hash, AT(header.mix)},
    {"coinbase", genesis_read_addr, AT(header.coinbase)},
    {"number", read_number, AT(header.number)},
    {"gasUsed", genesis_read_u64, AT(header.gas_used)},
    {"parentHash", genesis_read_hash, AT(header.parent)},
    {"excessBlobGas", genesis_read_u64, AT(header.excess_blob_gas)},
    {"blobGasUsed", genesis_read_u64, AT(header.blob_gas_used)},
};

static bool
has(const struct genesis_seen *seen, unsigned row)
{
	return seen->given >> row & 1;
}

static unsigned
remarks_of(const struct genesis_seen *seen)
{
	unsigned remarks = 0;

	if (!has(seen, ROW_CONFIG))
		remarks |= GENESIS_NO_CONFIG;
	if (!has(seen, ROW_ALLOC))
		remarks |= GENESIS_NO_ALLOC;
	if (!has(seen, ROW_GAS_LIMIT))
		remarks |= GENESIS_NO_GAS_LIMIT;
	if (!has(seen, ROW_DIFFICULTY))
		remarks |= GENESIS_NO_DIFFICULTY;
	if (has(seen, ROW_BASE_FEE))
		remarks |= GENESIS_HAS_BASE_FEE;
	if (seen->nulls >> ROW_BASE_FEE & 1)
		remarks |= GENESIS_NULL_BASE_FEE;
	return remarks;
}

/* A base fee that the document gives is there even before London, as
 * go-ethereum hashes it. */
static unsigned
field_cnt(const struct genesis *g)
{
	enum fork f = fork_at(&g->forks, 0, g->header.time);

	if (f >= FORK_PRAGUE)
		return HEADER_FIELDS_PRAGUE;
	if (f >= FORK_CANCUN)
		return HEADER_FIELDS_CANCUN;
	if (f >= FORK_SHANGHAI)
		return HEADER_FIELDS_SHANGHAI;
	if (f >= FORK_LONDON || g->remarks & GENESIS_HAS_BASE_FEE)
		return HEADER_FIELDS_LONDON;
	return HEADER_FIELDS_FRONTIER;
}

static void
complete_header(struct genesis *g)
{
	struct header *h = &g->header;

	h->ommers_hash = HASH_EMPTY_LIST;
	h->tx_root = h->receipts_root = HASH_EMPTY_TRIE;
	if (h->gas_limit == 0)
		h->gas_limit = GENESIS_GAS_LIMIT;
	if (g->remarks & GENESIS_NO_DIFFICULTY)
		h->difficulty = u256_from_u64(GENESIS_DIFFICULTY);
	h->field_cnt = field_cnt(g);
	if (h->field_cnt >= HEADER_FIELDS_LONDON &&
	    !(g->remarks & GENESIS_HAS_BASE_FEE))
		h->base_fee = g->forks.has_fixed_base_fee
				  ? g->forks.fixed_base_fee
				  : u256_from_u64(BASEFEE_INITIAL_WEI);
	if (h->field_cnt >= HEADER_FIELDS_SHANGHAI)
		h->withdrawals_root = HASH_EMPTY_TRIE;
	if (h->field_cnt >= HEADER_FIELDS_PRAGUE)
		h->requests_hash = HASH_EMPTY_REQUESTS;
}

enum rc
genesis_read(
    struct arena *a, struct genesis *out, struct bytes json, struct err *e)
{
	struct genesis_walk w = {.a = a, .g = out, .path = ""};
	struct genesis_seen seen;

	memset(out, 0, sizeof(*out));
	out->forks = fork_plan_none();
	if (json.len > GENESIS_MAX)
		return FAIL(e, RC_TOO_LARGE, "%zu bytes, at most %d", json.len,
		    GENESIS_MAX);
	w.unknown = arena_array(a, GENESIS_UNKNOWN_MAX, sizeof(*w.unknown));
	if (w.unknown == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for a genesis");
	jsonr_init(&w.r, json);
	TRY(genesis_object(
	    &w, &seen, document, ARRAY_CNT(document), out, "", e));
	TRY(jsonr_end(&w.r, e));
	out->unknown_keys = w.unknown;
	out->remarks |= remarks_of(&seen);
	complete_header(out);
	return RC_OK;
}
