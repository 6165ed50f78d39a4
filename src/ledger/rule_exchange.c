/* SPDX-License-Identifier: Apache-2.0
 *
 * Exchanges: orders, agreements, and what accounts have there, free and
 * promised. What an exchange sends is told by the token's own Transfer. Rows
 * of accounts are those of the strict profile; orders and agreements of both,
 * which differ in what becomes of a canceled agreement's quantity.
 */
#include "ledger/rule_priv.h"

/* What the events of orders and those of agreements have in common. */
enum { ARG_TOKEN, ARG_ORDER };
enum { ARG_ACCOUNT = 2, ARG_IS_BUY, ARG_PRICE, ARG_AMOUNT, ARG_AGENT };
enum {
	ARG_AGREEMENT = 2,
	ARG_BUYER,
	ARG_SELLER,
	ARG_AGREED_PRICE,
	ARG_AGREED_AMOUNT,
	ARG_AGREED_AGENT
};

static struct ledger_row *
order_row(struct ledger_book *b, const struct ledger_event *ev)
{
	struct u256 keys[] = {book_of_addr(&ev->source->address),
	    ev->decoded.args[ARG_ORDER].num};

	return book_row(b, LEDGER_ORDER, keys);
}

static struct ledger_row *
agreement_row(struct ledger_book *b, const struct ledger_event *ev)
{
	struct u256 keys[] = {book_of_addr(&ev->source->address),
	    ev->decoded.args[ARG_ORDER].num,
	    ev->decoded.args[ARG_AGREEMENT].num};

	return book_row(b, LEDGER_AGREEMENT, keys);
}

/* Whether the events tell what accounts have: of both the strict profile. */
static bool
is_told(const struct ledger_event *ev)
{
	return ev->source->profile == CONTRACT_STRICT &&
	       ev->token->profile == CONTRACT_STRICT;
}

/* Between what is free and what is promised. */
static void
commit(struct ledger_book *b, const struct ledger_event *ev,
    struct ledger_row *deposit, const struct u256 *amount)
{
	if (!is_told(ev))
		return;
	rule_sub(b, deposit, DEPOSIT_BALANCE, amount);
	rule_add(b, deposit, DEPOSIT_COMMITMENT, amount);
}

/* What was promised leaves the exchange, for whomever. */
static void
release(struct ledger_book *b, const struct ledger_event *ev,
    struct ledger_row *deposit, const struct u256 *amount)
{
	if (is_told(ev))
		rule_sub(b, deposit, DEPOSIT_COMMITMENT, amount);
}

static struct ledger_row *
deposit_of(struct ledger_book *b, const struct ledger_event *ev, size_t arg)
{
	return rule_deposit(
	    b, ev, &ev->source->address, &ev->decoded.args[arg].addr);
}

static void
new_order(struct ledger_book *b, const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	struct ledger_row *row = order_row(b, ev);
	struct ledger_row *deposit = deposit_of(b, ev, ARG_ACCOUNT);

	book_change(b, row);
	row->v[ORDER_TOKEN] = book_of_addr(&arg[ARG_TOKEN].addr);
	row->v[ORDER_ACCOUNT] = book_of_addr(&arg[ARG_ACCOUNT].addr);
	row->v[ORDER_IS_BUY] = arg[ARG_IS_BUY].num;
	row->v[ORDER_PRICE] = arg[ARG_PRICE].num;
	row->v[ORDER_AMOUNT] = row->v[ORDER_REMAINING] = arg[ARG_AMOUNT].num;
	row->v[ORDER_AGENT] = book_of_addr(&arg[ARG_AGENT].addr);
	row->v[ORDER_CREATED_BLOCK] = u256_from_u64(ev->log->block);
	row->v[ORDER_CREATED_LOG] = u256_from_u64(ev->log->index);
	if (u256_is_zero(&arg[ARG_IS_BUY].num))
		commit(b, ev, deposit, &arg[ARG_AMOUNT].num);
}

static void
cancel_order(struct ledger_book *b, const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	struct ledger_row *deposit = deposit_of(b, ev, ARG_ACCOUNT);

	rule_set_u64(b, order_row(b, ev), ORDER_IS_CANCELED, 1);
	if (u256_is_zero(&arg[ARG_IS_BUY].num))
		release(b, ev, deposit, &arg[ARG_AMOUNT].num);
}

