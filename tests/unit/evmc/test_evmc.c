/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine as EVMC hosts see it, once linked here and once loaded from
 * libsekisho_evm.so. Under a complete host every program must end as it does
 * under evm_run, which the public suites hold to the rules: same gas, refund,
 * output, storage, logs and balances, under every revision.
 */
#include <dlfcn.h>
#include <limits.h>
#include <unistd.h>

#include "base/version.h"
#include "crypto/keccak.h"
#include "world.h"

typedef struct evmc_vm *make_fn(void);

/* Ways to a machine. */
enum { MAKERS = 2 };

/* open_so loads the shared object that is built beside this program. */
static void *
open_so(void)
{
	static const char tail[] = "/../lib/libsekisho_evm.so";
	char path[PATH_MAX + sizeof(tail)];
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX);

	CHECK(len > 0);
	path[len] = '\0';
	memcpy(strrchr(path, '/'), tail, sizeof(tail));
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static make_fn *
find_maker(const char *name)
{
	static void *so;
	make_fn *make;
	void *at;

	if (so == NULL)
		so = open_so();
	if (so == NULL)
		test_fail(__FILE__, __LINE__, "%s", dlerror());
	at = so == NULL ? NULL : dlsym(so, name);
	CHECK(at != NULL);
	memcpy(&make, &at, sizeof(make));
	return make;
}

/* maker is how to make a machine: linked, or loaded. */
static make_fn *
maker(size_t i)
{
	return i == 0 ? evmc_create_sekisho : find_maker("evmc_create_sekisho");
}

TEST(test_so_loaded_makes_a_machine_of_version_12)
{
	struct evmc_vm *vm = find_maker("evmc_create")();

	CHECK(vm != NULL);
	EXPECT_U64((uint64_t)vm->abi, 12);
	EXPECT_STR(vm->name, "sekisho");
	EXPECT_STR(vm->version, SEKISHO_VERSION);
	EXPECT_U64(vm->capabilities(vm), EVMC_CAN_EVM);
	vm->destroy(vm);
}

TEST(test_so_hides_every_other_name)
{
	void *so = open_so();

	CHECK(so != NULL);
	EXPECT(dlsym(so, "evm_run") == NULL);
	EXPECT(dlsym(so, "keccak256") == NULL);
	(void)dlclose(so);
}

TEST(test_abi_layout_is_that_of_version_12)
{
	EXPECT_U64(offsetof(struct evmc_message, gas), 16);
	EXPECT_U64(offsetof(struct evmc_message, recipient), 24);
	EXPECT_U64(offsetof(struct evmc_message, sender), 44);
	EXPECT_U64(offsetof(struct evmc_message, input), 64);
	EXPECT_U64(offsetof(struct evmc_message, value), 80);
	EXPECT_U64(offsetof(struct evmc_message, salt), 112);
	EXPECT_U64(offsetof(struct evmc_message, code), 168);
	EXPECT_U64(offsetof(struct evmc_tx, origin), 32);
	EXPECT_U64(offsetof(struct evmc_tx, number), 72);
	EXPECT_U64(offsetof(struct evmc_tx, prev_randao), 96);
	EXPECT_U64(offsetof(struct evmc_tx, blob_base_fee), 192);
	EXPECT_U64(offsetof(struct evmc_tx, blob_cnt), 232);
	EXPECT_U64(offsetof(struct evmc_result, output), 24);
	EXPECT_U64(offsetof(struct evmc_result, release), 40);
	EXPECT_U64(offsetof(struct evmc_result, created), 48);
	EXPECT_U64(offsetof(struct evmc_vm, execute), 32);
}

TEST(test_options_unknown_and_bad_are_refused)
{
	struct evmc_vm *vm = evmc_create_sekisho();

	CHECK(vm != NULL);
	EXPECT(vm->set_option(vm, "trace", "on") == EVMC_OPTION_NAME);
	EXPECT(vm->set_option(vm, "", "") == EVMC_OPTION_NAME);
	EXPECT(vm->set_option(vm, "memo", "") == EVMC_OPTION_VALUE);
	EXPECT(vm->set_option(vm, "memo", "off") == EVMC_OPTION_SET);
	EXPECT(vm->set_option(vm, "memo", "on") == EVMC_OPTION_SET);
	vm->destroy(vm);
}

