/* SPDX-License-Identifier: Apache-2.0
 *
 * The client behind noderpc.h. It keeps one connection and one call in
 * flight; a failed connection is closed and the caller opens a new one.
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

/* The node ends each answer with a line feed, which JSON text of ours never
 * contains elsewhere. */
struct noderpc {
	int fd;
	json_int_t id;
	char *buf;
	size_t len, cap;
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

static enum rc
send_all(int fd, const char *p, size_t len, struct err *e)
{
	while (len > 0) {
		ssize_t w = send(fd, p, len, MSG_NOSIGNAL);

		if (w == -1 && errno == EINTR)
			continue;
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

/* Reads until the buffer holds a whole line; its length goes to line_len. */
static enum rc
read_line(struct noderpc *n, size_t *line_len, int timeout_ms, struct err *e)
{
	size_t seen = 0;

	for (;;) {
		struct pollfd p = {.fd = n->fd, .events = POLLIN};
		char *nl = n->len == seen
			       ? NULL
			       : memchr(n->buf + seen, '\n', n->len - seen);
		ssize_t r;
		int ready;

		if (nl != NULL) {
			*line_len = (size_t)(nl - n->buf);
			return RC_OK;
		}
		seen = n->len;
		TRY(make_room(n, e));
		ready = poll(&p, 1, timeout_ms);
		if (ready == -1 && errno == EINTR)
			continue;
		if (ready == 0)
			return FAIL(e, RC_TIMEOUT, "node: no answer in %d ms",
			    timeout_ms);
		r = recv(n->fd, n->buf + n->len, n->cap - n->len, 0);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			return FAIL(
			    e, RC_UNAVAILABLE, "node: connection closed");
		n->len += (size_t)r;
	}
}

static enum rc
read_answer(json_t **result, const json_t *doc, struct err *e)
{
	const json_t *error = json_object_get(doc, "error");
	json_t *r = json_object_get(doc, "result");
	const char *text;

	if (error != NULL) {
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
read_doc(struct noderpc *n, json_t **doc, int timeout_ms, struct err *e)
{
	json_error_t why;
	size_t len;

	TRY(read_line(n, &len, timeout_ms, e));
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

static enum rc
read_reply(struct noderpc *n, json_t **result, int timeout_ms, struct err *e)
{
	json_t *doc;
	enum rc rc;

	TRY(read_doc(n, &doc, timeout_ms, e));
	while (is_earlier(n, doc)) {
		json_decref(doc);
		TRY(read_doc(n, &doc, timeout_ms, e));
	}
	rc = read_answer(result, doc, e);
	json_decref(doc);
	return rc;
}

enum rc
noderpc_call(struct noderpc *n, json_t **result, const char *method,
    json_t *params, int timeout_ms, struct err *e)
{
	json_t *doc = json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id",
	    ++n->id, "method", method, "params",
	    params == NULL ? json_array() : params);
	char *text = doc == NULL ? NULL : json_dumps(doc, JSON_COMPACT);
	enum rc rc;

	*result = NULL;
	json_decref(doc);
	if (text == NULL)
		return FAIL(e, RC_BAD_INPUT, "%s: call is not JSON", method);
	rc = send_all(n->fd, text, strlen(text), e);
	if (rc == RC_OK)
		rc = send_all(n->fd, "\n", 1, e);
	free(text);
	return rc == RC_OK ? read_reply(n, result, timeout_ms, e) : rc;
}
