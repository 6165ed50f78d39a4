/* SPDX-License-Identifier: Apache-2.0
 *
 * The core loop. Tour: main.c starts it; an engine effect EF_BUILD asks the
 * pool thread for candidates (MAIL_PICK), the answer is executed and sealed
 * here, chain_commit makes it durable, and MAIL_HEAD tells the pool. What
 * holds: a block is visible to nobody before its record is synced, and after
 * a failed write nothing more happens.
 */
#include "noded/core.h"

#include <malloc.h>
#include <stdatomic.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "consensus/clique.h"
#include "eth/block.h"
#include "noded/job.h"
#include "noded/mail.h"

/* Tables are brought up to date when nothing happened for this long, or at
 * once when the store says so and the next timer leaves room. */
enum { CORE_IDLE_FLUSH_MS = 1000, CORE_FLUSH_ROOM_MS = 200 };
/* A template and the effects of one event. */
enum { CORE_ARENA_MAX = 4 * 1024 * 1024, CORE_TMPL_MAX = 64 * 1024 * 1024 };

static uint64_t
now_ms(const struct core *c)
{
	return c->clock->wall_ms(c->clock->ctx);
}

/* Events wait in line until the effects of the one before are applied. What
 * their header points to is the chain's head or c->built. */
static void
post(struct core *c, const struct engine_event *ev)
{
	CHECK(c->event_cnt < CORE_EVENT_MAX);
	c->events[c->event_cnt++] = *ev;
}

static void
note_head(const struct core *c, const struct chain_change *ch)
{
	const struct store_head *head = chain_head(c->chain);
	size_t i;

	metric_set(METRIC_CHAIN_HEAD, head->number);
	metric_set(METRIC_CHAIN_HEAD_TIME, head->header->time);
	metric_add(METRIC_CHAIN_BLOCKS, ch->added_cnt);
	for (i = 0; i < ch->added_cnt; i++) {
		const struct store_block *b = ch->added[i];

		metric_add(METRIC_CHAIN_TXS, b->tx_cnt);
		log_info("core",
		    "block=%llu txs=%zu gas=%llu hash=%02x%02x%02x%02x",
		    (unsigned long long)b->header.number, b->tx_cnt,
		    (unsigned long long)b->header.gas_used, b->hash.b[0],
		    b->hash.b[1], b->hash.b[2], b->hash.b[3]);
	}
}

struct pool_gas
core_gas(struct core *c)
{
	struct engine_gas gas;

	engine_gas(c->engine, &gas, chain_head(c->chain)->header);
	atomic_store(&c->gas_accept, gas.lasting);
	return (struct pool_gas){.accept = gas.lasting, .block = gas.next};
}

/* Tells the pool thread which senders changed and what the next block asks
 * for. */
static void
tell_pool(struct core *c, const struct chain_change *ch)
{
	struct mail *m = mail_new(MAIL_HEAD);
	struct bytes copy = {NULL, 0};

	if (ch->touched_cnt > 0)
		copy = arena_copy(
		    &m->arena, bytes_of(ch->touched,
				   ch->touched_cnt * sizeof(*ch->touched)));
	m->touched = (const void *)copy.ptr;
	m->touched_cnt = copy.len / sizeof(*m->touched);
	exec_base_fee(
	    &m->base_fee, &c->genesis->forks, chain_head(c->chain)->header);
	m->gas = core_gas(c);
	mail_send(c->pool, m);
}

/* list_undone makes pooled transactions of an undone block's. What no pool
 * takes (another node's may, and more) is left out. */
static enum rc
list_undone(struct mail *m, const struct block *b, const struct addr *senders,
    struct err *e)
{
	struct err why = {0};
	enum rc rc;
	size_t i;

