/* SPDX-License-Identifier: Apache-2.0
 *
 * What the events of the token contracts do to the tables of the index. Pure:
 * no database, no node, no clock. The same events in the same order give the
 * same rows, however they are cut into books.
 *
 * Only what contracts of the strict profile tell is enough to know positions
 * and attributes; of tokens of the legacy profile, the events, orders,
 * agreements and registrations are kept.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include "contract/contract.h"
#include "ledger/book.h"

enum ledger_class {
	LEDGER_CLASS_LIST,    /* TokenList */
	LEDGER_CLASS_INFO,    /* PersonalInfo */
	LEDGER_CLASS_GATEWAY, /* PaymentGateway, WhiteList */
	LEDGER_CLASS_EXCHANGE,
	LEDGER_CLASS_TOKEN
};

/* struct ledger_source is a contract whose events count. */
struct ledger_source {
	struct addr address;
	enum ledger_class class;
	enum contract_profile profile;
	const struct contract *contract; /* NULL: a token of an unknown kind */
};

/* struct ledger_sources knows them by address. */
struct ledger_sources {
	struct arena *a;
	struct map by_address;
};

/* Contracts that an index follows; tokens nearly all of them. */
enum { LEDGER_SOURCE_MAX = 1 << 20 };

/* struct ledger_log is a log with its place; topics and data are views. */
struct ledger_log {
	uint64_t block, index, tx_index;
	struct hash block_hash, tx_hash;
	struct addr address;
	struct hash topics[EVENT_TOPIC_MAX];
	size_t topic_cnt;
	struct bytes data;
};

/* struct ledger_event is a log that counts, taken apart. */
struct ledger_event {
	const struct ledger_log *log;
	const struct ledger_source *source;
	const struct ledger_source *token; /* that it is about, or NULL */
	struct contract_decoded decoded;
};

/* ledger_sources_open opens an empty set; its entries live in the arena. */
void ledger_sources_open(struct ledger_sources *s, struct arena *a);
void ledger_sources_close(struct ledger_sources *s);

/*
 * ledger_add_contract adds a contract of the platform; one whose events tell
 * nothing is passed over.
 *
 * name    as in contract/contract.h
 * Errors  RC_NOT_FOUND  there is no such contract; RC_NO_MEMORY
 */
enum rc ledger_add_contract(struct ledger_sources *s, const struct addr *at,
    enum contract_profile profile, const char *name, struct err *e);

/*
 * ledger_add_token adds a token; one that is there stays as it is.
 *
 * template  the name that it was registered under
 * Errors    RC_NO_MEMORY
 */
enum rc ledger_add_token(struct ledger_sources *s, const struct addr *at,
    enum contract_profile profile, struct bytes template, struct err *e);

/*
 * ledger_discover adds the token that a log registers with a list.
 *
 * out     the token when it is new, else NULL
 * a       for the decoding
 * Errors  RC_NO_MEMORY
 */
enum rc ledger_discover(struct arena *a, const struct ledger_source **out,
    struct ledger_sources *s, const struct ledger_log *log, struct err *e);

/* ledger_find returns NULL for an address that does not count. */
const struct ledger_source *ledger_find(
    const struct ledger_sources *s, const struct addr *at);

/* ledger_event_counts tells whether logs of that event may be of a source. */
bool ledger_event_counts(enum event_id event);

/*
 * ledger_read takes a log apart.
 *
 * counts    false for a log of others, of an unknown event, or about a token
 *           that is not registered, and for one that a strange token
 *           wrote wrongly
 * Errors    RC_NO_MEMORY
 * Lifetime  out is in the arena, with views into the log
 */
enum rc ledger_read(struct arena *a, struct ledger_event *out, bool *counts,
    const struct ledger_sources *s, const struct ledger_log *log,
    struct err *e);

/*
 * ledger_apply does to the book what an event says. Events come in the order
 * of the chain; for those of one token that is enough.
 */
void ledger_apply(struct ledger_book *b, const struct ledger_sources *s,
    const struct ledger_event *ev);

#endif
