/* SPDX-License-Identifier: Apache-2.0
 *
 * The public state suites as far as they need no machine: transactions to
 * accounts without code, and those that must be refused whatever they call.
 * Root after pre-state, transaction and the suites' rule that the author is
 * touched, for every fork.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

/* The folders with most of such cases; the rest waits for test_whole. */
static const char *const folders[] = {"/stTransactionTest/",
    "/stZeroCallsTest/", "/stNonZeroCallsTest/", "/stSpecialTest/",
    "/stSystemOperationsTest/", "/stEIP1559/", "/stEIP3607/",
    "/eip7623_increase_calldata_cost/"};

static const struct hash no_logs = {
    {0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67,
	0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a, 0x74, 0x13,
	0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47}};

/* One file's case on its way. */
struct run {
	const char *name, *fork;
	const json_t *test, *post;
	struct world w;
	struct tx tx;
	struct addr sender, author;
	bool is_readable; /* every number fits its type */
};

static const char *
text(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s == NULL ? "" : s;
}

/* Numbers are hex with any count of digits; "0x" is zero. */
static bool
number(struct u256 *out, const char *s)
{
	*out = U256_ZERO;
	if (s[0] == '\0' || !strcmp(s, "0x"))
		return true;
	return u256_from_hex(out, bytes_of_str(s), NULL) == RC_OK;
}

static uint64_t
small(struct run *r, const char *s)
{
	struct u256 v;

	if (!number(&v, s) || !u256_is_u64(&v))
		r->is_readable = false;
	return v.w[0];
}

static void
big(struct run *r, struct u256 *out, const char *s)
{
	if (!number(out, s))
		r->is_readable = false;
}

static struct addr
addr_from(const char *s)
{
	struct bytes b = test_hex(s);
	struct addr a = {{0}};

	if (b.len <= sizeof(a.b))
		memcpy(a.b + sizeof(a.b) - b.len, b.ptr, b.len);
	return a;
}

static const json_t *
item(const json_t *tx, const char *list, const json_t *indexes,
    const char *index)
{
	return json_array_get(json_object_get(tx, list),
	    (size_t)json_integer_value(json_object_get(indexes, index)));
}

static void
read_access(struct run *r, const json_t *list)
{
	size_t i, j, cnt = json_array_size(list);
	struct tx_access *out = arena_array(&r->w.arena, cnt, sizeof(*out));

	for (i = 0; i < cnt; i++) {
		const json_t *e = json_array_get(list, i);
		const json_t *keys = json_object_get(e, "storageKeys");
		size_t key_cnt = json_array_size(keys);
		struct hash *k = arena_array(&r->w.arena, key_cnt, sizeof(*k));

		for (j = 0; j < key_cnt; j++) {
			struct u256 v;

			big(r, &v, json_string_value(json_array_get(keys, j)));
			u256_to_be(k[j].b, &v);
		}
		out[i] =
		    (struct tx_access){.addr = addr_from(text(e, "address")),
			.keys = k,
			.key_cnt = key_cnt};
	}
	r->tx.access = out;
	r->tx.access_cnt = cnt;
}

static void
read_tx(struct run *r)
{
	const json_t *t = json_object_get(r->test, "transaction");
	const json_t *at = json_object_get(r->post, "indexes");
	const json_t *access = item(t, "accessLists", at, "data");
	struct tx *tx = &r->tx;

	*tx = (struct tx){.r = U256_ONE, .s = U256_ONE, .type = TX_LEGACY};
	tx->nonce = small(r, text(t, "nonce"));
	tx->gas = small(r, json_string_value(item(t, "gasLimit", at, "gas")));
	big(r, &tx->value, json_string_value(item(t, "value", at, "value")));
	tx->data = test_hex(json_string_value(item(t, "data", at, "data")));
	tx->is_create = text(t, "to")[0] == '\0';
	tx->to = addr_from(text(t, "to"));
	big(r, &tx->max_fee, text(t, "gasPrice"));
	tx->max_tip = tx->max_fee;
	if (json_is_array(access)) {
		tx->type = TX_ACCESS_LIST;
		read_access(r, access);
	}
	if (json_object_get(t, "maxFeePerGas") != NULL) {
		tx->type = TX_DYNAMIC_FEE;
		big(r, &tx->max_fee, text(t, "maxFeePerGas"));
		big(r, &tx->max_tip, text(t, "maxPriorityFeePerGas"));
	}
	tx->has_chain_id = tx->type != TX_LEGACY;
	tx->chain_id = 1;
	r->sender = addr_from(text(t, "sender"));
}

static void
read_slots(struct run *r, const struct addr *a, const json_t *storage)
{
	const char *k;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)storage, k, v)
	{
		struct u256 key, value;
		struct hash h;

		big(r, &key, k);
		big(r, &value, json_string_value(v));
		u256_to_be(h.b, &key);
		state_set_slot(r->w.st, a, &h, &value);
	}
}

static void
read_pre(struct run *r)
{
	const char *k;
	json_t *v;

	json_object_foreach(json_object_get(r->test, "pre"), k, v)
	{
		struct addr a = addr_from(k);
		struct bytes code = test_hex(text(v, "code"));
		struct u256 balance;

		big(r, &balance, text(v, "balance"));
		state_create(r->w.st, &a);
		state_set_balance(r->w.st, &a, &balance);
		state_set_nonce(r->w.st, &a, small(r, text(v, "nonce")));
		if (code.len > 0)
			state_set_code(r->w.st, &a, code);
		read_slots(r, &a, json_object_get(v, "storage"));
	}
	state_end_tx(r->w.st, false);
}

