/* SPDX-License-Identifier: Apache-2.0
 *
 * What exchanges' events do to orders, agreements and what accounts have
 * there. As the contracts log them: an exchange speaks before the token that
 * it sends.
 */
#include "test.h"
#include "world.h"

#define FREE(account)                                                          \
	world_cell(                                                            \
	    &w, LEDGER_DEPOSIT, DEPOSIT_BALANCE, TOKEN, account, EXCHANGE)
#define PROMISED(account)                                                      \
	world_cell(                                                            \
	    &w, LEDGER_DEPOSIT, DEPOSIT_COMMITMENT, TOKEN, account, EXCHANGE)
#define WALLET(account)                                                        \
	world_cell(&w, LEDGER_POSITION, POSITION_BALANCE, TOKEN, account, 0)
#define REMAINING(id)                                                          \
	world_cell(&w, LEDGER_ORDER, ORDER_REMAINING, EXCHANGE, id, 0)
#define STATUS(order, id)                                                      \
	world_cell(&w, LEDGER_AGREEMENT, AGREEMENT_STATUS, EXCHANGE, order, id)

enum { PRICE = 5 };

static void
order(struct world *w, unsigned id, unsigned account, bool is_buy,
    uint64_t amount)
{
	world_log(w, EXCHANGE, "NewOrder", who(TOKEN), num(id), who(account),
	    num(is_buy), num(PRICE), num(amount), who(AGENT));
}

static void
about_order(struct world *w, const char *event, unsigned id, unsigned account,
    bool is_buy, uint64_t amount)
{
	world_log(w, EXCHANGE, event, who(TOKEN), num(id), who(account),
	    num(is_buy), num(PRICE), num(amount), who(AGENT));
}

static void
about_agreement(struct world *w, const char *event, unsigned order, unsigned id,
    unsigned buyer, unsigned seller, uint64_t amount)
{
	world_log(w, EXCHANGE, event, who(TOKEN), num(order), num(id),
	    who(buyer), who(seller), num(PRICE), num(amount), who(AGENT));
}

static void
sent(struct world *w, unsigned from, unsigned to, uint64_t amount)
{
	world_log(w, TOKEN, "Transfer", who(from), who(to), num(amount));
}

/* The issuer has 1000, of which 100 at the exchange; block 2 next. */
static void
open_market(struct world *w, enum contract_profile profile)
{
	world_open(w, profile, "IbetMembership",
	    profile == CONTRACT_STRICT ? "MembershipExchange"
				       : "IbetMembershipExchange");
	sent(w, 0, ISSUER, 1000);
	sent(w, ISSUER, EXCHANGE, 100);
	world_next(w);
}

TEST(test_exchange_sale_from_order_to_settlement)
{
	for (uint64_t blocks = 0; blocks <= 1; blocks++) {
		struct world w;

		open_market(&w, CONTRACT_STRICT);
		order(&w, 0, ISSUER, false, 80);
		world_next(&w);
		about_agreement(&w, "Agree", 0, 0, ALICE, ISSUER, 30);
		about_agreement(&w, "Agree", 0, 1, BOB, ISSUER, 20);
		world_next(&w);
		about_agreement(&w, "SettlementOK", 0, 0, ALICE, ISSUER, 30);
		sent(&w, EXCHANGE, ALICE, 30);
		world_run(&w, blocks);
		EXPECT_U64(REMAINING(0), 30);
		EXPECT_U64(FREE(ISSUER), 20);
		EXPECT_U64(PROMISED(ISSUER), 50);
		EXPECT_U64(WALLET(ISSUER), 900);
		EXPECT_U64(WALLET(EXCHANGE), 70);
		EXPECT_U64(WALLET(ALICE), 30);
		EXPECT_U64(FREE(ALICE), 0);
		EXPECT_U64(STATUS(0, 0), STATUS_DONE);
		EXPECT_U64(STATUS(0, 1), STATUS_PENDING);
		EXPECT_U64(world_at(&w, 2, LEDGER_ORDER, ORDER_REMAINING,
			       EXCHANGE, 0, 0),
		    80);
		EXPECT_U64(world_at(&w, 3, LEDGER_DEPOSIT, DEPOSIT_COMMITMENT,
			       TOKEN, ISSUER, EXCHANGE),
		    80);
		EXPECT_U64(world_cell(&w, LEDGER_AGREEMENT,
			       AGREEMENT_CREATED_BLOCK, EXCHANGE, 0, 1),
		    3);
		world_close(&w);
	}
}

TEST(test_exchange_purchase_commits_the_one_who_takes)
{
	for (uint64_t blocks = 0; blocks <= 1; blocks++) {
		struct world w;

		open_market(&w, CONTRACT_STRICT);
		order(&w, 0, ALICE, true, 80);
		world_next(&w);
		about_agreement(&w, "Agree", 0, 0, ALICE, ISSUER, 30);
		world_run(&w, blocks);
		EXPECT_U64(FREE(ISSUER), 70);
		EXPECT_U64(PROMISED(ISSUER), 30);
		EXPECT_U64(PROMISED(ALICE), 0);
		EXPECT_U64(REMAINING(0), 50);
		world_close(&w);
	}
}

