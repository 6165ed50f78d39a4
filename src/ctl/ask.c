/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP request over loopback, or one run of the gateway's program.
 */
#include "ctl/ask.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/ini.h"
#include "ctl/proc.h"

enum { ASK_TIME_S = 10, HEAD_MAX = 512 };

/* --- configuration --- */

static void
keep_first(void *ctx, const char *file, unsigned line, const char *text)
{
	struct err *first = ctx;

	if (first->text[0] == '\0')
		(void)snprintf(first->text, sizeof(first->text), "%s:%u: %s",
		    file, line, text);
}

static const char *
from_environment(const char *name)
{
	return getenv(name);
}

enum rc
ask_conf(struct gw_conf **out, const char *path, struct err *e)
{
	struct err first = {0};
	const struct gw_conf_say say = {keep_first, &first};
	struct arena a;
	struct bytes text;
	enum rc rc;

	arena_init(&a, 2 * (size_t)INI_FILE_MAX);
	rc = ini_read_file(&a, &text, path, e);
	if (rc == RC_OK)
		rc = gw_conf_read(out, path, text, from_environment, &say, e);
	if (rc == RC_CONF && first.text[0] != '\0')
		rc = FAIL(e, RC_CONF, "%s", first.text);
	arena_drop(&a);
	return rc;
}

/* --- the gateway that runs --- */

/* struct place is where operators ask. */
struct place {
	const struct gw_listener *listener;
	struct bytes prefix, host;
	const char *path;
};

/* find_place looks for a surface for operators that is open to this machine
 * without a password. */
static bool
find_place(struct place *out, const struct gw_conf *c)
{
	size_t i;

	for (i = 0; i < c->mount_cnt; i++) {
		const struct gw_mount *m = &c->mounts[i];
		const struct gw_surface *s = m->surface;

		if (m->listener->is_tls ||
		    (s->kind != GW_RPC && s->kind != GW_OPS) ||
		    gw_has_filter(s, GW_FILTER_BASIC))
			continue;
		*out = (struct place){.listener = m->listener,
		    .prefix = m->prefix,
		    .host = s->any_host ? bytes_of_str("localhost")
					: s->hosts.words[0],
		    .path = s->kind == GW_RPC ? "/v1/explain" : "/explain"};
		return true;
	}
	return false;
}

static int
dial(const struct gw_listen_addr *at)
{
	struct sockaddr_in6 to = {
	    .sin6_family = AF_INET6, .sin6_port = htons(at->port)};
	struct sockaddr_in to4 = {
	    .sin_family = AF_INET, .sin_port = htons(at->port)};
	struct timeval limit = {.tv_sec = ASK_TIME_S};
	int fd = socket(
	    at->is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd == -1)
		return -1;
	memcpy(&to.sin6_addr, at->addr.b, 16);
	memcpy(&to4.sin_addr, at->addr.b + 12, 4);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	rc = at->is_v6
		 ? connect(fd, (const struct sockaddr *)&to, sizeof(to))
		 : connect(fd, (const struct sockaddr *)&to4, sizeof(to4));
	if (rc == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
send_all(int fd, struct bytes data)
{
	ssize_t n;

	while (data.len > 0) {
		n = send(fd, data.ptr, data.len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data = bytes_of(data.ptr + n, data.len - (size_t)n);
	}
	return true;
}

/* read_all reads until the other side closes, and ends with a NUL. */
static bool
read_all(int fd, char *out, size_t cap)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n != 0 && len + 1 < cap) {
		n = recv(fd, out + len, cap - 1 - len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		len += (size_t)n;
	}
	out[len] = '\0';
	return n == 0;
}

/* exchange sends the question and reads the whole answer, head and body. */
static bool
exchange(int fd, char *out, const struct place *p, struct bytes form)
{
	bool has_colon = memchr(p->host.ptr, ':', p->host.len) != NULL;
	char head[HEAD_MAX];
	int len = snprintf(head, sizeof(head),
	    "POST %.*s%s HTTP/1.1\r\nHost: %s%.*s%s\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n",
	    (int)p->prefix.len, (const char *)p->prefix.ptr, p->path,
	    has_colon ? "[" : "", (int)p->host.len, (const char *)p->host.ptr,
	    has_colon ? "]" : "", form.len);

	return len > 0 && len < HEAD_MAX &&
	       send_all(fd, bytes_of((uint8_t *)head, (size_t)len)) &&
	       send_all(fd, form) && read_all(fd, out, ASK_ANSWER_MAX);
}

enum rc
ask_running(struct arena *a, const char **out, const struct gw_conf *c,
    struct bytes form, struct err *e)
{
	char *answer = arena_alloc(a, ASK_ANSWER_MAX), *body;
	struct place p;
	bool is_whole;
	int fd;

	if (answer == NULL)
		return FAIL(e, RC_NO_MEMORY, "answer");
	if (!find_place(&p, c))
		return FAIL(e, RC_UNAVAILABLE,
		    "%s has no surface that serves rpc or ops without TLS and "
		    "password",
		    c->file);
	fd = dial(&p.listener->addr);
	if (fd == -1)
		return FAIL(e, RC_UNAVAILABLE,
		    "no gateway answers at listener %s: %s", p.listener->name,
		    strerror(errno));
	is_whole = exchange(fd, answer, &p, form);
	close(fd);
	body = strstr(answer, "\r\n\r\n");
	if (!is_whole || body == NULL)
		return FAIL(e, RC_IO, "the gateway did not answer in full");
	if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0 &&
	    strncmp(answer, "HTTP/1.1 400 ", 13) != 0)
		return FAIL(e, RC_IO, "the gateway said: %.*s",
		    (int)strcspn(answer, "\r"), answer);
	*out = body + 4;
	return RC_OK;
}

/* --- its program --- */

enum rc
ask_program(struct arena *a, const char **out, const struct home *h,
    const char *path, struct bytes form, struct err *e)
{
	char bin[PATH_MAX + 16], *said = arena_alloc(a, ASK_ANSWER_MAX), *at;
	const char *argv[] = {bin, "-e", "-c", path, NULL};

	if (said == NULL)
		return FAIL(e, RC_NO_MEMORY, "answer");
	(void)snprintf(bin, sizeof(bin), "%s/gateway", h->bin);
	TRY(proc_feed(argv, form, said, ASK_ANSWER_MAX, e));
	/* Warnings may stand in front. */
	at = strrchr(said, '\n');
	*out = at != NULL ? at + 1 : said;
	return RC_OK;
}
