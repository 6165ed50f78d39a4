/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks for PostgreSQL's programs in Debian's place, then in PATH. Starts
 * nothing but `postgres --version`.
 */
#include "ctl/pgbin.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/proc.h"

struct choice {
	unsigned want; /* 0: the newest */
	unsigned best; /* 0: none yet */
	char *out;
	char others[64]; /* versions that do not fit, " 14 16" */
};

static bool
has_programs(const char *dir)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/initdb", dir);
	if (access(path, X_OK) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/postgres", dir);
	return access(path, X_OK) == 0;
}

static void
note_other(struct choice *c, unsigned major)
{
	char text[16];
	size_t len = strlen(c->others);

	snprintf(text, sizeof(text), " %u", major);
	if (strstr(c->others, text) == NULL)
		snprintf(c->others + len, sizeof(c->others) - len, "%s", text);
}

static void
consider(struct choice *c, unsigned major, const char *dir)
{
	if (major == 0 || !has_programs(dir))
		return;
	if (major < PGBIN_MAJOR_MIN || (c->want != 0 && major != c->want)) {
		note_other(c, major);
		return;
	}
	if (major <= c->best)
		return;
	c->best = major;
	snprintf(c->out, PATH_MAX, "%s", dir);
}

static unsigned
read_major(const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	return end == text || v > 999 ? 0 : (unsigned)v;
}

static void
look_in_lib(struct choice *c, const char *lib)
{
	char dir[PATH_MAX];
	const struct dirent *d;
	DIR *all = opendir(lib);

	if (all == NULL)
		return;
	while ((d = readdir(all)) != NULL) {
		snprintf(dir, sizeof(dir), "%.2000s/%s/bin", lib, d->d_name);
		consider(c, read_major(d->d_name), dir);
	}
	closedir(all);
}

/* "postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)" */
static unsigned
ask_version(const char *dir)
{
	char path[PATH_MAX + 16], said[128];
	const char *argv[] = {path, "--version", NULL};
	const char *at;

	snprintf(path, sizeof(path), "%s/postgres", dir);
	if (proc_read(argv, said, sizeof(said), NULL) != RC_OK)
		return 0;
	at = strstr(said, "(PostgreSQL) ");
	return at == NULL ? 0 : read_major(at + strlen("(PostgreSQL) "));
}

static void
look_in_path(struct choice *c, const char *path)
{
	char dir[PATH_MAX];

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");

		if (len > 0 && len < 2000 && path[0] == '/') {
			snprintf(dir, sizeof(dir), "%.*s", (int)len, path);
			if (has_programs(dir))
				consider(c, ask_version(dir), dir);
		}
		path += len + (path[len] == ':');
	}
}

static enum rc
not_found(const struct choice *c, const char *lib, struct err *e)
{
	const char *found = c->others[0] != '\0' ? c->others : " none";

	if (c->want == 0)
		return FAIL(e, RC_NOT_FOUND,
		    "no PostgreSQL server of version %d or newer in %s or "
		    "PATH (found:%s): apt-get install postgresql",
		    PGBIN_MAJOR_MIN, lib, found);
	return FAIL(e, RC_NOT_FOUND,
	    "the database cluster is of PostgreSQL %u, and no server of that "
	    "version is in %s or PATH (found:%s): apt-get install "
	    "postgresql-%u",
	    c->want, lib, found, c->want);
}

enum rc
pgbin_find(char out[PATH_MAX], const char *lib, const char *path,
    unsigned major, struct err *e)
{
	struct choice c = {.want = major, .out = out};

	out[0] = '\0';
	look_in_lib(&c, lib);
	if (c.best == 0)
		look_in_path(&c, path);
	return c.best != 0 ? RC_OK : not_found(&c, lib, e);
}
