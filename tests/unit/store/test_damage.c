/* SPDX-License-Identifier: Apache-2.0
 *
 * Bent bytes in LMDB's file. LMDB has no checksums and may crash on a broken
 * page; what the store must never do is give a wrong answer. Each case runs
 * in a child that reads everything: an answer is right, or RC_CORRUPT, or
 * the child is dead.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "files.h"
#include "plan.h"
#include "store/dbs_priv.h"
#include "test.h"

enum {
	BLOCKS = 60,
	UNDO_TO = 41, /* inside a batch */
	CASES = 200,  /* SEKISHO_TORTURE: ten times as many */
	END_RIGHT = 0,
	END_NOTICED = 40,
	END_WRONG = 41
};

static struct plan p;

/* worse keeps the worst of two verdicts. */
static int
worse(int a, int b)
{
	return a > b ? a : b;
}

static int
verdict(enum rc rc, bool is_right)
{
	if (rc == RC_OK)
		return is_right ? END_RIGHT : END_WRONG;
	return rc == RC_CORRUPT ? END_NOTICED : END_WRONG;
}

static int
read_state(
    const struct store_view *v, const struct model_block *head, uint64_t n)
{
	const struct model_state *w = &model_ancestor(head, n)->after;
	const struct model *m = &p.m;
	int worst = END_RIGHT;

	for (size_t i = 0; i < MODEL_ACCOUNTS; i++) {
		const struct model_account *a = &w->accounts[i];
		struct account acc;
		struct u256 slot;
		bool found = false;
		enum rc rc;

		rc = store_account(v, n, &acc, &found, &m->addrs[i], NULL);
		worst = worse(worst,
		    verdict(rc, found == a->is_there &&
				    (!found || account_eq(&acc, &a->acc))));
		for (size_t j = 0; j < MODEL_SLOTS; j++) {
			rc = store_slot(
			    v, n, &slot, &m->addrs[i], &m->keys[j], NULL);
			worst = worse(
			    worst, verdict(rc, u256_eq(&slot, &a->slots[j])));
		}
	}
	for (size_t t = 0; t < MODEL_TRIES; t++)
		for (size_t k = 0; k < MODEL_PATHS; k++) {
			struct bytes node;
			enum rc rc = store_node(v, n, &node,
			    t + 1 < MODEL_TRIES ? &m->addr_hashes[t] : NULL,
			    &m->paths[k], NULL);

			worst = worse(
			    worst, verdict(rc, bytes_eq(node, w->nodes[t][k])));
		}
	return worst;
}

static int
read_blocks(const struct store_view *v, const struct model_block *b)
{
	int worst = END_RIGHT;

	for (; b != NULL; b = b->parent) {
		struct bytes raw, receipts;
		struct hash hash;
		uint64_t n, i;
		enum rc rc;

		rc = store_hash_of(v, &hash, b->number, NULL);
		worst = worse(worst, verdict(rc, hash_eq(&hash, &b->hash)));
		rc = store_raw(v, &raw, &b->hash, NULL);
		worst = worse(worst, verdict(rc, bytes_eq(raw, b->raw)));
		rc = store_receipts(v, &receipts, &b->hash, NULL);
		worst =
		    worse(worst, verdict(rc, bytes_eq(receipts, b->receipts)));
		for (size_t t = 0; t < b->tx_cnt; t++) {
			rc = store_tx_at(v, &n, &i, &b->txs[t].hash, NULL);
			worst =
			    worse(worst, verdict(rc, n == b->number && i == t));
		}
	}
	return worst;
}

/* read_view reads all that a view shows. */
static int
read_view(struct store *s, const struct model_block *head)
{
	struct store_head got;
	struct store_view *v;
	enum rc rc;
	int worst;

	rc = store_view_open(&v, s, NULL);
	if (rc != RC_OK)
		return verdict(rc, true);
	store_view_head(v, &got);
	if (got.header == NULL || !hash_eq(&got.hash, &head->hash))
		return END_WRONG;
	worst = read_blocks(v, head);
	for (uint64_t n = 0; n <= head->number; n += 7)
		worst = worse(worst, read_state(v, head, n));
	worst = worse(worst, read_state(v, head, head->number));
	store_view_close(v);
	return worst;
}

/* add_branch undoes blocks of the tables and adds others, then one more. */
static int
add_branch(struct store *s, const struct model_block *branch)
{
	enum rc rc = model_append(s, branch->parent, UNDO_TO, NULL);

	if (rc == RC_OK)
		rc = store_flush(s, NULL);
	if (rc == RC_OK)
		rc = model_append(s, branch, branch->number - 1, NULL);
	if (rc == RC_OK)
		rc = store_flush(s, NULL);
	return verdict(rc, true);
}

