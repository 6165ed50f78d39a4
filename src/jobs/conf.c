/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads jobs.conf.
 */
#include "jobs/conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/check.h"
#include "base/ini.h"

enum setting { NODE, DATABASE, POLL, BATCH, SETTING_CNT };

static const char *const names[SETTING_CNT] = {
    [NODE] = "node",
    [DATABASE] = "database",
    [POLL] = "poll",
    [BATCH] = "batch",
};

static enum rc
copy(struct arena *a, const char **out, struct bytes v, struct err *e)
{
	if (v.len == 0)
		return FAIL(e, RC_CONF, "is empty");
	*out = arena_str(a, "%.*s", (int)v.len, (const char *)v.ptr);
	return *out == NULL ? FAIL(e, RC_NO_MEMORY, "configuration") : RC_OK;
}

/* What libpq cannot read would otherwise be found out by a daemon. */
static enum rc
copy_database(
    struct arena *a, struct jobs_conf *c, struct bytes v, struct err *e)
{
	char *why = NULL;
	PQconninfoOption *options;

	TRY(copy(a, &c->database, v, e));
	options = PQconninfoParse(c->database, &why);
	if (options == NULL)
		err_fail(e, RC_CONF, "%.*s",
		    why == NULL ? 0 : (int)strcspn(why, "\n"),
		    why == NULL ? "" : why);
	PQfreemem(why);
	if (options == NULL)
		return RC_CONF;
	PQconninfoFree(options);
	return RC_OK;
}

static enum rc
set_one(struct arena *a, struct jobs_conf *c, enum setting which,
    struct bytes v, struct err *e)
{
	switch (which) {
	case NODE:
		return copy(a, &c->node, v, e);
	case DATABASE:
		return copy_database(a, c, v, e);
	case POLL:
		return ini_duration_ms(&c->poll_ms, v, 10, 60000, e);
	case BATCH:
	case SETTING_CNT:
		break;
	}
	CHECK(which == BATCH);
	return ini_u64(&c->batch, v, 1, 10000, e);
}

static enum rc
set(struct arena *a, struct jobs_conf *c, const struct ini_item *it,
    bool seen[SETTING_CNT], struct err *e)
{
	struct err why = {0};
	unsigned i = 0;
	enum rc rc;

	if (it->kind == INI_SECTION)
		return FAIL(e, RC_CONF, "this file has no sections");
	while (i < SETTING_CNT && !bytes_eq(it->key, bytes_of_str(names[i])))
		i++;
	if (i == SETTING_CNT)
		return FAIL(e, RC_CONF, "unknown setting %.*s",
		    (int)it->key.len, (const char *)it->key.ptr);
	if (seen[i])
		return FAIL(e, RC_CONF, "%s stands here twice", names[i]);
	seen[i] = true;
	rc = set_one(a, c, (enum setting)i, it->value, &why);
	if (rc == RC_OK)
		return RC_OK;
	return FAIL(e, rc, "%s: %s", names[i], err_message(&why, rc));
}

enum rc
jobs_conf_read(
    struct arena *a, struct jobs_conf *out, const char *path, struct err *e)
{
	bool seen[SETTING_CNT] = {false};
	struct err why = {0};
	struct ini_item it;
	struct bytes text;
	struct ini ini;
	enum rc rc;

	*out = (struct jobs_conf){.poll_ms = 200, .batch = 500};
	TRY(ini_read_file(a, &text, path, e));
	ini = ini_open(text);
	do {
		rc = ini_next(&it, &ini, &why);
		if (rc == RC_OK && it.kind != INI_END)
			rc = set(a, out, &it, seen, &why);
	} while (rc == RC_OK && it.kind != INI_END);
	if (rc != RC_OK)
		return FAIL(
		    e, rc, "%s:%u: %s", path, ini.line, err_message(&why, rc));
	if (out->node == NULL || out->database == NULL)
		return FAIL(e, RC_CONF, "%s: %s must be set", path,
		    names[out->node == NULL ? NODE : DATABASE]);
	return RC_OK;
}

void
jobs_conf_help(void)
{
	printf("node      -      Unix socket of the node\n"
	       "database  -      libpq connection text, without password\n"
	       "poll      200ms  how often the node is asked for its head\n"
	       "batch     500    most blocks in one database transaction\n");
}