/* How frames end that do not succeed; no gas is left but of a revert. */
static const struct {
	const char *name, *program;
	enum evmc_status status;
	int64_t left;
	bool is_static;
} ends[] = {
    {"an instruction that nobody defined", "#0c", EVMC_UNDEFINED_INSTRUCTION, 0,
	false},
    {"EIP-141's", "#fe", EVMC_INVALID_INSTRUCTION, 0, false},
    {"no word on the stack", "POP", EVMC_STACK_UNDERFLOW, 0, false},
    {"too many words", "JUMPDEST 0x01 0x00 JUMP", EVMC_STACK_OVERFLOW, 0,
	false},
    {"a jump to nowhere", "0x05 JUMP", EVMC_BAD_JUMP_DESTINATION, 0, false},
    {"data that was not returned", "0x01 0x00 0x00 RETURNDATACOPY",
	EVMC_INVALID_MEMORY_ACCESS, 0, false},
    {"a write where none may be", "0x01 0x00 SSTORE",
	EVMC_STATIC_MODE_VIOLATION, 0, true},
    {"memory without end", "0x00 0xffffffffff MSTORE", EVMC_OUT_OF_GAS, 0,
	false},
    {"a loop without end", "JUMPDEST 0x00 JUMP", EVMC_OUT_OF_GAS, 0, false},
    {"a revert", "0x00 0x00 REVERT", EVMC_REVERT, 999994, false},
};

TEST(test_execute_frames_that_fail_say_how)
{
	struct evmc_message msg = world_message();
	struct evmc_vm *vm = evmc_create_sekisho();
	struct evmc_context c;
	struct evmc_result r;
	size_t i;

	for (i = 0; i < ARRAY_CNT(ends); i++) {
		test_row(ends[i].name);
		world_open(&c, vm, EVMC_CANCUN, ends[i].program);
		msg.flags = ends[i].is_static ? EVMC_FLAG_STATIC : 0;
		r = world_execute(&c, &msg);
		EXPECT_U64((uint64_t)r.status, (uint64_t)ends[i].status);
		EXPECT_U64((uint64_t)r.gas_left, (uint64_t)ends[i].left);
		EXPECT_U64(r.output_len, 0);
		EXPECT(r.release == NULL && r.refund == 0);
		world_close(&c);
	}
	test_row(NULL);
	test_count(ARRAY_CNT(ends));
	vm->destroy(vm);
}

TEST(test_execute_what_nobody_knows_is_rejected)
{
	struct evmc_message good = world_message(), bad;
	struct evmc_vm *vm = evmc_create_sekisho();
	struct evmc_context c;

	world_open(&c, vm, EVMC_OSAKA, "STOP");
	EXPECT(world_execute(&c, &good).status == EVMC_SUCCESS);
	bad = good;
	bad.kind = EVMC_EOFCREATE;
	EXPECT(world_execute(&c, &bad).status == EVMC_REJECTED);
	bad = good;
	bad.gas = -1;
	EXPECT(world_execute(&c, &bad).status == EVMC_REJECTED);
	bad = good;
	bad.depth = 1025;
	EXPECT(world_execute(&c, &bad).status == EVMC_REJECTED);
	bad.depth = -1;
	EXPECT(world_execute(&c, &bad).status == EVMC_REJECTED);
	c.tx.chain_id.b[23] = 1; /* 2^64 */
	EXPECT(world_execute(&c, &good).status == EVMC_REJECTED);
	c.tx.chain_id.b[23] = 0;
	c.rev = EVMC_EXPERIMENTAL;
	EXPECT(world_execute(&c, &good).status == EVMC_SUCCESS);
	memcpy(&c.rev, &(int){EVMC_EXPERIMENTAL + 1}, sizeof(c.rev));
	EXPECT(world_execute(&c, &good).status == EVMC_REJECTED);
	memcpy(&c.rev, &(int){-1}, sizeof(c.rev));
	EXPECT(world_execute(&c, &good).status == EVMC_REJECTED);
	world_close(&c);
	vm->destroy(vm);
}

static enum evmc_status seen_inside;

/* A host that runs code while it is asked for a balance. */
static struct hash
reenter(struct evmc_context *c, const struct addr *addr)
{
	struct evmc_message msg = world_message();

	(void)addr;
	seen_inside = world_execute(c, &msg).status;
	return (struct hash){{0}};
}

