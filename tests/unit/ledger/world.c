/* SPDX-License-Identifier: Apache-2.0
 *
 * The platform of world.h.
 */
#include "world.h"

#include <string.h>

#include "base/check.h"
#include "test.h"

struct addr
world_addr(unsigned who)
{
	struct addr a = {{0}};

	a.b[19] = (uint8_t)who;
	return a;
}

struct abi_value
who(unsigned who)
{
	struct addr a = world_addr(who);

	return abi_addr(&a);
}

struct abi_value
num(uint64_t v)
{
	return abi_u64(v);
}

struct abi_value
text(const char *s)
{
	return abi_data(bytes_of_str(s));
}

struct abi_value
name(const char *s)
{
	static uint8_t words[WORLD_LOG_MAX][32];
	static size_t at;
	uint8_t *word = words[at++ % WORLD_LOG_MAX];

	memset(word, 0, 32);
	memcpy(word, s, strlen(s));
	return abi_data(bytes_of(word, 32));
}

static void
add_contract(struct world *w, enum contract_profile profile, unsigned who,
    const char *contract)
{
	struct addr at = world_addr(who);
	struct err e = {0};

	EXPECT_RC(ledger_add_contract(&w->sources, &at, profile, contract, &e),
	    RC_OK);
}

void
world_open(struct world *w, enum contract_profile profile, const char *template,
    const char *exchange)
{
	struct addr token = world_addr(TOKEN);

	*w = (struct world){.block = 1};
	arena_init(&w->a, 64 << 20);
	ledger_sources_open(&w->sources, &w->a);
	add_contract(w, profile, LIST, "TokenList");
	add_contract(w, profile, INFO, "PersonalInfo");
	add_contract(w, profile, GATEWAY,
	    profile == CONTRACT_STRICT ? "PaymentGateway" : "WhiteList");
	add_contract(w, profile, EXCHANGE, exchange);
	EXPECT_RC(ledger_add_token(&w->sources, &token, profile,
		      bytes_of_str(template), NULL),
	    RC_OK);
}

void
world_close(struct world *w)
{
	ledger_sources_close(&w->sources);
	arena_drop(&w->a);
}

void
world_next(struct world *w)
{
	w->block++;
	w->index = 0;
}

static void
put_topics(struct world *w, struct ledger_log *log,
    const struct contract_member *m, const struct abi_value *indexed)
{
	struct bytes words;

	EXPECT_RC(
	    abi_encode(&w->a, &words, &m->topics, indexed, m->topics.cnt, NULL),
	    RC_OK);
	log->topics[0] = m->hash;
	log->topic_cnt = 1 + m->topics.cnt;
	memcpy(&log->topics[1], words.ptr, words.len);
}

void
world_log_args(struct world *w, unsigned source, const char *event,
    const struct abi_value *args, size_t cnt)
{
	struct ledger_log *log = &w->logs[w->cnt++];
	struct abi_value indexed[8], others[8];
	size_t i, indexed_cnt = 0, other_cnt = 0;
	const struct contract_member *m;

	CHECK(w->cnt <= WORLD_LOG_MAX);
	*log = (struct ledger_log){.block = w->block,
	    .index = w->index++,
	    .address = world_addr(source)};
	log->tx_hash.b[0] = (uint8_t)w->cnt;
	m = contract_member(ledger_find(&w->sources, &log->address)->contract,
	    CONTRACT_EVENT, event);
	CHECK(cnt == m->param_cnt && cnt <= 8);
	for (i = 0; i < cnt; i++)
		if (m->params[i].is_indexed)
			indexed[indexed_cnt++] = args[i];
		else
			others[other_cnt++] = args[i];
	put_topics(w, log, m, indexed);
	EXPECT_RC(
	    abi_encode(&w->a, &log->data, &m->data, others, other_cnt, NULL),
	    RC_OK);
}

/* The database. ---------------------------------------------------------- */

