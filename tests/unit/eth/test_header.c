/* SPDX-License-Identifier: Apache-2.0
 *
 * Header codec: bad fields by name, wrong numbers of fields, extra data of
 * every length, and real chains whose hashes are known.
 */
#include "eth/header.h"

#include "eth/rlp.h"
#include "vec.h"

#define H32                                                                    \
	"a0"                                                                   \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define Z64                                                                    \
	"0000000000000000000000000000000000000000000000000000000000000000"     \
	"0000000000000000000000000000000000000000000000000000000000000000"

static const char *const good[] = {H32, H32,
    "94"
    "2222222222222222222222222222222222222222",
    H32, H32, H32, "b90100" Z64 Z64 Z64 Z64, "02", "820123", "8401c9c380",
    "825208", "8461d58473", "83616263", H32,
    "88"
    "ffffffffffffffff",
    "843b9aca00", H32, "83020000", "80", H32, H32, NULL};

/* The first cnt fields of good. */
static struct bytes
build(size_t cnt, int at, const char *item, const char *extra)
{
	const char *first[HEADER_FIELDS_PRAGUE + 1] = {NULL};
	size_t i;

	for (i = 0; i < cnt; i++)
		first[i] = good[i];
	return vec_list(first, at, item, extra);
}

TEST(test_header_decode_bad_field_is_refused_by_name)
{
	static const struct {
		const char *name;
		int at;
		const char *item;
		enum rc want;
		const char *text;
	} rows[] = {
	    {"parent of 31 bytes", 0,
		"9f11111111111111111111111111111111111111111111111111111111"
		"111111",
		RC_BAD_INPUT, "header parentHash: "},
	    {"coinbase missing", 2, "80", RC_BAD_INPUT, "header miner: "},
	    {"bloom of 1 byte", 6, "01", RC_BAD_INPUT, "header logsBloom: "},
	    {"difficulty with leading zero", 7, "820001", RC_NONCANONICAL,
		"header difficulty: "},
	    {"number of 65 bits", 8, "89010000000000000000", RC_BAD_INPUT,
		"header number: "},
	    {"gas limit as a list", 9, "c0", RC_BAD_INPUT, "header gasLimit: "},
	    {"time zero as a byte", 11, "00", RC_NONCANONICAL,
		"header timestamp: "},
	    {"extra data as a list", 12, "c3616263", RC_BAD_INPUT,
		"header extraData: "},
	    {"nonce of 7 bytes", 14, "87ffffffffffffff", RC_BAD_INPUT,
		"header nonce: "},
	    {"base fee of 257 bits", 15,
		"a10100000000000000000000000000000000000000000000000000000000"
		"00000000",
		RC_BAD_INPUT, "header baseFeePerGas: "},
	    {"requests hash empty", 20, "80", RC_BAD_INPUT,
		"header requestsHash: "},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {.rc = RC_OK};
		struct bytes in, rest;
		struct header h;

		test_row(rows[i].name);
		in = rest = build(21, rows[i].at, rows[i].item, "");
		EXPECT_RC(header_take(&h, &rest, &e), rows[i].want);
		EXPECT_RC(e.rc, rows[i].want);
		EXPECT(rest.ptr == in.ptr && rest.len == in.len);
		if (strncmp(e.text, rows[i].text, strlen(rows[i].text)) != 0)
			test_fail(__FILE__, __LINE__, "text is \"%s\"", e.text);
	}
}

TEST(test_header_decode_only_known_numbers_of_fields)
{
	size_t cnt;

	for (cnt = 0; cnt <= 21; cnt++) {
		struct bytes in = build(cnt, -1, "", "");
		bool is_known = cnt == 15 || cnt == 16 || cnt == 17 ||
				cnt == 20 || cnt == 21;
		struct header h;

		EXPECT(header_is_field_cnt(cnt) == is_known);
		EXPECT_RC(header_decode(&h, in, NULL),
		    is_known ? RC_OK : RC_BAD_INPUT);
		if (is_known)
			EXPECT_U64(h.field_cnt, cnt);
	}
	{
		struct header h;

		EXPECT_RC(header_decode(&h, build(21, -1, "", "80"), NULL),
		    RC_BAD_INPUT);
	}
}

TEST(test_header_decode_cut_input_is_refused)
{
	struct bytes in = build(21, -1, "", "");
	struct header h;
	size_t len;

	for (len = 0; len < in.len; len++)
		EXPECT(header_decode(&h, bytes_of(in.ptr, len), NULL) != RC_OK);
}

TEST(test_header_decode_bytes_behind_are_refused)
{
	struct bytes in = build(16, -1, "", "");
	uint8_t longer[1024];
	struct header h;

	memcpy(longer, in.ptr, in.len);
	longer[in.len] = 0x80;
	EXPECT_RC(
	    header_decode(&h, bytes_of(longer, in.len + 1), NULL), RC_TRAILING);
}

