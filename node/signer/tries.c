/* SPDX-License-Identifier: Apache-2.0
 *
 * The count of wrong passwords, in memory: a restart of the node forgets it,
 * and locks every account.
 */
#include "signer/tries_priv.h"

#include "signer/signer.h"

/* find returns the place of an account, TRIES_MAX: it has none. */
static size_t
find(const struct tries *t, const struct addr *addr)
{
	size_t i = 0;

	while (i < TRIES_MAX &&
	       (t->v[i].wait_ms == 0 || !addr_eq(&t->v[i].addr, addr)))
		i++;
	return i;
}

/* place returns a free place, or that of the account that waits least. */
static size_t
place(const struct tries *t)
{
	size_t i, best = 0;

	for (i = 0; i < TRIES_MAX; i++) {
		if (t->v[i].wait_ms == 0)
			return i;
		if (t->v[i].until_ms < t->v[best].until_ms)
			best = i;
	}
	return best;
}

enum rc
tries_check(const struct tries *t, const struct addr *addr, uint64_t now_ms,
    struct err *e)
{
	size_t i = find(t, addr);

	if (i == TRIES_MAX || now_ms >= t->v[i].until_ms)
		return RC_OK;
	return FAIL(e, RC_UNAVAILABLE,
	    "after wrong passwords the next one is looked at in %llu s",
	    (unsigned long long)((t->v[i].until_ms - now_ms + 999) / 1000));
}

void
tries_note(struct tries *t, const struct addr *addr, uint32_t first_ms,
    uint64_t now_ms)
{
	size_t i = find(t, addr);
	uint32_t wait_ms = first_ms;

	if (first_ms == 0)
		return;
	if (i < TRIES_MAX)
		wait_ms = 2 * t->v[i].wait_ms;
	else
		i = place(t);
	if (wait_ms > SIGNER_WAIT_MAX_MS)
		wait_ms = SIGNER_WAIT_MAX_MS;
	t->v[i].addr = *addr;
	t->v[i].wait_ms = wait_ms;
	t->v[i].until_ms = now_ms + wait_ms;
}

void
tries_forget(struct tries *t, const struct addr *addr)
{
	size_t i = find(t, addr);

	if (i < TRIES_MAX)
		t->v[i].wait_ms = 0;
}
