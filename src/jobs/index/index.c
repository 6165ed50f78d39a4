/* SPDX-License-Identifier: Apache-2.0
 *
 * One step: which blocks, their logs, tokens that they register, and the
 * rules. Near the head each block is asked for by its hash; further back by
 * ranges, as large as the node will answer, and each log must be of a block
 * that is stored.
 */
#include "jobs/index/index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/metrics.h"
#include "eth/addr.h"
#include "jobs/index/logs.h"
#include "jobs/index/store.h"
#include "jobs/pg.h"

/*
 * NEAR_MAX: blocks up to the head that are asked for by hash, for a range says
 * nothing of a block without logs, and a chain may change twice while it is
 * read. Deeper than that it does not.
 * LOGS_MAX: so many logs are enough for one transaction.
 * BATCH_BYTES_MAX: they, their rows, and the text of both: of one block of a
 * thousand million gas.
 */
enum { NEAR_MAX = 64, SPAN_FIRST = 1000, SPAN_MAX = 100000, LOGS_MAX = 10000 };
enum { WINDOW_MS = 1000, NODE_TIMEOUT_MS = 10000 };
static const size_t BATCH_BYTES_MAX = (size_t)1 << 30;
static const size_t SOURCES_BYTES_MAX = (size_t)1 << 28;

/* What one step has in its hands. */
struct step {
	struct index *ix;
	struct arena *a;
	PGconn *pg;
	struct noderpc *node;
	struct logs logs;
	uint64_t first, last;
	bool is_misfit;
};

void
index_reset(struct index *ix)
{
	ix->is_loaded = false;
	ix->is_behind = false;
}

void
index_close(struct index *ix)
{
	ledger_sources_close(&ix->sources);
	arena_drop(&ix->sources_a);
	arena_drop(&ix->batch_a);
	index_reset(ix);
}

static enum rc
read_addr(struct addr *out, const char *digits, struct err *e)
{
	return hex_read_fixed(
	    out->b, sizeof(out->b), bytes_of_str(digits), true, e);
}

/* Which contracts. --------------------------------------------------------- */

static enum rc
load_contracts(struct index *ix, PGconn *pg, struct err *e)
{
	enum contract_profile profile = CONTRACT_STANDARD;
	struct addr at;
	PGresult *r;
	enum rc rc;
	int i;

	TRY(pg_exec(pg, &r,
	    "select encode(address, 'hex'), profile, name from index_source", 0,
	    NULL, e));
	rc = RC_OK;
	for (i = 0; rc == RC_OK && i < PQntuples(r); i++) {
		rc = read_addr(&at, PQgetvalue(r, i, 0), e);
		if (rc == RC_OK &&
		    !contract_profile_read(&profile, PQgetvalue(r, i, 1)))
			rc = FAIL(e, RC_CORRUPT, "no profile %s",
			    PQgetvalue(r, i, 1));
		if (rc == RC_OK)
			rc = ledger_add_contract(
			    &ix->sources, &at, profile, PQgetvalue(r, i, 2), e);
	}
	PQclear(r);
	return rc;
}

static enum rc
load_tokens(struct index *ix, PGconn *pg, struct err *e)
{
	const struct ledger_source *list;
	struct addr at, list_at;
	PGresult *r;
	enum rc rc;
	int i;

	TRY(pg_exec(pg, &r,
	    "select encode(token, 'hex'), encode(list, 'hex'), template "
	    "from token",
	    0, NULL, e));
	rc = RC_OK;
	for (i = 0; rc == RC_OK && i < PQntuples(r); i++) {
		rc = read_addr(&at, PQgetvalue(r, i, 0), e);
		if (rc == RC_OK)
			rc = read_addr(&list_at, PQgetvalue(r, i, 1), e);
		if (rc != RC_OK)
			break;
		list = ledger_find(&ix->sources, &list_at);
		if (list == NULL)
			rc = FAIL(e, RC_CORRUPT, "token of an unknown list");
		else
			rc = ledger_add_token(&ix->sources, &at, list->profile,
			    bytes_of_str(PQgetvalue(r, i, 2)), e);
	}
	PQclear(r);
	return rc;
}

