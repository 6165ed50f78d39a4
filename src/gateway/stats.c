/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums the workers' counters and writes them as Prometheus text.
 */
#include "gateway/stats.h"

#include <stdio.h>

#include "base/check.h"
#include "gateway/routes.h"
#include "gateway/shm.h"

struct row {
	const char *kind, *prom, *labels, *help;
};

#define COUNTER "counter"
#define GAUGE   "gauge"
static const struct row rows[STAT_CNT] = {
#define STAT(name, kind, prom, labels, help)                                   \
	[STAT_##name] = {kind, prom, labels, help},
#include "gateway/stats.def"
#undef STAT
};

enum { LINE_MAX = 256 };

static uint64_t
sum(const struct shm *s, unsigned worker_cnt, unsigned stat)
{
	uint64_t total = 0;
	unsigned i;

	for (i = 0; i < worker_cnt; i++)
		total += atomic_load_explicit(
		    &s->workers[i].stats[stat], memory_order_relaxed);
	return total;
}

static bool
put_line(struct buf *b, const char *line, int len)
{
	return len > 0 && len < LINE_MAX && buf_put(b, line, (size_t)len);
}

static bool
expose_stats(struct buf *b, const struct shm *s, unsigned worker_cnt)
{
	char line[LINE_MAX];
	unsigned i;

	for (i = 0; i < STAT_CNT; i++) {
		const struct row *r = &rows[i];

		if (r->help[0] != '\0' &&
		    !put_line(b, line,
			snprintf(line, sizeof(line),
			    "# HELP sekisho_gateway_%s %s\n"
			    "# TYPE sekisho_gateway_%s %s\n",
			    r->prom, r->help, r->prom, r->kind)))
			return false;
		if (!put_line(b, line,
			snprintf(line, sizeof(line),
			    "sekisho_gateway_%s%s %llu\n", r->prom, r->labels,
			    (unsigned long long)sum(s, worker_cnt, i))))
			return false;
	}
	return true;
}

/* One number of each node, the greatest that a worker has of it. */
struct node_row {
	const char *prom, *help;
	uint64_t (*read)(const struct shm_node *n);
};

static uint64_t
read_up(const struct shm_node *n)
{
	return n->is_up;
}

static uint64_t
read_head(const struct shm_node *n)
{
	return n->head;
}

static uint64_t
read_time(const struct shm_node *n)
{
	return n->head_unix;
}

static const struct node_row node_rows[] = {
    {"node_used", "1 for the node that calls go to", NULL},
    {"node_up", "1 for a node that answers", read_up},
    {"node_head_block", "number of a node's newest block", read_head},
    {"node_head_timestamp_seconds", "time of that block", read_time},
};

static uint64_t
node_value(const struct node_row *r, const struct shm *s, unsigned worker_cnt,
    size_t node)
{
	uint64_t most = 0, v;
	unsigned i;

	if (r->read == NULL)
		return s->node_used == node;
	for (i = 0; i < worker_cnt; i++) {
		v = r->read(&s->workers[i].nodes[node]);
		most = v > most ? v : most;
	}
	return most;
}

static bool
expose_nodes(struct buf *b, const struct shm *s, unsigned worker_cnt,
    const struct gw_conf *c)
{
	char line[LINE_MAX];
	size_t i, n;

	for (i = 0; i < ARRAY_CNT(node_rows); i++) {
		const struct node_row *r = &node_rows[i];

		if (!put_line(b, line,
			snprintf(line, sizeof(line),
			    "# HELP sekisho_gateway_%s %s\n"
			    "# TYPE sekisho_gateway_%s gauge\n",
			    r->prom, r->help, r->prom)))
			return false;
		for (n = 0; n < c->node_cnt; n++)
			if (!put_line(b, line,
				snprintf(line, sizeof(line),
				    "sekisho_gateway_%s{node=\"%s\"} %llu\n",
				    r->prom, c->nodes[n].name,
				    (unsigned long long)node_value(
					r, s, worker_cnt, n))))
				return false;
	}
	return true;
}

static bool
expose_tallies(struct arena *a, struct bytes *out, const struct shm *s,
    unsigned worker_cnt)
{
	const struct gw_tally *all[SHM_WORKER_MAX];
	const struct gw_route *routes;
	size_t route_cnt;
	unsigned i;

	for (i = 0; i < worker_cnt; i++)
		all[i] = &s->workers[i].tally;
	routes = gw_routes(&route_cnt);
	return gw_tally_expose(
	    a, out, &s->tally_names, all, worker_cnt, routes, route_cnt);
}

bool
stats_expose(struct arena *a, struct bytes *out, const struct shm *s,
    unsigned worker_cnt, const struct gw_conf *c)
{
	struct bytes tallies;
	struct buf b;
	size_t cap;

	if (!expose_tallies(a, &tallies, s, worker_cnt))
		return false;
	cap =
	    ((size_t)STAT_CNT * 3 + ARRAY_CNT(node_rows) * (c->node_cnt + 1)) *
		LINE_MAX +
	    tallies.len;
	b = buf_of(arena_alloc(a, cap), cap);
	if (b.ptr == NULL || !expose_stats(&b, s, worker_cnt) ||
	    !expose_nodes(&b, s, worker_cnt, c) ||
	    !buf_put(&b, tallies.ptr, tallies.len))
		return false;
	*out = bytes_of_buf(&b);
	return true;
}
