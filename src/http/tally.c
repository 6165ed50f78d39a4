/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts requests and writes what was counted as Prometheus text. Counting
 * takes no lock and no clock: plain loads and stores of one writer.
 */
#include "http/tally.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "http/filter.h"
#include "http/uri.h"
#include "http/world.h"

enum { LINE_MAX = 512, PREFIX_MAX = 384, LABEL_MAX = 128 };

/* Upper bounds of the buckets; the last one has none. */
static const struct {
	uint64_t us;
	const char *le;
} bounds[GW_TALLY_BUCKET_CNT - 1] = {
    {500, "0.0005"},
    {1000, "0.001"},
    {2500, "0.0025"},
    {5000, "0.005"},
    {10000, "0.01"},
    {25000, "0.025"},
    {50000, "0.05"},
    {100000, "0.1"},
    {250000, "0.25"},
    {500000, "0.5"},
    {1000000, "1"},
    {2500000, "2.5"},
    {5000000, "5"},
    {10000000, "10"},
    {30000000, "30"},
};

/* --- places of surfaces --- */

/* find returns the place of s, 0 when it has none. */
static size_t
find(const struct gw_tally_names *n, const struct gw_surface *s)
{
	size_t i, cnt = atomic_load_explicit(&n->cnt, memory_order_acquire);

	for (i = 1; i <= cnt; i++)
		if (n->rows[i].kind == s->kind &&
		    !strcmp(n->rows[i].name, s->name))
			return i;
	return 0;
}

/* is_shown: a later place of the same name hides the earlier one. */
static bool
is_shown(const struct gw_tally_names *n, size_t at)
{
	size_t i, cnt = atomic_load_explicit(&n->cnt, memory_order_acquire);

	for (i = at + 1; i <= cnt; i++)
		if (!strcmp(n->rows[i].name, n->rows[at].name))
			return false;
	return true;
}

void
gw_tally_enroll(struct gw_tally_names *n, const struct gw_conf *c)
{
	size_t i, at;

	n->rows[0].name[0] = '-';
	for (i = 0; i < c->surface_cnt; i++) {
		const struct gw_surface *s = &c->surfaces[i];

		at = atomic_load_explicit(&n->cnt, memory_order_relaxed) + 1;
		if (find(n, s) != 0 || at == GW_TALLY_SURFACE_MAX)
			continue;
		(void)snprintf(
		    n->rows[at].name, sizeof(n->rows[at].name), "%s", s->name);
		n->rows[at].kind = s->kind;
		atomic_store_explicit(&n->cnt, at, memory_order_release);
	}
}

void
gw_tally_assign(struct gw_conf *c, const struct gw_tally_names *n)
{
	size_t i;

	for (i = 0; i < c->surface_cnt; i++)
		c->surfaces[i].tally_at = find(n, &c->surfaces[i]);
}

/* --- counting --- */

static void
add(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t v = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, v + n, memory_order_release);
}

static uint64_t
get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_acquire);
}

static size_t
bucket_of(uint64_t us)
{
	size_t i = 0;

	while (i < ARRAY_CNT(bounds) && us > bounds[i].us)
		i++;
	return i;
}

/* row_of finds the row of word, a free one, or the last one. */
static struct gw_tally_reason *
row_of(struct gw_tally_reasons *t, const char *word)
{
	struct gw_tally_reason *row;
	size_t i;

	for (i = 0; i + 1 < GW_TALLY_REASON_MAX; i++) {
		row = &t->rows[i];
		if (get(&row->cnt) == 0)
			(void)snprintf(
			    row->word, sizeof(row->word), "%s", word);
		if (!strncmp(row->word, word, sizeof(row->word) - 1))
			return row;
	}
	row = &t->rows[i];
	if (get(&row->cnt) == 0)
		(void)snprintf(row->word, sizeof(row->word), "other");
	return row;
}

