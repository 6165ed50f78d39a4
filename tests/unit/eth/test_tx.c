/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions: refused bytes field by field, the signed vectors of every
 * type both ways, the public suite per fork, prices.
 */
#include "eth/tx.h"

#include <stdio.h>

#include "crypto/ec.h"
#include "eth/fork.h"
#include "eth/rlp.h"
#include "vec.h"

#define ADDR_35 "3535353535353535353535353535353535353535"
#define R_OK    "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
#define S_OK    "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
#define ORDER   "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define HALF    "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"
#define HALF_1                                                                 \
	"7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1"

/* The encoded items of good transactions; a row of bad ones replaces one. */
enum { ITEM_MAX = 15 };

/* The example of EIP-155. */
static const char *const good_legacy[ITEM_MAX] = {"09", "8504a817c800",
    "825208", "94" ADDR_35, "880de0b6b3a7640000", "80", "25", "a0" R_OK,
    "a0" S_OK};

#define HASH_1                                                                 \
	"a00100000000000000000000000000000000000000000000000000000000000001"
#define ENTRY                                                                  \
	"f7"                                                                   \
	"94" ADDR_35 "e1" HASH_1
#define AUTH                                                                   \
	"f85c"                                                                 \
	"820ae5"                                                               \
	"94" ADDR_35 "07"                                                      \
	"80"                                                                   \
	"a0" R_OK "a0" S_OK

static const char *const good_blob[ITEM_MAX] = {"820ae5", "05", "01", "64",
    "825208", "94" ADDR_35, "80", "80", "f838" ENTRY, "01", "e1" HASH_1, "80",
    "a0" R_OK, "a0" S_OK};

static const char *const good_set_code[ITEM_MAX] = {"820ae5", "06", "01", "64",
    "830186a0", "94" ADDR_35, "80", "80", "c0", "f85e" AUTH, "80", "a0" R_OK,
    "a0" S_OK};

static const char *const *const good[] = {
    [TX_LEGACY] = good_legacy,
    [TX_BLOB] = good_blob,
    [TX_SET_CODE] = good_set_code,
};

/* A good transaction with item at replaced and extra behind the last. */
static struct bytes
build(enum tx_type type, int at, const char *item, const char *extra)
{
	static const char *const prefix[] = {"", "01", "02", "03", "04"};

	return vec_wrap(prefix[type], vec_list(good[type], at, item, extra));
}

