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

#include "base/hex.h"
#include "crypto/keccak.h"
#include "memworld.h"

/* A case runs until it has so many rounds and milliseconds. */
enum { ROUNDS = 5, ROUNDS_MAX = 20000, ENOUGH_MS = 60 };
enum { LINE_MAX_LEN = 8192, FILE_MAX = 1 << 20, NAME_MAX_LEN = 64 };

static const uint64_t gas_given = (uint64_t)1 << 40;

struct expected {
	uint64_t gas, instructions, status;
	uint8_t hash[32];
};

static const char *vectors;

static double
cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void
give_up(const char *what, const char *name)
{
	(void)fprintf(stderr, "bench_evm: %s: %s\n", what, name);
	exit(1);
}

static struct bytes
unhex(struct arena *a, struct bytes text, const char *name)
{
	uint8_t *out = arena_alloc(a, text.len / 2 + 1);
	size_t i;

	CHECK(out != NULL);
	if (text.len >= 2 && text.ptr[1] == 'x') {
		text.ptr += 2;
		text.len -= 2;
	}
	while (text.len > 0 && text.ptr[text.len - 1] <= ' ')
		text.len--;
	for (i = 0; i + 1 < text.len; i += 2) {
		int high = hex_digit(text.ptr[i]);
		int low = hex_digit(text.ptr[i + 1]);

		if (high < 0 || low < 0)
			give_up("not hex", name);
		out[i / 2] = (uint8_t)(high * 16 + low);
	}
	return bytes_of(out, text.len / 2);
}

static struct bytes
read_hex(struct arena *a, const char *folder, const char *file)
{
	char *path = arena_str(a, "%s/%s/%s", vectors, folder, file);
	uint8_t *text = arena_alloc(a, FILE_MAX);
	FILE *in = fopen(path, "rb");
	size_t len;

	CHECK(text != NULL);
	if (in == NULL)
		give_up("cannot read", path);
	len = fread(text, 1, FILE_MAX, in);
	(void)fclose(in);
	return unhex(a, bytes_of(text, len), path);
}

/* field reads the number behind "key=". */
static uint64_t
field(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at == NULL ? 0 : strtoull(at + strlen(key), NULL, 10);
}

static bool
find_expected(
    struct arena *a, struct expected *out, const char *folder, const char *name)
{
	char line[LINE_MAX_LEN];
	FILE *in =
	    fopen(arena_str(a, "%s/%s/expected.txt", vectors, folder), "r");
	bool found = false;
	const char *hash;

	CHECK(in != NULL);
	while (!found && fgets(line, sizeof(line), in) != NULL) {
		size_t len = strlen(name);

		if (strncmp(line, name, len) != 0 || line[len] != ' ')
			continue;
		found = true;
		out->gas = field(line, " gas=");
		out->instructions = field(line, " instructions=");
		out->status = field(line, " status=");
		hash = strstr(line, "output_keccak=0x");
		CHECK(hash != NULL);
		memcpy(
		    out->hash, unhex(a, bytes_of(hash + 16, 64), name).ptr, 32);
	}
	(void)fclose(in);
	return found;
}

/* The token's balance of the caller: slot keccak256(caller, 0). */
static void
give_tokens(
    struct mem_world *w, const struct addr *token, const struct addr *holder)
{
	uint8_t place[64] = {0};
	struct hash key;

	memcpy(place + 12, holder->b, sizeof(holder->b));
	keccak256(key.b, bytes_of(place, sizeof(place)));
	mem_slot(w, token, &key)->now = (struct u256){{0, 1, 0, 0}};
}

static bool
is_right(const struct evm_result *r, const struct expected *e)
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
    const struct expected *e, const char *name)
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
	struct expected e;
	double us;

	if (name == NULL || file == NULL)
		return;
	mem_open(&w, FORK_ISTANBUL);
	if (!find_expected(&w.arena, &e, folder, name))
		give_up("not in expected.txt", name);
	if (input != NULL && input[0] == '@')
		data = read_hex(&w.arena, folder, input + 1);
	else if (input != NULL && input[0] != '-')
		data = unhex(&w.arena, bytes_of_str(input), name);
	mem_set_code(&w, &token, read_hex(&w.arena, folder, file));
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
	static char line[LINE_MAX_LEN], path[LINE_MAX_LEN];
	FILE *in;

	(void)snprintf(path, sizeof(path), "%s/%s/cases.txt", vectors, folder);
	in = fopen(path, "r");
	if (in == NULL)
		give_up("cannot read", path);
	while (fgets(line, sizeof(line), in) != NULL)
		if (line[0] != '#' && strstr(line, part) != NULL)
			run_case(vm, folder, line);
	(void)fclose(in);
}

int
main(int argc, char **argv)
{
	const char *part = argc > 1 ? argv[1] : "";
	const char *home = getenv("SEKISHO_VECTORS");
	struct evm *vm = evm_new();
	static char path[LINE_MAX_LEN];

	(void)snprintf(
	    path, sizeof(path), "%s/bench", home == NULL ? "../shared" : home);
	vectors = path;
	CHECK(vm != NULL);
	printf("case\tinstructions\tus\tns per instruction\n");
	run_folder(vm, "evm", part);
	run_folder(vm, "token", part);
	run_folder(vm, "synth", part);
	evm_free(vm);
	return 0;
}