TEST(test_execute_inside_a_question_is_rejected)
{
	struct evmc_vm *vm = evmc_create_sekisho();
	struct evmc_host host = world_host;
	struct evmc_message msg = world_message();
	struct bytes code = asm_of("ADDRESS BALANCE STOP");
	struct evmc_context c;

	world_open(&c, vm, EVMC_OSAKA, "STOP");
	host.balance = reenter;
	seen_inside = EVMC_SUCCESS;
	EXPECT(vm->execute(vm, &host, &c, c.rev, &msg, code.ptr, code.len)
		   .status == EVMC_SUCCESS);
	EXPECT(seen_inside == EVMC_REJECTED);
	world_close(&c);
	vm->destroy(vm);
}

TEST(test_execute_at_the_deepest_sends_nothing)
{
	struct evmc_vm *vm = evmc_create_sekisho();
	struct evmc_message msg = world_message();
	struct evmc_context c;

	world_open(&c, vm, EVMC_OSAKA,
	    "0x00 0x00 0x00 0x00 0x00 0xee GAS CALL "
	    "0x00 0x00 0x00 CREATE STOP");
	msg.depth = 1024;
	EXPECT(world_execute(&c, &msg).status == EVMC_SUCCESS);
	EXPECT_U64(c.call_cnt, 0);
	msg.depth = 1023;
	EXPECT(world_execute(&c, &msg).status == EVMC_SUCCESS);
	EXPECT_U64(c.call_cnt, 2);
	EXPECT_U64((uint64_t)c.last.depth, 1024);
	world_close(&c);
	vm->destroy(vm);
}

TEST(test_execute_hashes_of_far_blocks_are_not_asked_for)
{
	static const char *const far[] = {
	    "0x2b", "0x012c", "0x0100000000000000000000", "0xffffffffffffffff"};
	struct evmc_vm *vm = evmc_create_sekisho();
	struct evmc_context c;
	struct evmc_result r;
	char program[128];
	size_t i;

	for (i = 0; i < ARRAY_CNT(far); i++) {
		(void)snprintf(program, sizeof(program),
		    "%s BLOCKHASH 0x00 MSTORE 0x20 0x00 RETURN", far[i]);
		world_open(&c, vm, EVMC_OSAKA, program);
		r = world_run(&c);
		EXPECT_BYTES(bytes_of(r.output, r.output_len),
		    bytes_of((const uint8_t[32]){0}, 32));
		r.release(&r);
		world_close(&c);
	}
	vm->destroy(vm);
}

TEST(test_execute_messages_say_what_evmc_wants)
{
	struct addr other = asm_addr(ASM_OTHER), far = asm_addr(0xfa);
	struct evmc_vm *vm = evmc_create_sekisho();
	struct evmc_context c;
	char code[64];

	world_open(&c, vm, EVMC_PRAGUE,
	    "0x00 0x00 0x00 0x00 0xee 0xffff STATICCALL STOP");
	(void)snprintf(
	    code, sizeof(code), "#ef0100%038d%02x", 0, 0xfa); /* EIP-7702 */
	mem_set_code(&c.w, &other, asm_of(code));
	mem_set_code(&c.w, &far, asm_of("0x01 0x00 SSTORE"));
	EXPECT(world_run(&c).status == EVMC_SUCCESS);
	EXPECT(c.last.kind == EVMC_CALL);
	EXPECT_U64(c.last.flags, EVMC_FLAG_STATIC | EVMC_FLAG_DELEGATED);
	EXPECT_U64((uint64_t)c.last.depth, 1);
	EXPECT_U64((uint64_t)c.last.gas, 0xffff);
	EXPECT(addr_eq(&c.last.recipient, &other));
	EXPECT(addr_eq(&c.last.code_addr, &far));
	world_close(&c);
	vm->destroy(vm);
}

