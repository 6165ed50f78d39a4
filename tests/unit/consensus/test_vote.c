/* SPDX-License-Identifier: Apache-2.0
 *
 * Proposals: which are taken, listed and dropped, and which are cast in
 * blocks that we seal.
 *
 * Spec: EIP-225
 */
#include "drive.h"

static enum rc
propose(struct drive *d, size_t target, bool is_add)
{
	struct addr a = rig_addr(target);

	return engine_propose(d->g, &a, is_add, NULL);
}

static void
expect_vote(const struct header *h, size_t target, bool is_add)
{
	struct addr a = rig_addr(target);

	EXPECT(h != NULL && addr_eq(&h->coinbase, &a));
	EXPECT(h != NULL && clique_is_vote_add(h) == is_add);
}

static void
expect_no_vote(const struct header *h)
{
	EXPECT(h != NULL && addr_is_zero(&h->coinbase));
	EXPECT(h != NULL && !clique_is_vote_add(h));
}

/* The signer indices after the head, as text ("0 1 2"). */
static const char *
set_after_head(struct drive *d)
{
	struct hash at = header_hash(d->head);
	struct addr *list, a;
	static char text[64];
	size_t cnt, i, k, len = 0;

	EXPECT_RC(
	    engine_signers(d->judge, &d->arena, &list, &cnt, &at, NULL), RC_OK);
	for (i = 0; i < cnt; i++) {
		for (k = 0; k < RIG_KEY_CNT; k++) {
			a = rig_addr(k);
			if (addr_eq(&a, &list[i]) && len + 1 < sizeof(text))
				text[len++] = (char)('a' + (char)k);
		}
	}
	text[len] = '\0';
	return text;
}

TEST(test_vote_add_by_only_signer_takes_effect_at_once)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	EXPECT_RC(propose(&d, 3, true), RC_OK);
	expect_vote(drive_seal(&d, 1), 3, true);
	EXPECT_STR(set_after_head(&d), "ad");
	drive_close(&d);
}

TEST(test_vote_last_signer_cannot_leave)
{
	struct drive d;
	struct err e = {.rc = RC_OK};
	struct addr self = rig_addr(0);

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	EXPECT_RC(engine_propose(d.g, &self, false, &e), RC_DENIED);
	EXPECT_STR(e.text, "the last signer cannot be voted out");
	expect_no_vote(drive_seal(&d, 1));
	EXPECT_STR(set_after_head(&d), "a");
	drive_close(&d);
}

/* It would count as a signer and never seal; of one signer it is the end. */
TEST(test_vote_zero_address_is_not_proposed)
{
	const struct addr zero = {{0}};
	struct err e = {.rc = RC_OK};
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	EXPECT_RC(engine_propose(d.g, &zero, true, &e), RC_DENIED);
	EXPECT_STR(e.text, "nobody can sign as the zero address");
	EXPECT_RC(engine_propose(d.g, &zero, false, NULL), RC_OK);
	expect_no_vote(drive_seal(&d, 1));
	EXPECT_STR(set_after_head(&d), "a");
	drive_close(&d);
}

/* A block by signer that votes to drop target, made head. */
static void
drop_by(struct drive *d, size_t signer, size_t target)
{
	struct header h;

	rig_next(&d->rig, &h, d->head, signer, d->n);
	h.coinbase = rig_addr(target);
	rig_seal(&d->rig, &h, signer);
	rig_put(&d->rig, &h);
	EXPECT_RC(engine_verify(d->g, &h, d->head, h.time, NULL), RC_OK);
	d->now_ms = h.time * 1000;
	drive_head(d, header_copy(&d->rig.arena, &h), true);
}

/* Proposed while there were two signers, and now it would empty the set. */
TEST(test_vote_that_would_empty_the_set_is_not_cast)
{
	struct drive d;

	drive_open(&d, 2, 0);
	drive_start(&d, true);
	EXPECT_RC(propose(&d, 0, false), RC_OK);
	drop_by(&d, 1, 1);
	drop_by(&d, 0, 1);
	EXPECT_STR(set_after_head(&d), "a");
	expect_no_vote(drive_seal(&d, 1));
	EXPECT_STR(set_after_head(&d), "a");
	drive_close(&d);
}

TEST(test_vote_proposal_of_a_plain_node_is_denied)
{
	struct drive d;

	drive_open(&d, 3, 0);
	d.rig.conf.is_sealer = false;
	drive_start(&d, true);
	EXPECT_RC(propose(&d, 4, true), RC_DENIED);
	drive_close(&d);
}

TEST(test_vote_proposals_are_listed_replaced_and_discarded)
{
	const struct engine_proposal *list;
	struct addr a = rig_addr(5);
	struct drive d;

	drive_open(&d, 3, 0);
	drive_start(&d, true);
	EXPECT_U64(engine_proposals(d.g, &list), 0);
	EXPECT_RC(propose(&d, 5, true), RC_OK);
	EXPECT_RC(propose(&d, 6, true), RC_OK);
	EXPECT_RC(propose(&d, 5, false), RC_OK);
	EXPECT_U64(engine_proposals(d.g, &list), 2);
	EXPECT(addr_eq(&list[0].target, &a) && !list[0].is_add);
	EXPECT_RC(engine_discard(d.g, &a, NULL), RC_OK);
	EXPECT_RC(engine_discard(d.g, &a, NULL), RC_NOT_FOUND);
	EXPECT_U64(engine_proposals(d.g, &list), 1);
	drive_close(&d);
}

