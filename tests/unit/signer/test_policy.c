/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be signed as what. Every shape is offered under every kind, so
 * that nothing can be passed off as something else.
 */
#include "signer/policy_priv.h"

#include "eth/tx.h"
#include "keys.h"

static const struct signer_conf all = {
    .may_seal = true, .may_sign_tx = true, .may_sign_message = true};

TEST(test_policy_kind_that_is_not_configured_is_denied)
{
	static const struct signer_conf none = {.may_seal = false};
	struct err e;
	unsigned k;

	for (k = 0; k < SIGNER_KIND_CNT; k++)
		EXPECT_RC(policy_check(&none, (enum signer_kind)k, 1,
			      bytes_of_str(""), &e),
		    RC_DENIED);
	EXPECT_STR(e.text, "this signer signs no message");
	EXPECT_RC(policy_check(&all, SIGNER_KIND_CNT, 1, bytes_of_str(""), &e),
	    RC_DENIED);
	test_count(SIGNER_KIND_CNT);
}

TEST(test_policy_only_consensus_is_counted)
{
	unsigned k;

	for (k = 0; k < SIGNER_KIND_CNT; k++)
		EXPECT(
		    policy_is_counted((enum signer_kind)k) == (k < SIGNER_TX));
}

struct shape {
	const char *name;
	struct bytes bytes;
	bool is_seal, is_vote, is_tx, is_message;
};

/* The signing preimage of a transaction of every type that a wallet makes. */
static struct bytes
tx_preimage(struct arena *a, enum tx_type type, bool has_chain_id)
{
	struct tx tx = {.type = type,
	    .has_chain_id = has_chain_id,
	    .chain_id = has_chain_id ? 2789 : 0,
	    .nonce = 3,
	    .gas = 21000};
	size_t cap = tx_encoded_size(&tx);
	struct buf b = buf_of(arena_alloc(a, cap), cap);

	EXPECT_RC(tx_encode(&b, &tx, false, NULL), RC_OK);
	return bytes_of_buf(&b);
}

static void
expect_shape(const struct shape *s)
{
	const bool want[SIGNER_KIND_CNT] = {[SIGNER_SEAL] = s->is_seal,
	    [SIGNER_PREPARE] = s->is_vote,
	    [SIGNER_COMMIT] = s->is_vote,
	    [SIGNER_PROPOSE] = s->is_vote,
	    [SIGNER_ROUND_CHANGE] = s->is_vote,
	    [SIGNER_TX] = s->is_tx,
	    [SIGNER_MESSAGE] = s->is_message};
	unsigned k;

	test_row(s->name);
	for (k = 0; k < SIGNER_KIND_CNT; k++)
		EXPECT_RC(
		    policy_check(&all, (enum signer_kind)k, 7, s->bytes, NULL),
		    want[k] ? RC_OK : RC_BAD_INPUT);
}

TEST(test_policy_every_shape_under_every_kind)
{
	struct arena a;
	size_t i;

	arena_init(&a, 1 << 20);
	const struct shape rows[] = {
	    {"header of the height", keys_seal(&a, 7, 0), true, true, false,
		false},
	    {"header of another height", keys_seal(&a, 8, 0), false, true,
		false, false},
	    {"legacy before EIP-155", tx_preimage(&a, TX_LEGACY, false), false,
		false, true, false},
	    {"legacy", tx_preimage(&a, TX_LEGACY, true), false, false, true,
		false},
	    {"access list", tx_preimage(&a, TX_ACCESS_LIST, true), false, false,
		true, false},
	    {"dynamic fee", tx_preimage(&a, TX_DYNAMIC_FEE, true), false, false,
		true, false},
	    {"signed legacy", test_hex("c9808080808080800101"), false, false,
		false, false},
	    {"legacy with s", test_hex("c9808080808080808001"), false, false,
		false, false},
	    {"legacy with a list inside", test_hex("c980808080808080c080"),
		false, false, false, false},
	    {"transaction type 0", test_hex("00c0"), false, false, false,
		false},
	    {"consensus message", test_hex("c6128401020304"), false, true,
		false, false},
	    {"EIP-191 text",
		bytes_of_str("\x19"
			     "Ethereum Signed Message:\n1x"),
		false, false, false, true},
	    {"EIP-712", test_hex("1901aabb"), false, false, false, true},
	    {"EIP-191 of another version", test_hex("1902"), false, false,
		false, false},
	    {"bare digest",
		test_hex("00112233445566778899aabbccddeeff"
			 "00112233445566778899aabbccddeeff"),
		false, false, false, false},
	    {"nothing", test_hex(""), false, false, false, false},
	    {"list and more", test_hex("c20102ff"), false, false, false, false},
	    {"type 5 envelope", test_hex("05c0"), false, false, false, false},
	};

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_shape(&rows[i]);
	test_count(i * SIGNER_KIND_CNT);
	arena_drop(&a);
}
