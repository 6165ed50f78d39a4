/* SPDX-License-Identifier: Apache-2.0
 *
 * Unit tests without a framework: TEST(name) { ... } registers itself, a
 * failed expectation prints place and values and the test goes on.
 */
#ifndef SUPPORT_TEST_H
#define SUPPORT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

struct test_case {
	const char *name;
	void (*run)(void);
	struct test_case *next;
};

/* test_register adds a case; called by TEST before main. */
void test_register(struct test_case *c);

#define TEST(id)                                                               \
	static void id(void);                                                  \
	__attribute__((constructor)) static void id##_register(void)           \
	{                                                                      \
		static struct test_case c = {#id, id, NULL};                   \
		test_register(&c);                                             \
	}                                                                      \
	static void id(void)

/* test_fail records a failure of the running test with a printf text. */
void test_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* test_skip says that the running test could not run and why. */
void test_skip(const char *why);

/* test_row names the vector row that the next expectations belong to; it is
 * printed with a failure. NULL ends it. */
void test_row(const char *name);

/* test_count adds n passed sub-cases (vector rows) to the tally. */
void test_count(size_t n);

/* test_same_bytes compares and prints both in hex when they differ. */
bool test_same_bytes(
    const char *file, int line, struct bytes got, struct bytes want);

#define EXPECT(expr)                                                           \
	((expr) ? (void)0 : test_fail(__FILE__, __LINE__, "%s", #expr))
#define EXPECT_U64(got, want)                                                  \
	do {                                                                   \
		uint64_t got_ = (got), want_ = (want);                         \
		if (got_ != want_)                                             \
			test_fail(__FILE__, __LINE__, "%s is %llu, want %llu", \
			    #got, (unsigned long long)got_,                    \
			    (unsigned long long)want_);                        \
	} while (0)
#define EXPECT_RC(got, want)                                                   \
	do {                                                                   \
		enum rc got_ = (got), want_ = (want);                          \
		if (got_ != want_)                                             \
			test_fail(__FILE__, __LINE__, "%s is %s, want %s",     \
			    #got, err_name(got_), err_name(want_));            \
	} while (0)
#define EXPECT_STR(got, want)   test_same_str(__FILE__, __LINE__, got, want)
#define EXPECT_BYTES(got, want) test_same_bytes(__FILE__, __LINE__, got, want)

bool test_same_str(
    const char *file, int line, const char *got, const char *want);

/*
 * test_hex decodes hex text (0x optional) into storage that lives until the
 * running test ends; a broken text ends the program.
 */
struct bytes test_hex(const char *hex);

/* test_read reads a whole file into storage that lives until the running
 * test ends; ptr is NULL when it cannot be read. */
struct bytes test_read(const char *path);

/*
 * test_vectors returns the path of a file under the public vectors
 * (SEKISHO_VECTORS, else ../shared), or NULL when it is not there.
 */
const char *test_vectors(const char *name);

/*
 * test_whole is true under `make conformance`: public suites run whole, where
 * `make unit` takes the files that a test picks.
 */
bool test_whole(void);

/*
 * test_left_out counts a case of a public suite that cannot be run yet.
 * `make conformance` prints the counts behind the test's name.
 *
 * why     lives on; one text for all cases with that reason
 */
void test_left_out(const char *why);

/*
 * test_unpack unpacks a .tar.zst archive of the public vectors, once per
 * program, into a folder that is removed at the end.
 *
 * name     "ethereum/transaction.tar.zst"
 * Returns  the folder of the archive's own name ("/tmp/.../transaction"), or
 *          NULL when the archive or one of the programs zstd and tar is not
 *          there
 */
const char *test_unpack(const char *name);

/*
 * test_files lists the files below dir whose name ends in suffix, in byte
 * order of their paths, until the running test ends.
 */
const char *const *test_files(size_t *cnt, const char *dir, const char *suffix);

/* test_tmpdir makes an empty folder, under TMPDIR or /tmp, that is removed
 * when the test ends. */
const char *test_tmpdir(void);

/*
 * test_alloc_fail lets the nth allocation of our code from now on fail, once
 * (0: none). test_alloc_did_fail turns that off and tells whether it came to
 * it. To walk all allocations of a call:
 *
 *	for (n = 1;; n++) {
 *		test_alloc_fail(n);
 *		rc = call();
 *		if (!test_alloc_did_fail())
 *			break;
 *		EXPECT_RC(rc, RC_NO_MEMORY);
 *	}
 */
void test_alloc_fail(size_t nth);
bool test_alloc_did_fail(void);

#endif
