/* SPDX-License-Identifier: Apache-2.0
 *
 * Receipts in two forms: that of the receipts trie, which peers see too, and
 * our stored form, which keeps what RPC answers need (gas used, price paid,
 * contract) and leaves the bloom out, since the logs give it back.
 */
#include "eth/receipt.h"

#include "base/check.h"
#include "eth/bloom.h"
#include "eth/rlp.h"
#include "eth/sink_priv.h"
#include "eth/where_priv.h"

enum { TOPIC_MAX = 4 };

/* Form byte of the stored list; a future form gets another. */
enum { STORED_FORM = 2 };

/* ---- logs ---- */

static size_t
size_log(const struct log_entry *l)
{
	return 21 + rlp_size_list((size_t)l->topic_cnt * 33) +
	       rlp_size_str(l->data);
}

static size_t
size_logs(const struct receipt *r)
{
	size_t i, sum = 0;

	for (i = 0; i < r->log_cnt; i++)
		sum += rlp_size_list(size_log(&r->logs[i]));
	return sum;
}

static void
put_log(struct sink *s, const struct log_entry *l)
{
	size_t i;

	CHECK(l->topic_cnt <= TOPIC_MAX);
	sink_list(s, size_log(l));
	sink_str(s, addr_bytes(&l->addr));
	sink_list(s, (size_t)l->topic_cnt * 33);
	for (i = 0; i < l->topic_cnt; i++)
		sink_str(s, hash_bytes(&l->topics[i]));
	sink_str(s, l->data);
}

static void
put_logs(struct sink *s, const struct receipt *r)
{
	size_t i;

	sink_list(s, size_logs(r));
	for (i = 0; i < r->log_cnt; i++)
		put_log(s, &r->logs[i]);
}

static enum rc
take_log(struct log_entry *out, struct bytes *in, struct err *e)
{
	struct bytes items, topics;
	size_t cnt, i;

	TRY(rlp_take_list(&items, in, e));
	TRY(rlp_take_fixed(out->addr.b, sizeof(out->addr.b), &items, e));
	TRY(rlp_take_list(&topics, &items, e));
	TRY(rlp_count(&cnt, topics, e));
	if (cnt > TOPIC_MAX)
		return FAIL(e, RC_BAD_INPUT, "%zu topics, at most 4", cnt);
	for (i = 0; i < cnt; i++)
		TRY(rlp_take_fixed(out->topics[i].b, 32, &topics, e));
	out->topic_cnt = (unsigned)cnt;
	TRY(rlp_take_str(&out->data, &items, e));
	if (items.len > 0)
		return FAIL(e, RC_BAD_INPUT, "more than 3 fields");
	return RC_OK;
}

static enum rc
take_logs(struct arena *a, struct receipt *r, struct bytes *in, struct err *e)
{
	struct bytes items;
	struct log_entry *logs;
	enum rc rc;
	size_t i;

	TRY(rlp_take_list(&items, in, e));
	TRY(rlp_count(&r->log_cnt, items, e));
	logs = arena_array(a, r->log_cnt, sizeof(*logs));
	if (logs == NULL)
		return FAIL(
		    e, RC_NO_MEMORY, "no room for %zu logs", r->log_cnt);
	for (i = 0; i < r->log_cnt; i++) {
		rc = take_log(&logs[i], &items, e);
		if (rc != RC_OK)
			return where_fail(e, rc, "log %zu", i);
	}
	r->logs = logs;
	return RC_OK;
}

/* ---- state root or status (EIP-658) ---- */

static size_t
size_status(const struct receipt *r)
{
	return r->has_root ? 33 : 1;
}

static void
put_status(struct sink *s, const struct receipt *r)
{
	if (r->has_root)
		sink_str(s, hash_bytes(&r->root));
	else
		sink_u64(s, r->is_success);
}

static enum rc
take_status(struct receipt *r, struct bytes *in, struct err *e)
{
	struct bytes s;

	TRY(rlp_take_str(&s, in, e));
	r->has_root = s.len == sizeof(r->root.b);
	if (r->has_root) {
		memcpy(r->root.b, s.ptr, s.len);
		return RC_OK;
	}
	if (s.len > 1 || (s.len == 1 && s.ptr[0] != 1))
		return FAIL(
		    e, RC_BAD_INPUT, "status that is neither 0, 1 nor a root");
	r->is_success = s.len == 1;
	return RC_OK;
}

/* ---- consensus form ---- */

static size_t
size_payload(const struct receipt *r)
{
	return size_status(r) + rlp_size_u64(r->cumulative_gas) +
	       rlp_size_str(bytes_of(r->bloom.b, sizeof(r->bloom.b))) +
	       rlp_size_list(size_logs(r));
}

enum rc
receipt_encode(
    struct arena *a, struct bytes *out, const struct receipt *r, struct err *e)
{
	size_t payload = size_payload(r);
	struct buf room = {
	    .cap = (r->type != TX_LEGACY) + rlp_size_list(payload)};
	struct sink s;

