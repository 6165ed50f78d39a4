/* SPDX-License-Identifier: Apache-2.0
 *
 * The store as its users see it: opening, appending, flushing, reopening,
 * and every refusal that the header names.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "files.h"
#include "model.h"
#include "test.h"

static struct model m;

static struct store_conf
conf_here(void)
{
	struct store_conf c = store_conf_default(test_tmpdir());

	c.map_bytes = (size_t)16 << 20;
	return c;
}

static struct store *
open_here(const struct store_conf *c)
{
	struct store *s = NULL;
	struct err e = {0};
	enum rc rc = store_open(&s, c, &e);

	EXPECT_RC(rc, RC_OK);
	if (rc != RC_OK) {
		printf("  %s\n", e.text);
		abort();
	}
	return s;
}

TEST(test_store_new_is_empty)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);

	model_init(&m, 1);
	EXPECT(store_is_empty(s));
	EXPECT(!store_flush_due(s));
	model_check(&m, s, NULL, 0);
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	store_close(s);
	s = open_here(&c);
	EXPECT(store_is_empty(s));
	EXPECT_U64(model_recover(&m, s), 0);
	store_close(s);
	model_free(&m);
}

TEST(test_store_append_is_seen_at_once_and_after_flush)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);
	struct model_block *b = NULL;
	struct err e = {0};

	model_init(&m, 2);
	for (uint64_t n = 0; n < 12; n++) {
		b = model_grow(&m, b);
		EXPECT_RC(model_append(s, b, n == 0 ? 0 : n - 1, &e), RC_OK);
		model_check(&m, s, b, 0);
		if (n % 4 == 3) {
			EXPECT_RC(store_flush(s, &e), RC_OK);
			model_check(&m, s, b, 0);
		}
	}
	store_close(s);
	s = open_here(&c);
	EXPECT_U64(model_recover(&m, s), 0);
	model_check(&m, s, b, 0);
	store_close(s);
	model_free(&m);
}

TEST(test_store_unflushed_groups_come_back_from_the_log)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);
	struct model_block *b = NULL;

	model_init(&m, 3);
	for (uint64_t n = 0; n < 7; n++) {
		b = model_grow(&m, b);
		EXPECT_RC(model_append(s, b, n == 0 ? 0 : n - 1, NULL), RC_OK);
		if (n == 2)
			EXPECT_RC(store_flush(s, NULL), RC_OK);
	}
	store_close(s);
	s = open_here(&c);
	EXPECT(!store_is_empty(s));
	EXPECT_U64(model_recover(&m, s), 4);
	model_check(&m, s, b, 0);
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	model_check(&m, s, b, 0);
	store_close(s);
	model_free(&m);
}

/* grow_and_append adds cnt blocks on b and returns the last. */
static struct model_block *
grow_and_append(struct store *s, struct model_block *b, int cnt)
{
	for (int i = 0; i < cnt; i++) {
		uint64_t parent = b == NULL ? 0 : b->number;

		b = model_grow(&m, b);
		EXPECT_RC(model_append(s, b, parent, NULL), RC_OK);
	}
	return b;
}

TEST(test_store_second_opener_is_refused)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c), *other;
	struct err e = {0};

	EXPECT_RC(store_open(&other, &c, &e), RC_UNAVAILABLE);
	EXPECT(strstr(e.text, "another process") != NULL);
	EXPECT(strstr(e.text, c.dir) != NULL);
	store_close(s);
	s = open_here(&c);
	store_close(s);
}

TEST(test_store_missing_folder_is_an_io_error)
{
	struct path dir = files_path("%s/none", test_tmpdir());
	struct store_conf c = store_conf_default(dir.s);
	struct store *s;
	struct err e = {0};

	EXPECT_RC(store_open(&s, &c, &e), RC_IO);
	EXPECT(strstr(e.text, dir.s) != NULL);
}

TEST(test_store_huge_map_is_cut_to_what_the_machine_grants)
{
	struct store_conf c = conf_here();
	struct store *s;

	c.map_bytes = SIZE_MAX / 2;
	s = open_here(&c);
	store_close(s);
}

TEST(test_store_group_of_many_blocks_is_one_step)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);
	struct model_block *b = NULL;

	model_init(&m, 5);
	for (int i = 0; i < 10; i++)
		b = model_grow(&m, b);
	EXPECT_RC(model_append(s, m.blocks[0], 0, NULL), RC_OK);
	EXPECT_RC(model_append(s, b, 0, NULL), RC_OK);
	model_check(&m, s, b, 0);
	store_close(s);
	s = open_here(&c);
	EXPECT_U64(model_recover(&m, s), 2);
	model_check(&m, s, b, 0);
	store_close(s);
	model_free(&m);
}

