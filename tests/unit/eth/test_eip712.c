/* SPDX-License-Identifier: Apache-2.0
 *
 * Typed data: documents that must be refused, the published examples, and
 * random documents with what ethers says is signed.
 */
#include "eth/eip712.h"

#include <stdlib.h>

#include "vec.h"

enum { ARENA_MAX = 1 << 22 };

static enum rc
read_doc(struct eip712 *out, struct bytes json, struct err *e)
{
	struct arena a;
	enum rc rc;

	arena_init(&a, ARENA_MAX);
	rc = eip712_read(&a, out, json, e);
	arena_drop(&a);
	return rc;
}

static enum rc
read_text(struct eip712 *out, const char *json, struct err *e)
{
	return read_doc(out, bytes_of_str(json), e);
}

/* The hash that is signed. */
static struct hash
signed_hash(const struct eip712 *d)
{
	return hash_keccak(bytes_of(d->preimage, d->len));
}

static void
expect_hash(const struct hash *got, const char *want)
{
	struct hash h = vec_hash(want);

	EXPECT_BYTES(hash_bytes(got), hash_bytes(&h));
}

#define HEAD "{\"types\":{\"EIP712Domain\":[],\"T\":["
#define BODY "]},\"primaryType\":\"T\",\"domain\":{},\"message\":"
#define ONE(type, value)                                                       \
	HEAD "{\"name\":\"x\",\"type\":\"" type "\"}" BODY "{\"x\":" value "}" \
	     "}"

