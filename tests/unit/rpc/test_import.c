/* SPDX-License-Identifier: Apache-2.0
 *
 * sekisho_importBlock: what becomes of a block that somebody brings.
 */
#include <string.h>

#include "rig.h"
#include "test.h"

/* raw_of is a block's bytes as text in quotes, from the node that has it. */
static const char *
raw_of(struct rig *from, uint64_t number)
{
	return rig_result(from, "debug_getRawBlock",
	    rig_fmt(from, "[\"0x%llx\"]", (unsigned long long)number));
}

static const char *
bring(struct rig *r, const char *quoted, const char *member)
{
	return rig_member(
	    r, "sekisho_importBlock", rig_fmt(r, "[%s]", quoted), member);
}

/* pay has an account of the rig pay another, so that blocks differ. */
static void
pay(struct rig *r, unsigned from, uint64_t value)
{
	EXPECT(strlen(rig_send(
		   r, &(struct rig_tx){.from = from, .value = value})) == 66);
}

/* Two nodes with a block 1 of their own each, and blocks 2 and 3 of the first.
 */
static void
open_both(struct rig *a, struct rig *b)
{
	rig_open(a);
	rig_open(b);
	pay(a, 1, 7);
	(void)rig_mine(a);
	(void)rig_mine(a);
	(void)rig_mine(a);
	pay(b, 2, 9);
	(void)rig_mine(b);
	a->hands.wall_ms = b->hands.wall_ms = 2000 * 1000;
}

TEST(test_import_block_of_a_better_branch_takes_the_head)
{
	struct rig a, b;

	open_both(&a, &b);
	EXPECT_STR(bring(&b, raw_of(&a, 3), "outcome"), "gap");
	EXPECT_STR(bring(&b, raw_of(&a, 2), "outcome"), "orphan");
	EXPECT_STR(bring(&b, raw_of(&a, 1), "outcome"), "side");
	EXPECT_STR(bring(&b, raw_of(&a, 1), "outcome"), "known");
	EXPECT_STR(bring(&b, raw_of(&a, 2), "undone"), "0x1");
	EXPECT_STR(bring(&b, raw_of(&a, 2), "outcome"), "known");
	EXPECT_STR(rig_result(&b, "eth_blockNumber", "[]"), "\"0x2\"");
	EXPECT_STR(rig_hash(&b, 2), rig_hash(&a, 2));
	EXPECT_STR(bring(&b, raw_of(&a, 3), "undone"), "0x0");
	EXPECT_STR(bring(&a, raw_of(&b, 2), "head"), "0x3");
	rig_close(&b);
	rig_close(&a);
}

TEST(test_import_block_of_a_later_time_is_refused)
{
	struct rig a, b;

	open_both(&a, &b);
	b.hands.wall_ms = 0;
	EXPECT_STR(bring(&b, raw_of(&a, 1), "outcome"), "refused");
	EXPECT_STR(bring(&b, raw_of(&a, 1), "reason"),
	    "block 1 is 1001 s ahead of the clock");
	EXPECT_STR(rig_result(&b, "eth_blockNumber", "[]"), "\"0x1\"");
	rig_close(&b);
	rig_close(&a);
}

/* The seal stands behind 32 bytes of vanity. */
TEST(test_import_block_with_a_stranger_s_seal_is_unauthorized)
{
	static const char vanity[] = "b861000000000000000000000000000000000000"
				     "0000000000000000000000000000";
	struct rig a, b;
	char *text, *seal;

	open_both(&a, &b);
	text = (char *)(uintptr_t)rig_fmt(&a, "%s", raw_of(&a, 1));
	seal = strstr(text, vanity);
	EXPECT(seal != NULL);
	if (seal != NULL) {
		seal += sizeof(vanity) - 1 + 20;
		*seal = *seal == '0' ? '1' : '0';
		EXPECT_STR(bring(&b, text, "outcome"), "unauthorized");
	}
	EXPECT_STR(rig_result(&b, "eth_blockNumber", "[]"), "\"0x1\"");
	rig_close(&b);
	rig_close(&a);
}

TEST(test_import_block_from_long_ago_is_stale)
{
	struct rig a, b;
	unsigned i;

	open_both(&a, &b);
	for (i = 0; i < CHAIN_REORG_MAX; i++)
		(void)rig_mine(&b);
	EXPECT_STR(bring(&b, raw_of(&a, 1), "outcome"), "stale");
	rig_close(&b);
	rig_close(&a);
}

TEST(test_import_block_what_is_none_is_an_error)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "sekisho_importBlock", "[]",
	    "-32602 missing value for required argument 0");
	EXPECT_CALL(&r, "sekisho_importBlock", "[\"0x\"]",
	    "-32602 invalid argument 0: not a block: RLP ends before an item");
	EXPECT_CALL(&r, "sekisho_importBlock", "[\"0xc0\"]",
	    "-32602 invalid argument 0: not a block: RLP ends before an item");
	EXPECT_CALL(&r, "sekisho_importBlock", "[7]",
	    "-32602 invalid argument 0: not a hex string");
	rig_close(&r);
}