static enum rc
load_sources(struct index *ix, PGconn *pg, struct err *e)
{
	index_close(ix);
	arena_init(&ix->sources_a, SOURCES_BYTES_MAX);
	arena_init(&ix->batch_a, BATCH_BYTES_MAX);
	ledger_sources_open(&ix->sources, &ix->sources_a);
	TRY(load_contracts(ix, pg, e));
	TRY(load_tokens(ix, pg, e));
	if (ix->span == 0)
		ix->span = SPAN_FIRST;
	ix->is_loaded = true;
	return RC_OK;
}

/* The platform's contracts, those that are on the chain. */
#define PLATFORM                                                               \
	"select decode(substr(address, 3), 'hex'), profile, name "             \
	"from deployed_contract where block_number is not null"
#define SOURCES "select address, profile, name from index_source"

/* What the database says: where the cursor is, whether there is one, and
 * whether the rows are of the contracts that there are now. */
static enum rc
load_state(
    struct index *ix, PGconn *pg, bool *has_cursor, bool *fits, struct err *e)
{
	PGresult *r;

	TRY(pg_exec(pg, &r,
	    "select (select number from cursor where name = 'index'), "
	    "not exists ((" PLATFORM " except " SOURCES ") union all "
	    "(" SOURCES " except " PLATFORM "))",
	    0, NULL, e));
	*has_cursor = PQgetisnull(r, 0, 0) == 0;
	*fits = PQgetvalue(r, 0, 1)[0] == 't';
	ix->next =
	    *has_cursor ? strtoull(PQgetvalue(r, 0, 0), NULL, 10) + 1 : 0;
	PQclear(r);
	return RC_OK;
}

static enum rc
start_anew(struct index *ix, PGconn *pg, struct err *e)
{
	TRY(store_clear(pg, e));
	TRY(pg_exec(
	    pg, NULL, "delete from cursor where name = 'index'", 0, NULL, e));
	TRY(pg_exec(pg, NULL, "delete from index_source", 0, NULL, e));
	TRY(pg_exec(pg, NULL,
	    "insert into index_source (address, profile, name) " PLATFORM, 0,
	    NULL, e));
	ix->next = 0;
	return load_sources(ix, pg, e);
}

static bool
has_sources(const struct index *ix)
{
	return ix->sources.by_address.cnt > 0;
}

static enum rc
open_index(struct index *ix, PGconn *pg, struct err *e)
{
	bool has_cursor, fits;

	TRY(load_state(ix, pg, &has_cursor, &fits, e));
	if (!ix->is_loaded)
		TRY(load_sources(ix, pg, e));
	if (fits && (has_cursor || !has_sources(ix)))
		return RC_OK;
	TRY(start_anew(ix, pg, e));
	log_info(
	    "index", "made anew contracts=%zu", ix->sources.by_address.cnt);
	return RC_OK;
}

/* Logs. ------------------------------------------------------------------- */

/* Blocks without transactions are not asked for. */
static enum rc
fetch_near(struct step *s, struct err *e)
{
	char first[24], last[24];
	const char *params[2] = {first, last};
	bool has = true;
	struct hash hash;
	PGresult *r;
	enum rc rc = RC_OK;
	int i;

	(void)snprintf(first, sizeof(first), "%" PRIu64, s->first);
	(void)snprintf(last, sizeof(last), "%" PRIu64, s->last);
	TRY(pg_exec(s->pg, &r,
	    "select number, encode(hash, 'hex'), tx_cnt from block "
	    "where number between $1 and $2 order by number",
	    2, params, e));
	for (i = 0; rc == RC_OK && has && i < PQntuples(r); i++) {
		if (s->logs.cnt >= LOGS_MAX)
			break;
		s->last = strtoull(PQgetvalue(r, i, 0), NULL, 10);
		if (PQgetvalue(r, i, 2)[0] == '0')
			continue;
		rc = hex_read_fixed(hash.b, sizeof(hash.b),
		    bytes_of_str(PQgetvalue(r, i, 1)), true, e);
		if (rc == RC_OK)
			rc = logs_of_block(
			    s->a, &s->logs, &has, s->node, &hash, e);
	}
	PQclear(r);
	s->is_misfit = !has;
	return rc;
}

/* A range that is too much is halved; the next may be twice as long when this
 * one was little. */
