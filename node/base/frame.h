/* SPDX-License-Identifier: Apache-2.0
 *
 * Length-prefixed messages on local stream sockets: four bytes big-endian
 * length, then the payload. Used towards the signer and on ask.sock.
 */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include "base/bytes.h"
#include "base/err.h"

/* Largest payload; a local peer that announces more is broken. */
enum { FRAME_MAX = 1 << 20 };

/*
 * frame_send writes one whole message, blocking.
 *
 * Errors  RC_TOO_LARGE  payload above FRAME_MAX
 *         RC_IO         the peer is gone
 */
enum rc frame_send(int fd, struct bytes payload, struct err *e);

/*
 * frame_recv reads one whole message into buf, blocking at most timeout_ms
 * (-1: for ever).
 *
 * out     a view into buf
 * Errors  RC_TOO_LARGE  payload larger than cap or FRAME_MAX
 *         RC_TIMEOUT, RC_IO (the peer is gone or spoke half a message)
 */
enum rc frame_recv(int fd, struct bytes *out, uint8_t *buf, size_t cap,
    int timeout_ms, struct err *e);

/*
 * struct frame_in gathers messages from a non-blocking socket. The owner
 * lends ptr and cap, reads new bytes to ptr + len and adds their number to
 * len; then it calls frame_in_take until that answers RC_TRUNCATED.
 */
struct frame_in {
	uint8_t *ptr;
	size_t len, cap;
	size_t off; /* bytes of ptr already taken */
};

/*
 * frame_in_take cuts one whole message from the bytes gathered so far.
 *
 * Returns  RC_OK with out set (valid until it answers RC_TRUNCATED),
 *          RC_TRUNCATED when more bytes are needed (no context is written;
 *          there is room for at least one), RC_TOO_LARGE when the peer
 *          announces more than cap or FRAME_MAX allow
 */
enum rc frame_in_take(struct bytes *out, struct frame_in *f, struct err *e);

#endif
