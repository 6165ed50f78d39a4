/* SPDX-License-Identifier: Apache-2.0
 *
 * Header rules of public chains but for the proof: difficulty by fork and
 * the bomb in it, the DAO fork's mark, what a beacon chain's header leaves
 * zero. It never builds, signs or votes; that is engine_none's manner, and
 * its rows are taken over.
 */
#include "consensus/pow.h"

#include "base/check.h"
#include "consensus/none_priv.h"
#include "consensus/rules_priv.h"

enum {
	EXTRA_MAX = 32, /* YP 4.4.3 */
	DIFFICULTY_MIN = 131072,
	DIFFICULTY_STEP = 2048, /* part of the parent's that is one step */
	STEPS_DOWN_MAX = 99,
	FRONTIER_SECONDS = 13, /* sooner: up, else down */
	HOMESTEAD_SECONDS = 10,
	BYZANTIUM_SECONDS = 9,
	BOMB_PERIOD = 100000,
	DAO_EXTRA_RANGE = 10 /* EIP-779 */
};

static const char dao_extra[] = "dao-hard-fork";

/* By how many blocks forks have put off the bomb. */
static const struct {
	enum fork since;
	uint64_t delay;
} delays[] = {
    {FORK_GRAY_GLACIER, 11400000},  /* EIP-5133 */
    {FORK_ARROW_GLACIER, 10700000}, /* EIP-4345 */
    {FORK_LONDON, 9700000},         /* EIP-3554 */
    {FORK_MUIR_GLACIER, 9000000},   /* EIP-2384 */
    {FORK_CONSTANTINOPLE, 5000000}, /* EIP-1234 */
    {FORK_BYZANTIUM, 3000000},      /* EIP-649 */
};

struct pow {
	struct engine engine;
	const struct fork_plan *forks;
};

/* Difficulty. ------------------------------------------------------- */

static void
at_least_min(struct u256 *d)
{
	struct u256 min = u256_from_u64(DIFFICULTY_MIN);

	if (u256_lt(d, &min))
		*d = min;
}

/* add_steps moves d by steps of the parent's difficulty, up or down. */
static void
add_steps(struct u256 *d, const struct header *parent, int64_t steps)
{
	struct u256 part = u256_from_u64(DIFFICULTY_STEP);

	u256_divmod(&part, NULL, &parent->difficulty, &part);
	u256_mul_u64(&part, &part, (uint64_t)(steps < 0 ? -steps : steps));
	*d = parent->difficulty;
	if (steps >= 0)
		u256_add(d, d, &part);
	else if (u256_sub(d, d, &part))
		*d = U256_ZERO;
	at_least_min(d);
}

static uint64_t
bomb_delay(enum fork f)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(delays); i++)
		if (f >= delays[i].since)
			return delays[i].delay;
	return 0;
}

/* add_bomb doubles what it adds every BOMB_PERIOD blocks. */
static void
add_bomb(struct u256 *d, uint64_t number, uint64_t delay)
{
	uint64_t period = (number > delay ? number - delay : 0) / BOMB_PERIOD;
	struct u256 bomb;

	if (period < 2)
		return;
	u256_shl(
	    &bomb, &U256_ONE, period - 2 > 256 ? 256 : (unsigned)period - 2);
	u256_add(d, d, &bomb);
}

/* EIP-2 and, with ommers of the parent in it, EIP-100. */
static int64_t
steps_of(enum fork f, const struct header *parent, uint64_t seconds)
{
	bool has_ommers = !hash_eq(&parent->ommers_hash, &HASH_EMPTY_LIST);
	uint64_t up = f >= FORK_BYZANTIUM && has_ommers ? 2 : 1, late;

	if (f < FORK_HOMESTEAD)
		return seconds < FRONTIER_SECONDS ? 1 : -1;
	late = seconds /
	       (f < FORK_BYZANTIUM ? HOMESTEAD_SECONDS : BYZANTIUM_SECONDS);
	if (late > up + STEPS_DOWN_MAX)
		return -STEPS_DOWN_MAX;
	return (int64_t)up - (int64_t)late;
}

