/* SPDX-License-Identifier: Apache-2.0
 *
 * The header codec, driven by the table of header_field.def. Which fields a
 * fork wants and whether their values are right is for consensus and chain.
 */
#include "eth/header.h"

#include "base/check.h"
#include "eth/header_priv.h"
#include "eth/sink_priv.h"
#include "eth/where_priv.h"

const struct header_field header_fields[HEADER_FIELDS_PRAGUE] = {
#define FIELD(kind, member, name)                                              \
	{name, HEADER_KIND_##kind, offsetof(struct header, member),            \
	    sizeof(((struct header *)0)->member)},
#include "eth/header_field.def"
#undef FIELD
};

bool
header_is_field_cnt(size_t cnt)
{
	return cnt == HEADER_FIELDS_FRONTIER || cnt == HEADER_FIELDS_LONDON ||
	       cnt == HEADER_FIELDS_SHANGHAI || cnt == HEADER_FIELDS_CANCUN ||
	       cnt == HEADER_FIELDS_PRAGUE;
}

static enum rc
take_extra(struct bytes *out, struct bytes *in, struct err *e)
{
	TRY(rlp_take_str(out, in, e));
	if (out->len > HEADER_EXTRA_MAX)
		return FAIL(e, RC_BAD_INPUT, "%zu bytes, at most %d", out->len,
		    HEADER_EXTRA_MAX);
	return RC_OK;
}

static enum rc
take_field(struct header *h, const struct header_field *f, struct bytes *in,
    struct err *e)
{
	uint8_t *at = (uint8_t *)h + f->at;
	struct u256 wide;
	uint64_t v;

	switch (f->kind) {
	case HEADER_KIND_FIXED:
		return rlp_take_fixed(at, f->len, in, e);
	case HEADER_KIND_U64:
		TRY(rlp_take_u64(&v, in, e));
		memcpy(at, &v, sizeof(v));
		return RC_OK;
	case HEADER_KIND_U256:
		TRY(rlp_take_u256(&wide, in, e));
		memcpy(at, &wide, sizeof(wide));
		return RC_OK;
	case HEADER_KIND_EXTRA:
		return take_extra(&h->extra, in, e);
	}
	return FAIL(e, RC_INTERNAL, "header field of no kind");
}

enum rc
header_take(struct header *out, struct bytes *in, struct err *e)
{
	struct bytes rest = *in, items;
	size_t cnt, i;
	enum rc rc;

	memset(out, 0, sizeof(*out));
	TRY(rlp_take_list(&items, &rest, e));
	TRY(rlp_count(&cnt, items, e));
	if (!header_is_field_cnt(cnt))
		return FAIL(e, RC_BAD_INPUT, "header of %zu fields", cnt);
	for (i = 0; i < cnt; i++) {
		rc = take_field(out, &header_fields[i], &items, e);
		if (rc != RC_OK)
			return where_fail(
			    e, rc, "header %s", header_fields[i].name);
	}
	out->field_cnt = (unsigned)cnt;
	*in = rest;
	return RC_OK;
}

enum rc
header_decode(struct header *out, struct bytes in, struct err *e)
{
	TRY(header_take(out, &in, e));
	if (in.len > 0)
		return FAIL(
		    e, RC_TRAILING, "%zu bytes behind a header", in.len);
	return RC_OK;
}

static size_t
size_field(const struct header *h, const struct header_field *f)
{
	struct u256 wide;

	switch (f->kind) {
	case HEADER_KIND_FIXED:
		return rlp_size_str(header_fixed(h, f));
	case HEADER_KIND_U64:
		return rlp_size_u64(header_u64(h, f));
	case HEADER_KIND_U256:
		wide = header_u256(h, f);
		return rlp_size_u256(&wide);
	case HEADER_KIND_EXTRA:
		return rlp_size_str(h->extra);
	}
	return 0;
}

static size_t
size_payload(const struct header *h)
{
	size_t i, sum = 0;

	CHECK(header_is_field_cnt(h->field_cnt));
	for (i = 0; i < h->field_cnt; i++)
		sum += size_field(h, &header_fields[i]);
	return sum;
}

static void
put_field(struct sink *s, const struct header *h, const struct header_field *f)
{
	struct u256 wide;

	switch (f->kind) {
	case HEADER_KIND_FIXED:
		sink_str(s, header_fixed(h, f));
		return;
	case HEADER_KIND_U64:
		sink_u64(s, header_u64(h, f));
		return;
	case HEADER_KIND_U256:
		wide = header_u256(h, f);
		sink_u256(s, &wide);
		return;
	case HEADER_KIND_EXTRA:
		sink_str(s, h->extra);
		return;
	}
}

static void
put(struct sink *s, const struct header *h)
{
	size_t i;

	sink_list(s, size_payload(h));
	for (i = 0; i < h->field_cnt; i++)
		put_field(s, h, &header_fields[i]);
}

size_t
header_size(const struct header *h)
{
	return rlp_size_list(size_payload(h));
}

bool
header_put(struct buf *b, const struct header *h)
{
	struct sink s = sink_of_buf(b);

	put(&s, h);
	return sink_end_buf(&s, b);
}

struct hash
header_hash(const struct header *h)
{
	uint8_t room[SINK_ROOM];
	struct keccak k;
	struct sink s = sink_of_hash(&k, room);

	put(&s, h);
	return sink_end_hash(&s);
}

struct header *
header_copy(struct arena *a, const struct header *h)
{
	struct header *copy = arena_alloc(a, sizeof(*copy));
	struct bytes extra = arena_copy(a, h->extra);

	if (copy == NULL || (extra.ptr == NULL && extra.len > 0))
		return NULL;
	*copy = *h;
	copy->extra = extra;
	return copy;
}
