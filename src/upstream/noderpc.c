/* SPDX-License-Identifier: Apache-2.0
 *
 * The client behind noderpc.h. It keeps one connection and one call in
 * flight; a failed connection is closed and the caller opens a new one. The
 * time of a call bounds all of it, sending included: a node that takes or
 * gives one byte now and then holds nobody.
 */
#include "upstream/noderpc.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

/* The node ends each answer with a line feed, which JSON text of ours never
 * contains elsewhere. */
struct noderpc {
	int fd;
	json_int_t id;
	char *buf;
	size_t len, cap;
	bool is_broken; /* what is next on the wire is unknown */
};

/* struct limit is when a call ends, and what it was given for messages. */
struct limit {
	uint64_t until_ms;
	int given_ms;
};

enum { NODERPC_BUF_MIN = 65536 };

static enum rc
dial(int *fd, const char *path, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(sa.sun_path))
		return FAIL(
		    e, RC_BAD_INPUT, "%s: path of a socket is too long", path);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd == -1)
		return FAIL(e, RC_IO, "socket: %s", strerror(errno));
	if (connect(*fd, (const struct sockaddr *)&sa, sizeof(sa)) == -1) {
		close(*fd);
		return FAIL(e, RC_UNAVAILABLE, "%s: %s", path, strerror(errno));
	}
	return RC_OK;
}

enum rc
noderpc_open(struct noderpc **out, const char *path, struct err *e)
{
	struct noderpc *n;
	int fd;

	TRY(dial(&fd, path, e));
	n = mem_new(sizeof(*n));
	if (n == NULL) {
		close(fd);
		return FAIL(e, RC_NO_MEMORY, "%s", path);
	}
	n->fd = fd;
	*out = n;
	return RC_OK;
}

void
noderpc_close(struct noderpc *n)
{
	if (n == NULL)
		return;
	close(n->fd);
	mem_free(n->buf);
	mem_free(n);
}

static uint64_t
now_ms(void)
{
	const struct clock *c = clock_real();

	return c->mono_ms(c->ctx);
}

/* Waits until the socket can be read or written. */
static enum rc
wait_for(int fd, short what, const struct limit *l, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = what};
	int ready;

	do {
		uint64_t now = now_ms();

		ready = poll(
		    &p, 1, now < l->until_ms ? (int)(l->until_ms - now) : 0);
	} while (ready == -1 && errno == EINTR);
	if (ready == 0)
		return FAIL(
		    e, RC_TIMEOUT, "node: no answer in %d ms", l->given_ms);
	return ready > 0 ? RC_OK : FAIL(e, RC_IO, "poll: %s", strerror(errno));
}

static enum rc
send_all(
    int fd, const char *p, size_t len, const struct limit *l, struct err *e)
{
	while (len > 0) {
		ssize_t w = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (w == -1 && errno == EINTR)
			continue;
		if (w == -1 && errno == EAGAIN) {
			TRY(wait_for(fd, POLLOUT, l, e));
			continue;
		}
		if (w <= 0)
			return FAIL(
			    e, RC_UNAVAILABLE, "node: %s", strerror(errno));
		p += w;
		len -= (size_t)w;
	}
	return RC_OK;
}

static enum rc
make_room(struct noderpc *n, struct err *e)
{
	size_t cap = n->cap == 0 ? NODERPC_BUF_MIN : n->cap * 2;
	char *buf;

	if (n->len < n->cap)
		return RC_OK;
	if (cap > NODERPC_ANSWER_MAX)
		return FAIL(e, RC_TOO_LARGE, "answer above %d bytes",
		    NODERPC_ANSWER_MAX);
	buf = mem_resize(n->buf, n->cap, cap);
	if (buf == NULL)
		return FAIL(e, RC_NO_MEMORY, "answer of the node");
	n->buf = buf;
	n->cap = cap;
	return RC_OK;
}

static enum rc
read_more(struct noderpc *n, const struct limit *l, struct err *e)
{
	ssize_t r;

	TRY(make_room(n, e));
	do {
		TRY(wait_for(n->fd, POLLIN, l, e));
		r = recv(n->fd, n->buf + n->len, n->cap - n->len, MSG_DONTWAIT);
	} while (r == -1 && (errno == EINTR || errno == EAGAIN));
	if (r <= 0)
		return FAIL(e, RC_UNAVAILABLE, "node: connection closed");
	n->len += (size_t)r;
	return RC_OK;
}

