/* SPDX-License-Identifier: Apache-2.0
 *
 * The beginning: reads and checks the configuration, opens what only root
 * may open, and gives over to Kore, whose main() follows under the name
 * kore_main. The tour of this program: main.c -> (Kore forks) -> hooks.c in
 * each worker -> conn.c for bytes -> entry.c for requests -> src/http for
 * what they mean -> drive*.c for what they wait for. parent.c runs beside.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/dh.h>
#include <openssl/objects.h>

#include "base/check.h"
#include "base/daemonargs.h"
#include "base/harden.h"
#include "base/log.h"
#include "gateway/files.h"
#include "gateway/gen.h"
#include "gateway/keyline.h"
#include "gateway/kore_priv.h"
#include "gateway/nodes.h"
#include "gateway/offline.h"
#include "gateway/parent.h"

/* Exit status: 1 a fault at run time, 2 wrong usage, 3 configuration. */
enum { EXIT_CONF = 3 };

struct gw_process *gw_process;

static void
more_help(void)
{
	printf("\nThe settings are explained in conf/gateway.conf and "
	       "src/http/conf.def.\nSignals: HUP reads the configuration, "
	       "certificate and\nkey again, USR1 only these two, TERM drains "
	       "and stops.\n"
	       "With -e in front of -c it explains one request, described "
	       "on standard input\n(`sekisho explain`), and leaves.\n");
}

static const struct daemon_about about = {"gateway",
    "gateway is the HTTPS server in front of a node: wallet API, JSON-RPC, "
    "metrics.\n",
    more_help};

static void
say(void *ctx, const char *file, unsigned line, const char *text)
{
	(void)ctx;
	if (line > 0)
		fprintf(stderr, "%s:%u: %s\n", file, line, text);
	else
		fprintf(stderr, "%s: %s\n", file, text);
}

_Noreturn static void
stop(const struct gw_conf *c, const struct err *e)
{
	say(NULL, c->file, 0, e->text);
	exit(EXIT_CONF);
}

/* Creates a folder, its parents not; an existing one is fine. */
static enum rc
need_folder(const char *what, const char *path, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		return FAIL(
		    e, RC_CONF, "%s: %s: %s", what, path, strerror(errno));
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return FAIL(e, RC_CONF, "%s: %s is not a folder", what, path);
	return RC_OK;
}

static enum rc
need_user(const char *what, const char *name, struct err *e)
{
	const struct passwd *pw = getpwnam(name);

	if (pw == NULL)
		return FAIL(
		    e, RC_CONF, "%s: there is no user \"%s\"", what, name);
	if (pw->pw_uid == 0)
		return FAIL(e, RC_CONF, "%s: \"%s\" is root", what, name);
	return RC_OK;
}

/* check_host checks what the configuration needs on this machine. */
static enum rc
check_host(struct gw_process *p, struct err *e)
{
	const struct gw_conf *c = p->conf;

	CHECK(c != NULL);
	TRY(need_folder("home", c->home, e));
	TRY(need_folder("run_dir", c->run_dir, e));
	TRY(need_folder("root", c->root, e));
	if (p->is_chrooted) {
		TRY(need_user("user", c->user, e));
		if (c->keymgr_user[0] != '\0')
			TRY(need_user("keymgr_user", c->keymgr_user, e));
	}
	if (!gw_conf_has_tls(c))
		return RC_OK;
	TRY(pair_read(&p->pair, c, e));
	pair_print(p->pair_print, &p->pair);
	return RC_OK;
}

/* Not a fault of the configuration: the file may come later. */
static void
say_countries(const struct gw_process *p)
{
	char text[ERR_TEXT_MAX];

	if (country_check(p, text) != NULL)
		fprintf(stderr, "%s: warning: [geo] database: %s: %s\n",
		    p->conf->file, p->conf->geo_database, text);
}

/* Neither is this: who depends on it is refused, others are served. */
static void
say_stale(const struct gw_process *p, const struct blob *blob)
{
	struct err e = {0};

	if (files_stale(blob, &e) != RC_OK)
		fprintf(
		    stderr, "%s: warning: [tls] %s\n", p->conf->file, e.text);
}

/*
 * One worker carries several thousand requests a second, and each of them
 * costs the node as much as the gateway: half of the CPUs is left to it. More
 * workers than that only send every batch for the node in smaller pieces.
 */
static unsigned
count_workers(const struct gw_conf *c)
{
	long n = (long)c->worker_cnt;

	if (n == 0)
		n = (sysconf(_SC_NPROCESSORS_ONLN) + 1) / 2;
	if (n < 1)
		n = 1;
	return n > SHM_WORKER_MAX ? SHM_WORKER_MAX : (unsigned)n;
}

