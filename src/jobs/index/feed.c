/* SPDX-License-Identifier: Apache-2.0
 *
 * The follower. It asks the node for one header after the other, by methods
 * that go-ethereum has as well, and goes back to the common ancestor when a
 * parent hash does not fit.
 */
#include "jobs/index/feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "eth/types.h"
#include "jobs/pg.h"

/* A reorganisation deeper than this is no reorganisation: stop and say so. */
enum { FEED_BACK_MAX = 10000, FEED_TIMEOUT_MS = 10000 };
enum { FEED_COLUMNS = 9 };

/* One row of table block as parameter texts; bytea in hex form. */
struct row {
	char number[24], hash[67], parent[67], at[24], author[43];
	char gas_limit[24], gas_used[24], tx_cnt[24], state_root[67];
};

void
feed_reset(struct feed *f)
{
	f->is_loaded = false;
	index_reset(&f->index);
}

void
feed_close(struct feed *f)
{
	index_close(&f->index);
}

static enum rc
copy_hex(char *out, size_t chars, const json_t *block, const char *key,
    struct err *e)
{
	const char *text = json_string_value(json_object_get(block, key));
	uint8_t raw[32];

	if (text == NULL || strlen(text) != chars - 1 ||
	    hex_read_fixed(
		raw, (chars - 3) / 2, bytes_of_str(text), false, NULL) != RC_OK)
		return FAIL(
		    e, RC_CORRUPT, "node: block without proper %s", key);
	snprintf(out, chars, "\\x%s", text + 2);
	return RC_OK;
}

static enum rc
put_number(char out[24], const json_t *value, const char *key, struct err *e)
{
	const char *text = json_string_value(value);
	uint64_t v;

	if (text == NULL ||
	    hex_quantity_u64(&v, bytes_of_str(text), NULL) != RC_OK ||
	    v > INT64_MAX)
		return FAIL(
		    e, RC_CORRUPT, "node: block without proper %s", key);
	snprintf(out, 24, "%" PRIu64, v);
	return RC_OK;
}

static enum rc
copy_number(char out[24], const json_t *block, const char *key, struct err *e)
{
	return put_number(out, json_object_get(block, key), key, e);
}

static enum rc
read_row(struct row *r, const json_t *block, struct err *e)
{
	TRY(copy_number(r->number, block, "number", e));
	TRY(copy_hex(r->hash, sizeof(r->hash), block, "hash", e));
	TRY(copy_hex(r->parent, sizeof(r->parent), block, "parentHash", e));
	TRY(copy_number(r->at, block, "timestamp", e));
	TRY(copy_hex(r->author, sizeof(r->author), block, "miner", e));
	TRY(copy_number(r->gas_limit, block, "gasLimit", e));
	TRY(copy_number(r->gas_used, block, "gasUsed", e));
	return copy_hex(
	    r->state_root, sizeof(r->state_root), block, "stateRoot", e);
}

/* A row under another number than the one asked for would leave a gap. */
static enum rc
read_block(struct row *r, const json_t *block, uint64_t number, struct err *e)
{
	char want[24];

	TRY(read_row(r, block, e));
	snprintf(want, sizeof(want), "%" PRIu64, number);
	if (!strcmp(r->number, want))
		return RC_OK;
	return FAIL(e, RC_CORRUPT, "node: block %s in place of block %s",
	    r->number, want);
}

/* By hash: the number may be another block's by now. has is false when the
 * node does not have that block any more. */
static enum rc
fetch_tx_cnt(
    struct feed *f, struct row *r, bool *has, const char *hash, struct err *e)
{
	json_t *cnt;
	enum rc rc;

	TRY(noderpc_call(f->node, &cnt, "eth_getBlockTransactionCountByHash",
	    json_pack("[s]", hash), FEED_TIMEOUT_MS, e));
	*has = !json_is_null(cnt);
	rc = *has ? put_number(r->tx_cnt, cnt, "transactions", e) : RC_OK;
	json_decref(cnt);
	return rc;
}

