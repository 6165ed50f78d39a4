/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the pool share: a chain of numbered accounts, and
 * transactions made from a few numbers. Senders are set, not recovered; the
 * one test of recovery signs for real.
 */
#ifndef UNIT_POOL_FAKE_H
#define UNIT_POOL_FAKE_H

#include "pool/pool.h"

enum { FAKE_ACCOUNT_MAX = 4096, FAKE_CHAIN_ID = 31337 };

/* A balance that covers everything unless a test says otherwise. */
#define FAKE_RICH UINT64_C(1000000000000000000)

struct fake {
	uint64_t nonce[FAKE_ACCOUNT_MAX];
	uint64_t balance[FAKE_ACCOUNT_MAX];
	size_t reads;
	bool is_broken; /* reads fail with RC_IO */
};

/* fake_reset makes all accounts rich and fresh. */
void fake_reset(struct fake *f);
struct pool_view fake_view(struct fake *f);

/* fake_addr is the address of account i. */
struct addr fake_addr(unsigned i);

/* struct fake_tx says what differs from a legacy transfer of nothing with
 * 21,000 gas at price zero on FAKE_CHAIN_ID. */
struct fake_tx {
	unsigned from;
	uint64_t nonce;
	uint64_t fee, tip; /* tip 0: as fee */
	uint64_t gas, value, chain_id;
	size_t data_len;
	enum tx_type type;
	bool is_unprotected;
	uint64_t tag; /* makes otherwise equal ones differ */
};

/* fake_make encodes and decodes it; the caller owns one reference. */
struct pool_tx *fake_make(const struct fake_tx *t);

/* fake_open opens a pool over f; log_dir may be NULL. */
struct pool *fake_open(struct fake *f, const char *log_dir);

/* fake_put inserts and returns the result; text of a refusal in e. */
enum rc fake_put(struct pool *p, const struct fake_tx *t, struct err *e);

/* fake_hash is the hash of t. */
struct hash fake_hash(const struct fake_tx *t);

/* fake_has tells whether t is in the pool. */
bool fake_has(struct pool *p, const struct fake_tx *t);

/* fake_mine sets account i's nonce and tells the pool of a new head. */
enum rc fake_mine(struct pool *p, struct fake *f, unsigned i, uint64_t nonce,
    uint64_t now_ms);

/* fake_heads tells the pool of cnt heads that touch nobody. */
void fake_heads(struct pool *p, struct fake *f, unsigned cnt);

/* fake_log_begin keeps the log's lines of INFO and above from standard error;
 * fake_log_end returns them, until the next. */
void fake_log_begin(void);
const char *fake_log_end(void);

/* fake_rand is a generator with a seed of its own. */
uint64_t fake_rand(uint64_t *state);

/* fake_log_dir is a folder below the test's own that does not exist yet, and
 * fake_seg_path the file of its segment no. */
const char *fake_log_dir(void);
const char *fake_seg_path(unsigned no);

/* fake_write_file replaces a file's content; a failure fails the test. */
void fake_write_file(const char *path, struct bytes b);

#endif
