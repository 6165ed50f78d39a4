/* SPDX-License-Identifier: Apache-2.0
 *
 * Sealing by events and effects: when a block is due, what its header says,
 * what happens when something fails or comes too late, and after a crash.
 *
 * Spec: EIP-225
 */
#include "drive.h"

#include "base/hex.h"

static const uint64_t genesis_ms = 1000 * 1000;

TEST(test_seal_not_a_sealer_does_nothing)
{
	struct drive d;

	drive_open(&d, 3, 0);
	d.rig.conf.is_sealer = false;
	drive_start(&d, true);
	EXPECT_U64(d.out.cnt, 0);
	drive_event(&d, EV_WORK);
	drive_event(&d, EV_TIMER);
	EXPECT_U64(d.out.cnt, 0);
	EXPECT_STR(drive_why(&d, ENGINE_OFF), "this node does not seal");
	drive_close(&d);
}

TEST(test_seal_stranger_waits_for_nothing)
{
	struct drive d;

	drive_open(&d, 3, 5);
	drive_start(&d, true);
	EXPECT_U64(d.out.cnt, 0);
	EXPECT(strstr(drive_why(&d, ENGINE_IDLE),
		   "is not among the 3 authorised signers") != NULL);
	drive_close(&d);
}

/* Block 1 of three signers is that of index 1. */
TEST(test_seal_in_turn_is_due_at_parent_plus_period)
{
	const struct engine_effect *ef;
	struct drive d;

	drive_open(&d, 3, 1);
	d.rig.conf.period_s = 5;
	drive_start(&d, false);
	EXPECT_U64(drive_timer_at(&d), genesis_ms + 5000);
	EXPECT_STR(drive_why(&d, ENGINE_WAITING), "in turn for block 1");
	drive_fire(&d);
	ef = drive_effect(&d, EF_BUILD);
	EXPECT(ef != NULL);
	EXPECT(hash_eq(&ef->parent, &d.rig.genesis));
	EXPECT(ef->at_ms > d.now_ms && ef->at_ms < d.now_ms + 5000);
	EXPECT_U64(ef->header->time, 1005);
	EXPECT_U64(ef->header->number, 1);
	EXPECT_U64(ef->header->difficulty.w[0], 2);
	EXPECT_U64(ef->header->field_cnt, HEADER_FIELDS_LONDON);
	EXPECT_U64(ef->header->base_fee.w[0], 875000000);
	EXPECT_U64(ef->header->extra.len, CLIQUE_VANITY + CLIQUE_SEAL);
	EXPECT(addr_is_zero(&ef->header->coinbase));
	drive_close(&d);
}

TEST(test_seal_signed_header_is_valid_and_becomes_head)
{
	const struct engine_effect *ef;
	struct addr author, self;
	struct hash seal;
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, false);
	drive_fire(&d);
	drive_built(&d, 1);
	ef = drive_effect(&d, EF_SIGN);
	EXPECT(ef != NULL);
	EXPECT_U64(ef->height, 1);
	EXPECT_U64(ef->round, 0);
	seal = hash_keccak(ef->message);
	EXPECT(hash_eq(&seal, &ef->digest));
	drive_signed(&d);
	ef = drive_effect(&d, EF_SEALED);
	EXPECT(ef != NULL);
	EXPECT_RC(clique_seal_hash(&seal, ef->header, NULL), RC_OK);
	EXPECT_RC(
	    engine_verify(d.judge, ef->header, d.head, 1001, NULL), RC_OK);
	/* Of a block of somebody else it is he, for both. */
	self = rig_addr(2);
	EXPECT_RC(
	    engine_author(d.g, &author, rig_chain(&d.rig, d.head, 2, 3), NULL),
	    RC_OK);
	EXPECT(addr_eq(&author, &self));
	EXPECT_RC(engine_author(d.judge, &author, ef->header, NULL), RC_OK);
	self = rig_addr(1);
	EXPECT(addr_eq(&author, &self));
	drive_close(&d);
}

TEST(test_seal_author_of_own_template_is_self)
{
	struct addr author, self = rig_addr(1);
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, false);
	drive_fire(&d);
	EXPECT_RC(engine_author(
		      d.g, &author, drive_effect(&d, EF_BUILD)->header, NULL),
	    RC_OK);
	EXPECT(addr_eq(&author, &self));
	EXPECT_RC(engine_author(d.judge, &author,
		      drive_effect(&d, EF_BUILD)->header, NULL),
	    RC_BAD_SIGNATURE);
	drive_close(&d);
}

