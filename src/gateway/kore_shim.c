/* SPDX-License-Identifier: Apache-2.0
 *
 * The other half of kore_shim.h: what Kore 4.1 calls instead of OpenSSL
 * functions that changed their meaning in OpenSSL 3, and instead of its own
 * log. Kore itself is not changed.
 *
 * With a key whose method is not OpenSSL's own, OpenSSL 3 keeps to its old
 * code paths ("foreign" keys), which end in Kore's methods; these send the
 * bytes to be signed to the key manager process and wait for the signature.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <syslog.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "base/log.h"
#include "gateway/shim_priv.h"
#include "gateway/shm.h"

/* The legacy copy that Kore is setting up; exactly one is set between
 * shim_take_* and shim_use_key, which follow each other in one function. */
static RSA *taken_rsa;
static EC_KEY *taken_ec;

RSA *
shim_take_rsa(EVP_PKEY *pkey)
{
	taken_rsa = EVP_PKEY_get1_RSA(pkey);
	return taken_rsa;
}

EC_KEY *
shim_take_ec(EVP_PKEY *pkey)
{
	taken_ec = EVP_PKEY_get1_EC_KEY(pkey);
	return taken_ec;
}

int
shim_use_key(SSL_CTX *ctx, EVP_PKEY *pkey)
{
	EVP_PKEY *foreign = EVP_PKEY_new();
	int ok = 0;

	CHECK(foreign != NULL);
	if (taken_rsa != NULL)
		ok = EVP_PKEY_assign_RSA(foreign, taken_rsa);
	else if (taken_ec != NULL)
		ok = EVP_PKEY_assign_EC_KEY(foreign, taken_ec);
	taken_rsa = NULL;
	taken_ec = NULL;
	ok = ok == 1 && SSL_CTX_use_PrivateKey(ctx, foreign) == 1;
	EVP_PKEY_free(foreign);
	/* Kore takes a reference by X509_get_pubkey and never gives it back. */
	EVP_PKEY_free(pkey);
	return ok;
}

/* Kore sets only the function that makes an ECDSA_SIG; the old code path
 * begins at the one that makes bytes. OpenSSL's own calls the former. */
void
shim_set_sign(EC_KEY_METHOD *meth, shim_ec_sign_fn *sign,
    shim_ec_setup_fn *setup, shim_ec_sig_fn *sign_sig)
{
	shim_ec_sig_fn *own_sig;

	EC_KEY_METHOD_get_sign(EC_KEY_OpenSSL(), &sign, &setup, &own_sig);
	EC_KEY_METHOD_set_sign(meth, sign, setup, sign_sig);
}

void *
shim_get0(const EVP_PKEY *pkey)
{
	const void *legacy = NULL;

	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA)
		legacy = EVP_PKEY_get0_RSA(pkey);
	else if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC)
		legacy = EVP_PKEY_get0_EC_KEY(pkey);
	return (void *)(uintptr_t)legacy;
}

void
shim_keep_hooks(void)
{
}

/* Whom the parent has handed the present message to. */
static struct {
	size_t cnt;
	const struct connection
	    *conns[SHM_WORKER_MAX + 1]; /* and key manager */
} handed;

void
shim_send_once(struct connection *c, const void *data, size_t len)
{
	size_t i;

	for (i = 0; worker == NULL && i < handed.cnt; i++)
		if (handed.conns[i] == c)
			return;
	if (worker == NULL) {
		CHECK(handed.cnt < ARRAY_CNT(handed.conns));
		handed.conns[handed.cnt++] = c;
	}
	net_send_queue(c, data, len);
}

void
shim_recv_next(
    struct connection *c, size_t len, int (*on_data)(struct netbuf *))
{
	handed.cnt = 0;
	net_recv_reset(c, len, on_data);
}

int
shim_memfd(char *name)
{
	return memfd_create(name, MFD_CLOEXEC);
}

void
kore_log(int prio, const char *fmt, ...)
{
	char text[LOG_LINE_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_write(prio <= LOG_ERR       ? LOG_LV_ERROR
		  : prio <= LOG_WARNING ? LOG_LV_WARN
					: LOG_LV_INFO,
	    "kore", "%s", text);
}
