/* SPDX-License-Identifier: Apache-2.0
 *
 * noded: start order, threads, signals, end. Tour: secrets first (the signer
 * forks before any thread and before anything else is in memory), then
 * database and chain, then sockets, then the sandbox, then threads. Readers
 * answer while core is still unlocking the sealer's key.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/check.h"
#include "base/daemonargs.h"
#include "base/harden.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/prio.h"
#include "base/version.h"
#include "consensus/clique.h"
#include "consensus/pow.h"
#include "crypto/rng.h"
#include "evm/evm.h"
#include "noded/core.h"
#include "noded/crash.h"
#include "noded/gencache.h"
#include "noded/io.h"
#include "noded/keeper.h"
#include "noded/listen.h"
#include "noded/notifier.h"
#include "noded/pooler.h"
#include "noded/sandbox.h"
#include "noded/watch.h"
#include "rpc/authors.h"

#define CLIENT_VERSION "Sekisho/v" SEKISHO_VERSION "/linux-amd64/c17"
/* A genesis of a million accounts takes about a gigabyte while it is read. */
#define NODE_ARENA_MAX ((size_t)8 << 30)

enum {
	PASSWORD_MAX = 1024,
	EXIT_FATAL = 70,
	GENESIS_LARGE = 10000, /* accounts */
	CORE_NICE = 5,         /* a block waits rather than an answer */
	KEEPER_BACK_MAX = 16,  /* the keeper asks one thing at a time */
	HEAVY_NICE = 10,       /* who asks for much rather than a block */
	READER_MAX = IO_READER_MAX + JOB_HEAVY_MAX,
	MALLOC_MMAP_BYTES = 256 * 1024,
	MALLOC_TRIM_BYTES = 4 * 1024 * 1024
};

/* struct reader is one read thread: what it is sent, and the machine that its
 * calls run on, which no other thread touches while it lives. */
struct reader {
	struct queue *in;
	struct evm *vm;
	bool is_heavy; /* of what takes long */
};

struct node {
	struct arena arena;
	struct conf conf;
	struct genesis genesis;
	struct store *store;
	struct chain *chain;
	struct engine *engine;
	struct signer *signer;
	struct pooler pooler;
	struct notifier notifier;
	struct keeper keeper;
	struct core core;
	struct io io;
	struct rpc_node rpc;
	struct routes routes;
	struct reader reader[READER_MAX]; /* the heavy ones behind */
	size_t reader_cnt;
	pthread_t thread[5 + READER_MAX];
	size_t thread_cnt;
};

/* A thread that cannot go on ends the process at once: nothing may be
 * acknowledged after a failed write. */
static _Noreturn void
die(const char *thread, enum rc rc, const struct err *e)
{
	log_error("noded", "%s thread stops the node: %s", thread,
	    err_message(e, rc));
	_exit(EXIT_FATAL);
}

/* Threads. ------------------------------------------------------------ */

static void *
run_reader(void *arg)
{
	const struct reader *r = arg;
	struct mail *m;

	crash_thread();
	prio_prompt(); /* heavy ones, too: who wakes up waits for a slice */
	if (r->is_heavy)
		prio_behind(HEAVY_NICE);
	for (;;) {
		(void)queue_wait(r->in, -1);
		while ((m = queue_pop(r->in)) != NULL) {
			if (m->kind == MAIL_STOP) {
				mail_free(m);
				return NULL;
			}
			if (r->is_heavy)
				job_begin((struct job *)m, r->vm);
			else
				job_begin_light((struct job *)m, r->vm);
			job_send_on((struct job *)m);
		}
	}
}

static void *
run_pool(void *arg)
{
	struct node *n = arg;
	struct err e = {0};
	enum rc rc;

	crash_thread();
	prio_prompt();
	rc = pooler_run(&n->pooler, &e);
	if (rc != RC_OK)
		die("pool", rc, &e);
	return NULL;
}

static void *
run_notifier(void *arg)
{
	struct node *n = arg;

	crash_thread();
	notifier_run(&n->notifier);
	return NULL;
}

static void *
run_keeper(void *arg)
{
	struct node *n = arg;

	crash_thread();
	keeper_run(&n->keeper);
	return NULL;
}

static enum rc
read_password(
    char out[PASSWORD_MAX], size_t *len, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, out, PASSWORD_MAX);

	if (fd != -1)
		close(fd);
	if (n == -1)
		return FAIL(
		    e, RC_CONF, "password_file: %s: %s", path, strerror(errno));
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == '\r'))
		n--;
	*len = (size_t)n;
	return RC_OK;
}

