/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks a view everything and compares with the world.
 */
#include <stdio.h>
#include <string.h>

#include "model.h"
#include "test.h"

/* Stop after so many: a broken store fails everywhere. */
enum { FAIL_MAX = 8 };

struct check {
	const struct model *m;
	const struct store_view *v;
	const struct model_block *head;
	unsigned failed;
};

#define WANT(c, expr, ...)                                                     \
	do {                                                                   \
		if (!(expr) && (c)->failed++ < FAIL_MAX)                       \
			test_fail(__FILE__, __LINE__, __VA_ARGS__);            \
	} while (0)

static unsigned long long
ull(uint64_t v)
{
	return v;
}

/* Blocks. ------------------------------------------------------------ */

static void
check_block(struct check *c, const struct model_block *w, bool is_canon)
{
	struct bytes b;
	struct header h;
	struct hash hash;
	struct u256 td;
	uint64_t n = 0, i = 0;

	WANT(c,
	    store_number_of(c->v, &n, &w->hash, NULL) == RC_OK &&
		n == w->number,
	    "number of block %llu", ull(w->number));
	WANT(c,
	    store_raw(c->v, &b, &w->hash, NULL) == RC_OK && bytes_eq(b, w->raw),
	    "raw block %llu", ull(w->number));
	WANT(c,
	    store_header(c->v, &h, &w->hash, NULL) == RC_OK &&
		h.number == w->number && hash_eq(&h.parent, &w->header.parent),
	    "header %llu", ull(w->number));
	WANT(c,
	    store_total_difficulty(c->v, &td, &w->hash, NULL) == RC_OK &&
		u256_eq(&td, &w->td),
	    "difficulty %llu", ull(w->number));
	WANT(c, store_is_canonical(c->v, &w->hash) == is_canon,
	    "block %llu canonical or not", ull(w->number));
	if (!is_canon) {
		WANT(c,
		    store_receipts(c->v, &b, &w->hash, NULL) == RC_NOT_FOUND,
		    "receipts of undone %llu", ull(w->number));
		return;
	}
	WANT(c,
	    store_hash_of(c->v, &hash, w->number, NULL) == RC_OK &&
		hash_eq(&hash, &w->hash),
	    "hash of %llu", ull(w->number));
	WANT(c,
	    store_receipts(c->v, &b, &w->hash, NULL) == RC_OK &&
		bytes_eq(b, w->receipts),
	    "receipts %llu", ull(w->number));
	WANT(c,
	    store_senders(c->v, &b, &w->hash, NULL) == RC_OK &&
		bytes_eq(b, w->senders),
	    "senders %llu", ull(w->number));
	for (size_t t = 0; t < w->tx_cnt; t++)
		WANT(c,
		    store_tx_at(c->v, &n, &i, &w->txs[t].hash, NULL) == RC_OK &&
			n == w->number && i == t,
		    "tx %zu of block %llu", t, ull(w->number));
}

static bool
is_canonical(const struct check *c, const struct model_block *b)
{
	return model_ancestor(c->head, b->number) == b;
}

/* Blocks of the world that the store was never given answer NOT_FOUND; undone
 * ones answer in full. */
/* check_sent looks for a transaction by its nonce. */
static void
check_sent(struct check *c, const struct model_block *b, uint32_t t)
{
	const struct model_tx *x = &b->txs[t];
	uint64_t number = 0;
	uint32_t index = 0;

	WANT(c,
	    store_tx_sent(c->v, &number, &index, &x->sender, x->nonce, NULL) ==
		    RC_OK &&
		number == b->number && index == t,
	    "nonce %llu is %llu/%u, want %llu/%u", ull(x->nonce), ull(number),
	    index, ull(b->number), t);
}

static void
check_unsent(struct check *c, const struct addr *sender, uint64_t nonce)
{
	uint64_t number;
	uint32_t index;

	WANT(c,
	    store_tx_sent(c->v, &number, &index, sender, nonce, NULL) ==
		RC_NOT_FOUND,
	    "nonce %llu that nobody used", ull(nonce));
}

