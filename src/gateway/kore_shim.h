/* SPDX-License-Identifier: Apache-2.0
 *
 * Put in front of each of Kore's source files by the compiler (-include), so
 * that the files themselves stay as Debian ships them. SHIM_<file> is set
 * for the file being compiled. What is renamed is declared and, where it is
 * defined, defined under the new name; kore_shim.c, parent.c and hooks.c
 * have the other half.
 */
#ifndef GATEWAY_KORE_SHIM_H
#define GATEWAY_KORE_SHIM_H

/* A violation of the sandbox must end the process, not one thread of it. */
#define SECCOMP_KILL_POLICY SECCOMP_RET_KILL_PROCESS

/*
 * OpenSSL 3: Kore hangs its "ask the key manager" methods on a legacy copy
 * of the public key which OpenSSL then does not use. The shim remembers the
 * copy and gives that to the SSL_CTX.
 */
#ifdef SHIM_domain
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
RSA *shim_take_rsa(EVP_PKEY *pkey);
EC_KEY *shim_take_ec(EVP_PKEY *pkey);
int shim_use_key(SSL_CTX *ctx, EVP_PKEY *pkey);
void shim_set_sign(EC_KEY_METHOD *meth,
    int (*sign)(int, const unsigned char *, int, unsigned char *,
	unsigned int *, const BIGNUM *, const BIGNUM *, EC_KEY *),
    int (*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **),
    ECDSA_SIG *(*sign_sig)(
	const unsigned char *, int, const BIGNUM *, const BIGNUM *, EC_KEY *));
#define EVP_PKEY_get1_RSA      shim_take_rsa
#define EVP_PKEY_get1_EC_KEY   shim_take_ec
#define SSL_CTX_use_PrivateKey shim_use_key
#define EC_KEY_METHOD_set_sign shim_set_sign
/* Signatures are asked for on a line of their own (keyline.h). */
#include <poll.h>
struct connection;
struct kore_msg;
int shim_await(struct pollfd *fds, nfds_t cnt, int ms);
#define kore_msg_register          shim_hear_answer
#define kore_msg_send              shim_ask
#define poll                       shim_await
#define net_recv_flush             shim_no_flush
#define kore_platform_disable_read shim_no_pause
#define kore_platform_event_all    shim_no_resume
#endif

/* OpenSSL 3: EVP_PKEY_get0 of a key that was read from a file is NULL. */
#ifdef SHIM_keymgr
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>
void *shim_get0(const EVP_PKEY *pkey);
#define EVP_PKEY_get0 shim_get0
/*
 * It reads files anew at each signal and whenever a worker starts: what lay
 * there then, of two files that are replaced one after the other. The pair
 * that the parent has checked comes from memory instead (pair.c).
 */
EVP_PKEY *shim_load_key(const char *path);
int shim_open(const char *path, ...);
int shim_access(const char *path, int mode);
#define kore_rsakey_load   shim_load_key
#define open(...)          shim_open(__VA_ARGS__)
#define access(path, mode) shim_access(path, mode)
/* The key manager forgets the program's hooks before it would call the one
 * that closes sockets and narrows its sandbox (sandbox.c). */
#define kore_module_cleanup shim_keep_hooks
/* Signatures are asked for on a line of their own (keyline.h). */
#define kore_msg_register shim_hear_request
#define kore_msg_send     shim_answer
#endif

/*
 * The parent: our main() checks the configuration before Kore starts; a look
 * at each turn of its loop (logs, ticket keys); signals pass through us.
 */
#ifdef SHIM_kore
#define main                        kore_main
#define kore_platform_event_wait    gw_parent_turn
#define kore_worker_dispatch_signal gw_parent_signal
/* Its handler, not the name that sigaction is given (signals.c). */
void kore_signal(int sig);
#define kore_signal(sig) kore_signal_unused(sig)
#endif

/* Workers: work to be done once for each turn of the loop. */
#ifdef SHIM_worker
#define kore_platform_event_wait gw_worker_turn
#endif
/* The key manager: nothing but signals that are not lost. */
#ifdef SHIM_keymgr
#define kore_platform_event_wait signals_wait
#endif

/*
 * When a worker dies its connection stays in the list of those that the parent
 * hands messages to, and its memory becomes the connection of the successor:
 * which then got everything twice, after the next death three times. A second
 * copy of a signature was taken for the answer to the question behind it.
 */
#ifdef SHIM_msg
#define net_send_queue shim_send_once
#define net_recv_reset shim_recv_next
#endif

/* Kore hands its configuration to itself through /tmp; memory will do. */
#ifdef SHIM_config
#define mkstemp shim_memfd
int shim_memfd(char *name);
#endif

/* One log for everything. */
#ifdef SHIM_utils
#define kore_log kore_log_unused
#endif

#endif
