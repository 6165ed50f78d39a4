/* SPDX-License-Identifier: Apache-2.0
 *
 * The public Clique vectors: chains with the signer set after every block,
 * headers that break one rule each, fork choice, turns, the seal hash; and
 * recorded chains of other engines.
 *
 * Spec: EIP-225, EIP-3436
 */
#include "rig.h"

#include <stdio.h>

static const char vectors[] = "ethereum/clique-vectors.json";

/* What the vectors call a failure, and our code for it. */
static const struct {
	const char *label;
	enum rc rc;
} labels[] = {
    {"none", RC_OK},
    {"future-block", RC_BLK_FUTURE},
    {"invalid-checkpoint-beneficiary", RC_BLK_CP_BENEFICIARY},
    {"invalid-vote", RC_BLK_VOTE},
    {"invalid-checkpoint-vote", RC_BLK_CP_VOTE},
    {"missing-vanity", RC_BLK_VANITY},
    {"missing-signature", RC_BLK_SIG_MISSING},
    {"extra-signers", RC_BLK_EXTRA_SIGNERS},
    {"invalid-checkpoint-signers", RC_BLK_CP_SIGNERS},
    {"invalid-mix-digest", RC_BLK_MIX},
    {"invalid-uncle-hash", RC_BLK_UNCLES},
    {"invalid-difficulty", RC_BLK_DIFFICULTY},
    {"invalid-gas-limit", RC_BLK_GAS_LIMIT},
    {"unsupported-fork", RC_BLK_FORK},
    {"unknown-ancestor", RC_BLK_PARENT},
    {"invalid-timestamp", RC_BLK_TIME},
    {"invalid-gas-used", RC_BLK_GAS_USED},
    {"invalid-base-fee", RC_BLK_BASE_FEE},
    {"mismatching-checkpoint-signers", RC_BLK_CP_MISMATCH},
    {"invalid-signature", RC_BAD_SIGNATURE},
    {"unauthorized-signer", RC_BLK_UNAUTHORIZED},
    {"recently-signed", RC_BLK_RECENT},
    {"wrong-difficulty", RC_BLK_WRONG_TURN},
};

static enum rc
rc_of(const char *label)
{
	size_t i;

	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (!strcmp(labels[i].label, label))
			return labels[i].rc;
	}
	test_fail(__FILE__, __LINE__, "label %s is not in the table", label);
	return RC_CNT;
}

static struct addr
addr_of_label(const json_t *root, const char *label)
{
	const json_t *key =
	    json_object_get(json_object_get(root, "keys"), label);
	struct bytes b = test_hex(rig_str(key, "address"));
	struct addr a = {{0}};

	EXPECT_U64(b.len, sizeof(a.b));
	memcpy(a.b, b.ptr, sizeof(a.b));
	return a;
}

static enum rc
verify(struct rig *r, struct engine *g, const struct header *h)
{
	const struct header *parent = map_get(&r->headers, h->parent.b);

	return engine_verify(g, h, parent, h->time, NULL);
}

/* Compares the signer set after a block with the labels of the vector. */
static void
expect_signers(struct rig *r, struct engine *g, const json_t *root,
    const struct hash *at, const json_t *want)
{
	struct arena a;
	struct addr *got = NULL, one;
	size_t cnt = 0, i;

	(void)r;
	arena_init(&a, 1 << 20);
	EXPECT_RC(engine_signers(g, &a, &got, &cnt, at, NULL), RC_OK);
	EXPECT_U64(cnt, json_array_size(want));
	for (i = 0; i < cnt && i < json_array_size(want); i++) {
		one = addr_of_label(
		    root, json_string_value(json_array_get(want, i)));
		EXPECT(addr_eq(&got[i], &one));
	}
	arena_drop(&a);
}

static void
expect_block(struct rig *r, struct engine *g, const json_t *root,
    const json_t *block, enum rc want)
{
	struct hash hash, seal;
	struct addr author, signer;
	struct header h;

	rig_decode(&h, rig_str(block, "headerRlp"));
	hash = header_hash(&h);
	EXPECT_BYTES(hash_bytes(&hash), test_hex(rig_str(block, "hash")));
	EXPECT_RC(clique_seal_hash(&seal, &h, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&seal), test_hex(rig_str(block, "sealHash")));
	EXPECT_RC(verify(r, g, &h), want);
	if (want != RC_OK)
		return;
	signer = addr_of_label(root, rig_str(block, "signer"));
	EXPECT_RC(engine_author(g, &author, &h, NULL), RC_OK);
	EXPECT(addr_eq(&author, &signer));
	rig_put(r, &h);
	expect_signers(
	    r, g, root, &hash, json_object_get(block, "signersAfter"));
}

