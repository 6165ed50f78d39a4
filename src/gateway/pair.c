/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and tries certificate and key, hands them over, and gives them to
 * Kore in the key manager, where kore_shim.h has file names end up here.
 */
#include "gateway/pair.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "crypto/hash.h"
#include "gateway/aside.h"
#include "gateway/control.h"
#include "gateway/files.h"
#include "gateway/parent.h"
#include "gateway/shim_priv.h"

enum { KEY_BITS_MIN = 2048, CHECK_SECONDS = 30 };

/* struct reading is what the child works on. */
struct reading {
	const struct gw_conf *conf;
	struct pair pair;
	struct bytes cert_pem, key_pem;
	EVP_PKEY *key;
	SSL_CTX *ctx;
};

/* --- in the child --- */

/* An encrypted key would make OpenSSL ask at the terminal. */
static int
no_pass_phrase(char *buf, int size, int rwflag, void *ctx)
{
	if (size > 0)
		buf[0] = '\0';
	(void)rwflag;
	(void)ctx;
	return -1;
}

static EVP_PKEY *
parse_key(struct bytes pem)
{
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	EVP_PKEY *key = bio == NULL ? NULL
				    : PEM_read_bio_PrivateKey(
					  bio, NULL, no_pass_phrase, NULL);

	BIO_free(bio);
	return key;
}

/* TLS 1.2 has no signature on a curve that is not among our groups. */
static bool
is_known_curve(const EVP_PKEY *key)
{
	char name[32];

	return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
		   name, sizeof(name), NULL) == 1 &&
	       (!strcmp(name, "prime256v1") || !strcmp(name, "secp384r1"));
}

static enum rc
check_key(const struct reading *r, struct err *e)
{
	const char *path = r->conf->key;
	int type;

	if (r->key == NULL)
		return FAIL(
		    e, RC_CONF, "%s holds no unencrypted PEM key", path);
	type = EVP_PKEY_get_base_id(r->key);
	if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC)
		return FAIL(
		    e, RC_CONF, "%s: only RSA and EC keys work here", path);
	if (type == EVP_PKEY_RSA && EVP_PKEY_get_bits(r->key) < KEY_BITS_MIN)
		return FAIL(e, RC_CONF, "%s: RSA key of %d bits, at least %d",
		    path, EVP_PKEY_get_bits(r->key), KEY_BITS_MIN);
	if (type == EVP_PKEY_EC && !is_known_curve(r->key))
		return FAIL(e, RC_CONF,
		    "%s: an EC key must be on P-256 or P-384", path);
	return RC_OK;
}

static enum rc
refused_by_tls(const struct reading *r, struct err *e)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	return FAIL(e, RC_CONF, "%s is nothing for TLS: %s", r->conf->cert,
	    why != NULL ? why : "no reason given");
}

/* use_leaf takes the first certificate, the server's own. */
static enum rc
use_leaf(struct reading *r, BIO *bio, struct err *e)
{
	const struct gw_conf *c = r->conf;
	X509 *x = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
	enum rc rc = RC_OK;

	if (x == NULL)
		return FAIL(e, RC_CONF, "%s holds no PEM certificate", c->cert);
	if (X509_check_private_key(x, r->key) != 1)
		rc = FAIL(
		    e, RC_CONF, "%s is not the key of %s", c->key, c->cert);
	else if (X509_cmp_current_time(X509_get0_notAfter(x)) <= 0)
		rc = FAIL(e, RC_CONF, "%s has expired", c->cert);
	else if (X509_cmp_current_time(X509_get0_notBefore(x)) >= 0)
		rc = FAIL(e, RC_CONF, "%s is not valid yet", c->cert);
	else if (SSL_CTX_use_certificate(r->ctx, x) != 1 ||
		 SSL_CTX_use_PrivateKey(r->ctx, r->key) != 1)
		rc = refused_by_tls(r, e);
	X509_free(x);
	return rc;
}

/* use_chain takes those behind it, up to the end of the file. */
static enum rc
use_chain(struct reading *r, BIO *bio, struct err *e)
{
	X509 *x;

	ERR_clear_error();
	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (SSL_CTX_add0_chain_cert(r->ctx, x) != 1) {
			X509_free(x);
			return refused_by_tls(r, e);
		}
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return refused_by_tls(r, e);
	return RC_OK;
}

/* try_pair does what workers and key manager will do. */
static enum rc
try_pair(struct reading *r, struct err *e)
{
	BIO *bio;
	enum rc rc;

	r->key = parse_key(r->key_pem);
	TRY(check_key(r, e));
	r->ctx = SSL_CTX_new(TLS_server_method());
	bio = BIO_new_mem_buf(r->cert_pem.ptr, (int)r->cert_pem.len);
	if (r->ctx == NULL || bio == NULL)
		rc = FAIL(e, RC_NO_MEMORY, "no memory to try it");
	else
		rc = use_leaf(r, bio, e);
	if (rc == RC_OK)
		rc = use_chain(r, bio, e);
	BIO_free(bio);
	return rc;
}

