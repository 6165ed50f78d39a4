/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding snapshots: kept ones are used and believed only when whole, others
 * are recomputed over any distance, and a checkpoint counts as a start only
 * where its past is gone.
 */
#include "rig.h"

/* A chain of cnt blocks by three signers in turn; returns its tip. */
static const struct header *
long_chain(struct rig *r, struct engine *g, size_t cnt)
{
	const struct header *h = rig_genesis(r, 3), *next;
	size_t i;

	for (i = 0; i < cnt; i++) {
		next = rig_chain(r, h, (h->number + 1) % 3, 3);
		if (g != NULL)
			EXPECT_RC(
			    engine_verify(g, next, h, next->time, NULL), RC_OK);
		h = next;
	}
	return h;
}

static size_t
signers_at(struct engine *g, const struct header *h, enum rc want)
{
	struct hash hash = header_hash(h);
	struct addr *list;
	struct arena a;
	size_t cnt = 0;

	arena_init(&a, 1 << 20);
	EXPECT_RC(engine_signers(g, &a, &list, &cnt, &hash, NULL), want);
	arena_drop(&a);
	return cnt;
}

TEST(test_track_unknown_block_is_not_found)
{
	const struct header stranger = {.number = 5, .field_cnt = 15};
	struct engine *g;
	struct rig r;

	rig_open(&r, true);
	rig_genesis(&r, 3);
	g = rig_engine(&r);
	signers_at(g, &stranger, RC_NOT_FOUND);
	engine_free(g);
	rig_close(&r);
}

TEST(test_track_keeps_every_1024_blocks_and_starts_there)
{
	const struct header *tip;
	struct engine *g;
	struct rig r;

	rig_open(&r, true);
	g = rig_engine(&r);
	tip = long_chain(&r, g, 2100);
	EXPECT_U64(signers_at(g, tip, RC_OK), 3);
	EXPECT_U64(r.keep_cnt, 2); /* 1024 and 2048 */
	engine_free(g);
	g = rig_engine(&r);
	r.read_cnt = 0;
	EXPECT_U64(signers_at(g, tip, RC_OK), 3);
	/* 52 back to 2048, and forth again. */
	EXPECT(r.read_cnt <= 2 * 53);
	r.read_cnt = 0;
	EXPECT_U64(signers_at(g, tip, RC_OK), 3);
	EXPECT_U64(r.read_cnt, 0);
	engine_free(g);
	rig_close(&r);
}

TEST(test_track_without_kept_ones_walks_to_genesis)
{
	const struct header *tip;
	struct engine *g;
	struct rig r;

	rig_open(&r, true);
	r.link.keep = NULL;
	r.link.load = NULL;
	tip = long_chain(&r, NULL, 1500);
	g = rig_engine(&r);
	EXPECT_U64(signers_at(g, tip, RC_OK), 3);
	EXPECT(r.read_cnt > 1500);
	engine_free(g);
	rig_close(&r);
}

TEST(test_track_damaged_kept_one_is_recomputed)
{
	static const char *const rows[] = {"cut", "of another block", "empty"};
	const struct header *tip;
	struct engine *g;
	struct rig r;
	size_t i;

	rig_open(&r, true);
	g = rig_engine(&r);
	tip = long_chain(&r, g, 1030);
	engine_free(g);
	EXPECT_U64(r.aux_cnt, 1);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes whole = r.aux[0].value;
		uint8_t copy[512];

		test_row(rows[i]);
		memcpy(copy, whole.ptr, whole.len);
		copy[8] ^= i == 1; /* in the hash */
		r.aux[0].value = bytes_of(copy, i == 0   ? whole.len - 1
						: i == 2 ? 0
							 : whole.len);
		g = rig_engine(&r);
		EXPECT_U64(signers_at(g, tip, RC_OK), 3);
		/* And it is kept anew. */
		EXPECT_BYTES(r.aux[0].value, whole);
		r.aux[0].value = whole;
		engine_free(g);
	}
	test_count(i);
	rig_close(&r);
}

TEST(test_track_failed_keep_is_an_error)
{
	const struct header *h;
	struct engine *g;
	struct rig r;

	rig_open(&r, true);
	h = long_chain(&r, NULL, 1024);
	g = rig_engine(&r);
	r.keep_rc = RC_IO;
	signers_at(g, h, RC_IO);
	engine_free(g);
	rig_close(&r);
}

/* A store that begins at a checkpoint, as after a sync from there. */
TEST(test_track_checkpoint_without_past_is_believed)
{
	const struct header *h;
	struct engine *g;
	struct hash past;
	struct rig r;

	rig_open(&r, true);
	r.conf.epoch = 100;
	h = long_chain(&r, NULL, 100);
	past = h->parent;
	map_del(&r.headers, past.b);
	h = rig_chain(&r, h, 2, 3);
	g = rig_engine(&r);
	EXPECT_U64(signers_at(g, h, RC_OK), 3);
	engine_free(g);
	rig_close(&r);
}

TEST(test_track_gap_in_the_store_is_not_found)
{
	const struct header *h;
	struct engine *g;
	struct hash past;
	struct rig r;

	rig_open(&r, true);
	h = long_chain(&r, NULL, 10);
	past = rig_get(&r, &h->parent)->parent;
	map_del(&r.headers, past.b);
	g = rig_engine(&r);
	signers_at(g, h, RC_NOT_FOUND);
	engine_free(g);
	rig_close(&r);
}

/* More branches than snapshots fit: older ones are found again. */
TEST(test_track_cache_is_bounded_and_refilled)
{
	const struct header *h, *chain[200];
	struct engine *g;
	struct rig r;
	size_t i;

	rig_open(&r, true);
	h = rig_genesis(&r, 3);
	g = rig_engine(&r);
	for (i = 0; i < 200; i++) {
		h = rig_chain(&r, h, (h->number + 1) % 3, 3);
		chain[i] = h;
		EXPECT_U64(signers_at(g, h, RC_OK), 3);
	}
	for (i = 200; i-- > 0;)
		EXPECT_U64(signers_at(g, chain[i], RC_OK), 3);
	engine_free(g);
	rig_close(&r);
}

/* Ten thousand signers a set: the cache is bounded in bytes, too. */
TEST(test_track_cache_of_large_sets_is_bounded)
{
	static uint8_t extra[CLIQUE_VANITY + CLIQUE_SEAL + 20 * 10000];
	struct addr self = rig_addr(0);
	struct header genesis, h;
	struct clique *c;
	struct engine *g;
	struct hash hash;
	struct rig r;
	size_t i;

	rig_open(&r, true);
	genesis = *rig_genesis(&r, 1);
	for (i = 0; i < 9999; i++)
		be32_put(extra + CLIQUE_VANITY + 20 * i, (uint32_t)i + 1);
	memcpy(extra + CLIQUE_VANITY + 20 * i, self.b, 20);
	genesis.extra = bytes_of(extra, sizeof(extra));
	hash = rig_put(&r, &genesis);
	g = rig_engine(&r);
	c = clique_of(g);
	for (i = 0; i < CLIQUE_CACHE_MAX; i++) {
		rig_next(&r, &h, rig_get(&r, &hash), 0, 1);
		h.time += i;
		rig_seal(&r, &h, 0);
		rig_put(&r, &h);
		EXPECT_U64(signers_at(g, &h, RC_OK), 10000);
		EXPECT(c->cache.bytes <= CLIQUE_CACHE_BYTES_MAX);
	}
	EXPECT(c->cache.bytes > CLIQUE_CACHE_BYTES_MAX / 2);
	engine_free(g);
	rig_close(&r);
}