/* An order to buy finds its seller only now. */
static void
agree(struct ledger_book *b, const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	struct ledger_row *order = order_row(b, ev);
	struct ledger_row *row = agreement_row(b, ev);
	struct ledger_row *deposit = deposit_of(b, ev, ARG_SELLER);

	book_change(b, row);
	row->v[AGREEMENT_TOKEN] = book_of_addr(&arg[ARG_TOKEN].addr);
	row->v[AGREEMENT_BUYER] = book_of_addr(&arg[ARG_BUYER].addr);
	row->v[AGREEMENT_SELLER] = book_of_addr(&arg[ARG_SELLER].addr);
	row->v[AGREEMENT_PRICE] = arg[ARG_AGREED_PRICE].num;
	row->v[AGREEMENT_AMOUNT] = arg[ARG_AGREED_AMOUNT].num;
	row->v[AGREEMENT_AGENT] = book_of_addr(&arg[ARG_AGREED_AGENT].addr);
	row->v[AGREEMENT_STATUS] = u256_from_u64(STATUS_PENDING);
	row->v[AGREEMENT_CREATED_BLOCK] = u256_from_u64(ev->log->block);
	row->v[AGREEMENT_CREATED_LOG] = u256_from_u64(ev->log->index);
	rule_sub(b, order, ORDER_REMAINING, &arg[ARG_AGREED_AMOUNT].num);
	if (!u256_is_zero(&order->v[ORDER_IS_BUY]))
		commit(b, ev, deposit, &arg[ARG_AGREED_AMOUNT].num);
}

static void
settle(struct ledger_book *b, const struct ledger_event *ev)
{
	struct ledger_row *deposit = deposit_of(b, ev, ARG_SELLER);

	rule_set_u64(b, agreement_row(b, ev), AGREEMENT_STATUS, STATUS_DONE);
	release(b, ev, deposit, &ev->decoded.args[ARG_AGREED_AMOUNT].num);
}

/* strict/Exchange.sol, cancelAgreement; the legacy profile gives the quantity
 * to the seller in any case. */
static void
dissolve(struct ledger_book *b, const struct ledger_event *ev)
{
	const struct u256 *amount = &ev->decoded.args[ARG_AGREED_AMOUNT].num;
	struct ledger_row *order = order_row(b, ev);
	struct ledger_row *deposit = deposit_of(b, ev, ARG_SELLER);
	bool is_over = !u256_is_zero(&order->v[ORDER_IS_CANCELED]);
	bool is_buy = !u256_is_zero(&order->v[ORDER_IS_BUY]);

	rule_set_u64(
	    b, agreement_row(b, ev), AGREEMENT_STATUS, STATUS_CANCELED);
	if (ev->source->profile == CONTRACT_STRICT && !is_over)
		rule_add(b, order, ORDER_REMAINING, amount);
	if (is_over || is_buy)
		release(b, ev, deposit, amount);
}

/* All that was free; how much, only the token's Transfer tells. */
static void
withdraw(struct ledger_book *b, const struct ledger_event *ev)
{
	struct u256 zero = U256_ZERO;
	struct ledger_row *deposit = deposit_of(b, ev, 1);

	if (is_told(ev))
		rule_set(b, deposit, DEPOSIT_BALANCE, &zero);
}

/* Ids count from 0: what a bigint cannot hold is not one. */
static bool
has_ids(const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	struct u256 end = u256_from_u64((uint64_t)1 << 63);
	enum event_id event = ev->decoded.member->event;

	if (event == EVENT_WITHDRAWAL || event == EVENT_EXCHANGE_TRANSFER)
		return true;
	if (!u256_lt(&arg[ARG_ORDER].num, &end))
		return false;
	return (event != EVENT_AGREE && event != EVENT_SETTLEMENT_OK &&
		   event != EVENT_SETTLEMENT_NG) ||
	       u256_lt(&arg[ARG_AGREEMENT].num, &end);
}

void
rule_exchange(struct ledger_book *b, const struct ledger_event *ev)
{
	enum event_id event = ev->decoded.member->event;

	if (!has_ids(ev))
		return;
	if (event == EVENT_NEW_ORDER)
		new_order(b, ev);
	else if (event == EVENT_CANCEL_ORDER ||
		 event == EVENT_FORCE_CANCEL_ORDER)
		cancel_order(b, ev);
	else if (event == EVENT_AGREE)
		agree(b, ev);
	else if (event == EVENT_SETTLEMENT_OK)
		settle(b, ev);
	else if (event == EVENT_SETTLEMENT_NG)
		dissolve(b, ev);
	else if (event == EVENT_WITHDRAWAL)
		withdraw(b, ev);
}
