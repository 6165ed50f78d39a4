/* SPDX-License-Identifier: Apache-2.0
 *
 * The host of world.h. What it does around a frame is Yellow Paper 7 and 8
 * once more, apart from node/evm's message.c: the tests compare the two.
 */
#include "world.h"

#include "crypto/keccak.h"
#include "evm/evm.h"

enum { DEPOSIT_BYTE = 200 };

static struct mem_account *
account(struct evmc_context *c, const struct addr *addr)
{
	return mem_account(&c->w, addr);
}

static struct hash
bytes_of_word(const struct u256 *w)
{
	struct hash h;

	u256_to_be(h.b, w);
	return h;
}

static struct u256
word_of(const struct hash *h)
{
	struct u256 w;

	u256_from_be(&w, bytes_of(h->b, sizeof(h->b)));
	return w;
}

static bool
h_exists(struct evmc_context *c, const struct addr *addr)
{
	if (c->fork < FORK_SPURIOUS)
		return mem_exists(&c->w, addr);
	return !mem_is_empty(&c->w, addr);
}

static struct hash
h_storage(
    struct evmc_context *c, const struct addr *addr, const struct hash *key)
{
	return bytes_of_word(&mem_slot(&c->w, addr, key)->now);
}

static enum evmc_storage
what_happens(
    const struct u256 *was, const struct u256 *now, const struct u256 *value)
{
	bool was_set = !u256_is_zero(was), is_set = !u256_is_zero(now);
	bool is_zero = u256_is_zero(value);

	if (u256_eq(now, value))
		return EVMC_ASSIGNED;
	if (u256_eq(was, now))
		return !was_set  ? EVMC_ADDED
		       : is_zero ? EVMC_DELETED
				 : EVMC_MODIFIED;
	if (!was_set)
		return is_zero ? EVMC_ADDED_DELETED : EVMC_ASSIGNED;
	if (u256_eq(was, value))
		return is_set ? EVMC_MODIFIED_RESTORED : EVMC_DELETED_RESTORED;
	if (!is_set)
		return EVMC_DELETED_ADDED;
	return is_zero ? EVMC_MODIFIED_DELETED : EVMC_ASSIGNED;
}

static enum evmc_storage
h_set_storage(struct evmc_context *c, const struct addr *addr,
    const struct hash *key, const struct hash *value)
{
	struct mem_slot *s = mem_slot(&c->w, addr, key);
	struct u256 now = s->now, next = word_of(value);

	mem_store(&c->w, s, &next);
	return what_happens(&s->original, &now, &next);
}

static struct hash
h_balance(struct evmc_context *c, const struct addr *addr)
{
	return bytes_of_word(&account(c, addr)->balance);
}

static size_t
h_code_size(struct evmc_context *c, const struct addr *addr)
{
	return account(c, addr)->code.len;
}

static struct hash
h_code_hash(struct evmc_context *c, const struct addr *addr)
{
	struct hash h;

	mem_code_hash(&c->w, &h, addr);
	return h;
}

static size_t
h_copy_code(struct evmc_context *c, const struct addr *addr, size_t from,
    uint8_t *out, size_t len)
{
	struct bytes code = account(c, addr)->code;

	if (from >= code.len)
		return 0;
	if (len > code.len - from)
		len = code.len - from;
	memcpy(out, code.ptr + from, len);
	return len;
}

static bool
h_selfdestruct(
    struct evmc_context *c, const struct addr *addr, const struct addr *heir)
{
	return mem_destroy(&c->w, addr, heir);
}

static struct evmc_tx
h_tx(struct evmc_context *c)
{
	return c->tx;
}

static struct hash
h_block_hash(struct evmc_context *c, int64_t number)
{
	struct hash h;

	mem_block_hash(&c->w, &h, (uint64_t)number);
	return h;
}

static void
h_log(struct evmc_context *c, const struct addr *addr, const uint8_t *data,
    size_t len, const struct hash topics[], size_t topic_cnt)
{
	struct log_entry log = {.addr = *addr,
	    .topic_cnt = (unsigned)topic_cnt,
	    .data = bytes_of(data, len)};

	memcpy(log.topics, topics, topic_cnt * sizeof(*topics));
	mem_log(&c->w, &log);
}

