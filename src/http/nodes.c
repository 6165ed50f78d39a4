/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of the node pool, and what an answer gives away about the chain.
 */
#include "http/nodes.h"

#include "base/check.h"
#include "base/hex.h"
#include "http/jsonscan.h"

void
gw_nodes_init(struct gw_nodes *n, size_t cnt)
{
	*n = (struct gw_nodes){.cnt = cnt};
}

const char *
gw_node_word(enum gw_node_state s)
{
	static const char *const words[GW_NODE_STATE_CNT] = {
#define STATE(name, word) [GW_NODE_##name] = (word),
#include "http/nodes.def"
#undef STATE
	};

	return words[s];
}

size_t
gw_node_find(const struct gw_conf *c, struct bytes name)
{
	size_t i;

	for (i = 0; i < c->node_cnt; i++)
		if (bytes_eq(name, bytes_of_str(c->nodes[i].name)))
			break;
	return i;
}

enum gw_node_state
gw_node_state(const struct gw_nodes *n, const struct gw_node_view *v,
    const struct gw_conf *c, uint64_t unix_s)
{
	if (!v->is_up)
		return GW_NODE_GONE;
	if (v->head < n->shown)
		return GW_NODE_BEHIND;
	if (v->is_forked && !c->node_forked)
		return GW_NODE_FORKED;
	/* A clock that runs ahead of ours makes nothing old. */
	if (c->node_stale_ms != 0 && unix_s > v->head_unix &&
	    unix_s - v->head_unix > c->node_stale_ms / 1000)
		return GW_NODE_STALE;
	return GW_NODE_UP;
}

/* --- choosing --- */

/* place returns the i-th node in order: the first, then the others. */
static unsigned
place(const struct gw_nodes *n, unsigned i)
{
	if (i == 0)
		return n->first;
	return i <= n->first ? i - 1 : i;
}

/* struct pool is what a decision is made from. */
struct pool {
	const struct gw_nodes *n;
	const struct gw_node_view *views;
	const struct gw_conf *conf;
	enum gw_node_state states[GW_NODE_MAX];
};

/* is_sure: it was asked whether it has the block that clients were shown, or
 * that does not matter. The answer takes a moment after each new block. */
static bool
is_sure(const struct pool *p, unsigned i)
{
	return !p->views[i].is_unchecked || p->conf->node_forked;
}

/* find returns the first node in order that is in that state, or cnt. */
static unsigned
find(const struct pool *p, enum gw_node_state wanted)
{
	unsigned i;

	for (i = 0; i < p->n->cnt; i++) {
		unsigned at = place(p->n, i);

		if (p->states[at] == wanted && is_sure(p, at))
			return at;
	}
	return (unsigned)p->n->cnt;
}

/* replace finds the best node for one that is no longer fit: one that is
 * up; for one that is gone also one whose head does not move. */
static unsigned
replace(const struct pool *p)
{
	const struct gw_nodes *n = p->n;
	unsigned best = find(p, GW_NODE_UP);

	if (best < n->cnt || p->states[n->used] != GW_NODE_GONE)
		return best;
	best = find(p, GW_NODE_STALE);
	if (best == n->cnt && p->conf->node_behind)
		best = find(p, GW_NODE_BEHIND);
	return best;
}

static bool
change(struct gw_nodes *n, unsigned to)
{
	if (to >= n->cnt || to == n->used)
		return false;
	n->used = to;
	n->unfit_ms = 0;
	return true;
}

/* since notes when something began to be so. */
static void
since(uint64_t *ms, bool is_so, uint64_t now_ms)
{
	if (!is_so)
		*ms = 0;
	else if (*ms == 0)
		*ms = now_ms;
}

bool
gw_nodes_judge(struct gw_nodes *n, const struct gw_node_view *views,
    const struct gw_conf *c, const struct gw_nodes_now *now)
{
	struct pool p = {.n = n, .views = views, .conf = c};
	enum gw_node_state *states = p.states;
	bool is_unfit;
	unsigned i;

	CHECK(n->cnt > 0 && n->cnt <= GW_NODE_MAX);
	for (i = 0; i < n->cnt; i++) {
		states[i] = gw_node_state(n, &views[i], c, now->unix_s);
		since(&n->fit_ms[i], states[i] == GW_NODE_UP, now->mono_ms);
	}
	/* What the used node shows is what clients see, even when a block
	 * that they saw is not in it any more. */
	is_unfit =
	    states[n->used] == GW_NODE_GONE || states[n->used] == GW_NODE_STALE;
	since(&n->unfit_ms, is_unfit, now->mono_ms);
	if (is_unfit && now->mono_ms - n->unfit_ms >= GW_NODES_GRACE_MS)
		return change(n, replace(&p));
	if (!is_unfit && n->used != n->first && c->node_back_ms != 0 &&
	    is_sure(&p, n->first) && n->fit_ms[n->first] != 0 &&
	    now->mono_ms - n->fit_ms[n->first] >= c->node_back_ms)
		return change(n, n->first);
	return false;
}

bool
gw_nodes_use(
    struct gw_nodes *n, const struct gw_node_view *views, unsigned node)
{
	CHECK(node < n->cnt);
	n->first = node;
	if (!views[node].is_up || !change(n, node))
		return false;
	n->shown = views[node].head;
	return true;
}

/* --- answers --- */

bool
gw_node_quantity(uint64_t *out, struct bytes json)
{
	return json.len > 2 && json.ptr[0] == '"' &&
	       hex_quantity_u64(
		   out, bytes_of(json.ptr + 1, json.len - 2), NULL) == RC_OK;
}

bool
gw_node_member(uint64_t *out, struct bytes object, const char *name)
{
	struct bytes value;

	return gw_json_find(&value, object, name) &&
	       gw_node_quantity(out, value);
}

bool
gw_node_block_hash(struct hash *out, struct bytes block)
{
	struct bytes value;

	return gw_json_find(&value, block, "hash") && value.len > 2 &&
	       value.ptr[0] == '"' &&
	       hex_read_fixed(out->b, sizeof(out->b),
		   bytes_of(value.ptr + 1, value.len - 2), false,
		   NULL) == RC_OK;
}

static bool
begins_with(struct bytes b, const char *text)
{
	size_t len = strlen(text);

	return b.len >= len && memcmp(b.ptr, text, len) == 0;
}

bool
gw_node_is_read(struct bytes method)
{
	static const char *const reads[] = {
	    "eth_", "net_", "web3_", "txpool_", "debug_", "ots_", "trace_"};
	size_t i;

	for (i = 0; i < ARRAY_CNT(reads); i++)
		if (begins_with(method, reads[i]))
			return !begins_with(method, "eth_send");
	return false;
}

uint64_t
gw_node_shown(struct bytes method, struct bytes result)
{
	static const struct {
		const char *method, *member; /* NULL: the result itself */
	} rows[] = {
	    {"eth_blockNumber", NULL},
	    {"eth_getBlockByNumber", "number"},
	    {"eth_getBlockByHash", "number"},
	    {"eth_getTransactionReceipt", "blockNumber"},
	    {"eth_getTransactionByHash", "blockNumber"},
	};
	uint64_t no;
	bool ok;
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		if (!bytes_eq(method, bytes_of_str(rows[i].method)))
			continue;
		ok = rows[i].member == NULL
			 ? gw_node_quantity(&no, result)
			 : gw_node_member(&no, result, rows[i].member);
		return ok ? no : 0;
	}
	return 0;
}
