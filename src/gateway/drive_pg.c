/* SPDX-License-Identifier: Apache-2.0
 *
 * Queries to PostgreSQL through libpq, never blocking: connections are made
 * step by step on the event loop, statements are prepared once on each and
 * sent in pipeline mode, each with a synchronisation point of its own so
 * that a failing one takes no other with it. Results come back in order.
 *
 * A query whose time is over is answered and its result thrown away when it
 * comes; the server ends it by its own statement_timeout.
 */
#include <libpq-fe.h>
#include <limits.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/un.h>

#include "base/check.h"
#include "base/log.h"
#include "gateway/drive.h"
#include "gateway/worker.h"

enum {
	RETRY_MIN_MS = 100,
	RETRY_MAX_MS = 5000,
	CONNECT_MS = 5000,
	/* Statements of the whole program. */
	STMT_MAX = 256,
	CONNINFO_MAX = 8192,
	/* Queries in a row without a result, then the connection is new. */
	TIMEOUTS_MAX = 8,
};

/* A file that is not there, in the place of one that is not wanted. */
#define NO_FILE "/nonexistent"

enum db_state { DB_DOWN, DB_CONNECTING, DB_UP };

/* What one synchronisation point of the pipeline belongs to. */
struct db_slot {
	struct txn *txn; /* NULL: nobody wants the result any more */
	struct db_conn *conn;
	struct db_slot *next;           /* in the pipeline, or among the free */
	const struct gw_stmt *prepares; /* statement prepared with it */
	struct pg_result *result;
	bool has_failed;
	struct timer timer;
};

struct db_conn {
	struct kore_event evt; /* first: Kore hands back this address */
	struct db_pool *pool;
	unsigned no;
	PGconn *pg;
	enum db_state state;
	bool is_quiet;
	uint64_t pause_ms;
	struct timer timer;           /* retry, or end of connecting */
	struct db_slot *head, **tail; /* sent, in order */
	size_t in_flight;
	unsigned timeouts; /* since the last result */
	bool wants_flush,
	    is_blocked; /* libpq has bytes to send; it could not */
	bool was_end;
	const struct gw_stmt *known[STMT_MAX]; /* prepared here */
	size_t known_cnt;
};

struct db_pool {
	struct db_conn *conns;
	size_t conn_cnt, next;
	struct db_slot *slots, *free;
};

static void try_connect(void *arg);

/* --- slots --- */

static struct db_slot *
take_slot(struct db_conn *c, struct txn *t)
{
	struct db_slot *s = c->pool->free;

	if (s == NULL)
		return NULL;
	c->pool->free = s->next;
	*s = (struct db_slot){.txn = t, .conn = c};
	*c->tail = s;
	c->tail = &s->next;
	c->in_flight++;
	return s;
}

/* end_head takes the oldest query out and gives its outcome away. */
static void
end_head(struct db_conn *c, enum rc rc)
{
	struct db_slot *s = c->head;
	struct txn *t = s->txn;
	struct pg_result *result = s->result;

	timer_clear(&gw_worker->timers, &s->timer);
	c->head = s->next;
	if (c->head == NULL)
		c->tail = &c->head;
	c->in_flight--;
	s->next = c->pool->free;
	c->pool->free = s;
	if (rc != RC_OK)
		worker_stat(STAT_DB_FAILED, 1);
	if (t == NULL) {
		PQclear(result);
		return;
	}
	t->db = NULL;
	t->req.effect.u.query.result = result;
	drive_done(t, rc);
}

/* --- connections --- */

static void
retry_later(struct db_conn *c)
{
	c->pause_ms = c->pause_ms == 0 ? RETRY_MIN_MS : c->pause_ms * 2;
	if (c->pause_ms > RETRY_MAX_MS)
		c->pause_ms = RETRY_MAX_MS;
	timer_set(&gw_worker->timers, &c->timer, worker_now_ms() + c->pause_ms,
	    try_connect, c);
}

/* first_line cuts libpq's message to what a log line can hold. */
static int
first_line(const char *text)
{
	return (int)strcspn(text, "\n");
}

static void
drop(struct db_conn *c)
{
	const char *why = PQerrorMessage(c->pg);

	if (c->state == DB_DOWN)
		return;
	if (c->state == DB_UP)
		worker_stat(STAT_DB_UP, (uint64_t)-1);
	if (!c->is_quiet && (c->state == DB_UP || c->no == 0))
		log_warn("gateway", "database lost why=\"%.*s\" waiting=%zu",
		    first_line(why), why, c->in_flight);
	c->is_quiet = true;
	c->state = DB_DOWN;
	PQfinish(c->pg);
	c->pg = NULL;
	c->known_cnt = 0;
	c->timeouts = 0;
	c->wants_flush = c->is_blocked = c->was_end = false;
	retry_later(c);
	while (c->head != NULL)
		end_head(c, RC_UNAVAILABLE);
}

