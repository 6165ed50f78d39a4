/* SPDX-License-Identifier: Apache-2.0
 *
 * Signer sets as data: the stored form refuses whatever breaks an invariant,
 * and the edges of windows, votes and bounds that the public chains leave
 * out.
 */
#include "eth/rlp.h"
#include "rig.h"

/* A writer of stored forms, right and wrong ones. */
struct form {
	uint8_t space[4096];
	struct buf b;
};

static struct addr
at(uint8_t i)
{
	return (struct addr){{i}};
}

/* list wraps what was written since mark into a list. */
static void
list(struct form *f, size_t mark)
{
	uint8_t copy[4096];
	size_t len = f->b.len - mark;

	memcpy(copy, f->b.ptr + mark, len);
	f->b.len = mark;
	EXPECT(rlp_put_list_head(&f->b, len));
	EXPECT(buf_put(&f->b, copy, len));
}

static void
put_recent(struct form *f, uint64_t number, uint8_t signer, bool has_more)
{
	struct addr a = at(signer);
	size_t mark = f->b.len;

	rlp_put_u64(&f->b, number);
	rlp_put_str(&f->b, addr_bytes(&a));
	if (has_more)
		rlp_put_u64(&f->b, 1);
	list(f, mark);
}

static void
put_vote(struct form *f, uint8_t signer, uint8_t target, uint64_t number,
    uint64_t is_add, bool has_more)
{
	struct addr a = at(signer), b = at(target);
	size_t mark = f->b.len;

	rlp_put_str(&f->b, addr_bytes(&a));
	rlp_put_str(&f->b, addr_bytes(&b));
	rlp_put_u64(&f->b, number);
	rlp_put_u64(&f->b, is_add);
	if (has_more)
		rlp_put_u64(&f->b, 1);
	list(f, mark);
}

/* What a row may spoil. */
struct spoil {
	const char *name;
	enum rc want;
	uint64_t version, signer_bytes;
	uint8_t signers[3];
	uint64_t recents[2];
	struct {
		uint8_t signer, target;
		uint64_t number, is_add;
	} votes[2];
	enum { NO_TAIL, BEHIND_ITEMS, BEHIND_ALL, IN_RECENT, IN_VOTE } tail;
};

static struct bytes
form_of(struct form *f, const struct spoil *s)
{
	static const struct hash hash = {{7}};
	uint8_t signers[60] = {0};
	size_t i, mark;

	f->b = buf_of(f->space, sizeof(f->space));
	rlp_put_u64(&f->b, s->version);
	rlp_put_u64(&f->b, 10);
	rlp_put_str(&f->b, hash_bytes(&hash));
	for (i = 0; i < 3; i++)
		signers[20 * i] = s->signers[i];
	rlp_put_str(&f->b, bytes_of(signers, s->signer_bytes));
	mark = f->b.len;
	for (i = 0; i < 2; i++)
		put_recent(f, s->recents[i], 1, s->tail == IN_RECENT);
	list(f, mark);
	mark = f->b.len;
	for (i = 0; i < 2; i++)
		put_vote(f, s->votes[i].signer, s->votes[i].target,
		    s->votes[i].number, s->votes[i].is_add, s->tail == IN_VOTE);
	list(f, mark);
	if (s->tail == BEHIND_ITEMS)
		rlp_put_u64(&f->b, 1);
	list(f, 0);
	if (s->tail == BEHIND_ALL)
		rlp_put_u64(&f->b, 1);
	return bytes_of_buf(&f->b);
}

/* The parts of a good one. */
#define S3                                                                     \
	{                                                                      \
		1, 2, 3                                                        \
	}
#define R2                                                                     \
	{                                                                      \
		9, 10                                                          \
	}
#define V2                                                                     \
	{                                                                      \
		{1, 9, 5, 1},                                                  \
		{                                                              \
			2, 3, 6, 0                                             \
		}                                                              \
	}

