/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules by kind of contract, and what they share.
 */
#ifndef LEDGER_RULE_PRIV_H
#define LEDGER_RULE_PRIV_H

#include "ledger/attribute.h"
#include "ledger/ledger.h"

/* rule_token, rule_exchange: of tokens and exchanges. rule_list, rule_info,
 * rule_gateway: of TokenList, PersonalInfo, PaymentGateway and WhiteList. */
void rule_token(struct ledger_book *b, const struct ledger_sources *s,
    const struct ledger_event *ev);
void rule_exchange(struct ledger_book *b, const struct ledger_event *ev);
void rule_list(struct ledger_book *b, const struct ledger_event *ev);
void rule_info(struct ledger_book *b, const struct ledger_event *ev);
void rule_gateway(struct ledger_book *b, const struct ledger_event *ev);

/* rule_event writes an event's row, arguments as JSON. */
void rule_event(struct ledger_book *b, const struct ledger_event *ev);

/* rule_attribute_text and rule_attribute_number set an attribute of the
 * event's token, unless it is of another kind. */
void rule_attribute_text(struct ledger_book *b, const struct ledger_event *ev,
    enum ledger_attribute which, struct bytes text);
void rule_attribute_number(struct ledger_book *b, const struct ledger_event *ev,
    enum ledger_attribute which, const struct u256 *v);

/* rule_place writes where an event is into the first four cells of a stream's
 * row, as all streams begin. */
void rule_place(struct ledger_row *row, const struct ledger_event *ev);

/* rule_position and rule_deposit find what an account has of the event's
 * token: in its wallet; at the exchange that the event is of. */
struct ledger_row *rule_position(struct ledger_book *b,
    const struct ledger_event *ev, const struct addr *account);
struct ledger_row *rule_deposit(struct ledger_book *b,
    const struct ledger_event *ev, const struct addr *exchange,
    const struct addr *account);

/*
 * rule_add and rule_sub move a number of a row, modulo 2^256: rules may take
 * before they give. A token that tells other than it does has itself to
 * blame.
 */
void rule_add(struct ledger_book *b, struct ledger_row *row, size_t at,
    const struct u256 *amount);
void rule_sub(struct ledger_book *b, struct ledger_row *row, size_t at,
    const struct u256 *amount);

/* rule_set sets one. */
void rule_set(struct ledger_book *b, struct ledger_row *row, size_t at,
    const struct u256 *v);

/* rule_set_u64 sets a small one. */
static inline void
rule_set_u64(
    struct ledger_book *b, struct ledger_row *row, size_t at, uint64_t v)
{
	struct u256 n = u256_from_u64(v);

	rule_set(b, row, at, &n);
}

#endif
