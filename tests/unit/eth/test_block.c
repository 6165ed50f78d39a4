/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole blocks: damage to each part, and every block of the public chains
 * decoded, linked by hash and encoded to the same bytes.
 */
#include "eth/block.h"

#include <stdio.h>

#include "eth/rlp.h"
#include "vec.h"

/* Header fields of a small block, 17 of them with withdrawals. */
#define H32                                                                    \
	"a0"                                                                   \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define Z64                                                                    \
	"0000000000000000000000000000000000000000000000000000000000000000"     \
	"0000000000000000000000000000000000000000000000000000000000000000"
static const char *const header_items[] = {H32, H32,
    "94"
    "2222222222222222222222222222222222222222",
    H32, H32, H32, "b90100" Z64 Z64 Z64 Z64, "02", "01", "82ffff", "825208",
    "01", "80", H32, "880000000000000000", NULL};

/* The example of EIP-155. */
#define TX                                                                     \
	"f86c098504a817c800825208943535353535353535353535353535353535353535"   \
	"880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c"   \
	"71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc"   \
	"64214b297fb1966a3b6d83"
#define WD                                                                     \
	"d8"                                                                   \
	"01"                                                                   \
	"02"                                                                   \
	"94"                                                                   \
	"3333333333333333333333333333333333333333"                             \
	"03"

/* [header, txs, ommers, withdrawals], the last three as hex. */
static struct bytes
build(const char *txs, const char *ommers, const char *withdrawals)
{
	struct bytes header = vec_list(header_items, -1, "", "");
	char hex[2048];
	size_t i;

	for (i = 0; i < header.len; i++)
		snprintf(hex + 2 * i, 3, "%02x", header.ptr[i]);
	return vec_list(
	    (const char *const[]){hex, txs, ommers, withdrawals, NULL}, -1, "",
	    "");
}

TEST(test_block_decode_bad_part_is_refused_by_name)
{
	static const struct {
		const char *name, *txs, *ommers, *withdrawals;
		enum rc want;
		const char *text;
	} rows[] = {
	    {"transactions as a string", "80", "c0", "", RC_BAD_INPUT, ""},
	    {"a broken transaction", "c1c0", "c0", "", RC_BAD_INPUT,
		"transaction 0: "},
	    {"an unknown type", "c28105", "c0", "", RC_NONCANONICAL, ""},
	    {"an unknown type alone", "c105", "c0", "", RC_TX_TYPE,
		"transaction 0: "},
	    {"second transaction", "f86f" TX "80", "c0", "", RC_TRUNCATED,
		"transaction 1: "},
	    {"ommers as a string", "c0", "80", "", RC_BAD_INPUT, ""},
	    {"an empty ommer", "c0", "c1c0", "", RC_BAD_INPUT, "ommer 0: "},
	    {"withdrawals as a string", "c0", "c0", "80", RC_BAD_INPUT, ""},
	    {"a short withdrawal", "c0", "c0", "c2c101", RC_TRUNCATED,
		"withdrawal 0: "},
	    {"a long withdrawal", "c0", "c0",
		"dad9"
		"01"
		"02"
		"94"
		"3333333333333333333333333333333333333333"
		"03"
		"80",
		RC_BAD_INPUT, "withdrawal 0: "},
	    {"five parts", "c0", "c0", "c0c0", RC_BAD_INPUT, "block of"},
	};
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes in =
		    build(rows[i].txs, rows[i].ommers, rows[i].withdrawals);
		struct err e = {.rc = RC_OK};
		struct block b;

		test_row(rows[i].name);
		arena_init(&a, 1 << 20);
		EXPECT_RC(block_decode(&a, &b, in, &e), rows[i].want);
		EXPECT_RC(e.rc, rows[i].want);
		if (strncmp(e.text, rows[i].text, strlen(rows[i].text)) != 0)
			test_fail(__FILE__, __LINE__, "text is \"%s\"", e.text);
		arena_drop(&a);
	}
}

TEST(test_block_decode_cut_or_longer_input_is_refused)
{
	struct bytes in = build("f86e" TX, "c0", "d9" WD);
	uint8_t longer[1024];
	struct arena a;
	struct block b;
	size_t len;

	arena_init(&a, 1 << 22);
	for (len = 0; len < in.len; len++)
		EXPECT(
		    block_decode(&a, &b, bytes_of(in.ptr, len), NULL) != RC_OK);
	EXPECT_RC(block_decode(&a, &b, in, NULL), RC_OK);
	EXPECT_BYTES(b.raw, in);
	EXPECT_U64(b.tx_cnt, 1);
	EXPECT(b.has_withdrawals && b.withdrawal_cnt == 1);
	EXPECT_U64(b.withdrawals[0].amount_gwei, 3);
	memcpy(longer, in.ptr, in.len);
	longer[in.len] = 0;
	EXPECT_RC(block_decode(&a, &b, bytes_of(longer, in.len + 1), NULL),
	    RC_TRAILING);
	arena_drop(&a);
}

TEST(test_block_decode_small_arena_is_no_memory)
{
	struct bytes in = build("f86e" TX, "c0", "d9" WD);
	struct arena a;
	struct block b;
	size_t max;

	for (max = 0; max < sizeof(struct tx); max += 16) {
		arena_init(&a, max);
		EXPECT_RC(block_decode(&a, &b, in, NULL), RC_NO_MEMORY);
		arena_drop(&a);
	}
}

