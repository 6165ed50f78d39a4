/* SPDX-License-Identifier: Apache-2.0
 *
 * The only file that asks libc for memory. An arena is a list of chunks, the
 * newest first; an allocation moves a mark in the newest. Chunks double from
 * 4 KiB to 1 MiB, so that a small request costs one malloc and a block's
 * worth of state does not cost thousands.
 *
 * In AddressSanitizer builds what was not handed out is poisoned and every
 * allocation is followed by a red zone, so that overflows inside a chunk are
 * seen as those of malloc are.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#define RED_ZONE       16
#endif
#endif
#ifndef RED_ZONE
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define RED_ZONE       0
#endif

enum { ALIGN = 16, CHUNK_MIN = 4096, CHUNK_MAX = 1 << 20 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size; /* of data */
	_Alignas(ALIGN) uint8_t data[];
};

static size_t
round_up(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void
arena_init(struct arena *a, size_t max_bytes)
{
	*a = (struct arena){.max_bytes = max_bytes};
}

/* grow puts a chunk in front that has room for size bytes. */
static struct arena_chunk *
grow(struct arena *a, size_t size)
{
	size_t want = a->head == NULL ? CHUNK_MIN : a->head->size * 2;
	struct arena_chunk *c;

	if (want > CHUNK_MAX)
		want = CHUNK_MAX;
	if (want < size)
		want = size;
	if (want < CHUNK_MIN)
		want = CHUNK_MIN;
	c = malloc(sizeof(*c) + want);
	if (c == NULL)
		return NULL;
	c->next = a->head;
	c->used = 0;
	c->size = want;
	POISON(c->data, c->size);
	a->head = c;
	return c;
}

static void
free_chunk(struct arena_chunk *c)
{
	UNPOISON(c->data, c->size);
	free(c);
}

/* take hands out memory with whatever is in it. */
static void *
take(struct arena *a, size_t size)
{
	struct arena_chunk *c = a->head;
	size_t charge = size == 0 ? 1 : size;
	size_t need;
	uint8_t *p;

	if (charge > a->max_bytes - a->used_bytes || charge > PTRDIFF_MAX)
		return NULL;
	need = round_up(charge);
	if (c == NULL || c->size - c->used < need + RED_ZONE) {
		c = grow(a, need + RED_ZONE);
		if (c == NULL)
			return NULL;
	}
	p = c->data + c->used;
	c->used += need + RED_ZONE;
	a->used_bytes += charge;
	UNPOISON(p, size);
	return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	void *p = take(a, size);

	return p == NULL ? NULL : memset(p, 0, size);
}

void *
arena_array(struct arena *a, size_t cnt, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(cnt, size, &total))
		return NULL;
	return arena_alloc(a, total);
}

struct bytes
arena_copy(struct arena *a, struct bytes in)
{
	uint8_t *p = take(a, in.len);

	if (p != NULL && in.len > 0)
		memcpy(p, in.ptr, in.len);
	return bytes_of(p, in.len);
}

char *
arena_str(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *out;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	out = arena_alloc(a, (size_t)n + 1);
	if (out == NULL)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(out, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return out;
}

struct arena_mark
arena_save(const struct arena *a)
{
	return (struct arena_mark){
	    .head = a->head,
	    .used_bytes = a->used_bytes,
	    .chunk_used = a->head == NULL ? 0 : a->head->used,
	};
}

void
arena_rewind(struct arena *a, struct arena_mark m)
{
	while (a->head != m.head) {
		struct arena_chunk *c = a->head;

		CHECK(c != NULL); /* the mark is of another arena, or later */
		a->head = c->next;
		free_chunk(c);
	}
	a->used_bytes = m.used_bytes;
	if (a->head != NULL) {
		CHECK(m.chunk_used <= a->head->used);
		a->head->used = m.chunk_used;
		POISON(
		    a->head->data + m.chunk_used, a->head->size - m.chunk_used);
	}
}

void
arena_drop(struct arena *a)
{
	arena_rewind(a, (struct arena_mark){0});
}

void
arena_reset(struct arena *a)
{
	struct arena_chunk *first = a->head;

	while (first != NULL && first->next != NULL)
		first = first->next;
	arena_rewind(a, (struct arena_mark){.head = first});
}

void
arena_wipe(struct arena *a)
{
	struct arena_chunk *c;

	for (c = a->head; c != NULL; c = c->next) {
		UNPOISON(c->data, c->size);
		explicit_bzero(c->data, c->size);
	}
}

void *
mem_new(size_t size)
{
	return calloc(1, size == 0 ? 1 : size);
}

void *
mem_array(size_t cnt, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(cnt, size, &total))
		return NULL;
	return mem_new(total);
}

void *
mem_resize(void *ptr, size_t old_size, size_t new_size)
{
	uint8_t *p = realloc(ptr, new_size == 0 ? 1 : new_size);

	if (p != NULL && new_size > old_size)
		memset(p + old_size, 0, new_size - old_size);
	return p;
}

void
mem_free(void *ptr)
{
	free(ptr);
}
