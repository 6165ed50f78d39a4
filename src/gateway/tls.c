/* SPDX-License-Identifier: Apache-2.0
 *
 * Receives certificates and tunes the context that Kore makes of them:
 * groups and signature algorithms, tickets that all workers understand, ALPN,
 * no renegotiation; and takes Kore's callbacks out, which expect Kore's
 * connections.
 */
#include "gateway/tls.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/check.h"
#include "base/log.h"
#include "gateway/clientcert.h"
#include "gateway/worker.h"

/* Certificate and chain of a client, which is nobody yet. */
enum { CLIENT_CHAIN_MAX = 32 * 1024 };

/* TLS 1.3 then does one handshake's work for one later resumption. */
enum { TICKETS_PER_HANDSHAKE = 1 };

static const struct shm_ticket *
find_ticket(const uint8_t name[16], uint64_t *age)
{
	const struct shm *s = gw_worker->process->shm;
	uint64_t gen = atomic_load(&s->ticket_gen), i;

	/* The last slot may be being overwritten by the parent. */
	for (i = 0; i < SHM_TICKET_CNT - 1 && i < gen; i++) {
		const struct shm_ticket *t =
		    &s->tickets[(gen - i) % SHM_TICKET_CNT];

		if (memcmp(t->name, name, sizeof(t->name)) != 0)
			continue;
		*age = i;
		return t;
	}
	return NULL;
}

static int
use_ticket(const struct shm_ticket *t, const uint8_t *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
	OSSL_PARAM params[] = {
	    OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY,
		(void *)(uintptr_t)t->hmac, sizeof(t->hmac)),
	    OSSL_PARAM_utf8_string(
		OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t) "SHA256", 0),
	    OSSL_PARAM_END,
	};

	return EVP_CipherInit_ex(
		   cipher, EVP_aes_256_cbc(), NULL, t->aes, iv, encrypt) == 1 &&
	       EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* RFC 5077 section 4; called by OpenSSL to make and to read tickets. */
