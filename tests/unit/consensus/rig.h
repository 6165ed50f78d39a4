/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of this library share: a chain of headers in memory behind
 * struct engine_chain, keys with ascending addresses, and sealed headers.
 */
#ifndef UNIT_CONSENSUS_RIG_H
#define UNIT_CONSENSUS_RIG_H

#include <jansson.h>

#include "base/map.h"
#include "consensus/clique.h"
#include "consensus/clique/clique_priv.h"
#include "test.h"

enum { RIG_KEY_CNT = 12, RIG_AUX_MAX = 256 };

struct rig_aux {
	char name[65];
	struct bytes value;
};

/* A header store that counts what an engine asks of it. */
struct rig {
	struct arena arena;
	struct map headers; /* hash -> struct header */
	struct rig_aux aux[RIG_AUX_MAX];
	size_t aux_cnt;
	struct fork_plan forks;
	struct clique_conf conf;
	struct engine_chain link;
	struct hash genesis;
	size_t read_cnt, keep_cnt, stage_cnt;
	const struct header *staged;
	enum rc keep_rc, stage_rc, staged_rc, header_rc; /* failures */
};

/* rig_open starts an empty store; epoch 30000, period 1, all forks up to
 * London at block 0 when is_london. */
void rig_open(struct rig *r, bool is_london);
void rig_close(struct rig *r);

/* rig_engine makes an engine over the store; a failed test and NULL when that
 * does not work. */
struct engine *rig_engine(struct rig *r);

/* rig_put stores a copy of h and returns its hash. */
struct hash rig_put(struct rig *r, const struct header *h);

/* rig_get looks a header up; ends the program when it is not there. */
const struct header *rig_get(struct rig *r, const struct hash *hash);

/* rig_key is the private key whose address is the i-th of all, ascending. */
const uint8_t *rig_key(size_t i);
struct addr rig_addr(size_t i);

/* rig_genesis stores a genesis with signers 0..n-1, time 1000. */
const struct header *rig_genesis(struct rig *r, size_t n);

/* rig_next fills the header of parent's child as signer of n in the set would
 * make it: period later, right difficulty, base fee. Not sealed. */
void rig_next(struct rig *r, struct header *out, const struct header *parent,
    size_t signer, size_t n);

/* rig_seal signs h, whose extra data gets its own space. */
void rig_seal(struct rig *r, struct header *h, size_t signer);

/* rig_chain is rig_next, rig_seal and rig_put. */
const struct header *rig_chain(
    struct rig *r, const struct header *parent, size_t signer, size_t n);

/* rig_json loads a public vector file; NULL, with the running test skipped,
 * when it is not there. */
json_t *rig_json(const char *name);

/* rig_str and rig_int read a member; a missing one ends the program. */
const char *rig_str(const json_t *obj, const char *key);
uint64_t rig_int(const json_t *obj, const char *key);

/* rig_decode decodes a header from hex text and stores nothing. */
void rig_decode(struct header *out, const char *hex);

#endif
