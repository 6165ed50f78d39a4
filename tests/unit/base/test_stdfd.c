/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes that lack some of the three descriptors.
 */
#include "base/stdfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "test.h"

/* 0, or which promise is broken; closed has a bit for each descriptor. */
static int
broken_promise(unsigned closed)
{
	char c;
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if ((closed >> fd & 1) != 0)
			(void)close(fd);
	stdfd_fill();
	fd = open("/dev/null", O_RDWR);
	if (fd <= 2)
		return 1;
	if (dup(fd) != fd + 1)
		return 2; /* it leaves none behind */
	if ((closed & 1) != 0 && read(0, &c, 1) != 0)
		return 3;
	for (fd = 1; fd <= 2; fd++)
		if ((closed >> fd & 1) != 0 &&
		    (write(fd, "x", 1) != -1 || errno != EBADF))
			return 4;
	return 0;
}

TEST(test_stdfd_closed_ones_are_filled_by_row)
{
	unsigned closed;

	for (closed = 0; closed < 8; closed++) {
		int status = -1;
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (pid == 0)
			_exit(broken_promise(closed));
		CHECK(waitpid(pid, &status, 0) == pid);
		EXPECT(WIFEXITED(status));
		EXPECT_U64((uint64_t)WEXITSTATUS(status), 0);
	}
	test_count(closed);
}
