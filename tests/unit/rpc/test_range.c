/* SPDX-License-Identifier: Apache-2.0
 *
 * debug_storageRangeAt between any two transactions against a model of the
 * contract's storage, whole and page by page; debug_accountRange against
 * what other methods say of each account; and what is wrong with a question.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "rig.h"

/*
 * A contract that writes the word at 32 of its call data to the slot named
 * by the one at 0; without call data it destroys itself:
 *   CALLDATASIZE PUSH1 6 JUMPI CALLER SELFDESTRUCT
 *   JUMPDEST PUSH1 32 CALLDATALOAD PUSH1 0 CALLDATALOAD SSTORE STOP
 */
#define WRITER                                                                 \
	"3660065733ff5b60203560003555"                                         \
	"00"
#define INIT "0x6e" WRITER "600052600f6011f3"

#define ZEROES                                                                 \
	"0x0000000000000000000000000000000000000000000000000000000000000000"

enum { SLOTS = 24, BLOCKS = 5, TXS = 7, GAS = 100000 };

/* struct slot is a slot of the model: its key is its place in the array. */
struct slot {
	struct hash key, hash;
	unsigned value;
};

/* struct story is a chain of BLOCKS blocks of TXS writes each behind the one
 * that makes the contract; the last transaction destroys it. was[b][t] is
 * the storage before transaction t of block b + 2. */
struct story {
	struct rig r;
	const char *writer;
	struct slot now[SLOTS], was[BLOCKS][TXS + 1][SLOTS];
};

static void
make_model(struct story *s)
{
	unsigned i;

	memset(s->now, 0, sizeof(s->now));
	for (i = 0; i < SLOTS; i++) {
		s->now[i].key.b[31] = (uint8_t)i;
		s->now[i].hash = hash_keccak(hash_bytes(&s->now[i].key));
	}
}

/* write_slot sends a transaction that sets a slot. */
static void
write_slot(struct story *s, uint64_t nonce, unsigned slot, unsigned value)
{
	struct rig_tx t = {.from = 1, .nonce = nonce, .gas = GAS};

	t.to = s->writer;
	t.data = rig_fmt(&s->r, "0x%064x%064x", slot, value);
	(void)rig_send(&s->r, &t);
	s->now[slot].value = value;
}

static void
destroy(struct story *s, uint64_t nonce)
{
	struct rig_tx t = {.from = 1, .nonce = nonce, .gas = GAS};
	unsigned i;

	t.to = s->writer;
	(void)rig_send(&s->r, &t);
	for (i = 0; i < SLOTS; i++)
		s->now[i].value = 0;
}

static void
tell(struct story *s)
{
	struct rig_tx make = {
	    .from = 1, .is_create = true, .gas = 2 * GAS, .data = INIT};
	const char *made;
	uint64_t nonce = 1;
	unsigned b, t;

	rig_open(&s->r);
	make_model(s);
	made = rig_fmt(&s->r, "[\"%s\"]", rig_send(&s->r, &make));
	(void)rig_mine(&s->r);
	s->writer = rig_member(
	    &s->r, "eth_getTransactionReceipt", made, "contractAddress");
	for (b = 0; b < BLOCKS; b++) {
		for (t = 0; t < TXS; t++) {
			memcpy(s->was[b][t], s->now, sizeof(s->now));
			if (b == BLOCKS - 1 && t == TXS - 1)
				destroy(s, nonce++);
			else
				write_slot(s, nonce++, (7 * t + 3 * b) % SLOTS,
				    (t + b) % 3);
		}
		memcpy(s->was[b][TXS], s->now, sizeof(s->now));
		EXPECT_U64(rig_mine(&s->r), b + 2);
	}
}

static int
by_hash(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return memcmp(x->hash.b, y->hash.b, sizeof(x->hash.b));
}

/* page_of writes the page of the model that begins at hash start. */
static const char *
page_of(
    struct story *s, const struct slot *model, const char *start, unsigned most)
{
	struct slot v[SLOTS];
	char hash[67], key[67];
	const char *text = "", *next = "null";
	unsigned i, cnt = 0;

