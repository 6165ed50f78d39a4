/* SPDX-License-Identifier: Apache-2.0
 *
 * RLP: what must be refused first, then the public cases both ways, random
 * documents, and every buffer size that is too small.
 */
#include "eth/rlp.h"

#include <stdlib.h>

#include "crypto/rng.h"
#include "vec.h"

TEST(test_rlp_take_bad_input_is_refused)
{
	static const struct {
		const char *name, *hex;
		enum rc want;
	} rows[] = {
	    {"nothing", "", RC_TRUNCATED},
	    {"string without its byte", "81", RC_TRUNCATED},
	    {"string short by one", "83aabb", RC_TRUNCATED},
	    {"list short by one", "c20a", RC_TRUNCATED},
	    {"head over a byte below 0x80", "817f", RC_NONCANONICAL},
	    {"head over zero", "8100", RC_NONCANONICAL},
	    {"long string of 55", "b837", RC_NONCANONICAL},
	    {"long list of 55", "f837", RC_NONCANONICAL},
	    {"length with leading zero", "b90038", RC_NONCANONICAL},
	    {"list length with leading zero", "f90038", RC_NONCANONICAL},
	    {"long string without length", "b8", RC_TRUNCATED},
	    {"long string with half a length", "b901", RC_TRUNCATED},
	    {"long string short", "b838aa", RC_TRUNCATED},
	    {"length of 2^64-1", "bfffffffffffffffff", RC_TRUNCATED},
	    {"list length of 2^64-1", "ffffffffffffffffff", RC_TRUNCATED},
	    {"length of 2^63", "bf8000000000000000", RC_TRUNCATED},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes in = test_hex(rows[i].hex), rest = in, out;
		struct err e = {.rc = RC_OK};
		bool is_list;
		size_t cnt;

		test_row(rows[i].name);
		EXPECT_RC(rlp_take(&out, &is_list, &rest, &e), rows[i].want);
		EXPECT_RC(e.rc, rows[i].want);
		EXPECT(e.text[0] != '\0');
		EXPECT(rest.ptr == in.ptr && rest.len == in.len);
		EXPECT_RC(rlp_take_raw(&out, &rest, NULL), rows[i].want);
		EXPECT_RC(rlp_check(in, NULL), rows[i].want);
		if (in.len > 0)
			EXPECT_RC(rlp_count(&cnt, in, NULL), rows[i].want);
		EXPECT(rest.ptr == in.ptr && rest.len == in.len);
	}
}

TEST(test_rlp_take_wrong_kind_is_refused)
{
	struct bytes str = test_hex("83646f67"), list = test_hex("c0"), out;

	EXPECT_RC(rlp_take_list(&out, &str, NULL), RC_BAD_INPUT);
	EXPECT_RC(rlp_take_str(&out, &list, NULL), RC_BAD_INPUT);
	EXPECT_U64(str.len, 4);
	EXPECT_U64(list.len, 1);
}

TEST(test_rlp_take_u64_bad_integer_is_refused)
{
	static const struct {
		const char *name, *hex;
		enum rc u64, u256;
	} rows[] = {
	    {"zero as a byte", "00", RC_NONCANONICAL, RC_NONCANONICAL},
	    {"leading zero", "820001", RC_NONCANONICAL, RC_NONCANONICAL},
	    {"a list", "c101", RC_BAD_INPUT, RC_BAD_INPUT},
	    {"2^64", "89010000000000000000", RC_BAD_INPUT, RC_OK},
	    {"2^256",
		"a101000000000000000000000000000000000000000000000000000000"
		"0000000000",
		RC_BAD_INPUT, RC_BAD_INPUT},
	    {"2^256 with leading zero",
		"a200010000000000000000000000000000000000000000000000000000"
		"000000000000",
		RC_NONCANONICAL, RC_NONCANONICAL},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes in = test_hex(rows[i].hex), rest = in;
		uint64_t v;
		struct u256 w;

		test_row(rows[i].name);
		EXPECT_RC(rlp_take_u64(&v, &rest, NULL), rows[i].u64);
		EXPECT_U64(rest.len, in.len);
		EXPECT_RC(rlp_take_u256(&w, &rest, NULL), rows[i].u256);
		EXPECT_U64(rest.len, rows[i].u256 == RC_OK ? 0 : in.len);
	}
}

