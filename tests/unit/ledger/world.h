/* SPDX-License-Identifier: Apache-2.0
 *
 * A platform for the rules: logs as its contracts write them, and rows as a
 * database would keep them between two books.
 */
#ifndef LEDGER_WORLD_H
#define LEDGER_WORLD_H

#include "ledger/attribute.h"
#include "ledger/ledger.h"

/* Addresses of one byte: who is who. */
enum {
	LIST = 1,
	INFO,
	GATEWAY,
	EXCHANGE,
	TOKEN,
	OTHER_TOKEN,
	ISSUER,
	ALICE,
	BOB,
	AGENT,
	KEEPER,
	STRANGER
};

enum { WORLD_LOG_MAX = 64 };

struct world {
	struct arena a;
	struct ledger_sources sources;
	struct ledger_log logs[WORLD_LOG_MAX];
	size_t cnt;
	uint64_t block, index;
	struct ledger_rows now[LEDGER_ENTITY_CNT], past[LEDGER_TABLE_CNT];
};

/*
 * world_open makes a platform with TOKEN of that template registered; its
 * events begin in block 1.
 *
 * exchange  name of the contract at EXCHANGE
 */
void world_open(struct world *w, enum contract_profile profile,
    const char *template, const char *exchange);
void world_close(struct world *w);

/* world_next begins the next block. */
void world_next(struct world *w);

struct addr world_addr(unsigned who);

/* Arguments of events. */
struct abi_value who(unsigned who);
struct abi_value num(uint64_t v);
struct abi_value text(const char *s);
struct abi_value name(const char *s); /* bytes32 */

/* world_log lets a contract log an event. */
#define world_log(w, source, event, ...)                                       \
	world_log_args(w, source, event, (struct abi_value[]){__VA_ARGS__},    \
	    sizeof((struct abi_value[]){__VA_ARGS__}) /                        \
		sizeof(struct abi_value))
void world_log_args(struct world *w, unsigned source, const char *event,
    const struct abi_value *args, size_t cnt);

/* world_run applies all logs, in books of so many blocks; 0: in one book. */
void world_run(struct world *w, uint64_t blocks);

/* world_cell reads a value of a row now, world_at as of a block; 0 without a
 * row. Keys are addresses of one byte, or small numbers. */
uint64_t world_cell(const struct world *w, enum ledger_table table, size_t at,
    unsigned k0, unsigned k1, unsigned k2);
uint64_t world_at(const struct world *w, uint64_t block,
    enum ledger_table table, size_t at, unsigned k0, unsigned k1, unsigned k2);

/* world_text is the text of an attribute of TOKEN, NULL without one. */
const char *world_text(struct world *w, enum ledger_attribute which);

#endif
