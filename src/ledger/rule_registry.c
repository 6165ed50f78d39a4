/* SPDX-License-Identifier: Apache-2.0
 *
 * The registries: tokens, what investors told issuers, bank accounts and
 * their agents.
 */
#include "ledger/rule_priv.h"

/* Longest name of a template that is kept. */
enum { TEMPLATE_MAX = 64 };

/* Of payment accounts: PaymentAccounts.sol, approval_status. */
enum { UNAPPROVED = 1, APPROVED, WARNED, BANNED };

static bool
is_name_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

/* A template's name, empty when it is no name: anybody registers. */
static struct bytes
template_of(struct bytes text)
{
	size_t i = 0;

	while (i < text.len && is_name_byte(text.ptr[i]))
		i++;
	if (i == text.len && text.len <= TEMPLATE_MAX)
		return text;
	return bytes_of_str("");
}

static struct ledger_row *
token_row(struct ledger_book *b, const struct ledger_event *ev)
{
	struct u256 key = book_of_addr(&ev->token->address);

	return book_row(b, LEDGER_TOKEN, &key);
}

/* The registrant is the token's owner: TokenList.sol asks. A token that a
 * second list has, too, stays the first one's. */
static void
register_token(struct ledger_book *b, const struct ledger_event *ev)
{
	const struct abi_value *arg = ev->decoded.args;
	struct ledger_row *row = token_row(b, ev);
	struct u256 owner = book_of_addr(&arg[2].addr);

	if (row->is_known)
		return;
	book_change(b, row);
	row->v[TOKEN_LIST] = book_of_addr(&ev->source->address);
	row->v[TOKEN_OWNER] = owner;
	row->v[TOKEN_REGISTERED_BLOCK] = u256_from_u64(ev->log->block);
	row->v[TOKEN_REGISTERED_LOG] = u256_from_u64(ev->log->index);
	row->text = template_of(arg[1].data);
	rule_attribute_number(b, ev, ATTRIBUTE_owner, &owner);
}

void
rule_list(struct ledger_book *b, const struct ledger_event *ev)
{
	struct u256 list = book_of_addr(&ev->source->address), owner;
	struct ledger_row *row;

	if (ev->decoded.member->event == EVENT_REGISTER_TOKEN) {
		register_token(b, ev);
		return;
	}
	row = token_row(b, ev);
	owner = book_of_addr(&ev->decoded.args[2].addr);
	if (row->is_known && u256_eq(&row->v[TOKEN_LIST], &list))
		rule_set(b, row, TOKEN_OWNER, &owner);
}

/* A row by the contract and its event's two addresses. */
static struct ledger_row *
row_of_two(struct ledger_book *b, const struct ledger_event *ev,
    enum ledger_table table)
{
	struct u256 keys[] = {book_of_addr(&ev->source->address),
	    book_of_addr(&ev->decoded.args[0].addr),
	    book_of_addr(&ev->decoded.args[1].addr)};

	return book_row(b, table, keys);
}

void
rule_info(struct ledger_book *b, const struct ledger_event *ev)
{
	rule_set_u64(b, row_of_two(b, ev, LEDGER_INFO),
	    ev->decoded.member->event == EVENT_REGISTER ? INFO_REGISTERED_BLOCK
							: INFO_MODIFIED_BLOCK,
	    ev->log->block);
}

static void
set_agent(struct ledger_book *b, const struct ledger_event *ev, bool is_agent)
{
	struct u256 keys[] = {book_of_addr(&ev->source->address),
	    book_of_addr(&ev->decoded.args[0].addr)};

	rule_set_u64(
	    b, book_row(b, LEDGER_AGENT, keys), AGENT_IS_AGENT, is_agent);
}

/* The status that an event gives to an account; 0 for another event. */
static uint64_t
status_of(enum event_id event)
{
	if (event == EVENT_REGISTER || event == EVENT_UNAPPROVE)
		return UNAPPROVED;
	if (event == EVENT_APPROVE)
		return APPROVED;
	if (event == EVENT_WARN)
		return WARNED;
	return event == EVENT_BAN ? BANNED : 0;
}

void
rule_gateway(struct ledger_book *b, const struct ledger_event *ev)
{
	enum event_id event = ev->decoded.member->event;
	struct ledger_row *row;

	if (event == EVENT_ADD_AGENT || event == EVENT_REMOVE_AGENT) {
		set_agent(b, ev, event == EVENT_ADD_AGENT);
		return;
	}
	row = row_of_two(b, ev, LEDGER_PAYMENT);
	if (status_of(event) != 0)
		rule_set_u64(b, row, PAYMENT_STATUS, status_of(event));
	if (event == EVENT_REGISTER)
		rule_set_u64(b, row, PAYMENT_REGISTERED_BLOCK, ev->log->block);
	if (event == EVENT_AGREE_TERMS)
		rule_set_u64(b, row, PAYMENT_AGREED_BLOCK, ev->log->block);
}