static enum rc
fetch_far(struct step *s, struct err *e)
{
	bool is_more = true;

	while (is_more && s->last > s->first) {
		TRY(logs_of_range(s->a, &s->logs, &is_more, s->node, s->first,
		    s->last, NULL, NULL, e));
		if (is_more) {
			s->last = s->first + (s->last - s->first) / 2;
			s->ix->span = s->last - s->first + 1;
		}
	}
	if (is_more)
		return fetch_near(s, e);
	if (s->logs.cnt < LOGS_MAX / 4 && s->ix->span < SPAN_MAX)
		s->ix->span *= 2;
	return RC_OK;
}

static enum rc
fetch(struct step *s, uint64_t end, struct err *e)
{
	uint64_t near = end > NEAR_MAX ? end - NEAR_MAX : 0;

	s->first = s->ix->next;
	if (s->first >= near) {
		s->last = end - 1;
		return fetch_near(s, e);
	}
	s->last = s->first + s->ix->span - 1;
	if (s->last >= near)
		s->last = near - 1;
	return fetch_far(s, e);
}

/* Two columns as arrays: numbers and hashes of the logs' blocks. */
static enum rc
block_arrays(
    struct arena *a, const char *out[2], const struct logs *logs, struct err *e)
{
	size_t room = 3 + logs->cnt * 70, i;
	struct buf numbers = buf_of(arena_alloc(a, room), room);
	struct buf hashes = buf_of(arena_alloc(a, room), room);
	char digits[64];

	if (numbers.ptr == NULL || hashes.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu logs", logs->cnt);
	for (i = 0; i < logs->cnt; i++) {
		const struct ledger_log *log = &logs->v[i];

		if (i > 0 && log->block == log[-1].block &&
		    hash_eq(&log->block_hash, &log[-1].block_hash))
			continue;
		(void)buf_put_u8(&numbers, numbers.len == 0 ? '{' : ',');
		(void)buf_put_dec(&numbers, log->block, 1);
		(void)buf_put_u8(&hashes, hashes.len == 0 ? '{' : ',');
		hex_put(digits, hash_bytes(&log->block_hash));
		(void)buf_put(&hashes, "\\\\x", 3);
		(void)buf_put(&hashes, digits, sizeof(digits));
	}
	CHECK(buf_put(&numbers, "}", 2) && buf_put(&hashes, "}", 2));
	out[0] = (const char *)numbers.ptr;
	out[1] = (const char *)hashes.ptr;
	return RC_OK;
}

/* Logs are of the blocks that are stored, or the chain has changed. */
static enum rc
check_blocks(struct step *s, const struct logs *logs, struct err *e)
{
	const char *params[2];
	PGresult *r;

	if (logs->cnt == 0)
		return RC_OK;
	TRY(block_arrays(s->a, params, logs, e));
	TRY(pg_exec(s->pg, &r,
	    "select 1 from unnest($1::bigint[], $2::bytea[]) l (number, hash) "
	    "left join block b using (number) "
	    "where b.hash is distinct from l.hash limit 1",
	    2, params, e));
	s->is_misfit = PQntuples(r) > 0;
	PQclear(r);
	return RC_OK;
}

/* Rules. ------------------------------------------------------------------- */

static void
apply_all(struct ledger_book *b, const struct ledger_sources *sources,
    const struct ledger_event *events, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		ledger_apply(b, sources, &events[i]);
}

static enum rc
write_events(struct step *s, const struct ledger_event *events, size_t cnt,
    struct err *e)
{
	const struct ledger_sources *sources = &s->ix->sources;
	struct ledger_book b;
	enum rc rc;

	book_open(&b, s->a);
	apply_all(&b, sources, events, cnt);
	book_begin(&b);
	rc = store_load(s->pg, &b, e);
	if (rc == RC_OK) {
		apply_all(&b, sources, events, cnt);
		book_end(&b);
		rc = b.has_failed ? FAIL(e, RC_NO_MEMORY,
					"no room for what %zu events say", cnt)
				  : store_save(s->pg, &b, e);
	}
	book_close(&b);
	return rc;
}

/* only: events of other tokens do not count here; NULL: all. */
static enum rc
apply(struct step *s, const struct logs *logs, const struct ledger_source *only,
    struct err *e)
{
	struct ledger_event *events =
	    arena_array(s->a, logs->cnt + 1, sizeof(*events));
	size_t cnt = 0, i;
	bool counts;

