/* SPDX-License-Identifier: Apache-2.0
 *
 * EIP-1559's base fee: published points, the edges of integer division, and
 * the ends of the number range.
 */
#include "eth/basefee.h"

#include "test.h"

struct fee_row {
	const char *name;
	uint64_t limit, used;
	const char *fee, *want; /* decimal */
};

/* Spec: EIP-1559. The first three are go-ethereum's published cases. */
static const struct fee_row rows[] = {
    {"on target", 20000000, 10000000, "1000000000", "1000000000"},
    {"below target", 20000000, 9000000, "1000000000", "987500000"},
    {"above target", 20000000, 11000000, "1000000000", "1012500000"},
    {"empty block", 30000000, 0, "1000000000", "875000000"},
    {"full block", 30000000, 30000000, "1000000000", "1125000000"},
    {"step of at least one", 20000000, 10000001, "7", "8"},
    {"up from zero", 20000000, 20000000, "0", "1"},
    {"small fee does not fall", 20000000, 0, "7", "7"},
    {"odd limit", 5001, 5001, "800", "900"},
    {"limit of one", 1, 1, "55", "55"},
    {"empty, largest fee", 30000000, 0,
	"115792089237316195423570985008687907853269984665640564039457584007"
	"913129639935",
	"101318078082651670995624611882601919371611236582435493534525386006"
	"923988434944"},
    {"full, largest fee", 30000000, 30000000,
	"115792089237316195423570985008687907853269984665640564039457584007"
	"913129639935",
	"115792089237316195423570985008687907853269984665640564039457584007"
	"913129639935"},
};

static struct u256
dec(const char *text)
{
	struct u256 v;

	EXPECT_RC(u256_from_dec(&v, bytes_of_str(text), NULL), RC_OK);
	return v;
}

static void
expect_fee(const struct u256 *got, const char *want)
{
	char text[U256_DEC_MAX];

	u256_dec(text, got);
	EXPECT_STR(text, want);
}

TEST(test_basefee_formula_matches_table)
{
	struct fork_plan plan = fork_plan_none();
	struct u256 fee;
	size_t i;

	plan.at[FORK_LONDON] = 5;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct header parent = {.number = 5,
		    .gas_limit = rows[i].limit,
		    .gas_used = rows[i].used,
		    .base_fee = dec(rows[i].fee)};

		test_row(rows[i].name);
		basefee_next(&fee, &plan, &parent);
		expect_fee(&fee, rows[i].want);
	}
	test_count(i);
}

TEST(test_basefee_first_london_block_starts_at_one_gwei)
{
	struct fork_plan plan = fork_plan_none();
	const struct header parent = {
	    .number = 4, .gas_limit = 8000000, .gas_used = 8000000};
	struct u256 fee;

	plan.at[FORK_LONDON] = 5;
	basefee_next(&fee, &plan, &parent);
	expect_fee(&fee, "1000000000");
}

TEST(test_basefee_fixed_by_extension_ignores_gas)
{
	struct fork_plan plan = fork_plan_none();
	const struct header parent = {.number = 9,
	    .gas_limit = 8000000,
	    .gas_used = 8000000,
	    .base_fee = u256_from_u64(77)};
	struct u256 fee;

	plan.at[FORK_LONDON] = 0;
	plan.has_fixed_base_fee = true;
	plan.fixed_base_fee = u256_from_u64(3);
	basefee_next(&fee, &plan, &parent);
	expect_fee(&fee, "3");
}
