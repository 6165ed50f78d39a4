/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON-RPC document through all its turns over a real store with two blocks
 * on its genesis, an engine and a pool: nothing may crash, and what is
 * answered must be JSON by our own strict reader. The first input byte picks
 * the socket, the turns that the document gets, and whether memory runs out:
 * after as many allocations as the next byte says. It also tells when the rest
 * is not a document but the arguments of one method, "NAME PARAMS": a name that
 * is no method's picks one of methods.def, so that each is tried with what
 * others take.
 *
 * fuzz:
 * cover=node/rpc/json.c,node/rpc/doc.c,node/rpc/param.c
 * cover=node/rpc/trace_param.c,node/rpc/override.c
 * cover=node/rpc/accounts.c,node/rpc/keys.c,node/rpc/admin.c
 * cover=node/rpc/ots.c,node/rpc/ots_search.c,node/rpc/trace.c
 * lib=rpc
 */
#include <secp256k1_recovery.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/log.h"
#include "chain/chain.h"
#include "consensus/clique.h"
#include "eth/addr.h"
#include "eth/basefee.h"
#include "evm/evm.h"
#include "rpc/authors.h"
#include "rpc/json_priv.h"
#include "rpc/rpc.h"
#include "rpc/subs.h"
#include "test.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bits of the first input byte. */
enum {
	FROM_GATEWAY = 1,
	HAS_POOL = 2,
	HAS_CORE = 4,
	IS_SHORT_OF_MEMORY = 8,
	HAS_SUBS = 16,
	IS_CALL = 32,
	HAS_KEYS = 64
};

static const char *const names[] = {
#define METHOD(name, handler, least, most, cost, who) name,
#include "rpc/methods.def"
#undef METHOD
};

/* The node that all inputs are put to; made once. */
static struct world {
	char dir[64];
	struct arena arena;
	struct genesis g;
	struct clock_fake hands;
	struct clock clock;
	struct store *store;
	struct chain *chain;
	struct engine *engine;
	struct pool *pool;
	struct evm *vm;
	struct rpc_subs *subs;
	struct bytes receipts; /* of a block with one log */
	struct rpc_node node;
} w;

static const char genesis_text[] =
    "{\"config\":{\"chainId\":31337,\"homesteadBlock\":0,\"eip150Block\":0,"
    "\"eip155Block\":0,\"eip158Block\":0,\"byzantiumBlock\":0,"
    "\"constantinopleBlock\":0,\"petersburgBlock\":0,\"istanbulBlock\":0,"
    "\"berlinBlock\":0,\"londonBlock\":0,"
    "\"clique\":{\"period\":1,\"epoch\":30000}},"
    "\"difficulty\":\"0x1\",\"gasLimit\":\"0x1c9c380\",\"extraData\":\"0x"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "7e5f4552091a69125d5dfcb7b8c2659029395bdf"
    "00000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000\","
    "\"alloc\":{\"0x7e5f4552091a69125d5dfcb7b8c2659029395bdf\":"
    "{\"balance\":\"1000000000000000000\"},"
    "\"0xc0de000000000000000000000000000000000001\":"
    "{\"balance\":\"5\",\"code\":\"0x6001\"}}}";

/* Who seals, sends and signs: key 1, and its address. */
static const uint8_t key[32] = {[31] = 1};
static const struct addr key_addr = {
    {0x7e, 0x5f, 0x45, 0x52, 0x09, 0x1a, 0x69, 0x12, 0x5d, 0x5d, 0xfc, 0xb7,
	0xb8, 0xc2, 0x65, 0x90, 0x29, 0x39, 0x5b, 0xdf}};

/* A contract, created with 5 wei. Without input it logs a word under one
 * topic, sets a slot and sends 1 wei on; with input it reverts. */
static const char contract_text[] =
    "0x603e600c600039603e6000f3"
    "36603857602a600052600760206000a1600160015560006000600060006001"
    "73c0de0000000000000000000000000000000000015af15000"
    "5b60206000fd";

