/* SPDX-License-Identifier: Apache-2.0
 *
 * The public VM tests: bare code under Frontier's rules, gas left, output,
 * logs, and every account afterwards. The message moves no value, so that
 * it is a DELEGATECALL without a caller's frame.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "eth/rlp.h"
#include "memworld.h"
#include "test.h"

struct run {
	const json_t *test;
	struct mem_world w;
	struct evm_block block;
	struct evm_tx tx;
	struct evm_msg msg;
};

static const char *
text(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s == NULL ? "" : s;
}

static struct u256
number(const char *s)
{
	struct u256 v = U256_ZERO;

	if (s[0] != '\0' && strcmp(s, "0x") != 0)
		EXPECT_RC(u256_from_hex(&v, bytes_of_str(s), NULL), RC_OK);
	return v;
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

static struct hash
key_from(const char *s)
{
	struct u256 v = number(s);
	struct hash h;

	u256_to_be(h.b, &v);
	return h;
}

static void
read_pre(struct run *r)
{
	const char *name, *key;
	json_t *account, *value;

	json_object_foreach(json_object_get(r->test, "pre"), name, account)
	{
		struct addr a = addr_from(name);

		mem_account(&r->w, &a)->balance =
		    number(text(account, "balance"));
		mem_set_nonce(&r->w, &a, number(text(account, "nonce")).w[0]);
		mem_set_code(&r->w, &a, test_hex(text(account, "code")));
		json_object_foreach(
		    json_object_get(account, "storage"), key, value)
		{
			struct hash h = key_from(key);

			mem_slot(&r->w, &a, &h)->now =
			    number(json_string_value(value));
		}
	}
}

static void
read_exec(struct run *r)
{
	const json_t *env = json_object_get(r->test, "env");
	const json_t *exec = json_object_get(r->test, "exec");

	r->block = (struct evm_block){
	    .coinbase = addr_from(text(env, "currentCoinbase")),
	    .number = number(text(env, "currentNumber")).w[0],
	    .time = number(text(env, "currentTimestamp")).w[0],
	    .gas_limit = number(text(env, "currentGasLimit")).w[0],
	    .difficulty = number(text(env, "currentDifficulty")),
	    .fork = FORK_FRONTIER,
	};
	r->tx = (struct evm_tx){.origin = addr_from(text(exec, "origin")),
	    .gas_price = number(text(exec, "gasPrice"))};
	r->msg = (struct evm_msg){
	    .kind = EVM_DELEGATECALL,
	    .gas = number(text(exec, "gas")).w[0],
	    .caller = addr_from(text(exec, "caller")),
	    .to = addr_from(text(exec, "address")),
	    .code_addr = addr_from(text(exec, "address")),
	    .value = number(text(exec, "value")),
	    .input = test_hex(text(exec, "data")),
	};
	mem_set_code(&r->w, &r->msg.to, test_hex(text(exec, "code")));
}

enum { LOG_ROOM = 1 << 18 };

static void
put_list(struct buf *out, const struct buf *items)
{
	EXPECT(rlp_put_list_head(out, items->len));
	EXPECT(buf_put(out, items->ptr, items->len));
}

static void
put_log(struct buf *out, const struct log_entry *log)
{
	static uint8_t room[LOG_ROOM], topic_room[256];
	struct buf items = buf_of(room, sizeof(room));
	struct buf topics = buf_of(topic_room, sizeof(topic_room));
	size_t i;

	EXPECT(rlp_put_str(&items, addr_bytes(&log->addr)));
	for (i = 0; i < log->topic_cnt; i++)
		EXPECT(rlp_put_str(&topics, hash_bytes(&log->topics[i])));
	put_list(&items, &topics);
	EXPECT(rlp_put_str(&items, log->data));
	put_list(out, &items);
}

/* The hash of the RLP list of logs: [address, topics, data] each. */
static struct hash
hash_logs(const struct mem_world *w)
{
	static uint8_t room[LOG_ROOM], all_room[LOG_ROOM];
	struct buf items = buf_of(room, sizeof(room));
	struct buf all = buf_of(all_room, sizeof(all_room));
	size_t i;

	for (i = 0; i < w->log_cnt; i++)
		put_log(&items, &w->logs[i]);
	put_list(&all, &items);
	return hash_keccak(bytes_of_buf(&all));
}