static enum evmc_access
h_access_account(struct evmc_context *c, const struct addr *addr)
{
	return evm_is_precompile(addr, c->fork) || mem_warm_addr(&c->w, addr)
		   ? EVMC_WARM
		   : EVMC_COLD;
}

static enum evmc_access
h_access_storage(
    struct evmc_context *c, const struct addr *addr, const struct hash *key)
{
	struct u256 ignored;

	return mem_load(&c->w, &ignored, addr, key) ? EVMC_WARM : EVMC_COLD;
}

static struct hash
h_transient(
    struct evmc_context *c, const struct addr *addr, const struct hash *key)
{
	return bytes_of_word(&mem_slot(&c->w, addr, key)->transient);
}

static void
h_set_transient(struct evmc_context *c, const struct addr *addr,
    const struct hash *key, const struct hash *value)
{
	struct u256 next = word_of(value);

	mem_set_transient(&c->w, addr, key, &next);
}

static bool
is_create(const struct evmc_message *msg)
{
	return msg->kind == EVMC_CREATE || msg->kind == EVMC_CREATE2;
}

static struct evmc_result
run_precompile(struct evmc_context *c, const struct evmc_message *msg)
{
	struct evm_host host = mem_host(&c->w);
	struct evm_block block = {.fork = c->fork};
	struct evm_msg call = {.kind = EVM_STATICCALL,
	    .gas = (uint64_t)msg->gas,
	    .caller = msg->sender,
	    .to = msg->code_addr,
	    .code_addr = msg->code_addr,
	    .input = bytes_of(msg->input, msg->input_len)};
	struct evm_tx tx = {.blob_cnt = 0};
	struct evm_result r;

	evm_run(c->precompiles, &r, &host, &block, &tx, &call);
	return (struct evmc_result){
	    .status = r.rc == RC_OK ? EVMC_SUCCESS : EVMC_PRECOMPILE_FAILURE,
	    .gas_left = (int64_t)r.gas_left,
	    .output = r.output.ptr,
	    .output_len = r.output.len};
}

static struct evmc_result
run_call(struct evmc_context *c, const struct evmc_message *msg)
{
	bool is_delegated = (msg->flags & EVMC_FLAG_DELEGATED) != 0;
	struct u256 value = word_of(&msg->value);
	struct bytes code;

	if (msg->kind == EVMC_CALL)
		CHECK(
		    mem_transfer(&c->w, &msg->sender, &msg->recipient, &value));
	if (!is_delegated && evm_is_precompile(&msg->code_addr, c->fork))
		return run_precompile(c, msg);
	code = account(c, &msg->code_addr)->code;
	if (is_delegated && evm_is_precompile(&msg->code_addr, c->fork))
		code.len = 0;
	return c->vm->execute(
	    c->vm, &world_host, c, c->rev, msg, code.ptr, code.len);
}

/* deposit stores what init code returned (EIP-2, EIP-170, EIP-3541). */
static void
deposit(struct evmc_context *c, struct evmc_result *r, const struct addr *to)
{
	int64_t price = DEPOSIT_BYTE * (int64_t)r->output_len;
	bool is_bad =
	    (c->fork >= FORK_SPURIOUS && r->output_len > EVM_CODE_MAX) ||
	    (c->fork >= FORK_LONDON && r->output_len > 0 &&
		r->output[0] == 0xef);

	if (r->status != EVMC_SUCCESS)
		return;
	if (is_bad || (r->gas_left < price && c->fork >= FORK_HOMESTEAD)) {
		r->status = EVMC_FAILURE;
		r->gas_left = r->refund = 0;
	} else if (r->gas_left >= price) {
		r->gas_left -= price;
		mem_set_code(&c->w, to, bytes_of(r->output, r->output_len));
	}
	r->output_len = 0;
}

static struct addr
new_address(struct evmc_context *c, const struct evmc_message *msg)
{
	struct hash hash;

	if (msg->kind == EVMC_CREATE)
		return addr_create(
		    &msg->sender, mem_nonce(&c->w, &msg->sender));
	hash = hash_keccak(bytes_of(msg->input, msg->input_len));
	return addr_create2(&msg->sender, &msg->salt, &hash);
}