/* Programs whose every effect is the same under evm_run. */
static const struct {
	const char *name, *program, *other;
} programs[] = {
    {"arithmetic, returned", "0x03 0x04 MUL 0x00 MSTORE 0x20 0x00 RETURN", ""},
    {"nothing at all", "", ""},
    {"a revert with a reason",
	"0x2a 0x00 MSTORE 0x07 0x05 SSTORE 0x20 0x00 REVERT", ""},
    {"a slot is added, changed, cleared, set again",
	"0x01 0x05 SSTORE 0x02 0x05 SSTORE 0x00 0x05 SSTORE 0x03 0x05 SSTORE "
	"0x03 0x05 SSTORE 0x05 SLOAD 0x00 MSTORE 0x20 0x00 RETURN",
	""},
    {"a slot is changed, restored, cleared, restored, cleared",
	"0x09 0x01 SSTORE 0x11 0x01 SSTORE 0x00 0x01 SSTORE 0x11 0x01 SSTORE "
	"0x00 0x01 SSTORE",
	""},
    {"a slot is changed, cleared, set to something else",
	"0x09 0x01 SSTORE 0x00 0x01 SSTORE 0x08 0x01 SSTORE 0x01 0x01 SSTORE",
	""},
    {"a slot is cleared", "0x00 0x01 SSTORE 0x00 0x02 SSTORE", ""},
    {"slots in another account",
	"0x00 0x00 0x00 0x00 0x00 0xee GAS CALL "
	"0x00 MSTORE 0x20 0x00 RETURN",
	"0x00 0x01 SSTORE 0x01 0x01 SSTORE 0x01 SLOAD 0x03 SSTORE"},
    {"transient slots",
	"0x07 0x01 TSTORE 0x01 TLOAD 0x02 TLOAD ADD 0x00 MSTORE 0x20 0x00 "
	"RETURN",
	""},
    {"accounts are looked at",
	"0xee BALANCE ADDRESS BALANCE 0x99 BALANCE 0xee EXTCODESIZE 0x99 "
	"EXTCODESIZE 0x05 0x01 0x00 0xee EXTCODECOPY 0x00 MLOAD 0x00 MSTORE "
	"0x20 0x00 RETURN",
	"0x01 0x02 0x03 POP POP POP"},
    {"hashes of code",
	"0xee EXTCODEHASH 0x99 EXTCODEHASH XOR 0x00 MSTORE "
	"SELFBALANCE 0x20 MSTORE 0x40 0x00 RETURN",
	"0x01 STOP"},
    {"who, when and where",
	"ORIGIN CALLER ADDRESS CALLVALUE GASPRICE COINBASE TIMESTAMP NUMBER "
	"PREVRANDAO GASLIMIT XOR XOR XOR XOR XOR XOR XOR XOR XOR 0x00 MSTORE "
	"0x20 0x00 RETURN",
	""},
    {"the chain", "CHAINID 0x00 MSTORE 0x20 0x00 RETURN", ""},
    {"its fee", "BASEFEE 0x00 MSTORE 0x20 0x00 RETURN", ""},
    {"the fee of blobs, and two blobs",
	"BLOBBASEFEE 0x00 MSTORE 0x01 BLOBHASH 0x20 MSTORE 0x02 BLOBHASH 0x40 "
	"MSTORE 0x60 0x00 RETURN",
	""},
    {"blocks",
	"0x012b BLOCKHASH 0x2c BLOCKHASH XOR 0x00 MSTORE 0x20 0x00 "
	"RETURN",
	""},
    {"logs",
	"0x2a 0x00 MSTORE 0x01 0x02 0x03 0x04 0x20 0x00 LOG4 0x00 0x00 "
	"LOG0 0x07 0x05 0x1f LOG1",
	""},
    {"a call with value, its data copied",
	"0x20 0x00 0x00 0x00 0x05 0xee GAS CALL RETURNDATASIZE 0x20 MSTORE "
	"RETURNDATASIZE 0x00 0x40 RETURNDATACOPY 0x60 0x00 RETURN",
	"CALLVALUE CALLER ADD 0x00 MSTORE 0x20 0x00 RETURN"},
    {"a call that has not the value",
	"0x00 0x00 0x00 0x00 0x1000 0xee GAS CALL 0x00 MSTORE 0x20 0x00 RETURN",
	"STOP"},
    {"a call to nobody with value",
	"0x00 0x00 0x00 0x00 0x05 0x77 GAS CALL 0x00 MSTORE 0x20 0x00 RETURN",
	""},
    {"a call that reverts",
	"0x20 0x00 0x00 0x00 0x00 0xee 0xffff CALL 0x20 MSTORE 0x40 0x00 "
	"RETURN",
	"0x07 0x01 SSTORE 0x2a 0x00 MSTORE 0x20 0x00 REVERT"},
    {"a call that fails",
	"0x00 0x00 0x00 0x00 0x00 0xee 0xffff CALL 0x00 "
	"MSTORE 0x20 0x00 RETURN",
	"0x07 0x01 SSTORE #fe"},
    {"a program borrowed, by CALLCODE",
	"0x00 0x00 0x00 0x00 0x03 0xee 0xffff CALLCODE 0x00 MSTORE 0x20 0x00 "
	"RETURN",
	"CALLER 0x06 SSTORE CALLVALUE 0x07 SSTORE"},
    {"a program borrowed, by DELEGATECALL",
	"0x00 0x00 0x00 0x00 0xee 0xffff DELEGATECALL 0x00 MSTORE 0x20 0x00 "
	"RETURN",
	"CALLER 0x06 SSTORE CALLVALUE 0x07 SSTORE"},
    {"a static call that reads",
	"0x20 0x00 0x00 0x00 0xee GAS STATICCALL "
	"0x20 MSTORE 0x40 0x00 RETURN",
	"0x01 SLOAD 0x00 MSTORE 0x20 0x00 RETURN"},
    {"a static call that writes",
	"0x20 0x00 0x00 0x00 0xee 0xffff STATICCALL 0x20 MSTORE 0x40 0x00 "
	"RETURN",
	"0x01 0x02 SSTORE"},
    {"calls to oneself until the gas is gone",
	"0x01 0x05 SLOAD ADD 0x05 SSTORE 0x00 0x00 0x00 0x00 0x00 ADDRESS GAS "
	"CALL",
	""},
    {"a contract made and called",
	"0x600160005560206000f3 0x00 MSTORE 0x0a 0x16 0x07 CREATE 0x00 MSTORE "
	"0x20 0x00 0x00 0x00 0x00 0x00 MLOAD GAS CALL 0x20 MSTORE 0x40 0x00 "
	"RETURN",
	""},
    {"a contract made by CREATE2, twice",
	"0x600160005560206000f3 0x00 MSTORE 0x2a 0x0a 0x16 0x00 CREATE2 0x00 "
	"SSTORE 0x2a 0x0a 0x16 0x00 CREATE2 0x01 SSTORE",
	""},
    {"a contract whose making reverts",
	"0x63deadbeef6000526004601cfd 0x00 MSTORE 0x0d 0x13 0x00 CREATE "
	"RETURNDATASIZE 0x00 0x20 RETURNDATACOPY 0x40 0x00 RETURN",
	""},
    {"a contract that must not be",
	"0x60ef60005360016000f3 0x00 MSTORE 0x0a "
	"0x16 0x00 CREATE 0x02 SSTORE",
	""},
    {"an end by SELFDESTRUCT", "0x77 SELFDESTRUCT", ""},
    {"an end elsewhere",
	"0x00 0x00 0x00 0x00 0x07 0xee GAS CALL 0x00 0x00 "
	"0x00 0x00 0x00 0xee GAS CALL",
	"CALLER SELFDESTRUCT"},
    {"precompiles",
	"0x2a 0x00 MSTORE 0x20 0x20 0x20 0x00 0x00 0x04 GAS CALL "
	"0x20 0x40 0x20 0x00 0x00 0x02 0xffff CALL 0x60 0x00 "
	"RETURN",
	""},
    {"a precompile without gas",
	"0x00 0x00 0x00 0x00 0x00 0x03 0x01 CALL "
	"0x00 MSTORE 0x20 0x00 RETURN",
	""},
    {"an account that delegates",
	"0x20 0x00 0x00 0x00 0x00 0xee GAS CALL "
	"0xee EXTCODESIZE 0x20 MSTORE 0x40 0x00 "
	"RETURN",
	"#ef010000000000000000000000000000000000000000fa"},
    {"an account that delegates to a precompile",
	"0x20 0x00 0x20 0x00 0x00 0xee GAS CALL RETURNDATASIZE 0x00 MSTORE "
	"0x20 0x00 RETURN",
	"#ef01000000000000000000000000000000000000000004"},
    {"hashes",
	"0x40 0x00 KECCAK256 0x00 MSTORE 0x40 0x00 KECCAK256 0x20 "
	"MSTORE 0x40 0x00 KECCAK256 0x00 MSTORE 0x20 0x00 RETURN",
	""},
};

