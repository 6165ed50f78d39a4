/* SPDX-License-Identifier: Apache-2.0
 *
 * Difficulty by fork, worked out by hand from the formulas, and what headers
 * of public chains are refused for.
 */
#include "consensus/pow.h"

#include "test.h"

static struct fork_plan
plan_of(enum fork f)
{
	struct fork_plan p = fork_plan_none();
	size_t i;

	for (i = 0; i <= (size_t)f; i++)
		p.at[i] = i == FORK_DAO ? FORK_NEVER : 0;
	return p;
}

/* The parent has this number and a difficulty of 2048 * 1000. */
static const struct {
	const char *name;
	enum fork f;
	uint64_t number, seconds;
	bool has_ommers;
	uint64_t want;
} rows[] = {
    {"Frontier, soon", FORK_FRONTIER, 1, 12, false, 2049000},
    {"Frontier, late", FORK_FRONTIER, 1, 13, false, 2047000},
    {"Homestead, soon", FORK_HOMESTEAD, 1, 9, false, 2049000},
    {"Homestead, in time", FORK_HOMESTEAD, 1, 19, false, 2048000},
    {"Homestead, late", FORK_HOMESTEAD, 1, 20, false, 2047000},
    {"Homestead, at most 99 down", FORK_HOMESTEAD, 1, 100000, false, 1949000},
    {"Byzantium, soon", FORK_BYZANTIUM, 1, 8, false, 2049000},
    {"Byzantium, with ommers, EIP-100", FORK_BYZANTIUM, 1, 8, true, 2050000},
    {"Byzantium, in time", FORK_BYZANTIUM, 1, 17, false, 2048000},
    {"Byzantium, at most 99 down", FORK_BYZANTIUM, 1, 100000, true, 1949000},
    {"no bomb yet", FORK_HOMESTEAD, 199998, 10, false, 2048000},
    {"bomb", FORK_HOMESTEAD, 199999, 10, false, 2048001},
    {"bomb doubles", FORK_HOMESTEAD, 1099999, 10, false, 2048512},
    {"EIP-649", FORK_BYZANTIUM, 3199998, 9, false, 2048000},
    {"EIP-649, bomb", FORK_BYZANTIUM, 3199999, 9, false, 2048001},
    {"EIP-1234", FORK_PETERSBURG, 5199999, 9, false, 2048001},
    {"EIP-2384", FORK_BERLIN, 9199999, 9, false, 2048001},
    {"EIP-3554", FORK_LONDON, 9899999, 9, false, 2048001},
    {"EIP-4345", FORK_ARROW_GLACIER, 10899999, 9, false, 2048001},
    {"EIP-5133", FORK_GRAY_GLACIER, 11599999, 9, false, 2048001},
    {"EIP-5133, bomb away", FORK_GRAY_GLACIER, 11599998, 9, false, 2048000},
};

TEST(test_pow_difficulty_follows_the_fork)
{
	struct u256 got;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fork_plan p = plan_of(rows[i].f);
		struct header parent = {.number = rows[i].number,
		    .time = 1000,
		    .ommers_hash = HASH_EMPTY_LIST,
		    .difficulty = u256_from_u64(2048000)};

		parent.ommers_hash.b[0] ^= rows[i].has_ommers;
		test_row(rows[i].name);
		pow_difficulty(&got, &p, &parent, 1000 + rows[i].seconds);
		EXPECT_U64(got.w[0], rows[i].want);
	}
}

TEST(test_pow_difficulty_has_a_floor)
{
	struct fork_plan p = plan_of(FORK_FRONTIER);
	struct header parent = {.number = 1,
	    .ommers_hash = HASH_EMPTY_LIST,
	    .difficulty = u256_from_u64(131072)};
	struct u256 got;

	pow_difficulty(&got, &p, &parent, 100);
	EXPECT_U64(got.w[0], 131072);
}

/* Headers. --------------------------------------------------------------- */

enum harm {
	NONE,
	SAME_TIME,
	DIFFICULTY,
	LONG_EXTRA,
	GAS_LIMIT,
	PARENT,
	NO_MARK,
	MARK,
	NO_DIFFICULTY,
	NONCE,
	OMMERS
};

