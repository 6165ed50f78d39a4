/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables against the ABIs that they were made of, hashed and parsed anew
 * by eth/abi, and what ethers encodes, both ways.
 */
#include "contract/contract.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "test.h"

enum { ROOM = 1 << 22, LINE_MAX_BYTES = 1 << 16 };

static const char *
str_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	EXPECT(text != NULL);
	return text == NULL ? "" : text;
}

static struct bytes
data_of(struct arena *a, const json_t *row, const char *key)
{
	struct bytes out = bytes_of(NULL, 0);

	EXPECT_RC(
	    hex_read(a, &out, bytes_of_str(str_of(row, key)), NULL), RC_OK);
	return out;
}

static void
expect_same_node(const struct abi_type *got, const struct abi_type *want)
{
	EXPECT_U64(got->kind, want->kind);
	EXPECT_U64(got->size, want->size);
	EXPECT_U64(got->is_dynamic, want->is_dynamic);
	EXPECT_U64(got->depth, want->depth);
	EXPECT_U64(got->head_size, want->head_size);
	EXPECT_U64(got->cnt, want->cnt);
}

/* Parameters of ours are plain, or lists of such. */
static void
expect_same_type(const struct abi_type *got, const struct abi_type *want)
{
	size_t i;

	expect_same_node(got, want);
	for (i = 0; i < got->cnt && i < want->cnt; i++) {
		expect_same_node(&got->items[i], &want->items[i]);
		EXPECT(got->items[i].depth <= 1);
		if (got->items[i].kind == ABI_LIST)
			expect_same_node(
			    got->items[i].items, want->items[i].items);
	}
}

static void
expect_member(const struct contract_member *m, const json_t *entry)
{
	const json_t *inputs = json_object_get(entry, "inputs"), *p;
	size_t i, indexed = 0;

	EXPECT_STR(m->name,
	    m->kind == CONTRACT_CONSTRUCTOR ? "" : str_of(entry, "name"));
	EXPECT_U64(m->param_cnt, json_array_size(inputs));
	json_array_foreach(inputs, i, p)
	{
		bool is_indexed = json_is_true(json_object_get(p, "indexed"));

		EXPECT_STR(m->params[i].name, str_of(p, "name"));
		EXPECT_STR(m->params[i].type, str_of(p, "type"));
		EXPECT(m->params[i].is_indexed == is_indexed);
		indexed += is_indexed;
	}
	EXPECT_U64(m->topics.cnt, indexed);
	EXPECT_U64(m->data.cnt, m->param_cnt - indexed);
	EXPECT_U64(
	    m->results.cnt, json_array_size(json_object_get(entry, "outputs")));
	EXPECT((m->event == EVENT_NONE) == (m->kind != CONTRACT_EVENT));
}

static void
expect_hash(struct arena *a, const struct contract_member *m)
{
	const char *text = m->kind == CONTRACT_CONSTRUCTOR
			       ? arena_str(a, "c%s", m->text)
			       : m->text;
	struct abi_sig sig;

	EXPECT_RC(abi_read_sig(a, &sig, bytes_of_str(text), NULL), RC_OK);
	if (m->kind != CONTRACT_CONSTRUCTOR)
		EXPECT_BYTES(hash_bytes(&m->hash), hash_bytes(&sig.hash));
	expect_same_type(&m->args, &sig.args);
}

/* The member of the JSON's entry: same kind, and the next of it. */
static const struct contract_member *
next_of(const struct contract *c, const char *kind, size_t taken[4])
{
	static const char *const kinds[] = {
	    "constructor", "function", "event", "error"};
	size_t i, k = 0, skip;

	while (k < 3 && strcmp(kinds[k], kind) != 0)
		k++;
	skip = taken[k]++;
	for (i = 0; i < c->member_cnt; i++)
		if ((size_t)c->members[i].kind == k && skip-- == 0)
			return &c->members[i];
	return NULL;
}

TEST(test_contract_tables_are_the_abis)
{
	const struct contract *c;
	struct arena a;
	size_t i, j;

	for (i = 0; (c = contract_at(i)) != NULL; i++) {
		json_t *abi =
		    json_loadb((const char *)c->abi.ptr, c->abi.len, 0, NULL);
		size_t taken[4] = {0};
		const json_t *entry;

		test_row(c->name);
		arena_init(&a, ROOM);
		EXPECT_U64(json_array_size(abi), c->member_cnt);
		json_array_foreach(abi, j, entry)
		{
			const struct contract_member *m =
			    next_of(c, str_of(entry, "type"), taken);

			EXPECT(m != NULL);
			if (m == NULL)
				continue;
			expect_member(m, entry);
			expect_hash(&a, m);
			test_count(1);
		}
		json_decref(abi);
		arena_drop(&a);
	}
	EXPECT(i > 20);
}

