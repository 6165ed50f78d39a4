/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys in a process of their own. signer_spawn forks a child before any
 * thread exists; the child holds the keys in locked memory, talks over one
 * socket pair, obeys a policy and a watermark, and can do nothing else. The
 * functions here are the caller's side.
 *
 * The child never signs a digest that it was handed: it gets the message,
 * checks that it is what its kind says, and hashes it itself. A compromised
 * caller that may ask for seals cannot have a transaction signed as one.
 *
 * Thread: a struct signer belongs to one thread at a time. Calls block until
 * the child answers.
 */
#ifndef SIGNER_SIGNER_H
#define SIGNER_SIGNER_H

#include "base/arena.h"
#include "base/err.h"
#include "eth/types.h"

struct signer;

/* What a signature is for; the policy and the watermark go by it. */
enum signer_kind {
	SIGNER_SEAL,    /* Clique seal: once per height. RLP of the header
			 * without the last 65 bytes of extra data */
	SIGNER_PREPARE, /* QBFT messages: once per (height, round). RLP list */
	SIGNER_COMMIT,
	SIGNER_PROPOSE,
	SIGNER_ROUND_CHANGE,
	SIGNER_TX,      /* a transaction of an unlocked account: its signing
			 * preimage, as tx_encode writes it without has_sig */
	SIGNER_MESSAGE, /* EIP-191: a preimage that begins with 0x19, which
			 * includes EIP-712 */
	SIGNER_KIND_CNT
};

/* Largest message: a checkpoint header with 10,000 signers; and how many
 * accounts can be unlocked at once. */
enum { SIGNER_MESSAGE_MAX = 32 + 20 * 10000 + 1024, SIGNER_KEY_MAX = 64 };

/* Key files looked at; a larger folder is not a key store. */
enum { SIGNER_FILE_MAX = 4096 };

struct signer_conf {
	const char *keystore_dir;   /* key files; whatever else lies there is
				     * passed over */
	const char *watermark_path; /* file, synced before a seal leaves; NULL
				     * only without may_seal */
	bool may_seal, may_sign_tx, may_sign_message;
};

/*
 * signer_spawn forks the child and waits until it is locked down. Call before
 * the first thread, before secrets are in memory (the child gets a copy of
 * all that is there), and after privileges were dropped (it keeps its user).
 *
 * Errors  RC_CONF         may_seal without watermark_path; key folder missing
 *         RC_CORRUPT      no slot of the watermark file can be read
 *         RC_UNAVAILABLE  another signer holds the watermark file
 *         RC_IO           the machine refused (fork, locked memory, filter)
 */
enum rc signer_spawn(
    struct signer **out, const struct signer_conf *conf, struct err *e);

/* signer_stop closes the socket, waits for the child and frees s. */
void signer_stop(struct signer *s);

/* signer_pid returns the child's process id, for supervision and tests. */
int signer_pid(const struct signer *s);

/*
 * signer_has_ended tells whether the child has ended: no signature will come
 * any more.
 *
 * why     on true: what ended it, such as "signal 9 (Killed)"
 * Thread  any; looks without reaping
 */
bool signer_has_ended(const struct signer *s, char *why, size_t cap);

/*
 * signer_unlock decrypts an account's key file inside the child. Takes about
 * a second with the usual scrypt cost. Unlocking twice is fine.
 *
 * password  wiped by the caller; crosses the socket pair only
 * Errors    RC_NOT_FOUND, RC_BAD_PASSWORD, RC_DENIED (others may read the
 *           file), RC_NO_SPACE (SIGNER_KEY_MAX), those of keystore_open,
 *           RC_IO
 */
enum rc signer_unlock(struct signer *s, const struct addr *addr,
    struct bytes password, struct err *e);

/* signer_lock wipes an account's key; RC_NOT_FOUND. */
enum rc signer_lock(struct signer *s, const struct addr *addr, struct err *e);

/* signer_list lists the accounts of the key store, ascending; not whether
 * unlocked. */
enum rc signer_list(struct signer *s, struct arena *a, struct addr **out,
    size_t *cnt, struct err *e);

/*
 * signer_sign signs the Keccak-256 of a message.
 *
 * sig     r, s, y_parity (0 or 1)
 * height, round  what the watermark counts; both 0 for SIGNER_TX and
 *         SIGNER_MESSAGE. A seal's height must be the header's number
 * Errors  RC_NOT_FOUND  account unknown or locked
 *         RC_DENIED     kind not allowed, or the watermark says that this
 *                       height and round, or a later one, was signed before
 *                       with another message of this kind
 *         RC_BAD_INPUT  the message is not what its kind says
 *         RC_IO         child gone, or the watermark could not be synced
 */
enum rc signer_sign(struct signer *s, uint8_t sig[65], const struct addr *addr,
    enum signer_kind kind, uint64_t height, uint64_t round,
    struct bytes message, struct err *e);

#endif
