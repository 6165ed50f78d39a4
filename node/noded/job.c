/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a job goes next. The order is fixed (reader, keeper, pool, core,
 * notifier, io), so a job never comes back to a thread.
 */
#include "noded/job.h"

#include "noded/core.h"
#include "noded/pooler.h"

struct job *
job_new(const struct routes *r, enum rpc_source source, uint32_t session,
    uint32_t generation, struct bytes text)
{
	struct job *j = mem_new(sizeof(*j));
	struct bytes copy;

	if (j == NULL)
		return NULL;
	j->mail.kind = MAIL_JOB;
	arena_init(&j->mail.arena, text.len + 4096);
	copy = arena_copy(&j->mail.arena, text);
	if (copy.ptr == NULL) {
		mem_free(j);
		return NULL;
	}
	j->routes = r;
	j->source = source;
	j->session = session;
	j->generation = generation;
	j->answer = copy; /* the question, until there is an answer */
	return j;
}

void
job_free(struct job *j)
{
	if (j->doc != NULL)
		rpc_free(j->doc);
	arena_drop(&j->mail.arena);
	mem_free(j);
}

struct queue *
job_next(const struct job *j)
{
	if (j->is_heavy && !j->is_begun)
		return j->routes->heavy[j->no % j->routes->heavy_cnt];
	if (j->doc == NULL)
		return j->routes->io; /* which closes the session */
	if (j->routes->keys != NULL && rpc_needs_keys(j->doc))
		return j->routes->keys;
	if (!j->is_pool_done && rpc_needs_pool(j->doc))
		return j->routes->pool;
	if (!j->is_core_done && rpc_needs_core(j->doc))
		return j->routes->core;
	if (j->routes->subs != NULL && rpc_needs_subs(j->doc))
		return j->routes->subs;
	return j->routes->io;
}

void
job_send_on(struct job *j)
{
	mail_send(job_next(j), &j->mail);
}

void
job_finish(struct job *j)
{
	if (j->doc != NULL && !j->is_finished)
		j->answer = rpc_finish(j->doc);
	j->is_finished = true;
}

static void
open_doc(struct job *j)
{
	if (j->doc == NULL)
		j->doc = rpc_open(j->routes->node, j->source, j->answer);
}

bool
job_is_short(struct job *j)
{
	open_doc(j);
	return j->doc != NULL && rpc_is_short(j->doc);
}

void
job_begin(struct job *j, struct evm *vm)
{
	bool is_done;

	open_doc(j);
	is_done = j->doc != NULL && rpc_run(j->doc, vm, &j->is_unwanted);
	j->is_heavy = is_done && rpc_is_cut(j->doc);
	if (!is_done || j->is_heavy) {
		rpc_free(j->doc);
		j->doc = NULL;
	}
	if (j->is_heavy)
		return;
	j->is_begun = true;
	/* An operator's question may hold a password. */
	if (j->source == RPC_LOCAL)
		explicit_bzero((void *)(uintptr_t)j->answer.ptr, j->answer.len);
	if (j->doc == NULL)
		j->answer = bytes_of(NULL, 0);
	/* Most documents end here; others are finished by io, which unlike
	 * pool and core has no view of its own open. */
	if (job_next(j) == j->routes->io)
		job_finish(j);
}

void
job_begin_light(struct job *j, struct evm *vm)
{
	enum rpc_weight weight = RPC_LIGHT;

	open_doc(j);
	if (j->doc != NULL && j->routes->heavy_cnt > 0)
		weight = rpc_weigh(j->doc);
	j->is_heavy = weight == RPC_HEAVY;
	if (j->is_heavy)
		return;
	if (weight == RPC_UNSURE)
		rpc_limit(j->doc, JOB_TRY_LOOKS);
	job_begin(j, vm);
}

bool
job_run_pool(struct job *j, struct pooler *p, uint64_t now_ms, enum rc *rc,
    struct err *e)
{
	bool needs_sync = false;

	*rc = rpc_run_pool(j->doc, p->pool, now_ms, &needs_sync, e);
	j->is_pool_done = true;
	if (*rc == RC_OK && !needs_sync)
		job_send_on(j);
	return *rc == RC_OK && needs_sync;
}

void
job_run_keys(struct job *j, const struct rpc_keys *keys)
{
	rpc_run_keys(j->doc, keys);
	job_send_on(j);
}

void
job_run_subs(struct job *j, struct rpc_subs *subs)
{
	struct rpc_client client = {j->session, j->generation};

	rpc_run_subs(j->doc, subs, &client);
	j->is_subs_done = true;
}

static enum rc
import(void *ctx, struct rpc_imported *out, struct bytes raw, struct err *e)
{
	return core_import(ctx, out, raw, e);
}

enum rc
job_run_core(struct job *j, struct core *c, uint64_t now_ms, bool *has_vote,
    struct err *e)
{
	const struct rpc_core core = {
	    .engine = c->engine,
	    .head = chain_head(c->chain),
	    .import = import,
	    .ctx = c,
	};
	enum rc rc = rpc_run_core(j->doc, &core, now_ms, has_vote, e);

	j->is_core_done = true;
	job_send_on(j);
	return rc;
}