TEST(test_contract_find_by_profile_and_name)
{
	const struct contract *bond =
	    contract_find(CONTRACT_STRICT, "IbetStraightBond");
	const struct contract *old =
	    contract_find(CONTRACT_LEGACY, "IbetStraightBond");
	enum contract_profile p;

	EXPECT(contract_find(CONTRACT_LEGACY, "IbetShare") == NULL);
	EXPECT(contract_find(CONTRACT_STRICT, "WhiteList") == NULL);
	EXPECT(contract_find(CONTRACT_STRICT, "") == NULL);
	EXPECT(contract_find(CONTRACT_STANDARD, "ERC20") != NULL);
	EXPECT(bond != NULL && old != NULL && bond != old);
	if (bond == NULL || old == NULL)
		return;
	EXPECT_STR(bond->evm_version, "london");
	EXPECT_STR(old->evm_version, "byzantium");
	EXPECT(bond->code.len > bond->runtime.len && bond->runtime.len > 10000);
	EXPECT_U64(contract_constructor(bond)->param_cnt, 11);
	EXPECT_U64(contract_constructor(old)->param_cnt, 13);
	EXPECT(contract_constructor(
		   contract_find(CONTRACT_STRICT, "TokenList")) == NULL);
	EXPECT(contract_profile_read(&p, "legacy") && p == CONTRACT_LEGACY);
	EXPECT(!contract_profile_read(&p, "Legacy"));
	EXPECT_STR(contract_profile_text(CONTRACT_STRICT), "strict");
}

/* --- what ethers encodes --- */

static void
expect_values(struct arena *a, const json_t *want, const struct abi_type *types,
    const struct abi_value *got)
{
	const json_t *text;
	size_t i;

	EXPECT_U64(types->cnt, json_array_size(want));
	json_array_foreach(want, i, text) EXPECT_BYTES(
	    contract_value_text(a, &types->items[i], &got[i], 4096),
	    bytes_of_str(json_string_value(text)));
}

static void
try_function(struct arena *a, const struct contract *c, const json_t *row)
{
	struct bytes data = data_of(a, row, "data"), again;
	const struct contract_member *m =
	    contract_member(c, CONTRACT_FUNCTION, str_of(row, "text"));
	const struct abi_value *results;
	struct contract_decoded d;

	EXPECT_RC(contract_decode_call(a, &d, c, data, NULL), RC_OK);
	EXPECT(d.member == m);
	expect_values(a, json_object_get(row, "args"), &m->args, d.args);
	EXPECT_RC(
	    contract_encode_call(a, &again, m, d.args, m->param_cnt, NULL),
	    RC_OK);
	EXPECT_BYTES(again, data);
	EXPECT_RC(contract_decode_call(a, &d, NULL, data, NULL), RC_OK);
	EXPECT_STR(d.member->text, m->text);
	EXPECT_RC(contract_decode_results(
		      a, &results, m, data_of(a, row, "returned"), NULL),
	    RC_OK);
	expect_values(a, json_object_get(row, "results"), &m->results, results);
}

static void
try_constructor(struct arena *a, const struct contract *c, const json_t *row)
{
	struct bytes args = data_of(a, row, "data"), all;
	const struct contract_member *m = contract_constructor(c);
	const struct abi_value *v;

	EXPECT_RC(abi_decode(a, &v, &m->args, args, NULL), RC_OK);
	expect_values(a, json_object_get(row, "args"), &m->args, v);
	EXPECT_RC(
	    contract_encode_create(a, &all, c, v, m->param_cnt, NULL), RC_OK);
	EXPECT_BYTES(bytes_of(all.ptr, c->code.len), c->code);
	EXPECT_BYTES(
	    bytes_of(all.ptr + c->code.len, all.len - c->code.len), args);
}

static void
try_event(struct arena *a, const struct contract *c, const json_t *row)
{
	const json_t *list = json_object_get(row, "topics"), *topic;
	struct hash topics[EVENT_TOPIC_MAX];
	struct contract_decoded d, any;
	size_t i, cnt = json_array_size(list);
	struct bytes data = data_of(a, row, "data");

	json_array_foreach(list, i, topic)
	    EXPECT_RC(hex_read_fixed(topics[i].b, 32,
			  bytes_of_str(json_string_value(topic)), false, NULL),
		RC_OK);
	EXPECT_RC(event_decode(a, &d, c, topics, cnt, data, NULL), RC_OK);
	EXPECT_STR(d.member->text, str_of(row, "text"));
	expect_values(a, json_object_get(row, "args"), &d.member->args, d.args);
	EXPECT(hash_eq(event_topic(d.member->event), &topics[0]));
	EXPECT_RC(event_decode(a, &any, NULL, topics, cnt, data, NULL), RC_OK);
	EXPECT(any.member->event == d.member->event);
	EXPECT_RC(event_decode(a, &any, c, topics, cnt - 1, data, NULL),
	    RC_NOT_FOUND);
}

