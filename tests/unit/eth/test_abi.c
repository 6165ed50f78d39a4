/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract ABI: texts that are no types, values out of range, data that
 * points anywhere, and the encodings of the Solidity documentation both ways.
 */
#include "eth/abi.h"

#include <stdio.h>
#include <stdlib.h>

#include "vec.h"

TEST(test_abi_read_type_bad_text_is_refused)
{
	static const struct {
		const char *text;
		enum rc want;
	} rows[] = {
	    {"", RC_BAD_INPUT},
	    {"uint", RC_BAD_INPUT},
	    {"int", RC_BAD_INPUT},
	    {"uint0", RC_BAD_INPUT},
	    {"uint7", RC_BAD_INPUT},
	    {"uint08", RC_BAD_INPUT},
	    {"uint264", RC_BAD_INPUT},
	    {"uint99999", RC_BAD_INPUT},
	    {"bytes0", RC_BAD_INPUT},
	    {"bytes01", RC_BAD_INPUT},
	    {"bytes33", RC_BAD_INPUT},
	    {"bool8", RC_BAD_INPUT},
	    {"string1", RC_BAD_INPUT},
	    {"function24", RC_BAD_INPUT},
	    {"byte", RC_BAD_INPUT},
	    {"Address", RC_BAD_INPUT},
	    {"address ", RC_BAD_INPUT},
	    {" address", RC_BAD_INPUT},
	    {"address,bool", RC_BAD_INPUT},
	    {"address)", RC_BAD_INPUT},
	    {"()", RC_BAD_INPUT},
	    {"(address", RC_BAD_INPUT},
	    {"(address,)", RC_BAD_INPUT},
	    {"(,address)", RC_BAD_INPUT},
	    {"(address bool)", RC_BAD_INPUT},
	    {"((),bool)", RC_BAD_INPUT},
	    {"uint8[0]", RC_BAD_INPUT},
	    {"uint8[01]", RC_BAD_INPUT},
	    {"uint8[-1]", RC_BAD_INPUT},
	    {"uint8[", RC_BAD_INPUT},
	    {"uint8[2", RC_BAD_INPUT},
	    {"uint8]", RC_BAD_INPUT},
	    {"uint8[99999]", RC_BAD_INPUT},
	    {"[]", RC_BAD_INPUT},
	    {"fixed128x18", RC_UNSUPPORTED},
	    {"ufixed", RC_UNSUPPORTED},
	    {"uint8[1025]", RC_TOO_LARGE},
	    {"uint8[1024][1024]", RC_TOO_LARGE},
	    {"(uint8[1024][400],uint8[1024][400])", RC_TOO_LARGE},
	    {"uint8[][][][][][][][][][][][][][][][][]", RC_TOO_LARGE},
	    {"((((((((((((((((((bool))))))))))))))))))", RC_TOO_LARGE},
	    {"(bool[][][][][][][][][][][][][][][][])", RC_TOO_LARGE},
	};
	struct abi_type t;
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {.rc = RC_OK};

		test_row(rows[i].text);
		arena_init(&a, 1 << 20);
		EXPECT_RC(abi_read_type(&a, &t, bytes_of_str(rows[i].text), &e),
		    rows[i].want);
		EXPECT_RC(e.rc, rows[i].want);
		arena_drop(&a);
	}
}

TEST(test_abi_read_type_shapes)
{
	static const struct {
		const char *text;
		enum abi_kind kind;
		unsigned size;
		bool is_dynamic;
		size_t head_size, cnt;
		unsigned depth;
	} rows[] = {
	    {"uint256", ABI_UINT, 256, false, 32, 0, 0},
	    {"int8", ABI_INT, 8, false, 32, 0, 0},
	    {"bool", ABI_BOOL, 0, false, 32, 0, 0},
	    {"address", ABI_ADDRESS, 0, false, 32, 0, 0},
	    {"bytes1", ABI_FIXED_BYTES, 1, false, 32, 0, 0},
	    {"function", ABI_FIXED_BYTES, 24, false, 32, 0, 0},
	    {"bytes", ABI_BYTES, 0, true, 32, 0, 0},
	    {"string", ABI_STRING, 0, true, 32, 0, 0},
	    {"uint8[3]", ABI_ARRAY, 0, false, 96, 3, 1},
	    {"uint8[3][2]", ABI_ARRAY, 0, false, 192, 2, 2},
	    {"uint8[][2]", ABI_ARRAY, 0, true, 32, 2, 2},
	    {"uint8[2][]", ABI_LIST, 0, true, 32, 0, 2},
	    {"(bool,uint8[2])", ABI_TUPLE, 0, false, 96, 2, 2},
	    {"(bool,string)", ABI_TUPLE, 0, true, 32, 2, 1},
	    {"(bool,(address,bytes)[2])[]", ABI_LIST, 0, true, 32, 0, 4},
	};
	struct abi_type t;
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].text);
		arena_init(&a, 1 << 16);
		EXPECT_RC(
		    abi_read_type(&a, &t, bytes_of_str(rows[i].text), NULL),
		    RC_OK);
		EXPECT_U64(t.kind, rows[i].kind);
		EXPECT_U64(t.size, rows[i].size);
		EXPECT(t.is_dynamic == rows[i].is_dynamic);
		EXPECT_U64(t.head_size, rows[i].head_size);
		EXPECT_U64(t.cnt, rows[i].cnt);
		EXPECT_U64(t.depth, rows[i].depth);
		arena_drop(&a);
	}
}

