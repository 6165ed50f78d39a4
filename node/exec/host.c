/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's view of the world over struct state: one thin function per
 * row of struct evm_host. Gas and the static flag are the machine's matter.
 */
#include "exec/exec_priv.h"

static struct state *
state_of(void *ctx)
{
	return ((struct exec_host *)ctx)->st;
}

static bool
host_exists(void *ctx, const struct addr *addr)
{
	return state_exists(state_of(ctx), addr);
}

static bool
host_is_empty(void *ctx, const struct addr *addr)
{
	return state_is_empty(state_of(ctx), addr);
}

static void
host_balance(void *ctx, struct u256 *out, const struct addr *addr)
{
	state_balance(state_of(ctx), out, addr);
}

static uint64_t
host_nonce(void *ctx, const struct addr *addr)
{
	return state_nonce(state_of(ctx), addr);
}

static void
host_set_nonce(void *ctx, const struct addr *addr, uint64_t nonce)
{
	state_set_nonce(state_of(ctx), addr, nonce);
}

static void
host_set_code(void *ctx, const struct addr *addr, struct bytes code)
{
	state_set_code(state_of(ctx), addr, code);
}

const struct addr EXEC_TRANSFER_LOGGER = {
    {0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
	0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee}};

/* keccak of Transfer(address,address,uint256) */
static const struct hash transfer_topic = {
    {0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0, 0x68,
	0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4, 0xa1, 0x16,
	0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef}};

static struct hash
topic_of(const struct addr *addr)
{
	struct hash out = {{0}};

	memcpy(
	    out.b + sizeof(out.b) - sizeof(addr->b), addr->b, sizeof(addr->b));
	return out;
}

/* log_transfer adds the log of a move of coins where one is wanted. It goes
 * with its frame, as any log. */
static void
log_transfer(const struct exec_host *h, const struct addr *from,
    const struct addr *to, const struct u256 *value)
{
	uint8_t data[32];
	struct log_entry log = {.addr = EXEC_TRANSFER_LOGGER,
	    .topics = {transfer_topic, topic_of(from), topic_of(to)},
	    .topic_cnt = 3,
	    .data = bytes_of(data, sizeof(data))};

	if (!h->env->logs_transfers || u256_is_zero(value))
		return;
	u256_to_be(data, value);
	state_add_log(h->st, &log);
}

static bool
host_transfer(void *ctx, const struct addr *from, const struct addr *to,
    const struct u256 *value)
{
	struct state *st = state_of(ctx);

	if (!u256_is_zero(value) && !state_sub_balance(st, from, value))
		return false;
	state_add_balance(st, to, value);
	log_transfer(ctx, from, to, value);
	return true;
}

static bool
host_is_taken(void *ctx, const struct addr *addr)
{
	struct state *st = state_of(ctx);
	struct hash hash;

	state_code_hash(st, &hash, addr);
	return state_nonce(st, addr) != 0 ||
	       !hash_eq(&hash, &HASH_EMPTY_CODE) || state_has_storage(st, addr);
}

static void
host_create(void *ctx, const struct addr *addr, const struct addr *by)
{
	state_create(state_of(ctx), addr);
	state_add_creation(state_of(ctx), addr, by);
}

static size_t
host_code_size(void *ctx, const struct addr *addr)
{
	return state_code(state_of(ctx), addr).len;
}

static struct bytes
host_code(void *ctx, const struct addr *addr)
{
	return state_code(state_of(ctx), addr);
}

/* EIP-1052 and EIP-161: an empty account counts as not there. */
static void
host_code_hash(void *ctx, struct hash *out, const struct addr *addr)
{
	if (state_is_empty(state_of(ctx), addr))
		*out = (struct hash){{0}};
	else
		state_code_hash(state_of(ctx), out, addr);
}

static bool
host_load(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	return state_load(state_of(ctx), out, addr, key);
}

static void
host_store_at(void *ctx, struct evm_store *out, const struct addr *addr,
    const struct hash *key, const struct u256 *value)
{
	struct state_slot_view view;

	(void)value;
	state_slot_open(state_of(ctx), &view, addr, key);
	*out = (struct evm_store){.now = view.now,
	    .original = view.original,
	    .was_warm = view.was_warm,
	    .at = view.at};
}

static void
host_store(void *ctx, void *at, const struct u256 *value)
{
	state_slot_put(state_of(ctx), at, value);
}

static void
host_transient(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	state_transient(state_of(ctx), out, addr, key);
}

static void
host_set_transient(void *ctx, const struct addr *addr, const struct hash *key,
    const struct u256 *value)
{
	state_set_transient(state_of(ctx), addr, key, value);
}

static bool
host_warm_addr(void *ctx, const struct addr *addr)
{
	return state_warm_addr(state_of(ctx), addr);
}

static void
host_refund_add(void *ctx, uint64_t gas)
{
	state_add_refund(state_of(ctx), gas);
}

static void
host_refund_sub(void *ctx, uint64_t gas)
{
	state_sub_refund(state_of(ctx), gas);
}

static uint64_t
host_refund(void *ctx)
{
	return state_refund(state_of(ctx));
}

static size_t
host_snapshot(void *ctx)
{
	return state_snapshot(state_of(ctx));
}

static void
host_revert(void *ctx, size_t snapshot)
{
	state_revert(state_of(ctx), snapshot);
}

static void
host_log(void *ctx, const struct log_entry *log)
{
	state_add_log(state_of(ctx), log);
}

static bool
host_destroy(void *ctx, const struct addr *addr, const struct addr *heir)
{
	const struct exec_host *h = ctx;
	bool goes = h->env->block.fork < FORK_CANCUN ||
		    state_is_new(h->st, addr); /* EIP-6780 */
	bool is_first = goes && !state_is_destroyed(h->st, addr);
	struct u256 balance;

	state_balance(h->st, &balance, addr);
	log_transfer(h, addr, heir, &balance);
	if (!addr_eq(addr, heir)) {
		state_set_balance(h->st, addr, &U256_ZERO);
		state_add_balance(h->st, heir, &balance);
	} else if (goes) {
		state_burn(h->st, addr);
	}
	if (goes)
		state_destroy(h->st, addr);
	return is_first;
}

static void
host_block_hash(void *ctx, struct hash *out, uint64_t number)
{
	const struct exec_env *env = ((struct exec_host *)ctx)->env;
	uint64_t now = env->block.number;

	*out = (struct hash){{0}};
	if (number >= now || now - number > 256 || env->block_hash == NULL)
		return;
	if (env->block_hash(env->ctx, out, number) != RC_OK)
		*out = (struct hash){{0}};
}

struct evm_host
exec_host_of(struct exec_host *h)
{
	return (struct evm_host){
	    .exists = host_exists,
	    .is_empty = host_is_empty,
	    .balance = host_balance,
	    .nonce = host_nonce,
	    .set_nonce = host_set_nonce,
	    .code_size = host_code_size,
	    .code = host_code,
	    .set_code = host_set_code,
	    .code_hash = host_code_hash,
	    .transfer = host_transfer,
	    .is_taken = host_is_taken,
	    .create = host_create,
	    .destroy = host_destroy,
	    .load = host_load,
	    .store_at = host_store_at,
	    .store = host_store,
	    .transient = host_transient,
	    .set_transient = host_set_transient,
	    .warm_addr = host_warm_addr,
	    .refund_add = host_refund_add,
	    .refund_sub = host_refund_sub,
	    .refund = host_refund,
	    .log = host_log,
	    .snapshot = host_snapshot,
	    .revert = host_revert,
	    .block_hash = host_block_hash,
	    .ctx = h,
	};
}
