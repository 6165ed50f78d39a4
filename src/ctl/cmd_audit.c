/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands on a stopped node's data folder: audit, export. As root they
 * first become the node's user, so that no file changes its owner.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/ini.h"
#include "chain/chain.h"
#include "consensus/clique.h"
#include "ctl/cmd.h"
#include "ctl/home.h"
#include "ctl/textfile.h"
#include "pool/pool.h"

#define AUDIT_ARENA_MAX ((size_t)8 << 30)

struct data {
	struct arena arena;
	char conf[PATH_MAX], dir[PATH_MAX], genesis_path[PATH_MAX];
	struct genesis genesis;
	struct store *store;
	struct chain *chain;
	struct engine *engine;
};

static enum rc
take_setting(struct data *d, const struct ini_item *it, struct err *e)
{
	char *out = NULL;

	if (bytes_eq(it->key, bytes_of_str("data_dir")))
		out = d->dir;
	if (bytes_eq(it->key, bytes_of_str("genesis")))
		out = d->genesis_path;
	if (out == NULL)
		return RC_OK;
	if (it->value.len >= PATH_MAX)
		return FAIL(e, RC_CONF, "%s: path is too long", d->conf);
	memcpy(out, it->value.ptr, it->value.len);
	out[it->value.len] = '\0';
	return RC_OK;
}

/* The two settings of node.conf that say where the data are. */
static enum rc
read_places(struct data *d, struct err *e)
{
	struct bytes text;
	struct ini_item it;
	struct ini ini;

	TRY(textfile_read(&d->arena, &text, d->conf, INI_FILE_MAX, e));
	ini = ini_open(text);
	do {
		TRY(ini_next(&it, &ini, e));
		if (it.kind == INI_PAIR)
			TRY(take_setting(d, &it, e));
	} while (it.kind != INI_END);
	if (d->dir[0] == '\0' || d->genesis_path[0] == '\0')
		return FAIL(e, RC_CONF, "%s: data_dir and genesis must be set",
		    d->conf);
	return RC_OK;
}

static enum rc
become_node(const struct home *h, struct err *e)
{
	if (!h->is_root)
		return RC_OK;
	if (setgroups(0, NULL) == 0 && setgid(h->user[HOME_NODE].gid) == 0 &&
	    setuid(h->user[HOME_NODE].uid) == 0)
		return RC_OK;
	return FAIL(e, RC_IO, "cannot become %s: %s", h->user[HOME_NODE].name,
	    strerror(errno));
}

static enum rc
make_engine(struct data *d, struct err *e)
{
	struct engine_chain link = chain_engine_link(d->chain);
	struct clique_conf c = {.period_s = d->genesis.clique_period_s,
	    .epoch = d->genesis.clique_epoch,
	    .forks = &d->genesis.forks};

	if (d->genesis.engine == GENESIS_CLIQUE)
		return clique_new(&d->engine, &c, &link, e);
	d->engine = engine_none();
	return RC_OK;
}

static enum rc
open_data(struct data *d, struct err *e)
{
	struct store_conf sc;
	struct bytes text;
	struct home h;

	TRY(home_open(&h, false, e));
	if (d->conf[0] == '\0')
		home_path(&h, d->conf, "conf/node.conf");
	TRY(read_places(d, e));
	TRY(textfile_read(&d->arena, &text, d->genesis_path, GENESIS_MAX, e));
	TRY(genesis_read(&d->arena, &d->genesis, text, e));
	TRY(become_node(&h, e));
	sc = store_conf_default(d->dir);
	TRY(store_open(&d->store, &sc, e));
	TRY(chain_open(&d->chain, d->store, &d->genesis, e));
	TRY(make_engine(d, e));
	chain_set_engine(d->chain, d->engine);
	return RC_OK;
}

static void
close_data(struct data *d)
{
	if (d->chain != NULL)
		chain_close(d->chain);
	if (d->engine != NULL)
		engine_free(d->engine);
	if (d->store != NULL)
		store_close(d->store);
	arena_drop(&d->arena);
}

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

/* A node makes the log's folder at its first start: a chain without one has
 * lost it. */
static enum rc
audit_log(struct data *d, struct pool_walk *w, struct err *e)
{
	struct pool_conf conf = pool_conf_default(d->genesis.forks.chain_id);
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
	if (rc == RC_NOT_FOUND && chain_head(d->chain)->number == 0)
		return RC_OK;
	if (rc == RC_NOT_FOUND)
		say_pool_finding(w, "its log is gone");
	if (rc == RC_OK || rc == RC_NOT_FOUND)
		say_pool(&got);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
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
audit(struct data *d, struct err *e)
{
	struct err pool_e = {0};
	size_t findings = 0;
	enum rc rc, pool_rc;

	TRY(open_data(d, e));
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

static void
init_data(struct data *d, const char *conf)
{
	memset(d, 0, sizeof(*d));
	arena_init(&d->arena, AUDIT_ARENA_MAX);
	if (conf != NULL)
		snprintf(d->conf, sizeof(d->conf), "%s", conf);
}

int
cmd_audit(int argc, char **argv)
{
	struct err e = {0};
	struct data d;
	enum rc rc;

	if (argc != 1 && (argc != 3 || strcmp(argv[1], "--conf") != 0))
		return cmd_usage("audit");
	init_data(&d, argc == 3 ? argv[2] : NULL);
	rc = audit(&d, &e);
	close_data(&d);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}

struct export_args {
	const char *file, *conf;
	uint64_t first, last;
	bool has_last;
};

static bool
parse_export(struct export_args *a, int argc, char **argv)
{
	int i, numbers = 0;

	for (i = 1; i < argc; i++) {
		uint64_t v;

		if (!strcmp(argv[i], "--conf") && i + 1 < argc) {
			a->conf = argv[++i];
			continue;
		}
		if (a->file == NULL) {
			a->file = argv[i];
			continue;
		}
		if (numbers == 2 || ini_u64(&v, bytes_of_str(argv[i]), 0,
					INT64_MAX, NULL) != RC_OK)
			return false;
		*(numbers == 0 ? &a->first : &a->last) = v;
		a->has_last = ++numbers == 2;
	}
	return a->file != NULL;
}

/* The file is opened before the user changes: it is the caller's. */
static enum rc
export_to(struct data *d, const struct export_args *a, struct err *e)
{
	int fd = open(a->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	enum rc rc;

	if (fd == -1)
		return FAIL(e, RC_IO, "%s: %s", a->file, strerror(errno));
	rc = open_data(d, e);
	if (rc == RC_OK)
		rc = chain_export(d->store, fd, a->first,
		    a->has_last ? a->last : chain_head(d->chain)->number, e);
	if (close(fd) == -1 && rc == RC_OK)
		rc = FAIL(e, RC_IO, "%s: %s", a->file, strerror(errno));
	return rc;
}

int
cmd_export(int argc, char **argv)
{
	struct export_args a = {.file = NULL};
	struct err e = {0};
	struct data d;
	enum rc rc;

	if (!parse_export(&a, argc, argv))
		return cmd_usage("export");
	init_data(&d, a.conf);
	rc = export_to(&d, &a, &e);
	close_data(&d);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
