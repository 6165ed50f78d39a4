/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers of metrics.def and their text form. It serves nobody: the
 * program that is asked for its metrics calls metric_expose.
 */
#include "base/metrics.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/check.h"

#define COUNTER "counter"
#define GAUGE   "gauge"

struct row {
	const char *name, *kind, *help;
};

static const struct row rows[] = {
#define METRIC(name, kind, help) [METRIC_##name] = {#name, kind, help},
#include "base/metrics.def"
#undef METRIC
};
_Static_assert(ARRAY_CNT(rows) == METRIC_CNT, "a row for each metric");

struct value {
	_Atomic uint64_t v;
	_Atomic bool has_moved;
};

static struct value values[METRIC_CNT];

static struct value *
value_of(enum metric m)
{
	CHECK((unsigned)m < METRIC_CNT);
	return &values[m];
}

static void
mark_moved(struct value *v)
{
	if (!atomic_load_explicit(&v->has_moved, memory_order_relaxed))
		atomic_store_explicit(
		    &v->has_moved, true, memory_order_relaxed);
}

void
metric_add(enum metric m, uint64_t n)
{
	struct value *v = value_of(m);

	atomic_fetch_add_explicit(&v->v, n, memory_order_relaxed);
	mark_moved(v);
}

void
metric_sub(enum metric m, uint64_t n)
{
	struct value *v = value_of(m);

	atomic_fetch_sub_explicit(&v->v, n, memory_order_relaxed);
	mark_moved(v);
}

void
metric_set(enum metric m, uint64_t value)
{
	struct value *v = value_of(m);

	atomic_store_explicit(&v->v, value, memory_order_relaxed);
	mark_moved(v);
}

uint64_t
metric_get(enum metric m)
{
	return atomic_load_explicit(&value_of(m)->v, memory_order_relaxed);
}

/* put_row writes the three lines of one metric. */
static bool
put_row(struct buf *out, const struct row *row, uint64_t v)
{
	char text[512], name[64];
	size_t i;
	int n;

	for (i = 0; row->name[i] != '\0' && i + 1 < sizeof(name); i++)
		name[i] = (char)tolower((unsigned char)row->name[i]);
	name[i] = '\0';
	n = snprintf(text, sizeof(text),
	    "# HELP sekisho_%s %s\n# TYPE sekisho_%s %s\nsekisho_%s %llu\n",
	    name, row->help, name, row->kind, name, (unsigned long long)v);
	return n > 0 && (size_t)n < sizeof(text) &&
	       buf_put(out, text, (size_t)n);
}

bool
metric_expose(struct buf *out)
{
	unsigned i;

	for (i = 0; i < METRIC_CNT; i++) {
		struct value *v = &values[i];

		if (!atomic_load(&v->has_moved))
			continue;
		if (!put_row(out, &rows[i], atomic_load(&v->v)))
			return false;
	}
	return true;
}