static void
add_reason(struct gw_tally_reasons *t, enum gw_refusal cause, const char *rule)
{
	char word[GW_REFUSAL_WORD_MAX];

	add(&row_of(t, rule != NULL ? rule : gw_refusal_word(word, cause))->cnt,
	    1);
}

static void
add_refusals(struct gw_tally_surface *t, const struct gw_req *r)
{
	bool is_filtered = false;
	size_t i;

	for (i = 0; i < GW_FILTER_CNT; i++) {
		const struct gw_ruling *ruling = &r->rulings[i];

		if (ruling->verdict == GW_VERDICT_SHADOW)
			add_reason(&t->shadow[i], ruling->cause, ruling->rule);
		if (ruling->verdict != GW_VERDICT_REFUSE)
			continue;
		add_reason(&t->refused[i], ruling->cause, ruling->rule);
		is_filtered = true;
	}
	if (r->reply.cause != GW_R_NONE && !is_filtered)
		add_reason(&t->refused[GW_FILTER_CNT], r->reply.cause, NULL);
}

void
gw_tally_add(
    struct gw_tally *t, const struct gw_req *r, uint64_t us, bool is_aborted)
{
	size_t at = r->surface != NULL ? r->surface->tally_at : 0;
	/* Place 0 knows no kind, so it has no routes. */
	size_t route = at != 0 && r->route != NULL
			   ? (size_t)(r->route - r->world->routes) + 1
			   : 0;
	struct gw_tally_surface *s = &t->surfaces[at];
	/* a 101 is a success too */
	unsigned class = r->reply.status == 101 ? 0 : r->reply.status / 100 - 2;
	struct gw_tally_series *series;

	CHECK(route < GW_TALLY_ROUTE_MAX);
	add_refusals(s, r);
	if (is_aborted || class >= GW_TALLY_CLASS_CNT)
		return;
	series = &s->routes[route];
	add(&series->classes[class], 1);
	add(&series->buckets[bucket_of(us)], 1);
	add(&series->us, us);
}

/* --- exposing --- */

/* struct scrape is one text being written. */
struct scrape {
	struct buf out;
	bool is_full;
	const struct gw_tally_names *names;
	const struct gw_tally *const *all;
	size_t cnt;
	const struct gw_route *routes;
	size_t route_cnt;
	size_t surface_cnt;
};

__attribute__((format(printf, 2, 3))) static void
put(struct scrape *x, const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (len < 0 || len >= LINE_MAX || !buf_put(&x->out, line, (size_t)len))
		x->is_full = true;
}

static void
put_head(struct scrape *x, const char *name, const char *type, const char *help)
{
	put(x, "# HELP sekisho_gateway_%s %s\n# TYPE sekisho_gateway_%s %s\n",
	    name, help, name, type);
}

/* label escapes a label's value. */
static const char *
label(char out[LABEL_MAX], const char *text)
{
	bool is_utf8 = gw_utf8_ok(bytes_of_str(text));
	size_t len = 0;

	for (; *text != '\0' && len + 3 < LABEL_MAX; text++) {
		if (*text == '\\' || *text == '"')
			out[len++] = '\\';
		out[len++] = *text;
		if (!is_utf8 && (*text & 0x80) != 0)
			out[len - 1] = '?';
	}
	out[len] = '\0';
	return out;
}

/* struct sums is one series over all workers. */
struct sums {
	uint64_t classes[GW_TALLY_CLASS_CNT], buckets[GW_TALLY_BUCKET_CNT], us;
};

static struct sums
sum(const struct scrape *x, size_t surface, size_t route)
{
	struct sums s = {.us = 0};
	size_t i, k;

	for (i = 0; i < x->cnt; i++) {
		const struct gw_tally_series *t =
		    &x->all[i]->surfaces[surface].routes[route];

		for (k = 0; k < GW_TALLY_CLASS_CNT; k++)
			s.classes[k] += get(&t->classes[k]);
		for (k = 0; k < GW_TALLY_BUCKET_CNT; k++)
			s.buckets[k] += get(&t->buckets[k]);
		s.us += get(&t->us);
	}
	return s;
}

