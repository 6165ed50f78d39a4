/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's view of the state, row by row of struct evm_host.
 */
#include "exec/exec_priv.h"

#include "world.h"

enum { RICH = 1, EMPTY = 2, CODE = 3, NOBODY = 9 };

struct fixture {
	struct world w;
	struct exec_host h;
	struct evm_host host;
};

static void
open_host(struct fixture *f, enum fork fork)
{
	world_open(&f->w, fork);
	world_put(&f->w, RICH, 1000, 0);
	world_put(&f->w, EMPTY, 0, 0);
	world_code(world_put(&f->w, CODE, 5, 1), "6001");
	world_start(&f->w);
	f->h = (struct exec_host){.st = f->w.st, .env = &f->w.env};
	f->host = exec_host_of(&f->h);
}

TEST(test_host_accounts_read_as_the_state_has_them)
{
	struct addr rich = world_addr(RICH), empty = world_addr(EMPTY),
		    code = world_addr(CODE), nobody = world_addr(NOBODY);
	struct hash hash, want;
	struct fixture f;
	struct u256 v;

	open_host(&f, FORK_LONDON);
	EXPECT(f.host.exists(f.host.ctx, &empty));
	EXPECT(!f.host.exists(f.host.ctx, &nobody));
	EXPECT(f.host.is_empty(f.host.ctx, &empty));
	EXPECT(!f.host.is_empty(f.host.ctx, &rich));
	f.host.balance(f.host.ctx, &v, &rich);
	EXPECT_U64(v.w[0], 1000);
	EXPECT_BYTES(f.host.code(f.host.ctx, &code), test_hex("6001"));
	want = hash_keccak(test_hex("6001"));
	f.host.code_hash(f.host.ctx, &hash, &code);
	EXPECT(hash_eq(&hash, &want));
	f.host.code_hash(f.host.ctx, &hash, &rich);
	EXPECT(hash_eq(&hash, &HASH_EMPTY_CODE));
	f.host.code_hash(f.host.ctx, &hash, &empty); /* EIP-1052 */
	EXPECT(hash_is_zero(&hash));
	world_close(&f.w);
}

TEST(test_host_slots_and_transient_slots_are_apart)
{
	struct addr code = world_addr(CODE);
	struct hash key = {{1}};
	struct u256 v, seven = u256_from_u64(7), eight = u256_from_u64(8);
	struct evm_store at;
	struct fixture f;

	open_host(&f, FORK_CANCUN);
	f.host.store_at(f.host.ctx, &at, &code, &key, &seven);
	EXPECT(!at.was_warm);
	EXPECT(u256_is_zero(&at.now));
	f.host.store(f.host.ctx, at.at, &seven);
	f.host.set_transient(f.host.ctx, &code, &key, &eight);
	EXPECT(f.host.load(f.host.ctx, &v, &code, &key));
	EXPECT_U64(v.w[0], 7);
	f.host.store_at(f.host.ctx, &at, &code, &key, &seven);
	EXPECT(at.was_warm);
	EXPECT_U64(at.now.w[0], 7);
	EXPECT(u256_is_zero(&at.original));
	f.host.transient(f.host.ctx, &v, &code, &key);
	EXPECT_U64(v.w[0], 8);
	state_end_tx(f.w.st, true);
	EXPECT(!f.host.load(f.host.ctx, &v, &code, &key));
	f.host.store_at(f.host.ctx, &at, &code, &key, &seven);
	EXPECT_U64(at.original.w[0], 7);
	f.host.transient(f.host.ctx, &v, &code, &key);
	EXPECT(u256_is_zero(&v));
	world_close(&f.w);
}

TEST(test_host_warm_sets_logs_and_refunds_reach_the_state)
{
	struct addr code = world_addr(CODE);
	struct log_entry log = {.addr = code, .topic_cnt = 1};
	const struct log_entry *logs;
	struct fixture f;
	size_t cnt;

	open_host(&f, FORK_BERLIN);
	EXPECT(!f.host.warm_addr(f.host.ctx, &code));
	EXPECT(f.host.warm_addr(f.host.ctx, &code));
	f.host.refund_add(f.host.ctx, 100);
	f.host.refund_sub(f.host.ctx, 30);
	EXPECT_U64(f.host.refund(f.host.ctx), 70);
	f.host.log(f.host.ctx, &log);
	logs = state_logs(f.w.st, &cnt);
	EXPECT_U64(cnt, 1);
	EXPECT(addr_eq(&logs[0].addr, &code));
	world_close(&f.w);
}

static const struct {
	const char *name;
	enum fork fork;
	bool is_new, is_heir;
	uint64_t own, heir;
	bool goes;
} ends[] = {
    {"to another", FORK_LONDON, false, false, 0, 1005, true},
    {"to itself: burnt", FORK_LONDON, false, true, 0, 1000, true},
    {"EIP-6780: to another", FORK_CANCUN, false, false, 0, 1005, false},
    {"EIP-6780: to itself", FORK_CANCUN, false, true, 5, 1000, false},
    {"EIP-6780: new, to another", FORK_CANCUN, true, false, 0, 1005, true},
    {"EIP-6780: new, to itself", FORK_CANCUN, true, true, 0, 1000, true},
};

