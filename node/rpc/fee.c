/* SPDX-License-Identifier: Apache-2.0
 *
 * What a transaction should pay: the next block's base fee, a tip, and the
 * history that wallets draw their own conclusions from.
 *
 * The tip: while blocks have room, the pool's floor gets in, so that is the
 * answer (0 on a chain without prices). Of full blocks the three lowest tips
 * are sampled, and the 60th percentile over the last twenty blocks is
 * suggested, as go-ethereum does it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eth/blobfee.h"
#include "eth/tx.h"
#include "exec/exec.h"
#include "rpc/rpc_priv.h"

/*
 * Blocks and samples of the tip; what counts as full, in percent. Bounds of
 * eth_feeHistory: blocks without and with rewards (each costs a pass over
 * the block's receipts), and percentiles.
 */
enum {
	TIP_BLOCKS = 20,
	TIP_SAMPLES = 3,
	TIP_PERCENTILE = 60,
	FULL_PERCENT = 90,
	HISTORY_MAX = 1024,
	HISTORY_REWARD_MAX = 128,
	PERCENTILE_MAX = 100
};

/* Digits behind the first that any double needs, and the power of ten below
 * which a ratio is written with an exponent. */
enum { RATIO_PLACES_MAX = 16, RATIO_PLAIN_MIN = -6 };

/* One transaction's tip and what share of the block it has. */
struct paid {
	struct u256 tip;
	uint64_t gas_used;
};

static int
by_tip(const void *a, const void *b)
{
	const struct paid *x = a, *y = b;

	return u256_cmp(&x->tip, &y->tip);
}

static struct u256
base_fee_of(const struct header *h)
{
	return h->field_cnt >= HEADER_FIELDS_LONDON ? h->base_fee : U256_ZERO;
}

/* next_base_fee is what the child of h will ask. */
static struct u256
next_base_fee(const struct rpc_node *n, const struct header *h)
{
	struct u256 out;

	exec_base_fee(&out, &n->genesis->forks, h);
	return out;
}

/* list_paid lists a block's tips in ascending order, in the arena. */
static enum rc
list_paid(struct rpc_call *c, struct paid **out, size_t *cnt,
    const struct hash *hash, const struct header *h, struct err *e)
{
	struct u256 base = base_fee_of(h);
	size_t cap = (size_t)(h->gas_used / EXEC_GAS_TX) + 1;
	struct bytes items;
	struct receipt r;
	bool found;

	*cnt = 0;
	TRY(rpc_receipts_get(c, &items, &found, hash, e));
	*out = arena_array(c->a, cap, sizeof(**out));
	if (*out == NULL)
		return FAIL(e, RC_NO_MEMORY, "tips of a block");
	while (items.len > 0 && *cnt < cap) {
		struct paid *p = &(*out)[*cnt];

		TRY(receipts_next(NULL, &r, &items, e));
		p->gas_used = r.gas_used;
		if (u256_sub(&p->tip, &r.effective_price, &base))
			p->tip = U256_ZERO;
		(*cnt)++;
	}
	if (*cnt > 1)
		qsort(*out, *cnt, sizeof(**out), by_tip);
	return RC_OK;
}

static bool
is_full(const struct header *h)
{
	return h->gas_used >= h->gas_limit / 100 * FULL_PERCENT;
}

/* sample adds what one block says about tips. */
static enum rc
sample(struct rpc_call *c, struct paid *v, size_t *cnt, const struct hash *hash,
    const struct header *h, struct err *e)
{
	struct arena_mark mark = arena_save(c->a);
	struct paid *tips;
	size_t i, tip_cnt;

	if (!is_full(h)) {
		v[(*cnt)++].tip = c->node->price_floor;
		return RC_OK;
	}
	TRY(list_paid(c, &tips, &tip_cnt, hash, h, e));
	for (i = 0; i < tip_cnt && i < TIP_SAMPLES; i++)
		v[(*cnt)++] = tips[i];
	arena_rewind(c->a, mark);
	return RC_OK;
}

/* suggest_tip walks back from the head. */
static enum rc
suggest_tip(struct rpc_call *c, struct u256 *out, const struct store_head *head,
    struct err *e)
{
	struct paid v[TIP_BLOCKS * TIP_SAMPLES];
	struct hash at = head->hash;
	const struct store_view *view;
	struct header h;
	size_t i, cnt = 0;

	TRY(rpc_doc_view(c->doc, &view, e));
	for (i = 0; i < TIP_BLOCKS; i++) {
		TRY(store_header(view, &h, &at, e));
		TRY(sample(c, v, &cnt, &at, &h, e));
		if (h.number == 0)
			break;
		at = h.parent;
	}
	*out = c->node->price_floor;
	if (cnt == 0)
		return RC_OK;
	qsort(v, cnt, sizeof(v[0]), by_tip);
	i = (cnt - 1) * TIP_PERCENTILE / 100;
	if (u256_lt(out, &v[i].tip))
		*out = v[i].tip;
	return RC_OK;
}

