/* SPDX-License-Identifier: Apache-2.0
 *
 * The node behind the questions.
 */
#include "rig.h"

#include <secp256k1_recovery.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/hex.h"
#include "base/log.h"
#include "eth/basefee.h"
#include "rpc/authors.h"

/* Nothing in a test may be half-made: the program ends instead. */
#define MUST(call)                                                             \
	do {                                                                   \
		struct err must_ = {.rc = RC_OK};                              \
		enum rc must_rc_ = (call);                                     \
		(void)must_;                                                   \
		if (must_rc_ != RC_OK) {                                       \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, \
			    #call, err_name(must_rc_));                        \
			abort();                                               \
		}                                                              \
	} while (0)

static void
make_key(uint8_t key[32], unsigned i)
{
	memset(key, 0, 32);
	key[0] = 0x22;
	key[31] = (uint8_t)(i + 1);
}

/* The address of a key, by way of a signature: tx_sender knows the rest. */
struct addr
rig_addr(unsigned key)
{
	static struct addr known[RIG_KEYS];
	struct tx tx = {.type = TX_LEGACY};
	uint8_t secret[32];
	struct arena a;

	if (!addr_is_zero(&known[key]))
		return known[key];
	arena_init(&a, 1 << 16);
	make_key(secret, key);
	MUST(tx_sign(&a, &tx, secret, NULL));
	MUST(tx_sender(&known[key], &tx, NULL));
	arena_drop(&a);
	return known[key];
}

const char *
rig_addr_text(unsigned key)
{
	static char text[RIG_KEYS][43];
	struct addr a = rig_addr(key);

	return hex_put0x(text[key], addr_bytes(&a));
}

