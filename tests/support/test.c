/* SPDX-License-Identifier: Apache-2.0
 *
 * The runner behind test.h. Prints "ok NAME", "FAIL NAME place: text" or
 * "skip NAME: why" and ends with "tally PASSED FAILED".
 *
 * usage: unit_x [-l] [PATTERN]   PATTERN is a part of a test's name
 */
#include "test.h"
#include "tree.h"

#include <ftw.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Reasons of one test. */
enum { LEFT_OUT_MAX = 8 };

struct keep {
	struct keep *next;
	_Alignas(16) uint8_t data[];
};

static struct test_case *first, **last = &first;
static const char *row;
static bool has_failed;
static const char *skip_why;
static size_t extra;
static bool is_public; /* the test asked for public vectors */
static struct {
	const char *why;
	size_t cnt;
} left_out[LEFT_OUT_MAX];
static struct keep *kept;
static char tmpdir[64];
static char unpackdir[64];

/* What test_files is gathering. */
static struct {
	const char **paths;
	size_t cnt, cap;
	const char *suffix;
} found;

void
test_register(struct test_case *c)
{
	*last = c;
	last = &c->next;
}

void
test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	has_failed = true;
	printf("  %s:%d: ", file, line);
	if (row != NULL)
		printf("[%s] ", row);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void
test_skip(const char *why)
{
	skip_why = why;
}

void
test_row(const char *name)
{
	row = name;
}

void
test_count(size_t n)
{
	extra += n;
}

static void
print_hex(const char *what, struct bytes b)
{
	size_t i;

	printf("    %s (%zu) ", what, b.len);
	for (i = 0; i < b.len && i < 96; i++)
		printf("%02x", b.ptr[i]);
	printf("%s\n", i < b.len ? "..." : "");
}

bool
test_same_bytes(const char *file, int line, struct bytes got, struct bytes want)
{
	if (bytes_eq(got, want))
		return true;
	test_fail(file, line, "bytes differ");
	print_hex("got ", got);
	print_hex("want", want);
	return false;
}

bool
test_same_str(const char *file, int line, const char *got, const char *want)
{
	if (got != NULL && !strcmp(got, want))
		return true;
	test_fail(file, line, "got \"%s\", want \"%s\"",
	    got == NULL ? "(null)" : got, want);
	return false;
}

static uint8_t *
keep_new(size_t len)
{
	struct keep *k = calloc(1, sizeof(*k) + len + 1);

	if (k == NULL)
		abort();
	k->next = kept;
	kept = k;
	return k->data;
}

static unsigned
digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	fprintf(stderr, "test_hex: broken text\n");
	abort();
}

struct bytes
test_hex(const char *hex)
{
	size_t i, len;
	uint8_t *out;

	if (hex[0] == '0' && hex[1] == 'x')
		hex += 2;
	len = strlen(hex) / 2;
	out = keep_new(len);
	for (i = 0; i < len; i++)
		out[i] =
		    (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	return bytes_of(out, len);
}

struct bytes
test_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct bytes out = {NULL, 0};
	uint8_t *buf;
	long size;

	if (f == NULL)
		return out;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	buf = keep_new((size_t)size);
	if (fread(buf, 1, (size_t)size, f) == (size_t)size)
		out = bytes_of(buf, (size_t)size);
	fclose(f);
	return out;
}

const char *
test_vectors(const char *name)
{
	const char *base = getenv("SEKISHO_VECTORS");
	size_t len;
	char *path;

	is_public = true;
	if (base == NULL)
		base = "../shared";
	len = strlen(base) + strlen(name) + 2;
	path = (char *)keep_new(len);
	snprintf(path, len, "%s/%s", base, name);
	return access(path, R_OK) == 0 ? path : NULL;
}

static bool
unpack(const char *archive, const char *into)
{
	static char script[] =
	    "exec 2>/dev/null; zstd -dcq --long=27 \"$0\" | tar x -C \"$1\"";
	static char sh[] = "sh", dash_c[] = "-c";
	char path[512], dir[512];
	char *argv[] = {sh, dash_c, script, path, dir, NULL};
	pid_t pid;
	int status;

	snprintf(path, sizeof(path), "%s", archive);
	snprintf(dir, sizeof(dir), "%s", into);
	if (posix_spawnp(&pid, sh, NULL, NULL, argv, environ) != 0)
		return false;
	return waitpid(pid, &status, 0) == pid && status == 0;
}

bool
test_whole(void)
{
	return getenv("SEKISHO_CONFORMANCE") != NULL;
}

