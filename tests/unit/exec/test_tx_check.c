/* SPDX-License-Identifier: Apache-2.0
 *
 * Stateless rules row by row, then the public transaction suite: a verdict
 * and, where accepted, sender, hash and intrinsic gas for each fork.
 */
#include <jansson.h>
#include <stdio.h>

#include "world.h"

#define MAX_HEX                                                                \
	"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* What a row changes of a good transaction. */
enum change {
	NOTHING,
	OTHER_CHAIN,
	PROTECTED,
	HIGH_S,
	LAST_NONCE,
	NONCE_BEFORE_LAST,
	TIP_ABOVE,
	COST_OVERFLOW,
	HIGHEST_VALUE,
	BIG_INIT_CODE,
	LARGEST_INIT_CODE,
	LOW_GAS,
	BELOW_FLOOR,
	GAS_ABOVE_CAP
};

static const struct {
	const char *name;
	enum fork f;
	enum tx_type type;
	enum change change;
	enum rc want;
	const char *text;
} rows[] = {
    {"legacy, Frontier", FORK_FRONTIER, TX_LEGACY, NOTHING, RC_OK, ""},
    {"legacy, newest", FORK_OSAKA, TX_LEGACY, NOTHING, RC_OK, ""},
    {"2930 before Berlin", FORK_ISTANBUL, TX_ACCESS_LIST, NOTHING, RC_TX_TYPE,
	"transaction type not supported: type 1"},
    {"2930, Berlin", FORK_BERLIN, TX_ACCESS_LIST, NOTHING, RC_OK, ""},
    {"1559 before London", FORK_BERLIN, TX_DYNAMIC_FEE, NOTHING, RC_TX_TYPE,
	"transaction type not supported: type 2"},
    {"1559, London", FORK_LONDON, TX_DYNAMIC_FEE, NOTHING, RC_OK, ""},
    {"4844 before Cancun", FORK_SHANGHAI, TX_BLOB, NOTHING, RC_TX_TYPE,
	"transaction type not supported: type 3"},
    {"4844 without blobs", FORK_CANCUN, TX_BLOB, NOTHING, RC_TX_BLOBS,
	"0 blobs, want 1 to 6"},
    {"7702 before Prague", FORK_CANCUN, TX_SET_CODE, NOTHING, RC_TX_TYPE,
	"transaction type not supported: type 4"},
    {"7702 without authorizations", FORK_PRAGUE, TX_SET_CODE, NOTHING,
	RC_TX_AUTHS, "EIP-7702 transaction with empty auth list"},
    {"chain id, 1559", FORK_LONDON, TX_DYNAMIC_FEE, OTHER_CHAIN, RC_TX_CHAIN_ID,
	"invalid chain id for signer: have 7 want 1"},
    {"chain id, EIP-155", FORK_LONDON, TX_LEGACY, OTHER_CHAIN, RC_TX_CHAIN_ID,
	"invalid chain id for signer: have 7 want 1"},
    {"protected before EIP-155", FORK_TANGERINE, TX_LEGACY, PROTECTED,
	RC_BAD_SIGNATURE, "invalid transaction v, r, s values"},
    {"protected, EIP-155", FORK_EIP155, TX_LEGACY, PROTECTED, RC_OK, ""},
    {"high s, Frontier", FORK_FRONTIER, TX_LEGACY, HIGH_S, RC_OK, ""},
    {"high s, EIP-2", FORK_HOMESTEAD, TX_LEGACY, HIGH_S, RC_BAD_SIGNATURE,
	"invalid transaction v, r, s values"},
    {"nonce, EIP-2681", FORK_FRONTIER, TX_LEGACY, LAST_NONCE, RC_TX_NONCE_MAX,
	"nonce has max value: 18446744073709551615"},
    {"nonce below the last", FORK_LONDON, TX_LEGACY, NONCE_BEFORE_LAST, RC_OK,
	""},
    {"tip above fee", FORK_LONDON, TX_DYNAMIC_FEE, TIP_ABOVE,
	RC_TX_TIP_ABOVE_FEE,
	"max priority fee per gas higher than max fee per gas: "
	"maxPriorityFeePerGas: 2, maxFeePerGas: 1"},
    {"gas above 2^256", FORK_LONDON, TX_DYNAMIC_FEE, COST_OVERFLOW, RC_TX_FUNDS,
	"insufficient funds for gas * price + value: tx cost is above 2^256"},
    {"a value that nobody has", FORK_LONDON, TX_DYNAMIC_FEE, HIGHEST_VALUE,
	RC_OK, ""},
    {"init code before EIP-3860", FORK_PARIS, TX_LEGACY, BIG_INIT_CODE, RC_OK,
	""},
    {"init code, EIP-3860", FORK_SHANGHAI, TX_LEGACY, BIG_INIT_CODE,
	RC_TX_INIT_CODE,
	"max initcode size exceeded: code size 49153, limit 49152"},
    {"largest init code", FORK_SHANGHAI, TX_LEGACY, LARGEST_INIT_CODE, RC_OK,
	""},
    {"gas below intrinsic", FORK_LONDON, TX_LEGACY, LOW_GAS, RC_TX_INTRINSIC,
	"intrinsic gas too low: gas 20999, minimum needed 21000"},
    {"gas below floor, EIP-7623", FORK_PRAGUE, TX_LEGACY, BELOW_FLOOR,
	RC_TX_FLOOR_GAS,
	"insufficient gas for floor data gas cost: gas 24999, minimum needed "
	"25000"},
    {"same gas before Prague", FORK_CANCUN, TX_LEGACY, BELOW_FLOOR, RC_OK, ""},
    {"gas cap, EIP-7825", FORK_OSAKA, TX_LEGACY, GAS_ABOVE_CAP, RC_TX_GAS_LIMIT,
	"transaction gas limit too high (cap: 16777216, tx: 16777217)"},
    {"no cap before Osaka", FORK_PRAGUE, TX_LEGACY, GAS_ABOVE_CAP, RC_OK, ""},
};

