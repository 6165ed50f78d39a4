/* SPDX-License-Identifier: Apache-2.0
 *
 * The interpreter alone on the public benchmark programs: the suite, chains
 * of one instruction, token loops. Revision Istanbul, storage empty before
 * each run but for the caller's tokens, 2^40 gas, code analysis from the
 * cache after the first run. Gas, status and output of every case must be
 * those of expected.txt: one that differs ends the program with status 1.
 * CPU time of this thread, least of the rounds. One TSV line per case: name,
 * instructions where counted, microseconds, nanoseconds per instruction.
 *
 * usage: bench_evm [part of a case's name]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "benchfile.h"
#include "crypto/keccak.h"
#include "memworld.h"

/* A case runs until it has so many rounds and milliseconds. */
enum { ROUNDS = 5, ROUNDS_MAX = 20000, ENOUGH_MS = 60 };
enum { LINE_MAX_LEN = 8192 };

static const uint64_t gas_given = (uint64_t)1 << 40;

static double
cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* The token's balance of the caller: slot keccak256(caller, 0). */
static void
give_tokens(
    struct mem_world *w, const struct addr *token, const struct addr *holder)
{
	struct hash key = bench_token_place(holder);

	mem_slot(w, token, &key)->now = (struct u256){{0, 1, 0, 0}};
}

static bool
is_right(const struct evm_result *r, const struct bench_expected *e)
{
	uint8_t hash[32];

	keccak256(hash, r->output);
	return gas_given - r->gas_left == e->gas &&
	       (r->rc == RC_OK) == (e->status == 0) &&
	       memcmp(hash, e->hash, sizeof(hash)) == 0;
}

/* measure returns the least time of a run. */
static double
measure(struct evm *vm, struct mem_world *w, struct bytes input,
    const struct bench_expected *e, const char *name)
{
	struct evm_host host = mem_host(w);
	struct evm_block block = {.fork = FORK_ISTANBUL};
	struct evm_tx tx = {.blob_cnt = 0};
	struct evm_msg msg = {.kind = EVM_CALL,
	    .gas = gas_given,
	    .caller = {{0x10}},
	    .to = {{0x20}},
	    .code_addr = {{0x20}},
	    .input = input};
	struct evm_result r;
	double least = 0, sum = 0, start, us;
	size_t i;

	for (i = 0; i < ROUNDS_MAX; i++) {
		start = cpu_us();
		evm_run(vm, &r, &host, &block, &tx, &msg);
		us = cpu_us() - start;
		if (!is_right(&r, e)) {
			(void)fprintf(stderr, "%s: gas %llu, want %llu, %s\n",
			    name, (unsigned long long)(gas_given - r.gas_left),
			    (unsigned long long)e->gas, err_name(r.rc));
			exit(1);
		}
		mem_revert(w, 0);
		if (i == 0 || us < least)
			least = us;
		sum += us;
		if (i + 1 >= ROUNDS && sum > ENOUGH_MS * 1e3)
			break;
	}
	return least;
}

static void
run_case(struct evm *vm, const char *folder, char *line)
{
	static struct mem_world w;
	char *name = strtok(line, " \n"), *file = strtok(NULL, " \n");
	char *input = strtok(NULL, " \n");
	struct addr token = {{0x20}}, caller = {{0x10}};
	struct bytes data = bytes_of(NULL, 0);
	struct bench_expected e;
	double us;

	if (name == NULL || file == NULL)
		return;
	mem_open(&w, FORK_ISTANBUL);
	if (!bench_expect(&w.arena, &e, folder, name))
		bench_give_up("not in expected.txt", name);
	if (input != NULL && input[0] == '@')
		data = bench_read_hex(&w.arena, folder, input + 1);
	else if (input != NULL && input[0] != '-')
		data = bench_unhex(&w.arena, bytes_of_str(input), name);
	mem_set_code(&w, &token, bench_read_hex(&w.arena, folder, file));
	give_tokens(&w, &token, &caller);
	mem_begin_tx(&w);
	us = measure(vm, &w, data, &e, name);
	printf("%s\t%llu\t%.3f\t%.3f\n", name,
	    (unsigned long long)e.instructions, us,
	    e.instructions == 0 ? 0 : us * 1e3 / (double)e.instructions);
	(void)fflush(stdout);
	mem_close(&w);
}

static void
run_folder(struct evm *vm, const char *folder, const char *part)
{
	static char line[LINE_MAX_LEN];
	struct arena a;
	const char *path;
	FILE *in;

	arena_init(&a, LINE_MAX_LEN);
	path = bench_path(&a, folder, "cases.txt");
	in = fopen(path, "r");
	if (in == NULL)
		bench_give_up("cannot read", path);
	while (fgets(line, sizeof(line), in) != NULL)
		if (line[0] != '#' && strstr(line, part) != NULL)
			run_case(vm, folder, line);
	(void)fclose(in);
	arena_drop(&a);
}

int
main(int argc, char **argv)
{
	const char *part = argc > 1 ? argv[1] : "";
	struct evm *vm = evm_new();

	CHECK(vm != NULL);
	printf("case\tinstructions\tus\tns per instruction\n");
	run_folder(vm, "evm", part);
	run_folder(vm, "token", part);
	run_folder(vm, "synth", part);
	evm_free(vm);
	return 0;
}
