/* SPDX-License-Identifier: Apache-2.0
 *
 * The socket loop with the test in the reader's place: it holds jobs back
 * while clients leave, and looks at what the loop's thread costs meanwhile.
 */
#include "noded/io.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/metrics.h"
#include "noded/listen.h"
#include "test.h"

enum {
	DOC_MAX = 4096,
	LONG = 3000, /* above what io reads itself */
	SESSION_JOBS = 256,
	HELD_MAX = 512,
	WATCHED_MS = 300,
	BUSY_MS = 60, /* a loop that spins takes all of WATCHED_MS */
	WAIT_MS = 20000
};

struct rig {
	struct rpc_node node;
	struct routes routes;
	struct io io;
	pthread_t thread;
	char path[128], gateway_path[128];
	struct job *held[HELD_MAX];
	size_t held_cnt;
};

static void *
run(void *arg)
{
	struct rig *r = arg;

	CHECK(io_run(&r->io, NULL) == RC_OK);
	return NULL;
}

static void
rig_open(struct rig *r)
{
	*r = (struct rig){.node = {.batch_max = {10, 10}}};
	(void)snprintf(r->path, sizeof(r->path), "%s/io.sock", test_tmpdir());
	(void)snprintf(r->gateway_path, sizeof(r->gateway_path), "%s/gw.sock",
	    test_tmpdir());
	r->routes =
	    (struct routes){.node = &r->node, .io = queue_new(MAIL_QUEUE_MAX)};
	r->io = (struct io){.routes = &r->routes,
	    .in = r->routes.io,
	    .reader = {queue_new(MAIL_QUEUE_MAX)},
	    .reader_cnt = 1,
	    .listen_fd = {-1, -1}};
	EXPECT_RC(
	    listen_unix(&r->io.listen_fd[RPC_LOCAL], r->path, 0600, NULL, NULL),
	    RC_OK);
	EXPECT_RC(listen_unix(&r->io.listen_fd[RPC_GATEWAY], r->gateway_path,
		      0600, NULL, NULL),
	    RC_OK);
	CHECK(pthread_create(&r->thread, NULL, run, r) == 0);
}

static void
rig_close(struct rig *r)
{
	mail_send(r->io.in, mail_new(MAIL_STOP));
	pthread_join(r->thread, NULL);
	close(r->io.listen_fd[RPC_LOCAL]);
	close(r->io.listen_fd[RPC_GATEWAY]);
	queue_free(r->io.reader[0]);
	queue_free(r->io.in);
	EXPECT_U64(metric_get(METRIC_RPC_SESSIONS), 0);
}

static int
dial(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(sa.sun_path, path, strlen(path) + 1);
	CHECK(connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0);
	return fd;
}

static int
client(const struct rig *r)
{
	return dial(r->path);
}

/* A call of a method that nobody has, with a name of LONG letters. */
static size_t
put_doc(char out[DOC_MAX])
{
	char name[LONG + 1];

	memset(name, 'x', LONG);
	name[LONG] = '\0';
	return (size_t)snprintf(out, DOC_MAX,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}", name);
}

static void
send_doc(int fd)
{
	char doc[DOC_MAX];
	size_t len = put_doc(doc);

	EXPECT(send(fd, doc, len, MSG_NOSIGNAL) == (ssize_t)len);
}

/* Takes cnt jobs from the reader's queue and keeps them. */
static void
hold(struct rig *r, size_t cnt)
{
	struct mail *m;

	while (cnt > 0 && queue_wait(r->io.reader[0], WAIT_MS)) {
		m = queue_pop(r->io.reader[0]);
		if (m == NULL)
			continue;
		r->held[r->held_cnt++] = (struct job *)m;
		cnt--;
	}
	EXPECT_U64(cnt, 0);
}

/* Does what a reader does with them. */
static void
let_go(struct rig *r)
{
	size_t i;

	for (i = 0; i < r->held_cnt; i++) {
		job_begin(r->held[i], NULL);
		job_send_on(r->held[i]);
	}
	r->held_cnt = 0;
}

