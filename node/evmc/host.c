/* SPDX-License-Identifier: Apache-2.0
 *
 * The world of an EVMC host as our machine sees it: one function per row of
 * struct evm_host that a single frame needs. Prices stay the machine's: where
 * EVMC says what a write did, not what was there, we name values that do the
 * same.
 */
#include "base/arena.h"
#include "evmc/evmc_priv.h"

static bool
host_exists(void *ctx, const struct addr *addr)
{
	struct evmc_run *r = ctx;

	return r->host->exists(r->context, addr);
}

static bool
host_is_empty(void *ctx, const struct addr *addr)
{
	return !host_exists(ctx, addr);
}

static void
host_balance(void *ctx, struct u256 *out, const struct addr *addr)
{
	struct evmc_run *r = ctx;
	struct hash balance = r->host->balance(r->context, addr);

	*out = evmc_word(&balance);
}

static size_t
host_code_size(void *ctx, const struct addr *addr)
{
	struct evmc_run *r = ctx;

	return r->host->code_size(r->context, addr);
}

static bool
make_room(struct evmc_machine *m, size_t len)
{
	if (len <= m->code_cap)
		return true;
	mem_free(m->code);
	m->code = mem_new(len);
	m->code_cap = m->code == NULL ? 0 : len;
	return m->code != NULL;
}

static struct bytes
host_code(void *ctx, const struct addr *addr)
{
	struct evmc_run *r = ctx;
	struct evmc_machine *m = r->machine;
	size_t len = host_code_size(r, addr);

	if (len == 0)
		return bytes_of(NULL, 0);
	if (!make_room(m, len)) {
		r->is_starved = true;
		return bytes_of(NULL, 0);
	}
	return bytes_of(
	    m->code, r->host->copy_code(r->context, addr, 0, m->code, len));
}

static void
host_code_hash(void *ctx, struct hash *out, const struct addr *addr)
{
	struct evmc_run *r = ctx;

	*out = r->host->code_hash(r->context, addr);
}

static bool
host_destroy(void *ctx, const struct addr *addr, const struct addr *heir)
{
	struct evmc_run *r = ctx;

	return r->host->selfdestruct(r->context, addr, heir);
}

static bool
warm_slot(struct evmc_run *r, const struct addr *addr, const struct hash *key)
{
	return r->fork < FORK_BERLIN ||
	       r->host->access_storage(r->context, addr, key) == EVMC_WARM;
}

static bool
host_load(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	struct evmc_run *r = ctx;
	bool was_warm = warm_slot(r, addr, key);
	struct hash value = r->host->storage(r->context, addr, key);

	*out = evmc_word(&value);
	return was_warm;
}

/* set_was names a value before the transaction and one before the write which
 * make the write what the host says that it was. */
static void
set_was(struct evm_store *out, enum evmc_storage was, const struct u256 *value)
{
	/* Neither zero nor the new value. */
	struct u256 x = u256_from_u64(value->w[0] == 1 ? 2 : 1);
	struct u256 y = u256_from_u64(value->w[0] == 3 ? 4 : 3);

	out->original = out->now = *value;
	switch (was) {
	case EVMC_ASSIGNED:
		break;
	case EVMC_ADDED:
		out->original = out->now = U256_ZERO;
		break;
	case EVMC_DELETED:
	case EVMC_MODIFIED:
		out->original = out->now = x;
		break;
	case EVMC_DELETED_ADDED:
		out->original = x;
		out->now = U256_ZERO;
		break;
	case EVMC_MODIFIED_DELETED:
		out->original = x;
		out->now = y;
		break;
	case EVMC_DELETED_RESTORED:
		out->now = U256_ZERO;
		break;
	case EVMC_ADDED_DELETED:
		out->original = U256_ZERO;
		out->now = y;
		break;
	case EVMC_MODIFIED_RESTORED:
		out->now = y;
		break;
	}
}

/* EVMC writes first and is paid then: a host undoes what was not. */
static void
host_store_at(void *ctx, struct evm_store *out, const struct addr *addr,
    const struct hash *key, const struct u256 *value)
{
	struct evmc_run *r = ctx;
	struct hash bytes = evmc_hash(value);

	out->was_warm = warm_slot(r, addr, key);
	set_was(
	    out, r->host->set_storage(r->context, addr, key, &bytes), value);
}

static void
host_store(void *ctx, void *at, const struct u256 *value)
{
	(void)ctx;
	(void)at;
	(void)value; /* host_store_at did it */
}