/* strict/Exchange.sol cancelAgreement, cell by cell. */
TEST(test_exchange_canceled_agreement_by_row)
{
	static const struct {
		const char *name;
		enum contract_profile profile;
		bool is_buy, is_order_canceled, has_positions;
		uint64_t remaining, promised, free, wallet;
	} row[] = {
	    {"to sell", CONTRACT_STRICT, false, false, true, 80, 80, 20, 900},
	    {"to sell, canceled before", CONTRACT_STRICT, false, true, true, 50,
		0, 20, 980},
	    {"to buy", CONTRACT_STRICT, true, false, true, 80, 0, 70, 930},
	    {"to buy, canceled before", CONTRACT_STRICT, true, true, true, 50,
		0, 70, 930},
	    {"legacy: gone from the order", CONTRACT_LEGACY, false, false,
		false, 50, 0, 0, 0},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		for (uint64_t blocks = 0; blocks <= 1; blocks++) {
			unsigned buyer = ALICE;
			unsigned maker = row[i].is_buy ? ALICE : ISSUER;
			bool to_seller =
			    row[i].is_buy || row[i].is_order_canceled;
			struct world w;

			test_row(row[i].name);
			open_market(&w, row[i].profile);
			order(&w, 0, maker, row[i].is_buy, 80);
			world_next(&w);
			about_agreement(&w, "Agree", 0, 0, buyer, ISSUER, 30);
			if (row[i].is_order_canceled)
				about_order(&w, "CancelOrder", 0, maker,
				    row[i].is_buy, 50);
			if (row[i].is_order_canceled && !row[i].is_buy)
				sent(&w, EXCHANGE, ISSUER, 50);
			world_next(&w);
			about_agreement(
			    &w, "SettlementNG", 0, 0, buyer, ISSUER, 30);
			if (to_seller)
				sent(&w, EXCHANGE, ISSUER, 30);
			world_run(&w, blocks);
			EXPECT_U64(REMAINING(0), row[i].remaining);
			EXPECT_U64(STATUS(0, 0), STATUS_CANCELED);
			EXPECT_U64(PROMISED(ISSUER), row[i].promised);
			EXPECT_U64(FREE(ISSUER), row[i].free);
			EXPECT_U64(WALLET(ISSUER), row[i].wallet);
			EXPECT((w.past[LEDGER_POSITION].cnt > 0) ==
			       row[i].has_positions);
			world_close(&w);
			test_row(NULL);
		}
}

TEST(test_exchange_canceled_orders_release_what_they_promised)
{
	static const char *const event[] = {"CancelOrder", "ForceCancelOrder"};

	for (size_t i = 0; i < 2; i++) {
		struct world w;

		open_market(&w, CONTRACT_STRICT);
		order(&w, 0, ISSUER, false, 80);
		about_order(&w, event[i], 0, ISSUER, false, 80);
		sent(&w, EXCHANGE, ISSUER, 80);
		order(&w, 1, ALICE, true, 10);
		about_order(&w, event[i], 1, ALICE, true, 10);
		world_run(&w, 0);
		EXPECT_U64(PROMISED(ISSUER), 0);
		EXPECT_U64(FREE(ISSUER), 20);
		EXPECT_U64(WALLET(ISSUER), 980);
		EXPECT_U64(PROMISED(ALICE), 0);
		EXPECT_U64(world_cell(&w, LEDGER_ORDER, ORDER_IS_CANCELED,
			       EXCHANGE, 0, 0),
		    1);
		EXPECT_U64(world_cell(&w, LEDGER_ORDER, ORDER_IS_CANCELED,
			       EXCHANGE, 1, 0),
		    1);
		/* What was not agreed to stays to be read. */
		EXPECT_U64(REMAINING(0), 80);
		world_close(&w);
	}
}

TEST(test_exchange_withdrawal_takes_what_is_free)
{
	struct world w;

	open_market(&w, CONTRACT_STRICT);
	order(&w, 0, ISSUER, false, 80);
	world_log(&w, EXCHANGE, "Withdrawal", who(TOKEN), who(ISSUER));
	sent(&w, EXCHANGE, ISSUER, 20);
	world_run(&w, 0);
	EXPECT_U64(FREE(ISSUER), 0);
	EXPECT_U64(PROMISED(ISSUER), 80);
	EXPECT_U64(WALLET(ISSUER), 920);
	EXPECT_U64(WALLET(EXCHANGE), 80);
	world_close(&w);
}

TEST(test_exchange_orders_of_tokens_not_registered_do_not_count)
{
	struct world w;

	open_market(&w, CONTRACT_STRICT);
	world_log(&w, EXCHANGE, "NewOrder", who(OTHER_TOKEN), num(0),
	    who(ALICE), num(1), num(PRICE), num(10), who(AGENT));
	world_run(&w, 0);
	EXPECT_U64(w.past[LEDGER_ORDER].cnt, 0);
	EXPECT_U64(w.past[LEDGER_EVENT].cnt, 0);
	world_close(&w);
}

TEST(test_exchange_id_that_no_bigint_holds_is_an_event_and_no_order)
{
	struct world w;

	open_market(&w, CONTRACT_STRICT);
	world_log(&w, EXCHANGE, "NewOrder", who(TOKEN), num((uint64_t)1 << 63),
	    who(ALICE), num(1), num(PRICE), num(10), who(AGENT));
	world_run(&w, 0);
	EXPECT_U64(w.past[LEDGER_ORDER].cnt, 0);
	EXPECT_U64(w.past[LEDGER_EVENT].cnt, 1);
	world_close(&w);
}
