/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds and opens a stopped node's data. Reads three settings of node.conf and
 * checks none: that is the node's affair.
 */
#include "ctl/data.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ini.h"
#include "consensus/clique.h"
#include "consensus/pow.h"
#include "ctl/cmd.h"
#include "ctl/home.h"
#include "ctl/textfile.h"

/* A genesis of a million accounts takes about a gigabyte. */
#define DATA_ARENA_MAX ((size_t)8 << 30)

static enum rc
take_setting(struct data *d, const struct ini_item *it, struct err *e)
{
	char *out = NULL;

	if (bytes_eq(it->key, bytes_of_str("history")))
		return ini_u64(&d->history, it->value, 0, INT64_MAX, e);
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

/* The settings of node.conf that say where the data are and how much of them
 * is kept. */
static enum rc
read_settings(struct data *d, struct err *e)
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
	if (d->genesis.engine == GENESIS_NO_ENGINE)
		return pow_new(&d->engine, &d->genesis.forks, e);
	d->engine = engine_none();
	return RC_OK;
}

static enum rc
read_genesis(struct data *d, struct err *e)
{
	struct err why = {0};
	struct bytes text;
	enum rc rc;

	TRY(textfile_read(&d->arena, &text, d->genesis_path, GENESIS_MAX, e));
	rc = genesis_read(&d->arena, &d->genesis, text, &why);
	if (rc == RC_OK)
		return RC_OK;
	return FAIL(e, rc, "%s: %s", d->genesis_path, err_message(&why, rc));
}

static void
on_cut_file(int sig)
{
	static const char text[] = "sekisho: " STORE_CUT_TEXT;

	(void)sig;
	(void)!write(2, text, sizeof(text) - 1);
	_exit(CMD_FAILED);
}

static void
watch_for_cut_files(void)
{
	struct sigaction sa = {.sa_handler = on_cut_file};

	sigaction(SIGBUS, &sa, NULL);
}

static enum rc
find_conf(struct data *d, const struct home *h, const char *conf, struct err *e)
{
	if (conf == NULL) {
		TRY(home_need(h, e));
		home_path(h, d->conf, "conf/node.conf");
		return RC_OK;
	}
	if (strlen(conf) >= sizeof(d->conf))
		return FAIL(e, RC_CONF, "%.40s...: path is too long", conf);
	snprintf(d->conf, sizeof(d->conf), "%s", conf);
	return RC_OK;
}

enum rc
data_open(struct data *d, const char *conf, struct err *e)
{
	struct store_conf sc;
	struct home h;

	memset(d, 0, sizeof(*d));
	arena_init(&d->arena, DATA_ARENA_MAX);
	d->history = store_conf_default(NULL).history;
	TRY(home_open(&h, false, e));
	TRY(find_conf(d, &h, conf, e));
	TRY(read_settings(d, e));
	TRY(read_genesis(d, e));
	watch_for_cut_files();
	TRY(become_node(&h, e));
	sc = store_conf_default(d->dir);
	sc.history = d->history;
	TRY(store_open(&d->store, &sc, e));
	TRY(chain_open(&d->chain, d->store, &d->genesis, e));
	TRY(make_engine(d, e));
	chain_set_engine(d->chain, d->engine);
	return RC_OK;
}

void
data_close(struct data *d)
{
	if (d->chain != NULL)
		chain_close(d->chain);
	if (d->engine != NULL)
		engine_free(d->engine);
	if (d->store != NULL)
		store_close(d->store);
	arena_drop(&d->arena);
}
