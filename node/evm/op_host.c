/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions that ask the host about accounts, storage and blocks, with
 * the price of first access (EIP-2929).
 */
#include "evm/evm_priv.h"

/* EIP-2200: a frame with no more than a call's stipend may not write. */
enum { STORE_GAS_LEAST = GAS_STIPEND };

uint64_t
evm_access(struct evm *vm, const struct addr *addr)
{
	const struct evm_host *h = vm->host;

	if (vm->fork < FORK_BERLIN ||
	    (h->send == NULL && evm_is_precompile(addr, vm->fork)) ||
	    h->warm_addr(h->ctx, addr))
		return 0;
	return vm->price.cold_addr;
}

/* take_account takes the price of looking at the account on the stack. */
static bool
take_account(struct frame *f, struct addr *addr, uint64_t price)
{
	*addr = word_to_addr(f->sp);
	return evm_take(f, price + evm_access(f->vm, addr));
}

enum rc
evm_op_balance(struct frame *f)
{
	const struct evm_host *h = f->vm->host;
	struct addr addr;

	if (!take_account(f, &addr, f->vm->price.balance))
		return RC_EVM_GAS;
	h->balance(h->ctx, f->sp, &addr);
	return RC_OK;
}

enum rc
evm_op_extcodesize(struct frame *f)
{
	const struct evm_host *h = f->vm->host;
	struct addr addr;

	if (!take_account(f, &addr, f->vm->price.extcode))
		return RC_EVM_GAS;
	*f->sp = u256_from_u64(h->code_size(h->ctx, &addr));
	return RC_OK;
}

enum rc
evm_op_extcodehash(struct frame *f)
{
	const struct evm_host *h = f->vm->host;
	struct addr addr;
	struct hash hash;

	if (!take_account(f, &addr, f->vm->price.extcodehash))
		return RC_EVM_GAS;
	h->code_hash(h->ctx, &hash, &addr);
	*f->sp = load_word(hash.b);
	return RC_OK;
}

enum rc
evm_op_blockhash(struct frame *f)
{
	const struct evm_host *h = f->vm->host;
	struct hash hash = {{0}};

	if (u256_is_u64(f->sp))
		h->block_hash(h->ctx, &hash, f->sp->w[0]);
	*f->sp = load_word(hash.b);
	return RC_OK;
}

/* EIP-4844 */
enum rc
evm_op_blobhash(struct frame *f)
{
	const struct evm_tx *tx = f->vm->tx;

	if (u256_is_u64(f->sp) && f->sp->w[0] < tx->blob_cnt)
		*f->sp = load_word(tx->blob_hashes[f->sp->w[0]].b);
	else
		*f->sp = U256_ZERO;
	return RC_OK;
}

enum rc
evm_op_sload(struct frame *f)
{
	struct evm *vm = f->vm;
	struct hash key = word_to_hash(f->sp);
	bool is_warm = vm->host->load(vm->host->ctx, f->sp, &f->msg.to, &key);

	if (!evm_take(f, vm->price.sload + (is_warm ? 0 : vm->price.cold_slot)))
		return RC_EVM_GAS;
	return RC_OK;
}

/* refund_net is what a write changes in the refund counter under net
 * metering: EIP-1283, EIP-2200, EIP-3529. */
static void
refund_net(
    const struct evm *vm, const struct evm_store *s, const struct u256 *value)
{
	const struct evm_host *h = vm->host;
	const struct prices *p = &vm->price;

	if (u256_eq(&s->now, value))
		return;
	if (!u256_is_zero(&s->original)) {
		if (u256_is_zero(&s->now))
			h->refund_sub(h->ctx, p->clear_refund);
		if (u256_is_zero(value))
			h->refund_add(h->ctx, p->clear_refund);
	}
	if (u256_eq(&s->original, value)) {
		bool was_zero = u256_is_zero(&s->original);

		/* From Berlin the reset's price leaves out the cold slot's,
		 * which is paid apart. */
		h->refund_add(
		    h->ctx, (was_zero ? p->set : p->reset) - p->store_again);
	}
}