	memcpy(v, model, sizeof(v));
	qsort(v, SLOTS, sizeof(v[0]), by_hash);
	for (i = 0; i < SLOTS; i++) {
		(void)hex_put0x(hash, hash_bytes(&v[i].hash));
		if (v[i].value == 0 || strcmp(hash, start) < 0)
			continue;
		if (cnt == most) {
			next = rig_fmt(&s->r, "\"%s\"", hash);
			break;
		}
		text = rig_fmt(&s->r,
		    "%s%s\"%s\":{\"key\":\"%s\",\"value\":\"0x%064x\"}", text,
		    cnt++ == 0 ? "" : ",", hash,
		    hex_put0x(key, hash_bytes(&v[i].key)), v[i].value);
	}
	return rig_fmt(&s->r, "{\"storage\":{%s},\"nextKey\":%s}", text, next);
}

static const char *
ask(struct story *s, unsigned b, unsigned t, const char *start, unsigned most)
{
	return rig_fmt(&s->r, "[\"%s\",%u,\"%s\",\"%s\",%u]",
	    rig_hash(&s->r, b + 2), t, s->writer, start, most);
}

/* ask_pages asks for page behind page until there is none. */
static void
ask_pages(struct story *s, unsigned b, unsigned t, unsigned most)
{
	const char *start = ZEROES;
	unsigned i;

	for (i = 0; i <= SLOTS && strcmp(start, "null") != 0; i++) {
		EXPECT_CALL(&s->r, "debug_storageRangeAt",
		    ask(s, b, t, start, most),
		    page_of(s, s->was[b][t], start, most));
		start = rig_member(&s->r, "debug_storageRangeAt",
		    ask(s, b, t, start, most), "nextKey");
	}
	EXPECT(i <= SLOTS);
}

TEST(test_storage_range_is_what_was_between_transactions)
{
	struct story s;
	unsigned b, t;

	tell(&s);
	for (b = 0; b < BLOCKS; b++) {
		if (b == BLOCKS / 2)
			rig_flush(&s.r, true);
		for (t = 0; t <= TXS; t++)
			EXPECT_CALL(&s.r, "debug_storageRangeAt",
			    ask(&s, b, t, "0x", 5000),
			    page_of(&s, s.was[b][t], ZEROES, SLOTS));
	}
	rig_close(&s.r);
}

TEST(test_storage_range_pages_are_the_whole)
{
	struct story s;
	unsigned t, most;

	tell(&s);
	for (t = 0; t <= TXS; t += TXS) {
		for (most = 1; most < 5; most++)
			ask_pages(&s, BLOCKS / 2, t, most);
	}
	EXPECT_CALL(&s.r, "debug_storageRangeAt", ask(&s, 2, 3, "0x", 0),
	    page_of(&s, s.was[2][3], ZEROES, 0));
	EXPECT_CALL(&s.r, "debug_storageRangeAt", ask(&s, 2, 3, "0x80", 9),
	    page_of(&s, s.was[2][3], rig_fmt(&s.r, "0x80%062d", 0), 9));
	rig_close(&s.r);
}

/* Hex numbers, block numbers and EIP-1898 objects name the same. */
TEST(test_storage_range_block_and_index_in_any_form)
{
	struct story s;
	const char *want;

	tell(&s);
	want = page_of(&s, s.was[1][2], ZEROES, SLOTS);
	EXPECT_CALL(&s.r, "debug_storageRangeAt",
	    rig_fmt(&s.r, "[\"0x3\",\"0x2\",\"%s\",\"" ZEROES "\",\"0x40\"]",
		s.writer),
	    want);
	EXPECT_CALL(&s.r, "debug_storageRangeAt",
	    rig_fmt(&s.r, "[{\"blockHash\":\"%s\"},2,\"%s\",\"0x\",64]",
		rig_hash(&s.r, 3), s.writer),
	    want);
	EXPECT_CALL(&s.r, "debug_storageRangeAt",
	    rig_fmt(&s.r, "[\"0x3\",2,\"%s\",\"0x\",64]", rig_addr_text(2)),
	    "{\"storage\":{},\"nextKey\":null}");
	rig_close(&s.r);
}

/* struct wrong is a question and its error. */
struct wrong {
	const char *params, *want;
};

static void
expect_wrong(
    struct rig *r, const char *method, const struct wrong *v, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		EXPECT_CALL(r, method, v[i].params, v[i].want);
}