/* populate gives both worlds what the programs look for. */
static void
populate(struct mem_world *w, const char *other)
{
	struct addr addrs[] = {asm_addr(ASM_SELF), asm_addr(ASM_OTHER)};
	struct addr far = asm_addr(0xfa);
	struct hash key = {.b = {[31] = 1}};
	size_t i;

	mem_set_code(w, &far, asm_of("CALLER 0x00 MSTORE 0x20 0x00 RETURN"));
	if (*other != '\0')
		mem_set_code(w, &addrs[1], asm_of(other));
	for (i = 0; i < ARRAY_CNT(addrs); i++)
		mem_slot(w, &addrs[i], &key)->now = u256_from_u64(0x11);
}

static void
show_block(struct asm_run *r, struct evmc_context *c)
{
	static const struct hash blobs[] = {{{1, 2}}, {{3, 4}}};
	struct hash number = {.b = {[0] = 7, [31] = 9}};

	c->tx = (struct evmc_tx){.gas_price = number,
	    .origin = asm_addr(1),
	    .coinbase = asm_addr(2),
	    .number = 300,
	    .time = 1700000000,
	    .gas_limit = 30000000,
	    .prev_randao = number,
	    .chain_id = {.b = {[24] = 0x7f, [31] = 1}},
	    .base_fee = number,
	    .blob_base_fee = number,
	    .blob_hashes = blobs,
	    .blob_cnt = ARRAY_CNT(blobs)};
	r->tx = (struct evm_tx){.origin = c->tx.origin,
	    .blob_hashes = blobs,
	    .blob_cnt = ARRAY_CNT(blobs)};
	u256_from_be(&r->tx.gas_price, bytes_of(number.b, 32));
	r->block.coinbase = c->tx.coinbase;
	r->block.number = 300;
	r->block.time = 1700000000;
	r->block.gas_limit = 30000000;
	r->block.chain_id = 0x7f00000000000001;
	r->block.difficulty = r->block.base_fee = r->block.blob_base_fee =
	    r->tx.gas_price;
}