static void
try_error(struct arena *a, const struct contract *c, const json_t *row)
{
	struct bytes data = data_of(a, row, "data");
	struct contract_decoded d;

	EXPECT_RC(contract_decode_error(a, &d, c, data, NULL), RC_OK);
	EXPECT_STR(d.member->text, str_of(row, "text"));
	expect_values(a, json_object_get(row, "args"), &d.member->args, d.args);
	EXPECT_RC(contract_decode_call(a, &d, c, data, NULL), RC_NOT_FOUND);
}

static void
try_row(struct arena *a, const json_t *row)
{
	enum contract_profile p = CONTRACT_PROFILE_CNT;
	const struct contract *c;
	const char *kind = str_of(row, "kind");

	EXPECT(contract_profile_read(&p, str_of(row, "profile")));
	c = contract_find(p, str_of(row, "contract"));
	EXPECT(c != NULL);
	if (c == NULL)
		return;
	if (!strcmp(kind, "function"))
		try_function(a, c, row);
	else if (!strcmp(kind, "constructor"))
		try_constructor(a, c, row);
	else if (!strcmp(kind, "event"))
		try_event(a, c, row);
	else
		try_error(a, c, row);
}

/* Written by tests/contracts/vectors.mjs, a member a line. */
TEST(test_contract_members_as_ethers)
{
	FILE *f = fopen("tests/vectors/contract.jsonl", "re");
	static char line[LINE_MAX_BYTES];
	struct arena a;
	size_t cnt = 0;

	EXPECT(f != NULL);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		json_t *row = json_loads(line, 0, NULL);

		test_row(str_of(row, "text"));
		arena_init(&a, ROOM);
		try_row(&a, row);
		arena_drop(&a);
		json_decref(row);
		test_count(1);
		cnt++;
	}
	EXPECT(cnt > 200);
	if (f != NULL)
		(void)fclose(f);
}

/* --- what is refused --- */

TEST(test_contract_encode_bad_value_is_named)
{
	const struct contract *c =
	    contract_find(CONTRACT_STRICT, "PaymentGateway");
	const struct contract *list =
	    contract_find(CONTRACT_STRICT, "TokenList");
	const struct contract_member *m =
	    contract_member(list, CONTRACT_FUNCTION, "getTokenByNum");
	const struct contract_member *accounts =
	    contract_member(contract_find(CONTRACT_LEGACY, "WhiteList"),
		CONTRACT_FUNCTION, "terms");
	struct abi_value v[2] = {{.cnt = 0}};
	struct err e = {0};
	struct bytes out;
	struct arena a;

	arena_init(&a, ROOM);
	EXPECT_RC(contract_encode_call(&a, &out, m, v, 2, &e), RC_BAD_INPUT);
	EXPECT_STR(e.text, "2 arguments where 1 belong");
	v[1] = abi_u64(65536);
	e = (struct err){0};
	EXPECT_RC(
	    contract_encode_call(&a, &out, accounts, v, 2, &e), RC_BAD_INPUT);
	EXPECT(strstr(e.text, accounts->params[1].name) != NULL);
	EXPECT(strstr(e.text, "more than 16 bits") != NULL);
	e = (struct err){0};
	EXPECT_RC(contract_encode_create(&a, &out, c, v, 1, &e), RC_BAD_INPUT);
	EXPECT_RC(contract_encode_create(&a, &out,
		      contract_find(CONTRACT_STANDARD, "ERC20"), v, 0, &e),
	    RC_UNSUPPORTED);
	arena_drop(&a);
}

TEST(test_contract_decode_bad_data_is_refused)
{
	static const struct {
		const char *name, *data;
		enum rc want;
	} rows[] = {
	    {"nothing", "", RC_NOT_FOUND},
	    {"half a selector", "a9059c", RC_NOT_FOUND},
	    {"no such function", "deadbeef", RC_NOT_FOUND},
	    {"no arguments", "a9059cbb", RC_TRUNCATED},
	    {"an address too long",
		"a9059cbbffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffffffffff0000000000000000000000000000000000000000000000000000"
		"000000000001",
		RC_BAD_INPUT},
	};
	const struct contract *c = contract_find(CONTRACT_STRICT, "IbetShare");
	struct contract_decoded d;
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		arena_init(&a, ROOM);
		EXPECT_RC(contract_decode_call(
			      &a, &d, c, test_hex(rows[i].data), NULL),
		    rows[i].want);
		EXPECT_RC(contract_decode_call(
			      &a, &d, NULL, test_hex(rows[i].data), NULL),
		    rows[i].want);
		arena_drop(&a);
		test_count(1);
	}
}

