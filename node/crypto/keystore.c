/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and writes one key file in memory; files and prompts are its
 * caller's. The format is "Web3 Secret Storage Definition", version 3. The
 * two places where files in the wild differ from it are accepted as
 * go-ethereum does: a "Crypto" member, and a ciphertext shorter than 32
 * bytes, whose key had leading zeros.
 */
#include "crypto/keystore.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/hex.h"
#include "base/jsonw.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/keccak.h"
#include "crypto/rng.h"
#include "crypto/scrypt_priv.h"

enum {
	IV_LEN = 16,
	MAC_LEN = 32,
	SALT_MAX = 256,
	SALT_NEW = 32,
	DK_LEN = 32, /* 16 bytes for AES, 16 for the MAC */
	/* Rounds of PBKDF2 accepted: 64 times what files have, 5 s of work. */
	PBKDF2_ROUNDS_MAX = 1 << 24,
	/* scrypt goes p times over its memory: at most as many bytes in all
	 * as this many times the largest memory. */
	SCRYPT_PASSES_MAX = 4,
	SCRYPT_R = 8,
	SCRYPT_LOG_N_MAX = 20,
};

_Static_assert((128L * SCRYPT_R << SCRYPT_LOG_N_MAX) <= KEYSTORE_WORK_MAX,
    "what we write can be read back");

enum kdf { KDF_SCRYPT, KDF_PBKDF2 };

/* struct box is the "crypto" object. */
struct box {
	enum kdf kdf;
	uint64_t n, r, p; /* scrypt */
	uint64_t rounds;  /* PBKDF2 */
	uint8_t salt[SALT_MAX], iv[IV_LEN], mac[MAC_LEN], text[32];
	size_t salt_len, text_len;
};

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
take_scrypt(struct box *b, const json_t *params, struct err *e)
{
	uint64_t block_bytes;

	b->kdf = KDF_SCRYPT;
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
	    SCRYPT_PASSES_MAX * (uint64_t)KEYSTORE_WORK_MAX / block_bytes)
		return FAIL(e, RC_BAD_INPUT,
		    "\"p\" asks for %llu passes over %llu bytes",
		    (unsigned long long)b->p, (unsigned long long)block_bytes);
	return RC_OK;
}

static enum rc
take_pbkdf2(struct box *b, const json_t *params, struct err *e)
{
	b->kdf = KDF_PBKDF2;
	TRY(want_str(params, "prf", "hmac-sha256", e));
	return take_num(&b->rounds, params, "c", PBKDF2_ROUNDS_MAX, e);
}

static enum rc
take_kdf(struct box *b, const json_t *crypto, struct err *e)
{
	const json_t *params = member(crypto, "kdfparams");
	const char *name;
	uint64_t dklen;

	TRY(take_str(&name, crypto, "kdf", e));
	/* Both functions give the same first 32 bytes for any longer key. */
	TRY(take_num(&dklen, params, "dklen", KEYSTORE_FILE_MAX, e));
	if (dklen < DK_LEN)
		return FAIL(e, RC_BAD_INPUT, "\"dklen\" is below 32");
	TRY(take_hex(b->salt, &b->salt_len, SALT_MAX, params, "salt", e));
	if (!strcmp(name, "scrypt"))
		return take_scrypt(b, params, e);
	if (!strcmp(name, "pbkdf2"))
		return take_pbkdf2(b, params, e);
	return FAIL(e, RC_UNSUPPORTED, "\"kdf\" is neither scrypt nor pbkdf2");
}

static enum rc
take_box(struct box *b, const json_t *doc, struct err *e)
{
	const json_t *crypto = member(doc, "crypto");

	if (json_integer_value(member(doc, "version")) != 3)
		return FAIL(e, RC_UNSUPPORTED, "\"version\" is not 3");
	if (crypto == NULL)
		crypto = member(doc, "Crypto");
	TRY(want_str(crypto, "cipher", "aes-128-ctr", e));
	TRY(take_hex_fixed(
	    b->iv, IV_LEN, member(crypto, "cipherparams"), "iv", e));
	TRY(take_hex(
	    b->text, &b->text_len, sizeof(b->text), crypto, "ciphertext", e));
	if (b->text_len == 0)
		return FAIL(e, RC_BAD_INPUT, "\"ciphertext\" is empty");
	TRY(take_hex_fixed(b->mac, MAC_LEN, crypto, "mac", e));
	return take_kdf(b, crypto, e);
}

