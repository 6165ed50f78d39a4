/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads authorities and revocations, and judges certificates by them.
 */
#include "gateway/clientcert.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/log.h"
#include "gateway/worker.h"

enum {
	/* Their names stand in every handshake that asks. */
	AUTHORITY_MAX = 64,
	/* How long a verdict holds: time passes certificates and lists. */
	JUDGED_MS = 30000,
	/* Of that text which the log has. */
	SUBJECT_MAX = 256,
	/* Between two complaints about a list that does not hold. */
	COMPLAIN_MS = 60000,
	/* Bits of strength that a signature of its chain needs: OpenSSL's
	 * level 2, as for our own certificate. */
	AUTH_LEVEL = 2,
	/* Authorities between a certificate and its root. */
	DEPTH_MAX = 4,
};

struct client_trust {
	X509_STORE *store;
	STACK_OF(X509) * authorities;
	STACK_OF(X509_CRL) * lists; /* empty: nothing is asked */
};

struct client_cert {
	struct gw_cert view;
	uint64_t conf_no, until_ms;
	char subject[SUBJECT_MAX];
};

/* --- authorities and revocations --- */

static enum rc
openssl_fault(const char *what, struct err *e)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	return FAIL(
	    e, RC_CONF, "%s: %s", what, why != NULL ? why : "no reason");
}

