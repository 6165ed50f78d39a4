/* SPDX-License-Identifier: Apache-2.0
 *
 * BLS12-381 as EIP-2537 has it: inputs that must be refused, the vectors of
 * the EIP, and laws that hold between its operations.
 */
#include "crypto/bls12.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "crypto/rng.h"
#include "test.h"

enum { OUT_MAX = 256, ARENA_MAX = BLS12_MSM_ARENA_BYTES };

/* An operation of the EIP on input of any length: len bytes of output, or
 * none where the input is refused. */
struct operation {
	const char *name; /* of its vector files, without "_bls.json" */
	size_t item_len;  /* the input's length, or what it is a multiple of */
	bool is_list;
	size_t (*run)(uint8_t out[OUT_MAX], struct bytes in);
};

static size_t
run_g1_add(uint8_t out[OUT_MAX], struct bytes in)
{
	return bls12_g1_add(out, in.ptr) ? BLS12_G1_LEN : 0;
}

static size_t
run_g2_add(uint8_t out[OUT_MAX], struct bytes in)
{
	return bls12_g2_add(out, in.ptr) ? BLS12_G2_LEN : 0;
}

/* The arena holds what the header promises and not a byte more. */
static size_t
run_g1_msm(uint8_t out[OUT_MAX], struct bytes in)
{
	struct arena mem;
	bool ok;

	arena_init(&mem, ARENA_MAX);
	ok = bls12_g1_msm(&mem, out, in);
	EXPECT_U64(mem.used_bytes, 0);
	arena_drop(&mem);
	return ok ? BLS12_G1_LEN : 0;
}

static size_t
run_g2_msm(uint8_t out[OUT_MAX], struct bytes in)
{
	struct arena mem;
	bool ok;

	arena_init(&mem, ARENA_MAX);
	ok = bls12_g2_msm(&mem, out, in);
	EXPECT_U64(mem.used_bytes, 0);
	arena_drop(&mem);
	return ok ? BLS12_G2_LEN : 0;
}

static size_t
run_pairing(uint8_t out[OUT_MAX], struct bytes in)
{
	bool is_one;

	if (!bls12_pairing(&is_one, in))
		return 0;
	memset(out, 0, 32);
	out[31] = is_one;
	return 32;
}

static size_t
run_map_fp(uint8_t out[OUT_MAX], struct bytes in)
{
	return bls12_map_fp(out, in.ptr) ? BLS12_G1_LEN : 0;
}

static size_t
run_map_fp2(uint8_t out[OUT_MAX], struct bytes in)
{
	return bls12_map_fp2(out, in.ptr) ? BLS12_G2_LEN : 0;
}

static const struct operation operations[] = {
    {"add_G1", 256, false, run_g1_add},
    {"add_G2", 512, false, run_g2_add},
    {"mul_G1", 160, true, run_g1_msm},
    {"mul_G2", 288, true, run_g2_msm},
    {"msm_G1", 160, true, run_g1_msm},
    {"msm_G2", 288, true, run_g2_msm},
    {"pairing_check", 384, true, run_pairing},
    {"map_fp_to_G1", 64, false, run_map_fp},
    {"map_fp2_to_G2", 128, false, run_map_fp2},
};

/* run is the operation behind the contract's rule of lengths. */
static struct bytes
run(const struct operation *op, uint8_t out[OUT_MAX], struct bytes in)
{
	bool fits = op->is_list ? in.len > 0 && in.len % op->item_len == 0
				: in.len == op->item_len;

	return bytes_of(out, fits ? op->run(out, in) : 0);
}

/* run_file runs the rows of a vector file; those without an expected output
 * must be refused. Returns how many there were. */
static size_t
run_file(const struct operation *op, const char *path)
{
	json_t *rows = json_load_file(path, 0, NULL), *row;
	uint8_t out[OUT_MAX];
	size_t i;

	if (rows == NULL)
		return 0;
	json_array_foreach(rows, i, row)
	{
		const char *in =
		    json_string_value(json_object_get(row, "Input"));
		const char *want =
		    json_string_value(json_object_get(row, "Expected"));

		test_row(json_string_value(json_object_get(row, "Name")));
		CHECK(in != NULL);
		EXPECT_BYTES(run(op, out, test_hex(in)),
		    test_hex(want == NULL ? "" : want));
	}
	test_row(NULL);
	json_decref(rows);
	return i;
}

