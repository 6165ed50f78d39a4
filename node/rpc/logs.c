/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_getLogs: logs of a block or of a range, by address and topics.
 *
 * A range is not scanned. The store's index has a sorted list of places
 * (block, transaction, log) for each address and for each topic at its
 * position; a query is a conjunction of terms, each the union of such lists,
 * and the lists are joined by leaping: whoever is behind seeks to where the
 * one in front is. That takes as many seeks as the rarest term has entries,
 * however many blocks lie between and however many logs the others have. Of
 * a block only the transactions that the join names are read.
 *
 * Only a query without any term reads block by block, and its range is
 * bounded. What a query may cost is bounded in logs, seeks and bytes read;
 * the texts of these errors are those that clients know to split a range on.
 */
#include "eth/ethjson.h"
#include "eth/rlp.h"
#include "rpc/logs_priv.h"

/*
 * Logs of one answer, and blocks of a range without terms (numbers that
 * providers use, so that clients are used to them). Seeks in the index, about
 * a microsecond each; bytes of receipts read for the answer.
 */
enum {
	LOGS_MAX = 10000,
	SPAN_MAX = 1000,
	SEEKS_MAX = 500000,
	RECEIPT_BYTES_MAX = 256 * 1024 * 1024
};

/* struct list is one sorted list of the index, from at on. */
struct list {
	struct store_log_query q;
	struct store_log_at at;
};

/* struct term is a union of lists: a heap of those that are not over, the one
 * with the first place on top. */
struct term {
	struct list *v;
	size_t cnt;
};

enum { TERM_MAX = 1 + RPC_LOG_TOPICS_MAX };

/* struct search is a query under way. */
struct search {
	struct rpc_call *c;
	const struct store_view *view;
	const struct rpc_log_filter *filter;
	struct term terms[TERM_MAX];
	size_t term_cnt;
	uint64_t first, last;
	size_t found, seeks, bytes;
};

/* Writing. ------------------------------------------------------------- */

static enum rc
too_much(struct err *e)
{
	return FAIL(e, RC_TOO_LARGE,
	    "query timeout exceeded. Consider reducing your block range.");
}

/* write_receipt writes what is wanted of one receipt's logs; its transaction
 * is at the front of txs, and is stepped over. */
static enum rc
write_receipt(struct search *s, const struct receipt *r,
    const struct ethjson_at *at, struct bytes *txs, uint64_t log_index,
    struct err *e)
{
	struct bytes tx = *txs, skipped;
	struct hash tx_hash;
	bool has_hash = false;
	size_t i;

	TRY(rlp_take_raw(&skipped, txs, e));
	for (i = 0; i < r->log_cnt; i++) {
		if (!rpc_log_filter_has(s->filter, &r->logs[i]))
			continue;
		if (!has_hash)
			TRY(rpc_tx_hash_next(&tx_hash, &tx, e));
		has_hash = true;
		if (s->found++ == LOGS_MAX)
			return FAIL(e, RC_TOO_LARGE,
			    "query returned more than %d results",
			    (int)LOGS_MAX);
		ethjson_log(
		    s->c->w, &r->logs[i], at, &tx_hash, log_index + i, false);
	}
	return RC_OK;
}

/* write_block writes what is wanted of one block's logs. */
static enum rc
write_block(struct search *s, const struct rpc_block *b, struct err *e)
{
	struct ethjson_at at = {.block_hash = b->hash};
	uint64_t log_index = 0;
	struct rpc_body body;
	struct bytes items;
	struct receipt r;
	bool found;

	TRY(rpc_body_get(s->c, &body, b, e));
	if (!rpc_log_filter_may(s->filter, &body.header.bloom))
		return RC_OK;
	TRY(rpc_receipts_get(s->c, &items, &found, &b->hash, e));
	s->bytes += items.len;
	if (s->bytes > RECEIPT_BYTES_MAX)
		return too_much(e);
	at.header = &body.header;
	for (; items.len > 0 && !s->c->w->has_failed; at.index++) {
		struct arena_mark mark = arena_save(s->c->a);

		TRY(receipts_next_logs(s->c->a, &r, &items, e));
		TRY(write_receipt(s, &r, &at, &body.txs, log_index, e));
		log_index += r.log_cnt;
		arena_rewind(s->c->a, mark);
	}
	return RC_OK;
}

