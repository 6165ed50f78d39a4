/* SPDX-License-Identifier: Apache-2.0
 *
 * Worlds of cases without a chain: accounts out of a test file, a state that
 * holds them, its root from nothing, and the hash of what was logged.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "eth/rlp.h"
#include "suite/suite_priv.h"
#include "suite/value_priv.h"

/* Accounts. --------------------------------------------------------- */

static enum rc
read_slots(struct arena *a, struct genesis_account *out, const json_t *storage,
    struct err *e)
{
	size_t cnt = json_object_size(storage);
	struct genesis_slot *slots = arena_array(a, cnt, sizeof(*slots));
	const char *key;
	json_t *v;

	if (slots == NULL && cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for %zu slots", cnt);
	out->slots = slots;
	json_object_foreach((json_t *)(uintptr_t)storage, key, v)
	{
		struct genesis_slot *s = &slots[out->slot_cnt++];

		TRY(suite_within(e, suite_hash(&s->key, key, e), "storage"));
		TRY(suite_within(
		    e, suite_u256(&s->value, v, e), "storage: %.70s", key));
	}
	return RC_OK;
}

static enum rc
read_account(struct arena *a, struct genesis_account *out, const char *addr,
    const json_t *v, struct err *e)
{
	TRY(suite_addr(&out->addr, addr, e));
	TRY(suite_within(
	    e, suite_u64(&out->nonce, suite_get(v, "nonce"), e), "nonce"));
	TRY(suite_within(e,
	    suite_u256(&out->balance, suite_get(v, "balance"), e), "balance"));
	TRY(suite_within(
	    e, suite_data(a, &out->code, suite_text(v, "code"), e), "code"));
	return read_slots(a, out, suite_get(v, "storage"), e);
}

static int
by_addr(const void *x, const void *y)
{
	const struct genesis_account *a = x, *b = y;

	return memcmp(a->addr.b, b->addr.b, sizeof(a->addr.b));
}

enum rc
suite_accounts(struct arena *a, struct genesis_account **out, size_t *cnt,
    const json_t *pre, struct err *e)
{
	size_t size = json_object_size(pre), i = 0;
	struct genesis_account *list = arena_array(a, size, sizeof(*list));
	const char *addr;
	json_t *v;

	*out = list;
	*cnt = size;
	if (list == NULL)
		return size == 0 ? RC_OK
				 : FAIL(e, RC_NO_MEMORY,
				       "no memory for %zu accounts", size);
	json_object_foreach((json_t *)(uintptr_t)pre, addr, v) TRY(suite_within(
	    e, read_account(a, &list[i++], addr, v, e), "pre: %.50s", addr));
	if (size > 1)
		qsort(list, size, sizeof(*list), by_addr);
	return RC_OK;
}

/* A state over nothing. --------------------------------------------- */

static void
put_account(struct state *st, const struct genesis_account *g)
{
	size_t i;

	state_create(st, &g->addr);
	state_set_balance(st, &g->addr, &g->balance);
	state_set_nonce(st, &g->addr, g->nonce);
	if (g->code.len > 0)
		state_set_code(st, &g->addr, g->code);
	for (i = 0; i < g->slot_cnt; i++)
		state_set_slot(
		    st, &g->addr, &g->slots[i].key, &g->slots[i].value);
}

enum rc
suite_world(struct arena *a, struct state **out,
    const struct genesis_account *accounts, size_t cnt, struct err *e)
{
	size_t i;

	*out = state_new(a, &STATE_SOURCE_EMPTY);
	if (*out == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for a state");
	for (i = 0; i < cnt; i++)
		put_account(*out, &accounts[i]);
	state_end_tx(*out, false);
	return state_error(*out, e);
}

enum rc
suite_root(struct arena *a, struct hash *out, struct state *st, struct err *e)
{
	struct state_nodes nodes;
	struct state_diff diff;

	TRY(state_diff_take(st, &diff, e));
	return state_root(
	    a, out, &nodes, &diff, &HASH_EMPTY_TRIE, &STATE_TRIES_EMPTY, e);
}

enum rc
suite_block_hash(void *ctx, struct hash *out, uint64_t number)
{
	char text[24];

	(void)ctx;
	snprintf(text, sizeof(text), "%" PRIu64, number);
	*out = hash_keccak(bytes_of_str(text));
	return RC_OK;
}

enum rc
suite_no_root(void *ctx, struct hash *out, struct state *st, struct err *e)
{
	(void)ctx;
	(void)st;
	(void)e;
	*out = (struct hash){{0}};
	return RC_OK;
}

/* Logs. ------------------------------------------------------------- */

static size_t
topics_size(const struct log_entry *l)
{
	return (size_t)l->topic_cnt * (1 + sizeof(struct hash));
}

static size_t
log_size(const struct log_entry *l)
{
	return 1 + sizeof(l->addr.b) + rlp_size_list(topics_size(l)) +
	       rlp_size_str(l->data);
}

static bool
put_log(struct buf *b, const struct log_entry *l)
{
	size_t i;

	if (!rlp_put_list_head(b, log_size(l)) ||
	    !rlp_put_str(b, addr_bytes(&l->addr)) ||
	    !rlp_put_list_head(b, topics_size(l)))
		return false;
	for (i = 0; i < l->topic_cnt; i++)
		if (!rlp_put_str(b, hash_bytes(&l->topics[i])))
			return false;
	return rlp_put_str(b, l->data);
}

enum rc
suite_logs_hash(struct arena *a, struct hash *out, const struct log_entry *logs,
    size_t cnt, struct err *e)
{
	struct arena_mark mark = arena_save(a);
	size_t i, len = 0, size;
	struct buf b;

	for (i = 0; i < cnt; i++)
		len += rlp_size_list(log_size(&logs[i]));
	size = rlp_size_list(len);
	b = buf_of(arena_alloc(a, size), size);
	if (b.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for logs");
	CHECK(rlp_put_list_head(&b, len));
	for (i = 0; i < cnt; i++)
		CHECK(put_log(&b, &logs[i]));
	*out = hash_keccak(bytes_of_buf(&b));
	arena_rewind(a, mark);
	return RC_OK;
}
