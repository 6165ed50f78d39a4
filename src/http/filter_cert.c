/* SPDX-License-Identifier: Apache-2.0
 *
 * Lets in who has shown a certificate of an authority that [tls] client_ca
 * names, not revoked by client_crl. Judging it is the gateway's.
 */
#include "http/cert.h"
#include "http/filter.h"
#include "http/req.h"

static const struct cert_row {
	const char *word;
	enum gw_refusal refusal;
} certs[GW_CERT_CNT] = {
#define CERT(name, word, refusal) [GW_CERT_##name] = {word, GW_R_##refusal},
#include "http/cert.def"
#undef CERT
};

bool
gw_cert_find(enum gw_cert_state *out, struct bytes word)
{
	unsigned i;

	for (i = 0; i < GW_CERT_CNT; i++) {
		if (!bytes_eq(word, bytes_of_str(certs[i].word)))
			continue;
		*out = (enum gw_cert_state)i;
		return true;
	}
	return false;
}

enum gw_step
gw_filter_cert(struct gw_req *r)
{
	enum gw_cert_state state =
	    r->cert != NULL ? r->cert->state : GW_CERT_NONE;

	if (state == GW_CERT_GOOD ||
	    (state == GW_CERT_NONE && r->surface->cert_optional))
		return GW_NEXT;
	return gw_refuse_by(r, certs[state].refusal, certs[state].word);
}