	m->txs = arena_array(&m->arena, b->tx_cnt, sizeof(struct pool_tx *));
	if (m->txs == NULL && b->tx_cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "an undone block");
	for (i = 0; i < b->tx_cnt; i++) {
		rc = pool_tx_decode(&m->txs[m->tx_cnt], b->txs[i].raw, &why);
		if (rc == RC_NO_MEMORY)
			return FAIL(e, rc, "%s", err_message(&why, rc));
		if (rc == RC_OK)
			m->txs[m->tx_cnt++]->sender = senders[i];
		else
			log_warn("core",
			    "block=%llu undone, index=%zu not pooled: %s",
			    (unsigned long long)b->header.number, i,
			    err_message(&why, rc));
	}
	return RC_OK;
}

static enum rc
give_back(struct core *c, const struct hash *hash, const struct addr *senders,
    struct err *e)
{
	struct mail *m = mail_new(MAIL_RETURN);
	struct bytes raw;
	struct block b;
	struct arena a;
	enum rc rc;

	arena_init(&a, CHAIN_BLOCK_BYTES_MAX);
	rc = store_raw(chain_view(c->chain), &raw, hash, e);
	if (rc == RC_OK)
		rc = block_take_frontier(&a, &b, &raw, e);
	if (rc == RC_OK)
		rc = list_undone(m, &b, senders, e);
	arena_drop(&a);
	if (rc == RC_OK)
		mail_send(c->pool, m);
	else
		mail_free(m);
	return rc;
}

/* The pool takes back what undone blocks had, oldest first. Until it has
 * synced that, its log has their records still: a crash loses nothing. */
static enum rc
give_all_back(struct core *c, const struct chain_change *ch, struct err *e)
{
	size_t i;

	for (i = ch->removed_cnt; i-- > 0;)
		TRY(give_back(c, &ch->removed[i], ch->removed_senders[i], e));
	return RC_OK;
}

/* Clique has no finality; below twice the signers' window it has never been
 * seen to go back (reliability 5, invariant 3). A chain without signers grows
 * by `sekisho import` alone, when nobody reads: its head is final. */
static void
note_depth(struct core *c)
{
	struct addr *signers;
	struct arena a;
	size_t cnt;

	arena_init(&a, CORE_ARENA_MAX);
	if (engine_signers(c->engine, &a, &signers, &cnt,
		&chain_head(c->chain)->hash, NULL) == RC_OK)
		atomic_store(
		    &c->final_depth, cnt > 0 ? 2 * clique_limit(cnt) : 0);
	arena_drop(&a);
}

static struct engine_event
head_event(const struct core *c, enum engine_event_kind kind)
{
	const struct store_head *head = chain_head(c->chain);

	return (struct engine_event){.kind = kind,
	    .header = head->header,
	    .hash = head->hash,
	    .has_work = c->has_work};
}

static enum rc
head_moved(struct core *c, const struct chain_change *ch, struct err *e)
{
	struct engine_event ev;

	note_head(c, ch);
	note_depth(c);
	tell_pool(c, ch);
	TRY(give_all_back(c, ch, e));
	c->has_work = false; /* the pool says so again when it has some */
	c->tmpl = NULL;
	c->idle_since_ms = now_ms(c);
	ev = head_event(c, EV_HEAD);
	post(c, &ev);
	return RC_OK;
}

/* EF_BUILD: keep the template and ask the pool what could be in the block. */
static enum rc
start_build(struct core *c, const struct engine_effect *ef, struct err *e)
{
	struct mail *m;

	arena_drop(&c->tmpl_arena);
	c->tmpl = header_copy(&c->tmpl_arena, ef->header);
	if (c->tmpl == NULL)
		return FAIL(e, RC_NO_MEMORY, "block template");
	c->build_until_ms = ef->at_ms;
	m = mail_new(MAIL_PICK);
	m->ticket = ++c->ticket;
	m->gas_max = c->tmpl->gas_limit;
	exec_base_fee(
	    &m->base_fee, &c->genesis->forks, chain_head(c->chain)->header);
	mail_send(c->pool, m);
	return RC_OK;
}