/* Out of turn: parent + period and a random while below 500 ms times two. */
TEST(test_seal_out_of_turn_waits_within_the_wiggle)
{
	uint64_t at, low = UINT64_MAX, high = 0, seed;
	struct drive d;

	for (seed = 0; seed < 200; seed++) {
		drive_open(&d, 3, 0);
		d.rig.conf.seed = seed;
		drive_start(&d, false);
		at = drive_timer_at(&d) - genesis_ms - 1000;
		low = at < low ? at : low;
		high = at > high ? at : high;
		if (seed == 0)
			EXPECT(strstr(drive_why(&d, ENGINE_WAITING),
				   "out of turn for block 1") != NULL);
		drive_fire(&d);
		EXPECT_U64(
		    drive_effect(&d, EF_BUILD)->header->difficulty.w[0], 1);
		drive_close(&d);
	}
	EXPECT(low < 50);
	EXPECT(high >= 950 && high < 1000);
}

TEST(test_seal_same_seed_gives_same_wiggle)
{
	uint64_t at[2];
	struct drive d;
	size_t i;

	for (i = 0; i < 2; i++) {
		drive_open(&d, 5, 0);
		d.rig.conf.seed = 77;
		drive_start(&d, false);
		at[i] = drive_timer_at(&d);
		drive_close(&d);
	}
	EXPECT_U64(at[0], at[1]);
}

TEST(test_seal_recent_signer_is_blocked_and_says_by_whom)
{
	const char *why;
	char text[43];
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, false);
	EXPECT(drive_seal(&d, 1) != NULL);
	why = drive_why(&d, ENGINE_BLOCKED);
	EXPECT(strstr(why, "signed block 1 and may sign again from block 3") !=
	       NULL);
	hex_put0x(text, bytes_of(rig_addr(0).b, 20));
	EXPECT(strstr(why, text) != NULL);
	hex_put0x(text, bytes_of(rig_addr(1).b, 20));
	EXPECT(strstr(why, text) == NULL);
	EXPECT(drive_effect(&d, EF_BUILD) == NULL);
	d.now_ms += 4000;
	EXPECT(strstr(drive_why(&d, ENGINE_STALLED), "overdue by") != NULL);
	drive_close(&d);
}

/* The only signer seals block after block; a checkpoint lists it. */
TEST(test_seal_alone_goes_on_over_checkpoints)
{
	const struct header *h;
	struct drive d;
	uint64_t i;

	drive_open(&d, 1, 0);
	d.rig.conf.epoch = 3;
	drive_start(&d, false);
	for (i = 1; i <= 10; i++) {
		h = drive_seal(&d, i % 2);
		if (h == NULL)
			break;
		EXPECT_U64(h->number, i);
		EXPECT_U64(h->time, 1000 + i);
		EXPECT_U64(h->extra.len, 97 + (i % 3 == 0 ? 20 : 0));
	}
	EXPECT_U64(i, 11);
	drive_close(&d);
}

TEST(test_seal_period_zero_waits_for_work)
{
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.conf.period_s = 0;
	drive_start(&d, false);
	EXPECT_U64(d.out.cnt, 0);
	EXPECT_STR(drive_why(&d, ENGINE_IDLE),
	    "no transactions, and empty blocks are left out");
	d.now_ms += 7000;
	drive_event(&d, EV_WORK);
	EXPECT_U64(drive_timer_at(&d), d.now_ms);
	EXPECT(drive_seal(&d, 1) != NULL);
	EXPECT_U64(d.head->time, 1007);
	/* The same second again is fine without a period. */
	EXPECT(drive_seal(&d, 1) != NULL);
	EXPECT_U64(d.head->time, 1007);
	drive_head(&d, d.head, false);
	EXPECT_U64(d.out.cnt, 0);
	drive_close(&d);
}

TEST(test_seal_skip_empty_keeps_a_heartbeat)
{
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.conf.skip_empty = true;
	d.rig.conf.heartbeat_s = 60;
	drive_start(&d, false);
	EXPECT_U64(drive_timer_at(&d), genesis_ms + 60000);
	d.now_ms += 10000;
	drive_event(&d, EV_WORK);
	EXPECT_U64(drive_timer_at(&d), d.now_ms);
	drive_event(&d, EV_WORK); /* planned already */
	EXPECT_U64(d.out.cnt, 0);
	drive_event(&d, EV_TIMER);
	drive_built(&d, 2);
	EXPECT(drive_effect(&d, EF_SIGN) != NULL);
	drive_close(&d);
}