TEST(test_tx_decode_bad_field_is_refused_by_name)
{
	static const struct {
		const char *name;
		enum tx_type type;
		int at;
		const char *item;
		enum rc want;
		const char *text;
	} rows[] = {
	    {"nonce zero as a byte", TX_LEGACY, 0, "00", RC_NONCANONICAL,
		"transaction nonce: "},
	    {"nonce of 65 bits", TX_LEGACY, 0, "89010000000000000000",
		RC_BAD_INPUT, "transaction nonce: "},
	    {"price of 257 bits", TX_LEGACY, 1,
		"a1010000000000000000000000000000000000000000000000000000000"
		"000000000",
		RC_BAD_INPUT, "transaction gasPrice: "},
	    {"gas as a list", TX_LEGACY, 2, "c20102", RC_BAD_INPUT,
		"transaction gas: "},
	    {"gas with a head too many", TX_LEGACY, 2, "8101", RC_NONCANONICAL,
		"transaction gas: "},
	    {"to of 19 bytes", TX_LEGACY, 3,
		"9335353535353535353535353535353535353535", RC_BAD_INPUT,
		"transaction to: "},
	    {"to of 21 bytes", TX_LEGACY, 3, "9500" ADDR_35, RC_BAD_INPUT,
		"transaction to: "},
	    {"value with leading zero", TX_LEGACY, 4, "820001", RC_NONCANONICAL,
		"transaction value: "},
	    {"data as a list", TX_LEGACY, 5, "c0", RC_BAD_INPUT,
		"transaction input: "},
	    {"v 0", TX_LEGACY, 6, "80", RC_BAD_SIGNATURE, NULL},
	    {"v 1", TX_LEGACY, 6, "01", RC_BAD_SIGNATURE, NULL},
	    {"v 26", TX_LEGACY, 6, "1a", RC_BAD_SIGNATURE, NULL},
	    {"v 29", TX_LEGACY, 6, "1d", RC_BAD_SIGNATURE, NULL},
	    {"v 34", TX_LEGACY, 6, "22", RC_BAD_SIGNATURE, NULL},
	    {"v of chain id 2^64", TX_LEGACY, 6, "89020000000000000023",
		RC_TX_CHAIN_ID, "transaction v: "},
	    {"v of 264 bits", TX_LEGACY, 6, "a1ff" R_OK, RC_BAD_INPUT,
		"transaction v: "},
	    {"r 0", TX_LEGACY, 7, "80", RC_BAD_SIGNATURE, NULL},
	    {"r is the order", TX_LEGACY, 7, "a0" ORDER, RC_BAD_SIGNATURE,
		NULL},
	    {"r of 264 bits", TX_LEGACY, 7, "a1ff" R_OK, RC_BAD_INPUT,
		"transaction r: "},
	    {"s 0", TX_LEGACY, 8, "80", RC_BAD_SIGNATURE, NULL},
	    {"s is the order", TX_LEGACY, 8, "a0" ORDER, RC_BAD_SIGNATURE,
		NULL},
	    {"s above half", TX_LEGACY, 8, "a0" HALF_1, RC_BAD_SIGNATURE, NULL},
	    {"chain id of 65 bits", TX_BLOB, 0, "89010000000000000000",
		RC_TX_CHAIN_ID, "transaction chainId: "},
	    {"blob creation", TX_BLOB, 5, "80", RC_BAD_INPUT,
		"transaction to: "},
	    {"access list as a string", TX_BLOB, 8, "80", RC_BAD_INPUT,
		"transaction accessList: "},
	    {"entry as a string", TX_BLOB, 8, "c180", RC_BAD_INPUT,
		"transaction accessList: "},
	    {"entry without keys", TX_BLOB, 8, "d6d594" ADDR_35, RC_TRUNCATED,
		"transaction accessList: "},
	    {"entry of three", TX_BLOB, 8, "d8d794" ADDR_35 "c080",
		RC_BAD_INPUT, "transaction accessList: "},
	    {"entry with a short address", TX_BLOB, 8, "c3c280c0", RC_BAD_INPUT,
		"transaction accessList: "},
	    {"key of 2 bytes", TX_BLOB, 8, "dad994" ADDR_35 "c3820001",
		RC_BAD_INPUT, "transaction accessList: "},
	    {"blob hash of 31 bytes", TX_BLOB, 10,
		"e09f00000000000000000000000000000000000000000000000000000000"
		"000001",
		RC_BAD_INPUT, "transaction blobVersionedHashes: "},
	    {"y parity 2", TX_BLOB, 11, "02", RC_BAD_SIGNATURE, NULL},
	    {"y parity 27", TX_BLOB, 11, "1b", RC_BAD_SIGNATURE, NULL},
	    {"typed high s", TX_BLOB, 13, "a0" HALF_1, RC_BAD_SIGNATURE, NULL},
	    {"set code creation", TX_SET_CODE, 5, "80", RC_BAD_INPUT,
		"transaction to: "},
	    {"authorizations as a string", TX_SET_CODE, 9, "80", RC_BAD_INPUT,
		"transaction authorizationList: "},
	    {"authorization of seven", TX_SET_CODE, 9,
		"f85f"
		"f85d"
		"820ae5"
		"94" ADDR_35 "07"
		"80"
		"a0" R_OK "a0" S_OK "80",
		RC_BAD_INPUT, "transaction authorizationList: "},
	    {"authorization parity 256", TX_SET_CODE, 9,
		"dfde"
		"820ae5"
		"94" ADDR_35 "07"
		"820100"
		"01"
		"01",
		RC_BAD_INPUT, "transaction authorizationList: "},
	    {"authorization nonce of 65 bits", TX_SET_CODE, 9,
		"e5e4"
		"820ae5"
		"94" ADDR_35 "89010000000000000000"
		"80"
		"01"
		"01",
		RC_BAD_INPUT, "transaction authorizationList: "},
	};
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {.rc = RC_OK};
		struct bytes in;
		struct tx tx;

		test_row(rows[i].name);
		arena_init(&a, 1 << 16);
		in = build(rows[i].type, rows[i].at, rows[i].item, "");
		EXPECT_RC(tx_decode(&a, &tx, in, &e), rows[i].want);
		EXPECT_RC(e.rc, rows[i].want);
		if (rows[i].text != NULL &&
		    strncmp(e.text, rows[i].text, strlen(rows[i].text)) != 0)
			test_fail(__FILE__, __LINE__, "text is \"%s\"", e.text);
		arena_drop(&a);
	}
}

