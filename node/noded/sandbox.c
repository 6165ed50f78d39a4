/* SPDX-License-Identifier: Apache-2.0
 *
 * The system-call filter of sandbox.def.
 */
#include "noded/sandbox.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/seccomp.h"

enum rc
noded_sandbox_enter(struct err *e)
{
	struct seccomp f;

	seccomp_begin(&f);
#define IS          SECCOMP_ARG_IS
#define HAS_NONE_OF SECCOMP_ARG_HAS_NONE_OF
#define CALL(name)  seccomp_allow(&f, __NR_##name);
#define CALL_OR(name, error, test)                                             \
	{                                                                      \
		const struct seccomp_test only = test;                         \
		seccomp_allow_if(&f, __NR_##name, &only, 1, (error));          \
	}
#include "noded/sandbox.def"
#undef IS
#undef HAS_NONE_OF
#undef CALL
#undef CALL_OR
	return seccomp_enter(&f, e);
}