static const struct operation *
op_named(const char *name)
{
	size_t i = 0;

	while (strcmp(operations[i].name, name) != 0)
		i++;
	return &operations[i];
}

/* --- inputs that must be refused */

#define PAD "00000000000000000000000000000000"
#define P                                                                      \
	"1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eab" \
	"fffeb153ffffb9feffffffffaaab"
#define ABOVE_P                                                                \
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" \
	"ffffffffffffffffffffffffffff"
#define ZERO                                                                   \
	"00000000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000"
#define TWO                                                                    \
	"00000000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000002"
#define INF_G1 PAD ZERO PAD ZERO
#define INF_G2 INF_G1 INF_G1
#define K0     "0000000000000000000000000000000000000000000000000000000000000000"
#define K1     "0000000000000000000000000000000000000000000000000000000000000001"
/* The generators, EIP-2537. */
#define G1_X                                                                   \
	"17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55" \
	"e83ff97a1aeffb3af00adb22c6bb"
#define G1_Y                                                                   \
	"08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03c" \
	"c744a2888ae40caa232946c5e7e1"
#define G1 PAD G1_X PAD G1_Y
#define G2_X0                                                                  \
	"024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac" \
	"0326a805bbefd48056c8c121bdb8"
#define G2_X1                                                                  \
	"13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334c" \
	"f11213945d57e5ac7d055d042b7e"
#define G2_Y0                                                                  \
	"0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923a" \
	"c9cc3baca289e193548608b82801"
#define G2_Y1                                                                  \
	"0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f37" \
	"0d275cec1da1aaa9075ff05f79be"
#define G2 PAD G2_X0 PAD G2_X1 PAD G2_Y0 PAD G2_Y1
/* On the curve, of order 3: (0, 2). */
#define OFF_G1 PAD ZERO PAD TWO

TEST(test_bls12_invalid_input_refused)
{
	static const struct {
		const char *name, *op, *in;
	} rows[] = {
	    {"fp is p", "map_fp_to_G1", PAD P},
	    {"fp above p", "map_fp_to_G1", PAD ABOVE_P},
	    {"fp with the first pad byte set", "map_fp_to_G1",
		"01000000000000000000000000000000" ZERO},
	    {"fp with the last pad byte set", "map_fp_to_G1",
		"00000000000000000000000000000001" ZERO},
	    {"fp2 with c0 p", "map_fp2_to_G2", PAD P PAD ZERO},
	    {"fp2 with c1 p", "map_fp2_to_G2", PAD ZERO PAD P},
	    {"fp2 with c1's pad set", "map_fp2_to_G2",
		PAD ZERO "00000000000000010000000000000000" ZERO},
	    {"first x is p", "add_G1", PAD P PAD ZERO G1},
	    {"second y is p", "add_G1", G1 PAD ZERO PAD P},
	    {"second pad", "add_G1",
		G1 PAD G1_X "00000000000000000000000000000080" G1_Y},
	    {"x and y exchanged", "add_G1", PAD G1_Y PAD G1_X G1},
	    {"only x is 0", "add_G1", PAD ZERO PAD G1_Y G1},
	    {"only y is 0", "add_G1", G1 PAD G1_X PAD ZERO},
	    {"c0 and c1 exchanged", "add_G2",
		G2 PAD G2_X1 PAD G2_X0 PAD G2_Y1 PAD G2_Y0},
	    {"x of G2 is 0", "add_G2",
		PAD ZERO PAD ZERO PAD G2_Y0 PAD G2_Y1 G2},
	    {"y1 is p", "add_G2", G2 PAD G2_X0 PAD G2_X1 PAD G2_Y0 PAD P},
	    {"off the curve times 0", "msm_G1", PAD G1_X PAD TWO K0},
	    {"off the subgroup", "msm_G1", OFF_G1 K1},
	    {"off the subgroup times 0", "msm_G1", OFF_G1 K0},
	    {"second off the subgroup", "msm_G1", G1 K1 OFF_G1 K1},
	    {"first y is p", "msm_G1", PAD ZERO PAD P K0 G1 K1},
	    {"second off the curve", "msm_G2",
		G2 K1 PAD TWO PAD ZERO PAD TWO PAD ZERO K1},
	    {"pad of a point times 0", "msm_G2",
		"00000000000000000000000000000001" ZERO PAD ZERO PAD ZERO PAD
		    ZERO K0},
	    {"off the subgroup", "pairing_check", OFF_G1 G2},
	    {"off the subgroup, other at infinity", "pairing_check",
		OFF_G1 INF_G2},
	    {"off the curve, other at infinity", "pairing_check",
		INF_G1 PAD G2_X0 PAD G2_X1 PAD G2_Y0 PAD G2_Y0},
	    {"second pair off the subgroup", "pairing_check", G1 G2 OFF_G1 G2},
	};
	uint8_t out[OUT_MAX];
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		EXPECT_U64(
		    run(op_named(rows[i].op), out, test_hex(rows[i].in)).len,
		    0);
	}
	test_row(NULL);
}