TEST(test_tx_decode_good_items_are_accepted)
{
	static const enum tx_type types[] = {TX_LEGACY, TX_BLOB, TX_SET_CODE};
	struct arena a;
	struct tx tx;
	size_t i;

	arena_init(&a, 1 << 16);
	for (i = 0; i < 3; i++)
		EXPECT_RC(tx_decode(&a, &tx, build(types[i], -1, "", ""), NULL),
		    RC_OK);
	EXPECT_RC(tx_decode(&a, &tx, build(TX_LEGACY, 8, "a0" HALF, ""), NULL),
	    RC_OK);
	EXPECT_RC(
	    tx_decode(&a, &tx, build(TX_LEGACY, 3, "80", ""), NULL), RC_OK);
	EXPECT(tx.is_create && addr_is_zero(&tx.to));
	EXPECT_RC(
	    tx_decode(&a, &tx, build(TX_LEGACY, 6, "1c", ""), NULL), RC_OK);
	EXPECT(!tx.has_chain_id && tx.y_parity == 1);
	arena_drop(&a);
}

TEST(test_tx_decode_bad_shape_is_refused)
{
	static const struct {
		const char *name, *hex;
		enum rc want;
	} rows[] = {
	    {"nothing", "", RC_TRUNCATED},
	    {"type 0", "00c0", RC_TX_TYPE},
	    {"type 5", "05c0", RC_TX_TYPE},
	    {"type 0x7f", "7fc0", RC_TX_TYPE},
	    {"a string", "83c00000", RC_TX_TYPE},
	    {"type alone", "01", RC_TRUNCATED},
	    {"type and a string", "0180", RC_BAD_INPUT},
	    {"empty legacy", "c0", RC_BAD_INPUT},
	    {"empty typed", "02c0", RC_BAD_INPUT},
	    {"list longer than the input", "c3", RC_TRUNCATED},
	};
	struct arena a;
	struct tx tx;
	size_t i;

	arena_init(&a, 1 << 16);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(tx_decode(&a, &tx, test_hex(rows[i].hex), NULL),
		    rows[i].want);
	}
	test_row("a field too many");
	EXPECT_RC(tx_decode(&a, &tx, build(TX_LEGACY, -1, "", "80"), NULL),
	    RC_BAD_INPUT);
	EXPECT_RC(tx_decode(&a, &tx, build(TX_BLOB, -1, "", "80"), NULL),
	    RC_BAD_INPUT);
	arena_drop(&a);
}

TEST(test_tx_decode_cut_or_longer_input_is_refused)
{
	static const enum tx_type types[] = {TX_LEGACY, TX_BLOB, TX_SET_CODE};
	uint8_t longer[1024];
	struct arena a;
	struct tx tx;
	size_t i, len;

	arena_init(&a, 1 << 20);
	for (i = 0; i < 3; i++) {
		struct bytes in = build(types[i], -1, "", "");

		for (len = 0; len < in.len; len++)
			EXPECT(tx_decode(&a, &tx, bytes_of(in.ptr, len),
				   NULL) != RC_OK);
		memcpy(longer, in.ptr, in.len);
		longer[in.len] = 0;
		EXPECT_RC(
		    tx_decode(&a, &tx, bytes_of(longer, in.len + 1), NULL),
		    RC_TRAILING);
	}
	arena_drop(&a);
}

TEST(test_tx_decode_small_arena_is_no_memory)
{
	size_t max;

	for (max = 0; max < 60; max += 4) {
		struct arena a;
		struct tx tx;

		arena_init(&a, max);
		EXPECT_RC(tx_decode(&a, &tx, build(TX_BLOB, -1, "", ""), NULL),
		    RC_NO_MEMORY);
		arena_drop(&a);
	}
}

