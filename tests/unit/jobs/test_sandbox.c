/* SPDX-License-Identifier: Apache-2.0
 *
 * What jobsd may do below its filter, and how everything else ends. Each row
 * is a process of its own.
 */
#include "jobs/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/harden.h"
#include "test.h"

enum { ENDED = 1000 }; /* and the signal */

static int
result(long r)
{
	return r == -1 ? errno : 0;
}

static int
read_a_file(void)
{
	return result(open("/etc/hosts", O_RDONLY | O_CLOEXEC));
}

static int
write_a_file(void)
{
	return result(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static int
make_a_file(void)
{
	return result(open("/tmp/x", O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int
remove_a_file(void)
{
	return result(unlink("/nonexistent"));
}

static int
map_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
local_socket(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int
internet_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int
internet_socket_6(void)
{
	/* Some machines have none. */
	int why = result(socket(AF_INET6, SOCK_DGRAM, 0));

	return why == EAFNOSUPPORT ? 0 : why;
}

static int
netlink_socket(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
}

static int
find_localhost(void)
{
	struct addrinfo hint = {.ai_socktype = SOCK_STREAM}, *found;

	return getaddrinfo("localhost", "5432", &hint, &found);
}

static int
read_key_ring(void)
{
	return result(syscall(__NR_keyctl, 0, 0, 0));
}

static int
start_a_program(void)
{
	return result(execl("/bin/true", "true", NULL));
}

static int
start_a_process(void)
{
	return result(fork());
}

static int
push_into_a_terminal(void)
{
	char c = 'x';

	return result(ioctl(0, TIOCSTI, &c));
}

static int
listen_for_others(void)
{
	return result(listen(socket(AF_UNIX, SOCK_STREAM, 0), 1));
}

static int
end_of(int (*act)(void), bool has_network)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		harden_daemon();
		if (jobs_sandbox_enter(has_network, NULL) != RC_OK)
			_exit(99);
		/* Sanitizers have more to do at an exit of the C library. */
		(void)syscall(__NR_exit_group, act());
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? ENDED + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

TEST(test_sandbox_call_is_allowed_refused_or_the_end)
{
	static const struct {
		const char *name;
		int (*act)(void);
		int want, want_network;
	} row[] = {
	    {"read a file", read_a_file, 0, 0},
	    {"write a file", write_a_file, EACCES, EACCES},
	    {"make a file", make_a_file, EACCES, EACCES},
	    {"remove a file", remove_a_file, ENDED + SIGSYS, ENDED + SIGSYS},
	    {"map code", map_code, EACCES, EACCES},
	    {"local socket", local_socket, 0, 0},
	    {"internet socket", internet_socket, EACCES, 0},
	    {"internet socket, 6", internet_socket_6, EACCES, 0},
	    {"netlink socket", netlink_socket, EACCES, EACCES},
	    {"localhost", find_localhost, 0, 0},
	    {"key ring", read_key_ring, ENOSYS, ENOSYS},
	    {"program", start_a_program, ENDED + SIGSYS, ENDED + SIGSYS},
	    {"process", start_a_process, ENDED + SIGSYS, ENDED + SIGSYS},
	    {"terminal", push_into_a_terminal, ENOTTY, ENOTTY},
	    {"listen", listen_for_others, ENDED + SIGSYS, ENDED + SIGSYS},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].name);
		EXPECT_U64(
		    (uint64_t)end_of(row[i].act, false), (uint64_t)row[i].want);
		EXPECT_U64((uint64_t)end_of(row[i].act, true),
		    (uint64_t)row[i].want_network);
	}
	test_count(i);
	test_row(NULL);
}
