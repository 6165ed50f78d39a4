/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration and genesis files, each checked by the code that reads it
 * when the stack runs: there is one set of rules.
 */
#ifndef CTL_CHECKCONF_H
#define CTL_CHECKCONF_H

#include <stdio.h>

#include "base/arena.h"
#include "chain/chain.h"
#include "ctl/home.h"

/* A genesis of a million accounts takes about a gigabyte while it is read. */
#define CHECKCONF_GENESIS_MAX ((size_t)8 << 30)

/*
 * checkconf_genesis reads a genesis file.
 *
 * Lifetime  g has pointers into the arena
 * Errors    RC_IO, RC_TOO_LARGE and what genesis_read says, with the path
 */
enum rc checkconf_genesis(
    struct arena *a, struct genesis *g, const char *path, struct err *e);

/* checkconf_say prints a finding of genesis_lint to ctx, which is a FILE. */
void checkconf_say(void *ctx, enum genesis_level lv, const char *text);

/* checkconf_file checks a file, which its name tells the kind of, and prints
 * the path and what was found to out. Returns false when it is wrong. */
bool checkconf_file(const struct home *h, FILE *out, const char *path);

/* checkconf_own does so with all files of the state. */
bool checkconf_own(const struct home *h, FILE *out);

#endif