TEST(test_seal_heartbeat_seals_an_empty_block)
{
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.conf.skip_empty = true;
	d.rig.conf.heartbeat_s = 60;
	drive_start(&d, false);
	EXPECT(drive_seal(&d, 0) != NULL);
	EXPECT_U64(d.head->time, 1060);
	drive_close(&d);
}

/* A client that began to watch just after its transaction was mined sees one
 * more head soon; after that one the heartbeat counts. */
TEST(test_seal_block_with_transactions_is_followed_by_an_empty_one)
{
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.conf.skip_empty = true;
	d.rig.conf.heartbeat_s = 60;
	d.rig.conf.settle_s = 2;
	drive_start(&d, true);
	EXPECT(drive_seal(&d, 1) != NULL);
	EXPECT_U64(d.head->time, 1001);
	drive_head(&d, d.head, false);
	EXPECT(drive_seal(&d, 0) != NULL);
	EXPECT_U64(d.head->time, 1003);
	drive_head(&d, d.head, false);
	EXPECT(drive_seal(&d, 0) != NULL);
	EXPECT_U64(d.head->time, 1063);
	drive_close(&d);
}

/* Without a heartbeat the chain rests after it; a heartbeat that is sooner
 * counts. */
TEST(test_seal_settling_and_heartbeat_whichever_is_first)
{
	static const struct {
		const char *name;
		uint64_t heartbeat_s, settle_s, want;
	} rows[] = {{"no heartbeat", 0, 2, 1003}, {"soon", 2, 5, 1003},
	    {"no settling", 5, 0, 1006}, {"neither", 0, 0, 0}};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct drive d;

		test_row(rows[i].name);
		drive_open(&d, 1, 0);
		d.rig.conf.skip_empty = true;
		d.rig.conf.heartbeat_s = rows[i].heartbeat_s;
		d.rig.conf.settle_s = rows[i].settle_s;
		drive_start(&d, true);
		EXPECT(drive_seal(&d, 1) != NULL);
		drive_head(&d, d.head, false);
		if (rows[i].want == 0) {
			EXPECT_U64(drive_timer_at(&d), 0);
		} else {
			EXPECT(drive_seal(&d, 0) != NULL);
			EXPECT_U64(d.head->time, rows[i].want);
		}
		drive_close(&d);
	}
}

/* The pool promised work that could not be mined: no empty block, a growing
 * pause, and new work starts over at once. */
TEST(test_seal_pointless_block_is_not_signed)
{
	uint64_t first;
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.conf.skip_empty = true;
	drive_start(&d, true);
	drive_fire(&d);
	drive_built(&d, 0);
	EXPECT(drive_effect(&d, EF_SIGN) == NULL);
	first = drive_timer_at(&d) - d.now_ms;
	EXPECT(first > 0);
	drive_fire(&d); /* plans */
	drive_fire(&d); /* builds */
	drive_built(&d, 0);
	EXPECT(drive_timer_at(&d) - d.now_ms > first);
	drive_event(&d, EV_WORK);
	EXPECT_U64(drive_timer_at(&d), d.now_ms);
	drive_event(&d, EV_TIMER);
	drive_built(&d, 1);
	EXPECT(drive_effect(&d, EF_SIGN) != NULL);
	drive_close(&d);
}

/* A build of 200 ms makes the next one start 250 ms early; it is held until
 * it is due, and only then signed. */
TEST(test_seal_built_early_is_signed_when_due)
{
	uint64_t due;
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	drive_fire(&d);
	d.now_ms += 200;
	drive_built(&d, 1);
	drive_signed(&d);
	drive_head(&d, rig_chain(&d.rig, d.head, 0, 1), true);
	due = (d.head->time + 1) * 1000;
	EXPECT_U64(drive_timer_at(&d), due - 250);
	drive_fire(&d);
	EXPECT_U64(drive_effect(&d, EF_BUILD)->header->time, d.head->time + 1);
	d.now_ms += 10;
	drive_built(&d, 1);
	EXPECT(drive_effect(&d, EF_SIGN) == NULL);
	EXPECT_U64(drive_timer_at(&d), due);
	drive_event(&d, EV_TIMER); /* too early */
	EXPECT(drive_effect(&d, EF_SIGN) == NULL);
	drive_fire(&d);
	EXPECT(drive_effect(&d, EF_SIGN) != NULL);
	drive_close(&d);
}

