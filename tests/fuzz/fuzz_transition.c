/* SPDX-License-Identifier: Apache-2.0
 *
 * State transitions: two contracts and one transaction made of whatever the
 * bytes say, under any fork. The first byte may break a rule that the others
 * cannot. A refused transaction leaves the root as it
 * was; one that runs uses no more gas than it has, neither makes nor loses a
 * coin that is not burnt, and gives the same root when it runs again.
 *
 * fuzz: lib=suite
 * fuzz: cover=node/exec/tx_exec.c,node/exec/tx_check.c,node/exec/warm.c
 * fuzz: cover=node/exec/intrinsic.c,node/exec/auth.c,node/exec/host.c
 */
#include "base/check.h"
#include "eth/addr.h"
#include "suite/suite_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CODE_MAX = 2048, ARENA_MAX = 64 << 20, GAS_STEP = 16, ACCOUNT_CNT = 4 };

static const struct addr sender = {{[19] = 0xa1}};
static const struct addr first = {{[19] = 0xb1}};
static const struct addr second = {{[19] = 0xb2}};
static const struct addr author = {{[19] = 0xc1}};

/* Forks that change something for a transaction; the last is the newest. */
static const enum fork forks[] = {FORK_FRONTIER, FORK_HOMESTEAD, FORK_TANGERINE,
    FORK_SPURIOUS, FORK_BYZANTIUM, FORK_CONSTANTINOPLE, FORK_PETERSBURG,
    FORK_ISTANBUL, FORK_BERLIN, FORK_LONDON, FORK_PARIS, FORK_SHANGHAI,
    FORK_CANCUN, FORK_PRAGUE, FORK_OSAKA};

/* What the bytes say. */
struct plan {
	struct fork_plan forks;
	struct exec_env env;
	struct tx tx;
	struct tx_access access;
	struct tx_auth auth;
	struct hash key, blob;
	struct genesis_account accounts[ACCOUNT_CNT];
	struct genesis_slot slot;
};

/* How one run ended. */
struct end {
	enum rc rc;
	struct hash root;
	struct u256 sum;
	uint64_t gas_used;
};

/* Rules that a transaction breaks, or nearly. */
enum flaw {
	FLAW_NONE,
	FLAW_NONCE_HIGH,
	FLAW_NONCE_LOW,
	FLAW_NONCE_MAX,
	FLAW_OTHER_CHAIN,
	FLAW_PROTECTED,
	FLAW_HIGH_S,
	FLAW_COST,
	FLAW_VALUE,
	FLAW_POOR,
	FLAW_GAS_CAP,
	FLAW_BLOCK_FULL,
	FLAW_NO_BLOBS,
	FLAW_NO_AUTHS,
	FLAW_SENDER_CODE,
	FLAW_SENDER_DELEGATES,
	FLAW_COLLISION,
	FLAW_CNT
};

static uint8_t
take(struct bytes *in)
{
	uint8_t v = in->len > 0 ? in->ptr[0] : 0;

	in->ptr += in->len > 0;
	in->len -= in->len > 0;
	return v;
}

static struct bytes
take_code(struct bytes *in)
{
	size_t len = (size_t)take(in) << 3;
	struct bytes out;

	if (len > in->len)
		len = in->len;
	out = bytes_of(in->ptr, len);
	in->ptr += len;
	in->len -= len;
	return out;
}

static void
read_block(struct plan *p, struct bytes *in)
{
	enum fork f = forks[take(in) % ARRAY_CNT(forks)];
	struct evm_block *b = &p->env.block;
	size_t i;

	p->forks = fork_plan_none();
	p->forks.chain_id = 1;
	for (i = 0; i <= (size_t)f; i++)
		p->forks.at[i] = i == FORK_DAO ? FORK_NEVER : 0;
	*b = (struct evm_block){.coinbase = author,
	    .number = 300,
	    .time = 3000,
	    .gas_limit = 30000000,
	    .chain_id = 1,
	    .has_randao = f >= FORK_PARIS,
	    .fork = f};
	if (f >= FORK_LONDON)
		b->base_fee = u256_from_u64(take(in));
	if (f >= FORK_CANCUN)
		b->blob_base_fee = u256_from_u64(take(in));
}

