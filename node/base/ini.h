/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of our configuration files: `[kind name]` section lines,
 * `key = value` lines, `#` comments, blank lines. A value runs to the end of
 * the line, outer blanks cut; inside double quotes blanks and # are kept.
 * This reads lines only: what keys mean is the caller's table.
 */
#ifndef BASE_INI_H
#define BASE_INI_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* Longest line, and largest file. */
enum { INI_LINE_MAX = 4096, INI_FILE_MAX = 1024 * 1024 };

struct ini {
	struct bytes rest;
	unsigned line; /* of the item last returned, from 1 */
};

enum ini_kind { INI_END, INI_SECTION, INI_PAIR };

struct ini_item {
	enum ini_kind kind;
	struct bytes key;   /* section kind, or key */
	struct bytes value; /* section name (may be empty), or value */
};

/*
 * ini_read_file reads a whole configuration file.
 *
 * Errors    RC_IO         it cannot be read
 *           RC_CONF       larger than INI_FILE_MAX
 *           RC_NO_MEMORY
 * Lifetime  out lives in the arena
 */
enum rc ini_read_file(
    struct arena *a, struct bytes *out, const char *path, struct err *e);

/* ini_open starts at the top of text; views returned point into it. */
struct ini ini_open(struct bytes text);

/*
 * ini_next reads the next section or pair.
 *
 * out     kind INI_END after the last one
 * Errors  RC_CONF with a text that says what is wrong; ini->line says where
 */
enum rc ini_next(struct ini_item *out, struct ini *ini, struct err *e);

/*
 * Values. All give RC_CONF naming what was found and what is allowed.
 * ini_duration_ms reads 250ms, 10s, 5m, 2h; ini_size reads 64, 64K, 16M, 2G.
 */
enum rc ini_u64(
    uint64_t *out, struct bytes v, uint64_t min, uint64_t max, struct err *e);
enum rc ini_bool(bool *out, struct bytes v, struct err *e);
enum rc ini_duration_ms(uint64_t *out, struct bytes v, uint64_t min_ms,
    uint64_t max_ms, struct err *e);
enum rc ini_size(
    uint64_t *out, struct bytes v, uint64_t min, uint64_t max, struct err *e);

#endif