TEST(test_seal_denied_height_is_left_to_others)
{
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	drive_fire(&d);
	drive_built(&d, 1);
	drive_refuse(&d, RC_DENIED);
	EXPECT(strstr(drive_why(&d, ENGINE_BLOCKED),
		   "block 1 was signed before") != NULL);
	/* Nothing but another head makes it sign again. */
	drive_event(&d, EV_WORK);
	EXPECT(drive_effect(&d, EF_BUILD) == NULL);
	d.now_ms += 60000;
	drive_event(&d, EV_TIMER);
	EXPECT(drive_effect(&d, EF_BUILD) == NULL);
	drive_other(&d, 2);
	drive_fire(&d);
	EXPECT(drive_effect(&d, EF_BUILD) != NULL);
	drive_close(&d);
}

TEST(test_seal_failed_attempts_pause_longer_and_longer)
{
	static const uint64_t want[] = {
	    500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
	struct drive d;
	size_t i;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		drive_fire(&d);
		drive_refuse(&d, RC_NO_MEMORY);
		EXPECT_U64(drive_timer_at(&d) - d.now_ms, want[i]);
		drive_fire(&d);
	}
	EXPECT(strstr(drive_why(&d, ENGINE_WAITING), "in turn") != NULL);
	/* A locked key is no reason to give the height up. */
	drive_fire(&d);
	drive_built(&d, 1);
	drive_refuse(&d, RC_NOT_FOUND);
	EXPECT(strstr(drive_why(&d, ENGINE_WAITING), "not found") != NULL);
	drive_fire(&d);
	drive_fire(&d);
	drive_built(&d, 1);
	drive_signed(&d);
	EXPECT(drive_effect(&d, EF_SEALED) != NULL);
	drive_close(&d);
}

TEST(test_seal_lost_answer_is_tried_again)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	drive_fire(&d); /* EF_BUILD, never answered */
	drive_fire(&d); /* the watch */
	EXPECT(drive_effect(&d, EF_BUILD) == NULL);
	drive_fire(&d); /* plan */
	drive_fire(&d);
	EXPECT(drive_effect(&d, EF_BUILD) != NULL);
	drive_close(&d);
}

/* A signature that nobody answered may exist: the height is used up. */
TEST(test_seal_lost_signature_uses_the_height_up)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	drive_fire(&d);
	drive_built(&d, 1);
	drive_fire(&d); /* the watch */
	drive_fire(&d); /* plan */
	EXPECT(strstr(drive_why(&d, ENGINE_STALLED), "signed before") != NULL);
	drive_close(&d);
}

TEST(test_seal_new_head_drops_what_was_under_way)
{
	const struct engine_effect *ef;
	struct engine_event late = {.kind = EV_BUILT};
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	drive_fire(&d);
	ef = drive_effect(&d, EF_BUILD);
	late.header = header_copy(&d.rig.arena, ef->header);
	drive_other(&d, 2);
	drive_step(&d, &late);
	EXPECT_U64(d.out.cnt, 0);
	drive_event(&d, EV_SIGNED);
	EXPECT_U64(d.out.cnt, 0);
	drive_refuse(&d, RC_DENIED);
	EXPECT_U64(d.out.cnt, 0);
	drive_close(&d);
}

TEST(test_seal_built_block_of_another_template_is_ignored)
{
	static const char *const rows[] = {
	    "parent", "number", "time", "difficulty", "extra data"};
	struct header h;
	struct drive d;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i]);
		drive_open(&d, 1, 0);
		drive_start(&d, true);
		drive_fire(&d);
		h = *drive_effect(&d, EF_BUILD)->header;
		h.parent.b[0] ^= i == 0;
		h.number += i == 1;
		h.time += i == 2;
		h.difficulty.w[0] -= i == 3;
		h.extra.len -= i == 4;
		drive_step(
		    &d, &(struct engine_event){.kind = EV_BUILT, .header = &h});
		EXPECT_U64(d.out.cnt, 0);
		drive_close(&d);
	}
	test_count(i);
}

