/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies, renames, truncates. A line is one write(2), so that the copy never
 * ends inside one; a line that is written between the copy's last look and
 * the truncation is lost, which is a matter of microseconds in each max
 * bytes, and never of an audit record: those are in the database.
 */
#include "ctl/rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 65536, NAME_MAX_BYTES = PATH_MAX + 16 };

static bool
write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
copy(int to, int from)
{
	char buf[COPY_BYTES];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (!write_all(to, buf, (size_t)n))
			return false;
	return n == 0;
}

/* The copy has the log's owner and mode from the start. */
static bool
copy_to(const char *tmp, int from, const struct stat *st)
{
	int to;
	bool ok;

	(void)unlink(tmp);
	to = open(
	    tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ok = to != -1 &&
	     (st->st_uid == geteuid() ||
		 fchown(to, st->st_uid, st->st_gid) == 0) &&
	     fchmod(to, st->st_mode & 0777) == 0 && copy(to, from);
	if (to != -1)
		ok = close(to) == 0 && ok;
	if (!ok)
		(void)unlink(tmp);
	return ok;
}

/* path.3 to path.4, and so on; tmp to path.1. */
static bool
move_up(const char *path, const char *tmp)
{
	char from[NAME_MAX_BYTES], to[NAME_MAX_BYTES];
	int i;

	for (i = ROTATE_KEEP; i > 1; i--) {
		(void)snprintf(from, sizeof(from), "%s.%d", path, i - 1);
		(void)snprintf(to, sizeof(to), "%s.%d", path, i);
		if (rename(from, to) == -1 && errno != ENOENT)
			return false;
	}
	(void)snprintf(to, sizeof(to), "%s.1", path);
	return rename(tmp, to) == 0;
}

static enum rc
rotate(const char *path, int fd, const struct stat *st, uint64_t max,
    struct err *e)
{
	char tmp[NAME_MAX_BYTES];
	bool ok;

	(void)snprintf(tmp, sizeof(tmp), "%s.new", path);
	ok = copy_to(tmp, fd, st) && move_up(path, tmp);
	if (!ok)
		err_fail(
		    e, RC_IO, "%s: not rotated: %s", path, strerror(errno));
	if (!ok && (uint64_t)st->st_size < 2 * max)
		return RC_IO;
	if (ftruncate(fd, 0) == -1)
		return FAIL(e, RC_IO, "%s: %s", path, strerror(errno));
	return ok ? RC_OK
		  : FAIL(e, RC_IO, "%s: could not be kept and was emptied",
			path);
}

enum rc
rotate_log(bool *did, const char *path, uint64_t max, struct err *e)
{
	struct stat st;
	enum rc rc;
	int fd;

	*did = false;
	if (stat(path, &st) == -1 || (uint64_t)st.st_size <= max)
		return RC_OK;
	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		err_fail(e, RC_IO, "%s: cannot be rotated", path);
		if (fd != -1)
			close(fd);
		return RC_IO;
	}
	rc = rotate(path, fd, &st, max, e);
	*did = true;
	close(fd);
	return rc;
}