/* A row is a header and a count: for a whole block the node would hash every
 * transaction in it. has is false when there is no block of that number yet.
 */
static enum rc
fetch(struct feed *f, struct row *r, bool *has, uint64_t number, struct err *e)
{
	char text[HEX_U64_MAX];
	json_t *block;
	enum rc rc;

	hex_u64(text, number);
	TRY(noderpc_call(f->node, &block, "eth_getHeaderByNumber",
	    json_pack("[s]", text), FEED_TIMEOUT_MS, e));
	*has = !json_is_null(block);
	rc = *has ? read_block(r, block, number, e) : RC_OK;
	if (rc == RC_OK && *has)
		rc = fetch_tx_cnt(f, r, has,
		    json_string_value(json_object_get(block, "hash")), e);
	json_decref(block);
	return rc;
}

static enum rc
load_cursor(struct feed *f, struct err *e)
{
	PGresult *r;

	TRY(pg_exec(f->pg, &r,
	    "select number, hash from cursor where name = 'block'", 0, NULL,
	    e));
	f->next = 0;
	f->hash[0] = '\0';
	if (PQntuples(r) == 1) {
		f->next = strtoull(PQgetvalue(r, 0, 0), NULL, 10) + 1;
		snprintf(f->hash, sizeof(f->hash), "%s", PQgetvalue(r, 0, 1));
	}
	PQclear(r);
	f->is_loaded = true;
	return RC_OK;
}

static enum rc
insert(struct feed *f, const struct row *r, struct err *e)
{
	const char *params[FEED_COLUMNS] = {r->number, r->hash, r->parent,
	    r->at, r->author, r->gas_limit, r->gas_used, r->tx_cnt,
	    r->state_root};

	return pg_exec(f->pg, NULL,
	    "insert into block (number, hash, parent_hash, at_unix, author, "
	    "gas_limit, gas_used, tx_cnt, state_root) "
	    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	    FEED_COLUMNS, params, e);
}

static enum rc
move_cursor(struct feed *f, const char *number, const char *hash, struct err *e)
{
	const char *params[2] = {number, hash};

	return pg_exec(f->pg, NULL,
	    "insert into cursor (name, number, hash) values ('block', $1, $2) "
	    "on conflict (name) do update set number = excluded.number, "
	    "hash = excluded.hash",
	    2, params, e);
}

/* Ends a transaction; what was stored counts only when commit succeeds. */
static enum rc
end_tx(struct feed *f, enum rc rc, struct err *e)
{
	if (rc == RC_OK)
		return pg_exec(f->pg, NULL, "commit", 0, NULL, e);
	(void)pg_exec(f->pg, NULL, "rollback", 0, NULL, NULL);
	return rc;
}

static enum rc
stored_hash(struct feed *f, char out[67], uint64_t number, struct err *e)
{
	char text[24];
	const char *params[1] = {text};
	PGresult *r;

	snprintf(text, sizeof(text), "%" PRIu64, number);
	TRY(pg_exec(f->pg, &r, "select hash from block where number = $1", 1,
	    params, e));
	snprintf(out, 67, "%s", PQntuples(r) == 1 ? PQgetvalue(r, 0, 0) : "");
	PQclear(r);
	return RC_OK;
}

/* Finds the newest stored block that is still on the node's chain. */
static enum rc
find_ancestor(struct feed *f, struct row *r, struct err *e)
{
	uint64_t n = f->next, steps;
	char ours[67];
	bool has;

	for (steps = 0; n > 0 && steps < FEED_BACK_MAX; steps++) {
		n--;
		TRY(stored_hash(f, ours, n, e));
		TRY(fetch(f, r, &has, n, e));
		if (has && !strcmp(ours, r->hash))
			return RC_OK;
	}
	return FAIL(e, RC_CORRUPT,
	    "the node's chain shares no block with the %" PRIu64
	    " stored here: another chain?",
	    f->next);
}