TEST(test_tx_take_body_items)
{
	static uint8_t room[2048];
	struct buf b = buf_of(room, sizeof(room));
	struct bytes in;
	struct arena a;
	struct tx tx;

	arena_init(&a, 1 << 16);
	EXPECT(rlp_put_str(&b, build(TX_BLOB, -1, "", "")));
	in = build(TX_LEGACY, -1, "", "");
	EXPECT(buf_put(&b, in.ptr, in.len));
	in = bytes_of_buf(&b);
	EXPECT_RC(tx_take(&a, &tx, &in, NULL), RC_OK);
	EXPECT_U64(tx.type, TX_BLOB);
	EXPECT_BYTES(tx.raw, bytes_of(room + 2, tx.raw.len));
	EXPECT_RC(tx_take(&a, &tx, &in, NULL), RC_OK);
	EXPECT_U64(tx.type, TX_LEGACY);
	EXPECT_U64(in.len, 0);
	EXPECT_RC(tx_take(&a, &tx, &in, NULL), RC_TRUNCATED);

	b = buf_of(room, sizeof(room));
	EXPECT(rlp_put_str(&b, build(TX_LEGACY, -1, "", "")));
	in = bytes_of_buf(&b);
	EXPECT_RC(tx_take(&a, &tx, &in, NULL), RC_NONCANONICAL);
	EXPECT_U64(in.len, b.len);
	in = test_hex("80");
	EXPECT_RC(tx_take(&a, &tx, &in, NULL), RC_TRUNCATED);
	/* Bare envelopes are not body items. */
	b = buf_of(room, sizeof(room));
	in = build(TX_BLOB, -1, "", "");
	EXPECT(buf_put(&b, in.ptr, in.len));
	in = bytes_of_buf(&b);
	EXPECT(tx_take(&a, &tx, &in, NULL) != RC_OK);
	arena_drop(&a);
}

