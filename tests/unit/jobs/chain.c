/* SPDX-License-Identifier: Apache-2.0
 *
 * The node of chain.h: a thread that answers one connection after the other.
 */
#include "chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "db/migrate.h"
#include "pg.h"
#include "test.h"

enum { LINE_MAX_BYTES = 16384 };

void
chain_hash(char out[67], const struct chain *c, size_t n)
{
	(void)snprintf(out, 67, "0x%032llx%032llx",
	    (unsigned long long)c->fork[n], (unsigned long long)n);
}

static json_t *
block_of(const struct chain *c, uint64_t n)
{
	char hash[67], parent[67], number[24];
	json_t *b;

	chain_hash(hash, c, n);
	(void)snprintf(parent, sizeof(parent), "0x%064x", 0);
	if (n > 0)
		chain_hash(parent, c, n - 1);
	(void)snprintf(number, sizeof(number), "0x%llx", (unsigned long long)n);
	b = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "number", number,
	    "hash", hash, "parentHash", parent, "timestamp", "0x64", "miner",
	    "0x00000000000000000000000000000000000000aa", "gasLimit",
	    "0x1c9c380", "gasUsed", "0x5208", "stateRoot", parent);
	CHECK(b != NULL);
	if (c->wrong_key != NULL && n == c->wrong_block)
		json_object_set_new(b, c->wrong_key,
		    json_loads(c->wrong_value, JSON_DECODE_ANY, NULL));
	return b;
}

static void
swap(struct chain *c, uint64_t first, uint64_t fork)
{
	for (uint64_t i = first; i < CHAIN_MAX; i++)
		c->fork[i] = fork;
}

static json_t *
header(struct chain *c, const char *number)
{
	uint64_t n = strtoull(number, NULL, 16);

	c->asked++;
	if (c->asked == c->swap_at)
		swap(c, c->swap_from, c->swap_fork);
	return n < c->cnt ? block_of(c, n) : json_null();
}

static json_t *
tx_cnt(struct chain *c, const char *hash)
{
	bool is_wrong =
	    c->wrong_key != NULL && !strcmp(c->wrong_key, "transactions");
	char own[67];
	size_t n = 0;

	if (c->lost > 0) {
		c->lost--;
		return json_null();
	}
	for (chain_hash(own, c, 0); strcmp(own, hash) != 0;
	     chain_hash(own, c, n))
		if (++n == c->cnt)
			return json_null();
	if (is_wrong && n == c->wrong_block)
		return json_loads(c->wrong_value, JSON_DECODE_ANY, NULL);
	return json_string("0x1");
}

static char *
answer(struct chain *c, const char *line, size_t len)
{
	json_t *call = json_loadb(line, len, 0, NULL), *result, *reply;
	const char *method = json_string_value(json_object_get(call, "method"));
	const char *text = json_string_value(
	    json_array_get(json_object_get(call, "params"), 0));
	char *out;

	if (!strcmp(method, "eth_getBlockTransactionCountByHash")) {
		result = tx_cnt(c, text);
	} else if (!strcmp(method, "eth_getHeaderByNumber")) {
		result = header(c, text);
	} else {
		CHECK(c->others != NULL);
		result = c->others(c, method, json_object_get(call, "params"));
	}
	reply = json_pack("{s:O}", "id", json_object_get(call, "id"));
	if (result != NULL)
		json_object_set_new(reply, "result", result);
	else
		json_object_set_new(reply, "error",
		    json_pack("{s:i,s:s}", "code", -32005, "message",
			"query returned more than 2 results"));
	out = json_dumps(reply, JSON_COMPACT);
	json_decref(reply);
	json_decref(call);
	return out;
}