static int
on_ticket(SSL *ssl, unsigned char name[16], unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
	const struct shm *s = gw_worker->process->shm;
	const struct shm_ticket *t;
	uint64_t age;

	if (encrypt && SSL_get0_peer_certificate(ssl) != NULL)
		return 0; /* TLS 1.2: none after all */
	if (encrypt) {
		t = &s->tickets[atomic_load(&s->ticket_gen) % SHM_TICKET_CNT];
		memcpy(name, t->name, sizeof(t->name));
		if (RAND_bytes(
			iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
			return -1;
		return use_ticket(t, iv, cipher, mac, 1) ? 1 : -1;
	}
	t = find_ticket(name, &age);
	if (t == NULL)
		return 0; /* a full handshake */
	if (!use_ticket(t, iv, cipher, mac, 0))
		return -1;
	return age == 0 ? 1 : 2; /* 2: and a fresh ticket */
}

/* Only HTTP/1.1 is spoken; a client that wants something else and says so
 * is refused rather than misunderstood (RFC 7301 3.2). */
static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned int in_len, void *arg)
{
	static const uint8_t own[] = "\x08http/1.1";
	struct bytes list = bytes_of(in, in_len), item;

	(void)ssl;
	(void)arg;
	while (list.len > 0) {
		size_t len = list.ptr[0];

		list = bytes_of(list.ptr + 1, list.len - 1);
		if (!bytes_take(&item, &list, len))
			break;
		if (!bytes_eq(item, bytes_of(own + 1, own[0])))
			continue;
		*out = item.ptr;
		*out_len = own[0];
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* on_client_chain is called when a client has shown a certificate, which is
 * judged later; and gets no ticket (clientcert.h). */
static int
on_client_chain(X509_STORE_CTX *chain, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    chain, SSL_get_ex_data_X509_STORE_CTX_idx());

	(void)arg;
	(void)SSL_set_num_tickets(ssl, 0);
	X509_STORE_CTX_set_error(chain, X509_V_OK);
	return 1;
}

/* ask_for_cert has the client shown a certificate if it has one. Sessions of
 * connections that were not asked are of another kind and not resumed. */
static void
ask_for_cert(SSL *ssl)
{
	static const uint8_t kind[] = "asked";
	const struct conn *c = SSL_get_app_data(ssl);

	if (gw_worker->trust == NULL ||
	    !gw_conf_asks_cert(gw_worker->conf, c->listener->name))
		return;
	SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	CHECK(SSL_set_session_id_context(ssl, kind, sizeof(kind) - 1) == 1);
}

/* A connection may have begun with an older certificate; what counts is the
 * moment of its hello, since the key manager has one key only. */
static int
on_hello(SSL *ssl, int *alert, void *arg)
{
	(void)arg;
	if (SSL_set_SSL_CTX(ssl, gw_worker->tls) == NULL) {
		*alert = SSL_AD_INTERNAL_ERROR;
		return SSL_CLIENT_HELLO_ERROR;
	}
	ask_for_cert(ssl);
	return SSL_CLIENT_HELLO_SUCCESS;
}

/*
 * on_record sees the head of each record, and the true type of one of
 * TLS 1.3. OpenSSL reads records without data inside one SSL_read for as
 * long as they come: two clients that only send key updates (RFC 8446 4.6.3)
 * held the event loop for seconds. A reader that believes to be shut down
 * stops.
 */
static void
on_record(int is_out, int version, int kind, const void *data, size_t len,
    SSL *ssl, void *arg)
{
	struct conn *c = arg;
	const uint8_t *type = data;

	(void)version;
	if (is_out || c->state == CONN_SHAKE || len == 0 ||
	    (kind != SSL3_RT_HEADER && kind != SSL3_RT_INNER_CONTENT_TYPE) ||
	    *type == SSL3_RT_APPLICATION_DATA)
		return;
	if (++c->tls_extra != CONN_TLS_EXTRA_MAX)
		return;
	worker_stat(STAT_TLS_FLOOD, 1);
	SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
}

void
tls_watch(struct conn *c)
{
	SSL_set_msg_callback(c->ssl, on_record);
	SSL_set_msg_callback_arg(c->ssl, c);
	SSL_set_app_data(c->ssl, c);
}

static void
tune(SSL_CTX *ctx, const struct gw_conf *conf)
{
	/* Not const: OpenSSL's macros cast that away. */
	char groups[] = "X25519:P-256:P-384";
	char sigalgs[] =
	    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:"
	    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
	    "RSA+SHA256:RSA+SHA384:RSA+SHA512";

	/* Both expect a struct connection behind the SSL. */
	SSL_CTX_set_info_callback(ctx, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, NULL);

	(void)SSL_CTX_set_options(ctx,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
					SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					SSL_MODE_RELEASE_BUFFERS);
	CHECK(SSL_CTX_set_ciphersuites(ctx,
		  "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"
		  "TLS_AES_256_GCM_SHA384") == 1);
	CHECK(SSL_CTX_set1_groups_list(ctx, groups) == 1);
	CHECK(SSL_CTX_set1_sigalgs_list(ctx, sigalgs) == 1);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(ctx, TICKETS_PER_HANDSHAKE);
	(void)SSL_CTX_set_timeout(ctx, (long)(conf->ticket_rotate_ms / 1000));
	(void)SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_client_chain, NULL);
	SSL_CTX_set_max_cert_list(ctx, CLIENT_CHAIN_MAX);
	client_trust_names(ctx, gw_worker->trust);
}

/* resume_shakes lets waiting handshakes go on. */
static void
resume_shakes(void *arg)
{
	struct gw_worker *w = gw_worker;
	struct conn *c;

	(void)arg;
	timer_clear(&w->timers, &w->pair_timer);
	w->is_pair_changing = false;
	TAILQ_FOREACH(c, &w->conns, list)
	{
		if (c->state == CONN_SHAKE)
			conn_make_ready(c);
	}
}

void
tls_set_trust(struct client_trust *t)
{
	client_trust_free(gw_worker->trust);
	gw_worker->trust = t;
	gw_worker->trust_told_ms = 0;
	if (gw_worker->tls != NULL)
		client_trust_names(gw_worker->tls, t);
}

void
tls_look(void)
{
	struct gw_worker *w = gw_worker;
	uint64_t gen = atomic_load(&w->process->shm->pair_gen);

	if (gen == w->pair_gen)
		return;
	w->pair_gen = gen;
	w->is_pair_changing = true;
	timer_set(&w->timers, &w->pair_timer,
	    worker_now_ms() + SHM_PAIR_WAIT_MS, resume_shakes, NULL);
	atomic_store(&w->shm->pair_held, gen);
}

static void
on_certificate(struct kore_msg *msg, const void *data)
{
	const struct kore_x509_msg *cert = data;
	struct kore_domain *dom;

	worker_tick();
	if (!kore_worker_keymgr_response_verify(msg, data, &dom))
		return;
	kore_domain_tlsinit(
	    dom, KORE_PEM_CERT_CHAIN, cert->data, cert->data_len);
	if (dom->ssl_ctx == NULL) {
		gw_worker->tls = NULL;
		log_error("gateway", "certificate not usable");
		return;
	}
	tune(dom->ssl_ctx, gw_worker->conf);
	gw_worker->tls = dom->ssl_ctx;
	atomic_store(&gw_worker->shm->pair_taken, gw_worker->pair_gen);
	resume_shakes(NULL);
	worker_listen();
}

void
tls_start(void)
{
	struct gw_worker *w = gw_worker;

	w->pair_gen = atomic_load(&w->process->shm->pair_gen);
	atomic_store(&w->shm->pair_held, w->pair_gen);
	atomic_store(&w->shm->pair_taken, w->pair_gen);
	kore_msg_unregister(KORE_MSG_CERTIFICATE);
	CHECK(kore_msg_register(KORE_MSG_CERTIFICATE, on_certificate) ==
	      KORE_RESULT_OK);
}