	if (events == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu logs", logs->cnt);
	TRY(check_blocks(s, logs, e));
	for (i = 0; i < logs->cnt && !s->is_misfit; i++) {
		TRY(ledger_read(s->a, &events[cnt], &counts, &s->ix->sources,
		    &logs->v[i], e));
		if (counts && (only == NULL || events[cnt].token == only))
			cnt++;
	}
	if (cnt == 0 || s->is_misfit)
		return RC_OK;
	metric_add(METRIC_INDEX_EVENTS, cnt);
	s->ix->window_events += cnt;
	return write_events(s, events, cnt, e);
}

/* What a token did before. --------------------------------------------------
 */

static int
in_order(const void *x, const void *y)
{
	const struct ledger_log *a = x, *b = y;

	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static json_t *
address_json(const struct addr *at)
{
	char text[ADDR_TEXT_MAX];

	return json_string(addr_text(text, at));
}

static json_t *
exchanges_json(const struct index *ix)
{
	json_t *list = json_array();
	const void *key;
	void *value;
	size_t at = 0;

	while (map_next(&ix->sources.by_address, &at, &key, &value)) {
		const struct ledger_source *source = value;

		if (source->class == LEDGER_CLASS_EXCHANGE)
			(void)json_array_append_new(
			    list, address_json(&source->address));
	}
	return list;
}

/* The token's own logs, and those of exchanges about it. */
static enum rc
fetch_token(struct step *s, struct logs *out, bool *is_more,
    const struct ledger_source *token, uint64_t first, uint64_t last,
    struct err *e)
{
	json_t *exchanges;

	TRY(logs_of_range(s->a, out, is_more, s->node, first, last,
	    json_pack("[o]", address_json(&token->address)), NULL, e));
	if (*is_more)
		return RC_OK;
	exchanges = exchanges_json(s->ix);
	if (json_array_size(exchanges) == 0) {
		json_decref(exchanges);
		return RC_OK;
	}
	TRY(logs_of_range(s->a, out, is_more, s->node, first, last, exchanges,
	    &token->address, e));
	if (out->cnt > 0)
		qsort(out->v, out->cnt, sizeof(out->v[0]), in_order);
	return RC_OK;
}

/* A block that has too many logs for a range is taken whole, by its hash. */
static enum rc
fetch_token_block(
    struct step *s, struct logs *out, uint64_t number, struct err *e)
{
	struct step one = *s;

	one.logs = (struct logs){.cnt = 0};
	one.first = one.last = number;
	TRY(fetch_near(&one, e));
	*out = one.logs;
	s->is_misfit = one.is_misfit;
	return RC_OK;
}

static enum rc
take_earlier(struct step *s, const struct ledger_source *token, uint64_t first,
    uint64_t *last, struct err *e)
{
	struct logs logs = {.cnt = 0};
	bool is_more;

	TRY(fetch_token(s, &logs, &is_more, token, first, *last, e));
	while (is_more && *last > first) {
		logs = (struct logs){.cnt = 0};
		*last = first + (*last - first) / 2;
		TRY(fetch_token(s, &logs, &is_more, token, first, *last, e));
	}
	if (is_more)
		TRY(fetch_token_block(s, &logs, first, e));
	return s->is_misfit ? RC_OK : apply(s, &logs, token, e);
}

/* Before the blocks of this step: in these the token is known already. */
static enum rc
catch_up_token(struct step *s, const struct ledger_source *token, struct err *e)
{
	uint64_t at = 0, last;

	while (at < s->first && !s->is_misfit) {
		struct arena_mark mark = arena_save(s->a);

		last = s->first - 1;
		TRY(take_earlier(s, token, at, &last, e));
		arena_rewind(s->a, mark);
		at = last + 1;
	}
	return RC_OK;
}

static enum rc
discover(struct step *s, struct err *e)
{
	const struct ledger_source *token;
	size_t i;

	for (i = 0; i < s->logs.cnt && !s->is_misfit; i++) {
		TRY(ledger_discover(
		    s->a, &token, &s->ix->sources, &s->logs.v[i], e));
		if (token != NULL)
			TRY(catch_up_token(s, token, e));
	}
	return RC_OK;
}

/* The cursor, and how far behind we are. ------------------------------------
 */

static void
tell_rates(struct index *ix, uint64_t blocks)
{
	uint64_t now = clock_real()->mono_ms(NULL);

	ix->window_blocks += blocks;
	if (ix->window_ms == 0)
		ix->window_ms = now;
	if (now - ix->window_ms < WINDOW_MS)
		return;
	metric_set(METRIC_INDEX_BLOCK_RATE,
	    ix->window_blocks * 1000 / (now - ix->window_ms));
	metric_set(METRIC_INDEX_EVENT_RATE,
	    ix->window_events * 1000 / (now - ix->window_ms));
	ix->window_ms = now;
	ix->window_blocks = ix->window_events = 0;
}

static enum rc
tell_lag(struct step *s, uint64_t at_unix, struct err *e)
{
	uint64_t head = 0, now = clock_real()->wall_ms(NULL) / 1000;
	json_t *answer;
	enum rc rc;

	TRY(noderpc_call(
	    s->node, &answer, "eth_blockNumber", NULL, NODE_TIMEOUT_MS, e));
	rc = json_is_string(answer)
		 ? hex_quantity_u64(
		       &head, bytes_of_str(json_string_value(answer)), e)
		 : FAIL(e, RC_CORRUPT, "node: no block number");
	json_decref(answer);
	if (rc != RC_OK)
		return rc;
	metric_set(METRIC_INDEX_BLOCK, s->last);
	metric_set(
	    METRIC_INDEX_LAG_BLOCKS, head > s->last ? head - s->last : 0);
	metric_set(METRIC_INDEX_LAG_SECONDS,
	    head > s->last && now > at_unix ? now - at_unix : 0);
	return RC_OK;
}

static enum rc
move_cursor(PGconn *pg, uint64_t *at_unix, uint64_t last, struct err *e)
{
	char text[24];
	const char *params[1] = {text};
	PGresult *r;

	(void)snprintf(text, sizeof(text), "%" PRIu64, last);
	TRY(pg_exec(pg, &r,
	    "insert into cursor (name, number, hash) "
	    "select 'index', number, hash from block where number = $1 "
	    "on conflict (name) do update set number = excluded.number, "
	    "hash = excluded.hash "
	    "returning (select at_unix from block where number = $1)",
	    1, params, e));
	*at_unix =
	    PQntuples(r) == 1 ? strtoull(PQgetvalue(r, 0, 0), NULL, 10) : 0;
	PQclear(r);
	return RC_OK;
}

static enum rc
finish(struct step *s, uint64_t end, struct err *e)
{
	uint64_t at_unix;

	TRY(move_cursor(s->pg, &at_unix, s->last, e));
	metric_add(METRIC_INDEX_BLOCKS, s->last - s->first + 1);
	tell_rates(s->ix, s->last - s->first + 1);
	s->ix->next = s->last + 1;
	s->ix->is_behind = s->ix->next < end;
	return tell_lag(s, at_unix, e);
}

enum rc
index_step(struct index *ix, bool *misfit, PGconn *pg, struct noderpc *node,
    uint64_t end, struct err *e)
{
	struct step s = {.ix = ix, .a = &ix->batch_a, .pg = pg, .node = node};

	*misfit = false;
	ix->is_behind = false;
	if (end == 0)
		return RC_OK;
	TRY(open_index(ix, pg, e));
	if (!has_sources(ix) || ix->next >= end)
		return RC_OK;
	arena_reset(&ix->batch_a);
	TRY(fetch(&s, end, e));
	if (!s.is_misfit)
		TRY(discover(&s, e));
	if (!s.is_misfit)
		TRY(apply(&s, &s.logs, NULL, e));
	*misfit = s.is_misfit;
	return s.is_misfit ? RC_OK : finish(&s, end, e);
}

enum rc
index_roll_back(struct index *ix, PGconn *pg, uint64_t last, struct err *e)
{
	bool has_cursor, fits;
	uint64_t at_unix;

	TRY(load_state(ix, pg, &has_cursor, &fits, e));
	index_reset(ix);
	if (!has_cursor || ix->next <= last + 1)
		return RC_OK;
	TRY(store_roll_back(pg, last, e));
	return move_cursor(pg, &at_unix, last, e);
}
