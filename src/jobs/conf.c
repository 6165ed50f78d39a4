/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads jobs.conf.
 */
#include "jobs/conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/ini.h"

enum { CONF_TEXT_MAX = 65536 };

static enum rc
copy(struct arena *a, const char **out, struct bytes v, struct err *e)
{
	*out = arena_str(a, "%.*s", (int)v.len, (const char *)v.ptr);
	return *out == NULL ? FAIL(e, RC_NO_MEMORY, "configuration") : RC_OK;
}

static enum rc
set(struct arena *a, struct jobs_conf *c, const struct ini_item *it,
    struct err *e)
{
	if (it->kind == INI_SECTION)
		return FAIL(e, RC_CONF, "this file has no sections");
	if (bytes_eq(it->key, bytes_of_str("node")))
		return copy(a, &c->node, it->value, e);
	if (bytes_eq(it->key, bytes_of_str("database")))
		return copy(a, &c->database, it->value, e);
	if (bytes_eq(it->key, bytes_of_str("poll")))
		return ini_duration_ms(&c->poll_ms, it->value, 10, 60000, e);
	if (bytes_eq(it->key, bytes_of_str("batch")))
		return ini_u64(&c->batch, it->value, 1, 10000, e);
	return FAIL(e, RC_CONF, "unknown setting %.*s", (int)it->key.len,
	    (const char *)it->key.ptr);
}

static enum rc
read_text(struct arena *a, struct bytes *out, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	uint8_t *buf = arena_alloc(a, CONF_TEXT_MAX);
	size_t n;

	if (f == NULL)
		return FAIL(e, RC_IO, "%s: %s", path, strerror(errno));
	n = buf == NULL ? 0 : fread(buf, 1, CONF_TEXT_MAX, f);
	fclose(f);
	if (buf == NULL || n == CONF_TEXT_MAX)
		return FAIL(e, RC_CONF, "%s: larger than %d bytes", path,
		    CONF_TEXT_MAX - 1);
	*out = bytes_of(buf, n);
	return RC_OK;
}

enum rc
jobs_conf_read(
    struct arena *a, struct jobs_conf *out, const char *path, struct err *e)
{
	struct err why = {0};
	struct ini_item it;
	struct bytes text;
	struct ini ini;
	enum rc rc;

	*out = (struct jobs_conf){.poll_ms = 200, .batch = 500};
	TRY(read_text(a, &text, path, e));
	ini = ini_open(text);
	do {
		rc = ini_next(&it, &ini, &why);
		if (rc == RC_OK && it.kind != INI_END)
			rc = set(a, out, &it, &why);
	} while (rc == RC_OK && it.kind != INI_END);
	if (rc != RC_OK)
		return FAIL(e, RC_CONF, "%s:%u: %s", path, ini.line,
		    err_message(&why, rc));
	if (out->node == NULL || out->database == NULL)
		return FAIL(
		    e, RC_CONF, "%s: node and database must be set", path);
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
