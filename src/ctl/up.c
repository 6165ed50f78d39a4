/* SPDX-License-Identifier: Apache-2.0
 *
 * The supervisor. Parts are rows of a table: how to start, how to tell that
 * it is ready, how to stop. A part that dies is started again with growing
 * delay; the others go on.
 */
#include "ctl/up.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "ctl/checkconf.h"
#include "ctl/deploy.h"
#include "ctl/geobuild.h"
#include "ctl/init.h"
#include "ctl/leftover.h"
#include "ctl/pg.h"
#include "ctl/proc.h"
#include "ctl/rotate.h"
#include "ctl/stop.h"
#include "db/migrate.h"
#include "upstream/noderpc.h"

/* A part must be ready in this time. */
enum {
	UP_READY_MS = 30000,
	UP_POLL_MS = 25,
	UP_WATCH_MS = 200,
	UP_GRACE_MS = 12000,
	UP_ROOM_BYTES = 1024 * 1024 /* a disk with less is full */
};

struct up;

struct part {
	const char *name;
	enum rc (*start)(struct up *u, pid_t *pid, struct err *e);
	bool (*is_ready)(struct up *u);
	const char *ready_is; /* what is_ready waits for */
	int stop_signal;
};

struct running {
	pid_t pid;
	uint64_t started_ms, retry_at_ms;
	int delay_ms;
	bool is_ready, has_log_failed;
};

enum { PART_PG, PART_NODE, PART_JOBS, PART_GATEWAY, PART_CNT };

struct up {
	struct home *h;
	struct running run[PART_CNT];
	int jobs_said; /* where jobsd tells that it works, or -1 */
	int lock_fd;
};

static volatile sig_atomic_t wants_state;