TEST(test_rlp_take_fixed_other_length_is_refused)
{
	struct bytes in = test_hex("83010203"), rest = in;
	uint8_t out[3];

	EXPECT_RC(rlp_take_fixed(out, 2, &rest, NULL), RC_BAD_INPUT);
	EXPECT_U64(rest.len, 4);
	EXPECT_RC(rlp_take_fixed(out, 3, &rest, NULL), RC_OK);
	EXPECT_U64(rest.len, 0);
	EXPECT_BYTES(bytes_of(out, 3), test_hex("010203"));
}

/* Wraps the document at the end of room once more; room is filled from the
 * back. */
static void
wrap(uint8_t *room, size_t size, size_t *len)
{
	uint8_t head[9];
	struct buf b = buf_of(head, sizeof(head));

	EXPECT(rlp_put_list_head(&b, *len));
	memcpy(room + size - *len - b.len, head, b.len);
	*len += b.len;
}

TEST(test_rlp_check_nesting_at_and_above_the_bound)
{
	uint8_t room[256];
	size_t len = 0, i;
	struct bytes doc;

	for (i = 0; i < RLP_DEPTH_MAX; i++)
		wrap(room, sizeof(room), &len);
	doc = bytes_of(room + sizeof(room) - len, len);
	EXPECT_RC(rlp_check(doc, NULL), RC_OK);
	wrap(room, sizeof(room), &len);
	doc = bytes_of(room + sizeof(room) - len, len);
	EXPECT_RC(rlp_check(doc, NULL), RC_TOO_LARGE);
}

TEST(test_rlp_check_bytes_behind_are_refused)
{
	EXPECT_RC(rlp_check(test_hex("8001"), NULL), RC_TRAILING);
	EXPECT_RC(rlp_check(test_hex("c000"), NULL), RC_TRAILING);
	EXPECT_RC(rlp_check(test_hex("c2c001c0"), NULL), RC_TRAILING);
	EXPECT_RC(rlp_check(test_hex("c2c101"), NULL), RC_OK);
	EXPECT_RC(rlp_check(test_hex("c1c101"), NULL), RC_TRUNCATED);
}

TEST(test_rlp_count_items)
{
	struct bytes items, in = test_hex("cc83646f67c20102837f8081");
	size_t cnt;

	EXPECT_RC(rlp_take_list(&items, &in, NULL), RC_TRUNCATED);
	in = test_hex("cb83646f67c20102837f8081");
	EXPECT_RC(rlp_take_list(&items, &in, NULL), RC_OK);
	EXPECT_RC(rlp_count(&cnt, items, NULL), RC_OK);
	EXPECT_U64(cnt, 3);
	EXPECT_RC(rlp_count(&cnt, bytes_of(NULL, 0), NULL), RC_OK);
	EXPECT_U64(cnt, 0);
}

/* put_json encodes a vector's "in"; size_json is the same in sizes. */
static size_t size_json(const json_t *v);

static struct u256
number(const json_t *v)
{
	struct u256 n;

	if (json_is_integer(v))
		return vec_u256(v);
	EXPECT_RC(
	    u256_from_dec(&n, bytes_of_str(json_string_value(v) + 1), NULL),
	    RC_OK);
	return n;
}

static bool
is_number(const json_t *v)
{
	return json_is_integer(v) ||
	       (json_is_string(v) && json_string_value(v)[0] == '#');
}

static size_t
size_items(const json_t *v)
{
	size_t i, sum = 0;

	for (i = 0; i < json_array_size(v); i++)
		sum += size_json(json_array_get(v, i));
	return sum;
}