/* refused appends one block in a wrong place; nothing may change. */
static void
refused(struct store *s, const struct model_block *bad, uint64_t rewind_to,
    enum rc want, const struct model_block *head)
{
	struct store_block *one = model_block(bad);

	EXPECT_RC(store_append(s, &one, 1, rewind_to, NULL), want);
	store_block_free(one);
	model_check(&m, s, head, 0);
}

TEST(test_store_append_that_does_not_link_is_refused)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);
	struct model_block *b, *x, *y;
	struct store_block *none[1];

	model_init(&m, 6);
	b = grow_and_append(s, NULL, 6);
	EXPECT_RC(store_append(s, none, 0, 5, NULL), RC_BAD_INPUT);
	x = model_grow(&m, b);
	y = model_grow(&m, m.blocks[2]); /* a block 3, and one on it */
	y = model_grow(&m, y);
	refused(s, x, 4, RC_BAD_INPUT, b); /* block 6 does not follow 4 */
	refused(s, y, 3, RC_BAD_INPUT, b); /* its parent is not our 3 */
	refused(s, x, 6, RC_BAD_INPUT, b); /* there is no 6 */
	x->header.number = 9;
	refused(s, x, 8, RC_BAD_INPUT, b); /* nor an 8 */
	m.block_cnt -= 3;
	store_close(s);
	s = open_here(&c);
	EXPECT_U64(model_recover(&m, s), 6);
	model_check(&m, s, b, 0);
	store_close(s);
	model_free(&m);
}

TEST(test_store_group_with_a_gap_is_refused)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);
	struct model_block *b, *x, *y;
	struct store_block *two[2];

	model_init(&m, 7);
	b = grow_and_append(s, NULL, 2);
	x = model_grow(&m, b);
	y = model_grow(&m, b);
	two[0] = model_block(x);
	two[1] = model_block(y);
	EXPECT_RC(store_append(s, two, 2, 1, NULL), RC_BAD_INPUT);
	two[1]->header.number++;
	EXPECT_RC(store_append(s, two, 2, 1, NULL), RC_BAD_INPUT);
	store_block_free(two[0]);
	store_block_free(two[1]);
	model_check(&m, s, b, 0);
	store_close(s);
	model_free(&m);
}

TEST(test_store_unflushed_layers_have_a_bound)
{
	struct store_conf c = conf_here();
	struct model_block *b = NULL;
	struct store *s;

	c.layer_max = 2;
	s = open_here(&c);
	model_init(&m, 8);
	b = grow_and_append(s, b, 2);
	EXPECT(store_flush_due(s));
	b = grow_and_append(s, b, 2 * STORE_LAYER_SLACK - 2);
	EXPECT_RC(
	    model_append(s, model_grow(&m, b), b->number, NULL), RC_NO_SPACE);
	m.block_cnt--;
	model_check(&m, s, b, 0);
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	EXPECT(!store_flush_due(s));
	b = grow_and_append(s, b, 1);
	model_check(&m, s, b, 0);
	store_close(s);
	model_free(&m);
}

TEST(test_store_layer_bytes_make_a_flush_due)
{
	struct store_conf c = conf_here();
	struct model_block *b = NULL;
	struct store *s;

	c.layer_bytes_max = 100000;
	s = open_here(&c);
	model_init(&m, 9);
	while (!store_flush_due(s))
		b = grow_and_append(s, b, 1);
	EXPECT(m.block_cnt > 1 && m.block_cnt < 32);
	store_close(s);
	model_free(&m);
}

TEST(test_store_before_value_that_differs_from_tables_is_corrupt)
{
	static const bool both[] = {false, true};

	for (size_t i = 0; i < 2; i++) {
		struct path dir = files_path("%s/%zu", test_tmpdir(), i);
		struct store_conf c = store_conf_default(dir.s);
		struct model_block *b = NULL;
		struct store_block *bent;
		struct store *s;
		struct err e = {0};

		c.map_bytes = (size_t)16 << 20;
		CHECK(mkdir(dir.s, 0700) == 0);
		s = open_here(&c);
		model_init(&m, 10);
		b = grow_and_append(s, NULL, 3);
		EXPECT_RC(store_flush(s, NULL), RC_OK);
		do {
			b = grow_and_append(s, b, 1);
			EXPECT_RC(store_flush(s, NULL), RC_OK);
			bent = model_block(model_grow(&m, b));
			if (bent->diff.slot_cnt > 0)
				break;
			m.block_cnt--;
			store_block_free(bent);
		} while (true);
		if (both[i])
			bent->diff.slots[0].before.w[0] ^= 1;
		else
			bent->diff.accounts[0].had_before ^= true;
		EXPECT_RC(store_append(s, &bent, 1, b->number, NULL), RC_OK);
		files_hush(true);
		EXPECT_RC(store_flush(s, &e), RC_CORRUPT);
		files_hush(false);
		EXPECT(strstr(e.text, both[i] ? "slot" : "account") != NULL);
		EXPECT_RC(store_flush(s, &e), RC_IO);
		EXPECT_RC(store_aux_put(s, "a", bytes_of("b", 1), NULL), RC_IO);
		store_close(s);
		model_free(&m);
	}
}

