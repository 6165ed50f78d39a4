/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQL screen's rules, compiled once for a test program. In the header,
 * because fuzz targets and benchmarks link nothing of tests/support.
 */
#ifndef SUPPORT_SQLRULES_H
#define SUPPORT_SQLRULES_H

#include "base/check.h"
#include "http/sqlscreen.h"

static inline const struct gw_sql_rules *
test_sql_rules(void)
{
	static const struct gw_sql_rules *made;
	static struct arena arena; /* never dropped: as long as the program */

	if (made == NULL) {
		arena_init(&arena, 1 << 20);
		made = gw_sql_rules_make(&arena);
		CHECK(made != NULL);
	}
	return made;
}

#endif
