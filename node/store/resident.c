/* SPDX-License-Identifier: Apache-2.0
 *
 * Bounds what a mapped file takes of the address space. Which of the pages
 * are worth keeping nobody tells a process, so all go at once; those in use
 * are back with their next touch. Only for maps that are never written
 * through: of those the system has each page elsewhere.
 *
 * Linux maps the fifteen neighbours of a page with it, which for scattered
 * reads are fifteen to take away again: four microseconds in place of one and
 * a half. It leaves that out where userfaultfd tracks writes, for those need
 * a fault each. So the map is registered for that, as one that is not written
 * to costs nothing else (UFFD_FEATURE_WP_ASYNC: any file, Linux 6.7; nobody
 * has to answer). Where it is not granted the neighbours come along.
 */
#include "store/resident_priv.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/* A line of /proc/self/maps: numbers and a path. */
enum { LINE_MAX_BYTES = PATH_MAX + 128 };

/* UFFD_FEATURE_WP_ASYNC, which older headers lack. */
#define WP_ASYNC (UINT64_C(1) << 15)

/* single_open returns a userfaultfd, or -1 where it is not to be had. */
static int
single_open(void)
{
	struct uffdio_api api = {.api = UFFD_API, .features = WP_ASYNC};
	int fd = (int)syscall(
	    SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void
single_pages(const struct resident *r)
{
	struct uffdio_register map = {
	    .range = {(uintptr_t)r->map, r->map_bytes},
	    .mode = UFFDIO_REGISTER_MODE_WP};

	if (r->map != NULL && r->single >= 0)
		(void)ioctl(r->single, UFFDIO_REGISTER, &map);
}

void
resident_open(struct resident *r, size_t most_bytes)
{
	*r = (struct resident){
	    .most_bytes = most_bytes, .statm = -1, .single = -1};
	if (most_bytes == 0)
		return;
	r->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	r->single = single_open();
}

void
resident_close(struct resident *r)
{
	if (r->most_bytes > 0 && r->statm >= 0)
		(void)close(r->statm);
	if (r->most_bytes > 0 && r->single >= 0)
		(void)close(r->single);
	*r = (struct resident){.statm = -1, .single = -1};
}

/* mapping_of reads "from-to rights offset device inode path"; returns the
 * start when inode and length are the wanted ones. */
static uintptr_t
mapping_of(const char *line, unsigned long long inode, size_t bytes)
{
	char *at;
	unsigned long long from = strtoull(line, &at, 16), to;
	int field;

	if (*at != '-')
		return 0;
	to = strtoull(at + 1, &at, 16);
	for (field = 0; field < 3 && *at != '\0'; field++)
		at += strcspn(at + 1, " ") + 1;
	return to - from == bytes && strtoull(at, NULL, 10) == inode
		   ? (uintptr_t)from
		   : 0;
}

static void *
map_of(unsigned long long inode, size_t bytes)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[LINE_MAX_BYTES];
	uintptr_t from = 0;

	if (maps == NULL)
		return NULL;
	while (from == 0 && fgets(line, sizeof(line), maps) != NULL)
		from = mapping_of(line, inode, bytes);
	(void)fclose(maps);
	return (void *)from;
}

void
resident_find(struct resident *r, int fd, size_t map_bytes)
{
	struct stat st;

	r->map = NULL;
	r->map_bytes = map_bytes;
	if (r->statm >= 0 && fstat(fd, &st) == 0)
		r->map = map_of(st.st_ino, map_bytes);
	if (r->map == NULL && r->most_bytes > 0)
		log_warn("store", "map not found, its memory is not bounded");
	single_pages(r);
}

/* file_bytes is what the process has of files in its address space: the
 * third number of statm, in pages. */
static size_t
file_bytes(const struct resident *r)
{
	char text[128], *at = text;
	ssize_t n = pread(r->statm, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	(void)strtoull(at, &at, 10);
	(void)strtoull(at, &at, 10);
	return (size_t)strtoull(at, NULL, 10) * (size_t)getpagesize();
}

void
resident_look(const struct resident *r)
{
	if (file_bytes(r) > r->most_bytes)
		(void)madvise(r->map, r->map_bytes, MADV_DONTNEED);
}