TEST(test_snapshot_stored_form_refuses_broken_invariants)
{
	static const struct spoil rows[] = {
	    {"good", RC_OK, 1, 60, S3, R2, V2, NO_TAIL},
	    {"version", RC_UNSUPPORTED, 2, 60, S3, R2, V2, NO_TAIL},
	    {"half an address", RC_CORRUPT, 1, 59, S3, R2, V2, NO_TAIL},
	    {"signers unsorted", RC_CORRUPT, 1, 60, {1, 3, 2}, R2, V2, NO_TAIL},
	    {"signer twice", RC_CORRUPT, 1, 60, {1, 2, 2}, R2, V2, NO_TAIL},
	    {"recents unsorted", RC_CORRUPT, 1, 60, S3, {10, 9}, V2, NO_TAIL},
	    {"recent twice", RC_CORRUPT, 1, 60, S3, {9, 9}, V2, NO_TAIL},
	    {"recent of the future", RC_CORRUPT, 1, 60, S3, {9, 11}, V2,
		NO_TAIL},
	    {"vote of a stranger", RC_CORRUPT, 1, 60, S3, R2,
		{{1, 9, 5, 1}, {8, 3, 6, 0}}, NO_TAIL},
	    {"vote to add a member", RC_CORRUPT, 1, 60, S3, R2,
		{{1, 9, 5, 1}, {2, 3, 6, 1}}, NO_TAIL},
	    {"vote to drop a stranger", RC_CORRUPT, 1, 60, S3, R2,
		{{1, 9, 5, 0}, {2, 3, 6, 0}}, NO_TAIL},
	    {"vote neither way", RC_CORRUPT, 1, 60, S3, R2,
		{{1, 9, 5, 2}, {2, 3, 6, 0}}, NO_TAIL},
	    {"votes unsorted", RC_CORRUPT, 1, 60, S3, R2,
		{{1, 9, 6, 1}, {2, 3, 5, 0}}, NO_TAIL},
	    {"vote of the future", RC_CORRUPT, 1, 60, S3, R2,
		{{1, 9, 5, 1}, {2, 3, 11, 0}}, NO_TAIL},
	    {"vote stands twice", RC_CORRUPT, 1, 60, S3, R2,
		{{1, 9, 5, 1}, {1, 9, 6, 1}}, NO_TAIL},
	    {"items behind", RC_TRAILING, 1, 60, S3, R2, V2, BEHIND_ITEMS},
	    {"bytes behind", RC_TRAILING, 1, 60, S3, R2, V2, BEHIND_ALL},
	    {"more in a recent", RC_TRAILING, 1, 60, S3, R2, V2, IN_RECENT},
	    {"more in a vote", RC_TRAILING, 1, 60, S3, R2, V2, IN_VOTE},
	};
	struct clique_snap s;
	struct form f;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(clique_snap_decode(&s, form_of(&f, &rows[i]), NULL),
		    rows[i].want);
		if (rows[i].want == RC_OK) {
			EXPECT_U64(s.vote_cnt, 2);
			clique_snap_free(&s);
		}
	}
	test_count(i);
}

/* Cut anywhere, the stored form is refused. */
TEST(test_snapshot_stored_form_cut_anywhere_is_refused)
{
	static const struct spoil good = {
	    "good", RC_OK, 1, 60, S3, R2, V2, NO_TAIL};
	struct clique_snap s;
	struct bytes all;
	struct form f;
	size_t len;

	all = form_of(&f, &good);
	for (len = 0; len < all.len; len++)
		EXPECT(clique_snap_decode(&s, bytes_of(all.ptr, len), NULL) !=
		       RC_OK);
	test_count(len);
}

TEST(test_snapshot_first_sorts_and_drops_doubles)
{
	uint8_t extra[CLIQUE_VANITY + CLIQUE_SEAL + 80] = {0};
	struct header h = {.extra = {extra, sizeof(extra)}};
	struct hash hash = {{1}};
	struct clique_snap s;

	extra[CLIQUE_VANITY] = 3;
	extra[CLIQUE_VANITY + 20] = 1;
	extra[CLIQUE_VANITY + 40] = 3;
	extra[CLIQUE_VANITY + 60] = 2;
	EXPECT_RC(clique_snap_first(&s, &h, &hash, NULL), RC_OK);
	EXPECT_U64(s.signer_cnt, 3);
	EXPECT(s.signers[0].b[0] == 1 && s.signers[2].b[0] == 3);
	clique_snap_free(&s);
	h.extra.len--;
	EXPECT_RC(clique_snap_first(&s, &h, &hash, NULL), RC_BLK_CP_SIGNERS);
	h.extra.len = CLIQUE_VANITY + CLIQUE_SEAL - 1;
	EXPECT_RC(clique_snap_first(&s, &h, &hash, NULL), RC_BLK_SIG_MISSING);
	h.extra.len = CLIQUE_VANITY - 1;
	EXPECT_RC(clique_snap_first(&s, &h, &hash, NULL), RC_BLK_VANITY);
}

/* A set after block number with n signers whose last blocks were signed in
 * order. */
static void
make_set(struct clique_snap *s, size_t n, uint64_t number)
{
	uint8_t extra[CLIQUE_VANITY + CLIQUE_SEAL + 20 * 10] = {0};
	struct header h = {
	    .extra = {extra, CLIQUE_VANITY + CLIQUE_SEAL + 20 * n}};
	struct hash hash = {{1}};
	size_t i;

	for (i = 0; i < n; i++)
		extra[CLIQUE_VANITY + 20 * i] = (uint8_t)(i + 1);
	h.number = number;
	EXPECT_RC(clique_snap_first(s, &h, &hash, NULL), RC_OK);
}

static enum rc
step(struct clique_snap *s, uint8_t signer, uint8_t target, bool is_add)
{
	struct header h = {.parent = s->hash, .number = s->number + 1};
	struct hash hash = s->hash;
	struct addr a = at(signer);

	hash.b[1]++;
	h.coinbase = at(target);
	memset(h.nonce, is_add ? 0xff : 0, sizeof(h.nonce));
	return clique_snap_apply(s, &h, &hash, &a, 1000, NULL);
}

