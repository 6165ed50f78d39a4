/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_config: which rules hold now, which come next and which last, so that
 * operators see before a fork whether all nodes know the same of it. Times
 * name the rules, so only forks by time can be told in advance; one by block
 * counts in the fork id and once it is there.
 *
 * Spec  EIP-7910, EIP-6122
 */
#include "eth/forkid.h"
#include "exec/exec.h"
#include "rpc/rpc_priv.h"

/* Behind every fork by block. */
#define LAST_BLOCK (FORK_NEVER - 1)

/* struct point is where rules hold. */
struct point {
	uint64_t number, time;
};

/* struct chain_rules is a chain's plan, and what its fork ids begin with. */
struct chain_rules {
	const struct fork_plan *plan;
	struct hash genesis;
	uint64_t genesis_time;
};

/* activation tells since when the rules hold; 0: from the genesis on, or from
 * a block. */
static uint64_t
activation(const struct chain_rules *r, const struct point *at)
{
	uint64_t last = 0;
	unsigned f;

	for (f = 0; f < FORK_CNT; f++) {
		if (fork_is_time((enum fork)f) && r->plan->at[f] > last &&
		    fork_is_active(r->plan, (enum fork)f, at->number, at->time))
			last = r->plan->at[f];
	}
	return last > r->genesis_time ? last : 0;
}

static void
write_blobs(struct jsonw *w, const struct fork_blob *b)
{
	jsonw_key(w, "blobSchedule");
	if (b == NULL) {
		jsonw_null(w);
		return;
	}
	jsonw_obj(w);
	jsonw_key(w, "baseFeeUpdateFraction");
	jsonw_u64(w, b->fraction);
	jsonw_key(w, "max");
	jsonw_u64(w, b->max);
	jsonw_key(w, "target");
	jsonw_u64(w, b->target);
	jsonw_obj_end(w);
}

static void
write_fork_id(
    struct jsonw *w, const struct chain_rules *r, const struct point *at)
{
	struct fork_id id = fork_id_at(
	    r->plan, &r->genesis, r->genesis_time, at->number, at->time);

	jsonw_key(w, "forkId");
	jsonw_data(w, bytes_of(id.hash, sizeof(id.hash)));
}

static void
write_precompiles(struct jsonw *w, enum fork f)
{
	const char *name;
	struct addr addr;
	size_t i;

	jsonw_key(w, "precompiles");
	jsonw_obj(w);
	for (i = 0; (name = evm_precompile_name(&addr, i, f)) != NULL; i++) {
		jsonw_key(w, name);
		jsonw_data(w, addr_bytes(&addr));
	}
	jsonw_obj_end(w);
}

static void
write_systems(struct jsonw *w, const struct fork_plan *p, enum fork f)
{
	struct exec_system v[EXEC_SYSTEM_MAX];
	size_t i, cnt = exec_systems(v, p, f);

	jsonw_key(w, "systemContracts");
	jsonw_obj(w);
	for (i = 0; i < cnt; i++) {
		jsonw_key(w, v[i].name);
		jsonw_data(w, addr_bytes(&v[i].addr));
	}
	jsonw_obj_end(w);
}

static void
write_rules(
    struct jsonw *w, const struct chain_rules *r, const struct point *at)
{
	const struct fork_plan *p = r->plan;

	jsonw_obj(w);
	jsonw_key(w, "activationTime");
	jsonw_u64(w, activation(r, at));
	write_blobs(w, fork_blob_at(p, at->number, at->time));
	jsonw_key(w, "chainId");
	jsonw_q64(w, p->chain_id);
	write_fork_id(w, r, at);
	write_precompiles(w, fork_evm_at(p, at->number, at->time));
	write_systems(w, p, fork_at(p, at->number, at->time));
	jsonw_obj_end(w);
}

/* find_next finds the first and the last time above now at which rules
 * change; false when there is none. */
static bool
find_next(
    const struct fork_plan *p, uint64_t now, uint64_t *first, uint64_t *last)
{
	unsigned f;

	*first = FORK_NEVER;
	*last = now;
	for (f = 0; f < FORK_CNT && p->at[FORK_LONDON] != FORK_NEVER; f++) {
		uint64_t at = p->at[f];

		if (!fork_is_time((enum fork)f) || at == FORK_NEVER ||
		    at <= now)
			continue;
		*first = at < *first ? at : *first;
		*last = at > *last ? at : *last;
	}
	return *last > now;
}

static void
write_coming(struct jsonw *w, const char *name, const struct chain_rules *r,
    bool is_any, uint64_t time)
{
	const struct point at = {LAST_BLOCK, time};

	jsonw_key(w, name);
	if (is_any)
		write_rules(w, r, &at);
	else
		jsonw_null(w);
}

enum rc
rpc_do_fork_config(struct rpc_call *c, struct err *e)
{
	const struct genesis *g = c->node->genesis;
	struct chain_rules r = {
	    .plan = &g->forks, .genesis_time = g->header.time};
	const struct rpc_at latest = {.kind = RPC_AT_LATEST};
	const struct store_view *v;
	struct header head;
	struct rpc_block b;
	uint64_t first, last;
	bool is_any;

	TRY(rpc_need_block(c, &b, &latest, e));
	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_header(v, &head, &b.hash, e));
	TRY(store_hash_of(v, &r.genesis, 0, e));
	is_any = find_next(r.plan, head.time, &first, &last);
	jsonw_obj(c->w);
	jsonw_key(c->w, "current");
	write_rules(c->w, &r, &(struct point){head.number, head.time});
	write_coming(c->w, "next", &r, is_any, first);
	write_coming(c->w, "last", &r, is_any, last);
	jsonw_obj_end(c->w);
	return RC_OK;
}