static void
read_env(struct run *r)
{
	const json_t *env = json_object_get(r->test, "env");
	struct evm_block *b = &r->w.env.block;

	b->coinbase = r->author = addr_from(text(env, "currentCoinbase"));
	b->number = small(r, text(env, "currentNumber"));
	b->time = small(r, text(env, "currentTimestamp"));
	b->gas_limit = small(r, text(env, "currentGasLimit"));
	if (b->fork >= FORK_LONDON)
		big(r, &b->base_fee, text(env, "currentBaseFee"));
	r->w.gas_left = b->gas_limit;
}

/* why_not tells cases that are for what is to come; NULL: it can be run. */
static const char *
why_not(const struct run *r)
{
	const json_t *t = json_object_get(r->test, "transaction");
	struct hash code;

	if (json_object_get(t, "authorizationList") != NULL)
		return "code of accounts with keys (EIP-7702)";
	if (json_object_get(t, "maxFeePerBlobGas") != NULL)
		return "blobs (EIP-4844)";
	if (json_object_get(r->post, "expectException") != NULL)
		return NULL;
	if (r->tx.is_create)
		return "needs the machine: a creation";
	if (evm_is_precompile(&r->tx.to, r->w.env.block.fork))
		return "needs the machine: a precompile";
	state_code_hash(r->w.st, &code, &r->tx.to);
	return hash_is_zero(&code) || hash_eq(&code, &HASH_EMPTY_CODE)
		   ? NULL
		   : "needs the machine: a call of code";
}

static enum rc
no_node(void *ctx, struct bytes *out, const struct hash *account,
    const struct trie_path *path, struct err *e)
{
	(void)ctx;
	(void)account;
	(void)path;
	(void)e;
	*out = bytes_of(NULL, 0);
	return RC_OK;
}

static void
check_root(struct run *r)
{
	struct state_tries none = {.node = no_node};
	struct state_nodes nodes;
	struct state_diff diff;
	struct hash root;

	EXPECT_RC(state_diff_take(r->w.st, &diff, NULL), RC_OK);
	EXPECT_RC(state_root(&r->w.arena, &root, &nodes, &diff,
		      &HASH_EMPTY_TRIE, &none, NULL),
	    RC_OK);
	EXPECT_BYTES(hash_bytes(&root), test_hex(text(r->post, "hash")));
}

static void
execute(struct run *r)
{
	bool is_refused = json_object_get(r->post, "expectException") != NULL;
	enum rc rc = RC_BAD_INPUT;
	struct receipt receipt;
	struct err e = {0};

	if (r->is_readable)
		rc = exec_tx(&r->w.arena, &receipt, r->w.st, &r->w.env, &r->tx,
		    &r->sender, &r->w.gas_left, &r->w.gas_used, &e);
	if (is_refused && (rc == RC_OK || rc == RC_EVM_NONE))
		test_fail(__FILE__, __LINE__, "%s, want refusal: %s",
		    err_name(rc), text(r->post, "expectException"));
	if (!is_refused && rc != RC_OK)
		test_fail(
		    __FILE__, __LINE__, "refused: %s", err_message(&e, rc));
	state_add_balance(r->w.st, &r->author, &U256_ZERO);
	state_end_tx(r->w.st, r->w.env.block.fork >= FORK_SPURIOUS);
	check_root(r);
	EXPECT_BYTES(hash_bytes(&no_logs), test_hex(text(r->post, "logs")));
}

static bool
run_case(struct run *r, enum fork f)
{
	char row[160];
	const char *why;

	snprintf(row, sizeof(row), "%s, %s", r->name, r->fork);
	test_row(row);
	world_open(&r->w, f);
	world_start(&r->w);
	r->is_readable = true;
	read_env(r);
	read_pre(r);
	read_tx(r);
	why = why_not(r);
	if (why == NULL)
		execute(r);
	else
		test_left_out(why);
	world_close(&r->w);
	test_row(NULL);
	return why == NULL;
}

static size_t
run_test(const char *name, const json_t *test)
{
	static struct run r;
	const char *fork;
	json_t *posts;
	size_t i, cnt = 0;
	enum fork f;

	json_object_foreach(json_object_get(test, "post"), fork, posts)
	{
		if (!world_fork(&f, fork)) {
			test_fail(__FILE__, __LINE__, "fork %s", fork);
			continue;
		}
		for (i = 0; i < json_array_size(posts); i++) {
			r.name = name;
			r.fork = fork;
			r.test = test;
			r.post = json_array_get(posts, i);
			cnt += run_case(&r, f);
		}
	}
	return cnt;
}

static bool
is_wanted(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strstr(path, folders[i]) != NULL)
			return true;
	return test_whole();
}

static void
run_suite(const char *archive, size_t least)
{
	const char *dir = test_unpack(archive), *name;
	const char *const *files;
	json_t *doc, *test;
	size_t cnt, i, cases = 0;

	if (dir == NULL) {
		test_skip("the archive cannot be unpacked");
		return;
	}
	files = test_files(&cnt, dir, ".json");
	for (i = 0; i < cnt; i++) {
		if (!is_wanted(files[i]))
			continue;
		doc = json_load_file(files[i], 0, NULL);
		json_object_foreach(doc, name, test) cases +=
		    run_test(name, test);
		json_decref(doc);
	}
	test_count(cases);
	EXPECT(cases >= least);
}

TEST(test_state_vectors_legacy_transfers_give_the_roots)
{
	run_suite("ethereum/legacy-state.tar.zst", 140);
}

TEST(test_state_vectors_current_transfers_give_the_roots)
{
	run_suite("ethereum/eest-state.tar.zst", 50);
}
