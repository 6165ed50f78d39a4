/* SPDX-License-Identifier: Apache-2.0
 *
 * The blocking client against a Unix socket of the test's own. The answers
 * are written before or between the calls; only a node that talks without end
 * needs a thread.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "test.h"
#include "upstream/noderpc.h"

struct peer {
	struct noderpc *n;
	int listen_fd, fd;
};

static void
open_peer(struct peer *p)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/s", test_tmpdir());
	p->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)unlink(sa.sun_path); /* of the row before */
	EXPECT(
	    bind(p->listen_fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0);
	EXPECT(listen(p->listen_fd, 1) == 0);
	EXPECT_RC(noderpc_open(&p->n, sa.sun_path, NULL), RC_OK);
	p->fd = accept(p->listen_fd, NULL, NULL);
}

static void
close_peer(struct peer *p)
{
	noderpc_close(p->n);
	close(p->fd);
	close(p->listen_fd);
}

static void
say(const struct peer *p, const char *text)
{
	EXPECT(write(p->fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static enum rc
call(struct peer *p, json_int_t *out, struct err *e)
{
	json_t *r = NULL;
	enum rc rc = noderpc_call(p->n, &r, "m", NULL, 50, e);

	*out = json_integer_value(r);
	EXPECT((r != NULL) == (rc == RC_OK));
	json_decref(r);
	return rc;
}

TEST(test_noderpc_nobody_listens_is_unavailable)
{
	struct noderpc *n;

	EXPECT_RC(noderpc_open(&n, "/nonexistent/s", NULL), RC_UNAVAILABLE);
}

TEST(test_noderpc_answers_by_row)
{
	static const struct {
		const char *name, *text;
		enum rc rc;
	} row[] = {
	    {"result", "{\"id\":1,\"result\":7}\n", RC_OK},
	    {"error", "{\"id\":1,\"error\":{\"code\":-32000}}\n",
		RC_BAD_REQUEST},
	    {"neither", "{\"id\":1}\n", RC_CORRUPT},
	    {"not json", "{\"id\":1\n", RC_CORRUPT},
	    {"key twice", "{\"id\":1,\"result\":7,\"result\":8}\n", RC_CORRUPT},
	    {"half a line", "{\"id\":1,\"result\":7}", RC_TIMEOUT},
	    {"nothing", "", RC_TIMEOUT},
	    {"an error that is null",
		"{\"id\":1,\"result\":7,\"error\":null}\n", RC_OK},
	    {"call not understood",
		"{\"id\":null,\"error\":{\"code\":-32700}}\n", RC_BAD_REQUEST},
	    {"result for nobody", "{\"id\":null,\"result\":7}\n", RC_CORRUPT},
	    {"id of a call not made", "{\"id\":2,\"result\":7}\n", RC_CORRUPT},
	    {"id is a text", "{\"id\":\"1\",\"result\":7}\n", RC_CORRUPT},
	    {"no id", "{\"result\":7}\n", RC_CORRUPT},
	    {"a list", "[{\"id\":1,\"result\":7}]\n", RC_CORRUPT},
	    {"an empty line", "\n", RC_CORRUPT},
	    {"not UTF-8", "{\"id\":1,\"result\":\"\xff\"}\n", RC_CORRUPT},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct peer p;
		json_int_t v;

		test_row(row[i].name);
		open_peer(&p);
		say(&p, row[i].text);
		EXPECT_RC(call(&p, &v, NULL), row[i].rc);
		EXPECT(row[i].rc != RC_OK || v == 7);
		/* What makes no sense is not built upon. */
		if (row[i].rc == RC_CORRUPT) {
			say(&p, "{\"id\":2,\"result\":7}\n");
			EXPECT_RC(call(&p, &v, NULL), RC_UNAVAILABLE);
		}
		close_peer(&p);
		test_row(NULL);
	}
}

TEST(test_noderpc_late_answer_is_not_taken_for_the_next)
{
	struct peer p;
	json_int_t v;

	open_peer(&p);
	say(&p, "{\"id\":1,\"res");
	EXPECT_RC(call(&p, &v, NULL), RC_TIMEOUT);
	say(&p, "ult\":1}\n{\"id\":2,\"result\":2}\n");
	EXPECT_RC(call(&p, &v, NULL), RC_OK);
	EXPECT(v == 2);
	close_peer(&p);
}

TEST(test_noderpc_closed_connection_is_unavailable)
{
	struct peer p;
	json_int_t v;

	open_peer(&p);
	EXPECT(shutdown(p.fd, SHUT_WR) == 0);
	EXPECT_RC(call(&p, &v, NULL), RC_UNAVAILABLE);
	close_peer(&p);
}

TEST(test_noderpc_error_text_has_code_and_message)
{
	struct err e = {0};
	struct peer p;
	json_int_t v;

	open_peer(&p);
	say(&p, "{\"id\":1,\"error\":{\"code\":-32000,\"message\":\"nonce too "
		"low\"}}\n");
	EXPECT_RC(call(&p, &v, &e), RC_BAD_REQUEST);
	EXPECT_STR(e.text, "nonce too low (code -32000)");
	close_peer(&p);
}

TEST(test_noderpc_call_that_is_no_json_is_bad_input)
{
	json_t *r, *params = json_array();
	struct peer p;

	open_peer(&p);
	EXPECT_RC(
	    noderpc_call(p.n, &r, "\xff", params, 50, NULL), RC_BAD_INPUT);
	EXPECT(r == NULL);
	close_peer(&p);
}

TEST(test_noderpc_path_too_long_is_bad_input)
{
	struct noderpc *n;
	char path[200];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	EXPECT_RC(noderpc_open(&n, path, NULL), RC_BAD_INPUT);
	noderpc_close(NULL);
}

/* A node that sends a blank every 10 ms, or everything without an end of
 * line, until the socket is closed. */
struct talker {
	const struct peer *p;
	const char *text;
	size_t len;
	long pause_ns;
};

static void *
talk(void *arg)
{
	const struct talker *t = arg;
	struct timespec pause = {.tv_nsec = t->pause_ns};

	while (send(t->p->fd, t->text, t->len, MSG_NOSIGNAL) > 0)
		if (t->pause_ns > 0)
			(void)nanosleep(&pause, NULL);
	return NULL;
}

static enum rc
call_talker(struct peer *p, struct talker *t, int timeout_ms)
{
	pthread_t thread;
	json_t *r;
	enum rc rc;

	EXPECT(pthread_create(&thread, NULL, talk, t) == 0);
	rc = noderpc_call(p->n, &r, "m", NULL, timeout_ms, NULL);
	EXPECT(r == NULL);
	noderpc_close(p->n);
	p->n = NULL;
	(void)pthread_join(thread, NULL);
	return rc;
}

TEST(test_noderpc_byte_by_byte_does_not_stretch_the_time)
{
	const struct clock *c = clock_real();
	uint64_t t0 = c->mono_ms(c->ctx);
	struct peer p;
	struct talker t = {&p, " ", 1, 10000000};

	open_peer(&p);
	EXPECT_RC(call_talker(&p, &t, 100), RC_TIMEOUT);
	EXPECT(c->mono_ms(c->ctx) - t0 >= 100);
	close_peer(&p);
}

TEST(test_noderpc_endless_answer_is_too_large)
{
	static char many[65536];
	struct peer p;
	struct talker t = {&p, many, sizeof(many), 0};

	memset(many, ' ', sizeof(many));
	open_peer(&p);
	EXPECT_RC(call_talker(&p, &t, 20000), RC_TOO_LARGE);
	close_peer(&p);
}

TEST(test_noderpc_large_answer_arrives_whole)
{
	static char many[65536];
	struct peer p;
	pid_t child;
	json_t *r;

	/* Blanks may stand anywhere in JSON: a line of two megabytes. */
	memset(many, ' ', sizeof(many));
	open_peer(&p);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 32; i++)
			if (write(p.fd, many, sizeof(many)) < 0)
				_exit(1);
		say(&p, "{\"id\":1,\"result\":7}\n");
		_exit(0);
	}
	EXPECT_RC(noderpc_call(p.n, &r, "m", NULL, 20000, NULL), RC_OK);
	EXPECT(json_integer_value(r) == 7);
	json_decref(r);
	EXPECT(waitpid(child, NULL, 0) == child);
	close_peer(&p);
}

/* A node that reads nothing: the call ends in time, and since half of it is
 * on the wire the connection is given up. */
TEST(test_noderpc_node_that_does_not_read_is_a_timeout)
{
	static char many[4 * 1024 * 1024];
	struct peer p;
	json_int_t v;
	json_t *r;

	memset(many, 'a', sizeof(many) - 1);
	open_peer(&p);
	EXPECT_RC(noderpc_call(p.n, &r, "m", json_pack("[s]", many), 50, NULL),
	    RC_TIMEOUT);
	EXPECT(r == NULL);
	say(&p, "{\"id\":2,\"result\":7}\n");
	EXPECT_RC(call(&p, &v, NULL), RC_UNAVAILABLE);
	close_peer(&p);
}

TEST(test_noderpc_node_gone_before_the_call_is_unavailable)
{
	struct peer p;
	json_int_t v;

	open_peer(&p);
	close(p.fd);
	EXPECT_RC(call(&p, &v, NULL), RC_UNAVAILABLE);
	p.fd = dup(p.listen_fd);
	close_peer(&p);
}

TEST(test_noderpc_no_memory_is_told_and_nothing_leaks)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct peer p;
	json_int_t v;

	open_peer(&p);
	test_alloc_fail(1);
	EXPECT_RC(call(&p, &v, NULL), RC_NO_MEMORY);
	EXPECT(test_alloc_did_fail());
	noderpc_close(p.n);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/s", test_tmpdir());
	test_alloc_fail(1);
	EXPECT_RC(noderpc_open(&p.n, sa.sun_path, NULL), RC_NO_MEMORY);
	EXPECT(test_alloc_did_fail());
	p.n = NULL;
	close_peer(&p);
}
