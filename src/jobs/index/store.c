/* SPDX-License-Identifier: Apache-2.0
 *
 * One statement for all rows of a table: each column is a parameter, an
 * array. The statements are made of ledger/table.def by the preprocessor.
 */
#include "jobs/index/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "jobs/index/column_priv.h"
#include "jobs/pg.h"

/* struct index_stmts is what is said about a table; NULL: nothing. */
struct index_stmts {
	const char *load;   /* keys -> place in the arrays, block, values */
	const char *merge;  /* what is now */
	const char *append; /* to the history, or to a stream */
	const char *drop_now, *drop_past; /* of tokens registered after $1 */
	const char *back_now;             /* to what was after block $1 */
	const char *forget_now, *forget_past; /* what is of blocks after $1 */
};

#define ALL_OF(keys, columns) " (" keys ", block_number, " columns ") "
#define MERGE(keys, excluded)                                                  \
	"on conflict (" keys ") do update set (block_number, "
#define OF_DROPPED                                                             \
	" where token in (select token from token where registered_block > "   \
	"$1)"

static const struct index_stmts statements[] = {
#define ENTITY(id, name, is_of_token, keys, key_columns, key_arrays, values,   \
    columns, excluded, arrays)                                                 \
	[LEDGER_##id] = {.load = "select k.place, t.block_number, " columns    \
				 " from unnest(" key_arrays                    \
				 ") with ordinality as k (" key_columns        \
				 ", place) join " #name                        \
				 " t using (" key_columns ")",                 \
	    .merge = "insert into " #name ALL_OF(key_columns,                  \
		columns) "select * from unnest(" arrays                        \
			 ") " MERGE(key_columns, excluded) columns             \
	    ") = (excluded.block_number, " excluded ")",                       \
	    .append = "insert into " #name "_history" ALL_OF(                  \
		key_columns, columns) "select * from unnest(" arrays ")",      \
	    .drop_now =                                                        \
		(is_of_token) ? "delete from " #name OF_DROPPED : NULL,        \
	    .drop_past = (is_of_token) ? "delete from " #name                  \
					 "_history" OF_DROPPED                 \
				       : NULL,                                 \
	    .back_now = "insert into " #name ALL_OF(key_columns,               \
		columns) "select distinct on (" key_columns ") " key_columns   \
			 ", h.block_number, " columns " from " #name           \
			 "_history h join (select distinct " key_columns       \
			 " from " #name                                        \
			 "_history where block_number > $1) gone "             \
			 "using (" key_columns ") where h.block_number <= $1 " \
			 "order by " key_columns                               \
			 ", h.block_number desc " MERGE(key_columns, excluded) \
			     columns ") = (excluded.block_number, " excluded   \
				     ")",                                      \
	    .forget_now = "delete from " #name " where block_number > $1",     \
	    .forget_past =                                                     \
		"delete from " #name "_history where block_number > $1"},
#define STREAM(id, name, values, columns, arrays)                              \
	[LEDGER_##id] = {.append = "insert into " #name " (" columns ") "      \
				   "select * from unnest(" arrays ")",         \
	    .drop_past = "delete from " #name OF_DROPPED,                      \
	    .forget_past = "delete from " #name " where block_number > $1"},
#include "ledger/table.def"
#undef ENTITY
#undef STREAM
};

/* The columns of a list as parameters of a statement. */
struct columns {
	const char *text[LEDGER_COLUMN_MAX + 1];
	int cnt;
};

static enum rc
add_column(struct arena *a, struct columns *out, const struct ledger_rows *rows,
    enum ledger_table table, size_t at, bool is_changed, struct err *e)
{
	const char *text = column_text(a, rows, table, at, is_changed);

	if (text == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu rows of %s",
		    rows->cnt, ledger_table_info(table)->name);
	CHECK(out->cnt <= LEDGER_COLUMN_MAX);
	out->text[out->cnt++] = text;
	return RC_OK;
}

static enum rc
add_keys(struct arena *a, struct columns *out, const struct ledger_rows *rows,
    enum ledger_table table, bool is_changed, struct err *e)
{
	size_t keys = strlen(ledger_table_info(table)->keys), i;

	for (i = 0; i < keys; i++)
		TRY(add_column(a, out, rows, table, i, is_changed, e));
	return RC_OK;
}

/* Of an entity the block stands between keys and values. */
static enum rc
add_all(struct arena *a, struct columns *out, const struct ledger_rows *rows,
    enum ledger_table table, bool is_changed, struct err *e)
{
	size_t i = strlen(ledger_table_info(table)->keys);

	TRY(add_keys(a, out, rows, table, is_changed, e));
	if (i > 0)
		TRY(add_column(
		    a, out, rows, table, COLUMN_BLOCK, is_changed, e));
	for (; i < ledger_columns(table); i++)
		TRY(add_column(a, out, rows, table, i, is_changed, e));
	return RC_OK;
}

/* Reading. ----------------------------------------------------------------- */

static enum rc
read_row(struct arena *a, struct ledger_row *row, const PGresult *r, int n,
    struct err *e)
{
	size_t keys = strlen(ledger_table_info(row->table)->keys), i;