TEST(test_contract_event_of_another_contract_is_not_its_own)
{
	const struct contract *list =
	    contract_find(CONTRACT_STRICT, "TokenList");
	struct hash topics[EVENT_TOPIC_MAX] = {0};
	struct contract_decoded d;
	struct arena a;

	arena_init(&a, ROOM);
	EXPECT_RC(
	    event_decode(&a, &d, NULL, topics, 0, bytes_of(NULL, 0), NULL),
	    RC_NOT_FOUND);
	EXPECT_RC(
	    event_decode(&a, &d, NULL, topics, 1, bytes_of(NULL, 0), NULL),
	    RC_NOT_FOUND);
	topics[0] = *event_topic(EVENT_REDEEM_ALL);
	EXPECT_RC(
	    event_decode(&a, &d, list, topics, 1, bytes_of(NULL, 0), NULL),
	    RC_NOT_FOUND);
	EXPECT_RC(
	    event_decode(&a, &d, NULL, topics, 1, bytes_of(NULL, 0), NULL),
	    RC_OK);
	EXPECT(d.member->event == EVENT_REDEEM_ALL);
	/* a topic that is no address */
	memset(topics, 0xff, sizeof(topics));
	topics[0] = *event_topic(EVENT_REGISTER);
	EXPECT_RC(
	    event_decode(&a, &d, NULL, topics, 3, bytes_of(NULL, 0), NULL),
	    RC_BAD_INPUT);
	topics[0] = *event_topic(EVENT_REGISTER_TOKEN);
	memset(topics[1].b, 0, sizeof(topics[1].b));
	EXPECT_RC(
	    event_decode(&a, &d, list, topics, 2, bytes_of(NULL, 0), NULL),
	    RC_TRUNCATED);
	arena_drop(&a);
}

TEST(test_contract_without_memory_fails)
{
	const struct contract *c =
	    contract_find(CONTRACT_STRICT, "IbetStraightBond");
	const struct contract_member *m =
	    contract_member(c, CONTRACT_FUNCTION, "transfer");
	struct abi_value v[2] = {{.cnt = 0}};
	struct hash topics[3] = {*event_topic(EVENT_TRANSFER)};
	struct contract_decoded d;
	struct bytes data, out;
	struct arena a, none;
	size_t room;

	arena_init(&a, ROOM);
	EXPECT_RC(contract_encode_call(&a, &data, m, v, 2, NULL), RC_OK);
	arena_init(&none, 1);
	EXPECT_RC(
	    contract_encode_call(&none, &out, m, v, 2, NULL), RC_NO_MEMORY);
	EXPECT_RC(contract_decode_call(&none, &d, c, data, NULL), RC_NO_MEMORY);
	EXPECT(contract_value_text(&none, &m->args.items[0], v, 8).ptr == NULL);
	for (room = 1; room < 400; room += 64) {
		struct arena small;

		arena_init(&small, room);
		EXPECT_RC(event_decode(&small, &d, NULL, topics, 3,
			      bytes_of(data.ptr + 4, 32), NULL),
		    RC_NO_MEMORY);
		arena_drop(&small);
	}
	arena_drop(&none);
	arena_drop(&a);
}

TEST(test_contract_value_text_is_bounded)
{
	static const struct abi_type number = {.kind = ABI_INT, .size = 256};
	static const struct abi_type text = {.kind = ABI_STRING};
	static const struct abi_type blob = {.kind = ABI_BYTES};
	static const struct abi_type pair[] = {
	    {.kind = ABI_BOOL},
	    {.kind = ABI_LIST, .items = &number},
	};
	static const struct abi_type tuple = {
	    .kind = ABI_TUPLE, .items = pair, .cnt = 2};
	struct abi_value numbers[3] = {{.cnt = 0}};
	struct abi_value members[2], empty[2] = {{.cnt = 0}};
	struct abi_value v;
	struct arena a;

	arena_init(&a, ROOM);
	memset(&numbers[0].num, 0xff, sizeof(numbers[0].num));
	members[0] = abi_bool(true);
	members[1] = abi_items(numbers, 3);
	v = abi_items(members, 2);
	EXPECT_BYTES(contract_value_text(&a, &tuple, &v, 8),
	    bytes_of_str("(true, [-1, 0, 0])"));
	EXPECT_BYTES(contract_value_text(&a, &tuple, &v, 2),
	    bytes_of_str("(true, [-1, 0, ...])"));
	v = abi_items(empty, 2);
	EXPECT_BYTES(contract_value_text(&a, &tuple, &v, 2),
	    bytes_of_str("(false, [])"));
	v = abi_data(bytes_of_str("円円"));
	EXPECT_BYTES(contract_value_text(&a, &text, &v, 5), bytes_of_str("円"));
	EXPECT_BYTES(
	    contract_value_text(&a, &blob, &v, 2), bytes_of_str("0xe586"));
	arena_drop(&a);
}
