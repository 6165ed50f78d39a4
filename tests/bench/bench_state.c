/* SPDX-License-Identifier: Apache-2.0
 *
 * What the journaled state costs a block of 5,000 transactions, without any
 * machine: the calls of a plain transfer, those of a token transfer (two
 * balance slots, a log), and the changes taken at the end. The source answers
 * at once. CPU time of this thread, median of the rounds. One TSV line per
 * case: name, items, microseconds, microseconds per item.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "crypto/rng.h"
#include "state/state.h"

enum { ROUNDS = 31, TX_CNT = 5000, ACCOUNT_CNT = 1000000 };

static enum rc
src_account(void *ctx, struct account *out, bool *found,
    const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)e;
	*out = account_empty();
	out->nonce = addr->b[3];
	out->balance = (struct u256){{0, 1, 0, 0}};
	*found = true;
	return RC_OK;
}

static enum rc
src_slot(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)e;
	*out = u256_from_u64(key->b[0] + 1000000U);
	return RC_OK;
}

static const struct state_source source = {
    .account = src_account, .slot = src_slot};

static double
cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(const char *name, size_t items, double us[ROUNDS])
{
	qsort(us, ROUNDS, sizeof(*us), compare_double);
	printf("%s\t%zu\t%.0f\t%.3f\n", name, items, us[ROUNDS / 2],
	    us[ROUNDS / 2] / (double)items);
}

static struct addr
draw_addr(struct rng_test *r)
{
	uint64_t no = rng_test_below(r, ACCOUNT_CNT);
	struct rng_test of = {.state = no};
	struct addr a;

	rng_test_fill(&of, a.b, sizeof(a.b));
	return a;
}

static struct hash
slot_of(const struct addr *a)
{
	struct hash h = {{0}};

	memcpy(h.b, a->b, sizeof(a->b));
	return h;
}

/* begin and end are what every transaction does around its own work. */
static void
begin(struct state *s, const struct addr *from, const struct addr *to,
    const struct addr *author)
{
	struct u256 cost = u256_from_u64(21000), balance;
	uint64_t nonce = state_nonce(s, from);

	state_balance(s, &balance, from);
	CHECK(state_code(s, from).len == 0);
	CHECK(state_sub_balance(s, from, &cost));
	state_set_nonce(s, from, nonce + 1);
	(void)state_warm_addr(s, from);
	(void)state_warm_addr(s, to);
	(void)state_warm_addr(s, author);
}

static void
end(struct state *s, const struct addr *from, const struct addr *author)
{
	struct u256 back = u256_from_u64(0), fee = u256_from_u64(21000);

	CHECK(state_refund(s) == 0);
	state_add_balance(s, from, &back);
	state_add_balance(s, author, &fee);
	state_end_tx(s, true);
}

static void
transfer(struct state *s, struct rng_test *r, const struct addr *author)
{
	struct addr from = draw_addr(r), to = draw_addr(r);
	struct u256 value = U256_ONE;

	begin(s, &from, &to, author);
	(void)state_snapshot(s);
	CHECK(state_exists(s, &to));
	CHECK(state_sub_balance(s, &from, &value));
	state_add_balance(s, &to, &value);
	CHECK(state_code(s, &to).len == 0);
	end(s, &from, author);
}

static void
move_slot(struct state *s, const struct addr *token, const struct hash *key)
{
	struct u256 now, was;

	CHECK(!state_warm_slot(s, token, key));
	state_slot(s, &now, token, key);
	CHECK(state_warm_slot(s, token, key));
	state_slot_original(s, &was, token, key);
	(void)u256_add(&now, &now, &U256_ONE);
	state_set_slot(s, token, key, &now);
}

static void
token_transfer(struct state *s, struct rng_test *r, const struct addr *author)
{
	struct addr from = draw_addr(r), to = draw_addr(r), token = {{7}};
	struct hash from_slot = slot_of(&from), to_slot = slot_of(&to);
	struct log_entry log = {.topic_cnt = 3, .data = {token.b, 20}};

	if (addr_eq(&from, &to))
		return;
	begin(s, &from, &token, author);
	(void)state_snapshot(s);
	move_slot(s, &token, &from_slot);
	move_slot(s, &token, &to_slot);
	state_add_log(s, &log);
	end(s, &from, author);
}

typedef void tx_fn(
    struct state *s, struct rng_test *r, const struct addr *author);

static void
run(const char *name, tx_fn *tx)
{
	struct rng_test r = {.state = 1};
	struct addr author = {{9}};
	double txs[ROUNDS], diffs[ROUNDS];
	size_t round, i, used = 0;
	struct state_diff diff;
	struct arena a;
	struct state *s;
	char label[64];

	arena_init(&a, 1 << 30);
	for (round = 0; round < ROUNDS; round++) {
		txs[round] = cpu_us();
		s = state_new(&a, &source);
		CHECK(s != NULL);
		for (i = 0; i < TX_CNT; i++)
			tx(s, &r, &author);
		diffs[round] = cpu_us();
		txs[round] = diffs[round] - txs[round];
		used = a.used_bytes;
		CHECK(state_diff_take(s, &diff, NULL) == RC_OK);
		diffs[round] = cpu_us() - diffs[round];
		arena_drop(&a);
	}
	printf("# %zu accounts, %zu slots changed, %zu bytes\n",
	    diff.account_cnt, diff.slot_cnt, used);
	report(name, TX_CNT, txs);
	snprintf(label, sizeof(label), "changes of %ss", name);
	report(label, TX_CNT, diffs);
}

int
main(void)
{
	printf("case\titems\tus\tus_per_item\n");
	run("transfer", transfer);
	run("token transfer", token_transfer);
	return 0;
}