/* watch tells the event loop what to wait for; level-triggered, since libpq
 * does not promise to read everything at once. */
static void
watch(const struct db_conn *c, unsigned events)
{
	int fd = PQsocket(c->pg);

	if (fd >= 0)
		kore_platform_event_schedule(
		    fd, (int)events, 0, (void *)(uintptr_t)c);
}

static void
become_up(struct db_conn *c)
{
	if (PQsetnonblocking(c->pg, 1) != 0 ||
	    PQenterPipelineMode(c->pg) != 1) {
		drop(c);
		return;
	}
	c->state = DB_UP;
	c->pause_ms = 0;
	if (c->is_quiet && c->no == 0)
		log_info("gateway", "database is back");
	c->is_quiet = false;
	timer_clear(&gw_worker->timers, &c->timer);
	worker_stat(STAT_DB_UP, 1);
}

static void
poll_connect(struct db_conn *c)
{
	switch (PQconnectPoll(c->pg)) {
	case PGRES_POLLING_OK:
		watch(c, EPOLLIN);
		become_up(c);
		break;
	case PGRES_POLLING_FAILED:
		drop(c);
		break;
	case PGRES_POLLING_READING:
	case PGRES_POLLING_ACTIVE:
		watch(c, EPOLLIN);
		break;
	case PGRES_POLLING_WRITING:
		watch(c, EPOLLOUT);
		break;
	}
}

/* --- results --- */

static void
note_prepared(struct db_conn *c, const struct gw_stmt *stmt)
{
	CHECK(c->known_cnt < STMT_MAX);
	c->known[c->known_cnt++] = stmt;
}

/* A statement that the server lost (DISCARD, a pooler between) is prepared
 * anew by the next query. */
static void
forget_prepared(struct db_conn *c)
{
	c->known_cnt = 0;
}

static void
take_error(struct db_conn *c, struct db_slot *s, const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorMessage(res);

	s->has_failed = true;
	if (state != NULL && !strcmp(state, "26000")) /* no such statement */
		forget_prepared(c);
	log_error("gateway", "query failed state=%s error=\"%.*s\"",
	    state != NULL ? state : "-", first_line(text), text);
}

/* use_result files one result with its query; true when it was kept. */
static bool
use_result(struct db_conn *c, struct db_slot *s, PGresult *res)
{
	ExecStatusType status = PQresultStatus(res);

	if (status == PGRES_COMMAND_OK && s->prepares != NULL) {
		note_prepared(c, s->prepares);
		s->prepares = NULL;
		return false;
	}
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		PQclear(s->result);
		s->result = res;
		return true;
	}
	if (status == PGRES_PIPELINE_ABORTED)
		s->has_failed = true;
	else
		take_error(c, s, res);
	return false;
}

/* take_result looks at one result; false at the end of what has come. */
static bool
take_result(struct db_conn *c)
{
	struct db_slot *s = c->head;
	PGresult *res;

	if (PQisBusy(c->pg))
		return false;
	res = PQgetResult(c->pg);
	if (res == NULL) {
		/* The end of one command; twice in a row, of everything. */
		c->was_end = !c->was_end;
		return c->was_end;
	}
	c->was_end = false;
	if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
		PQclear(res);
		c->timeouts = 0;
		end_head(c, s->has_failed ? RC_INTERNAL : RC_OK);
	} else if (!use_result(c, s, res)) {
		PQclear(res);
	}
	return true;
}

/* Bytes that TLS has decrypted and libpq has not taken: the event loop sees
 * nothing of them. */
static bool
has_decrypted(const struct db_conn *c)
{
	SSL *ssl = PQsslStruct(c->pg, "OpenSSL");

	return ssl != NULL && SSL_pending(ssl) > 0;
}

static void
receive(struct db_conn *c)
{
	do {
		if (PQconsumeInput(c->pg) != 1) {
			drop(c);
			return;
		}
		while (c->state == DB_UP && c->head != NULL && take_result(c))
			continue;
	} while (c->state == DB_UP && has_decrypted(c));
	if (c->state == DB_UP && PQstatus(c->pg) != CONNECTION_OK)
		drop(c);
}