static bool
same_keys(const struct ledger_row *a, const struct u256 *keys)
{
	size_t cnt = strlen(ledger_table_info(a->table)->keys), i;

	for (i = 0; i < cnt; i++)
		if (!u256_eq(&a->v[i], &keys[i]))
			return false;
	return true;
}

/* The last row of those keys up to a block. */
static const struct ledger_row *
newest(const struct ledger_rows *rows, const struct u256 *keys, uint64_t block)
{
	const struct ledger_row *row, *found = NULL;

	for (row = rows->head; row != NULL; row = row->next)
		if (row->block <= block && same_keys(row, keys))
			found = row;
	return found;
}

static void
load(const struct world *w, struct ledger_book *b)
{
	for (unsigned t = 0; t < LEDGER_ENTITY_CNT; t++) {
		size_t size =
		    ledger_columns((enum ledger_table)t) * sizeof(struct u256);
		struct ledger_row *row;

		for (row = b->touched[t].head; row != NULL; row = row->next) {
			const struct ledger_row *old =
			    newest(&w->past[t], row->v, UINT64_MAX);

			if (old == NULL)
				continue;
			memcpy(row->v, old->v, size);
			row->text = old->text;
			row->block = old->block;
			row->is_known = true;
		}
	}
}

static void
keep(struct world *w, const struct ledger_book *b)
{
	for (unsigned t = 0; t < LEDGER_TABLE_CNT; t++) {
		if (b->past[t].head == NULL)
			continue;
		if (w->past[t].tail == NULL)
			w->past[t].head = b->past[t].head;
		else
			w->past[t].tail->next = b->past[t].head;
		w->past[t].tail = b->past[t].tail;
		w->past[t].cnt += b->past[t].cnt;
	}
}

static void
apply(struct world *w, struct ledger_book *b, size_t first, size_t last)
{
	for (size_t i = first; i < last; i++) {
		struct ledger_event ev;
		bool counts;

		EXPECT_RC(ledger_read(&w->a, &ev, &counts, &w->sources,
			      &w->logs[i], NULL),
		    RC_OK);
		if (counts)
			ledger_apply(b, &w->sources, &ev);
	}
}

static void
run_book(struct world *w, size_t first, size_t last)
{
	struct ledger_book b;

	book_open(&b, &w->a);
	apply(w, &b, first, last);
	book_begin(&b);
	load(w, &b);
	apply(w, &b, first, last);
	book_end(&b);
	EXPECT(!b.has_failed);
	keep(w, &b);
	book_close(&b);
}

void
world_run(struct world *w, uint64_t blocks)
{
	size_t first = 0, i;

	memset(w->past, 0, sizeof(w->past));
	for (i = 0; i < w->cnt; i++) {
		if (blocks == 0 || (w->logs[i].block - 1) / blocks ==
				       (w->logs[first].block - 1) / blocks)
			continue;
		run_book(w, first, i);
		first = i;
	}
	run_book(w, first, w->cnt);
}

uint64_t
world_at(const struct world *w, uint64_t block, enum ledger_table table,
    size_t at, unsigned k0, unsigned k1, unsigned k2)
{
	struct u256 keys[] = {
	    u256_from_u64(k0), u256_from_u64(k1), u256_from_u64(k2)};
	const struct ledger_row *row = newest(&w->past[table], keys, block);

	if (row == NULL)
		return 0;
	EXPECT(u256_is_u64(&row->v[at]));
	return row->v[at].w[0];
}

uint64_t
world_cell(const struct world *w, enum ledger_table table, size_t at,
    unsigned k0, unsigned k1, unsigned k2)
{
	return world_at(w, UINT64_MAX, table, at, k0, k1, k2);
}

const char *
world_text(struct world *w, enum ledger_attribute which)
{
	struct u256 keys[] = {u256_from_u64(TOKEN), u256_from_u64(which)};
	const struct ledger_row *row =
	    newest(&w->past[LEDGER_ATTRIBUTE], keys, UINT64_MAX);

	if (row == NULL)
		return NULL;
	return arena_str(
	    &w->a, "%.*s", (int)row->text.len, (const char *)row->text.ptr);
}