static void
sign_hash(uint8_t sig[65], const struct hash *digest)
{
	secp256k1_context *ctx =
	    secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	secp256k1_ecdsa_recoverable_signature parts;
	int parity;

	CHECK(ctx != NULL && secp256k1_ecdsa_sign_recoverable(
				 ctx, &parts, digest->b, key, NULL, NULL));
	CHECK(secp256k1_ecdsa_recoverable_signature_serialize_compact(
	    ctx, sig, &parity, &parts));
	sig[64] = (uint8_t)parity;
	secp256k1_context_destroy(ctx);
}

static enum rc
read_account(void *ctx, uint64_t *nonce, struct u256 *balance,
    const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)e;
	*nonce = 0;
	*balance = u256_from_u64(UINT64_C(1000000000000000000));
	return RC_OK;
}

static void
clean_up(void)
{
	(void)tree_remove(w.dir);
}

static void
open_chain(void)
{
	struct store_conf conf = store_conf_default(w.dir);
	struct clique_conf clique = {.period_s = 1,
	    .epoch = 30000,
	    .forks = &w.g.forks,
	    .is_sealer = true,
	    .gas_limit = 30000000};
	struct engine_chain link;

	conf.map_bytes = 64 << 20;
	CHECK(genesis_read(&w.arena, &w.g, bytes_of_str(genesis_text), NULL) ==
	      RC_OK);
	CHECK(store_open(&w.store, &conf, NULL) == RC_OK);
	CHECK(chain_open(&w.chain, w.store, &w.g, NULL) == RC_OK);
	link = chain_engine_link(w.chain);
	CHECK(clique_new(&w.engine, &clique, &link, NULL) == RC_OK);
	chain_set_engine(w.chain, w.engine);
}

/* mine makes transactions of the key a block. */
static void
mine(struct tx *txs, size_t cnt)
{
	const struct store_head *head = chain_head(w.chain);
	uint8_t extra[CLIQUE_VANITY + CLIQUE_SEAL] = {0};
	struct header h, tmpl = {.parent = head->hash,
			     .ommers_hash = HASH_EMPTY_LIST,
			     .number = head->number + 1,
			     .time = head->header->time + 1,
			     .gas_limit = head->header->gas_limit,
			     .field_cnt = HEADER_FIELDS_LONDON,
			     .difficulty = u256_from_u64(CLIQUE_DIFF_IN_TURN),
			     .extra = bytes_of(extra, sizeof(extra))};
	struct chain_candidate cand[4];
	struct chain_change change;
	struct hash digest;
	size_t i;

	CHECK(cnt <= ARRAY_CNT(cand));
	for (i = 0; i < cnt; i++) {
		CHECK(tx_sign(&w.arena, &txs[i], key, NULL) == RC_OK);
		cand[i] = (struct chain_candidate){&txs[i], key_addr};
	}
	basefee_next(&tmpl.base_fee, &w.g.forks, head->header);
	CHECK(chain_build(w.chain, &h, &tmpl, cand, cnt, NULL, NULL, NULL,
		  NULL) == RC_OK);
	CHECK(clique_seal_hash(&digest, &h, NULL) == RC_OK);
	sign_hash(extra + CLIQUE_VANITY, &digest);
	h.extra = bytes_of(extra, sizeof(extra));
	CHECK(chain_commit(w.chain, &change, &h, NULL) == RC_OK);
	CHECK(change.added_cnt == 1 && change.added[0]->tx_cnt == cnt);
}

/* mine_all: block 1 creates the contract, block 2 calls it, with success and
 * without. */
