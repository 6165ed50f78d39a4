/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that runs out on demand. The linker sends our calls of malloc,
 * calloc and realloc here (--wrap); those of foreign libraries stay as they
 * are.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "test.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t cnt, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t cnt, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

static _Atomic size_t left; /* allocations until the one that fails, 0: off */
static _Atomic bool has_failed;

void
test_alloc_fail(size_t nth)
{
	atomic_store(&has_failed, false);
	atomic_store(&left, nth);
}

bool
test_alloc_did_fail(void)
{
	atomic_store(&left, 0);
	return atomic_load(&has_failed);
}

/* fails counts one allocation and tells whether it is the one. */
static bool
fails(void)
{
	size_t n = atomic_load(&left);

	while (n > 0 && !atomic_compare_exchange_weak(&left, &n, n - 1))
		continue;
	if (n != 1)
		return false;
	atomic_store(&has_failed, true);
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t cnt, size_t size)
{
	return fails() ? NULL : __real_calloc(cnt, size);
}

void *
__wrap_realloc(void *ptr, size_t size)
{
	return fails() ? NULL : __real_realloc(ptr, size);
}
