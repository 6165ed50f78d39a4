/* SPDX-License-Identifier: Apache-2.0
 *
 * Proofs as a client would check them: against the state root of the block,
 * with nothing but the answer; and reads of many slots.
 */
#include <string.h>

#include "base/hex.h"
#include "rig.h"
#include "trie/proof.h"

#define NOBODY "0x00000000000000000000000000000000000000ee"
#define ZEROES                                                                 \
	"0x0000000000000000000000000000000000000000000000000000000000000000"
#define WORD_1                                                                 \
	"0x0000000000000000000000000000000000000000000000000000000000000001"
#define WORD_2A                                                                \
	"0x000000000000000000000000000000000000000000000000000000000000002a"

static struct bytes
data_of(struct rig *r, const json_t *v)
{
	struct bytes out = {NULL, 0};

	EXPECT(json_is_string(v));
	EXPECT(hex_read(&r->arena, &out, bytes_of_str(json_string_value(v)),
		   NULL) == RC_OK);
	return out;
}

static struct hash
hash_of(struct rig *r, const char *text)
{
	struct hash out;

	(void)r;
	EXPECT(hex_read_fixed(out.b, sizeof(out.b), bytes_of_str(text), false,
		   NULL) == RC_OK);
	return out;
}

static void
read_proof(struct rig *r, struct trie_proof *out, const json_t *nodes)
{
	size_t i;

	out->cnt = json_array_size(nodes);
	EXPECT(out->cnt <= TRIE_PROOF_MAX);
	for (i = 0; i < out->cnt && i < TRIE_PROOF_MAX; i++)
		out->node[i] = data_of(r, json_array_get(nodes, i));
}

/* proven returns the value that nodes prove for the hash of key under root;
 * empty: proven to be absent. */
static struct bytes
proven(struct rig *r, const json_t *nodes, const struct hash *root,
    struct bytes key)
{
	struct hash key_hash = hash_keccak(key);
	struct bytes value = {NULL, 0};
	struct trie_proof proof;

	read_proof(r, &proof, nodes);
	EXPECT(trie_verify(&value, &proof, root, &key_hash, NULL) == RC_OK);
	return value;
}

static struct hash
root_of_block(struct rig *r, const char *block)
{
	return hash_of(
	    r, rig_member(r, "eth_getBlockByNumber",
		   rig_fmt(r, "[\"%s\",false]", block), "stateRoot"));
}

/* check_account proves an account at a block and returns the answer. */
static json_t *
check_account(struct rig *r, const char *addr, const char *block, bool is_there)
{
	struct hash root = root_of_block(r, block);
	json_t *v = rig_json(rig_result(r, "eth_getProof",
	    rig_fmt(r, "[\"%s\",[\"0x1\",\"%s\",\"" ZEROES "\"],\"%s\"]", addr,
		WORD_1, block)));
	struct bytes key, value;

	EXPECT(hex_read(&r->arena, &key, bytes_of_str(addr), NULL) == RC_OK);
	value = proven(r, json_object_get(v, "accountProof"), &root, key);
	EXPECT((value.len > 0) == is_there);
	return v;
}

TEST(test_proof_of_slots_holds_against_the_state_root)
{
	struct rig r;
	struct hash storage, key;
	struct bytes value;
	const json_t *slots, *slot;
	json_t *v;
	size_t i;

	rig_open(&r);
	(void)rig_mine(&r);
	v = check_account(&r, RIG_CODE_ADDR, "0x1", true);
	storage =
	    hash_of(&r, json_string_value(json_object_get(v, "storageHash")));
	slots = json_object_get(v, "storageProof");
	EXPECT_U64(json_array_size(slots), 3);
	json_array_foreach(slots, i, slot)
	{
		key = hash_of(&r, i < 2 ? WORD_1 : ZEROES);
		value = proven(&r, json_object_get(slot, "proof"), &storage,
		    hash_bytes(&key));
		EXPECT_U64(value.len, i < 2);
		if (value.len > 0)
			EXPECT_U64(value.ptr[0], 0x2a);
		EXPECT_STR(json_string_value(json_object_get(slot, "value")),
		    i < 2 ? "0x2a" : "0x0");
	}
	EXPECT_STR(
	    json_string_value(json_object_get(json_array_get(slots, 0), "key")),
	    "0x1");
	EXPECT_STR(
	    json_string_value(json_object_get(json_array_get(slots, 1), "key")),
	    WORD_1);
	json_decref(v);
	rig_close(&r);
}