TEST(test_abi_read_type_members_and_memory_are_bounded)
{
	char text[2048] = "(bool";
	struct abi_type t;
	struct arena a;
	size_t i;

	for (i = 1; i < ABI_MEMBER_MAX; i++)
		strcat(text, ",bool");
	strcat(text, ")");
	arena_init(&a, 1 << 16);
	EXPECT_RC(abi_read_type(&a, &t, bytes_of_str(text), NULL), RC_OK);
	EXPECT_U64(t.cnt, ABI_MEMBER_MAX);
	strcpy(text + strlen(text) - 1, ",bool)");
	EXPECT_RC(
	    abi_read_type(&a, &t, bytes_of_str(text), NULL), RC_TOO_LARGE);
	arena_drop(&a);
	arena_init(&a, 8);
	EXPECT_RC(
	    abi_read_type(&a, &t, bytes_of_str("(bool)"), NULL), RC_NO_MEMORY);
	EXPECT_RC(
	    abi_read_type(&a, &t, bytes_of_str("bool[]"), NULL), RC_NO_MEMORY);
	arena_drop(&a);
}

TEST(test_abi_read_sig_bad_text_is_refused)
{
	static const char *const rows[] = {"", "()", "f", "f(", "f)", "1f()",
	    "f ()", "f()(bool)", "f()[]", "f(bool)[2]", "f(uint)", "f-g()",
	    "f(())"};
	struct abi_sig sig;
	struct arena a;
	size_t i;

	arena_init(&a, 1 << 16);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i]);
		EXPECT_RC(abi_read_sig(&a, &sig, bytes_of_str(rows[i]), NULL),
		    RC_BAD_INPUT);
	}
	arena_drop(&a);
}

TEST(test_abi_read_sig_known_selectors)
{
	static const struct {
		const char *text, *selector;
		size_t cnt;
	} rows[] = {
	    {"baz(uint32,bool)", "cdcd77c0", 2},
	    {"bar(bytes3[2])", "fce353f6", 1},
	    {"sam(bytes,bool,uint256[])", "a5643bf2", 3},
	    {"f(uint256,uint32[],bytes10,bytes)", "8be65246", 4},
	    {"g(uint256[][],string[])", "2289b18c", 2},
	    {"transfer(address,uint256)", "a9059cbb", 2},
	    {"totalSupply()", "18160ddd", 0},
	    {"Error(string)", "08c379a0", 1},
	    {"Panic(uint256)", "4e487b71", 1},
	    {"Transfer(address,address,uint256)", "ddf252ad", 3},
	};
	struct abi_sig sig;
	struct arena a;
	size_t i;

	arena_init(&a, 1 << 16);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].text);
		EXPECT_RC(
		    abi_read_sig(&a, &sig, bytes_of_str(rows[i].text), NULL),
		    RC_OK);
		EXPECT_BYTES(
		    bytes_of(sig.selector, 4), test_hex(rows[i].selector));
		EXPECT_U64(sig.args.cnt, rows[i].cnt);
		EXPECT(!memcmp(sig.name.ptr, rows[i].text, sig.name.len) &&
		       rows[i].text[sig.name.len] == '(');
	}
	arena_drop(&a);
}

