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
	bool may_make_keys;
	/* An account that this signer does not know, whatever lies in the
	 * folder: the sealer's, for one that signs transactions. */
	bool has_excluded;
	struct addr excluded;
	/* How long an account takes no password after a wrong one; doubles
	 * with each, up to SIGNER_WAIT_MAX_MS. 0: never. */
	uint32_t wait_ms;
};

enum { SIGNER_WAIT_MAX_MS = 64000 };

/*
 * How long an account stays unlocked: seconds, at most SIGNER_UNLOCK_S_MAX;
 * until the end; or for one signature, which must be asked for within
 * SIGNER_ONCE_MS.
 */
#define SIGNER_UNLOCK_ONCE UINT32_MAX
enum {
	SIGNER_UNLOCK_ALWAYS = 0,
	SIGNER_UNLOCK_S_MAX = 366 * 86400,
	SIGNER_ONCE_MS = 30000
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
 * signer_unlock decrypts an account's key file inside the child, which wipes
 * the key when its time is over. Takes about a second with the usual scrypt
 * cost. Unlocking again sets another time, but what is unlocked always stays
 * so, and SIGNER_UNLOCK_ONCE leaves what is unlocked as it is.
 *
 * password  wiped by the caller; crosses the socket pair only
 * Errors    RC_NOT_FOUND, RC_BAD_PASSWORD, RC_UNAVAILABLE (too early after a
 *           wrong one), RC_DENIED (others may read the file),
 *           RC_NO_SPACE (SIGNER_KEY_MAX), RC_BAD_INPUT (seconds), those of
 *           keystore_open, RC_IO
 */
enum rc signer_unlock(struct signer *s, const struct addr *addr,
    struct bytes password, uint32_t seconds, struct err *e);

/*
 * signer_make_key makes a key inside the child, which answers with the
 * encrypted key file and forgets the key. The account is there once the
 * caller has put the file into the key folder.
 *
 * file      text, in the arena
 * password  as signer_unlock's
 * Errors    RC_DENIED without may_make_keys; RC_NO_MEMORY, RC_IO
 */
enum rc signer_make_key(struct signer *s, struct arena *a, struct addr *addr,
    struct bytes *file, struct bytes password, struct err *e);

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
