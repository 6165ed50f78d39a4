/* SPDX-License-Identifier: Apache-2.0
 *
 * From files to a file. What lines mean is geosrc.c, what a database looks
 * like is geodb.c.
 */
#include "ctl/geobuild.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
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
