/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine without seals, the making of a Clique engine, the document of a
 * snapshot, and chains that other engines recorded.
 */
#include "base/hex.h"
#include "eth/block.h"
#include "rig.h"

#include <stdio.h>

TEST(test_engine_none_checks_what_needs_no_seal)
{
	static const struct {
		const char *name;
		uint64_t number, time, limit, used;
		enum rc want;
	} rows[] = {
	    {"good", 6, 101, 8000000, 8000000, RC_OK},
	    {"gap", 7, 101, 8000000, 0, RC_BLK_PARENT},
	    {"same number", 5, 101, 8000000, 0, RC_BLK_PARENT},
	    {"same time", 6, 100, 8000000, 0, RC_BLK_TIME},
	    {"more gas than the limit", 6, 101, 8000000, 8000001,
		RC_BLK_GAS_USED},
	    {"limit jumps", 6, 101, 8007812, 0, RC_BLK_GAS_LIMIT},
	    {"limit steps", 6, 101, 8007811, 0, RC_OK},
	};
	const struct header parent = {.number = 5,
	    .time = 100,
	    .gas_limit = 8000000,
	    .field_cnt = HEADER_FIELDS_FRONTIER};
	struct engine *g = engine_none();
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct header h = {.parent = header_hash(&parent),
		    .number = rows[i].number,
		    .time = rows[i].time,
		    .gas_limit = rows[i].limit,
		    .gas_used = rows[i].used,
		    .field_cnt = HEADER_FIELDS_FRONTIER};

		test_row(rows[i].name);
		EXPECT_RC(engine_verify(g, &h, &parent, 0, NULL), rows[i].want);
	}
	test_count(i);
}

TEST(test_engine_none_follows_weight_then_length)
{
	const struct header low = {.number = 5}, high = {.number = 6};
	const struct u256 light = u256_from_u64(5), heavy = u256_from_u64(6);
	struct engine *g = engine_none();

	EXPECT(engine_prefer(g, &low, &heavy, &high, &light) > 0);
	EXPECT(engine_prefer(g, &high, &light, &low, &heavy) < 0);
	EXPECT(engine_prefer(g, &high, &light, &low, &light) > 0);
	EXPECT(engine_prefer(g, &low, &light, &low, &light) == 0);
}

TEST(test_engine_none_gas_is_the_heads)
{
	const struct header head = {.gas_limit = 4711};
	struct engine_gas gas;

	engine_gas(engine_none(), &gas, &head);
	EXPECT_U64(gas.next, 4711);
	EXPECT_U64(gas.lasting, 4711);
}

TEST(test_engine_none_seals_and_votes_nothing)
{
	const struct header h = {.coinbase = {{9}}};
	const struct engine_proposal *list;
	struct engine_event ev = {.kind = EV_START, .header = &h};
	struct engine_effects out;
	struct engine_status status;
	struct engine *g = engine_none();
	struct addr who, *signers;
	struct jsonw w;
	struct arena a;
	size_t cnt = 5;

	arena_init(&a, 1 << 16);
	EXPECT_RC(engine_author(g, &who, &h, NULL), RC_OK);
	EXPECT(addr_eq(&who, &h.coinbase));
	EXPECT_RC(engine_step(g, &a, &out, &ev, 0, NULL), RC_OK);
	EXPECT_U64(out.cnt, 0);
	EXPECT_RC(engine_signers(g, &a, &signers, &cnt, &ev.hash, NULL), RC_OK);
	EXPECT_U64(cnt, 0);
	EXPECT_RC(engine_propose(g, &who, true, NULL), RC_DENIED);
	EXPECT_RC(engine_discard(g, &who, NULL), RC_NOT_FOUND);
	EXPECT_U64(engine_proposals(g, &list), 0);
	engine_status(g, &status, 0);
	EXPECT_U64(status.state, ENGINE_OFF);
	jsonw_init(&w, 100);
	EXPECT_RC(engine_describe(g, &w, &ev.hash, NULL), RC_OK);
	EXPECT_BYTES(jsonw_bytes(&w), bytes_of_str("null"));
	jsonw_free(&w);
	arena_drop(&a);
	engine_free(g);
	engine_free(NULL);
}

TEST(test_engine_clique_without_epoch_is_refused)
{
	struct engine *g;
	struct rig r;

	rig_open(&r, true);
	r.conf.epoch = 0;
	EXPECT_RC(clique_new(&g, &r.conf, &r.link, NULL), RC_CONF);
	rig_close(&r);
}