static uint64_t
cpu_ms(const struct rig *r)
{
	struct timespec t = {.tv_sec = 0};
	clockid_t clock;

	CHECK(pthread_getcpuclockid(r->thread, &clock) == 0);
	CHECK(clock_gettime(clock, &t) == 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
sleep_ms(long ms)
{
	struct timespec t = {.tv_nsec = ms * 1000000};

	(void)nanosleep(&t, NULL);
}

static void
expect_idle(const struct rig *r)
{
	uint64_t before;

	sleep_ms(20); /* it has seen what happened */
	before = cpu_ms(r);
	sleep_ms(WATCHED_MS);
	EXPECT(cpu_ms(r) - before < BUSY_MS);
}

static void
expect_sessions(uint64_t cnt)
{
	int i;

	for (i = 0; i < WAIT_MS && metric_get(METRIC_RPC_SESSIONS) != cnt; i++)
		sleep_ms(1);
	EXPECT_U64(metric_get(METRIC_RPC_SESSIONS), cnt);
}

/* Reads to the end and counts lines: one is an answer. False: no end. */
static bool
reads_end(int fd, size_t *lines)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char buf[4096];
	ssize_t i, n = 1;

	*lines = 0;
	while (n > 0) {
		n = poll(&p, 1, WAIT_MS) == 1 ? recv(fd, buf, sizeof(buf), 0)
					      : -1;
		for (i = 0; i < n; i++)
			*lines += buf[i] == '\n';
	}
	return n == 0;
}

TEST(test_io_client_that_left_costs_nothing_while_its_job_runs)
{
	struct rig r;
	int fd;

	rig_open(&r);
	fd = client(&r);
	send_doc(fd);
	hold(&r, 1);
	close(fd);
	expect_idle(&r);
	let_go(&r);
	expect_sessions(0);
	rig_close(&r);
}

static bool
is_unwanted(const struct job *j)
{
	return atomic_load(&j->is_unwanted);
}

static void
expect_unwanted(const struct job *j)
{
	int i;

	for (i = 0; i < WAIT_MS && !is_unwanted(j); i++)
		sleep_ms(1);
	EXPECT(is_unwanted(j));
}

/* Whoever has the job is told, and the session does not wait for it. */
TEST(test_io_job_of_a_client_that_left_is_unwanted)
{
	struct rig r;
	int fd;

	rig_open(&r);
	fd = client(&r);
	send_doc(fd);
	hold(&r, 1);
	EXPECT(!is_unwanted(r.held[0]));
	close(fd);
	expect_unwanted(r.held[0]);
	expect_sessions(0);
	let_go(&r);
	rig_close(&r);
}

/* Half a close is none, until the other half comes. */
TEST(test_io_job_is_unwanted_when_both_halves_are_closed)
{
	struct rig r;
	int fd;

	rig_open(&r);
	fd = client(&r);
	send_doc(fd);
	EXPECT(shutdown(fd, SHUT_WR) == 0);
	hold(&r, 1);
	expect_idle(&r);
	EXPECT(!is_unwanted(r.held[0]));
	close(fd);
	expect_unwanted(r.held[0]);
	expect_sessions(0);
	let_go(&r);
	rig_close(&r);
}

static void
send_cancel(int fd, unsigned no)
{
	char doc[128];
	int len = snprintf(doc, sizeof(doc),
	    "{\"jsonrpc\":\"2.0\",\"method\":\"sekisho_cancel\",\"params\":"
	    "[%u]}\n",
	    no);

	EXPECT(send(fd, doc, (size_t)len, MSG_NOSIGNAL) == len);
}

/* One document is given up and has no answer; the session's others, and
 * another session's, are not it. */
TEST(test_io_cancelled_document_is_unwanted_and_has_no_answer)
{
	struct rig r;
	size_t lines;
	int fd, other;

	rig_open(&r);
	fd = client(&r);
	send_cancel(fd, 0); /* is none, and is not counted */
	send_doc(fd);
	hold(&r, 1);
	other = client(&r);
	send_doc(other);
	hold(&r, 1);
	send_doc(fd);
	send_doc(fd);
	hold(&r, 2);
	send_cancel(fd, 7);
	send_cancel(fd, 1);
	expect_unwanted(r.held[2]);
	EXPECT(!is_unwanted(r.held[0]) && !is_unwanted(r.held[1]) &&
	       !is_unwanted(r.held[3]));
	let_go(&r);
	EXPECT(shutdown(fd, SHUT_WR) == 0);
	EXPECT(reads_end(fd, &lines));
	EXPECT_U64(lines, 2);
	EXPECT(shutdown(other, SHUT_WR) == 0);
	EXPECT(reads_end(other, &lines));
	EXPECT_U64(lines, 1);
	close(fd);
	close(other);
	expect_sessions(0);
	rig_close(&r);
}

/* A gateway's clients share its session: many of their calls under way do not
 * keep it from giving one up. */
TEST(test_io_gateway_with_many_documents_under_way_is_heard)
{
	struct rig r;
	size_t i;
	int fd;

	rig_open(&r);
	fd = dial(r.gateway_path);
	for (i = 0; i < 2 * SESSION_JOBS; i++) {
		send_doc(fd);
		hold(&r, 1);
	}
	send_cancel(fd, 3);
	expect_unwanted(r.held[3]);
	EXPECT(!is_unwanted(r.held[2]) && !is_unwanted(r.held[4]));
	close(fd);
	expect_unwanted(r.held[2 * SESSION_JOBS - 1]);
	expect_sessions(0);
	let_go(&r);
	rig_close(&r);
}

TEST(test_io_half_closed_client_gets_its_answer)
{
	size_t lines;
	struct rig r;
	int fd;

	rig_open(&r);
	fd = client(&r);
	send_doc(fd);
	EXPECT(shutdown(fd, SHUT_WR) == 0);
	hold(&r, 1);
	expect_idle(&r);
	let_go(&r);
	EXPECT(reads_end(fd, &lines));
	EXPECT_U64(lines, 1);
	close(fd);
	expect_sessions(0);
	rig_close(&r);
}

/* Documents wait in the socket that nothing may be read from. */
TEST(test_io_full_session_whose_client_left_costs_nothing)
{
	enum { BEHIND = 8 };
	struct rig r;
	size_t i;
	int fd;

	rig_open(&r);
	fd = client(&r);
	for (i = 0; i < SESSION_JOBS; i++)
		send_doc(fd);
	hold(&r, SESSION_JOBS);
	for (i = 0; i < BEHIND; i++)
		send_doc(fd);
	close(fd);
	expect_idle(&r);
	expect_sessions(1);
	let_go(&r);
	expect_sessions(0); /* at the first answer that finds nobody */
	rig_close(&r);
}

/* A session that was taken out of the watch comes back into it. */
TEST(test_io_full_session_goes_on_when_jobs_are_done)
{
	struct rig r;
	size_t i, lines;
	int fd;

	rig_open(&r);
	fd = client(&r);
	for (i = 0; i < SESSION_JOBS; i++)
		send_doc(fd);
	hold(&r, SESSION_JOBS);
	send_doc(fd);
	expect_idle(&r);
	let_go(&r);
	hold(&r, 1);
	let_go(&r);
	EXPECT(shutdown(fd, SHUT_WR) == 0);
	EXPECT(reads_end(fd, &lines));
	EXPECT_U64(lines, SESSION_JOBS + 1);
	close(fd);
	expect_sessions(0);
	rig_close(&r);
}

/* What is said to a session that broke the stream, before it is closed. */
TEST(test_io_broken_stream_is_told_why_and_ended)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"1 ",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"
		"\"message\":\"invalid request: neither object nor array\"}}"
		"\n"},
	    {"}", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"
		  "\"message\":\"parse error: a document begins with { or [, "
		  "not with 0x7d\"}}\n"},
	    {"[\"\n",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":"
		"-32700,\"message\":\"parse error: control character in a "
		"string\"}}\n"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].text);
		char buf[512];
		struct rig r;
		ssize_t n;
		int fd;

		rig_open(&r);
		test_row(rows[i].text);
		fd = client(&r);
		EXPECT(
		    send(fd, rows[i].text, len, MSG_NOSIGNAL) == (ssize_t)len);
		n = recv(fd, buf, sizeof(buf) - 1, MSG_WAITALL);
		buf[n < 0 ? 0 : n] = '\0';
		EXPECT_STR(buf, rows[i].want);
		close(fd);
		expect_sessions(0);
		rig_close(&r);
	}
	test_row(NULL);
}

TEST(test_io_too_long_document_is_told_so)
{
	static char spaces[65536];
	const struct timeval wait = {.tv_sec = WAIT_MS / 1000};
	char buf[512] = "";
	struct rig r;
	size_t sent = 0;
	ssize_t n = 1;
	int fd;

	memset(spaces, 'x', sizeof(spaces));
	spaces[0] = '[';
	spaces[1] = '"';
	rig_open(&r);
	fd = client(&r);
	CHECK(
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0);
	while (n > 0 && sent < 2 * (size_t)RPC_DOC_MAX) {
		n = send(fd, spaces, sizeof(spaces), MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		spaces[0] = 'x';
		spaces[1] = 'x';
	}
	EXPECT(
	    sent > (size_t)RPC_DOC_MAX / 2 && sent < 2 * (size_t)RPC_DOC_MAX);
	n = recv(fd, buf, sizeof(buf) - 1, 0);
	buf[n < 0 ? 0 : n] = '\0';
	EXPECT_STR(buf,
	    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32005,"
	    "\"message\":\"limit exceeded: document is too long\"}}\n");
	close(fd);
	expect_sessions(0);
	rig_close(&r);
}
