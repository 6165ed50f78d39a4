/* SPDX-License-Identifier: Apache-2.0
 *
 * The way out of a stall: three sealers, one gone, and the tie rule on the
 * side of a branch that the other two cannot extend.
 *
 *   head          X(h) by us, in turn
 *   other branch  Y(h) by the one that is gone, Z(h+1) by the third
 *
 * Both branches weigh the same, the shorter wins (EIP-3436), we signed its
 * last block, and the third may not sign h+1 again.
 *
 * Spec: EIP-3436
 */
#include "drive.h"

struct stall {
	struct drive d;
	const struct header *x, *y, *z;
};

/* Signer 1 is in turn for block 1; 0 and 2 make the other branch. */
static void
open_stall(struct stall *s)
{
	drive_open(&s->d, 3, 1);
	drive_start(&s->d, true);
	s->x = drive_seal(&s->d, 1);
	s->y =
	    rig_chain(&s->d.rig, rig_get(&s->d.rig, &s->d.rig.genesis), 0, 3);
	EXPECT_RC(engine_verify(s->d.g, s->y,
		      rig_get(&s->d.rig, &s->d.rig.genesis), s->y->time, NULL),
	    RC_OK);
	/* Out of turn: the one in turn for block 2 is index 2. */
	s->z = rig_chain(&s->d.rig, s->y, 2, 3);
	EXPECT_RC(engine_verify(s->d.g, s->z, s->y, s->z->time, NULL), RC_OK);
}

/* Fires stall timers until the engine does something else, at most cnt. */
static const struct engine_effect *
wait_in_vain(struct drive *d, size_t cnt)
{
	while (cnt-- > 0 && drive_effect(d, EF_ADOPT) == NULL &&
	       drive_timer_at(d) > 0)
		drive_fire(d);
	return drive_effect(d, EF_ADOPT);
}

TEST(test_tips_stalled_sealer_adopts_the_longer_branch)
{
	const struct engine_effect *ef;
	struct hash z;
	struct stall s;

	open_stall(&s);
	z = header_hash(s.z);
	drive_head(&s.d, s.d.head, true);
	ef = wait_in_vain(&s.d, 4);
	EXPECT(ef != NULL && hash_eq(&ef->parent, &z));
	drive_why(&s.d, ENGINE_BUSY);
	drive_head(&s.d, s.z, true);
	EXPECT(drive_seal(&s.d, 1) != NULL);
	EXPECT_U64(s.d.head->number, 3);
	drive_close(&s.d);
}

/* Patience first: one missing sealer costs a period and a wiggle. */
TEST(test_tips_nothing_is_adopted_before_patience_ends)
{
	struct stall s;
	uint64_t start;

	open_stall(&s);
	start = s.d.now_ms;
	drive_head(&s.d, s.d.head, true);
	while (drive_effect(&s.d, EF_ADOPT) == NULL)
		drive_fire(&s.d);
	EXPECT(s.d.now_ms - start >= 2 * (1000 + 1000));
	EXPECT(s.d.now_ms - start <= 4 * (1000 + 1000));
	drive_close(&s.d);
}

/* The one who could go on may never have heard of the longer branch. */
TEST(test_tips_longer_branches_are_told_to_peers)
{
	const struct engine_effect *ef;
	struct hash z;
	struct stall s;

	open_stall(&s);
	z = header_hash(s.z);
	drive_head(&s.d, s.d.head, true);
	EXPECT(drive_effect(&s.d, EF_SEND) == NULL);
	wait_in_vain(&s.d, 4);
	ef = drive_effect(&s.d, EF_SEND);
	EXPECT(ef != NULL && hash_eq(&ef->parent, &z));
	EXPECT(ef != NULL && ef->message.len == 0);
	drive_close(&s.d);
}

TEST(test_tips_survive_a_restart)
{
	const struct engine_effect *ef;
	struct hash z;
	struct stall s;

	open_stall(&s);
	z = header_hash(s.z);
	drive_head(&s.d, s.d.head, true);
	drive_restart(&s.d);
	ef = wait_in_vain(&s.d, 4);
	EXPECT(ef != NULL && hash_eq(&ef->parent, &z));
	drive_close(&s.d);
}

TEST(test_tips_damaged_list_is_ignored)
{
	struct drive d;
	struct bytes junk = {(const uint8_t *)"junkjunkjunkjunkjunkjunkjunkjunk"
					      "and more",
	    40};

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	EXPECT_RC(d.rig.link.keep(&d.rig, "clique.tips", junk, NULL), RC_OK);
	drive_restart(&d);
	EXPECT(drive_timer_at(&d) > 0);
	drive_close(&d);
}

/* With two of three gone the chain halts; it does not grow side branches. */
TEST(test_tips_equal_or_shorter_branch_is_left_alone)
{
	struct stall s;

	drive_open(&s.d, 3, 1);
	drive_start(&s.d, true);
	s.x = drive_seal(&s.d, 1);
	s.y = rig_chain(&s.d.rig, rig_get(&s.d.rig, &s.d.rig.genesis), 0, 3);
	EXPECT_RC(engine_verify(s.d.g, s.y, rig_get(&s.d.rig, &s.d.rig.genesis),
		      s.y->time, NULL),
	    RC_OK);
	drive_head(&s.d, s.d.head, true);
	EXPECT(wait_in_vain(&s.d, 10) == NULL);
	drive_close(&s.d);
}

