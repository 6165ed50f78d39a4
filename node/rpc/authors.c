/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of authors. A block has one place, by its hash. Who writes there
 * makes the place's turn odd first and even again afterwards; who has read
 * the same even turn before and after has read what belongs together.
 */
#include "rpc/authors.h"

#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"

enum {
	HASH_WORDS = sizeof(struct hash) / sizeof(uint64_t),
	ADDR_WORDS = 3,
	WORDS = HASH_WORDS + ADDR_WORDS
};

/* struct place is one line of the cache. turn: 0 as long as it is empty. */
struct place {
	_Atomic(uint64_t) turn;
	_Atomic(uint64_t) word[WORDS];
};

struct rpc_authors {
	struct place v[RPC_AUTHORS_MAX];
};

struct rpc_authors *
rpc_authors_new(void)
{
	return mem_new(sizeof(struct rpc_authors));
}

void
rpc_authors_free(struct rpc_authors *t)
{
	mem_free(t);
}

static size_t
place_of(const struct hash *block)
{
	return block->b[0] % RPC_AUTHORS_MAX;
}

bool
rpc_authors_find(
    const struct rpc_authors *t, struct addr *out, const struct hash *block)
{
	const struct place *p = &t->v[place_of(block)];
	uint64_t turn = atomic_load(&p->turn), word[WORDS];
	size_t i;

	for (i = 0; i < WORDS; i++)
		word[i] = atomic_load(&p->word[i]);
	if (turn == 0 || turn % 2 != 0 || atomic_load(&p->turn) != turn ||
	    memcmp(word, block->b, sizeof(block->b)) != 0)
		return false;
	memcpy(out->b, &word[HASH_WORDS], sizeof(out->b));
	return true;
}

void
rpc_authors_put(
    struct rpc_authors *t, const struct hash *block, const struct addr *author)
{
	struct place *p = &t->v[place_of(block)];
	uint64_t turn = atomic_load(&p->turn), word[WORDS] = {0};
	size_t i;

	if (turn % 2 != 0 ||
	    !atomic_compare_exchange_strong(&p->turn, &turn, turn + 1))
		return;
	memcpy(word, block->b, sizeof(block->b));
	memcpy(&word[HASH_WORDS], author->b, sizeof(author->b));
	for (i = 0; i < WORDS; i++)
		atomic_store(&p->word[i], word[i]);
	atomic_store(&p->turn, turn + 2);
}
