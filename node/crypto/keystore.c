/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens and seals one key file in memory: key derivation, MAC and cipher of
 * "Web3 Secret Storage Definition", version 3. keystore_box.c reads the JSON;
 * files and prompts are the caller's.
 */
#include "crypto/keystore.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/hex.h"
#include "base/jsonw.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/keccak.h"
#include "crypto/keystore_priv.h"
#include "crypto/rng.h"
#include "crypto/scrypt_priv.h"

/* What our own files have. */
enum { SALT_NEW = 32, SCRYPT_R = 8, SCRYPT_LOG_N_MAX = 20 };

_Static_assert((128L * SCRYPT_R << SCRYPT_LOG_N_MAX) <= KEYSTORE_WORK_MAX,
    "what we write can be read back");

/* derive computes the key of the cipher and the MAC from the password. */
static enum rc
derive(uint8_t dk[KEYSTORE_DK_LEN], const struct keystore_box *b,
    struct bytes password, struct err *e)
{
	const char *pass = password.len > 0 ? (const char *)password.ptr : "";

	if (b->kdf == KEYSTORE_SCRYPT)
		return scrypt(dk, KEYSTORE_DK_LEN, password,
		    bytes_of(b->salt, b->salt_len), b->n, b->r, b->p, e);
	if (PKCS5_PBKDF2_HMAC(pass, (int)password.len, b->salt,
		(int)b->salt_len, (int)b->rounds, EVP_sha256(), KEYSTORE_DK_LEN,
		dk) != 1)
		return FAIL(e, RC_NO_MEMORY, "key derivation failed");
	return RC_OK;
}

static void
compute_mac(uint8_t mac[KEYSTORE_MAC_LEN], const uint8_t dk[KEYSTORE_DK_LEN],
    const struct keystore_box *b)
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
aes_ctr(uint8_t *out, const uint8_t dk[KEYSTORE_DK_LEN],
    const uint8_t iv[KEYSTORE_IV_LEN], const uint8_t *in, size_t len,
    struct err *e)
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
unlock(uint8_t key[32], const struct keystore_box *b, struct bytes password,
    struct err *e)
{
	uint8_t dk[KEYSTORE_DK_LEN], mac[KEYSTORE_MAC_LEN];
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

/* check_address compares with the address in the file, if it has one. */
static enum rc
check_address(
    const struct keystore_box *b, const uint8_t key[32], struct err *e)
{
	uint8_t addr[20], pub[64];

	if (!b->has_addr)
		return RC_OK;
	TRY(ec_public(pub, key, e));
	ec_addr(addr, pub);
	if (memcmp(b->addr, addr, sizeof(addr)) != 0)
		return FAIL(e, RC_BAD_INPUT,
		    "\"address\" is not that of the encrypted key");
	return RC_OK;
}

enum rc
keystore_open(
    uint8_t key[32], struct bytes json, struct bytes password, struct err *e)
{
	struct keystore_box b;
	enum rc rc;

	if (password.len > KEYSTORE_FILE_MAX)
		return FAIL(e, RC_BAD_INPUT, "password is too long");
	TRY(keystore_box_read(&b, json, e));
	TRY(unlock(key, &b, password, e));
	rc = check_address(&b, key, e);
	if (rc != RC_OK)
		explicit_bzero(key, 32);
	return rc;
}

/* lock fills a box from a key. */
static enum rc
lock(struct keystore_box *b, const uint8_t key[32], struct bytes password,
    unsigned log_n, struct err *e)
{
	uint8_t dk[KEYSTORE_DK_LEN];
	enum rc rc;

	*b = (struct keystore_box){
	    .kdf = KEYSTORE_SCRYPT,
	    .n = (uint64_t)1 << log_n,
	    .r = SCRYPT_R,
	    .p = 1,
	    .salt_len = SALT_NEW,
	    .text_len = 32,
	};
	rng_fill(b->salt, SALT_NEW);
	rng_fill(b->iv, KEYSTORE_IV_LEN);
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
	char text[2 * KEYSTORE_SALT_MAX];

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
put_crypto(struct jsonw *w, const struct keystore_box *b)
{
	jsonw_obj(w);
	put_str(w, "cipher", "aes-128-ctr");
	put_hex(w, "ciphertext", bytes_of(b->text, b->text_len));
	jsonw_key(w, "cipherparams");
	jsonw_obj(w);
	put_hex(w, "iv", bytes_of(b->iv, KEYSTORE_IV_LEN));
	jsonw_obj_end(w);
	put_str(w, "kdf", "scrypt");
	jsonw_key(w, "kdfparams");
	jsonw_obj(w);
	put_num(w, "dklen", KEYSTORE_DK_LEN);
	put_num(w, "n", b->n);
	put_num(w, "p", b->p);
	put_num(w, "r", b->r);
	put_hex(w, "salt", bytes_of(b->salt, b->salt_len));
	jsonw_obj_end(w);
	put_hex(w, "mac", bytes_of(b->mac, KEYSTORE_MAC_LEN));
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
	struct keystore_box b;

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