/* The chain could not switch: the tip is forgotten, the engine waits on. */
TEST(test_tips_refused_adoption_is_not_repeated)
{
	struct stall s;

	open_stall(&s);
	drive_head(&s.d, s.d.head, true);
	EXPECT(wait_in_vain(&s.d, 4) != NULL);
	drive_refuse(&s.d, RC_UNSUPPORTED);
	EXPECT(wait_in_vain(&s.d, 10) == NULL);
	drive_why(&s.d, ENGINE_STALLED);
	drive_close(&s.d);
}

/* A branch that parts below the finality depth is never gone back to. */
TEST(test_tips_branch_below_finality_is_left_alone)
{
	const struct header *side;
	struct stall s;
	size_t i;

	/* One signer alive on a long head, another branch from genesis. */
	drive_open(&s.d, 3, 1);
	drive_start(&s.d, true);
	side = s.d.head;
	for (i = 0; i < 9; i++) {
		side = rig_chain(&s.d.rig, side, i % 2 == 0 ? 0 : 2, 3);
		EXPECT_RC(
		    engine_verify(s.d.g, side, rig_get(&s.d.rig, &side->parent),
			side->time, NULL),
		    RC_OK);
	}
	for (i = 0; i < 5; i++)
		drive_other(&s.d, i % 2 == 0 ? 1 : 2);
	drive_head(&s.d, s.d.head, true);
	drive_refuse(&s.d, RC_OK);
	EXPECT(wait_in_vain(&s.d, 10) == NULL);
	drive_close(&s.d);
}

/* We left a heavier branch because nobody extended it, and cannot extend the
 * lighter one either: back to the heavier. */
TEST(test_tips_heavier_branch_is_gone_back_to)
{
	const struct engine_effect *ef;
	const struct header *y;
	struct hash x;
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	y = rig_chain(&d.rig, d.head, 0, 3);
	EXPECT_RC(engine_verify(d.g, y, d.head, y->time, NULL), RC_OK);
	EXPECT(drive_seal(&d, 1) != NULL);
	x = header_hash(d.head);
	drive_head(&d, y, true); /* weight 1 against 2 */
	drive_fire(&d);
	drive_built(&d, 1);
	drive_refuse(&d, RC_DENIED);
	ef = wait_in_vain(&d, 4);
	EXPECT(ef != NULL && hash_eq(&ef->parent, &x));
	drive_close(&d);
}

/* Of two branches that can be extended the heavier is taken. */
TEST(test_tips_heaviest_of_several_is_taken)
{
	const struct header *base, *light, *heavy;
	const struct engine_effect *ef;
	struct hash want;
	struct drive d;

	/* Five sealers, we are 1 and seal block 1 in turn. */
	drive_open(&d, 5, 1);
	drive_start(&d, true);
	base = d.head;
	EXPECT(drive_seal(&d, 1) != NULL);
	light = rig_chain(&d.rig, base, 0, 5);
	EXPECT_RC(engine_verify(d.g, light, base, light->time, NULL), RC_OK);
	heavy = rig_chain(&d.rig, light, 2, 5); /* in turn */
	EXPECT_RC(engine_verify(d.g, heavy, light, heavy->time, NULL), RC_OK);
	want = header_hash(heavy);
	base = light;
	light = rig_chain(&d.rig, base, 3, 5);
	EXPECT_RC(engine_verify(d.g, light, base, light->time, NULL), RC_OK);
	drive_head(&d, d.head, true);
	ef = wait_in_vain(&d, 4);
	EXPECT(ef != NULL && hash_eq(&ef->parent, &want));
	drive_close(&d);
}

/* More verified blocks than are remembered: the lowest are forgotten. */
TEST(test_tips_memory_is_bounded)
{
	const struct header *h, *first;
	struct drive d;
	size_t i;

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	first = h = d.head;
	for (i = 0; i < 3 * CLIQUE_TIP_MAX; i++) {
		h = rig_chain(&d.rig, h, (h->number + 1) % 3, 3);
		EXPECT_RC(engine_verify(d.g, h, rig_get(&d.rig, &h->parent),
			      h->time, NULL),
		    RC_OK);
	}
	/* An old one finds no place any more. */
	h = rig_chain(&d.rig, first, 0, 3);
	EXPECT_RC(engine_verify(d.g, h, first, h->time, NULL), RC_OK);
	drive_head(&d, h, true);
	drive_close(&d);
}

/* A tip whose headers the store has lost is passed over. */
TEST(test_tips_lost_branch_is_passed_over)
{
	struct hash y, z;
	struct stall s;

	open_stall(&s);
	y = header_hash(s.y);
	z = header_hash(s.z);
	drive_head(&s.d, s.d.head, true);
	map_del(&s.d.rig.headers, y.b);
	map_del(&s.d.rig.headers, z.b);
	drive_restart(&s.d);
	EXPECT(wait_in_vain(&s.d, 6) == NULL);
	drive_close(&s.d);
}

TEST(test_tips_unanswered_adoption_is_given_up)
{
	struct stall s;

	open_stall(&s);
	drive_head(&s.d, s.d.head, true);
	EXPECT(wait_in_vain(&s.d, 4) != NULL);
	drive_fire(&s.d); /* the watch */
	EXPECT(drive_effect(&s.d, EF_ADOPT) == NULL);
	drive_close(&s.d);
}