static uint64_t
price_net(
    const struct prices *p, const struct evm_store *s, const struct u256 *value)
{
	if (u256_eq(&s->now, value) || !u256_eq(&s->now, &s->original))
		return p->store_again;
	return u256_is_zero(&s->original) ? p->set : p->reset;
}

static bool
is_net_metered(enum fork f)
{
	return f == FORK_CONSTANTINOPLE || f >= FORK_ISTANBUL;
}

/* store takes the price of a write and accounts for its refund. */
static enum rc
price_store(
    struct frame *f, const struct evm_store *s, const struct u256 *value)
{
	struct evm *vm = f->vm;
	const struct evm_host *h = vm->host;
	const struct prices *p = &vm->price;
	bool was_zero = u256_is_zero(&s->now);
	bool is_zero = u256_is_zero(value);

	if (is_net_metered(vm->fork)) {
		/* EIP-2929: a cold slot costs what a cold load does. */
		uint64_t cold = s->was_warm || vm->fork < FORK_BERLIN
				    ? 0
				    : p->cold_slot + p->sload;

		if (!evm_take(f, cold + price_net(p, s, value)))
			return RC_EVM_GAS;
		refund_net(vm, s, value);
		return RC_OK;
	}
	if (!evm_take(f, was_zero && !is_zero ? p->set : p->reset))
		return RC_EVM_GAS;
	if (!was_zero && is_zero)
		h->refund_add(h->ctx, p->clear_refund);
	return RC_OK;
}

enum rc
evm_op_sstore(struct frame *f)
{
	const struct u256 *value = f->sp - 1;
	struct hash key = word_to_hash(f->sp);
	const struct evm_host *h = f->vm->host;
	struct evm_store s;
	enum rc rc;

	if (f->msg.is_static)
		return RC_EVM_STATIC;
	if (f->vm->fork >= FORK_ISTANBUL && f->gas <= STORE_GAS_LEAST)
		return RC_EVM_GAS;
	h->store_at(h->ctx, &s, &f->msg.to, &key, value);
	rc = price_store(f, &s, value);
	if (rc != RC_OK)
		return rc;
	if (!u256_eq(&s.now, value))
		h->store(h->ctx, s.at, value);
	f->sp -= 2;
	return RC_OK;
}

/* EIP-1153 */
enum rc
evm_op_tload(struct frame *f)
{
	const struct evm_host *h = f->vm->host;
	struct hash key = word_to_hash(f->sp);

	h->transient(h->ctx, f->sp, &f->msg.to, &key);
	return RC_OK;
}

enum rc
evm_op_tstore(struct frame *f)
{
	const struct evm_host *h = f->vm->host;
	struct hash key = word_to_hash(f->sp);

	if (f->msg.is_static)
		return RC_EVM_STATIC;
	h->set_transient(h->ctx, &f->msg.to, &key, f->sp - 1);
	f->sp -= 2;
	return RC_OK;
}

/* price_destroy is SELFDESTRUCT's: EIP-150, EIP-161, EIP-2929. */
static uint64_t
price_destroy(struct evm *vm, const struct addr *own, const struct addr *heir)
{
	const struct evm_host *h = vm->host;
	const struct prices *p = &vm->price;
	uint64_t gas = p->destroy;
	struct u256 balance;
	bool is_new;

	if (vm->fork >= FORK_SPURIOUS) {
		h->balance(h->ctx, &balance, own);
		is_new = !u256_is_zero(&balance) && h->is_empty(h->ctx, heir);
	} else {
		is_new = !h->exists(h->ctx, heir);
	}
	if (is_new)
		gas += p->destroy_new;
	if (evm_access(vm, heir) > 0)
		gas += p->destroy_cold;
	return gas;
}

enum rc
evm_op_selfdestruct(struct frame *f)
{
	struct evm *vm = f->vm;
	struct addr heir = word_to_addr(f->sp);

	if (f->msg.is_static)
		return RC_EVM_STATIC;
	if (!evm_take(f, price_destroy(vm, &f->msg.to, &heir)))
		return RC_EVM_GAS;
	if (vm->host->destroy(vm->host->ctx, &f->msg.to, &heir) &&
	    vm->price.destroy_refund > 0)
		vm->host->refund_add(vm->host->ctx, vm->price.destroy_refund);
	return RC_OK;
}
