/* SPDX-License-Identifier: Apache-2.0
 *
 * The transaction reader. One table of fields drives reading, sizing and
 * writing (tx_write.c), so that the three cannot disagree. Whether a
 * transaction is allowed under a fork, and what it costs, is for exec.
 */
#include "eth/tx.h"

#include "eth/tx_priv.h"
#include "eth/where_priv.h"

enum {
	L = 1 << TX_LEGACY,
	A = 1 << TX_ACCESS_LIST,
	D = 1 << TX_DYNAMIC_FEE,
	B = 1 << TX_BLOB,
	S = 1 << TX_SET_CODE
};

const struct tx_field tx_fields[] = {
#define FIELD(kind, member, name, types)                                       \
	{name, TX_KIND_##kind, offsetof(struct tx, member), types},
#include "eth/tx_field.def"
#undef FIELD
    {NULL, TX_KIND_U64, 0, L | A | D | B | S},
};

const struct tx_field *
tx_field_next(const struct tx_field *f, enum tx_type type)
{
	while (!(f->types >> type & 1))
		f++;
	return f;
}

static uint64_t *
u64_of(struct tx *tx, const struct tx_field *f)
{
	return (uint64_t *)(void *)((uint8_t *)tx + f->at);
}

static struct u256 *
u256_of(struct tx *tx, const struct tx_field *f)
{
	return (struct u256 *)(void *)((uint8_t *)tx + f->at);
}

static enum rc
take_counted(struct bytes *items, size_t *cnt, struct bytes *in, struct err *e)
{
	TRY(rlp_take_list(items, in, e));
	return rlp_count(cnt, *items, e);
}

static enum rc
no_room(size_t cnt, struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "no room for %zu items", cnt);
}

static enum rc
take_hashes(struct arena *a, const struct hash **out, size_t *cnt,
    struct bytes *in, struct err *e)
{
	struct bytes items;
	struct hash *hashes;
	size_t i;

	TRY(take_counted(&items, cnt, in, e));
	hashes = arena_array(a, *cnt, sizeof(*hashes));
	if (hashes == NULL)
		return no_room(*cnt, e);
	for (i = 0; i < *cnt; i++)
		TRY(rlp_take_fixed(
		    hashes[i].b, sizeof(hashes[i].b), &items, e));
	*out = hashes;
	return RC_OK;
}

static enum rc
take_access(struct arena *a, struct tx *tx, struct bytes *in, struct err *e)
{
	struct bytes items, entry;
	struct tx_access *list;
	size_t i;

	TRY(take_counted(&items, &tx->access_cnt, in, e));
	list = arena_array(a, tx->access_cnt, sizeof(*list));
	if (list == NULL)
		return no_room(tx->access_cnt, e);
	for (i = 0; i < tx->access_cnt; i++) {
		TRY(rlp_take_list(&entry, &items, e));
		TRY(rlp_take_fixed(
		    list[i].addr.b, sizeof(list[i].addr.b), &entry, e));
		TRY(take_hashes(a, &list[i].keys, &list[i].key_cnt, &entry, e));
		if (entry.len > 0)
			return FAIL(e, RC_BAD_INPUT,
			    "entry %zu of more than 2 fields", i);
	}
	tx->access = list;
	return RC_OK;
}

/* A wrong signature makes an authorization void, not the transaction: only
 * the sizes are checked here (EIP-7702). */
static enum rc
take_auth(struct tx_auth *out, struct bytes *in, struct err *e)
{
	struct bytes entry;
	uint64_t y_parity;

	TRY(rlp_take_list(&entry, in, e));
	TRY(rlp_take_u256(&out->chain_id, &entry, e));
	TRY(rlp_take_fixed(out->addr.b, sizeof(out->addr.b), &entry, e));
	TRY(rlp_take_u64(&out->nonce, &entry, e));
	TRY(rlp_take_u64(&y_parity, &entry, e));
	TRY(rlp_take_u256(&out->r, &entry, e));
	TRY(rlp_take_u256(&out->s, &entry, e));
	if (y_parity > UINT8_MAX)
		return FAIL(e, RC_BAD_INPUT, "yParity of more than 8 bits");
	if (entry.len > 0)
		return FAIL(e, RC_BAD_INPUT, "more than 6 fields");
	out->y_parity = (uint8_t)y_parity;
	return RC_OK;
}