/* derive computes the key of the cipher and the MAC from the password. */
static enum rc
derive(uint8_t dk[DK_LEN], const struct box *b, struct bytes password,
    struct err *e)
{
	const char *pass = password.len > 0 ? (const char *)password.ptr : "";

	if (b->kdf == KDF_SCRYPT)
		return scrypt(dk, DK_LEN, password,
		    bytes_of(b->salt, b->salt_len), b->n, b->r, b->p, e);
	if (PKCS5_PBKDF2_HMAC(pass, (int)password.len, b->salt,
		(int)b->salt_len, (int)b->rounds, EVP_sha256(), DK_LEN,
		dk) != 1)
		return FAIL(e, RC_NO_MEMORY, "key derivation failed");
	return RC_OK;
}

static void
compute_mac(uint8_t mac[MAC_LEN], const uint8_t dk[DK_LEN], const struct box *b)
{
	struct keccak k;

	keccak_init(&k);
	keccak_update(&k, bytes_of(dk + 16, 16));
	keccak_update(&k, bytes_of(b->text, b->text_len));
	keccak_final(mac, &k);
	explicit_bzero(&k, sizeof(k));
}

/* aes_ctr encrypts or decrypts, which is the same. */
static enum rc
aes_ctr(uint8_t *out, const uint8_t dk[DK_LEN], const uint8_t iv[IV_LEN],
    const uint8_t *in, size_t len, struct err *e)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool is_done;
	int n;

	is_done =
	    ctx != NULL &&
	    EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, dk, iv) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, in, (int)len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return is_done ? RC_OK : FAIL(e, RC_NO_MEMORY, "AES failed");
}

/* unlock checks the MAC and decrypts. */
static enum rc
unlock(
    uint8_t key[32], const struct box *b, struct bytes password, struct err *e)
{
	uint8_t dk[DK_LEN], mac[MAC_LEN];
	enum rc rc;

	memset(key, 0, 32);
	rc = derive(dk, b, password, e);
	if (rc != RC_OK)
		goto out;
	compute_mac(mac, dk, b);
	if (!secret_eq(mac, b->mac, sizeof(mac))) {
		rc = FAIL(e, RC_BAD_PASSWORD, "%s", err_text(RC_BAD_PASSWORD));
		goto out;
	}
	rc =
	    aes_ctr(key + 32 - b->text_len, dk, b->iv, b->text, b->text_len, e);
	if (rc == RC_OK && !ec_is_scalar(key))
		rc = FAIL(
		    e, RC_BAD_INPUT, "\"ciphertext\" holds no private key");
out:
	explicit_bzero(dk, sizeof(dk));
	if (rc != RC_OK)
		explicit_bzero(key, 32);
	return rc;
}

/* check_address compares with the "address" member, which may be missing. */
static enum rc
check_address(const json_t *doc, const uint8_t key[32], struct err *e)
{
	uint8_t want[20], got[20], pub[64];

	if (member(doc, "address") == NULL)
		return RC_OK;
	TRY(take_hex_fixed(want, sizeof(want), doc, "address", e));
	TRY(ec_public(pub, key, e));
	ec_addr(got, pub);
	if (memcmp(want, got, sizeof(got)) != 0)
		return FAIL(e, RC_BAD_INPUT,
		    "\"address\" is not that of the encrypted key");
	return RC_OK;
}

enum rc
keystore_open(
    uint8_t key[32], struct bytes json, struct bytes password, struct err *e)
{
	json_error_t why;
	struct box b = {0};
	json_t *doc;
	enum rc rc;

	if (json.len > KEYSTORE_FILE_MAX)
		return FAIL(e, RC_BAD_INPUT, "key file of %zu bytes", json.len);
	if (password.len > KEYSTORE_FILE_MAX)
		return FAIL(e, RC_BAD_INPUT, "password is too long");
	doc = json_loadb(
	    (const char *)json.ptr, json.len, JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(doc)) {
		json_decref(doc);
		return FAIL(e, RC_BAD_JSON, "key file is no JSON object");
	}
	rc = take_box(&b, doc, e);
	if (rc == RC_OK)
		rc = unlock(key, &b, password, e);
	if (rc == RC_OK)
		rc = check_address(doc, key, e);
	if (rc != RC_OK)
		explicit_bzero(key, 32);
	json_decref(doc);
	return rc;
}

