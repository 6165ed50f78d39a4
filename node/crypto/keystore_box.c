/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a key file into values and bounds its cost; nothing is decrypted
 * here. The format is "Web3 Secret Storage Definition", version 3. The two
 * places where files in the wild differ from it are accepted as go-ethereum
 * does: a "Crypto" member, and a ciphertext shorter than 32 bytes, whose key
 * had leading zeros.
 */
#include <string.h>

#include "base/hex.h"
#include "crypto/keystore.h"
#include "crypto/keystore_priv.h"

static const json_t *
member(const json_t *obj, const char *name)
{
	return json_object_get(obj, name);
}

/* take_str returns a string member; RC_BAD_INPUT when it is none. */
static enum rc
take_str(const char **out, const json_t *obj, const char *name, struct err *e)
{
	*out = json_string_value(member(obj, name));
	if (*out == NULL)
		return FAIL(e, RC_BAD_INPUT, "\"%s\" is not a string", name);
	return RC_OK;
}

/* take_num reads an integer member between 1 and max. */
static enum rc
take_num(uint64_t *out, const json_t *obj, const char *name, uint64_t max,
    struct err *e)
{
	const json_t *v = member(obj, name);
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 1)
		return FAIL(
		    e, RC_BAD_INPUT, "\"%s\" is not a positive integer", name);
	if ((uint64_t)n > max)
		return FAIL(e, RC_BAD_INPUT, "\"%s\" is %lld, at most %llu",
		    name, (long long)n, (unsigned long long)max);
	*out = (uint64_t)n;
	return RC_OK;
}

/* take_hex reads a hex member of at most max bytes. */
static enum rc
take_hex(uint8_t *out, size_t *len, size_t max, const json_t *obj,
    const char *name, struct err *e)
{
	const char *text;
	size_t n;

	TRY(take_str(&text, obj, name, e));
	n = strlen(text) - (strncmp(text, "0x", 2) == 0 ? 2 : 0);
	if (n / 2 > max ||
	    hex_read_fixed(out, n / 2, bytes_of_str(text), true, NULL) != RC_OK)
		return FAIL(e, RC_BAD_INPUT,
		    "\"%s\" is not hex of at most %zu bytes", name, max);
	*len = n / 2;
	return RC_OK;
}

/* take_hex_fixed is take_hex of exactly len bytes. */
static enum rc
take_hex_fixed(uint8_t *out, size_t len, const json_t *obj, const char *name,
    struct err *e)
{
	size_t got;

	TRY(take_hex(out, &got, len, obj, name, e));
	if (got != len)
		return FAIL(e, RC_BAD_INPUT, "\"%s\" has %zu bytes, want %zu",
		    name, got, len);
	return RC_OK;
}

static enum rc
want_str(const json_t *obj, const char *name, const char *want, struct err *e)
{
	const char *got;

	TRY(take_str(&got, obj, name, e));
	if (strcmp(got, want) != 0)
		return FAIL(e, RC_UNSUPPORTED, "\"%s\" is not %s", name, want);
	return RC_OK;
}

static enum rc
take_scrypt(struct keystore_box *b, const json_t *params, struct err *e)
{
	uint64_t block_bytes;

	b->kdf = KEYSTORE_SCRYPT;
	TRY(take_num(&b->n, params, "n", KEYSTORE_WORK_MAX / 128, e));
	TRY(take_num(&b->r, params, "r", KEYSTORE_WORK_MAX / 128, e));
	TRY(take_num(&b->p, params, "p", KEYSTORE_WORK_MAX / 128, e));
	if (b->n < 2 || (b->n & (b->n - 1)) != 0)
		return FAIL(e, RC_BAD_INPUT, "\"n\" is not a power of two");
	block_bytes = 128 * b->n * b->r; /* below 2^53 by the bounds above */
	if (block_bytes > KEYSTORE_WORK_MAX)
		return FAIL(e, RC_BAD_INPUT,
		    "\"n\" times \"r\" asks for %llu bytes, at most %d",
		    (unsigned long long)block_bytes, KEYSTORE_WORK_MAX);
	if (b->p >
	    KEYSTORE_PASSES_MAX * (uint64_t)KEYSTORE_WORK_MAX / block_bytes)
		return FAIL(e, RC_BAD_INPUT,
		    "\"p\" asks for %llu passes over %llu bytes",
		    (unsigned long long)b->p, (unsigned long long)block_bytes);
	return RC_OK;
}

static enum rc
take_pbkdf2(struct keystore_box *b, const json_t *params, struct err *e)
{
	b->kdf = KEYSTORE_PBKDF2;
	TRY(want_str(params, "prf", "hmac-sha256", e));
	return take_num(&b->rounds, params, "c", KEYSTORE_ROUNDS_MAX, e);
}

static enum rc
take_kdf(struct keystore_box *b, const json_t *crypto, struct err *e)
{
	const json_t *params = member(crypto, "kdfparams");
	const char *name;
	uint64_t dklen;

	TRY(take_str(&name, crypto, "kdf", e));
	/* Both functions give the same first 32 bytes for any longer key. */
	TRY(take_num(&dklen, params, "dklen", KEYSTORE_FILE_MAX, e));
	if (dklen < KEYSTORE_DK_LEN)
		return FAIL(e, RC_BAD_INPUT, "\"dklen\" is below 32");
	TRY(take_hex(
	    b->salt, &b->salt_len, KEYSTORE_SALT_MAX, params, "salt", e));
	if (!strcmp(name, "scrypt"))
		return take_scrypt(b, params, e);
	if (!strcmp(name, "pbkdf2"))
		return take_pbkdf2(b, params, e);
	return FAIL(e, RC_UNSUPPORTED, "\"kdf\" is neither scrypt nor pbkdf2");
}

static enum rc
take_box(struct keystore_box *b, const json_t *doc, struct err *e)
{
	const json_t *crypto = member(doc, "crypto");

	if (json_integer_value(member(doc, "version")) != 3)
		return FAIL(e, RC_UNSUPPORTED, "\"version\" is not 3");
	if (crypto == NULL)
		crypto = member(doc, "Crypto");
	TRY(want_str(crypto, "cipher", "aes-128-ctr", e));
	TRY(take_hex_fixed(
	    b->iv, KEYSTORE_IV_LEN, member(crypto, "cipherparams"), "iv", e));
	TRY(take_hex(
	    b->text, &b->text_len, sizeof(b->text), crypto, "ciphertext", e));
	if (b->text_len == 0)
		return FAIL(e, RC_BAD_INPUT, "\"ciphertext\" is empty");
	TRY(take_hex_fixed(b->mac, KEYSTORE_MAC_LEN, crypto, "mac", e));
	b->has_addr = member(doc, "address") != NULL;
	if (b->has_addr)
		TRY(take_hex_fixed(
		    b->addr, sizeof(b->addr), doc, "address", e));
	return take_kdf(b, crypto, e);
}

enum rc
keystore_box_read(struct keystore_box *b, struct bytes json, struct err *e)
{
	json_error_t why;
	json_t *doc;
	enum rc rc;

	if (json.len > KEYSTORE_FILE_MAX)
		return FAIL(e, RC_BAD_INPUT, "key file of %zu bytes", json.len);
	doc = json_loadb(
	    (const char *)json.ptr, json.len, JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(doc)) {
		json_decref(doc);
		return FAIL(e, RC_BAD_JSON, "key file is no JSON object");
	}
	memset(b, 0, sizeof(*b));
	rc = take_box(b, doc, e);
	json_decref(doc);
	return rc;
}