static enum rc
unlock(struct node *n, struct err *e)
{
	char password[PASSWORD_MAX];
	size_t len;
	enum rc rc;

	if (n->signer == NULL)
		return RC_OK;
	rc = read_password(password, &len, n->conf.password_file, e);
	if (rc == RC_OK)
		rc = signer_unlock(n->signer, &n->conf.sealer.addr,
		    bytes_of(password, len), SIGNER_UNLOCK_ALWAYS, e);
	explicit_bzero(password, sizeof(password));
	return rc;
}

static void *
run_core(void *arg)
{
	struct node *n = arg;
	struct err e = {0};
	enum rc rc;

	crash_thread();
	rc = unlock(n, &e);
	prio_behind(CORE_NICE);
	if (rc == RC_OK)
		rc = core_run(&n->core, &e);
	if (rc != RC_OK)
		die("core", rc, &e);
	return NULL;
}

static void *
run_io(void *arg)
{
	struct node *n = arg;
	struct err e = {0};
	enum rc rc;

	crash_thread();
	prio_prompt();
	rc = io_run(&n->io, &e);
	if (rc != RC_OK)
		die("io", rc, &e);
	return NULL;
}

static void
start_thread(struct node *n, const char *name, void *(*fn)(void *), void *arg)
{
	pthread_t *t = &n->thread[n->thread_cnt++];

	CHECK(pthread_create(t, NULL, fn, arg) == 0);
	(void)pthread_setname_np(*t, name);
}

/* Opening. ------------------------------------------------------------ */

static enum log_level
level_of(const char *name)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	size_t i;

	for (i = 0; i < ARRAY_CNT(names); i++)
		if (!strcmp(name, names[i]))
			return (enum log_level)i;
	return LOG_LV_INFO;
}

static enum rc
open_signer(struct node *n, struct err *e)
{
	struct signer_conf c = {
	    .keystore_dir = n->conf.keystore, .may_seal = true};

	if (!n->conf.sealer.is_set)
		return RC_OK;
	c.watermark_path =
	    arena_str(&n->arena, "%s/watermark", n->conf.data_dir);
	return signer_spawn(&n->signer, &c, e);
}

static enum rc
open_keeper(struct node *n, struct err *e)
{
	const struct conf_addr *sealer = &n->conf.sealer;

	if (n->conf.accounts == NULL)
		return RC_OK;
	return keeper_open(&n->keeper, n->conf.accounts,
	    sealer->is_set ? &sealer->addr : NULL, e);
}

/* open_read opens the chain; is_whole: the genesis was read with all its
 * accounts. */
static enum rc
open_read(struct node *n, bool *is_whole, struct err *e)
{
	struct store_conf sc = store_conf_default(n->conf.data_dir);
	struct hash root;
	bool is_cached;

	TRY(gencache_load(&n->arena, &n->genesis, &is_cached, n->conf.data_dir,
	    n->conf.genesis, e));
	sc.map_bytes = n->conf.map_size;
	sc.resident_bytes = n->conf.map_resident;
	sc.history = n->conf.history;
	TRY(store_open(&n->store, &sc, e));
	if (is_cached && store_is_empty(n->store)) {
		/* The cache outlived its database: read the whole file. */
		(void)unlink(
		    arena_str(&n->arena, "%s/genesis.cache", n->conf.data_dir));
		TRY(gencache_load(&n->arena, &n->genesis, &is_cached,
		    n->conf.data_dir, n->conf.genesis, e));
	}
	TRY(chain_open(&n->chain, n->store, &n->genesis, e));
	*is_whole = !is_cached;
	if (is_cached)
		return RC_OK;
	TRY(chain_genesis_root(&n->arena, &root, &n->genesis, e));
	gencache_save(&n->arena, n->conf.data_dir, n->conf.genesis, &root);
	return RC_OK;
}

static void
close_chain(struct node *n)
{
	if (n->chain != NULL)
		chain_close(n->chain);
	if (n->store != NULL)
		store_close(n->store);
	n->chain = NULL;
	n->store = NULL;
}

/* A large genesis that was read whole leaves a kilobyte and a half for each
 * of its accounts behind. With its state in the tables all that can go: the
 * chain is opened again, from the cache. */
