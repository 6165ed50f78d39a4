/* SPDX-License-Identifier: Apache-2.0
 *
 * Set-code transactions (EIP-7702), blobs (EIP-4844), access lists
 * (EIP-2930) and refunds (EIP-3529), as one transaction sees them.
 */
#include "crypto/ec.h"
#include "eth/rlp.h"
#include "exec/exec_priv.h"
#include "world.h"

enum { FROM = 1, TO = 2, CODE = 3 };

static const uint8_t key[32] = {[31] = 7};

static struct addr
authority(void)
{
	struct addr a;
	uint8_t pub[64];

	EXPECT_RC(ec_public(pub, key, NULL), RC_OK);
	ec_addr(a.b, pub);
	return a;
}

/* sign fills the signature over 0x05 and the RLP of the other fields. */
static void
sign(struct tx_auth *auth)
{
	uint8_t raw[128] = {0x05};
	struct buf b = buf_of(raw + 1, sizeof(raw) - 1);
	struct ec_sig sig;
	struct hash digest;

	rlp_put_list_head(&b,
	    rlp_size_u256(&auth->chain_id) + 21 + rlp_size_u64(auth->nonce));
	rlp_put_u256(&b, &auth->chain_id);
	rlp_put_str(&b, addr_bytes(&auth->addr));
	rlp_put_u64(&b, auth->nonce);
	digest = hash_keccak(bytes_of(raw, 1 + b.len));
	EXPECT_RC(ec_sign(&sig, key, digest.b, NULL), RC_OK);
	u256_from_be(&auth->r, bytes_of(sig.r, 32));
	u256_from_be(&auth->s, bytes_of(sig.s, 32));
	auth->y_parity = sig.y_parity;
}

enum harm {
	NONE,
	ANY_CHAIN,
	OTHER_CHAIN,
	NONCE_HIGH,
	NONCE_MAX,
	BAD_PARITY,
	HAS_CODE,
	HAS_DELEGATION,
	NO_ACCOUNT,
	TO_ZERO
};

static const struct {
	const char *name;
	enum harm harm;
	bool is_set;   /* the delegation stands in the end */
	uint64_t back; /* refund of an account that is there */
} rows[] = {
    {"good", NONE, true, GAS_AUTH - GAS_AUTH_BASE},
    {"for any chain", ANY_CHAIN, true, GAS_AUTH - GAS_AUTH_BASE},
    {"for another chain", OTHER_CHAIN, false, 0},
    {"another nonce", NONCE_HIGH, false, 0},
    {"nonce of 2^64 - 1", NONCE_MAX, false, 0},
    {"broken signature", BAD_PARITY, false, 0},
    {"the account has code", HAS_CODE, false, 0},
    {"it delegates already", HAS_DELEGATION, true, GAS_AUTH - GAS_AUTH_BASE},
    {"it is not there", NO_ACCOUNT, true, 0},
    {"zero ends a delegation", TO_ZERO, false, GAS_AUTH - GAS_AUTH_BASE},
};

static void
prepare(struct world *w, struct tx_auth *auth, enum harm harm)
{
	struct world_account *a;

	*auth = (struct tx_auth){.chain_id = U256_ONE,
	    .addr = world_addr(CODE),
	    .nonce = harm == NO_ACCOUNT ? 0 : 4};
	if (harm == ANY_CHAIN)
		auth->chain_id = U256_ZERO;
	if (harm == OTHER_CHAIN)
		auth->chain_id = u256_from_u64(2);
	if (harm == NONCE_HIGH)
		auth->nonce++;
	if (harm == NONCE_MAX)
		auth->nonce = UINT64_MAX;
	if (harm == TO_ZERO)
		auth->addr = (struct addr){{0}};
	sign(auth);
	if (harm == BAD_PARITY)
		auth->y_parity = 2;
	if (harm == NO_ACCOUNT)
		return;
	a = world_put(w, 9, 1, harm == NONCE_MAX ? UINT64_MAX : 4);
	a->addr = authority();
	if (harm == HAS_CODE)
		world_code(a, "00");
	if (harm == HAS_DELEGATION || harm == TO_ZERO)
		world_code(a, "ef01000000000000000000000000000000000000000001");
}