TEST(test_engine_describe_is_the_document_of_get_snapshot)
{
	const struct header *h;
	struct header next;
	struct hash hash;
	struct engine *g;
	struct jsonw w;
	struct rig r;
	char want[1024];
	char a[43], b[43], c[43], at[67];

	rig_open(&r, true);
	h = rig_genesis(&r, 2);
	g = rig_engine(&r);
	rig_next(&r, &next, h, 1, 2);
	next.coinbase = rig_addr(5);
	memset(next.nonce, 0xff, sizeof(next.nonce));
	rig_seal(&r, &next, 1);
	hash = rig_put(&r, &next);
	jsonw_init(&w, 4096);
	EXPECT_RC(engine_describe(g, &w, &hash, NULL), RC_OK);
	EXPECT(jsonw_done(&w));
	snprintf(want, sizeof(want),
	    "{\"number\":1,\"hash\":\"%s\",\"signers\":{\"%s\":{},\"%s\":{}},"
	    "\"recents\":{\"1\":\"%s\"},\"votes\":[{\"signer\":\"%s\","
	    "\"block\":1,\"address\":\"%s\",\"authorize\":true}],"
	    "\"tally\":{\"%s\":{\"authorize\":true,\"votes\":1}}}",
	    hex_put0x(at, hash_bytes(&hash)),
	    hex_put0x(a, bytes_of(rig_addr(0).b, 20)),
	    hex_put0x(b, bytes_of(rig_addr(1).b, 20)), b, b,
	    hex_put0x(c, bytes_of(rig_addr(5).b, 20)), c);
	EXPECT_BYTES(jsonw_bytes(&w), bytes_of_str(want));
	hash.b[0] ^= 1;
	EXPECT_RC(engine_describe(g, &w, &hash, NULL), RC_NOT_FOUND);
	jsonw_free(&w);
	engine_free(g);
	rig_close(&r);
}

/* Two votes on one target are one line of the tally. */
TEST(test_engine_describe_counts_votes_by_target)
{
	const struct header *h;
	struct header next;
	struct hash hash;
	struct engine *g;
	struct jsonw w;
	struct rig r;
	size_t i;

	rig_open(&r, true);
	h = rig_genesis(&r, 5);
	g = rig_engine(&r);
	for (i = 1; i <= 3; i++) {
		rig_next(&r, &next, h, i, 5);
		next.coinbase = rig_addr(i == 2 ? 6 : 7);
		memset(next.nonce, 0xff, sizeof(next.nonce));
		rig_seal(&r, &next, i);
		hash = rig_put(&r, &next);
		h = rig_get(&r, &hash);
	}
	jsonw_init(&w, 4096);
	EXPECT_RC(engine_describe(g, &w, &hash, NULL), RC_OK);
	EXPECT(memmem(jsonw_bytes(&w).ptr, jsonw_bytes(&w).len, "\"votes\":2}",
		   10) != NULL);
	EXPECT(memmem(jsonw_bytes(&w).ptr, jsonw_bytes(&w).len, "\"votes\":1}",
		   10) != NULL);
	jsonw_free(&w);
	engine_free(g);
	rig_close(&r);
}

/* Headers of unknown parents cannot be ranked by turn: the hash decides. */
TEST(test_engine_prefer_without_signer_set_goes_by_hash)
{
	const struct u256 td = u256_from_u64(5);
	struct header a, b;
	struct hash x, y;
	struct engine *g;
	struct rig r;

	rig_open(&r, true);
	rig_next(&r, &a, rig_genesis(&r, 2), 1, 2);
	g = rig_engine(&r);
	a.parent.b[0] ^= 1;
	b = a;
	b.time++;
	rig_seal(&r, &a, 0);
	rig_seal(&r, &b, 1);
	x = header_hash(&a);
	y = header_hash(&b);
	EXPECT((engine_prefer(g, &a, &td, &b, &td) > 0) ==
	       (memcmp(x.b, y.b, 32) < 0));
	EXPECT((engine_prefer(g, &b, &td, &a, &td) > 0) ==
	       (memcmp(x.b, y.b, 32) > 0));
	engine_free(g);
	rig_close(&r);
}

