/* SPDX-License-Identifier: Apache-2.0
 *
 * Machines behind EVMC on the public benchmark programs, beside each other:
 * ours, ours without its memo of hashes, and any other that speaks EVMC 12.
 * Each is run for a few milliseconds in turn, under the same host, with
 * revision Istanbul and empty storage but for the caller's tokens. The gas,
 * status and output of every run that is checked must be those of
 * expected.txt: one that differs ends the program with status 1. One TSV line
 * per case: name, and of each machine the least microseconds of a run.
 *
 * usage: bench_evmc MACHINE.so[,memo=off]...     each after the file's name
 */
#include <dlfcn.h>
#include <time.h>

#include "benchfile.h"
#include "crypto/keccak.h"
#include "evmc/abi.h"

/* A case has so many rounds, and a machine in each so many microseconds. */
enum { ROUNDS = 24, SLICE_US = 4000, MACHINES_MAX = 4 };
enum { SLOTS = 65536 };

static const int64_t gas_given = (int64_t)1 << 40;

struct slot {
	struct hash key, now, original;
	uint32_t run;
};

struct evmc_context {
	struct slot *slots;
	uint32_t run;
	struct hash tokens; /* place of the caller's */
};

struct program {
	struct bytes code, input;
	struct bench_expected want;
	const char *name;
};

static struct evmc_context world;
static const struct hash zero;

static struct slot *
find(struct evmc_context *c, const struct hash *key)
{
	size_t i =
	    ((be64(key->b) ^ be64(key->b + 24)) * 0x9e3779b97f4a7c15u) >> 40;

	for (;; i++) {
		struct slot *s = &c->slots[i % SLOTS];

		if (s->run != c->run)
			*s = (struct slot){.key = *key, .run = c->run};
		if (hash_eq(&s->key, key))
			return s;
	}
}

static bool
h_exists(struct evmc_context *c, const struct addr *addr)
{
	(void)c;
	(void)addr;
	return true;
}

static struct hash
h_storage(
    struct evmc_context *c, const struct addr *addr, const struct hash *key)
{
	(void)addr;
	return find(c, key)->now;
}

static enum evmc_storage
h_set_storage(struct evmc_context *c, const struct addr *addr,
    const struct hash *key, const struct hash *value)
{
	struct slot *s = find(c, key);
	struct hash was = s->original, now = s->now;
	bool is_zero = hash_is_zero(value);

	(void)addr;
	s->now = *value;
	if (hash_eq(&now, value))
		return EVMC_ASSIGNED;
	if (hash_eq(&was, &now))
		return hash_is_zero(&was) ? EVMC_ADDED
		       : is_zero          ? EVMC_DELETED
					  : EVMC_MODIFIED;
	if (hash_is_zero(&was))
		return is_zero ? EVMC_ADDED_DELETED : EVMC_ASSIGNED;
	if (hash_eq(&was, value))
		return hash_is_zero(&now) ? EVMC_DELETED_RESTORED
					  : EVMC_MODIFIED_RESTORED;
	if (hash_is_zero(&now))
		return EVMC_DELETED_ADDED;
	return is_zero ? EVMC_MODIFIED_DELETED : EVMC_ASSIGNED;
}

static struct hash
h_zero(struct evmc_context *c, const struct addr *addr)
{
	(void)c;
	(void)addr;
	return zero;
}

static size_t
h_code_size(struct evmc_context *c, const struct addr *addr)
{
	(void)c;
	(void)addr;
	return 0;
}

static size_t
h_copy_code(struct evmc_context *c, const struct addr *addr, size_t from,
    uint8_t *out, size_t len)
{
	(void)c;
	(void)addr;
	(void)from;
	(void)out;
	(void)len;
	return 0;
}

static bool
h_selfdestruct(
    struct evmc_context *c, const struct addr *addr, const struct addr *heir)
{
	(void)c;
	(void)addr;
	(void)heir;
	return true;
}

