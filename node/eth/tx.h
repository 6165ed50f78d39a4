/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions: EIP-2718 envelopes of types 0 (legacy, EIP-155), 1 (EIP-2930),
 * 2 (EIP-1559), 3 (EIP-4844), 4 (EIP-7702); codec, hashes, sender.
 */
#ifndef ETH_TX_H
#define ETH_TX_H

#include "base/arena.h"
#include "eth/types.h"

enum tx_type {
	TX_LEGACY,
	TX_ACCESS_LIST,
	TX_DYNAMIC_FEE,
	TX_BLOB,
	TX_SET_CODE
};

/* One entry of an EIP-2930 access list. */
struct tx_access {
	struct addr addr;
	const struct hash *keys;
	size_t key_cnt;
};

/* One EIP-7702 authorization. */
struct tx_auth {
	struct u256 chain_id;
	struct addr addr;
	uint64_t nonce;
	uint8_t y_parity;
	struct u256 r, s;
};

/*
 * struct tx is a decoded transaction. Its views point into the bytes it was
 * decoded from and into the arena given to tx_decode; both must outlive it.
 */
struct tx {
	enum tx_type type;
	bool has_chain_id; /* false only for legacy before EIP-155 */
	bool is_unsigned;  /* of a simulation: v, r and s are zero */
	bool is_create;    /* no recipient; to is zero */
	uint8_t y_parity;
	uint64_t chain_id;
	uint64_t nonce;
	uint64_t gas;
	struct u256 max_fee; /* gasPrice for types 0 and 1 */
	struct u256 max_tip; /* gasPrice for types 0 and 1 */
	struct u256 value;
	struct addr to;
	struct bytes data;
	const struct tx_access *access;
	size_t access_cnt;
	struct u256 max_blob_fee;
	const struct hash *blob_hashes;
	size_t blob_cnt;
	const struct tx_auth *auths;
	size_t auth_cnt;
	struct u256 r, s;
	struct bytes raw; /* canonical bytes: the envelope, no outer string */
	struct hash hash; /* keccak of raw */
};

/* Gas of one blob (EIP-4844). */
enum { TX_BLOB_GAS = 1 << 17 };

/* Largest transaction over RPC or the wire, as go-ethereum's pool. */
enum { TX_RAW_MAX = 128 * 1024 };

/*
 * tx_decode reads one transaction from its canonical bytes (what
 * eth_sendRawTransaction takes).
 *
 * Errors    RLP errors; RC_TX_TYPE for an unknown type byte; RC_TRAILING;
 *           RC_BAD_SIGNATURE for v, r or s out of range, or high s
 *           (EIP-2); RC_TX_CHAIN_ID for one above 64 bits; RC_BAD_INPUT for
 *           another field out of range. The text names the field.
 * Lifetime  views into in and a
 */
enum rc tx_decode(
    struct arena *a, struct tx *out, struct bytes in, struct err *e);

/*
 * tx_take reads one transaction as an item of a block body: a list for
 * legacy, a string holding the envelope for typed ones.
 */
enum rc tx_take(
    struct arena *a, struct tx *out, struct bytes *in, struct err *e);

/*
 * tx_decode_frontier and tx_take_frontier also accept s above half the group
 * order, as blocks before Homestead may hold it (EIP-2). The caller asks
 * tx_has_high_s where the fork forbids it.
 */
enum rc tx_decode_frontier(
    struct arena *a, struct tx *out, struct bytes in, struct err *e);
enum rc tx_take_frontier(
    struct arena *a, struct tx *out, struct bytes *in, struct err *e);
bool tx_has_high_s(const struct tx *tx);

/* tx_encode writes the canonical bytes; with has_sig false the signing
 * preimage (EIP-155 for legacy with chain id). RC_NO_SPACE when out is full. */
enum rc tx_encode(
    struct buf *out, const struct tx *tx, bool has_sig, struct err *e);

/* tx_encoded_size is how many bytes tx_encode writes with has_sig true, and
 * bounds those of the preimage. */
size_t tx_encoded_size(const struct tx *tx);

/* tx_v returns the signature's v as encoded: 27 or 28, 35 + 2 * chain id or
 * one more (EIP-155; beyond 64 bits for the largest ids), or y_parity. */
struct u256 tx_v(const struct tx *tx);

/* tx_signing_hash computes the hash that the sender signed. */
enum rc tx_signing_hash(struct hash *out, const struct tx *tx, struct err *e);

/*
 * tx_sender recovers the sender: about 30 us, done once at the edge.
 *
 * Errors  RC_TX_SENDER  no key gives this signature
 */
enum rc tx_sender(struct addr *out, const struct tx *tx, struct err *e);

/*
 * tx_sign fills y_parity, r, s, hash and raw from a 32-byte private key; for
 * tests, tools and the signer's own transactions.
 *
 * Lifetime  raw lives in the arena
 */
enum rc tx_sign(
    struct arena *a, struct tx *tx, const uint8_t key[32], struct err *e);

/*
 * tx_auth_signer recovers who signed an EIP-7702 authorization.
 *
 * Errors  RC_BAD_SIGNATURE  out of range, high s, or no key gives it
 */
enum rc tx_auth_signer(
    struct addr *out, const struct tx_auth *auth, struct err *e);

/*
 * tx_digest_signer recovers who signed a digest.
 *
 * rs      r and s, 64 bytes
 * Errors  RC_BAD_SIGNATURE  out of range, or no key gives it
 */
enum rc tx_digest_signer(struct addr *out, const struct hash *digest,
    const uint8_t rs[64], uint8_t y_parity, struct err *e);

/* tx_cost_max computes the most a transaction can take from its sender: gas
 * and blob gas at the highest price, and value; false above 256 bits. */
bool tx_cost_max(struct u256 *out, const struct tx *tx);

/* tx_price computes what the sender pays per gas under base_fee: base fee
 * and tip (EIP-1559); false when max_fee is below base_fee. */
bool tx_price(
    struct u256 *out, const struct tx *tx, const struct u256 *base_fee);

/* tx_tip computes what the block's author gets per gas under base_fee
 * (EIP-1559); false when max_fee is below base_fee. */
bool tx_tip(struct u256 *out, const struct tx *tx, const struct u256 *base_fee);

#endif