/* The example of EIP-155. */
TEST(test_tx_sender_of_eip155_example)
{
	struct arena a;
	struct addr got, want;
	struct hash h;
	struct tx tx;

	arena_init(&a, 1 << 16);
	EXPECT_RC(
	    tx_decode(&a, &tx, build(TX_LEGACY, -1, "", ""), NULL), RC_OK);
	EXPECT(tx.has_chain_id);
	EXPECT_U64(tx.chain_id, 1);
	EXPECT_RC(tx_signing_hash(&h, &tx, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&h),
	    test_hex("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db9"
		     "2e4c8e53"));
	EXPECT_RC(tx_sender(&got, &tx, NULL), RC_OK);
	want = vec_addr("0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
	EXPECT(addr_eq(&got, &want));
	arena_drop(&a);
}

TEST(test_tx_high_s_only_under_frontier_rules)
{
	struct u256 order, low;
	struct addr before, after;
	struct arena a;
	struct tx tx, again;
	uint8_t room[512];
	struct buf b = buf_of(room, sizeof(room));
	struct bytes in;

	arena_init(&a, 1 << 16);
	EXPECT_RC(
	    tx_decode(&a, &tx, build(TX_LEGACY, 6, "1b", ""), NULL), RC_OK);
	EXPECT_RC(tx_sender(&before, &tx, NULL), RC_OK);
	EXPECT(!tx_has_high_s(&tx));
	u256_from_be(&order, test_hex(ORDER));
	low = tx.s;
	u256_sub(&tx.s, &order, &low);
	tx.y_parity ^= 1;
	EXPECT(tx_has_high_s(&tx));
	EXPECT_RC(tx_encode(&b, &tx, true, NULL), RC_OK);
	EXPECT_RC(
	    tx_decode(&a, &again, bytes_of_buf(&b), NULL), RC_BAD_SIGNATURE);
	EXPECT_RC(
	    tx_decode_frontier(&a, &again, bytes_of_buf(&b), NULL), RC_OK);
	in = bytes_of_buf(&b);
	EXPECT_RC(tx_take(&a, &again, &in, NULL), RC_BAD_SIGNATURE);
	EXPECT_RC(tx_take_frontier(&a, &again, &in, NULL), RC_OK);
	EXPECT(tx_has_high_s(&again));
	EXPECT_RC(tx_sender(&after, &again, NULL), RC_OK);
	EXPECT(addr_eq(&before, &after));
	arena_drop(&a);
}

/* No key has this r: 5 is not the x of a curve point. */
TEST(test_tx_sender_without_key_is_refused)
{
	struct arena a;
	struct err e = {.rc = RC_OK};
	struct addr s;
	struct tx tx;

	arena_init(&a, 1 << 16);
	EXPECT_RC(
	    tx_decode(&a, &tx, build(TX_LEGACY, 7, "05", ""), NULL), RC_OK);
	EXPECT_RC(tx_sender(&s, &tx, &e), RC_TX_SENDER);
	EXPECT_STR(e.text, "invalid sender");
	arena_drop(&a);
}

TEST(test_tx_sign_every_chain_id_round_trips)
{
	static const uint64_t ids[] = {0, 1, 2789, UINT64_MAX / 2 - 18,
	    UINT64_MAX / 2, UINT64_MAX / 2 + 1, UINT64_MAX};
	uint8_t key[32] = {[31] = 7};
	struct addr want, got;
	struct arena a;
	size_t i;
	unsigned type;

	arena_init(&a, 1 << 20);
	{
		uint8_t pub[64];

		EXPECT_RC(ec_public(pub, key, NULL), RC_OK);
		ec_addr(want.b, pub);
	}
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		for (type = TX_LEGACY; type <= TX_SET_CODE; type++) {
			struct tx tx = {.type = (enum tx_type)type,
			    .has_chain_id = true,
			    .chain_id = ids[i],
			    .gas = 21000};
			struct u256 v;
			struct tx back;

			EXPECT_RC(tx_sign(&a, &tx, key, NULL), RC_OK);
			EXPECT_U64(tx.raw.len, tx_encoded_size(&tx));
			EXPECT_RC(tx_decode(&a, &back, tx.raw, NULL), RC_OK);
			EXPECT(hash_eq(&back.hash, &tx.hash));
			EXPECT_U64(back.chain_id, ids[i]);
			EXPECT_RC(tx_sender(&got, &back, NULL), RC_OK);
			EXPECT(addr_eq(&got, &want));
			v = tx_v(&back);
			EXPECT(type != TX_LEGACY || ids[i] != UINT64_MAX ||
			       (v.w[1] == 2 && v.w[0] == 33U + back.y_parity));
		}
	arena_drop(&a);
}

TEST(test_tx_sign_bad_key_or_small_arena_fails)
{
	uint8_t zero[32] = {0}, one[32] = {[31] = 1};
	struct tx tx = {.type = TX_LEGACY};
	struct arena a;

	arena_init(&a, 16);
	EXPECT_RC(tx_sign(&a, &tx, zero, NULL), RC_BAD_INPUT);
	EXPECT_RC(tx_sign(&a, &tx, one, NULL), RC_NO_MEMORY);
	arena_drop(&a);
}

TEST(test_tx_encode_small_buffer_is_no_space)
{
	uint8_t room[1024];
	struct arena a;
	struct tx tx;
	size_t cap;

	arena_init(&a, 1 << 16);
	EXPECT_RC(
	    tx_decode(&a, &tx, build(TX_SET_CODE, -1, "", ""), NULL), RC_OK);
	for (cap = 0; cap < tx_encoded_size(&tx); cap++) {
		struct buf b = buf_of(room, cap);

		EXPECT_RC(tx_encode(&b, &tx, true, NULL), RC_NO_SPACE);
		EXPECT_U64(b.len, 0);
	}
	arena_drop(&a);
}

/* Data longer than the room of a hashing sink takes another way. */
TEST(test_tx_signing_hash_of_any_length_is_that_of_the_preimage)
{
	static uint8_t data[3000], room[4000];
	size_t len;

	memset(data, 0x5a, sizeof(data));
	for (len = 0; len < sizeof(data); len += len < 600 ? 1 : 97) {
		struct tx tx = {.type = TX_DYNAMIC_FEE,
		    .chain_id = 5,
		    .data = bytes_of(data, len)};
		struct buf b = buf_of(room, sizeof(room));
		struct hash got, want;

		EXPECT_RC(tx_signing_hash(&got, &tx, NULL), RC_OK);
		EXPECT_RC(tx_encode(&b, &tx, false, NULL), RC_OK);
		want = hash_keccak(bytes_of_buf(&b));
		EXPECT(hash_eq(&got, &want));
	}
}

static void
expect_u256(const struct u256 *got, const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);
	struct u256 want;

	if (v == NULL)
		return;
	want = vec_u256(v);
	if (!u256_eq(got, &want))
		test_fail(__FILE__, __LINE__, "%s differs", key);
}