static struct evmc_result
h_call(struct evmc_context *c, const struct evmc_message *msg)
{
	(void)c;
	return (struct evmc_result){.gas_left = msg->gas};
}

static struct evmc_tx
h_tx(struct evmc_context *c)
{
	(void)c;
	return (struct evmc_tx){.number = 1000, .gas_limit = gas_given};
}

static struct hash
h_block_hash(struct evmc_context *c, int64_t number)
{
	(void)c;
	(void)number;
	return zero;
}

static void
h_log(struct evmc_context *c, const struct addr *addr, const uint8_t *data,
    size_t len, const struct hash topics[], size_t topic_cnt)
{
	(void)c;
	(void)addr;
	(void)data;
	(void)len;
	(void)topics;
	(void)topic_cnt;
}

static enum evmc_access
h_access_account(struct evmc_context *c, const struct addr *addr)
{
	(void)c;
	(void)addr;
	return EVMC_WARM;
}

static enum evmc_access
h_access_storage(
    struct evmc_context *c, const struct addr *addr, const struct hash *key)
{
	(void)c;
	(void)addr;
	(void)key;
	return EVMC_WARM;
}

static struct hash
h_transient(
    struct evmc_context *c, const struct addr *addr, const struct hash *key)
{
	(void)c;
	(void)addr;
	(void)key;
	return zero;
}

static void
h_set_transient(struct evmc_context *c, const struct addr *addr,
    const struct hash *key, const struct hash *value)
{
	(void)c;
	(void)addr;
	(void)key;
	(void)value;
}

static const struct evmc_host host = {
    .exists = h_exists,
    .storage = h_storage,
    .set_storage = h_set_storage,
    .balance = h_zero,
    .code_size = h_code_size,
    .code_hash = h_zero,
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

static struct evmc_result
run(struct evmc_vm *vm, const struct program *p)
{
	struct evmc_message msg = {.kind = EVMC_CALL,
	    .gas = gas_given,
	    .sender = {{0x10}},
	    .recipient = {{0x20}},
	    .code_addr = {{0x20}},
	    .input = p->input.ptr,
	    .input_len = p->input.len};
	struct slot *tokens;

	world.run++;
	tokens = find(&world, &world.tokens);
	tokens->now.b[20] = tokens->original.b[20] = 1;
	return vm->execute(
	    vm, &host, &world, EVMC_ISTANBUL, &msg, p->code.ptr, p->code.len);
}

static void
release(const struct evmc_result *r)
{
	if (r->release != NULL)
		r->release(r);
}

/* check ends the program unless a machine computes what it must. */
static void
check(struct evmc_vm *vm, const struct program *p)
{
	struct evmc_result r = run(vm, p);
	uint8_t hash[32];

	keccak256(hash, bytes_of(r.output, r.output_len));
	if ((uint64_t)(gas_given - r.gas_left) != p->want.gas ||
	    (uint64_t)r.status != p->want.status ||
	    memcmp(hash, p->want.hash, sizeof(hash)) != 0)
		bench_give_up(vm->name, p->name);
	release(&r);
}

static double
cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* slice is the time of one run, over enough of them to read the clock. */
static double
slice(struct evmc_vm *vm, const struct program *p)
{
	double start = cpu_us(), us;
	size_t done = 0, step = 1, i;

	do {
		for (i = 0; i < step; i++) {
			struct evmc_result r = run(vm, p);

			release(&r);
		}
		done += step;
		us = cpu_us() - start;
		step = done;
	} while (us < SLICE_US);
	return us / (double)done;
}

static void
run_case(struct evmc_vm **vms, size_t cnt, const char *folder, char *line)
{
	struct program p = {.name = strtok(line, " \n")};
	char *file = strtok(NULL, " \n"), *input = strtok(NULL, " \n");
	double least[MACHINES_MAX] = {0}, us;
	struct arena a;
	size_t i, k;

	if (p.name == NULL || file == NULL)
		return;
	arena_init(&a, (size_t)4 * BENCH_FILE_MAX);
	if (!bench_expect(&a, &p.want, folder, p.name))
		bench_give_up("not in expected.txt", p.name);
	if (input != NULL && input[0] == '@')
		p.input = bench_read_hex(&a, folder, input + 1);
	else if (input != NULL && input[0] != '-')
		p.input = bench_unhex(&a, bytes_of_str(input), p.name);
	p.code = bench_read_hex(&a, folder, file);
	for (k = 0; k < cnt; k++)
		check(vms[k], &p);
	for (i = 0; i < ROUNDS; i++)
		for (k = 0; k < cnt; k++) {
			us = slice(vms[k], &p);
			if (i == 0 || us < least[k])
				least[k] = us;
		}
	printf("%s", p.name);
	for (k = 0; k < cnt; k++)
		printf("\t%.4f", least[k]);
	printf("\n");
	(void)fflush(stdout);
	arena_drop(&a);
}

static void
run_folder(struct evmc_vm **vms, size_t cnt, const char *folder)
{
	static char line[BENCH_LINE_MAX];
	struct arena a;
	FILE *in;

	arena_init(&a, BENCH_LINE_MAX);
	in = fopen(bench_path(&a, folder, "cases.txt"), "r");
	if (in == NULL)
		bench_give_up("cannot read cases of", folder);
	while (fgets(line, sizeof(line), in) != NULL)
		if (line[0] != '#')
			run_case(vms, cnt, folder, line);
	(void)fclose(in);
	arena_drop(&a);
}

/* find_maker looks for evmc_create_<name>, <name> being the file's, or
 * evmc_create. */
static struct evmc_vm *(*find_maker(void *so, const char *path))(void)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;
	struct evmc_vm *(*make)(void);
	char name[128];
	void *at;

	base += strncmp(base, "lib", 3) == 0 ? 3 : 0;
	(void)snprintf(name, sizeof(name), "evmc_create_%.*s",
	    (int)strcspn(base, ".-"), base);
	at = dlsym(so, name);
	if (at == NULL)
		at = dlsym(so, "evmc_create");
	if (at == NULL)
		bench_give_up("no EVMC machine in", path);
	memcpy(&make, &at, sizeof(make));
	return make;
}

