/* SPDX-License-Identifier: Apache-2.0
 *
 * The header store of the consensus tests. Broken vectors and impossible
 * look-ups end the program: a test that cannot read its data must not pass.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/ec.h"
#include "crypto/keccak.h"
#include "eth/basefee.h"

static void
give_up(const char *what)
{
	fprintf(stderr, "rig: %s\n", what);
	abort();
}

static enum rc
read_header(
    void *ctx, struct header *out, const struct hash *hash, struct err *e)
{
	struct rig *r = ctx;
	const struct header *h = map_get(&r->headers, hash->b);

	r->read_cnt++;
	if (r->header_rc != RC_OK)
		return FAIL(e, r->header_rc, "header");
	if (h == NULL)
		return FAIL(e, RC_NOT_FOUND, "header");
	*out = *h;
	return RC_OK;
}

static struct rig_aux *
find_aux(struct rig *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->aux_cnt; i++) {
		if (!strcmp(r->aux[i].name, name))
			return &r->aux[i];
	}
	return NULL;
}

static enum rc
load(void *ctx, struct bytes *out, const char *name, struct err *e)
{
	const struct rig_aux *x = find_aux(ctx, name);

	if (x == NULL)
		return FAIL(e, RC_NOT_FOUND, "%s", name);
	*out = x->value;
	return RC_OK;
}

static enum rc
keep(void *ctx, const char *name, struct bytes value, struct err *e)
{
	struct rig *r = ctx;
	struct rig_aux *x = find_aux(r, name);

	if (r->keep_rc != RC_OK)
		return FAIL(e, r->keep_rc, "keep");
	r->keep_cnt++;
	if (strlen(name) >= sizeof(x->name))
		give_up("name is longer than 64 bytes");
	if (x == NULL) {
		if (r->aux_cnt == RIG_AUX_MAX)
			give_up("too many kept values");
		x = &r->aux[r->aux_cnt++];
		strcpy(x->name, name);
	}
	x->value = arena_copy(&r->arena, value);
	if (x->value.ptr == NULL && value.len > 0)
		return FAIL(e, RC_NO_MEMORY, "keep");
	return RC_OK;
}

static enum rc
stage(void *ctx, struct err *e)
{
	struct rig *r = ctx;

	if (r->stage_rc != RC_OK)
		return FAIL(e, r->stage_rc, "stage");
	r->stage_cnt++;
	return RC_OK;
}

static enum rc
staged(void *ctx, struct header *out, struct err *e)
{
	struct rig *r = ctx;

	if (r->staged_rc != RC_OK)
		return FAIL(e, r->staged_rc, "staged");
	if (r->staged == NULL)
		return FAIL(e, RC_NOT_FOUND, "staged block");
	*out = *r->staged;
	return RC_OK;
}

void
rig_open(struct rig *r, bool is_london)
{
	unsigned f;

	memset(r, 0, sizeof(*r));
	arena_init(&r->arena, SIZE_MAX);
	map_init(&r->headers, sizeof(struct hash), 1 << 20);
	r->forks = fork_plan_none();
	for (f = FORK_FRONTIER; f <= FORK_LONDON; f++)
		r->forks.at[f] = 0;
	if (!is_london)
		r->forks.at[FORK_LONDON] = FORK_NEVER;
	r->conf = (struct clique_conf){.period_s = 1,
	    .epoch = 30000,
	    .forks = &r->forks,
	    .gas_limit = 8000000,
	    .seed = 1};
	r->link = (struct engine_chain){
	    .header = read_header, .load = load, .keep = keep, .ctx = r};
}

void
rig_close(struct rig *r)
{
	map_free(&r->headers);
	arena_drop(&r->arena);
}

struct engine *
rig_engine(struct rig *r)
{
	struct engine *g = NULL;

	if (r->conf.is_sealer) {
		r->link.stage = stage;
		r->link.staged = staged;
	}
	EXPECT_RC(clique_new(&g, &r->conf, &r->link, NULL), RC_OK);
	return g;
}

struct hash
rig_put(struct rig *r, const struct header *h)
{
	struct hash hash = header_hash(h);

	if (!map_put(&r->headers, hash.b, header_copy(&r->arena, h)))
		give_up("header store is full");
	return hash;
}

const struct header *
rig_get(struct rig *r, const struct hash *hash)
{
	const struct header *h = map_get(&r->headers, hash->b);

	if (h == NULL)
		give_up("header is not stored");
	return h;
}

/* Keys. -------------------------------------------------------------- */

struct key {
	uint8_t key[32];
	struct addr addr;
};

static int
by_addr(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return memcmp(x->addr.b, y->addr.b, sizeof(x->addr.b));
}

