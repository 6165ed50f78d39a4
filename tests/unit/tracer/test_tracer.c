/* SPDX-License-Identifier: Apache-2.0
 *
 * What ends a trace before its transaction: no room, no time, no memory. The
 * programs here have more gas than any machine could burn, so that only a
 * run that is ended with its trace ends at all.
 */
#include "scene.h"

#include "base/arena.h"

#define ENDLESS_GAS (UINT64_C(1) << 60)

static const enum tracer_form forms[] = {
    TRACER_STEPS, TRACER_CALLS, TRACER_PRESTATE};

/* Loops for ever; the second calls another account each time. */
#define LOOP "JUMPDEST 0x00 JUMP"
#define LOOP_OF_CALLS                                                          \
	"JUMPDEST 0x00 0x00 0x00 0x00 0xee 0xffff STATICCALL POP 0x00 JUMP"

static bool
is_over_at_third(void *ctx)
{
	unsigned *asked = ctx;

	return ++*asked >= 3;
}

TEST(test_tracer_out_of_time_ends_the_run)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		unsigned asked = 0;
		struct scene s = {.conf = {.form = forms[i], .step_max = 1},
		    .self = LOOP,
		    .gas = ENDLESS_GAS,
		    .is_over = is_over_at_third,
		    .ctx = &asked};

		EXPECT_STR(scene_run(&s), "");
		EXPECT_RC(s.rc, RC_TIMEOUT);
		EXPECT_STR(s.e.text, "execution timeout");
		EXPECT_U64(asked, 3);
	}
}

TEST(test_tracer_without_room_ends_the_run)
{
	static const struct {
		enum tracer_form form;
		const char *self;
	} rows[] = {
	    {TRACER_STEPS, LOOP},
	    {TRACER_CALLS, LOOP_OF_CALLS},
	    /* Logs are counted too, and so is what comes back. */
	    {TRACER_CALLS, "JUMPDEST 0x20 0x00 LOG0 0x00 JUMP"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s = {
		    .conf = {.form = rows[i].form, .shows_logs = true},
		    .self = rows[i].self,
		    .other = "STOP",
		    .gas = ENDLESS_GAS,
		    .answer_max = 100000};

		EXPECT_STR(scene_run(&s), "");
		EXPECT_RC(s.rc, RC_ANSWER_TOO_LARGE);
	}
}

TEST(test_tracer_room_is_exact)
{
	size_t i, len;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct scene s = {.conf = {.form = forms[i]},
		    .self = "0x01 SLOAD 0x20 0x00 RETURN"};

		len = strlen(scene_run(&s));
		EXPECT(len > 0);
		s.answer_max = len;
		EXPECT_U64(strlen(scene_run(&s)), len);
		s.answer_max = len - 1;
		EXPECT_STR(scene_run(&s), "");
		EXPECT_RC(s.rc, RC_ANSWER_TOO_LARGE);
	}
}

TEST(test_tracer_one_call_with_much_data_is_bounded)
{
	/* A megabyte of input costs a call nothing but its memory, once. */
	struct scene s = {.conf = {.form = TRACER_CALLS},
	    .self = "JUMPDEST 0x00 0x00 0x100000 0x00 0xee 0xffff STATICCALL "
		    "POP 0x00 JUMP",
	    .other = "STOP",
	    .gas = ENDLESS_GAS,
	    .answer_max = 1 << 20};

	EXPECT_STR(scene_run(&s), "");
	EXPECT_RC(s.rc, RC_ANSWER_TOO_LARGE);
}

TEST(test_tracer_serves_many_transactions)
{
	struct scene s = {
	    .conf = {.form = TRACER_STEPS}, .self = "0x01 SLOAD", .other = ""};
	struct state *st;
	struct exec_env env = {.block = {.fork = FORK_OSAKA}};
	struct exec_call call = {.gas = 100000, .to = asm_addr(SCENE_SELF)};
	struct tracer *t = tracer_new(&s.conf, NULL, NULL);
	struct bytes first = {NULL, 0};
	struct jsonw w;
	struct arena a;
	unsigned i;

	arena_init(&a, 1 << 24);
	st = state_new(&a, &STATE_SOURCE_EMPTY);
	env.vm = evm_new();
	CHECK(t != NULL && st != NULL && env.vm != NULL);
	state_set_code(st, &call.to, asm_of(s.self));
	state_end_tx(st, true);
	for (i = 0; i < 3; i++) {
		jsonw_init(&w, 1 << 16);
		EXPECT_RC(
		    tracer_run_call(t, &w, &a, st, &env, &call, NULL), RC_OK);
		EXPECT(jsonw_done(&w));
		if (i == 0)
			first = arena_copy(&a, jsonw_bytes(&w));
		EXPECT_BYTES(jsonw_bytes(&w), first);
		jsonw_free(&w);
	}
	tracer_free(t);
	evm_free(env.vm);
	arena_drop(&a);
}

/* run_short runs a call while the nth allocation fails; tells whether one
 * did. What comes out is whole, or a failure. */
static bool
run_short(enum tracer_form form, size_t n)
{
	struct tracer_conf conf = {
	    .form = form, .shows_logs = true, .is_diff = true};
	struct exec_env env = {.vm = evm_new(), .block = {.fork = FORK_OSAKA}};
	struct exec_call call = {.gas = 100000, .to = asm_addr(SCENE_SELF)};
	struct arena a;
	struct state *st;
	struct tracer *t;
	struct jsonw w;
	enum rc rc = RC_NO_MEMORY;
	bool did_fail;

	arena_init(&a, 1 << 24);
	st = state_new(&a, &STATE_SOURCE_EMPTY);
	CHECK(st != NULL && env.vm != NULL);
	state_set_code(st, &call.to,
	    asm_of("0x01 SLOAD 0x20 0x00 LOG0 0x00 0x00 0x00 0x00 0xee 0xff "
		   "STATICCALL 0x20 0x00 REVERT"));
	state_end_tx(st, true);
	jsonw_init(&w, 1 << 16);
	test_alloc_fail(n);
	t = tracer_new(&conf, NULL, NULL);
	if (t != NULL)
		rc = tracer_run_call(t, &w, &a, st, &env, &call, NULL);
	did_fail = test_alloc_did_fail();
	EXPECT(rc == RC_NO_MEMORY || rc == RC_ANSWER_TOO_LARGE ||
	       (rc == RC_OK && jsonw_done(&w)));
	EXPECT(did_fail || rc == RC_OK);
	tracer_free(t);
	jsonw_free(&w);
	evm_free(env.vm);
	arena_drop(&a);
	return did_fail;
}

TEST(test_tracer_without_memory_is_whole_or_fails)
{
	size_t i, n;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		for (n = 1; run_short(forms[i], n); n++)
			;
		EXPECT(n > 3);
		test_count(n);
	}
}
