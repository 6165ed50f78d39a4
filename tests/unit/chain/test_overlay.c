/* SPDX-License-Identifier: Apache-2.0
 *
 * A state over a state: what is on top wins, what is not comes from below.
 */
#include "chain/chain_priv.h"
#include "yard.h"

/* Keys that each_slot has named, and after how many it should stop. */
struct named {
	struct hash keys[8];
	size_t cnt, stop_after;
};

static bool
name_key(void *ctx, const struct addr *addr, const struct hash *key)
{
	struct named *n = ctx;

	(void)addr;
	n->keys[n->cnt++] = *key;
	return n->cnt < n->stop_after;
}

static size_t
slots_of(const struct chain_base *b, struct addr addr, size_t stop_after)
{
	struct named n = {.stop_after = stop_after};

	EXPECT_RC(
	    b->src.each_slot(b->src.ctx, &addr, name_key, &n, NULL), RC_OK);
	return n.cnt;
}

static struct state_slot_change
slot_change(struct addr addr, struct hash key, uint64_t after)
{
	return (struct state_slot_change){
	    .addr = addr, .key = key, .after = u256_from_u64(after)};
}

TEST(test_overlay_over_nothing_is_empty)
{
	struct chain_base nothing = chain_base_empty(), b;
	struct addr a = yard_target(1);
	struct chain_overlay o;
	struct trie_path path = {.len = 2};
	struct account acc;
	struct bytes out;
	struct hash key = {{1}};
	size_t accounts, slots;
	struct u256 v;
	bool found;

	chain_overlay_open(&o, &nothing);
	b = chain_overlay_base(&o, NULL);
	EXPECT(hash_eq(&b.root, &HASH_EMPTY_TRIE));
	EXPECT_RC(b.src.account(b.src.ctx, &acc, &found, &a, NULL), RC_OK);
	EXPECT(!found);
	EXPECT_RC(b.src.slot(b.src.ctx, &v, &a, &key, NULL), RC_OK);
	EXPECT(u256_is_zero(&v));
	EXPECT_RC(b.src.code(b.src.ctx, &out, &key, NULL), RC_CORRUPT);
	EXPECT_RC(b.tries.node(b.tries.ctx, &out, &key, &path, NULL), RC_OK);
	EXPECT_U64(out.len, 0);
	EXPECT_U64(slots_of(&b, a, 9), 0);
	chain_overlay_count(&o, &accounts, &slots);
	EXPECT_U64(accounts + slots, 0);
	chain_overlay_close(&o);
}

