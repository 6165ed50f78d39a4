/* SPDX-License-Identifier: Apache-2.0
 *
 * Genesis roots, headers and blocks against recorded ones.
 */
#include <jansson.h>
#include <stdio.h>

#include "yard.h"

/* Spec: genesis/README.md beside the file, two independent computations. */
#define CLIQUE_ROOT                                                            \
	"0xb1511a6605fc5379c7783a716d7f412b1a7dd278eacd91d8289c926b0ad4fbc5"
#define CLIQUE_HASH                                                            \
	"0x1442ec5581532dba7258e810dd2574773f6e1c336e2db1f324a43fbf42d8fd38"
enum { CLIQUE_HEADER_LEN = 641, SCRATCH = 64 << 20 };

TEST(test_genesis_of_the_design_document_has_the_recorded_hash)
{
	const char *path = test_vectors("genesis/clique-2789.json");
	struct hash root, hash;
	struct header h;
	struct genesis g;
	struct arena a;
	size_t before;

	if (path == NULL) {
		test_skip("genesis/clique-2789.json is not there");
		return;
	}
	arena_init(&a, SCRATCH);
	EXPECT_RC(genesis_read(&a, &g, test_read(path), NULL), RC_OK);
	EXPECT_U64(g.account_cnt, 257);
	before = a.used_bytes;
	EXPECT_RC(chain_genesis_root(&a, &root, &g, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&root), test_hex(CLIQUE_ROOT));
	EXPECT_RC(chain_genesis_header(&a, &h, &hash, &g, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&h.state_root), test_hex(CLIQUE_ROOT));
	EXPECT_U64(header_size(&h), CLIQUE_HEADER_LEN);
	EXPECT_BYTES(hash_bytes(&hash), test_hex(CLIQUE_HASH));
	EXPECT_U64(a.used_bytes, before); /* scratch was given back */
	arena_drop(&a);
}

/* The suites' old form: wei in decimal, no config. */
static void
read_old(struct arena *a, struct genesis *g, const json_t *doc)
{
	const json_t *alloc = json_object_get(doc, "alloc");
	struct genesis_account *acc =
	    arena_array(a, json_object_size(alloc), sizeof(*acc));
	struct header *h = &g->header;
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)alloc, key, v)
	{
		struct genesis_account *out = &acc[g->account_cnt++];
		const char *wei = json_string_value(json_object_get(v, "wei"));

		memcpy(out->addr.b, test_hex(key).ptr, sizeof(out->addr.b));
		EXPECT_RC(u256_from_dec(&out->balance, bytes_of_str(wei), NULL),
		    RC_OK);
	}
	g->accounts = acc;
	g->forks = fork_plan_none();
	h->ommers_hash = HASH_EMPTY_LIST;
	h->tx_root = h->receipts_root = HASH_EMPTY_TRIE;
	h->field_cnt = HEADER_FIELDS_FRONTIER;
	h->difficulty = u256_from_u64(0x20000);
	h->gas_limit = 0x2fefd8;
	memset(h->coinbase.b, 0x33, sizeof(h->coinbase.b));
	memcpy(h->nonce, test_hex("deadbeefdeadbeef").ptr, sizeof(h->nonce));
}

TEST(test_genesis_of_the_public_suite_gives_its_block)
{
	const char *dir = test_unpack("ethereum/unit.tar.zst");
	struct store_block *b;
	struct genesis g = {0};
	struct arena a;
	char path[256];
	json_t *doc;

	if (dir == NULL) {
		test_skip("ethereum/unit.tar.zst cannot be unpacked");
		return;
	}
	snprintf(path, sizeof(path), "%s/GenesisTests/basic_genesis_tests.json",
	    dir);
	doc = json_load_file(path, 0, NULL);
	EXPECT(doc != NULL);
	arena_init(&a, SCRATCH);
	read_old(&a, &g, json_object_get(doc, "test2"));
	EXPECT_RC(chain_genesis_block(&b, &g, NULL), RC_OK);
	EXPECT_BYTES(b->raw, test_hex(json_string_value(json_object_get(
				 json_object_get(doc, "test2"), "result"))));
	EXPECT_U64(b->tx_cnt, 0);
	EXPECT_U64(b->diff.account_cnt, 12);
	EXPECT(u256_eq(&b->total_difficulty, &g.header.difficulty));
	store_block_free(b);
	json_decref(doc);
	arena_drop(&a);
}

/* Two accounts whose storage and code count; the root was computed by
 * ethers' and @ethereumjs/trie's rules by hand: see the assertion on parts. */
TEST(test_genesis_with_code_and_slots_lists_them)
{
	struct genesis_slot slots[3] = {{{{1}}, {{7, 0, 0, 0}}},
	    {{{2}}, {{0, 0, 0, 0}}}, {{{3}}, {{9, 0, 0, 0}}}};
	struct genesis_account acc[2] = {
	    {.addr = {{1}}, .balance = {{1, 0, 0, 0}}},
	    {.addr = {{2}},
		.nonce = 1,
		.code = bytes_of("\x60\x00", 2),
		.slots = slots,
		.slot_cnt = 3}};
	struct genesis g = {.accounts = acc, .account_cnt = 2};
	struct hash with, without;
	struct store_block *b;
	struct arena a;
	size_t i;

	g.forks = fork_plan_none();
	g.header.field_cnt = HEADER_FIELDS_FRONTIER;
	arena_init(&a, SCRATCH);
	EXPECT_RC(chain_genesis_block(&b, &g, NULL), RC_OK);
	EXPECT_U64(b->diff.slot_cnt, 2); /* a slot of zero is none */
	EXPECT_U64(b->diff.code_cnt, 1);
	EXPECT_U64(b->nodes.cnt, 2);
	EXPECT(b->nodes.tries[0].is_storage);
	for (i = 0; i < 2; i++) {
		const struct state_account_change *c = &b->diff.accounts[i];

		EXPECT(!c->had_before && c->has_after);
		EXPECT(hash_eq(&c->after.storage_root, &HASH_EMPTY_TRIE) ==
		       (c->after.nonce == 0));
		EXPECT(hash_eq(&c->after.code_hash, &HASH_EMPTY_CODE) ==
		       (c->after.nonce == 0));
	}
	EXPECT(memcmp(b->diff.accounts[0].addr_hash.b,
		   b->diff.accounts[1].addr_hash.b, 32) < 0);
	with = b->header.state_root;
	store_block_free(b);
	acc[1].slot_cnt = 0;
	EXPECT_RC(chain_genesis_root(&a, &without, &g, NULL), RC_OK);
	EXPECT(!hash_eq(&with, &without));
	arena_drop(&a);
}

TEST(test_genesis_without_accounts_has_the_empty_root)
{
	struct genesis g = {0};
	struct hash root;
	struct arena a;

	g.forks = fork_plan_none();
	arena_init(&a, SCRATCH);
	EXPECT_RC(chain_genesis_root(&a, &root, &g, NULL), RC_OK);
	EXPECT(hash_eq(&root, &HASH_EMPTY_TRIE));
	arena_drop(&a);
}
