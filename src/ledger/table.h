/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of the index and their columns, as table.def has them.
 */
#ifndef LEDGER_TABLE_H
#define LEDGER_TABLE_H

#include <stddef.h>

/* Entities first. */
enum ledger_table {
#define ENTITY(id, ...) LEDGER_##id,
#define STREAM(id, ...)
#include "ledger/table.def"
#undef ENTITY
#undef STREAM
	LEDGER_ENTITY_CNT,
	LEDGER_BEFORE_STREAMS = LEDGER_ENTITY_CNT - 1,
#define ENTITY(id, ...)
#define STREAM(id, ...) LEDGER_##id,
#include "ledger/table.def"
#undef ENTITY
#undef STREAM
	LEDGER_TABLE_CNT
};

/* Where values stand in a row; its keys come first. */
enum { POSITION_BALANCE = 2, POSITION_PENDING, POSITION_LOCKED, POSITION_USED };
enum { LOCK_AMOUNT = 3 };
enum { DEPOSIT_BALANCE = 3, DEPOSIT_COMMITMENT };
enum { SUPPLY_TOTAL = 1 };
enum {
	TOKEN_LIST = 1,
	TOKEN_OWNER,
	TOKEN_REGISTERED_BLOCK,
	TOKEN_REGISTERED_LOG
};
enum {
	ORDER_TOKEN = 2,
	ORDER_ACCOUNT,
	ORDER_IS_BUY,
	ORDER_PRICE,
	ORDER_AMOUNT,
	ORDER_REMAINING,
	ORDER_AGENT,
	ORDER_IS_CANCELED,
	ORDER_CREATED_BLOCK,
	ORDER_CREATED_LOG
};
enum {
	AGREEMENT_TOKEN = 3,
	AGREEMENT_BUYER,
	AGREEMENT_SELLER,
	AGREEMENT_PRICE,
	AGREEMENT_AMOUNT,
	AGREEMENT_AGENT,
	AGREEMENT_STATUS,
	AGREEMENT_CREATED_BLOCK,
	AGREEMENT_CREATED_LOG
};
enum {
	REQUEST_SENDER = 2,
	REQUEST_RECIPIENT,
	REQUEST_AMOUNT,
	REQUEST_STATUS,
	REQUEST_CREATED_BLOCK,
	REQUEST_CREATED_LOG
};
enum { INFO_REGISTERED_BLOCK = 3, INFO_MODIFIED_BLOCK };
enum { PAYMENT_STATUS = 3, PAYMENT_REGISTERED_BLOCK, PAYMENT_AGREED_BLOCK };
enum { AGENT_IS_AGENT = 2 };

/* Of agreements and of transfer requests. */
enum { STATUS_PENDING, STATUS_DONE, STATUS_CANCELED };

/* Keys and values of the widest table; keys of the one with most. */
enum { LEDGER_COLUMN_MAX = 12, LEDGER_KEY_MAX = 3 };

/* struct ledger_table_info is a row of table.def: letters of the columns. */
struct ledger_table_info {
	const char *name;
	const char *keys; /* empty for a stream */
	const char *values;
};

/* ledger_table_info returns the row of a table. */
const struct ledger_table_info *ledger_table_info(enum ledger_table table);

/* ledger_columns is the number of keys and values. */
size_t ledger_columns(enum ledger_table table);

/* ledger_letter is the letter of column i, keys first. */
char ledger_letter(enum ledger_table table, size_t i);

#endif
