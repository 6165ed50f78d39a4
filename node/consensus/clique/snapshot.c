/* SPDX-License-Identifier: Apache-2.0
 *
 * The signer set after a block: who may sign, who signed lately, which votes
 * are open, and how one header changes that (EIP-225). Pure data; finding
 * and keeping snapshots is track.c, their stored form snapcodec.c.
 */
#include "base/check.h"
#include "consensus/clique/clique_priv.h"

size_t
clique_limit(size_t n)
{
	return n / 2 + 1;
}

uint64_t
clique_finality(size_t n)
{
	return 2 * (uint64_t)clique_limit(n);
}

bool
clique_in_turn(uint64_t number, size_t index, size_t n)
{
	/* The set may be empty: the last signer may have voted itself out. */
	return n > 0 && number % n == index;
}

/* Arrays that grow by doubling. Returns NULL, with the old array untouched,
 * when memory is short. */
static void *
grown(void *array, size_t *cap, size_t need, size_t size)
{
	size_t want = *cap == 0 ? 4 : *cap;
	void *bigger;

	if (need <= *cap)
		return array;
	while (want < need)
		want *= 2;
	bigger = mem_resize(array, *cap * size, want * size);
	if (bigger != NULL)
		*cap = want;
	return bigger;
}

static enum rc
room_for_signer(struct clique_snap *s, struct err *e)
{
	struct addr *p;

	if (s->signer_cnt == CLIQUE_SIGNER_MAX)
		return FAIL(
		    e, RC_NO_SPACE, "more than %d signers", CLIQUE_SIGNER_MAX);
	p = grown(s->signers, &s->signer_cap, s->signer_cnt + 1, sizeof(*p));
	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "signers");
	s->signers = p;
	return RC_OK;
}

static enum rc
room_for_recent(struct clique_snap *s, struct err *e)
{
	struct clique_recent *p =
	    grown(s->recents, &s->recent_cap, s->recent_cnt + 1, sizeof(*p));

	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "recent signers");
	s->recents = p;
	return RC_OK;
}

static enum rc
room_for_vote(struct clique_snap *s, struct err *e)
{
	struct clique_vote *p;

	if (s->vote_cnt == CLIQUE_VOTE_MAX)
		return FAIL(
		    e, RC_NO_SPACE, "more than %d votes", CLIQUE_VOTE_MAX);
	p = grown(s->votes, &s->vote_cap, s->vote_cnt + 1, sizeof(*p));
	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "votes");
	s->votes = p;
	return RC_OK;
}

/* Signers. ----------------------------------------------------------- */

