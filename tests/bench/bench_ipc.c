/* SPDX-License-Identifier: Apache-2.0
 *
 * A load generator for the node's own sockets, lib=base: connections with one
 * JSON-RPC document in flight each, as rpcload of the public bench folder has
 * them over HTTP. Nothing of an answer is read but that it is a result. One
 * line of JSON, with rpcload's names.
 *
 * usage: bench_ipc SOCKET CONNECTIONS SECONDS FILE
 *
 * FILE has a method and its parameters as a JSON array on each line; the lines
 * are asked in turn, again and again. The exit status is 1 when an answer was
 * an error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/check.h"

/* Latencies are those of the first so many answers. */
enum { CONN_MAX = 256, ASK_MAX = 4096, LAT_MAX = 1 << 22 };

/* How the answer to a question of ours begins, when it is no error. */
#define RESULT "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":"

enum { HEAD_LEN = sizeof(RESULT) - 1, READ_BYTES = 256 * 1024 };

struct conn {
	int fd;
	double since;
	char head[HEAD_LEN];
	size_t len; /* of the answer so far */
};

static struct load {
	struct conn conns[CONN_MAX];
	size_t conn_cnt;
	struct bytes asks[ASK_MAX];
	size_t ask_cnt, next;
	double *ms; /* of each answer */
	size_t cnt, errors;
	int epoll_fd;
} l;

static double
clock_ms(clockid_t id)
{
	struct timespec t;

	CHECK(clock_gettime(id, &t) == 0);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double
now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

/* read_file makes a document of each line. */
static void
read_file(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL, *params, *text;
	size_t cap = 0;

	CHECK(f != NULL);
	while (l.ask_cnt < ASK_MAX && getline(&line, &cap, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		params = strchr(line, ' ');
		CHECK(params != NULL);
		*params++ = '\0';
		text = arena_str(a,
		    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
		    "\"params\":%s}\n",
		    line, params);
		CHECK(text != NULL);
		l.asks[l.ask_cnt++] = bytes_of_str(text);
	}
	CHECK(l.ask_cnt > 0);
	free(line);
	fclose(f);
}

/* ask sends the next document: it is short, and the socket is empty. */
static void
ask(struct conn *c)
{
	struct bytes text = l.asks[l.next++ % l.ask_cnt];

	c->len = 0;
	c->since = now_ms();
	CHECK(
	    send(c->fd, text.ptr, text.len, MSG_NOSIGNAL) == (ssize_t)text.len);
}

static void
open_conn(struct conn *c, const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

	CHECK(strlen(path) < sizeof(sun.sun_path));
	memcpy(sun.sun_path, path, strlen(path));
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(c->fd >= 0);
	CHECK(connect(c->fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0);
	CHECK(epoll_ctl(l.epoll_fd, EPOLL_CTL_ADD, c->fd, &ev) == 0);
}

/* take reads once; true when the answer, which ends a line, is whole. */
static bool
take(struct conn *c)
{
	static char in[READ_BYTES];
	ssize_t n = recv(c->fd, in, sizeof(in), 0);
	size_t i;

	CHECK(n > 0);
	for (i = 0; i < (size_t)n && c->len + i < HEAD_LEN; i++)
		c->head[c->len + i] = in[i];
	c->len += (size_t)n;
	return in[n - 1] == '\n';
}

static void
answered(struct conn *c)
{
	if (c->len < HEAD_LEN || memcmp(c->head, RESULT, HEAD_LEN) != 0)
		l.errors++;
	if (l.cnt < LAT_MAX)
		l.ms[l.cnt++] = now_ms() - c->since;
}

/* turn answers to what came; asking goes on until the time is over. */
static void
turn(void)
{
	struct epoll_event ev[CONN_MAX];
	int i, n = epoll_wait(l.epoll_fd, ev, CONN_MAX, 10000);

	CHECK(n > 0 || (n < 0 && errno == EINTR)); /* 0: it hangs */
	for (i = 0; i < n; i++) {
		struct conn *c = ev[i].data.ptr;

		if (!take(c))
			continue;
		answered(c);
		ask(c);
	}
}

static int
by_size(const void *x, const void *y)
{
	const double *p = x, *q = y;

	return (*p > *q) - (*p < *q);
}

static void
report(double took_ms)
{
	double cpu_ms = clock_ms(CLOCK_PROCESS_CPUTIME_ID), p99;

	CHECK(l.cnt > 0);
	qsort(l.ms, l.cnt, sizeof(*l.ms), by_size);
	p99 = l.ms[(l.cnt - 1) * 99 / 100];
	printf("{\"answered\":%zu,\"errors\":%zu,\"rps\":%.1f,"
	       "\"ack_p50_ms\":%.3f,\"ack_p99_ms\":%.3f,"
	       "\"own_cpu_s\":%.3f}\n",
	    l.cnt, l.errors, (double)l.cnt / took_ms * 1e3, l.ms[l.cnt / 2],
	    p99, cpu_ms / 1e3);
}

int
main(int argc, char **argv)
{
	struct arena a;
	double from, until;
	size_t i;

	if (argc != 5) {
		fprintf(stderr,
		    "usage: bench_ipc SOCKET CONNECTIONS SECONDS FILE\n");
		return 2;
	}
	l.conn_cnt = strtoul(argv[2], NULL, 10);
	CHECK(l.conn_cnt > 0 && l.conn_cnt <= CONN_MAX);
	arena_init(&a, 64 << 20);
	l.ms = mem_array(LAT_MAX, sizeof(*l.ms));
	CHECK(l.ms != NULL);
	read_file(&a, argv[4]);
	l.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	CHECK(l.epoll_fd >= 0);
	for (i = 0; i < l.conn_cnt; i++)
		open_conn(&l.conns[i], argv[1]);
	from = now_ms();
	until = from + strtod(argv[3], NULL) * 1e3;
	for (i = 0; i < l.conn_cnt; i++)
		ask(&l.conns[i]);
	while (now_ms() < until)
		turn();
	report(now_ms() - from);
	mem_free(l.ms);
	arena_drop(&a);
	return l.errors == 0 ? 0 : 1;
}
