/* SPDX-License-Identifier: Apache-2.0
 *
 * Intrinsic gas and the floor, by fork.
 */
#include "world.h"

/* Data of zeros and others; at most this many bytes. */
enum { DATA_MAX = 131072 };

static struct bytes
data_of(struct arena *a, size_t zeros, size_t others)
{
	uint8_t *p = arena_alloc(a, zeros + others + 1);

	memset(p + zeros, 0x5a, others);
	return bytes_of(p, zeros + others);
}

static const struct {
	const char *name;
	enum fork f;
	bool is_create;
	size_t zeros, others, addrs, keys, auths;
	uint64_t gas, floor;
} rows[] = {
    {"plain", FORK_FRONTIER, false, 0, 0, 0, 0, 0, 21000, 0},
    {"plain, newest", FORK_OSAKA, false, 0, 0, 0, 0, 0, 21000, 21000},
    {"data before EIP-2028", FORK_PETERSBURG, false, 3, 2, 0, 0, 0,
	21000 + 12 + 136, 0},
    {"data, EIP-2028", FORK_ISTANBUL, false, 3, 2, 0, 0, 0, 21000 + 12 + 32, 0},
    {"creation, Frontier", FORK_FRONTIER, true, 0, 1, 0, 0, 0, 21068, 0},
    {"creation, EIP-2", FORK_HOMESTEAD, true, 0, 1, 0, 0, 0, 53068, 0},
    {"creation before EIP-3860", FORK_PARIS, true, 0, 33, 0, 0, 0,
	53000 + 33 * 16, 0},
    {"creation, EIP-3860", FORK_SHANGHAI, true, 0, 33, 0, 0, 0,
	53000 + 33 * 16 + 4, 0},
    {"creation, EIP-3860, whole words", FORK_SHANGHAI, true, 0, 64, 0, 0, 0,
	53000 + 64 * 16 + 4, 0},
    {"call data is no init code", FORK_SHANGHAI, false, 0, 33, 0, 0, 0,
	21000 + 33 * 16, 0},
    {"access list, EIP-2930", FORK_BERLIN, false, 0, 0, 2, 3, 0,
	21000 + 2 * 2400 + 6 * 1900, 0},
    {"authorizations, EIP-7702", FORK_PRAGUE, false, 0, 0, 0, 0, 2, 71000,
	21000},
    {"floor, EIP-7623", FORK_PRAGUE, false, 10, 100, 0, 0, 0, 21000 + 40 + 1600,
	21000 + 100 + 4000},
    {"no floor before Prague", FORK_CANCUN, false, 10, 100, 0, 0, 0,
	21000 + 40 + 1600, 0},
};

TEST(test_intrinsic_gas_by_fork_is_the_sum_of_its_parts)
{
	struct hash keys[3] = {{{0}}};
	struct tx_access access[2] = {{{{0}}, keys, 0}, {{{0}}, keys, 0}};
	struct arena a;
	size_t i;

	arena_init(&a, 1 << 20);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tx tx = {.is_create = rows[i].is_create,
		    .data = data_of(&a, rows[i].zeros, rows[i].others),
		    .access = access,
		    .access_cnt = rows[i].addrs,
		    .auth_cnt = rows[i].auths};
		uint64_t gas = 0, floor = 1;

		test_row(rows[i].name);
		access[0].key_cnt = access[1].key_cnt = rows[i].keys;
		EXPECT_RC(
		    exec_intrinsic_gas(&gas, &floor, &tx, rows[i].f, NULL),
		    RC_OK);
		EXPECT_U64(gas, rows[i].gas);
		EXPECT_U64(floor, rows[i].floor);
	}
	arena_drop(&a);
}

TEST(test_intrinsic_gas_without_floor_pointer_is_the_same)
{
	struct tx tx = {0};
	uint64_t gas;

	EXPECT_RC(
	    exec_intrinsic_gas(&gas, NULL, &tx, FORK_PRAGUE, NULL), RC_OK);
	EXPECT_U64(gas, 21000);
}

/* Counts that no real list can have, so nothing behind them is read. */
TEST(test_intrinsic_gas_overflow_is_refused)
{
	struct tx_access one = {.key_cnt = UINT64_MAX / 1000};
	struct tx keys = {.access = &one, .access_cnt = 1};
	struct tx auths = {.auth_cnt = UINT64_MAX / 1000};
	struct err e = {0};
	uint64_t gas;

	EXPECT_RC(exec_intrinsic_gas(&gas, NULL, &keys, FORK_BERLIN, &e),
	    RC_GAS_UINT64);
	EXPECT_STR(e.text, "gas uint64 overflow");
	EXPECT_RC(exec_intrinsic_gas(&gas, NULL, &auths, FORK_PRAGUE, NULL),
	    RC_GAS_UINT64);
	auths.auth_cnt = UINT64_MAX / 25000; /* the sum, not a product */
	EXPECT_RC(exec_intrinsic_gas(&gas, NULL, &auths, FORK_PRAGUE, NULL),
	    RC_GAS_UINT64);
}
