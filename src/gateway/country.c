/* SPDX-License-Identifier: Apache-2.0
 *
 * Watches the file of the country database, has it read, hands tables over.
 * The child that reads has given up its rights: it is the only process that
 * sees bytes of a file which somebody else has made.
 */
#include "gateway/country.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "gateway/aside.h"
#include "gateway/parent.h"
#include "http/geofile.h"

/* A database of 8 MB is read in 0.1 s; the walk has bounds of its own. */
enum { READ_SECONDS = 10 };

/* --- in the child --- */

struct reading {
	const struct gw_process *process;
	int table_fd;
};

static enum rc
give_up_root(const struct gw_process *p, struct err *e)
{
	const struct passwd *pw;

	if (!p->is_chrooted)
		return RC_OK;
	pw = getpwnam(p->conf->user);
	if (pw == NULL || setgroups(0, NULL) != 0 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return FAIL(e, RC_CONF, "no reader as user %s: %s",
		    p->conf->user, strerror(errno));
	return RC_OK;
}

static enum rc
write_rows(int fd, const struct gw_geo_table *t, struct err *e)
{
	const uint8_t *p = (const void *)t->rows;
	size_t left = t->cnt * sizeof(*t->rows);
	ssize_t n;

	while (left > 0) {
		n = write(fd, p, left);
		if (n < 0)
			return FAIL(e, RC_NO_MEMORY, "table of %zu rows: %s",
			    t->cnt, strerror(errno));
		p += n;
		left -= (size_t)n;
	}
	return RC_OK;
}

/* read_aside opens the file with all rights, reads it without: folders on
 * the way to it may be closed to the user. */
static enum rc
read_aside(void *ctx, struct err *e)
{
	const struct reading *r = ctx;
	const char *path = r->process->conf->geo_database;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct gw_geo_table t;
	char again[32];

	if (fd < 0)
		return FAIL(e, RC_CONF, "%s", strerror(errno));
	TRY(give_up_root(r->process, e));
	(void)snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
	TRY(gw_geofile_read(&t, again, e));
	return write_rows(r->table_fd, &t, e);
}

/* --- in the parent --- */

static struct country_stamp
stamp_of(const char *path)
{
	struct country_stamp s = {0};
	struct stat st;

	if (stat(path, &st) != 0)
		return s;
	s.is_there = true;
	s.dev = st.st_dev;
	s.ino = st.st_ino;
	s.size = (uint64_t)st.st_size;
	s.changed = st.st_ctim;
	return s;
}

static bool
same_stamp(const struct country_stamp *a, const struct country_stamp *b)
{
	return a->is_there == b->is_there && a->dev == b->dev &&
	       a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static int
new_table(void)
{
	return memfd_create("countries", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* seal makes a table that nobody can change or cut any more. */
static bool
seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS,
		   F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ==
	       0;
}

/* read_table returns a sealed table of the configured file. */
static enum rc
read_table(const struct gw_process *p, int *fd, struct err *e)
{
	struct reading r = {.process = p, .table_fd = new_table()};
	enum rc rc;

	if (r.table_fd < 0)
		return FAIL(e, RC_NO_MEMORY, "memfd: %s", strerror(errno));
	rc = aside_run(read_aside, &r, READ_SECONDS, e);
	if (rc == RC_OK && !seal(r.table_fd))
		rc = FAIL(e, RC_NO_MEMORY, "seal: %s", strerror(errno));
	if (rc == RC_OK)
		*fd = r.table_fd;
	else
		(void)close(r.table_fd);
	return rc;
}

/* swap gives a table to everybody; workers of later inherit it. */
static void
swap(struct gw_process *p, int fd)
{
	if (p->countries.fd >= 0)
		(void)close(p->countries.fd);
	p->countries.fd = fd;
	parent_hand(p, CONTROL_COUNTRIES);
}

/* load reads the file; false, with what runs untouched, when it is bad. */
static bool
load(struct gw_process *p, int *fd)
{
	struct err e = {0};
	struct stat st;

	p->countries.is_used = true;
	if (read_table(p, fd, &e) != RC_OK) {
		log_error("gateway", "country database refused, %s file=%s: %s",
		    p->countries.fd >= 0 ? "running on with the one before"
					 : "filter geo refuses everybody else",
		    p->conf->geo_database, e.text);
		return false;
	}
	(void)fstat(*fd, &st);
	log_info("gateway", "country database taken file=%s rows=%zu",
	    p->conf->geo_database,
	    (size_t)st.st_size / sizeof(struct gw_geo_row));
	return true;
}

void
country_start(struct gw_process *p)
{
	struct country_file *f = &p->countries;
	int fd;

	f->fd = -1;
	if (p->conf->geo_database[0] == '\0')
		return;
	f->seen = f->tried = stamp_of(p->conf->geo_database);
	if (load(p, &fd))
		f->fd = fd;
}

/* forget puts an empty table in force: the configuration names none now. */
static void
forget(struct gw_process *p)
{
	int fd = new_table();

	if (fd < 0)
		return;
	p->countries.is_used = false;
	p->countries.tried = p->countries.seen = (struct country_stamp){0};
	swap(p, fd);
	log_info("gateway", "country database left");
}

void
country_look(struct gw_process *p)
{
	struct country_file *f = &p->countries;
	struct country_stamp now;
	bool is_still;
	int fd;

	if (p->conf->geo_database[0] == '\0') {
		if (f->is_used)
			forget(p);
		return;
	}
	now = stamp_of(p->conf->geo_database);
	/* Who does not rename writes for a while. */
	is_still = same_stamp(&now, &f->seen);
	f->seen = now;
	if (!is_still || (f->is_used && same_stamp(&now, &f->tried)))
		return;
	f->tried = now;
	if (load(p, &fd))
		swap(p, fd);
}

const char *
country_check(const struct gw_process *p, char *text)
{
	struct err e = {0};
	int fd;

	if (p->conf->geo_database[0] == '\0')
		return NULL;
	if (read_table(p, &fd, &e) == RC_OK) {
		(void)close(fd);
		return NULL;
	}
	(void)snprintf(text, ERR_TEXT_MAX, "%s", e.text);
	return text;
}

/* --- in a worker --- */

const struct gw_geo *
country_take(struct country_table *t, int fd)
{
	struct stat st;
	size_t len = fstat(fd, &st) == 0 ? (size_t)st.st_size : 0;
	void *map = NULL;

	/* Private: a sealed file cannot be mapped otherwise before Linux 6.7.
	 * Pages that are only read are shared all the same. */
	if (len > 0)
		map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED) {
		log_error("gateway", "countries not mapped error=\"%s\"",
		    strerror(errno));
		return t->map != NULL ? &t->geo : NULL;
	}
	if (t->map != NULL)
		(void)munmap(t->map, t->len);
	t->map = map;
	t->len = len;
	if (map == NULL)
		return NULL;
	CHECK(gw_geo_view(&t->geo, bytes_of(map, len)));
	return &t->geo;
}

/* --- without workers --- */

const struct gw_geo *
country_read(const struct gw_process *p, struct country_table *t)
{
	struct err e = {0};
	int fd;

	if (p->conf->geo_database[0] == '\0' || read_table(p, &fd, &e) != RC_OK)
		return NULL;
	return country_take(t, fd);
}
