/* SPDX-License-Identifier: Apache-2.0
 *
 * The stored form of a snapshot: one RLP list
 *   [version, number, hash, signers, [[number, signer]...],
 *    [[signer, target, number, is_add]...]]
 * where signers is one string of 20-byte addresses. Reading believes nothing:
 * what breaks an invariant of struct clique_snap is refused, and the caller
 * recomputes.
 */
#include "base/check.h"
#include "base/map.h"
#include "consensus/clique/clique_priv.h"
#include "eth/rlp.h"

enum { SNAP_VERSION = 1, ADDR_LEN = 20, HASH_LEN = 32 };

/* Writing. ----------------------------------------------------------- */

static size_t
recent_size(const struct clique_recent *r)
{
	return rlp_size_u64(r->number) + rlp_size_str(addr_bytes(&r->signer));
}

static size_t
vote_size(const struct clique_vote *v)
{
	return rlp_size_str(addr_bytes(&v->signer)) +
	       rlp_size_str(addr_bytes(&v->target)) + rlp_size_u64(v->number) +
	       rlp_size_u64(v->is_add ? 1 : 0);
}

/* The writers fill a space of the exact size: clique_snap_encode checks once,
 * at the end, that nothing was left out. */
static void
put_recent(struct buf *b, const struct clique_recent *r)
{
	rlp_put_list_head(b, recent_size(r));
	rlp_put_u64(b, r->number);
	rlp_put_str(b, addr_bytes(&r->signer));
}

static void
put_vote(struct buf *b, const struct clique_vote *v)
{
	rlp_put_list_head(b, vote_size(v));
	rlp_put_str(b, addr_bytes(&v->signer));
	rlp_put_str(b, addr_bytes(&v->target));
	rlp_put_u64(b, v->number);
	rlp_put_u64(b, v->is_add ? 1 : 0);
}

struct snap_sizes {
	size_t recents, votes, all;
};

static struct snap_sizes
sizes_of(const struct clique_snap *s, struct bytes signers)
{
	struct snap_sizes z = {0, 0, 0};
	size_t i;

	for (i = 0; i < s->recent_cnt; i++)
		z.recents += rlp_size_list(recent_size(&s->recents[i]));
	for (i = 0; i < s->vote_cnt; i++)
		z.votes += rlp_size_list(vote_size(&s->votes[i]));
	z.all = rlp_size_u64(SNAP_VERSION) + rlp_size_u64(s->number) +
		rlp_size_str(hash_bytes(&s->hash)) + rlp_size_str(signers) +
		rlp_size_list(z.recents) + rlp_size_list(z.votes);
	return z;
}

static void
put_snap(struct buf *b, const struct clique_snap *s, struct bytes signers,
    const struct snap_sizes *z)
{
	size_t i;

	rlp_put_list_head(b, z->all);
	rlp_put_u64(b, SNAP_VERSION);
	rlp_put_u64(b, s->number);
	rlp_put_str(b, hash_bytes(&s->hash));
	rlp_put_str(b, signers);
	rlp_put_list_head(b, z->recents);
	for (i = 0; i < s->recent_cnt; i++)
		put_recent(b, &s->recents[i]);
	rlp_put_list_head(b, z->votes);
	for (i = 0; i < s->vote_cnt; i++)
		put_vote(b, &s->votes[i]);
}

enum rc
clique_snap_encode(struct arena *a, struct bytes *out,
    const struct clique_snap *s, struct err *e)
{
	struct bytes signers = bytes_of(s->signers, s->signer_cnt * ADDR_LEN);
	struct snap_sizes z = sizes_of(s, signers);
	size_t len = rlp_size_list(z.all);
	struct buf b = buf_of(arena_alloc(a, len), len);

	_Static_assert(sizeof(struct addr) == ADDR_LEN, "packed addresses");
	if (b.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "signer set of %zu bytes", len);
	put_snap(&b, s, signers, &z);
	CHECK(b.len == len);
	*out = bytes_of_buf(&b);
	return RC_OK;
}

/* Reading. ----------------------------------------------------------- */

static enum rc
take_signers(struct clique_snap *s, struct bytes *in, struct err *e)
{
	struct bytes list;
	size_t i;

	TRY(rlp_take_str(&list, in, e));
	if (list.len % ADDR_LEN != 0 || list.len / ADDR_LEN > CLIQUE_SIGNER_MAX)
		return FAIL(e, RC_CORRUPT, "%zu bytes of signers", list.len);
	s->signers = mem_new(list.len + ADDR_LEN);
	if (s->signers == NULL)
		return FAIL(e, RC_NO_MEMORY, "signers");
	s->signer_cnt = list.len / ADDR_LEN;
	s->signer_cap = s->signer_cnt + 1;
	if (list.len > 0)
		memcpy(s->signers, list.ptr, list.len);
	for (i = 1; i < s->signer_cnt; i++) {
		if (memcmp(s->signers[i - 1].b, s->signers[i].b, ADDR_LEN) >= 0)
			return FAIL(e, RC_CORRUPT, "signers do not ascend");
	}
	return RC_OK;
}