static size_t
size_json(const json_t *v)
{
	struct u256 n;

	if (json_is_array(v))
		return rlp_size_list(size_items(v));
	if (!is_number(v))
		return rlp_size_str(bytes_of_str(json_string_value(v)));
	n = number(v);
	return rlp_size_u256(&n);
}

static bool
put_json(struct buf *b, const json_t *v)
{
	struct u256 n;
	size_t i;

	if (json_is_array(v)) {
		if (!rlp_put_list_head(b, size_items(v)))
			return false;
		for (i = 0; i < json_array_size(v); i++)
			if (!put_json(b, json_array_get(v, i)))
				return false;
		return true;
	}
	if (!is_number(v))
		return rlp_put_str(b, bytes_of_str(json_string_value(v)));
	n = number(v);
	if (u256_is_u64(&n)) {
		EXPECT_U64(rlp_size_u64(n.w[0]), rlp_size_u256(&n));
		return rlp_put_u64(b, n.w[0]);
	}
	return rlp_put_u256(b, &n);
}

static void
expect_json(struct bytes *in, const json_t *v)
{
	struct bytes payload;
	struct u256 n, want;
	size_t i;

	if (json_is_array(v)) {
		EXPECT_RC(rlp_take_list(&payload, in, NULL), RC_OK);
		for (i = 0; i < json_array_size(v); i++)
			expect_json(&payload, json_array_get(v, i));
		EXPECT_U64(payload.len, 0);
	} else if (is_number(v)) {
		want = number(v);
		EXPECT_RC(rlp_take_u256(&n, in, NULL), RC_OK);
		EXPECT(u256_eq(&n, &want));
	} else {
		EXPECT_RC(rlp_take_str(&payload, in, NULL), RC_OK);
		EXPECT_BYTES(payload, bytes_of_str(json_string_value(v)));
	}
}

static void
run_public(const char *name, const json_t *row)
{
	static uint8_t room[8192];
	struct buf b = buf_of(room, sizeof(room));
	const json_t *in = json_object_get(row, "in");
	struct bytes out = vec_bytes(row, "out"), rest = out;
	const char *text = json_string_value(in);

	test_row(name);
	if (text != NULL && !strcmp(text, "INVALID")) {
		EXPECT(rlp_check(out, NULL) != RC_OK);
		return;
	}
	if (text != NULL && !strcmp(text, "VALID")) {
		EXPECT_RC(rlp_check(out, NULL), RC_OK);
		return;
	}
	EXPECT(put_json(&b, in));
	EXPECT_BYTES(bytes_of_buf(&b), out);
	EXPECT_U64(size_json(in), out.len);
	EXPECT_RC(rlp_check(out, NULL), RC_OK);
	expect_json(&rest, in);
	EXPECT_U64(rest.len, 0);
}

static void
run_public_file(const char *file)
{
	json_t *root = vec_archive("unit", file), *row;
	const char *name;
	size_t cnt = 0;

	if (root == NULL)
		return;
	json_object_foreach(root, name, row)
	{
		run_public(name, row);
		cnt++;
	}
	EXPECT(cnt > 0);
	test_count(cnt);
	json_decref(root);
}

TEST(test_rlp_public_valid_cases)
{
	run_public_file("RLPTests/rlptest.json");
}

TEST(test_rlp_public_invalid_cases)
{
	run_public_file("RLPTests/invalidRLPTest.json");
}

TEST(test_rlp_put_small_buffer_returns_false)
{
	static const uint8_t zeros[300];
	struct u256 big = {{1, 2, 3, 4}};
	uint8_t room[400];
	size_t cap, len;

	for (len = 0; len < sizeof(zeros); len++) {
		struct bytes s = bytes_of(zeros, len);
		size_t want = rlp_size_str(s);

		for (cap = 0; cap < want; cap++) {
			struct buf b = buf_of(room, cap);

			EXPECT(!rlp_put_str(&b, s));
			EXPECT_U64(b.len, 0);
		}
	}
	for (cap = 0; cap < rlp_size_u256(&big); cap++) {
		struct buf b = buf_of(room, cap);

		EXPECT(!rlp_put_u256(&b, &big));
	}
	for (cap = 0; cap < 9; cap++) {
		struct buf b = buf_of(room, cap);

		EXPECT(!rlp_put_u64(&b, UINT64_MAX));
		EXPECT(!rlp_put_list_head(&b, UINT64_MAX));
		EXPECT(!rlp_put_str_head(&b, UINT64_MAX));
	}
}

