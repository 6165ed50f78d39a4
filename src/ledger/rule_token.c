/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens. In the strict profile Transfer tells each change of holder, of what
 * is locked and what waits, too: so the rules of the other events undo in
 * the wallet what Transfer will do there, and move what is locked or waits
 * instead.
 */
#include "ledger/rule_priv.h"

/* What a consumption has besides its place. */
enum {
	CONSUMPTION_TOKEN = 4,
	CONSUMPTION_ACCOUNT,
	CONSUMPTION_AMOUNT,
	CONSUMPTION_BALANCE,
	CONSUMPTION_USED
};

/* A transfer's. */
enum {
	TRANSFER_TOKEN = 4,
	TRANSFER_SENDER,
	TRANSFER_RECIPIENT,
	TRANSFER_AMOUNT
};

static void
emit_transfer(struct ledger_book *b, const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	struct ledger_row *row = book_emit(b, LEDGER_TRANSFER);

	if (row == NULL)
		return;
	rule_place(row, ev);
	row->v[TRANSFER_TOKEN] = book_of_addr(&ev->token->address);
	row->v[TRANSFER_SENDER] = book_of_addr(&arg[0].addr);
	row->v[TRANSFER_RECIPIENT] = book_of_addr(&arg[1].addr);
	row->v[TRANSFER_AMOUNT] = arg[2].num;
}

static struct ledger_row *
supply(struct ledger_book *b, const struct ledger_event *ev)
{
	struct u256 key = book_of_addr(&ev->token->address);

	return book_row(b, LEDGER_SUPPLY, &key);
}

/* Whether an address is an exchange that keeps books for others: what is sent
 * there is its sender's still. */
static bool
is_exchange(const struct ledger_sources *s, const struct addr *at)
{
	const struct ledger_source *source = ledger_find(s, at);

	return source != NULL && source->class == LEDGER_CLASS_EXCHANGE &&
	       source->profile == CONTRACT_STRICT;
}

/* Tokens are made from address zero and end there. */
static void
transfer(struct ledger_book *b, const struct ledger_sources *s,
    const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	const struct addr *from = &arg[0].addr, *to = &arg[1].addr;
	const struct u256 *amount = &arg[2].num;

	if (addr_is_zero(from))
		rule_add(b, supply(b, ev), SUPPLY_TOTAL, amount);
	else
		rule_sub(
		    b, rule_position(b, ev, from), POSITION_BALANCE, amount);
	if (addr_is_zero(to))
		rule_sub(b, supply(b, ev), SUPPLY_TOTAL, amount);
	else
		rule_add(b, rule_position(b, ev, to), POSITION_BALANCE, amount);
	if (is_exchange(s, to) && !addr_is_zero(from))
		rule_add(
		    b, rule_deposit(b, ev, to, from), DEPOSIT_BALANCE, amount);
}

static void
consume(struct ledger_book *b, const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	struct ledger_row *row = book_emit(b, LEDGER_CONSUMPTION);

	if (row == NULL)
		return;
	rule_place(row, ev);
	row->v[CONSUMPTION_TOKEN] = book_of_addr(&ev->token->address);
	row->v[CONSUMPTION_ACCOUNT] = book_of_addr(&arg[0].addr);
	row->v[CONSUMPTION_BALANCE] = arg[1].num;
	row->v[CONSUMPTION_USED] = arg[2].num;
	row->v[CONSUMPTION_AMOUNT] = arg[3].num;
}

static void
use_up(struct ledger_book *b, const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	struct ledger_row *row = rule_position(b, ev, &arg[0].addr);

	rule_sub(b, row, POSITION_BALANCE, &arg[3].num);
	rule_add(b, row, POSITION_USED, &arg[3].num);
}

/* Locks. ------------------------------------------------------------------ */

static struct ledger_row *
lock_row(struct ledger_book *b, const struct ledger_event *ev,
    const struct addr *account, const struct addr *lock)
{
	struct u256 keys[] = {book_of_addr(&ev->token->address),
	    book_of_addr(account), book_of_addr(lock)};

	return book_row(b, LEDGER_LOCK, keys);
}

/* From the wallet into a lock. */
static void
put_in(struct ledger_book *b, const struct ledger_event *ev,
    const struct addr *account, const struct addr *lock,
    const struct u256 *amount)
{
	struct ledger_row *row = rule_position(b, ev, account);

	rule_sub(b, row, POSITION_BALANCE, amount);
	rule_add(b, row, POSITION_LOCKED, amount);
	rule_add(b, lock_row(b, ev, account, lock), LOCK_AMOUNT, amount);
}

static void
take_out(struct ledger_book *b, const struct ledger_event *ev,
    const struct addr *account, const struct addr *lock,
    const struct u256 *amount)
{
	struct ledger_row *row = rule_position(b, ev, account);

	rule_add(b, row, POSITION_BALANCE, amount);
	rule_sub(b, row, POSITION_LOCKED, amount);
	rule_sub(b, lock_row(b, ev, account, lock), LOCK_AMOUNT, amount);
}

/* Issue and Redeem name a lock, or zero. Their Transfer stands behind Issue's
 * tokens in the wallet, and takes Redeem's from there. */
static void
issue_or_redeem(
    struct ledger_book *b, const struct ledger_event *ev, bool is_issue)
{
	const struct abi_value *arg = ev->decoded.args;

	if (addr_is_zero(&arg[2].addr))
		return;
	if (is_issue)
		put_in(b, ev, &arg[1].addr, &arg[2].addr, &arg[3].num);
	else
		take_out(b, ev, &arg[1].addr, &arg[2].addr, &arg[3].num);
}