TEST(test_host_destroy_moves_or_burns_the_balance)
{
	struct u256 five = u256_from_u64(5);
	struct fixture f;
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct addr own = world_addr(ends[i].is_new ? NOBODY : CODE);
		struct addr heir = ends[i].is_heir ? own : world_addr(RICH);

		test_row(ends[i].name);
		open_host(&f, ends[i].fork);
		if (ends[i].is_new) {
			state_create(f.w.st, &own);
			state_set_balance(f.w.st, &own, &five);
		}
		EXPECT(f.host.destroy(f.host.ctx, &own, &heir) == ends[i].goes);
		EXPECT(!f.host.destroy(f.host.ctx, &own, &heir));
		EXPECT(state_is_destroyed(f.w.st, &own) == ends[i].goes);
		EXPECT_U64(world_balance(&f.w, ends[i].is_new ? NOBODY : CODE),
		    ends[i].own);
		EXPECT_U64(world_balance(&f.w, RICH), ends[i].heir);
		world_close(&f.w);
	}
}

TEST(test_host_transfer_moves_touches_or_refuses)
{
	struct addr rich = world_addr(RICH), nobody = world_addr(NOBODY);
	struct u256 six = u256_from_u64(6), much = u256_from_u64(1001);
	struct fixture f;
	size_t before;

	open_host(&f, FORK_HOMESTEAD);
	EXPECT(!f.host.transfer(f.host.ctx, &rich, &nobody, &much));
	EXPECT(!f.host.exists(f.host.ctx, &nobody));
	before = f.host.snapshot(f.host.ctx);
	EXPECT(f.host.transfer(f.host.ctx, &rich, &nobody, &six));
	EXPECT_U64(world_balance(&f.w, RICH), 994);
	EXPECT_U64(world_balance(&f.w, NOBODY), 6);
	f.host.revert(f.host.ctx, before);
	EXPECT_U64(world_balance(&f.w, RICH), 1000);
	EXPECT(f.host.transfer(f.host.ctx, &rich, &nobody, &U256_ZERO));
	EXPECT(f.host.exists(f.host.ctx, &nobody));
	world_close(&f.w);
}

TEST(test_host_creation_takes_free_addresses_only)
{
	struct addr code = world_addr(CODE), rich = world_addr(RICH),
		    nobody = world_addr(NOBODY);
	struct hash key = {{1}};
	const struct state_creation *made;
	struct fixture f;
	size_t snapshot;

	open_host(&f, FORK_LONDON);
	EXPECT(f.host.is_taken(f.host.ctx, &code));
	EXPECT(!f.host.is_taken(f.host.ctx, &rich));
	EXPECT(!f.host.is_taken(f.host.ctx, &nobody));
	snapshot = f.host.snapshot(f.host.ctx);
	f.host.create(f.host.ctx, &nobody, &rich);
	EXPECT(state_creations(f.w.st) != NULL);
	f.host.revert(f.host.ctx, snapshot);
	EXPECT(state_creations(f.w.st) == NULL);
	f.host.create(f.host.ctx, &nobody, &rich);
	made = state_creations(f.w.st);
	EXPECT(made != NULL && made->before == NULL &&
	       addr_eq(&made->c.made, &nobody) && addr_eq(&made->c.by, &rich));
	EXPECT(state_is_new(f.w.st, &nobody));
	f.host.set_nonce(f.host.ctx, &nobody, 1);
	EXPECT(f.host.is_taken(f.host.ctx, &nobody));
	EXPECT_U64(f.host.nonce(f.host.ctx, &nobody), 1);
	f.host.set_code(f.host.ctx, &nobody, test_hex("00"));
	EXPECT_BYTES(f.host.code(f.host.ctx, &nobody), test_hex("00"));
	state_set_slot(f.w.st, &rich, &key, &U256_ONE); /* EIP-7610 */
	EXPECT(f.host.is_taken(f.host.ctx, &rich));
	world_close(&f.w);
}

static enum rc
hash_of_number(void *ctx, struct hash *out, uint64_t number)
{
	(void)ctx;
	if (number == 70)
		return RC_NOT_FOUND;
	*out = (struct hash){{(uint8_t)number}};
	return RC_OK;
}

TEST(test_host_block_hash_reaches_back_256_blocks)
{
	static const struct {
		uint64_t number;
		uint8_t want;
	} rows[] = {
	    {0, 0}, {43, 0}, {44, 44}, {70, 0}, {255, 255}, {300, 0}, {301, 0}};
	struct hash got, want;
	struct fixture f;
	size_t i;

	open_host(&f, FORK_LONDON);
	f.w.env.block.number = 300;
	f.host.block_hash(f.host.ctx, &got, 299); /* no hook: zero */
	EXPECT(hash_is_zero(&got));
	f.w.env.block_hash = hash_of_number;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		want = (struct hash){{rows[i].want}};
		f.host.block_hash(f.host.ctx, &got, rows[i].number);
		EXPECT(hash_eq(&got, &want));
	}
	world_close(&f.w);
}
