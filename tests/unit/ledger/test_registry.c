/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens' registration, personal data, bank accounts and agents.
 */
#include "test.h"
#include "world.h"

static void
open_share(struct world *w)
{
	world_open(w, CONTRACT_STRICT, "IbetShare", "SecurityExchange");
}

TEST(test_registry_token_is_registered_once_and_changes_owner)
{
	struct world w;
	const struct ledger_row *row;

	open_share(&w);
	world_log(
	    &w, LIST, "Register", who(TOKEN), text("IbetShare"), who(ISSUER));
	world_next(&w);
	world_log(&w, LIST, "ChangeOwner", who(TOKEN), who(ISSUER), who(BOB));
	world_run(&w, 0);
	EXPECT_U64(
	    world_at(&w, 1, LEDGER_TOKEN, TOKEN_OWNER, TOKEN, 0, 0), ISSUER);
	EXPECT_U64(world_cell(&w, LEDGER_TOKEN, TOKEN_OWNER, TOKEN, 0, 0), BOB);
	EXPECT_U64(world_cell(&w, LEDGER_TOKEN, TOKEN_LIST, TOKEN, 0, 0), LIST);
	EXPECT_U64(
	    world_cell(&w, LEDGER_TOKEN, TOKEN_REGISTERED_BLOCK, TOKEN, 0, 0),
	    1);
	row = w.past[LEDGER_TOKEN].head;
	EXPECT(bytes_eq(row->text, bytes_of_str("IbetShare")));
	EXPECT_STR(world_text(&w, ATTRIBUTE_owner),
	    "\"0x0000000000000000000000000000000000000007\"");
	world_close(&w);
}

TEST(test_registry_template_that_is_no_name_is_empty)
{
	static const char *const bad[] = {"", "a b", "x\ty", "\\N", "\xc3\xa9",
	    ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "aaaaa")};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct world w;

		open_share(&w);
		world_log(&w, LIST, "Register", who(TOKEN), text(bad[i]),
		    who(ISSUER));
		world_run(&w, 0);
		EXPECT_U64(w.past[LEDGER_TOKEN].cnt, 1);
		EXPECT_U64(w.past[LEDGER_TOKEN].head->text.len, 0);
		world_close(&w);
	}
}

TEST(test_registry_contract_unknown_is_refused)
{
	struct addr at = world_addr(STRANGER);
	struct err e = {0};
	struct world w;

	open_share(&w);
	EXPECT_RC(ledger_add_contract(
		      &w.sources, &at, CONTRACT_STRICT, "WhiteList", &e),
	    RC_NOT_FOUND);
	EXPECT_STR(e.text, "no contract WhiteList in profile strict");
	world_close(&w);
}

TEST(test_registry_personal_info_is_registered_and_corrected)
{
	struct world w;

	open_share(&w);
	world_log(&w, INFO, "Register", who(ALICE), who(ISSUER));
	world_next(&w);
	world_log(&w, INFO, "Modify", who(ALICE), who(ISSUER));
	world_run(&w, 1);
	EXPECT_U64(world_cell(&w, LEDGER_INFO, INFO_REGISTERED_BLOCK, INFO,
		       ALICE, ISSUER),
	    1);
	EXPECT_U64(world_cell(&w, LEDGER_INFO, INFO_MODIFIED_BLOCK, INFO, ALICE,
		       ISSUER),
	    2);
	EXPECT_U64(world_at(&w, 1, LEDGER_INFO, INFO_MODIFIED_BLOCK, INFO,
		       ALICE, ISSUER),
	    0);
	EXPECT_U64(w.past[LEDGER_EVENT].cnt, 2);
	world_close(&w);
}

TEST(test_registry_payment_account_status_by_row)
{
	static const struct {
		const char *event;
		uint64_t status;
	} row[] = {{"Register", 1}, {"Approve", 2}, {"Warn", 3},
	    {"Unapprove", 1}, {"Ban", 4}, {"Modify", 0}, {"Agree", 0}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct world w;

		test_row(row[i].event);
		open_share(&w);
		world_log(&w, GATEWAY, row[i].event, who(ALICE), who(AGENT));
		world_run(&w, 0);
		EXPECT_U64(world_cell(&w, LEDGER_PAYMENT, PAYMENT_STATUS,
			       GATEWAY, ALICE, AGENT),
		    row[i].status);
		world_close(&w);
		test_row(NULL);
	}
}

TEST(test_registry_terms_and_agents)
{
	struct world w;

	open_share(&w);
	world_log(&w, GATEWAY, "AddAgent", who(AGENT));
	world_log(&w, GATEWAY, "AddAgent", who(BOB));
	world_next(&w);
	world_log(&w, GATEWAY, "Agree", who(ALICE), who(AGENT));
	world_log(&w, GATEWAY, "Register", who(ALICE), who(AGENT));
	world_log(&w, GATEWAY, "RemoveAgent", who(BOB));
	world_run(&w, 1);
	EXPECT_U64(world_cell(&w, LEDGER_PAYMENT, PAYMENT_AGREED_BLOCK, GATEWAY,
		       ALICE, AGENT),
	    2);
	EXPECT_U64(
	    world_cell(&w, LEDGER_AGENT, AGENT_IS_AGENT, GATEWAY, AGENT, 0), 1);
	EXPECT_U64(
	    world_cell(&w, LEDGER_AGENT, AGENT_IS_AGENT, GATEWAY, BOB, 0), 0);
	EXPECT_U64(
	    world_at(&w, 1, LEDGER_AGENT, AGENT_IS_AGENT, GATEWAY, BOB, 0), 1);
	world_close(&w);
}