	room.ptr = arena_alloc(a, room.cap);
	if (room.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for a receipt");
	s = sink_of_buf(&room);
	if (r->type != TX_LEGACY)
		sink_u8(&s, (uint8_t)r->type);
	sink_list(&s, payload);
	put_status(&s, r);
	sink_u64(&s, r->cumulative_gas);
	sink_str(&s, bytes_of(r->bloom.b, sizeof(r->bloom.b)));
	put_logs(&s, r);
	CHECK(sink_end_buf(&s, &room));
	*out = bytes_of_buf(&room);
	return RC_OK;
}

static enum rc
take_type(enum tx_type *out, struct bytes *in, struct err *e)
{
	struct bytes type;

	*out = TX_LEGACY;
	if (in->len == 0 || in->ptr[0] >= 0xc0)
		return RC_OK;
	bytes_take(&type, in, 1);
	if (type.ptr[0] < TX_ACCESS_LIST || type.ptr[0] > TX_SET_CODE)
		return FAIL(e, RC_TX_TYPE, "receipt type 0x%02x", type.ptr[0]);
	*out = (enum tx_type)type.ptr[0];
	return RC_OK;
}

enum rc
receipt_decode(
    struct arena *a, struct receipt *out, struct bytes in, struct err *e)
{
	struct bytes items;

	memset(out, 0, sizeof(*out));
	TRY(take_type(&out->type, &in, e));
	TRY(rlp_take_list(&items, &in, e));
	if (in.len > 0)
		return FAIL(
		    e, RC_TRAILING, "%zu bytes behind a receipt", in.len);
	TRY(take_status(out, &items, e));
	TRY(rlp_take_u64(&out->cumulative_gas, &items, e));
	TRY(rlp_take_fixed(out->bloom.b, sizeof(out->bloom.b), &items, e));
	TRY(take_logs(a, out, &items, e));
	if (items.len > 0)
		return FAIL(e, RC_BAD_INPUT, "receipt of more than 4 fields");
	return RC_OK;
}

/* ---- stored form: [form, [type, status, cumulative gas, gas used, price,
 * contract or nothing, logs, [made, by, made, by...]]...] ---- */

/* Two addresses as RLP strings. */
static const size_t creation_len = 42;

static size_t
size_creations(const struct receipt *r)
{
	return r->creation_cnt * creation_len;
}

static void
put_creations(struct sink *s, const struct receipt *r)
{
	size_t i;

	sink_list(s, size_creations(r));
	for (i = 0; i < r->creation_cnt; i++) {
		sink_str(s, addr_bytes(&r->creations[i].made));
		sink_str(s, addr_bytes(&r->creations[i].by));
	}
}

static enum rc
take_creations(
    struct arena *a, struct receipt *r, struct bytes *in, struct err *e)
{
	struct bytes items;
	struct creation *v;
	size_t i;