static enum rc
write_number(struct search *s, uint64_t number, struct err *e)
{
	struct rpc_block b = {.number = number, .is_canonical = true};

	TRY(rpc_doc_check(s->c->doc, e));
	TRY(store_hash_of(s->view, &b.hash, number, e));
	return write_block(s, &b, e);
}

/* write_each writes block by block. */
static enum rc
write_each(struct search *s, uint64_t first, uint64_t last, struct err *e)
{
	uint64_t i;

	for (i = first; i <= last && !s->c->w->has_failed; i++)
		TRY(write_number(s, i, e));
	return RC_OK;
}

/* Reading what the index names. ------------------------------------------ */

/* struct reading is a block of which transactions are read in order, each
 * found by stepping over those before it. */
struct reading {
	struct rpc_body body;
	struct ethjson_at at;       /* index: that of the next one */
	struct bytes txs, receipts; /* from there on */
	struct rpc_block block;
	bool is_open;
};

static enum rc
open_block(struct search *s, struct reading *r, uint64_t number, struct err *e)
{
	bool found;

	*r =
	    (struct reading){.block = {.number = number, .is_canonical = true}};
	TRY(store_hash_of(s->view, &r->block.hash, number, e));
	TRY(rpc_body_get(s->c, &r->body, &r->block, e));
	TRY(rpc_receipts_get(s->c, &r->receipts, &found, &r->block.hash, e));
	r->txs = r->body.txs;
	r->at.header = &r->body.header;
	r->at.block_hash = r->block.hash;
	r->is_open = true;
	return RC_OK;
}

/* step_to steps over the transactions before one. */
static enum rc
step_to(struct search *s, struct reading *r, uint64_t tx_index, struct err *e)
{
	size_t len = r->receipts.len;
	struct bytes skipped;

	for (; r->at.index < tx_index; r->at.index++) {
		TRY(rlp_take_raw(&skipped, &r->txs, e));
		TRY(rlp_take_raw(&skipped, &r->receipts, e));
	}
	s->bytes += len - r->receipts.len;
	return s->bytes > RECEIPT_BYTES_MAX ? too_much(e) : RC_OK;
}

/* first_log finds the number of a receipt's first log in its block: that of
 * the place, which is its first one that the filter names, less those before
 * it. */
static enum rc
first_log(const struct search *s, uint64_t *out, const struct receipt *r,
    const struct store_log_at *place, struct err *e)
{
	size_t i;

	for (i = 0; i < r->log_cnt && i <= place->log_index; i++) {
		if (!rpc_log_filter_names(s->filter, &r->logs[i]))
			continue;
		*out = place->log_index - i;
		return RC_OK;
	}
	return FAIL(e, RC_CORRUPT, "the index names a log that is not there");
}

/* write_named writes what is wanted of the transaction of a place, which is
 * its first one of every term. */
static enum rc
write_named(struct search *s, struct reading *r,
    const struct store_log_at *place, struct err *e)
{
	struct arena_mark mark;
	struct receipt receipt;
	uint64_t first;

	if (!r->is_open || r->block.number != place->number)
		TRY(open_block(s, r, place->number, e));
	TRY(step_to(s, r, place->tx_index, e));
	mark = arena_save(s->c->a);
	TRY(receipts_next_logs(s->c->a, &receipt, &r->receipts, e));
	TRY(first_log(s, &first, &receipt, place, e));
	TRY(write_receipt(s, &receipt, &r->at, &r->txs, first, e));
	r->at.index++;
	arena_rewind(s->c->a, mark);
	return RC_OK;
}