static struct evmc_result
run_create(struct evmc_context *c, const struct evmc_message *msg,
    const struct addr *to)
{
	struct evmc_message inner = *msg;
	struct u256 value = word_of(&msg->value);
	struct evmc_result r;

	if (mem_is_taken(&c->w, to))
		return (struct evmc_result){.status = EVMC_FAILURE};
	mem_create(&c->w, to, &msg->sender);
	if (c->fork >= FORK_SPURIOUS)
		mem_set_nonce(&c->w, to, 1);
	CHECK(mem_transfer(&c->w, &msg->sender, to, &value));
	inner.recipient = *to;
	r = c->vm->execute(
	    c->vm, &world_host, c, c->rev, &inner, msg->input, msg->input_len);
	deposit(c, &r, to);
	return r;
}

static struct evmc_result
h_call(struct evmc_context *c, const struct evmc_message *msg)
{
	struct evmc_result r;
	struct addr to = {{0}};
	size_t before;

	c->call_cnt++;
	c->last = *msg;
	if (is_create(msg)) {
		to = new_address(c, msg);
		mem_set_nonce(
		    &c->w, &msg->sender, mem_nonce(&c->w, &msg->sender) + 1);
		(void)mem_warm_addr(&c->w, &to);
	}
	before = mem_snapshot(&c->w);
	r = is_create(msg) ? run_create(c, msg, &to) : run_call(c, msg);
	r.created = to;
	if (r.status != EVMC_SUCCESS)
		mem_revert(&c->w, before);
	return r;
}

const struct evmc_host world_host = {
    .exists = h_exists,
    .storage = h_storage,
    .set_storage = h_set_storage,
    .balance = h_balance,
    .code_size = h_code_size,
    .code_hash = h_code_hash,
    .copy_code = h_copy_code,
    .selfdestruct = h_selfdestruct,
    .call = h_call,
    .tx = h_tx,
    .block_hash = h_block_hash,
    .log = h_log,
    .access_account = h_access_account,
    .access_storage = h_access_storage,
    .transient = h_transient,
    .set_transient = h_set_transient,
};

enum fork
world_fork(enum evmc_revision rev)
{
	static const enum fork forks[] = {FORK_FRONTIER, FORK_HOMESTEAD,
	    FORK_TANGERINE, FORK_SPURIOUS, FORK_BYZANTIUM, FORK_CONSTANTINOPLE,
	    FORK_PETERSBURG, FORK_ISTANBUL, FORK_BERLIN, FORK_LONDON,
	    FORK_PARIS, FORK_SHANGHAI, FORK_CANCUN, FORK_PRAGUE, FORK_OSAKA,
	    FORK_OSAKA};

	return forks[rev];
}

void
world_open(struct evmc_context *c, struct evmc_vm *vm, enum evmc_revision rev,
    const char *program)
{
	struct addr self = asm_addr(ASM_SELF), caller = asm_addr(ASM_CALLER);

	*c = (struct evmc_context){
	    .vm = vm, .rev = rev, .fork = world_fork(rev)};
	c->precompiles = evm_new();
	CHECK(c->precompiles != NULL);
	mem_open(&c->w, c->fork);
	c->tx.origin = caller;
	c->tx.number = 300;
	mem_set_code(&c->w, &self, asm_of(program));
	account(c, &self)->balance = u256_from_u64(1000);
	account(c, &caller)->balance = u256_from_u64(1000000);
	account(c, &caller)->exists = true;
}

void
world_close(struct evmc_context *c)
{
	evm_free(c->precompiles);
	mem_close(&c->w);
}

struct evmc_message
world_message(void)
{
	return (struct evmc_message){.kind = EVMC_CALL,
	    .gas = 1000000,
	    .recipient = asm_addr(ASM_SELF),
	    .sender = asm_addr(ASM_CALLER),
	    .code_addr = asm_addr(ASM_SELF)};
}

struct evmc_result
world_execute(struct evmc_context *c, const struct evmc_message *msg)
{
	struct bytes code = account(c, &msg->code_addr)->code;

	mem_begin_tx(&c->w);
	account(c, &msg->recipient)->is_warm = true;
	account(c, &msg->sender)->is_warm = true;
	return c->vm->execute(
	    c->vm, &world_host, c, c->rev, msg, code.ptr, code.len);
}

struct evmc_result
world_run(struct evmc_context *c)
{
	struct evmc_message msg = world_message();

	return world_execute(c, &msg);
}
