/* SPDX-License-Identifier: Apache-2.0
 *
 * Header rules that the public vectors leave out: the future, forks, the
 * extension, the first London block, and the order of reasons.
 */
#include "eth/basefee.h"
#include "rig.h"

struct judge {
	struct rig rig;
	struct engine *g;
	const struct header *parent;
	struct header h; /* a valid child, not sealed */
};

static void
open_judge(struct judge *j, bool is_london)
{
	rig_open(&j->rig, is_london);
	j->parent = rig_genesis(&j->rig, 3);
	j->rig.conf.future_slack_s = 15;
	rig_next(&j->rig, &j->h, j->parent, 1, 3);
}

static enum rc
seal_and_verify(struct judge *j, uint64_t now_s)
{
	if (j->g == NULL)
		j->g = rig_engine(&j->rig);
	rig_seal(&j->rig, &j->h, 1);
	return engine_verify(j->g, &j->h, j->parent, now_s, NULL);
}

static void
close_judge(struct judge *j)
{
	engine_free(j->g);
	rig_close(&j->rig);
}

TEST(test_verify_future_within_the_slack_is_fine)
{
	struct judge j = {.g = NULL};

	open_judge(&j, true);
	EXPECT_RC(seal_and_verify(&j, j.h.time - 16), RC_BLK_FUTURE);
	EXPECT_RC(seal_and_verify(&j, 0), RC_BLK_FUTURE);
	EXPECT_RC(seal_and_verify(&j, j.h.time - 15), RC_OK);
	EXPECT_RC(seal_and_verify(&j, j.h.time + 100000), RC_OK);
	/* Refused for now, not for ever. */
	EXPECT_RC(seal_and_verify(&j, j.h.time - 16), RC_BLK_FUTURE);
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_OK);
	close_judge(&j);
}

TEST(test_verify_missing_or_wrong_parent)
{
	struct header other;
	struct judge j = {.g = NULL};

	open_judge(&j, true);
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_OK);
	EXPECT_RC(
	    engine_verify(j.g, &j.h, NULL, j.h.time, NULL), RC_BLK_PARENT);
	other = *j.parent;
	other.time--;
	EXPECT_RC(
	    engine_verify(j.g, &j.h, &other, j.h.time, NULL), RC_BLK_PARENT);
	other.number = UINT64_MAX;
	EXPECT_RC(
	    engine_verify(j.g, &j.h, &other, j.h.time, NULL), RC_BLK_PARENT);
	close_judge(&j);
}

TEST(test_verify_time_before_the_parent)
{
	struct judge j = {.g = NULL};

	open_judge(&j, true);
	j.rig.conf.period_s = 0;
	j.h.time = j.parent->time;
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_OK);
	j.h.time--;
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_BLK_TIME);
	close_judge(&j);
}

/* Clique has no field for what later forks ask for. */
TEST(test_verify_fields_of_later_forks_are_refused)
{
	static const unsigned rows[] = {
	    HEADER_FIELDS_SHANGHAI, HEADER_FIELDS_CANCUN, HEADER_FIELDS_PRAGUE};
	struct judge j = {.g = NULL};
	size_t i;

	open_judge(&j, true);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		j.h.field_cnt = rows[i];
		EXPECT_RC(seal_and_verify(&j, j.h.time), RC_BLK_FORK);
	}
	test_count(i);
	close_judge(&j);
}

TEST(test_verify_later_fork_needs_the_extension)
{
	struct judge j = {.g = NULL};

	open_judge(&j, true);
	j.rig.forks.at[FORK_SHANGHAI] = 1001;
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_BLK_FORK);
	j.rig.forks.evm_fork = FORK_LONDON;
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_BLK_FORK);
	j.rig.forks.evm_fork = FORK_SHANGHAI;
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_OK);
	j.rig.forks.at[FORK_CANCUN] = 1001;
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_BLK_FORK);
	j.rig.forks.evm_fork = FORK_CANCUN;
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_OK);
	/* Not active yet: no matter. */
	j.rig.forks.at[FORK_PRAGUE] = 1002;
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_OK);
	close_judge(&j);
}

TEST(test_verify_fixed_base_fee_of_the_extension)
{
	struct judge j = {.g = NULL};

	open_judge(&j, true);
	j.rig.forks.has_fixed_base_fee = true;
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_BLK_BASE_FEE);
	j.h.base_fee = U256_ZERO;
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_OK);
	close_judge(&j);
}

