/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes, reads and checks password records. Keeps nothing, logs nothing.
 */
#include "http/password.h"

#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/hex.h"
#include "crypto/rng.h"

/* Records cheaper than OWASP's least setting are refused: they would fall to
 * guessing, and somebody made them by mistake. */
enum {
	SCRYPT_WORK_MIN = (1 << 14) * 8 * 5,
	SCRYPT_P_MAX = 64,
	NUMBER_MAX = 99999999
};

static const char scheme[] = "scrypt";

static bool
derive(uint8_t out[32], const struct gw_password *p, struct bytes password)
{
	return EVP_PBE_scrypt((const char *)password.ptr, password.len, p->salt,
		   sizeof(p->salt), p->n, p->r, p->p,
		   GW_SCRYPT_MEMORY_MAX + (1 << 20), out, 32) == 1;
}

/* HMAC, and so scrypt, takes a short password and the same with NUL bytes
 * behind it for one and the same. */
static bool
has_nul(struct bytes password)
{
	return password.len > 0 &&
	       memchr(password.ptr, 0, password.len) != NULL;
}

enum rc
gw_password_seal(
    char out[GW_PASSWORD_TEXT_MAX], struct bytes password, struct err *e)
{
	struct gw_password p = {
	    .n = GW_SCRYPT_N, .r = GW_SCRYPT_R, .p = GW_SCRYPT_P};
	char salt[sizeof(p.salt) * 2 + 1] = {0}, hash[65] = {0};

	if (has_nul(password))
		return FAIL(e, RC_BAD_INPUT, "a password holds no NUL byte");
	if (password.len < GW_PASSWORD_MIN || password.len > GW_PASSWORD_MAX)
		return FAIL(e, RC_BAD_INPUT, "a password has %d to %d bytes",
		    GW_PASSWORD_MIN, GW_PASSWORD_MAX);
	rng_fill(p.salt, sizeof(p.salt));
	if (!derive(p.hash, &p, password))
		return FAIL(e, RC_NO_MEMORY, "scrypt failed");
	hex_put(salt, bytes_of(p.salt, sizeof(p.salt)));
	hex_put(hash, bytes_of(p.hash, sizeof(p.hash)));
	(void)snprintf(out, GW_PASSWORD_TEXT_MAX, "%s$%u$%u$%u$%s$%s", scheme,
	    p.n, p.r, p.p, salt, hash);
	return RC_OK;
}

/* cut_part takes the text up to the next $ from the front of rest. */
static struct bytes
cut_part(struct bytes *rest)
{
	const uint8_t *end =
	    rest->len == 0 ? NULL : memchr(rest->ptr, '$', rest->len);
	struct bytes out = *rest;

	if (end != NULL)
		out.len = (size_t)(end - out.ptr);
	rest->ptr += out.len + (end != NULL);
	rest->len -= out.len + (end != NULL);
	return out;
}

static bool
read_number(uint32_t *out, struct bytes text)
{
	uint64_t n;

	if (text.len == 0 || text.ptr[0] == '0' ||
	    !bytes_dec(&n, text, NUMBER_MAX))
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool
read_hex(uint8_t *out, size_t len, struct bytes text)
{
	int high, low;
	size_t i;

	if (text.len != 2 * len)
		return false;
	for (i = 0; i < len; i++) {
		high = hex_digit(text.ptr[2 * i]);
		low = hex_digit(text.ptr[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool
cost_ok(const struct gw_password *p)
{
	uint64_t work = (uint64_t)p->n * p->r;

	return p->n > 1 && (p->n & (p->n - 1)) == 0 && p->p <= SCRYPT_P_MAX &&
	       work <= GW_SCRYPT_MEMORY_MAX / 128 &&
	       work * p->p >= SCRYPT_WORK_MIN;
}

enum rc
gw_password_read(struct gw_password *out, struct bytes text, struct err *e)
{
	if (!bytes_eq(cut_part(&text), bytes_of_str(scheme)))
		return FAIL(e, RC_CONF, "not a scrypt password record");
	if (!read_number(&out->n, cut_part(&text)) ||
	    !read_number(&out->r, cut_part(&text)) ||
	    !read_number(&out->p, cut_part(&text)) || !cost_ok(out))
		return FAIL(e, RC_CONF,
		    "scrypt cost too low, too high or not a power of two");
	if (!read_hex(out->salt, sizeof(out->salt), cut_part(&text)) ||
	    !read_hex(out->hash, sizeof(out->hash), text))
		return FAIL(e, RC_CONF, "salt or hash is damaged");
	return RC_OK;
}

bool
gw_password_fits(const struct gw_password *p, struct bytes password)
{
	uint8_t hash[32];
	bool fits;

	fits = derive(hash, p, password) &&
	       CRYPTO_memcmp(hash, p->hash, sizeof(hash)) == 0 &&
	       !has_nul(password);
	OPENSSL_cleanse(hash, sizeof(hash));
	return fits;
}

struct gw_password
gw_password_decoy(const struct gw_password *like)
{
	struct gw_password p = *like;

	rng_fill(p.salt, sizeof(p.salt));
	rng_fill(p.hash, sizeof(p.hash));
	return p;
}
