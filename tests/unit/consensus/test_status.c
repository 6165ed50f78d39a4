/* SPDX-License-Identifier: Apache-2.0
 *
 * Why nothing is sealed, in words: every state an engine can be in says what
 * it waits for.
 */
#include "base/hex.h"
#include "drive.h"

static void
expect_why(struct drive *d, enum engine_state want, const char *part)
{
	const char *why = drive_why(d, want);

	if (strstr(why, part) == NULL)
		test_fail(
		    __FILE__, __LINE__, "\"%s\" has no \"%s\"", why, part);
}

TEST(test_status_before_the_start)
{
	struct drive d;

	drive_open(&d, 3, 1);
	d.g = rig_engine(&d.rig);
	expect_why(&d, ENGINE_OFF, "head of the chain is not known");
	drive_close(&d);
}

TEST(test_status_of_each_step)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	expect_why(&d, ENGINE_WAITING, "in turn for block 1");
	drive_fire(&d);
	expect_why(&d, ENGINE_BUSY, "block 1 is being built");
	d.now_ms += 300;
	drive_built(&d, 1);
	expect_why(&d, ENGINE_BUSY, "block 1 is being signed");
	drive_signed(&d);
	expect_why(&d, ENGINE_BUSY, "block 1 is being imported");
	drive_head(&d, rig_chain(&d.rig, d.head, 0, 1), true);
	drive_fire(&d);
	drive_built(&d, 1);
	expect_why(&d, ENGINE_WAITING, "in turn for block 2"); /* held */
	drive_close(&d);
}

TEST(test_status_without_transactions)
{
	struct drive d;

	drive_open(&d, 1, 0);
	d.rig.conf.skip_empty = true;
	d.rig.conf.heartbeat_s = 2;
	drive_start(&d, true);
	drive_fire(&d);
	drive_built(&d, 0);
	expect_why(
	    &d, ENGINE_IDLE, "no transaction of the pool could be mined");
	/* The pause ends at the heartbeat, not after it. */
	EXPECT(drive_timer_at(&d) <= (d.head->time + 2) * 1000);
	drive_close(&d);
}

TEST(test_status_of_an_empty_set)
{
	struct header h;
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	rig_next(&d.rig, &h, d.head, 0, 1);
	h.coinbase = rig_addr(0);
	rig_seal(&d.rig, &h, 0);
	rig_put(&d.rig, &h);
	drive_head(&d, header_copy(&d.rig.arena, &h), true);
	EXPECT_U64(d.out.cnt, 0);
	expect_why(&d, ENGINE_IDLE, "the signer set is empty");
	drive_close(&d);
}

/* Four are named, the others counted. */
TEST(test_status_names_whom_it_waits_for)
{
	char text[43];
	struct drive d;
	size_t i;

	drive_open(&d, 9, 0);
	drive_start(&d, true);
	drive_other(&d, 1);
	drive_head(&d, d.head, true);
	drive_fire(&d);
	drive_built(&d, 1);
	drive_refuse(&d, RC_DENIED);
	for (i = 2; i < 6; i++) {
		hex_put0x(text, bytes_of(rig_addr(i).b, 20));
		expect_why(&d, ENGINE_BLOCKED, text);
	}
	hex_put0x(text, bytes_of(rig_addr(1).b, 20)); /* recent */
	EXPECT(strstr(drive_why(&d, ENGINE_BLOCKED), text) == NULL);
	expect_why(&d, ENGINE_BLOCKED, " or 3 more");
	drive_close(&d);
}

TEST(test_status_when_the_others_are_gone)
{
	struct drive d;

	drive_open(&d, 1, 0);
	drive_start(&d, true);
	drive_fire(&d);
	drive_built(&d, 1);
	drive_refuse(&d, RC_DENIED);
	expect_why(&d, ENGINE_BLOCKED, "nobody, the other signers are gone");
	drive_close(&d);
}

/* The store lost what the signer set is made from. */
TEST(test_status_of_an_unknown_signer_set)
{
	struct hash past;
	struct drive d;

	drive_open(&d, 3, 1);
	drive_start(&d, true);
	drive_other(&d, 2);
	past = d.head->parent;
	engine_free(d.g);
	d.g = NULL;
	map_del(&d.rig.headers, past.b);
	drive_restart(&d);
	expect_why(&d, ENGINE_STALLED, "the signer set is not known: ");
	/* Tried again after a pause, in case it is there then. */
	EXPECT(drive_timer_at(&d) > d.now_ms);
	drive_close(&d);
}