/* Words of an encoding: hex numbers padded left, 'text padded right. */
static struct bytes
words(const char *selector, const char *const *list)
{
	static uint8_t room[4096];
	struct buf b = buf_of(room, sizeof(room));
	struct bytes head = test_hex(selector);
	size_t i, len;

	memset(room, 0, sizeof(room));
	EXPECT(buf_put(&b, head.ptr, head.len));
	for (i = 0; list[i] != NULL; i++) {
		uint8_t word[32] = {0};
		char even[80];
		struct bytes v;

		len = strlen(list[i]);
		if (list[i][0] == '\'') {
			memcpy(word, list[i] + 1, len - 1);
		} else {
			snprintf(even, sizeof(even), "%s%s",
			    len % 2 == 0 ? "" : "0", list[i]);
			v = test_hex(even);
			memcpy(word + 32 - v.len, v.ptr, v.len);
		}
		EXPECT(buf_put(&b, word, 32));
	}
	return bytes_of_buf(&b);
}

/* Encodes, compares, decodes and encodes again. */
static void
run_known(const char *text, const char *selector, const struct abi_value *v,
    size_t cnt, const char *const *list)
{
	const struct abi_value *back = NULL;
	struct bytes out, want = words(selector, list);
	struct abi_sig sig;
	struct arena a;

	test_row(text);
	arena_init(&a, 1 << 20);
	EXPECT_RC(abi_read_sig(&a, &sig, bytes_of_str(text), NULL), RC_OK);
	EXPECT_RC(abi_encode_call(&a, &out, &sig, v, cnt, NULL), RC_OK);
	EXPECT_BYTES(out, want);
	want.ptr += 4;
	want.len -= 4;
	EXPECT_RC(abi_encode(&a, &out, &sig.args, v, cnt, NULL), RC_OK);
	EXPECT_BYTES(out, want);
	EXPECT_RC(abi_decode(&a, &back, &sig.args, out, NULL), RC_OK);
	if (back != NULL) {
		EXPECT_RC(
		    abi_encode(&a, &out, &sig.args, back, cnt, NULL), RC_OK);
		EXPECT_BYTES(out, want);
	}
	arena_drop(&a);
}

static struct abi_value
text_value(const char *s)
{
	return abi_data(bytes_of_str(s));
}

/* The examples of the Solidity documentation. */
TEST(test_abi_encode_documented_examples)
{
	struct abi_value baz[] = {abi_u64(69), abi_bool(true)};
	struct abi_value bar3[] = {text_value("abc"), text_value("def")};
	struct abi_value bar[] = {abi_items(bar3, 2)};
	struct abi_value n3[] = {abi_u64(1), abi_u64(2), abi_u64(3)};
	struct abi_value sam[] = {
	    text_value("dave"), abi_bool(true), abi_items(n3, 3)};
	struct abi_value n2[] = {abi_u64(0x456), abi_u64(0x789)};
	struct abi_value f[] = {abi_u64(0x123), abi_items(n2, 2),
	    text_value("1234567890"), text_value("Hello, world!")};
	struct abi_value rows[] = {abi_items(n3, 2), abi_items(n3 + 2, 1)};
	struct abi_value strs[] = {
	    text_value("one"), text_value("two"), text_value("three")};
	struct abi_value g[] = {abi_items(rows, 2), abi_items(strs, 3)};

	run_known("baz(uint32,bool)", "cdcd77c0", baz, 2,
	    (const char *const[]){"45", "1", NULL});
	run_known("bar(bytes3[2])", "fce353f6", bar, 1,
	    (const char *const[]){"'abc", "'def", NULL});
	run_known("sam(bytes,bool,uint256[])", "a5643bf2", sam, 3,
	    (const char *const[]){
		"60", "1", "a0", "4", "'dave", "3", "1", "2", "3", NULL});
	run_known("f(uint256,uint32[],bytes10,bytes)", "8be65246", f, 4,
	    (const char *const[]){"123", "80", "'1234567890", "e0", "2", "456",
		"789", "d", "'Hello, world!", NULL});
	run_known("g(uint256[][],string[])", "2289b18c", g, 2,
	    (const char *const[]){"40", "140", "2", "40", "a0", "2", "1", "2",
		"1", "3", "3", "60", "a0", "e0", "3", "'one", "3", "'two", "5",
		"'three", NULL});
	run_known(
	    "totalSupply()", "18160ddd", NULL, 0, (const char *const[]){NULL});
}

