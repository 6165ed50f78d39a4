/* SPDX-License-Identifier: Apache-2.0
 *
 * Locked memory for keys. The kernel keeps it out of swap, core dumps and
 * forked children; a stray pointer meets a page without access first.
 */
#include "signer/vault_priv.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* The bytes that a vault takes in whole pages. */
static size_t
whole_pages(size_t size, size_t page)
{
	return (size + page - 1) / page * page;
}

enum rc
vault_open(struct vault **out, struct err *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = whole_pages(sizeof(struct vault), page);
	uint8_t *map = mmap(NULL, size + 2 * page, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *inside = map + page;

	if (map == MAP_FAILED ||
	    mprotect(inside, size, PROT_READ | PROT_WRITE) != 0)
		return FAIL(e, RC_IO, "key memory: errno %d", errno);
	if (mlock(inside, size) != 0)
		return FAIL(e, RC_IO,
		    "key memory: cannot lock %zu bytes (errno %d), raise the "
		    "limit of locked memory (ulimit -l)",
		    size, errno);
	if (madvise(inside, size, MADV_DONTDUMP) != 0 ||
	    madvise(inside, size, MADV_WIPEONFORK) != 0)
		return FAIL(e, RC_IO, "key memory: madvise: errno %d", errno);
	*out = inside;
	return RC_OK;
}

struct vault_key *
vault_find(struct vault *v, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < SIGNER_KEY_MAX; i++) {
		if (v->keys[i].is_set && addr_eq(&v->keys[i].addr, addr))
			return &v->keys[i];
	}
	return NULL;
}

struct vault_key *
vault_place(struct vault *v)
{
	size_t i;

	for (i = 0; i < SIGNER_KEY_MAX; i++) {
		if (!v->keys[i].is_set)
			return &v->keys[i];
	}
	return NULL;
}

uint64_t
vault_expire(struct vault *v, uint64_t now_ms)
{
	uint64_t next_ms = UINT64_MAX;
	size_t i;

	for (i = 0; i < SIGNER_KEY_MAX; i++) {
		struct vault_key *k = &v->keys[i];

		if (!k->is_set || k->until_ms == 0)
			continue;
		if (k->until_ms <= now_ms)
			vault_drop(k);
		else if (k->until_ms < next_ms)
			next_ms = k->until_ms;
	}
	return next_ms;
}

void
vault_drop(struct vault_key *k)
{
	explicit_bzero(k, sizeof(*k));
}