TEST(test_seal_before_the_start_nothing_happens)
{
	struct addr a = rig_addr(5);
	struct drive d;

	drive_open(&d, 3, 1);
	d.g = rig_engine(&d.rig);
	drive_event(&d, EV_TIMER);
	EXPECT_U64(d.out.cnt, 0);
	drive_event(&d, EV_WORK);
	EXPECT_U64(d.out.cnt, 0);
	drive_event(&d, EV_SIGNED);
	EXPECT_U64(d.out.cnt, 0);
	drive_refuse(&d, RC_IO);
	EXPECT_U64(d.out.cnt, 0);
	EXPECT_RC(engine_propose(d.g, &a, true, NULL), RC_OK);
	drive_close(&d);
}

/* The store cannot be read: that is for the caller to know. */
TEST(test_seal_failed_reads_stop)
{
	struct engine_event ev = {.kind = EV_START, .has_work = true};
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	engine_free(d.g);
	d.g = rig_engine(&d.rig);
	ev.header = rig_chain(&d.rig, d.head, 2, 3);
	ev.hash = header_hash(ev.header);
	d.rig.header_rc = RC_IO;
	EXPECT_RC(
	    engine_step(d.g, &d.arena, &d.out, &ev, d.now_ms, NULL), RC_IO);
	d.rig.header_rc = RC_CORRUPT;
	EXPECT_RC(engine_step(d.g, &d.arena, &d.out, &ev, d.now_ms, NULL),
	    RC_CORRUPT);
	d.rig.header_rc = RC_OK;
	d.rig.staged_rc = RC_IO;
	EXPECT_RC(
	    engine_step(d.g, &d.arena, &d.out, &ev, d.now_ms, NULL), RC_IO);
	d.rig.staged_rc = RC_CORRUPT;
	EXPECT_RC(engine_step(d.g, &d.arena, &d.out, &ev, d.now_ms, NULL),
	    RC_CORRUPT);
	drive_close(&d);
}

/* Work that comes while a heartbeat is under way waits for the next block. */
TEST(test_seal_work_during_a_heartbeat_waits)
{
	struct drive d;
	unsigned steps;

	for (steps = 1; steps <= 3; steps++) {
		drive_open(&d, 3, 1);
		d.rig.conf.skip_empty = true;
		d.rig.conf.heartbeat_s = 10;
		drive_start(&d, false);
		drive_fire(&d);
		if (steps >= 2)
			drive_built(&d, 0);
		if (steps >= 3)
			drive_signed(&d);
		drive_event(&d, EV_WORK);
		EXPECT_U64(d.out.cnt, 0);
		drive_close(&d);
	}
}

/* While blocked, new work starts patience: now a block is due. */
TEST(test_seal_work_while_blocked_starts_patience)
{
	uint64_t before;
	struct drive d;

	drive_open(&d, 3, 1);
	d.rig.conf.skip_empty = true;
	d.rig.conf.heartbeat_s = 100;
	drive_start(&d, true);
	EXPECT(drive_seal(&d, 1) != NULL);
	drive_head(&d, d.head, false);
	before = drive_timer_at(&d);
	drive_event(&d, EV_WORK);
	EXPECT(drive_timer_at(&d) < before);
	drive_close(&d);
}

TEST(test_seal_work_while_held_waits_for_the_next_block)
{
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.conf.skip_empty = true;
	d.rig.conf.heartbeat_s = 10;
	drive_start(&d, false);
	drive_fire(&d);
	d.now_ms += 200; /* the next build starts early */
	drive_built(&d, 0);
	drive_signed(&d);
	drive_head(&d, rig_chain(&d.rig, d.head, 0, 1), false);
	drive_fire(&d);
	drive_built(&d, 0);
	EXPECT(drive_effect(&d, EF_SIGN) == NULL);
	drive_event(&d, EV_WORK);
	EXPECT_U64(d.out.cnt, 0);
	drive_refuse(&d, RC_IO);
	EXPECT_U64(d.out.cnt, 0);
	drive_close(&d);
}

TEST(test_seal_wrong_key_seals_nothing)
{
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	drive_fire(&d);
	drive_built(&d, 1);
	drive_signed_by(&d, 2);
	EXPECT(drive_effect(&d, EF_SEALED) == NULL);
	EXPECT(
	    strstr(drive_why(&d, ENGINE_WAITING), "invalid signature") != NULL);
	drive_close(&d);
}

