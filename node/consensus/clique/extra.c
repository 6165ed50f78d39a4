/* SPDX-License-Identifier: Apache-2.0
 *
 * A Clique header's extra data: 32 bytes of vanity, at checkpoints the signer
 * list, 65 bytes of seal (EIP-225). What is signed, and who signed it. No
 * rule about who may.
 */
#include "base/check.h"
#include "consensus/clique/clique_priv.h"
#include "crypto/ec.h"

bool
clique_is_vote_add(const struct header *h)
{
	static const uint8_t add[8] = {
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return !memcmp(h->nonce, add, sizeof(add));
}

enum rc
clique_extra_signers(struct bytes *out, const struct header *h, struct err *e)
{
	if (h->extra.len < CLIQUE_VANITY)
		return FAIL(
		    e, RC_BLK_VANITY, "%zu bytes of extra data", h->extra.len);
	if (h->extra.len < CLIQUE_VANITY + CLIQUE_SEAL)
		return FAIL(e, RC_BLK_SIG_MISSING, "%zu bytes of extra data",
		    h->extra.len);
	*out = bytes_of(h->extra.ptr + CLIQUE_VANITY,
	    h->extra.len - CLIQUE_VANITY - CLIQUE_SEAL);
	return RC_OK;
}

/* The header as it is signed: without the seal. */
static enum rc
unsealed(struct header *out, const struct header *h, struct err *e)
{
	if (h->extra.len < CLIQUE_SEAL)
		return FAIL(e, RC_BLK_SIG_MISSING, "%zu bytes of extra data",
		    h->extra.len);
	*out = *h;
	out->extra.len -= CLIQUE_SEAL;
	return RC_OK;
}

enum rc
clique_seal_hash(struct hash *out, const struct header *h, struct err *e)
{
	struct header bare;

	TRY(unsealed(&bare, h, e));
	*out = header_hash(&bare);
	return RC_OK;
}

enum rc
clique_seal_bytes(
    struct arena *a, struct bytes *out, const struct header *h, struct err *e)
{
	struct header bare;
	struct buf b;
	size_t len;

	TRY(unsealed(&bare, h, e));
	len = header_size(&bare);
	b = buf_of(arena_alloc(a, len), len);
	if (b.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "seal of %zu bytes", len);
	CHECK(header_put(&b, &bare));
	*out = bytes_of_buf(&b);
	return RC_OK;
}

enum rc
clique_signer(struct addr *out, const struct header *h, struct err *e)
{
	const uint8_t *seal;
	struct hash digest;
	struct ec_sig sig;

	TRY(clique_seal_hash(&digest, h, e));
	seal = h->extra.ptr + h->extra.len - CLIQUE_SEAL;
	if (seal[64] > 1)
		return FAIL(e, RC_BAD_SIGNATURE, "recovery id %u", seal[64]);
	memcpy(sig.r, seal, 32);
	memcpy(sig.s, seal + 32, 32);
	sig.y_parity = seal[64];
	return ec_recover_addr(out->b, &sig, digest.b, e);
}