static enum rc
head_of(struct rpc_call *c, struct store_head *out, struct err *e)
{
	const struct store_view *v;

	TRY(rpc_doc_view(c->doc, &v, e));
	store_view_head(v, out);
	if (out->header == NULL)
		return FAIL(e, RC_UNAVAILABLE, "no block yet");
	return RC_OK;
}

enum rc
rpc_fee_suggest(struct rpc_call *c, struct u256 *tip, struct u256 *base,
    bool *has_base, struct err *e)
{
	const struct fork_plan *forks = &c->node->genesis->forks;
	struct store_head head;

	TRY(head_of(c, &head, e));
	TRY(suggest_tip(c, tip, &head, e));
	*base = next_base_fee(c->node, head.header);
	*has_base = fork_is_active(
	    forks, FORK_LONDON, head.number + 1, head.header->time);
	return RC_OK;
}

enum rc
rpc_do_gas_price(struct rpc_call *c, struct err *e)
{
	struct store_head head;
	struct u256 tip, base;

	TRY(head_of(c, &head, e));
	TRY(suggest_tip(c, &tip, &head, e));
	base = next_base_fee(c->node, head.header);
	(void)u256_add(&tip, &tip, &base);
	jsonw_q256(c->w, &tip);
	return RC_OK;
}

enum rc
rpc_do_max_priority_fee(struct rpc_call *c, struct err *e)
{
	struct store_head head;
	struct u256 tip;

	TRY(head_of(c, &head, e));
	TRY(suggest_tip(c, &tip, &head, e));
	jsonw_q256(c->w, &tip);
	return RC_OK;
}

enum rc
rpc_do_base_fee(struct rpc_call *c, struct err *e)
{
	struct store_head head;
	struct u256 base;

	TRY(head_of(c, &head, e));
	base = next_base_fee(c->node, head.header);
	jsonw_q256(c->w, &base);
	return RC_OK;
}

/* What the head asked; 0x0 on a chain without blobs. */
enum rc
rpc_do_blob_base_fee(struct rpc_call *c, struct err *e)
{
	struct store_head head;
	struct u256 fee;

	TRY(head_of(c, &head, e));
	blobfee_of(&fee, &c->node->genesis->forks, head.header);
	jsonw_q256(c->w, &fee);
	return RC_OK;
}

/* struct history is one eth_feeHistory under way. */
struct history {
	double percentiles[PERCENTILE_MAX];
	size_t percentile_cnt;
	uint64_t first, cnt;
	struct hash *hashes; /* of the blocks, ascending */
	struct header *headers;
};

static enum rc
read_percentile(double *out, const struct rpc_json *v, struct err *e)
{
	char text[64];
	size_t len = v->raw.len < sizeof(text) ? v->raw.len : sizeof(text) - 1;

	if (v->kind != RPC_JSON_NUMBER)
		return FAIL(e, RC_BAD_INPUT,
		    "invalid argument 2: not an array of numbers");
	memcpy(text, v->raw.ptr, len);
	text[len] = '\0';
	*out = strtod(text, NULL);
	if (!isfinite(*out))
		return FAIL(e, RC_BAD_INPUT,
		    "invalid argument 2: %s is no float64", text);
	return RC_OK;
}

/* read_percentiles reads the argument; what is no array of numbers is a
 * wrong parameter. */
static enum rc
read_percentiles(struct history *h, const struct rpc_call *c, struct err *e)
{
	const struct rpc_json *v;

	if (!rpc_arg_has(c, 2))
		return RC_OK;
	if (c->arg[2]->kind != RPC_JSON_ARRAY)
		return FAIL(
		    e, RC_BAD_INPUT, "invalid argument 2: not an array");
	for (v = c->arg[2]->first; v != NULL; v = v->next) {
		double p;

		TRY(read_percentile(&p, v, e));
		if (h->percentile_cnt < PERCENTILE_MAX)
			h->percentiles[h->percentile_cnt] = p;
		h->percentile_cnt++;
	}
	return RC_OK;
}

/* check_percentiles refuses as go-ethereum does, in its order: numbers that
 * are none of percentiles are -32000 there, no wrong parameter. */