	row->block = strtoull(PQgetvalue(r, n, 1), NULL, 10);
	row->is_known = true;
	for (i = keys; i < ledger_columns(row->table); i++)
		TRY(column_read(
		    a, row, i, PQgetvalue(r, n, (int)(2 + i - keys)), e));
	return RC_OK;
}

/* Places count from one, in the order of the list. */
static enum rc
read_rows(struct arena *a, const struct ledger_rows *rows, const PGresult *r,
    struct err *e)
{
	struct ledger_row **by_place =
	    arena_array(a, rows->cnt, sizeof(struct ledger_row *));
	struct ledger_row *row = rows->head;
	size_t i, place;
	int n;

	if (by_place == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu rows", rows->cnt);
	for (i = 0; i < rows->cnt; i++, row = row->next)
		by_place[i] = row;
	for (n = 0; n < PQntuples(r); n++) {
		place = strtoull(PQgetvalue(r, n, 0), NULL, 10);
		CHECK(place >= 1 && place <= rows->cnt);
		TRY(read_row(a, by_place[place - 1], r, n, e));
	}
	return RC_OK;
}

static enum rc
load_table(
    PGconn *pg, struct ledger_book *b, enum ledger_table table, struct err *e)
{
	const struct index_stmts *stmts = &statements[table];
	const struct ledger_rows *rows = &b->touched[table];
	struct columns keys = {.cnt = 0};
	PGresult *r;
	enum rc rc;

	if (rows->cnt == 0)
		return RC_OK;
	TRY(add_keys(b->a, &keys, rows, table, false, e));
	TRY(pg_exec(pg, &r, stmts->load, keys.cnt, keys.text, e));
	rc = read_rows(b->a, rows, r, e);
	PQclear(r);
	return rc;
}

enum rc
store_load(PGconn *pg, struct ledger_book *b, struct err *e)
{
	unsigned t;

	for (t = 0; t < LEDGER_ENTITY_CNT; t++)
		TRY(load_table(pg, b, (enum ledger_table)t, e));
	return RC_OK;
}

/* Writing. ----------------------------------------------------------------- */

static enum rc
save_past(
    PGconn *pg, struct ledger_book *b, enum ledger_table table, struct err *e)
{
	const struct index_stmts *stmts = &statements[table];
	struct columns all = {.cnt = 0};

	if (b->past[table].cnt == 0)
		return RC_OK;
	TRY(add_all(b->a, &all, &b->past[table], table, false, e));
	return pg_exec(pg, NULL, stmts->append, all.cnt, all.text, e);
}

static enum rc
save_now(
    PGconn *pg, struct ledger_book *b, enum ledger_table table, struct err *e)
{
	const struct index_stmts *stmts = &statements[table];
	struct columns all = {.cnt = 0};

	TRY(add_all(b->a, &all, &b->touched[table], table, true, e));
	return pg_exec(pg, NULL, stmts->merge, all.cnt, all.text, e);
}

/* A table of which nothing changed has no past either. */
enum rc
store_save(PGconn *pg, struct ledger_book *b, struct err *e)
{
	unsigned t;

	for (t = 0; t < LEDGER_TABLE_CNT; t++) {
		TRY(save_past(pg, b, (enum ledger_table)t, e));
		if (t < LEDGER_ENTITY_CNT && b->past[t].cnt > 0)
			TRY(save_now(pg, b, (enum ledger_table)t, e));
	}
	return RC_OK;
}

/* Back. ---------------------------------------------------------------------
 */

static enum rc
drop_tokens(PGconn *pg, const char *const last[1], struct err *e)
{
	unsigned t;

	for (t = 0; t < LEDGER_TABLE_CNT; t++) {
		const struct index_stmts *stmts = &statements[t];

		if (stmts->drop_now != NULL)
			TRY(pg_exec(pg, NULL, stmts->drop_now, 1, last, e));
		if (stmts->drop_past != NULL)
			TRY(pg_exec(pg, NULL, stmts->drop_past, 1, last, e));
	}
	return RC_OK;
}

enum rc
store_roll_back(PGconn *pg, uint64_t last, struct err *e)
{
	char text[24];
	const char *params[1] = {text};
	unsigned t;

	(void)snprintf(text, sizeof(text), "%" PRIu64, last);
	TRY(drop_tokens(pg, params, e));
	for (t = 0; t < LEDGER_TABLE_CNT; t++) {
		const struct index_stmts *stmts = &statements[t];

		if (stmts->back_now != NULL)
			TRY(pg_exec(pg, NULL, stmts->back_now, 1, params, e));
		if (stmts->forget_now != NULL)
			TRY(pg_exec(pg, NULL, stmts->forget_now, 1, params, e));
		TRY(pg_exec(pg, NULL, stmts->forget_past, 1, params, e));
	}
	return RC_OK;
}

enum rc
store_clear(PGconn *pg, struct err *e)
{
#define ENTITY(id, name, ...)                                                  \
	TRY(pg_exec(                                                           \
	    pg, NULL, "truncate " #name ", " #name "_history", 0, NULL, e));
#define STREAM(id, name, ...)                                                  \
	TRY(pg_exec(pg, NULL, "truncate " #name, 0, NULL, e));
#include "ledger/table.def"
#undef ENTITY
#undef STREAM
	return RC_OK;
}