TEST(test_block_encode_with_and_without_withdrawals)
{
	static const char *const wds[] = {"", "c0", "d9" WD};
	struct bytes in, out;
	struct arena a, small;
	struct block b;
	size_t i;

	arena_init(&a, 1 << 20);
	for (i = 0; i < 3; i++) {
		in = build("f86e" TX, "c0", wds[i]);
		EXPECT_RC(block_decode(&a, &b, in, NULL), RC_OK);
		EXPECT(b.has_withdrawals == (i > 0));
		EXPECT_RC(block_encode(&a, &out, &b, NULL), RC_OK);
		EXPECT_BYTES(out, in);
		EXPECT_U64(block_size(&b), in.len);
	}
	arena_init(&small, 64);
	EXPECT_RC(block_encode(&small, &out, &b, NULL), RC_NO_MEMORY);
	arena_drop(&small);
	arena_drop(&a);
}

TEST(test_block_ommers_hash_of_none_and_two)
{
	struct header ommers[2];
	struct block b = {.ommer_cnt = 0};
	struct hash h, want;
	struct bytes one = vec_list(header_items, -1, "", "");
	uint8_t both[2048];
	struct buf out = buf_of(both, sizeof(both));
	struct arena a;

	arena_init(&a, 1 << 16);
	EXPECT_RC(block_ommers_hash(&a, &h, &b, NULL), RC_OK);
	EXPECT(hash_eq(&h, &HASH_EMPTY_LIST));
	EXPECT_RC(header_decode(&ommers[0], one, NULL), RC_OK);
	ommers[1] = ommers[0];
	b.ommers = ommers;
	b.ommer_cnt = 2;
	EXPECT(rlp_put_list_head(&out, 2 * one.len));
	EXPECT(buf_put(&out, one.ptr, one.len));
	EXPECT(buf_put(&out, one.ptr, one.len));
	EXPECT_RC(block_ommers_hash(&a, &h, &b, NULL), RC_OK);
	want = hash_keccak(bytes_of_buf(&out));
	EXPECT(hash_eq(&h, &want));
	EXPECT_U64(a.used_bytes, 0);
	arena_drop(&a);
	arena_init(&a, 8);
	EXPECT_RC(block_ommers_hash(&a, &h, &b, NULL), RC_NO_MEMORY);
	arena_drop(&a);
}

TEST(test_block_withdrawal_encode_largest)
{
	struct withdrawal w = {.index = UINT64_MAX,
	    .validator = UINT64_MAX,
	    .amount_gwei = UINT64_MAX};
	uint8_t room[WITHDRAWAL_RLP_MAX];

	EXPECT_U64(withdrawal_encode(room, &w), WITHDRAWAL_RLP_MAX);
	w = (struct withdrawal){.index = 1, .validator = 2, .amount_gwei = 3};
	memset(w.addr.b, 0x33, sizeof(w.addr.b));
	EXPECT_BYTES(bytes_of(room, withdrawal_encode(room, &w)), test_hex(WD));
}

/* Decodes one block of a chain file, checks its link and its bytes. */
static bool
run_block(struct bytes *in, struct hash *parent, uint64_t *number)
{
	struct bytes whole = *in, out;
	struct addr sender;
	struct hash ommers;
	struct arena a;
	struct block b;
	bool is_ok;
	size_t i;

	arena_init(&a, 1 << 24);
	is_ok = block_take(&a, &b, in, NULL) == RC_OK;
	EXPECT(is_ok);
	if (is_ok) {
		whole.len -= in->len;
		EXPECT_RC(block_encode(&a, &out, &b, NULL), RC_OK);
		EXPECT_BYTES(out, whole);
		EXPECT_U64(block_size(&b), whole.len);
		EXPECT(*number == 0 || hash_eq(parent, &b.header.parent));
		EXPECT(*number == 0 || *number + 1 == b.header.number);
		EXPECT_RC(block_ommers_hash(&a, &ommers, &b, NULL), RC_OK);
		EXPECT(hash_eq(&ommers, &b.header.ommers_hash));
		for (i = 0; i < b.tx_cnt; i++)
			EXPECT_RC(tx_sender(&sender, &b.txs[i], NULL), RC_OK);
		*parent = header_hash(&b.header);
		*number = b.header.number;
		test_count(1);
	}
	arena_drop(&a);
	return is_ok;
}

static void
run_chain(
    const char *archive, const char *file, size_t want, const char *head_hash)
{
	char name[64], path[512];
	struct hash parent = {{0}};
	uint64_t number = 0;
	struct bytes in;
	const char *dir;
	size_t cnt = 0;

	snprintf(name, sizeof(name), "ethereum/%s.tar.zst", archive);
	dir = test_unpack(name);
	if (dir == NULL) {
		test_skip("public vectors not found, or no zstd or tar");
		return;
	}
	test_row(file);
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	in = test_read(path);
	EXPECT(in.ptr != NULL);
	while (in.len > 0 && run_block(&in, &parent, &number))
		cnt++;
	EXPECT_U64(cnt, want);
	EXPECT_BYTES(hash_bytes(&parent), test_hex(head_hash));
}

TEST(test_block_public_chain_of_all_forks)
{
	run_chain("rpc-compat", "tests/chain.rlp", 54,
	    "0xd226371d0b1551adb03fb52b71f08e3e11247fe9b1af994768af8cdaa8e7dcd"
	    "7");
}

TEST(test_block_captured_clique_chain)
{
	run_chain("captures", "clique-geth/blocks.rlp", 50,
	    "0x7841d4e06ca31d9ce51b9a10ae6d900fcaf80431618e1959f6edd16bd724818"
	    "9");
}