/* Also those that EIP-4895, EIP-4844, EIP-4788 and EIP-7685 appended. */
TEST(test_header_take_each_field_is_where_it_belongs)
{
	struct bytes in = build(21, -1, "", "");
	struct header h;

	EXPECT_RC(header_take(&h, &in, NULL), RC_OK);
	EXPECT_U64(in.len, 0);
	EXPECT_U64(h.parent.b[0], 0x11);
	EXPECT_U64(h.coinbase.b[19], 0x22);
	EXPECT_U64(h.difficulty.w[0], 2);
	EXPECT_U64(h.number, 0x123);
	EXPECT_U64(h.gas_limit, 0x1c9c380);
	EXPECT_U64(h.gas_used, 0x5208);
	EXPECT_U64(h.time, 0x61d58473);
	EXPECT_BYTES(h.extra, bytes_of_str("abc"));
	EXPECT_U64(h.nonce[7], 0xff);
	EXPECT_U64(h.base_fee.w[0], 1000000000);
	EXPECT_U64(h.blob_gas_used, 0x20000);
	EXPECT_U64(h.excess_blob_gas, 0);
	EXPECT_U64(h.withdrawals_root.b[31], 0x11);
	EXPECT_U64(h.beacon_root.b[31], 0x11);
	EXPECT_U64(h.requests_hash.b[31], 0x11);
}

/* Also across the room of a hashing sink. */
TEST(test_header_hash_is_that_of_its_bytes)
{
	static uint8_t extra[2000], room[4000];
	static const unsigned cnts[] = {15, 16, 17, 20, 21};
	struct bytes in = build(21, -1, "", "");
	struct header h;
	size_t len, i;

	EXPECT_RC(header_decode(&h, in, NULL), RC_OK);
	memset(extra, 0x77, sizeof(extra));
	for (i = 0; i < 5; i++)
		for (len = 0; len < sizeof(extra); len += len < 600 ? 1 : 97) {
			struct buf b = buf_of(room, sizeof(room));
			struct hash got, want;

			h.extra = bytes_of(extra, len);
			h.field_cnt = cnts[i];
			EXPECT(header_put(&b, &h));
			EXPECT_U64(b.len, header_size(&h));
			want = hash_keccak(bytes_of_buf(&b));
			got = header_hash(&h);
			EXPECT(hash_eq(&got, &want));
		}
}

TEST(test_header_extra_data_at_and_above_the_bound)
{
	static uint8_t extra[HEADER_EXTRA_MAX + 1];
	static uint8_t room[HEADER_EXTRA_MAX + 2000];
	struct buf b = buf_of(room, sizeof(room));
	struct err e = {.rc = RC_OK};
	struct header h, back;

	EXPECT_RC(header_decode(&h, build(15, -1, "", ""), NULL), RC_OK);
	h.extra = bytes_of(extra, HEADER_EXTRA_MAX);
	EXPECT(header_put(&b, &h));
	EXPECT_RC(header_decode(&back, bytes_of_buf(&b), NULL), RC_OK);
	EXPECT_U64(back.extra.len, HEADER_EXTRA_MAX);
	b.len = 0;
	h.extra.len++;
	EXPECT(header_put(&b, &h));
	EXPECT_RC(header_decode(&back, bytes_of_buf(&b), &e), RC_BAD_INPUT);
}

TEST(test_header_put_small_buffer_returns_false)
{
	uint8_t room[1024];
	struct header h;
	size_t cap;

	EXPECT_RC(header_decode(&h, build(21, -1, "", ""), NULL), RC_OK);
	for (cap = 0; cap < header_size(&h); cap++) {
		struct buf b = buf_of(room, cap);

		EXPECT(!header_put(&b, &h));
		EXPECT_U64(b.len, 0);
	}
}

TEST(test_header_copy_owns_its_extra_data)
{
	uint8_t extra[3] = {1, 2, 3};
	struct header h, *copy;
	struct arena a;

	EXPECT_RC(header_decode(&h, build(17, -1, "", ""), NULL), RC_OK);
	h.extra = bytes_of(extra, 3);
	arena_init(&a, 1 << 16);
	copy = header_copy(&a, &h);
	EXPECT(copy != NULL);
	memset(extra, 0, 3);
	EXPECT(copy != NULL && copy->extra.ptr[2] == 3);
	h.extra = bytes_of(NULL, 0);
	EXPECT(header_copy(&a, &h) != NULL);
	arena_drop(&a);
	arena_init(&a, sizeof(h) + 1);
	h.extra = bytes_of(extra, 3);
	EXPECT(header_copy(&a, &h) == NULL);
	arena_drop(&a);
}