/* same_accounts looks for what a has in b. */
static void
same_accounts(struct mem_world *a, struct mem_world *b)
{
	size_t i, cnt = a->account_cnt;

	for (i = 0; i < cnt; i++) {
		const struct mem_account *x = &a->accounts[i];
		const struct mem_account *y = mem_account(b, &x->addr);

		EXPECT(u256_eq(&x->balance, &y->balance));
		EXPECT_U64(x->nonce, y->nonce);
		EXPECT_BYTES(x->code, y->code);
		EXPECT(x->is_destroyed == y->is_destroyed);
	}
}

static void
same_world(struct mem_world *a, struct mem_world *b)
{
	size_t i;

	same_accounts(a, b);
	same_accounts(b, a);
	for (i = 0; i < MEM_SLOTS; i++) {
		const struct mem_slot *x = &b->slots[i];

		if (x->is_used)
			EXPECT(u256_eq(
			    &x->now, &mem_slot(a, &x->addr, &x->key)->now));
	}
	EXPECT_U64(a->log_cnt, b->log_cnt);
	for (i = 0; i < a->log_cnt && i < b->log_cnt; i++) {
		EXPECT_BYTES(a->logs[i].data, b->logs[i].data);
		EXPECT_U64(a->logs[i].topic_cnt, b->logs[i].topic_cnt);
		EXPECT(memcmp(a->logs[i].topics, b->logs[i].topics,
			   a->logs[i].topic_cnt * sizeof(struct hash)) == 0);
	}
}

static void
same_end(const struct evmc_result *r, struct asm_run *want)
{
	EXPECT((r->status == EVMC_SUCCESS) == (want->out.rc == RC_OK));
	EXPECT((r->status == EVMC_REVERT) == (want->out.rc == RC_REVERT));
	EXPECT_U64((uint64_t)r->gas_left, want->out.gas_left);
	EXPECT_BYTES(bytes_of(r->output, r->output_len), want->out.output);
	EXPECT_U64((uint64_t)r->refund, want->w.refund);
}

/* compare runs a program both ways under one revision. */
static void
compare(struct evmc_vm *vm, size_t no, enum evmc_revision rev)
{
	struct evmc_context c;
	struct evmc_result r;
	struct asm_run want;

	asm_open(&want, world_fork(rev), programs[no].program);
	world_open(&c, vm, rev, programs[no].program);
	show_block(&want, &c);
	populate(&want.w, programs[no].other);
	populate(&c.w, programs[no].other);
	asm_go(&want);
	r = world_run(&c);
	same_end(&r, &want);
	if (r.status != EVMC_SUCCESS)
		mem_revert(&c.w, 0);
	same_world(&c.w, &want.w);
	if (r.release != NULL)
		r.release(&r);
	world_close(&c);
	asm_close(&want);
}

