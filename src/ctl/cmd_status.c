/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho status`: what runs, how far the chain and its index are.
 */
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/hex.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/pg.h"
#include "db/migrate.h"
#include "upstream/noderpc.h"

static const char *const part_names[] = {
    "postgres", "noded", "jobsd", "gateway"};

enum { STATUS_TIMEOUT_MS = 3000 };

struct status {
	int pid[4]; /* 0: does not run */
	bool has_node, has_db;
	uint64_t head, head_time, peers, pending, queued;
	char client[128], db_version[64];
	int64_t indexed;
	int schema;
};

static int
pid_of(const struct home *h, const char *name)
{
	char path[PATH_MAX], text[16];
	FILE *f = fopen(home_path(h, path, "run/%s.pid", name), "re");
	int pid = 0;

	if (f == NULL)
		return 0;
	if (fgets(text, sizeof(text), f) != NULL)
		pid = (int)strtol(text, NULL, 10);
	if (pid <= 0 || kill(pid, 0) != 0)
		pid = 0;
	fclose(f);
	return pid;
}

static uint64_t
number_in(const json_t *v)
{
	const char *text = json_string_value(v);
	uint64_t n = 0;

	if (text != NULL)
		(void)hex_quantity_u64(&n, bytes_of_str(text), NULL);
	return n;
}

static json_t *
ask(struct noderpc *n, const char *method, json_t *params)
{
	json_t *r = NULL;

	(void)noderpc_call(n, &r, method, params, STATUS_TIMEOUT_MS, NULL);
	return r;
}

static void
read_node(struct status *s, const struct home *h)
{
	char path[PATH_MAX];
	struct noderpc *n;
	json_t *r;

	if (noderpc_open(&n, home_path(h, path, "run/node.ipc"), NULL) != RC_OK)
		return;
	r = ask(n, "eth_getBlockByNumber", json_pack("[s,b]", "latest", 0));
	s->has_node = json_is_object(r);
	s->head = number_in(json_object_get(r, "number"));
	s->head_time = number_in(json_object_get(r, "timestamp"));
	json_decref(r);
	r = ask(n, "web3_clientVersion", NULL);
	snprintf(s->client, sizeof(s->client), "%s",
	    json_is_string(r) ? json_string_value(r) : "");
	json_decref(r);
	r = ask(n, "net_peerCount", NULL);
	s->peers = number_in(r);
	json_decref(r);
	r = ask(n, "txpool_status", NULL);
	s->pending = number_in(json_object_get(r, "pending"));
	s->queued = number_in(json_object_get(r, "queued"));
	json_decref(r);
	noderpc_close(n);
}

static void
read_db(struct status *s, const struct home *h)
{
	PGconn *pg;
	PGresult *r;

	s->indexed = -1;
	if (pg_connect(h, &pg, NULL, NULL) != RC_OK)
		return;
	s->has_db = migrate_current(&s->schema, pg, NULL) == RC_OK;
	snprintf(s->db_version, sizeof(s->db_version), "%s",
	    PQparameterStatus(pg, "server_version"));
	r = PQexec(pg, "select number from cursor where name = 'block'");
	if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1)
		s->indexed = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	PQfinish(pg);
}

static bool
print_text(const struct status *s, const struct home *h)
{
	bool all = true;
	size_t i;

	printf("state     %s\n", h->dir);
	for (i = 0; i < 4; i++) {
		all = all && s->pid[i] != 0;
		if (s->pid[i] != 0)
			printf(
			    "%-9s running, pid %d\n", part_names[i], s->pid[i]);
		else
			printf("%-9s not running\n", part_names[i]);
	}
	if (s->has_node)
		printf("head      block %" PRIu64 ", %lld s old\n"
		       "pool      %" PRIu64 " pending, %" PRIu64 " queued\n"
		       "peers     %" PRIu64 "\n"
		       "node      %s\n",
		    s->head, (long long)time(NULL) - (long long)s->head_time,
		    s->pending, s->queued, s->peers, s->client);
	else
		printf("head      unknown: the node does not answer\n");
	if (s->has_db)
		printf("database  PostgreSQL %s, schema %d of %d, indexed to "
		       "block %lld\n",
		    s->db_version, s->schema, migrate_latest(),
		    (long long)s->indexed);
	else
		printf("database  does not answer\n");
	return all && s->has_node && s->has_db;
}

static bool
print_json(const struct status *s, const struct home *h)
{
	json_t *doc = json_pack("{s:s, s:b, s:b}", "state", h->dir, "node",
	    s->has_node, "database", s->has_db);
	json_t *parts = json_object();
	bool all = s->has_node && s->has_db;
	char *text;
	size_t i;

	for (i = 0; i < 4; i++) {
		all = all && s->pid[i] != 0;
		json_object_set_new(
		    parts, part_names[i], json_integer(s->pid[i]));
	}
	json_object_set_new(doc, "pids", parts);
	json_object_set_new(doc, "head", json_integer((json_int_t)s->head));
	json_object_set_new(
	    doc, "headTime", json_integer((json_int_t)s->head_time));
	json_object_set_new(
	    doc, "pending", json_integer((json_int_t)s->pending));
	json_object_set_new(doc, "queued", json_integer((json_int_t)s->queued));
	json_object_set_new(doc, "peers", json_integer((json_int_t)s->peers));
	json_object_set_new(doc, "client", json_string(s->client));
	json_object_set_new(doc, "schema", json_integer(s->schema));
	json_object_set_new(doc, "indexed", json_integer(s->indexed));
	text = json_dumps(doc, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	printf("%s\n", text);
	free(text);
	json_decref(doc);
	return all;
}

int
cmd_status(int argc, char **argv)
{
	bool as_json = false;
	struct arg_option option[] = {{"--json", NULL, &as_json}};
	struct status s = {.schema = 0};
	struct err e = {0};
	struct args args;
	struct home h;
	enum rc rc;
	size_t i;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 0, 0))
		return CMD_USAGE;
	rc = home_open(&h, false, &e);
	if (rc == RC_OK)
		rc = home_need(&h, &e);
	if (rc != RC_OK)
		return cmd_fail(&e, rc);
	for (i = 0; i < 4; i++)
		s.pid[i] = pid_of(&h, part_names[i]);
	read_node(&s, &h);
	read_db(&s, &h);
	if (as_json)
		return print_json(&s, &h) ? CMD_OK : CMD_FAILED;
	return print_text(&s, &h) ? CMD_OK : CMD_FAILED;
}