/* Joining. --------------------------------------------------------------- */

static int
compare(const struct store_log_at *a, const struct store_log_at *b)
{
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->tx_index != b->tx_index)
		return a->tx_index < b->tx_index ? -1 : 1;
	return (a->log_index > b->log_index) - (a->log_index < b->log_index);
}

static bool
is_before(const struct store_log_at *a, const struct store_log_at *b)
{
	return compare(a, b) < 0;
}

/* sink moves list i down to where the heap is one again. */
static void
sink(struct term *t, size_t i)
{
	struct list l = t->v[i];
	size_t k;

	while ((k = 2 * i + 1) < t->cnt) {
		if (k + 1 < t->cnt && is_before(&t->v[k + 1].at, &t->v[k].at))
			k++;
		if (!is_before(&t->v[k].at, &l.at))
			break;
		t->v[i] = t->v[k];
		i = k;
	}
	t->v[i] = l;
}

/* seek takes list i of a term to its first place from pos on, or out of the
 * term when it has none; the heap is the caller's to mend. */
static enum rc
seek(struct search *s, struct term *t, size_t i, const struct store_log_at *pos,
    struct err *e)
{
	struct list *l = &t->v[i];
	bool found;

	if (++s->seeks > SEEKS_MAX)
		return too_much(e);
	TRY(store_log_seek(s->view, &l->q, pos, &l->at, &found, e));
	if (!found)
		*l = t->v[--t->cnt];
	return RC_OK;
}

/* start_term takes each list of a term to its first place. */
static enum rc
start_term(struct search *s, struct term *t, struct err *e)
{
	const struct store_log_at pos = {.number = s->first};
	size_t i;

	for (i = t->cnt; i-- > 0;)
		TRY(seek(s, t, i, &pos, e));
	for (i = t->cnt / 2; i-- > 0;)
		sink(t, i);
	return RC_OK;
}

/*
 * reach moves a term's lists to pos or behind it, and sets the first place of
 * the term from there on; false when it has none.
 */
static enum rc
reach(struct search *s, struct term *t, const struct store_log_at *pos,
    struct store_log_at *out, bool *found, struct err *e)
{
	while (t->cnt > 0 && is_before(&t->v[0].at, pos)) {
		TRY(seek(s, t, 0, pos, e));
		if (t->cnt > 0)
			sink(t, 0);
	}
	*found = t->cnt > 0;
	if (*found)
		*out = t->v[0].at;
	return RC_OK;
}

/* join finds the first place from pos on that is of every term. */
static enum rc
join(struct search *s, struct store_log_at *pos, bool *found, struct err *e)
{
	struct store_log_at at;
	size_t i = 0, agreed = 0;

	*found = true;
	while (agreed < s->term_cnt && *found) {
		TRY(reach(s, &s->terms[i], pos, &at, found, e));
		if (*found && is_before(pos, &at)) {
			*pos = at;
			agreed = 1;
		} else {
			agreed++;
		}
		i = (i + 1) % s->term_cnt;
	}
	return RC_OK;
}

/* add_term appends the term of cnt lists, filled in by the caller. */
static struct list *
add_term(struct search *s, size_t cnt)
{
	struct list *v = arena_array(s->c->a, cnt, sizeof(*v));
	size_t i;

	for (i = 0; v != NULL && i < cnt; i++)
		v[i] = (struct list){.q = {.first = s->first, .last = s->last}};
	s->terms[s->term_cnt++] = (struct term){.v = v, .cnt = cnt};
	return v;
}

