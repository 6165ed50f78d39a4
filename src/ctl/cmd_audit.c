/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho audit`: a stopped node's data, recomputed from genesis.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>

#include "base/check.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/data.h"
#include "pool/pool.h"

static void
say_finding(void *ctx, const char *line)
{
	size_t *cnt = ctx;

	(*cnt)++;
	printf("finding: %s\n", line);
}

/* The pool. ----------------------------------------------------------- */

struct pool_walk {
	struct store_view *view;
	size_t findings;
};

static enum rc
read_account(void *ctx, uint64_t *nonce, struct u256 *balance,
    const struct addr *addr, struct err *e)
{
	const struct pool_walk *w = ctx;
	struct store_head head;
	struct account acc;
	bool found;

	store_view_head(w->view, &head);
	TRY(store_account(w->view, head.number, &acc, &found, addr, e));
	*nonce = found ? acc.nonce : 0;
	*balance = found ? acc.balance : U256_ZERO;
	return RC_OK;
}

static enum rc
is_mined(void *ctx, const struct hash *tx_hash, struct err *e)
{
	const struct pool_walk *w = ctx;
	uint64_t number, at;

	return store_tx_at(w->view, &number, &at, tx_hash, e);
}

static void
say_pool_finding(void *ctx, const char *line)
{
	struct pool_walk *w = ctx;

	w->findings++;
	printf("finding: pool: %s\n", line);
}

static void
say_pool_note(void *ctx, const char *line)
{
	(void)ctx;
	printf("pool: %s\n", line);
}

static void
say_pool(const struct pool_audit *p)
{
	printf("pool: %zu executable, %zu queued; of %zu past ones on record "
	       "%zu are mined, %zu gave way to another of their nonce\n",
	    p->pending, p->queued, p->past, p->mined, p->past - p->mined);
	if (p->torn_bytes > 0)
		printf("pool: the log ends in %llu bytes of a group that was "
		       "never acknowledged\n",
		    (unsigned long long)p->torn_bytes);
}

static bool
is_empty(const char *dir)
{
	const struct dirent *entry;
	bool found = false;
	DIR *d = opendir(dir);

	if (d == NULL)
		return true;
	while (!found && (entry = readdir(d)) != NULL)
		found = entry->d_name[0] != '.';
	closedir(d);
	return !found;
}

/* A node makes the log's folder and a file in it at its first start, before
 * the first block: a chain without one has lost it, which the log itself
 * cannot tell. A start that ended before leaves no more than the folder. */
static enum rc
audit_log(struct data *d, struct pool_walk *w, struct err *e)
{
	struct pool_conf conf = pool_conf_open(d->genesis.forks.chain_id);
	struct pool_view view = {.account = read_account, .ctx = w};
	struct pool_auditor by = {.is_mined = is_mined,
	    .finding = say_pool_finding,
	    .note = say_pool_note,
	    .ctx = w};
	char dir[PATH_MAX + 8];
	struct pool_audit got;
	enum rc rc;

	snprintf(dir, sizeof(dir), "%s/pool", d->dir);
	conf.log_dir = dir;
	rc = pool_audit(&got, &conf, &view, &by, e);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	if (chain_head(d->chain)->number == 0 && is_empty(dir))
		return RC_OK;
	if (is_empty(dir))
		say_pool_finding(w, "its log is gone");
	say_pool(&got);
	return RC_OK;
}

static enum rc
audit_pool(struct data *d, size_t *findings, struct err *e)
{
	struct pool_walk w = {.findings = 0};
	enum rc rc;

	TRY(store_view_open(&w.view, d->store, e));
	rc = audit_log(d, &w, e);
	store_view_close(w.view);
	*findings += w.findings;
	return rc;
}

/* What stops the audit of the chain does not stop that of the pool. */
static enum rc
audit(struct data *d, const char *conf, struct err *e)
{
	struct err pool_e = {0};
	size_t findings = 0;
	enum rc rc, pool_rc;

	TRY(data_open(d, conf, e));
	rc = chain_audit(
	    d->store, &d->genesis, d->engine, say_finding, &findings, e);
	pool_rc = audit_pool(d, &findings, &pool_e);
	printf("audited blocks 0 to %llu of %s: %zu findings\n",
	    (unsigned long long)chain_head(d->chain)->number, d->dir, findings);
	if (rc == RC_OK && pool_rc != RC_OK)
		return FAIL(e, pool_rc, "%s", err_message(&pool_e, pool_rc));
	if (rc == RC_OK && findings > 0)
		rc = FAIL(e, RC_CORRUPT, "the audit has findings");
	return rc;
}

int
cmd_audit(int argc, char **argv)
{
	const char *conf = NULL;
	struct arg_option option[] = {{"--conf", &conf, NULL}};
	struct err e = {0};
	struct args args;
	struct data d;
	enum rc rc;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 0, 0))
		return CMD_USAGE;
	rc = audit(&d, conf, &e);
	data_close(&d);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