static void
run_chain(const json_t *root, const json_t *chain, bool is_fresh)
{
	const json_t *expect = json_object_get(chain, "expect");
	const json_t *blocks = json_object_get(chain, "blocks"), *block;
	bool is_valid = json_is_true(json_object_get(expect, "valid"));
	struct engine *g;
	struct header genesis;
	struct rig r;
	size_t i;

	rig_open(&r, json_is_true(json_object_get(chain, "london")));
	r.conf.epoch = rig_int(chain, "epoch");
	r.conf.period_s = rig_int(chain, "period");
	rig_decode(&genesis, rig_str(chain, "genesisRlp"));
	r.genesis = rig_put(&r, &genesis);
	EXPECT_BYTES(
	    hash_bytes(&r.genesis), test_hex(rig_str(chain, "genesisHash")));
	g = rig_engine(&r);
	json_array_foreach(blocks, i, block)
	{
		bool fails = !is_valid && rig_int(block, "number") ==
					      rig_int(expect, "failsAtBlock");

		if (is_fresh ||
		    json_is_true(json_object_get(block, "newBatch"))) {
			engine_free(g);
			g = rig_engine(&r);
		}
		expect_block(&r, g, root, block,
		    fails ? rc_of(rig_str(expect, "error")) : RC_OK);
		if (fails)
			break;
	}
	EXPECT(is_valid || i < json_array_size(blocks));
	engine_free(g);
	rig_close(&r);
}

/* Each chain twice: with one engine, and with a new one for every block, which
 * has to find its snapshots again. */
TEST(test_clique_vectors_chains_give_the_sets)
{
	json_t *root = rig_json(vectors);
	const json_t *chains, *chain;
	char row[128];
	size_t i;

	if (root == NULL)
		return;
	chains = json_object_get(root, "chains");
	EXPECT_U64(json_array_size(chains), 35);
	json_array_foreach(chains, i, chain)
	{
		test_row(rig_str(chain, "name"));
		run_chain(root, chain, false);
		snprintf(row, sizeof(row), "%s, new engine per block",
		    rig_str(chain, "name"));
		test_row(row);
		run_chain(root, chain, true);
	}
	test_count(2 * i);
	json_decref(root);
}

/* The rule vectors do not say so, but their valid headers are 5 s apart and
 * number 5 lists the signers: period and epoch are 5. */
static void
run_rule(const json_t *rule)
{
	const json_t *parents = json_object_get(rule, "parentsRlp"), *p;
	struct header h, parent;
	struct engine *g;
	struct rig r;
	size_t i;

	rig_open(&r, json_is_true(json_object_get(rule, "london")));
	r.conf.epoch = r.conf.period_s = 5;
	rig_decode(&h, rig_str(rule, "genesisRlp"));
	rig_put(&r, &h);
	g = rig_engine(&r);
	json_array_foreach(parents, i, p)
	{
		rig_decode(&parent, json_string_value(p));
		if (parent.number > 0)
			EXPECT_RC(verify(&r, g, &parent), RC_OK);
		rig_put(&r, &parent);
	}
	rig_decode(&h, rig_str(rule, "validRlp"));
	EXPECT_RC(verify(&r, g, &h), RC_OK);
	rig_decode(&h, rig_str(rule, "mutatedRlp"));
	EXPECT_RC(verify(&r, g, &h), rc_of(rig_str(rule, "error")));
	engine_free(g);
	rig_close(&r);
}

TEST(test_clique_vectors_header_rules_are_refused)
{
	json_t *root = rig_json(vectors);
	const json_t *rules, *rule;
	size_t i;

	if (root == NULL)
		return;
	rules = json_object_get(root, "headerRules");
	EXPECT_U64(json_array_size(rules), 36);
	json_array_foreach(rules, i, rule)
	{
		test_row(rig_str(rule, "name"));
		run_rule(rule);
	}
	test_count(i);
	json_decref(root);
}

