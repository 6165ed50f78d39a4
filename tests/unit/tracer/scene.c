/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage, the call and the text that a tracer makes of it.
 */
#include "scene.h"

#include "base/arena.h"

enum { ARENA_MAX = 64 << 20, ANSWER_MAX = 1 << 20, GAS = 1000000 };

static void
put(struct state *st, uint8_t no, uint64_t balance, const char *program)
{
	struct u256 amount = u256_from_u64(balance);
	struct addr a = asm_addr(no);

	if (program == NULL)
		return;
	state_add_balance(st, &a, &amount);
	if (program[0] != '\0')
		state_set_code(st, &a, asm_of(program));
}

static void
set_stage(struct state *st, const struct scene *s)
{
	struct hash key = {.b = {[31] = 1}};
	struct u256 seven = u256_from_u64(7);
	struct addr self = asm_addr(SCENE_SELF);

	put(st, SCENE_FROM, SCENE_FUNDS, "");
	put(st, SCENE_SELF, 1000, s->self);
	put(st, SCENE_OTHER, 0, s->other);
	if (s->self != NULL)
		state_set_slot(st, &self, &key, &seven);
	state_end_tx(st, true);
}

static struct exec_call
call_of(const struct scene *s)
{
	return (struct exec_call){
	    .from = asm_addr(SCENE_FROM),
	    .to = asm_addr(SCENE_SELF),
	    .is_create = s->init != NULL,
	    .gas = s->gas == 0 ? GAS : s->gas,
	    .value = u256_from_u64(s->value),
	    .has_gas_price = s->gas_price > 0,
	    .gas_price = u256_from_u64(s->gas_price),
	    .tip = u256_from_u64(s->gas_price),
	    .data = s->init != NULL    ? asm_of(s->init)
		    : s->input != NULL ? test_hex(s->input)
				       : bytes_of(NULL, 0),
	};
}

static void
run(struct scene *s, struct arena *a, struct evm *vm, struct jsonw *w)
{
	struct state *st = state_new(a, &STATE_SOURCE_EMPTY);
	struct exec_env env = {.vm = vm,
	    .block = {.coinbase = asm_addr(SCENE_AUTHOR),
		.number = 300,
		.gas_limit = 30000000,
		.chain_id = 1,
		.fork = s->fork == FORK_FRONTIER ? FORK_OSAKA : s->fork}};
	struct exec_call call = call_of(s);
	struct tracer *t = tracer_new(&s->conf, s->is_over, s->ctx);

	CHECK(st != NULL && t != NULL);
	set_stage(st, s);
	s->rc = tracer_run_call(t, w, a, st, &env, &call, &s->e);
	tracer_free(t);
}

const char *
scene_run(struct scene *s)
{
	static char text[ANSWER_MAX + 1];
	struct evm *vm = evm_new();
	struct arena a;
	struct jsonw w;
	size_t len = 0;

	CHECK(vm != NULL);
	arena_init(&a, ARENA_MAX);
	jsonw_init(&w, s->answer_max == 0 ? ANSWER_MAX : s->answer_max);
	s->e = (struct err){.rc = RC_OK};
	run(s, &a, vm, &w);
	if (s->rc == RC_OK && jsonw_done(&w)) {
		len = jsonw_bytes(&w).len;
		memcpy(text, jsonw_bytes(&w).ptr, len);
	}
	text[len] = '\0';
	jsonw_free(&w);
	arena_drop(&a);
	evm_free(vm);
	return text;
}

void
scene_check(const struct scene_row *rows, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++) {
		struct scene s = rows[i].scene;

		test_row(rows[i].name);
		EXPECT_STR(scene_run(&s), rows[i].want);
		EXPECT_RC(s.rc, RC_OK);
	}
	test_row(NULL);
	test_count(cnt);
}