/* Each signer may sign again exactly when limit blocks have passed. */
TEST(test_snapshot_window_for_every_set_size)
{
	struct clique_snap s;
	uint64_t i, from;
	size_t n;

	for (n = 1; n <= 9; n++) {
		for (from = 0; from <= 100; from += 100) {
			make_set(&s, n, from);
			EXPECT_RC(step(&s, 1, 0, false), RC_OK);
			for (i = 1; i < clique_limit(n); i++) {
				EXPECT_RC(step(&s, 1, 0, false), RC_BLK_RECENT);
				EXPECT_RC(step(&s, (uint8_t)(i + 1), 0, false),
				    RC_OK);
			}
			EXPECT_RC(step(&s, 1, 0, false), RC_OK);
			clique_snap_free(&s);
		}
	}
	test_count(18);
}

TEST(test_snapshot_refused_block_changes_nothing)
{
	struct clique_snap s, before;
	struct bytes a, b;
	struct arena arena;

	arena_init(&arena, 1 << 16);
	make_set(&s, 3, 999); /* the next block is a checkpoint */
	EXPECT_RC(step(&s, 1, 9, true), RC_OK);
	EXPECT_RC(clique_snap_copy(&before, &s, NULL), RC_OK);
	EXPECT_RC(step(&s, 1, 9, true), RC_BLK_RECENT);
	EXPECT_RC(step(&s, 8, 9, true), RC_BLK_UNAUTHORIZED);
	EXPECT_RC(clique_snap_encode(&arena, &a, &s, NULL), RC_OK);
	EXPECT_RC(clique_snap_encode(&arena, &b, &before, NULL), RC_OK);
	EXPECT_BYTES(a, b);
	clique_snap_free(&before);
	clique_snap_free(&s);
	arena_drop(&arena);
}

/* The last signer leaves: nobody may sign, and nothing divides by zero. */
TEST(test_snapshot_empty_set_admits_nobody)
{
	struct clique_snap s;

	make_set(&s, 1, 0);
	EXPECT_RC(step(&s, 1, 1, false), RC_OK);
	EXPECT_U64(s.signer_cnt, 0);
	EXPECT(!clique_in_turn(2, 0, s.signer_cnt));
	EXPECT_RC(step(&s, 1, 0, false), RC_BLK_UNAUTHORIZED);
	clique_snap_free(&s);
}

TEST(test_snapshot_vote_bound_is_an_error)
{
	struct clique_snap s;

	make_set(&s, 3, 0);
	s.vote_cnt = 0;
	EXPECT_RC(step(&s, 1, 9, true), RC_OK);
	EXPECT_U64(s.vote_cnt, 1);
	/* As if an epoch without end had filled it. */
	mem_free(s.votes);
	s.votes = mem_array(CLIQUE_VOTE_MAX, sizeof(*s.votes));
	s.vote_cap = s.vote_cnt = CLIQUE_VOTE_MAX;
	EXPECT_RC(step(&s, 2, 9, true), RC_NO_SPACE);
	clique_snap_free(&s);
}

/* Votes both ways, and no signer at all. */
TEST(test_snapshot_stored_form_round_trip)
{
	struct clique_snap s, got;
	struct bytes form, again;
	struct arena a;
	size_t n;

	arena_init(&a, 1 << 16);
	for (n = 0; n <= 5; n += 5) {
		make_set(&s, n, 7);
		if (n > 0) {
			EXPECT_RC(step(&s, 1, 9, true), RC_OK);
			EXPECT_RC(step(&s, 2, 3, false), RC_OK);
			EXPECT_U64(s.vote_cnt, 2);
		}
		EXPECT_RC(clique_snap_encode(&a, &form, &s, NULL), RC_OK);
		EXPECT_RC(clique_snap_decode(&got, form, NULL), RC_OK);
		EXPECT_RC(clique_snap_encode(&a, &again, &got, NULL), RC_OK);
		EXPECT_BYTES(again, form);
		EXPECT_U64(got.signer_cnt, n);
		clique_snap_free(&got);
		clique_snap_free(&s);
	}
	arena_drop(&a);
}

TEST(test_snapshot_signer_bound_is_an_error)
{
	static uint8_t
	    extra[CLIQUE_VANITY + CLIQUE_SEAL + 20 * (CLIQUE_SIGNER_MAX + 1)];
	struct header h = {.extra = {extra, sizeof(extra) - 20}};
	struct hash hash = {{1}};
	struct clique_snap s;
	size_t i;

	for (i = 0; i <= CLIQUE_SIGNER_MAX; i++)
		be32_put(extra + CLIQUE_VANITY + 20 * i, (uint32_t)i + 1);
	EXPECT_RC(clique_snap_first(&s, &h, &hash, NULL), RC_OK);
	EXPECT_U64(s.signer_cnt, CLIQUE_SIGNER_MAX);
	clique_snap_free(&s);
	h.extra.len += 20;
	EXPECT_RC(clique_snap_first(&s, &h, &hash, NULL), RC_NO_SPACE);
}