/* lock fills a box from a key. */
static enum rc
lock(struct box *b, const uint8_t key[32], struct bytes password,
    unsigned log_n, struct err *e)
{
	uint8_t dk[DK_LEN];
	enum rc rc;

	*b = (struct box){
	    .kdf = KDF_SCRYPT,
	    .n = (uint64_t)1 << log_n,
	    .r = SCRYPT_R,
	    .p = 1,
	    .salt_len = SALT_NEW,
	    .text_len = 32,
	};
	rng_fill(b->salt, SALT_NEW);
	rng_fill(b->iv, IV_LEN);
	rc = derive(dk, b, password, e);
	if (rc == RC_OK)
		rc = aes_ctr(b->text, dk, b->iv, key, 32, e);
	if (rc == RC_OK)
		compute_mac(b->mac, dk, b);
	explicit_bzero(dk, sizeof(dk));
	return rc;
}

static void
put_hex(struct jsonw *w, const char *name, struct bytes v)
{
	char text[2 * SALT_MAX];

	hex_put(text, v);
	jsonw_key(w, name);
	jsonw_strn(w, bytes_of(text, 2 * v.len));
}

static void
put_num(struct jsonw *w, const char *name, uint64_t v)
{
	jsonw_key(w, name);
	jsonw_u64(w, v);
}

static void
put_str(struct jsonw *w, const char *name, const char *v)
{
	jsonw_key(w, name);
	jsonw_str(w, v);
}

static void
put_crypto(struct jsonw *w, const struct box *b)
{
	jsonw_obj(w);
	put_str(w, "cipher", "aes-128-ctr");
	put_hex(w, "ciphertext", bytes_of(b->text, b->text_len));
	jsonw_key(w, "cipherparams");
	jsonw_obj(w);
	put_hex(w, "iv", bytes_of(b->iv, IV_LEN));
	jsonw_obj_end(w);
	put_str(w, "kdf", "scrypt");
	jsonw_key(w, "kdfparams");
	jsonw_obj(w);
	put_num(w, "dklen", DK_LEN);
	put_num(w, "n", b->n);
	put_num(w, "p", b->p);
	put_num(w, "r", b->r);
	put_hex(w, "salt", bytes_of(b->salt, b->salt_len));
	jsonw_obj_end(w);
	put_hex(w, "mac", bytes_of(b->mac, MAC_LEN));
	jsonw_obj_end(w);
}

/* put_id writes a random identifier, RFC 4122 version 4. */
static void
put_id(struct jsonw *w)
{
	static const uint8_t part_ends[] = {4, 6, 8, 10, 16};
	char text[37], *p = text;
	uint8_t id[16];
	size_t i, from = 0;

	rng_fill(id, sizeof(id));
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
	for (i = 0; i < sizeof(part_ends); from = part_ends[i++]) {
		if (i > 0)
			*p++ = '-';
		hex_put(p, bytes_of(id + from, part_ends[i] - from));
		p += 2 * (part_ends[i] - from);
	}
	*p = '\0';
	put_str(w, "id", text);
}

enum rc
keystore_seal(struct arena *a, struct bytes *json, const uint8_t key[32],
    struct bytes password, unsigned log_n, struct err *e)
{
	uint8_t pub[64], addr[20];
	struct jsonw w;
	struct box b;

	if (log_n < 1 || log_n > SCRYPT_LOG_N_MAX)
		return FAIL(e, RC_BAD_INPUT, "scrypt of 2^%u rounds", log_n);
	if (password.len > KEYSTORE_FILE_MAX)
		return FAIL(e, RC_BAD_INPUT, "password is too long");
	TRY(ec_public(pub, key, e));
	ec_addr(addr, pub);
	TRY(lock(&b, key, password, log_n, e));
	jsonw_init(&w, KEYSTORE_FILE_MAX);
	jsonw_obj(&w);
	put_hex(&w, "address", bytes_of(addr, sizeof(addr)));
	jsonw_key(&w, "crypto");
	put_crypto(&w, &b);
	put_id(&w);
	put_num(&w, "version", 3);
	jsonw_obj_end(&w);
	*json = (struct bytes){NULL, 0};
	if (jsonw_done(&w))
		*json = arena_copy(a, jsonw_bytes(&w));
	jsonw_free(&w);
	if (json->ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for a key file");
	return RC_OK;
}
