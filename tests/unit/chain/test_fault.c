/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine has no memory: every single allocation of a step fails once,
 * one after the other. The step then fails and has changed nothing, or says
 * RC_IO, which means that the process must stop; a new start finds a whole
 * chain either way, and without the fault the step succeeds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "chain/chain_priv.h"
#include "fault.h"
#include "yard.h"

enum { ALLOCATIONS_MAX = 5000 };

/* A step that is taken again and again. */
struct sweep {
	void (*open)(struct sweep *s);
	enum rc (*step)(struct sweep *s);
	struct yard y, other;
	struct bytes raw[4];
	char file[160];
	size_t failed, stopped;
};

static void
reopen(struct sweep *s)
{
	yard_stop(&s->y);
	EXPECT_RC(yard_start(&s->y), RC_OK);
}

/* judge looks at what a failed step left; true when the sweep needs a fresh
 * node because the step was done after all. */
static bool
judge(struct sweep *s, enum rc rc, const struct hash *head)
{
	bool is_same;

	s->failed++;
	if (!chain_is_fatal(rc) && rc != RC_TOO_LARGE)
		test_fail(__FILE__, __LINE__, "%s: %s", err_name(rc),
		    err_message(&s->y.e, rc));
	if (rc == RC_IO) {
		s->stopped++;
		reopen(s);
	}
	is_same = hash_eq(&chain_head(s->y.chain)->hash, head);
	EXPECT(is_same || rc == RC_IO);
	EXPECT_RC(chain_check_head(s->y.chain, &s->y.e), RC_OK);
	return !is_same;
}

static void
close_sweep(struct sweep *s)
{
	yard_close(&s->y);
	yard_close(&s->other);
}

static void
run_sweep(struct sweep *s)
{
	struct hash head;
	enum rc rc;
	size_t n;

	if (!fault_can()) {
		test_skip("this build has a heap of its own");
		return;
	}
	s->open(s);
	for (n = 1; n < ALLOCATIONS_MAX; n++) {
		head = chain_head(s->y.chain)->hash;
		s->y.e = (struct err){0};
		fault_set(n);
		rc = s->step(s);
		if (!fault_has_hit()) {
			EXPECT_RC(rc, RC_OK);
			break;
		}
		/* A step may do without what it asked for. */
		if (rc == RC_OK || judge(s, rc, &head)) {
			close_sweep(s);
			s->open(s);
		}
	}
	EXPECT(n > 3 && n < ALLOCATIONS_MAX);
	EXPECT(s->failed > 2);
	close_sweep(s);
}

static void
open_both(struct sweep *s)
{
	yard_open(&s->y, "y", FORK_LONDON);
	yard_open(&s->other, "other", FORK_LONDON);
}

static void
list_transfers(struct yard *y)
{
	size_t i;

	yard_sync_nonces(y);
	for (i = 0; i < 5; i++)
		yard_tx(y, i, yard_target((uint8_t)i), i);
	yard_tx(y, 6, yard_ghost(), 0);
}

/* Import. ---------------------------------------------------------------- */

static void
open_import(struct sweep *s)
{
	open_both(s);
	list_transfers(&s->other);
	s->raw[0] = yard_block(&s->other, 1);
}

static enum rc
step_import(struct sweep *s)
{
	return chain_import(
	    s->y.chain, &s->y.change, s->raw[0], 1000000, &s->y.e);
}

TEST(test_fault_memory_during_import)
{
	static struct sweep s;

	s = (struct sweep){.open = open_import, .step = step_import};
	run_sweep(&s);
}

static void
open_side(struct sweep *s)
{
	open_import(s);
	yard_block(&s->y, 5);
}

TEST(test_fault_memory_during_import_of_a_side_block)
{
	static struct sweep s;

	s = (struct sweep){.open = open_side, .step = step_import};
	run_sweep(&s);
}

static void
open_reorg(struct sweep *s)
{
	size_t i;

	open_both(s);
	yard_tx(&s->y, 7, yard_target(9), 1);
	yard_block(&s->y, 3);
	for (i = 0; i < 3; i++) {
		list_transfers(&s->other);
		s->raw[i] = yard_block(&s->other, i == 2 ? 9 : 1);
	}
	EXPECT_RC(yard_give(&s->y, s->raw[0]), RC_OK);
	EXPECT_RC(yard_give(&s->y, s->raw[1]), RC_OK);
	s->raw[0] = s->raw[2];
}

TEST(test_fault_memory_during_reorg)
{
	static struct sweep s;

	s = (struct sweep){.open = open_reorg, .step = step_import};
	run_sweep(&s);
}

/* Our own blocks. ---------------------------------------------------------- */

static enum rc
step_build(struct sweep *s)
{
	struct header tmpl = yard_template(&s->y, 1), h;

	TRY(chain_build(s->y.chain, &h, &tmpl, s->y.txs, s->y.tx_cnt, NULL,
	    NULL, NULL, &s->y.e));
	return chain_commit(s->y.chain, &s->y.change, &h, &s->y.e);
}