const char *
rig_fmt(struct rig *r, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *p;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = arena_alloc(&r->arena, (size_t)n + 1);
	if (p == NULL)
		abort();
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

/* Topics from the last to the first, an empty range, LOG3; LOG0 in a loop; a
 * loop over the call data with LOG1 or LOG2. */
#define LOG_CODE  "0x3433601160006000a300"
#define MANY_CODE "0x60c85b6001900360006000a08060025700"
#define BYTES_CODE                                                             \
	"0x60005b36811015602d57803560f81c8060801160205733906000"               \
	"6000a26026565b60006000a15b6001016002565b00"

static void
make_genesis(struct rig *r, uint64_t gas_limit)
{
	const char *text = rig_fmt(r,
	    "{\"config\":{\"chainId\":%d,\"homesteadBlock\":0,"
	    "\"eip150Block\":0,\"eip155Block\":0,\"eip158Block\":0,"
	    "\"byzantiumBlock\":0,\"constantinopleBlock\":0,"
	    "\"petersburgBlock\":0,\"istanbulBlock\":0,\"berlinBlock\":0,"
	    "\"londonBlock\":0,\"clique\":{\"period\":1,\"epoch\":30000},"
	    "\"sekisho\":{\"fixedBaseFee\":\"0x%x\"}},"
	    "\"difficulty\":\"0x1\",\"gasLimit\":\"0x%llx\","
	    "\"timestamp\":\"0x3e8\","
	    "\"extraData\":\"0x%064d%s%0130d\",\"alloc\":{"
	    "\"%s\":{\"balance\":\"%llu\"},\"%s\":{\"balance\":\"%llu\"},"
	    "\"%s\":{\"balance\":\"%llu\"},\"%s\":{\"balance\":\"%llu\"},"
	    "\"" RIG_CODE_ADDR "\":{\"balance\":\"5\",\"code\":\"0x6001\","
	    "\"storage\":{\"0x01\":\"0x2a\"}},"
	    "\"" RIG_LOG_A "\":{\"balance\":\"0\",\"code\":\"" LOG_CODE "\"},"
	    "\"" RIG_LOG_B "\":{\"balance\":\"0\",\"code\":\"" LOG_CODE "\"},"
	    "\"" RIG_LOG_MANY "\":{\"balance\":\"0\",\"code\":\"" MANY_CODE
	    "\"},\"" RIG_LOG_BYTES
	    "\":{\"balance\":\"0\",\"code\":\"" BYTES_CODE "\"}}}",
	    RIG_CHAIN_ID, RIG_BASE_FEE, (unsigned long long)gas_limit, 0,
	    rig_addr_text(0) + 2, 0, rig_addr_text(0), RIG_FUNDS,
	    rig_addr_text(1), RIG_FUNDS, rig_addr_text(2), RIG_FUNDS,
	    rig_addr_text(3), RIG_FUNDS);

	MUST(genesis_read(&r->arena, &r->g, bytes_of_str(text), NULL));
}

static enum rc
read_account(void *ctx, uint64_t *nonce, struct u256 *balance,
    const struct addr *addr, struct err *e)
{
	const struct rig *r = ctx;
	struct store_head head;
	struct account acc;
	bool found;

	store_view_head(r->view, &head);
	TRY(store_account(r->view, head.number, &acc, &found, addr, e));
	*nonce = found ? acc.nonce : 0;
	*balance = found ? acc.balance : U256_ZERO;
	return RC_OK;
}

static struct pool_view
pool_view(struct rig *r)
{
	return (struct pool_view){.account = read_account, .ctx = r};
}

static void
open_engine(struct rig *r)
{
	struct engine_chain link = chain_engine_link(r->chain);
	struct clique_conf conf = {
	    .period_s = 1,
	    .epoch = 30000,
	    .forks = &r->g.forks,
	    .is_sealer = true,
	    .self = rig_addr(0),
	    .gas_limit = r->g.header.gas_limit,
	};

	MUST(clique_new(&r->engine, &conf, &link, NULL));
	chain_set_engine(r->chain, r->engine);
}

static void
fill_node(struct rig *r)
{
	r->clock = clock_of_fake(&r->hands);
	r->hands.wall_ms = 1000 * 1000;
	r->node = (struct rpc_node){
	    .store = r->store,
	    .genesis = &r->g,
	    .clock = &r->clock,
	    .client_version = "Sekisho/test",
	    .is_sealer = true,
	    .sealer = rig_addr(0),
	    .batch_max = {1000, 100},
	    .final_depth = &r->final_depth,
	    .filters = rpc_filters_new(&(struct hash){{7}}),
	    .authors = rpc_authors_new(),
	};
	if (r->node.filters == NULL || r->node.authors == NULL)
		abort();
	atomic_init(&r->final_depth, 2);
	atomic_init(&r->peer_cnt, 0);
}

/* make_dir makes a folder for this rig's store: a test may have several. */
static const char *
make_dir(struct rig *r)
{
	static unsigned cnt;
	const char *dir = rig_fmt(r, "%s/%u", test_tmpdir(), cnt++);

	if (mkdir(dir, 0700) != 0)
		abort();
	return dir;
}

static void
open_with(struct rig *r, uint64_t gas_limit)
{
	struct pool_conf pool = pool_conf_open(RIG_CHAIN_ID);
	struct pool_view view = pool_view(r);
	struct store_conf conf;

	log_open("unit_rpc", LOG_LV_ERROR);
	*r = (struct rig){.has_vote = false};
	arena_init(&r->arena, 256 << 20);
	conf = store_conf_default(make_dir(r));
	make_genesis(r, gas_limit);
	conf.map_bytes = 64 << 20;
	MUST(store_open(&r->store, &conf, NULL));
	MUST(chain_open(&r->chain, r->store, &r->g, NULL));
	open_engine(r);
	MUST(store_view_open(&r->view, r->store, NULL));
	MUST(pool_open(&r->pool, &pool, &view, 0, NULL));
	r->vm = evm_new();
	if (r->vm == NULL)
		abort();
	fill_node(r);
}

void
rig_open(struct rig *r)
{
	open_with(r, 30000000);
}

void
rig_open_small(struct rig *r, unsigned transfers)
{
	open_with(r, (uint64_t)transfers * 21000);
}

void
rig_close(struct rig *r)
{
	rpc_free(r->doc);
	evm_free(r->vm);
	pool_close(r->pool);
	store_view_close(r->view);
	engine_free(r->engine);
	chain_close(r->chain);
	store_close(r->store);
	rpc_filters_free(r->node.filters);
	rpc_authors_free(r->node.authors);
	arena_drop(&r->arena);
}

void
rig_begin(struct rig *r, enum rpc_source source, struct bytes text)
{
	uint8_t *copy = mem_new(text.len + 1);

	rpc_free(r->doc);
	if (copy == NULL)
		abort();
	/* A copy of just its length, gone when the reader is done. */
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	r->doc = rpc_begin(&r->node, r->vm, source, bytes_of(copy, text.len));
	if (r->doc == NULL)
		abort();
	mem_free(copy);
}

/* tell_pool is what noded does when the head moved. */
static void
tell_pool(struct rig *r, const struct chain_change *ch)
{
	struct pool_view view = pool_view(r);

	MUST(store_view_open(&r->view, r->store, NULL));
	MUST(pool_head(r->pool, &view, ch->touched, ch->touched_cnt,
	    r->hands.wall_ms, NULL));
}

static enum rc
import(void *ctx, struct rpc_imported *out, struct bytes raw, struct err *e)
{
	struct rig *r = ctx;
	struct chain_change ch;
	enum rc rc;

	store_view_close(r->view);
	rc = chain_import(r->chain, &ch, raw, r->hands.wall_ms / 1000, e);
	*out = (struct rpc_imported){ch.added_cnt, ch.removed_cnt};
	tell_pool(r, &ch);
	return rc;
}

struct rpc_core
rig_core(struct rig *r)
{
	return (struct rpc_core){
	    .engine = r->engine,
	    .head = chain_head(r->chain),
	    .import = import,
	    .ctx = r,
	};
}

const char *
rig_end(struct rig *r)
{
	const struct rpc_core core = rig_core(r);
	static char *text;
	struct bytes answer;

	r->needs_sync = r->has_vote = false;
	if (r->keys != NULL && rpc_needs_keys(r->doc))
		rpc_run_keys(r->doc, r->keys);
	if (rpc_needs_pool(r->doc)) {
		MUST(rpc_run_pool(
		    r->doc, r->pool, r->hands.wall_ms, &r->needs_sync, NULL));
		MUST(pool_sync(r->pool, NULL));
	}
	if (rpc_needs_core(r->doc))
		MUST(rpc_run_core(
		    r->doc, &core, r->hands.wall_ms, &r->has_vote, NULL));
	answer = rpc_finish(r->doc);
	if (answer.len == 0)
		return "";
	EXPECT(answer.ptr[answer.len - 1] == '\n');
	text = arena_alloc(&r->arena, answer.len);
	if (text == NULL)
		abort();
	memcpy(text, answer.ptr, answer.len - 1);
	return text;
}

const char *
rig_ask_bytes(struct rig *r, enum rpc_source source, struct bytes text)
{
	rig_begin(r, source, text);
	return rig_end(r);
}

const char *
rig_ask(struct rig *r, const char *text)
{
	return rig_ask_bytes(r, RPC_LOCAL, bytes_of_str(text));
}

const char *
rig_ask_gateway(struct rig *r, const char *text)
{
	return rig_ask_bytes(r, RPC_GATEWAY, bytes_of_str(text));
}

const char *
rig_call(struct rig *r, const char *method, const char *params)
{
	return rig_ask(r, rig_fmt(r,
			      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
			      "\"params\":%s}",
			      method, params));
}

const char *
rig_result(struct rig *r, const char *method, const char *params)
{
	static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":";
	const char *answer = rig_call(r, method, params);
	size_t len = strlen(answer);

	if (strncmp(answer, head, sizeof(head) - 1) != 0 || len == 0)
		return answer;
	return rig_fmt(
	    r, "%.*s", (int)(len - sizeof(head)), answer + sizeof(head) - 1);
}

json_t *
rig_json(const char *text)
{
	json_error_t why;
	json_t *v =
	    json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);

	if (v == NULL) {
		fprintf(stderr, "not JSON: %s: %.200s\n", why.text, text);
		abort();
	}
	return v;
}

