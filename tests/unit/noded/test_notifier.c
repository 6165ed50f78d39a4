/* SPDX-License-Identifier: Apache-2.0
 *
 * Notifier and io, both in threads of their own, over a real socket; the test
 * is core, pool and reader.
 */
#include "noded/notifier.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../chain/yard.h"
#include "base/check.h"
#include "base/metrics.h"
#include "crypto/rng.h"
#include "noded/io.h"
#include "noded/listen.h"
#include "test.h"

enum {
	WAIT_MS = 20000,
	NOTE_MAX = 262144, /* of what waits for a session here */
	LINE_MAX = 16384,
	SUBS_MAX = 2048,
	ID_LEN = 34
};

struct rig {
	struct rpc_node node;
	struct routes routes;
	struct io io;
	struct notifier n;
	pthread_t io_thread, thread;
	char path[128];
	uint64_t drops; /* before */
};

/* struct peer is a client and what it has read of a line. */
struct peer {
	int fd;
	size_t len;
	char line[LINE_MAX];
};

static void *
run_io(void *arg)
{
	CHECK(io_run(arg, NULL) == RC_OK);
	return NULL;
}

static void *
run_notifier(void *arg)
{
	notifier_run(arg);
	return NULL;
}

static void
rig_open(struct rig *r)
{
	struct rpc_subs_conf conf = {.slots = IO_SESSION_MAX,
	    .per_client = {SUBS_MAX, SUBS_MAX},
	    .fill = rng_fill};

	*r = (struct rig){.node = {.batch_max = {10, 10}}};
	(void)snprintf(r->path, sizeof(r->path), "%s/subs.sock", test_tmpdir());
	r->drops = metric_get(METRIC_RPC_NOTE_DROPS);
	r->routes = (struct routes){.node = &r->node,
	    .io = queue_new(MAIL_QUEUE_MAX),
	    .subs = queue_new(MAIL_QUEUE_MAX)};
	EXPECT_RC(
	    notifier_open(&r->n, r->routes.subs, r->routes.io, &conf, NULL),
	    RC_OK);
	r->io = (struct io){.routes = &r->routes,
	    .in = r->routes.io,
	    .reader = {queue_new(MAIL_QUEUE_MAX)},
	    .reader_cnt = 1,
	    .acks = r->n.acks,
	    .note_max = NOTE_MAX,
	    .listen_fd = {-1, -1}};
	EXPECT_RC(
	    listen_unix(&r->io.listen_fd[RPC_LOCAL], r->path, 0600, NULL, NULL),
	    RC_OK);
	CHECK(pthread_create(&r->io_thread, NULL, run_io, &r->io) == 0);
	CHECK(pthread_create(&r->thread, NULL, run_notifier, &r->n) == 0);
}

static void
rig_close(struct rig *r)
{
	mail_send(r->io.in, mail_new(MAIL_STOP));
	pthread_join(r->io_thread, NULL);
	notifier_io_gone(&r->n);
	mail_send(r->routes.subs, mail_new(MAIL_STOP));
	pthread_join(r->thread, NULL);
	notifier_close(&r->n);
	EXPECT_U64(metric_get(METRIC_RPC_SUBS), 0);
	close(r->io.listen_fd[RPC_LOCAL]);
	queue_free(r->io.reader[0]);
	queue_free(r->routes.subs);
	queue_free(r->io.in);
}

static struct peer *
join(const struct rig *r)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct peer *p = mem_new(sizeof(*p));

	CHECK(p != NULL);
	p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(sa.sun_path, r->path, strlen(r->path) + 1);
	CHECK(connect(p->fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0);
	return p;
}

static void
leave(struct peer *p)
{
	close(p->fd);
	mem_free(p);
}

/* next_line reads one line; "" when the connection has ended, "?" when
 * nothing comes. */