/* The first transaction is tried in any case: on a machine so busy that the
 * time is over before it begins, blocks would stay empty and the pool full. */
static bool
build_is_due(void *ctx)
{
	struct core *c = ctx;
	bool is_first = !c->has_begun;

	c->has_begun = true;
	return !is_first && now_ms(c) >= c->build_until_ms;
}

/* A candidate that can never be mined leaves the pool; one that merely does
 * not fit this block stays. */
static void
refuse_tx(void *ctx, const struct tx *tx, enum rc rc, const char *why)
{
	struct core *c = ctx;

	if (rc == RC_TX_NONCE_HIGH || rc == RC_TX_FUNDS || rc == RC_TX_FEE_LOW)
		return;
	if (c->drops == NULL)
		c->drops = mail_new(MAIL_DROP);
	/* Those that find no room are refused again in the next block. */
	(void)mail_add_drop(c->drops, &tx->hash, why);
}

static void
send_drops(struct core *c)
{
	if (c->drops != NULL)
		mail_send(c->pool, c->drops);
	c->drops = NULL;
}

static void
refused(struct core *c, const char *what, enum rc rc, const struct err *why)
{
	struct engine_event ev = {.kind = EV_REFUSED, .rc = rc};

	log_warn("core", "%s: %s", what, err_message(why, rc));
	c->tmpl = NULL;
	post(c, &ev);
}

/* build_time is for execution, and counts from here: how long the pool took
 * to list is not its fault. When the engine wants the block stays. */
static void
set_deadline(struct core *c)
{
	uint64_t until = now_ms(c) + c->conf->build_time;

	if (until < c->build_until_ms)
		c->build_until_ms = until;
	c->has_begun = false;
}

static enum rc
build(struct core *c, const struct mail *m, struct err *e)
{
	struct chain_candidate *cand;
	struct engine_event ev = {.kind = EV_BUILT};
	struct err why = {0};
	enum rc rc;
	size_t i;

	if (c->tmpl == NULL || m->ticket != c->ticket)
		return RC_OK; /* the head moved meanwhile */
	cand = arena_array(&c->tmpl_arena, m->tx_cnt, sizeof(*cand));
	if (cand == NULL && m->tx_cnt > 0)
		return FAIL(e, RC_NO_MEMORY, "candidates");
	for (i = 0; i < m->tx_cnt; i++) {
		cand[i].tx = &m->txs[i]->tx;
		cand[i].sender = m->txs[i]->sender;
	}
	set_deadline(c);
	rc = chain_build(c->chain, &c->built, c->tmpl, cand, m->tx_cnt,
	    build_is_due, refuse_tx, c, &why);
	if (rc == RC_OK && m->tx_cnt > 0 && c->drops == NULL &&
	    hash_eq(&c->built.tx_root, &HASH_EMPTY_TRIE))
		c->drops = mail_new(MAIL_DROP);
	send_drops(c);
	if (rc == RC_IO || rc == RC_CORRUPT)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	if (rc != RC_OK) {
		refused(c, "block not built", rc, &why);
		return RC_OK;
	}
	ev.header = &c->built;
	post(c, &ev);
	return RC_OK;
}

static enum rc
sign(struct core *c, const struct engine_effect *ef, struct err *e)
{
	struct engine_event ev = {.kind = EV_SIGNED};
	struct err why = {0};
	enum rc rc;

	CHECK(c->signer != NULL);
	rc = signer_sign(c->signer, ev.sig, &c->conf->sealer.addr,
	    (enum signer_kind)ef->sign_kind, ef->height, ef->round, ef->message,
	    &why);
	if (rc == RC_IO)
		return FAIL(e, rc, "signer: %s", err_message(&why, rc));
	if (rc != RC_OK) {
		refused(c, "not signed", rc, &why);
		return RC_OK;
	}
	post(c, &ev);
	return RC_OK;
}

/* What became of a change of the head: a refusal goes to the engine, a
 * failed disk to our caller. */
