/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the chain has what the database says: `sekisho contracts verify`
 * and `list`. Changes nothing.
 */
#include <stdarg.h>
#include <stdio.h>

#include "ctl/deploy_priv.h"
#include "ctl/pg.h"
#include "eth/addr.h"

enum rc
deploy_open(struct deploy *d, const struct home *h,
    enum contract_profile profile, bool wants_node,
    void (*say)(const char *line), struct err *e)
{
	*d = (struct deploy){.home = h, .say = say};
	arena_init(&d->arena, DEPLOY_ARENA_MAX);
	if (wants_node)
		TRY(asknode_open(&d->node, h, e));
	TRY(pg_own(h, &d->pg, "", e));
	return platform_read(&d->arena, &d->platform, profile, d->pg, e);
}

void
deploy_close(struct deploy *d)
{
	if (d->pg != NULL)
		PQfinish(d->pg);
	if (d->node != NULL)
		noderpc_close(d->node);
	arena_drop(&d->arena);
}

void
deploy_say(const struct deploy *d, const char *fmt, ...)
{
	char line[DEPLOY_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	d->say(line);
}

enum rc
deploy_has_code(
    struct deploy *d, bool *out, const struct platform_row *row, struct err *e)
{
	struct bytes code;

	TRY(asknode_code(d->node, &d->arena, &code, &row->address, e));
	*out = bytes_eq(code, row->contract->runtime);
	return RC_OK;
}

/* ask_getter calls a function without arguments that returns an address. */
static enum rc
ask_getter(struct deploy *d, struct addr *out, const struct platform_row *row,
    const char *getter, struct err *e)
{
	const struct contract_member *m =
	    contract_member(row->contract, CONTRACT_FUNCTION, getter);
	const struct abi_value *v;
	char to[ADDR_TEXT_MAX];
	struct bytes data, back;

	TRY(contract_encode_call(&d->arena, &data, m, NULL, 0, e));
	TRY(asknode_data(d->node, &d->arena, &back, "eth_call",
	    json_pack("[{ssso}s]", "to", addr_text(to, &row->address), "data",
		asknode_hex(&d->arena, data), "latest"),
	    e));
	TRY(contract_decode_results(&d->arena, &v, m, back, e));
	*out = v[0].addr;
	return RC_OK;
}

/* Whose wiring is wrong: NULL when all is right. */
static enum rc
check_wiring(struct deploy *d, const char **wrong,
    const struct platform_row *row, struct err *e)
{
	struct addr told;
	size_t i;

	*wrong = NULL;
	for (i = 0; i < row->arg_cnt && *wrong == NULL; i++) {
		TRY(ask_getter(d, &told, row, row->args[i].getter, e));
		if (!addr_eq(&told, &d->platform.row[row->args[i].of].address))
			*wrong = row->args[i].getter;
	}
	return RC_OK;
}

/* What is wrong with a contract; NULL when it is as it must be. */
static enum rc
find_fault(struct deploy *d, const char **fault, const struct platform_row *row,
    struct err *e)
{
	bool is_executable, has_code;

	*fault = "not deployed";
	if (!row->is_planned || !row->is_done)
		return RC_OK;
	*fault = "other code, or none, at its address";
	TRY(deploy_has_code(d, &has_code, row, e));
	if (!has_code)
		return RC_OK;
	*fault = "wallets may not call it (executable_contract)";
	TRY(platform_is_executable(&is_executable, d->pg, row, e));
	if (!is_executable)
		return RC_OK;
	TRY(check_wiring(d, fault, row, e));
	if (*fault != NULL)
		*fault =
		    arena_str(&d->arena, "%s() tells another address", *fault);
	return RC_OK;
}

static enum rc
verify_row(struct deploy *d, bool *is_good, const struct platform_row *row,
    struct err *e)
{
	const char *fault;
	char text[ADDR_TEXT_MAX] = "-";

	TRY(find_fault(d, &fault, row, e));
	*is_good = fault == NULL;
	if (row->is_planned)
		(void)addr_text(text, &row->address);
	deploy_say(d, "%-4s %s %-24s %-42s%s%s", *is_good ? "good" : "BAD",
	    contract_profile_text(d->platform.profile), row->contract->name,
	    text, *is_good ? "" : "  ", *is_good ? "" : fault);
	return RC_OK;
}

static size_t
planned_cnt(const struct platform *p)
{
	size_t i, cnt = 0;

	for (i = 0; i < p->cnt; i++)
		cnt += p->row[i].is_planned;
	return cnt;
}

static size_t
done_cnt(const struct platform *p)
{
	size_t i, cnt = 0;

	for (i = 0; i < p->cnt; i++)
		cnt += p->row[i].is_done;
	return cnt;
}

static enum rc
verify_all(struct deploy *d, size_t *good, size_t *bad, struct err *e)
{
	bool is_good;
	size_t i;

	for (i = 0; i < d->platform.cnt; i++) {
		TRY(verify_row(d, &is_good, &d->platform.row[i], e));
		*good += is_good;
		*bad += !is_good;
	}
	return RC_OK;
}

enum rc
deploy_verify(const struct home *h, enum contract_profile profile,
    void (*say)(const char *line), size_t *good, size_t *bad, struct err *e)
{
	struct deploy d;
	enum rc rc = deploy_open(&d, h, profile, true, say, e);

	*good = *bad = 0;
	if (rc == RC_OK && planned_cnt(&d.platform) > 0)
		rc = verify_all(&d, good, bad, e);
	deploy_close(&d);
	return rc;
}

static void
list_row(const struct deploy *d, const struct platform_row *row)
{
	char text[ADDR_TEXT_MAX], where[64];

	if (!row->is_planned)
		return;
	if (row->is_done)
		snprintf(where, sizeof(where), "block %llu",
		    (unsigned long long)row->block_no);
	else
		snprintf(where, sizeof(where), "planned, not seen in a block");
	deploy_say(d, "%s %-24s %s  %s",
	    contract_profile_text(d->platform.profile), row->contract->name,
	    addr_text(text, &row->address), where);
}

enum rc
deploy_list(const struct home *h, enum contract_profile profile,
    void (*say)(const char *line), struct err *e)
{
	struct deploy d;
	enum rc rc = deploy_open(&d, h, profile, false, say, e);
	size_t i;

	for (i = 0; rc == RC_OK && i < d.platform.cnt; i++)
		list_row(&d, &d.platform.row[i]);
	deploy_close(&d);
	return rc;
}

static enum rc
count(const struct home *h, enum contract_profile profile, size_t *planned,
    size_t *done, struct err *e)
{
	struct deploy d;
	enum rc rc = deploy_open(&d, h, profile, false, NULL, e);

	*planned = planned_cnt(&d.platform);
	*done = done_cnt(&d.platform);
	deploy_close(&d);
	return rc;
}

enum rc
deploy_is_due(bool *out, const struct home *h, struct err *e)
{
	size_t strict, legacy, done;

	*out = false;
	if (!signkey_is_dev(h))
		return RC_OK;
	TRY(count(h, CONTRACT_LEGACY, &legacy, &done, e));
	TRY(count(h, CONTRACT_STRICT, &strict, &done, e));
	*out = strict + legacy == 0 || done < strict;
	return RC_OK;
}