static void
read_lists(struct plan *p, struct bytes *in)
{
	struct tx *tx = &p->tx;

	p->key.b[31] = take(in);
	p->access =
	    (struct tx_access){.addr = first, .keys = &p->key, .key_cnt = 1};
	if (tx->type != TX_LEGACY) {
		tx->access = &p->access;
		tx->access_cnt = take(in) & 1;
	}
	if (tx->type == TX_BLOB) {
		p->blob.b[0] = take(in);
		tx->blob_hashes = &p->blob;
		tx->blob_cnt = 1;
		tx->max_blob_fee = u256_from_u64(take(in));
	}
	if (tx->type == TX_SET_CODE) {
		p->auth.addr = second;
		p->auth.nonce = take(in);
		p->auth.y_parity = take(in) & 1;
		p->auth.r = u256_from_u64(1 + take(in));
		p->auth.s = u256_from_u64(1 + take(in));
		tx->auths = &p->auth;
		tx->auth_cnt = 1;
	}
}

/* Each value by a statement of its own: what is called in one initialiser is
 * called in an order that compilers choose. */
static void
read_tx(struct plan *p, struct bytes *in)
{
	struct tx *tx = &p->tx;
	uint8_t flags = take(in);

	*tx = (struct tx){.type = (enum tx_type)(flags % 5),
	    .is_create = flags >> 7,
	    .gas = 20000,
	    .to = first,
	    .chain_id = 1,
	    .r = U256_ONE,
	    .s = U256_ONE};
	tx->has_chain_id = tx->type != TX_LEGACY;
	tx->gas += (uint64_t)take(in) * 256 * GAS_STEP;
	tx->gas += (uint64_t)take(in) * GAS_STEP;
	tx->value = u256_from_u64(take(in));
	tx->max_fee = u256_from_u64(take(in));
	tx->max_tip = tx->max_fee;
	if (tx->type >= TX_DYNAMIC_FEE)
		tx->max_tip = u256_from_u64(take(in));
	if (tx->is_create)
		tx->to = (struct addr){{0}};
	read_lists(p, in);
}

static void
break_tx(struct tx *tx, enum flaw flaw)
{
	if (flaw == FLAW_NONCE_HIGH)
		tx->nonce = 1;
	if (flaw == FLAW_NONCE_MAX)
		tx->nonce = UINT64_MAX;
	if (flaw == FLAW_OTHER_CHAIN)
		tx->chain_id = 2;
	if (flaw == FLAW_PROTECTED || flaw == FLAW_OTHER_CHAIN)
		tx->has_chain_id = true;
	if (flaw == FLAW_HIGH_S || flaw == FLAW_COST)
		memset(flaw == FLAW_COST ? &tx->max_fee : &tx->s, 0xff,
		    sizeof(tx->s));
	if (flaw == FLAW_VALUE)
		memset(&tx->value, 0xff, sizeof(tx->value));
	if (flaw == FLAW_GAS_CAP)
		tx->gas += EXEC_TX_GAS_MAX_OSAKA;
	if (flaw == FLAW_NO_BLOBS)
		tx->blob_cnt = 0;
	if (flaw == FLAW_NO_AUTHS)
		tx->auth_cnt = 0;
}

/* break_world: the sender's account, the block, and what stands where the
 * sender's first contract goes. */
static void
break_world(struct plan *p, enum flaw flaw)
{
	/* EIP-7702's designation of second. */
	static const uint8_t delegation[23] = {0xef, 0x01, 0x00, [22] = 0xb2};
	struct genesis_account *from = &p->accounts[0];

	if (flaw == FLAW_NONCE_LOW)
		from->nonce = 1;
	if (flaw == FLAW_POOR)
		from->balance = u256_from_u64(20000);
	if (flaw == FLAW_BLOCK_FULL)
		p->env.block.gas_limit = 20000;
	if (flaw == FLAW_SENDER_CODE)
		from->code = bytes_of(delegation, 1);
	if (flaw == FLAW_SENDER_DELEGATES)
		from->code = bytes_of(delegation, sizeof(delegation));
	if (flaw == FLAW_COLLISION)
		p->accounts[3].nonce = 1;
}

