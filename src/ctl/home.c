/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths, owners and modes of the state directory. Starts nothing but useradd
 * and groupadd, and those only as root.
 */
#include "ctl/home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/proc.h"

#define ROOT_HOME "/var/lib/sekisho"
#define RUN_GROUP "sekisho"

/* Of a stamp the rest is not for a terminal. */
#define STAMP_CHARS "abcdefghijklmnopqrstuvwxyz0123456789.- "

static const char *const user_names[HOME_USER_CNT] = {
    [HOME_SELF] = "root",
    [HOME_NODE] = "sekisho-node",
    [HOME_JOBS] = "sekisho-jobs",
    [HOME_GW] = "sekisho-gw",
    [HOME_KEYS] = "sekisho-keys",
    [HOME_PG] = "sekisho-pg",
};

static enum rc
read_port(uint16_t *out, const char *name, uint16_t def, struct err *e)
{
	const char *text = getenv(name);
	char *end = NULL;
	unsigned long v;

	*out = def;
	if (text == NULL || text[0] == '\0')
		return RC_OK;
	/* strtoul would take blanks and signs, too */
	v = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
	if (v == 0 || v > 65535 || *end != '\0')
		return FAIL(
		    e, RC_CONF, "%s=%s is not a port (1 to 65535)", name, text);
	*out = (uint16_t)v;
	return RC_OK;
}

static enum rc
read_ports(struct home *h, struct err *e)
{
	TRY(read_port(&h->port, "SEKISHO_PORT", 8443, e));
	TRY(read_port(&h->rpc_port, "SEKISHO_RPC_PORT", 8545, e));
	if (h->port != h->rpc_port)
		return RC_OK;
	return FAIL(e, RC_CONF,
	    "SEKISHO_PORT and SEKISHO_RPC_PORT are both %u: two sockets "
	    "cannot share it",
	    h->port);
}

enum { LOG_BYTES = 16777216, LOG_BYTES_MIN = 4096, LOG_BYTES_MAX = 1 << 30 };

static enum rc
read_log_bytes(struct home *h, struct err *e)
{
	const char *text = getenv("SEKISHO_LOG_BYTES");
	char *end = NULL;
	unsigned long v;

	h->log_bytes = LOG_BYTES;
	if (text == NULL || text[0] == '\0')
		return RC_OK;
	v = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
	if (v < LOG_BYTES_MIN || v > LOG_BYTES_MAX || *end != '\0')
		return FAIL(e, RC_CONF,
		    "SEKISHO_LOG_BYTES=%s is not a number from %d to %d", text,
		    LOG_BYTES_MIN, LOG_BYTES_MAX);
	h->log_bytes = v;
	return RC_OK;
}

static enum rc
find_bin(struct home *h, struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", h->bin, sizeof(h->bin) - 1);
	char *slash;

	if (n <= 0)
		return FAIL(e, RC_IO, "/proc/self/exe: %s", strerror(errno));
	h->bin[n] = '\0';
	slash = strrchr(h->bin, '/');
	*(slash == h->bin ? slash + 1 : slash) = '\0';
	return RC_OK;
}

/* The path goes into configuration files of four kinds, each with quotes
 * and comments of its own. */
static enum rc
check_dir(const char *dir, struct err *e)
{
	const char *p;

	for (p = dir; *p != '\0'; p++) {
		bool is_plain = (*p >= 'a' && *p <= 'z') ||
				(*p >= 'A' && *p <= 'Z') ||
				(*p >= '0' && *p <= '9') || (*p & 0x80) != 0 ||
				strchr("/._-+@,:~", *p) != NULL;

		if (!is_plain)
			return FAIL(e, RC_CONF,
			    "SEKISHO_HOME: %s: only letters, digits and "
			    "/ . _ - + @ , : ~ may be in it",
			    dir);
	}
	return RC_OK;
}

static enum rc
find_dir(struct home *h, struct err *e)
{
	const char *dir = getenv("SEKISHO_HOME");
	char cwd[PATH_MAX];
	int n;

	if (dir == NULL || dir[0] == '\0')
		dir = h->is_root ? ROOT_HOME : "var";
	if (dir[0] == '/') {
		n = snprintf(h->dir, sizeof(h->dir), "%s", dir);
	} else {
		if (getcwd(cwd, sizeof(cwd)) == NULL)
			return FAIL(e, RC_IO, "getcwd: %s", strerror(errno));
		n = snprintf(h->dir, sizeof(h->dir), "%s/%s", cwd, dir);
	}
	/* A Unix socket's path has 107 bytes; ours is
	 * dir/run/gw/pg/.s.PGSQL.5432 */
	if (n < 0 || n > 80)
		return FAIL(e, RC_CONF,
		    "SEKISHO_HOME: %s is longer than the 80 bytes that paths "
		    "of "
		    "sockets leave",
		    dir);
	while (n > 1 && h->dir[n - 1] == '/')
		h->dir[--n] = '\0';
	return check_dir(h->dir, e);
}

