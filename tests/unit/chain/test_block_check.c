/* SPDX-License-Identifier: Apache-2.0
 *
 * Header rules that no engine of ours brings about: blob gas, the length of
 * a block, the requests hash, the change to proof of stake by weight.
 */
#include "chain/chain_priv.h"
#include "yard.h"

static struct fork_plan
plan_of(enum fork f)
{
	struct fork_plan p = fork_plan_none();
	size_t i;

	for (i = 0; i <= (size_t)f; i++)
		p.at[i] = i == FORK_DAO ? FORK_NEVER : 0;
	return p;
}

static const struct {
	const char *name;
	enum fork f;
	unsigned field_cnt;
	uint64_t blobs, excess; /* of the block; its parent had six blobs */
	enum rc want;
	const char *text;
} headers[] = {
    {"good, EIP-4844", FORK_CANCUN, HEADER_FIELDS_CANCUN, 6, 3, RC_OK, ""},
    {"one blob too many", FORK_CANCUN, HEADER_FIELDS_CANCUN, 7, 3,
	RC_BLK_BLOB_GAS, "blob gas 917504, at most 786432"},
    {"another excess", FORK_CANCUN, HEADER_FIELDS_CANCUN, 0, 2, RC_BLK_BLOB_GAS,
	"excess blob gas 262144, want 393216"},
    {"a field short", FORK_CANCUN, HEADER_FIELDS_SHANGHAI, 0, 3, RC_BLK_FORK,
	"header has 17 fields, CANCUN has 20"},
    {"more blobs, EIP-7691", FORK_PRAGUE, HEADER_FIELDS_PRAGUE, 9, 0, RC_OK,
	""},
    {"no requests hash", FORK_PRAGUE, HEADER_FIELDS_CANCUN, 0, 0, RC_BLK_FORK,
	"header has 20 fields, PRAGUE has 21"},
};

TEST(test_block_check_blob_gas_follows_the_schedule)
{
	size_t i;

	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct fork_plan p = plan_of(headers[i].f);
		struct header parent = {.field_cnt = HEADER_FIELDS_CANCUN,
		    .gas_limit = 30000000,
		    .gas_used = 15000000,
		    .base_fee = u256_from_u64(7),
		    .blob_gas_used = 6 * TX_BLOB_GAS};
		struct header h = parent;
		struct err e = {0};

		h.number = h.time = 1;
		h.field_cnt = headers[i].field_cnt;
		h.blob_gas_used = headers[i].blobs * TX_BLOB_GAS;
		h.excess_blob_gas = headers[i].excess * TX_BLOB_GAS;
		test_row(headers[i].name);
		EXPECT_RC(
		    chain_check_header(&p, &h, &parent, &e), headers[i].want);
		EXPECT_STR(e.text, headers[i].text);
	}
}

/* EIP-7934. */
TEST(test_block_check_length_is_bounded_from_osaka)
{
	struct fork_plan osaka = plan_of(FORK_OSAKA);
	struct fork_plan prague = plan_of(FORK_PRAGUE);
	struct header h = {.number = 1, .time = 1};
	struct err e;

	EXPECT_RC(chain_check_size(&osaka, &h, 8388608, NULL), RC_OK);
	EXPECT_RC(chain_check_size(&osaka, &h, 8388609, &e), RC_BLK_SIZE);
	EXPECT_STR(e.text, "block of 8388609 bytes, at most 8388608");
	EXPECT_RC(chain_check_size(&prague, &h, 8388609, NULL), RC_OK);
}

TEST(test_block_check_requests_hash_is_compared)
{
	struct header got = {.field_cnt = HEADER_FIELDS_PRAGUE}, want = got;

	got.requests_hash.b[0] = 1;
	EXPECT_RC(chain_compare(&got, &want, NULL), RC_BLK_REQUESTS);
	want.requests_hash.b[0] = 1;
	EXPECT_RC(chain_compare(&got, &want, NULL), RC_OK);
	got.requests_hash.b[0] = 2;
	want.field_cnt = HEADER_FIELDS_CANCUN;
	EXPECT_RC(chain_compare(&got, &want, NULL), RC_OK);
}

/* EIP-3675: the terminal block is the last with difficulty. */
TEST(test_block_check_difficulty_ends_with_the_total)
{
	struct yard maker, taker;
	struct bytes work;

	yard_open(&maker, "maker", FORK_LONDON);
	yard_open(&taker, "taker", FORK_LONDON);
	work = yard_block(&maker, 2);
	taker.g.forks.has_ttd = true;
	taker.g.ttd = chain_head(taker.chain)->total_difficulty;
	EXPECT_RC(yard_give(&taker, work), RC_BLK_DIFFICULTY);
	EXPECT_STR(
	    taker.e.text, "block 1: difficulty behind the terminal block");
	u256_add(&taker.g.ttd, &taker.g.ttd, &U256_ONE);
	EXPECT_RC(yard_give(&taker, work), RC_OK);
	yard_close(&maker);
	yard_close(&taker);
}

/* Ommers beside the public suites: a chain of authority has none. */
TEST(test_block_check_clique_has_no_ommers)
{
	struct yard y;
	struct chain_work w = {.block = {.ommer_cnt = 1}};
	struct err e;

	yard_open(&y, "a", FORK_LONDON);
	y.g.engine = GENESIS_CLIQUE;
	w.block.header.number = 3;
	EXPECT_RC(chain_check_ommers(y.chain, &w, &e), RC_BLK_UNCLES);
	EXPECT_STR(e.text, "block 3: too many ommers");
	y.g.engine = GENESIS_NO_ENGINE;
	w.block.ommer_cnt = 3;
	EXPECT_RC(chain_check_ommers(y.chain, &w, &e), RC_BLK_UNCLES);
	yard_close(&y);
}