TEST(test_eip712_bad_document_is_refused)
{
	static const struct {
		const char *json, *text;
		enum rc rc;
	} rows[] = {
	    {"", "typed data is no JSON object", RC_BAD_JSON},
	    {"[]", "typed data is no JSON object", RC_BAD_JSON},
	    {"{}", "primaryType: not a string", RC_BAD_INPUT},
	    {"{\"primaryType\":1}", "primaryType: not a string", RC_BAD_INPUT},
	    {"{\"primaryType\":\"T\",\"primaryType\":\"T\"}",
		"typed data is no JSON object", RC_BAD_JSON},
	    {"{\"primaryType\":\"T\"}", "types: not an object", RC_BAD_INPUT},
	    {"{\"primaryType\":\"T\",\"types\":{\"T\":[]},\"message\":{}}",
		"types: \"EIP712Domain\" is missing", RC_BAD_INPUT},
	    {"{\"primaryType\":\"U\",\"types\":{\"EIP712Domain\":[]},"
	     "\"domain\":{},\"message\":{}}",
		"types: \"U\" is missing", RC_BAD_INPUT},
	    {"{\"primaryType\":\"T\",\"types\":{\"T\":{}}}",
		"types: \"T\": not an array of members", RC_BAD_INPUT},
	    {"{\"primaryType\":\"T\",\"types\":{\"a,b\":[]}}",
		"types: \"a,b\" is no name of a struct", RC_BAD_INPUT},
	    {"{\"primaryType\":\"T\",\"types\":{\"uint8\":[]}}",
		"types: \"uint8\" is no name of a struct", RC_BAD_INPUT},
	    {"{\"primaryType\":\"T\",\"types\":{\"1T\":[]}}",
		"types: \"1T\" is no name of a struct", RC_BAD_INPUT},
	    {"{\"primaryType\":\"T\",\"types\":{\"\":[]}}",
		"types: \"\" is no name of a struct", RC_BAD_INPUT},
	    {HEAD "{}" BODY "{}}",
		"types: \"T\": a member without \"name\" and \"type\"",
		RC_BAD_INPUT},
	    {HEAD "{\"name\":\"a b\",\"type\":\"bool\"}" BODY "{}}",
		"types: \"T\": \"a b\" is no name of a member", RC_BAD_INPUT},
	    {HEAD "{\"name\":\"x\",\"type\":\"bool\"},"
		  "{\"name\":\"x\",\"type\":\"bool\"}" BODY "{}}",
		"types: \"T\": \"x\" stands twice", RC_BAD_INPUT},
	    {ONE("bool\\u0000", "true"),
		"types: \"T\": a member without \"name\" and \"type\"",
		RC_BAD_INPUT},
	    {ONE("uint", "1"), "types: \"T\": \"x\": \"uint\": unknown type",
		RC_BAD_INPUT},
	    {ONE("uint7", "1"), "types: \"T\": \"x\": \"uint7\": unknown type",
		RC_BAD_INPUT},
	    {ONE("uint08", "1"),
		"types: \"T\": \"x\": \"uint08\": unknown type", RC_BAD_INPUT},
	    {ONE("uint264", "1"),
		"types: \"T\": \"x\": \"uint264\": unknown type", RC_BAD_INPUT},
	    {ONE("bytes0", "1"),
		"types: \"T\": \"x\": \"bytes0\": unknown type", RC_BAD_INPUT},
	    {ONE("bytes33", "1"),
		"types: \"T\": \"x\": \"bytes33\": unknown type", RC_BAD_INPUT},
	    {ONE("T [1]", "1"), "types: \"T\": \"x\": \"T [1]\": unknown type",
		RC_BAD_INPUT},
	    {ONE("bool[", "1"), "types: \"T\": \"x\": \"bool[\": not an array",
		RC_BAD_INPUT},
	    {ONE("bool[0]", "[]"),
		"types: \"T\": \"x\": \"bool[0]\": not an array", RC_BAD_INPUT},
	    {ONE("bool[1]x", "[]"),
		"types: \"T\": \"x\": \"bool[1]x\": not an array",
		RC_BAD_INPUT},
	    {ONE("bool[-1]", "[]"),
		"types: \"T\": \"x\": \"bool[-1]\": not an array",
		RC_BAD_INPUT},
	    {ONE("bool[][][][][][][][][]", "[]"),
		"types: \"T\": \"x\": \"bool[][][][][][][][][]\": more than 8 "
		"dimensions",
		RC_TOO_LARGE},
	    {HEAD BODY "[]}", "message: not an object", RC_BAD_INPUT},
	    {HEAD BODY "{\"y\":1}}",
		"message: \"T\": the data has members that the type has not",
		RC_BAD_INPUT},
	    {HEAD "{\"name\":\"x\",\"type\":\"bool\"}" BODY "{}}",
		"message: \"x\" of \"T\": missing", RC_BAD_INPUT},
	    {ONE("bool", "1"), "message: \"x\" of \"T\": not a boolean",
		RC_BAD_INPUT},
	    {ONE("bool", "null"), "message: \"x\" of \"T\": not a boolean",
		RC_BAD_INPUT},
	    {ONE("string", "1"), "message: \"x\" of \"T\": not a string",
		RC_BAD_INPUT},
	    {ONE("bytes", "1"), "message: \"x\" of \"T\": not hex data",
		RC_BAD_INPUT},
	    {ONE("bytes2", "2"), "message: \"x\" of \"T\": not hex data",
		RC_BAD_INPUT},
	    {ONE("address", "0"), "message: \"x\" of \"T\": not an address",
		RC_BAD_INPUT},
	    {ONE("uint8", "256"), "message: \"x\" of \"T\": out of range",
		RC_BAD_INPUT},
	    {ONE("uint8", "-1"), "message: \"x\" of \"T\": out of range",
		RC_BAD_INPUT},
	    {ONE("uint8", "1.0"), "message: \"x\" of \"T\": not an integer",
		RC_BAD_INPUT},
	    {ONE("uint8", "true"), "message: \"x\" of \"T\": not an integer",
		RC_BAD_INPUT},
	    {ONE("int8", "128"), "message: \"x\" of \"T\": out of range",
		RC_BAD_INPUT},
	    {ONE("int8", "\"-129\""), "message: \"x\" of \"T\": out of range",
		RC_BAD_INPUT},
	    {ONE("bool[]", "true"), "message: \"x\" of \"T\": not an array",
		RC_BAD_INPUT},
	    {ONE("bool[2]", "[true]"),
		"message: \"x\" of \"T\": 1 elements, want 2", RC_BAD_INPUT},
	    {ONE("bool[2][]", "[[true,true],[true]]"),
		"message: \"x\" of \"T\": 1 elements, want 2", RC_BAD_INPUT},
	    {ONE("T[]", "null"), "message: \"x\" of \"T\": not an array",
		RC_BAD_INPUT},
	};
	struct eip712 d;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].json);
		e = (struct err){.rc = RC_OK};
		EXPECT_RC(read_text(&d, rows[i].json, &e), rows[i].rc);
		EXPECT_STR(e.text, rows[i].text);
	}
}