/* Reads until the buffer holds a whole line; its length goes to line_len. */
static enum rc
read_line(
    struct noderpc *n, size_t *line_len, const struct limit *l, struct err *e)
{
	size_t seen = 0;
	const char *nl = NULL;

	for (;;) {
		if (n->len > seen)
			nl = memchr(n->buf + seen, '\n', n->len - seen);
		if (nl != NULL)
			break;
		seen = n->len;
		TRY(read_more(n, l, e));
	}
	*line_len = (size_t)(nl - n->buf);
	return RC_OK;
}

static enum rc
read_answer(json_t **result, const json_t *doc, struct err *e)
{
	const json_t *error = json_object_get(doc, "error");
	json_t *r = json_object_get(doc, "result");
	const char *text;

	/* Some nodes name both and leave the error null. */
	if (error != NULL && !json_is_null(error)) {
		text = json_string_value(json_object_get(error, "message"));
		return FAIL(e, RC_BAD_REQUEST, "%s (code %lld)",
		    text == NULL ? "refused" : text,
		    (long long)json_integer_value(
			json_object_get(error, "code")));
	}
	if (r == NULL)
		return FAIL(e, RC_CORRUPT, "node: neither result nor error");
	*result = json_incref(r);
	return RC_OK;
}

static enum rc
read_doc(struct noderpc *n, json_t **doc, const struct limit *l, struct err *e)
{
	json_error_t why;
	size_t len;

	TRY(read_line(n, &len, l, e));
	*doc = json_loadb(n->buf, len, JSON_REJECT_DUPLICATES, &why);
	n->len -= len + 1;
	memmove(n->buf, n->buf + len + 1, n->len);
	return *doc == NULL ? FAIL(e, RC_CORRUPT, "node: %s", why.text) : RC_OK;
}

/* An answer to an earlier call, one that had run out of time, is passed
 * over: it must not be taken for the answer to this one. */
static bool
is_earlier(const struct noderpc *n, const json_t *doc)
{
	const json_t *id = json_object_get(doc, "id");

	return json_is_integer(id) && json_integer_value(id) < n->id;
}

/* A node that could not read a call says so with id null. */
static bool
is_mine(const struct noderpc *n, const json_t *doc)
{
	const json_t *id = json_object_get(doc, "id");

	if (json_is_null(id))
		return json_is_object(json_object_get(doc, "error"));
	return json_is_integer(id) && json_integer_value(id) == n->id;
}

static enum rc
read_reply(
    struct noderpc *n, json_t **result, const struct limit *l, struct err *e)
{
	json_t *doc;
	enum rc rc;

	TRY(read_doc(n, &doc, l, e));
	while (is_earlier(n, doc)) {
		json_decref(doc);
		TRY(read_doc(n, &doc, l, e));
	}
	rc = is_mine(n, doc)
		 ? read_answer(result, doc, e)
		 : FAIL(e, RC_CORRUPT, "node: answer to another call");
	json_decref(doc);
	return rc;
}

/* Half a call on the wire, or half an answer that does not fit, leaves
 * nothing to go on with; an answer that is only late does. */
static enum rc
converse(struct noderpc *n, json_t **result, const char *text,
    const struct limit *l, struct err *e)
{
	enum rc rc = send_all(n->fd, text, strlen(text), l, e);

	if (rc == RC_OK)
		rc = send_all(n->fd, "\n", 1, l, e);
	if (rc != RC_OK) {
		n->is_broken = true;
		return rc;
	}
	rc = read_reply(n, result, l, e);
	n->is_broken = rc != RC_OK && rc != RC_TIMEOUT && rc != RC_BAD_REQUEST;
	return rc;
}

enum rc
noderpc_call(struct noderpc *n, json_t **result, const char *method,
    json_t *params, int timeout_ms, struct err *e)
{
	struct limit l = {now_ms() + (uint64_t)timeout_ms, timeout_ms};
	json_t *doc = json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id",
	    ++n->id, "method", method, "params",
	    params == NULL ? json_array() : params);
	char *text = doc == NULL ? NULL : json_dumps(doc, JSON_COMPACT);
	enum rc rc;

	*result = NULL;
	json_decref(doc);
	if (text == NULL)
		return FAIL(e, RC_BAD_INPUT, "%s: call is not JSON", method);
	if (n->is_broken)
		rc = FAIL(e, RC_UNAVAILABLE, "node: connection was given up");
	else
		rc = converse(n, result, text, &l, e);
	free(text);
	return rc;
}
