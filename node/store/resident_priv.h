/* SPDX-License-Identifier: Apache-2.0
 *
 * How much of a mapped file stays in the process's address space. A page that
 * was touched stays there: a process that reads here and there in a large file
 * soon holds all of it. Giving clean pages back loses nothing, they stay in
 * the system's cache; the next touch of one costs a fault of a microsecond.
 */
#ifndef STORE_RESIDENT_PRIV_H
#define STORE_RESIDENT_PRIV_H

#include <stdbool.h>
#include <stddef.h>

/* What one touch may bring in, where the system maps sixteen pages at once. */
enum { RESIDENT_TOUCH = 64 << 10 };

/* Bytes that may be touched between two looks: a look is a system call of a
 * third of a microsecond. */
#define RESIDENT_LOOK_BYTES ((size_t)4 << 20)

struct resident {
	void *map; /* of the file; NULL: it was not found */
	size_t map_bytes;
	size_t most_bytes; /* of files in the address space; 0: no bound */
	int statm;         /* /proc/self/statm; -1: there is none */
	int single;        /* what has pages mapped one by one; -1: nothing */
};

/* resident_open begins a bound, resident_close ends it. */
void resident_open(struct resident *r, size_t most_bytes);
void resident_close(struct resident *r);

/*
 * resident_find takes note of where the process has mapped an open file; to
 * be called again when that moves. Without /proc there is no bound.
 *
 * map_bytes  length of the mapping
 */
void resident_find(struct resident *r, int fd, size_t map_bytes);

/*
 * resident_look gives the whole map back when more than the bound is there.
 *
 * Thread  any, while the map cannot move
 */
void resident_look(const struct resident *r);

/* resident_touch counts bytes that are about to be read against *seen and
 * looks in time. */
static inline void
resident_touch(const struct resident *r, size_t *seen, size_t bytes)
{
	*seen += bytes;
	if (*seen < RESIDENT_LOOK_BYTES)
		return;
	*seen = 0;
	if (r->map != NULL)
		resident_look(r);
}

#endif