TEST(test_seal_head_of_the_future_is_waited_for)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	d.now_ms = genesis_ms - 90000;
	drive_head(&d, d.head, true);
	EXPECT_U64(drive_timer_at(&d), genesis_ms + 1000);
	EXPECT(strstr(drive_why(&d, ENGINE_WAITING),
		   "the head is 90 s ahead of this clock") != NULL);
	drive_close(&d);
}

/* What was due in a second must not wait until the clock has caught up. */
TEST(test_seal_clock_set_back_is_planned_anew)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	d.now_ms += 60000;
	drive_head(&d, d.head, true);
	EXPECT_U64(drive_timer_at(&d), d.now_ms);
	d.now_ms -= 50000;
	drive_event(&d, EV_TIMER); /* counted down on a monotonic clock */
	EXPECT_U64(drive_timer_at(&d), d.now_ms);
	d.now_ms -= 1000;
	drive_event(&d, EV_WORK);
	EXPECT_U64(drive_timer_at(&d), d.now_ms);
	drive_close(&d);
}

TEST(test_seal_timer_that_comes_early_is_asked_for_again)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	d.now_ms += 400;
	drive_event(&d, EV_TIMER);
	EXPECT_U64(drive_timer_at(&d), genesis_ms + 1000);
	EXPECT(drive_effect(&d, EF_BUILD) == NULL);
	drive_close(&d);
}

TEST(test_seal_late_block_carries_the_clock)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	d.now_ms = genesis_ms + 123456;
	drive_event(&d, EV_TIMER);
	EXPECT_U64(drive_effect(&d, EF_BUILD)->header->time, 1123);
	drive_close(&d);
}

TEST(test_seal_gas_limit_moves_to_the_target)
{
	static const struct {
		const char *name;
		uint64_t target, want;
	} rows[] = {
	    {"up by the largest step", 30000000, 8000000 + 8000000 / 1024 - 1},
	    {"down by the largest step", 5000, 8000000 - 8000000 / 1024 + 1},
	    {"there already", 8000000, 8000000},
	    {"close by", 8000010, 8000010},
	    {"close below", 7999990, 7999990},
	};
	struct drive d;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		drive_open(&d, 1, 0);
		d.rig.conf.gas_limit = rows[i].target;
		drive_start(&d, true);
		EXPECT(drive_seal(&d, 1) != NULL);
		EXPECT_U64(d.head->gas_limit, rows[i].want);
		drive_close(&d);
	}
	test_count(i);
}

/* What engine_gas says of a head must come true in the blocks after it. */
TEST(test_seal_gas_is_what_the_next_blocks_hold)
{
	static const struct {
		const char *name;
		uint64_t target, lasting;
		bool is_follower;
	} rows[] = {
	    {"rising", 30000000, 8000000, false},
	    {"falling", 5000000, 5000000, false},
	    {"there already", 8000000, 8000000, false},
	    {"below the protocol's least", 1, 5000, false},
	    {"above the protocol's most", UINT64_MAX, 8000000, false},
	    {"a follower has no target", 5000000, 8000000, true},
	};
	struct engine_gas gas;
	struct drive d;
	size_t i, k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		drive_open(&d, 1, 0);
		d.rig.conf.gas_limit = rows[i].target;
		d.rig.conf.is_sealer = !rows[i].is_follower;
		drive_start(&d, true);
		engine_gas(d.g, &gas, d.head);
		EXPECT_U64(gas.lasting, rows[i].lasting);
		if (rows[i].is_follower)
			EXPECT_U64(gas.next, d.head->gas_limit);
		for (k = 0; !rows[i].is_follower && k < 20; k++) {
			engine_gas(d.g, &gas, d.head);
			EXPECT(drive_seal(&d, 1) != NULL);
			EXPECT_U64(d.head->gas_limit, gas.next);
			EXPECT(d.head->gas_limit >= rows[i].lasting);
			EXPECT(gas.lasting >= rows[i].lasting);
		}
		drive_close(&d);
	}
	test_count(i);
}