TEST(test_bls12_length_no_multiple_refused)
{
	static const uint8_t zeros[3 * BLS12_PAIR_LEN];
	struct arena mem;
	uint8_t out[OUT_MAX];
	bool is_one;
	size_t len;

	arena_init(&mem, ARENA_MAX);
	for (len = 0; len < sizeof(zeros); len += 31) {
		struct bytes in = bytes_of(zeros, len);

		EXPECT(bls12_g1_msm(&mem, out, in) == (len % 160 == 0));
		EXPECT(bls12_g2_msm(&mem, out, in) == (len % 288 == 0));
		EXPECT(bls12_pairing(&is_one, in) == (len % 384 == 0));
	}
	arena_drop(&mem);
}

/* Points that only sums and pairings refuse. */
TEST(test_bls12_add_takes_points_off_the_subgroup)
{
	uint8_t out[OUT_MAX];

	EXPECT_BYTES(run(op_named("add_G1"), out, test_hex(OFF_G1 INF_G1)),
	    test_hex(OFF_G1));
	/* 2 (0, 2) = (0, -2) */
	EXPECT_BYTES(run(op_named("add_G1"), out, test_hex(OFF_G1 OFF_G1)),
	    test_hex(PAD ZERO PAD
		"1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f"
		"6241eabfffeb153ffffb9feffffffffaaa9"));
}

TEST(test_bls12_vectors_of_the_eip)
{
	const char *dir = test_unpack("ethereum/unit.tar.zst");
	size_t i, good = 0, bad = 0;
	char path[4096];

	if (dir == NULL) {
		test_skip("ethereum/unit.tar.zst, zstd or tar missing");
		return;
	}
	for (i = 0; i < ARRAY_CNT(operations); i++) {
		const char *name = operations[i].name;

		(void)snprintf(path, sizeof(path),
		    "%s/assets/eip-2537/fail-%s_bls.json", dir, name);
		bad += run_file(&operations[i], path);
		(void)snprintf(path, sizeof(path),
		    "%s/assets/eip-2537/%s_bls.json", dir, name);
		good += run_file(&operations[i], path);
	}
	EXPECT_U64(good, 125);
	EXPECT_U64(bad, 34);
	test_count(good + bad);
}

/* --- points of small order: the ways out of the subgroup */

