/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes configuration texts. The examples under conf/ explain every
 * setting; these carry only what a development state needs.
 */
#include "ctl/render.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "base/jsonw.h"
#include "ctl/geobuild.h"
#include "eth/addr.h"

enum { RENDER_TEXT_MAX = 16384 };

/* 10,000,000 coins each. */
#define ACCOUNT_BALANCE "0x84595161401484a000000"

struct text {
	char buf[RENDER_TEXT_MAX];
	size_t len;
};

static void put(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len >= sizeof(t->buf)) /* full: save says so */
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
	t->len += n > 0 ? (size_t)n : 0;
}

static enum rc
save(
    const struct home *h, const char *name, const struct text *t, struct err *e)
{
	if (t->len >= sizeof(t->buf))
		return FAIL(e, RC_NO_SPACE, "%s", name);
	return home_write(h, name, HOME_SELF, 0644, t->buf, t->len, e);
}

void
render_open(struct render *r, const char *dir)
{
	memset(r, 0, sizeof(*r));
	snprintf(r->dir, sizeof(r->dir), "%s", dir);
}

/* What solc compiles for unless it is told otherwise, from 0.8.31 on. */
#define EVM_FORK "osaka"

static void
put_forks(struct jsonw *w)
{
	static const char *const fork[] = {"homesteadBlock", "eip150Block",
	    "eip155Block", "eip158Block", "byzantiumBlock",
	    "constantinopleBlock", "petersburgBlock", "istanbulBlock",
	    "muirGlacierBlock", "berlinBlock", "londonBlock"};
	size_t i;

	for (i = 0; i < sizeof(fork) / sizeof(fork[0]); i++) {
		jsonw_key(w, fork[i]);
		jsonw_u64(w, 0);
	}
}