static void
read_plan(struct plan *p, struct bytes in)
{
	enum flaw flaw = (enum flaw)(take(&in) % FLAW_CNT);

	read_block(p, &in);
	read_tx(p, &in);
	p->slot.value = u256_from_u64(take(&in));
	p->accounts[0] = (struct genesis_account){
	    .addr = sender, .balance = u256_from_u64(UINT64_C(1) << 40)};
	p->accounts[1] = (struct genesis_account){.addr = first,
	    .nonce = 1,
	    .slots = &p->slot,
	    .slot_cnt = !u256_is_zero(&p->slot.value)};
	p->accounts[1].balance = u256_from_u64(take(&in));
	p->accounts[1].code = take_code(&in);
	p->accounts[2] = (struct genesis_account){.addr = second,
	    .balance = u256_from_u64(9),
	    .code = take_code(&in)};
	p->accounts[3] = (struct genesis_account){.balance = U256_ONE};
	p->accounts[3].addr = addr_create(&sender, 0);
	p->tx.data = in.len > CODE_MAX ? bytes_of(in.ptr, CODE_MAX) : in;
	break_tx(&p->tx, flaw);
	break_world(p, flaw);
}

/* add_up sums all balances: over nothing, all accounts have changed. */
static void
add_up(struct u256 *out, struct state *st)
{
	struct state_diff diff;
	size_t i;

	*out = U256_ZERO;
	CHECK(state_diff_take(st, &diff, NULL) == RC_OK);
	for (i = 0; i < diff.account_cnt; i++)
		if (diff.accounts[i].has_after)
			u256_add(out, out, &diff.accounts[i].after.balance);
}

/* add_burnt adds what fees and destroyed accounts took out of the world. */
static void
add_burnt(struct end *end, const struct plan *p, const struct state *st)
{
	struct u256 v;

	state_burnt(st, &v);
	u256_add(&end->sum, &end->sum, &v);
	if (end->rc != RC_OK)
		return;
	u256_mul_u64(&v, &p->env.block.base_fee, end->gas_used);
	u256_add(&end->sum, &end->sum, &v);
	u256_mul_u64(
	    &v, &p->env.block.blob_base_fee, p->tx.blob_cnt * TX_BLOB_GAS);
	u256_add(&end->sum, &end->sum, &v);
}

/* run gives the root and sum before, when there is no machine, or after. */
static struct end
run(struct plan *p, struct evm *vm)
{
	uint64_t left = p->env.block.gas_limit, used = 0;
	struct end end = {.rc = RC_OK};
	struct receipt r = {.gas_used = 0};
	struct arena a;
	struct state *st;

	arena_init(&a, ARENA_MAX);
	CHECK(suite_world(&a, &st, p->accounts, ACCOUNT_CNT, NULL) == RC_OK);
	p->env.vm = vm;
	if (vm != NULL)
		end.rc = exec_tx(
		    &a, &r, st, &p->env, &p->tx, &sender, &left, &used, NULL);
	CHECK(state_error(st, NULL) == RC_OK);
	CHECK(end.rc != RC_OK || (used == r.gas_used && used <= p->tx.gas &&
				     left == p->env.block.gas_limit - used));
	end.gas_used = used;
	CHECK(suite_root(&a, &end.root, st, NULL) == RC_OK);
	add_up(&end.sum, st);
	if (vm != NULL)
		add_burnt(&end, p, st);
	arena_drop(&a);
	return end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct evm *vm;
	struct plan p = {
	    .env = {.block_hash = suite_block_hash, .mid_root = suite_no_root}};
	struct end before, after, again;

	if (vm == NULL)
		vm = evm_new();
	CHECK(vm != NULL);
	p.env.forks = &p.forks;
	read_plan(&p, bytes_of(data, size));
	before = run(&p, NULL);
	after = run(&p, vm);
	again = run(&p, vm);
	CHECK(after.rc == again.rc && after.gas_used == again.gas_used);
	CHECK(hash_eq(&after.root, &again.root));
	CHECK(u256_eq(&before.sum, &after.sum));
	CHECK(after.rc == RC_OK || hash_eq(&before.root, &after.root));
	return 0;
}
