/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory. An arena belongs to one request, message or block: whoever opens
 * it drops it, nothing in it is freed alone. Objects that outlive all of
 * these (a pooled transaction, a session) come from mem_new and have one
 * owner who frees them. No other file of the tree calls malloc.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena_chunk;

/* struct arena is zero-cost until its first allocation. Not thread-safe. */
struct arena {
	struct arena_chunk *head;
	size_t used_bytes;
	size_t max_bytes;
};

/* struct arena_mark remembers how full an arena was. */
struct arena_mark {
	struct arena_chunk *head;
	size_t used_bytes, chunk_used;
};

/* arena_init opens an arena that hands out at most max_bytes. */
void arena_init(struct arena *a, size_t max_bytes);

/*
 * arena_alloc hands out size bytes, zeroed, aligned for any type.
 *
 * Returns   NULL when max_bytes is reached or the machine has no memory
 * Lifetime  until arena_drop, or arena_rewind to an earlier mark
 */
void *arena_alloc(struct arena *a, size_t size);

/* arena_array is arena_alloc of cnt items of size bytes; overflow is NULL. */
void *arena_array(struct arena *a, size_t cnt, size_t size);

/* arena_copy copies in into the arena; a NULL ptr with len > 0 on failure. */
struct bytes arena_copy(struct arena *a, struct bytes in);

/* arena_str formats a C string in the arena, NULL when it does not fit. */
char *arena_str(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* arena_save and arena_rewind give back what was allocated in between. */
struct arena_mark arena_save(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark m);

/* arena_drop frees everything; a may be used again with the same bound. */
void arena_drop(struct arena *a);

/* arena_reset is arena_drop, but the first chunk stays with a: what it serves
 * next costs no malloc. */
void arena_reset(struct arena *a);

/* arena_wipe overwrites what was in the arena, when it was a secret; only
 * arena_drop and arena_reset may follow. */
void arena_wipe(struct arena *a);

/*
 * mem_new hands out one zeroed object of size bytes.
 *
 * Returns   NULL when the machine has no memory
 * Lifetime  until mem_free by its owner
 */
void *mem_new(size_t size);

/* mem_array is mem_new of cnt items of size bytes; overflow is NULL. */
void *mem_array(size_t cnt, size_t size);

/* mem_resize changes an object's size, keeping its contents; what is new is
 * zeroed. On NULL the old object is untouched. */
void *mem_resize(void *ptr, size_t old_size, size_t new_size);

/* mem_free gives an object back; NULL is fine. */
void mem_free(void *ptr);

#endif