static enum rc
open_chain(struct node *n, struct err *e)
{
	struct arena_mark empty = arena_save(&n->arena);
	bool is_whole;

	TRY(open_read(n, &is_whole, e));
	if (!is_whole || n->genesis.account_cnt < GENESIS_LARGE)
		return RC_OK;
	TRY(chain_flush(n->chain, true, e));
	close_chain(n);
	arena_rewind(&n->arena, empty);
	(void)malloc_trim(0);
	return open_read(n, &is_whole, e);
}

static enum rc
open_engine(struct node *n, struct err *e)
{
	struct engine_chain link = chain_engine_link(n->chain);
	struct clique_conf c = {.period_s = n->genesis.clique_period_s,
	    .epoch = n->genesis.clique_epoch,
	    .forks = &n->genesis.forks,
	    .is_sealer = n->conf.sealer.is_set,
	    .self = n->conf.sealer.addr,
	    .skip_empty = n->conf.skip_empty,
	    .heartbeat_s = n->conf.heartbeat / 1000,
	    .settle_s = n->conf.settle / 1000,
	    .gas_limit = n->conf.gas_limit,
	    .future_slack_s = n->conf.future_slack / 1000,
	    .vanity = "Sekisho"};

	rng_fill(&c.seed, sizeof(c.seed));
	if (n->genesis.engine == GENESIS_QBFT)
		return FAIL(e, RC_UNSUPPORTED,
		    "genesis: QBFT is not in this version; use clique");
	if (n->genesis.engine == GENESIS_CLIQUE)
		TRY(clique_new(&n->engine, &c, &link, e));
	else
		TRY(pow_new(&n->engine, &n->genesis.forks, e));
	chain_set_engine(n->chain, n->engine);
	return RC_OK;
}

static enum rc
open_pool(struct node *n, struct err *e)
{
	struct pool_conf c = pool_conf_open(n->genesis.forks.chain_id);
	struct pool_view view = pooler_view(&n->pooler);
	struct pooler *p = &n->pooler;
	struct hash secret;

	p->clock = clock_real();
	p->store = n->store;
	p->gas = core_gas(&n->core);
	exec_base_fee(
	    &p->base_fee, &n->genesis.forks, chain_head(n->chain)->header);
	TRY(store_view_open(&p->view, n->store, e));
	rng_fill(&secret, sizeof(secret));
	n->rpc.authors = rpc_authors_new();
	n->rpc.filters = rpc_filters_new(&secret);
	if (n->rpc.authors == NULL || n->rpc.filters == NULL)
		return FAIL(e, RC_NO_MEMORY, "what readers share");
	c.log_dir = arena_str(&n->arena, "%s/pool", n->conf.data_dir);
	c.allow_unprotected = n->conf.allow_unprotected;
	c.price_floor = n->conf.price_floor;
	c.gas = p->gas;
	c.age_max_s = n->conf.pool_age / 1000;
	c.tx_max = n->conf.pool_txs;
	c.bytes_max = n->conf.pool_bytes;
	c.per_account_max = n->conf.pool_per_account;
	c.account_max = n->conf.pool_accounts;
	return pool_open(&p->pool, &c, &view, p->clock->wall_ms(NULL), e);
}

static enum rc
open_reader(struct node *n, bool is_heavy, struct err *e)
{
	struct reader *r = &n->reader[n->reader_cnt++];

	*r = (struct reader){.in = queue_new(MAIL_QUEUE_MAX),
	    .vm = evm_new(),
	    .is_heavy = is_heavy};
	if (r->in == NULL || r->vm == NULL)
		return FAIL(e, RC_NO_MEMORY, "readers");
	if (is_heavy)
		n->routes.heavy[n->routes.heavy_cnt++] = r->in;
	else
		n->io.reader[n->io.reader_cnt++] = r->in;
	return RC_OK;
}

static enum rc
open_readers(struct node *n, struct err *e)
{
	size_t i,
	    cnt = n->conf.readers > 0 ? n->conf.readers : (size_t)get_nprocs();

	if (cnt > IO_READER_MAX)
		cnt = IO_READER_MAX;
	for (i = 0; i < cnt; i++)
		TRY(open_reader(n, false, e));
	for (i = 0; i < n->conf.heavy_readers; i++)
		TRY(open_reader(n, true, e));
	return RC_OK;
}

