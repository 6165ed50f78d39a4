/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing list and a stable merge sort over it. Lists often come sorted or
 * as a few sorted runs (one per layer), which the sort takes as they are.
 */
#include "store/change_priv.h"

#include <string.h>

enum { CHANGES_CAP_MIN = 256 };

void
changes_init(struct changes *c, struct arena *a)
{
	*c = (struct changes){.a = a};
}

enum rc
changes_reserve(struct changes *c, size_t cnt, struct err *e)
{
	size_t cap = c->cap * 2;
	struct change *v;

	if (c->cap - c->cnt >= cnt)
		return RC_OK;
	if (cap < c->cnt + cnt)
		cap = c->cnt + cnt;
	if (cap < CHANGES_CAP_MIN)
		cap = CHANGES_CAP_MIN;
	v = arena_array(c->a, cap, sizeof(*v));
	if (v == NULL)
		return FAIL(e, RC_NO_MEMORY, "a list of %zu records", cap);
	if (c->cnt > 0)
		memcpy(v, c->v, c->cnt * sizeof(*v));
	c->v = v;
	c->cap = cap;
	return RC_OK;
}

static uint64_t
prefix_of(struct bytes key)
{
	uint8_t b[8] = {0};

	memcpy(b, key.ptr, key.len < sizeof(b) ? key.len : sizeof(b));
	return be64(b);
}

enum rc
changes_add(struct changes *c, const struct change *one, struct err *e)
{
	TRY(changes_reserve(c, 1, e));
	c->v[c->cnt] = *one;
	c->v[c->cnt++].prefix = prefix_of(one->key);
	return RC_OK;
}

enum rc
changes_add_key(
    struct changes *c, const struct key *key, struct bytes value, struct err *e)
{
	struct change one = {
	    .key = arena_copy(c->a, key_bytes(key)), .value = value};

	if (one.key.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "a key of %d bytes", key->len);
	return changes_add(c, &one, e);
}

static bool
is_ordered(const struct change *a, const struct change *b)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix;
	return bytes_cmp(a->key, b->key) <= 0;
}

/* run_end finds the end of the sorted run that begins at i. */
static size_t
run_end(const struct changes *c, size_t i)
{
	while (i + 1 < c->cnt && is_ordered(&c->v[i], &c->v[i + 1]))
		i++;
	return i + 1;
}

static void
merge(struct change *out, const struct change *a, size_t a_cnt,
    const struct change *b, size_t b_cnt)
{
	while (a_cnt > 0 && b_cnt > 0) {
		if (is_ordered(a, b)) {
			*out++ = *a++;
			a_cnt--;
		} else {
			*out++ = *b++;
			b_cnt--;
		}
	}
	memcpy(out, a, a_cnt * sizeof(*a));
	memcpy(out + a_cnt, b, b_cnt * sizeof(*b));
}

/* pass merges runs by twos into out; returns how many are left. */
static size_t
pass(struct changes *c, struct change *out)
{
	size_t runs = 0;

	for (size_t i = 0; i < c->cnt; runs++) {
		size_t mid = run_end(c, i);
		size_t end = mid < c->cnt ? run_end(c, mid) : mid;

		merge(out + i, c->v + i, mid - i, c->v + mid, end - mid);
		i = end;
	}
	return runs;
}

enum rc
changes_sort(struct changes *c, struct err *e)
{
	struct change *spare, *v;

	if (c->cnt == 0 || run_end(c, 0) == c->cnt)
		return RC_OK;
	spare = arena_array(c->a, c->cap, sizeof(*spare));
	if (spare == NULL)
		return FAIL(e, RC_NO_MEMORY, "sorting %zu records", c->cnt);
	for (size_t runs = 2; runs > 1;) {
		runs = pass(c, spare);
		v = c->v;
		c->v = spare;
		spare = v;
	}
	return RC_OK;
}
