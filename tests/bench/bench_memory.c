/* SPDX-License-Identifier: Apache-2.0
 *
 * How much memory a process takes that imports blocks of 30 million gas on a
 * state of a million accounts, which hold a token of a million balances: eight
 * blocks of each shape, each shape in a process of its own that opens the
 * chain and imports, so that nothing but that counts. Two processes write the
 * same genesis to two folders before; a third builds the blocks on one of
 * them. One TSV line per shape: name, gas of a block, most resident KiB, most
 * anonymous KiB. The difference is the pages of the database's file that are
 * mapped, which the store bounds (store_conf.resident_bytes), and programs.
 *
 * usage: bench_memory [ACCOUNTS]     lib=chain
 */
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "benchchain.h"
#include "benchfile.h"
#include "crypto/ec.h"
#include "tree.h"

enum { GAS_LIMIT = 30000000, BLOCKS = 8, TRANSFERS = 900 };
enum { GAS_TRANSFER = 33333, SLOTS_READ = 120000 };
/* How long between two looks at a process. */
enum { LOOK_US = 500 };

/* A loop around what takes gas: a counter that goes on from block to block in
 * slot 0 is on the stack; it ends when less gas is left than `least`. */
#define LOOP(body, least)                                                      \
	"600054"                                                               \
	"5b" body "600101"                                                     \
	"62" least "5a11600357"                                                \
	"60005500"

static const struct shape {
	const char *name, *code; /* code NULL: token transfers */
} shapes[] = {
    {"token transfers", NULL},
    {"slots written", LOOP("808055", "00ea60")},
    {"slots read", LOOP("805450", "00ea60")},
    {"transient slots", LOOP("80805d", "00ea60")},
    /* 32 KiB of data each */
    {"logs", LOOP("6180006000a0", "0493e0")},
    /* with the longest init code, all zero */
    {"creations", LOOP("61c00060006000f050", "0186a0")},
    /* A frame takes 256 KiB and calls itself with all gas. */
    {"frames with memory", "60016204000052"
			   "6000600060006000600030"
			   "5af100"},
};
enum { SHAPES = ARRAY_CNT(shapes) };

struct bench {
	size_t account_cnt;
	struct bench_chain c;
	char top[64];
	struct hash root; /* of genesis */
};

/* ---- who is who ---- */

static struct addr
program_addr(size_t shape)
{
	return (struct addr){.b = {[5] = (uint8_t)(shape + 1)}};
}

/* Key 1 and up: one for each shape, then the senders of transfers. */
static void
key_of(uint8_t key[32], size_t no)
{
	memset(key, 0, 32);
	be64_put(key + 24, no + 1);
}

static struct addr
addr_of_key(size_t no)
{
	uint8_t key[32], pub[64];
	struct addr a;

	key_of(key, no);
	must(ec_public(pub, key, NULL), NULL);
	ec_addr(a.b, pub);
	return a;
}

/* ---- genesis ---- */

static struct genesis_slot *
slots_new(struct bench *b, size_t cnt)
{
	struct genesis_slot *s = arena_array(&b->c.arena, cnt, sizeof(*s));

	CHECK(s != NULL);
	return s;
}

static struct genesis_account
token_account(struct bench *b, const struct addr *holders)
{
	struct genesis_slot *slots = slots_new(b, b->account_cnt);
	size_t i;

	for (i = 0; i < b->account_cnt; i++)
		slots[i] = (struct genesis_slot){bench_token_place(&holders[i]),
		    u256_from_u64(1000000000000ULL)};
	return (struct genesis_account){.addr = program_addr(0),
	    .code = bench_read_hex(&b->c.arena, "token", "token.runtime.hex"),
	    .slots = slots,
	    .slot_cnt = b->account_cnt};
}

/* program_account has slots 1 to SLOTS_READ, which the shape that reads
 * finds. */
static struct genesis_account
program_account(struct bench *b, size_t shape)
{
	const struct shape *z = &shapes[shape];
	struct genesis_slot *slots = slots_new(b, SLOTS_READ);
	struct genesis_account acc = {.addr = program_addr(shape),
	    .nonce = 1,
	    .code = bench_unhex(&b->c.arena, bytes_of_str(z->code), z->name)};
	size_t i;

	if (strcmp(z->name, "slots read") != 0)
		return acc;
	for (i = 0; i < SLOTS_READ; i++) {
		be64_put(slots[i].key.b + 24, i + 1);
		slots[i].value = u256_from_u64(i + 1);
	}
	acc.slots = slots;
	acc.slot_cnt = SLOTS_READ;
	return acc;
}