TEST(test_store_aux_values_come_back)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);
	struct store_view *v;
	struct bytes got;
	char name[STORE_AUX_NAME_MAX + 1];

	memset(name, 'n', STORE_AUX_NAME_MAX);
	name[STORE_AUX_NAME_MAX] = '\0';
	EXPECT_RC(store_aux_put(s, "a", bytes_of_str("one"), NULL), RC_OK);
	EXPECT_RC(store_aux_put(s, "a", bytes_of_str("two"), NULL), RC_OK);
	EXPECT_RC(store_aux_put(s, name, bytes_of_str("long"), NULL), RC_OK);
	EXPECT_RC(store_aux_put(s, "gone", bytes_of_str("x"), NULL), RC_OK);
	EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
	/* small writes are no steps: a view may be open */
	EXPECT_RC(store_aux_put(s, "gone", bytes_of(NULL, 0), NULL), RC_OK);
	EXPECT_RC(store_aux_put(s, "never", bytes_of(NULL, 0), NULL), RC_OK);
	EXPECT_RC(store_aux_get(v, &got, "gone", NULL), RC_OK);
	store_view_close(v);
	store_close(s);
	s = open_here(&c);
	EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
	EXPECT_RC(store_aux_get(v, &got, "a", NULL), RC_OK);
	EXPECT_BYTES(got, bytes_of_str("two"));
	EXPECT_RC(store_aux_get(v, &got, name, NULL), RC_OK);
	EXPECT_BYTES(got, bytes_of_str("long"));
	EXPECT_RC(store_aux_get(v, &got, "gone", NULL), RC_NOT_FOUND);
	store_view_close(v);
	store_close(s);
}

TEST(test_store_side_block_is_found_by_hash_only)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);
	struct model_block *b, *side;
	struct store_view *v;
	struct bytes got;
	uint64_t n;

	model_init(&m, 12);
	b = grow_and_append(s, NULL, 4);
	side = model_grow(&m, m.blocks[1]);
	EXPECT_RC(store_side_put(
		      s, &side->hash, &side->td, bytes_of("\xc0", 1), NULL),
	    RC_TRUNCATED);
	EXPECT_RC(
	    store_side_put(s, &side->hash, &side->td, side->raw, NULL), RC_OK);
	model_check(&m, s, b, 0);
	EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
	EXPECT_RC(store_number_of(v, &n, &side->hash, NULL), RC_OK);
	EXPECT_U64(n, 2);
	EXPECT_RC(store_raw(v, &got, &side->hash, NULL), RC_OK);
	EXPECT_BYTES(got, side->raw);
	EXPECT(!store_is_canonical(v, &side->hash));
	store_view_close(v);
	/* and now its branch wins */
	side = model_grow(&m, side);
	side = model_grow(&m, side);
	EXPECT_RC(model_append(s, side, 1, NULL), RC_OK);
	model_check(&m, s, side, 0);
	EXPECT_RC(store_flush(s, NULL), RC_OK);
	model_check(&m, s, side, 0);
	store_close(s);
	model_free(&m);
}

TEST(test_store_unknown_things_are_not_found)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);
	struct hash h = {{7}};
	struct store_view *v;
	struct header header;
	struct bytes b;
	struct err e = {0};
	uint64_t n, i;

	model_init(&m, 13);
	for (int round = 0; round < 3; round++) {
		if (round == 1)
			(void)grow_and_append(s, NULL, 3);
		if (round == 2)
			EXPECT_RC(store_flush(s, NULL), RC_OK);
		EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
		EXPECT_RC(store_number_of(v, &n, &h, &e), RC_NOT_FOUND);
		EXPECT(strstr(e.text, "0x0700") != NULL);
		EXPECT_RC(store_hash_of(v, &h, 99, &e), RC_NOT_FOUND);
		EXPECT(strstr(e.text, "99") != NULL);
		EXPECT_RC(store_header(v, &header, &h, NULL), RC_NOT_FOUND);
		EXPECT_RC(store_raw(v, &b, &h, NULL), RC_NOT_FOUND);
		EXPECT_RC(store_receipts(v, &b, &h, NULL), RC_NOT_FOUND);
		EXPECT_RC(store_senders(v, &b, &h, NULL), RC_NOT_FOUND);
		EXPECT_RC(store_tx_at(v, &n, &i, &h, NULL), RC_NOT_FOUND);
		EXPECT_RC(store_code(v, &b, &h, NULL), RC_NOT_FOUND);
		EXPECT_RC(store_preimage(v, &b, &h, NULL), RC_NOT_FOUND);
		EXPECT_RC(store_aux_get(v, &b, "no", NULL), RC_NOT_FOUND);
		EXPECT_RC(store_code(v, &b, &HASH_EMPTY_CODE, NULL), RC_OK);
		EXPECT_U64(b.len, 0);
		EXPECT(!store_is_canonical(v, &h));
		store_view_close(v);
	}
	store_close(s);
	model_free(&m);
}

