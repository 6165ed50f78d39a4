/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of transaction fields, shared by the reader (tx.c) and the writer
 * (tx_write.c), and the signature in the shape that crypto takes.
 */
#ifndef ETH_TX_PRIV_H
#define ETH_TX_PRIV_H

#include "crypto/ec.h"
#include "eth/sink_priv.h"
#include "eth/tx.h"

enum tx_kind {
	TX_KIND_CHAIN_ID,
	TX_KIND_U64,
	TX_KIND_U256,
	TX_KIND_TO,        /* 20 bytes, or none: creation */
	TX_KIND_RECIPIENT, /* 20 bytes */
	TX_KIND_DATA,
	TX_KIND_ACCESS,
	TX_KIND_HASHES,
	TX_KIND_AUTHS
};

struct tx_field {
	const char *name;
	enum tx_kind kind;
	size_t at;      /* KIND_U64, KIND_U256: where in struct tx */
	unsigned types; /* bit per enum tx_type */
};

/* Ends at the row without a name. */
extern const struct tx_field tx_fields[];

/* tx_field_next returns the first row for type at or behind f; its name is
 * NULL at the end. */
const struct tx_field *tx_field_next(
    const struct tx_field *f, enum tx_type type);

/* tx_put writes what tx_encode does into a sink. */
void tx_put(struct sink *s, const struct tx *tx, bool has_sig);

/* A legacy transaction's v without chain id, and the base of EIP-155's. */
enum { TX_V_PLAIN = 27, TX_V_EIP155 = 35 };

/* tx_sig turns r and s into what crypto/ec.h takes. */
struct ec_sig tx_sig(
    const struct u256 *r, const struct u256 *s, uint8_t y_parity);

#endif