/* The lock's address comes first here. */
static void
change_locked_account(struct ledger_book *b, const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;

	take_out(b, ev, &arg[1].addr, &arg[0].addr, &arg[3].num);
	put_in(b, ev, &arg[2].addr, &arg[0].addr, &arg[3].num);
}

/* Transfers with approval. ------------------------------------------------ */

static struct ledger_row *
request_row(struct ledger_book *b, const struct ledger_event *ev)
{
	struct u256 keys[] = {
	    book_of_addr(&ev->token->address), ev->decoded.args[0].num};

	return book_row(b, LEDGER_REQUEST, keys);
}

static void
request(struct ledger_book *b, const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	struct ledger_row *row = request_row(b, ev);
	struct ledger_row *sender = rule_position(b, ev, &arg[1].addr);

	book_change(b, row);
	row->v[REQUEST_SENDER] = book_of_addr(&arg[1].addr);
	row->v[REQUEST_RECIPIENT] = book_of_addr(&arg[2].addr);
	row->v[REQUEST_AMOUNT] = arg[3].num;
	row->v[REQUEST_STATUS] = u256_from_u64(STATUS_PENDING);
	row->v[REQUEST_CREATED_BLOCK] = u256_from_u64(ev->log->block);
	row->v[REQUEST_CREATED_LOG] = u256_from_u64(ev->log->index);
	rule_sub(b, sender, POSITION_BALANCE, &arg[3].num);
	rule_add(b, sender, POSITION_PENDING, &arg[3].num);
}

/* Canceled or approved, the amount stands in the request alone. */
static void
end_request(
    struct ledger_book *b, const struct ledger_event *ev, uint64_t status)
{
	struct ledger_row *row = request_row(b, ev);
	struct ledger_row *sender =
	    rule_position(b, ev, &ev->decoded.args[1].addr);

	if (!b->is_looking && !row->is_known)
		return;
	rule_set_u64(b, row, REQUEST_STATUS, status);
	rule_add(b, sender, POSITION_BALANCE, &row->v[REQUEST_AMOUNT]);
	rule_sub(b, sender, POSITION_PENDING, &row->v[REQUEST_AMOUNT]);
}

/* ------------------------------------------------------------------------ */

static void
set_flag(struct ledger_book *b, const struct ledger_event *ev,
    enum ledger_attribute which)
{
	struct u256 yes = U256_ONE;

	rule_attribute_number(b, ev, which, &yes);
}

static void
change_attribute(
    struct ledger_book *b, const struct ledger_event *ev, bool is_text)
{
	const struct abi_value *arg = ev->decoded.args;
	enum ledger_attribute which = ledger_attribute_find(arg[0].data);

	if (which == ATTRIBUTE_CNT)
		return;
	if (is_text)
		rule_attribute_text(b, ev, which, arg[1].data);
	else
		rule_attribute_number(b, ev, which, &arg[1].num);
}

/* What only the strict profile tells whole. */
static void
strict(struct ledger_book *b, const struct ledger_sources *s,
    const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	enum event_id event = ev->decoded.member->event;
	struct u256 owner;

	if (event == EVENT_TRANSFER) {
		transfer(b, s, ev);
	} else if (event == EVENT_CONSUME) {
		use_up(b, ev);
	} else if (event == EVENT_LOCK || event == EVENT_FORCE_LOCK) {
		put_in(b, ev, &arg[0].addr, &arg[1].addr, &arg[2].num);
	} else if (event == EVENT_UNLOCK || event == EVENT_FORCE_UNLOCK) {
		take_out(b, ev, &arg[0].addr, &arg[1].addr, &arg[3].num);
	} else if (event == EVENT_FORCE_CHANGE_LOCKED_ACCOUNT) {
		change_locked_account(b, ev);
	} else if (event == EVENT_ISSUE || event == EVENT_REDEEM) {
		issue_or_redeem(b, ev, event == EVENT_ISSUE);
	} else if (event == EVENT_APPLY_FOR_TRANSFER) {
		request(b, ev);
	} else if (event == EVENT_CANCEL_TRANSFER) {
		end_request(b, ev, STATUS_CANCELED);
	} else if (event == EVENT_APPROVE_TRANSFER) {
		end_request(b, ev, STATUS_DONE);
	} else if (event == EVENT_CHANGE_TEXT || event == EVENT_CHANGE_NUMBER) {
		change_attribute(b, ev, event == EVENT_CHANGE_TEXT);
	} else if (event == EVENT_CHANGE_STATUS) {
		rule_attribute_number(b, ev, ATTRIBUTE_status, &arg[0].num);
	} else if (event == EVENT_CHANGE_TO_REDEEMED) {
		set_flag(b, ev, ATTRIBUTE_isRedeemed);
	} else if (event == EVENT_CHANGE_TO_CANCELED) {
		set_flag(b, ev, ATTRIBUTE_isCanceled);
	} else if (event == EVENT_OWNERSHIP_TRANSFERRED) {
		owner = book_of_addr(&arg[1].addr);
		rule_attribute_number(b, ev, ATTRIBUTE_owner, &owner);
	}
}

void
rule_token(struct ledger_book *b, const struct ledger_sources *s,
    const struct ledger_event *ev)
{
	if (ev->decoded.member->event == EVENT_TRANSFER)
		emit_transfer(b, ev);
	if (ev->decoded.member->event == EVENT_CONSUME)
		consume(b, ev);
	if (ev->token->profile == CONTRACT_STRICT)
		strict(b, s, ev);
}