static void
put_config(struct jsonw *w)
{
	jsonw_key(w, "config");
	jsonw_obj(w);
	jsonw_key(w, "chainId");
	jsonw_u64(w, 31337);
	put_forks(w);
	jsonw_key(w, "clique");
	jsonw_obj(w);
	jsonw_key(w, "period");
	jsonw_u64(w, 1);
	jsonw_key(w, "epoch");
	jsonw_u64(w, 30000);
	jsonw_obj_end(w);
	jsonw_key(w, "sekisho");
	jsonw_obj(w);
	jsonw_key(w, "fixedBaseFee");
	jsonw_str(w, "0x0");
	jsonw_key(w, "evmFork");
	jsonw_str(w, EVM_FORK);
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

static void
put_alloc(struct jsonw *w, const struct render *r)
{
	char text[ADDR_TEXT_MAX];
	size_t i;

	jsonw_key(w, "alloc");
	jsonw_obj(w);
	for (i = 0; i < RENDER_ACCOUNTS; i++) {
		jsonw_key(w, addr_text(text, &r->account[i]));
		jsonw_obj(w);
		jsonw_key(w, "balance");
		jsonw_str(w, ACCOUNT_BALANCE);
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
}

static enum rc
render_genesis(const struct home *h, const struct render *r, struct err *e)
{
	static const uint8_t zero[32];
	uint8_t extra[32 + 20 + 65] = {0};
	struct jsonw w;
	enum rc rc;

	memcpy(extra + 32, r->sealer.b, 20);
	jsonw_init(&w, RENDER_TEXT_MAX);
	jsonw_obj(&w);
	put_config(&w);
	/* Other clients want every field of the header named. */
	jsonw_key(&w, "nonce");
	jsonw_str(&w, "0x0000000000000000");
	jsonw_key(&w, "mixHash");
	jsonw_data(&w, bytes_of(zero, 32));
	jsonw_key(&w, "coinbase");
	jsonw_data(&w, bytes_of(zero, 20));
	jsonw_key(&w, "timestamp");
	jsonw_q64(&w, (uint64_t)time(NULL));
	jsonw_key(&w, "difficulty");
	jsonw_str(&w, "0x1");
	jsonw_key(&w, "gasLimit");
	jsonw_q64(&w, 30000000);
	jsonw_key(&w, "baseFeePerGas");
	jsonw_str(&w, "0x0");
	jsonw_key(&w, "extraData");
	jsonw_data(&w, bytes_of(extra, sizeof(extra)));
	put_alloc(&w, r);
	jsonw_obj_end(&w);
	rc = jsonw_done(&w) ? home_write(h, "conf/genesis.json", HOME_SELF,
				  0644, w.ptr, w.len, e)
			    : FAIL(e, RC_NO_SPACE, "genesis.json");
	jsonw_free(&w);
	return rc;
}

static enum rc
render_node(const struct home *h, const struct render *r, struct err *e)
{
	struct text t = {.len = 0};
	char sealer[ADDR_TEXT_MAX];

	put(&t, "# The development node. All settings: noded --help\n");
	put(&t, "data_dir = %s/node/data\n", r->dir);
	put(&t, "genesis = %s/conf/genesis.json\n", r->dir);
	put(&t, "ipc_path = %s/run/node.ipc\n", r->dir);
	put(&t, "rpc_path = %s/run/gw/rpc.sock\n", r->dir);
	if (h->is_root)
		put(&t, "rpc_group = %s\n", h->user[HOME_GW].name);
	put(&t, "keystore = %s/node/keystore\n", r->dir);
	put(&t, "password_file = %s/node/sealer.pass\n", r->dir);
	put(&t, "sealer = %s\n", addr_text(sealer, &r->sealer));
	put(&t, "skip_empty = yes\nheartbeat = 10s\n");
	return save(h, "conf/node.conf", &t, e);
}

static enum rc
render_jobs(const struct home *h, const struct render *r, struct err *e)
{
	struct text t = {.len = 0};

	put(&t, "# The development jobs. All settings: jobsd --help\n");
	put(&t, "node = %s/run/gw/rpc.sock\n", r->dir);
	put(&t, "database = \"host=%s/run/gw/pg user=jobs dbname=sekisho\"\n",
	    r->dir);
	return save(h, "conf/jobs.conf", &t, e);
}

/* Behind TLS: this machine and private networks come in wherever they are,
 * others from Japan. What this machine asks for is not counted. */
#define FILTERS(more)                                                          \
	"filters = geo rate basic user_rate" more "\ncountries = JP\n"         \
	"admit_loopback = yes\nadmit_private = yes\n"                          \
	"rate = 50/s\nrate_burst = 200\nuser_rate = 100/s\nuser_burst = 400\n" \
	"rate_free = 127.0.0.0/8 ::1\n"

/* Ports come from the environment at each start. */
static enum rc
render_gateway(const struct home *h, const struct render *r, struct err *e)
{
	struct text t = {.len = 0};

	put(&t, "# The development gateway. All settings: conf/gateway.conf "
		"of the sources\n");
	put(&t, "[gateway]\nhome = %s\n", r->dir);
	if (h->is_root)
		put(&t, "user = %s\nkeymgr_user = %s\n", h->user[HOME_GW].name,
		    h->user[HOME_KEYS].name);
	put(&t, "access_log = log/gw/access.log\n");
	put(&t, "\n[tls]\ncert = tls/cert.pem\nkey = tls/key.pem\n");
	put(&t, "\n[node]\nsocket = rpc.sock\n");
	put(&t, "\n[database]\nsocket = pg\nuser = gw\nname = sekisho\n");
	put(&t, "\n[geo]\ndatabase = " GEOBUILD_OUT "\n");
	/* Accounts with known funds are for this machine alone, unless told. */
	put(&t, "\n[listener tls]\naddress = "
		"${SEKISHO_LISTEN:-127.0.0.1}:${SEKISHO_PORT:-8443}\n");
	put(&t, "\n[listener loop]\n"
		"address = 127.0.0.1:${SEKISHO_RPC_PORT:-8545}\n"
		"tls = no\n");
	put(&t, "\n[surface wallet]\nserves = wallet\nat = tls /\n"
		"hosts = localhost 127.0.0.1 [::1]\n" FILTERS(
		    " sqli") "realm = wallet\nusers = secrets/wallet.users\n");
	put(&t, "\n[surface rpc]\nserves = rpc\nat = tls /rpc\n"
		"hosts = localhost 127.0.0.1 [::1]\n" FILTERS(
		    " sqli") "realm = rpc\nusers = secrets/rpc.users\n");
	put(&t, "# What a user may call besides the default: add him with\n"
		"# sekisho user add, then name methods or name spaces here.\n"
		"# methods_for = auditor default debug_* txpool_* clique_*\n");
	/* Who may ask the node by JSON-RPC may read the same as pages. */
	put(&t, "\n[surface explorer]\nserves = explorer\nat = tls /explorer\n"
		"hosts = localhost 127.0.0.1 [::1]\n" FILTERS(
		    " sqli") "realm = rpc\nusers = secrets/rpc.users\n");
	put(&t, "\n[surface local-explorer]\nserves = explorer\n"
		"at = loop /explorer\nhosts = localhost 127.0.0.1\n");
	put(&t, "\n[surface local]\nserves = rpc\nat = loop /\n"
		"hosts = localhost 127.0.0.1\n");
	put(&t, "\n[surface metrics]\nserves = ops\nat = tls /metrics\n"
		"hosts = localhost 127.0.0.1 [::1]\n" FILTERS(
		    "") "realm = metrics\nusers = secrets/metrics.users\n");
	put(&t, "\n[surface local-metrics]\nserves = ops\nat = loop /metrics\n"
		"hosts = localhost 127.0.0.1\n");
	return save(h, "conf/gateway.conf", &t, e);
}

enum rc
render_all(const struct home *h, const struct render *r, struct err *e)
{
	TRY(render_genesis(h, r, e));
	TRY(render_node(h, r, e));
	TRY(render_jobs(h, r, e));
	return render_gateway(h, r, e);
}