TEST(test_bls12_small_order_refused_in_sums)
{
	/* One for each prime that divides the cofactor of G1. */
	static const struct {
		const char *order, *x, *y;
	} rows[] = {
	    {"3", ZERO, TWO},
	    {"11",
		"19b3e2c8c6bbf59d3c326b531fc1e639d29200c28624ac604f251a12908c9b"
		"7f735318617f625954cc71cdf03229b1ef",
		"15d1455562b9a28d0f11a69ecd34f5a8ade01df410168a09cf16ccfbcbfc69"
		"403c7c5771a05d217a122b795529939e03"},
	    {"10177",
		"193b2cc2a8a222518a034a317b5739ccd4a649411687902474b6c8856f35d6"
		"18539e97dafa1784403ae4bcd37562c234",
		"10e65a0c79bf17f8e54b43641b540c359525582f787dde24bcaa974ffd9625"
		"2dfbc15b5c35b6662339ba7b300e597853"},
	    {"859267",
		"1310f8ec33fd928f6e1574118fda4984a98fc50e5a9d7f131f342d969864bf"
		"3812fc1fa57714de7d4c72990b03b5cac7",
		"0b71f75142efeb6f73b4e070b254981942311d4464cea42763ea870c91cc82"
		"f96d425da39dad33bb87fe9cf643733ec4"},
	    {"52437899",
		"136e825e6cd75a2167f0c44cfadea0ecc43c0be6a51219b5d2c4ae3bd6c776"
		"07ea2e1cc2b828fe316f8237382eab63a6",
		"092cc98c21bebc35377c61ebc25f470249cb52810f866f196c07e08efed10d"
		"c1509a6c101865e4dbb0bc6cf14b22ac7e"},
	};
	uint8_t in[BLS12_G1_TERM_LEN + BLS12_G1_LEN] = {0}, out[OUT_MAX];
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].order);
		memset(in, 0, sizeof(in));
		memcpy(in + 16, test_hex(rows[i].x).ptr, 48);
		memcpy(in + 80, test_hex(rows[i].y).ptr, 48);
		EXPECT_U64(run_g1_msm(out, bytes_of(in, 160)), 0);
		/* With a point of the subgroup added it is not in it either. */
		memcpy(in + 128, test_hex(G1).ptr, 128);
		EXPECT_U64(run_g1_add(out, bytes_of(in, 256)), 128);
		memcpy(in, out, 128);
		memset(in + 128, 0, 32);
		EXPECT_U64(run_g1_msm(out, bytes_of(in, 160)), 0);
	}
	test_row(NULL);
}

/* --- laws */

/* A group, as the EIP's operations see it. */
struct group {
	const char *name, *generator;
	size_t len;
	size_t (*add)(uint8_t out[OUT_MAX], struct bytes in);
	size_t (*msm)(uint8_t out[OUT_MAX], struct bytes in);
};

static const struct group groups[] = {
    {"G1", G1, BLS12_G1_LEN, run_g1_add, run_g1_msm},
    {"G2", G2, BLS12_G2_LEN, run_g2_add, run_g2_msm},
};

struct point {
	uint8_t b[OUT_MAX];
};

static struct point
add(const struct group *g, const struct point *a, const struct point *b)
{
	uint8_t in[2 * OUT_MAX];
	struct point sum;

	memcpy(in, a->b, g->len);
	memcpy(in + g->len, b->b, g->len);
	EXPECT_U64(g->add(sum.b, bytes_of(in, 2 * g->len)), g->len);
	return sum;
}

static struct point
mul(const struct group *g, const struct point *a, struct bytes k)
{
	uint8_t in[OUT_MAX + 32] = {0};
	struct point product;

	memcpy(in, a->b, g->len);
	memcpy(in + g->len + 32 - k.len, k.ptr, k.len);
	EXPECT_U64(g->msm(product.b, bytes_of(in, g->len + 32)), g->len);
	return product;
}

static struct point
generator(const struct group *g)
{
	struct point p;

	memcpy(p.b, test_hex(g->generator).ptr, g->len);
	return p;
}

static bool
same(const struct group *g, const struct point *a, const struct point *b)
{
	return memcmp(a->b, b->b, g->len) == 0;
}

#define R "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
#define R_LESS                                                                 \
	"73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000"
#define R_MORE                                                                 \
	"73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000002"

