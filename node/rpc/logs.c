/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_getLogs: logs of a block or of a range, by address and topics.
 *
 * A range is not scanned. The store's index has a sorted list of places
 * (block, transaction, log) for each address and for each topic at its
 * position; a query is a conjunction of terms, each the union of such lists,
 * and the lists are joined by leaping: whoever is behind seeks to where the
 * one in front is. That takes as many seeks as the rarest term has entries,
 * however many blocks lie between and however many logs the others have.
 *
 * Only a query without any term reads block by block, and its range is
 * bounded. What a query may cost is bounded in logs, seeks and bytes read;
 * the texts of these errors are those that clients know to split a range on.
 */
#include "eth/ethjson.h"
#include "rpc/logs_priv.h"

/*
 * Logs of one answer, and blocks of a range without terms (numbers that
 * providers use, so that clients are used to them). Entries of lists looked
 * at, about a microsecond each; bytes of receipts read for the answer.
 */
enum {
	LOGS_MAX = 10000,
	SPAN_MAX = 1000,
	LOOKS_MAX = 500000,
	RECEIPT_BYTES_MAX = 256 * 1024 * 1024
};

/* struct list is one sorted list of the index; at is valid until is_over. */
struct list {
	struct store_log_query q;
	struct store_log_at at;
	bool is_over;
};

/* struct term is a union of lists. */
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
	size_t found, looks, bytes;
};

/* Writing. ------------------------------------------------------------- */

static enum rc
too_much(struct err *e)
{
	return FAIL(e, RC_TOO_LARGE,
	    "query timeout exceeded. Consider reducing your block range.");
}

/* write_receipt writes what is wanted of one receipt's logs. */
static enum rc
write_receipt(struct search *s, const struct receipt *r,
    const struct ethjson_at *at, struct bytes *txs, uint64_t log_index,
    struct err *e)
{
	struct hash tx_hash;
	size_t i;

	TRY(rpc_tx_hash_next(&tx_hash, txs, e));
	for (i = 0; i < r->log_cnt; i++) {
		if (!rpc_log_filter_has(s->filter, &r->logs[i]))
			continue;
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

		TRY(receipts_next(s->c->a, &r, &items, e));
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

/*
 * reach moves a term's lists to pos or behind it, and sets the first place of
 * the term from there on; false when it has none.
 */
static enum rc
reach(struct search *s, struct term *t, const struct store_log_at *pos,
    struct store_log_at *out, bool *found, struct err *e)
{
	size_t i;

	*found = false;
	for (i = 0; i < t->cnt; i++) {
		struct list *l = &t->v[i];
		bool is_there = true;

		if (++s->looks > LOOKS_MAX)
			return too_much(e);
		if (!l->is_over && is_before(&l->at, pos)) {
			TRY(store_log_seek(
			    s->view, &l->q, pos, &l->at, &is_there, e));
			l->is_over = !is_there;
		}
		if (l->is_over || (*found && !is_before(&l->at, out)))
			continue;
		*out = l->at;
		*found = true;
	}
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

/* write_joined writes, of blocks up to last, those that the index names. */
static enum rc
write_joined(struct search *s, struct err *e)
{
	struct store_log_at pos = {.number = s->first};
	bool found;

	/* A list that was never looked at is before every place. */
	for (;;) {
		TRY(join(s, &pos, &found, e));
		if (!found || s->c->w->has_failed)
			return RC_OK;
		TRY(write_number(s, pos.number, e));
		pos = (struct store_log_at){.number = pos.number + 1};
	}
}

/* start_lists takes each list to its first entry. */
static enum rc
start_lists(struct search *s, struct err *e)
{
	struct store_log_at pos = {.number = s->first};
	size_t i, k;
	bool found;

	for (i = 0; i < s->term_cnt; i++) {
		for (k = 0; k < s->terms[i].cnt; k++) {
			struct list *l = &s->terms[i].v[k];

			TRY(store_log_seek(
			    s->view, &l->q, &pos, &l->at, &found, e));
			l->is_over = !found;
		}
	}
	return RC_OK;
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
	if (s->first < settled) {
		TRY(start_lists(s, e));
		TRY(write_joined(s, e));
	}
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