static enum rc
take_auths(struct arena *a, struct tx *tx, struct bytes *in, struct err *e)
{
	struct tx_auth *list;
	struct bytes items;
	size_t i;

	TRY(take_counted(&items, &tx->auth_cnt, in, e));
	list = arena_array(a, tx->auth_cnt, sizeof(*list));
	if (list == NULL)
		return no_room(tx->auth_cnt, e);
	for (i = 0; i < tx->auth_cnt; i++)
		TRY(take_auth(&list[i], &items, e));
	tx->auths = list;
	return RC_OK;
}

static enum rc
take_chain_id(uint64_t *out, struct bytes *in, struct err *e)
{
	struct u256 id;

	TRY(rlp_take_u256(&id, in, e));
	if (!u256_is_u64(&id))
		return FAIL(e, RC_TX_CHAIN_ID, "more than 64 bits");
	*out = id.w[0];
	return RC_OK;
}

static enum rc
take_to(struct tx *tx, bool may_create, struct bytes *in, struct err *e)
{
	struct bytes s;

	TRY(rlp_take_str(&s, in, e));
	tx->is_create = may_create && s.len == 0;
	if (tx->is_create)
		return RC_OK;
	if (s.len != sizeof(tx->to.b))
		return FAIL(
		    e, RC_BAD_INPUT, "%zu bytes where 20 belong", s.len);
	memcpy(tx->to.b, s.ptr, s.len);
	return RC_OK;
}

static enum rc
take_field(struct arena *a, struct tx *tx, const struct tx_field *f,
    struct bytes *in, struct err *e)
{
	switch (f->kind) {
	case TX_KIND_CHAIN_ID:
		return take_chain_id(&tx->chain_id, in, e);
	case TX_KIND_U64:
		return rlp_take_u64(u64_of(tx, f), in, e);
	case TX_KIND_U256:
		return rlp_take_u256(u256_of(tx, f), in, e);
	case TX_KIND_TO:
		return take_to(tx, true, in, e);
	case TX_KIND_RECIPIENT:
		return take_to(tx, false, in, e);
	case TX_KIND_DATA:
		return rlp_take_str(&tx->data, in, e);
	case TX_KIND_ACCESS:
		return take_access(a, tx, in, e);
	case TX_KIND_HASHES:
		return take_hashes(a, &tx->blob_hashes, &tx->blob_cnt, in, e);
	case TX_KIND_AUTHS:
		return take_auths(a, tx, in, e);
	}
	return FAIL(e, RC_INTERNAL, "transaction field of no kind");
}

/* v of a legacy transaction: 27 and 28, or 35 and above with the chain id
 * in it (EIP-155). */
static enum rc
split_v(struct tx *tx, const struct u256 *v, struct err *e)
{
	struct u256 base = u256_from_u64(TX_V_EIP155), id;

	if (u256_is_u64(v) &&
	    (v->w[0] == TX_V_PLAIN || v->w[0] == TX_V_PLAIN + 1)) {
		tx->y_parity = (uint8_t)(v->w[0] - TX_V_PLAIN);
		return RC_OK;
	}
	if (u256_lt(v, &base))
		return FAIL(e, RC_BAD_SIGNATURE,
		    "invalid transaction v, r, s values: v is %llu",
		    (unsigned long long)v->w[0]);
	u256_sub(&id, v, &base);
	tx->y_parity = id.w[0] & 1;
	u256_shr(&id, &id, 1);
	if (!u256_is_u64(&id))
		return FAIL(e, RC_TX_CHAIN_ID,
		    "transaction v: chain id of more than 64 bits");
	tx->has_chain_id = true;
	tx->chain_id = id.w[0];
	return RC_OK;
}

static enum rc
set_parity(struct tx *tx, const struct u256 *v, struct err *e)
{
	if (!u256_is_u64(v) || v->w[0] > 1)
		return FAIL(e, RC_BAD_SIGNATURE,
		    "invalid transaction v, r, s values: yParity above 1");
	tx->y_parity = (uint8_t)v->w[0];
	tx->has_chain_id = true;
	return RC_OK;
}

static enum rc
check_sig(const struct tx *tx, bool may_high_s, struct err *e)
{
	struct ec_sig sig = tx_sig(&tx->r, &tx->s, tx->y_parity);

	if (!ec_is_scalar(sig.r))
		return FAIL(e, RC_BAD_SIGNATURE,
		    "invalid transaction v, r, s values: r out of range");
	if (!ec_is_scalar(sig.s))
		return FAIL(e, RC_BAD_SIGNATURE,
		    "invalid transaction v, r, s values: s out of range");
	if (!may_high_s && ec_is_high_s(sig.s))
		return FAIL(e, RC_BAD_SIGNATURE,
		    "invalid transaction v, r, s values: s above half the "
		    "group order");
	return RC_OK;
}