void
test_left_out(const char *why)
{
	size_t i = 0;

	while (i < LEFT_OUT_MAX && left_out[i].why != NULL &&
	       strcmp(left_out[i].why, why) != 0)
		i++;
	if (i == LEFT_OUT_MAX)
		abort();
	left_out[i].why = why;
	left_out[i].cnt++;
}

/* What a test ran of the public suites, and what not. */
static void
print_suite(const char *name, size_t cnt)
{
	size_t i;

	if (test_whole() && is_public)
		printf("%s: %zu cases\n", name, cnt > 0 ? cnt : 1);
	for (i = 0; i < LEFT_OUT_MAX && left_out[i].why != NULL; i++) {
		if (test_whole())
			printf("  left out %zu: %s\n", left_out[i].cnt,
			    left_out[i].why);
		left_out[i].why = NULL;
		left_out[i].cnt = 0;
	}
}

const char *
test_unpack(const char *name)
{
	const char *archive = test_vectors(name);
	const char *base = strrchr(name, '/');
	char *path = (char *)keep_new(strlen(name) + sizeof(unpackdir));
	char *dot;

	if (archive == NULL)
		return NULL;
	if (unpackdir[0] == '\0') {
		snprintf(unpackdir, sizeof(unpackdir),
		    "/tmp/sekisho-vectors.XXXXXX");
		if (mkdtemp(unpackdir) == NULL)
			abort();
	}
	sprintf(path, "%s/%s", unpackdir, base == NULL ? name : base + 1);
	dot = strstr(path, ".tar.");
	if (dot != NULL)
		*dot = '\0';
	if (access(path, R_OK) != 0 && !unpack(archive, unpackdir))
		return NULL;
	return access(path, R_OK) == 0 ? path : NULL;
}

static int
gather_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	size_t len = strlen(path), tail = strlen(found.suffix);
	char *copy;

	(void)st;
	(void)f;
	if (kind != FTW_F || len < tail ||
	    strcmp(path + len - tail, found.suffix) != 0)
		return 0;
	if (found.cnt == found.cap) {
		size_t cap = found.cap == 0 ? 64 : 2 * found.cap;
		const char **more =
		    (const char **)(void *)keep_new(cap * sizeof(*more));

		if (found.cnt > 0)
			memcpy(more, found.paths, found.cnt * sizeof(*more));
		found.paths = more;
		found.cap = cap;
	}
	copy = (char *)keep_new(len);
	memcpy(copy, path, len);
	found.paths[found.cnt++] = copy;
	return 0;
}

static int
path_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *
test_files(size_t *cnt, const char *dir, const char *suffix)
{
	memset(&found, 0, sizeof(found));
	found.suffix = suffix;
	nftw(dir, gather_one, 16, FTW_PHYS);
	if (found.cnt > 0)
		qsort(found.paths, found.cnt, sizeof(*found.paths), path_order);
	*cnt = found.cnt;
	return found.paths;
}

const char *
test_tmpdir(void)
{
	const char *base = getenv("TMPDIR");

	if (tmpdir[0] == '\0') {
		if (base == NULL || strlen(base) > 32)
			base = "/tmp";
		snprintf(
		    tmpdir, sizeof(tmpdir), "%s/sekisho-test.XXXXXX", base);
		if (mkdtemp(tmpdir) == NULL)
			abort();
	}
	return tmpdir;
}

static void
clean_up(void)
{
	struct keep *k;

	while ((k = kept) != NULL) {
		kept = k->next;
		free(k);
	}
	if (tmpdir[0] != '\0') {
		tree_remove(tmpdir);
		tmpdir[0] = '\0';
	}
}

int
main(int argc, char **argv)
{
	const char *pattern = argc > 1 ? argv[argc - 1] : "";
	bool only_list = !strcmp(pattern, "-l");
	size_t passed = 0, failed = 0, before;
	const struct test_case *c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (c = first; c != NULL; c = c->next) {
		if (only_list) {
			printf("%s\n", c->name);
			continue;
		}
		if (strstr(c->name, pattern) == NULL)
			continue;
		has_failed = false;
		skip_why = row = NULL;
		before = extra;
		is_public = false;
		c->run();
		clean_up();
		print_suite(c->name, extra - before);
		if (has_failed) {
			failed++;
			printf("FAIL %s\n", c->name);
		} else if (skip_why != NULL) {
			printf("skip %s: %s\n", c->name, skip_why);
		} else {
			passed++;
			printf("ok %s\n", c->name);
		}
	}
	if (unpackdir[0] != '\0')
		tree_remove(unpackdir);
	printf("tally %zu %zu\n", passed + extra, failed);
	return failed > 0;
}