static bool
stop_at_once(void *ctx, const struct addr *addr, const struct account *acc)
{
	(void)addr;
	(void)acc;
	(*(int *)ctx)++;
	return false;
}

static bool
stop_at_second(void *ctx, const struct store_log_at *at)
{
	(void)at;
	return ++*(int *)ctx < 2;
}

static bool
stop_tx_at_once(void *ctx, uint64_t number, uint32_t index)
{
	(void)number;
	(void)index;
	(*(int *)ctx)++;
	return false;
}

TEST(test_store_walks_stop_when_told)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);
	struct store_log_query q = {.last = UINT64_MAX, .addr = &m.addrs[0]};
	struct store_view *v;

	model_init(&m, 14);
	(void)grow_and_append(s, NULL, 20);
	for (int round = 0; round < 2; round++) {
		int accounts = 0, logs = 0, txs = 0;

		if (round == 1)
			EXPECT_RC(store_flush(s, NULL), RC_OK);
		EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
		EXPECT_RC(store_each_account(v, stop_at_once, &accounts, NULL),
		    RC_OK);
		EXPECT_RC(
		    store_each_log(v, &q, stop_at_second, &logs, NULL), RC_OK);
		for (size_t i = 0; txs == 0 && i < MODEL_ACCOUNTS; i++)
			EXPECT_RC(store_each_tx_of(v, &m.addrs[i], 0, 99,
				      stop_tx_at_once, &txs, NULL),
			    RC_OK);
		EXPECT_U64((uint64_t)accounts, 1);
		EXPECT_U64((uint64_t)logs, 2);
		EXPECT_U64((uint64_t)txs, 1);
		store_view_close(v);
	}
	q = (struct store_log_query){.topic = &m.keys[0], .topic_at = 4};
	EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
	EXPECT_RC(
	    store_each_log(v, &q, stop_at_second, NULL, NULL), RC_BAD_INPUT);
	store_view_close(v);
	store_close(s);
	model_free(&m);
}

/* lowest is the next descriptor that the kernel would give. */
static rlim_t
lowest(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	(void)close(fd);
	return (rlim_t)fd;
}

static void
allow_descriptors(rlim_t cnt)
{
	struct rlimit r;

	CHECK(getrlimit(RLIMIT_NOFILE, &r) == 0);
	r.rlim_cur = cnt;
	CHECK(setrlimit(RLIMIT_NOFILE, &r) == 0);
}

/* opens_with opens and replays, allowed only so many descriptors more. */
static enum rc
opens_with(const struct store_conf *c, rlim_t first, rlim_t cnt)
{
	struct err e = {0};
	struct store *s;
	struct rlimit was;
	enum rc rc;

	CHECK(getrlimit(RLIMIT_NOFILE, &was) == 0);
	allow_descriptors(first + cnt);
	rc = store_open(&s, c, &e);
	if (rc == RC_OK) {
		struct store_block **blocks;
		uint64_t rewind_to;
		size_t n;

		rc = store_recover(s, &blocks, &n, &rewind_to, &e);
		if (rc == RC_OK)
			for (size_t i = 0; i < n; i++)
				store_block_free(blocks[i]);
		store_close(s);
	}
	allow_descriptors(was.rlim_cur);
	if (rc != RC_OK)
		EXPECT(strstr(e.text, c->dir) != NULL);
	return rc;
}

TEST(test_store_open_without_descriptors_says_so_and_leaks_none)
{
	struct store_conf c = conf_here();
	struct store *s = open_here(&c);
	struct model_block *b;
	rlim_t first, cnt = 0;
	enum rc rc;

	model_init(&m, 3);
	b = model_grow(&m, NULL);
	EXPECT_RC(model_append(s, b, 0, NULL), RC_OK);
	store_close(s);
	first = lowest();
	while ((rc = opens_with(&c, first, cnt)) != RC_OK && cnt < 40) {
		EXPECT_RC(rc, RC_IO);
		EXPECT_U64(lowest(), first);
		test_count(1);
		cnt++;
	}
	EXPECT(cnt > 5);
	EXPECT_U64(lowest(), first);
	s = open_here(&c);
	EXPECT_U64(model_recover(&m, s), 1);
	model_check(&m, s, b, 0);
	store_close(s);
	model_free(&m);
}