static void
expect_account(struct run *r, const char *name, const json_t *want)
{
	struct addr a = addr_from(name);
	const struct mem_account *got = mem_account(&r->w, &a);
	struct u256 balance = number(text(want, "balance"));
	const char *key;
	json_t *value;
	size_t i;

	EXPECT(u256_eq(&got->balance, &balance));
	EXPECT_U64(got->nonce, number(text(want, "nonce")).w[0]);
	json_object_foreach(json_object_get(want, "storage"), key, value)
	{
		struct hash h = key_from(key);
		struct u256 v = number(json_string_value(value));

		EXPECT(u256_eq(&mem_slot(&r->w, &a, &h)->now, &v));
		mem_slot(&r->w, &a, &h)->now = U256_ZERO;
	}
	for (i = 0; i < MEM_SLOTS; i++)
		EXPECT(!addr_eq(&r->w.slots[i].addr, &a) ||
		       u256_is_zero(&r->w.slots[i].now));
}

static void
expect_post(struct run *r)
{
	const json_t *post = json_object_get(r->test, "post");
	const char *name;
	json_t *account;
	size_t i, cnt = 0;

	json_object_foreach((json_t *)(uintptr_t)post, name, account)
	    expect_account(r, name, account);
	for (i = 0; i < r->w.account_cnt; i++)
		cnt +=
		    r->w.accounts[i].exists && !r->w.accounts[i].is_destroyed;
	EXPECT_U64(cnt, json_object_size(post));
}

static void
run_test(struct evm *vm, const char *name, const json_t *test)
{
	static struct run r;
	struct evm_result out;
	struct evm_host host;
	struct hash logs, want;

	test_row(name);
	r.test = test;
	mem_open(&r.w, FORK_FRONTIER);
	read_pre(&r);
	read_exec(&r);
	mem_begin_tx(&r.w);
	host = mem_host(&r.w);
	evm_run(vm, &out, &host, &r.block, &r.tx, &r.msg);
	if (json_object_get(test, "gas") == NULL) {
		EXPECT(out.rc != RC_OK);
		EXPECT_U64(out.gas_left, 0);
	} else {
		EXPECT_RC(out.rc, RC_OK);
		EXPECT_U64(out.gas_left, number(text(test, "gas")).w[0]);
		EXPECT_BYTES(out.output, test_hex(text(test, "out")));
		logs = hash_logs(&r.w);
		want = key_from(text(test, "logs"));
		EXPECT(hash_eq(&logs, &want));
		expect_post(&r);
	}
	mem_close(&r.w);
	test_row(NULL);
}

TEST(test_vm_vectors_give_gas_output_logs_and_storage)
{
	const char *dir = test_unpack("ethereum/legacy-vm.tar.zst"), *name;
	const char *const *files;
	json_t *doc, *test;
	size_t cnt, i, cases = 0;
	struct evm *vm = evm_new();

	EXPECT(vm != NULL);
	if (dir == NULL) {
		test_skip("ethereum/legacy-vm.tar.zst cannot be unpacked");
		evm_free(vm);
		return;
	}
	files = test_files(&cnt, dir, ".json");
	for (i = 0; i < cnt; i++) {
		doc = json_load_file(files[i], 0, NULL);
		json_object_foreach(doc, name, test)
		{
			run_test(vm, name, test);
			cases++;
		}
		json_decref(doc);
	}
	evm_free(vm);
	test_count(cases);
	EXPECT(cases >= 301);
}