TEST(test_proof_of_absence_and_of_the_past)
{
	struct rig_tx t = {.from = 1, .value = 7, .to = NOBODY};
	struct rig r;
	json_t *v;

	rig_open(&r);
	EXPECT(strlen(rig_send(&r, &t)) == 66);
	(void)rig_mine(&r);
	v = check_account(&r, NOBODY, "0x0", false);
	EXPECT_STR(json_string_value(json_object_get(v, "codeHash")), ZEROES);
	EXPECT_U64(json_array_size(json_object_get(
		       json_array_get(json_object_get(v, "storageProof"), 0),
		       "proof")),
	    0);
	json_decref(v);
	v = check_account(&r, NOBODY, "0x1", true);
	EXPECT_STR(json_string_value(json_object_get(v, "balance")), "0x7");
	json_decref(v);
	rig_close(&r);
}

TEST(test_proof_bad_arguments_by_row)
{
	static const struct {
		const char *params, *want;
	} row[] = {
	    {"[]", "-32602 missing value for required argument 0"},
	    {"[\"0x12\",[]]", "-32602 invalid argument 0: hex data has 2 "
			      "digits, want 40"},
	    {"[\"" NOBODY "\"]",
		"-32602 missing value for required argument 1"},
	    {"[\"" NOBODY "\",\"0x1\"]",
		"-32602 invalid argument 1: not an array"},
	    {"[\"" NOBODY "\",[1]]", "-32602 not a hex string"},
	    {"[\"" NOBODY "\",[\"0xg\"]]",
		"-32602 unable to decode storage key: hex string invalid"},
	    {"[\"" NOBODY "\",[\"" ZEROES "0\"]]",
		"-32602 storage key too long (want at most 32 bytes): 65 "
		"digits"},
	    {"[\"" NOBODY "\",[],\"0x9\"]", "-32000 header not found"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].params);
		EXPECT_CALL(&r, "eth_getProof", row[i].params, row[i].want);
	}
	test_row(NULL);
	rig_close(&r);
}

/* many writes "[first,KEY,KEY,...last": cnt keys. */
static const char *
many(struct rig *r, const char *first, const char *last, size_t cnt)
{
	size_t cap = 16 + strlen(first) + strlen(last) + cnt * 70;
	char *text = arena_alloc(&r->arena, cap);
	size_t i, len = (size_t)snprintf(text, cap, "%s", first);

	for (i = 0; i < cnt; i++)
		len += (size_t)snprintf(text + len, cap - len,
		    "%s\"" ZEROES "\"", i == 0 ? "" : ",");
	(void)snprintf(text + len, cap - len, "%s", last);
	return text;
}

TEST(test_proof_slots_of_one_call_are_bounded)
{
	struct rig r;

	rig_open(&r);
	EXPECT_CALL(&r, "eth_getProof",
	    many(&r, "[\"" RIG_CODE_ADDR "\",[", "]]", 1025),
	    "-32602 too many keys (max 1024)");
	EXPECT(strstr(rig_result(&r, "eth_getProof",
			  many(&r, "[\"" RIG_CODE_ADDR "\",[", "]]", 1024)),
		   "storageProof") != NULL);
	EXPECT_CALL(&r, "eth_getStorageValues",
	    many(&r, "[{\"" RIG_CODE_ADDR "\":[", "]}]", 1025),
	    "-32602 too many slots (max 1024)");
	rig_close(&r);
}

TEST(test_storage_values_by_row)
{
	static const struct {
		const char *params, *want;
	} row[] = {
	    {"[\"x\"]", "-32602 invalid argument 0: not an object"},
	    {"[{}]", "-32602 empty request"},
	    {"[{\"" NOBODY "\":[]}]", "-32602 empty request"},
	    {"[{\"" NOBODY "\":1}]",
		"-32602 invalid argument 0: " NOBODY ": not an array"},
	    {"[{\"0x12\":[\"" ZEROES "\"]}]",
		"-32602 hex data has 2 digits, want 40"},
	    {"[{\"" NOBODY "\":[\"0x1\"]}]",
		"-32602 hex data has 1 digits, want 64"},
	    {"[{\"" NOBODY "\":[\"" ZEROES "\"]},\"0x9\"]",
		"-32000 header not found"},
	    {"[{\"" RIG_CODE_ADDR "\":[\"" WORD_1 "\",\"" ZEROES "\"],\"" NOBODY
	     "\":[\"" WORD_1 "\"]},\"0x0\"]",
		"{\"" RIG_CODE_ADDR "\":[\"" WORD_2A "\",\"" ZEROES
		"\"],\"" NOBODY "\":[\"" ZEROES "\"]}"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].params);
		EXPECT_CALL(
		    &r, "eth_getStorageValues", row[i].params, row[i].want);
	}
	test_row(NULL);
	rig_close(&r);
}