static void
flush(struct db_conn *c)
{
	int left;

	if (c->state != DB_UP || !c->wants_flush)
		return;
	left = PQflush(c->pg);
	if (left < 0) {
		drop(c);
		return;
	}
	c->wants_flush = left != 0;
	if (c->is_blocked != c->wants_flush)
		watch(c, EPOLLIN | (c->wants_flush ? EPOLLOUT : 0u));
	c->is_blocked = c->wants_flush;
}

static void
on_event(void *arg, int error)
{
	struct db_conn *c = arg;

	worker_tick();
	(void)error; /* libpq finds out and says what it was */
	if (c->state == DB_CONNECTING) {
		poll_connect(c);
		return;
	}
	if (c->state != DB_UP)
		return;
	receive(c);
	flush(c);
}

static void
connect_too_long(void *arg)
{
	drop(arg);
}

/* put_word adds key='value', quoted as libpq wants it. */
static void
put_word(char *out, const char *key, const char *value)
{
	size_t len = strlen(out);

	len += (size_t)snprintf(out + len, CONNINFO_MAX - len, "%s='", key);
	for (; *value != '\0' && len < CONNINFO_MAX - 4; value++) {
		if (*value == '\'' || *value == '\\')
			out[len++] = '\\';
		out[len++] = *value;
	}
	(void)snprintf(out + len, CONNINFO_MAX - len, "' ");
}

/* The socket's folder as this process sees it. */
static void
put_host(char *out, const struct gw_process *p)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *dir = p->conf->db_socket;

	if (p->conf->db_address[0] != '\0') {
		put_word(out, "hostaddr", p->conf->db_address);
		return;
	}
	(void)snprintf(path, sizeof(path), "%s%s%s",
	    dir[0] == '/' || p->is_chrooted ? "" : p->root,
	    dir[0] == '/' ? "" : "/", dir);
	put_word(out, "host", path);
}

/*
 * Inside the machine the socket says who is there. Across a network it is
 * the certificate, by default with the server's name. What libpq would look
 * for in a home folder is named, for a worker has none.
 */
static void
put_tls(char *out, const struct gw_process *p)
{
	const struct gw_conf *c = p->conf;
	char path[PATH_MAX];

	if (c->db_address[0] == '\0') {
		put_word(out, "sslmode", "disable");
		return;
	}
	put_word(
	    out, "host", c->db_host[0] != '\0' ? c->db_host : c->db_address);
	put_word(out, "sslmode", c->db_sslmode);
	put_word(out, "sslcert", NO_FILE);
	put_word(out, "sslkey", NO_FILE);
	put_word(out, "sslcrl", NO_FILE);
	(void)snprintf(path, sizeof(path), "%s%s%s",
	    c->db_ca[0] == '/' || p->is_chrooted ? "" : p->root,
	    c->db_ca[0] == '/' ? "" : "/", c->db_ca);
	put_word(out, "sslrootcert", c->db_ca[0] != '\0' ? path : NO_FILE);
}

static void
make_conninfo(char out[CONNINFO_MAX])
{
	const struct gw_process *p = gw_worker->process;
	const struct gw_conf *conf = p->conf;
	char text[64];

	out[0] = '\0';
	put_host(out, p);
	(void)snprintf(
	    text, sizeof(text), "%llu", (unsigned long long)conf->db_port);
	put_word(out, "port", text);
	put_word(out, "dbname", conf->db_name);
	put_word(out, "user", conf->db_user);
	if (gw_worker->db_password != NULL)
		put_word(out, "password", gw_worker->db_password);
	(void)snprintf(text, sizeof(text), "-c statement_timeout=%llu",
	    (unsigned long long)gw_worker->conf->db_ms);
	put_word(out, "options", text);
	put_word(out, "application_name", "sekisho gateway");
	put_word(out, "gssencmode", "disable");
	put_tls(out, p);
	put_word(out, "client_encoding", "UTF8");
}

static void
try_connect(void *arg)
{
	struct db_conn *c = arg;
	char info[CONNINFO_MAX];

	make_conninfo(info);
	c->pg = PQconnectStart(info);
	explicit_bzero(info, sizeof(info));
	CHECK(c->pg != NULL);
	c->state = DB_CONNECTING;
	if (PQstatus(c->pg) == CONNECTION_BAD) {
		drop(c);
		return;
	}
	timer_set(&gw_worker->timers, &c->timer, worker_now_ms() + CONNECT_MS,
	    connect_too_long, c);
	c->evt.type = KORE_TYPE_PGSQL_CONN;
	c->evt.flags = 0;
	c->evt.handle = on_event;
	watch(c, EPOLLOUT);
}

/* --- queries --- */

