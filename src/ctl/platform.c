/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of platform.def and of deployed_contract, put together.
 */
#include "ctl/platform.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hex.h"
#include "eth/addr.h"

static const struct {
	enum contract_profile profile;
	const char *name;
	struct {
		const char *of, *getter;
	} args[PLATFORM_ARG_MAX];
} contracts[] = {
#define PLATFORM(profile, name, of1, getter1, of2, getter2)                    \
	{CONTRACT_##profile, name, {{of1, getter1}, {of2, getter2}}},
#include "ctl/platform.def"
#undef PLATFORM
};

/* Decimal text of a number. */
enum { NUMBER_MAX = 24 };

static enum rc
query(PGconn *pg, PGresult **out, const char *sql, int cnt,
    const char *const *params, struct err *e)
{
	PGresult *r = PQexecParams(pg, sql, cnt, NULL, params, NULL, NULL, 0);
	ExecStatusType st = PQresultStatus(r);

	if (st == PGRES_TUPLES_OK || st == PGRES_COMMAND_OK) {
		if (out != NULL)
			*out = r;
		else
			PQclear(r);
		return RC_OK;
	}
	PQclear(r);
	return FAIL(e, RC_IO, "database: %s", PQerrorMessage(pg));
}

/* --- the platform without a database --- */

static size_t
place_of(const struct platform *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->cnt; i++)
		if (!strcmp(p->row[i].contract->name, name))
			return i;
	return PLATFORM_MAX;
}

static void
set_args(struct platform *p, struct platform_row *row, size_t at)
{
	size_t i;

	for (i = 0; i < PLATFORM_ARG_MAX; i++) {
		if (contracts[at].args[i].of == NULL)
			continue;
		row->args[row->arg_cnt++] = (struct platform_arg){
		    .of = place_of(p, contracts[at].args[i].of),
		    .getter = contracts[at].args[i].getter};
		CHECK(row->args[i].of < p->cnt);
	}
}

static void
set_platform(struct platform *p, enum contract_profile profile)
{
	size_t i;

	*p = (struct platform){.profile = profile};
	for (i = 0; i < ARRAY_CNT(contracts); i++) {
		struct platform_row *row = &p->row[p->cnt];

		if (contracts[i].profile != profile)
			continue;
		CHECK(p->cnt < PLATFORM_MAX);
		row->contract = contract_find(profile, contracts[i].name);
		CHECK(row->contract != NULL);
		set_args(p, row, i);
		p->cnt++;
	}
}

/* --- rows --- */

static bool
number_of(uint64_t *out, const char *text)
{
	return bytes_dec(out, bytes_of_str(text), UINT64_MAX);
}

/* name, address, deployer, nonce, tx_hash, raw_tx, block_number */
static bool
take_row(struct arena *a, struct platform_row *row, const PGresult *r, int i)
{
	const char *text[7];
	int j;

	for (j = 0; j < 7; j++)
		text[j] = PQgetvalue(r, i, j);
	row->is_planned = true;
	row->is_done = PQgetisnull(r, i, 6) == 0;
	return addr_read(&row->address, bytes_of_str(text[1]), false, NULL) ==
		   RC_OK &&
	       addr_read(&row->deployer, bytes_of_str(text[2]), false, NULL) ==
		   RC_OK &&
	       number_of(&row->nonce, text[3]) &&
	       hex_read_fixed(row->tx_hash.b, sizeof(row->tx_hash.b),
		   bytes_of_str(text[4]), true, NULL) == RC_OK &&
	       hex_read(a, &row->raw, bytes_of_str(text[5]), NULL) == RC_OK &&
	       (!row->is_done || number_of(&row->block_no, text[6]));
}

static enum rc
take_rows(
    struct arena *a, struct platform *out, const PGresult *r, struct err *e)
{
	int i;

	for (i = 0; i < PQntuples(r); i++) {
		const char *name = PQgetvalue(r, i, 0);
		size_t at = place_of(out, name);

		if (at >= out->cnt || !take_row(a, &out->row[at], r, i))
			return FAIL(e, RC_CORRUPT,
			    "database: deployed_contract: %s %.40s",
			    contract_profile_text(out->profile), name);
	}
	return RC_OK;
}

