/* SPDX-License-Identifier: Apache-2.0
 *
 * 256-bit arithmetic against known values and against the identities that
 * tie the operations to each other, over seeded random operands. Division
 * beside a plain one is in test_u256_div.c.
 */
#include "base/u256.h"

#include <string.h>

#include "test.h"
#include "u256draw.h"

enum { ROUNDS = 20000 };

static struct u256
hex(const char *text)
{
	struct u256 v = U256_ZERO;

	EXPECT_RC(u256_from_hex(&v, bytes_of_str(text), NULL), RC_OK);
	return v;
}

static bool
is(const struct u256 *got, const char *want)
{
	char text[U256_HEX_MAX];

	(void)u256_hex(text, got);
	return EXPECT_STR(text, want);
}

#define ONES64  "ffffffffffffffff"
#define MAX256  "0x" ONES64 ONES64 ONES64 ONES64
#define MIN_NEG "0x8000000000000000" ZERO64 ZERO64 ZERO64
#define ZERO64  "0000000000000000"

typedef void binary_fn(
    struct u256 *out, const struct u256 *a, const struct u256 *b);

static void
op_add(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	(void)u256_add(out, a, b);
}

static void
op_sub(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	(void)u256_sub(out, a, b);
}

static void
op_mul(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	(void)u256_mul(out, a, b);
}

static void
op_div(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	u256_divmod(out, NULL, a, b);
}

static void
op_mod(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	u256_divmod(NULL, out, a, b);
}

static const struct {
	const char *name;
	binary_fn *fn;
	const char *a, *b, *want;
} known[] = {
    {"add wraps", op_add, MAX256, "0x1", "0x0"},
    {"add carries across digits", op_add, "0x" ONES64 ONES64, "0x1",
	"0x1" ZERO64 ZERO64},
    {"sub wraps", op_sub, "0x0", "0x1", MAX256},
    {"sub borrows across digits", op_sub, "0x1" ZERO64 ZERO64, "0x1",
	"0x" ONES64 ONES64},
    {"mul of minus one twice", op_mul, MAX256, MAX256, "0x1"},
    {"mul 2^128 * 2^127", op_mul, "0x1" ZERO64 ZERO64,
	"0x8000000000000000" ZERO64, MIN_NEG},
    {"mul ether", op_mul, "0xde0b6b3a7640000", "0xde0b6b3a7640000",
	"0xc097ce7bc90715b34b9f1000000000"},
    {"div by zero", op_div, MAX256, "0x0", "0x0"},
    {"mod by zero", op_mod, MAX256, "0x0", "0x0"},
    {"div by ten", op_div, MAX256, "0xa",
	"0x1999999999999999999999999999999999999999999999999999999999999999"},
    {"mod by ten", op_mod, MAX256, "0xa", "0x5"},
    {"div by self", op_div, MAX256, MAX256, "0x1"},
    {"div by larger", op_div, "0x2", MAX256, "0x0"},
    {"mod by larger", op_mod, "0x2", MAX256, "0x2"},
    {"div by two digits", op_div, MAX256, "0x1" ZERO64 "",
	"0x" ONES64 ONES64 ONES64},
    {"digit estimate overflows", op_div,
	"0x8000000000000000" ZERO64 ZERO64 ZERO64,
	"0x8000000000000000" ZERO64 "0000000000000001", "0x" ONES64},
    {"digit needs the add-back", op_div,
	"0x8000000000000000" ZERO64 ZERO64 "0000000000000003",
	"0x2000000000000000" ZERO64 "0000000000000001", "0x3" ONES64},
    {"sdiv -8 / 3", u256_sdiv,
	"0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8",
	"0x3",
	"0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"},
    {"sdiv -2^255 / -1 stays", u256_sdiv, MIN_NEG, MAX256, MIN_NEG},
    {"sdiv by zero", u256_sdiv, MIN_NEG, "0x0", "0x0"},
    {"smod -8 % 3 takes the dividend's sign", u256_smod,
	"0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8",
	"0x3",
	"0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"},
    {"smod 8 % -3", u256_smod, "0x8",
	"0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd",
	"0x2"},
    {"smod by zero", u256_smod, MIN_NEG, "0x0", "0x0"},
    {"exp 0^0", u256_exp, "0x0", "0x0", "0x1"},
    {"exp 10^77", u256_exp, "0xa", "0x4d",
	"0xdd15fe86affad91249ef0eb713f39ebeaa987b6e6fd2a0000000000000000000"},
    {"exp 2^255", u256_exp, "0x2", "0xff", MIN_NEG},
    {"exp 2^256 wraps", u256_exp, "0x2", "0x100", "0x0"},
    {"exp 3^max", u256_exp, "0x3", MAX256,
	"0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"},
};