static bool
is_known(const struct db_conn *c, const struct gw_stmt *stmt)
{
	const struct db_slot *s;
	size_t i;

	for (i = 0; i < c->known_cnt; i++)
		if (c->known[i] == stmt)
			return true;
	/* Being prepared by a query that was sent and not answered yet; if
	 * that fails, this one fails too and the next one tries again. */
	for (s = c->head; s != NULL; s = s->next)
		if (s->prepares == stmt)
			return true;
	return false;
}

static struct db_conn *
pick(struct db_pool *p)
{
	struct db_conn *best = NULL;
	size_t i;

	for (i = 0; i < p->conn_cnt; i++) {
		struct db_conn *c = &p->conns[(p->next + i) % p->conn_cnt];

		if (c->state == DB_UP &&
		    (best == NULL || c->in_flight < best->in_flight))
			best = c;
	}
	p->next++;
	return best;
}

static void
on_timeout(void *arg)
{
	struct db_slot *s = arg;
	struct db_conn *c = s->conn;
	struct txn *t = s->txn;

	if (t == NULL)
		return;
	worker_stat(STAT_DB_FAILED, 1);
	s->txn = NULL;
	t->db = NULL;
	c->timeouts++;
	drive_done(t, RC_TIMEOUT);
	if (c->timeouts >= TIMEOUTS_MAX)
		drop(c);
}

static bool
send_query(
    struct db_conn *c, struct db_slot *s, const struct gw_query_effect *q)
{
	if (!is_known(c, q->stmt)) {
		if (PQsendPrepare(
			c->pg, q->stmt->name, q->stmt->text, 0, NULL) != 1)
			return false;
		s->prepares = q->stmt;
	}
	c->wants_flush = true;
	return PQsendQueryPrepared(c->pg, q->stmt->name, q->param_cnt,
		   q->params, NULL, NULL, 0) == 1 &&
	       PQpipelineSync(c->pg) == 1;
}

bool
db_start(struct db_pool *p, struct txn *t)
{
	const struct gw_query_effect *q = &t->req.effect.u.query;
	struct db_conn *c = p == NULL ? NULL : pick(p);
	struct db_slot *s = c == NULL ? NULL : take_slot(c, t);
	uint64_t ms =
	    q->timeout_ms != 0 ? q->timeout_ms : gw_worker->conf->db_ms;

	worker_stat(STAT_DB_QUERIES, 1);
	if (s == NULL) {
		worker_stat(STAT_DB_FAILED, 1);
		return drive_end(t, RC_UNAVAILABLE);
	}
	t->db = s;
	if (!send_query(c, s, q)) {
		/* Half a query in the pipeline: nothing can follow it. The
		 * slot is let go first, so that drop does not resume t. */
		s->txn = NULL;
		t->db = NULL;
		drop(c);
		return drive_end(t, RC_UNAVAILABLE);
	}
	timer_set(
	    &gw_worker->timers, &s->timer, worker_now_ms() + ms, on_timeout, s);
	return false;
}

void
db_cancel(struct txn *t)
{
	if (t->db == NULL)
		return;
	timer_clear(&gw_worker->timers, &t->db->timer);
	t->db->txn = NULL;
	t->db = NULL;
}

void
db_flush(struct db_pool *p)
{
	size_t i;

	for (i = 0; p != NULL && i < p->conn_cnt; i++)
		flush(&p->conns[i]);
}

bool
db_is_up(const struct db_pool *p)
{
	size_t i;

	for (i = 0; p != NULL && i < p->conn_cnt; i++)
		if (p->conns[i].state == DB_UP && p->conns[i].timeouts == 0)
			return true;
	return false;
}

struct db_pool *
db_open(void)
{
	const struct gw_conf *conf = gw_worker->process->conf;
	struct db_pool *p;
	size_t i;

	if (conf->db_socket[0] == '\0' && conf->db_address[0] == '\0')
		return NULL;
	p = mem_new(sizeof(*p));
	CHECK(p != NULL);
	p->conn_cnt = conf->db_conn_cnt;
	p->conns = mem_array(p->conn_cnt, sizeof(*p->conns));
	p->slots = mem_array(conf->db_in_flight, sizeof(*p->slots));
	CHECK(p->conns != NULL && p->slots != NULL);
	for (i = conf->db_in_flight; i-- > 0;) {
		p->slots[i].next = p->free;
		p->free = &p->slots[i];
	}
	for (i = 0; i < p->conn_cnt; i++) {
		struct db_conn *c = &p->conns[i];

		c->pool = p;
		c->no = (unsigned)i;
		c->tail = &c->head;
		try_connect(c);
	}
	return p;
}