/* The index of the first signer that is not below a. */
static size_t
signer_place(const struct clique_snap *s, const struct addr *a)
{
	size_t low = 0, high = s->signer_cnt, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (memcmp(s->signers[mid].b, a->b, sizeof(a->b)) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t
clique_snap_index(const struct clique_snap *s, const struct addr *a)
{
	size_t at = signer_place(s, a);

	if (at < s->signer_cnt && addr_eq(&s->signers[at], a))
		return at;
	return s->signer_cnt;
}

static bool
is_signer(const struct clique_snap *s, const struct addr *a)
{
	return clique_snap_index(s, a) < s->signer_cnt;
}

static enum rc
add_signer(struct clique_snap *s, const struct addr *a, struct err *e)
{
	size_t at = signer_place(s, a);

	if (at < s->signer_cnt && addr_eq(&s->signers[at], a))
		return RC_OK;
	TRY(room_for_signer(s, e));
	memmove(s->signers + at + 1, s->signers + at,
	    (s->signer_cnt - at) * sizeof(*s->signers));
	s->signers[at] = *a;
	s->signer_cnt++;
	return RC_OK;
}

static void
drop_signer(struct clique_snap *s, const struct addr *a)
{
	size_t at = clique_snap_index(s, a);

	CHECK(at < s->signer_cnt);
	s->signer_cnt--;
	memmove(s->signers + at, s->signers + at + 1,
	    (s->signer_cnt - at) * sizeof(*s->signers));
}

/* Recent signers. ---------------------------------------------------- */

/* EIP-225: a signer may sign one of limit consecutive blocks. Written as a
 * distance: number minus limit is negative near genesis, and engines that
 * subtract there lose the rule. */
static bool
is_in_window(uint64_t seen, uint64_t number, size_t limit)
{
	return number - seen < limit;
}

bool
clique_snap_is_recent(const struct clique_snap *s, const struct addr *signer,
    uint64_t number, uint64_t *seen)
{
	size_t i, limit = clique_limit(s->signer_cnt);

	for (i = 0; i < s->recent_cnt; i++) {
		if (!addr_eq(&s->recents[i].signer, signer) ||
		    !is_in_window(s->recents[i].number, number, limit))
			continue;
		if (seen != NULL)
			*seen = s->recents[i].number;
		return true;
	}
	return false;
}

/* Forgets the entries that have left the window at block number. */
static void
trim_recents(struct clique_snap *s, uint64_t number)
{
	size_t i, limit = clique_limit(s->signer_cnt);

	for (i = 0; i < s->recent_cnt; i++) {
		if (is_in_window(s->recents[i].number, number, limit))
			break;
	}
	if (i == 0)
		return;
	s->recent_cnt -= i;
	memmove(
	    s->recents, s->recents + i, s->recent_cnt * sizeof(*s->recents));
}

/* Votes. ------------------------------------------------------------- */

const struct clique_vote *
clique_snap_vote(const struct clique_snap *s, const struct addr *signer,
    const struct addr *target)
{
	size_t i;

	for (i = 0; i < s->vote_cnt; i++) {
		if (addr_eq(&s->votes[i].signer, signer) &&
		    addr_eq(&s->votes[i].target, target))
			return &s->votes[i];
	}
	return NULL;
}

size_t
clique_snap_votes(const struct clique_snap *s, const struct addr *target)
{
	size_t i, cnt = 0;

	for (i = 0; i < s->vote_cnt; i++)
		cnt += addr_eq(&s->votes[i].target, target) ? 1 : 0;
	return cnt;
}

/* Forgets the votes by signer (if given) on target (if given). */
static void
drop_votes(
    struct clique_snap *s, const struct addr *signer, const struct addr *target)
{
	size_t i, kept = 0;

	for (i = 0; i < s->vote_cnt; i++) {
		if ((signer == NULL || addr_eq(&s->votes[i].signer, signer)) &&
		    (target == NULL || addr_eq(&s->votes[i].target, target)))
			continue;
		s->votes[kept++] = s->votes[i];
	}
	s->vote_cnt = kept;
}

/* A vote counts only if it would change something: add a stranger, drop a
 * member. All votes on one target therefore go the same way. */
static enum rc
cast_vote(struct clique_snap *s, const struct header *h,
    const struct addr *signer, struct err *e)
{
	bool is_add = clique_is_vote_add(h);

	drop_votes(s, signer, &h->coinbase);
	if (is_add == is_signer(s, &h->coinbase))
		return RC_OK;
	TRY(room_for_vote(s, e));
	s->votes[s->vote_cnt++] = (struct clique_vote){
	    .signer = *signer,
	    .target = h->coinbase,
	    .number = h->number,
	    .is_add = is_add,
	};
	return RC_OK;
}

/* Applies a majority on target, and on no other: nothing cascades. */
static enum rc
tally(struct clique_snap *s, const struct addr *target, uint64_t number,
    struct err *e)
{
	if (clique_snap_votes(s, target) <= s->signer_cnt / 2)
		return RC_OK;
	if (is_signer(s, target)) {
		drop_signer(s, target);
		trim_recents(s, number);
		drop_votes(s, target, NULL);
	} else {
		TRY(add_signer(s, target, e));
	}
	drop_votes(s, NULL, target);
	return RC_OK;
}

enum rc
clique_snap_apply(struct clique_snap *s, const struct header *h,
    const struct hash *hash, const struct addr *signer, uint64_t epoch,
    struct err *e)
{
	uint64_t seen;

	CHECK(h->number == s->number + 1 && hash_eq(&h->parent, &s->hash));
	if (!is_signer(s, signer))
		return FAIL(e, RC_BLK_UNAUTHORIZED,
		    "block %llu is signed by a stranger",
		    (unsigned long long)h->number);
	if (clique_snap_is_recent(s, signer, h->number, &seen))
		return FAIL(e, RC_BLK_RECENT,
		    "signer of block %llu signed block %llu",
		    (unsigned long long)h->number, (unsigned long long)seen);
	if (h->number % epoch == 0)
		s->vote_cnt = 0;
	trim_recents(s, h->number);
	TRY(room_for_recent(s, e));
	s->recents[s->recent_cnt++] =
	    (struct clique_recent){.number = h->number, .signer = *signer};
	TRY(cast_vote(s, h, signer, e));
	TRY(tally(s, &h->coinbase, h->number, e));
	s->number = h->number;
	s->hash = *hash;
	return RC_OK;
}

/* Whole snapshots. --------------------------------------------------- */

enum rc
clique_snap_first(struct clique_snap *out, const struct header *h,
    const struct hash *hash, struct err *e)
{
	struct clique_snap s = {.number = h->number, .hash = *hash};
	struct bytes list, one;
	enum rc rc = RC_OK;
	struct addr a;

	TRY(clique_extra_signers(&list, h, e));
	if (list.len % sizeof(a.b) != 0)
		return FAIL(
		    e, RC_BLK_CP_SIGNERS, "%zu bytes of signers", list.len);
	while (rc == RC_OK && bytes_take(&one, &list, sizeof(a.b))) {
		memcpy(a.b, one.ptr, sizeof(a.b));
		rc = add_signer(&s, &a, e);
	}
	if (rc != RC_OK)
		clique_snap_free(&s);
	else
		*out = s;
	return rc;
}

/* A copy of cnt items of size bytes; *cap is what it has room for. */
static void *
copied(const void *from, size_t cnt, size_t size, size_t *cap)
{
	void *to = NULL;

	*cap = 0;
	to = grown(NULL, cap, cnt + 1, size);
	if (to != NULL && cnt > 0)
		memcpy(to, from, cnt * size);
	return to;
}

enum rc
clique_snap_copy(
    struct clique_snap *out, const struct clique_snap *in, struct err *e)
{
	struct clique_snap s = *in;

	s.signers = copied(
	    in->signers, in->signer_cnt, sizeof(*s.signers), &s.signer_cap);
	s.recents = copied(
	    in->recents, in->recent_cnt, sizeof(*s.recents), &s.recent_cap);
	s.votes =
	    copied(in->votes, in->vote_cnt, sizeof(*s.votes), &s.vote_cap);
	if (s.signers == NULL || s.recents == NULL || s.votes == NULL) {
		clique_snap_free(&s);
		return FAIL(e, RC_NO_MEMORY, "signer set of block %llu",
		    (unsigned long long)in->number);
	}
	*out = s;
	return RC_OK;
}

void
clique_snap_free(struct clique_snap *s)
{
	mem_free(s->signers);
	mem_free(s->recents);
	mem_free(s->votes);
	*s = (struct clique_snap){.number = 0};
}

size_t
clique_snap_bytes(const struct clique_snap *s)
{
	return s->signer_cap * sizeof(*s->signers) +
	       s->recent_cap * sizeof(*s->recents) +
	       s->vote_cap * sizeof(*s->votes);
}
