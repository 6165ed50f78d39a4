/* SPDX-License-Identifier: Apache-2.0
 *
 * Log blooms: exact bits, a real block's filter, union.
 */
#include "eth/bloom.h"

#include "vec.h"

/* Yellow Paper 4.4.1, M3:2048; the bits of this address are those of the
 * receipt below that has only this log. */
TEST(test_bloom_add_sets_three_known_bits)
{
	struct bloom b = {{0}};
	struct hash h = hash_keccak(bytes_of_str("testtest"));
	size_t i, cnt = 0;
	unsigned bit;

	bloom_add(&b, bytes_of_str("testtest"));
	for (i = 0; i < sizeof(b.b); i++)
		cnt += (size_t)__builtin_popcount(b.b[i]);
	EXPECT(cnt > 0 && cnt <= 3);
	for (i = 0; i < 3; i++) {
		bit = ((unsigned)h.b[2 * i] << 8 | h.b[2 * i + 1]) & 2047;
		EXPECT(b.b[255 - bit / 8] >> bit % 8 & 1);
	}
	EXPECT(bloom_may_have(&b, bytes_of_str("testtest")));
	EXPECT(!bloom_may_have(&b, bytes_of_str("test")));
}

/* Block 0x1b of the public JSON-RPC chain. */
TEST(test_bloom_add_log_gives_a_known_filter)
{
	static const char want[] =
	    "0000000000000000000000000000000000000000000000001000000080000000"
	    "0000000000000000000000000000000000000000000000000000000000000000"
	    "0000000000000000000040000000000002000000000000000000000000000020"
	    "0000000000000004000000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000000000000000000000000000000000000"
	    "0000000000000090000000000000000000000000000000000000000000000000"
	    "0000000000000000000000000020000000000000000000000000000000000000"
	    "0000000000000000000000000000000000000000000000000000000000000000";
	struct log_entry l = {.topic_cnt = 2};
	struct bloom b = {{0}};

	l.addr = vec_addr("0x7dcd17433742f4c0ca53122ab541d0ba67fc27df");
	l.topics[0] = vec_hash("0x00000000000000000000000000000000000000000000"
			       "000000000000656d6974");
	l.topics[1] = vec_hash("0x13bd2394f758553be374ffa4a9455cdf5e6ef3d905ac"
			       "d02746df2d12361e1ace");
	bloom_add_log(&b, &l);
	EXPECT_BYTES(bytes_of(b.b, sizeof(b.b)), test_hex(want));
	EXPECT(bloom_may_have(&b, addr_bytes(&l.addr)));
	EXPECT(bloom_may_have(&b, hash_bytes(&l.topics[1])));
}

TEST(test_bloom_or_is_the_union)
{
	struct bloom a = {{0}}, b = {{0}}, both = {{0}};

	bloom_add(&a, bytes_of_str("one"));
	bloom_add(&b, bytes_of_str("two"));
	bloom_add(&both, bytes_of_str("one"));
	bloom_add(&both, bytes_of_str("two"));
	bloom_or(&a, &b);
	EXPECT_BYTES(bytes_of(a.b, 256), bytes_of(both.b, 256));
}