/* EIP-1559 doubles the limit at the fork. */
TEST(test_seal_first_london_block_doubles_the_gas_limit)
{
	struct engine_gas gas;
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.forks.at[FORK_LONDON] = 2;
	d.rig.conf.gas_limit = 16000000;
	drive_start(&d, true);
	EXPECT(drive_seal(&d, 1) != NULL);
	EXPECT_U64(d.head->field_cnt, HEADER_FIELDS_FRONTIER);
	engine_gas(d.g, &gas, d.head);
	EXPECT_U64(gas.next, 16000000);
	EXPECT(gas.lasting == d.head->gas_limit && gas.lasting < 8100000);
	EXPECT(drive_seal(&d, 1) != NULL);
	EXPECT_U64(d.head->field_cnt, HEADER_FIELDS_LONDON);
	EXPECT_U64(d.head->gas_limit, 16000000);
	EXPECT_U64(d.head->base_fee.w[0], 1000000000);
	drive_close(&d);
}

/* Staging: the block is durable before it is signed. ------------------ */

TEST(test_seal_stages_before_it_signs)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	drive_fire(&d);
	EXPECT_U64(d.rig.stage_cnt, 0);
	drive_built(&d, 1);
	EXPECT_U64(d.rig.stage_cnt, 1);
	EXPECT(drive_effect(&d, EF_SIGN) != NULL);
	drive_close(&d);
}

TEST(test_seal_failed_staging_signs_nothing)
{
	struct engine_event ev = {.kind = EV_BUILT};
	struct header *h;
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	drive_fire(&d);
	h = header_copy(&d.rig.arena, drive_effect(&d, EF_BUILD)->header);
	ev.header = h;
	d.rig.stage_rc = RC_IO;
	EXPECT_RC(
	    engine_step(d.g, &d.arena, &d.out, &ev, d.now_ms, NULL), RC_IO);
	EXPECT(drive_effect(&d, EF_SIGN) == NULL);
	drive_close(&d);
}

/* A crash after the signature: the same bytes are signed again. */
TEST(test_seal_restart_resumes_the_staged_block)
{
	struct hash digest;
	struct header *h;
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	drive_fire(&d);
	h = header_copy(&d.rig.arena, drive_effect(&d, EF_BUILD)->header);
	h->tx_root = h->receipts_root = HASH_EMPTY_CODE;
	h->gas_used = 21000;
	drive_step(&d, &(struct engine_event){.kind = EV_BUILT, .header = h});
	digest = drive_effect(&d, EF_SIGN)->digest;
	d.rig.staged = h;
	/* At once, also where the clock was set back: it was due before. */
	d.now_ms -= 30000;
	drive_restart(&d);
	EXPECT(drive_effect(&d, EF_SIGN) != NULL);
	EXPECT(hash_eq(&drive_effect(&d, EF_SIGN)->digest, &digest));
	drive_signed(&d);
	EXPECT(drive_effect(&d, EF_SEALED) != NULL);
	EXPECT_U64(drive_effect(&d, EF_SEALED)->header->gas_used, 21000);
	drive_close(&d);
}

TEST(test_seal_restart_ignores_a_staged_block_that_no_longer_fits)
{
	static const char *const rows[] = {"another parent", "another number",
	    "wrong difficulty", "no room for a seal"};
	struct header h;
	struct drive d;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i]);
		drive_open(&d, 3, 1);
		drive_start(&d, true);
		drive_fire(&d);
		h = *header_copy(
		    &d.rig.arena, drive_effect(&d, EF_BUILD)->header);
		h.parent.b[0] ^= i == 0;
		h.number += i == 1;
		h.difficulty.w[0] -= i == 2;
		h.extra.len -= i == 3;
		d.rig.staged = &h;
		drive_restart(&d);
		EXPECT(drive_effect(&d, EF_SIGN) == NULL);
		EXPECT(drive_timer_at(&d) > 0);
		drive_close(&d);
	}
	test_count(i);
}

