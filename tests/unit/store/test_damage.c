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
	CASES = 200, /* SEKISHO_TORTURE: ten times as many */
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

/* read_all is the child. */
static int
read_all(const char *dir, const struct model_block *head)
{
	struct store_conf c = plan_conf(dir);
	struct store_head got;
	struct store_view *v;
	struct store *s;
	enum rc rc;
	int worst;

	c.history = 0;
	rc = store_open(&s, &c, NULL);
	if (rc != RC_OK)
		return rc == RC_CORRUPT || rc == RC_WRONG_SCHEMA ? END_NOTICED
								 : END_WRONG;
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
	return worst;
}

static int
child_reads(const char *dir, const struct model_block *head)
{
	pid_t pid;
	int status;

	(void)fflush(NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		files_hush(true);
		(void)alarm(20); /* a loop of pages is no answer either */
		_exit(read_all(dir, head));
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
	EXPECT(WEXITSTATUS(child_reads(dir.s, head)) == END_RIGHT);
	for (int i = 0; i < cases; i++) {
		uint64_t at = next(size);
		uint8_t bits = (uint8_t)(1u << next(8));
		int status;

		files_flip(data.s, at, bits);
		status = child_reads(dir.s, head);
		if (WIFEXITED(status) && WEXITSTATUS(status) == END_WRONG)
			test_fail(__FILE__, __LINE__,
			    "wrong answer with byte %llu flipped by %02x",
			    (unsigned long long)at, bits);
		count(&t, status);
		files_flip(data.s, at, bits);
	}
	EXPECT_U64(t.wrong, 0);
	EXPECT(t.noticed > 20);
	EXPECT(WEXITSTATUS(child_reads(dir.s, head)) == END_RIGHT);
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
		count(&t, child_reads(dir.s, head));
	}
	EXPECT_U64(t.wrong, 0);
	EXPECT(t.noticed > 5);
	model_free(&p.m);
}
