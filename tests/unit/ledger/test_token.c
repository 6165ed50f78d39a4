/* SPDX-License-Identifier: Apache-2.0
 *
 * What tokens' events do to positions, locks, requests and attributes. Each
 * scenario is run in one book and in a book for each block: the rows must be
 * the same.
 */
#include <string.h>

#include "test.h"
#include "world.h"

#define BALANCE(account)                                                       \
	world_cell(&w, LEDGER_POSITION, POSITION_BALANCE, TOKEN, account, 0)
#define PENDING(account)                                                       \
	world_cell(&w, LEDGER_POSITION, POSITION_PENDING, TOKEN, account, 0)
#define LOCKED(account)                                                        \
	world_cell(&w, LEDGER_POSITION, POSITION_LOCKED, TOKEN, account, 0)
#define LOCKED_FOR(account, keeper)                                            \
	world_cell(&w, LEDGER_LOCK, LOCK_AMOUNT, TOKEN, account, keeper)
#define SUPPLY world_cell(&w, LEDGER_SUPPLY, SUPPLY_TOTAL, TOKEN, 0, 0)

static void
open_bond(struct world *w)
{
	world_open(w, CONTRACT_STRICT, "IbetStraightBond", "SecurityExchange");
	world_log(w, TOKEN, "Transfer", who(0), who(ISSUER), num(1000));
	world_next(w);
}

/* As the contract does: what it logs, in its order. */
static void
force_change(struct world *w)
{
	world_log(w, TOKEN, "ForceChangeLockedAccount", who(KEEPER), who(ALICE),
	    who(BOB), num(10), text(""));
	world_log(w, TOKEN, "Transfer", who(ALICE), who(BOB), num(10));
}

TEST(test_token_transfers_move_balances_block_by_block)
{
	for (uint64_t blocks = 0; blocks <= 2; blocks++) {
		struct world w;

		open_bond(&w);
		world_log(
		    &w, TOKEN, "Transfer", who(ISSUER), who(ALICE), num(70));
		world_log(&w, TOKEN, "Transfer", who(ALICE), who(BOB), num(20));
		world_next(&w);
		world_log(&w, TOKEN, "Transfer", who(BOB), who(BOB), num(5));
		world_log(&w, TOKEN, "Transfer", who(BOB), who(0), num(5));
		world_run(&w, blocks);
		EXPECT_U64(BALANCE(ISSUER), 930);
		EXPECT_U64(BALANCE(ALICE), 50);
		EXPECT_U64(BALANCE(BOB), 15);
		EXPECT_U64(SUPPLY, 995);
		EXPECT_U64(world_at(&w, 2, LEDGER_POSITION, POSITION_BALANCE,
			       TOKEN, BOB, 0),
		    20);
		EXPECT_U64(world_at(&w, 1, LEDGER_POSITION, POSITION_BALANCE,
			       TOKEN, BOB, 0),
		    0);
		EXPECT_U64(
		    world_at(&w, 2, LEDGER_SUPPLY, SUPPLY_TOTAL, TOKEN, 0, 0),
		    1000);
		EXPECT_U64(w.past[LEDGER_TRANSFER].cnt, 5);
		/* one row for each account and block */
		EXPECT_U64(w.past[LEDGER_POSITION].cnt, 1 + 3 + 1);
		EXPECT_U64(w.past[LEDGER_EVENT].cnt, 0);
		world_close(&w);
	}
}