TEST(test_execute_every_program_and_revision_is_as_under_evm_run)
{
	struct evmc_vm *vm;
	enum evmc_revision rev;
	char row[128];
	size_t i, no;

	for (i = 0; i < MAKERS; i++) {
		vm = maker(i)();
		CHECK(vm != NULL);
		for (no = 0; no < ARRAY_CNT(programs); no++)
			for (rev = EVMC_FRONTIER; rev <= EVMC_EXPERIMENTAL;
			     rev++) {
				(void)snprintf(row, sizeof(row),
				    "%s, revision %d", programs[no].name,
				    (int)rev);
				test_row(row);
				compare(vm, no, rev);
			}
		vm->destroy(vm);
	}
	test_row(NULL);
	test_count(MAKERS * ARRAY_CNT(programs) * (EVMC_EXPERIMENTAL + 1));
}

TEST(test_execute_the_memo_changes_no_result)
{
	struct evmc_vm *vm = evmc_create_sekisho();
	size_t last = ARRAY_CNT(programs) - 1;

	EXPECT(vm->set_option(vm, "memo", "off") == EVMC_OPTION_SET);
	compare(vm, last, EVMC_OSAKA);
	EXPECT(vm->set_option(vm, "memo", "on") == EVMC_OPTION_SET);
	compare(vm, last, EVMC_OSAKA);
	vm->destroy(vm);
}

/* Programs of one length that differ in one byte at each place, so that some
 * look alike to the cache. */
TEST(test_execute_programs_that_look_alike_are_told_apart)
{
	struct evmc_vm *vm = evmc_create_sekisho();
	struct evmc_message msg = world_message();
	struct evmc_context c;
	uint8_t code[128];
	size_t at;

	world_open(&c, vm, EVMC_OSAKA, "STOP");
	for (at = 0; at + 1 < sizeof(code); at++) {
		struct evmc_result r;

		memset(code, 0x5b, sizeof(code));
		code[at] = 0x58; /* PC */
		r = vm->execute(
		    vm, &world_host, &c, c.rev, &msg, code, sizeof(code));
		EXPECT(r.status == EVMC_SUCCESS);
		code[at + 1] = 0x56; /* JUMP to PC's own place fails */
		r = vm->execute(
		    vm, &world_host, &c, c.rev, &msg, code, sizeof(code));
		EXPECT(r.status == EVMC_BAD_JUMP_DESTINATION);
	}
	world_close(&c);
	vm->destroy(vm);
}

TEST(test_execute_without_memory_says_so)
{
	struct evmc_vm *vm = evmc_create_sekisho();
	struct evmc_context c;
	struct evmc_result r;
	size_t n;

	for (n = 1; n < 100; n++) {
		world_open(&c, vm, EVMC_OSAKA,
		    "0xffff 0x00 0x00 0xee EXTCODECOPY 0x20 0x00 RETURN");
		populate(&c.w, "0x01 STOP");
		test_alloc_fail(n);
		r = world_run(&c);
		if (!test_alloc_did_fail())
			break;
		/* A program that cannot be kept runs all the same. */
		EXPECT(
		    r.status == EVMC_OUT_OF_MEMORY || r.status == EVMC_SUCCESS);
		EXPECT((r.output_len == 32) == (r.status == EVMC_SUCCESS));
		if (r.release != NULL)
			r.release(&r);
		world_close(&c);
		vm->destroy(vm);
		vm = evmc_create_sekisho();
	}
	EXPECT(n > 2 && r.status == EVMC_SUCCESS);
	r.release(&r);
	world_close(&c);
	vm->destroy(vm);
}

TEST(test_create_without_memory_makes_nothing)
{
	struct evmc_vm *vm = NULL;
	size_t n;

	for (n = 1; n < 100; n++) {
		test_alloc_fail(n);
		vm = evmc_create_sekisho();
		if (!test_alloc_did_fail())
			break;
		EXPECT(vm == NULL);
	}
	EXPECT(n > 1 && vm != NULL);
	vm->destroy(vm);
}
