/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of authors: what it knows, what takes another's place, and that
 * a reader never sees half of what is being written.
 */
#include "rpc/authors.h"

#include <pthread.h>
#include <string.h>

#include "base/bytes.h"
#include "rig.h"

enum { TURNS = 200000 };

/* block_of and author_of belong together; blocks of any i share a place. */
static struct hash
block_of(unsigned i)
{
	struct hash h = {.b = {9}};

	be32_put(h.b + 28, i);
	return h;
}

static struct addr
author_of(unsigned i)
{
	struct addr a;

	memset(a.b, (int)(i & 0xff), sizeof(a.b));
	return a;
}

static void
put(struct rpc_authors *t, unsigned i)
{
	struct hash block = block_of(i);
	struct addr author = author_of(i);

	rpc_authors_put(t, &block, &author);
}

static bool
find(const struct rpc_authors *t, struct addr *out, unsigned i)
{
	struct hash block = block_of(i);

	return rpc_authors_find(t, out, &block);
}

TEST(test_authors_knows_what_was_put_last)
{
	struct rpc_authors *t = rpc_authors_new();
	struct hash other = {.b = {8}};
	struct addr got, want = author_of(1);

	EXPECT(!find(t, &got, 1));
	EXPECT(!rpc_authors_find(t, &got, &(struct hash){{0}}));
	put(t, 1);
	EXPECT(find(t, &got, 1) && addr_eq(&got, &want));
	EXPECT(!find(t, &got, 2));
	EXPECT(!rpc_authors_find(t, &got, &other));
	rpc_authors_put(t, &other, &want);
	EXPECT(find(t, &got, 1));
	put(t, 2);
	EXPECT(!find(t, &got, 1));
	want = author_of(2);
	EXPECT(find(t, &got, 2) && addr_eq(&got, &want));
	rpc_authors_free(t);
}

static void *
write_turns(void *ctx)
{
	unsigned i;

	for (i = 0; i < TURNS; i++)
		put(ctx, i % 2);
	return NULL;
}

TEST(test_authors_read_while_two_write_are_never_mixed)
{
	struct rpc_authors *t = rpc_authors_new();
	size_t wrong = 0;
	pthread_t other[2];
	struct addr got;
	unsigned i;

	for (i = 0; i < 2; i++)
		EXPECT(pthread_create(&other[i], NULL, write_turns, t) == 0);
	for (i = 0; i < TURNS; i++) {
		struct addr want = author_of(i % 2);

		wrong += find(t, &got, i % 2) && !addr_eq(&got, &want);
	}
	for (i = 0; i < 2; i++)
		EXPECT(pthread_join(other[i], NULL) == 0);
	EXPECT_U64(wrong, 0);
	rpc_authors_free(t);
}

/* COINBASE, MSTORE, RETURN. */
#define AUTHOR_CODE "0x4160005260206000f3"

/* expect_author asks code that stands in for an account who the author is. */
static void
expect_author(struct rig *r, const char *block, const char *want)
{
	const char *params = rig_fmt(r,
	    "[{\"to\":\"" RIG_CODE_ADDR "\"},\"%s\",{\"" RIG_CODE_ADDR
	    "\":{\"code\":\"" AUTHOR_CODE "\"}}]",
	    block);

	EXPECT_CALL(
	    r, "eth_call", params, rig_fmt(r, "\"0x%024d%s\"", 0, want));
}

/* Asked twice, the second answer is out of the table; a block without a seal
 * has the author that its header names, here the node itself. */
TEST(test_authors_of_blocks_that_calls_run_in)
{
	static const char nobody[] = "0000000000000000000000000000000000000000";
	struct rig r;
	unsigned i;

	rig_open(&r);
	(void)rig_mine(&r);
	(void)rig_mine(&r);
	for (i = 0; i < 2; i++) {
		expect_author(&r, "0x0", nobody);
		expect_author(&r, "0x1", rig_addr_text(0) + 2);
		expect_author(&r, "latest", rig_addr_text(0) + 2);
		expect_author(&r, "pending", rig_addr_text(0) + 2);
	}
	rig_close(&r);
}