/* Values whose text the number and hex readers explain. */
TEST(test_eip712_bad_value_is_refused)
{
	static const char *const rows[] = {
	    ONE("uint8", "\"\""),
	    ONE("uint8", "\"+1\""),
	    ONE("uint8", "\"--1\""),
	    ONE("uint8", "\" 1\""),
	    ONE("uint8", "\"1 \""),
	    ONE("uint8", "\"1e1\""),
	    ONE("uint8", "\"0x\""),
	    ONE("uint8", "\"0xg\""),
	    ONE("uint256", "\"115792089237316195423570985008687907853269984665"
			   "640564039457584007913129639936\""),
	    ONE("uint256", "115792089237316195423570985008687907853269984665640"
			   "564039457584007913129639935"),
	    ONE("bytes2", "\"0x00\""),
	    ONE("bytes2", "\"0x000000\""),
	    ONE("bytes2", "\"0000\""),
	    ONE("bytes", "\"0x0\""),
	    ONE("bytes", "\"00\""),
	    ONE("address", "\"0x00\""),
	    ONE("address", "\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed\""),
	    ONE("string", "\"\\ud800\""),
	};
	struct eip712 d;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i]);
		EXPECT(read_text(&d, rows[i], NULL) != RC_OK);
	}
}

/* A struct of itself, depth times: the last one is null. */
static enum rc
read_chain(size_t depth)
{
	static char text[8192];
	struct eip712 d;
	size_t i, n;

	n = (size_t)snprintf(text, sizeof(text), "%s",
	    HEAD "{\"name\":\"x\",\"type\":\"T\"}" BODY);
	for (i = 0; i < depth; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "{\"x\":");
	n += (size_t)snprintf(text + n, sizeof(text) - n, "null");
	for (i = 0; i <= depth; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "}");
	return read_text(&d, text, NULL);
}

TEST(test_eip712_nesting_is_bounded)
{
	EXPECT_RC(read_chain(1), RC_OK);
	EXPECT_RC(read_chain(EIP712_DEPTH_MAX), RC_OK);
	EXPECT_RC(read_chain(EIP712_DEPTH_MAX + 1), RC_TOO_LARGE);
}

TEST(test_eip712_text_and_types_are_bounded)
{
	static char text[EIP712_TEXT_MAX + 1];
	struct eip712 d;
	size_t i, n;

	memset(text, ' ', sizeof(text));
	EXPECT_RC(
	    read_doc(&d, bytes_of(text, sizeof(text)), NULL), RC_TOO_LARGE);
	n = (size_t)snprintf(text, sizeof(text),
	    "{\"primaryType\":\"T\","
	    "\"types\":{");
	for (i = 0; i <= EIP712_STRUCT_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%s\"T%zu\":[]", i == 0 ? "" : ",", i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "}}");
	EXPECT_RC(read_doc(&d, bytes_of(text, n), NULL), RC_TOO_LARGE);
	n = (size_t)snprintf(text, sizeof(text), HEAD);
	for (i = 0; i <= EIP712_MEMBER_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%s{\"name\":\"x%zu\",\"type\":\"bool\"}",
		    i == 0 ? "" : ",", i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, BODY "{}}");
	EXPECT_RC(read_doc(&d, bytes_of(text, n), NULL), RC_TOO_LARGE);
}

/* One value in each of its spellings is one value. */
TEST(test_eip712_spellings_of_a_number_are_one)
{
	static const char *const same[] = {ONE("int16", "-255"),
	    ONE("int16", "\"-255\""), ONE("int16", "\"-0xff\""),
	    ONE("int16", "\"-0x00ff\"")};
	struct hash first = {{0}};
	struct eip712 d;
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		test_row(same[i]);
		EXPECT_RC(read_text(&d, same[i], NULL), RC_OK);
		if (i == 0)
			first = d.message;
		EXPECT(hash_eq(&first, &d.message));
	}
}

#define MAIL_TYPES                                                             \
	"{\"types\":{\"EIP712Domain\":[{\"name\":\"name\",\"type\":"           \
	"\"string\"}"                                                          \
	",{\"name\":\"version\",\"type\":\"string\"},{\"name\":\"chainId\","   \
	"\"type\":\"uint256\"},{\"name\":\"verifyingContract\",\"type\":"      \
	"\"address\"}],\"Person\":[{\"name\":\"name\",\"type\":\"string\"},"   \
	"{\"name\":\"wallet\",\"type\":\"address\"}],\"Mail\":[{\"name\":"     \
	"\"from\",\"type\":\"Person\"},{\"name\":\"to\",\"type\":\"Person\"}," \
	"{\"name\":\"contents\",\"type\":\"string\"}]},"
#define MAIL                                                                   \
	MAIL_TYPES                                                             \
	"\"primaryType\":\"Mail\",\"domain\":{\"name\":\"Ether Mail\","        \
	"\"version\":\"1\",\"chainId\":1,\"verifyingContract\":"               \
	"\"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC\"},\"message\":{"        \
	"\"from\":{\"name\":\"Cow\",\"wallet\":"                               \
	"\"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826\"},\"to\":{\"name\":"    \
	"\"Bob\",\"wallet\":\"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB\"},"  \
	"\"contents\":\"Hello, Bob!\"}}"

