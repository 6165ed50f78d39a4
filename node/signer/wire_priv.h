/* SPDX-License-Identifier: Apache-2.0
 *
 * What client and child say to each other (wire.def), as structs and bytes.
 */
#ifndef SIGNER_WIRE_PRIV_H
#define SIGNER_WIRE_PRIV_H

#include "base/bytes.h"
#include "base/err.h"
#include "signer/signer.h"

/* Longest password: as long as anybody types or generates. */
enum { WIRE_PASSWORD_MAX = 4096 };

/* A new account: its address, and a key file of about 500 bytes. */
enum { WIRE_KEY_MAX = 20 + 4096 };

/* Largest list of accounts. */
enum { WIRE_LIST_MAX = 20 * SIGNER_FILE_MAX };

enum wire_op {
#define WIRE(name, op, fixed, rest, body) WIRE_##name = (op),
#include "signer/wire.def"
#undef WIRE
};

/* Largest request and reply, without the frame's length. */
enum {
	WIRE_REQUEST_MAX = 1 + 20 + 1 + 8 + 8 + SIGNER_MESSAGE_MAX,
	WIRE_TEXT_MAX = 255,
	WIRE_REPLY_MAX = 2 + 1 + WIRE_TEXT_MAX + WIRE_LIST_MAX
};

struct wire_request {
	enum wire_op op;
	struct addr addr;
	uint32_t seconds; /* UNLOCK */
	enum signer_kind kind;
	uint64_t height, round;
	struct bytes rest; /* password or message, a view */
};

struct wire_reply {
	enum rc rc;
	struct bytes text, body; /* views */
};

/* wire_request_put appends a request; RC_TOO_LARGE when its rest is longer
 * than wire.def allows or out is full. */
enum rc wire_request_put(
    struct buf *out, const struct wire_request *r, struct err *e);

/* wire_request_take reads a request. RC_BAD_INPUT, RC_TRUNCATED,
 * RC_TOO_LARGE, RC_TRAILING. */
enum rc wire_request_take(
    struct wire_request *out, struct bytes in, struct err *e);

/* wire_reply_put appends a reply; a longer text is cut. RC_TOO_LARGE. */
enum rc wire_reply_put(
    struct buf *out, const struct wire_reply *r, struct err *e);

/* wire_reply_take reads the reply to op. RC_BAD_INPUT, RC_TRUNCATED,
 * RC_TOO_LARGE. */
enum rc wire_reply_take(
    struct wire_reply *out, enum wire_op op, struct bytes in, struct err *e);

#endif