static enum rc
roll_back(struct feed *f, struct err *e)
{
	struct row r;
	const char *params[1] = {r.number};
	enum rc rc;

	TRY(find_ancestor(f, &r, e));
	log_warn("feed", "chain went back to block=%s from=%" PRIu64, r.number,
	    f->next - 1);
	TRY(pg_exec(f->pg, NULL, "begin", 0, NULL, e));
	rc = pg_exec(
	    f->pg, NULL, "delete from block where number > $1", 1, params, e);
	if (rc == RC_OK)
		rc = move_cursor(f, r.number, r.hash, e);
	if (rc == RC_OK)
		rc = index_roll_back(
		    &f->index, f->pg, strtoull(r.number, NULL, 10), e);
	TRY(end_tx(f, rc, e));
	feed_reset(f);
	return RC_OK;
}

/* Inside a transaction: blocks until the head, the bound or a misfit. */
static enum rc
take_blocks(struct feed *f, size_t *cnt, bool *misfit, struct err *e)
{
	struct row r;
	bool has = true;

	*misfit = false;
	for (*cnt = 0; *cnt < f->batch; (*cnt)++) {
		TRY(fetch(f, &r, &has, f->next, e));
		*misfit =
		    has && f->hash[0] != '\0' && strcmp(r.parent, f->hash) != 0;
		if (!has || *misfit)
			break;
		TRY(insert(f, &r, e));
		memcpy(f->hash, r.hash, sizeof(f->hash));
		f->next++;
	}
	if (*cnt == 0)
		return RC_OK;
	snprintf(r.number, sizeof(r.number), "%" PRIu64, f->next - 1);
	return move_cursor(f, r.number, f->hash, e);
}

/* The head may have been replaced by one of the same height. */
static enum rc
head_still_fits(struct feed *f, bool *fits, struct err *e)
{
	struct row r;
	bool has;

	*fits = true;
	if (f->next == 0)
		return RC_OK;
	TRY(fetch(f, &r, &has, f->next - 1, e));
	*fits = has && !strcmp(r.hash, f->hash);
	return RC_OK;
}

/* Inside a transaction: blocks, and what the index makes of them and of those
 * before. is_undone: the chain changed under the index. */
static enum rc
take(struct feed *f, size_t *cnt, bool *misfit, bool *is_undone, struct err *e)
{
	*is_undone = false;
	TRY(take_blocks(f, cnt, misfit, e));
	if (*misfit)
		return RC_OK;
	return index_step(&f->index, is_undone, f->pg, f->node, f->next, e);
}

/* Forgets the open transaction, and what it was to store. */
static enum rc
undo(struct feed *f, size_t *cnt, struct err *e)
{
	*cnt = 0;
	TRY(pg_exec(f->pg, NULL, "rollback", 0, NULL, e));
	feed_reset(f);
	TRY(load_cursor(f, e));
	return f->next == 0 ? RC_OK : roll_back(f, e);
}

enum rc
feed_step(struct feed *f, size_t *cnt, struct err *e)
{
	bool misfit = false, is_undone = false, fits;
	enum rc rc;

	*cnt = 0;
	if (!f->is_loaded)
		TRY(load_cursor(f, e));
	TRY(pg_exec(f->pg, NULL, "begin", 0, NULL, e));
	rc = take(f, cnt, &misfit, &is_undone, e);
	if (rc == RC_OK && is_undone)
		return undo(f, cnt, e);
	rc = end_tx(f, rc, e);
	if (rc != RC_OK) {
		*cnt = 0;
		feed_reset(f);
		return rc;
	}
	if (misfit)
		return roll_back(f, e);
	if (*cnt > 0)
		return RC_OK;
	TRY(head_still_fits(f, &fits, e));
	return fits ? RC_OK : roll_back(f, e);
}
