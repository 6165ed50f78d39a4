/* SPDX-License-Identifier: Apache-2.0
 *
 * From changes to the new root: the storage tries of all accounts with
 * changed slots together, then the account trie with their roots in it. Slots
 * of a wiped account are all in the diff, so that its old nodes go one by one
 * like any others. It stores nothing.
 */
#include "base/check.h"
#include "eth/rlp.h"
#include "state/state_priv.h"

/* Longest RLP of a slot's value: 32 bytes behind one byte of header. */
enum { SLOT_RLP_MAX = 33 };

/* struct reader reads the nodes of one trie. */
struct reader {
	const struct state_tries *tries;
	const struct hash *account; /* NULL: the account trie */
};

/* struct commit is the work on one root; what only it needs is in scratch. */
struct commit {
	struct arena *a, *scratch;
	const struct state_tries *tries;
	struct state_diff *diff;
	struct state_nodes *out;
	struct err *e;
};

static enum rc
no_memory(struct commit *c)
{
	return FAIL(c->e, RC_NO_MEMORY, "no room for a state root");
}

static enum rc
read_node(
    void *ctx, struct bytes *out, const struct trie_path *path, struct err *e)
{
	const struct reader *r = ctx;

	return r->tries->node(r->tries->ctx, out, r->account, path, e);
}

/* source_of makes the source of one trie; get is NULL when memory is short. */
static struct trie_source
source_of(struct commit *c, const struct hash *account)
{
	struct reader *r = arena_alloc(c->scratch, sizeof(*r));

	if (r == NULL)
		return (struct trie_source){.get = NULL};
	*r = (struct reader){c->tries, account};
	return (struct trie_source){.get = read_node, .ctx = r};
}

static void
keep(struct commit *c, const struct hash *account,
    const struct trie_batch *batch)
{
	struct state_trie_nodes *n = &c->out->tries[c->out->cnt++];

	n->is_storage = account != NULL;
	if (account != NULL)
		n->addr_hash = *account;
	n->batch = *batch;
}

/* slot_changes encodes the new values of all slots, in their order. */
static struct trie_change *
slot_changes(struct commit *c)
{
	size_t i, cnt = c->diff->slot_cnt;
	struct trie_change *out = arena_array(c->scratch, cnt, sizeof(*out));
	uint8_t *room = arena_array(c->scratch, cnt, SLOT_RLP_MAX);

	if (out == NULL || room == NULL)
		return NULL;
	for (i = 0; i < cnt; i++, room += SLOT_RLP_MAX) {
		const struct state_slot_change *s = &c->diff->slots[i];
		struct buf b = buf_of(room, SLOT_RLP_MAX);

		out[i].key = s->key_hash;
		if (!u256_is_zero(&s->after))
			CHECK(rlp_put_u256(&b, &s->after));
		out[i].value = bytes_of_buf(&b);
	}
	return out;
}

/* slots_of counts the slots of an account from number first on: both lists
 * ascend by addr_hash. */
static size_t
slots_of(const struct state_diff *d, size_t first, const struct hash *account)
{
	size_t at = first;

	while (at < d->slot_cnt && hash_eq(&d->slots[at].addr_hash, account))
		at++;
	return at - first;
}

/* root_before returns the storage root that the changes of acc start from. */
static struct hash
root_before(const struct state_account_change *acc)
{
	return acc->had_before ? acc->before.storage_root : HASH_EMPTY_TRIE;
}

/* plan_jobs makes a job for each account with changed slots. owner[i] is the
 * account of job i. */
static enum rc
plan_jobs(struct commit *c, struct trie_job *jobs,
    struct state_account_change **owner, size_t *job_cnt)
{
	const struct trie_change *changes = slot_changes(c);
	size_t i, cnt, first = 0, n = 0;

	if (changes == NULL)
		return no_memory(c);
	for (i = 0; i < c->diff->account_cnt; i++, first += cnt) {
		struct state_account_change *acc = &c->diff->accounts[i];

		cnt = slots_of(c->diff, first, &acc->addr_hash);
		acc->after.storage_root = root_before(acc);
		if (cnt == 0)
			continue;
		jobs[n] = (struct trie_job){
		    .src = source_of(c, &acc->addr_hash),
		    .root = root_before(acc),
		    .changes = changes + first,
		    .cnt = cnt,
		};
		if (jobs[n].src.get == NULL)
			return no_memory(c);
		owner[n++] = acc;
	}
	CHECK(first == c->diff->slot_cnt);
	*job_cnt = n;
	return RC_OK;
}

static size_t
count_owners(const struct state_diff *d)
{
	size_t i, cnt = 0;

	for (i = 0; i < d->slot_cnt; i++)
		cnt += i == 0 || !hash_eq(&d->slots[i - 1].addr_hash,
				     &d->slots[i].addr_hash);
	return cnt;
}

static enum rc
storage_tries(struct commit *c)
{
	size_t i, cnt = count_owners(c->diff);
	struct state_account_change **owner =
	    arena_array(c->scratch, cnt, sizeof(struct state_account_change *));
	struct trie_job *jobs = arena_array(c->scratch, cnt, sizeof(*jobs));

	c->out->cnt = 0;
	c->out->tries = arena_array(c->a, cnt + 1, sizeof(*c->out->tries));
	if (owner == NULL || jobs == NULL || c->out->tries == NULL)
		return no_memory(c);
	TRY(plan_jobs(c, jobs, owner, &cnt));
	TRY(trie_update_many(c->a, jobs, cnt, c->e));
	for (i = 0; i < cnt; i++) {
		owner[i]->after.storage_root = jobs[i].root_out;
		keep(c, &owner[i]->addr_hash, &jobs[i].batch);
	}
	return RC_OK;
}

/* account_changes encodes the new values of all accounts. */
static struct trie_change *
account_changes(struct commit *c)
{
	size_t i, cnt = c->diff->account_cnt;
	struct trie_change *out = arena_array(c->scratch, cnt, sizeof(*out));
	uint8_t *room = arena_array(c->scratch, cnt, ACCOUNT_RLP_MAX);

	if (out == NULL || room == NULL)
		return NULL;
	for (i = 0; i < cnt; i++, room += ACCOUNT_RLP_MAX) {
		const struct state_account_change *acc = &c->diff->accounts[i];

		out[i].key = acc->addr_hash;
		out[i].value = bytes_of(room,
		    acc->has_after ? account_encode(room, &acc->after) : 0);
	}
	return out;
}

static enum rc
account_trie(
    struct commit *c, struct hash *root, const struct hash *parent_root)
{
	const struct trie_change *changes = account_changes(c);
	struct trie_source src = source_of(c, NULL);
	struct trie_batch batch;

	if (changes == NULL || src.get == NULL)
		return no_memory(c);
	TRY(trie_update(c->a, root, &batch, &src, parent_root, changes,
	    c->diff->account_cnt, c->e));
	keep(c, NULL, &batch);
	return RC_OK;
}

enum rc
state_root(struct arena *a, struct hash *root, struct state_nodes *out,
    struct state_diff *diff, const struct hash *parent_root,
    const struct state_tries *tries, struct err *e)
{
	struct arena scratch;
	struct commit c = {.a = a,
	    .scratch = &scratch,
	    .tries = tries,
	    .diff = diff,
	    .out = out,
	    .e = e};
	enum rc rc;

	arena_init(&scratch, a->max_bytes);
	rc = storage_tries(&c);
	if (rc == RC_OK)
		rc = account_trie(&c, root, parent_root);
	arena_drop(&scratch);
	return rc;
}