static void
check_blocks(struct check *c)
{
	for (size_t i = 0; i < c->m->block_cnt; i++) {
		const struct model_block *b = c->m->blocks[i];
		uint64_t n, at;

		if (is_canonical(c, b)) {
			check_block(c, b, true);
			for (size_t t = 0; t < b->tx_cnt; t++)
				check_sent(c, b, (uint32_t)t);
			continue;
		}
		if (store_number_of(c->v, &n, &b->hash, NULL) == RC_OK)
			check_block(c, b, false);
		for (size_t t = 0; t < b->tx_cnt; t++) {
			WANT(c,
			    store_tx_at(c->v, &n, &at, &b->txs[t].hash, NULL) ==
				RC_NOT_FOUND,
			    "tx of undone block %llu", ull(b->number));
			check_unsent(c, &b->txs[t].sender, b->txs[t].nonce);
		}
	}
	check_unsent(c, &c->m->addrs[0], c->m->txs_made);
}

/* State. ------------------------------------------------------------- */

static void
check_accounts(struct check *c, const struct model_state *w, uint64_t number)
{
	for (size_t i = 0; i < MODEL_ACCOUNTS; i++) {
		const struct model_account *a = &w->accounts[i];
		struct account got;
		bool found = !a->is_there;
		struct u256 slot;

		WANT(c,
		    store_account(c->v, number, &got, &found, &c->m->addrs[i],
			NULL) == RC_OK &&
			found == a->is_there &&
			(!found || account_eq(&got, &a->acc)),
		    "account %zu after %llu", i, ull(number));
		for (size_t j = 0; j < MODEL_SLOTS; j++)
			WANT(c,
			    store_slot(c->v, number, &slot, &c->m->addrs[i],
				&c->m->keys[j], NULL) == RC_OK &&
				u256_eq(&slot, &a->slots[j]),
			    "slot %zu of %zu after %llu", j, i, ull(number));
	}
}

static void
check_nodes(struct check *c, const struct model_state *w, uint64_t number)
{
	for (size_t t = 0; t < MODEL_TRIES; t++)
		for (size_t p = 0; p < MODEL_PATHS; p++) {
			const struct hash *account =
			    t + 1 < MODEL_TRIES ? &c->m->addr_hashes[t] : NULL;
			struct bytes got = {NULL, 99};

			WANT(c,
			    store_node(c->v, number, &got, account,
				&c->m->paths[p], NULL) == RC_OK &&
				bytes_eq(got, w->nodes[t][p]),
			    "node %zu of trie %zu after %llu", p, t,
			    ull(number));
		}
}

static void
check_codes(struct check *c)
{
	for (const struct model_block *b = c->head; b != NULL; b = b->parent) {
		for (size_t i = 0; i < b->diff.code_cnt; i++) {
			const struct state_code_change *w = &b->diff.codes[i];
			struct bytes got;

			WANT(c,
			    store_code(c->v, &got, &w->hash, NULL) == RC_OK &&
				bytes_eq(got, w->code),
			    "code of block %llu", ull(b->number));
		}
		for (size_t i = 0; i < b->diff.account_cnt; i++) {
			const struct state_account_change *w =
			    &b->diff.accounts[i];
			struct bytes got;

			WANT(c,
			    store_preimage(c->v, &got, &w->addr_hash, NULL) ==
				    RC_OK &&
				bytes_eq(got, addr_bytes(&w->addr)),
			    "preimage of block %llu", ull(b->number));
		}
		for (size_t i = 0; i < b->diff.slot_cnt; i++) {
			const struct state_slot_change *w = &b->diff.slots[i];
			struct bytes got;

			WANT(c,
			    store_preimage(c->v, &got, &w->key_hash, NULL) ==
				    RC_OK &&
				bytes_eq(got, hash_bytes(&w->key)),
			    "slot preimage of block %llu", ull(b->number));
		}
	}
}

/* Walks. ------------------------------------------------------------- */

struct seen {
	struct check *c;
	size_t cnt;
	struct addr last_addr;
	struct hash last_key;
	size_t account; /* whose slots are walked */
	bool is_right;
};