static enum rc
check_percentiles(const struct history *h, struct err *e)
{
	const double *p = h->percentiles;
	size_t i;

	if (h->percentile_cnt > PERCENTILE_MAX)
		return FAIL(e, RC_UNSUPPORTED,
		    "invalid reward percentile: over the query limit %d",
		    (int)PERCENTILE_MAX);
	for (i = 0; i < h->percentile_cnt; i++) {
		if (p[i] < 0 || p[i] > 100)
			return FAIL(e, RC_UNSUPPORTED,
			    "invalid reward percentile: %f", p[i]);
		if (i > 0 && p[i] <= p[i - 1])
			return FAIL(e, RC_UNSUPPORTED,
			    "invalid reward percentile: #%zu:%f >= #%zu:%f",
			    i - 1, p[i - 1], i, p[i]);
	}
	return RC_OK;
}

/* read_range reads how many blocks up to which one. */
static enum rc
read_range(struct rpc_call *c, struct history *h, struct err *e)
{
	uint64_t most =
	    h->percentile_cnt > 0 ? HISTORY_REWARD_MAX : HISTORY_MAX;
	struct rpc_block newest;
	struct store_head head;
	struct rpc_at at;
	bool found;

	TRY(rpc_arg_tag(&at, c, 1, e));
	TRY(head_of(c, &head, e));
	TRY(rpc_find_block(c, &newest, &found, &at, e));
	if (!found)
		return FAIL(e, RC_NOT_FOUND,
		    "request beyond head block: requested %llu, head %llu",
		    (unsigned long long)newest.number,
		    (unsigned long long)head.number);
	if (h->cnt > most)
		h->cnt = most;
	if (h->cnt > newest.number + 1)
		h->cnt = newest.number + 1;
	h->first = newest.number + 1 - h->cnt;
	return RC_OK;
}

static enum rc
load_headers(struct rpc_call *c, struct history *h, struct err *e)
{
	const struct store_view *v;
	uint64_t i;

	h->hashes = arena_array(c->a, h->cnt, sizeof(*h->hashes));
	h->headers = arena_array(c->a, h->cnt, sizeof(*h->headers));
	if (h->cnt > 0 && (h->hashes == NULL || h->headers == NULL))
		return FAIL(e, RC_NO_MEMORY, "a history");
	TRY(rpc_doc_view(c->doc, &v, e));
	for (i = 0; i < h->cnt; i++) {
		TRY(store_hash_of(v, &h->hashes[i], h->first + i, e));
		TRY(store_header(v, &h->headers[i], &h->hashes[i], e));
	}
	return RC_OK;
}

/* write_rewards writes one block's tips at the percentiles, by gas used. */
static enum rc
write_rewards(
    struct rpc_call *c, const struct history *h, uint64_t at, struct err *e)
{
	struct arena_mark mark = arena_save(c->a);
	const struct header *head = &h->headers[at];
	struct paid *v;
	size_t i, k = 0, cnt;
	uint64_t sum;

	TRY(list_paid(c, &v, &cnt, &h->hashes[at], head, e));
	sum = cnt > 0 ? v[0].gas_used : 0;
	jsonw_arr(c->w);
	for (i = 0; i < h->percentile_cnt; i++) {
		/* A whole number, as go-ethereum cuts it. */
		uint64_t want = (uint64_t)((double)head->gas_used *
					   h->percentiles[i] / 100);

		while (k + 1 < cnt && sum < want)
			sum += v[++k].gas_used;
		jsonw_q256(c->w, cnt > 0 ? &v[k].tip : &U256_ZERO);
	}
	jsonw_arr_end(c->w);
	arena_rewind(c->a, mark);
	return RC_OK;
}

/* is_same tells whether a text reads back as the number. */
static bool
is_same(const char *text, double v)
{
	double back = strtod(text, NULL);

	return back >= v && back <= v;
}

/*
 * write_ratio writes the fewest digits that read back as the same number, as
 * Go's encoder does: plain down to a millionth, with an exponent below.
 */
static void
write_ratio(struct jsonw *w, uint64_t part, uint64_t whole)
{
	double ratio = whole == 0 ? 0 : (double)part / (double)whole;
	char digits[40], text[64];
	int n, places = 0;
	long exponent;

	(void)snprintf(digits, sizeof(digits), "%.*e", places, ratio);
	while (!is_same(digits, ratio) && places < RATIO_PLACES_MAX)
		(void)snprintf(digits, sizeof(digits), "%.*e", ++places, ratio);
	exponent = strtol(strchr(digits, 'e') + 1, NULL, 10);
	if (exponent < RATIO_PLAIN_MIN)
		n = snprintf(text, sizeof(text), "%.*se%ld",
		    (int)strcspn(digits, "e"), digits, exponent);
	else
		n = snprintf(text, sizeof(text), "%.*f",
		    places > exponent ? places - (int)exponent : 0, ratio);
	jsonw_raw(w, bytes_of(text, (size_t)n));
}