/* error_text is "CODE MESSAGE" of an answer with an error. */
static const char *
error_text(struct rig *r, const char *answer)
{
	json_t *v = rig_json(answer), *error = json_object_get(v, "error");
	const char *text;

	if (error == NULL) {
		json_decref(v);
		return answer;
	}
	text = rig_fmt(r, "%lld %s",
	    (long long)json_integer_value(json_object_get(error, "code")),
	    json_string_value(json_object_get(error, "message")));
	json_decref(v);
	return text;
}

void
rig_expect(const char *file, int line, struct rig *r, const char *method,
    const char *params, const char *want)
{
	const char *got = rig_result(r, method, params);

	if (got[0] == '{' && strstr(got, "\"error\":") != NULL)
		got = error_text(r, got);
	test_row(rig_fmt(r, "%s %s", method, params));
	test_same_str(file, line, got, want);
	test_row(NULL);
}

const char *
rig_member(
    struct rig *r, const char *method, const char *params, const char *member)
{
	json_t *v = rig_json(rig_result(r, method, params));
	json_t *m = json_object_get(v, member);
	const char *text = "-";
	char *dump;

	if (json_is_string(m)) {
		text = rig_fmt(r, "%s", json_string_value(m));
	} else if (m != NULL) {
		dump = json_dumps(m, JSON_COMPACT | JSON_ENCODE_ANY);
		text = rig_fmt(r, "%s", dump);
		free(dump);
	}
	json_decref(v);
	return text;
}

