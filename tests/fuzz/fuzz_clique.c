/* SPDX-License-Identifier: Apache-2.0
 *
 * Clique's readers. An input is a kind and a body:
 *   0  a kept snapshot, its length first (two bytes), then steps of 22 bytes:
 *      which signer, vote or not, target. What is decoded must encode to the
 *      same bytes, and keep every invariant however it is stepped on
 *   1  two headers: the first as genesis or plain parent, the second judged
 *   2  the same, after the second was linked to the first and sealed with the
 *      private key 7
 *
 * fuzz: cover=node/consensus/clique/snapcodec.c
 * fuzz: cover=node/consensus/clique/snapshot.c
 * fuzz: cover=node/consensus/clique/extra.c
 */
#include "base/check.h"
#include "consensus/clique/clique_priv.h"
#include "crypto/ec.h"

enum { STEP_LEN = 22, ARENA_MAX = 1 << 22 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decoding refuses whatever breaks an invariant, so a round trip checks all. */
static void
check_round_trip(const struct clique_snap *s, struct bytes want)
{
	struct clique_snap again;
	struct bytes got;
	struct arena a;

	arena_init(&a, ARENA_MAX);
	CHECK(clique_snap_encode(&a, &got, s, NULL) == RC_OK);
	CHECK(want.ptr == NULL || bytes_eq(got, want));
	CHECK(clique_snap_decode(&again, got, NULL) == RC_OK);
	CHECK(again.signer_cnt == s->signer_cnt &&
	      again.recent_cnt == s->recent_cnt &&
	      again.vote_cnt == s->vote_cnt && again.number == s->number);
	clique_snap_free(&again);
	arena_drop(&a);
}

static void
take_step(struct clique_snap *s, const uint8_t *p)
{
	struct header h = {.parent = s->hash, .number = s->number + 1};
	struct hash hash = s->hash;
	struct addr signer = {{0}};
	uint64_t seen = 0;
	bool is_recent;
	enum rc rc;

	hash.b[0]++;
	memcpy(h.coinbase.b, p + 2, sizeof(h.coinbase.b));
	memset(h.nonce, (p[1] & 1) != 0 ? 0xff : 0, sizeof(h.nonce));
	/* Targets are mostly signers: votes on strangers change little. */
	if (s->signer_cnt > 0 && (p[1] & 2) != 0)
		h.coinbase = s->signers[p[2] % s->signer_cnt];
	if (s->signer_cnt > 0)
		signer = s->signers[p[0] % s->signer_cnt];
	is_recent = clique_snap_is_recent(s, &signer, h.number, &seen);
	CHECK(!is_recent || seen < h.number);
	rc = clique_snap_apply(s, &h, &hash, &signer, 5, NULL);
	if (is_recent)
		CHECK(s->signer_cnt == 0 || rc == RC_BLK_RECENT);
	else
		CHECK(rc == RC_OK || s->signer_cnt == 0);
}

static void
fuzz_snapshot(struct bytes in)
{
	struct bytes head, body, one;
	struct clique_snap s, copy;

	if (!bytes_take(&head, &in, 2) ||
	    !bytes_take(&body, &in, be16(head.ptr)) ||
	    clique_snap_decode(&s, body, NULL) != RC_OK)
		return;
	check_round_trip(&s, body);
	CHECK(clique_snap_copy(&copy, &s, NULL) == RC_OK);
	/* A number at the end of the range has no next block. */
	while (s.number < UINT64_MAX && bytes_take(&one, &in, STEP_LEN)) {
		take_step(&s, one.ptr);
		check_round_trip(&s, bytes_of(NULL, 0));
	}
	check_round_trip(&copy, body);
	clique_snap_free(&copy);
	clique_snap_free(&s);
}

/* A chain of one header. */
static enum rc
read_parent(
    void *ctx, struct header *out, const struct hash *hash, struct err *e)
{
	const struct header *parent = ctx;
	struct hash have = header_hash(parent);

	if (!hash_eq(&have, hash))
		return FAIL(e, RC_NOT_FOUND, "header");
	*out = *parent;
	return RC_OK;
}

static void
link_and_seal(struct header *h, const struct header *parent, struct arena *a)
{
	static const uint8_t key[32] = {[31] = 7};
	uint8_t *extra = arena_alloc(a, h->extra.len + 1);
	struct bytes message;
	struct hash digest;
	struct ec_sig sig;

	h->parent = header_hash(parent);
	if (h->extra.len < CLIQUE_SEAL || extra == NULL)
		return;
	memcpy(extra, h->extra.ptr, h->extra.len);
	h->extra.ptr = extra;
	extra += h->extra.len - CLIQUE_SEAL;
	CHECK(clique_seal_bytes(a, &message, h, NULL) == RC_OK);
	digest = hash_keccak(message);
	CHECK(ec_sign(&sig, key, digest.b, NULL) == RC_OK);
	memcpy(extra, sig.r, 32);
	memcpy(extra + 32, sig.s, 32);
	extra[64] = sig.y_parity;
}

static void
judge(const struct header *h, struct header *parent)
{
	struct fork_plan forks = fork_plan_none();
	struct clique_conf conf = {
	    .period_s = 1, .epoch = 5, .forks = &forks, .future_slack_s = 1};
	struct engine_chain chain = {.header = read_parent, .ctx = parent};
	struct engine *g;
	struct addr who;
	struct hash seal;

	if (h->field_cnt >= HEADER_FIELDS_LONDON)
		forks.at[FORK_LONDON] = 0;
	CHECK(clique_new(&g, &conf, &chain, NULL) == RC_OK);
	CHECK((clique_seal_hash(&seal, h, NULL) == RC_OK) ==
	      (h->extra.len >= CLIQUE_SEAL));
	/* What is accepted has an author, and equals itself. */
	if (engine_verify(g, h, parent, h->time, NULL) == RC_OK) {
		CHECK(clique_signer(&who, h, NULL) == RC_OK);
		CHECK(engine_author(g, &who, h, NULL) == RC_OK);
		CHECK(engine_prefer(g, h, &h->difficulty, h, &h->difficulty) ==
		      0);
	}
	engine_free(g);
}

static void
fuzz_headers(struct bytes in, bool is_sealed)
{
	struct header parent, h;
	struct arena a;

	if (header_take(&parent, &in, NULL) != RC_OK ||
	    header_take(&h, &in, NULL) != RC_OK)
		return;
	arena_init(&a, ARENA_MAX);
	if (is_sealed)
		link_and_seal(&h, &parent, &a);
	judge(&h, &parent);
	arena_drop(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), kind;

	if (!bytes_take(&kind, &in, 1))
		return 0;
	if (kind.ptr[0] % 3 == 0)
		fuzz_snapshot(in);
	else
		fuzz_headers(in, kind.ptr[0] % 3 == 2);
	return 0;
}
