/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of rules and the plans they stand for.
 */
#include "suite/suite.h"

#include "test.h"

static const struct {
	const char *name;
	uint64_t number, time;
	enum fork at, before; /* before: one block and one second earlier */
} rows[] = {
    {"Frontier", 9, 9, FORK_FRONTIER, FORK_FRONTIER},
    {"EIP158", 9, 9, FORK_SPURIOUS, FORK_SPURIOUS},
    {"ConstantinopleFix", 9, 9, FORK_PETERSBURG, FORK_PETERSBURG},
    {"cancun", 9, 9, FORK_CANCUN, FORK_CANCUN},
    {"BPO4", 9, 9, FORK_BPO4, FORK_BPO4},
    {"FrontierToHomesteadAt5", 5, 9, FORK_HOMESTEAD, FORK_FRONTIER},
    {"HomesteadToDaoAt5", 5, 9, FORK_DAO, FORK_HOMESTEAD},
    {"HomesteadToEIP150At5", 5, 9, FORK_TANGERINE, FORK_HOMESTEAD},
    {"BerlinToLondonAt5", 5, 9, FORK_LONDON, FORK_BERLIN},
    {"ParisToShanghaiAtTime15k", 3, 15000, FORK_SHANGHAI, FORK_PARIS},
    {"BPO1ToBPO2AtTime15k", 3, 15000, FORK_BPO2, FORK_BPO1},
};

TEST(test_network_names_give_plans)
{
	struct fork_plan p;
	struct u256 ttd;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(suite_plan(&p, &ttd, rows[i].name, NULL), RC_OK);
		EXPECT_STR(fork_name(fork_at(&p, rows[i].number, rows[i].time)),
		    fork_name(rows[i].at));
		EXPECT_STR(fork_name(fork_at(
			       &p, rows[i].number - 1, rows[i].time - 1)),
		    fork_name(rows[i].before));
		EXPECT(!p.has_ttd);
	}
}

TEST(test_network_total_difficulty_is_hex)
{
	struct fork_plan p;
	struct u256 ttd;

	EXPECT_RC(suite_plan(&p, &ttd, "ArrowGlacierToParisAtDiffC0000", NULL),
	    RC_OK);
	EXPECT(p.has_ttd);
	EXPECT_U64(ttd.w[0], 0xc0000);
	EXPECT(fork_at(&p, 100, 100) == FORK_ARROW_GLACIER);
}

TEST(test_network_unknown_names_are_refused)
{
	static const char *const bad[] = {"", "Atlantis", "FrontierTo",
	    "FrontierToHomestead", "FrontierToHomesteadAt",
	    "FrontierToHomesteadAtx", "FrontierToHomesteadAt5x",
	    "HomesteadToFrontierAt5", "AtlantisToHomesteadAt5"};
	struct fork_plan p;
	struct u256 ttd;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_row(bad[i]);
		EXPECT_RC(suite_plan(&p, &ttd, bad[i], &e), RC_BAD_INPUT);
	}
}
