/* SPDX-License-Identifier: Apache-2.0
 *
 * A PostgreSQL cluster for tests: on a Unix socket in a folder of its own,
 * made at the first use, stopped and removed when the program ends.
 */
#ifndef SUPPORT_PG_H
#define SUPPORT_PG_H

/*
 * test_pg makes an empty database in the cluster.
 *
 * Returns  libpq connection text, until the next call; NULL when there is no
 *          PostgreSQL here, and then the running test is skipped with the
 *          reason
 */
const char *test_pg(void);

#endif