TEST(test_overlay_added_values_win_over_those_below)
{
	struct addr a = yard_target(1), b = yard_target(2);
	struct hash k1 = {{1}}, k2 = {{2}}, code_hash = {{3}}, root = {{9}};
	struct state_account_change accounts[2] = {
	    {.addr = a, .has_after = true}, {.addr = b}};
	struct state_slot_change slots[2];
	struct state_code_change code = {
	    .hash = code_hash, .code = bytes_of("code", 4)};
	struct trie_node nodes[2] = {
	    {.path = {.len = 0}, .rlp = bytes_of("top", 3)},
	    {.path = {.nib = {5}, .len = 1}, .rlp = bytes_of("five", 4)}};
	struct state_trie_nodes tries[2] = {
	    {.is_storage = true, .addr_hash = k1, .batch = {&nodes[1], 1}},
	    {.batch = {nodes, 2}}};
	struct state_diff diff = {accounts, 2, slots, 2, &code, 1};
	struct state_nodes list = {tries, 2};
	struct chain_base nothing = chain_base_empty(), base;
	struct chain_overlay below, o;
	struct account acc;
	struct bytes out;
	size_t n_acc, n_slot;
	struct u256 v;
	bool found;

	accounts[0].after.nonce = 5;
	slots[0] = slot_change(a, k1, 7);
	slots[1] = slot_change(a, k2, 8);
	chain_overlay_open(&below, &nothing);
	EXPECT_RC(chain_overlay_add(&below, &root, &diff, &list, NULL), RC_OK);
	base = chain_overlay_base(&below, NULL);
	EXPECT(hash_eq(&base.root, &root));
	EXPECT_U64(slots_of(&base, a, 9), 2);
	EXPECT_U64(slots_of(&base, a, 1), 1);
	EXPECT_U64(slots_of(&base, b, 9), 0);
	EXPECT_RC(base.src.code(base.src.ctx, &out, &code_hash, NULL), RC_OK);
	EXPECT_BYTES(out, bytes_of("code", 4));
	EXPECT_RC(
	    base.tries.node(base.tries.ctx, &out, NULL, &nodes[1].path, NULL),
	    RC_OK);
	EXPECT_BYTES(out, bytes_of("five", 4));
	EXPECT_RC(
	    base.tries.node(base.tries.ctx, &out, &k1, &nodes[0].path, NULL),
	    RC_OK);
	EXPECT_U64(out.len, 0); /* another trie's root */

	/* On top: one slot gone, a new one, the account gone, a node too. */
	chain_overlay_open(&o, &base);
	slots[0] = slot_change(a, k1, 0);
	slots[1] = slot_change(a, code_hash, 4);
	accounts[0].has_after = false;
	nodes[0].rlp = bytes_of(NULL, 0);
	diff.code_cnt = 0;
	EXPECT_RC(chain_overlay_add(&o, &root, &diff, &list, NULL), RC_OK);
	base = chain_overlay_base(&o, NULL);
	EXPECT_U64(slots_of(&base, a, 9), 2); /* k2 from below, the new one */
	EXPECT_U64(slots_of(&base, a, 1), 1); /* stops below already */
	EXPECT_RC(base.src.slot(base.src.ctx, &v, &a, &k1, NULL), RC_OK);
	EXPECT(u256_is_zero(&v));
	EXPECT_RC(base.src.slot(base.src.ctx, &v, &a, &k2, NULL), RC_OK);
	EXPECT_U64(v.w[0], 8);
	EXPECT_RC(
	    base.src.account(base.src.ctx, &acc, &found, &a, NULL), RC_OK);
	EXPECT(!found);
	EXPECT_RC(base.src.code(base.src.ctx, &out, &code_hash, NULL), RC_OK);
	EXPECT_RC(
	    base.tries.node(base.tries.ctx, &out, NULL, &nodes[0].path, NULL),
	    RC_OK);
	EXPECT_U64(out.len, 0);
	/* Put again: values are replaced in place. */
	slots[0] = slot_change(a, k1, 11);
	nodes[0].rlp = bytes_of("again", 5);
	EXPECT_RC(chain_overlay_add(&o, &root, &diff, &list, NULL), RC_OK);
	EXPECT_RC(base.src.slot(base.src.ctx, &v, &a, &k1, NULL), RC_OK);
	EXPECT_U64(v.w[0], 11);
	chain_overlay_count(&o, &n_acc, &n_slot);
	EXPECT_U64(n_acc, 0);
	EXPECT_U64(n_slot, 2);
	chain_overlay_close(&o);
	chain_overlay_close(&below);
}

/* BLOCKHASH on the chain, on a branch, and out of reach. */
TEST(test_run_block_hash_follows_the_branch)
{
	struct hash want, got;
	struct chain_link link;
	struct chain_base base;
	struct chain_run r;
	struct header h;
	struct yard y, other;
	struct addr author = {{0}};
	size_t i;

	yard_open(&y, "a", FORK_LONDON);
	yard_open(&other, "b", FORK_LONDON);
	yard_block(&y, 5);
	EXPECT_RC(yard_give(&other, yard_raw(&y, 1)), RC_OK);
	yard_block(&y, 5);
	yard_block(&y, 5);
	yard_tx(&other, 1, yard_target(1), 1);
	for (i = 0; i < 2; i++)
		EXPECT_RC(yard_give(&y, yard_block(&other, 1)), RC_OK);
	/* A block on the side branch of y. */
	h = yard_template(&other, 1);
	link = (struct chain_link){.view = chain_view(y.chain), .number = 3};
	base = chain_base_of(&link, &chain_head(y.chain)->header->state_root);
	EXPECT_RC(chain_run_open(y.chain, &r, &base, &h, &author, NULL), RC_OK);
	for (i = 0; i <= 3; i++) {
		want = yard_hash(&other, i);
		EXPECT_RC(r.env.block_hash(r.env.ctx, &got, i), RC_OK);
		EXPECT(hash_eq(&got, &want));
	}
	EXPECT_RC(r.env.block_hash(r.env.ctx, &got, 4), RC_NOT_FOUND);
	base.view = NULL;
	EXPECT_RC(r.env.block_hash(r.env.ctx, &got, 0), RC_NOT_FOUND);
	chain_run_close(&r);
	yard_close(&y);
	yard_close(&other);
}