/* Imports a branch on base and returns its tip and total difficulty. */
static const struct header *
import(struct rig *r, struct engine *g, const json_t *headers, struct u256 *td)
{
	const struct header *tip = NULL;
	const json_t *text;
	struct header h;
	struct hash hash;
	size_t i;

	json_array_foreach(headers, i, text)
	{
		rig_decode(&h, json_string_value(text));
		EXPECT_RC(verify(r, g, &h), RC_OK);
		u256_add(td, td, &h.difficulty);
		hash = rig_put(r, &h);
		tip = rig_get(r, &hash);
	}
	return tip;
}

static void
run_choice(const json_t *c)
{
	const json_t *forks = json_object_get(c, "forks");
	const struct header *tip[2];
	struct u256 td[2];
	struct header h;
	struct engine *g;
	struct hash hash;
	struct rig r;
	size_t i, win;

	rig_open(&r, false);
	r.conf.epoch = rig_int(c, "epoch");
	r.conf.period_s = rig_int(c, "period");
	rig_decode(&h, rig_str(c, "genesisRlp"));
	rig_put(&r, &h);
	g = rig_engine(&r);
	td[0] = h.difficulty;
	import(&r, g, json_object_get(c, "baseRlp"), &td[0]);
	td[1] = td[0];
	for (i = 0; i < 2; i++)
		tip[i] = import(&r, g,
		    json_object_get(json_array_get(forks, i), "headersRlp"),
		    &td[i]);
	win = (size_t)rig_int(c, "winner") - 1;
	hash = header_hash(tip[win]);
	EXPECT_BYTES(hash_bytes(&hash), test_hex(rig_str(c, "winnerTip")));
	EXPECT(engine_prefer(
		   g, tip[win], &td[win], tip[1 - win], &td[1 - win]) > 0);
	EXPECT(engine_prefer(
		   g, tip[1 - win], &td[1 - win], tip[win], &td[win]) < 0);
	EXPECT(engine_prefer(g, tip[0], &td[0], tip[0], &td[0]) == 0);
	engine_free(g);
	rig_close(&r);
}

TEST(test_clique_vectors_fork_choice)
{
	json_t *root = rig_json(vectors);
	const json_t *cases, *c;
	size_t i;

	if (root == NULL)
		return;
	cases = json_object_get(json_object_get(root, "forkChoice"), "cases");
	EXPECT_U64(json_array_size(cases), 4);
	json_array_foreach(cases, i, c)
	{
		test_row(rig_str(c, "name"));
		run_choice(c);
	}
	test_count(i);
	json_decref(root);
}

TEST(test_clique_vectors_turn_table)
{
	json_t *root = rig_json(vectors);
	const json_t *turns, *t;
	char row[64];
	size_t i, k;

	if (root == NULL)
		return;
	turns = json_object_get(root, "turns");
	EXPECT(json_array_size(turns) > 40);
	json_array_foreach(turns, i, t)
	{
		size_t n = (size_t)rig_int(t, "signers");
		uint64_t block = rig_int(t, "block");

		snprintf(row, sizeof(row), "%zu signers, block %llu", n,
		    (unsigned long long)block);
		test_row(row);
		for (k = 0; k < n; k++)
			EXPECT(clique_in_turn(block, k, n) ==
			       (k == rig_int(t, "inTurnIndex")));
		EXPECT_U64(clique_limit(n), rig_int(t, "limit"));
		EXPECT_U64(clique_wiggle_ms(n),
		    rig_int(json_object_get(t, "maxOutOfTurnDelayMs"), "geth"));
	}
	test_count(i);
	json_decref(root);
}

TEST(test_clique_vectors_seal_hash_of_empty_london_header)
{
	static const uint8_t extra[CLIQUE_VANITY + CLIQUE_SEAL];
	struct header h = {
	    .extra = {extra, sizeof(extra)}, .field_cnt = HEADER_FIELDS_LONDON};
	json_t *root = rig_json(vectors);
	struct hash got;

	if (root == NULL)
		return;
	EXPECT_RC(clique_seal_hash(&got, &h, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&got),
	    test_hex(
		rig_str(json_object_get(root, "sealHashOfEmptyLondonHeader"),
		    "expected")));
	json_decref(root);
}