static void
put_classes(struct scrape *x, const char *labels, const struct sums *s)
{
	size_t k;

	for (k = 0; k < GW_TALLY_CLASS_CNT; k++)
		put(x,
		    "sekisho_gateway_route_requests_total{%s,status=\"%zuxx\"} "
		    "%llu\n",
		    labels, k + 2, (unsigned long long)s->classes[k]);
}

static void
put_histogram(struct scrape *x, const char *labels, const struct sums *s)
{
	unsigned long long total = 0;
	size_t k;

	for (k = 0; k < GW_TALLY_BUCKET_CNT; k++) {
		total += s->buckets[k];
		put(x,
		    "sekisho_gateway_route_seconds_bucket{%s,le=\"%s\"} "
		    "%llu\n",
		    labels, k < ARRAY_CNT(bounds) ? bounds[k].le : "+Inf",
		    total);
	}
	put(x,
	    "sekisho_gateway_route_seconds_sum{%s} %llu.%06llu\n"
	    "sekisho_gateway_route_seconds_count{%s} %llu\n",
	    labels, (unsigned long long)s->us / 1000000,
	    (unsigned long long)s->us % 1000000, labels, total);
}

typedef void put_series_fn(
    struct scrape *x, const char *labels, const struct sums *s);

/* has_route tells whether a surface can have a route; place 0 has none. */
static bool
has_route(const struct scrape *x, size_t surface, const struct gw_route *route)
{
	return surface != 0 && route->kind == x->names->rows[surface].kind;
}

/* put_routes writes the series of every route that a surface can have. */
static void
put_routes(struct scrape *x, size_t surface, put_series_fn *put_series)
{
	char labels[PREFIX_MAX], name[LABEL_MAX], path[LABEL_MAX];
	struct sums s;
	size_t i;

	(void)label(name, x->names->rows[surface].name);
	for (i = 0; i <= x->route_cnt; i++) {
		const struct gw_route *row = i > 0 ? &x->routes[i - 1] : NULL;

		if (row != NULL && !has_route(x, surface, row))
			continue;
		(void)snprintf(labels, sizeof(labels),
		    "surface=\"%s\",method=\"%s\",route=\"%s\"", name,
		    row != NULL ? gw_method_name(row->method) : "-",
		    row != NULL ? label(path, row->path) : "-");
		s = sum(x, surface, i);
		put_series(x, labels, &s);
	}
}

static void
put_all_routes(struct scrape *x, put_series_fn *put_series)
{
	size_t i;

	for (i = 0; i <= x->surface_cnt; i++)
		if (is_shown(x->names, i))
			put_routes(x, i, put_series);
}

/* struct merged is the reasons of one filter over all workers. */
struct merged {
	size_t cnt;
	struct {
		const char *word;
		uint64_t cnt;
	} rows[GW_TALLY_REASON_MAX * 4];
};

static void
merge(struct merged *m, const struct gw_tally_reasons *t)
{
	size_t i, k;

	for (i = 0; i < GW_TALLY_REASON_MAX; i++) {
		uint64_t cnt = get(&t->rows[i].cnt);

		if (cnt == 0)
			continue;
		for (k = 0; k < m->cnt; k++)
			if (!strcmp(m->rows[k].word, t->rows[i].word))
				break;
		if (k == ARRAY_CNT(m->rows))
			continue;
		if (k == m->cnt) {
			m->rows[k].word = t->rows[i].word;
			m->rows[k].cnt = 0;
			m->cnt++;
		}
		m->rows[k].cnt += cnt;
	}
}