TEST(test_auth_sets_delegations_that_hold)
{
	struct addr who = authority();
	struct tx_auth auth;
	struct tx tx = {.type = TX_SET_CODE, .auths = &auth, .auth_cnt = 1};
	struct world w;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes code;
		struct addr to;

		test_row(rows[i].name);
		world_open(&w, FORK_PRAGUE);
		prepare(&w, &auth, rows[i].harm);
		world_start(&w);
		exec_apply_auths(w.st, &w.env, &tx);
		code = state_code(w.st, &who);
		EXPECT(evm_delegation(&to, code) == rows[i].is_set);
		EXPECT(!rows[i].is_set || addr_eq(&to, &auth.addr));
		EXPECT_U64(state_refund(w.st), rows[i].back);
		if (rows[i].harm == TO_ZERO)
			EXPECT_U64(code.len, 0);
		world_close(&w);
	}
}

/* The delegate's code runs on the authority's storage, and what it reverts
 * does not take the delegation back. */
TEST(test_auth_delegated_code_runs_and_reverts)
{
	struct addr who = authority();
	struct tx_auth auth;
	struct tx tx = world_tx(TO, 0, 0);
	struct receipt r;
	struct world w;
	struct err e;

	tx.type = TX_SET_CODE;
	tx.has_chain_id = true;
	tx.chain_id = 1;
	tx.gas = 100000;
	tx.to = who;
	tx.auths = &auth;
	tx.auth_cnt = 1;
	world_open(&w, FORK_PRAGUE);
	world_put(&w, FROM, 1000000, 0);
	prepare(&w, &auth, NONE);
	world_code(world_put(&w, CODE, 0, 1), "5f5ffd");
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
	EXPECT(!r.is_success);
	/* 21,000 and 25,000 less a fifth of it and of the code's 4. */
	EXPECT_U64(r.gas_used, 46004 - 46004 / 5);
	EXPECT_U64(state_code(w.st, &who).len, EVM_DELEGATION_LEN);
	EXPECT_U64(state_nonce(w.st, &who), 5);
	world_close(&w);
}

/* Blobs. ------------------------------------------------------------------ */

TEST(test_auth_blob_gas_is_burnt_at_the_blocks_price)
{
	struct hash hashes[2] = {{{1}}, {{1, 2}}};
	struct tx tx = world_tx(TO, 0, 0);
	struct receipt r;
	struct world w;
	struct err e;

	tx.type = TX_BLOB;
	tx.has_chain_id = true;
	tx.chain_id = 1;
	tx.blob_hashes = hashes;
	tx.blob_cnt = 2;
	tx.max_blob_fee = u256_from_u64(5);
	world_open(&w, FORK_CANCUN);
	w.env.block.blob_base_fee = u256_from_u64(3);
	world_put(&w, FROM, 2000000, 0);
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
	EXPECT_U64(
	    world_balance(&w, FROM), 2000000 - 21000 - 3 * 2 * TX_BLOB_GAS);
	EXPECT_U64(world_author_balance(&w), 21000);

	tx.nonce = 1;
	tx.max_blob_fee = u256_from_u64(2);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_TX_BLOB_FEE);
	EXPECT_STR(e.text, "max fee per blob gas less than block blob gas fee: "
			   "maxFeePerBlobGas: 2, blobBaseFee: 3");
	tx.max_blob_fee = u256_from_u64(5);
	hashes[1].b[0] = 2;
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_TX_BLOBS);
	EXPECT_STR(e.text, "blob 1 has invalid hash version 2");
	hashes[1].b[0] = 1;
	tx.is_create = true;
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_TX_BLOBS);
	world_close(&w);
}

/* EIP-7594: from Osaka on a transaction has at most six. */
TEST(test_auth_blobs_of_one_transaction_are_bounded)
{
	struct hash hashes[9];
	struct tx tx = world_tx(TO, 0, 0);
	struct fork_plan p;
	size_t i;

	for (i = 0; i < 9; i++)
		hashes[i] = (struct hash){{1}};
	tx.type = TX_BLOB;
	tx.has_chain_id = true;
	tx.chain_id = 1;
	tx.blob_hashes = hashes;
	tx.blob_cnt = 9;
	world_plan(&p, FORK_PRAGUE);
	EXPECT_RC(exec_check_stateless(&tx, &p, 1, 1, NULL), RC_OK);
	world_plan(&p, FORK_OSAKA);
	EXPECT_RC(exec_check_stateless(&tx, &p, 1, 1, NULL), RC_TX_BLOBS);
	tx.blob_cnt = 6;
	EXPECT_RC(exec_check_stateless(&tx, &p, 1, 1, NULL), RC_OK);
}

