/* SPDX-License-Identifier: Apache-2.0
 *
 * The platform's own contracts: which there are once on a chain, and the rows
 * of deployed_contract about them.
 */
#ifndef CTL_PLATFORM_H
#define CTL_PLATFORM_H

#include <libpq-fe.h>

#include "base/arena.h"
#include "contract/contract.h"

/* Contracts of one profile, and arguments of one constructor, at most. */
enum { PLATFORM_MAX = 8, PLATFORM_ARG_MAX = 2 };

/* struct platform_arg is an argument of a constructor. */
struct platform_arg {
	size_t of;          /* whose address it is: its place */
	const char *getter; /* the function that tells it */
};

/* struct platform_row is a contract of the platform, and what the database
 * has of it. */
struct platform_row {
	const struct contract *contract;
	struct platform_arg args[PLATFORM_ARG_MAX];
	size_t arg_cnt;
	bool is_planned; /* there is a row: what follows is set */
	bool is_done;    /* it was seen on the chain, in block_no */
	struct addr address, deployer;
	uint64_t nonce, block_no;
	struct hash tx_hash;
	struct bytes raw; /* the signed transaction */
};

/* struct platform is a profile's, each behind those that it names. */
struct platform {
	enum contract_profile profile;
	struct platform_row row[PLATFORM_MAX];
	size_t cnt;
};

/*
 * platform_read reads what the database has of a profile.
 *
 * Errors    RC_IO; RC_CORRUPT for a row that cannot be
 * Lifetime  raw in the arena
 */
enum rc platform_read(struct arena *a, struct platform *out,
    enum contract_profile profile, PGconn *pg, struct err *e);

/* platform_lock keeps others from deploying until pg is closed; waits for
 * them. RC_IO */
enum rc platform_lock(PGconn *pg, struct err *e);

/* platform_begin, platform_commit: around changes that go together. RC_IO */
enum rc platform_begin(PGconn *pg, struct err *e);
enum rc platform_commit(PGconn *pg, struct err *e);

/* platform_insert stores a planned row. RC_IO */
enum rc platform_insert(
    PGconn *pg, const struct platform_row *row, struct err *e);

/* platform_drop forgets a row. RC_IO */
enum rc platform_drop(
    PGconn *pg, const struct platform_row *row, struct err *e);

/* platform_done notes row->block_no, and lets wallets call the contract.
 * RC_IO */
enum rc platform_done(
    PGconn *pg, const struct platform_row *row, struct err *e);

/* platform_is_executable tells whether wallets may call it. RC_IO */
enum rc platform_is_executable(
    bool *out, PGconn *pg, const struct platform_row *row, struct err *e);

#endif
