/* SPDX-License-Identifier: Apache-2.0
 *
 * File helpers; any failure ends the test program.
 */
#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "tree.h"

enum { PATH_LEN = sizeof(struct path) };

/* Damage is these tests' daily bread: its warnings would hide all else. And
 * they sync thousands of times, which tells nothing new on a slow disk. */
__attribute__((constructor)) static void
set_up(void)
{
	log_open("unit", LOG_LV_ERROR);
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 0);
}

struct path
files_path(const char *fmt, ...)
{
	struct path p;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p.s, sizeof(p.s), fmt, ap);
	va_end(ap);
	CHECK(n > 0 && (size_t)n < sizeof(p.s));
	return p;
}

static void
copy_file(const char *from, const char *to)
{
	static uint8_t buf[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	CHECK(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK(write(out, buf, (size_t)n) == n);
	CHECK(n == 0);
	(void)close(in);
	(void)close(out);
}

/* Two levels are all a store has. */
static void
copy_level(const char *from, const char *to, int depth)
{
	DIR *d = opendir(from);
	struct dirent *ent;

	CHECK(d != NULL && mkdir(to, 0700) == 0);
	while ((ent = readdir(d)) != NULL) {
		char a[PATH_LEN], b[PATH_LEN];
		struct stat st;
		int n;

		if (ent->d_name[0] == '.')
			continue;
		n = snprintf(a, sizeof(a), "%s/%s", from, ent->d_name);
		CHECK(n > 0 && n < PATH_LEN);
		n = snprintf(b, sizeof(b), "%s/%s", to, ent->d_name);
		CHECK(n > 0 && n < PATH_LEN && stat(a, &st) == 0);
		if (!S_ISDIR(st.st_mode))
			copy_file(a, b);
		else if (depth > 0)
			copy_level(a, b, depth - 1);
	}
	(void)closedir(d);
}

void
files_copy_tree(const char *from, const char *to)
{
	copy_level(from, to, 1);
}

void
files_remove_tree(const char *path)
{
	(void)tree_remove(path);
}

void
files_write(const char *path, struct bytes b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK(b.len == 0 || write(fd, b.ptr, b.len) == (ssize_t)b.len);
	(void)close(fd);
}

void
files_flip(const char *path, uint64_t offset, uint8_t bits)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t b;

	CHECK(fd >= 0 && pread(fd, &b, 1, (off_t)offset) == 1);
	b ^= bits;
	CHECK(pwrite(fd, &b, 1, (off_t)offset) == 1);
	(void)close(fd);
}

void
files_cut(const char *path, uint64_t len)
{
	CHECK(truncate(path, (off_t)len) == 0);
}

uint64_t
files_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

void
files_hush(bool is_on)
{
	static int kept = -1;
	int null;

	if (is_on && kept < 0) {
		kept = dup(2);
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		CHECK(kept >= 0 && null >= 0 && dup2(null, 2) == 2);
		(void)close(null);
	} else if (!is_on && kept >= 0) {
		CHECK(dup2(kept, 2) == 2);
		(void)close(kept);
		kept = -1;
	}
}
