/* SPDX-License-Identifier: Apache-2.0
 *
 * Receipts: refused bytes, the consensus form of every type, the stored
 * form, and the raw receipts of a public chain.
 */
#include "eth/receipt.h"

#include "eth/bloom.h"
#include "vec.h"

#define Z64                                                                    \
	"0000000000000000000000000000000000000000000000000000000000000000"     \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define BLOOM "b90100" Z64 Z64 Z64 Z64
#define ADDR                                                                   \
	"94"                                                                   \
	"2222222222222222222222222222222222222222"
#define TOPIC                                                                  \
	"a0"                                                                   \
	"1111111111111111111111111111111111111111111111111111111111111111"

static const char *const good[] = {"01", "825208", BLOOM,
    "f83a"
    "f838" ADDR "e1" TOPIC "80",
    NULL};

TEST(test_receipt_decode_bad_input_is_refused)
{
	static const struct {
		const char *name, *prefix;
		int at;
		const char *item, *extra;
		enum rc want;
	} rows[] = {
	    {"type 0", "00", -1, "", "", RC_TX_TYPE},
	    {"type 5", "05", -1, "", "", RC_TX_TYPE},
	    {"a string", "b0", -1, "", "", RC_TX_TYPE},
	    {"two types", "0202", -1, "", "", RC_BAD_INPUT},
	    {"status 2", "", 0, "02", "", RC_BAD_INPUT},
	    {"status zero as a byte", "", 0, "00", "", RC_BAD_INPUT},
	    {"status of 2 bytes", "", 0, "820101", "", RC_BAD_INPUT},
	    {"status as a list", "", 0, "c0", "", RC_BAD_INPUT},
	    {"root of 33 bytes", "", 0,
		"a1"
		"00"
		"11111111111111111111111111111111111111111111111111111111111111"
		"11",
		"", RC_BAD_INPUT},
	    {"gas with leading zero", "", 1, "820001", "", RC_NONCANONICAL},
	    {"bloom missing", "", 2, "80", "", RC_BAD_INPUT},
	    {"logs as a string", "", 3, "80", "", RC_BAD_INPUT},
	    {"log without data", "", 3, "d7d6" ADDR "c0", "", RC_TRUNCATED},
	    {"log of four fields", "", 3, "d9d8" ADDR "c08080", "",
		RC_BAD_INPUT},
	    {"log of a short address", "", 3, "c4c380c080", "", RC_BAD_INPUT},
	    {"topic of 1 byte", "", 3, "d9d8" ADDR "c10180", "", RC_BAD_INPUT},
	    {"five topics", "", 3,
		"f8c1"
		"f8bf" ADDR "f8a5" TOPIC TOPIC TOPIC TOPIC TOPIC "80",
		"", RC_TRUNCATED},
	    {"five topics whole", "", 3,
		"f8bf"
		"f8bd" ADDR "f8a5" TOPIC TOPIC TOPIC TOPIC TOPIC "80",
		"", RC_BAD_INPUT},
	    {"five fields", "", -1, "", "80", RC_BAD_INPUT},
	};
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {.rc = RC_OK};
		struct receipt r;

		test_row(rows[i].name);
		arena_init(&a, 1 << 16);
		EXPECT_RC(receipt_decode(&a, &r,
			      vec_wrap(rows[i].prefix,
				  vec_list(good, rows[i].at, rows[i].item,
				      rows[i].extra)),
			      &e),
		    rows[i].want);
		EXPECT_RC(e.rc, rows[i].want);
		arena_drop(&a);
	}
}

TEST(test_receipt_decode_cut_or_longer_input_is_refused)
{
	struct bytes in = vec_list(good, -1, "", "");
	uint8_t longer[512];
	struct arena a;
	struct receipt r;
	size_t len;

	arena_init(&a, 1 << 20);
	for (len = 0; len < in.len; len++)
		EXPECT(receipt_decode(&a, &r, bytes_of(in.ptr, len), NULL) !=
		       RC_OK);
	memcpy(longer, in.ptr, in.len);
	longer[in.len] = 0;
	EXPECT_RC(receipt_decode(&a, &r, bytes_of(longer, in.len + 1), NULL),
	    RC_TRAILING);
	arena_drop(&a);
	arena_init(&a, 20);
	EXPECT_RC(receipt_decode(&a, &r, in, NULL), RC_NO_MEMORY);
	arena_drop(&a);
}