/* One line in, one line out: the client sends no second before. */
static void
serve(struct chain *c, int fd)
{
	char line[LINE_MAX_BYTES], *text;
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, line + len, sizeof(line) - len)) > 0) {
		len += (size_t)n;
		if (line[len - 1] != '\n')
			continue;
		(void)pthread_mutex_lock(&c->lock);
		text = answer(c, line, len);
		n = c->asked == c->hang_up_at ? -1 : 0;
		(void)pthread_mutex_unlock(&c->lock);
		len = 0;
		if (n == 0)
			n = dprintf(fd, "%s\n", text);
		free(text);
		if (n < 0)
			break;
	}
	close(fd);
}

static void *
run(void *arg)
{
	struct chain *c = arg;
	int fd;

	while ((fd = accept(c->listen_fd, NULL, NULL)) != -1)
		serve(c, fd);
	return NULL;
}

static void
node_path(struct sockaddr_un *sa)
{
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(
	    sa->sun_path, sizeof(sa->sun_path), "%s/n", test_tmpdir());
}

void
chain_dial(struct chain *c)
{
	struct sockaddr_un sa;

	node_path(&sa);
	noderpc_close(c->feed.node);
	c->feed.node = NULL;
	CHECK(noderpc_open(&c->feed.node, sa.sun_path, NULL) == RC_OK);
	feed_reset(&c->feed);
}

bool
chain_open(struct chain *c, size_t cnt)
{
	const char *text = test_pg();
	struct sockaddr_un sa;

	memset(c, 0, sizeof(*c));
	if (text == NULL)
		return false;
	log_open("jobs", LOG_LV_ERROR); /* not each step back */
	c->cnt = cnt;
	c->feed.batch = 10;
	c->feed.pg = PQconnectdb(text);
	PQclear(PQexec(c->feed.pg,
	    "do $$ begin create role gw; create role jobs; exception when "
	    "duplicate_object then null; end $$"));
	CHECK(migrate_run(c->feed.pg, false, NULL, NULL, NULL) == RC_OK);
	(void)pthread_mutex_init(&c->lock, NULL);
	node_path(&sa);
	(void)unlink(sa.sun_path);
	c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(
	    bind(c->listen_fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0);
	CHECK(listen(c->listen_fd, 4) == 0);
	CHECK(pthread_create(&c->thread, NULL, run, c) == 0);
	chain_dial(c);
	return true;
}

void
chain_close(struct chain *c)
{
	noderpc_close(c->feed.node);
	(void)shutdown(c->listen_fd, SHUT_RDWR);
	(void)pthread_join(c->thread, NULL);
	close(c->listen_fd);
	feed_close(&c->feed);
	PQfinish(c->feed.pg);
	(void)pthread_mutex_destroy(&c->lock);
}

void
chain_set(struct chain *c, uint64_t first, uint64_t fork, size_t cnt)
{
	(void)pthread_mutex_lock(&c->lock);
	swap(c, first, fork);
	c->cnt = cnt;
	(void)pthread_mutex_unlock(&c->lock);
}

long
chain_sql(struct chain *c, const char *sql)
{
	PGresult *r = PQexec(c->feed.pg, sql);
	long n = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1
		     ? strtol(PQgetvalue(r, 0, 0), NULL, 10)
		     : -1;

	PQclear(r);
	return n;
}

bool
chain_is_whole(struct chain *c)
{
	char sql[256], hash[67];
	long n = chain_sql(c, "select number from cursor where name = 'block'");
	bool ok = n + 1 == chain_sql(c,
			       "select count(*) from block b where number = 0 "
			       "or exists (select 1 from block p where "
			       "p.number = b.number - 1 and p.hash = "
			       "b.parent_hash)");

	ok = ok && n + 1 == chain_sql(c, "select count(*) from block");
	if (!ok || n < 0)
		return ok;
	pthread_mutex_lock(&c->lock);
	chain_hash(hash, c, (size_t)n); /* the node's thread swaps branches */
	pthread_mutex_unlock(&c->lock);
	(void)snprintf(sql, sizeof(sql),
	    "select count(*) from block, cursor where cursor.name = "
	    "'block' and cursor.hash = "
	    "block.hash and block.number = %ld and block.hash = '\\x%s'",
	    n, hash + 2);
	return chain_sql(c, sql) == 1;
}