static void
mine_all(void)
{
	static const uint8_t input[5] = {1, 2, 3, 4, 5};
	struct tx create = {.type = TX_LEGACY,
	    .has_chain_id = true,
	    .chain_id = 31337,
	    .is_create = true,
	    .gas = 200000,
	    .max_fee = u256_from_u64(2000000000),
	    .value = u256_from_u64(5)};
	struct tx call[2] = {
	    {.type = TX_DYNAMIC_FEE,
		.has_chain_id = true,
		.chain_id = 31337,
		.nonce = 1,
		.gas = 200000,
		.max_fee = u256_from_u64(2000000000),
		.max_tip = u256_from_u64(1)},
	};

	create.max_tip = create.max_fee;
	CHECK(hex_read(&w.arena, &create.data, bytes_of_str(contract_text),
		  NULL) == RC_OK);
	call[0].to = addr_create(&key_addr, 0);
	call[1] = call[0];
	call[1].nonce = 2;
	call[1].data = bytes_of(input, sizeof(input));
	mine(&create, 1);
	mine(call, 2);
}

static void
fill(void *out, size_t len)
{
	memset(out, 0x5a, len);
}

/* open_subs makes a registry of one place, and a block to tell it of. */
static void
open_subs(void)
{
	static const struct log_entry log = {.topic_cnt = 1};
	const struct receipt r = {.logs = &log, .log_cnt = 1};
	const struct rpc_subs_conf conf = {
	    .slots = 1, .per_client = {3, 3}, .fill = fill};

	w.subs = rpc_subs_new(&conf);
	CHECK(w.subs != NULL);
	CHECK(receipts_pack(&w.arena, &w.receipts, &r, 1, NULL) == RC_OK);
}

static void
open_world(void)
{
	struct pool_conf pool = pool_conf_open(31337);
	struct pool_view view = {.account = read_account};

	if (w.store != NULL)
		return;
	log_open("fuzz_rpc", LOG_LV_ERROR);
	(void)snprintf(w.dir, sizeof(w.dir), "%s/sekisho-fuzz.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CHECK(mkdtemp(w.dir) != NULL && atexit(clean_up) == 0);
	arena_init(&w.arena, 16 << 20);
	open_chain();
	mine_all();
	CHECK(pool_open(&w.pool, &pool, &view, 0, NULL) == RC_OK);
	w.vm = evm_new();
	CHECK(w.vm != NULL);
	open_subs();
	w.clock = clock_of_fake(&w.hands);
	w.node = (struct rpc_node){
	    .store = w.store,
	    .genesis = &w.g,
	    .clock = &w.clock,
	    .client_version = "fuzz",
	    .is_sealer = true,
	    .has_accounts = true,
	    .filters = rpc_filters_new(&(struct hash){{1}}),
	    .authors = rpc_authors_new(),
	    .batch_max = {1000, 3},
	};
	CHECK(w.node.filters != NULL);
}

/* is_deep tells whether text nests deeper than any question may: the calls
 * of a trace do. */
static bool
is_deep(struct bytes text)
{
	size_t i, depth = 0, most = 0;
	bool is_in_string = false;

	for (i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (is_in_string && c == '\\')
			i++;
		else if (c == '"')
			is_in_string = !is_in_string;
		else if (!is_in_string && (c == '{' || c == '['))
			depth++;
		else if (!is_in_string && (c == '}' || c == ']'))
			depth--;
		if (depth > most)
			most = depth;
	}
	return most > RPC_JSON_DEPTH_MAX;
}

/* check_answer reads it as a question: answers may be larger. */
static void
check_answer(struct bytes answer)
{
	const struct rpc_json *v;
	struct arena a;
	enum rc rc;

	if (answer.len == 0)
		return;
	CHECK(answer.ptr[answer.len - 1] == '\n');
	if (is_deep(answer))
		return;
	arena_init(&a, 256 << 20);
	rc = rpc_json_read(&a, &v, answer, NULL);
	CHECK(rc == RC_OK || rc == RC_TOO_LARGE);
	arena_drop(&a);
}

static void
hear(void *ctx, struct bytes result, const struct rpc_sub_to *to, size_t cnt)
{
	uint8_t *text = mem_new(rpc_note_bytes(result.len));

	(void)ctx;
	CHECK(cnt > 0);
	if (text == NULL)
		return;
	rpc_note_put(text, to, result);
	check_answer(bytes_of(text, rpc_note_bytes(result.len)));
	mem_free(text);
}

/* take_subs subscribes as the document says, and tells of a block that came
 * and went again. */
static void
take_subs(struct rpc_doc *d)
{
	static const struct hash tx;
	static const struct rpc_client client;
	struct header h = {.number = 1, .field_cnt = HEADER_FIELDS_LONDON};
	struct rpc_news news = {.header = &h,
	    .tx_hashes = &tx,
	    .tx_cnt = 1,
	    .receipts = w.receipts};

	memset(&h.bloom, 0xff, sizeof(h.bloom));
	rpc_run_subs(d, w.subs, &client);
	(void)rpc_subs_block(w.subs, &news, hear, NULL, NULL);
	news.is_undone = true;
	(void)rpc_subs_block(w.subs, &news, hear, NULL, NULL);
	rpc_subs_end(w.subs, &client);
	CHECK(rpc_subs_cnt(w.subs) == 0);
}

/* The key, and others that cannot be had but for one signature of messages. */

static enum rc
list_keys(
    void *ctx, struct arena *a, struct addr **out, size_t *cnt, struct err *e)
{
	(void)ctx;
	*cnt = 1;
	*out = arena_alloc(a, sizeof(**out));
	if (*out == NULL)
		return FAIL(e, RC_NO_MEMORY, "keys");
	**out = key_addr;
	return RC_OK;
}

static enum rc
make_key(void *ctx, struct addr *out, struct bytes password, struct err *e)
{
	(void)ctx;
	(void)password;
	(void)e;
	*out = (struct addr){{1}};
	return RC_OK;
}

static enum rc
unlock_key(void *ctx, const struct addr *addr, struct bytes password,
    uint32_t seconds, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)seconds;
	if (password.len % 2 == 1)
		return FAIL(e, RC_BAD_PASSWORD, "odd");
	return RC_OK;
}

