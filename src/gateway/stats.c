/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums the workers' counters and writes them as Prometheus text.
 */
#include "gateway/stats.h"

#include <stdio.h>

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

bool
stats_expose(struct arena *a, struct bytes *out, const struct shm *s,
    unsigned worker_cnt)
{
	size_t cap = (size_t)STAT_CNT * 3 * LINE_MAX;
	struct buf b = buf_of(arena_alloc(a, cap), cap);
	char line[LINE_MAX];
	unsigned i;

	if (b.ptr == NULL)
		return false;
	for (i = 0; i < STAT_CNT; i++) {
		const struct row *r = &rows[i];

		if (r->help[0] != '\0' &&
		    !put_line(&b, line,
			snprintf(line, sizeof(line),
			    "# HELP sekisho_gateway_%s %s\n"
			    "# TYPE sekisho_gateway_%s %s\n",
			    r->prom, r->help, r->prom, r->kind)))
			return false;
		if (!put_line(&b, line,
			snprintf(line, sizeof(line),
			    "sekisho_gateway_%s%s %llu\n", r->prom, r->labels,
			    (unsigned long long)sum(s, worker_cnt, i))))
			return false;
	}
	*out = bytes_of_buf(&b);
	return true;
}
