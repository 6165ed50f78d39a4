/* SPDX-License-Identifier: Apache-2.0
 *
 * From files to a file, and when that is due. What lines mean is geosrc.c,
 * what a database looks like is geodb.c.
 */
#include "ctl/geobuild.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "ctl/ask.h"
#include "ctl/geodb.h"
#include "ctl/textfile.h"

static enum rc
read_source(struct geo_source *s, const char *path, struct err *e)
{
	struct arena a;
	struct bytes text;
	enum rc rc;

	if (path == NULL)
		return RC_OK;
	arena_init(&a, GEOBUILD_TEXT_MAX + 4096);
	rc = textfile_read(&a, &text, path, GEOBUILD_TEXT_MAX, e);
	if (rc == RC_OK)
		rc = geosrc_read(s, path, text, e);
	arena_drop(&a);
	return rc;
}

/* save writes out beside its place, syncs and renames (home_write). */
static enum rc
save(const struct home *h, const char *out, struct bytes db, struct err *e)
{
	struct home at = *h;
	char dir[PATH_MAX];
	char *slash;

	snprintf(dir, sizeof(dir), "%s%s", strchr(out, '/') ? "" : "./", out);
	slash = strrchr(dir, '/');
	*slash = '\0';
	home_set_dir(&at, dir);
	return home_write(&at, slash + 1, HOME_SELF, 0644, db.ptr, db.len, e);
}

enum rc
geobuild_run(struct geobuild *b, const struct home *h, struct err *e)
{
	struct geo_source s = {0};
	struct bytes db = {0};
	enum rc rc = read_source(&s, b->v4, e);

	if (rc == RC_OK)
		rc = read_source(&s, b->v6, e);
	if (rc == RC_OK)
		rc = geodb_make(&db, &s, e);
	if (rc == RC_OK)
		rc = save(h, b->out, db, e);
	b->range_cnt = s.line_cnt;
	b->made_unix = s.made_unix;
	b->size_bytes = db.len;
	mem_free((void *)(uintptr_t)db.ptr);
	geosrc_free(&s);
	return rc;
}

/* --- of a state directory --- */

/* is_named tells whether gateway.conf has the database at path. A fault in
 * it the gateway tells itself, at its start. */
static bool
is_named(const struct home *h, const char *path)
{
	char conf[PATH_MAX];
	struct gw_conf *c;
	bool is_same;

	if (ask_conf(&c, home_path(h, conf, "conf/gateway.conf"), NULL) !=
	    RC_OK)
		return false;
	is_same = !strcmp(c->geo_database, path);
	gw_conf_drop(c);
	return is_same;
}

/* is_newer compares with when a file was installed: what a package brings
 * keeps the day it was made on. */
static bool
is_newer(const char *path, const struct stat *db)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_ctim.tv_sec > db->st_mtim.tv_sec;
}

void
geobuild_own(const struct home *h, void (*say)(const char *line))
{
	char out[PATH_MAX], line[ERR_TEXT_MAX + 64];
	struct geobuild b = {.v4 = GEOBUILD_V4, .v6 = GEOBUILD_V6, .out = out};
	struct err e = {0};
	struct stat st;
	enum rc rc;

	home_path(h, out, GEOBUILD_OUT);
	if (stat(out, &st) == 0 && !is_newer(b.v4, &st) && !is_newer(b.v6, &st))
		return;
	if (!is_named(h, out))
		return;
	rc = home_mkdir(h, "geo", HOME_SELF, 0755, &e);
	if (rc == RC_OK)
		rc = geobuild_run(&b, h, &e);
	if (rc == RC_OK)
		(void)snprintf(line, sizeof(line),
		    "countries of %zu address ranges: " GEOBUILD_OUT,
		    b.range_cnt);
	else
		(void)snprintf(line, sizeof(line),
		    "countries left as they are (tor-geoipdb has the data): %s",
		    err_message(&e, rc));
	say(line);
}
