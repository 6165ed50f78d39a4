/* SPDX-License-Identifier: Apache-2.0
 *
 * Codec of the base record: fixed fields, big-endian.
 */
#include "store/base_priv.h"

enum { BASE_LEN = 8 * 5 + 1 + 32 + 32 };

static const char base_key[] = "base";

enum rc
base_load(struct base *out, bool *is_there, struct table_txn *t, struct err *e)
{
	struct bytes in;
	const uint8_t *p;

	TRY(table_find(t, &in, TABLE_META, bytes_of_str(base_key), e));
	*is_there = in.ptr != NULL;
	if (!*is_there)
		return RC_OK;
	if (in.len != BASE_LEN)
		return FAIL(e, RC_CORRUPT, "base record of %zu bytes", in.len);
	p = in.ptr;
	*out = (struct base){
	    .store_id = be64(p),
	    .seq = be64(p + 8),
	    .number = be64(p + 16),
	    .oldest = be64(p + 24),
	    .index_from = be64(p + 32),
	    .has_head = p[40] != 0,
	};
	memcpy(out->hash.b, p + 41, sizeof(out->hash.b));
	u256_from_be(&out->total_difficulty, bytes_of(p + 73, 32));
	return RC_OK;
}

enum rc
base_save(struct table_txn *t, const struct base *b, struct err *e)
{
	uint8_t p[BASE_LEN];

	be64_put(p, b->store_id);
	be64_put(p + 8, b->seq);
	be64_put(p + 16, b->number);
	be64_put(p + 24, b->oldest);
	be64_put(p + 32, b->index_from);
	p[40] = b->has_head;
	memcpy(p + 41, b->hash.b, sizeof(b->hash.b));
	u256_to_be(p + 73, &b->total_difficulty);
	return table_put(
	    t, TABLE_META, bytes_of_str(base_key), bytes_of(p, sizeof(p)), e);
}