static struct evmc_vm *
open_vm(char *spec)
{
	char *option = strchr(spec, ','), *value = NULL;
	struct evmc_vm *vm;
	void *so;

	if (option != NULL) {
		*option++ = '\0';
		value = strchr(option, '=');
		CHECK(value != NULL);
		*value++ = '\0';
	}
	so = dlopen(spec, RTLD_NOW | RTLD_LOCAL);
	if (so == NULL)
		bench_give_up("cannot load", dlerror());
	vm = find_maker(so, spec)();
	if (vm == NULL || vm->abi != EVMC_ABI)
		bench_give_up("not EVMC 12", spec);
	if (option != NULL &&
	    vm->set_option(vm, option, value) != EVMC_OPTION_SET)
		bench_give_up("option refused", option);
	return vm;
}

int
main(int argc, char **argv)
{
	static const struct addr caller = {{0x10}};
	static const char *const folders[] = {"evm", "token", "synth"};
	struct evmc_vm *vms[MACHINES_MAX];
	size_t cnt = (size_t)argc - 1, i;

	if (cnt == 0 || cnt > MACHINES_MAX)
		bench_give_up("usage", "bench_evmc MACHINE.so[,memo=off]...");
	for (i = 0; i < cnt; i++)
		vms[i] = open_vm(argv[i + 1]);
	world.slots = mem_array(SLOTS, sizeof(*world.slots));
	CHECK(world.slots != NULL);
	world.tokens = bench_token_place(&caller);
	for (i = 0; i < ARRAY_CNT(folders); i++)
		run_folder(vms, cnt, folders[i]);
	for (i = 0; i < cnt; i++)
		vms[i]->destroy(vms[i]);
	mem_free(world.slots);
	return 0;
}