enum rc
platform_read(struct arena *a, struct platform *out,
    enum contract_profile profile, PGconn *pg, struct err *e)
{
	const char *params[] = {contract_profile_text(profile)};
	PGresult *r;
	enum rc rc;

	set_platform(out, profile);
	TRY(query(pg, &r,
	    "select name, address, deployer, nonce, encode(tx_hash, 'hex'), "
	    "'0x' || encode(raw_tx, 'hex'), block_number "
	    "from deployed_contract where profile = $1",
	    1, params, e));
	rc = take_rows(a, out, r, e);
	PQclear(r);
	return rc;
}

/* The number is ours among the database's advisory locks; migrations have
 * another. Another one's process that was killed gives it up in a moment. */
enum rc
platform_lock(PGconn *pg, struct err *e)
{
	TRY(query(pg, NULL, "set lock_timeout = '60s'", 0, NULL, e));
	return query(pg, NULL, "select pg_advisory_lock(5203001)", 0, NULL, e);
}

enum rc
platform_begin(PGconn *pg, struct err *e)
{
	return query(pg, NULL, "begin", 0, NULL, e);
}

enum rc
platform_commit(PGconn *pg, struct err *e)
{
	return query(pg, NULL, "commit", 0, NULL, e);
}

enum rc
platform_insert(PGconn *pg, const struct platform_row *row, struct err *e)
{
	char address[ADDR_TEXT_MAX], deployer[ADDR_TEXT_MAX];
	char nonce[NUMBER_MAX], hash[67];
	char *raw = mem_array(2 * row->raw.len + 3, 1);
	const char *params[] = {contract_profile_text(row->contract->profile),
	    row->contract->name, addr_text(address, &row->address),
	    addr_text(deployer, &row->deployer), nonce, hash + 2, raw};
	enum rc rc;

	if (raw == NULL)
		return FAIL(e, RC_NO_MEMORY, "%s", row->contract->name);
	snprintf(nonce, sizeof(nonce), "%llu", (unsigned long long)row->nonce);
	hex_put0x(hash, hash_bytes(&row->tx_hash));
	hex_put0x(raw, row->raw);
	params[6] = raw + 2;
	rc = query(pg, NULL,
	    "insert into deployed_contract "
	    "(profile, name, address, deployer, nonce, tx_hash, raw_tx) "
	    "values ($1, $2, $3, $4, $5, decode($6, 'hex'), "
	    "decode($7, 'hex'))",
	    ARRAY_CNT(params), params, e);
	mem_free(raw);
	return rc;
}

enum rc
platform_drop(PGconn *pg, const struct platform_row *row, struct err *e)
{
	const char *params[] = {
	    contract_profile_text(row->contract->profile), row->contract->name};

	return query(pg, NULL,
	    "delete from deployed_contract where profile = $1 and name = $2", 2,
	    params, e);
}

enum rc
platform_done(PGconn *pg, const struct platform_row *row, struct err *e)
{
	char number[NUMBER_MAX];
	const char *params[] = {contract_profile_text(row->contract->profile),
	    row->contract->name, number};

	snprintf(
	    number, sizeof(number), "%llu", (unsigned long long)row->block_no);
	return query(pg, NULL,
	    "with done as (update deployed_contract "
	    "set block_number = $3, deployed_at = now() "
	    "where profile = $1 and name = $2 returning address) "
	    "insert into executable_contract (contract_address) "
	    "select address from done on conflict do nothing",
	    3, params, e);
}

enum rc
platform_is_executable(
    bool *out, PGconn *pg, const struct platform_row *row, struct err *e)
{
	char address[ADDR_TEXT_MAX];
	const char *params[] = {addr_text(address, &row->address)};
	PGresult *r;

	TRY(query(pg, &r,
	    "select 1 from executable_contract where contract_address = $1", 1,
	    params, e));
	*out = PQntuples(r) == 1;
	PQclear(r);
	return RC_OK;
}