TEST(test_u256_known_operands_known_results)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct u256 a = hex(known[i].a), b = hex(known[i].b), out;

		test_row(known[i].name);
		known[i].fn(&out, &a, &b);
		(void)is(&out, known[i].want);
		known[i].fn(&a, &a, &b); /* output over an operand */
		(void)is(&a, known[i].want);
		a = hex(known[i].a);
		known[i].fn(&b, &a, &b);
		(void)is(&b, known[i].want);
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_u256_cut_results_are_reported)
{
	struct u256 max = hex(MAX256), one = U256_ONE, two, out;
	struct u256 half = hex("0x1" ZERO64 ZERO64);

	two = u256_from_u64(2);
	EXPECT(u256_add(&out, &max, &one));
	EXPECT(!u256_add(&out, &half, &half));
	EXPECT(u256_sub(&out, &one, &two));
	EXPECT(!u256_sub(&out, &two, &two));
	EXPECT(u256_mul(&out, &half, &half));
	EXPECT(!u256_mul(&out, &max, &one));
	EXPECT(u256_mul_u64(&out, &max, 2));
	EXPECT(!u256_mul_u64(&out, &half, ~(uint64_t)0));
}

TEST(test_u256_add_sub_random_identities_hold)
{
	unsigned i;

	draw_seed = 1;
	for (i = 0; i < ROUNDS; i++) {
		struct u256 a = draw_u256(), b = draw_u256(), sum, back;
		bool carry = u256_add(&sum, &a, &b);

		EXPECT(carry == u256_lt(&sum, &a));
		EXPECT(u256_sub(&back, &sum, &b) == carry);
		EXPECT(u256_eq(&back, &a));
		EXPECT(u256_cmp(&a, &b) == -u256_cmp(&b, &a));
		EXPECT(u256_lt(&a, &b) == (u256_cmp(&a, &b) < 0));
	}
}

/* The schoolbook product by shifts and adds, which shares no code. */
static bool
slow_mul(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	struct u256 sum = U256_ZERO;
	bool is_cut = false;
	unsigned i;

	for (i = 256; i-- > 0;) {
		is_cut |= u256_add(&sum, &sum, &sum);
		if (b->w[i / 64] >> i % 64 & 1)
			is_cut |= u256_add(&sum, &sum, a);
	}
	*out = sum;
	return is_cut;
}

TEST(test_u256_mul_random_matches_shift_and_add)
{
	unsigned i;

	draw_seed = 2;
	for (i = 0; i < ROUNDS; i++) {
		struct u256 a = draw_u256(), b = draw_u256(), got, low, want;
		uint64_t small = draw_digit();
		bool is_cut = slow_mul(&want, &a, &b);

		EXPECT(u256_mul(&got, &a, &b) == is_cut);
		EXPECT(u256_eq(&got, &want));
		u256_mul_low(&low, &a, &b);
		EXPECT(u256_eq(&low, &want));
		b = u256_from_u64(small);
		is_cut = slow_mul(&want, &a, &b);
		EXPECT(u256_mul_u64(&got, &a, small) == is_cut);
		EXPECT(u256_eq(&got, &want));
	}
}

TEST(test_u256_shifts_random_match_mul_and_div)
{
	unsigned i;

	draw_seed = 8;
	for (i = 0; i < ROUNDS; i++) {
		struct u256 a = draw_u256(), two = u256_from_u64(2), p, want,
			    got;
		unsigned n = (unsigned)(draw_u64() % 256);
		struct u256 e = u256_from_u64(n);

		u256_exp(&p, &two, &e);
		u256_mul_low(&want, &a, &p);
		u256_shl(&got, &a, n);
		EXPECT(u256_eq(&got, &want));
		u256_divmod(&want, NULL, &a, &p);
		u256_shr(&got, &a, n);
		EXPECT(u256_eq(&got, &want));
		u256_sar(&got, &a, n);
		if (a.w[3] >> 63) { /* fill with ones */
			struct u256 max = {{~0UL, ~0UL, ~0UL, ~0UL}};

			u256_shr(&p, &max, n);
			(void)u256_sub(&p, &max, &p);
			(void)u256_add(&want, &want, &p);
		}
		EXPECT(u256_eq(&got, &want));
	}
}

TEST(test_u256_shift_by_width_or_more_gives_zero_or_sign)
{
	struct u256 max = hex(MAX256), one = U256_ONE, out;
	const unsigned far[] = {256, 257, 320, 1U << 31, ~0U};
	size_t i;

	for (i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		u256_shl(&out, &max, far[i]);
		EXPECT(u256_is_zero(&out));
		u256_shr(&out, &max, far[i]);
		EXPECT(u256_is_zero(&out));
		u256_sar(&out, &max, far[i]);
		EXPECT(u256_eq(&out, &max));
		u256_sar(&out, &one, far[i]);
		EXPECT(u256_is_zero(&out));
	}
}

