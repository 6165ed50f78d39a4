/* SPDX-License-Identifier: Apache-2.0
 *
 * The country database, which workers cannot open: the parent has a child
 * read it into a table in memory (http/geofile.h), seals that against any
 * change and hands it to the workers. When the file changes it is read
 * again; a table is in force for whole turns of a worker, and a file that is
 * broken never becomes one.
 */
#ifndef GATEWAY_COUNTRY_H
#define GATEWAY_COUNTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "http/geo.h"

struct gw_process;

/* struct country_stamp tells one state of a file from another. */
struct country_stamp {
	bool is_there;
	uint64_t dev, ino, size;
	struct timespec changed;
};

/* struct country_file is the parent's; zeros at first, but fd -1. */
struct country_file {
	int fd;                     /* the table in force, -1: none */
	bool is_used;               /* the configuration names a database */
	struct country_stamp seen;  /* what was looked at last */
	struct country_stamp tried; /* what was read last */
};

/* struct country_table is a worker's. */
struct country_table {
	struct gw_geo geo;
	void *map;
	size_t len;
};

/* country_start reads the database that the configuration names, before
 * workers are forked. Without one the gateway runs, and filter geo refuses
 * whom only it could place. */
void country_start(struct gw_process *p);

/* country_look reads the file again when it has changed and then not for
 * one more look. Parent only. */
void country_look(struct gw_process *p);

/* country_check tells what is wrong with the database of c, for `-t`; NULL
 * when nothing is. text has ERR_TEXT_MAX bytes. */
const char *country_check(const struct gw_process *p, char *text);

/* country_read puts the configured database in force in this process, which
 * has no workers. Returns NULL when there is none that can be read. */
const struct gw_geo *country_read(
    const struct gw_process *p, struct country_table *t);

/*
 * country_take puts a table in force in a worker.
 *
 * fd       closed
 * Returns  the table, NULL when the file is empty: there is no database
 */
const struct gw_geo *country_take(struct country_table *t, int fd);

#endif