static const struct key *
keys(void)
{
	static struct key all[RIG_KEY_CNT];
	static bool is_made;
	uint8_t pub[64];
	size_t i;

	for (i = 0; !is_made && i < RIG_KEY_CNT; i++) {
		keccak256(all[i].key, bytes_of(&i, sizeof(i)));
		if (ec_public(pub, all[i].key, NULL) != RC_OK)
			give_up("key");
		ec_addr(all[i].addr.b, pub);
	}
	if (!is_made)
		qsort(all, RIG_KEY_CNT, sizeof(all[0]), by_addr);
	is_made = true;
	return all;
}

const uint8_t *
rig_key(size_t i)
{
	return keys()[i].key;
}

struct addr
rig_addr(size_t i)
{
	return keys()[i].addr;
}

/* Headers. ----------------------------------------------------------- */

static struct bytes
extra_of(struct rig *r, size_t n)
{
	size_t i, len = CLIQUE_VANITY + CLIQUE_SEAL + n * sizeof(struct addr);
	uint8_t *extra = arena_alloc(&r->arena, len);

	for (i = 0; i < n; i++)
		memcpy(extra + CLIQUE_VANITY + i * sizeof(struct addr),
		    keys()[i].addr.b, sizeof(struct addr));
	return bytes_of(extra, len);
}

const struct header *
rig_genesis(struct rig *r, size_t n)
{
	struct header h = {.ommers_hash = HASH_EMPTY_LIST,
	    .difficulty = U256_ONE,
	    .gas_limit = 8000000,
	    .time = 1000,
	    .field_cnt = HEADER_FIELDS_FRONTIER};

	h.state_root = h.tx_root = h.receipts_root = HASH_EMPTY_TRIE;
	h.extra = extra_of(r, n);
	if (r->forks.at[FORK_LONDON] == 0) {
		h.field_cnt = HEADER_FIELDS_LONDON;
		h.base_fee = u256_from_u64(BASEFEE_INITIAL_WEI);
	}
	r->genesis = rig_put(r, &h);
	return rig_get(r, &r->genesis);
}

void
rig_next(struct rig *r, struct header *out, const struct header *parent,
    size_t signer, size_t n)
{
	struct header h = *parent;
	bool is_checkpoint;

	h.parent = header_hash(parent);
	h.number++;
	h.time += r->conf.period_s;
	h.coinbase = (struct addr){{0}};
	memset(h.nonce, 0, sizeof(h.nonce));
	h.difficulty =
	    u256_from_u64(clique_in_turn(h.number, signer, n) ? 2 : 1);
	if (h.field_cnt >= HEADER_FIELDS_LONDON)
		basefee_next(&h.base_fee, &r->forks, parent);
	is_checkpoint = h.number % r->conf.epoch == 0;
	h.extra = extra_of(r, is_checkpoint ? n : 0);
	*out = h;
}

void
rig_seal(struct rig *r, struct header *h, size_t signer)
{
	uint8_t *extra = arena_alloc(&r->arena, h->extra.len);
	struct hash digest;
	struct ec_sig sig;
	uint8_t *seal = extra + h->extra.len - CLIQUE_SEAL;

	memcpy(extra, h->extra.ptr, h->extra.len);
	h->extra.ptr = extra;
	if (clique_seal_hash(&digest, h, NULL) != RC_OK ||
	    ec_sign(&sig, rig_key(signer), digest.b, NULL) != RC_OK)
		give_up("seal");
	memcpy(seal, sig.r, 32);
	memcpy(seal + 32, sig.s, 32);
	seal[64] = sig.y_parity;
}

const struct header *
rig_chain(struct rig *r, const struct header *parent, size_t signer, size_t n)
{
	struct header h;
	struct hash hash;

	rig_next(r, &h, parent, signer, n);
	rig_seal(r, &h, signer);
	hash = rig_put(r, &h);
	return rig_get(r, &hash);
}

/* Vectors. ----------------------------------------------------------- */

json_t *
rig_json(const char *name)
{
	const char *path = test_vectors(name);
	json_error_t je;
	json_t *root;

	if (path == NULL) {
		test_skip("public vectors not found");
		return NULL;
	}
	root = json_load_file(path, 0, &je);
	if (root == NULL)
		give_up(je.text);
	return root;
}

const char *
rig_str(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	if (s == NULL)
		give_up(key);
	return s;
}

uint64_t
rig_int(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		give_up(key);
	return (uint64_t)json_integer_value(v);
}

void
rig_decode(struct header *out, const char *hex)
{
	if (header_decode(out, test_hex(hex), NULL) != RC_OK)
		give_up("vector is not a header");
}