static enum rc
make_terms(struct search *s, struct err *e)
{
	const struct rpc_log_filter *f = s->filter;
	struct list *v;
	size_t i, k;

	if (f->addrs.cnt > 0) {
		v = add_term(s, f->addrs.cnt);
		for (i = 0; v != NULL && i < f->addrs.cnt; i++)
			v[i].q.addr = &f->addrs.any[i];
		if (v == NULL)
			return FAIL(e, RC_NO_MEMORY, "a search for logs");
	}
	for (k = 0; k < f->topic_cnt; k++) {
		if (f->topics[k].cnt == 0)
			continue;
		v = add_term(s, f->topics[k].cnt);
		for (i = 0; v != NULL && i < f->topics[k].cnt; i++) {
			v[i].q.topic = &f->topics[k].any[i];
			v[i].q.topic_at = (unsigned)k;
		}
		if (v == NULL)
			return FAIL(e, RC_NO_MEMORY, "a search for logs");
	}
	return RC_OK;
}

/* write_joined writes, of blocks up to last, what the index names. */
static enum rc
write_joined(struct search *s, struct err *e)
{
	struct store_log_at pos = {.number = s->first};
	struct reading r = {.is_open = false};
	bool found;
	size_t i;

	for (i = 0; i < s->term_cnt; i++)
		TRY(start_term(s, &s->terms[i], e));
	for (;;) {
		TRY(join(s, &pos, &found, e));
		if (!found || s->c->w->has_failed)
			return RC_OK;
		TRY(write_named(s, &r, &pos, e));
		pos.tx_index++;
		pos.log_index = 0;
	}
}

/* Ranges. ------------------------------------------------------------- */

static enum rc
bound(struct search *s, uint64_t *out, const struct rpc_at *at, struct err *e)
{
	struct store_head head;
	struct rpc_block b;
	bool found;

	store_view_head(s->view, &head);
	*out = at->number;
	if (at->kind != RPC_AT_NUMBER) {
		TRY(rpc_find_block(s->c, &b, &found, at, e));
		*out = b.number;
	}
	if (*out > head.number)
		return FAIL(e, RC_BAD_INPUT,
		    "block range extends beyond current head block");
	return RC_OK;
}

static enum rc
write_range(struct search *s, struct err *e)
{
	uint64_t last = s->last, settled = store_view_settled(s->view);

	TRY(make_terms(s, e));
	if (s->term_cnt == 0 && last - s->first >= SPAN_MAX)
		return FAIL(e, RC_TOO_LARGE, "exceed maximum block range: %d",
		    (int)SPAN_MAX);
	if (s->term_cnt == 0)
		return write_each(s, s->first, last, e);
	if (s->first < settled)
		TRY(write_joined(s, e));
	return write_each(s, s->first > settled ? s->first : settled, last, e);
}

static enum rc
write_one(struct search *s, struct err *e)
{
	const struct rpc_at at = {
	    .kind = RPC_AT_HASH, .hash = s->filter->block_hash};
	struct rpc_block b;
	bool found;

	TRY(rpc_find_block(s->c, &b, &found, &at, e));
	if (!found || !b.is_canonical)
		return FAIL(e, RC_NOT_FOUND, "unknown block");
	return write_block(s, &b, e);
}

enum rc
rpc_logs_write(
    struct rpc_call *c, const struct rpc_log_filter *f, struct err *e)
{
	struct search s = {.c = c, .filter = f};

	TRY(rpc_doc_view(c->doc, &s.view, e));
	jsonw_arr(c->w);
	if (f->has_hash) {
		TRY(write_one(&s, e));
	} else {
		TRY(bound(&s, &s.first, &f->from, e));
		TRY(bound(&s, &s.last, &f->to, e));
		if (s.first > s.last)
			return FAIL(
			    e, RC_BAD_INPUT, "invalid block range params");
		TRY(write_range(&s, e));
	}
	jsonw_arr_end(c->w);
	return RC_OK;
}

/* A range that is not given is the head's block. */
enum rc
rpc_do_get_logs(struct rpc_call *c, struct err *e)
{
	struct rpc_log_filter f;

	TRY(rpc_arg_log_filter(&f, c, 0, e));
	return rpc_logs_write(c, &f, e);
}
