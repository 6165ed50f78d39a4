/* SPDX-License-Identifier: Apache-2.0
 *
 * The system-call filter of sandbox.def.
 */
#include "jobs/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/check.h"
#include "base/seccomp.h"

/* Rows in front of those of the list: streams, and datagrams to a resolver. */
static void
allow_network(struct seccomp *f)
{
	static const struct seccomp_test family[] = {
	    SECCOMP_ARG_IS(0, AF_INET), SECCOMP_ARG_IS(0, AF_INET6)};
	size_t i;

	for (i = 0; i < ARRAY_CNT(family); i++)
		seccomp_allow_if(f, __NR_socket, &family[i], 1, SECCOMP_NEXT);
}

enum rc
jobs_sandbox_enter(bool has_network, struct err *e)
{
	struct seccomp f;

	seccomp_begin(&f);
	if (has_network)
		allow_network(&f);
#define IS                  SECCOMP_ARG_IS
#define HAS_NONE_OF         SECCOMP_ARG_HAS_NONE_OF
#define CALL(name)          seccomp_allow(&f, __NR_##name);
#define REFUSE(name, error) seccomp_refuse(&f, __NR_##name, (error));
#define CALL_OR(name, error, test)                                             \
	{                                                                      \
		const struct seccomp_test only = test;                         \
		seccomp_allow_if(&f, __NR_##name, &only, 1, (error));          \
	}
#include "jobs/sandbox.def"
#undef IS
#undef HAS_NONE_OF
#undef CALL
#undef CALL_OR
#undef REFUSE
	return seccomp_enter(&f, e);
}