static void
on_state(int sig)
{
	(void)sig;
	wants_state = 1;
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
pause_ms(int ms)
{
	struct timespec t = {.tv_sec = 0, .tv_nsec = (long)ms * 1000000};

	(void)nanosleep(&t, NULL);
}

static void
step_line(const char *line)
{
	printf("  %s\n", line);
	fflush(stdout);
}

/* Parts. -------------------------------------------------------------- */

static enum rc
start_pg(struct up *u, pid_t *pid, struct err *e)
{
	return pg_start(u->h, pid, e);
}

static bool
pg_is_ready(struct up *u)
{
	PGconn *pg;

	if (pg_connect(u->h, &pg, "postgres", NULL) != RC_OK)
		return false;
	PQfinish(pg);
	return true;
}

static enum rc
start_program(struct up *u, const char *name, enum home_user user,
    const char *conf, pid_t *pid, int *said, struct err *e)
{
	char bin[PATH_MAX + 16], path[PATH_MAX], log[PATH_MAX];
	const char *argv[] = {
	    bin, "-c", home_path(u->h, path, "conf/%s", conf), NULL};

	snprintf(bin, sizeof(bin), "%s/%s", u->h->bin, name);
	home_path(u->h, log, "log/%s.log", name);
	return proc_start(u->h, user, log, argv, pid, said, e);
}

static enum rc
start_node(struct up *u, pid_t *pid, struct err *e)
{
	return start_program(u, "noded", HOME_NODE, "node.conf", pid, NULL, e);
}

static bool
node_is_ready(struct up *u)
{
	char path[PATH_MAX];
	struct noderpc *n;
	json_t *r = NULL;
	bool ok;

	if (noderpc_open(&n, home_path(u->h, path, "run/node.ipc"), NULL) !=
	    RC_OK)
		return false;
	ok = noderpc_call(n, &r, "eth_blockNumber", NULL, 2000, NULL) == RC_OK;
	json_decref(r);
	noderpc_close(n);
	return ok;
}

static enum rc
start_jobs(struct up *u, pid_t *pid, struct err *e)
{
	if (u->jobs_said != -1)
		close(u->jobs_said);
	u->jobs_said = -1;
	return start_program(
	    u, "jobsd", HOME_JOBS, "jobs.conf", pid, &u->jobs_said, e);
}

/* It listens to nobody, and what it has stored may be an earlier start's:
 * only this very process can tell. */
static bool
jobs_is_ready(struct up *u)
{
	return proc_has_said(&u->jobs_said);
}

static enum rc
start_gateway(struct up *u, pid_t *pid, struct err *e)
{
	/* Its parent stays root to fork workers that are not. */
	return start_program(
	    u, "gateway", HOME_SELF, "gateway.conf", pid, NULL, e);
}

static bool
port_answers(uint16_t port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd != -1 &&
		  connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0;

	if (fd != -1)
		close(fd);
	return ok;
}

/* A whole answer over HTTP: the worker runs, and reaches the node. */
static bool
gateway_is_ready(struct up *u)
{
	static const char ask[] = "GET /v1/ready HTTP/1.1\r\n"
				  "Host: localhost\r\n"
				  "Connection: close\r\n\r\n";
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_port = htons(u->h->rpc_port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval limit = {.tv_sec = 2};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[16] = "";
	bool ok;

	if (fd == -1)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	ok = connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	     send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) > 0 &&
	     recv(fd, answer, sizeof(answer) - 1, MSG_WAITALL) > 0 &&
	     !strncmp(answer, "HTTP/1.1 200", 12);
	close(fd);
	return ok && port_answers(u->h->port);
}

static const struct part parts[PART_CNT] = {
    [PART_PG] = {"postgres", start_pg, pg_is_ready, "a connection to it",
	SIGINT},
    [PART_NODE] = {"noded", start_node, node_is_ready,
	"an answer on run/node.ipc", SIGTERM},
    [PART_JOBS] = {"jobsd", start_jobs, jobs_is_ready,
	"its word that it has reached node and database", SIGTERM},
    [PART_GATEWAY] = {"gateway", start_gateway, gateway_is_ready,
	"status 200 of /v1/ready and a connection to its TLS port", SIGTERM},
};

/* Starting. ----------------------------------------------------------- */

static void
write_pid(struct up *u, int i)
{
	char name[64], text[16];
	int n = snprintf(text, sizeof(text), "%d\n", (int)u->run[i].pid);

	snprintf(name, sizeof(name), "run/%s.pid", parts[i].name);
	(void)home_write(u->h, name, HOME_SELF, 0644, text, (size_t)n, NULL);
}

static enum rc
start_part(struct up *u, int i, struct err *e)
{
	/* Before it begins: what it does first may be done before we run on. */
	u->run[i].started_ms = now_ms();
	TRY(parts[i].start(u, &u->run[i].pid, e));
	u->run[i].is_ready = false;
	write_pid(u, i);
	return RC_OK;
}

/* The last line that a part wrote says best why it did not start. */
static void
last_line(const struct up *u, int i, char *out, size_t cap)
{
	char path[PATH_MAX];
	FILE *f =
	    fopen(home_path(u->h, path, "log/%s.log", parts[i].name), "re");
	char line[512];

	out[0] = '\0';
	if (f == NULL)
		return;
	(void)fseek(f, -4096, SEEK_END);
	while (fgets(line, sizeof(line), f) != NULL)
		if (line[0] != '\n')
			snprintf(out, cap, "%s", line);
	fclose(f);
	out[strcspn(out, "\n")] = '\0';
}

static enum rc
wait_ready(struct up *u, int i, struct err *e)
{
	uint64_t until = now_ms() + UP_READY_MS;
	char why[96], words[512];

	snprintf(why, sizeof(why), "is not ready, after %d s of waiting for %s",
	    UP_READY_MS / 1000, parts[i].ready_is);
	while (stop_signal() == 0 && now_ms() < until) {
		if (!proc_is_alive(u->run[i].pid, why, sizeof(why))) {
			u->run[i].pid = 0;
			break;
		}
		if (parts[i].is_ready(u)) {
			u->run[i].is_ready = true;
			return RC_OK;
		}
		pause_ms(UP_POLL_MS);
	}
	TRY(stop_check(e));
	last_line(u, i, words, sizeof(words));
	return FAIL(e, RC_UNAVAILABLE, "%s %s; log/%s.log ends: %.120s",
	    parts[i].name, why, parts[i].name, words);
}

static enum rc
port_fault(uint16_t port, const char *variable, int why, struct err *e)
{
	if (why == EADDRINUSE)
		return FAIL(e, RC_UNAVAILABLE,
		    "port %u is in use: set %s to another", port, variable);
	if (why == EACCES)
		return FAIL(e, RC_DENIED,
		    "port %u: %s: a low port is for root; set %s to one above "
		    "1023",
		    port, strerror(why), variable);
	return FAIL(
	    e, RC_IO, "port %u (%s): %s", port, variable, strerror(why));
}

static enum rc
check_port(uint16_t port, const char *variable, struct err *e)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_ANY)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	int why = 0;

	if (fd == -1)
		return FAIL(e, RC_IO, "socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) == -1)
		why = errno;
	close(fd);
	return why == 0 ? RC_OK : port_fault(port, variable, why, e);
}

static enum rc
check_ports(const struct up *u, struct err *e)
{
	TRY(check_port(u->h->port, "SEKISHO_PORT", e));
	return check_port(u->h->rpc_port, "SEKISHO_RPC_PORT", e);
}