TEST(test_abi_encode_tuples_and_signed_numbers)
{
	struct addr to;
	struct u256 minus = U256_ZERO;
	struct abi_value pair[2], in[2], args[3];

	memset(to.b, 0x35, sizeof(to.b));
	u256_sub(&minus, &minus, &U256_ONE);
	pair[0] = abi_addr(&to);
	pair[1] = abi_u256(&minus);
	in[0] = abi_items(pair, 2);
	in[1] = text_value("");
	args[0] = abi_items(in, 2);
	args[1] = abi_items(NULL, 0);
	args[2] = abi_items(pair, 2);
	run_known("t(((address,int8),string),uint8[],(address,int256))",
	    "ea95688b", args, 3,
	    (const char *const[]){"80", "100",
		"3535353535353535353535353535353535353535",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffff",
		"3535353535353535353535353535353535353535",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffff",
		"60", "0", "0", NULL});
}

TEST(test_abi_encode_out_of_range_is_refused)
{
	struct u256 max, low = U256_ONE;
	struct abi_value items[3] = {abi_u64(1), abi_u64(2), abi_u64(256)};
	struct rowtype {
		const char *type;
		struct abi_value v;
		enum rc want;
	} rows[16];
	size_t i, n = 0;

	memset(&max, 0xff, sizeof(max));
	u256_shl(&low, &max, 7); /* -128 */
	rows[n++] = (struct rowtype){"(uint8)", abi_u64(255), RC_OK};
	rows[n++] = (struct rowtype){"(uint8)", abi_u64(256), RC_BAD_INPUT};
	rows[n++] = (struct rowtype){"(bool)", abi_u64(2), RC_BAD_INPUT};
	rows[n++] = (struct rowtype){"(int8)", abi_u64(127), RC_OK};
	rows[n++] = (struct rowtype){"(int8)", abi_u64(128), RC_BAD_INPUT};
	rows[n++] = (struct rowtype){"(int8)", abi_u256(&low), RC_OK};
	u256_sub(&low, &low, &U256_ONE);
	rows[n++] = (struct rowtype){"(int8)", abi_u256(&low), RC_BAD_INPUT};
	rows[n++] = (struct rowtype){"(int16)", abi_u256(&low), RC_OK};
	rows[n++] = (struct rowtype){"(int256)", abi_u256(&max), RC_OK};
	rows[n++] = (struct rowtype){"(uint256)", abi_u256(&max), RC_OK};
	rows[n++] =
	    (struct rowtype){"(bytes3)", text_value("ab"), RC_BAD_INPUT};
	rows[n++] =
	    (struct rowtype){"(uint8[2])", abi_items(items, 3), RC_BAD_INPUT};
	rows[n++] =
	    (struct rowtype){"(uint8[])", abi_items(items, 3), RC_BAD_INPUT};
	rows[n++] = (struct rowtype){"(uint8[])", abi_items(items, 2), RC_OK};
	for (i = 0; i < n; i++) {
		struct abi_type t;
		struct bytes out;
		struct arena a;
		struct err e = {.rc = RC_OK};

		test_row(rows[i].type);
		arena_init(&a, 1 << 16);
		EXPECT_RC(
		    abi_read_type(&a, &t, bytes_of_str(rows[i].type), NULL),
		    RC_OK);
		EXPECT_RC(
		    abi_encode(&a, &out, &t, &rows[i].v, 1, &e), rows[i].want);
		EXPECT(rows[i].want == RC_OK ||
		       !strncmp(e.text, "argument 1: ", 12));
		EXPECT_RC(abi_encode(&a, &out, &t, &rows[i].v, 0, NULL),
		    RC_BAD_INPUT);
		arena_drop(&a);
	}
}

TEST(test_abi_failure_names_the_argument)
{
	struct abi_value bad[] = {abi_u64(1), abi_u64(300)};
	struct abi_value args[] = {
	    abi_bool(true), abi_items(bad, 2), abi_bool(false)};
	struct err e = {.rc = RC_OK};
	struct abi_type t;
	struct bytes out;
	struct arena a;

	arena_init(&a, 1 << 16);
	EXPECT_RC(
	    abi_read_type(&a, &t, bytes_of_str("(bool,uint8[],bool)"), NULL),
	    RC_OK);
	EXPECT_RC(abi_encode(&a, &out, &t, args, 3, &e), RC_BAD_INPUT);
	EXPECT_STR(e.text, "argument 2: more than 8 bits");
	bad[1] = abi_u64(3);
	args[2] = abi_u64(2);
	EXPECT_RC(abi_encode(&a, &out, &t, args, 3, &e), RC_BAD_INPUT);
	EXPECT_STR(e.text, "argument 3: more than 1 bits");
	arena_drop(&a);
}