/*
 * Kore's workers look at every descriptor number up to the soft limit once,
 * which takes seconds where it is a million; and need the configured number.
 */
static void
set_file_limit(const struct gw_conf *c)
{
	uint64_t need = gen_files_needed(c) + 256;
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0)
		return;
	if (rl.rlim_max != RLIM_INFINITY && rl.rlim_max < need) {
		if (getuid() == 0)
			rl.rlim_max = need;
		else
			log_warn("gateway",
			    "descriptor limit is too low for the connections "
			    "allowed limit=%llu needed=%llu",
			    (unsigned long long)rl.rlim_max,
			    (unsigned long long)need);
	}
	rl.rlim_cur = rl.rlim_max != RLIM_INFINITY && rl.rlim_max < need
			  ? rl.rlim_max
			  : need;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
}

static enum rc
open_pair(int ends[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		0, ends) != 0)
		return FAIL(e, RC_CONF, "socketpair: %s", strerror(errno));
	return RC_OK;
}

static enum rc
open_control(struct gw_process *p, struct err *e)
{
	unsigned w;

	for (w = 0; w < p->worker_cnt; w++)
		TRY(open_pair(p->control[w], e));
	TRY(open_pair(p->keymgr, e));
	/* It is taken when the key manager starts. */
	CHECK(!gw_conf_has_tls(p->conf) || pair_give(p->keymgr[0], &p->pair));
	return RC_OK;
}

static char *
keep(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = mem_new(size);

	CHECK(copy != NULL);
	memcpy(copy, text, size);
	return copy;
}

/* set_up opens everything that workers inherit. */
static enum rc
set_up(struct gw_process *p, const struct blob *blob, struct err *e)
{
	p->worker_cnt = count_workers(p->conf);
	p->root = realpath(p->conf->root, NULL);
	if (p->root == NULL)
		return FAIL(e, RC_CONF, "root: %s", strerror(errno));
	set_file_limit(p->conf);
	TRY(listen_open(&p->listeners, p->conf, p->worker_cnt, e));
	TRY(parent_open_log(&p->log_fd, p->conf, e));
	TRY(open_control(p, e));
	TRY(keyline_open(p, e));
	country_start(p);
	p->shm = shm_new(p->worker_cnt);
	CHECK(shm_publish(p->shm, p->conf, bytes_of_buf(&blob->buf)));
	shm_new_ticket(p->shm);
	nodes_start(p);
	return gen_kore(p, e);
}

static void
set_kore_globals(const struct gw_process *p)
{
	kore_foreground = 1;
	kore_quiet = 1;
	skip_chroot = !p->is_chrooted;
	skip_runas = !p->is_chrooted;
	/* Kore asks for parameters although no suite of ours uses them. */
	tls_dhparam = DH_new_by_nid(NID_ffdhe2048);
	CHECK(tls_dhparam != NULL);
}

int
main(int argc, char **argv)
{
	static struct gw_process process; /* workers inherit it */
	const struct gw_conf_say to_stderr = {say, NULL};
	struct daemon_args args;
	int status;
	struct err e = {0};
	struct blob blob;
	bool is_question = argc > 1 && !strcmp(argv[1], "-e");

	/* The parent holds what workers and key manager inherit: hashes of
	 * passwords, ticket keys. Each child sees to it again. */
	harden_memory();
	if (is_question) {
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	if (!daemon_args_read(&args, &status, argc, argv, &about))
		return status;
	log_open("gateway", LOG_LV_INFO);
	/* Kore writes process titles over the arguments. */
	process.conf_file = keep(args.file);
	process.parent_pid = getpid();
	process.pair = (struct pair){-1, -1};
	process.is_chrooted = getuid() == 0;
	if (files_load(&process.conf, &blob, args.file, &to_stderr, &e) !=
	    RC_OK)
		return EXIT_CONF;
	if (is_question)
		return offline_explain(&process);
	if (check_host(&process, &e) != RC_OK)
		stop(process.conf, &e);
	if (args.only_check) {
		gw_conf_warn(process.conf, &to_stderr);
		say_countries(&process);
		say_stale(&process, &blob);
		printf("%s: ok\n", args.file);
		return 0;
	}
	if (set_up(&process, &blob, &e) != RC_OK)
		stop(process.conf, &e);
	parent_warn(process.conf, &blob);
	files_free(&blob);
	gw_process = &process;
	set_kore_globals(&process);
	log_info("gateway", "starting workers=%u root=%s chroot=%s",
	    process.worker_cnt, process.root,
	    process.is_chrooted ? "yes" : "no");
	return kore_main(argc, argv);
}