static enum rc
take_recent(struct clique_snap *s, struct bytes *list, struct err *e)
{
	struct clique_recent *r = &s->recents[s->recent_cnt];
	struct bytes item;

	TRY(rlp_take_list(&item, list, e));
	TRY(rlp_take_u64(&r->number, &item, e));
	TRY(rlp_take_fixed(r->signer.b, ADDR_LEN, &item, e));
	if (item.len > 0)
		return FAIL(e, RC_TRAILING, "recent signer");
	if (r->number > s->number ||
	    (s->recent_cnt > 0 && r->number <= r[-1].number))
		return FAIL(e, RC_CORRUPT, "recent signers do not ascend");
	s->recent_cnt++;
	return RC_OK;
}

static enum rc
take_recents(struct clique_snap *s, struct bytes *in, struct err *e)
{
	struct bytes list;
	size_t cnt;

	TRY(rlp_take_list(&list, in, e));
	TRY(rlp_count(&cnt, list, e));
	if (cnt > clique_limit(CLIQUE_SIGNER_MAX))
		return FAIL(e, RC_CORRUPT, "%zu recent signers", cnt);
	s->recents = mem_array(cnt + 1, sizeof(*s->recents));
	if (s->recents == NULL)
		return FAIL(e, RC_NO_MEMORY, "recent signers");
	s->recent_cap = cnt + 1;
	while (list.len > 0)
		TRY(take_recent(s, &list, e));
	return RC_OK;
}

static enum rc
take_vote(struct clique_snap *s, struct bytes *list, struct err *e)
{
	struct clique_vote *v = &s->votes[s->vote_cnt];
	struct bytes item;
	uint64_t is_add;

	TRY(rlp_take_list(&item, list, e));
	TRY(rlp_take_fixed(v->signer.b, ADDR_LEN, &item, e));
	TRY(rlp_take_fixed(v->target.b, ADDR_LEN, &item, e));
	TRY(rlp_take_u64(&v->number, &item, e));
	TRY(rlp_take_u64(&is_add, &item, e));
	if (item.len > 0)
		return FAIL(e, RC_TRAILING, "vote");
	v->is_add = is_add == 1;
	if (is_add > 1 || v->number > s->number ||
	    (s->vote_cnt > 0 && v->number <= v[-1].number))
		return FAIL(e, RC_CORRUPT, "vote out of order");
	if (clique_snap_index(s, &v->signer) == s->signer_cnt)
		return FAIL(e, RC_CORRUPT, "vote of a stranger");
	if (v->is_add == (clique_snap_index(s, &v->target) < s->signer_cnt))
		return FAIL(e, RC_CORRUPT, "vote that changes nothing");
	s->vote_cnt++;
	return RC_OK;
}

/* One signer has one vote on a target; a repeated one would count twice. */
static enum rc
check_votes_differ(const struct clique_snap *s, struct err *e)
{
	uint8_t key[2 * ADDR_LEN];
	enum rc rc = RC_OK;
	struct map seen;
	size_t i;

	map_init(&seen, sizeof(key), s->vote_cnt + 1);
	for (i = 0; rc == RC_OK && i < s->vote_cnt; i++) {
		memcpy(key, s->votes[i].signer.b, ADDR_LEN);
		memcpy(key + ADDR_LEN, s->votes[i].target.b, ADDR_LEN);
		if (map_get(&seen, key) != NULL)
			rc = FAIL(e, RC_CORRUPT, "vote stands twice");
		else if (!map_put(&seen, key, &s->votes[i]))
			rc = FAIL(e, RC_NO_MEMORY, "votes");
	}
	map_free(&seen);
	return rc;
}

static enum rc
take_votes(struct clique_snap *s, struct bytes *in, struct err *e)
{
	struct bytes list;
	size_t cnt;

	TRY(rlp_take_list(&list, in, e));
	TRY(rlp_count(&cnt, list, e));
	if (cnt > CLIQUE_VOTE_MAX)
		return FAIL(e, RC_CORRUPT, "%zu votes", cnt);
	s->votes = mem_array(cnt + 1, sizeof(*s->votes));
	if (s->votes == NULL)
		return FAIL(e, RC_NO_MEMORY, "votes");
	s->vote_cap = cnt + 1;
	while (list.len > 0)
		TRY(take_vote(s, &list, e));
	return check_votes_differ(s, e);
}

static enum rc
take_snap(struct clique_snap *s, struct bytes in, struct err *e)
{
	struct bytes items;
	uint64_t version;

	TRY(rlp_take_list(&items, &in, e));
	if (in.len > 0)
		return FAIL(e, RC_TRAILING, "signer set");
	TRY(rlp_take_u64(&version, &items, e));
	if (version != SNAP_VERSION)
		return FAIL(e, RC_UNSUPPORTED, "signer set of version %llu",
		    (unsigned long long)version);
	TRY(rlp_take_u64(&s->number, &items, e));
	TRY(rlp_take_fixed(s->hash.b, HASH_LEN, &items, e));
	TRY(take_signers(s, &items, e));
	TRY(take_recents(s, &items, e));
	TRY(take_votes(s, &items, e));
	if (items.len > 0)
		return FAIL(e, RC_TRAILING, "signer set");
	return RC_OK;
}

enum rc
clique_snap_decode(struct clique_snap *out, struct bytes in, struct err *e)
{
	struct clique_snap s = {.number = 0};
	enum rc rc = take_snap(&s, in, e);

	if (rc != RC_OK)
		clique_snap_free(&s);
	else
		*out = s;
	return rc;
}