static enum rc
store(int fd, struct bytes text, struct err *e)
{
	ssize_t n;

	while (text.len > 0) {
		n = write(fd, text.ptr, text.len);
		if (n < 0)
			return FAIL(e, RC_CONF, "memory: %s", strerror(errno));
		text = bytes_of(text.ptr + n, text.len - (size_t)n);
	}
	return RC_OK;
}

static enum rc
read_pair(struct reading *r, struct err *e)
{
	TRY(files_read(&r->key_pem, r->conf->key, true, e));
	TRY(files_read(&r->cert_pem, r->conf->cert, false, e));
	TRY(try_pair(r, e));
	TRY(store(r->pair.cert, r->cert_pem, e));
	return store(r->pair.key, r->key_pem, e);
}

/* Nothing is freed: the child ends. */
static enum rc
read_aside(void *ctx, struct err *e)
{
	struct err why = {0};
	enum rc rc = read_pair(ctx, &why);

	return rc == RC_OK ? RC_OK
			   : FAIL(e, rc, "[tls] %s", err_message(&why, rc));
}

/* --- in the parent --- */

enum rc
pair_read(struct pair *out, const struct gw_conf *c, struct err *e)
{
	struct reading r = {.conf = c,
	    .pair = {.cert = memfd_create("cert", MFD_CLOEXEC),
		.key = memfd_create("key", MFD_CLOEXEC)}};
	enum rc rc;

	if (r.pair.cert < 0 || r.pair.key < 0)
		rc = FAIL(e, RC_CONF, "memfd: %s", strerror(errno));
	else
		rc = aside_run(read_aside, &r, CHECK_SECONDS, e);
	if (rc == RC_OK)
		*out = r.pair;
	else
		pair_close(&r.pair);
	return rc;
}

void
pair_close(struct pair *p)
{
	if (p->cert >= 0)
		(void)close(p->cert);
	if (p->key >= 0)
		(void)close(p->key);
	*p = (struct pair){-1, -1};
}

void
pair_print(uint8_t out[32], const struct pair *p)
{
	struct stat st;
	size_t len = fstat(p->cert, &st) == 0 ? (size_t)st.st_size : 0;
	void *map = mmap(NULL, len, PROT_READ, MAP_SHARED, p->cert, 0);

	memset(out, 0, 32);
	if (map == MAP_FAILED)
		return;
	sha256(out, bytes_of(map, len));
	(void)munmap(map, len);
}

bool
pair_give(int sock, struct pair *p)
{
	if (!control_send(sock, CONTROL_CERT, p->cert) ||
	    !control_send(sock, CONTROL_KEY, p->key))
		return false;
	pair_close(p);
	return true;
}

/* --- in the key manager --- */

/* What it works with is one pair, of one pair_give. */
static struct {
	int next; /* certificate whose key has not come yet, -1: none */
	int cert;
	EVP_PKEY *key;
} held = {.next = -1, .cert = -1};

static void
replace(int *fd, int by)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = by;
}

/* read_key reads a key out of its file, which is closed. */
static EVP_PKEY *
read_key(int fd)
{
	struct stat st;
	size_t len = fstat(fd, &st) == 0 ? (size_t)st.st_size : 0;
	void *map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	EVP_PKEY *key = NULL;

	if (map != MAP_FAILED) {
		key = parse_key(bytes_of(map, len));
		(void)munmap(map, len);
	}
	(void)close(fd);
	return key;
}

static void
take_pairs(int sock)
{
	enum control_kind kind;
	EVP_PKEY *key;
	int fd;

	while ((fd = control_take(sock, &kind)) >= 0) {
		if (kind == CONTROL_CERT) {
			replace(&held.next, fd);
			continue;
		}
		key = read_key(fd);
		if (key == NULL || held.next < 0)
			continue;
		EVP_PKEY_free(held.key);
		held.key = key;
		replace(&held.cert, held.next);
		held.next = -1;
	}
}

EVP_PKEY *
shim_load_key(const char *path)
{
	(void)path;
	take_pairs(gw_process->keymgr[1]);
	if (held.key != NULL)
		(void)EVP_PKEY_up_ref(held.key); /* Kore frees its own */
	return held.key;
}

int
shim_open(const char *path, ...)
{
	(void)path;
	return dup(held.cert);
}

int
shim_access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	return 0;
}
