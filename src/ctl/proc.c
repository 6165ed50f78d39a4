/* SPDX-License-Identifier: Apache-2.0
 *
 * fork, drop to the right user, exec; wait and stop.
 */
#include "ctl/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/ready.h"

/* Bytes of a failed program's last words that an error quotes. */
enum { PROC_WORDS_MAX = 160, PROC_POLL_MS = 20 };

static void
sleep_ms(int ms)
{
	struct timespec t = {
	    .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	(void)nanosleep(&t, NULL);
}

/* Ours is closed to another user, and libpq gives up at a file that is. Where
 * nobody has said HOME, the user's own is meant. */
static void
leave_home(void)
{
	static char none[] = "HOME=/nonexistent";
	char **v;

	for (v = environ; *v != NULL; v++)
		if (!strncmp(*v, "HOME=", 5))
			*v = none;
}

/* Both run/ and run/gw take sockets of the processes of ours. */
static bool
become(const struct home *h, enum home_user u)
{
	gid_t groups[2];

	if (h == NULL || !h->is_root || u == HOME_SELF)
		return true;
	groups[0] = h->run_gid;
	groups[1] = h->user[HOME_GW].gid;
	leave_home();
	return setgroups(2, groups) == 0 && setgid(h->user[u].gid) == 0 &&
	       setuid(h->user[u].uid) == 0;
}

/*
 * Between fork and exec the child has our handlers, which would swallow a
 * signal meant for the program: it waits until it finds what exec leaves.
 */
static pid_t
fork_child(void)
{
	static const int ours[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGPIPE};
	sigset_t all, old;
	pid_t pid;
	size_t i;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	for (i = 0; pid == 0 && i < ARRAY_CNT(ours); i++)
		(void)signal(ours[i], SIG_DFL);
	if (pid == 0)
		sigemptyset(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

/*
 * Opened before the change of user: a checkout below a closed folder such as
 * /root runs too. -1 for a name that PATH finds.
 */
static int
program_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	if (slash == NULL || slash - path >= PATH_MAX - 1)
		return -1;
	memcpy(dir, path, (size_t)(slash - path) + 1);
	dir[slash - path + 1] = '\0';
	return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* In the child: never returns. in -1: nothing to read. */
static _Noreturn void
become_program(int dir, int in, int out, const char *const *argv)
{
	char *const *av = (char *const *)(uintptr_t)argv;

	dup2(in != -1 ? in : open("/dev/null", O_RDONLY), 0);
	dup2(out, 1);
	dup2(out, 2);
	if (dir == -1)
		execvp(argv[0], av);
	else
		execveat(dir, strrchr(argv[0], '/') + 1, av, environ, 0);
	/* A script is read by its path. */
	if (dir != -1 && errno == ENOENT)
		execv(argv[0], av);
	perror(argv[0]);
	_exit(127);
}

static void
become_or_leave(const struct home *h, enum home_user u, int out)
{
	if (become(h, u))
		return;
	dprintf(out, "change of user: %s\n", strerror(errno));
	_exit(126);
}

static void
last_words(int fd, char *out, size_t cap)
{
	off_t size = lseek(fd, 0, SEEK_END);
	off_t at = size > (off_t)cap - 1 ? size - ((off_t)cap - 1) : 0;
	ssize_t n = pread(fd, out, cap - 1, at);

	out[n > 0 ? n : 0] = '\0';
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' '))
		out[--n] = '\0';
}

static void
how_it_ended(char *text, size_t cap, int status)
{
	const char *name;

	if (!WIFSIGNALED(status)) {
		snprintf(text, cap, "left with status %d", WEXITSTATUS(status));
		return;
	}
	name = sigdescr_np(WTERMSIG(status));
	snprintf(text, cap, "was ended by signal %d (%s)", WTERMSIG(status),
	    name == NULL ? "unnamed" : name);
}

/* Output goes to a file in memory: no place on a disk is needed, and a
 * program that writes much never waits for us. */
static enum rc
run_to_end(const struct home *h, enum home_user u, const char *const *argv,
    int in, char *said, size_t cap, struct err *e)
{
	int out = memfd_create("output", MFD_CLOEXEC);
	char how[96];
	int status = 0;
	pid_t pid;

	if (out == -1)
		return FAIL(e, RC_IO, "memfd_create: %s", strerror(errno));
	pid = fork_child();
	if (pid == 0) {
		int dir = program_dir(argv[0]);

		become_or_leave(h, u, out);
		/* After the change of user, which clears it. */
		if (h != NULL)
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		become_program(dir, in, out, argv);
	}
	if (pid != -1)
		while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
			;
	last_words(out, said, cap);
	close(out);
	if (pid == -1)
		return FAIL(e, RC_IO, "fork: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return RC_OK;
	if (said[0] != '\0')
		return FAIL(e, RC_IO, "%s failed: %s", argv[0], said);
	how_it_ended(how, sizeof(how), status);
	return FAIL(e, RC_IO, "%s failed: it %s", argv[0], how);
}

enum rc
proc_read(const char *const *argv, char *said, size_t cap, struct err *e)
{
	return run_to_end(NULL, HOME_SELF, argv, -1, said, cap, e);
}

enum rc
proc_feed(const char *const *argv, struct bytes in, char *said, size_t cap,
    struct err *e)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	enum rc rc;

	if (fd == -1 || write(fd, in.ptr, in.len) != (ssize_t)in.len ||
	    lseek(fd, 0, SEEK_SET) != 0)
		rc =
		    FAIL(e, RC_IO, "input of %s: %s", argv[0], strerror(errno));
	else
		rc = run_to_end(NULL, HOME_SELF, argv, fd, said, cap, e);
	if (fd != -1)
		close(fd);
	return rc;
}

enum rc
proc_run_quiet(const char *const *argv, struct err *e)
{
	char words[PROC_WORDS_MAX];

	return run_to_end(NULL, HOME_SELF, argv, -1, words, sizeof(words), e);
}

enum rc
proc_run_as(const struct home *h, enum home_user u, const char *const *argv,
    struct err *e)
{
	char words[PROC_WORDS_MAX];

	return run_to_end(h, u, argv, -1, words, sizeof(words), e);
}

/* In the child: the program inherits the descriptor, and its number in an
 * environment of its own; of more variables than that it gets the first. */
static void
lend_voice(int fd)
{
	enum { VARIABLE_MAX = 1024 };
	static char text[sizeof(READY_VARIABLE) + 16];
	static char *own[VARIABLE_MAX + 2];
	size_t cnt = 0;
	char **v;

	for (v = environ; *v != NULL && cnt < VARIABLE_MAX; v++)
		if (strncmp(*v, READY_VARIABLE "=", sizeof(READY_VARIABLE)) !=
		    0)
			own[cnt++] = *v;
	if (fd != -1 && fcntl(fd, F_SETFD, 0) == 0) {
		(void)snprintf(text, sizeof(text), READY_VARIABLE "=%d", fd);
		own[cnt++] = text;
	}
	own[cnt] = NULL;
	environ = own;
}

static enum rc
start(const struct home *h, enum home_user u, const char *log,
    const char *const *argv, pid_t *pid, int voice, struct err *e)
{
	pid_t parent = getpid();
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

	if (out == -1)
		return FAIL(e, RC_IO, "%s: %s", log, strerror(errno));
	*pid = fork_child();
	if (*pid == 0) {
		int dir = program_dir(argv[0]);

		lend_voice(voice);
		(void)setpgid(0, 0);
		if (h->is_root || u == HOME_SELF)
			(void)fchmod(out, 0640);
		become_or_leave(h, u, out);
		/* After the change of user, which clears it. */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		/* No part ever gains rights (reliability N10). */
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (getppid() != parent)
			_exit(0);
		become_program(dir, -1, out, argv);
	}
	close(out);
	if (*pid == -1)
		return FAIL(e, RC_IO, "fork: %s", strerror(errno));
	(void)setpgid(*pid, *pid);
	return RC_OK;
}

enum rc
proc_start(const struct home *h, enum home_user u, const char *log,
    const char *const *argv, pid_t *pid, int *said, struct err *e)
{
	int end[2] = {-1, -1};
	enum rc rc;

	if (said != NULL && pipe2(end, O_CLOEXEC | O_NONBLOCK) != 0)
		return FAIL(e, RC_IO, "pipe: %s", strerror(errno));
	rc = start(h, u, log, argv, pid, end[1], e);
	if (said == NULL)
		return rc;
	close(end[1]);
	if (rc == RC_OK) {
		*said = end[0];
		return RC_OK;
	}
	close(end[0]);
	*said = -1;
	return rc;
}

bool
proc_has_said(int *said)
{
	char line[16];

	if (*said == -1 || read(*said, line, sizeof(line)) <= 0)
		return false;
	close(*said);
	*said = -1;
	return true;
}

bool
proc_is_alive(pid_t pid, char *text, size_t cap)
{
	int status;
	pid_t r = waitpid(pid, &status, WNOHANG);

	if (r == 0)
		return true;
	if (r == -1)
		snprintf(text, cap, "is gone");
	else
		how_it_ended(text, cap, status);
	return false;
}

bool
proc_stop(pid_t pid, int sig, int grace_ms)
{
	char text[64];
	int waited;

	if (pid <= 0)
		return true;
	(void)kill(pid, sig);
	for (waited = 0; waited < grace_ms; waited += PROC_POLL_MS) {
		if (!proc_is_alive(pid, text, sizeof(text)))
			return true;
		sleep_ms(PROC_POLL_MS);
	}
	(void)kill(-pid, SIGKILL);
	while (proc_is_alive(pid, text, sizeof(text)))
		sleep_ms(PROC_POLL_MS);
	return false;
}

int
proc_delay_ms(int last_ms, uint64_t ran_ms)
{
	if (last_ms == 0 || ran_ms > PROC_QUIET_MS)
		return PROC_DELAY_MIN_MS;
	return last_ms >= PROC_DELAY_MAX_MS / 2 ? PROC_DELAY_MAX_MS
						: last_ms * 2;
}