void
pow_difficulty(struct u256 *out, const struct fork_plan *forks,
    const struct header *parent, uint64_t time)
{
	uint64_t number = parent->number + 1;
	enum fork f = fork_at(forks, number, time);

	add_steps(out, parent, steps_of(f, parent, time - parent->time));
	add_bomb(out, number, bomb_delay(f));
}

/* Verifying. -------------------------------------------------------- */

static enum rc
check_extra(
    const struct fork_plan *forks, const struct header *h, struct err *e)
{
	uint64_t dao = forks->at[FORK_DAO];

	if (h->extra.len > EXTRA_MAX)
		return FAIL(
		    e, RC_BLK_EXTRA, "%zu bytes of extra data", h->extra.len);
	if (h->number < dao || h->number - dao >= DAO_EXTRA_RANGE ||
	    bytes_eq(h->extra, bytes_of_str(dao_extra)))
		return RC_OK;
	return FAIL(e, RC_BLK_EXTRA, "block %llu lacks the DAO fork's mark",
	    (unsigned long long)h->number);
}

/* EIP-3675: what a header of the beacon chain leaves out. */
static enum rc
check_paris(const struct header *h, struct err *e)
{
	static const uint8_t zeros[sizeof(h->nonce)];

	if (!u256_is_zero(&h->difficulty))
		return FAIL(e, RC_BLK_DIFFICULTY, "difficulty after Paris");
	if (memcmp(h->nonce, zeros, sizeof(zeros)) != 0)
		return FAIL(e, RC_BLK_DIFFICULTY, "a nonce after Paris");
	if (!hash_eq(&h->ommers_hash, &HASH_EMPTY_LIST))
		return FAIL(e, RC_BLK_UNCLES, "ommers after Paris");
	return RC_OK;
}

static enum rc
check_difficulty(const struct fork_plan *forks, const struct header *h,
    const struct header *parent, struct err *e)
{
	char got[U256_DEC_MAX], want[U256_DEC_MAX];
	struct u256 d;

	if (fork_is_active(forks, FORK_PARIS, h->number, h->time) ||
	    (forks->has_ttd && u256_is_zero(&h->difficulty)))
		return check_paris(h, e);
	pow_difficulty(&d, forks, parent, h->time);
	if (u256_eq(&d, &h->difficulty))
		return RC_OK;
	u256_dec(got, &h->difficulty);
	u256_dec(want, &d);
	return FAIL(e, RC_BLK_DIFFICULTY, "difficulty %s, want %s", got, want);
}

static enum rc
pow_verify(struct engine *g, const struct header *h,
    const struct header *parent, uint64_t now_s, struct err *e)
{
	const struct fork_plan *forks = ((struct pow *)(void *)g)->forks;

	(void)now_s; /* of blocks on their way, which we never get */
	TRY(rules_link(h, parent, e));
	if (h->time <= parent->time)
		return FAIL(e, RC_BLK_TIME, "time %llu, parent %llu",
		    (unsigned long long)h->time,
		    (unsigned long long)parent->time);
	TRY(check_extra(forks, h, e));
	if (h->gas_limit > RULES_GAS_LIMIT_MAX)
		return FAIL(e, RC_BLK_GAS_LIMIT, "gas limit %llu",
		    (unsigned long long)h->gas_limit);
	TRY(check_difficulty(forks, h, parent, e));
	return rules_gas(h, parent, forks, e);
}

static void
pow_free(struct engine *g)
{
	mem_free(g);
}

static const struct engine_ops pow_ops = {
    .name = "pow",
    .verify = pow_verify,
    ENGINE_NONE_ROWS,
    .free = pow_free,
};

enum rc
pow_new(struct engine **out, const struct fork_plan *forks, struct err *e)
{
	struct pow *p = mem_new(sizeof(*p));

	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for an engine");
	p->engine.ops = &pow_ops;
	p->forks = forks;
	*out = &p->engine;
	return RC_OK;
}