static struct addr *
make_holders(struct bench *b)
{
	struct addr *list =
	    arena_array(&b->c.arena, b->account_cnt, sizeof(*list));
	struct rng_test rng = {.state = 11};
	size_t i, keys = SHAPES + BLOCKS * TRANSFERS;

	CHECK(list != NULL && keys < b->account_cnt);
	for (i = 0; i < keys; i++)
		list[i] = addr_of_key(i);
	for (; i < b->account_cnt; i++)
		rng_test_fill(&rng, list[i].b, sizeof(struct addr));
	qsort(list, b->account_cnt, sizeof(struct addr), by_addr);
	return list;
}

static void
make_genesis(struct bench *b)
{
	size_t cnt = b->account_cnt + SHAPES, i;
	struct genesis_account *acc =
	    arena_array(&b->c.arena, cnt, sizeof(*acc));
	const struct addr *holders = make_holders(b);

	CHECK(acc != NULL);
	acc[0] = token_account(b, holders);
	for (i = 1; i < SHAPES; i++)
		acc[i] = program_account(b, i);
	for (i = 0; i < b->account_cnt; i++)
		acc[SHAPES + i] = (struct genesis_account){.addr = holders[i],
		    .balance = u256_from_u64(1000000000000000000ULL)};
	b->c.g.accounts = acc;
	b->c.g.account_cnt = cnt;
}

/* ---- processes ---- */

/* Room for what one of them writes to us. */
static int report_fd;

static const char *
file_of(struct bench *b, const char *name, size_t shape)
{
	char *path = arena_str(&b->c.arena, "%s/%s%zu", b->top, name, shape);

	CHECK(path != NULL);
	return path;
}

static void
open_folder(struct bench *b, size_t no)
{
	b->c.dir = file_of(b, "chain", no);
	bench_open(&b->c);
}

/* write_genesis leaves the root in the pipe. */
static void
write_genesis(struct bench *b, size_t no)
{
	const struct header *h;

	b->c.dir = file_of(b, "chain", no);
	CHECK(mkdir(b->c.dir, 0700) == 0);
	make_genesis(b);
	bench_open(&b->c);
	must(chain_flush(b->c.chain, true, NULL), NULL);
	h = chain_head(b->c.chain)->header;
	CHECK(write(report_fd, h->state_root.b, 32) == 32);
	bench_close(&b->c);
}

static void
sign(struct bench *b, struct chain_candidate *out, size_t key_no,
    const struct tx *like)
{
	struct tx *tx = arena_alloc(&b->c.arena, sizeof(*tx));
	uint8_t key[32];

	CHECK(tx != NULL);
	*tx = *like;
	tx->has_chain_id = true;
	tx->chain_id = BENCH_CHAIN_ID;
	key_of(key, key_no);
	must(tx_sign(&b->c.arena, tx, key, NULL), NULL);
	*out = (struct chain_candidate){tx, addr_of_key(key_no)};
}

static size_t
fill_transfers(struct bench *b, struct chain_candidate *out, size_t block)
{
	struct rng_test rng = {.state = block};
	struct tx tx = {.gas = 2 * GAS_TRANSFER, .to = program_addr(0)};
	size_t i;

	for (i = 0; i < TRANSFERS; i++) {
		uint8_t *data = arena_alloc(&b->c.arena, BENCH_TRANSFER_LEN);
		struct addr to;

		CHECK(data != NULL);
		rng_test_fill(&rng, to.b, sizeof(to.b));
		bench_token_transfer(data, &to, 1 + i);
		tx.data = bytes_of(data, BENCH_TRANSFER_LEN);
		sign(b, &out[i], SHAPES + block * TRANSFERS + i, &tx);
	}
	return TRANSFERS;
}

static size_t
fill(struct bench *b, struct chain_candidate *out, size_t shape, size_t block)
{
	struct tx tx = {
	    .gas = GAS_LIMIT, .nonce = block, .to = program_addr(shape)};

	if (shape == 0)
		return fill_transfers(b, out, block);
	sign(b, out, shape, &tx);
	return 1;
}

static void
build_one(struct bench *b, FILE *out, size_t shape, size_t block)
{
	static struct chain_candidate cand[TRANSFERS];
	size_t cnt = fill(b, cand, shape, block);
	struct header h, tmpl = bench_template(&b->c);
	struct chain_change change;
	struct bytes raw;
	struct err e = {0};

	must(
	    chain_build(b->c.chain, &h, &tmpl, cand, cnt, NULL, NULL, NULL, &e),
	    &e);
	must(chain_commit(b->c.chain, &change, &h, &e), &e);
	CHECK(h.gas_used > GAS_LIMIT / 10 * 4);
	raw = change.added[0]->raw;
	CHECK(fwrite(&raw.len, sizeof(raw.len), 1, out) == 1 &&
	      fwrite(raw.ptr, raw.len, 1, out) == 1);
	must(chain_flush(b->c.chain, false, &e), &e);
}

