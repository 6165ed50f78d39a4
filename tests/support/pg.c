/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a cluster with the server's own programs. PostgreSQL refuses to run
 * as root: then it runs as the system user that Debian's package makes.
 */
#include "pg.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"
#include "tree.h"

enum { READY_MS = 20000, POLL_MS = 10, PATH_TEXT = 256 };

static char bin[PATH_TEXT];
static char dir[] = "/tmp/sekisho-pg.XXXXXX";
static char conninfo[PATH_TEXT];
static const char *fault; /* why there is no cluster */
static pid_t server, owner;

static bool
find_bin(void)
{
	glob_t g = {0};

	(void)glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &g);
	if (g.gl_pathc > 0)
		(void)snprintf(
		    bin, sizeof(bin), "%s", g.gl_pathv[g.gl_pathc - 1]);
	globfree(&g);
	if (bin[0] != '\0')
		*strrchr(bin, '/') = '\0';
	return bin[0] != '\0';
}

/* As root: the package's user, and never root. */
static bool
drop(void)
{
	const struct passwd *pw = getuid() == 0 ? getpwnam("postgres") : NULL;

	if (getuid() != 0)
		return true;
	return pw != NULL && chown(dir, pw->pw_uid, pw->pw_gid) == 0 &&
	       setgroups(0, NULL) == 0 && setgid(pw->pw_gid) == 0 &&
	       setuid(pw->pw_uid) == 0;
}

static pid_t
start(const char *name, const char *const *args)
{
	char path[2 * PATH_TEXT], log[PATH_TEXT];
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	(void)snprintf(path, sizeof(path), "%s/%s", bin, name);
	(void)snprintf(log, sizeof(log), "%s/log", dir);
	if (!drop())
		_exit(126);
	(void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	(void)dup2(fd, 1);
	(void)dup2(fd, 2);
	(void)execv(path, (char *const *)(uintptr_t)args);
	_exit(127);
}

/* A child of a test leaves the cluster alone. */
static void
stop(void)
{
	if (getpid() != owner)
		return;
	if (server > 0) {
		(void)kill(server, SIGQUIT);
		(void)waitpid(server, NULL, 0);
	}
	(void)tree_remove(dir);
}

/* The socket is there before anybody may connect: the server says in its pid
 * file when it is "ready" (before that "starting"). */
static bool
says_ready(const char *pid_file)
{
	char text[1024];
	FILE *f = fopen(pid_file, "re");
	size_t len;

	if (f == NULL)
		return false;
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	(void)fclose(f);
	return strstr(text, "\nready ") != NULL;
}

static bool
is_ready(const char *pid_file)
{
	struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	for (int ms = 0; ms < READY_MS; ms += POLL_MS) {
		if (says_ready(pid_file))
			return true;
		if (waitpid(server, NULL, WNOHANG) != 0)
			break;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

static const char *
open_cluster(void)
{
	char data[PATH_TEXT], pid_file[2 * PATH_TEXT];
	const char *init[] = {"initdb", "-D", data, "-U", "test", "-A", "trust",
	    "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions",
	    NULL};
	const char *run[] = {"postgres", "-D", data, "-c",
	    "listen_addresses=", "-k", dir, "-c", "fsync=off", "-c",
	    "shared_buffers=8MB", "-c", "max_connections=20", NULL};
	int status = -1;
	pid_t pid;

	if (!find_bin())
		return "no PostgreSQL server under /usr/lib/postgresql";
	if (getuid() == 0 && getpwnam("postgres") == NULL)
		return "root, and no system user postgres";
	if (mkdtemp(dir) == NULL)
		return "no temporary folder";
	owner = getpid();
	(void)atexit(stop);
	(void)snprintf(data, sizeof(data), "%s/data", dir);
	(void)snprintf(pid_file, sizeof(pid_file), "%s/postmaster.pid", data);
	pid = start("initdb", init);
	if (pid == -1 || waitpid(pid, &status, 0) != pid || status != 0)
		return "initdb failed";
	server = start("postgres", run);
	return server > 0 && is_ready(pid_file) ? NULL
						: "postgres did not start";
}

const char *
test_pg(void)
{
	static unsigned made;
	static bool was_tried;
	char psql[2 * PATH_TEXT], sql[64];
	const char *args[] = {"psql", "-X", "-q", "-h", dir, "-U", "test", "-d",
	    "postgres", "-c", sql, NULL};
	int status = -1;

	if (!was_tried)
		fault = open_cluster();
	was_tried = true;
	(void)snprintf(psql, sizeof(psql), "%s/psql", bin);
	if (fault == NULL && access(psql, X_OK) != 0)
		fault = "no psql beside the server";
	if (fault != NULL) {
		test_skip(fault);
		return NULL;
	}
	(void)snprintf(sql, sizeof(sql), "create database t%u", ++made);
	EXPECT(waitpid(start("psql", args), &status, 0) > 0 && status == 0);
	(void)snprintf(conninfo, sizeof(conninfo),
	    "host=%s user=test dbname=t%u", dir, made);
	return conninfo;
}