static enum rc
lock_key(void *ctx, const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)e;
	return RC_OK;
}

static enum rc
sign_by(void *ctx, uint8_t sig[65], const struct addr *addr, bool is_tx,
    struct bytes message, struct err *e)
{
	struct hash digest;

	(void)ctx;
	CHECK(is_tx == (message.ptr[0] != 0x19));
	digest = hash_keccak(message);
	if (addr_eq(addr, &key_addr))
		sign_hash(sig, &digest);
	else if (is_tx)
		return FAIL(e, RC_KEY_LOCKED, "locked");
	else
		memset(sig, 1, 65);
	return RC_OK;
}

static enum rc
next_nonce(void *ctx, uint64_t *out, const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)addr;
	(void)e;
	*out = 0;
	return RC_OK;
}

static const struct rpc_keys keys = {.list = list_keys,
    .make = make_key,
    .unlock = unlock_key,
    .lock = lock_key,
    .sign = sign_by,
    .nonce = next_nonce};

/* read_small reads the text into an arena that is soon full. */
static void
read_small(struct bytes text, size_t room)
{
	const struct rpc_json *v;
	struct arena a;

	arena_init(&a, room);
	(void)rpc_json_read(&a, &v, text, NULL);
	arena_drop(&a);
}

/* import stands in for the chain, which stays as it is for the inputs that
 * follow; blocks have targets of their own. */
static enum rc
import(void *ctx, struct rpc_imported *out, struct bytes raw, struct err *e)
{
	static const enum rc ends[] = {RC_OK, RC_BLK_KNOWN, RC_BLK_PARENT,
	    RC_BLK_UNAUTHORIZED, RC_TOO_LARGE, RC_BLK_STATE_ROOT, RC_NO_MEMORY};
	enum rc rc = ends[raw.len % ARRAY_CNT(ends)];

	(void)ctx;
	*out = (struct rpc_imported){raw.len & 1, 0};
	return rc == RC_OK ? rc : FAIL(e, rc, "a block of %zu bytes", raw.len);
}

