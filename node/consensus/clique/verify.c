/* SPDX-License-Identifier: Apache-2.0
 *
 * The header rules of Clique, in the order in which go-ethereum 1.13 checks
 * them, so that two nodes give the same reason for the same header. First
 * what the header says by itself, then against its parent, then against the
 * signer set. It judges seals; making them is seal.c.
 */
#include "consensus/clique/clique_priv.h"
#include "consensus/rules_priv.h"

static bool
is_checkpoint(const struct clique *c, const struct header *h)
{
	return h->number % c->conf.epoch == 0;
}

static enum rc
check_future(const struct clique *c, const struct header *h, uint64_t now_s,
    struct err *e)
{
	if (h->time <= now_s || h->time - now_s <= c->conf.future_slack_s)
		return RC_OK;
	return FAIL(e, RC_BLK_FUTURE, "block %llu is %llu s ahead of the clock",
	    (unsigned long long)h->number,
	    (unsigned long long)(h->time - now_s));
}

static enum rc
check_vote(const struct clique *c, const struct header *h, struct err *e)
{
	static const uint8_t none[8];
	bool is_drop = !memcmp(h->nonce, none, sizeof(none));

	if (is_checkpoint(c, h) && !addr_is_zero(&h->coinbase))
		return FAIL(e, RC_BLK_CP_BENEFICIARY, "block %llu",
		    (unsigned long long)h->number);
	if (!is_drop && !clique_is_vote_add(h))
		return FAIL(e, RC_BLK_VOTE, "nonce 0x%016llx",
		    (unsigned long long)be64(h->nonce));
	if (is_checkpoint(c, h) && !is_drop)
		return FAIL(e, RC_BLK_CP_VOTE, "block %llu",
		    (unsigned long long)h->number);
	return RC_OK;
}

static enum rc
check_extra(const struct clique *c, const struct header *h, struct err *e)
{
	struct bytes list;

	TRY(clique_extra_signers(&list, h, e));
	if (!is_checkpoint(c, h) && list.len > 0)
		return FAIL(
		    e, RC_BLK_EXTRA_SIGNERS, "%zu bytes of signers", list.len);
	if (list.len % sizeof(struct addr) != 0)
		return FAIL(
		    e, RC_BLK_CP_SIGNERS, "%zu bytes of signers", list.len);
	return RC_OK;
}

/* Clique knows no header field after the base fee. A fork by time asks for
 * such fields; it may be active only where the genesis extension says that
 * its opcodes hold without them. go-ethereum refuses both. */
static enum rc
check_forks(const struct clique *c, const struct header *h, struct err *e)
{
	unsigned f;

	if (h->field_cnt > HEADER_FIELDS_LONDON)
		return FAIL(e, RC_BLK_FORK, "%u header fields under Clique",
		    h->field_cnt);
	for (f = FORK_SHANGHAI; f < FORK_CNT; f++) {
		if ((enum fork)f > c->conf.forks->evm_fork &&
		    fork_is_active(
			c->conf.forks, (enum fork)f, h->number, h->time))
			return FAIL(e, RC_BLK_FORK,
			    "Clique does not support %s",
			    fork_name((enum fork)f));
	}
	return RC_OK;
}

static enum rc
check_alone(const struct clique *c, const struct header *h, uint64_t now_s,
    struct err *e)
{
	struct u256 one = u256_from_u64(CLIQUE_DIFF_NO_TURN);
	struct u256 two = u256_from_u64(CLIQUE_DIFF_IN_TURN);

	TRY(check_future(c, h, now_s, e));
	TRY(check_vote(c, h, e));
	TRY(check_extra(c, h, e));
	if (!hash_is_zero(&h->mix))
		return FAIL(
		    e, RC_BLK_MIX, "block %llu", (unsigned long long)h->number);
	if (!hash_eq(&h->ommers_hash, &HASH_EMPTY_LIST))
		return FAIL(e, RC_BLK_UNCLES, "block %llu",
		    (unsigned long long)h->number);
	if (!u256_eq(&h->difficulty, &one) && !u256_eq(&h->difficulty, &two))
		return FAIL(e, RC_BLK_DIFFICULTY, "neither 1 nor 2");
	if (h->gas_limit > RULES_GAS_LIMIT_MAX)
		return FAIL(e, RC_BLK_GAS_LIMIT, "gas limit %llu",
		    (unsigned long long)h->gas_limit);
	return check_forks(c, h, e);
}

static enum rc
check_time(const struct clique *c, const struct header *h,
    const struct header *parent, struct err *e)
{
	if (h->time >= parent->time &&
	    h->time - parent->time >= c->conf.period_s)
		return RC_OK;
	return FAIL(e, RC_BLK_TIME, "time %llu, parent %llu, period %llu",
	    (unsigned long long)h->time, (unsigned long long)parent->time,
	    (unsigned long long)c->conf.period_s);
}

static enum rc
check_checkpoint(const struct clique *c, const struct header *h,
    const struct clique_snap *snap, struct err *e)
{
	struct bytes list;

	if (!is_checkpoint(c, h))
		return RC_OK;
	TRY(clique_extra_signers(&list, h, e));
	if (bytes_eq(list, bytes_of(snap->signers,
			       snap->signer_cnt * sizeof(struct addr))))
		return RC_OK;
	return FAIL(
	    e, RC_BLK_CP_MISMATCH, "block %llu", (unsigned long long)h->number);
}

static enum rc
check_seal(struct clique *c, const struct header *h,
    const struct clique_snap *snap, const struct hash *hash, struct err *e)
{
	struct addr signer;
	uint64_t want, seen;
	size_t at;

	TRY(clique_sealer_of(c, &signer, h, hash, e));
	at = clique_snap_index(snap, &signer);
	if (at == snap->signer_cnt)
		return FAIL(e, RC_BLK_UNAUTHORIZED, "block %llu",
		    (unsigned long long)h->number);
	if (clique_snap_is_recent(snap, &signer, h->number, &seen))
		return FAIL(e, RC_BLK_RECENT,
		    "signer of block %llu signed block %llu",
		    (unsigned long long)h->number, (unsigned long long)seen);
	want = clique_in_turn(h->number, at, snap->signer_cnt)
		   ? CLIQUE_DIFF_IN_TURN
		   : CLIQUE_DIFF_NO_TURN;
	if (h->difficulty.w[0] != want)
		return FAIL(e, RC_BLK_WRONG_TURN, "difficulty %llu, want %llu",
		    (unsigned long long)h->difficulty.w[0],
		    (unsigned long long)want);
	return RC_OK;
}

enum rc
clique_verify(struct engine *g, const struct header *h,
    const struct header *parent, uint64_t now_s, struct err *e)
{
	struct clique *c = clique_of(g);
	const struct clique_snap *snap;
	struct hash hash;

	TRY(check_alone(c, h, now_s, e));
	TRY(rules_link(h, parent, e));
	TRY(check_time(c, h, parent, e));
	TRY(rules_gas(h, parent, c->conf.forks, e));
	TRY(clique_track(c, &snap, &h->parent, parent, e));
	TRY(check_checkpoint(c, h, snap, e));
	hash = header_hash(h);
	TRY(check_seal(c, h, snap, &hash, e));
	clique_tips_add(c, h, &hash);
	return RC_OK;
}