static void
expect_access(const struct tx *tx, const json_t *list)
{
	size_t i, k;

	EXPECT_U64(tx->access_cnt, json_array_size(list));
	for (i = 0; i < tx->access_cnt && i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const json_t *keys = json_object_get(entry, "storageKeys");

		EXPECT_BYTES(addr_bytes(&tx->access[i].addr),
		    vec_bytes(entry, "address"));
		EXPECT_U64(tx->access[i].key_cnt, json_array_size(keys));
		for (k = 0; k < tx->access[i].key_cnt; k++)
			EXPECT_BYTES(hash_bytes(&tx->access[i].keys[k]),
			    test_hex(
				json_string_value(json_array_get(keys, k))));
	}
}

static void
expect_auths(const struct tx *tx, const json_t *list)
{
	struct addr signer;
	size_t i;

	EXPECT_U64(tx->auth_cnt, json_array_size(list));
	for (i = 0; i < tx->auth_cnt && i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);
		const struct tx_auth *au = &tx->auths[i];

		expect_u256(&au->chain_id, row, "chainId");
		expect_u256(&au->r, row, "r");
		expect_u256(&au->s, row, "s");
		EXPECT_U64(au->nonce, vec_u64(json_object_get(row, "nonce")));
		EXPECT_U64(
		    au->y_parity, vec_u64(json_object_get(row, "yParity")));
		EXPECT_BYTES(addr_bytes(&au->addr), vec_bytes(row, "address"));
		EXPECT_RC(tx_auth_signer(&signer, au, NULL), RC_OK);
		EXPECT_BYTES(addr_bytes(&signer), vec_bytes(row, "authority"));
	}
}

static void
expect_fields(const struct tx *tx, const json_t *f)
{
	const json_t *hashes = json_object_get(f, "blobVersionedHashes");
	size_t i;

	EXPECT_U64(tx->type, vec_u64(json_object_get(f, "type")));
	EXPECT_U64(tx->nonce, vec_u64(json_object_get(f, "nonce")));
	EXPECT_U64(tx->gas, vec_u64(json_object_get(f, "gasLimit")));
	EXPECT(tx->has_chain_id == (json_object_get(f, "chainId") != NULL));
	if (tx->has_chain_id)
		EXPECT_U64(
		    tx->chain_id, vec_u64(json_object_get(f, "chainId")));
	expect_u256(&tx->max_fee, f, "gasPrice");
	expect_u256(&tx->max_tip, f, "gasPrice");
	expect_u256(&tx->max_fee, f, "maxFeePerGas");
	expect_u256(&tx->max_tip, f, "maxPriorityFeePerGas");
	expect_u256(&tx->max_blob_fee, f, "maxFeePerBlobGas");
	expect_u256(&tx->value, f, "value");
	EXPECT(tx->is_create == json_is_null(json_object_get(f, "to")));
	if (!tx->is_create)
		EXPECT_BYTES(addr_bytes(&tx->to), vec_bytes(f, "to"));
	EXPECT_BYTES(tx->data, vec_bytes(f, "data"));
	expect_access(tx, json_object_get(f, "accessList"));
	EXPECT_U64(tx->blob_cnt, json_array_size(hashes));
	for (i = 0; i < tx->blob_cnt; i++)
		EXPECT_BYTES(hash_bytes(&tx->blob_hashes[i]),
		    test_hex(json_string_value(json_array_get(hashes, i))));
	expect_auths(tx, json_object_get(f, "authorizationList"));
}

static void
run_signed(struct arena *a, const json_t *row, const uint8_t key[32])
{
	struct bytes raw = vec_bytes(row, "raw");
	static uint8_t room[4096];
	struct buf b = buf_of(room, sizeof(room));
	struct addr sender;
	struct hash digest;
	struct tx tx;

	test_row(vec_str(row, "name"));
	EXPECT_RC(tx_decode(a, &tx, raw, NULL), RC_OK);
	expect_fields(&tx, json_object_get(row, "fields"));
	EXPECT_BYTES(hash_bytes(&tx.hash), vec_bytes(row, "hash"));
	EXPECT_RC(tx_signing_hash(&digest, &tx, NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&digest), vec_bytes(row, "signingHash"));
	EXPECT_RC(tx_sender(&sender, &tx, NULL), RC_OK);
	EXPECT_BYTES(addr_bytes(&sender), vec_bytes(row, "sender"));
	EXPECT_RC(tx_encode(&b, &tx, true, NULL), RC_OK);
	EXPECT_BYTES(bytes_of_buf(&b), raw);
	EXPECT_U64(tx_encoded_size(&tx), raw.len);
	b.len = 0;
	EXPECT_RC(tx_encode(&b, &tx, false, NULL), RC_OK);
	EXPECT_BYTES(bytes_of_buf(&b), vec_bytes(row, "unsigned"));
	EXPECT_RC(tx_sign(a, &tx, key, NULL), RC_OK);
	EXPECT_BYTES(tx.raw, raw);
}