TEST(test_token_locks_leave_the_wallet_and_come_back)
{
	for (uint64_t blocks = 0; blocks <= 1; blocks++) {
		struct world w;

		open_bond(&w);
		world_log(
		    &w, TOKEN, "Transfer", who(ISSUER), who(ALICE), num(100));
		world_log(&w, TOKEN, "Lock", who(ALICE), who(KEEPER), num(30),
		    text("{}"));
		world_log(&w, TOKEN, "ForceLock", who(ALICE), who(STRANGER),
		    num(15), text(""));
		world_next(&w);
		/* to himself: no Transfer */
		world_log(&w, TOKEN, "Unlock", who(ALICE), who(KEEPER),
		    who(ALICE), num(4), text(""));
		world_log(&w, TOKEN, "ForceUnlock", who(ALICE), who(STRANGER),
		    who(BOB), num(5), text(""));
		world_log(&w, TOKEN, "Transfer", who(ALICE), who(BOB), num(5));
		world_next(&w);
		force_change(&w);
		world_run(&w, blocks);
		EXPECT_U64(BALANCE(ALICE), 59);
		EXPECT_U64(LOCKED(ALICE), 26);
		EXPECT_U64(LOCKED_FOR(ALICE, KEEPER), 16);
		EXPECT_U64(LOCKED_FOR(ALICE, STRANGER), 10);
		EXPECT_U64(BALANCE(BOB), 5);
		EXPECT_U64(LOCKED(BOB), 10);
		EXPECT_U64(LOCKED_FOR(BOB, KEEPER), 10);
		EXPECT_U64(world_at(&w, 2, LEDGER_LOCK, LOCK_AMOUNT, TOKEN,
			       ALICE, KEEPER),
		    30);
		world_close(&w);
	}
}

TEST(test_token_issue_and_redemption_in_a_lock_and_out_of_one)
{
	for (uint64_t blocks = 0; blocks <= 1; blocks++) {
		struct world w;

		open_bond(&w);
		world_log(&w, TOKEN, "Issue", who(ISSUER), who(ALICE), who(0),
		    num(40));
		world_log(&w, TOKEN, "Transfer", who(0), who(ALICE), num(40));
		world_log(&w, TOKEN, "Issue", who(ISSUER), who(ALICE),
		    who(KEEPER), num(60));
		world_log(&w, TOKEN, "Transfer", who(0), who(ALICE), num(60));
		world_next(&w);
		world_log(&w, TOKEN, "Redeem", who(ISSUER), who(ALICE), who(0),
		    num(1));
		world_log(&w, TOKEN, "Transfer", who(ALICE), who(0), num(1));
		world_log(&w, TOKEN, "Redeem", who(ISSUER), who(ALICE),
		    who(KEEPER), num(50));
		world_log(&w, TOKEN, "Transfer", who(ALICE), who(0), num(50));
		world_run(&w, blocks);
		EXPECT_U64(BALANCE(ALICE), 39);
		EXPECT_U64(LOCKED(ALICE), 10);
		EXPECT_U64(LOCKED_FOR(ALICE, KEEPER), 10);
		EXPECT_U64(SUPPLY, 1049);
		world_close(&w);
	}
}

TEST(test_token_requests_wait_and_end)
{
	for (uint64_t blocks = 0; blocks <= 1; blocks++) {
		struct world w;

		open_bond(&w);
		world_log(&w, TOKEN, "ApplyForTransfer", num(0), who(ISSUER),
		    who(ALICE), num(100), text("a"));
		world_log(&w, TOKEN, "ApplyForTransfer", num(1), who(ISSUER),
		    who(BOB), num(50), text("b"));
		world_log(&w, TOKEN, "ApplyForTransfer", num(2), who(ISSUER),
		    who(BOB), num(7), text("c"));
		world_next(&w);
		world_log(&w, TOKEN, "ApproveTransfer", num(0), who(ISSUER),
		    who(ALICE), text(""));
		world_log(
		    &w, TOKEN, "Transfer", who(ISSUER), who(ALICE), num(100));
		world_log(&w, TOKEN, "CancelTransfer", num(1), who(ISSUER),
		    who(BOB), text(""));
		/* one that was never made, by a contract of somebody's */
		world_log(&w, TOKEN, "CancelTransfer", num(9), who(ISSUER),
		    who(BOB), text(""));
		world_run(&w, blocks);
		EXPECT_U64(BALANCE(ISSUER), 893);
		EXPECT_U64(PENDING(ISSUER), 7);
		EXPECT_U64(BALANCE(ALICE), 100);
		EXPECT_U64(BALANCE(BOB), 0);
		EXPECT_U64(
		    world_cell(&w, LEDGER_REQUEST, REQUEST_STATUS, TOKEN, 0, 0),
		    STATUS_DONE);
		EXPECT_U64(
		    world_cell(&w, LEDGER_REQUEST, REQUEST_STATUS, TOKEN, 1, 0),
		    STATUS_CANCELED);
		EXPECT_U64(
		    world_cell(&w, LEDGER_REQUEST, REQUEST_STATUS, TOKEN, 2, 0),
		    STATUS_PENDING);
		EXPECT_U64(w.past[LEDGER_REQUEST].cnt, 5);
		EXPECT_U64(world_at(&w, 2, LEDGER_POSITION, POSITION_PENDING,
			       TOKEN, ISSUER, 0),
		    157);
		world_close(&w);
	}
}

