/* SPDX-License-Identifier: Apache-2.0
 *
 * Prototypes of what kore_shim.h makes Kore call; kore_log, which it calls in
 * place of its own, is declared by Kore.
 */
#ifndef GATEWAY_SHIM_PRIV_H
#define GATEWAY_SHIM_PRIV_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "gateway/kore_priv.h"

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

/* In place of kore_rsakey_load, open and access in keymgr.c: whatever the
 * name, the pair in force (pair.c). */
EVP_PKEY *shim_load_key(const char *path);
int shim_open(const char *path, ...);
int shim_access(const char *path, int mode);

/* In place of kore_module_cleanup in keymgr.c. */
void shim_keep_hooks(void);

/* In place of net_send_queue in msg.c: one message goes to a connection once,
 * however often the parent has it in its list. */
void shim_send_once(struct connection *c, const void *data, size_t len);

/* In place of net_recv_reset in msg.c: the message has been handed on. */
void shim_recv_next(
    struct connection *c, size_t len, int (*on_data)(struct netbuf *));

/* In place of mkstemp in config.c. */
int shim_memfd(char *name);

#endif