TEST(test_abi_encode_bounds)
{
	static uint8_t big[ABI_DATA_MAX];
	struct abi_value *many = calloc(ABI_VALUE_MAX, sizeof(*many)), v;
	struct abi_type t;
	struct bytes out;
	struct arena a;

	EXPECT(many != NULL);
	arena_init(&a, 1 << 26);
	EXPECT_RC(abi_read_type(&a, &t, bytes_of_str("(bytes)"), NULL), RC_OK);
	v = abi_data(bytes_of(big, sizeof(big) - 64));
	EXPECT_RC(abi_encode(&a, &out, &t, &v, 1, NULL), RC_OK);
	v = abi_data(bytes_of(big, sizeof(big) - 63));
	EXPECT_RC(abi_encode(&a, &out, &t, &v, 1, NULL), RC_TOO_LARGE);
	v = abi_data(bytes_of(big, SIZE_MAX));
	EXPECT_RC(abi_encode(&a, &out, &t, &v, 1, NULL), RC_TOO_LARGE);
	EXPECT_RC(abi_read_type(&a, &t, bytes_of_str("(bool[])"), NULL), RC_OK);
	v = abi_items(many, ABI_VALUE_MAX - 1);
	EXPECT_RC(abi_encode(&a, &out, &t, &v, 1, NULL), RC_OK);
	v = abi_items(many, ABI_VALUE_MAX);
	EXPECT_RC(abi_encode(&a, &out, &t, &v, 1, NULL), RC_TOO_LARGE);
	arena_drop(&a);
	arena_init(&a, 300);
	EXPECT_RC(abi_read_type(&a, &t, bytes_of_str("(bytes)"), NULL), RC_OK);
	v = abi_data(bytes_of(big, 300));
	EXPECT_RC(abi_encode(&a, &out, &t, &v, 1, NULL), RC_NO_MEMORY);
	arena_drop(&a);
	free(many);
}

TEST(test_abi_decode_bad_data_is_refused)
{
	static const struct {
		const char *name, *type;
		const char *words[8];
		enum rc want;
	} rows[] = {
	    {"nothing", "(bool)", {NULL}, RC_TRUNCATED},
	    {"one of two", "(bool,bool)", {"1", NULL}, RC_TRUNCATED},
	    {"bool 2", "(bool)", {"2", NULL}, RC_BAD_INPUT},
	    {"uint8 256", "(uint8)", {"100", NULL}, RC_BAD_INPUT},
	    {"int8 128", "(int8)", {"80", NULL}, RC_BAD_INPUT},
	    {"address of 21 bytes", "(address)",
		{"013535353535353535353535353535353535353535", NULL},
		RC_BAD_INPUT},
	    {"bytes3 of 4", "(bytes3)", {"'abcd", NULL}, RC_BAD_INPUT},
	    {"offset missing", "(string)", {NULL}, RC_TRUNCATED},
	    {"offset at the end", "(string)", {"20", NULL}, RC_TRUNCATED},
	    {"offset beyond", "(string)", {"21", "0", NULL}, RC_TRUNCATED},
	    {"offset of 65 bits", "(string)", {"010000000000000020", "0", NULL},
		RC_TRUNCATED},
	    {"offset 2^256-32", "(string)",
		{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		 "ffe0",
		    "0", NULL},
		RC_TRUNCATED},
	    {"string longer than the data", "(string)",
		{"20", "21", "'abc", NULL}, RC_TRUNCATED},
	    {"length of 2^64-1", "(bytes)",
		{"20", "ffffffffffffffff", "0", NULL}, RC_TRUNCATED},
	    {"list longer than the data", "(bool[])",
		{"20", "3", "1", "1", NULL}, RC_TRUNCATED},
	    {"list of arrays too long", "(uint8[4][])",
		{"20", "2", "1", "1", "1", "1", NULL}, RC_TRUNCATED},
	    {"element out of range", "(uint8[])", {"20", "2", "1", "100", NULL},
		RC_BAD_INPUT},
	    {"inner offset beyond", "(string[])", {"20", "1", "80", NULL},
		RC_TRUNCATED},
	    {"tuple offset beyond", "((string,bool))", {"20", "40", NULL},
		RC_TRUNCATED},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct abi_value *out;
		struct err e = {.rc = RC_OK};
		struct abi_type t;
		struct arena a;

		test_row(rows[i].name);
		arena_init(&a, 1 << 20);
		EXPECT_RC(
		    abi_read_type(&a, &t, bytes_of_str(rows[i].type), NULL),
		    RC_OK);
		EXPECT_RC(
		    abi_decode(&a, &out, &t, words("", rows[i].words), &e),
		    rows[i].want);
		EXPECT_RC(e.rc, rows[i].want);
		arena_drop(&a);
	}
}