TEST(test_verify_first_london_block)
{
	static const struct {
		const char *name;
		uint64_t limit, fee;
		enum rc want;
	} rows[] = {
	    {"doubled", 16000000, BASEFEE_INITIAL_WEI, RC_OK},
	    {"largest step up", 16015624, BASEFEE_INITIAL_WEI, RC_OK},
	    {"beyond it", 16015625, BASEFEE_INITIAL_WEI, RC_BLK_GAS_LIMIT},
	    {"not doubled", 8000000, BASEFEE_INITIAL_WEI, RC_BLK_GAS_LIMIT},
	    {"another fee", 16000000, 875000000, RC_BLK_BASE_FEE},
	};
	struct judge j = {.g = NULL};
	size_t i;

	open_judge(&j, false);
	j.rig.forks.at[FORK_LONDON] = 1;
	j.h.field_cnt = HEADER_FIELDS_LONDON;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		j.h.gas_limit = rows[i].limit;
		j.h.base_fee = u256_from_u64(rows[i].fee);
		EXPECT_RC(seal_and_verify(&j, j.h.time), rows[i].want);
	}
	test_count(i);
	close_judge(&j);
}

/* Several faults at once: the reason is the first of go-ethereum's order. */
TEST(test_verify_reasons_come_in_order)
{
	struct judge j = {.g = NULL};
	uint8_t short_extra[40] = {0};
	struct bytes extra;

	open_judge(&j, true);
	extra = j.h.extra;
	j.h.gas_used = j.h.gas_limit + 1;
	j.h.difficulty = u256_from_u64(3);
	j.h.mix.b[0] = 1;
	j.h.nonce[0] = 1;
	rig_seal(&j.rig, &j.h, 1);
	j.h.extra = bytes_of(short_extra, sizeof(short_extra));
	j.g = rig_engine(&j.rig);
	EXPECT_RC(engine_verify(j.g, &j.h, j.parent, 0, NULL), RC_BLK_FUTURE);
	EXPECT_RC(engine_verify(j.g, &j.h, NULL, 2000, NULL), RC_BLK_VOTE);
	j.h.nonce[0] = 0;
	EXPECT_RC(
	    engine_verify(j.g, &j.h, NULL, 2000, NULL), RC_BLK_SIG_MISSING);
	j.h.extra = extra;
	EXPECT_RC(engine_verify(j.g, &j.h, NULL, 2000, NULL), RC_BLK_MIX);
	j.h.mix.b[0] = 0;
	EXPECT_RC(
	    engine_verify(j.g, &j.h, NULL, 2000, NULL), RC_BLK_DIFFICULTY);
	j.h.difficulty = u256_from_u64(1);
	EXPECT_RC(engine_verify(j.g, &j.h, NULL, 2000, NULL), RC_BLK_PARENT);
	EXPECT_RC(
	    engine_verify(j.g, &j.h, j.parent, 2000, NULL), RC_BLK_GAS_USED);
	j.h.gas_used = 0;
	EXPECT_RC(
	    engine_verify(j.g, &j.h, j.parent, 2000, NULL), RC_BAD_SIGNATURE);
	rig_seal(&j.rig, &j.h, 7);
	EXPECT_RC(engine_verify(j.g, &j.h, j.parent, 2000, NULL),
	    RC_BLK_UNAUTHORIZED);
	rig_seal(&j.rig, &j.h, 1);
	EXPECT_RC(
	    engine_verify(j.g, &j.h, j.parent, 2000, NULL), RC_BLK_WRONG_TURN);
	j.h.difficulty = u256_from_u64(2);
	EXPECT_RC(seal_and_verify(&j, 2000), RC_OK);
	close_judge(&j);
}

/* Fees go to the recovered signer, not to the beneficiary. */
TEST(test_verify_author_is_the_signer)
{
	struct addr who, want = rig_addr(1);
	struct judge j = {.g = NULL};

	open_judge(&j, true);
	j.h.coinbase = rig_addr(2);
	EXPECT_RC(seal_and_verify(&j, j.h.time), RC_OK);
	EXPECT_RC(engine_author(j.g, &who, &j.h, NULL), RC_OK);
	EXPECT(addr_eq(&who, &want));
	EXPECT_RC(engine_author(j.g, &who, j.parent, NULL), RC_OK);
	EXPECT(addr_is_zero(&who));
	close_judge(&j);
}
