/* SPDX-License-Identifier: Apache-2.0
 *
 * Broken promises between our own functions end the process: a node that
 * goes on with a wrong assumption signs wrong blocks.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

/*
 * check_failed writes one line (expression, place) to standard error and
 * aborts. It allocates nothing.
 */
_Noreturn void check_failed(const char *expr, const char *file, int line);

/* CHECK is always on. In coverage builds check_that hides its failing branch,
 * which no test can take. */
#ifdef SEKISHO_COVER
static inline void
check_that(_Bool is_true, const char *expr, const char *file, int line)
{
	if (!is_true)
		check_failed(expr, file, line);
}
#define CHECK(expr) check_that((_Bool)(expr), #expr, __FILE__, __LINE__)
#else
#define CHECK(expr) ((expr) ? (void)0 : check_failed(#expr, __FILE__, __LINE__))
#endif

/* DCHECK is on in debug, sanitizer and fuzz builds. */
#ifdef SEKISHO_DEBUG
#define DCHECK(expr) CHECK(expr)
#else
#define DCHECK(expr) ((void)sizeof(!(expr)))
#endif

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