TEST(test_engine_header_without_room_for_a_seal)
{
	static const uint8_t extra[CLIQUE_SEAL - 1];
	const struct header h = {
	    .extra = {extra, sizeof(extra)}, .field_cnt = HEADER_FIELDS_LONDON};
	struct bytes message;
	struct hash hash;
	struct addr who;
	struct arena a;

	arena_init(&a, 1 << 12);
	EXPECT_RC(clique_seal_hash(&hash, &h, NULL), RC_BLK_SIG_MISSING);
	EXPECT_RC(
	    clique_seal_bytes(&a, &message, &h, NULL), RC_BLK_SIG_MISSING);
	EXPECT_RC(clique_signer(&who, &h, NULL), RC_BLK_SIG_MISSING);
	arena_drop(&a);
}

/* Recorded chains. --------------------------------------------------- */

/* The member lists of a chain's expected.json, by block number; NULL where
 * the chain has none. */
struct recorded {
	const json_t *hashes, *sealers, *signers;
};

static void
expect_hex(struct bytes got, const json_t *want)
{
	EXPECT_BYTES(got, test_hex(json_string_value(want)));
}

static void
expect_recorded(struct engine *g, const struct recorded *x,
    const struct header *h, const struct hash *hash)
{
	const json_t *set = json_array_get(x->signers, h->number);
	struct addr who, *list;
	struct arena a;
	size_t cnt, i;

	arena_init(&a, 1 << 16);
	expect_hex(hash_bytes(hash), json_array_get(x->hashes, h->number));
	if (h->number > 0) {
		EXPECT_RC(engine_author(g, &who, h, NULL), RC_OK);
		expect_hex(
		    addr_bytes(&who), json_array_get(x->sealers, h->number));
	}
	EXPECT_RC(engine_signers(g, &a, &list, &cnt, hash, NULL), RC_OK);
	EXPECT_U64(cnt, json_array_size(set));
	for (i = 0; i < cnt; i++)
		expect_hex(addr_bytes(&list[i]), json_array_get(set, i));
	arena_drop(&a);
}

/* Verifies every block of an exported chain; returns how many there were. */
static size_t
follow(struct rig *r, struct engine *g, struct bytes blocks,
    const struct recorded *x)
{
	const struct header *parent;
	struct arena a;
	struct block b;
	struct hash hash;
	size_t cnt = 0;

	arena_init(&a, 64 << 20);
	for (; blocks.len > 0; cnt++) {
		if (block_take(&a, &b, &blocks, NULL) != RC_OK) {
			test_fail(__FILE__, __LINE__, "block %zu", cnt);
			break;
		}
		parent = map_get(&r->headers, b.header.parent.b);
		if (b.header.number > 0)
			EXPECT_RC(engine_verify(g, &b.header, parent,
				      b.header.time, NULL),
			    RC_OK);
		hash = rig_put(r, &b.header);
		if (x != NULL)
			expect_recorded(g, x, &b.header, &hash);
	}
	arena_drop(&a);
	return cnt;
}

TEST(test_engine_follows_a_chain_of_go_ethereum)
{
	const char *dir = test_unpack("ethereum/captures.tar.zst");
	struct recorded x;
	struct engine *g;
	char path[512];
	json_t *doc;
	struct rig r;

	if (dir == NULL) {
		test_skip("public vectors not found, or no zstd or tar");
		return;
	}
	snprintf(path, sizeof(path), "%s/clique-geth/expected.json", dir);
	doc = json_load_file(path, 0, NULL);
	x = (struct recorded){json_object_get(doc, "hashes"),
	    json_object_get(doc, "sealers"),
	    json_object_get(doc, "signersAfter")};
	rig_open(&r, true);
	r.conf.epoch = 25;
	r.forks.at[FORK_BERLIN] = 10;
	r.forks.at[FORK_LONDON] = 20;
	g = rig_engine(&r);
	snprintf(path, sizeof(path), "%s/clique-geth/blocks.rlp", dir);
	EXPECT_U64(follow(&r, g, test_read(path), &x), 50);
	test_count(50);
	engine_free(g);
	rig_close(&r);
	json_decref(doc);
}

TEST(test_engine_follows_a_chain_of_besu)
{
	const char *dir = test_unpack("ethereum/chains.tar.zst");
	struct engine *g;
	char path[512];
	struct rig r;

	if (dir == NULL) {
		test_skip("public vectors not found, or no zstd or tar");
		return;
	}
	rig_open(&r, true);
	r.conf.period_s = 10;
	g = rig_engine(&r);
	snprintf(path, sizeof(path), "%s/clique/blocks.rlp", dir);
	EXPECT_U64(follow(&r, g, test_read(path), NULL), 3);
	engine_free(g);
	rig_close(&r);
}