/* Warm sets. -------------------------------------------------------------- */

/* BALANCE of address 0x...09 of the world costs 100 when it is warm, 2,600
 * when not; SLOAD of slot 5 100 or 2,100. */
static const struct {
	const char *name, *code;
	enum fork f;
	bool has_list;
	uint64_t want;
} warms[] = {
    {"slot, cold", "600554", FORK_BERLIN, false, 21000 + 2103},
    {"slot, listed, EIP-2930", "600554", FORK_BERLIN, true,
	21000 + 2400 + 1900 + 103},
    {"slot, before Berlin", "600554", FORK_ISTANBUL, false, 21000 + 803},
    {"sender", "3331", FORK_BERLIN, false, 21000 + 102},
    {"recipient", "3031", FORK_BERLIN, false, 21000 + 102},
    {"author before Shanghai", "4131", FORK_PARIS, false, 21000 + 2602},
    {"author, EIP-3651", "4131", FORK_SHANGHAI, false, 21000 + 102},
    {"precompile", "600231", FORK_BERLIN, false, 21000 + 103},
};

TEST(test_auth_warm_sets_follow_fork_and_list)
{
	struct hash slot = {{[31] = 5}};
	struct tx_access list = {
	    .addr = world_addr(CODE), .keys = &slot, .key_cnt = 1};
	struct receipt r;
	struct world w;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(warms) / sizeof(warms[0]); i++) {
		struct tx tx = world_tx(CODE, 0, 0);

		test_row(warms[i].name);
		tx.gas = 100000;
		if (warms[i].has_list) {
			tx.type = TX_ACCESS_LIST;
			tx.has_chain_id = true;
			tx.chain_id = 1;
			tx.access = &list;
			tx.access_cnt = 1;
		}
		world_open(&w, warms[i].f);
		world_put(&w, FROM, 1000000, 0);
		world_code(world_put(&w, CODE, 0, 1), warms[i].code);
		world_start(&w);
		EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
		EXPECT_U64(r.gas_used, warms[i].want);
		world_close(&w);
	}
}

/* Refunds. ---------------------------------------------------------------- */

TEST(test_auth_refunds_have_bounds)
{
	EXPECT_U64(exec_gas_used(100000, 0, 0, FORK_LONDON), 100000);
	EXPECT_U64(exec_gas_used(100000, 19999, 0, FORK_LONDON), 80001);
	EXPECT_U64(exec_gas_used(100000, 20001, 0, FORK_LONDON), 80000);
	EXPECT_U64(exec_gas_used(100000, 50001, 0, FORK_BERLIN), 50000);
	EXPECT_U64(exec_gas_used(100000, 50001, 90000, FORK_PRAGUE), 90000);
}

/* Burning. ---------------------------------------------------------------- */

/* Coins of an account that is its own heir, and coins sent to one that is
 * to go, are gone; the state counts them. */
TEST(test_auth_coins_of_destroyed_accounts_are_counted)
{
	struct tx tx = world_tx(CODE, 0, 7);
	struct receipt r;
	struct u256 burnt;
	struct world w;
	struct err e;

	tx.gas = 100000;
	world_open(&w, FORK_SHANGHAI);
	world_put(&w, FROM, 1000000, 0);
	world_code(world_put(&w, CODE, 5, 1), "30ff");
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
	EXPECT_U64(world_balance(&w, CODE), 0);
	state_burnt(w.st, &burnt);
	EXPECT_U64(burnt.w[0], 12);
	world_close(&w);

	world_open(&w, FORK_CANCUN); /* EIP-6780 */
	world_put(&w, FROM, 1000000, 0);
	world_code(world_put(&w, CODE, 5, 1), "30ff");
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
	EXPECT_U64(world_balance(&w, CODE), 12);
	state_burnt(w.st, &burnt);
	EXPECT_U64(burnt.w[0], 0);
	world_close(&w);
}