TEST(test_token_coupon_is_used_up)
{
	struct world w;

	world_open(&w, CONTRACT_STRICT, "IbetCoupon", "CouponExchange");
	world_log(&w, TOKEN, "Transfer", who(0), who(ALICE), num(10));
	world_log(&w, TOKEN, "Consume", who(ALICE), num(7), num(3), num(3));
	world_run(&w, 0);
	EXPECT_U64(BALANCE(ALICE), 7);
	EXPECT_U64(
	    world_cell(&w, LEDGER_POSITION, POSITION_USED, TOKEN, ALICE, 0), 3);
	EXPECT_U64(SUPPLY, 10);
	EXPECT_U64(w.past[LEDGER_CONSUMPTION].cnt, 1);
	EXPECT_U64(w.past[LEDGER_CONSUMPTION].head->v[6].w[0], 3);
	EXPECT_U64(w.past[LEDGER_CONSUMPTION].head->v[7].w[0], 7);
	world_close(&w);
}

TEST(test_token_attributes_by_row)
{
	static const struct {
		const char *name;
		const char *text; /* NULL: a number */
		uint64_t number;
		enum ledger_attribute which;
		const char *want; /* NULL: not kept */
	} row[] = {
	    {"purpose", "a \"b\"\n", 0, ATTRIBUTE_purpose,
		"\"a \\\"b\\\"\\n\""},
	    {"purpose", "", 0, ATTRIBUTE_purpose, "\"\""},
	    {"memo", "\xff\xc3\xa9", 0, ATTRIBUTE_memo,
		"\"\xef\xbf\xbd\xc3\xa9\""},
	    {"faceValue", NULL, 10000, ATTRIBUTE_faceValue, "10000"},
	    {"transferable", NULL, 0, ATTRIBUTE_transferable, "false"},
	    {"transferable", NULL, 1, ATTRIBUTE_transferable, "true"},
	    {"tradableExchange", NULL, 4, ATTRIBUTE_tradableExchange,
		"\"0x0000000000000000000000000000000000000004\""},
	    {"faceValue", "10000", 0, ATTRIBUTE_faceValue, NULL},
	    {"purpose", NULL, 7, ATTRIBUTE_purpose, NULL},
	    {"purposes", "x", 0, ATTRIBUTE_purpose, NULL},
	    {"", "x", 0, ATTRIBUTE_name, NULL},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct world w;
		const char *got;

		test_row(row[i].name);
		open_bond(&w);
		if (row[i].text != NULL)
			world_log(&w, TOKEN, "ChangeText", name(row[i].name),
			    text(row[i].text));
		else
			world_log(&w, TOKEN, "ChangeNumber", name(row[i].name),
			    num(row[i].number));
		world_run(&w, 0);
		got = world_text(&w, row[i].which);
		EXPECT((got == NULL) == (row[i].want == NULL));
		if (got != NULL && row[i].want != NULL)
			EXPECT_STR(got, row[i].want);
		world_close(&w);
		test_row(NULL);
	}
}

TEST(test_token_flags_and_owner)
{
	struct world w;

	open_bond(&w);
	world_log(&w, TOKEN, "ChangeStatus", num(0));
	world_log_args(&w, TOKEN, "ChangeToRedeemed", NULL, 0);
	world_log(&w, TOKEN, "OwnershipTransferred", who(ISSUER), who(BOB));
	world_run(&w, 0);
	EXPECT_STR(world_text(&w, ATTRIBUTE_status), "false");
	EXPECT_STR(world_text(&w, ATTRIBUTE_isRedeemed), "true");
	EXPECT_STR(world_text(&w, ATTRIBUTE_owner),
	    "\"0x0000000000000000000000000000000000000009\"");
	EXPECT(world_text(&w, ATTRIBUTE_isCanceled) == NULL);
	world_close(&w);
}