TEST(test_receipt_encode_gives_back_what_was_decoded)
{
	static const char *const types[] = {"", "01", "02", "03", "04"};
	static const char *const status[] = {"80", "01", TOPIC};
	struct arena a, small;
	size_t t, s;

	for (t = 0; t < 5; t++)
		for (s = 0; s < 3; s++) {
			struct bytes in = vec_wrap(
			    types[t], vec_list(good, 0, status[s], ""));
			struct bytes out;
			struct receipt r;

			arena_init(&a, 1 << 16);
			EXPECT_RC(receipt_decode(&a, &r, in, NULL), RC_OK);
			EXPECT_U64(r.type, t);
			EXPECT(r.has_root == (s == 2));
			EXPECT(r.is_success == (s == 1));
			EXPECT_U64(r.cumulative_gas, 21000);
			EXPECT_U64(r.log_cnt, 1);
			EXPECT_U64(r.logs[0].topic_cnt, 1);
			EXPECT_RC(receipt_encode(&a, &out, &r, NULL), RC_OK);
			EXPECT_BYTES(out, in);
			arena_init(&small, 8);
			EXPECT_RC(receipt_encode(&small, &out, &r, NULL),
			    RC_NO_MEMORY);
			arena_drop(&small);
			arena_drop(&a);
		}
}

static void
expect_same(const struct receipt *got, const struct receipt *want)
{
	size_t i;

	EXPECT_U64(got->type, want->type);
	EXPECT(got->has_root == want->has_root);
	EXPECT(got->is_success == want->is_success);
	EXPECT(hash_eq(&got->root, &want->root));
	EXPECT_U64(got->cumulative_gas, want->cumulative_gas);
	EXPECT_BYTES(bytes_of(got->bloom.b, 256), bytes_of(want->bloom.b, 256));
	EXPECT_U64(got->gas_used, want->gas_used);
	EXPECT(u256_eq(&got->effective_price, &want->effective_price));
	EXPECT(got->has_contract == want->has_contract);
	EXPECT(addr_eq(&got->contract, &want->contract));
	EXPECT_U64(got->log_cnt, want->log_cnt);
	for (i = 0; i < got->log_cnt && i < want->log_cnt; i++) {
		EXPECT(addr_eq(&got->logs[i].addr, &want->logs[i].addr));
		EXPECT_U64(got->logs[i].topic_cnt, want->logs[i].topic_cnt);
		EXPECT(!memcmp(got->logs[i].topics, want->logs[i].topics,
		    sizeof(got->logs[i].topics)));
		EXPECT_BYTES(got->logs[i].data, want->logs[i].data);
	}
	EXPECT_U64(got->creation_cnt, want->creation_cnt);
	for (i = 0; i < got->creation_cnt && i < want->creation_cnt; i++) {
		EXPECT(
		    addr_eq(&got->creations[i].made, &want->creations[i].made));
		EXPECT(addr_eq(&got->creations[i].by, &want->creations[i].by));
	}
}

/* expect_bloomless: got lacks its bloom and nothing else. */
static void
expect_bloomless(struct receipt *got, const struct receipt *want)
{
	static const struct bloom zero;

	EXPECT(memcmp(&got->bloom, &zero, sizeof(zero)) == 0);
	got->bloom = want->bloom;
	expect_same(got, want);
}

static const struct creation creations[2] = {
    {.made = {{1}}, .by = {{2}}}, {.made = {{3}}, .by = {{0}}}};

