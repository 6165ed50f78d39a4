/* SPDX-License-Identifier: Apache-2.0
 *
 * The blocking client against a Unix socket of the test's own: the answers
 * are written before or between the calls, so nothing depends on threads.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct peer p;
		json_int_t v;

		test_row(row[i].name);
		open_peer(&p);
		say(&p, row[i].text);
		EXPECT_RC(call(&p, &v, NULL), row[i].rc);
		EXPECT(row[i].rc != RC_OK || v == 7);
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