static enum rc
open_keeper_queues(struct node *n, struct err *e)
{
	struct keeper *k = &n->keeper;

	if (k->signer == NULL)
		return RC_OK;
	k->pool = n->routes.pool;
	k->in = queue_new(MAIL_QUEUE_MAX);
	k->back = queue_new(KEEPER_BACK_MAX);
	n->routes.keys = k->in;
	if (k->in == NULL || k->back == NULL)
		return FAIL(e, RC_NO_MEMORY, "queues");
	return RC_OK;
}

static enum rc
open_queues(struct node *n, struct err *e)
{
	struct queue *core = queue_new(MAIL_QUEUE_MAX);
	struct queue *pool = queue_new(MAIL_QUEUE_MAX);
	struct queue *io = queue_new(MAIL_QUEUE_MAX);
	struct queue *subs = queue_new(MAIL_QUEUE_MAX);

	if (core == NULL || pool == NULL || io == NULL || subs == NULL)
		return FAIL(e, RC_NO_MEMORY, "queues");
	n->routes = (struct routes){.node = &n->rpc,
	    .pool = pool,
	    .core = core,
	    .io = io,
	    .subs = subs};
	TRY(open_readers(n, e));
	n->io.in = io;
	n->io.routes = &n->routes;
	n->pooler.in = pool;
	n->pooler.core = core;
	return open_keeper_queues(n, e);
}

/* open_notifier has it listen to chain and pool, before either says a word. */
static enum rc
open_notifier(struct node *n, struct err *e)
{
	struct rpc_subs_conf c = {.slots = IO_SESSION_MAX,
	    .per_client = {n->conf.subs_ipc, n->conf.subs_rpc},
	    .fill = rng_fill};

	TRY(notifier_open(&n->notifier, n->routes.subs, n->routes.io, &c, e));
	n->io.acks = n->notifier.acks;
	n->io.note_max = n->conf.subs_unread;
	n->pooler.notifier = &n->notifier;
	pool_listen(n->pooler.pool, notifier_on_ready, &n->notifier);
	return chain_subscribe(n->chain, notifier_on_change, &n->notifier, e);
}

static void
fill_core(struct node *n)
{
	n->core = (struct core){.conf = &n->conf,
	    .clock = clock_real(),
	    .genesis = &n->genesis,
	    .store = n->store,
	    .chain = n->chain,
	    .engine = n->engine,
	    .signer = n->signer,
	    .in = n->routes.core,
	    .pool = n->routes.pool};
	n->rpc = (struct rpc_node){.store = n->store,
	    .genesis = &n->genesis,
	    .clock = clock_real(),
	    .client_version = CLIENT_VERSION,
	    .is_sealer = n->conf.sealer.is_set,
	    .has_accounts = n->keeper.signer != NULL,
	    .sealer = n->conf.sealer.addr,
	    .allow_unprotected = n->conf.allow_unprotected,
	    .gas_max = &n->core.gas_accept,
	    .price_floor = n->conf.price_floor,
	    .history = n->conf.history,
	    .final_depth = &n->core.final_depth,
	    .batch_max = {n->conf.batch_ipc, n->conf.batch_rpc}};
}

static enum rc
open_sockets(struct node *n, struct err *e)
{
	n->io.listen_fd[RPC_LOCAL] = n->io.listen_fd[RPC_GATEWAY] = -1;
	TRY(listen_unix(
	    &n->io.listen_fd[RPC_LOCAL], n->conf.ipc_path, 0600, NULL, e));
	if (n->conf.rpc_path == NULL)
		return RC_OK;
	return listen_unix(&n->io.listen_fd[RPC_GATEWAY], n->conf.rpc_path,
	    0660, n->conf.rpc_group, e);
}

static enum rc
open_all(struct node *n, struct err *e)
{
	TRY(open_signer(n, e));
	TRY(open_keeper(n, e));
	TRY(open_chain(n, e));
	TRY(open_engine(n, e));
	TRY(open_queues(n, e));
	fill_core(n);
	TRY(open_pool(n, e));
	TRY(open_notifier(n, e));
	TRY(open_sockets(n, e));
	return noded_sandbox_enter(e);
}

/* Serving and ending. ------------------------------------------------- */

