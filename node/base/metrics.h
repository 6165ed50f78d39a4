/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters and gauges as a table (metrics.def), written as Prometheus text.
 * Every program has all of them; those that it never moves stay out of its
 * exposition.
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdint.h>

#include "base/bytes.h"

enum metric {
#define METRIC(name, kind, help) METRIC_##name,
#include "base/metrics.def"
#undef METRIC
	METRIC_CNT
};

/* metric_add moves a counter or gauge up; any thread. */
void metric_add(enum metric m, uint64_t n);

/* metric_sub moves a gauge down; any thread. */
void metric_sub(enum metric m, uint64_t n);

/* metric_set sets a gauge; any thread. */
void metric_set(enum metric m, uint64_t v);

/* metric_get reads one; any thread. */
uint64_t metric_get(enum metric m);

/* metric_expose writes all moved metrics as text exposition format 0.0.4.
 * Returns false when out is full. */
bool metric_expose(struct buf *out);

#endif
