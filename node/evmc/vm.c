/* SPDX-License-Identifier: Apache-2.0
 *
 * EVMC's machine over ours: one call of execute is one frame of evm_run_code.
 * What the frame asks of the world is host.c's.
 */
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/version.h"
#include "evmc/evmc_priv.h"

_Static_assert(sizeof(struct evmc_message) == 184, "EVMC 12");
_Static_assert(offsetof(struct evmc_message, code_addr) == 144, "EVMC 12");
_Static_assert(sizeof(struct evmc_tx) == 256, "EVMC 12");
_Static_assert(offsetof(struct evmc_tx, blob_hashes) == 224, "EVMC 12");
_Static_assert(sizeof(struct evmc_result) == 72, "EVMC 12");
_Static_assert(sizeof(struct evmc_host) == 16 * sizeof(void *), "EVMC 12");
_Static_assert(sizeof(struct evmc_vm) == 7 * sizeof(void *), "EVMC 12");

static const enum fork forks[] = {
    [EVMC_FRONTIER] = FORK_FRONTIER,
    [EVMC_HOMESTEAD] = FORK_HOMESTEAD,
    [EVMC_TANGERINE] = FORK_TANGERINE,
    [EVMC_SPURIOUS] = FORK_SPURIOUS,
    [EVMC_BYZANTIUM] = FORK_BYZANTIUM,
    [EVMC_CONSTANTINOPLE] = FORK_CONSTANTINOPLE,
    [EVMC_PETERSBURG] = FORK_PETERSBURG,
    [EVMC_ISTANBUL] = FORK_ISTANBUL,
    [EVMC_BERLIN] = FORK_BERLIN,
    [EVMC_LONDON] = FORK_LONDON,
    [EVMC_PARIS] = FORK_PARIS,
    [EVMC_SHANGHAI] = FORK_SHANGHAI,
    [EVMC_CANCUN] = FORK_CANCUN,
    [EVMC_PRAGUE] = FORK_PRAGUE,
    [EVMC_OSAKA] = FORK_OSAKA,
    [EVMC_EXPERIMENTAL] = FORK_OSAKA,
};

/* Our status of a frame; NOT_OF_A_FRAME has no row. */
static enum evmc_status
status_of(enum rc rc)
{
	static const struct {
		enum rc rc;
		enum evmc_status status;
	} rows[] = {
	    {RC_OK, EVMC_SUCCESS},
	    {RC_REVERT, EVMC_REVERT},
	    {RC_EVM_GAS, EVMC_OUT_OF_GAS},
	    {RC_EVM_INVALID, EVMC_INVALID_INSTRUCTION},
	    {RC_EVM_OPCODE, EVMC_UNDEFINED_INSTRUCTION},
	    {RC_EVM_OVERFLOW, EVMC_STACK_OVERFLOW},
	    {RC_EVM_UNDERFLOW, EVMC_STACK_UNDERFLOW},
	    {RC_EVM_JUMP, EVMC_BAD_JUMP_DESTINATION},
	    {RC_EVM_RETURN_DATA, EVMC_INVALID_MEMORY_ACCESS},
	    {RC_EVM_STATIC, EVMC_STATIC_MODE_VIOLATION},
	    {RC_EVM_DEPTH, EVMC_CALL_DEPTH_EXCEEDED},
	    {RC_NO_MEMORY, EVMC_OUT_OF_MEMORY},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++)
		if (rows[i].rc == rc)
			return rows[i].status;
	return EVMC_INTERNAL_ERROR;
}

static enum evm_call_kind
kind_of(enum evmc_kind kind)
{
	switch (kind) {
	case EVMC_CALL:
	case EVMC_EOFCREATE: /* refused before */
		return EVM_CALL;
	case EVMC_DELEGATECALL:
		return EVM_DELEGATECALL;
	case EVMC_CALLCODE:
		return EVM_CALLCODE;
	case EVMC_CREATE:
		return EVM_CREATE;
	case EVMC_CREATE2:
		break;
	}
	return EVM_CREATE2;
}

static struct evm_msg
message_of(const struct evmc_message *msg)
{
	enum evm_call_kind kind = kind_of(msg->kind);
	bool is_create = kind == EVM_CREATE || kind == EVM_CREATE2;

	return (struct evm_msg){.kind = kind,
	    .is_static = (msg->flags & EVMC_FLAG_STATIC) != 0,
	    .depth = (unsigned)msg->depth,
	    .gas = (uint64_t)msg->gas,
	    .caller = msg->sender,
	    .to = msg->recipient,
	    .code_addr = msg->code_addr,
	    .value = evmc_word(&msg->value),
	    .input = bytes_of(msg->input, is_create ? 0 : msg->input_len)};
}