static enum rc
changed(struct core *c, const char *what, enum rc rc,
    const struct chain_change *ch, const struct err *why, struct err *e)
{
	if (rc == RC_IO || rc == RC_CORRUPT)
		return FAIL(e, rc, "%s: %s", what, err_message(why, rc));
	if (rc == RC_OK)
		return head_moved(c, ch, e);
	refused(c, what, rc, why);
	return RC_OK;
}

static enum rc
commit(struct core *c, const struct header *sealed, struct err *e)
{
	struct chain_change ch;
	struct err why = {0};
	enum rc rc = chain_commit(c->chain, &ch, sealed, &why);

	return changed(c, "block not committed", rc, &ch, &why, e);
}

static enum rc
adopt(struct core *c, const struct hash *hash, struct err *e)
{
	struct chain_change ch;
	struct err why = {0};
	enum rc rc = chain_adopt(c->chain, &ch, hash, &why);

	return changed(c, "side block not adopted", rc, &ch, &why, e);
}

static enum rc
apply(struct core *c, const struct engine_effect *ef, struct err *e)
{
	switch (ef->kind) {
	case EF_TIMER:
		c->timer_at_ms = ef->at_ms;
		return RC_OK;
	case EF_BUILD:
		return start_build(c, ef, e);
	case EF_SIGN:
		return sign(c, ef, e);
	case EF_SEALED:
		return commit(c, ef->header, e);
	case EF_ADOPT:
		return adopt(c, &ef->parent, e);
	case EF_SEND:
		return RC_OK; /* no peers in this build */
	}
	return FAIL(e, RC_INTERNAL, "engine effect");
}

/* Feeds one event to the engine and applies what it answers. */
static enum rc
step(struct core *c, const struct engine_event *ev, struct err *e)
{
	struct engine_effects out = {.cnt = 0};
	struct arena a;
	enum rc rc;
	size_t i;

	arena_init(&a, CORE_ARENA_MAX);
	rc = engine_step(c->engine, &a, &out, ev, now_ms(c), e);
	for (i = 0; rc == RC_OK && i < out.cnt; i++)
		rc = apply(c, &out.v[i], e);
	arena_drop(&a);
	return rc;
}

/* Feeds all events in line, and those that they cause. */
static enum rc
run_events(struct core *c, struct err *e)
{
	struct engine_event ev;
	enum rc rc = RC_OK;

	while (rc == RC_OK && c->event_cnt > 0) {
		ev = c->events[0];
		memmove(c->events, c->events + 1,
		    --c->event_cnt * sizeof(c->events[0]));
		rc = step(c, &ev, e);
	}
	return rc;
}

static void
on_work(struct core *c)
{
	struct engine_event ev = {.kind = EV_WORK};

	c->has_work = true;
	post(c, &ev);
}

enum rc
core_import(
    struct core *c, struct rpc_imported *out, struct bytes raw, struct err *e)
{
	struct chain_change ch;
	struct err why = {0};
	enum rc rc;

	TRY(chain_import(c->chain, &ch, raw, now_ms(c) / 1000, e));
	*out = (struct rpc_imported){ch.added_cnt, ch.removed_cnt};
	if (ch.added_cnt == 0)
		return RC_OK;
	rc = head_moved(c, &ch, &why);
	if (rc == RC_OK)
		rc = run_events(c, &why);
	/* The block is there; whoever was not told of it would go on as if it
	 * were not. */
	if (rc != RC_OK)
		return FAIL(e, rc == RC_IO ? RC_IO : RC_CORRUPT,
		    "behind an imported block: %s", err_message(&why, rc));
	return RC_OK;
}

static enum rc
on_job(struct core *c, struct job *j, struct err *e)
{
	bool has_vote;

	TRY(job_run_core(j, c, now_ms(c), &has_vote, e));
	if (has_vote)
		on_work(c);
	return RC_OK;
}