TEST(test_storage_range_bad_question_is_refused)
{
#define WHO "\"" RIG_CODE_ADDR "\""
	static const struct wrong v[] = {
	    {"[]", "-32602 missing value for required argument 0"},
	    {"[\"0x2\",0," WHO ",\"0x\"]",
		"-32602 missing value for required argument 4"},
	    {"[\"0x2\",-1," WHO ",\"0x\",1]",
		"-32602 invalid argument 1: not a count"},
	    {"[\"0x2\",0,\"0x12\",\"0x\",1]",
		"-32602 invalid argument 2: hex data has 2 digits, want 40"},
	    {"[\"0x2\",0," WHO ",\"0x1\",1]",
		"-32602 invalid argument 3: hex data of odd length 1"},
	    {"[\"0x2\",0," WHO ",\"" ZEROES "00\",1]",
		"-32602 invalid argument 3: a key of more than 32 bytes"},
	    {"[\"0x2\",0," WHO ",\"0x\",1.5]",
		"-32602 invalid argument 4: not a count"},
	    {"[\"0x2\",8," WHO ",\"0x\",1]", "-32000 transaction index 8 of 7"},
	    {"[\"0x63\",0," WHO ",\"0x\",1]", "-32000 header not found"},
	    {"[\"0x0\",0," WHO ",\"0x\",1]", "-32000 genesis is not traceable"},
	    {"[\"pending\",0," WHO ",\"0x\",1]",
		"-32000 no transactions are pending by index"},
	};
	struct story s;

	tell(&s);
	expect_wrong(&s.r, "debug_storageRangeAt", v, sizeof(v) / sizeof(v[0]));
	rig_close(&s.r);
}

/* Accounts. --------------------------------------------------------------- */

/* same_text compares a member with what another method says. */
static void
same_text(const json_t *acc, const char *name, const char *want)
{
	EXPECT_STR(json_string_value(json_object_get(acc, name)), want);
}

/* check_account compares a dumped account with eth_getProof and its kin. */
static void
check_account(struct rig *r, const char *who, const json_t *acc, bool is_whole)
{
	const char *at = rig_fmt(r, "[\"%s\",\"latest\"]", who);
	const char *proof = rig_fmt(r, "[\"%s\",[],\"latest\"]", who);
	const char *code = rig_result(r, "eth_getCode", at);
	const json_t *storage = json_object_get(acc, "storage"), *value;
	const char *key;

	same_text(acc, "balance",
	    rig_fmt(r, "%llu",
		strtoull(rig_member(r, "eth_getProof", proof, "balance"), NULL,
		    16)));
	EXPECT_U64((uint64_t)json_integer_value(json_object_get(acc, "nonce")),
	    strtoull(rig_member(r, "eth_getProof", proof, "nonce"), NULL, 16));
	same_text(
	    acc, "root", rig_member(r, "eth_getProof", proof, "storageHash"));
	same_text(
	    acc, "codeHash", rig_member(r, "eth_getProof", proof, "codeHash"));
	if (!is_whole || strcmp(code, "\"0x\"") == 0)
		EXPECT(json_object_get(acc, "code") == NULL);
	else
		EXPECT_STR(rig_fmt(r, "\"%s\"",
			       json_string_value(json_object_get(acc, "code"))),
		    code);
	EXPECT(is_whole || storage == NULL);
	json_object_foreach((json_t *)(uintptr_t)storage, key, value)
	{
		EXPECT_CALL(r, "eth_getStorageAt",
		    rig_fmt(r, "[\"%s\",\"%s\",\"latest\"]", who, key),
		    rig_fmt(r, "\"0x%064llx\"",
			strtoull(json_string_value(value), NULL, 16)));
	}
}

/* check_page checks a page's accounts, which ascend behind *last, and adds up
 * their slots. */
