/* SPDX-License-Identifier: Apache-2.0
 *
 * System-call filters as lists of what is allowed. A program writes its rows
 * in a .def and puts them in order; what is in no row ends the process. For
 * x86-64 and arm64: a call of another architecture ends it too.
 *
 *	struct seccomp f;
 *
 *	seccomp_begin(&f);
 *	#define CALL(name) seccomp_allow(&f, __NR_##name);
 *	#include "noded/sandbox.def"
 *	TRY(seccomp_enter(&f, e));
 */
#ifndef BASE_SECCOMP_H
#define BASE_SECCOMP_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Instructions of the longest list, two for a plain row; the kernel takes
 * 4,096. SECCOMP_TEST_MAX tests in a row. */
enum { SECCOMP_CODE_MAX = 1024, SECCOMP_TEST_MAX = 4 };

struct seccomp {
	struct sock_filter v[SECCOMP_CODE_MAX];
	unsigned short cnt;
};

/* What must hold of an argument. The low half is looked at, which is all that
 * the kernel uses of an int. */
struct seccomp_test {
	unsigned arg; /* 0 to 5 */
	enum { SECCOMP_IS, SECCOMP_HAS_NONE_OF } kind;
	uint32_t value;
};

#define SECCOMP_ARG_IS(n, value)                                               \
	{                                                                      \
		(n), SECCOMP_IS, (uint32_t)(value)                             \
	}
#define SECCOMP_ARG_HAS_NONE_OF(n, bits)                                       \
	{                                                                      \
		(n), SECCOMP_HAS_NONE_OF, (uint32_t)(bits)                     \
	}

/* seccomp_begin empties f and puts the look at the architecture. */
void seccomp_begin(struct seccomp *f);

/* seccomp_allow lets call number nr pass with any arguments. */
void seccomp_allow(struct seccomp *f, int nr);

/*
 * seccomp_allow_if lets it pass when all tests hold.
 *
 * error  errno of the call when one does not; 0: the process ends;
 *        SECCOMP_NEXT: the rows behind decide
 */
enum { SECCOMP_NEXT = -1 };

void seccomp_allow_if(struct seccomp *f, int nr,
    const struct seccomp_test *tests, size_t cnt, int error);

/* seccomp_refuse lets the call fail with an errno: for what is tried and not
 * needed. */
void seccomp_refuse(struct seccomp *f, int nr, int error);

/*
 * seccomp_enter puts the filter over the calling thread and those it will
 * start, for good. It also gives up what exec of a set-user-id file gives.
 *
 * Errors  RC_IO  the kernel refuses
 */
enum rc seccomp_enter(struct seccomp *f, struct err *e);

#endif