static enum rc
take_u256_named(
    struct u256 *out, const char *name, struct bytes *in, struct err *e)
{
	enum rc rc;

	if (in->len == 0)
		return FAIL(
		    e, RC_BAD_INPUT, "transaction ends before %s", name);
	rc = rlp_take_u256(out, in, e);
	return rc == RC_OK ? RC_OK : where_fail(e, rc, "transaction %s", name);
}

/* A value that does not fit 256 bits cannot be a signature either. */
static enum rc
take_sig(struct tx *tx, bool may_high_s, struct bytes *in, struct err *e)
{
	struct u256 v;

	TRY(take_u256_named(&v, "v", in, e));
	TRY(take_u256_named(&tx->r, "r", in, e));
	TRY(take_u256_named(&tx->s, "s", in, e));
	if (in->len > 0)
		return FAIL(e, RC_BAD_INPUT,
		    "transaction of more fields than its type has");
	if (tx->type == TX_LEGACY)
		TRY(split_v(tx, &v, e));
	else
		TRY(set_parity(tx, &v, e));
	return check_sig(tx, may_high_s, e);
}

static enum rc
take_fields(struct arena *a, struct tx *tx, bool may_high_s, struct bytes items,
    struct err *e)
{
	const struct tx_field *f;
	enum rc rc;

	for (f = tx_field_next(tx_fields, tx->type); f->name != NULL;
	     f = tx_field_next(f + 1, tx->type)) {
		if (items.len == 0)
			return FAIL(e, RC_BAD_INPUT,
			    "transaction ends before %s", f->name);
		rc = take_field(a, tx, f, &items, e);
		if (rc != RC_OK)
			return where_fail(e, rc, "transaction %s", f->name);
	}
	if (tx->type == TX_LEGACY || tx->type == TX_ACCESS_LIST)
		tx->max_tip = tx->max_fee;
	return take_sig(tx, may_high_s, &items, e);
}

static bool
is_list(struct bytes in)
{
	return in.len > 0 && in.ptr[0] >= 0xc0;
}

static enum rc
decode(struct arena *a, struct tx *out, bool may_high_s, struct bytes in,
    struct err *e)
{
	struct bytes rest = in, items;

	memset(out, 0, sizeof(*out));
	out->raw = in;
	if (in.len == 0)
		return FAIL(e, RC_TRUNCATED, "empty transaction");
	if (!is_list(in)) {
		if (in.ptr[0] < TX_ACCESS_LIST || in.ptr[0] > TX_SET_CODE)
			return FAIL(e, RC_TX_TYPE, "%s: type byte 0x%02x",
			    err_text(RC_TX_TYPE), in.ptr[0]);
		out->type = (enum tx_type)in.ptr[0];
		rest.ptr++;
		rest.len--;
	}
	TRY(rlp_take_list(&items, &rest, e));
	if (rest.len > 0)
		return FAIL(
		    e, RC_TRAILING, "%zu bytes behind a transaction", rest.len);
	TRY(take_fields(a, out, may_high_s, items, e));
	out->hash = hash_keccak(in);
	return RC_OK;
}

static enum rc
take(struct arena *a, struct tx *out, bool may_high_s, struct bytes *in,
    struct err *e)
{
	struct bytes rest = *in, item;

	if (is_list(rest)) {
		TRY(rlp_take_raw(&item, &rest, e));
	} else {
		TRY(rlp_take_str(&item, &rest, e));
		if (is_list(item))
			return FAIL(e, RC_NONCANONICAL,
			    "legacy transaction wrapped in a string");
	}
	TRY(decode(a, out, may_high_s, item, e));
	*in = rest;
	return RC_OK;
}

enum rc
tx_decode(struct arena *a, struct tx *out, struct bytes in, struct err *e)
{
	return decode(a, out, false, in, e);
}

enum rc
tx_take(struct arena *a, struct tx *out, struct bytes *in, struct err *e)
{
	return take(a, out, false, in, e);
}

enum rc
tx_decode_frontier(
    struct arena *a, struct tx *out, struct bytes in, struct err *e)
{
	return decode(a, out, true, in, e);
}

enum rc
tx_take_frontier(
    struct arena *a, struct tx *out, struct bytes *in, struct err *e)
{
	return take(a, out, true, in, e);
}

bool
tx_has_high_s(const struct tx *tx)
{
	uint8_t s[32];

	u256_to_be(s, &tx->s);
	return ec_is_high_s(s);
}