static void
set_world(struct evm_block *block, struct evm_tx *tx, const struct evmc_tx *in,
    enum fork fork)
{
	*block = (struct evm_block){.coinbase = in->coinbase,
	    .number = (uint64_t)in->number,
	    .time = (uint64_t)in->time,
	    .gas_limit = (uint64_t)in->gas_limit,
	    .chain_id = be64(in->chain_id.b + 24),
	    .difficulty = evmc_word(&in->prev_randao),
	    .base_fee = evmc_word(&in->base_fee),
	    .blob_base_fee = evmc_word(&in->blob_base_fee),
	    .fork = fork};
	*tx = (struct evm_tx){.origin = in->origin,
	    .gas_price = evmc_word(&in->gas_price),
	    .blob_hashes = in->blob_hashes,
	    .blob_cnt = in->blob_cnt};
}

/* is_known tells whether we can run a message at all. */
static bool
is_known(const struct evmc_machine *m, enum evmc_revision rev,
    const struct evmc_message *msg)
{
	return rev >= 0 && (size_t)rev < ARRAY_CNT(forks) && msg->kind >= 0 &&
	       msg->kind < EVMC_EOFCREATE && msg->depth >= 0 &&
	       msg->depth < EVM_DEPTH_MAX && msg->gas >= 0 &&
	       (m->run == NULL || m->run->is_calling);
}

static bool
has_short_chain_id(const struct evmc_tx *tx)
{
	struct u256 id = evmc_word(&tx->chain_id);

	return u256_is_u64(&id);
}

static void
release(const struct evmc_result *r)
{
	mem_free((void *)(uintptr_t)r->output);
}

/* set_output copies what a frame returned out of the machine. */
static bool
set_output(struct evmc_result *out, struct bytes data)
{
	uint8_t *copy;

	if (data.len == 0)
		return true;
	copy = mem_new(data.len);
	if (copy == NULL)
		return false;
	memcpy(copy, data.ptr, data.len);
	out->output = copy;
	out->output_len = data.len;
	out->release = release;
	return true;
}

static struct evmc_result
result_of(const struct evm_result *in, const struct evmc_run *r)
{
	struct evmc_result out = {.status = status_of(in->rc)};

	if (r->is_starved || !set_output(&out, in->output)) {
		out.status = EVMC_OUT_OF_MEMORY;
		return out;
	}
	if (out.status == EVMC_SUCCESS)
		out.refund = r->refund;
	if (out.status == EVMC_SUCCESS || out.status == EVMC_REVERT)
		out.gas_left = (int64_t)in->gas_left;
	return out;
}

static struct evmc_result
execute(struct evmc_vm *vm, const struct evmc_host *host,
    struct evmc_context *context, enum evmc_revision rev,
    const struct evmc_message *msg, const uint8_t *code, size_t code_len)
{
	struct evmc_machine *m = (struct evmc_machine *)vm;
	struct evmc_run run = {.machine = m, .host = host, .context = context};
	struct evmc_run *outer = m->run;
	struct evm_host ours = evmc_host_of(&run);
	struct evm_msg inner;
	struct evm_block block;
	struct evm_result r;
	struct evmc_tx shown;
	struct evm_tx tx;

	if (!is_known(m, rev, msg))
		return (struct evmc_result){.status = EVMC_REJECTED};
	shown = host->tx(context);
	if (!has_short_chain_id(&shown))
		return (struct evmc_result){.status = EVMC_REJECTED};
	set_world(&block, &tx, &shown, forks[rev]);
	inner = message_of(msg);
	run.fork = block.fork;
	run.number = block.number;
	m->run = &run;
	evm_run_code(
	    m->vm, &r, &ours, &block, &tx, &inner, bytes_of(code, code_len));
	m->run = outer;
	evmc_release(&run.held);
	return result_of(&r, &run);
}

static uint32_t
capabilities(struct evmc_vm *vm)
{
	(void)vm;
	return EVMC_CAN_EVM;
}

static enum evmc_option_result
set_option(struct evmc_vm *vm, const char *name, const char *value)
{
	struct evmc_machine *m = (struct evmc_machine *)vm;
	bool is_on = strcmp(value, "on") == 0;

	if (strcmp(name, "memo") != 0)
		return EVMC_OPTION_NAME;
	if (!is_on && strcmp(value, "off") != 0)
		return EVMC_OPTION_VALUE;
	evm_use_memo(m->vm, is_on);
	return EVMC_OPTION_SET;
}

static void
destroy(struct evmc_vm *vm)
{
	struct evmc_machine *m = (struct evmc_machine *)vm;

	evm_free(m->vm);
	mem_free(m->code);
	mem_free(m);
}

struct evmc_vm *
evmc_create_sekisho(void)
{
	struct evmc_machine *m = mem_new(sizeof(*m));

	if (m == NULL)
		return NULL;
	m->face = (struct evmc_vm){.abi = EVMC_ABI,
	    .name = "sekisho",
	    .version = SEKISHO_VERSION,
	    .destroy = destroy,
	    .execute = execute,
	    .capabilities = capabilities,
	    .set_option = set_option};
	m->vm = evm_new();
	if (m->vm != NULL)
		return &m->face;
	mem_free(m);
	return NULL;
}

struct evmc_vm *
evmc_create(void)
{
	return evmc_create_sekisho();
}
