/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs.conf: any text is either refused with a reason or gives settings
 * within their bounds. The first input byte picks how much memory there is,
 * and whether there is a file at all.
 *
 * fuzz: cover=src/jobs/conf.c lib=jobs
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "base/ini.h"
#include "jobs/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bits of the first input byte. */
enum { IS_SHORT_OF_MEMORY = 1, HAS_NO_MEMORY = 2, IS_FOLDER = 4, IS_GONE = 8 };

static const char *
path_of(const char *file, unsigned flags)
{
	if (flags & IS_GONE)
		return "/nowhere/jobs.conf";
	return flags & IS_FOLDER ? "/" : file;
}

static size_t
room_of(unsigned flags)
{
	if (flags & HAS_NO_MEMORY)
		return 1000;
	return flags & IS_SHORT_OF_MEMORY ? INI_FILE_MAX + 8 * (size_t)flags
					  : 2 * (size_t)INI_FILE_MAX;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct err e = {.rc = RC_OK};
	struct jobs_conf c;
	struct arena a;
	char path[64];
	enum rc rc;

	if (size == 0)
		return 0;
	if (fd == -1)
		fd = memfd_create("conf", MFD_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(fd != -1 && ftruncate(fd, 0) == 0);
	CHECK(pwrite(fd, data + 1, size - 1, 0) == (ssize_t)(size - 1));
	arena_init(&a, room_of(data[0]));
	rc = jobs_conf_read(&a, &c, path_of(path, data[0]), &e);
	if (rc == RC_OK) {
		CHECK(c.node != NULL && c.node[0] != '\0');
		CHECK(c.database != NULL && c.database[0] != '\0');
		CHECK(c.poll_ms >= 10 && c.poll_ms <= 60000);
		CHECK(c.batch >= 1 && c.batch <= 10000);
	} else {
		CHECK(rc == e.rc && e.text[0] != '\0');
	}
	arena_drop(&a);
	return 0;
}
