/* SPDX-License-Identifier: Apache-2.0
 *
 * The system-call filter: a list of what is allowed (sandbox.def), compared
 * one by one; socket() only for Unix sockets.
 */
#include "noded/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"

#define LOAD(field)                                                            \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                     \
	    (uint32_t)offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, n)                                                  \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, (n))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))

static const struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#define ALLOW(name) SKIP_UNLESS(SYS_##name, 1), ANSWER(SECCOMP_RET_ALLOW),
#include "noded/sandbox.def"
#undef ALLOW
    SKIP_UNLESS(SYS_socket, 4),
    LOAD(args[0]),
    SKIP_UNLESS(AF_UNIX, 1),
    ANSWER(SECCOMP_RET_ALLOW),
    ANSWER(SECCOMP_RET_ERRNO | EACCES),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
};

void
noded_sandbox_harden(void)
{
	struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

enum rc
noded_sandbox_enter(struct err *e)
{
	struct sock_fprog prog = {.len = (unsigned short)ARRAY_CNT(filter),
	    .filter = (struct sock_filter *)(uintptr_t)filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0)
		return RC_OK;
	return FAIL(e, RC_IO, "system-call filter: %s", strerror(errno));
}