static void
apply(struct tx *tx, enum change change)
{
	static uint8_t data[EXEC_INIT_CODE_MAX + 1];

	switch (change) {
	case NOTHING:
		break;
	case OTHER_CHAIN:
		tx->has_chain_id = true;
		tx->chain_id = 7;
		break;
	case PROTECTED:
		tx->has_chain_id = true;
		break;
	case HIGH_S:
		/* The order less one. */
		u256_from_be(
		    &tx->s, test_hex("fffffffffffffffffffffffffffffffe"
				     "baaedce6af48a03bbfd25e8cd0364140"));
		break;
	case LAST_NONCE:
		tx->nonce = UINT64_MAX;
		break;
	case NONCE_BEFORE_LAST:
		tx->nonce = UINT64_MAX - 1;
		break;
	case TIP_ABOVE:
		tx->max_tip = u256_from_u64(2);
		break;
	case COST_OVERFLOW:
		u256_from_hex(&tx->max_fee, bytes_of_str(MAX_HEX), NULL);
		break;
	case HIGHEST_VALUE:
		u256_from_hex(&tx->value, bytes_of_str(MAX_HEX), NULL);
		break;
	case BIG_INIT_CODE:
	case LARGEST_INIT_CODE:
		tx->is_create = true;
		tx->gas = 10000000;
		tx->data = bytes_of(
		    data, sizeof(data) - (change == LARGEST_INIT_CODE ? 1 : 0));
		break;
	case LOW_GAS:
		tx->gas = 20999;
		break;
	case BELOW_FLOOR:
		memset(data, 1, 100);
		tx->data = bytes_of(data, 100);
		tx->gas = 24999;
		break;
	case GAS_ABOVE_CAP:
		tx->gas = 16777217;
		break;
	}
}

TEST(test_tx_check_rule_by_fork_gives_its_text)
{
	struct fork_plan p;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tx tx = world_tx(1, 0, 0);
		struct err e = {0};

		test_row(rows[i].name);
		world_plan(&p, rows[i].f);
		tx.type = rows[i].type;
		tx.has_chain_id = tx.type != TX_LEGACY;
		tx.chain_id = 1;
		apply(&tx, rows[i].change);
		EXPECT_RC(
		    exec_check_stateless(&tx, &p, 1, 1, &e), rows[i].want);
		EXPECT_STR(e.text, rows[i].text);
	}
}