/* The example of EIP-712 itself. */
TEST(test_eip712_published_example)
{
	struct eip712 d;
	struct hash all;

	EXPECT_RC(read_text(&d, MAIL, NULL), RC_OK);
	expect_hash(&d.domain,
	    "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f");
	expect_hash(&d.message,
	    "c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e");
	EXPECT_U64(d.len, EIP712_PREIMAGE_MAX);
	all = signed_hash(&d);
	expect_hash(&all,
	    "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
}

/* The domain alone, without a single field: what eth-sig-util signs. */
TEST(test_eip712_domain_as_primary_type)
{
	struct eip712 d;
	struct hash all;

	EXPECT_RC(read_text(&d,
		      "{\"types\":{\"EIP712Domain\":[]},\"primaryType\":"
		      "\"EIP712Domain\",\"domain\":{},\"message\":{}}",
		      NULL),
	    RC_OK);
	EXPECT_U64(d.len, EIP712_PREIMAGE_MAX - 32);
	all = signed_hash(&d);
	expect_hash(&all,
	    "8d4a3f4082945b7879e2b55f181c31a77c8c0a464b70669458abbaaf99de4c38");
}

/* Recursive types: null, and left out, are 32 zero bytes. */
TEST(test_eip712_struct_without_value_is_zero)
{
	static const char *const rows[] = {ONE("T", "null"),
	    HEAD "{\"name\":\"x\",\"type\":\"T\"}" BODY "{}}"};
	uint8_t want[64] = {0};
	struct hash type, all;
	struct eip712 d;
	size_t i;

	type = hash_keccak(bytes_of_str("T(T x)"));
	memcpy(want, type.b, 32);
	all = hash_keccak(bytes_of(want, sizeof(want)));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i]);
		EXPECT_RC(read_text(&d, rows[i], NULL), RC_OK);
		EXPECT_BYTES(hash_bytes(&d.message), hash_bytes(&all));
	}
}

/* with_domain adds the type of the domain's members, which these vectors
 * leave out. */
static void
with_domain(json_t *doc)
{
	static const char *const known[][2] = {{"name", "string"},
	    {"version", "string"}, {"chainId", "uint256"},
	    {"verifyingContract", "address"}, {"salt", "bytes32"}};
	const json_t *domain = json_object_get(doc, "domain");
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (json_object_get(domain, known[i][0]) != NULL)
			json_array_append_new(
			    list, json_pack("{s:s,s:s}", "name", known[i][0],
				      "type", known[i][1]));
	}
	json_object_set_new(
	    json_object_get(doc, "types"), "EIP712Domain", list);
}

TEST(test_eip712_public_vectors)
{
	json_t *root = vec_public("ethereum/tx-and-sign-vectors.json");
	json_t *doc, *list = json_object_get(root, "eip712");
	struct eip712 d;
	struct hash all;
	char *text;
	size_t i;

	json_array_foreach(list, i, doc)
	{
		with_domain(doc);
		text = json_dumps(doc, 0);
		EXPECT_RC(read_text(&d, text, NULL), RC_OK);
		free(text);
		expect_hash(&d.domain, vec_str(doc, "domainSeparator"));
		expect_hash(&d.message, vec_str(doc, "structHash"));
		all = signed_hash(&d);
		expect_hash(&all, vec_str(doc, "hash"));
	}
	EXPECT(root == NULL || i == 3);
	json_decref(root);
}

/* Written by tests/e2e/typed.mjs, one document a line. */
TEST(test_eip712_random_documents_as_ethers)
{
	FILE *f = fopen("tests/vectors/eip712.jsonl", "re");
	static char line[EIP712_TEXT_MAX];
	struct eip712 d;
	struct hash all;
	json_t *row;
	size_t cnt = 0;
	char *text;

	EXPECT(f != NULL);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		row = json_loads(line, JSON_ALLOW_NUL, NULL);
		text = json_dumps(json_object_get(row, "doc"), 0);
		test_row(vec_str(row, "hash"));
		EXPECT_RC(read_text(&d, text, NULL), RC_OK);
		all = signed_hash(&d);
		expect_hash(&all, vec_str(row, "hash"));
		free(text);
		json_decref(row);
		cnt++;
	}
	EXPECT_U64(cnt, 200);
	if (f != NULL)
		(void)fclose(f);
}