const char *
rig_raw(struct rig *r, const struct rig_tx *t)
{
	struct tx tx = {
	    .type = t->type,
	    .has_chain_id = !t->is_unprotected,
	    .chain_id = t->chain_id == 0 ? RIG_CHAIN_ID : t->chain_id,
	    .is_create = t->is_create,
	    .nonce = t->nonce,
	    .gas = t->gas == 0 ? 21000 : t->gas,
	    .max_fee = u256_from_u64(t->fee == 0 ? RIG_BASE_FEE : t->fee),
	    .value = u256_from_u64(t->value),
	};
	uint8_t key[32];
	char *text;

	tx.max_tip =
	    t->type >= TX_DYNAMIC_FEE ? u256_from_u64(t->tip) : tx.max_fee;
	if (t->is_unprotected)
		tx.chain_id = 0;
	if (!t->is_create)
		MUST(hex_read_fixed(tx.to.b, 20,
		    bytes_of_str(t->to == NULL
				     ? "0x7000000000000000000000000000000000"
				       "000001"
				     : t->to),
		    false, NULL));
	tx.data =
	    bytes_of(arena_alloc(&r->arena, t->data_len + 1), t->data_len);
	if (t->data != NULL)
		MUST(
		    hex_read(&r->arena, &tx.data, bytes_of_str(t->data), NULL));
	make_key(key, t->from);
	MUST(tx_sign(&r->arena, &tx, key, NULL));
	text = arena_alloc(&r->arena, 2 * tx.raw.len + 3);
	if (text == NULL)
		abort();
	return hex_put0x(text, tx.raw);
}

const char *
rig_send(struct rig *r, const struct rig_tx *t)
{
	const char *got = rig_result(
	    r, "eth_sendRawTransaction", rig_fmt(r, "[\"%s\"]", rig_raw(r, t)));

	return got[0] == '{' ? error_text(r, got)
			     : rig_fmt(r, "%.66s", got + 1);
}

void
rig_sign(uint8_t out[65], unsigned key_no, const struct hash *digest)
{
	secp256k1_context *ctx =
	    secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
	secp256k1_ecdsa_recoverable_signature sig;
	uint8_t key[32];
	int parity;

	make_key(key, key_no);
	if (!secp256k1_ecdsa_sign_recoverable(
		ctx, &sig, digest->b, key, NULL, NULL))
		abort();
	secp256k1_ecdsa_recoverable_signature_serialize_compact(
	    ctx, out, &parity, &sig);
	out[64] = (uint8_t)parity;
	secp256k1_context_destroy(ctx);
}

/* seal signs a header with key 0. */
static void
seal(struct rig *r, struct header *h)
{
	struct hash digest;
	uint8_t *extra;

	MUST(clique_seal_hash(&digest, h, NULL));
	extra = arena_alloc(&r->arena, h->extra.len);
	memcpy(extra, h->extra.ptr, h->extra.len);
	rig_sign(extra + h->extra.len - CLIQUE_SEAL, 0, &digest);
	h->extra = bytes_of(extra, h->extra.len);
}

static struct header template(struct rig *r)
{
	const struct store_head *head = chain_head(r->chain);
	size_t len = CLIQUE_VANITY + CLIQUE_SEAL;
	struct header h = {
	    .parent = head->hash,
	    .ommers_hash = HASH_EMPTY_LIST,
	    .number = head->number + 1,
	    .time = head->header->time + 1,
	    .gas_limit = head->header->gas_limit,
	    .field_cnt = HEADER_FIELDS_LONDON,
	    .difficulty = u256_from_u64(CLIQUE_DIFF_IN_TURN),
	};

	basefee_next(&h.base_fee, &r->g.forks, head->header);
	h.extra = bytes_of(arena_alloc(&r->arena, len), len);
	return h;
}

uint64_t
rig_mine(struct rig *r)
{
	struct header tmpl = template(r), h;
	struct chain_candidate *cand;
	struct chain_change ch;
	struct pool_tx **txs;
	size_t i, cnt;

	r->hands.wall_ms = tmpl.time * 1000;
	MUST(pool_pick(r->pool, &r->arena, &txs, &cnt, tmpl.gas_limit,
	    &tmpl.base_fee, NULL));
	cand = arena_array(&r->arena, cnt + 1, sizeof(*cand));
	for (i = 0; i < cnt; i++) {
		cand[i].tx = &txs[i]->tx;
		cand[i].sender = txs[i]->sender;
	}
	MUST(chain_build(
	    r->chain, &h, &tmpl, cand, cnt, NULL, NULL, NULL, NULL));
	seal(r, &h);
	/* This one thread is the writer too, which may have no view open. */
	store_view_close(r->view);
	MUST(chain_commit(r->chain, &ch, &h, NULL));
	tell_pool(r, &ch);
	for (i = 0; i < cnt; i++)
		pool_tx_put(txs[i]);
	return chain_head(r->chain)->number;
}

void
rig_flush(struct rig *r, bool is_forced)
{
	store_view_close(r->view);
	MUST(chain_flush(r->chain, is_forced, NULL));
	MUST(store_view_open(&r->view, r->store, NULL));
}

const char *
rig_hash(struct rig *r, uint64_t number)
{
	struct store_view *v;
	struct hash hash;
	char text[67];

	MUST(store_view_open(&v, r->store, NULL));
	MUST(store_hash_of(v, &hash, number, NULL));
	store_view_close(v);
	return rig_fmt(r, "%s", hex_put0x(text, hash_bytes(&hash)));
}