TEST(test_tx_signed_vectors_of_every_type)
{
	json_t *root = vec_public("ethereum/tx-and-sign-vectors.json"), *row;
	struct bytes key;
	struct arena a;
	size_t i;

	if (root == NULL)
		return;
	key = vec_bytes(json_object_get(root, "key"), "privateKey");
	EXPECT(json_array_size(json_object_get(root, "transactions")) >= 11);
	arena_init(&a, 1 << 20);
	json_array_foreach(json_object_get(root, "transactions"), i, row)
	{
		run_signed(&a, row, key.ptr);
		test_count(1);
	}
	arena_drop(&a);
	json_decref(root);
}

TEST(test_tx_auth_signer_out_of_range_is_refused)
{
	struct tx_auth au = {.nonce = 1};
	struct addr s;

	u256_from_be(&au.r, test_hex(R_OK));
	u256_from_be(&au.s, test_hex(S_OK));
	EXPECT_RC(tx_auth_signer(&s, &au, NULL), RC_OK);
	au.y_parity = 2;
	EXPECT_RC(tx_auth_signer(&s, &au, NULL), RC_BAD_SIGNATURE);
	au.y_parity = 0;
	u256_from_be(&au.s, test_hex(HALF_1));
	EXPECT_RC(tx_auth_signer(&s, &au, NULL), RC_BAD_SIGNATURE);
	au.s = U256_ZERO;
	EXPECT_RC(tx_auth_signer(&s, &au, NULL), RC_BAD_SIGNATURE);
	u256_from_be(&au.s, test_hex(S_OK));
	au.r = U256_ZERO;
	EXPECT_RC(tx_auth_signer(&s, &au, NULL), RC_BAD_SIGNATURE);
	au.r = u256_from_u64(5);
	EXPECT_RC(tx_auth_signer(&s, &au, NULL), RC_BAD_SIGNATURE);
}

TEST(test_tx_prices_under_a_base_fee)
{
	static const struct {
		const char *name;
		uint64_t fee, tip, base;
		bool is_ok;
		uint64_t got_tip, got_price;
	} rows[] = {
	    {"legacy shape", 10, 10, 4, true, 6, 10},
	    {"tip fits", 10, 2, 4, true, 2, 6},
	    {"tip is cut", 10, 8, 4, true, 6, 10},
	    {"fee is the base", 4, 2, 4, true, 0, 4},
	    {"fee below the base", 3, 2, 4, false, 0, 0},
	    {"all zero", 0, 0, 0, true, 0, 0},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tx tx = {.type = TX_DYNAMIC_FEE,
		    .max_fee = u256_from_u64(rows[i].fee),
		    .max_tip = u256_from_u64(rows[i].tip)};
		struct u256 base = u256_from_u64(rows[i].base);
		struct u256 tip = U256_ZERO, price = U256_ZERO;

		test_row(rows[i].name);
		EXPECT(tx_tip(&tip, &tx, &base) == rows[i].is_ok);
		EXPECT(tx_price(&price, &tx, &base) == rows[i].is_ok);
		EXPECT_U64(tip.w[0], rows[i].got_tip);
		EXPECT_U64(price.w[0], rows[i].got_price);
	}
}

TEST(test_tx_cost_max_overflow_is_seen)
{
	struct tx tx = {.type = TX_BLOB,
	    .gas = 3,
	    .max_fee = u256_from_u64(5),
	    .value = u256_from_u64(7),
	    .blob_cnt = 2,
	    .max_blob_fee = u256_from_u64(11)};
	struct u256 cost, huge;

	memset(&huge, 0xff, sizeof(huge));
	EXPECT(tx_cost_max(&cost, &tx));
	EXPECT_U64(cost.w[0], 15 + 2 * 11 * TX_BLOB_GAS + 7);
	tx.value = huge;
	EXPECT(!tx_cost_max(&cost, &tx));
	tx.value = U256_ZERO;
	tx.max_fee = huge;
	EXPECT(!tx_cost_max(&cost, &tx));
	tx.max_fee = U256_ZERO;
	tx.max_blob_fee = huge;
	EXPECT(!tx_cost_max(&cost, &tx));
	tx.blob_cnt = 0;
	EXPECT(tx_cost_max(&cost, &tx));
	EXPECT(u256_is_zero(&cost));
}

