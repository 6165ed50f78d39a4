/* SPDX-License-Identifier: Apache-2.0
 *
 * Binds sockets so that nobody without the right can connect at any moment:
 * the socket is made under a umask that grants nothing.
 */
#include "noded/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 128 };

static bool
is_alive(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd != -1 &&
		  connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0;

	if (fd != -1)
		close(fd);
	return ok;
}

static bool
give_to(const char *path, mode_t mode, const char *group)
{
	const struct group *gr = group == NULL ? NULL : getgrnam(group);

	if (group != NULL && gr == NULL) {
		errno = ENOENT;
		return false;
	}
	if (gr != NULL && chown(path, (uid_t)-1, gr->gr_gid) == -1)
		return false;
	return chmod(path, mode) == 0;
}

enum rc
listen_unix(
    int *fd, const char *path, mode_t mode, const char *group, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	mode_t old;
	bool ok;

	if (strlen(path) >= sizeof(sa.sun_path))
		return FAIL(
		    e, RC_CONF, "%s: path of a socket is too long", path);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if (is_alive(&sa))
		return FAIL(e, RC_UNAVAILABLE,
		    "%s: another process listens there", path);
	unlink(path);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	old = umask(0177);
	ok = *fd != -1 &&
	     bind(*fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0;
	umask(old);
	ok = ok && give_to(path, mode, group) &&
	     listen(*fd, LISTEN_BACKLOG) == 0;
	if (ok)
		return RC_OK;
	err_fail(e, RC_IO, "%s: %s", path, strerror(errno));
	if (*fd != -1)
		close(*fd);
	return RC_IO;
}