/* 1,000 lists that all point at the same 1,000: a million values from 32 KB.
 * The bound on values stops it. */
TEST(test_abi_decode_shared_tails_are_bounded)
{
	enum { CNT = 1000 };
	static uint8_t data[32 * (2 + CNT + 1 + CNT)];
	const struct abi_value *out;
	struct abi_type t;
	struct arena a;
	size_t i;

	data[31] = 32;
	be64_put(data + 32 + 24, CNT);
	for (i = 0; i < CNT; i++)
		be64_put(data + 64 + 32 * i + 24, 32 * CNT);
	be64_put(data + 64 + 32 * CNT + 24, CNT);
	arena_init(&a, 1 << 26);
	EXPECT_RC(
	    abi_read_type(&a, &t, bytes_of_str("(bool[][])"), NULL), RC_OK);
	EXPECT_RC(abi_decode(&a, &out, &t, bytes_of(data, sizeof(data)), NULL),
	    RC_TOO_LARGE);
	be64_put(data + 64 + 32 * CNT + 24, 2);
	EXPECT_RC(abi_decode(&a, &out, &t, bytes_of(data, sizeof(data)), NULL),
	    RC_OK);
	arena_drop(&a);
	arena_init(&a, 4096);
	EXPECT_RC(
	    abi_read_type(&a, &t, bytes_of_str("(bool[][])"), NULL), RC_OK);
	EXPECT_RC(abi_decode(&a, &out, &t, bytes_of(data, sizeof(data)), NULL),
	    RC_NO_MEMORY);
	arena_drop(&a);
}

/* Tails in another order and with gaps are legal, as are bytes behind. */
TEST(test_abi_decode_unusual_placement_is_read)
{
	static const char *const list[] = {
	    "80", "40", "3", "'abc", "2", "'de", "77", NULL};
	const struct abi_value *out = NULL;
	struct abi_type t;
	struct arena a;

	arena_init(&a, 1 << 16);
	EXPECT_RC(abi_read_type(&a, &t, bytes_of_str("(string,string)"), NULL),
	    RC_OK);
	EXPECT_RC(abi_decode(&a, &out, &t, words("", list), NULL), RC_OK);
	EXPECT(out != NULL);
	if (out != NULL) {
		EXPECT_BYTES(out[0].data, bytes_of_str("de"));
		EXPECT_BYTES(out[1].data, bytes_of_str("abc"));
	}
	arena_drop(&a);
}

static struct abi_value
value_of(const json_t *v, const struct abi_type *t)
{
	struct u256 n;
	struct addr who;

	if (t->kind == ABI_ADDRESS) {
		who = vec_addr(json_string_value(v));
		return abi_addr(&who);
	}
	EXPECT(t->kind == ABI_UINT);
	n = vec_u256(v);
	return abi_u256(&n);
}

TEST(test_abi_public_cases)
{
	json_t *root = vec_archive("unit", "ABITests/basic_abi_tests.json"),
	       *row;
	const char *name;

	if (root == NULL)
		return;
	json_object_foreach(root, name, row)
	{
		const json_t *types = json_object_get(row, "types");
		struct abi_value v[8];
		char text[256] = "(";
		struct abi_type t;
		struct bytes out;
		struct arena a;
		size_t i, cnt = json_array_size(types);

		test_row(name);
		for (i = 0; i < cnt && i < 8; i++) {
			strcat(text, i == 0 ? "" : ",");
			strcat(
			    text, json_string_value(json_array_get(types, i)));
		}
		strcat(text, ")");
		arena_init(&a, 1 << 16);
		EXPECT_RC(
		    abi_read_type(&a, &t, bytes_of_str(text), NULL), RC_OK);
		for (i = 0; i < cnt && i < 8; i++)
			v[i] = value_of(
			    json_array_get(json_object_get(row, "args"), i),
			    &t.items[i]);
		EXPECT_RC(abi_encode(&a, &out, &t, v, cnt, NULL), RC_OK);
		EXPECT_BYTES(out, vec_bytes(row, "result"));
		test_count(1);
		arena_drop(&a);
	}
	json_decref(root);
}
