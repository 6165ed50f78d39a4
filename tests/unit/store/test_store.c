/* SPDX-License-Identifier: Apache-2.0
 *
 * The store as its users see it: opening, appending, flushing, reopening,
 * and every refusal that the header names.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