static size_t
check_page(struct rig *r, const char *params, char last[67], size_t *slots,
    bool is_whole)
{
	json_t *page = rig_json(rig_result(r, "debug_accountRange", params));
	json_t *all = json_object_get(page, "accounts"), *acc;
	size_t cnt = json_object_size(all);
	const char *name, *key;

	EXPECT_STR(rig_fmt(r, "0x%s",
		       json_string_value(json_object_get(page, "root"))),
	    rig_member(
		r, "eth_getBlockByNumber", "[\"latest\",false]", "stateRoot"));
	json_object_foreach(all, name, acc)
	{
		const char *who =
		    json_string_value(json_object_get(acc, "address"));
		struct addr addr;
		struct hash hash;
		char text[67];

		EXPECT(strcasecmp(name, who) == 0);
		EXPECT_RC(hex_read_fixed(addr.b, sizeof(addr.b),
			      bytes_of_str(who), false, NULL),
		    RC_OK);
		hash = hash_keccak(addr_bytes(&addr));
		key = json_string_value(json_object_get(acc, "key"));
		EXPECT_STR(key, hex_put0x(text, hash_bytes(&hash)));
		EXPECT(strcmp(key, last) > 0);
		memcpy(last, key, 67);
		*slots += json_object_size(json_object_get(acc, "storage"));
		check_account(r, who, acc, is_whole);
	}
	json_decref(page);
	return cnt;
}

TEST(test_account_range_pages_are_all_accounts)
{
	struct story s;
	const char *next = "0x", *params;
	size_t cnt = 0, slots = 0, all;
	char last[67] = "";

	tell(&s);
	all = check_page(&s.r, "[\"latest\"]", last, &slots, true);
	EXPECT(all > 6 && slots > 0);
	EXPECT_STR(
	    rig_member(&s.r, "debug_accountRange", "[\"latest\"]", "next"),
	    "-");
	last[0] = '\0';
	while (strcmp(next, "-") != 0 && cnt <= all) {
		params = rig_fmt(
		    &s.r, "[\"latest\",\"%s\",3,true,true,false]", next);
		cnt += check_page(&s.r, params, last, &slots, false);
		next = rig_member(&s.r, "debug_accountRange", params, "next");
	}
	EXPECT_U64(cnt, all);
	rig_close(&s.r);
}

/* What an account was is told of old blocks too. */
TEST(test_account_range_of_an_old_block)
{
	struct hash hash;
	struct story s;
	struct addr addr;
	json_t *page;

	tell(&s);
	EXPECT_RC(hex_read_fixed(addr.b, sizeof(addr.b), bytes_of_str(s.writer),
		      false, NULL),
	    RC_OK);
	hash = hash_keccak(addr_bytes(&addr));
	page = rig_json(rig_result(&s.r, "debug_accountRange",
	    rig_fmt(&s.r, "[\"0x5\",\"0x%02x%02x%02x%02x\",1]", hash.b[0],
		hash.b[1], hash.b[2], hash.b[3])));
	EXPECT_U64(json_object_size(json_object_get(page, "accounts")), 1);
	same_text(json_object_iter_value(
		      json_object_iter(json_object_get(page, "accounts"))),
	    "address", s.writer);
	json_decref(page);
	EXPECT_STR(rig_result(&s.r, "eth_getCode",
		       rig_fmt(&s.r, "[\"%s\"]", s.writer)),
	    "\"0x\"");
	rig_close(&s.r);
}

TEST(test_account_range_bad_question_is_refused)
{
	static const struct wrong v[] = {
	    {"[]", "-32602 missing value for required argument 0"},
	    {"[\"latest\",5]", "-32602 invalid argument 1: not a hex string"},
	    {"[\"latest\",\"" ZEROES "11\"]",
		"-32602 invalid argument 1: a key of more than 32 bytes"},
	    {"[\"latest\",\"0x\",-4]",
		"-32602 invalid argument 2: not a count"},
	    {"[\"latest\",\"0x\",4,1]",
		"-32602 invalid argument 3: not a boolean"},
	    {"[\"latest\",\"0x\",4,true,\"\"]",
		"-32602 invalid argument 4: not a boolean"},
	    {"[\"latest\",\"0x\",4,true,true,0]",
		"-32602 invalid argument 5: not a boolean"},
	    {"[\"0x63\"]", "-32000 header not found"},
	    {"[\"latest\",null,null,null,null,null,null]",
		"-32602 too many arguments, want at most 6"},
	};
	struct story s;

	tell(&s);
	expect_wrong(&s.r, "debug_accountRange", v, sizeof(v) / sizeof(v[0]));
	rig_close(&s.r);
}