TEST(test_vote_more_proposals_than_the_bound_are_refused)
{
	struct addr a = {{0}};
	struct drive d;
	size_t i;

	drive_open(&d, 3, 0);
	drive_start(&d, true);
	for (i = 0; i < ENGINE_PROPOSAL_MAX; i++) {
		a.b[0] = (uint8_t)(i + 1);
		EXPECT_RC(engine_propose(d.g, &a, true, NULL), RC_OK);
	}
	a.b[1] = 1;
	EXPECT_RC(engine_propose(d.g, &a, true, NULL), RC_NO_SPACE);
	drive_close(&d);
}

/* A vote that stands already is not repeated; after a checkpoint it is. */
TEST(test_vote_is_cast_once_per_epoch)
{
	struct drive d;

	drive_open(&d, 2, 1);
	d.rig.conf.epoch = 6;
	drive_start(&d, true);
	EXPECT_RC(propose(&d, 5, true), RC_OK);
	expect_vote(drive_seal(&d, 1), 5, true); /* 1 */
	drive_other(&d, 0);
	expect_no_vote(drive_seal(&d, 1)); /* 3 */
	drive_other(&d, 0);
	expect_no_vote(drive_seal(&d, 1)); /* 5 */
	drive_other(&d, 0);                /* 6, forgets the votes */
	expect_vote(drive_seal(&d, 1), 5, true);
	EXPECT_STR(set_after_head(&d), "ab");
	drive_close(&d);
}

TEST(test_vote_checkpoint_carries_none)
{
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.conf.epoch = 1;
	drive_start(&d, true);
	EXPECT_RC(propose(&d, 5, true), RC_OK);
	expect_no_vote(drive_seal(&d, 1));
	drive_close(&d);
}

TEST(test_vote_that_makes_no_sense_is_not_cast)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	EXPECT_RC(propose(&d, 0, true), RC_OK);
	EXPECT_RC(propose(&d, 7, false), RC_OK);
	expect_no_vote(drive_seal(&d, 1));
	drive_close(&d);
}

/* Each of several proposals comes up. */
TEST(test_vote_proposals_take_turns_at_random)
{
	bool seen[3] = {false, false, false};
	const struct header *h;
	struct drive d;
	uint64_t seed;
	struct addr a;
	size_t i;

	for (seed = 0; seed < 32; seed++) {
		drive_open(&d, 3, 1);
		d.rig.conf.seed = seed;
		drive_start(&d, true);
		for (i = 0; i < 3; i++)
			EXPECT_RC(propose(&d, 5 + i, true), RC_OK);
		h = drive_seal(&d, 1);
		for (i = 0; h != NULL && i < 3; i++) {
			a = rig_addr(5 + i);
			seen[i] |= addr_eq(&h->coinbase, &a);
		}
		drive_close(&d);
	}
	EXPECT(seen[0] && seen[1] && seen[2]);
}

/* Where empty blocks are left out, a vote is reason enough for one. */
TEST(test_vote_alone_is_work)
{
	struct drive d;

	drive_open(&d, 3, 1);
	d.rig.conf.skip_empty = true;
	drive_start(&d, false);
	EXPECT_U64(d.out.cnt, 0);
	EXPECT_RC(propose(&d, 5, true), RC_OK);
	d.now_ms += 5000;
	drive_event(&d, EV_WORK);
	expect_vote(drive_seal(&d, 0), 5, true);
	drive_close(&d);
}

TEST(test_vote_waits_behind_an_empty_checkpoint)
{
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.conf.skip_empty = true;
	d.rig.conf.epoch = 2;
	drive_start(&d, true);
	EXPECT(drive_seal(&d, 1) != NULL);
	EXPECT_RC(propose(&d, 5, true), RC_OK);
	drive_head(&d, d.head, false);
	expect_no_vote(drive_seal(&d, 0)); /* checkpoint 2 */
	expect_vote(drive_seal(&d, 0), 5, true);
	drive_close(&d);
}

/* A removal lowered the bar for votes that stand: touching their target again
 * carries them out, so the vote is cast once more. */
TEST(test_vote_with_a_majority_is_touched_again)
{
	struct drive d;

	drive_open(&d, 4, 0);
	drive_start(&d, true);
	EXPECT_RC(propose(&d, 2, false), RC_OK);
	drop_by(&d, 1, 2);
	drop_by(&d, 2, 3);
	drop_by(&d, 3, 3);
	expect_vote(drive_seal(&d, 1), 2, false); /* two of four: not enough */
	EXPECT_STR(set_after_head(&d), "abcd");
	drop_by(&d, 1, 3); /* d leaves, but nothing cascades to c */
	EXPECT_STR(set_after_head(&d), "abc");
	d.n = 3;
	drive_other(&d, 2);
	expect_vote(drive_seal(&d, 1), 2, false);
	EXPECT_STR(set_after_head(&d), "ab");
	drive_close(&d);
}