static size_t
index_of(const struct model *m, const struct addr *addr)
{
	size_t i = 0;

	while (i < MODEL_ACCOUNTS && !addr_eq(&m->addrs[i], addr))
		i++;
	return i;
}

static bool
see_slot(void *ctx, const struct hash *key, const struct u256 *value)
{
	struct seen *s = ctx;
	const struct model_account *a = &s->c->head->after.accounts[s->account];
	size_t j = 0;

	while (j < MODEL_SLOTS && !hash_eq(&s->c->m->keys[j], key))
		j++;
	s->is_right &= j < MODEL_SLOTS && u256_eq(&a->slots[j], value) &&
		       !u256_is_zero(value) &&
		       (s->cnt == 0 || memcmp(s->last_key.b, key->b, 32) < 0);
	s->last_key = *key;
	s->cnt++;
	return true;
}

static void
walk_slots(struct check *c, size_t i)
{
	struct seen s = {.c = c, .account = i, .is_right = true};
	size_t want = 0;

	for (size_t j = 0; j < MODEL_SLOTS; j++)
		want += !u256_is_zero(&c->head->after.accounts[i].slots[j]);
	WANT(c,
	    store_each_slot(c->v, &c->m->addrs[i], see_slot, &s, NULL) ==
		    RC_OK &&
		s.is_right && s.cnt == want,
	    "slots of account %zu: %zu, want %zu", i, s.cnt, want);
}

/* The slots are walked inside, as an audit does. */
static bool
see_account(void *ctx, const struct addr *addr, const struct account *acc)
{
	struct seen *s = ctx;
	size_t i = index_of(s->c->m, addr);
	const struct model_account *w;

	s->is_right &= i < MODEL_ACCOUNTS &&
		       (s->cnt == 0 || memcmp(s->last_addr.b, addr->b, 20) < 0);
	s->last_addr = *addr;
	s->cnt++;
	if (i == MODEL_ACCOUNTS)
		return true;
	w = &s->c->head->after.accounts[i];
	s->is_right &= w->is_there && account_eq(&w->acc, acc);
	walk_slots(s->c, i);
	return true;
}

static void
check_walk(struct check *c)
{
	struct seen s = {.c = c, .is_right = true};
	size_t want = 0;

	for (size_t i = 0; i < MODEL_ACCOUNTS; i++)
		want += c->head->after.accounts[i].is_there;
	WANT(c,
	    store_each_account(c->v, see_account, &s, NULL) == RC_OK &&
		s.is_right && s.cnt == want,
	    "walk of accounts: %zu, want %zu", s.cnt, want);
}

/* Indexes. ----------------------------------------------------------- */

enum { FOUND_MAX = 1 << 14 };

struct found {
	struct store_log_at at[FOUND_MAX];
	size_t cnt, next;
	bool is_right;
};

static bool
log_wanted(const struct store_log_query *q, const struct log_entry *l)
{
	if (q->addr != NULL)
		return addr_eq(q->addr, &l->addr);
	return q->topic_at < l->topic_cnt &&
	       hash_eq(&l->topics[q->topic_at], q->topic);
}

/* logs_of lists what the world has for a query, ascending. */
static void
logs_of(struct check *c, struct found *f, const struct store_log_query *q)
{
	f->cnt = f->next = 0;
	f->is_right = true;
	for (uint64_t n = q->first; n <= q->last && n <= c->head->number; n++) {
		const struct model_block *b = model_ancestor(c->head, n);
		uint32_t at = 0;

		for (uint32_t t = 0; t < b->tx_cnt; t++)
			for (size_t i = 0; i < b->txs[t].log_cnt; i++, at++)
				if (log_wanted(q, &b->txs[t].logs[i]))
					f->at[f->cnt++] =
					    (struct store_log_at){n, t, at};
	}
}

static bool
see_log(void *ctx, const struct store_log_at *at)
{
	struct found *f = ctx;

	f->is_right &= f->next < f->cnt &&
		       f->at[f->next].number == at->number &&
		       f->at[f->next].tx_index == at->tx_index &&
		       f->at[f->next].log_index == at->log_index;
	f->next++;
	return true;
}