TEST(test_u256_signextend_known_values)
{
	static const struct {
		const char *name, *in, *want;
		uint64_t byte;
	} rows[] = {
	    {"byte 0 negative", "0xff", MAX256, 0},
	    {"byte 0 positive", "0x17f", "0x7f", 0},
	    {"byte 1 negative", "0x18000",
		"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ff8000",
		1},
	    {"byte 30", "0x80" ZERO64 ZERO64 ZERO64 "000000000000",
		"0xff8000000000000000000000000000000000000000000000000000000000"
		"0000",
		30},
	    {"byte 31 is all", "0x80", "0x80", 31},
	    {"far byte", "0x80", "0x80", ~(uint64_t)0},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct u256 v = hex(rows[i].in);

		test_row(rows[i].name);
		u256_signextend(&v, rows[i].byte, &v);
		(void)is(&v, rows[i].want);
	}
	test_row(NULL);
}

TEST(test_u256_scmp_orders_negative_below_positive)
{
	struct u256 minus = hex(MAX256), one = U256_ONE, low = hex(MIN_NEG);

	EXPECT(u256_scmp(&minus, &one) < 0);
	EXPECT(u256_scmp(&one, &minus) > 0);
	EXPECT(u256_scmp(&low, &minus) < 0);
	EXPECT(u256_scmp(&one, &one) == 0);
	EXPECT(u256_cmp(&minus, &one) > 0);
}

TEST(test_u256_bits_counts_significant)
{
	struct u256 v = U256_ONE, zero = U256_ZERO;
	unsigned i;

	EXPECT_U64(u256_bits(&zero), 0);
	for (i = 1; i <= 256; i++) {
		EXPECT_U64(u256_bits(&v), i);
		u256_shl(&v, &v, 1);
	}
	EXPECT(u256_is_zero(&v));
}

TEST(test_u256_big_endian_pads_left)
{
	static const uint8_t in[] = {0x12, 0x34, 0x56};
	struct u256 v, back;
	uint8_t be[32];
	unsigned i;

	u256_from_be(&v, bytes_of(in, sizeof(in)));
	EXPECT_U64(v.w[0], 0x123456);
	u256_from_be(&v, bytes_of(NULL, 0));
	EXPECT(u256_is_zero(&v));
	draw_seed = 9;
	for (i = 0; i < 1000; i++) {
		v = draw_u256();
		u256_to_be(be, &v);
		EXPECT_U64(be64(be), v.w[3]);
		EXPECT_U64(be64(be + 24), v.w[0]);
		u256_from_be(&back, bytes_of(be, 32));
		EXPECT(u256_eq(&back, &v));
	}
}

TEST(test_u256_dec_random_round_trips)
{
	char text[U256_DEC_MAX];
	unsigned i;

	draw_seed = 10;
	for (i = 0; i < ROUNDS; i++) {
		struct u256 v = draw_u256(), back;
		size_t n = u256_dec(text, &v);

		EXPECT(n == strlen(text));
		EXPECT(n == 1 || text[0] != '0');
		EXPECT_RC(u256_from_dec(&back, bytes_of(text, n), NULL), RC_OK);
		EXPECT(u256_eq(&back, &v));
	}
}

TEST(test_u256_dec_known_values)
{
	char text[U256_DEC_MAX];
	struct u256 v = hex(MAX256);

	EXPECT_U64(u256_dec(text, &v), 78);
	(void)EXPECT_STR(text,
	    "1157920892373161954235709850086879078532699846656405640394575840"
	    "07913129639935");
	v = hex("0xde0b6b3a7640000");
	(void)u256_dec(text, &v);
	(void)EXPECT_STR(text, "1000000000000000000");
	v = hex("0x8ac7230489e80000");
	(void)u256_dec(text, &v);
	(void)EXPECT_STR(text, "10000000000000000000");
	v = U256_ZERO;
	(void)u256_dec(text, &v);
	(void)EXPECT_STR(text, "0");
}

TEST(test_u256_from_dec_bad_text_refused)
{
	static const char *const bad[] = {"", " 1", "1 ", "-1", "+1", "0x1",
	    "1.0", "1e3",
	    "1157920892373161954235709850086879078532699846656405640394575840"
	    "07913129639936",
	    "9999999999999999999999999999999999999999999999999999999999999999"
	    "99999999999999"};
	struct u256 v = U256_ONE;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_row(bad[i]);
		EXPECT_RC(u256_from_dec(&v, bytes_of_str(bad[i]), NULL),
		    RC_BAD_INPUT);
	}
	test_row(NULL);
	EXPECT(u256_eq(&v, &U256_ONE));
}

TEST(test_u256_from_hex_bad_text_refused)
{
	static const char *const bad[] = {"", "0", "0x", "1", "0X1", "0xg",
	    "0x-1", "0x1" ZERO64 ZERO64 ZERO64 ZERO64};
	struct u256 v = U256_ONE;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_row(bad[i]);
		EXPECT_RC(u256_from_hex(&v, bytes_of_str(bad[i]), NULL),
		    RC_BAD_INPUT);
	}
	test_row(NULL);
	EXPECT(u256_eq(&v, &U256_ONE));
	v = hex("0x0001");
	(void)is(&v, "0x1");
	v = hex("0x0000" ONES64 ONES64 ONES64 ONES64);
	(void)is(&v, MAX256);
	v = hex("0xaBcDeF");
	(void)is(&v, "0xabcdef");
}