TEST(test_bls12_add_keeps_the_laws_of_a_group)
{
	static const struct point inf;
	struct rng_test rng = {.state = 2537};
	uint8_t k[32];
	size_t i;

	for (i = 0; i < ARRAY_CNT(groups); i++) {
		const struct group *g = &groups[i];
		struct point one = generator(g), a, b, s, t;

		test_row(g->name);
		rng_test_fill(&rng, k, sizeof(k));
		a = mul(g, &one, bytes_of(k, 32));
		rng_test_fill(&rng, k, sizeof(k));
		b = mul(g, &one, bytes_of(k, 32));
		s = add(g, &a, &b);
		t = add(g, &b, &a);
		EXPECT(same(g, &s, &t)); /* commutes */
		EXPECT(!same(g, &s, &a) && !same(g, &s, &b));
		s = add(g, &s, &one);
		t = add(g, &b, &one);
		t = add(g, &a, &t);
		EXPECT(same(g, &s, &t)); /* associates */
		s = add(g, &a, &inf);
		t = add(g, &inf, &a);
		EXPECT(same(g, &s, &a) && same(g, &t, &a));
		s = add(g, &inf, &inf);
		EXPECT(same(g, &s, &inf));
		s = add(g, &a, &a);
		t = mul(g, &a, bytes_of("\2", 1));
		EXPECT(same(g, &s, &t)); /* doubles */
		t = mul(g, &a, test_hex(R_LESS));
		s = add(g, &a, &t);
		EXPECT(same(g, &s, &inf)); /* a + (-a) */
	}
	test_row(NULL);
}

TEST(test_bls12_msm_scalars_count_modulo_the_order)
{
	static const struct {
		const char *k, *same_as;
	} rows[] = {
	    {R, "00"},
	    {R_MORE, "01"},
	    /* 2^256 - 1 modulo the order */
	    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"1824b159acc5056f998c4fefecbc4ff55884b7fa0003480200000001ffff"
		"fffd"},
	};
	size_t i, k;

	for (i = 0; i < ARRAY_CNT(groups); i++) {
		struct point one = generator(&groups[i]), s, t;

		for (k = 0; k < ARRAY_CNT(rows); k++) {
			test_row(rows[k].k);
			s = mul(&groups[i], &one, test_hex(rows[k].k));
			t = mul(&groups[i], &one, test_hex(rows[k].same_as));
			EXPECT(same(&groups[i], &s, &t));
		}
	}
	test_row(NULL);
}

/* Double and add with the add operation alone. */
static struct point
mul_slowly(const struct group *g, const struct point *a, const uint8_t k[32])
{
	struct point r = {{0}};
	unsigned i;

	for (i = 0; i < 256; i++) {
		r = add(g, &r, &r);
		if (k[i / 8] >> (7 - i % 8) & 1)
			r = add(g, &r, a);
	}
	return r;
}

TEST(test_bls12_msm_of_one_is_double_and_add)
{
	static const char *const scalars[] = {K0, K1, R_LESS, R, R_MORE,
	    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	    /* one below, at and above x^2, and |x|, by which scalars split */
	    "00000000000000000000000000000000ac45a4010001a40200000000ffffffff",
	    "00000000000000000000000000000000ac45a4010001a4020000000100000000",
	    "00000000000000000000000000000000ac45a4010001a4020000000100000001",
	    "000000000000000000000000000000000000000000000000d20100000000ffff",
	    "000000000000000000000000000000000000000000000000d201000000010000",
	    "000000000000000000000000000000000000000000000000d201000000010001",
	    /* digits that carry as far as they can */
	    "00000000000000000000000000000000ffffffffffffffffffffffffffffffff",
	    "0000000000000000000000000000000000000000000000000000000000000010",
	    "000000000000000000000000000000000000000000000000d20100000000fff1"};
	size_t i, k;

	for (i = 0; i < ARRAY_CNT(groups); i++) {
		struct point one = generator(&groups[i]), s, t;

		for (k = 0; k < ARRAY_CNT(scalars); k++) {
			test_row(scalars[k]);
			s = mul(&groups[i], &one, test_hex(scalars[k]));
			t = mul_slowly(
			    &groups[i], &one, test_hex(scalars[k]).ptr);
			EXPECT(same(&groups[i], &s, &t));
		}
	}
	test_row(NULL);
}

/* fill_terms makes terms of random points, with what a sum may trip over
 * among them: infinity, 0, the same point again, its opposite. */
