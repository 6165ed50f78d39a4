/* SPDX-License-Identifier: Apache-2.0
 *
 * System calls of workers and key manager. Kore has a list of its own, made
 * for older C libraries, which allows files; what stands here is looked at
 * first. Neither can open, look at or remove any file: everything that they
 * need comes from the parent through shared memory and descriptors. One
 * exception: with a database that shows a certificate a worker may read.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/harden.h"
#include "base/prio.h"
#include "gateway/keyline.h"
#include "gateway/kore_priv.h"
#include "gateway/parent.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) ||                                        \
    __has_feature(undefined_behavior_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

#define ALLOW(name)       KORE_SYSCALL_ALLOW(name)
#define REFUSE(name, err) KORE_SYSCALL_DENY(name, err)

/* No file system. Refused, not killed: libpq and the C library look for
 * optional files and go on without them. */
static struct sock_filter no_files[] = {
    REFUSE(open, EACCES),
    REFUSE(openat, EACCES),
    REFUSE(stat, EACCES),
    REFUSE(lstat, EACCES),
    REFUSE(access, EACCES),
    REFUSE(unlink, EACCES),
    REFUSE(readlink, EACCES),
    REFUSE(getcwd, EACCES),
    REFUSE(faccessat, EACCES),
    REFUSE(faccessat2, EACCES),
    REFUSE(getdents64, EACCES),
    REFUSE(uname, EACCES),
};

/* libpq reads the authorities of a database that shows a certificate at each
 * connection, and in a chroot there is little else to read. */
static struct sock_filter read_files[] = {
    KORE_SYSCALL_ALLOW_ARG(openat, 2, O_RDONLY),
};

/* What glibc 2.36, OpenSSL 3, libpq 15 and our own code call besides. */
static struct sock_filter worker_calls[] = {
    ALLOW(newfstatat), /* fstat() of glibc; names are of no use here */
    /* sockets */
    ALLOW(accept4), ALLOW(connect), ALLOW(getsockopt), ALLOW(getsockname),
    ALLOW(getpeername), ALLOW(shutdown),
    ALLOW(recvmsg), /* log files from the parent */
    KORE_SYSCALL_ALLOW_ARG(socket, 0, AF_UNIX),
    /* the thread that checks passwords */
    ALLOW(sched_getattr), ALLOW(sched_setattr), ALLOW(clone), ALLOW(clone3),
    ALLOW(rseq), ALLOW(set_robust_list), ALLOW(setpriority), ALLOW(sched_yield),
    ALLOW(gettid), ALLOW(eventfd2), ALLOW(tgkill), /* abort() */
    ALLOW(prlimit64), ALLOW(sysinfo), ALLOW(exit),
    ALLOW(mremap),          /* realloc() of large buffers */
    ALLOW(restart_syscall), /* a wait that SIGSTOP and SIGCONT broke off */
};

/* Only for a database that is reached by address. */
static struct sock_filter internet_calls[] = {
    KORE_SYSCALL_ALLOW_ARG(socket, 0, AF_INET),
    KORE_SYSCALL_ALLOW_ARG(socket, 0, AF_INET6),
};

static struct sock_filter no_socket[] = {
    REFUSE(socket, EACCES),
};

/* The key manager takes certificate and key from the parent at SIGUSR1. */
static struct sock_filter keymgr_calls[] = {
    ALLOW(recvmsg),
    ALLOW(dup),
    ALLOW(newfstatat),
    ALLOW(mprotect),
    ALLOW(madvise),
    ALLOW(futex),
    ALLOW(tgkill),
    ALLOW(gettid),
    ALLOW(sendmsg),
    ALLOW(restart_syscall),
};

#ifdef IS_SANITIZED
/* Sanitizers read /proc, map shadow memory and print where they like. */
static struct sock_filter everything[] = {
    KORE_BPF_RET(SECCOMP_RET_ALLOW),
};
#endif

static void
add(const char *name, struct sock_filter *prog, size_t len)
{
	(void)kore_seccomp_filter(name, prog, len);
}

/* close_others closes what belongs to other workers and to the parent;
 * UINT_MAX: to all workers. */
static void
close_others(struct gw_process *p, unsigned self)
{
	unsigned w;

	listen_keep(&p->listeners, self);
	keyline_keep(p, self);
	for (w = 0; w < p->worker_cnt; w++) {
		(void)close(p->control[w][0]);
		if (w != self)
			(void)close(p->control[w][1]);
	}
	(void)close(p->keymgr[0]);
	if (self != UINT_MAX)
		(void)close(p->keymgr[1]);
	pair_close(&p->pair);
	if (self == UINT_MAX && p->log_fd >= 0)
		(void)close(p->log_fd);
	if (self == UINT_MAX && p->countries.fd >= 0)
		(void)close(p->countries.fd);
}

/*
 * A child of a parent that was killed would go on serving, with its ports
 * held and nobody to stop it. The kernel forgets this wish when a process
 * changes its user, hence here; the parent may have died before it.
 */
static void
die_with_parent(const struct gw_process *p)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    getppid() != p->parent_pid)
		_exit(1);
}

/*
 * Kore calls this in each child after it has given up its rights and before
 * the filter is loaded. Filters are looked at in the order of their calls.
 */
void
kore_seccomp_hook(void)
{
	struct gw_process *p = gw_process;
	bool is_keymgr = worker->id == KORE_WORKER_KEYMGR;

	die_with_parent(p);
	close_others(p, is_keymgr ? UINT_MAX : worker->id - 1u);
	harden_memory(); /* anew: its user is another */
#ifdef IS_SANITIZED
	add("gw-all", everything, KORE_FILTER_LEN(everything));
#endif
	if (is_keymgr) {
		prio_prompt(); /* workers wait for it in every handshake */
		(void)munmap(p->shm, sizeof(*p->shm));
		add("gw-files", no_files, KORE_FILTER_LEN(no_files));
		add("gw-keymgr", keymgr_calls, KORE_FILTER_LEN(keymgr_calls));
		return;
	}
	if (p->conf->db_address[0] != '\0' && p->conf->db_ca[0] != '\0')
		add("gw-read", read_files, KORE_FILTER_LEN(read_files));
	add("gw-files", no_files, KORE_FILTER_LEN(no_files));
	add("gw-calls", worker_calls, KORE_FILTER_LEN(worker_calls));
	if (p->conf->db_address[0] != '\0')
		add("gw-internet", internet_calls,
		    KORE_FILTER_LEN(internet_calls));
	add("gw-socket", no_socket, KORE_FILTER_LEN(no_socket));
}
