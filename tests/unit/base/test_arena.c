/* SPDX-License-Identifier: Apache-2.0
 *
 * Arenas: bounds first, then contents, marks and reuse.
 */
#include "base/arena.h"

#include <string.h>

#include "base/check.h"
#include "test.h"

TEST(test_arena_bound_reached_gives_null)
{
	struct arena a;

	arena_init(&a, 100);
	EXPECT(arena_alloc(&a, 101) == NULL);
	EXPECT(arena_alloc(&a, 60) != NULL);
	EXPECT(arena_alloc(&a, 41) == NULL);
	EXPECT(arena_alloc(&a, 40) != NULL);
	EXPECT(arena_alloc(&a, 1) == NULL);
	EXPECT(arena_alloc(&a, 0) == NULL); /* even nothing costs one byte */
	EXPECT(arena_str(&a, "%d", 1) == NULL);
	EXPECT(arena_copy(&a, bytes_of_str("x")).ptr == NULL);
	arena_drop(&a);
	EXPECT(arena_alloc(&a, 100) != NULL);
	arena_drop(&a);
}

TEST(test_arena_absurd_sizes_give_null)
{
	struct arena a;

	arena_init(&a, SIZE_MAX);
	EXPECT(arena_alloc(&a, SIZE_MAX) == NULL);
	EXPECT(arena_alloc(&a, SIZE_MAX - 15) == NULL);
	EXPECT(arena_array(&a, SIZE_MAX / 2, 3) == NULL);
	EXPECT(arena_array(&a, SIZE_MAX, SIZE_MAX) == NULL);
	EXPECT(mem_array(SIZE_MAX / 2, 3) == NULL);
	EXPECT_U64(a.used_bytes, 0);
	arena_drop(&a);
}

static bool
is_zero(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] != 0)
			return false;
	}
	return true;
}

TEST(test_arena_allocations_are_zeroed_aligned_and_apart)
{
	enum { CNT = 2000 };
	static uint8_t *ptr[CNT];
	struct arena a;
	size_t i, size;

	arena_init(&a, 64 << 20);
	for (i = 0; i < CNT; i++) {
		size = i * 7 % 300;
		ptr[i] = arena_alloc(&a, size);
		EXPECT(ptr[i] != NULL && (uintptr_t)ptr[i] % 16 == 0);
		EXPECT(is_zero(ptr[i], size));
		memset(ptr[i], (int)(i & 0xff), size);
	}
	for (i = 0; i < CNT; i++) {
		size = i * 7 % 300;
		EXPECT(size == 0 || (ptr[i][0] == (i & 0xff) &&
					ptr[i][size - 1] == (i & 0xff)));
	}
	ptr[0] = arena_alloc(&a, 5 << 20); /* above the largest chunk */
	EXPECT(ptr[0] != NULL && is_zero(ptr[0], 5 << 20));
	arena_drop(&a);
	EXPECT_U64(a.used_bytes, 0);
}

TEST(test_arena_rewind_gives_back_what_came_after)
{
	struct arena a;
	struct arena_mark empty, mark;
	uint8_t *kept, *first, *again;

	arena_init(&a, 1 << 20);
	empty = arena_save(&a);
	kept = arena_alloc(&a, 10);
	memset(kept, 1, 10);
	mark = arena_save(&a);
	first = arena_alloc(&a, 100);
	memset(first, 2, 100);
	EXPECT(arena_alloc(&a, 900000) != NULL); /* needs a chunk of its own */
	arena_rewind(&a, mark);
	EXPECT_U64(a.used_bytes, 10);
	again = arena_alloc(&a, 100);
	EXPECT(again == first && is_zero(again, 100));
	EXPECT(kept[9] == 1);
	EXPECT(arena_alloc(&a, 900000) != NULL);
	arena_rewind(&a, empty);
	EXPECT(a.head == NULL && a.used_bytes == 0);
}

TEST(test_arena_reset_keeps_the_first_chunk_empty)
{
	struct arena a;
	uint8_t *first;

	arena_init(&a, 1 << 20);
	arena_reset(&a);
	EXPECT(a.head == NULL);
	first = arena_alloc(&a, 100);
	memset(first, 1, 100);
	EXPECT(arena_alloc(&a, 900000) != NULL);
	arena_reset(&a);
	EXPECT_U64(a.used_bytes, 0);
	test_alloc_fail(1);
	EXPECT(arena_alloc(&a, 100) == first && is_zero(first, 100));
	EXPECT(arena_alloc(&a, 1 << 20) == NULL); /* the bound has stayed */
	EXPECT(!test_alloc_did_fail());
	test_alloc_fail(0);
	arena_drop(&a);
	EXPECT(a.head == NULL);
}

TEST(test_arena_copy_and_str_hold_their_text)
{
	struct arena a;
	struct bytes none;

	arena_init(&a, 1 << 20);
	EXPECT_BYTES(arena_copy(&a, bytes_of_str("abc")), bytes_of_str("abc"));
	none = arena_copy(&a, bytes_of(NULL, 0));
	EXPECT(none.ptr != NULL && none.len == 0);
	EXPECT_STR(arena_str(&a, "%s-%05d", "x", 42), "x-00042");
	EXPECT_STR(arena_str(&a, "%s", ""), "");
	arena_drop(&a);
}

TEST(test_mem_resize_keeps_old_and_zeroes_new)
{
	uint8_t *p = mem_new(10);

	EXPECT(p != NULL && is_zero(p, 10));
	memset(p, 7, 10);
	p = mem_resize(p, 10, 5000);
	EXPECT(p != NULL && p[9] == 7 && is_zero(p + 10, 4990));
	p = mem_resize(p, 5000, 4);
	EXPECT(p != NULL && p[3] == 7);
	mem_free(p);
	p = mem_resize(NULL, 0, 3);
	EXPECT(p != NULL && is_zero(p, 3));
	mem_free(p);
	mem_free(NULL);
	p = mem_array(3, 5);
	EXPECT(p != NULL && is_zero(p, 15));
	mem_free(p);
}

TEST(test_arena_without_memory_gives_null_and_goes_on)
{
	struct arena a;
	uint8_t *p;

	arena_init(&a, 1 << 20);
	test_alloc_fail(1);
	EXPECT(arena_alloc(&a, 10) == NULL);
	EXPECT(test_alloc_did_fail());
	EXPECT_U64(a.used_bytes, 0);
	p = arena_alloc(&a, 10);
	EXPECT(p != NULL && is_zero(p, 10));
	test_alloc_fail(1);
	EXPECT(arena_copy(&a, bytes_of(p, 10)).ptr != NULL); /* same chunk */
	EXPECT(arena_alloc(&a, 100000) == NULL);
	EXPECT(test_alloc_did_fail());
	EXPECT(arena_alloc(&a, 100000) != NULL);
	test_alloc_fail(1);
	EXPECT(mem_new(0) == NULL);
	test_alloc_fail(1);
	EXPECT(mem_array(2, 3) == NULL);
	(void)test_alloc_did_fail();
	p = mem_new(0);
	EXPECT(p != NULL);
	test_alloc_fail(1);
	EXPECT(mem_resize(p, 0, 10) == NULL);
	(void)test_alloc_did_fail();
	p = mem_resize(p, 1, 0);
	EXPECT(p != NULL);
	mem_free(p);
	arena_drop(&a);
}
