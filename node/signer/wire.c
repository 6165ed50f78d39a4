/* SPDX-License-Identifier: Apache-2.0
 *
 * Codec of the messages between client and child. Both sides come from one
 * program, but the child believes nothing: it outlives a caller that was
 * taken over.
 */
#include "signer/wire_priv.h"

/* The engines name kinds by number: consensus and signer do not know each
 * other (engine.h, sign_kind). */
_Static_assert(SIGNER_SEAL == 0, "Clique asks for kind 0");

struct wire_row {
	enum wire_op op;
	size_t fixed, rest, body;
};

static const struct wire_row rows[] = {
#define WIRE(name, op, fixed, rest, body) {WIRE_##name, fixed, rest, body},
#include "signer/wire.def"
#undef WIRE
};

static const struct wire_row *
row_of(unsigned op)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].op == op)
			return &rows[i];
	}
	return NULL;
}

static bool
put_u64(struct buf *out, uint64_t v)
{
	uint8_t b[8];

	be64_put(b, v);
	return buf_put(out, b, sizeof(b));
}

static uint64_t
take_u64(struct bytes *in)
{
	struct bytes b = {NULL, 0};

	return bytes_take(&b, in, 8) ? be64(b.ptr) : 0;
}

static bool
put_u32(struct buf *out, uint32_t v)
{
	uint8_t b[4];

	be32_put(b, v);
	return buf_put(out, b, sizeof(b));
}

/* The fixed fields: an address where there are any, how long it is unlocked,
 * and what signs. */
static bool
put_fixed(struct buf *out, const struct wire_request *r)
{
	if (r->op == WIRE_LIST || r->op == WIRE_MAKE)
		return true;
	if (!buf_put(out, r->addr.b, sizeof(r->addr.b)))
		return false;
	if (r->op == WIRE_UNLOCK)
		return put_u32(out, r->seconds);
	return r->op != WIRE_SIGN ||
	       (buf_put_u8(out, (uint8_t)r->kind) && put_u64(out, r->height) &&
		   put_u64(out, r->round));
}

enum rc
wire_request_put(struct buf *out, const struct wire_request *r, struct err *e)
{
	const struct wire_row *row = row_of(r->op);

	if (row == NULL || r->rest.len > row->rest)
		return FAIL(
		    e, RC_TOO_LARGE, "request of %zu bytes", r->rest.len);
	if (!buf_put_u8(out, (uint8_t)r->op) || !put_fixed(out, r) ||
	    !buf_put(out, r->rest.ptr, r->rest.len))
		return FAIL(
		    e, RC_TOO_LARGE, "request of %zu bytes", r->rest.len);
	return RC_OK;
}

static enum rc
take_sign(struct wire_request *r, struct bytes fixed, struct err *e)
{
	struct bytes kind;

	if (!bytes_take(&kind, &fixed, 1))
		return FAIL(e, RC_TRUNCATED, "kind");
	if (kind.ptr[0] >= SIGNER_KIND_CNT)
		return FAIL(e, RC_BAD_INPUT, "kind %u", kind.ptr[0]);
	r->kind = (enum signer_kind)kind.ptr[0];
	r->height = take_u64(&fixed);
	r->round = take_u64(&fixed);
	return RC_OK;
}

enum rc
wire_request_take(struct wire_request *out, struct bytes in, struct err *e)
{
	struct wire_request r = {.op = WIRE_LIST};
	const struct wire_row *row;
	struct bytes op, fixed, addr;

	if (!bytes_take(&op, &in, 1))
		return FAIL(e, RC_TRUNCATED, "empty request");
	row = row_of(op.ptr[0]);
	if (row == NULL)
		return FAIL(e, RC_BAD_INPUT, "operation %u", op.ptr[0]);
	if (!bytes_take(&fixed, &in, row->fixed))
		return FAIL(e, RC_TRUNCATED, "operation %u", op.ptr[0]);
	if (in.len > row->rest)
		return FAIL(e, row->rest == 0 ? RC_TRAILING : RC_TOO_LARGE,
		    "%zu bytes behind operation %u", in.len, op.ptr[0]);
	r.op = row->op;
	r.rest = in;
	if (bytes_take(&addr, &fixed, sizeof(r.addr.b)))
		memcpy(r.addr.b, addr.ptr, sizeof(r.addr.b));
	if (r.op == WIRE_UNLOCK)
		r.seconds = be32(fixed.ptr);
	if (r.op == WIRE_SIGN)
		TRY(take_sign(&r, fixed, e));
	*out = r;
	return RC_OK;
}

enum rc
wire_reply_put(struct buf *out, const struct wire_reply *r, struct err *e)
{
	size_t text = r->text.len < WIRE_TEXT_MAX ? r->text.len : WIRE_TEXT_MAX;
	uint8_t rc[2];

	be16_put(rc, (uint16_t)r->rc);
	if (!buf_put(out, rc, sizeof(rc)) || !buf_put_u8(out, (uint8_t)text) ||
	    !buf_put(out, r->text.ptr, text) ||
	    !buf_put(out, r->body.ptr, r->body.len))
		return FAIL(e, RC_TOO_LARGE, "reply of %zu bytes", r->body.len);
	return RC_OK;
}

enum rc
wire_reply_take(
    struct wire_reply *out, enum wire_op op, struct bytes in, struct err *e)
{
	const struct wire_row *row = row_of(op);
	struct bytes head;

	if (row == NULL || !bytes_take(&head, &in, 3))
		return FAIL(e, RC_TRUNCATED, "reply of %zu bytes", in.len);
	if (be16(head.ptr) >= RC_CNT)
		return FAIL(e, RC_BAD_INPUT, "result %u", be16(head.ptr));
	out->rc = (enum rc)be16(head.ptr);
	if (!bytes_take(&out->text, &in, head.ptr[2]))
		return FAIL(e, RC_TRUNCATED, "reason");
	if (in.len > row->body)
		return FAIL(e, RC_TOO_LARGE, "reply of %zu bytes", in.len);
	out->body = in;
	return RC_OK;
}
