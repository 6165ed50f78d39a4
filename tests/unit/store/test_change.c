/* SPDX-License-Identifier: Apache-2.0
 *
 * The sort of the flush: right order, equal keys in the order they came.
 */
#include <string.h>

#include "store/change_priv.h"
#include "test.h"

static uint64_t rng = 7;

static uint64_t
next(void)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return rng >> 33;
}

static bool
is_sorted(const struct changes *c)
{
	for (size_t i = 1; i < c->cnt; i++) {
		int order = bytes_cmp(c->v[i - 1].key, c->v[i].key);

		if (order > 0 ||
		    (order == 0 && c->v[i - 1].number >= c->v[i].number))
			return false;
	}
	return true;
}

/* fill adds keys of 1 to 12 bytes; few values, so many are equal or differ
 * behind the first eight bytes only. */
static void
fill(struct changes *c, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		size_t len = 1 + next() % 12;
		uint8_t *p = arena_alloc(c->a, len);
		struct change one = {.key = bytes_of(p, len), .number = i};

		for (size_t j = 0; j < len; j++)
			p[j] = (uint8_t)(next() % 2);
		EXPECT_RC(changes_add(c, &one, NULL), RC_OK);
	}
}

TEST(test_changes_sort_any_length_is_stable)
{
	static const size_t sizes[] = {0, 1, 2, 3, 7, 100, 1000, 5000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct changes c;
		struct arena a;

		arena_init(&a, (size_t)1 << 26);
		changes_init(&c, &a);
		fill(&c, sizes[i]);
		EXPECT_RC(changes_sort(&c, NULL), RC_OK);
		EXPECT_U64(c.cnt, sizes[i]);
		EXPECT(is_sorted(&c));
		arena_drop(&a);
	}
}

TEST(test_changes_sort_runs_and_reverse)
{
	struct changes c;
	struct arena a;

	arena_init(&a, (size_t)1 << 26);
	changes_init(&c, &a);
	for (uint32_t i = 0; i < 3000; i++) {
		/* two sorted runs and one that falls */
		uint32_t v = i < 2000 ? i % 1000 * 2 : 5000 - i;
		struct key k = {.len = 0};

		key_put_u32(&k, v);
		EXPECT_RC(
		    changes_add_key(&c, &k, bytes_of(NULL, 0), NULL), RC_OK);
		c.v[c.cnt - 1].number = i;
	}
	EXPECT_RC(changes_sort(&c, NULL), RC_OK);
	EXPECT(is_sorted(&c));
	arena_drop(&a);
}

TEST(test_changes_without_memory_say_so)
{
	struct changes c;
	struct arena a;
	enum rc rc = RC_OK;

	arena_init(&a, 100000);
	changes_init(&c, &a);
	for (size_t i = 0; i < 5000 && rc == RC_OK; i++) {
		struct key k = {.len = 0};

		key_put_u64(&k, next());
		rc = changes_add_key(&c, &k, bytes_of(NULL, 0), NULL);
	}
	EXPECT_RC(rc, RC_NO_MEMORY);
	arena_drop(&a);
}