/* The extension moves gas and not transaction types. */
TEST(test_tx_check_evm_fork_extension_moves_gas_only)
{
	struct tx tx = world_tx(1, 0, 0), typed = world_tx(1, 0, 0);
	uint8_t data[100];
	struct fork_plan p;

	world_plan(&p, FORK_ISTANBUL);
	p.evm_fork = FORK_PRAGUE;
	memset(data, 1, sizeof(data));
	tx.data = bytes_of(data, sizeof(data));
	tx.gas = 24999;
	EXPECT_RC(exec_check_stateless(&tx, &p, 1, 1, NULL), RC_TX_FLOOR_GAS);
	typed.type = TX_DYNAMIC_FEE;
	typed.has_chain_id = true;
	typed.chain_id = 1;
	EXPECT_RC(exec_check_stateless(&typed, &p, 1, 1, NULL), RC_TX_TYPE);
}

/* The public suite. -------------------------------------------------- */

/* verdict decodes and checks as a block of the fork would. */
static enum rc
verdict(struct arena *a, struct tx *tx, struct addr *sender,
    const struct fork_plan *p, struct bytes raw, struct err *e)
{
	TRY(tx_decode_frontier(a, tx, raw, e));
	TRY(exec_check_stateless(tx, p, 1, 1, e));
	return tx_sender(sender, tx, e);
}

static const char *
member(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

/* The suite says intrinsic gas 0 where decoding or the signature fails. */
static void
check_gas(const struct tx *tx, enum fork f, const char *want)
{
	uint64_t gas = 0, num;

	if (sscanf(want, "%lx", &num) != 1 || num == 0)
		return;
	EXPECT_RC(exec_intrinsic_gas(&gas, NULL, tx, f, NULL), RC_OK);
	EXPECT_U64(gas, num);
}

static void
check_case(
    const char *name, const char *fork, const json_t *want, struct bytes raw)
{
	const char *exception = member(want, "exception");
	struct addr sender;
	struct fork_plan p;
	struct err e = {0};
	struct arena a;
	char row[128];
	enum fork f;
	struct tx tx;
	enum rc rc;

	snprintf(row, sizeof(row), "%s, %s", name, fork);
	test_row(row);
	if (!world_fork(&f, fork)) {
		test_fail(__FILE__, __LINE__, "unknown fork");
		return;
	}
	world_plan(&p, f);
	arena_init(&a, 1 << 20);
	rc = verdict(&a, &tx, &sender, &p, raw, &e);
	if (exception != NULL) {
		if (rc == RC_OK)
			test_fail(
			    __FILE__, __LINE__, "accepted, want %s", exception);
		/* One row has it for a type that is not decoded at all. */
		if (strstr(exception, "INTRINSIC_GAS") != NULL) {
			EXPECT_RC(rc, RC_TX_INTRINSIC);
			check_gas(&tx, f, member(want, "intrinsicGas"));
		}
		if (strstr(exception, "NONCE_TOO_BIG") != NULL)
			EXPECT_RC(rc, RC_TX_NONCE_MAX);
		if (strstr(exception, "PRODUCT_OVERFLOW") != NULL)
			EXPECT_RC(rc, RC_TX_FUNDS);
	} else if (rc != RC_OK) {
		test_fail(
		    __FILE__, __LINE__, "refused: %s", err_message(&e, rc));
	} else {
		EXPECT_BYTES(
		    addr_bytes(&sender), test_hex(member(want, "sender")));
		EXPECT_BYTES(
		    hash_bytes(&tx.hash), test_hex(member(want, "hash")));
		check_gas(&tx, f, member(want, "intrinsicGas"));
	}
	arena_drop(&a);
	test_count(1);
}

static void
check_file(const char *path, size_t *cases)
{
	json_t *doc = json_load_file(path, 0, NULL), *test, *want;
	const char *name, *fork;

	if (doc == NULL) {
		test_fail(__FILE__, __LINE__, "%s is not JSON", path);
		return;
	}
	json_object_foreach(doc, name, test)
	{
		struct bytes raw = test_hex(member(test, "txbytes"));

		json_object_foreach(json_object_get(test, "result"), fork, want)
		{
			check_case(name, fork, want, raw);
			(*cases)++;
		}
	}
	json_decref(doc);
}

TEST(test_tx_check_public_suite_gives_each_forks_verdict)
{
	const char *dir = test_unpack("ethereum/transaction.tar.zst");
	const char *const *files;
	size_t cnt, i, cases = 0;

	if (dir == NULL) {
		test_skip("ethereum/transaction.tar.zst cannot be unpacked");
		return;
	}
	files = test_files(&cnt, dir, ".json");
	for (i = 0; i < cnt; i++)
		check_file(files[i], &cases);
	test_row(NULL);
	EXPECT(cases >= 1000);
}