TEST(test_rlp_sizes_agree_with_what_is_written)
{
	static const size_t lens[] = {
	    0, 1, 2, 54, 55, 56, 57, 255, 256, 257, 65535, 65536, 65537};
	static uint8_t room[70000], content[66000];
	size_t i, shift;

	memset(content, 0xaa, sizeof(content));
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct buf b = buf_of(room, sizeof(room));
		struct bytes s = bytes_of(content, lens[i]), out, in;

		EXPECT(rlp_put_str(&b, s));
		EXPECT_U64(b.len, rlp_size_str(s));
		in = bytes_of_buf(&b);
		EXPECT_RC(rlp_take_str(&out, &in, NULL), RC_OK);
		EXPECT_BYTES(out, s);
		b = buf_of(room, sizeof(room));
		EXPECT(rlp_put_list_head(&b, lens[i]));
		EXPECT_U64(b.len + lens[i], rlp_size_list(lens[i]));
	}
	for (shift = 0; shift < 64; shift++) {
		uint64_t v = UINT64_C(1) << shift, got = 0;
		struct buf b = buf_of(room, sizeof(room));
		struct bytes in;

		EXPECT(rlp_put_u64(&b, v) && rlp_put_u64(&b, v - 1));
		EXPECT_U64(b.len, rlp_size_u64(v) + rlp_size_u64(v - 1));
		in = bytes_of_buf(&b);
		EXPECT_RC(rlp_take_u64(&got, &in, NULL), RC_OK);
		EXPECT_U64(got, v);
		EXPECT_RC(rlp_take_u64(&got, &in, NULL), RC_OK);
		EXPECT_U64(got, v - 1);
	}
}

/* A random document: strings and lists, at most four deep. */
static void
put_random(struct rng_test *r, struct buf *b, unsigned depth)
{
	uint8_t room[2000];
	struct buf inner = buf_of(room, sizeof(room));
	uint8_t bytes[80];
	size_t i, n = rng_test_below(r, 5);

	if (depth == 0 || rng_test_below(r, 3) == 0) {
		n = rng_test_below(r, sizeof(bytes));
		rng_test_fill(r, bytes, n);
		EXPECT(rlp_put_str(b, bytes_of(bytes, n)));
		return;
	}
	for (i = 0; i < n; i++)
		if (inner.cap - inner.len > 700)
			put_random(r, &inner, depth - 1);
	if (b->cap - b->len < inner.len + 3) {
		EXPECT(rlp_put_list_head(b, 0));
		return;
	}
	EXPECT(rlp_put_list_head(b, inner.len));
	EXPECT(buf_put(b, inner.ptr, inner.len));
}

TEST(test_rlp_random_documents_check_and_cuts_are_refused)
{
	struct rng_test r = {.state = 7};
	uint8_t room[4000];
	unsigned round;

	for (round = 0; round < 2000; round++) {
		struct buf b = buf_of(room, sizeof(room));
		struct bytes doc;
		size_t cut;

		put_random(&r, &b, 4);
		doc = bytes_of_buf(&b);
		EXPECT_RC(rlp_check(doc, NULL), RC_OK);
		cut = rng_test_below(&r, doc.len);
		EXPECT(rlp_check(bytes_of(doc.ptr, cut), NULL) != RC_OK);
		EXPECT_RC(rlp_check(bytes_of(doc.ptr, doc.len), NULL), RC_OK);
	}
}