static void
write_base_fees(struct rpc_call *c, const struct history *h)
{
	struct u256 fee;
	uint64_t i;

	jsonw_key(c->w, "baseFeePerGas");
	jsonw_arr(c->w);
	for (i = 0; i < h->cnt; i++) {
		fee = base_fee_of(&h->headers[i]);
		jsonw_q256(c->w, &fee);
	}
	if (h->cnt > 0) {
		fee = next_base_fee(c->node, &h->headers[h->cnt - 1]);
		jsonw_q256(c->w, &fee);
	}
	jsonw_arr_end(c->w);
}

/* next_blob_fee is what the child of h will ask for blobs; zero before
 * Cancun. */
static struct u256
next_blob_fee(const struct rpc_node *n, const struct header *h)
{
	const struct fork_plan *forks = &n->genesis->forks;
	struct header next = {.number = h->number + 1,
	    .time = h->time + 1,
	    .field_cnt = HEADER_FIELDS_CANCUN};
	struct u256 out = U256_ZERO;

	if (fork_blob_at(forks, next.number, next.time) == NULL)
		return out;
	next.excess_blob_gas =
	    blobfee_next_excess(forks, h, next.number, next.time);
	blobfee_of(&out, forks, &next);
	return out;
}

static void
write_blob_fees(struct rpc_call *c, const struct history *h)
{
	struct u256 fee;
	uint64_t i;

	jsonw_key(c->w, "baseFeePerBlobGas");
	jsonw_arr(c->w);
	for (i = 0; i < h->cnt; i++) {
		blobfee_of(&fee, &c->node->genesis->forks, &h->headers[i]);
		jsonw_q256(c->w, &fee);
	}
	fee = next_blob_fee(c->node, &h->headers[h->cnt - 1]);
	jsonw_q256(c->w, &fee);
	jsonw_arr_end(c->w);
}

static void
write_ratios(struct rpc_call *c, const struct history *h)
{
	uint64_t i;

	jsonw_key(c->w, "gasUsedRatio");
	jsonw_arr(c->w);
	for (i = 0; i < h->cnt; i++)
		write_ratio(
		    c->w, h->headers[i].gas_used, h->headers[i].gas_limit);
	jsonw_arr_end(c->w);
}

static void
write_blob_ratios(struct rpc_call *c, const struct history *h)
{
	const struct fork_plan *forks = &c->node->genesis->forks;
	uint64_t i;

	jsonw_key(c->w, "blobGasUsedRatio");
	jsonw_arr(c->w);
	for (i = 0; i < h->cnt; i++) {
		const struct header *at = &h->headers[i];
		const struct fork_blob *b =
		    fork_blob_at(forks, at->number, at->time);

		write_ratio(c->w, at->blob_gas_used,
		    b == NULL ? 0 : b->max * TX_BLOB_GAS);
	}
	jsonw_arr_end(c->w);
}

/* has_blobs: the genesis document plans them. Others' histories are spared
 * two rows of zeroes. */
static bool
has_blobs(const struct rpc_call *c)
{
	const struct fork_plan *forks = &c->node->genesis->forks;

	return fork_blob_at(forks, UINT64_MAX, UINT64_MAX) != NULL;
}

/* write_nothing answers for a history of no blocks, as go-ethereum does. */
static void
write_nothing(struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_key(w, "oldestBlock");
	jsonw_q64(w, 0);
	jsonw_key(w, "gasUsedRatio");
	jsonw_null(w);
	jsonw_obj_end(w);
}

enum rc
rpc_do_fee_history(struct rpc_call *c, struct err *e)
{
	struct history h = {.cnt = 0};
	uint64_t i;

	TRY(rpc_arg_count(&h.cnt, c, 0, e));
	TRY(read_percentiles(&h, c, e));
	if (h.cnt == 0) {
		write_nothing(c->w);
		return RC_OK;
	}
	TRY(check_percentiles(&h, e));
	TRY(read_range(c, &h, e));
	TRY(load_headers(c, &h, e));
	jsonw_obj(c->w);
	jsonw_key(c->w, "oldestBlock");
	jsonw_q64(c->w, h.first);
	write_base_fees(c, &h);
	write_ratios(c, &h);
	if (has_blobs(c)) {
		write_blob_fees(c, &h);
		write_blob_ratios(c, &h);
	}
	if (h.percentile_cnt > 0) {
		jsonw_key(c->w, "reward");
		jsonw_arr(c->w);
		for (i = 0; i < h.cnt; i++)
			TRY(write_rewards(c, &h, i, e));
		jsonw_arr_end(c->w);
	}
	jsonw_obj_end(c->w);
	return RC_OK;
}
