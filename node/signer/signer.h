/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys in a process of their own. signer_spawn forks a child before any
 * thread exists; the child holds the keys in locked memory, talks over one
 * socket pair, obeys a policy and a watermark, and can do nothing else. The
 * functions here are the caller's side.
 */
#ifndef SIGNER_SIGNER_H
#define SIGNER_SIGNER_H

#include "base/arena.h"
#include "base/err.h"
#include "eth/types.h"

struct signer;

/* What a signature is for; the policy and the watermark go by it. */
enum signer_kind {
	SIGNER_SEAL,    /* Clique seal: once per height */
	SIGNER_PREPARE, /* QBFT messages: once per (height, round) */
	SIGNER_COMMIT,
	SIGNER_PROPOSE,
	SIGNER_ROUND_CHANGE,
	SIGNER_TX,      /* a transaction of an unlocked account */
	SIGNER_MESSAGE  /* EIP-191 / EIP-712 digest */
};

struct signer_conf {
	const char *keystore_dir;   /* *.json files, read by the child */
	const char *watermark_path; /* file, synced before a seal leaves */
	bool may_seal, may_sign_tx, may_sign_message;
};

/* signer_spawn forks the child. Call before the first thread.
 * Errors RC_IO */
enum rc signer_spawn(struct signer **out, const struct signer_conf *conf,
    struct err *e);

/* signer_stop closes the socket, waits for the child and frees s. */
void signer_stop(struct signer *s);

/*
 * signer_unlock decrypts an account's key file inside the child.
 *
 * password  wiped by the caller; crosses the socket pair only
 * Errors    RC_NOT_FOUND, RC_BAD_PASSWORD, RC_IO
 * Thread    one at a time (the owner of s)
 */
enum rc signer_unlock(struct signer *s, const struct addr *addr,
    struct bytes password, struct err *e);

/* signer_list lists the accounts of the key store; not whether unlocked. */
enum rc signer_list(struct signer *s, struct arena *a, struct addr **out,
    size_t *cnt, struct err *e);

/*
 * signer_sign signs a digest.
 *
 * sig     r, s, y_parity (0 or 1)
 * Errors  RC_NOT_FOUND  account unknown or locked
 *         RC_DENIED     kind not allowed, or the watermark says that this
 *                       height, round and kind was signed before with
 *                       another digest
 *         RC_IO         child gone, or the watermark could not be synced
 */
enum rc signer_sign(struct signer *s, uint8_t sig[65],
    const struct addr *addr, enum signer_kind kind, uint64_t height,
    uint64_t round, const struct hash *digest, struct err *e);

#endif