static const struct {
	const char *name;
	enum fork f;
	enum harm harm;
	enum rc want;
} headers[] = {
    {"good", FORK_HOMESTEAD, NONE, RC_OK},
    {"same time", FORK_HOMESTEAD, SAME_TIME, RC_BLK_TIME},
    {"difficulty", FORK_HOMESTEAD, DIFFICULTY, RC_BLK_DIFFICULTY},
    {"33 bytes of extra data", FORK_HOMESTEAD, LONG_EXTRA, RC_BLK_EXTRA},
    {"gas limit of 2^63", FORK_HOMESTEAD, GAS_LIMIT, RC_BLK_GAS_LIMIT},
    {"another parent", FORK_HOMESTEAD, PARENT, RC_BLK_PARENT},
    {"DAO fork's mark", FORK_DAO, MARK, RC_OK},
    {"without it", FORK_DAO, NO_MARK, RC_BLK_EXTRA},
    {"Paris", FORK_PARIS, NO_DIFFICULTY, RC_OK},
    {"work after Paris", FORK_PARIS, NONE, RC_BLK_DIFFICULTY},
    {"no work before Paris", FORK_HOMESTEAD, NO_DIFFICULTY, RC_BLK_DIFFICULTY},
    {"nonce after Paris", FORK_PARIS, NONCE, RC_BLK_DIFFICULTY},
    {"ommers after Paris", FORK_PARIS, OMMERS, RC_BLK_UNCLES},
};

static void
bend(struct header *h, enum harm harm)
{
	static const char mark[] = "dao-hard-fork", junk[33] = "";

	switch (harm) {
	case NONE:
	case NO_MARK:
		break;
	case SAME_TIME:
		h->time -= 10;
		break;
	case DIFFICULTY:
		h->difficulty.w[0]++;
		break;
	case LONG_EXTRA:
		h->extra = bytes_of(junk, sizeof(junk));
		break;
	case GAS_LIMIT:
		h->gas_limit = UINT64_C(1) << 63;
		break;
	case PARENT:
		h->parent.b[0] ^= 1;
		break;
	case MARK:
		h->extra = bytes_of_str(mark);
		break;
	case OMMERS:
		h->ommers_hash.b[0] ^= 1;
		h->difficulty = U256_ZERO;
		break;
	case NONCE:
		h->nonce[7] = 1;
		h->difficulty = U256_ZERO;
		break;
	case NO_DIFFICULTY:
		h->difficulty = U256_ZERO;
		break;
	}
}

TEST(test_pow_headers_are_judged_but_for_the_proof)
{
	size_t i;

	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		bool is_london = headers[i].f >= FORK_LONDON;
		struct fork_plan p = plan_of(headers[i].f);
		struct header parent = {.number = 5,
		    .time = 1000,
		    .gas_limit = 30000000,
		    .gas_used = 15000000,
		    .base_fee = u256_from_u64(is_london ? 7 : 0),
		    .ommers_hash = HASH_EMPTY_LIST,
		    .difficulty = u256_from_u64(2048000),
		    .field_cnt = is_london ? HEADER_FIELDS_LONDON
					   : HEADER_FIELDS_FRONTIER};
		struct header h = parent;
		struct engine *g;

		if (headers[i].f == FORK_DAO)
			p.at[FORK_DAO] = 6;
		h.parent = header_hash(&parent);
		h.number++;
		h.time += 10;
		bend(&h, headers[i].harm);
		test_row(headers[i].name);
		EXPECT_RC(pow_new(&g, &p, NULL), RC_OK);
		EXPECT_RC(
		    engine_verify(g, &h, &parent, 0, NULL), headers[i].want);
		engine_free(g);
	}
}

/* EIP-3675 by total difficulty: both kinds pass here, chain weighs them. */
TEST(test_pow_total_difficulty_leaves_both_kinds)
{
	struct fork_plan p = plan_of(FORK_GRAY_GLACIER);
	struct header parent = {.number = 5,
	    .time = 1000,
	    .gas_limit = 30000000,
	    .gas_used = 15000000,
	    .base_fee = u256_from_u64(7),
	    .ommers_hash = HASH_EMPTY_LIST,
	    .difficulty = u256_from_u64(2048000),
	    .field_cnt = HEADER_FIELDS_LONDON};
	struct header h = parent;
	struct engine *g;

	p.has_ttd = true;
	h.parent = header_hash(&parent);
	h.number++;
	h.time += 10;
	EXPECT_RC(pow_new(&g, &p, NULL), RC_OK);
	EXPECT_RC(engine_verify(g, &h, &parent, 0, NULL), RC_OK);
	h.difficulty = U256_ZERO;
	EXPECT_RC(engine_verify(g, &h, &parent, 0, NULL), RC_OK);
	engine_free(g);
}