static void
check_query(struct check *c, const struct store_log_query *q)
{
	static struct found f;

	logs_of(c, &f, q);
	WANT(c,
	    store_each_log(c->v, q, see_log, &f, NULL) == RC_OK && f.is_right &&
		f.next == f.cnt,
	    "logs of %llu to %llu: %zu, want %zu", ull(q->first), ull(q->last),
	    f.next, f.cnt);
}

static void
check_logs(struct check *c)
{
	uint64_t spans[][2] = {{0, UINT64_MAX}, {c->head->number, UINT64_MAX},
	    {c->head->number / 3, c->head->number / 2}};

	for (size_t s = 0; s < 3; s++) {
		struct store_log_query q = {
		    .first = spans[s][0], .last = spans[s][1]};

		for (size_t i = 0; i < 4; i++) {
			q.addr = &c->m->addrs[i];
			check_query(c, &q);
		}
		q.addr = NULL;
		for (unsigned i = 0; i < 4 * MODEL_SLOTS; i++) {
			q.topic_at = i % 4;
			q.topic = &c->m->keys[i / 4];
			check_query(c, &q);
		}
	}
}

static bool
see_tx(void *ctx, uint64_t number, uint32_t index)
{
	struct found *f = ctx;

	f->is_right &= f->next < f->cnt && f->at[f->next].number == number &&
		       f->at[f->next].tx_index == index;
	f->next++;
	return true;
}

/* see_tx_back sees them from the last to the first. */
static bool
see_tx_back(void *ctx, uint64_t number, uint32_t index)
{
	struct found *f = ctx;
	const struct store_log_at *want = &f->at[f->cnt - 1 - f->next];

	f->is_right &= f->next < f->cnt && want->number == number &&
		       want->tx_index == index;
	f->next++;
	return f->next < f->cnt;
}

static bool
has_addr(const struct model_tx *t, const struct addr *addr)
{
	if (addr_eq(&t->sender, addr) ||
	    (t->has_other && addr_eq(&t->other, addr)))
		return true;
	for (size_t i = 0; i < t->made_cnt; i++)
		if (addr_eq(&t->made[i].made, addr))
			return true;
	return false;
}

/* txs_of lists what the world has, ascending. */
static void
txs_of(struct check *c, struct found *f, const struct addr *addr,
    uint64_t first, uint64_t last)
{
	f->cnt = f->next = 0;
	f->is_right = true;
	for (uint64_t n = first; n <= last && n <= c->head->number; n++) {
		const struct model_block *b = model_ancestor(c->head, n);

		for (uint32_t t = 0; t < b->tx_cnt; t++)
			if (has_addr(&b->txs[t], addr))
				f->at[f->cnt++] =
				    (struct store_log_at){n, t, 0};
	}
}

static void
check_txs_of(struct check *c, const struct addr *addr)
{
	uint64_t spans[][2] = {{0, UINT64_MAX}, {c->head->number, UINT64_MAX},
	    {c->head->number / 3, c->head->number / 2}};
	static struct found f;

	for (size_t s = 0; s < 3; s++) {
		txs_of(c, &f, addr, spans[s][0], spans[s][1]);
		WANT(c,
		    store_each_tx_of(c->v, addr, spans[s][0], spans[s][1],
			see_tx, &f, NULL) == RC_OK &&
			f.is_right && f.next == f.cnt,
		    "transactions of an address, %llu to %llu: %zu, want %zu",
		    ull(spans[s][0]), ull(spans[s][1]), f.next, f.cnt);
		f.next = 0;
		WANT(c,
		    store_each_tx_back(c->v, addr, spans[s][0], spans[s][1],
			see_tx_back, &f, NULL) == RC_OK &&
			f.is_right && f.next == f.cnt,
		    "transactions of an address, %llu down to %llu: %zu, want "
		    "%zu",
		    ull(spans[s][1]), ull(spans[s][0]), f.next, f.cnt);
	}
}

