/* SPDX-License-Identifier: Apache-2.0
 *
 * table.def as a table.
 */
#include "ledger/table.h"

#include <string.h>

#include "base/check.h"

static const struct ledger_table_info tables[] = {
#define ENTITY(id, name, is_of_token, keys, key_columns, key_arrays, values,   \
    columns, excluded, arrays)                                                 \
	[LEDGER_##id] = {#name, keys, values},
#define STREAM(id, name, values, columns, arrays)                              \
	[LEDGER_##id] = {#name, "", values},
#include "ledger/table.def"
#undef ENTITY
#undef STREAM
};

#define ENTITY(id, name, is_of_token, keys, key_columns, key_arrays, values,   \
    columns, excluded, arrays)                                                 \
	_Static_assert(sizeof(keys) - 1 <= LEDGER_KEY_MAX, #name);             \
	_Static_assert(                                                        \
	    sizeof(keys) + sizeof(values) - 2 <= LEDGER_COLUMN_MAX, #name);
#define STREAM(id, name, values, columns, arrays)                              \
	_Static_assert(sizeof(values) - 1 <= LEDGER_COLUMN_MAX, #name);
#include "ledger/table.def"
#undef ENTITY
#undef STREAM
_Static_assert(ARRAY_CNT(tables) == LEDGER_TABLE_CNT, "a table has no row");

const struct ledger_table_info *
ledger_table_info(enum ledger_table table)
{
	CHECK(table < LEDGER_TABLE_CNT);
	return &tables[table];
}

size_t
ledger_columns(enum ledger_table table)
{
	const struct ledger_table_info *t = ledger_table_info(table);

	return strlen(t->keys) + strlen(t->values);
}

char
ledger_letter(enum ledger_table table, size_t i)
{
	const struct ledger_table_info *t = ledger_table_info(table);
	size_t keys = strlen(t->keys);

	CHECK(i < ledger_columns(table));
	if (i < keys)
		return t->keys[i];
	return t->values[i - keys];
}
