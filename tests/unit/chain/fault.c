/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <errno.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_OWN_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define HAS_OWN_HEAP 1
#endif
#endif

static size_t left; /* allocations until the one that fails, itself included */
static bool has_hit;

void
fault_set(size_t n)
{
	left = n;
	has_hit = false;
}

bool
fault_has_hit(void)
{
	left = 0;
	return has_hit;
}

size_t
fault_left(void)
{
	return left;
}

void
fault_pretend(void)
{
	left = 0;
	has_hit = true;
}

#ifdef HAS_OWN_HEAP

bool
fault_can(void)
{
	return false;
}

#else

/* What glibc keeps its own under. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t cnt, size_t size);
void *__libc_realloc(void *ptr, size_t size);

bool
fault_can(void)
{
	return true;
}

static bool
is_due(void)
{
	if (left == 0 || --left > 0)
		return false;
	has_hit = true;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return is_due() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t cnt, size_t size)
{
	return is_due() ? NULL : __libc_calloc(cnt, size);
}

void *
realloc(void *ptr, size_t size)
{
	return is_due() ? NULL : __libc_realloc(ptr, size);
}

#endif