/* Three receipts that use every field of the stored form. */
static void
make_receipts(struct receipt r[3], struct log_entry logs[2])
{
	size_t i;

	memset(r, 0, 3 * sizeof(*r));
	memset(logs, 0, 2 * sizeof(*logs));
	logs[0].topic_cnt = 4;
	memset(logs[0].topics, 0x5a, sizeof(logs[0].topics));
	memset(logs[0].addr.b, 0x22, 20);
	logs[0].data = bytes_of_str("some data");
	r[0].has_root = true;
	memset(r[0].root.b, 0x11, 32);
	r[0].cumulative_gas = r[0].gas_used = 21000;
	r[1].type = TX_DYNAMIC_FEE;
	r[1].is_success = true;
	r[1].cumulative_gas = UINT64_MAX;
	r[1].gas_used = 70000;
	memset(&r[1].effective_price, 0xff, sizeof(struct u256));
	r[1].logs = logs;
	r[1].log_cnt = 2;
	for (i = 0; i < 2; i++)
		bloom_add_log(&r[1].bloom, &logs[i]);
	r[2].type = TX_SET_CODE;
	r[2].has_contract = true;
	memset(r[2].contract.b, 0x33, 20);
	r[2].creations = creations;
	r[2].creation_cnt = 2;
}

TEST(test_receipt_pack_and_unpack_keep_every_field)
{
	struct log_entry logs[2];
	struct receipt r[3], *back;
	struct bytes packed;
	struct arena a;
	size_t cnt, i;

	make_receipts(r, logs);
	arena_init(&a, 1 << 20);
	EXPECT_RC(receipts_pack(&a, &packed, r, 3, NULL), RC_OK);
	EXPECT(packed.len < 700);
	EXPECT_RC(receipts_unpack(&a, &back, &cnt, packed, NULL), RC_OK);
	EXPECT_U64(cnt, 3);
	for (i = 0; i < 3 && cnt == 3; i++)
		expect_same(&back[i], &r[i]);
	EXPECT_RC(receipts_unpack_logs(&a, &back, &cnt, packed, NULL), RC_OK);
	EXPECT_U64(cnt, 3);
	for (i = 0; i < 3 && cnt == 3; i++)
		expect_bloomless(&back[i], &r[i]);
	EXPECT_RC(receipts_pack(&a, &packed, NULL, 0, NULL), RC_OK);
	EXPECT_RC(receipts_unpack(&a, &back, &cnt, packed, NULL), RC_OK);
	EXPECT_U64(cnt, 0);
	arena_drop(&a);
	arena_init(&a, 8);
	EXPECT_RC(receipts_pack(&a, &packed, r, 3, NULL), RC_NO_MEMORY);
	arena_drop(&a);
}

TEST(test_receipt_walk_gives_each_in_turn)
{
	struct log_entry logs[2];
	struct receipt r[3], one;
	struct bytes packed, items, again;
	struct arena a;
	size_t i;

	make_receipts(r, logs);
	arena_init(&a, 1 << 20);
	EXPECT_RC(receipts_pack(&a, &packed, r, 3, NULL), RC_OK);
	EXPECT_RC(receipts_open(&items, packed, NULL), RC_OK);
	for (i = 0; i < 3; i++) {
		again = items;
		EXPECT_RC(receipts_next(&a, &one, &items, NULL), RC_OK);
		expect_same(&one, &r[i]);
		EXPECT_RC(receipts_next_logs(&a, &one, &again, NULL), RC_OK);
		EXPECT_BYTES(again, items);
		expect_bloomless(&one, &r[i]);
	}
	EXPECT_U64(items.len, 0);
	EXPECT_RC(receipts_next(&a, &one, &items, NULL), RC_CORRUPT);
	EXPECT_RC(receipts_open(&items, packed, NULL), RC_OK);
	for (i = 0; i < 3; i++) {
		EXPECT_RC(receipts_next(NULL, &one, &items, NULL), RC_OK);
		EXPECT_U64(one.log_cnt, r[i].log_cnt);
		EXPECT_U64(one.gas_used, r[i].gas_used);
		EXPECT(one.logs == NULL);
	}
	packed.len--;
	EXPECT_RC(receipts_open(&items, packed, NULL), RC_CORRUPT);
	arena_drop(&a);
}