/* put_reasons writes those reasons of a filter that there were. */
static void
put_reasons(struct scrape *x, const char *metric, size_t surface, size_t filter,
    bool is_shadow)
{
	struct merged m = {.cnt = 0};
	char name[LABEL_MAX], word[LABEL_MAX];
	size_t i;

	for (i = 0; i < x->cnt; i++) {
		const struct gw_tally_surface *t =
		    &x->all[i]->surfaces[surface];

		merge(&m, is_shadow ? &t->shadow[filter] : &t->refused[filter]);
	}
	for (i = 0; i < m.cnt; i++)
		put(x,
		    "sekisho_gateway_%s{surface=\"%s\",filter=\"%s\","
		    "reason=\"%s\"} %llu\n",
		    metric, label(name, x->names->rows[surface].name),
		    filter < GW_FILTER_CNT
			? gw_filter_word((enum gw_filter)filter)
			: "-",
		    label(word, m.rows[i].word),
		    (unsigned long long)m.rows[i].cnt);
}

static void
put_all_reasons(struct scrape *x, const char *metric, bool is_shadow)
{
	size_t i, f;

	for (i = 0; i <= x->surface_cnt; i++)
		for (f = 0; is_shown(x->names, i) && f < GW_TALLY_FILTER_CNT;
		     f++)
			put_reasons(x, metric, i, f, is_shadow);
}

static size_t
count_reasons(const struct gw_tally_reasons *t, size_t cnt)
{
	size_t i, k, used = 0;

	for (i = 0; i < cnt; i++)
		for (k = 0; k < GW_TALLY_REASON_MAX; k++)
			used += get(&t[i].rows[k].cnt) != 0;
	return used;
}

/* count_lines bounds what there is to write about one surface. */
static size_t
count_lines(const struct scrape *x, size_t surface)
{
	size_t i, routes = 1, reasons = 0;

	for (i = 0; i < x->route_cnt; i++)
		routes += has_route(x, surface, &x->routes[i]);
	for (i = 0; i < x->cnt; i++) {
		const struct gw_tally_surface *t =
		    &x->all[i]->surfaces[surface];

		reasons += count_reasons(t->refused, GW_TALLY_FILTER_CNT) +
			   count_reasons(t->shadow, GW_TALLY_FILTER_CNT);
	}
	return routes * (GW_TALLY_CLASS_CNT + GW_TALLY_BUCKET_CNT + 2) +
	       reasons;
}

/* room is the most that there can be to write; requests that end meanwhile
 * may bring a few reasons more. */
static size_t
room(const struct scrape *x)
{
	size_t i, lines = 64;

	for (i = 0; i <= x->surface_cnt; i++)
		lines += count_lines(x, i);
	return lines * LINE_MAX;
}

bool
gw_tally_expose(struct arena *a, struct bytes *out,
    const struct gw_tally_names *n, const struct gw_tally *const *all,
    size_t cnt, const struct gw_route *routes, size_t route_cnt)
{
	struct scrape x = {.names = n,
	    .all = all,
	    .cnt = cnt,
	    .routes = routes,
	    .route_cnt = route_cnt,
	    .surface_cnt = atomic_load_explicit(&n->cnt, memory_order_acquire)};
	size_t cap = room(&x);

	x.out = buf_of(arena_alloc(a, cap), cap);
	if (x.out.ptr == NULL)
		return false;
	put_head(&x, "route_requests_total", "counter",
	    "requests answered, by surface and route");
	put_all_routes(&x, put_classes);
	put_head(&x, "route_seconds", "histogram",
	    "time from head to answer, by surface and route");
	put_all_routes(&x, put_histogram);
	put_head(&x, "refusals_total", "counter",
	    "requests refused, by filter and reason; filter -: by none");
	put_all_reasons(&x, "refusals_total", false);
	put_head(&x, "shadow_refusals_total", "counter",
	    "requests that filters in shadow would have refused");
	put_all_reasons(&x, "shadow_refusals_total", true);
	*out = bytes_of_buf(&x.out);
	return !x.is_full;
}