/* last_made is the last creation of a contract that the world has. */
static const struct creation *
last_made(
    struct check *c, uint64_t *number, uint32_t *index, const struct addr *addr)
{
	for (uint64_t n = c->head->number + 1; n-- > 0;) {
		const struct model_block *b = model_ancestor(c->head, n);

		for (uint32_t t = (uint32_t)b->tx_cnt; t-- > 0;) {
			for (size_t i = 0; i < b->txs[t].made_cnt; i++) {
				*number = n;
				*index = t;
				if (addr_eq(&b->txs[t].made[i].made, addr))
					return &b->txs[t].made[i];
			}
		}
	}
	return NULL;
}

static void
check_made(struct check *c, const struct addr *addr)
{
	uint64_t number = 0, at = 0;
	uint32_t index = 0, place = 0;
	struct addr by = {{0}};
	const struct creation *want = last_made(c, &at, &place, addr);
	enum rc rc = store_creation(c->v, &number, &index, &by, addr, NULL);

	if (want == NULL)
		WANT(c, rc == RC_NOT_FOUND, "who made a contract: %d", (int)rc);
	else
		WANT(c,
		    rc == RC_OK && number == at && index == place &&
			addr_eq(&by, &want->by),
		    "a contract made at %llu/%u, want %llu/%u", ull(number),
		    index, ull(at), place);
}

/* All. --------------------------------------------------------------- */

static void
check_empty(struct check *c)
{
	struct account acc;
	bool found = true;

	WANT(c,
	    store_account(c->v, 0, &acc, &found, &c->m->addrs[0], NULL) ==
		    RC_OK &&
		!found,
	    "an account of an empty store");
}

static void
check_history(struct check *c, uint64_t oldest)
{
	WANT(c, store_view_oldest(c->v) == oldest, "oldest is %llu, want %llu",
	    ull(store_view_oldest(c->v)), ull(oldest));
	for (uint64_t n = oldest; n <= c->head->number; n++) {
		const struct model_state *w =
		    &model_ancestor(c->head, n)->after;

		check_accounts(c, w, n);
		check_nodes(c, w, n);
	}
	if (oldest > 0) {
		struct account acc;
		struct err e = {0};
		bool found;
		char want[40];

		snprintf(want, sizeof(want), "after block %llu", ull(oldest));
		WANT(c,
		    store_account(c->v, oldest - 1, &acc, &found,
			&c->m->addrs[0], &e) == RC_NOT_FOUND,
		    "state before the oldest");
		WANT(c, strstr(e.text, want) != NULL, "text \"%s\"", e.text);
	}
}

void
model_check_view(const struct model *m, const struct store_view *v,
    const struct model_block *head, uint64_t oldest)
{
	struct check c = {.m = m, .v = v, .head = head};
	struct store_head got;
	struct account acc;
	bool found;

	store_view_head(v, &got);
	if (head == NULL) {
		WANT(&c, got.header == NULL, "an empty store has a head");
		check_empty(&c);
		return;
	}
	WANT(&c,
	    got.header != NULL && got.number == head->number &&
		hash_eq(&got.hash, &head->hash) &&
		u256_eq(&got.total_difficulty, &head->td),
	    "head is %llu, want %llu", ull(got.number), ull(head->number));
	if (c.failed > 0)
		return;
	WANT(&c, bytes_eq(got.header->extra, head->header.extra), "header");
	WANT(&c,
	    store_account(v, head->number + 1, &acc, &found, &m->addrs[0],
		NULL) == RC_NOT_FOUND,
	    "state above the head");
	check_blocks(&c);
	check_history(&c, oldest);
	check_codes(&c);
	check_walk(&c);
	check_logs(&c);
	for (size_t i = 0; i < MODEL_ACCOUNTS; i++) {
		check_txs_of(&c, &m->addrs[i]);
		check_made(&c, &m->addrs[i]);
	}
}

void
model_check(const struct model *m, struct store *s,
    const struct model_block *head, uint64_t oldest)
{
	struct store_view *v;
	struct err e = {0};
	enum rc rc = store_view_open(&v, s, &e);

	if (rc != RC_OK) {
		test_fail(
		    __FILE__, __LINE__, "view: %s: %s", err_name(rc), e.text);
		return;
	}
	model_check_view(m, v, head, oldest);
	store_view_close(v);
}