TEST(test_receipt_unpack_damage_is_corrupt)
{
	struct log_entry logs[2];
	struct receipt r[3], *back;
	/* A type, a contract of one byte, half a creation, what is none; a
	 * field too few, one too many. */
	static const char *const rows[] = {
	    "ca02c8058080808080c0c0",
	    "ca02c8808080808001c0c0",
	    "df02dd808080808080c0d5940000000000000000000000000000000000000001",
	    "cd02cb808080808080c0c3820102",
	    "c902c7808080808080c0",
	    "cb02c9808080808080c0c080",
	};
	struct bytes packed, in;
	uint8_t bent[1024];
	struct arena a, small;
	size_t cnt, len;

	make_receipts(r, logs);
	arena_init(&a, 1 << 22);
	EXPECT_RC(receipts_pack(&a, &packed, r, 3, NULL), RC_OK);
	for (len = 0; len < packed.len; len++)
		EXPECT_RC(receipts_unpack(
			      &a, &back, &cnt, bytes_of(packed.ptr, len), NULL),
		    RC_CORRUPT);
	memcpy(bent, packed.ptr, packed.len);
	bent[packed.len] = 0;
	EXPECT_RC(receipts_unpack(
		      &a, &back, &cnt, bytes_of(bent, packed.len + 1), NULL),
	    RC_CORRUPT);
	bent[3] = 9; /* the form byte behind f9xxxx */
	EXPECT_RC(
	    receipts_unpack(&a, &back, &cnt, bytes_of(bent, packed.len), NULL),
	    RC_CORRUPT);
	in = test_hex("ca02c8808080808080c0c0");
	EXPECT_RC(receipts_unpack(&a, &back, &cnt, in, NULL), RC_OK);
	for (len = 0; len < sizeof(rows) / sizeof(rows[0]); len++) {
		test_row(rows[len]);
		in = test_hex(rows[len]);
		EXPECT_RC(
		    receipts_unpack(&a, &back, &cnt, in, NULL), RC_CORRUPT);
	}
	test_row(NULL);
	arena_init(&small, 64);
	EXPECT_RC(
	    receipts_unpack(&small, &back, &cnt, packed, NULL), RC_NO_MEMORY);
	arena_drop(&small);
	arena_drop(&a);
}

/* Blooms too: those of the public chain are what the logs give. */
TEST(test_receipt_raw_receipts_of_public_chain)
{
	const char *dir = test_unpack("ethereum/rpc-compat.tar.zst");
	const char *const *files;
	size_t cnt, i, k, receipts = 0;

	if (dir == NULL) {
		test_skip("public vectors not found, or no zstd or tar");
		return;
	}
	files = test_files(&cnt, dir, "debug_getRawReceipts/get-block-n.io");
	EXPECT_U64(cnt, 1);
	for (i = 0; i < cnt; i++) {
		struct bytes text = test_read(files[i]);
		const char *answer = strstr((const char *)text.ptr, "<< ");
		json_t *root =
		    json_loads(answer + 3, JSON_DISABLE_EOF_CHECK, NULL);
		const json_t *list = json_object_get(root, "result"), *row;

		json_array_foreach(list, k, row)
		{
			struct bytes in = test_hex(json_string_value(row)), out;
			struct bloom bloom = {{0}};
			struct receipt r;
			struct arena a;
			size_t l;

			arena_init(&a, 1 << 20);
			EXPECT_RC(receipt_decode(&a, &r, in, NULL), RC_OK);
			EXPECT_RC(receipt_encode(&a, &out, &r, NULL), RC_OK);
			EXPECT_BYTES(out, in);
			for (l = 0; l < r.log_cnt; l++)
				bloom_add_log(&bloom, &r.logs[l]);
			EXPECT(!memcmp(&bloom, &r.bloom, sizeof(bloom)));
			arena_drop(&a);
			receipts++;
		}
		json_decref(root);
	}
	EXPECT(receipts > 0);
}