	TRY(rlp_take_list(&items, in, e));
	if (items.len % creation_len != 0)
		return FAIL(e, RC_BAD_INPUT, "half a creation");
	if (a == NULL || items.len == 0)
		return RC_OK;
	r->creation_cnt = items.len / creation_len;
	v = arena_array(a, r->creation_cnt, sizeof(*v));
	if (v == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu creations",
		    r->creation_cnt);
	for (i = 0; i < r->creation_cnt; i++) {
		TRY(rlp_take_fixed(
		    v[i].made.b, sizeof(v[i].made.b), &items, e));
		TRY(rlp_take_fixed(v[i].by.b, sizeof(v[i].by.b), &items, e));
	}
	r->creations = v;
	return RC_OK;
}

static struct bytes
contract_of(const struct receipt *r)
{
	return r->has_contract ? addr_bytes(&r->contract) : bytes_of(NULL, 0);
}

static size_t
size_stored(const struct receipt *r)
{
	return 1 + size_status(r) + rlp_size_u64(r->cumulative_gas) +
	       rlp_size_u64(r->gas_used) + rlp_size_u256(&r->effective_price) +
	       rlp_size_str(contract_of(r)) + rlp_size_list(size_logs(r)) +
	       rlp_size_list(size_creations(r));
}

static void
put_stored(struct sink *s, const struct receipt *r)
{
	sink_list(s, size_stored(r));
	sink_u64(s, r->type);
	put_status(s, r);
	sink_u64(s, r->cumulative_gas);
	sink_u64(s, r->gas_used);
	sink_u256(s, &r->effective_price);
	sink_str(s, contract_of(r));
	put_logs(s, r);
	put_creations(s, r);
}

enum rc
receipts_pack(struct arena *a, struct bytes *out, const struct receipt *r,
    size_t cnt, struct err *e)
{
	size_t i, payload = 1;
	struct buf room;
	struct sink s;

	for (i = 0; i < cnt; i++)
		payload += rlp_size_list(size_stored(&r[i]));
	room = buf_of(NULL, rlp_size_list(payload));
	room.ptr = arena_alloc(a, room.cap);
	if (room.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu receipts", cnt);
	s = sink_of_buf(&room);
	sink_list(&s, payload);
	sink_u64(&s, STORED_FORM);
	for (i = 0; i < cnt; i++)
		put_stored(&s, &r[i]);
	CHECK(sink_end_buf(&s, &room));
	*out = bytes_of_buf(&room);
	return RC_OK;
}

static enum rc
take_contract(struct receipt *r, struct bytes *in, struct err *e)
{
	struct bytes s;

	TRY(rlp_take_str(&s, in, e));
	r->has_contract = s.len > 0;
	if (s.len == 0)
		return RC_OK;
	if (s.len != sizeof(r->contract.b))
		return FAIL(e, RC_BAD_INPUT, "contract of %zu bytes", s.len);
	memcpy(r->contract.b, s.ptr, s.len);
	return RC_OK;
}

/* Without an arena logs are counted only. */
static enum rc
take_stored(struct arena *a, struct receipt *r, struct bytes *in, struct err *e)
{
	struct bytes items, logs;
	uint64_t type;

	*r = (struct receipt){.type = TX_LEGACY};
	TRY(rlp_take_list(&items, in, e));
	TRY(rlp_take_u64(&type, &items, e));
	if (type > TX_SET_CODE)
		return FAIL(
		    e, RC_BAD_INPUT, "type %llu", (unsigned long long)type);
	r->type = (enum tx_type)type;
	TRY(take_status(r, &items, e));
	TRY(rlp_take_u64(&r->cumulative_gas, &items, e));
	TRY(rlp_take_u64(&r->gas_used, &items, e));
	TRY(rlp_take_u256(&r->effective_price, &items, e));
	TRY(take_contract(r, &items, e));
	if (a != NULL) {
		TRY(take_logs(a, r, &items, e));
	} else {
		TRY(rlp_take_list(&logs, &items, e));
		TRY(rlp_count(&r->log_cnt, logs, e));
	}
	TRY(take_creations(a, r, &items, e));
	if (items.len > 0)
		return FAIL(e, RC_BAD_INPUT, "more than 8 fields");
	return RC_OK;
}

static void
make_bloom(struct receipt *r)
{
	size_t i;

	for (i = 0; i < r->log_cnt; i++)
		bloom_add_log(&r->bloom, &r->logs[i]);
}

static enum rc
open_stored(struct bytes *items, struct bytes in, struct err *e)
{
	uint64_t form;

	TRY(rlp_take_list(items, &in, e));
	if (in.len > 0)
		return FAIL(e, RC_BAD_INPUT, "bytes behind the list");
	TRY(rlp_take_u64(&form, items, e));
	if (form != STORED_FORM)
		return FAIL(
		    e, RC_BAD_INPUT, "form %llu", (unsigned long long)form);
	return RC_OK;
}

static enum rc
unpack(struct arena *a, struct receipt **out, size_t *cnt, struct bytes in,
    struct err *e)
{
	struct bytes items;
	size_t i;

	TRY(open_stored(&items, in, e));
	TRY(rlp_count(cnt, items, e));
	*out = arena_array(a, *cnt, sizeof(**out));
	if (*out == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu receipts", *cnt);
	for (i = 0; i < *cnt; i++)
		TRY(take_stored(a, &(*out)[i], &items, e));
	return RC_OK;
}

/* What we wrote ourselves and cannot read is damage, not bad input. */
static enum rc
stored_fail(struct err *e, enum rc rc)
{
	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc;
	return where_fail(e, RC_CORRUPT, "stored receipts");
}

enum rc
receipts_unpack(struct arena *a, struct receipt **out, size_t *cnt,
    struct bytes in, struct err *e)
{
	size_t i;

	TRY(receipts_unpack_logs(a, out, cnt, in, e));
	for (i = 0; i < *cnt; i++)
		make_bloom(&(*out)[i]);
	return RC_OK;
}

enum rc
receipts_unpack_logs(struct arena *a, struct receipt **out, size_t *cnt,
    struct bytes in, struct err *e)
{
	return stored_fail(e, unpack(a, out, cnt, in, e));
}

enum rc
receipts_open(struct bytes *items, struct bytes in, struct err *e)
{
	return stored_fail(e, open_stored(items, in, e));
}

enum rc
receipts_next(
    struct arena *a, struct receipt *out, struct bytes *items, struct err *e)
{
	TRY(receipts_next_logs(a, out, items, e));
	if (a != NULL)
		make_bloom(out);
	return RC_OK;
}

enum rc
receipts_next_logs(
    struct arena *a, struct receipt *out, struct bytes *items, struct err *e)
{
	return stored_fail(e, take_stored(a, out, items, e));
}