/* read_all is the child; with a branch it writes too. */
static int
read_all(const char *dir, const struct model_block *head,
    const struct model_block *branch)
{
	struct store_conf c = plan_conf(dir);
	struct store *s;
	enum rc rc;
	int worst;

	c.history = 0;
	rc = store_open(&s, &c, NULL);
	if (rc != RC_OK)
		return rc == RC_CORRUPT || rc == RC_WRONG_SCHEMA ? END_NOTICED
								 : END_WRONG;
	worst = read_view(s, head);
	if (branch == NULL || worst == END_WRONG)
		return worst;
	worst = add_branch(s, branch);
	if (worst != END_RIGHT) /* and nothing after it */
		return s->has_failed ? worst : END_WRONG;
	return read_view(s, branch);
}

static int
child_reads(const char *dir, const struct model_block *head,
    const struct model_block *branch)
{
	pid_t pid;
	int status;

	(void)fflush(NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		files_hush(true);
		(void)alarm(20); /* a loop of pages is no answer either */
		_exit(read_all(dir, head, branch));
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

static struct model_block *
fill(const char *dir)
{
	struct store_conf c = plan_conf(dir);
	struct model_block *b = NULL;
	struct store *s;

	c.history = 0;
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	for (int i = 0; i < BLOCKS; i++) {
		uint64_t parent = b == NULL ? 0 : b->number;

		b = model_grow(&p.m, b);
		EXPECT_RC(model_append(s, b, parent, NULL), RC_OK);
		if (i % 5 == 4)
			EXPECT_RC(store_flush(s, NULL), RC_OK);
	}
	store_close(s);
	return b;
}

struct tally {
	unsigned right, noticed, dead, wrong;
};

static void
count(struct tally *t, int status)
{
	if (WIFSIGNALED(status))
		t->dead++;
	else if (WEXITSTATUS(status) == END_RIGHT)
		t->right++;
	else if (WEXITSTATUS(status) == END_WRONG)
		t->wrong++;
	else
		t->noticed++; /* or a sanitizer's own exit */
	test_count(1);
}

static uint64_t rng = 5;

static uint64_t
next(uint64_t n)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (rng >> 33) % n;
}

TEST(test_damage_flipped_bits_in_tables_give_no_wrong_answer)
{
	struct path dir = files_path("%s/store", test_tmpdir());
	struct path data = files_path("%s/store/db/data.mdb", test_tmpdir());
	struct model_block *head;
	int cases = getenv("SEKISHO_TORTURE") != NULL ? 10 * CASES : CASES;
	struct tally t = {0};
	uint64_t size;

	model_init(&p.m, 91);
	CHECK(mkdir(dir.s, 0700) == 0);
	head = fill(dir.s);
	size = files_size(data.s);
	EXPECT(WEXITSTATUS(child_reads(dir.s, head, NULL)) == END_RIGHT);
	for (int i = 0; i < cases; i++) {
		uint64_t at = next(size);
		uint8_t bits = (uint8_t)(1u << next(8));
		int status;

		files_flip(data.s, at, bits);
		status = child_reads(dir.s, head, NULL);
		if (WIFEXITED(status) && WEXITSTATUS(status) == END_WRONG)
			test_fail(__FILE__, __LINE__,
			    "wrong answer with byte %llu flipped by %02x",
			    (unsigned long long)at, bits);
		count(&t, status);
		files_flip(data.s, at, bits);
	}
	EXPECT_U64(t.wrong, 0);
	EXPECT(t.noticed > 20);
	EXPECT(WEXITSTATUS(child_reads(dir.s, head, NULL)) == END_RIGHT);
	model_free(&p.m);
}

TEST(test_damage_zeroed_pages_give_no_wrong_answer)
{
	struct path dir = files_path("%s/store", test_tmpdir());
	struct path data = files_path("%s/store/db/data.mdb", test_tmpdir());
	struct model_block *head;
	struct tally t = {0};
	struct bytes whole;
	uint8_t *bent;

	model_init(&p.m, 92);
	CHECK(mkdir(dir.s, 0700) == 0);
	head = fill(dir.s);
	whole = test_read(data.s);
	bent = arena_alloc(&p.m.a, whole.len);
	for (size_t page = 0; page < whole.len / 4096; page += 2) {
		memcpy(bent, whole.ptr, whole.len);
		memset(bent + page * 4096, 0, 4096);
		files_write(data.s, bytes_of(bent, whole.len));
		count(&t, child_reads(dir.s, head, NULL));
	}
	EXPECT_U64(t.wrong, 0);
	EXPECT(t.noticed > 5);
	model_free(&p.m);
}

/* grow_branch makes the blocks that undo those above UNDO_TO, and one more. */
static const struct model_block *
grow_branch(const struct model_block *head)
{
	struct model_block *b = p.m.blocks[UNDO_TO];

	while (b->number <= head->number + 1)
		b = model_grow(&p.m, b);
	return b;
}

TEST(test_damage_found_while_writing_stops_the_store)
{
	struct path dir = files_path("%s/store", test_tmpdir());
	struct path data = files_path("%s/store/db/data.mdb", test_tmpdir());
	struct path good = files_path("%s/good", test_tmpdir());
	const struct model_block *head, *branch;
	struct tally t = {0};
	uint64_t size;

	model_init(&p.m, 93);
	CHECK(mkdir(dir.s, 0700) == 0);
	head = fill(dir.s);
	branch = grow_branch(head);
	size = files_size(data.s);
	files_copy_tree(dir.s, good.s);
	for (int i = 0; i < CASES; i++) {
		if (i > 0)
			files_flip(
			    data.s, next(size), (uint8_t)(1u << next(8)));
		count(&t, child_reads(dir.s, head, branch));
		if (i == 0)
			EXPECT_U64(t.right, 1);
		files_remove_tree(dir.s);
		files_copy_tree(good.s, dir.s);
	}
	EXPECT_U64(t.wrong, 0);
	EXPECT(t.noticed > 20);
	model_free(&p.m);
}

/* put_short gives a record of some table a value too short, with a right
 * checksum: what a broken program would write. */
static void
put_short(struct store *s, enum table tb, struct bytes key)
{
	struct table_txn t;

	EXPECT_RC(table_write_begin(&t, &s->te, NULL), RC_OK);
	EXPECT_RC(table_put(&t, tb, key, bytes_of("\x00", 1), NULL), RC_OK);
	EXPECT_RC(table_commit(&t, NULL), RC_OK);
}

static enum rc
read_one(const struct store_view *v, enum table tb, const struct model_block *b,
    const struct addr *addr)
{
	struct account acc;
	struct u256 slot;
	struct bytes out;
	struct hash hash;
	uint64_t n, i;
	bool found;

	switch ((int)tb) {
	case TABLE_BLOCKS:
		return store_raw(v, &out, &b->hash, NULL);
	case TABLE_NUMBERS:
		return store_number_of(v, &n, &b->hash, NULL);
	case TABLE_CANON:
		return store_hash_of(v, &hash, b->number, NULL);
	case TABLE_TXS:
		return store_tx_at(v, &n, &i, &b->txs[0].hash, NULL);
	case TABLE_ACCOUNTS:
		return store_account(v, b->number, &acc, &found, addr, NULL);
	default:
		return store_slot(
		    v, b->number, &slot, addr, &p.m.keys[0], NULL);
	}
}

TEST(test_damage_value_of_wrong_shape_is_corrupt)
{
	static const enum table tables[] = {TABLE_BLOCKS, TABLE_NUMBERS,
	    TABLE_CANON, TABLE_TXS, TABLE_ACCOUNTS, TABLE_SLOTS};
	struct path dir = files_path("%s/store", test_tmpdir());
	struct store_conf c = plan_conf(dir.s);
	struct model_block *b;
	struct store_view *v;
	struct store *s;

	model_init(&p.m, 94);
	CHECK(mkdir(dir.s, 0700) == 0);
	b = fill(dir.s);
	while (b->tx_cnt == 0)
		b = b->parent;
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct addr *addr = &p.m.addrs[0];
		struct key n = key_number(b->number);
		struct key keys[] = {key_block(b->number, &b->hash), n, n, n, n,
		    key_slot(addr, &p.m.keys[0])};
		struct bytes key = key_bytes(&keys[i]);

		if (tables[i] == TABLE_NUMBERS)
			key = hash_bytes(&b->hash);
		else if (tables[i] == TABLE_TXS)
			key = hash_bytes(&b->txs[0].hash);
		else if (tables[i] == TABLE_ACCOUNTS)
			key = addr_bytes(addr);
		put_short(s, tables[i], key);
		EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
		EXPECT_RC(read_one(v, tables[i], b, addr), RC_CORRUPT);
		store_view_close(v);
	}
	put_short(s, TABLE_META, bytes_of_str("base"));
	EXPECT_RC(store_view_open(&v, s, NULL), RC_CORRUPT);
	store_close(s);
	EXPECT_RC(store_open(&s, &c, NULL), RC_CORRUPT);
	model_free(&p.m);
}