/* Answers to questions that were not asked, in every phase. */
TEST(test_seal_events_out_of_place_have_no_effect)
{
	static const struct {
		const char *name;
		size_t self;    /* of three */
		unsigned steps; /* how far to go: timer, build, sign, import */
	} rows[] = {
	    {"blocked", 1, 5},
	    {"waiting", 1, 0},
	    {"building", 1, 1},
	    {"signing", 1, 2},
	    {"importing", 1, 3},
	    {"stranger", 7, 0},
	};
	struct drive d;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		drive_open(&d, 3, rows[i].self);
		drive_start(&d, true);
		if (rows[i].steps == 5)
			EXPECT(drive_seal(&d, 1) != NULL);
		if (rows[i].steps >= 1 && rows[i].steps < 5)
			drive_fire(&d);
		if (rows[i].steps >= 2 && rows[i].steps < 5)
			drive_built(&d, 1);
		if (rows[i].steps == 3)
			drive_signed(&d);
		drive_event(&d, EV_MESSAGE);
		EXPECT_U64(d.out.cnt, 0);
		drive_event(&d, EV_WORK);
		EXPECT_U64(d.out.cnt, 0);
		if (rows[i].steps != 1) {
			drive_step(&d, &(struct engine_event){
					   .kind = EV_BUILT, .header = d.head});
			EXPECT_U64(d.out.cnt, 0);
		}
		if (rows[i].steps != 2) {
			drive_event(&d, EV_SIGNED);
			EXPECT_U64(d.out.cnt, 0);
		}
		if (rows[i].steps == 0 || rows[i].steps == 5) {
			drive_refuse(&d, RC_IO);
			EXPECT_U64(d.out.cnt, 0);
		}
		drive_close(&d);
	}
	test_count(i);
}

/* The block could not be imported: its height is used up. */
TEST(test_seal_failed_import_leaves_the_height_to_others)
{
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	drive_fire(&d);
	drive_built(&d, 1);
	drive_signed(&d);
	drive_refuse(&d, RC_BLK_STATE_ROOT);
	EXPECT(strstr(drive_why(&d, ENGINE_WAITING), "merkle root") != NULL);
	drive_fire(&d);
	EXPECT(strstr(drive_why(&d, ENGINE_BLOCKED), "signed before") != NULL);
	drive_close(&d);
}

TEST(test_seal_lost_import_is_noticed)
{
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	drive_fire(&d);
	drive_built(&d, 1);
	drive_signed(&d);
	drive_fire(&d); /* the watch */
	EXPECT(strstr(drive_why(&d, ENGINE_WAITING), "timed out") != NULL);
	drive_close(&d);
}

/* Without staging, as in tools that seal into memory. */
TEST(test_seal_chain_without_staging_is_fine)
{
	struct engine_event ev = {.kind = EV_START, .has_work = true};
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	engine_free(d.g);
	d.rig.link.stage = NULL;
	d.rig.link.staged = NULL;
	EXPECT_RC(clique_new(&d.g, &d.rig.conf, &d.rig.link, NULL), RC_OK);
	ev.header = d.head;
	ev.hash = header_hash(d.head);
	drive_step(&d, &ev);
	EXPECT(drive_seal(&d, 1) != NULL);
	EXPECT_U64(d.rig.stage_cnt, 0);
	drive_close(&d);
}

TEST(test_seal_failed_keep_stops)
{
	struct engine_event ev = {.kind = EV_HEAD, .has_work = true};
	struct header other;
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	/* Another head at the same height: a fork, which is kept. */
	rig_next(&d.rig, &other, d.head, 2, 3);
	rig_seal(&d.rig, &other, 2);
	rig_put(&d.rig, &other);
	drive_other(&d, 0);
	ev.header = &other;
	ev.hash = header_hash(&other);
	d.rig.keep_rc = RC_IO;
	EXPECT_RC(
	    engine_step(d.g, &d.arena, &d.out, &ev, d.now_ms, NULL), RC_IO);
	drive_close(&d);
}

/* Times at the end of the range never come, and nothing wraps. */
TEST(test_seal_absurd_times_are_never_due)
{
	struct header h;
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.conf.period_s = UINT64_MAX;
	drive_start(&d, true);
	EXPECT_U64(d.out.cnt, 0);
	drive_close(&d);
	drive_open(&d, 1, 0);
	drive_start(&d, true);
	h = *d.head;
	h.time = UINT64_MAX - 5;
	rig_put(&d.rig, &h);
	drive_head(&d, header_copy(&d.rig.arena, &h), true);
	EXPECT_U64(d.out.cnt, 0);
	drive_close(&d);
}

TEST(test_seal_counts_what_it_did)
{
	struct engine_status s;
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	EXPECT(drive_seal(&d, 1) != NULL);
	drive_fire(&d);
	drive_refuse(&d, RC_TIMEOUT);
	engine_status(d.g, &s, d.now_ms);
	EXPECT_U64(s.sealed_cnt, 1);
	EXPECT_U64(s.refused_cnt, 1);
	drive_close(&d);
}
