/* SPDX-License-Identifier: Apache-2.0
 *
 * The table that the build makes from migrations/.
 */
#ifndef DB_MIGRATIONS_PRIV_H
#define DB_MIGRATIONS_PRIV_H

#include <stddef.h>

struct migration {
	int number;
	const char *name; /* "0001_base" */
	const char *sql;
};

extern const struct migration migrations[];
extern const size_t migration_cnt;

#endif