static void
fill_terms(const struct group *g, struct rng_test *rng, uint8_t *terms,
    struct point *points, size_t cnt)
{
	struct point p = generator(g), step = p;
	size_t i;

	for (i = 0; i < cnt; i++, terms += g->len + 32) {
		memset(terms, 0, g->len + 32);
		p = add(g, &p, &step);
		points[i] = p;
		if (i % 7 == 3)
			points[i] = (struct point){{0}};
		if (i % 7 == 5)
			points[i] = points[i - 1];
		if (i % 7 == 6)
			points[i] = mul(g, &points[i - 2], test_hex(R_LESS));
		memcpy(terms, points[i].b, g->len);
		if (i % 11 != 8)
			rng_test_fill(rng, terms + g->len, 32);
		if (i % 7 == 5 || i % 7 == 6)
			memcpy(terms + g->len, terms - 32, 32);
	}
}

TEST(test_bls12_msm_is_the_sum_of_products)
{
	/* around the borders between the ways to sum, and beyond a chunk */
	static const size_t cnts[] = {2, 3, 15, 16, 17, 31, 32, 33, 64, 1100};
	static uint8_t terms[1100 * (OUT_MAX + 32)];
	static struct point points[1100];
	struct rng_test rng = {.state = 9380};
	size_t i, k, n;

	for (i = 0; i < ARRAY_CNT(groups); i++) {
		const struct group *g = &groups[i];
		struct point sum = {{0}}, got, one;
		size_t len = g->len + 32;

		fill_terms(g, &rng, terms, points, ARRAY_CNT(points));
		test_row(g->name);
		for (k = n = 0; k < ARRAY_CNT(cnts); k++) {
			for (; n < cnts[k]; n++) {
				one = mul(g, &points[n],
				    bytes_of(terms + n * len + g->len, 32));
				sum = add(g, &sum, &one);
			}
			EXPECT_U64(
			    g->msm(got.b, bytes_of(terms, n * len)), g->len);
			EXPECT(same(g, &got, &sum));
		}
	}
	test_row(NULL);
}

/* --- pairings */

/* put_pair appends the pair (a P, b Q) of multiples of the generators. */
static void
put_pair(struct buf *out, struct bytes a, struct bytes b)
{
	struct point g1 = generator(&groups[0]), g2 = generator(&groups[1]);

	g1 = mul(&groups[0], &g1, a);
	g2 = mul(&groups[1], &g2, b);
	CHECK(buf_put(out, g1.b, BLS12_G1_LEN));
	CHECK(buf_put(out, g2.b, BLS12_G2_LEN));
}

TEST(test_bls12_pairing_is_bilinear)
{
	static uint8_t room[40 * BLS12_PAIR_LEN];
	struct rng_test rng = {.state = 381};
	size_t pairs;

	for (pairs = 1; pairs <= 33; pairs += pairs < 15 ? 7 : 1) {
		struct buf in = buf_of(room, sizeof(room));
		uint8_t a[4], b[4], sum[16] = {0};
		uint64_t total = 0;
		bool is_one;
		size_t i;

		for (i = 0; i < pairs; i++) {
			rng_test_fill(&rng, a, sizeof(a));
			rng_test_fill(&rng, b, sizeof(b));
			a[0] = 0; /* the sum of products stays below 2^64 */
			total += (uint64_t)be32(a) * be32(b);
			put_pair(&in, bytes_of(a, 4), bytes_of(b, 4));
		}
		EXPECT(bls12_pairing(&is_one, bytes_of_buf(&in)) && !is_one);
		/* e(total P, -Q) */
		be64_put(sum, total);
		put_pair(&in, bytes_of(sum, 8), test_hex(R_LESS));
		EXPECT(bls12_pairing(&is_one, bytes_of_buf(&in)) && is_one);
		in.len -= BLS12_PAIR_LEN;
		be64_put(sum, total + 1);
		put_pair(&in, bytes_of(sum, 8), test_hex(R_LESS));
		EXPECT(bls12_pairing(&is_one, bytes_of_buf(&in)) && !is_one);
	}
}