/* Two stacks on one state would be two owners of one database. */
static enum rc
take_lock(struct up *u, struct err *e)
{
	char path[PATH_MAX];

	u->lock_fd = open(home_path(u->h, path, "run/up.lock"),
	    O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (u->lock_fd == -1)
		return FAIL(e, RC_IO, "%s: %s: a state must be writable%s",
		    path, strerror(errno),
		    errno == EROFS ? "; mount it so, or set SEKISHO_HOME" : "");
	if (flock(u->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return RC_OK;
	return FAIL(e, RC_UNAVAILABLE,
	    "%s is in use by another `sekisho up`: stop that one, or set "
	    "SEKISHO_HOME, SEKISHO_PORT and SEKISHO_RPC_PORT for a second "
	    "stack",
	    u->h->dir);
}

static void
migration_line(void *ctx, const char *line)
{
	(void)ctx;
	step_line(line);
}

static enum rc
migrate(struct up *u, struct err *e)
{
	PGconn *pg;
	enum rc rc;

	TRY(pg_prepare(u->h, e));
	TRY(pg_connect(u->h, &pg, NULL, e));
	rc = migrate_run(pg, false, migration_line, NULL, e);
	PQfinish(pg);
	return rc;
}

/* check_files says what is wrong with them before anything starts: a part
 * that ends over its file would say so in a log only. */
static enum rc
check_files(const struct up *u, struct err *e)
{
	char *said = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&said, &len);
	bool is_good;

	if (out == NULL)
		return FAIL(e, RC_NO_MEMORY, "check");
	is_good = checkconf_own(u->h, out);
	if (fclose(out) != 0)
		is_good = false;
	if (!is_good && said != NULL)
		fputs(said, stderr);
	free(said);
	return is_good ? RC_OK
		       : FAIL(e, RC_CONF,
			     "nothing was started: conf/ is not good, see "
			     "above; `sekisho check` tells when it is");
}

/* Nothing is made when a first start is bound to fail. A state that is there
 * is locked first: who holds it also holds its ports, and says so better. */
static enum rc
prepare(struct up *u, struct err *e)
{
	char bin[PATH_MAX];
	bool has_state;

	TRY(home_exists(u->h, &has_state, e));
	TRY(pg_find(u->h, bin, e));
	if (!has_state) {
		TRY(check_ports(u, e));
		printf("new state in %s\n", u->h->dir);
		TRY(init_dev(u->h, step_line, e));
	}
	TRY(take_lock(u, e));
	TRY(check_files(u, e));
	TRY(leftover_end(u->h, e));
	TRY(check_ports(u, e));
	geobuild_own(u->h, step_line);
	return RC_OK;
}

static enum rc
start_all(struct up *u, struct err *e)
{
	int i;

	for (i = 0; i < PART_CNT; i++) {
		uint64_t t0 = now_ms();

		TRY(stop_check(e));
		TRY(start_part(u, i, e));
		TRY(wait_ready(u, i, e));
		printf("%-9s ready after %llu ms (pid %d)\n", parts[i].name,
		    (unsigned long long)(now_ms() - t0), (int)u->run[i].pid);
		fflush(stdout);
		if (i == PART_PG)
			TRY(migrate(u, e));
	}
	return RC_OK;
}

/* A stack without contracts is of use, too. */
static void
deploy_contracts(const struct up *u)
{
	struct signkey_ask ask = {.from = NULL};
	struct err e = {0};
	bool is_due;
	enum rc rc = deploy_is_due(&is_due, u->h, &e);

	if (rc == RC_OK && is_due)
		rc = deploy_run(u->h, CONTRACT_STRICT, &ask, step_line, &e);
	if (rc == RC_OK || stop_signal() != 0)
		return;
	printf("contracts not deployed: %s; `sekisho contracts deploy` goes "
	       "on\n",
	    err_message(&e, rc));
	fflush(stdout);
}

static void
stop_all(struct up *u)
{
	char path[PATH_MAX];
	int i;

	for (i = PART_CNT - 1; i >= 0; i--) {
		bool was_clean;

		if (u->run[i].pid <= 0)
			continue;
		was_clean =
		    proc_stop(u->run[i].pid, parts[i].stop_signal, UP_GRACE_MS);
		printf("%-9s %s\n", parts[i].name,
		    was_clean ? "stopped" : "did not stop in time, killed");
		fflush(stdout);
		unlink(home_path(u->h, path, "run/%s.pid", parts[i].name));
	}
}

/* Watching. ----------------------------------------------------------- */

/* Then a log may lack the line that says so. */
static bool
is_disk_full(const struct up *u)
{
	struct statvfs st;

	return statvfs(u->h->dir, &st) == 0 &&
	       (uint64_t)st.f_bavail * st.f_frsize < UP_ROOM_BYTES;
}

static void
part_died(struct up *u, int i, const char *why)
{
	struct running *r = &u->run[i];
	char words[512];

	r->delay_ms = proc_delay_ms(r->delay_ms, now_ms() - r->started_ms);
	r->retry_at_ms = now_ms() + (uint64_t)r->delay_ms;
	/* What it had started must not outlive it: it holds ports and files. */
	if (r->pid > 0)
		(void)kill(-r->pid, SIGKILL);
	r->pid = 0;
	last_line(u, i, words, sizeof(words));
	printf("%-9s %s%s; starting it again in %d ms. Its last line: %s\n",
	    parts[i].name, why, is_disk_full(u) ? "; the disk is full" : "",
	    r->delay_ms, words);
	fflush(stdout);
}

static void
watch_part(struct up *u, int i)
{
	struct running *r = &u->run[i];
	struct err e = {0};
	char why[96];

	if (r->pid > 0 && !proc_is_alive(r->pid, why, sizeof(why))) {
		part_died(u, i, why);
		return;
	}
	if (r->pid > 0 && !r->is_ready && parts[i].is_ready(u)) {
		r->is_ready = true;
		printf(
		    "%-9s ready again (pid %d)\n", parts[i].name, (int)r->pid);
		fflush(stdout);
	}
	if (r->pid == 0 && now_ms() >= r->retry_at_ms &&
	    start_part(u, i, &e) != RC_OK)
		part_died(u, i, e.text);
}

static void
summary(const struct up *u)
{
	const struct home *h = u->h;

	printf("\n"
	       "wallet API   https://localhost:%u/            (HTTP Basic)\n"
	       "JSON-RPC     https://localhost:%u/rpc         (HTTP Basic)\n"
	       "             http://127.0.0.1:%u/            (this machine)\n"
	       "explorer     https://localhost:%u/explorer    (HTTP Basic, as "
	       "JSON-RPC)\n"
	       "             http://127.0.0.1:%u/explorer    (this machine)\n"
	       "credentials  %s/secrets/dev-credentials.json\n"
	       "certificate  %s/tls/cert.pem\n"
	       "state        %s\n"
	       "stop         Ctrl-C, or: kill %d\n\n",
	    h->port, h->port, h->rpc_port, h->port, h->rpc_port, h->dir, h->dir,
	    h->dir, (int)getpid());
	fflush(stdout);
}

static void
watch_log(struct up *u, int i)
{
	char path[PATH_MAX];
	struct err e = {0};
	bool did;
	enum rc rc;

	home_path(u->h, path, "log/%s.log", parts[i].name);
	rc = rotate_log(&did, path, u->h->log_bytes, &e);
	if (rc == RC_OK && !did)
		return;
	if (rc == RC_OK)
		printf(
		    "%-9s log/%s.log rotated\n", parts[i].name, parts[i].name);
	else if (!u->run[i].has_log_failed)
		printf("%-9s %s\n", parts[i].name, err_message(&e, rc));
	u->run[i].has_log_failed = rc != RC_OK;
	fflush(stdout);
}

/* SIGUSR1, as to noded and jobsd. */
static void
print_state(const struct up *u)
{
	int i;

	for (i = 0; i < PART_CNT; i++)
		printf("%-9s pid=%d ready=%d seconds=%llu\n", parts[i].name,
		    (int)u->run[i].pid, u->run[i].is_ready ? 1 : 0,
		    (unsigned long long)(now_ms() - u->run[i].started_ms) /
			1000);
	fflush(stdout);
}

static void
watch(struct up *u)
{
	int i;

	while (stop_signal() == 0) {
		for (i = 0; i < PART_CNT; i++) {
			watch_part(u, i);
			watch_log(u, i);
		}
		if (wants_state != 0) {
			wants_state = 0;
			print_state(u);
		}
		pause_ms(UP_WATCH_MS);
	}
	printf("\nstopping (%s)\n", sigdescr_np(stop_signal()));
}

enum rc
up_run(struct home *h, bool has_contracts, struct err *e)
{
	struct up u = {.h = h, .jobs_said = -1, .lock_fd = -1};
	struct sigaction state = {
	    .sa_handler = on_state, .sa_flags = SA_RESTART};
	enum rc rc;

	stop_catch();
	sigaction(SIGUSR1, &state, NULL);
	rc = prepare(&u, e);
	if (rc == RC_OK)
		rc = start_all(&u, e);
	if (rc == RC_OK && has_contracts)
		deploy_contracts(&u);
	if (rc == RC_OK) {
		summary(&u);
		watch(&u);
	}
	stop_all(&u);
	if (u.lock_fd != -1)
		close(u.lock_fd);
	return rc;
}