static void
host_transient(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key)
{
	struct evmc_run *r = ctx;
	struct hash value = r->host->transient(r->context, addr, key);

	*out = evmc_word(&value);
}

static void
host_set_transient(void *ctx, const struct addr *addr, const struct hash *key,
    const struct u256 *value)
{
	struct evmc_run *r = ctx;
	struct hash bytes = evmc_hash(value);

	r->host->set_transient(r->context, addr, key, &bytes);
}

static bool
host_warm_addr(void *ctx, const struct addr *addr)
{
	struct evmc_run *r = ctx;

	return r->host->access_account(r->context, addr) == EVMC_WARM;
}

static void
host_refund_add(void *ctx, uint64_t gas)
{
	((struct evmc_run *)ctx)->refund += (int64_t)gas;
}

static void
host_refund_sub(void *ctx, uint64_t gas)
{
	((struct evmc_run *)ctx)->refund -= (int64_t)gas;
}

static void
host_log(void *ctx, const struct log_entry *log)
{
	struct evmc_run *r = ctx;

	r->host->log(r->context, &log->addr, log->data.ptr, log->data.len,
	    log->topics, log->topic_cnt);
}

/* Yellow Paper H.2: of the last 256 blocks. */
static void
host_block_hash(void *ctx, struct hash *out, uint64_t number)
{
	struct evmc_run *r = ctx;

	if (number < r->number && r->number - number <= 256)
		*out = r->host->block_hash(r->context, (int64_t)number);
}

static enum evmc_kind
kind_of(enum evm_call_kind kind)
{
	switch (kind) {
	case EVM_CALL:
	case EVM_STATICCALL:
		return EVMC_CALL;
	case EVM_CALLCODE:
		return EVMC_CALLCODE;
	case EVM_DELEGATECALL:
		return EVMC_DELEGATECALL;
	case EVM_CREATE:
		return EVMC_CREATE;
	case EVM_CREATE2:
		break;
	}
	return EVMC_CREATE2;
}

static struct evmc_message
message_of(const struct evm_msg *msg, const struct addr *delegate)
{
	return (struct evmc_message){.kind = kind_of(msg->kind),
	    .flags = (msg->is_static ? EVMC_FLAG_STATIC : 0u) |
		     (delegate != NULL ? EVMC_FLAG_DELEGATED : 0u),
	    .depth = (int32_t)msg->depth,
	    .gas = (int64_t)msg->gas,
	    .recipient = msg->to,
	    .sender = msg->caller,
	    .input = msg->input.ptr,
	    .input_len = msg->input.len,
	    .value = evmc_hash(&msg->value),
	    .salt = msg->salt,
	    .code_addr = delegate != NULL ? *delegate : msg->code_addr};
}

/* Of a message that failed only whether it reverted can be seen. */
static enum rc
rc_of(enum evmc_status status)
{
	if (status == EVMC_SUCCESS)
		return RC_OK;
	return status == EVMC_REVERT ? RC_REVERT : RC_EVM_GAS;
}

void
evmc_release(struct evmc_result *r)
{
	if (r->release != NULL)
		r->release(r);
	*r = (struct evmc_result){.status = EVMC_SUCCESS};
}

static void
host_send(void *ctx, struct evm_result *out, const struct evm_msg *msg,
    const struct addr *delegate)
{
	struct evmc_run *r = ctx;
	struct evmc_message shown = message_of(msg, delegate);

	evmc_release(&r->held);
	r->is_calling = true;
	r->held = r->host->call(r->context, &shown);
	r->is_calling = false;
	r->refund += r->held.refund;
	*out = (struct evm_result){.rc = rc_of(r->held.status),
	    .gas_left = r->held.gas_left < 0 ? 0 : (uint64_t)r->held.gas_left,
	    .output = bytes_of(r->held.output, r->held.output_len),
	    .created = r->held.created};
}

struct evm_host
evmc_host_of(struct evmc_run *r)
{
	return (struct evm_host){
	    .exists = host_exists,
	    .is_empty = host_is_empty,
	    .balance = host_balance,
	    .code_size = host_code_size,
	    .code = host_code,
	    .code_hash = host_code_hash,
	    .destroy = host_destroy,
	    .load = host_load,
	    .store_at = host_store_at,
	    .store = host_store,
	    .transient = host_transient,
	    .set_transient = host_set_transient,
	    .warm_addr = host_warm_addr,
	    .refund_add = host_refund_add,
	    .refund_sub = host_refund_sub,
	    .log = host_log,
	    .block_hash = host_block_hash,
	    .send = host_send,
	    .ctx = r,
	};
}
