/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk over a genesis document: objects as tables of members, values as
 * go-ethereum writes them. genesis.c has the document and its accounts,
 * genesis_config.c the config object.
 */
#ifndef ETH_GENESIS_PRIV_H
#define ETH_GENESIS_PRIV_H

#include "eth/genesis.h"
#include "eth/jsonr_priv.h"

struct genesis_walk {
	struct jsonr r;
	struct arena *a;
	struct genesis *g;
	const char *path;     /* "config.clique." */
	struct bytes name;    /* of the member being read, as it stands */
	struct bytes account; /* key of the account being read */
	bool is_placed;       /* the failure's text names its field */
	bool is_strict;       /* unknown members are errors */
	bool has_dao_support;
	const char **unknown;
};

/* Which rows of a table an object had: with a value, or null. */
struct genesis_seen {
	uint64_t given, nulls;
};

/* A reader takes one value, which is not null, into at. */
typedef enum rc genesis_read_fn(
    struct genesis_walk *w, void *at, struct err *e);

struct genesis_member {
	const char *key;
	genesis_read_fn *read;
	size_t at; /* in the target that genesis_object is given */
};

/* A table has at most as many rows as struct genesis_seen has bits. */
enum { GENESIS_MEMBER_MAX = 64 };

/*
 * genesis_object reads an object by a table. Members not in it are remembered
 * as unknown and skipped; null counts as absent.
 *
 * target  what the rows' offsets count from
 * path    what the names of its members start with
 */
enum rc genesis_object(struct genesis_walk *w, struct genesis_seen *seen,
    const struct genesis_member *table, size_t cnt, void *target,
    const char *path, struct err *e);

/* genesis_place puts the name of the member being read before e's text,
 * once; returns rc. */
enum rc genesis_place(struct genesis_walk *w, enum rc rc, struct err *e);

/* Readers of plain values: uint64_t, struct u256, bool, struct hash, struct
 * addr, struct bytes. genesis_read_skip checks a value and drops it. */
genesis_read_fn genesis_read_u64, genesis_read_u256, genesis_read_bool,
    genesis_read_hash, genesis_read_addr, genesis_read_data, genesis_read_skip;

/* genesis_read_config reads the config object into w->g. */
genesis_read_fn genesis_read_config;

#endif