/* take_turns runs a document as noded does. */
static struct bytes
take_turns(struct rpc_doc *d, unsigned flags)
{
	const struct rpc_core core = {
	    .engine = w.engine,
	    .head = chain_head(w.chain),
	    .import = import,
	};
	bool needs_sync, has_vote;
	enum rc rc = RC_OK;

	(void)rpc_is_short(d);
	if (!rpc_run(d, w.vm, NULL))
		return bytes_of(NULL, 0);
	if (rpc_needs_keys(d) && flags & HAS_KEYS)
		rpc_run_keys(d, &keys);
	if (rpc_needs_pool(d) && flags & HAS_POOL)
		rc = rpc_run_pool(d, w.pool, 0, &needs_sync, NULL);
	CHECK(rc == RC_OK || flags & IS_SHORT_OF_MEMORY);
	if (rpc_needs_core(d) && flags & HAS_CORE)
		(void)rpc_run_core(d, &core, 1000, &has_vote, NULL);
	if (rpc_needs_subs(d) && flags & HAS_SUBS)
		take_subs(d);
	return rpc_finish(d);
}

/* name_of finds the method that is called, or picks one. */
static const char *
name_of(struct bytes text)
{
	size_t i, sum = 0;

	for (i = 0; i < ARRAY_CNT(names); i++)
		if (bytes_eq(text, bytes_of_str(names[i])))
			return names[i];
	for (i = 0; i < text.len; i++)
		sum += text.ptr[i];
	return names[sum % ARRAY_CNT(names)];
}

/* make_call makes a document of "NAME PARAMS"; the caller gives it back. */
static struct buf
make_call(struct bytes in)
{
	static const char *const parts[] = {
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"",
	    "\",\"params\":", "}"};
	const uint8_t *end = in.len > 0 ? memchr(in.ptr, ' ', in.len) : NULL;
	size_t len = end == NULL ? in.len : (size_t)(end - in.ptr);
	const char *name = name_of(bytes_of(in.ptr, len));
	size_t cap = in.len + 128;
	struct buf b = buf_of(mem_new(cap), cap);

	CHECK(b.ptr != NULL);
	len += end != NULL;
	(void)buf_put(&b, parts[0], strlen(parts[0]));
	(void)buf_put(&b, name, strlen(name));
	(void)buf_put(&b, parts[1], strlen(parts[1]));
	(void)buf_put(&b, in.ptr + len, in.len - len);
	CHECK(buf_put(&b, parts[2], strlen(parts[2])));
	return b;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), flags, nth = {NULL, 0}, answer;
	struct buf made = {.ptr = NULL};
	struct rpc_doc *d;
	bool was_short;

	if (!bytes_take(&flags, &in, 1) ||
	    (flags.ptr[0] & IS_SHORT_OF_MEMORY && !bytes_take(&nth, &in, 1)))
		return 0;
	open_world();
	if (flags.ptr[0] & IS_CALL) {
		made = make_call(in);
		in = bytes_of_buf(&made);
	}
	if (nth.len > 0) {
		read_small(in, 8 * (size_t)nth.ptr[0]);
		test_alloc_fail((size_t)nth.ptr[0] + 1);
	}
	d = rpc_open(
	    &w.node, flags.ptr[0] & FROM_GATEWAY ? RPC_GATEWAY : RPC_LOCAL, in);
	answer = d == NULL ? bytes_of(NULL, 0) : take_turns(d, flags.ptr[0]);
	was_short = test_alloc_did_fail();
	CHECK(d != NULL || was_short);
	check_answer(answer);
	rpc_free(d);
	mem_free(made.ptr);
	return 0;
}
