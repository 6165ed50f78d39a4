/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords at rest: scrypt (RFC 7914) with a salt of its own for each, as
 * one line of text:
 *
 *     scrypt$N$r$p$SALT$HASH
 *
 * N, r, p are decimal, SALT (16 bytes) and HASH (32 bytes) lower-case hex.
 */
#ifndef HTTP_PASSWORD_H
#define HTTP_PASSWORD_H

#include "base/bytes.h"
#include "base/err.h"

/*
 * What new passwords cost: 16 MiB and five passes, one of the settings that
 * OWASP's password storage sheet calls equal to N = 2^17 in one pass; a
 * worker has to stay below 40 MiB.
 */
enum {
	GW_SCRYPT_N = 1 << 14,
	GW_SCRYPT_R = 8,
	GW_SCRYPT_P = 5,
	GW_SCRYPT_MEMORY_MAX = 256 * 1024 * 1024,
};

/* Reliability A10. Lengths in bytes. */
enum { GW_PASSWORD_MIN = 12, GW_PASSWORD_MAX = 128 };

/* Longest line of gw_password_seal, NUL included. */
enum { GW_PASSWORD_TEXT_MAX = 160 };

struct gw_password {
	uint32_t n, r, p;
	uint8_t salt[16];
	uint8_t hash[32];
};

/*
 * gw_password_seal hashes a new password into text.
 *
 * Errors  RC_BAD_INPUT  shorter or longer than the bounds; RC_NO_MEMORY
 * Thread  any; takes about a tenth of a second
 */
enum rc gw_password_seal(
    char out[GW_PASSWORD_TEXT_MAX], struct bytes password, struct err *e);

/* gw_password_read reads what gw_password_seal wrote; RC_CONF says why not.
 * Costs above GW_SCRYPT_MEMORY_MAX are refused, also below a sane least. */
enum rc gw_password_read(
    struct gw_password *out, struct bytes text, struct err *e);

/*
 * gw_password_fits tells whether password is the one that p was made from.
 * The comparison takes the same time wherever they differ.
 *
 * Thread  any; takes about a tenth of a second
 */
bool gw_password_fits(const struct gw_password *p, struct bytes password);

/* gw_password_decoy makes a record of the same cost as `like` that nothing
 * fits: who asks for an unknown user waits as long as for a known one. */
struct gw_password gw_password_decoy(const struct gw_password *like);

#endif