TEST(test_token_text_with_nul_and_without_end_is_kept_readable)
{
	struct world w;
	struct abi_value v;
	static uint8_t big[LEDGER_TEXT_MAX + 100];
	const char *got;

	open_bond(&w);
	v = abi_data(bytes_of("a\0b", 3));
	world_log(&w, TOKEN, "ChangeText", name("memo"), v);
	memset(big, 'x', sizeof(big));
	v = abi_data(bytes_of(big, sizeof(big)));
	world_log(&w, TOKEN, "ChangeText", name("purpose"), v);
	world_run(&w, 0);
	EXPECT_STR(world_text(&w, ATTRIBUTE_memo), "\"a\xef\xbf\xbd"
						   "b\"");
	got = world_text(&w, ATTRIBUTE_purpose);
	EXPECT(got != NULL && strlen(got) == LEDGER_TEXT_MAX + 2);
	world_close(&w);
}

TEST(test_token_of_the_legacy_profile_has_transfers_and_no_positions)
{
	struct world w;

	world_open(&w, CONTRACT_LEGACY, "IbetCoupon", "IbetCouponExchange");
	world_log(&w, TOKEN, "Transfer", who(ISSUER), who(ALICE), num(10));
	world_log(&w, TOKEN, "Consume", who(ALICE), num(7), num(3), num(3));
	world_run(&w, 0);
	EXPECT_U64(w.past[LEDGER_TRANSFER].cnt, 1);
	EXPECT_U64(w.past[LEDGER_CONSUMPTION].cnt, 1);
	EXPECT_U64(w.past[LEDGER_EVENT].cnt, 1);
	EXPECT_U64(w.past[LEDGER_POSITION].cnt, 0);
	world_close(&w);
}

TEST(test_token_events_have_their_arguments)
{
	struct world w;
	const struct ledger_row *row;

	open_bond(&w);
	world_log(
	    &w, TOKEN, "Lock", who(ALICE), who(KEEPER), num(30), text("\"x\""));
	world_run(&w, 0);
	row = w.past[LEDGER_EVENT].head;
	EXPECT_U64(w.past[LEDGER_EVENT].cnt, 1);
	EXPECT_STR(row->word, "Lock");
	EXPECT(bytes_eq(row->text,
	    bytes_of_str("{\"accountAddress\":"
			 "\"0x0000000000000000000000000000000000000008\","
			 "\"lockAddress\":"
			 "\"0x000000000000000000000000000000000000000b\","
			 "\"value\":30,\"data\":\"\\\"x\\\"\"}")));
	world_close(&w);
}

TEST(test_token_logs_that_do_not_count)
{
	struct world w;
	struct ledger_log *log;

	open_bond(&w);
	world_log(&w, TOKEN, "Transfer", who(ISSUER), who(ALICE), num(10));
	log = &w.logs[w.cnt - 1];
	log->address = world_addr(STRANGER);
	world_log(&w, TOKEN, "Transfer", who(ISSUER), who(ALICE), num(10));
	w.logs[w.cnt - 1].data.len = 31;
	world_log(&w, TOKEN, "Transfer", who(ISSUER), who(ALICE), num(10));
	w.logs[w.cnt - 1].topics[1].b[0] = 1; /* no address */
	world_log(&w, TOKEN, "Transfer", who(ISSUER), who(ALICE), num(10));
	w.logs[w.cnt - 1].topic_cnt = 0;
	world_log(&w, TOKEN, "Transfer", who(ISSUER), who(ALICE), num(10));
	w.logs[w.cnt - 1].address = world_addr(EXCHANGE);
	world_run(&w, 0);
	EXPECT_U64(BALANCE(ISSUER), 1000);
	EXPECT_U64(w.past[LEDGER_TRANSFER].cnt, 1);
	world_close(&w);
}