static void
open_build(struct sweep *s)
{
	open_both(s);
	list_transfers(&s->y);
}

TEST(test_fault_memory_during_build_and_commit)
{
	static struct sweep s;

	s = (struct sweep){.open = open_build, .step = step_build};
	run_sweep(&s);
}

/* Start, flush, audit, files. ------------------------------------------------
 */

static void
open_blocks(struct sweep *s)
{
	size_t i;

	open_both(s);
	for (i = 0; i < 3; i++) {
		list_transfers(&s->y);
		yard_block(&s->y, 1);
	}
}

/* Stopping is not part of what is tested. */
static enum rc
step_start(struct sweep *s)
{
	size_t n = fault_left();
	bool has_hit;
	enum rc rc;

	fault_set(0);
	yard_stop(&s->y);
	fault_set(n);
	rc = yard_start(&s->y);
	if (rc == RC_OK)
		return rc;
	has_hit = fault_has_hit();
	EXPECT(has_hit);
	EXPECT_RC(yard_start(&s->y), RC_OK);
	fault_pretend();
	return rc == RC_IO ? RC_NO_MEMORY : rc;
}

TEST(test_fault_memory_during_start_with_replay)
{
	static struct sweep s;

	s = (struct sweep){.open = open_blocks, .step = step_start};
	run_sweep(&s);
}

/* Into an empty folder: genesis is made and written. */
static enum rc
step_begin(struct sweep *s)
{
	size_t n = fault_left();

	fault_set(0);
	yard_stop(&s->y);
	yard_move(&s->y, "begin");
	fault_set(n);
	return step_start(s);
}

TEST(test_fault_memory_during_first_start)
{
	static struct sweep s;

	s = (struct sweep){.open = open_both, .step = step_begin};
	run_sweep(&s);
}

static enum rc
step_flush(struct sweep *s)
{
	return chain_flush(s->y.chain, true, &s->y.e);
}

TEST(test_fault_memory_during_flush)
{
	static struct sweep s;

	s = (struct sweep){.open = open_blocks, .step = step_flush};
	if (!fault_can()) {
		test_skip("this build has a heap of its own");
		return;
	}
	/* A flush that cannot be done now is put off, which is no error. */
	s.open(&s);
	for (s.failed = 1; s.failed < ALLOCATIONS_MAX; s.failed++) {
		fault_set(s.failed);
		if (s.step(&s) != RC_OK)
			reopen(&s);
		if (!fault_has_hit())
			break;
		EXPECT_RC(chain_check_head(s.y.chain, &s.y.e), RC_OK);
	}
	EXPECT(s.failed > 3 && s.failed < ALLOCATIONS_MAX);
	close_sweep(&s);
}

static void
hear(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static enum rc
step_audit(struct sweep *s)
{
	enum rc rc =
	    chain_audit(s->y.store, &s->y.g, s->y.engine, hear, NULL, &s->y.e);

	/* A check that had no memory is a finding. */
	return rc == RC_CORRUPT ? RC_NO_MEMORY : rc;
}

TEST(test_fault_memory_during_audit)
{
	static struct sweep s;

	s = (struct sweep){.open = open_blocks, .step = step_audit};
	run_sweep(&s);
}

static enum rc
step_check(struct sweep *s)
{
	return chain_check_head(s->y.chain, &s->y.e);
}

TEST(test_fault_memory_during_check)
{
	static struct sweep s;

	s = (struct sweep){.open = open_blocks, .step = step_check};
	run_sweep(&s);
}

static void
open_file(struct sweep *s)
{
	size_t i;
	int fd;

	open_both(s);
	for (i = 0; i < 2; i++) {
		list_transfers(&s->other);
		yard_block(&s->other, 1);
	}
	snprintf(s->file, sizeof(s->file), "%s/file", s->other.dir);
	fd = open(s->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	EXPECT_RC(chain_export(s->other.store, fd, 0, 2, NULL), RC_OK);
	close(fd);
}

static enum rc
step_load(struct sweep *s)
{
	struct chain_load l;
	int fd = open(s->file, O_RDONLY | O_CLOEXEC);
	enum rc rc = chain_load_fd(s->y.chain, &l, fd, 1000000, &s->y.e);

	close(fd);
	return rc;
}

TEST(test_fault_memory_during_load)
{
	static struct sweep s;
	enum rc rc = RC_OK;
	size_t n;

	s = (struct sweep){.open = open_file, .step = step_load};
	if (!fault_can()) {
		test_skip("this build has a heap of its own");
		return;
	}
	s.open(&s);
	/* Blocks before the fault stay. */
	for (n = 1; n < ALLOCATIONS_MAX; n++) {
		fault_set(n);
		rc = s.step(&s);
		if (!fault_has_hit())
			break;
		if (rc == RC_IO)
			reopen(&s);
		EXPECT_RC(chain_check_head(s.y.chain, &s.y.e), RC_OK);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT_U64(yard_head(&s.y), 2);
	close_sweep(&s);
}