/* was_end tells whether reading PEM stopped because nothing more came. */
static bool
was_end(void)
{
	return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static enum rc
add_authority(struct client_trust *t, X509 *x, struct err *e)
{
	if (X509_check_ca(x) == 0)
		return FAIL(e, RC_CONF,
		    "client_ca: certificate %d is none of an authority",
		    sk_X509_num(t->authorities) + 1);
	if (sk_X509_num(t->authorities) == AUTHORITY_MAX)
		return FAIL(e, RC_CONF, "client_ca: more than %d authorities",
		    AUTHORITY_MAX);
	if (X509_STORE_add_cert(t->store, x) != 1 || X509_up_ref(x) != 1)
		return openssl_fault("client_ca", e);
	if (sk_X509_push(t->authorities, x) > 0)
		return RC_OK;
	X509_free(x);
	return FAIL(e, RC_NO_MEMORY, "client_ca");
}

static enum rc
read_authorities(struct client_trust *t, BIO *in, struct err *e)
{
	enum rc rc = RC_OK;
	X509 *x;

	ERR_clear_error();
	while (rc == RC_OK &&
	       (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		rc = add_authority(t, x, e);
		X509_free(x);
	}
	if (rc == RC_OK && !was_end())
		return openssl_fault("client_ca", e);
	ERR_clear_error();
	if (rc == RC_OK && sk_X509_num(t->authorities) == 0)
		return FAIL(e, RC_CONF, "client_ca: holds no PEM certificate");
	return rc;
}

/* issuer_of returns the authority that has signed a list, NULL: none here. */
static X509 *
issuer_of(const struct client_trust *t, X509_CRL *crl)
{
	int i;

	for (i = 0; i < sk_X509_num(t->authorities); i++) {
		X509 *x = sk_X509_value(t->authorities, i);

		if (X509_NAME_cmp(X509_get_subject_name(x),
			X509_CRL_get_issuer(crl)) == 0 &&
		    X509_CRL_verify(crl, X509_get0_pubkey(x)) == 1)
			return x;
	}
	return NULL;
}

static enum rc
add_list(struct client_trust *t, X509_CRL *crl, struct err *e)
{
	if (issuer_of(t, crl) == NULL)
		return FAIL(e, RC_CONF,
		    "client_crl: list %d is signed by none of client_ca",
		    sk_X509_CRL_num(t->lists) + 1);
	if (X509_STORE_add_crl(t->store, crl) != 1 || X509_CRL_up_ref(crl) != 1)
		return openssl_fault("client_crl", e);
	if (sk_X509_CRL_push(t->lists, crl) > 0)
		return RC_OK;
	X509_CRL_free(crl);
	return FAIL(e, RC_NO_MEMORY, "client_crl");
}

static enum rc
read_lists(struct client_trust *t, BIO *in, struct err *e)
{
	enum rc rc = RC_OK;
	X509_CRL *crl;

	ERR_clear_error();
	while (rc == RC_OK &&
	       (crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL) {
		rc = add_list(t, crl, e);
		X509_CRL_free(crl);
	}
	if (rc == RC_OK && !was_end())
		return openssl_fault("client_crl", e);
	ERR_clear_error();
	if (rc == RC_OK && sk_X509_CRL_num(t->lists) == 0)
		return FAIL(e, RC_CONF, "client_crl: holds no PEM list");
	return rc;
}

static enum rc
read_trust(
    struct client_trust *t, struct bytes ca, struct bytes crl, struct err *e)
{
	BIO *ca_in = BIO_new_mem_buf(ca.ptr, (int)ca.len);
	BIO *crl_in =
	    crl.ptr == NULL ? NULL : BIO_new_mem_buf(crl.ptr, (int)crl.len);
	enum rc rc;

	t->store = X509_STORE_new();
	t->authorities = sk_X509_new_null();
	t->lists = sk_X509_CRL_new_null();
	if (ca_in == NULL || (crl_in == NULL) != (crl.ptr == NULL) ||
	    t->store == NULL || t->authorities == NULL || t->lists == NULL)
		rc = FAIL(e, RC_NO_MEMORY, "client_ca");
	else
		rc = read_authorities(t, ca_in, e);
	if (rc == RC_OK && crl_in != NULL) {
		(void)X509_STORE_set_flags(t->store,
		    X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
		rc = read_lists(t, crl_in, e);
	}
	BIO_free(ca_in);
	BIO_free(crl_in);
	return rc;
}

enum rc
client_trust_read(
    struct client_trust **out, struct bytes ca, struct bytes crl, struct err *e)
{
	struct client_trust *t = mem_new(sizeof(*t));
	enum rc rc;

	*out = NULL;
	if (t == NULL)
		return FAIL(e, RC_NO_MEMORY, "client_ca");
	rc = read_trust(t, ca, crl, e);
	if (rc == RC_OK)
		*out = t;
	else
		client_trust_free(t);
	return rc;
}

void
client_trust_free(struct client_trust *t)
{
	if (t == NULL)
		return;
	X509_STORE_free(t->store);
	sk_X509_pop_free(t->authorities, X509_free);
	sk_X509_CRL_pop_free(t->lists, X509_CRL_free);
	mem_free(t);
}

/* holds_now tells whether now lies between two times; until may be NULL,
 * which a list must not leave open. */
static bool
holds_now(const ASN1_TIME *from, const ASN1_TIME *until)
{
	return until != NULL && X509_cmp_current_time(from) < 0 &&
	       X509_cmp_current_time(until) > 0;
}

/* has_list tells whether some list of the authority holds now. */
static bool
has_list(const struct client_trust *t, X509 *x)
{
	int i;

	for (i = 0; i < sk_X509_CRL_num(t->lists); i++) {
		X509_CRL *crl = sk_X509_CRL_value(t->lists, i);

		if (X509_NAME_cmp(X509_get_subject_name(x),
			X509_CRL_get_issuer(crl)) == 0 &&
		    holds_now(X509_CRL_get0_lastUpdate(crl),
			X509_CRL_get0_nextUpdate(crl)))
			return true;
	}
	return false;
}

static void
write_subject(char out[SUBJECT_MAX], const X509 *x)
{
	/* As RFC 4514, but UTF-8 as it is. */
	const unsigned long how =
	    XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	BIO *bio = BIO_new(BIO_s_mem());
	int n = -1;

	if (bio != NULL &&
	    X509_NAME_print_ex(bio, X509_get_subject_name(x), 0, how) >= 0)
		n = BIO_read(bio, out, SUBJECT_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
}

enum rc
client_trust_stale(const struct client_trust *t, struct err *e)
{
	char name[SUBJECT_MAX];
	int i;

	for (i = 0; i < sk_X509_num(t->authorities); i++) {
		X509 *x = sk_X509_value(t->authorities, i);

		write_subject(name, x);
		if (!holds_now(X509_get0_notBefore(x), X509_get0_notAfter(x)))
			return FAIL(e, RC_CONF,
			    "client_ca: %s has expired or is not valid yet",
			    name);
		if (sk_X509_CRL_num(t->lists) > 0 && !has_list(t, x))
			return FAIL(e, RC_CONF,
			    "client_crl: no list of %s that holds now", name);
	}
	return RC_OK;
}

void
client_trust_names(SSL_CTX *ctx, const struct client_trust *t)
{
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
	X509_NAME *name;
	int i;

	for (i = 0; t != NULL && i < sk_X509_num(t->authorities); i++) {
		name = X509_NAME_dup(
		    X509_get_subject_name(sk_X509_value(t->authorities, i)));
		CHECK(name != NULL && sk_X509_NAME_push(names, name) > 0);
	}
	SSL_CTX_set_client_CA_list(ctx, names);
}

/* --- one certificate --- */

static enum gw_cert_state
state_of(int error)
{
	switch (error) {
	case X509_V_OK:
		return GW_CERT_GOOD;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return GW_CERT_EXPIRED;
	case X509_V_ERR_CERT_REVOKED:
		return GW_CERT_REVOKED;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
	case X509_V_ERR_CERT_UNTRUSTED:
		return GW_CERT_UNTRUSTED;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
	case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
		return GW_CERT_NO_CRL;
	default:
		return GW_CERT_UNFIT;
	}
}

/* verify returns OpenSSL's verdict about x, with what the client sent
 * besides to lead to an authority. */
static int
verify(const struct client_trust *t, X509 *x, STACK_OF(X509) * sent)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int error = X509_V_ERR_OUT_OF_MEM;

	if (ctx != NULL && X509_STORE_CTX_init(ctx, t->store, x, sent) == 1 &&
	    X509_STORE_CTX_set_default(ctx, "ssl_client") == 1) {
		X509_VERIFY_PARAM_set_auth_level(
		    X509_STORE_CTX_get0_param(ctx), AUTH_LEVEL);
		X509_VERIFY_PARAM_set_depth(
		    X509_STORE_CTX_get0_param(ctx), DEPTH_MAX);
		error = X509_verify_cert(ctx) == 1
			    ? X509_V_OK
			    : X509_STORE_CTX_get_error(ctx);
	}
	X509_STORE_CTX_free(ctx);
	return error;
}

/* complain: a list that nobody has replaced in time keeps everybody out, and
 * an operator must learn of it from more than their calls. */
static void
complain(int error)
{
	struct gw_worker *w = gw_worker;
	uint64_t now_ms = worker_now_ms();
	struct err e = {0};

	if (w->trust_told_ms != 0 && now_ms - w->trust_told_ms < COMPLAIN_MS)
		return;
	w->trust_told_ms = now_ms;
	(void)client_trust_stale(w->trust, &e);
	log_error("gateway", "client certificates are refused: %s",
	    e.text[0] != '\0' ? e.text : X509_verify_cert_error_string(error));
}

static void
judge(struct client_cert *cert, SSL *ssl, X509 *x)
{
	uint8_t digest[GW_CERT_PRINT_LEN / 2];
	unsigned len = sizeof(digest);
	int error = verify(gw_worker->trust, x, SSL_get_peer_cert_chain(ssl));

	cert->view.state = state_of(error);
	if (cert->view.state == GW_CERT_NO_CRL)
		complain(error);
	if (X509_digest(x, EVP_sha256(), digest, &len) == 1)
		hex_put(cert->view.print, bytes_of(digest, sizeof(digest)));
	write_subject(cert->subject, x);
	cert->view.subject = bytes_of_str(cert->subject);
}

const struct gw_cert *
client_cert_of(struct conn *c)
{
	/* Without memory nobody comes in who might not. */
	static const struct gw_cert unfit = {.state = GW_CERT_UNFIT};
	const struct gw_worker *w = gw_worker;
	X509 *x = c->ssl == NULL ? NULL : SSL_get0_peer_certificate(c->ssl);
	uint64_t now_ms = worker_now_ms();

	if (x == NULL)
		return NULL;
	if (c->cert == NULL)
		c->cert = mem_new(sizeof(*c->cert));
	if (c->cert == NULL || w->trust == NULL)
		return &unfit;
	if (c->cert->conf_no != w->conf->no || now_ms >= c->cert->until_ms) {
		c->cert->conf_no = w->conf->no;
		c->cert->until_ms = now_ms + JUDGED_MS;
		judge(c->cert, c->ssl, x);
	}
	return &c->cert->view;
}

void
client_cert_free(struct client_cert *cert)
{
	mem_free(cert);
}