/* build writes the blocks of all shapes, one shape on top of the other. */
static void
build(struct bench *b, size_t no)
{
	size_t shape, block;

	open_folder(b, no);
	for (shape = 0; shape < SHAPES; shape++) {
		FILE *out = fopen(file_of(b, "blocks", shape), "wb");

		CHECK(out != NULL);
		for (block = 0; block < BLOCKS; block++)
			build_one(b, out, shape, block);
		CHECK(fclose(out) == 0);
	}
	bench_close(&b->c);
}

static uint64_t
import_one(struct bench *b, FILE *in)
{
	struct chain_change change;
	struct err e = {0};
	struct arena a;
	uint8_t *raw;
	size_t len;

	CHECK(fread(&len, sizeof(len), 1, in) == 1);
	arena_init(&a, len + 4096);
	raw = arena_alloc(&a, len);
	CHECK(raw != NULL && fread(raw, len, 1, in) == 1);
	must(chain_import(
		 b->c.chain, &change, bytes_of(raw, len), UINT32_MAX, &e),
	    &e);
	CHECK(change.added_cnt == 1);
	arena_drop(&a);
	must(chain_flush(b->c.chain, false, &e), &e);
	return chain_head(b->c.chain)->header->gas_used;
}

static void
import(struct bench *b, size_t shape)
{
	FILE *in = fopen(file_of(b, "blocks", shape), "rb");
	uint64_t gas = 0;
	size_t i;

	CHECK(in != NULL);
	open_folder(b, 1);
	for (i = 0; i < BLOCKS; i++)
		gas = import_one(b, in);
	CHECK(write(report_fd, &gas, sizeof(gas)) == sizeof(gas));
	bench_close(&b->c);
	(void)fclose(in);
}

static long
anonymous_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *in;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	in = fopen(path, "r");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, "RssAnon:", 8) == 0)
			kib = strtol(line + 8, NULL, 10);
	if (in != NULL)
		(void)fclose(in);
	return kib;
}

/* in_process runs fn elsewhere; what it took at most comes back, and len
 * bytes that it wrote. */
static void
in_process(struct bench *b, void (*fn)(struct bench *b, size_t no), size_t no,
    void *out, size_t len, long *resident_kib, long *anon_kib)
{
	struct rusage used = {0};
	int fd[2], status = 1;
	long kib;
	pid_t pid;

	CHECK(pipe(fd) == 0);
	(void)fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		report_fd = fd[1];
		fn(b, no);
		_exit(0);
	}
	*anon_kib = 0;
	while (wait4(pid, &status, WNOHANG, &used) == 0) {
		kib = anonymous_kib(pid);
		if (kib > *anon_kib)
			*anon_kib = kib;
		(void)usleep(LOOK_US);
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(read(fd[0], out, len) == (ssize_t)len);
	*resident_kib = used.ru_maxrss;
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void
prepare(struct bench *b)
{
	long resident, anon;
	struct hash root;

	in_process(
	    b, write_genesis, 0, b->root.b, sizeof(b->root), &resident, &anon);
	in_process(b, write_genesis, 1, root.b, sizeof(root), &resident, &anon);
	CHECK(hash_eq(&b->root, &root));
	b->c.g.header.state_root = root;
	in_process(b, build, 0, NULL, 0, &resident, &anon);
}

int
main(int argc, char **argv)
{
	static struct bench b;
	long resident, anon;
	uint64_t gas;
	size_t i;

	log_open("bench_memory", LOG_LV_WARN);
	b.account_cnt =
	    argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 1000000;
	arena_init(&b.c.arena, (size_t)4 << 30);
	bench_rules(&b.c.g, GAS_LIMIT);
	(void)snprintf(b.top, sizeof(b.top), "/tmp/sekisho-bench.XXXXXX");
	CHECK(mkdtemp(b.top) != NULL);
	prepare(&b);
	printf("shape\tgas\tresident KiB\tanonymous KiB\n");
	for (i = 0; i < SHAPES; i++) {
		in_process(&b, import, i, &gas, sizeof(gas), &resident, &anon);
		printf("%s\t%llu\t%ld\t%ld\n", shapes[i].name,
		    (unsigned long long)gas, resident, anon);
	}
	arena_drop(&b.c.arena);
	return tree_remove(b.top);
}