static enum rc
make_user(const char *name, struct err *e)
{
	const char *argv[] = {"useradd", "--system", "--no-create-home",
	    "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin",
	    "--user-group", name, NULL};

	return proc_run_quiet(argv, e);
}

static enum rc
find_user(struct home *h, enum home_user u, bool make_users, struct err *e)
{
	const char *name = user_names[u];
	const struct passwd *pw = getpwnam(name);

	if (pw == NULL && make_users) {
		TRY(make_user(name, e));
		pw = getpwnam(name);
	}
	if (pw == NULL)
		return FAIL(e, RC_NOT_FOUND,
		    "no system user %s; `sekisho up` or `sekisho init` as root "
		    "makes it",
		    name);
	h->user[u].uid = pw->pw_uid;
	h->user[u].gid = pw->pw_gid;
	snprintf(h->user[u].name, sizeof(h->user[u].name), "%s", name);
	return RC_OK;
}

static enum rc
find_group(struct home *h, bool make_users, struct err *e)
{
	const char *argv[] = {"groupadd", "--system", RUN_GROUP, NULL};
	const struct group *gr = getgrnam(RUN_GROUP);

	if (gr == NULL && make_users) {
		TRY(proc_run_quiet(argv, e));
		gr = getgrnam(RUN_GROUP);
	}
	if (gr == NULL)
		return FAIL(e, RC_NOT_FOUND, "no system group " RUN_GROUP);
	h->run_gid = gr->gr_gid;
	return RC_OK;
}

static enum rc
find_self(struct home *h, struct err *e)
{
	const struct passwd *pw = getpwuid(getuid());
	int u;

	if (pw == NULL)
		return FAIL(e, RC_CONF, "user id %u has no name in passwd",
		    (unsigned)getuid());
	for (u = 0; u < HOME_USER_CNT; u++) {
		h->user[u].uid = getuid();
		h->user[u].gid = getgid();
		snprintf(h->user[u].name, sizeof(h->user[u].name), "%.31s",
		    pw->pw_name);
	}
	h->run_gid = getgid();
	return RC_OK;
}

enum rc
home_open(struct home *h, bool make_users, struct err *e)
{
	int u;

	memset(h, 0, sizeof(*h));
	h->is_root = getuid() == 0;
	TRY(read_ports(h, e));
	TRY(read_log_bytes(h, e));
	TRY(find_bin(h, e));
	TRY(find_dir(h, e));
	TRY(find_self(h, e));
	if (!h->is_root)
		return RC_OK;
	for (u = HOME_NODE; u < HOME_USER_CNT; u++)
		TRY(find_user(h, (enum home_user)u, make_users, e));
	return find_group(h, make_users, e);
}

char *
home_path(const struct home *h, char *out, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(out, PATH_MAX, "%s/", h->dir);

	va_start(ap, fmt);
	vsnprintf(out + n, PATH_MAX - (size_t)n, fmt, ap);
	va_end(ap);
	return out;
}

void
home_set_dir(struct home *h, const char *dir)
{
	snprintf(h->dir, sizeof(h->dir), "%s", dir);
}

/* Counts what is in a folder, 0 for one that is not there; -1 with errno. */
static int
entry_cnt(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	if (d == NULL)
		return errno == ENOENT ? 0 : -1;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2; /* . and .. */
}

/* A state is made beside its place and renamed, which a mount forbids. */
static bool
is_mount(const char *path)
{
	char parent[PATH_MAX + 4];
	struct stat here, above;

	snprintf(parent, sizeof(parent), "%s/..", path);
	return stat(path, &here) == 0 && stat(parent, &above) == 0 &&
	       here.st_dev != above.st_dev;
}

/* What is there in place of a state must be nothing. */
static enum rc
check_vacant(const char *dir, struct err *e)
{
	int n = entry_cnt(dir);
	struct stat st;

	if (lstat(dir, &st) == 0 && S_ISLNK(st.st_mode))
		return FAIL(e, RC_CONF,
		    "%s is a symbolic link, and a new state needs a place of "
		    "its own: set SEKISHO_HOME to where it leads",
		    dir);
	if (n < 0)
		return FAIL(e, RC_IO, "%s: %s", dir, strerror(errno));
	if (n > 0)
		return FAIL(e, RC_WRONG_SCHEMA,
		    "%s is not empty and not a state directory of ours "
		    "(no file `version`): set SEKISHO_HOME to another folder",
		    dir);
	if (is_mount(dir))
		return FAIL(e, RC_CONF,
		    "%s is the root of a file system: set SEKISHO_HOME to a "
		    "folder below it",
		    dir);
	return RC_OK;
}

/* As root each part has a user of its own, otherwise all are one: a state
 * serves the user who made it. */
