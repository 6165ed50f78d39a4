/* SPDX-License-Identifier: Apache-2.0
 *
 * The development certificate, through OpenSSL. Real deployments bring their
 * own files.
 */
#include "ctl/tls.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/rng.h"

#define CERT_NAMES "DNS:localhost,IP:127.0.0.1,IP:::1"

enum { CERT_DAYS = 730 };

static bool
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext != NULL && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

static bool
fill(X509 *x, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(x);
	uint64_t serial;

	rng_fill(&serial, sizeof(serial));
	return X509_set_version(x, 2) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) ==
		   1 &&
	       X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(x), CERT_DAYS * 86400L) !=
		   NULL &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		   (const unsigned char *)"localhost", -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, name) == 1 &&
	       X509_set_pubkey(x, key) == 1 &&
	       add_extension(x, NID_subject_alt_name, CERT_NAMES) &&
	       add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(x, NID_ext_key_usage, "serverAuth") &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

static struct bytes
pem_of(struct arena *a, BIO *bio)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	return arena_copy(a, bytes_of(p, n > 0 ? (size_t)n : 0));
}

enum rc
tls_make_cert(struct arena *a, struct bytes *key_pem, struct bytes *cert_pem,
    struct err *e)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *kb = BIO_new(BIO_s_mem()), *cb = BIO_new(BIO_s_mem());
	bool ok =
	    key != NULL && x != NULL && kb != NULL && cb != NULL &&
	    fill(x, key) &&
	    PEM_write_bio_PrivateKey(kb, key, NULL, NULL, 0, NULL, NULL) == 1 &&
	    PEM_write_bio_X509(cb, x) == 1;

	if (ok) {
		*key_pem = pem_of(a, kb);
		*cert_pem = pem_of(a, cb);
		ok = key_pem->ptr != NULL && cert_pem->ptr != NULL;
	}
	BIO_free(kb);
	BIO_free(cb);
	X509_free(x);
	EVP_PKEY_free(key);
	return ok ? RC_OK : FAIL(e, RC_INTERNAL, "certificate: OpenSSL failed");
}
