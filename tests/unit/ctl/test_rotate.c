/* SPDX-License-Identifier: Apache-2.0
 *
 * Logs that somebody has open for appending while they are rotated.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/rotate.h"
#include "test.h"

enum { MAX = 1000, LINE = 100 };

struct place {
	char path[128];
	int fd;      /* of the writer */
	unsigned no; /* of the next line */
};

static const char *
old(const struct place *p, int n)
{
	static char name[160];

	(void)snprintf(name, sizeof(name), "%s.%d", p->path, n);
	return name;
}

static void
open_place(struct place *p)
{
	int i;

	*p = (struct place){.fd = -1};
	(void)snprintf(p->path, sizeof(p->path), "%s/part.log", test_tmpdir());
	for (i = 1; i <= ROTATE_KEEP + 1; i++)
		(void)unlink(old(p, i));
	p->fd = open(
	    p->path, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_CLOEXEC, 0640);
	EXPECT(fchmod(p->fd, 0640) == 0);
}

static void
put_lines(struct place *p, unsigned cnt)
{
	char line[LINE + 1];

	for (; cnt > 0; cnt--) {
		(void)snprintf(line, sizeof(line), "%0*u\n", LINE - 1, p->no++);
		EXPECT(write(p->fd, line, LINE) == LINE);
	}
}

static uint64_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : UINT64_MAX;
}

static bool
rotates(struct place *p)
{
	struct err e = {0};
	bool did;

	EXPECT_RC(rotate_log(&did, p->path, MAX, &e), RC_OK);
	return did;
}

TEST(test_rotate_small_log_stays)
{
	struct place p;

	open_place(&p);
	put_lines(&p, MAX / LINE);
	EXPECT(!rotates(&p));
	EXPECT_U64(size_of(p.path), MAX);
	EXPECT_U64(size_of(old(&p, 1)), UINT64_MAX);
	close(p.fd);
}

TEST(test_rotate_missing_log_is_fine)
{
	struct place p;

	open_place(&p);
	EXPECT(unlink(p.path) == 0);
	EXPECT(!rotates(&p));
	close(p.fd);
}

TEST(test_rotate_writer_goes_on_in_the_emptied_file)
{
	struct stat st;
	struct place p;

	open_place(&p);
	put_lines(&p, 11);
	EXPECT(rotates(&p));
	EXPECT_U64(size_of(p.path), 0);
	EXPECT_U64(size_of(old(&p, 1)), 11 * LINE);
	EXPECT(stat(old(&p, 1), &st) == 0);
	EXPECT_U64(st.st_mode & 07777, 0640);
	put_lines(&p, 1);
	EXPECT_U64(size_of(p.path), LINE); /* no hole in front */
	close(p.fd);
}

TEST(test_rotate_old_files_are_bounded)
{
	struct bytes first;
	struct place p;
	int i;

	open_place(&p);
	for (i = 0; i < ROTATE_KEEP + 3; i++) {
		put_lines(&p, 11);
		EXPECT(rotates(&p));
	}
	for (i = 1; i <= ROTATE_KEEP; i++)
		EXPECT_U64(size_of(old(&p, i)), 11 * LINE);
	EXPECT_U64(size_of(old(&p, i)), UINT64_MAX);
	first = test_read(old(&p, ROTATE_KEEP)); /* the third batch */
	EXPECT(first.len >= LINE &&
	       strtoul((const char *)first.ptr, NULL, 10) == 33);
	close(p.fd);
}

/* A copy that cannot be made costs nothing at first, and the disk nothing in
 * the end. */
TEST(test_rotate_without_a_place_for_the_copy_stays_bounded)
{
	struct err e = {0};
	char tmp[160];
	struct place p;
	bool did;

	open_place(&p);
	(void)snprintf(tmp, sizeof(tmp), "%s.new", p.path);
	EXPECT(mkdir(tmp, 0700) == 0);
	put_lines(&p, 11);
	EXPECT_RC(rotate_log(&did, p.path, MAX, &e), RC_IO);
	EXPECT(strstr(e.text, "not rotated") != NULL);
	EXPECT_U64(size_of(p.path), 11 * LINE);
	put_lines(&p, 10);
	EXPECT_RC(rotate_log(&did, p.path, MAX, &e), RC_IO);
	EXPECT_U64(size_of(p.path), 0);
	EXPECT(rmdir(tmp) == 0);
	close(p.fd);
}

TEST(test_rotate_link_is_not_followed)
{
	struct err e = {0};
	char victim[160];
	struct place p;
	bool did;

	open_place(&p);
	put_lines(&p, 11);
	(void)snprintf(victim, sizeof(victim), "%s.victim", p.path);
	EXPECT(rename(p.path, victim) == 0 && symlink(victim, p.path) == 0);
	EXPECT_RC(rotate_log(&did, p.path, MAX, &e), RC_IO);
	EXPECT_U64(size_of(victim), 11 * LINE);
	EXPECT(unlink(p.path) == 0 && unlink(victim) == 0);
	close(p.fd);
}
