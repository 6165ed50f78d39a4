/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes and loads BPF. A row compares the call's number, which stays in the
 * accumulator until a row has matched; a row that matched answers. The kernel
 * works out beforehand which numbers pass whatever their arguments (since
 * 5.11), so that the length of the list costs nothing.
 */
#include "base/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "base/check.h"

#if defined(__x86_64__)
#define SECCOMP_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SECCOMP_ARCH AUDIT_ARCH_AARCH64
#else
#error "the filter is written for x86-64 and arm64"
#endif

static void
put(struct seccomp *f, unsigned code, uint32_t k, uint8_t yes, uint8_t no)
{
	CHECK(f->cnt < SECCOMP_CODE_MAX);
	f->v[f->cnt++] = (struct sock_filter){
	    .code = (unsigned short)code, .jt = yes, .jf = no, .k = k};
}

static void
put_load(struct seccomp *f, size_t offset)
{
	put(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
put_load_number(struct seccomp *f)
{
	put_load(f, offsetof(struct seccomp_data, nr));
}

static void
put_answer(struct seccomp *f, uint32_t what)
{
	put(f, BPF_RET | BPF_K, what, 0, 0);
}

/* Numbers of another architecture mean other calls, so that comes first. The
 * x32 numbers of x86-64 are above all that can be allowed. */
void
seccomp_begin(struct seccomp *f)
{
	f->cnt = 0;
	put_load(f, offsetof(struct seccomp_data, arch));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_ARCH, 1, 0);
	put_answer(f, SECCOMP_RET_KILL_PROCESS);
	put_load_number(f);
}

/* Passes over the next skip instructions unless it is this call. */
static void
put_number(struct seccomp *f, int nr, size_t skip)
{
	put(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, (uint8_t)skip);
}

void
seccomp_allow(struct seccomp *f, int nr)
{
	put_number(f, nr, 1);
	put_answer(f, SECCOMP_RET_ALLOW);
}

/* Where the low half of an argument is; both machines are little-endian. */
static size_t
arg_at(unsigned n)
{
	return offsetof(struct seccomp_data, args) + n * sizeof(uint64_t);
}

/* Goes on when the test holds, else passes over skip instructions. */
static void
put_test(struct seccomp *f, const struct seccomp_test *t, size_t skip)
{
	put_load(f, arg_at(t->arg));
	switch (t->kind) {
	case SECCOMP_IS:
		put(f, BPF_JMP | BPF_JEQ | BPF_K, t->value, 0, (uint8_t)skip);
		return;
	case SECCOMP_HAS_NONE_OF:
		put(f, BPF_JMP | BPF_JSET | BPF_K, t->value, (uint8_t)skip, 0);
		return;
	}
}

void
seccomp_allow_if(struct seccomp *f, int nr, const struct seccomp_test *tests,
    size_t cnt, int error)
{
	size_t i;

	CHECK(cnt <= SECCOMP_TEST_MAX);
	put_number(f, nr, 2 * cnt + 2);
	for (i = 0; i < cnt; i++)
		put_test(f, &tests[i], 2 * (cnt - 1 - i) + 1);
	put_answer(f, SECCOMP_RET_ALLOW);
	if (error == SECCOMP_NEXT)
		put_load_number(f); /* a test has an argument there */
	else
		put_answer(f, error == 0 ? SECCOMP_RET_KILL_PROCESS
					 : SECCOMP_RET_ERRNO | (uint32_t)error);
}

void
seccomp_refuse(struct seccomp *f, int nr, int error)
{
	put_number(f, nr, 1);
	put_answer(f, SECCOMP_RET_ERRNO | (uint32_t)error);
}

enum rc
seccomp_enter(struct seccomp *f, struct err *e)
{
	struct sock_fprog program = {.filter = f->v};

	put_answer(f, SECCOMP_RET_KILL_PROCESS);
	program.len = f->cnt;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return FAIL(e, RC_IO, "no new privileges: errno %d", errno);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
		return FAIL(e, RC_IO, "system-call filter: errno %d", errno);
	return RC_OK;
}