/* Returns false when the node cannot go on. */
static bool
serve(struct node *n, const sigset_t *signals)
{
	const struct store_head *head = chain_head(n->chain);
	size_t i;

	metric_set(METRIC_CHAIN_HEAD, head->number);
	metric_set(METRIC_CHAIN_HEAD_TIME, head->header->time);
	log_info("noded", "serving head=%llu ipc=%s",
	    (unsigned long long)head->number, n->conf.ipc_path);
	start_thread(n, "io", run_io, n);
	for (i = 0; i < n->reader_cnt; i++)
		start_thread(n, n->reader[i].is_heavy ? "heavy" : "read",
		    run_reader, &n->reader[i]);
	start_thread(n, "pool", run_pool, n);
	start_thread(n, "core", run_core, n);
	start_thread(n, "notifier", run_notifier, n);
	if (n->keeper.signer != NULL)
		start_thread(n, "keeper", run_keeper, n);
	return watch_run(signals, n->signer, n->keeper.signer);
}

/* In the order in which jobs travel, each queue empty before the next. */
static void
stop(struct node *n)
{
	size_t i, t = 0;

	mail_send(n->routes.io, mail_new(MAIL_STOP));
	pthread_join(n->thread[t++], NULL);
	notifier_io_gone(&n->notifier);
	for (i = 0; i < n->reader_cnt; i++) {
		mail_send(n->reader[i].in, mail_new(MAIL_STOP));
		pthread_join(n->thread[t++], NULL);
	}
	if (n->keeper.signer != NULL) {
		mail_send(n->keeper.in, mail_new(MAIL_STOP));
		pthread_join(n->thread[t + 3], NULL);
	}
	mail_send(n->routes.core, mail_new(MAIL_STOP));
	pthread_join(n->thread[t + 1], NULL);
	mail_send(n->routes.pool, mail_new(MAIL_STOP));
	pthread_join(n->thread[t], NULL);
	mail_send(n->routes.subs, mail_new(MAIL_STOP));
	pthread_join(n->thread[t + 2], NULL);
	unlink(n->conf.ipc_path);
	if (n->conf.rpc_path != NULL)
		unlink(n->conf.rpc_path);
}

static void
close_all(struct node *n)
{
	size_t i;

	for (i = 0; i < n->reader_cnt; i++)
		evm_free(n->reader[i].vm);
	if (n->pooler.pool != NULL)
		pool_close(n->pooler.pool);
	notifier_close(&n->notifier);
	if (n->pooler.view != NULL)
		store_view_close(n->pooler.view);
	close_chain(n);
	if (n->engine != NULL)
		engine_free(n->engine);
	if (n->signer != NULL)
		signer_stop(n->signer);
	keeper_close(&n->keeper);
	rpc_filters_free(n->rpc.filters);
	rpc_authors_free(n->rpc.authors);
	arena_drop(&n->arena);
}

static int
run(struct node *n)
{
	int code = EXIT_FAILURE;
	struct err e = {0};
	sigset_t signals;
	enum rc rc;

	watch_block(&signals);
	(void)signal(SIGPIPE, SIG_IGN);
	crash_install();
	/* Readers allocate what pool and core free: with an arena of malloc's
	 * own for each thread the freed memory would stay where nobody asks
	 * for it. Large blocks go back to the system at once. */
	(void)mallopt(M_ARENA_MAX, 2);
	(void)mallopt(M_MMAP_THRESHOLD, MALLOC_MMAP_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, MALLOC_TRIM_BYTES);
	rc = open_all(n, &e);
	if (rc == RC_OK) {
		code = serve(n, &signals) ? EXIT_SUCCESS : EXIT_FATAL;
		stop(n);
	} else {
		log_error("noded", "%s", err_message(&e, rc));
	}
	close_all(n);
	log_info("noded", "stopped");
	return code;
}

static void
more_help(void)
{
	printf("\nSettings:\n\n");
	conf_help();
}

static const struct daemon_about about = {"noded",
    "noded keeps the chain: blocks, state, pool and consensus. It answers "
    "JSON-RPC\non Unix sockets.\n",
    more_help};

int
main(int argc, char **argv)
{
	static struct node n;
	struct daemon_args args;
	struct err e = {0};
	int status;
	enum rc rc;

	harden_daemon();
	if (!daemon_args_read(&args, &status, argc, argv, &about))
		return status;
	arena_init(&n.arena, NODE_ARENA_MAX);
	rc = conf_read(&n.arena, &n.conf, args.file, &e);
	if (rc == RC_OK)
		rc = conf_check(&n.conf, &e);
	if (rc != RC_OK) {
		fprintf(stderr, "noded: %s\n", err_message(&e, rc));
		return EXIT_FAILURE;
	}
	if (args.only_check)
		return EXIT_SUCCESS;
	log_open("noded", level_of(n.conf.log_level));
	return run(&n);
}
