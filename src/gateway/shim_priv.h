/* SPDX-License-Identifier: Apache-2.0
 *
 * Prototypes of what kore_shim.h makes Kore call.
 */
#ifndef GATEWAY_SHIM_PRIV_H
#define GATEWAY_SHIM_PRIV_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

typedef int shim_ec_sign_fn(int type, const unsigned char *digest,
    int digest_len, unsigned char *sig, unsigned int *sig_len,
    const BIGNUM *kinv, const BIGNUM *r, EC_KEY *key);
typedef int shim_ec_setup_fn(
    EC_KEY *key, BN_CTX *ctx, BIGNUM **kinv, BIGNUM **r);
typedef ECDSA_SIG *shim_ec_sig_fn(const unsigned char *digest, int digest_len,
    const BIGNUM *kinv, const BIGNUM *r, EC_KEY *key);

/* In place of EVP_PKEY_get1_RSA and EVP_PKEY_get1_EC_KEY in domain.c. */
RSA *shim_take_rsa(EVP_PKEY *pkey);
EC_KEY *shim_take_ec(EVP_PKEY *pkey);

/* In place of SSL_CTX_use_PrivateKey in domain.c: uses the copy taken. */
int shim_use_key(SSL_CTX *ctx, EVP_PKEY *pkey);

/* In place of EC_KEY_METHOD_set_sign in domain.c. */
void shim_set_sign(EC_KEY_METHOD *meth, shim_ec_sign_fn *sign,
    shim_ec_setup_fn *setup, shim_ec_sig_fn *sign_sig);

/* In place of EVP_PKEY_get0 in keymgr.c. */
void *shim_get0(const EVP_PKEY *pkey);

/* In place of kore_module_cleanup in keymgr.c. */
void shim_keep_hooks(void);

/* In place of mkstemp in config.c. */
int shim_memfd(char *name);

/* In place of Kore's own. */
void kore_log(int prio, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