/* The public suite: what this library decides is whether the bytes decode
 * and who sent them. Rules on gas, fees and chain belong to exec, so that a
 * verdict for one of these reasons says nothing here. */
static bool
is_for_exec(const char *exception)
{
	static const char *const reasons[] = {"INTRINSIC_GAS_TOO_LOW",
	    "TYPE_NOT_SUPPORTED", "GASLIMIT_PRICE_PRODUCT_OVERFLOW",
	    "NONCE_TOO_BIG", "INITCODE_SIZE_EXCEEDED",
	    "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS"};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strstr(exception, reasons[i]) != NULL)
			return true;
	return false;
}

static enum fork
suite_fork(const char *name)
{
	static const struct {
		const char *name;
		enum fork fork;
	} other[] = {{"EIP150", FORK_TANGERINE}, {"EIP158", FORK_SPURIOUS},
	    {"ConstantinopleFix", FORK_PETERSBURG}};
	enum fork f = FORK_FRONTIER;
	size_t i;

	for (i = 0; i < 3; i++)
		if (!strcmp(name, other[i].name))
			return other[i].fork;
	EXPECT(fork_find(&f, bytes_of_str(name)));
	return f;
}

/* The suite's chain id is 1. */
static enum rc
accept(struct arena *a, struct tx *tx, struct addr *sender, struct bytes raw,
    enum fork f)
{
	if (f < FORK_HOMESTEAD)
		TRY(tx_decode_frontier(a, tx, raw, NULL));
	else
		TRY(tx_decode(a, tx, raw, NULL));
	if (tx->has_chain_id && tx->type == TX_LEGACY && f < FORK_EIP155)
		return RC_BAD_SIGNATURE;
	if (tx->has_chain_id && tx->chain_id != 1)
		return RC_TX_CHAIN_ID;
	return tx_sender(sender, tx, NULL);
}

static void
run_verdict(const struct bytes raw, const char *fork, const json_t *want)
{
	const char *exc = json_string_value(json_object_get(want, "exception"));
	struct addr sender;
	struct arena a;
	struct tx tx;
	enum rc rc;

	arena_init(&a, 1 << 22);
	rc = accept(&a, &tx, &sender, raw, suite_fork(fork));
	if (exc == NULL) {
		EXPECT_RC(rc, RC_OK);
		EXPECT_BYTES(addr_bytes(&sender), vec_bytes(want, "sender"));
		EXPECT_BYTES(hash_bytes(&tx.hash), vec_bytes(want, "hash"));
	} else if (!is_for_exec(exc) && rc == RC_OK) {
		test_fail(
		    __FILE__, __LINE__, "%s: accepted, want %s", fork, exc);
	}
	test_count(1);
	arena_drop(&a);
}

static size_t
run_suite_file(const char *path)
{
	json_t *root = vec_json(path), *test, *verdict;
	const char *name, *fork;
	struct bytes raw;
	size_t cnt = 0;

	json_object_foreach(root, name, test)
	{
		if (name[0] == '_')
			continue;
		test_row(name);
		raw = vec_bytes(test, "txbytes");
		json_object_foreach(
		    json_object_get(test, "result"), fork, verdict)
		{
			run_verdict(raw, fork, verdict);
			cnt++;
		}
	}
	json_decref(root);
	return cnt;
}

TEST(test_tx_public_suite_per_fork)
{
	const char *dir = test_unpack("ethereum/transaction.tar.zst");
	const char *const *files;
	size_t i, cnt, verdicts = 0;

	if (dir == NULL) {
		test_skip("public vectors not found, or no zstd or tar");
		return;
	}
	files = test_files(&cnt, dir, ".json");
	for (i = 0; i < cnt; i++)
		verdicts += run_suite_file(files[i]);
	EXPECT(verdicts > 1000);
}
