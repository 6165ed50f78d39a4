/* SPDX-License-Identifier: Apache-2.0
 *
 * Blob gas: prices of EIP-4844's formula, and the excess that follows.
 */
#include "eth/blobfee.h"

#include "eth/tx.h"

#include "test.h"

/* fake_exponential(1, excess, fraction); the last rows are where a block's
 * price doubles and where it leaves 256 bits. */
static const struct {
	uint64_t excess, fraction;
	const char *price;
} prices[] = {
    {0, 3338477, "1"},
    {2314057, 3338477, "1"},
    {2314058, 3338477, "2"},
    {10 * 1024 * 1024, 3338477, "23"},
    {3338477 * 10, 3338477, "22026"},
    {5007716 * 20, 5007716, "485165195"},
    {600000000, 3338477,
	"115792089237316195423570985008687907853269984665640"
	"564039457584007913129639935"},
    {UINT64_MAX, 1,
	"115792089237316195423570985008687907853269984665640564039"
	"457584007913129639935"},
};

TEST(test_blobfee_price_is_the_exponential)
{
	char text[U256_DEC_MAX];
	struct u256 got;
	size_t i;

	for (i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
		blobfee_price(&got, prices[i].excess, prices[i].fraction);
		u256_dec(text, &got);
		test_row(prices[i].price);
		EXPECT_STR(text, prices[i].price);
	}
}

static const struct {
	const char *name;
	enum fork f;
	unsigned field_cnt;
	uint64_t excess, used, base_fee, want;
} steps[] = {
    {"parent before Cancun", FORK_CANCUN, HEADER_FIELDS_SHANGHAI, 9, 9, 1, 0},
    {"below the target", FORK_CANCUN, HEADER_FIELDS_CANCUN, 0, 2, 1, 0},
    {"at the target", FORK_CANCUN, HEADER_FIELDS_CANCUN, 0, 3, 1, 0},
    {"above", FORK_CANCUN, HEADER_FIELDS_CANCUN, 0, 6, 1, 3 * TX_BLOB_GAS},
    {"falls", FORK_CANCUN, HEADER_FIELDS_CANCUN, 3 * TX_BLOB_GAS, 1, 1,
	1 * TX_BLOB_GAS},
    {"Prague's target, EIP-7691", FORK_PRAGUE, HEADER_FIELDS_PRAGUE, 0, 9, 1,
	3 * TX_BLOB_GAS},
    /* 2^13 * 17 is above 2^17, at 16 it is not. */
    {"reserve price holds, EIP-7918", FORK_OSAKA, HEADER_FIELDS_PRAGUE,
	6 * TX_BLOB_GAS, 9, 17, 9 * TX_BLOB_GAS},
    {"reserve price does not hold", FORK_OSAKA, HEADER_FIELDS_PRAGUE,
	6 * TX_BLOB_GAS, 6, 16, 6 * TX_BLOB_GAS},
    {"reserve price before Osaka", FORK_PRAGUE, HEADER_FIELDS_PRAGUE,
	6 * TX_BLOB_GAS, 6, 17, 6 * TX_BLOB_GAS},
    {"no wrap", FORK_CANCUN, HEADER_FIELDS_CANCUN, UINT64_MAX, 6, 1,
	UINT64_MAX},
};

TEST(test_blobfee_excess_follows_the_parent)
{
	struct fork_plan p;
	size_t i, k;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct header parent = {.field_cnt = steps[i].field_cnt,
		    .excess_blob_gas = steps[i].excess,
		    .blob_gas_used = steps[i].used * TX_BLOB_GAS,
		    .base_fee = u256_from_u64(steps[i].base_fee)};

		p = fork_plan_none();
		for (k = 0; k <= (size_t)steps[i].f; k++)
			p.at[k] = 0;
		test_row(steps[i].name);
		EXPECT_U64(
		    blobfee_next_excess(&p, &parent, 2, 2), steps[i].want);
	}
}

TEST(test_blobfee_of_a_block_follows_its_schedule)
{
	struct header h = {
	    .field_cnt = HEADER_FIELDS_PRAGUE, .excess_blob_gas = 5007716 * 10};
	struct fork_plan p = fork_plan_none();
	struct u256 got;

	blobfee_of(&got, &p, &h);
	EXPECT(u256_is_zero(&got));
	p.at[FORK_LONDON] = p.at[FORK_CANCUN] = p.at[FORK_PRAGUE] = 0;
	blobfee_of(&got, &p, &h);
	EXPECT_U64(got.w[0], 22026);
	h.field_cnt = HEADER_FIELDS_SHANGHAI;
	blobfee_of(&got, &p, &h);
	EXPECT(u256_is_zero(&got));
}