TEST(test_bls12_pairing_with_infinity_is_one)
{
	bool is_one = false;

	EXPECT(bls12_pairing(&is_one, bytes_of(NULL, 0)) && is_one);
	EXPECT(bls12_pairing(&is_one, test_hex(INF_G1 G2)) && is_one);
	EXPECT(bls12_pairing(&is_one, test_hex(G1 INF_G2)) && is_one);
	EXPECT(bls12_pairing(&is_one, test_hex(INF_G1 INF_G2)) && is_one);
	EXPECT(bls12_pairing(&is_one, test_hex(INF_G1 G2 G1 G2)) && !is_one);
}

/* --- maps */

/* Where the formulas have to branch; computed with py_ecc 8.0.0. The last of
 * Fp is the other element beside 0 that makes a denominator 0; Fp2 has none. */
TEST(test_bls12_map_special_elements_known_points)
{
	static const struct {
		const char *name, *op, *in, *want;
	} rows[] = {
	    {"0", "map_fp_to_G1",
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"0000",
		"0000000000000000000000000000000011a9a0372b8f332d5c30de9ad14e50"
		"372a73fa4c45d5f2fa5097f2d6fb93bcac592f2e1711ac43db0519870c7d0e"
		"a41500000000000000000000000000000000092c0f994164a0719f51c24ba3"
		"788de240ff926b55f58c445116e8bc6a47cd63392fd4e8e22bdf9feaa96ee7"
		"73222133"},
	    {"1", "map_fp_to_G1",
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"0001",
		"000000000000000000000000000000001073311196f8ef19477219ccee3a48"
		"035ff432295aa9419eed45d186027d88b90832e14c4f0e2aa4d15f54d1c3ed"
		"0f9300000000000000000000000000000000034d6e3755a2073039d609db4c"
		"f3aef548283b5cc92f1021cbdb276414bcd8072b112d80a2b0a7dbf22bdaf1"
		"7e006d45"},
	    {"p - 1", "map_fp_to_G1",
		"000000000000000000000000000000001a0111ea397fe69a4b1ba7b6434bac"
		"d764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffff"
		"aaaa",
		"000000000000000000000000000000001073311196f8ef19477219ccee3a48"
		"035ff432295aa9419eed45d186027d88b90832e14c4f0e2aa4d15f54d1c3ed"
		"0f930000000000000000000000000000000016b3a3b2e3dddf6a11459ddaf6"
		"57fde21c4f10282a56029d9b55ab3ce1f41e1cf39ad27e0ea35823c7d3250e"
		"81ff3d66"},
	    {"u^2 = -1/Z", "map_fp_to_G1",
		"0000000000000000000000000000000001f7462c8b6cbf74db38f4a9a3d71b"
		"da12f01df4948d09ff046edbdd403fc31088b69520ee5c57fb7cc51062bde8"
		"21b8",
		"0000000000000000000000000000000011a9a0372b8f332d5c30de9ad14e50"
		"372a73fa4c45d5f2fa5097f2d6fb93bcac592f2e1711ac43db0519870c7d0e"
		"a41500000000000000000000000000000000092c0f994164a0719f51c24ba3"
		"788de240ff926b55f58c445116e8bc6a47cd63392fd4e8e22bdf9feaa96ee7"
		"73222133"},
	    {"0", "map_fp2_to_G2",
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000",
		"00000000000000000000000000000000018320896ec9eef9d5e619848dc29c"
		"e266f413d02dd31d9b9d44ec0c79cd61f18b075ddba6d7bd20b7ff27a4b324"
		"bfce000000000000000000000000000000000a67d12118b5a35bb02d2e86b3"
		"ebfa7e23410db93de39fb06d7025fa95e96ffa428a7a27c3ae4dd4b40bd251"
		"ac658892000000000000000000000000000000000260e03644d1a2c321256b"
		"3246bad2b895cad13890cbe6f85df55106a0d334604fb143c7a042d8780062"
		"71865bc359410000000000000000000000000000000004c69777a43f0bda07"
		"679d5805e63f18cf4e0e7c6112ac7f70266d199b4f76ae27c6269a3ceebdae"
		"30806e9a76aadf5c"},
	    {"1", "map_fp2_to_G2",
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00010000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000",
		"000000000000000000000000000000001770d4f641225e1a1c0f7d05857299"
		"763e98e47ec6355b81dd6cdaf6db6825052f71d35ede3af8b70f046474c48d"
		"712e0000000000000000000000000000000000e12b55d801607d9760f8637a"
		"c80a4fececd3eb74045b342ee3c7dddd2037e72dedccc27e9a89491d4e57bd"
		"e555fead0000000000000000000000000000000005695a740eaae8452a882e"
		"7647f22bc17782b00afa7b6be2d974824a2a7cba7eece26c60671d41145266"
		"58291223532300000000000000000000000000000000143ef77ba72f284b5b"
		"4f5c5ea227d269d98a8cf74a5c048a07852874d50632806cf66bc25db08931"
		"9df2ee3f0212fc1c"},
	    {"u", "map_fp2_to_G2",
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000001",
		"000000000000000000000000000000000f5ab9ab512bac0e5aa9d4be326afe"
		"fbfa5db2dba6c88000f1cfeaa0cd62b2b2604935e2794933d76f9887bae7ed"
		"28510000000000000000000000000000000005d991fb690fdad1923ac18341"
		"88ed45d160a15ee5547a4476b836a158a9884236846408b8abd5d99217876d"
		"12f8f5d6000000000000000000000000000000001055354681ba663d288d9a"
		"5256844c48ec43e27e9f2b87ce06850d4a5661095c189f8bab578093d2161d"
		"b0b32550f3a000000000000000000000000000000000184ee89023a361021f"
		"9d288e65deb12b2045b1e3d2560590fc3139354c51b756018cf3c54a13f60c"
		"b7b970567c39c08f"},
	    {"-1 - u", "map_fp2_to_G2",
		"000000000000000000000000000000001a0111ea397fe69a4b1ba7b6434bac"
		"d764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffff"
		"aaaa000000000000000000000000000000001a0111ea397fe69a4b1ba7b643"
		"4bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffff"
		"ffffaaaa",
		"0000000000000000000000000000000009bf1b857d8c15f317f649accfa702"
		"3ef21cfc03059936b83b487db476ff9d2fe64c6147140a5f0a436b875f51ff"
		"df07000000000000000000000000000000000bb10e09bdf236cb2951bd7bcc"
		"044e1b9a6bb5fd4b2019dcc20ffde851d52d4f0d1a32382af9d7da2c5ba27e"
		"0f1c69e6000000000000000000000000000000000dd416a927ab1c15490ab7"
		"53c973fd377387b12efcbe6bed2bf768b9dc95a0ca04d1a8f0f30dbc078a23"
		"50a1f823cfd300000000000000000000000000000000171565ce4fcd047b35"
		"ea6bcee4ef6fdbfec8cc73b7acdb3a1ec97a776e13acdfeffc21ed6648e3f0"
		"eec53ddb6c20fb61"},
	};
	uint8_t out[OUT_MAX];
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		EXPECT_BYTES(
		    run(op_named(rows[i].op), out, test_hex(rows[i].in)),
		    test_hex(rows[i].want));
	}
	test_row(NULL);
}

/* The image is in the subgroup, or the sum would refuse it. */
TEST(test_bls12_map_lands_in_the_subgroup)
{
	struct rng_test rng = {.state = 8};
	uint8_t u[BLS12_FP2_LEN] = {0};
	struct point a, b;
	size_t i;

	for (i = 0; i < 50; i++) {
		rng_test_fill(&rng, u + 17, 47);
		rng_test_fill(&rng, u + 81, 47);
		EXPECT(bls12_map_fp(a.b, u));
		b = mul(&groups[0], &a, bytes_of("\1", 1));
		EXPECT(same(&groups[0], &a, &b));
		EXPECT(bls12_map_fp2(a.b, u));
		b = mul(&groups[1], &a, bytes_of("\1", 1));
		EXPECT(same(&groups[1], &a, &b));
	}
}
