/* SPDX-License-Identifier: Apache-2.0
 *
 * Which fork holds where: block forks, time forks, gaps, the extension.
 */
#include "eth/fork.h"

#include "test.h"

/* The plan of the public JSON-RPC chain: a fork every three blocks, then by
 * time; London (EIP-3529), Shanghai (EIP-3651) and a blob parameter fork
 * (EIP-7892) among them. */
static struct fork_plan
staircase(void)
{
	struct fork_plan p = fork_plan_none();

	p.at[FORK_HOMESTEAD] = 0;
	p.at[FORK_TANGERINE] = 3;
	p.at[FORK_EIP155] = p.at[FORK_SPURIOUS] = 6;
	p.at[FORK_BYZANTIUM] = 9;
	p.at[FORK_LONDON] = 27;
	p.at[FORK_PARIS] = 36;
	p.at[FORK_SHANGHAI] = 390;
	p.at[FORK_CANCUN] = 420;
	p.at[FORK_BPO1] = 510;
	return p;
}

TEST(test_fork_plan_none_is_frontier_for_ever)
{
	struct fork_plan p = fork_plan_none();
	unsigned f;

	EXPECT_U64(fork_at(&p, UINT64_MAX, UINT64_MAX), FORK_FRONTIER);
	for (f = FORK_FRONTIER + 1; f < FORK_CNT; f++)
		EXPECT(
		    !fork_is_active(&p, (enum fork)f, UINT64_MAX, UINT64_MAX));
	EXPECT(fork_blob_at(&p, 0, 0) == NULL);
}

TEST(test_fork_at_each_step)
{
	static const struct {
		const char *name;
		uint64_t number, time;
		enum fork want;
	} rows[] = {
	    {"genesis", 0, 0, FORK_HOMESTEAD},
	    {"before", 2, 20, FORK_HOMESTEAD},
	    {"at", 3, 30, FORK_TANGERINE},
	    {"two at once", 6, 60, FORK_SPURIOUS},
	    {"a gap in the table", 26, 260, FORK_BYZANTIUM},
	    {"london", 27, 270, FORK_LONDON},
	    {"paris", 38, 389, FORK_PARIS},
	    {"by time", 38, 390, FORK_SHANGHAI},
	    {"time alone is not enough", 26, 400, FORK_BYZANTIUM},
	    {"cancun", 40, 420, FORK_CANCUN},
	    {"blob parameters", 40, 1000, FORK_BPO1},
	};
	struct fork_plan p = staircase();
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_U64(
		    fork_at(&p, rows[i].number, rows[i].time), rows[i].want);
	}
}

TEST(test_fork_evm_extension_never_lowers)
{
	struct fork_plan p = staircase();

	EXPECT_U64(fork_evm_at(&p, 0, 0), FORK_HOMESTEAD);
	p.evm_fork = FORK_SHANGHAI;
	EXPECT_U64(fork_evm_at(&p, 0, 0), FORK_SHANGHAI);
	EXPECT_U64(fork_at(&p, 0, 0), FORK_HOMESTEAD);
	EXPECT_U64(fork_evm_at(&p, 50, 450), FORK_CANCUN);
}

TEST(test_fork_blob_schedule_follows_the_fork)
{
	struct fork_plan p = staircase();

	EXPECT(fork_blob_at(&p, 39, 419) == NULL);
	EXPECT_U64(fork_blob_at(&p, 40, 420)->max, 6);
	EXPECT_U64(fork_blob_at(&p, 50, 510)->target, 10);
	EXPECT_U64(fork_blob_at(&p, 50, 510)->fraction, 8346193);
}

TEST(test_fork_find_names)
{
	enum fork f = FORK_FRONTIER;

	EXPECT(fork_find(&f, bytes_of_str("prague")) && f == FORK_PRAGUE);
	EXPECT(fork_find(&f, bytes_of_str("London")) && f == FORK_LONDON);
	EXPECT(!fork_find(&f, bytes_of_str("pragu")));
	EXPECT(!fork_find(&f, bytes_of_str("pragues")));
	EXPECT(!fork_find(&f, bytes_of_str("")));
	EXPECT_STR(fork_name(FORK_SPURIOUS), "SPURIOUS");
	EXPECT_STR(fork_key(FORK_SPURIOUS), "eip158Block");
	EXPECT(fork_is_time(FORK_SHANGHAI) && !fork_is_time(FORK_PARIS));
}