static enum rc
check_owner(const struct home *h, const struct stat *st, struct err *e)
{
	const struct passwd *pw;
	char owner[40];

	if (st->st_uid == h->user[HOME_SELF].uid)
		return RC_OK;
	pw = getpwuid(st->st_uid);
	if (pw != NULL)
		snprintf(owner, sizeof(owner), "%.32s", pw->pw_name);
	else
		snprintf(
		    owner, sizeof(owner), "user id %u", (unsigned)st->st_uid);
	return FAIL(e, RC_CONF,
	    "%s belongs to %s, and you are %s: be that user, or set "
	    "SEKISHO_HOME to a folder of yours",
	    h->dir, owner, h->user[HOME_SELF].name);
}

enum rc
home_exists(const struct home *h, bool *out, struct err *e)
{
	char path[PATH_MAX], stamp[64] = "";
	struct stat st;
	FILE *f;

	*out = false;
	if (stat(h->dir, &st) == 0)
		TRY(check_owner(h, &st, e));
	f = fopen(home_path(h, path, "version"), "re");
	if (f == NULL) {
		if (errno == EACCES)
			return FAIL(e, RC_IO,
			    "%s: %s: set SEKISHO_HOME to a folder of yours",
			    path, strerror(errno));
		if (errno == ENOTDIR)
			return FAIL(e, RC_CONF,
			    "%s is not a folder: set SEKISHO_HOME to another",
			    h->dir);
		if (errno != ENOENT)
			return FAIL(e, RC_IO, "%s: %s", path, strerror(errno));
		return check_vacant(h->dir, e);
	}
	if (fgets(stamp, sizeof(stamp), f) == NULL)
		stamp[0] = '\0';
	fclose(f);
	stamp[strspn(stamp, STAMP_CHARS)] = '\0';
	if (strcmp(stamp, HOME_STAMP) != 0)
		return FAIL(e, RC_WRONG_SCHEMA,
		    "%s is of version \"%s\", this program needs \"%s\": "
		    "use the program that made it, or set SEKISHO_HOME to "
		    "another folder",
		    h->dir, stamp, HOME_STAMP);
	*out = true;
	return RC_OK;
}

enum rc
home_need(const struct home *h, struct err *e)
{
	bool has_state;

	TRY(home_exists(h, &has_state, e));
	if (has_state)
		return RC_OK;
	return FAIL(e, RC_NOT_FOUND,
	    "no state in %s (SEKISHO_HOME moves it): `sekisho up` or `sekisho "
	    "init "
	    "--dev` makes one",
	    h->dir);
}

enum rc
home_mkdir(const struct home *h, const char *name, enum home_user u,
    mode_t mode, struct err *e)
{
	char path[PATH_MAX];

	home_path(h, path, "%s", name);
	if (mkdir(path, mode) == -1 && errno != EEXIST)
		return FAIL(e, RC_IO, "%s: %s", path, strerror(errno));
	if (h->is_root && chown(path, h->user[u].uid, h->user[u].gid) == -1)
		return FAIL(e, RC_IO, "%s: %s", path, strerror(errno));
	if (chmod(path, mode) == -1)
		return FAIL(e, RC_IO, "%s: %s", path, strerror(errno));
	return RC_OK;
}

static bool
write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t w = write(fd, p, len);

		if (w <= 0)
			return false;
		p += w;
		len -= (size_t)w;
	}
	return true;
}

/*
 * The folder may belong to a user that we trust less than ourselves: what
 * lies under the temporary name is removed and never followed or written to.
 */
static enum rc
write_tmp(const struct home *h, const char *tmp, enum home_user u, mode_t mode,
    const void *data, size_t len, struct err *e)
{
	bool ok;
	int fd;

	(void)unlink(tmp);
	fd = open(
	    tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return FAIL(e, RC_IO, "%s: %s", tmp, strerror(errno));
	ok = write_all(fd, data, len) &&
	     (!h->is_root || fchown(fd, h->user[u].uid, h->user[u].gid) == 0) &&
	     fchmod(fd, mode) == 0 && fsync(fd) == 0;
	if (!ok)
		err_fail(e, RC_IO, "%s: %s", tmp, strerror(errno));
	close(fd);
	return ok ? RC_OK : RC_IO;
}

/* A name is as durable as its folder. */
static enum rc
put_in_place(const char *tmp, const char *path, struct err *e)
{
	char dir[PATH_MAX];
	bool ok;
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = '\0';
	fd = open(
	    dir[0] == '\0' ? "/" : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd != -1 && rename(tmp, path) == 0 && fsync(fd) == 0;
	if (!ok)
		err_fail(e, RC_IO, "%s: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
	return ok ? RC_OK : RC_IO;
}

enum rc
home_write(const struct home *h, const char *name, enum home_user u,
    mode_t mode, const void *data, size_t len, struct err *e)
{
	char path[PATH_MAX], tmp[PATH_MAX];
	enum rc rc;

	home_path(h, path, "%s", name);
	home_path(h, tmp, "%s.tmp", name);
	rc = write_tmp(h, tmp, u, mode, data, len, e);
	if (rc == RC_OK)
		rc = put_in_place(tmp, path, e);
	if (rc != RC_OK)
		(void)unlink(tmp);
	return rc;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

void
home_remove(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
