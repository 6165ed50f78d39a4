/* SPDX-License-Identifier: Apache-2.0
 *
 * What is signed and by whom: signing hash, sender, our own signatures, and
 * EIP-7702 authorizations. Which signatures are in range is tx.c's.
 */
#include "eth/tx_priv.h"

/* Prefix of the message that an EIP-7702 authorization signs. */
enum { AUTH_MAGIC = 0x05 };

struct ec_sig
tx_sig(const struct u256 *r, const struct u256 *s, uint8_t y_parity)
{
	struct ec_sig sig = {.y_parity = y_parity};

	u256_to_be(sig.r, r);
	u256_to_be(sig.s, s);
	return sig;
}

enum rc
tx_signing_hash(struct hash *out, const struct tx *tx, struct err *e)
{
	uint8_t room[SINK_ROOM];
	struct keccak k;
	struct sink s = sink_of_hash(&k, room);

	(void)e;
	tx_put(&s, tx, false);
	*out = sink_end_hash(&s);
	return RC_OK;
}

enum rc
tx_sender(struct addr *out, const struct tx *tx, struct err *e)
{
	struct ec_sig sig = tx_sig(&tx->r, &tx->s, tx->y_parity);
	struct hash digest;

	TRY(tx_signing_hash(&digest, tx, e));
	if (ec_recover_addr(out->b, &sig, digest.b, NULL) != RC_OK)
		return FAIL(e, RC_TX_SENDER, "%s", err_text(RC_TX_SENDER));
	return RC_OK;
}

enum rc
tx_sign(struct arena *a, struct tx *tx, const uint8_t key[32], struct err *e)
{
	struct hash digest;
	struct ec_sig sig;
	struct buf out;

	TRY(tx_signing_hash(&digest, tx, e));
	TRY(ec_sign(&sig, key, digest.b, e));
	tx->y_parity = sig.y_parity;
	u256_from_be(&tx->r, bytes_of(sig.r, sizeof(sig.r)));
	u256_from_be(&tx->s, bytes_of(sig.s, sizeof(sig.s)));
	out = buf_of(NULL, tx_encoded_size(tx));
	out.ptr = arena_alloc(a, out.cap);
	if (out.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for a transaction");
	TRY(tx_encode(&out, tx, true, e));
	tx->raw = bytes_of_buf(&out);
	tx->hash = hash_keccak(tx->raw);
	return RC_OK;
}

static struct hash
auth_digest(const struct tx_auth *auth)
{
	uint8_t room[SINK_ROOM];
	struct keccak k;
	struct sink s = sink_of_hash(&k, room);

	sink_u8(&s, AUTH_MAGIC);
	sink_list(&s,
	    rlp_size_u256(&auth->chain_id) + 21 + rlp_size_u64(auth->nonce));
	sink_u256(&s, &auth->chain_id);
	sink_str(&s, addr_bytes(&auth->addr));
	sink_u64(&s, auth->nonce);
	return sink_end_hash(&s);
}

enum rc
tx_auth_signer(struct addr *out, const struct tx_auth *auth, struct err *e)
{
	struct ec_sig sig = tx_sig(&auth->r, &auth->s, auth->y_parity);
	struct hash digest = auth_digest(auth);

	if (auth->y_parity > 1 || !ec_is_scalar(sig.r) ||
	    !ec_is_scalar(sig.s) || ec_is_high_s(sig.s))
		return FAIL(e, RC_BAD_SIGNATURE,
		    "authorization with yParity, r or s out of range");
	return ec_recover_addr(out->b, &sig, digest.b, e);
}

enum rc
tx_digest_signer(struct addr *out, const struct hash *digest,
    const uint8_t rs[64], uint8_t y_parity, struct err *e)
{
	struct ec_sig sig = {.y_parity = y_parity};

	memcpy(sig.r, rs, sizeof(sig.r));
	memcpy(sig.s, rs + sizeof(sig.r), sizeof(sig.s));
	return ec_recover_addr(out->b, &sig, digest->b, e);
}
