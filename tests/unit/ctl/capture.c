/* SPDX-License-Identifier: Apache-2.0
 *
 * Redirected output, homes and files for the tests of ctl.
 */
#include "capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "test.h"

static int captured = -1, kept = -1, memory = -1;

void
capture_begin(int fd)
{
	CHECK(captured == -1);
	(void)fflush(NULL);
	captured = fd;
	kept = dup(fd);
	memory = memfd_create("capture", MFD_CLOEXEC);
	CHECK(kept != -1 && memory != -1 && dup2(memory, fd) == fd);
}

const char *
capture_end(void)
{
	static char text[8192];
	ssize_t n;

	(void)fflush(NULL);
	n = pread(memory, text, sizeof(text) - 1, 0);
	CHECK(n >= 0 && dup2(kept, captured) == captured);
	text[n] = '\0';
	close(kept);
	close(memory);
	captured = -1;
	return text;
}

struct home
test_home(void)
{
	struct home h = {.port = 8443, .rpc_port = 8545};
	int u;

	(void)snprintf(h.dir, sizeof(h.dir), "%s/home", test_tmpdir());
	for (u = 0; u < HOME_USER_CNT; u++) {
		h.user[u].uid = getuid();
		h.user[u].gid = getgid();
		(void)snprintf(
		    h.user[u].name, sizeof(h.user[u].name), "tester");
	}
	h.run_gid = getgid();
	return h;
}

void
test_write(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t len = (ssize_t)bytes_of_str(text).len;

	CHECK(fd != -1 && write(fd, text, (size_t)len) == len);
	CHECK(fchmod(fd, mode) == 0);
	close(fd);
}
