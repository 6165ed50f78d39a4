/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho evm`: the machine by itself, and the public suites as its judge.
 * Files come from outside harnesses and fuzzers, so that what is printed has
 * the form they read: a JSON line a case, EIP-3155 lines on standard error.
 */
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/jsonw.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/textfile.h"
#include "evm/trace.h"
#include "exec/exec.h"
#include "suite/suite.h"

enum { HASH_TEXT_MAX = 2 * 32 + 3, LINE_MAX_BYTES = 1 << 16 };

/* Gas of `evm run` when none is given: as much as a block of public networks
 * had for years. */
#define RUN_GAS UINT64_C(30000000)

typedef enum rc suite_fn(
    const struct suite *s, struct bytes doc, struct err *e);

/* struct evm_args is the command line. */
struct evm_args {
	struct args args;
	const char *fork, *code, *input, *gas, *value;
	bool has_trace, has_json;
};

/* struct judge counts verdicts and prints them. */
struct judge {
	const struct evm_args *a;
	const char *file;
	size_t passed, failed, skipped;
	struct evm_json json;
	struct evm_tracer lines; /* what writes them */
	struct evm_tracer tracer;
	struct evm_result last; /* of the message that a transaction is */
};

/* Traces. ----------------------------------------------------------- */

static void
on_step(void *ctx, const struct evm_step *step)
{
	const struct judge *j = ctx;

	j->lines.step(j->lines.ctx, step);
}

static void
on_after(void *ctx, uint64_t cost, enum rc rc)
{
	const struct judge *j = ctx;

	j->lines.after(j->lines.ctx, cost, rc);
}

/* The last message to end is the transaction's own. */
static void
on_leave(void *ctx, const struct evm_result *r)
{
	((struct judge *)ctx)->last = *r;
}

static void
trace_into(struct judge *j, struct evm *vm)
{
	j->json = (struct evm_json){.out = stderr};
	j->lines = evm_json_tracer(&j->json);
	j->tracer = (struct evm_tracer){
	    .step = on_step, .after = on_after, .leave = on_leave, .ctx = j};
	evm_trace(vm, j->a->has_trace ? &j->tracer : NULL);
}

/* Verdicts. --------------------------------------------------------- */

static void
print_json(const struct judge *j, const struct suite_verdict *v)
{
	struct jsonw w;
	struct bytes text;

	jsonw_init(&w, LINE_MAX_BYTES);
	jsonw_obj(&w);
	jsonw_key(&w, "name");
	jsonw_str(&w, v->name);
	jsonw_key(&w, "pass");
	jsonw_bool(&w, v->is_pass);
	jsonw_key(&w, "fork");
	jsonw_str(&w, v->fork);
	jsonw_key(&w, v->has_at ? "stateRoot" : "root");
	jsonw_data(&w, hash_bytes(&v->root));
	jsonw_key(&w, "gasUsed");
	jsonw_q64(&w, v->gas_used);
	if (v->has_at) {
		jsonw_key(&w, "d");
		jsonw_u64(&w, v->data_at);
		jsonw_key(&w, "g");
		jsonw_u64(&w, v->gas_at);
		jsonw_key(&w, "v");
		jsonw_u64(&w, v->value_at);
	}
	if (v->why != NULL || v->skipped != NULL) {
		jsonw_key(&w, v->why != NULL ? "error" : "skipped");
		jsonw_str(&w, v->why != NULL ? v->why : v->skipped);
	}
	if (v->untold != NULL) {
		jsonw_key(&w, "untold");
		jsonw_str(&w, v->untold);
	}
	jsonw_key(&w, "file");
	jsonw_str(&w, j->file);
	jsonw_obj_end(&w);
	text = jsonw_bytes(&w);
	if (jsonw_done(&w))
		printf("%.*s\n", (int)text.len, (const char *)text.ptr);
	jsonw_free(&w);
}

static void
print_failure(const struct judge *j, const struct suite_verdict *v)
{
	printf("FAIL %s: %s [%s", j->file, v->name, v->fork);
	if (v->has_at)
		printf(" %zu/%zu/%zu", v->data_at, v->gas_at, v->value_at);
	printf("]: %s\n", v->why);
}

static void
before(void *ctx, const struct suite_verdict *v)
{
	struct judge *j = ctx;

	(void)v;
	j->last = (struct evm_result){.rc = RC_OK};
}

static void
say(void *ctx, const struct suite_verdict *v)
{
	struct judge *j = ctx;
	char root[HASH_TEXT_MAX];

	j->skipped += v->skipped != NULL;
	j->passed += v->is_pass;
	j->failed += !v->is_pass && v->skipped == NULL;
	if (j->a->has_trace) {
		evm_json_end(&j->json, &j->last, v->gas_used);
		fprintf(stderr, "{\"stateRoot\":\"%s\"}\n",
		    hex_put0x(root, hash_bytes(&v->root)));
	}
	if (j->a->has_json)
		print_json(j, v);
	else if (!v->is_pass && v->skipped == NULL)
		print_failure(j, v);
}

/* Files. ------------------------------------------------------------ */

static void
run_file(struct judge *j, const struct suite *s, suite_fn *fn, const char *path)
{
	struct bytes doc;
	struct arena a;
	struct err e = {0};
	enum rc rc;

	j->file = path;
	arena_init(&a, (size_t)SUITE_FILE_MAX + (1 << 20));
	rc = textfile_read(&a, &doc, path, SUITE_FILE_MAX, &e);
	if (rc != RC_OK) {
		(void)cmd_fail(&e, rc);
	} else {
		rc = fn(s, doc, &e);
		if (rc != RC_OK)
			fprintf(stderr, "sekisho: %s: %s\n", path,
			    err_message(&e, rc));
	}
	j->failed += rc != RC_OK;
	arena_drop(&a);
}

static bool
is_json(const FTSENT *f)
{
	static const char end[] = ".json";
	size_t len = strlen(f->fts_name);

	return f->fts_info == FTS_F && len >= sizeof(end) &&
	       !strcmp(f->fts_name + len - (sizeof(end) - 1), end);
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* run_path runs a file, or all JSON files below a folder. */
static void
run_path(struct judge *j, const struct suite *s, suite_fn *fn, const char *path)
{
	char *const roots[] = {(char *)(uintptr_t)path, NULL};
	FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	const FTSENT *f = tree == NULL ? NULL : fts_read(tree);

	if (f == NULL || f->fts_info != FTS_D)
		run_file(j, s, fn, path);
	for (; f != NULL; f = fts_read(tree))
		if (f->fts_level > 0 && is_json(f))
			run_file(j, s, fn, f->fts_path);
	if (tree != NULL)
		fts_close(tree);
}

static int
run_suite(const struct evm_args *a, struct evm *vm, suite_fn *fn)
{
	const char *tmp = getenv("TMPDIR");
	struct judge j = {.a = a};
	struct suite s = {.vm = vm,
	    .fork = a->fork,
	    .tmp_dir = tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp",
	    .before = before,
	    .say = say,
	    .ctx = &j};
	size_t i;

	trace_into(&j, vm);
	for (i = 1; i < a->args.cnt; i++)
		run_path(&j, &s, fn, a->args.at[i]);
	evm_trace(vm, NULL);
	if (j.skipped > 0)
		printf("%zu skipped\n", j.skipped);
	printf("%zu passed, %zu failed\n", j.passed, j.failed);
	return j.failed == 0 ? CMD_OK : CMD_FAILED;
}

/* A single program. ------------------------------------------------- */

/* read_number reads gas or value: decimal, or hex with 0x. */
static enum rc
read_number(struct u256 *out, const char *name, const char *text, struct err *e)
{
	struct bytes t = bytes_of_str(text);
	enum rc rc = text[0] == '0' && text[1] == 'x'
			 ? u256_from_hex(out, t, NULL)
			 : u256_from_dec(out, t, NULL);

	if (rc == RC_OK)
		return RC_OK;
	return FAIL(e, RC_BAD_INPUT, "%s: \"%s\" is no number", name, text);
}

static enum rc
read_code(struct arena *a, struct bytes *out, const char *name,
    const char *text, struct err *e)
{
	const char *full;

	if (text == NULL)
		return RC_OK;
	full = arena_str(a, "%s%s", !strncmp(text, "0x", 2) ? "" : "0x", text);
	if (full == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for %s", name);
	if (hex_read(a, out, bytes_of_str(full), NULL) == RC_OK)
		return RC_OK;
	return FAIL(
	    e, RC_BAD_INPUT, "%s: not hex with an even number of digits", name);
}

static enum rc
read_call(struct arena *a, struct suite_call *out, const struct evm_args *x,
    struct err *e)
{
	struct u256 gas = u256_from_u64(RUN_GAS);

	*out = (struct suite_call){.fork = x->fork != NULL ? x->fork : "Osaka"};
	TRY(read_code(a, &out->code, "--code", x->code, e));
	TRY(read_code(a, &out->input, "--input", x->input, e));
	if (x->gas != NULL)
		TRY(read_number(&gas, "--gas", x->gas, e));
	if (x->value != NULL)
		TRY(read_number(&out->value, "--value", x->value, e));
	if (!u256_is_u64(&gas))
		return FAIL(e, RC_BAD_INPUT, "--gas: above 64 bits");
	out->gas = gas.w[0];
	return RC_OK;
}

static enum rc
print_result(struct arena *a, const struct suite_call *c,
    const struct evm_result *r, struct err *e)
{
	char *hex = arena_alloc(a, 2 * r->output.len + 3);

	if (hex == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for the output");
	printf("Result:   %s\nGas used: %llu\nOutput:   %s\n",
	    r->rc == RC_OK ? "success" : err_text(r->rc),
	    (unsigned long long)(c->gas - r->gas_left),
	    hex_put0x(hex, r->output));
	return RC_OK;
}

static enum rc
run_call(struct arena *a, const struct evm_args *x, struct evm *vm,
    bool *is_success, struct err *e)
{
	struct judge j = {.a = x};
	struct suite_call c;
	struct evm_result r;

	TRY(read_call(a, &c, x, e));
	trace_into(&j, vm);
	TRY(suite_code(a, &r, vm, &c, e));
	evm_trace(vm, NULL);
	if (x->has_trace)
		evm_json_end(&j.json, &r, c.gas - r.gas_left);
	*is_success = r.rc == RC_OK;
	return print_result(a, &c, &r, e);
}

static int
run_code(const struct evm_args *x, struct evm *vm)
{
	bool is_success = false;
	struct err e = {0};
	struct arena a;
	enum rc rc;

	arena_init(&a, SUITE_FILE_MAX);
	rc = run_call(&a, x, vm, &is_success, &e);
	arena_drop(&a);
	if (rc != RC_OK)
		return cmd_fail(&e, rc);
	return is_success ? CMD_OK : CMD_FAILED;
}

/* The command. ------------------------------------------------------ */

/* Rows as of verbs below; the last is no suite. */
static suite_fn *const suites[] = {
    suite_state, suite_block, suite_vm, suite_tx, NULL};

static int
run_verb(const struct evm_args *a, size_t verb)
{
	struct evm *vm = evm_new();
	int status;

	if (vm == NULL)
		return cmd_fail(NULL, RC_NO_MEMORY);
	status = suites[verb] != NULL ? run_suite(a, vm, suites[verb])
				      : run_code(a, vm);
	evm_free(vm);
	return status;
}

int
cmd_evm(int argc, char **argv)
{
	static const struct arg_verb verbs[] = {
	    {"statetest", 1, ARGS_MAX},
	    {"blocktest", 1, ARGS_MAX},
	    {"vmtest", 1, ARGS_MAX},
	    {"txtest", 1, ARGS_MAX},
	    {"run", 0, 0},
	};
	struct evm_args a = {.fork = NULL};
	const struct arg_option option[] = {
	    {"--fork", &a.fork, NULL},
	    {"--code", &a.code, NULL},
	    {"--input", &a.input, NULL},
	    {"--gas", &a.gas, NULL},
	    {"--value", &a.value, NULL},
	    {"--trace", NULL, &a.has_trace},
	    {"--json", NULL, &a.has_json},
	};
	size_t verb;

	_Static_assert(ARRAY_CNT(verbs) == ARRAY_CNT(suites), "a row each");
	if (!args_read(
		&a.args, argc, argv, option, ARRAY_CNT(option), 1, ARGS_MAX))
		return CMD_USAGE;
	verb = args_verb(&a.args, "evm", verbs, ARRAY_CNT(verbs));
	return verb == ARRAY_CNT(verbs) ? CMD_USAGE : run_verb(&a, verb);
}