static enum rc
on_mail(struct core *c, struct mail *m, struct err *e)
{
	enum rc rc = RC_OK;

	switch (m->kind) {
	case MAIL_JOB:
		return on_job(c, (struct job *)m, e); /* it goes on its way */
	case MAIL_WORK:
		on_work(c);
		break;
	case MAIL_PICKED:
		rc = build(c, m, e);
		break;
	case MAIL_STOP:
		c->is_stopping = true;
		break;
	case MAIL_PICK:
	case MAIL_DROP:
	case MAIL_HEAD:
	case MAIL_RETURN:
	case MAIL_BLOCK:
	case MAIL_READY:
	case MAIL_GONE:
	case MAIL_NOTES:
	case MAIL_CLOSE:
	case MAIL_NONCE:
		rc = FAIL(e, RC_INTERNAL, "core got a message for another");
		break;
	}
	mail_free(m);
	return rc;
}

static void
on_time(struct core *c)
{
	struct engine_event ev = {.kind = EV_TIMER};

	if (now_ms(c) < c->timer_at_ms)
		return;
	c->timer_at_ms = UINT64_MAX;
	post(c, &ev);
}

/* A map that has to grow waits for readers; when one takes too long the
 * layers stay in memory and the next turn tries again. */
static enum rc
flush(struct core *c, bool force, struct err *e)
{
	struct err why = {0};
	enum rc rc = chain_flush(c->chain, force, &why);

	if (rc == RC_OK)
		return RC_OK;
	if (rc != RC_UNAVAILABLE)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	log_warn("core", "tables not brought up to date: %s", why.text);
	c->idle_since_ms = now_ms(c);
	return RC_OK;
}

static enum rc
maybe_flush(struct core *c, struct err *e)
{
	uint64_t now = now_ms(c);
	bool has_room = c->timer_at_ms == UINT64_MAX ||
			now + CORE_FLUSH_ROOM_MS < c->timer_at_ms;

	if (store_flush_due(c->store) && has_room)
		return flush(c, false, e);
	if (now >= c->idle_since_ms + CORE_IDLE_FLUSH_MS && has_room) {
		c->idle_since_ms = UINT64_MAX - CORE_IDLE_FLUSH_MS;
		TRY(flush(c, true, e));
		/* Layers and pooled transactions are gone: so is their memory.
		 */
		(void)malloc_trim(0);
	}
	return RC_OK;
}

/* How long to sleep: until the timer or the idle flush. */
static int
wait_ms(const struct core *c)
{
	uint64_t now = now_ms(c), at = c->timer_at_ms;

	if (c->idle_since_ms + CORE_IDLE_FLUSH_MS < at)
		at = c->idle_since_ms + CORE_IDLE_FLUSH_MS;
	if (at <= now)
		return 0;
	return at - now > 60000 ? 60000 : (int)(at - now);
}

enum rc
core_run(struct core *c, struct err *e)
{
	struct engine_event ev;
	struct mail *m;
	enum rc rc;

	c->timer_at_ms = UINT64_MAX;
	c->idle_since_ms = now_ms(c);
	arena_init(&c->tmpl_arena, CORE_TMPL_MAX);
	note_depth(c);
	ev = head_event(c, EV_START);
	post(c, &ev);
	rc = run_events(c, e);
	while (rc == RC_OK && !c->is_stopping) {
		(void)queue_wait(c->in, wait_ms(c));
		while (rc == RC_OK && (m = queue_pop(c->in)) != NULL) {
			rc = on_mail(c, m, e);
			if (rc == RC_OK)
				rc = run_events(c, e);
		}
		on_time(c);
		if (rc == RC_OK)
			rc = run_events(c, e);
		if (rc == RC_OK)
			rc = maybe_flush(c, e);
	}
	arena_drop(&c->tmpl_arena);
	if (rc == RC_OK)
		rc = chain_flush(c->chain, true, e);
	return rc;
}