static const char *
next_line(struct peer *p)
{
	static char line[LINE_MAX];
	struct pollfd poll_fd = {.fd = p->fd, .events = POLLIN};
	char *end;
	ssize_t n;

	while ((end = memchr(p->line, '\n', p->len)) == NULL) {
		if (poll(&poll_fd, 1, WAIT_MS) != 1)
			return "?";
		n = recv(p->fd, p->line + p->len, sizeof(p->line) - p->len, 0);
		if (n <= 0)
			return "";
		p->len += (size_t)n;
	}
	n = end - p->line;
	memcpy(line, p->line, (size_t)n);
	line[n] = '\0';
	p->len -= (size_t)n + 1;
	memmove(p->line, end + 1, p->len);
	return line;
}

static const char *
ask(struct peer *p, const char *method, const char *params)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
	    method, params);

	EXPECT(send(p->fd, text, (size_t)n, MSG_NOSIGNAL) == n);
	return next_line(p);
}

/* subscribe returns the id. */
static const char *
subscribe(struct peer *p, const char *params, char id[ID_LEN + 1])
{
	static const char head[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"";
	const char *line = ask(p, "eth_subscribe", params);

	EXPECT(strncmp(line, head, sizeof(head) - 1) == 0);
	EXPECT_U64(strlen(line), sizeof(head) - 1 + ID_LEN + 2);
	memcpy(id, line + sizeof(head) - 1, ID_LEN);
	id[ID_LEN] = '\0';
	return id;
}

/* block is core's word of a block without logs. */
static void
block(struct rig *r, uint64_t number, size_t extra_len)
{
	static uint8_t extra[4096];
	struct store_block b = {.hash = {{0}}};
	struct store_block *added[] = {&b};
	struct chain_change ch = {.added = added, .added_cnt = 1};

	b.header = (struct header){.number = number,
	    .field_cnt = HEADER_FIELDS_LONDON,
	    .extra = bytes_of(extra, extra_len)};
	notifier_on_change(&r->n, &ch);
}

/* is_head tells whether a line is the notification of a block's head. */
static bool
is_head(const char *line, const char *id, uint64_t number)
{
	char want[128];

	(void)snprintf(want, sizeof(want),
	    "{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{"
	    "\"subscription\":\"%s\",\"result\":{",
	    id);
	if (strncmp(line, want, strlen(want)) != 0)
		return false;
	(void)snprintf(want, sizeof(want), "\"number\":\"0x%llx\"",
	    (unsigned long long)number);
	return strstr(line, want) != NULL;
}

static void
expect_subs(uint64_t cnt)
{
	struct timespec t = {.tv_nsec = 1000000};
	int i;

	for (i = 0; i < WAIT_MS && metric_get(METRIC_RPC_SUBS) != cnt; i++)
		(void)nanosleep(&t, NULL);
	EXPECT_U64(metric_get(METRIC_RPC_SUBS), cnt);
}

TEST(test_notifier_heads_come_in_order_until_unsubscribed)
{
	char id[ID_LEN + 1], params[64];
	struct peer *p;
	struct rig r;

	rig_open(&r);
	p = join(&r);
	block(&r, 1, 0); /* nobody listens */
	subscribe(p, "[\"newHeads\"]", id);
	block(&r, 2, 0);
	block(&r, 3, 0);
	EXPECT(is_head(next_line(p), id, 2));
	EXPECT(is_head(next_line(p), id, 3));
	(void)snprintf(params, sizeof(params), "[\"%s\"]", id);
	EXPECT_STR(ask(p, "eth_unsubscribe", params),
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":true}");
	block(&r, 4, 0);
	EXPECT_STR(ask(p, "eth_unsubscribe", params),
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,"
	    "\"message\":\"subscription not found\"}}");
	leave(p);
	rig_close(&r);
}

TEST(test_notifier_end_of_a_connection_ends_its_subscriptions)
{
	char id[ID_LEN + 1];
	struct peer *p, *q;
	struct rig r;
	size_t i;

	rig_open(&r);
	p = join(&r);
	q = join(&r);
	for (i = 0; i < 5; i++)
		subscribe(p, "[\"newHeads\"]", id);
	subscribe(q, "[\"newHeads\"]", id);
	expect_subs(6);
	leave(p);
	expect_subs(1);
	block(&r, 7, 0);
	EXPECT(is_head(next_line(q), id, 7));
	leave(q);
	expect_subs(0);
	rig_close(&r);
}

/* A reader still has the call when its client leaves. */
TEST(test_notifier_subscription_made_for_nobody_ends)
{
	static char text[4096];
	struct mail *m = NULL;
	struct peer *p;
	struct rig r;
	int n;

	rig_open(&r);
	p = join(&r);
	n = snprintf(text, sizeof(text),
	    "{\"jsonrpc\":\"2.0\",\"id\":1,%3000s\"method\":"
	    "\"eth_subscribe\",\"params\":[\"newHeads\"]}",
	    "");
	EXPECT(send(p->fd, text, (size_t)n, MSG_NOSIGNAL) == n);
	while (m == NULL && queue_wait(r.io.reader[0], WAIT_MS))
		m = queue_pop(r.io.reader[0]);
	CHECK(m != NULL);
	leave(p);
	job_begin((struct job *)m, NULL);
	EXPECT(job_next((struct job *)m) == r.routes.subs);
	job_send_on((struct job *)m);
	/* It was made, and is taken back. */
	p = join(&r);
	(void)ask(p, "eth_unsubscribe", "[\"0x1\"]");
	expect_subs(0);
	leave(p);
	rig_close(&r);
}

TEST(test_notifier_who_does_not_read_is_dropped_alone)
{
	char id[ID_LEN + 1], lazy_id[ID_LEN + 1];
	struct peer *lazy, *p;
	uint64_t i;
	struct rig r;

	rig_open(&r);
	lazy = join(&r);
	p = join(&r);
	for (i = 0; i < 16; i++)
		subscribe(lazy, "[\"newHeads\"]", lazy_id);
	subscribe(p, "[\"newHeads\"]", id);
	for (i = 1; i < 100 && metric_get(METRIC_RPC_NOTE_DROPS) == r.drops;
	     i++) {
		block(&r, i, 4000);
		EXPECT(is_head(next_line(p), id, i));
	}
	/* Socket and bound hold some blocks, and not many. */
	EXPECT(i > NOTE_MAX / (16 * 10000) && i < 20);
	EXPECT_U64(metric_get(METRIC_RPC_NOTE_DROPS), r.drops + 1);
	expect_subs(1);
	block(&r, i, 0);
	EXPECT(is_head(next_line(p), id, i));
	leave(lazy);
	leave(p);
	rig_close(&r);
}

/* More than is under way at once, over connections that all read. */
TEST(test_notifier_thousands_hear_of_one_block)
{
	enum { PEERS = 4, EACH = 512, EXTRA = 1000 };
	char id[ID_LEN + 1];
	struct peer *p[PEERS];
	size_t i, k, heard = 0;
	struct rig r;

	rig_open(&r);
	r.io.note_max = 32 << 20;
	for (i = 0; i < PEERS; i++) {
		p[i] = join(&r);
		for (k = 0; k < EACH; k++)
			subscribe(p[i], "[\"newHeads\"]", id);
	}
	expect_subs(PEERS * EACH);
	block(&r, 5, EXTRA); /* 7 MB in all */
	for (i = 0; i < PEERS; i++) {
		for (k = 0; k < EACH; k++)
			heard += strstr(next_line(p[i]),
				     "\"number\":\"0x5\"") != NULL;
	}
	EXPECT_U64(heard, PEERS * EACH);
	for (i = 0; i < PEERS; i++)
		leave(p[i]);
	expect_subs(0);
	rig_close(&r);
}

/* Lists a creation whose code logs nothing at all, once. */
static void
put_logger(struct yard *y)
{
	static const uint8_t code[] = {0x60, 0x00, 0x60, 0x00, 0xa0};
	struct tx tx = {.type = TX_DYNAMIC_FEE,
	    .has_chain_id = true,
	    .chain_id = y->g.forks.chain_id,
	    .nonce = y->nonce[1]++,
	    .gas = 100000,
	    .max_fee = u256_from_u64(2000000000),
	    .max_tip = u256_from_u64(100),
	    .is_create = true,
	    .data = bytes_of(code, sizeof(code))};

	y->txs[y->tx_cnt].tx = yard_sign(y, &tx, 1);
	y->txs[y->tx_cnt++].sender = yard_addr(1);
}

/* Two nodes' branches: the log of the lighter one comes and goes before the
 * heads of the heavier one, in order. */
TEST(test_notifier_reorganisation_is_told_in_order)
{
	char heads[ID_LEN + 1], logs[ID_LEN + 1];
	struct bytes of_b[2];
	struct yard a, b;
	const char *line;
	struct peer *p;
	struct rig r;
	size_t i;

	rig_open(&r);
	yard_open(&a, "a", FORK_LONDON);
	yard_open(&b, "b", FORK_LONDON);
	EXPECT_RC(
	    chain_subscribe(a.chain, notifier_on_change, &r.n, NULL), RC_OK);
	p = join(&r);
	subscribe(p, "[\"newHeads\"]", heads);
	subscribe(p, "[\"logs\",{}]", logs);
	put_logger(&a);
	yard_block(&a, 10);
	for (i = 0; i < 2; i++) {
		of_b[i] = yard_block(&b, 10);
		EXPECT_RC(yard_give(&a, of_b[i]), RC_OK);
	}
	EXPECT_U64(a.change.removed_cnt, 1);
	EXPECT(is_head(next_line(p), heads, 1));
	line = next_line(p);
	EXPECT(strstr(line, logs) != NULL);
	EXPECT(strstr(line, "\"removed\":false") != NULL);
	line = next_line(p);
	EXPECT(strstr(line, logs) != NULL);
	EXPECT(strstr(line, "\"removed\":true") != NULL);
	EXPECT(is_head(next_line(p), heads, 1));
	EXPECT(is_head(next_line(p), heads, 2));
	leave(p);
	yard_close(&a);
	yard_close(&b);
	rig_close(&r);
}

/* What was lost is not skipped over: the connection ends. */
TEST(test_notifier_lost_news_ends_connections)
{
	char id[ID_LEN + 1];
	struct peer *p, *idle;
	struct rig r;

	rig_open(&r);
	p = join(&r);
	idle = join(&r);
	EXPECT(strstr(ask(idle, "eth_chainid", "[]"), "-32601") != NULL);
	subscribe(p, "[\"newHeads\"]", id);
	atomic_store(&r.n.news_bytes, NOTIFIER_NEWS_MAX);
	block(&r, 1, 0); /* finds no room */
	atomic_store(&r.n.news_bytes, 0);
	block(&r, 2, 0);
	EXPECT_STR(next_line(p), "");
	expect_subs(0);
	EXPECT(strstr(ask(idle, "eth_chainid", "[]"), "-32601") != NULL);
	EXPECT_U64(metric_get(METRIC_RPC_NOTE_DROPS), r.drops + 1);
	leave(p);
	leave(idle);
	rig_close(&r);
}

TEST(test_notifier_ready_ones_are_told_when_sent)
{
	enum { CNT = 40 };
	char id[ID_LEN + 1], want[80];
	struct pool_tx *tx = mem_new(sizeof(*tx));
	struct peer *p;
	struct rig r;
	size_t i;

	CHECK(tx != NULL);
	atomic_init(&tx->refs, 1);
	rig_open(&r);
	p = join(&r);
	notifier_on_ready(&r.n, tx); /* nobody listens */
	EXPECT(r.n.ready == NULL);
	subscribe(p, "[\"newPendingTransactions\"]", id);
	for (i = 0; i < CNT; i++)
		notifier_on_ready(&r.n, tx);
	EXPECT(queue_len(r.routes.subs) == 0);
	notifier_send_ready(&r.n);
	(void)snprintf(want, sizeof(want), "\"result\":\"0x%064d\"}}", 0);
	for (i = 0; i < CNT; i++)
		EXPECT(strstr(next_line(p), want) != NULL);
	leave(p);
	rig_close(&r);
	EXPECT_U64(atomic_load(&tx->refs), 1);
	mem_free(tx);
}
