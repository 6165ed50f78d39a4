/* SPDX-License-Identifier: Apache-2.0
 *
 * Genesis documents: what is refused and how the text names the field, JSON
 * syntax, defaults, every form of a value, and the headers of chains whose
 * hashes are known.
 */
#include "eth/genesis.h"

#include <stdio.h>
#include <stdlib.h>

#include "eth/block.h"
#include "vec.h"

#define A20     "00000000000000000000000000000000000000aa"
#define REST    "\"gasLimit\":\"0x1\",\"difficulty\":1,\"alloc\":{}"
#define ACC(x)  "{\"gasLimit\":1,\"difficulty\":1,\"alloc\":{\"" A20 "\":" x "}}"
#define CONF(x) "{\"config\":{" x "}," REST "}"

static enum rc
read_text(struct arena *a, struct genesis *g, const char *text, struct err *e)
{
	arena_init(a, 1 << 20);
	return genesis_read(a, g, bytes_of_str(text), e);
}

TEST(test_genesis_read_bad_field_is_refused_by_name)
{
	static const struct {
		const char *name, *text;
		enum rc want;
		const char *says;
	} rows[] = {
	    {"not an object", "[]", RC_BAD_INPUT, "line 1, column 1: object"},
	    {"gas limit of 65 bits", "{\"gasLimit\":\"0x10000000000000000\"}",
		RC_BAD_INPUT, "gasLimit: number of more than 64 bits"},
	    {"gas limit negative", "{\"gasLimit\":-1}", RC_BAD_INPUT,
		"gasLimit: \"-1\" is not a number"},
	    {"gas limit with a point", "{\"gasLimit\":1.5}", RC_BAD_INPUT,
		"gasLimit: "},
	    {"gas limit with exponent", "{\"gasLimit\":1e9}", RC_BAD_INPUT,
		"gasLimit: "},
	    {"gas limit as an object", "{\"gasLimit\":{}}", RC_BAD_INPUT,
		"gasLimit: "},
	    {"gas limit as a word", "{\"gasLimit\":true}", RC_BAD_INPUT,
		"gasLimit: "},
	    {"gas limit not hex", "{\"gasLimit\":\"0x1g\"}", RC_BAD_INPUT,
		"gasLimit: \"0x1g\" is not a number"},
	    {"gas limit twice", "{\"gasLimit\":1,\"GASLIMIT\":2}", RC_BAD_INPUT,
		"GASLIMIT: given twice"},
	    {"null and then a value", "{\"gasLimit\":null,\"gasLimit\":2}",
		RC_BAD_INPUT, "gasLimit: given twice"},
	    {"difficulty of 257 bits",
		"{\"difficulty\":\"0x1000000000000000000000000000000000000000"
		"0000000000000000000000000\"}",
		RC_BAD_INPUT, "difficulty: "},
	    {"extra data without 0x", "{\"extraData\":\"00\"}", RC_BAD_INPUT,
		"extraData: "},
	    {"extra data of odd length", "{\"extraData\":\"0x000\"}",
		RC_BAD_INPUT, "extraData: "},
	    {"extra data as a number", "{\"extraData\":0}", RC_BAD_INPUT,
		"extraData: \"0\" is not a string"},
	    {"mix hash short", "{\"mixHash\":\"0x00\"}", RC_BAD_INPUT,
		"mixHash: "},
	    {"coinbase short", "{\"coinbase\":\"0x00\"}", RC_BAD_INPUT,
		"coinbase: "},
	    {"number 1", "{\"number\":\"0x1\"}", RC_BAD_INPUT, "number: "},
	    {"chain id as an object", CONF("\"chainId\":{}"), RC_BAD_INPUT,
		"config.chainId: "},
	    {"fork as text", CONF("\"homesteadBlock\":\"soon\""), RC_BAD_INPUT,
		"config.homesteadBlock: \"soon\""},
	    {"config as a list", "{\"config\":[]}", RC_BAD_INPUT, "config: "},
	    {"period negative", CONF("\"clique\":{\"period\":-5}"),
		RC_BAD_INPUT, "config.clique.period: "},
	    {"two engines", CONF("\"clique\":{},\"qbft\":{}"), RC_BAD_INPUT,
		"config.qbft: a second"},
	    {"dao support as text", CONF("\"daoForkSupport\":\"true\""),
		RC_BAD_INPUT, "config.daoForkSupport: "},
	    {"unknown extension", CONF("\"sekisho\":{\"evmfrok\":\"london\"}"),
		RC_BAD_INPUT, "config.sekisho.evmfrok: unknown extension"},
	    {"unknown fork", CONF("\"sekisho\":{\"evmFork\":\"pragu\"}"),
		RC_BAD_INPUT, "config.sekisho.evmFork: no fork"},
	    {"evm fork as a list", CONF("\"sekisho\":{\"evmFork\":[]}"),
		RC_BAD_INPUT, "config.sekisho.evmFork: "},
	    {"blob target as text",
		CONF("\"blobSchedule\":{\"prague\":{\"target\":\"x\"}}"),
		RC_BAD_INPUT, "config.blobSchedule.prague.target: "},
	    {"blob fraction zero",
		CONF("\"blobSchedule\":{\"prague\":"
		     "{\"baseFeeUpdateFraction\":0}}"),
		RC_BAD_INPUT, "config.blobSchedule.prague: baseFee"},
	    {"deposit contract short",
		CONF("\"depositContractAddress\":\"0x00\""), RC_BAD_INPUT,
		"config.depositContractAddress: "},
	    {"alloc as a list", "{\"alloc\":[]}", RC_BAD_INPUT, "alloc: "},
	    {"alloc key of 39 digits",
		"{\"alloc\":{\"0000000000000000000000000000000000000aa\":{}}}",
		RC_BAD_INPUT,
		"alloc.0000000000000000000000000000000000000aa: hex data"},
	    {"alloc key not hex",
		"{\"alloc\":{\"0x00000000000000000000000000000000000000zz\":"
		"{}}}",
		RC_BAD_INPUT, "alloc.0x000000000000000"},
	    {"account as a number", ACC("1"), RC_BAD_INPUT, "alloc." A20 ": "},
	    {"no balance", ACC("{}"), RC_BAD_INPUT,
		"alloc." A20 ": balance is missing"},
	    {"null balance", ACC("{\"balance\":null}"), RC_BAD_INPUT,
		"alloc." A20 ": balance is missing"},
	    {"balance as text", ACC("{\"balance\":\"many\"}"), RC_BAD_INPUT,
		"alloc." A20 ": balance: \"many\" is not a number"},
	    {"balance of 257 bits",
		ACC("{\"balance\":\"1157920892373161954235709850086879078532"
		    "69984665640564039457584007913129639936\"}"),
		RC_BAD_INPUT, "alloc." A20 ": balance: "},
	    {"code without 0x", ACC("{\"balance\":0,\"code\":\"60\"}"),
		RC_BAD_INPUT, "alloc." A20 ": code: "},
	    {"storage as a list", ACC("{\"balance\":0,\"storage\":[]}"),
		RC_BAD_INPUT, "alloc." A20 ": storage: "},
	    {"slot twice",
		ACC("{\"balance\":0,\"storage\":{\"0x1\":\"0x1\","
		    "\"0x01\":\"0x2\"}}"),
		RC_BAD_INPUT, "alloc." A20 ": storage: a slot given twice"},
	    {"slot not hex",
		ACC("{\"balance\":0,\"storage\":{\"0x0g\":\"0x1\"}}"),
		RC_BAD_INPUT, "alloc." A20 ": storage: "},
	    {"slot value too long",
		ACC("{\"balance\":0,\"storage\":{\"0x1\":\"0x0000000000000000"
		    "0000000000000000000000000000000000000000000000001\"}}"),
		RC_BAD_INPUT, "alloc." A20 ": storage: "},
	    {"account twice",
		"{\"alloc\":{\"" A20 "\":{\"balance\":1},\"0x" A20
		"\":{\"balance\":1}}}",
		RC_BAD_INPUT, "alloc.0x" A20 ": given twice"},
	};
	struct genesis g;
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {.rc = RC_OK};

		test_row(rows[i].name);
		EXPECT_RC(read_text(&a, &g, rows[i].text, &e), rows[i].want);
		EXPECT_RC(e.rc, rows[i].want);
		if (strncmp(e.text, rows[i].says, strlen(rows[i].says)) != 0)
			test_fail(__FILE__, __LINE__, "text is \"%s\"", e.text);
		arena_drop(&a);
	}
}

/* RFC 8259, and what a lenient reader would let pass. */
TEST(test_genesis_read_bad_json_is_refused_with_its_place)
{
	static const struct {
		const char *name, *text, *says;
	} rows[] = {
	    {"nothing", "", "line 1, column 1: value expected"},
	    {"white space", " \n ", "line 2, column 2: value expected"},
	    {"no end", "{", "line 1, column 2: "},
	    {"name without colon", "{\"x\" 1}", "line 1, column 6: : expected"},
	    {"name without quotes", "{x:1}", "line 1, column 2: string"},
	    {"no value", "{\"x\":}", "x: line 1, column 6: value"},
	    {"no comma", "{\"x\":1 \"y\":2}", "line 1, column 8: , or }"},
	    {"comma at the end", "{\"x\":1,}", "line 1, column 8: string"},
	    {"two documents", "{} {}", "line 1, column 4: "},
	    {"list closed by }", "{\"x\":[1}}", "x: line 1, column 8: "},
	    {"object closed by ]", "{\"x\":{\"y\":1]}",
		"x: line 1, column 12: "},
	    {"list with comma at the end", "{\"x\":[1,]}",
		"x: line 1, column 9: "},
	    {"word", "{\"x\":nul}", "x: line 1, column 6: "},
	    {"word cut", "{\"x\":tru", "x: line 1, column 6: "},
	    {"leading zero", "{\"x\":01}", "x: line 1, column 7: "},
	    {"plus", "{\"x\":+1}", "x: line 1, column 6: "},
	    {"minus alone", "{\"x\":-}", "x: line 1, column 7: "},
	    {"point at the end", "{\"x\":1.}", "x: line 1, column 8: "},
	    {"exponent empty", "{\"x\":1e+}", "x: line 1, column 9: "},
	    {"string without end", "{\"x\":\"y", "x: line 1, column 8: "},
	    {"line break in a string", "{\"x\":\"\n\"}", "x: line 1, column 7"},
	    {"bad escape", "{\"x\":\"\\x\"}", "x: line 1, column 8: bad"},
	    {"short escape", "{\"x\":\"\\u00g0\"}", "x: line 1, column 11: "},
	    {"lone high surrogate", "{\"x\":\"\\ud800\"}", "x: line 1, "},
	    {"high without low", "{\"x\":\"\\ud800\\u0041\"}", "x: line 1, "},
	    {"lone low surrogate", "{\"x\":\"\\udc00\"}", "x: line 1, "},
	    {"stray byte", "{\"x\":\"\x80\"}", "x: line 1, column 7: text"},
	    {"overlong", "{\"x\":\"\xc0\xaf\"}", "x: line 1, column 7: text"},
	    {"overlong of three", "{\"x\":\"\xe0\x9f\x80\"}", "x: line 1, "},
	    {"overlong of four", "{\"x\":\"\xf0\x8f\x80\x80\"}", "x: line 1, "},
	    {"surrogate in UTF-8", "{\"x\":\"\xed\xa0\x80\"}", "x: line 1, "},
	    {"above U+10FFFF", "{\"x\":\"\xf4\x90\x80\x80\"}", "x: line 1, "},
	    {"cut sequence", "{\"x\":\"\xe3\x81\"}", "x: line 1, "},
	    {"sequence at the end", "{\"x\":\"\xe3\x81", "x: line 1, "},
	    {"third line", "{\n \"x\": 1,\n \"y\": ?}",
		"y: line 3, column 7: "},
	};
	struct genesis g;
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {.rc = RC_OK};

		test_row(rows[i].name);
		EXPECT_RC(read_text(&a, &g, rows[i].text, &e), RC_BAD_JSON);
		EXPECT_RC(e.rc, RC_BAD_JSON);
		if (strncmp(e.text, rows[i].says, strlen(rows[i].says)) != 0)
			test_fail(__FILE__, __LINE__, "text is \"%s\"", e.text);
		arena_drop(&a);
	}
}

TEST(test_genesis_read_good_json_of_every_kind_is_skipped)
{
	static const char text[] =
	    " {\"a\" : [ ] , \"b\":[1,-0,1.5e-3,2E+2,{}],\"c\":{\"d\":{}},"
	    "\"e\":\"\\u0041\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\","
	    "\"f\":[true,false,null],\"\xe3\x81\x82\":\"\xf0\x9f\x98\x80\","
	    "\"\":1,\t\"gaslimit\"\r\n:5, \"difficulty\":1} ";
	struct genesis g;
	struct arena a;

	EXPECT_RC(read_text(&a, &g, text, NULL), RC_OK);
	EXPECT_U64(g.header.gas_limit, 5);
	EXPECT_U64(g.unknown_cnt, 7);
	EXPECT_STR(g.unknown_keys[0], "a");
	EXPECT_STR(g.unknown_keys[5], "\xe3\x81\x82");
	arena_drop(&a);
}

TEST(test_genesis_read_deep_nesting_is_refused)
{
	char text[256];
	struct genesis g;
	struct arena a;
	size_t depth;

	for (depth = 63; depth < 67; depth++) {
		int len = snprintf(text, sizeof(text), "{\"x\":");

		memset(text + len, '[', depth);
		memset(text + len + depth, ']', depth);
		strcpy(text + len + 2 * depth, "}");
		EXPECT_RC(read_text(&a, &g, text, NULL),
		    depth <= 64 ? RC_OK : RC_TOO_LARGE);
		arena_drop(&a);
	}
}

TEST(test_genesis_read_cut_document_is_refused)
{
	const char *path = test_vectors("genesis/clique-2789.json");
	struct bytes text;
	struct genesis g;
	struct arena a;
	size_t len;

	if (path == NULL) {
		test_skip("public vectors not found");
		return;
	}
	text = test_read(path);
	while (text.len > 0 && text.ptr[text.len - 1] != '}')
		text.len--;
	for (len = 0; len < text.len; len += len < 2000 ? 1 : 37) {
		arena_init(&a, 1 << 20);
		EXPECT_RC(genesis_read(&a, &g, bytes_of(text.ptr, len), NULL),
		    RC_BAD_JSON);
		arena_drop(&a);
	}
}

TEST(test_genesis_read_small_arena_is_no_memory)
{
	static const char text[] =
	    "{\"x\":1,\"extraData\":\"0x0011\",\"config\":{\"y\":{},"
	    "\"blobSchedule\":{\"osaka\":{}}},\"alloc\":{\"" A20
	    "\":{\"balance\":1,\"storage\":{\"1\":\"1\"}}}}";
	struct genesis g;
	struct arena a;
	size_t max;

	for (max = 0; max < 800; max++) {
		enum rc rc;

		arena_init(&a, max);
		rc = genesis_read(&a, &g, bytes_of_str(text), NULL);
		EXPECT(rc == RC_NO_MEMORY || (rc == RC_OK && max > 600));
		arena_drop(&a);
	}
	arena_init(&a, 1 << 12);
	EXPECT_RC(
	    genesis_read(&a, &g, bytes_of(text, (size_t)GENESIS_MAX + 1), NULL),
	    RC_TOO_LARGE);
	arena_drop(&a);
}

TEST(test_genesis_read_numbers_in_every_form)
{
	static const struct {
		const char *name, *text;
		uint64_t want;
	} rows[] = {
	    {"hex", "\"0x1c9c380\"", 30000000},
	    {"hex with zeros in front", "\"0x0001c9c380\"", 30000000},
	    {"capitals", "\"0X1C9C380\"", 30000000},
	    {"decimal text", "\"30000000\"", 30000000},
	    {"decimal text with zeros", "\"0030000000\"", 30000000},
	    {"bare", "30000000", 30000000},
	    {"bare, 64 bits", "18446744073709551615", UINT64_MAX},
	    {"hex, 64 bits", "\"0xffffffffffffffff\"", UINT64_MAX},
	    {"none", "\"\"", 0},
	    {"only 0x", "\"0x\"", 0},
	    {"null", "null", 0},
	};
	char text[200];
	struct genesis g;
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		snprintf(
		    text, sizeof(text), "{\"timestamp\":%s}", rows[i].text);
		EXPECT_RC(read_text(&a, &g, text, NULL), RC_OK);
		EXPECT_U64(g.header.time, rows[i].want);
		arena_drop(&a);
	}
}

TEST(test_genesis_read_bare_number_of_256_bits)
{
	static const char max[] = "1157920892373161954235709850086879078532699"
				  "84665640564039457584007913129639935";
	char text[300], dec[U256_DEC_MAX];
	struct genesis g;
	struct arena a;

	snprintf(text, sizeof(text),
	    "{\"config\":{\"terminalTotalDifficulty\":%s}," REST "}", max);
	EXPECT_RC(read_text(&a, &g, text, NULL), RC_OK);
	EXPECT(g.remarks & GENESIS_HAS_TTD);
	u256_dec(dec, &g.ttd);
	EXPECT_STR(dec, max);
	EXPECT_U64(g.forks.at[FORK_PARIS], FORK_NEVER);
	arena_drop(&a);
}

TEST(test_genesis_read_accounts_sorted_with_all_they_have)
{
	static const char text[] =
	    "{\"gasLimit\":1,\"difficulty\":1,\"alloc\":{"
	    "\"0xff00000000000000000000000000000000000000\":{\"balance\":\"5\""
	    ",\"nonce\":\"0x10\",\"code\":\"0x6001\",\"storage\":{"
	    "\"0x02\":\"0xff\",\"0x0000000000000000000000000000000000000000000"
	    "000000000000000000001\":\"1\",\"3\":\"0x00\"},"
	    "\"secretKey\":\"0x00\",\"comment\":\"x\"},"
	    "\"0a00000000000000000000000000000000000000\":{\"balance\":0,"
	    "\"comment\":\"y\"}}}";
	struct genesis g;
	struct arena a;

	EXPECT_RC(read_text(&a, &g, text, NULL), RC_OK);
	EXPECT_U64(g.account_cnt, 2);
	EXPECT_U64(g.accounts[0].addr.b[0], 0x0a);
	EXPECT(u256_is_zero(&g.accounts[0].balance));
	EXPECT_U64(g.accounts[1].addr.b[0], 0xff);
	EXPECT_U64(g.accounts[1].balance.w[0], 5);
	EXPECT_U64(g.accounts[1].nonce, 16);
	EXPECT_BYTES(g.accounts[1].code, test_hex("6001"));
	EXPECT_U64(g.accounts[1].slot_cnt, 2);
	EXPECT_U64(g.accounts[1].slots[0].key.b[31], 1);
	EXPECT_U64(g.accounts[1].slots[0].value.w[0], 1);
	EXPECT_U64(g.accounts[1].slots[1].key.b[31], 2);
	EXPECT_U64(g.accounts[1].slots[1].value.w[0], 255);
	EXPECT_U64(g.unknown_cnt, 1);
	EXPECT_STR(g.unknown_keys[0], "alloc.*.comment");
	arena_drop(&a);
}

TEST(test_genesis_read_unknown_keys_are_bounded)
{
	char text[4096];
	struct genesis g;
	struct arena a;
	size_t i, len;

	len = (size_t)snprintf(text, sizeof(text), "{");
	for (i = 0; i < 100; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "\"key%zu\":[],", i);
	snprintf(text + len, sizeof(text) - len, REST "}");
	EXPECT_RC(read_text(&a, &g, text, NULL), RC_OK);
	EXPECT_U64(g.unknown_cnt, GENESIS_UNKNOWN_MAX);
	arena_drop(&a);
}

TEST(test_genesis_read_defaults_of_go_ethereum)
{
	struct genesis g;
	struct arena a;

	EXPECT_RC(read_text(&a, &g, "{}", NULL), RC_OK);
	EXPECT_U64(g.header.gas_limit, 4712388);
	EXPECT_U64(g.header.difficulty.w[0], 131072);
	EXPECT_U64(g.header.field_cnt, HEADER_FIELDS_FRONTIER);
	EXPECT(hash_eq(&g.header.tx_root, &HASH_EMPTY_TRIE));
	EXPECT(hash_eq(&g.header.receipts_root, &HASH_EMPTY_TRIE));
	EXPECT(hash_eq(&g.header.ommers_hash, &HASH_EMPTY_LIST));
	EXPECT_U64(g.remarks, GENESIS_NO_CONFIG | GENESIS_NO_GAS_LIMIT |
				  GENESIS_NO_DIFFICULTY | GENESIS_NO_ALLOC);
	arena_drop(&a);
	EXPECT_RC(read_text(&a, &g,
		      "{\"gasLimit\":\"0x0\",\"difficulty\":0,\"alloc\":{},"
		      "\"config\":{},\"baseFeePerGas\":null}",
		      NULL),
	    RC_OK);
	EXPECT_U64(g.header.gas_limit, 4712388);
	EXPECT(u256_is_zero(&g.header.difficulty));
	EXPECT_U64(g.remarks, GENESIS_NO_CHAIN_ID | GENESIS_NULL_BASE_FEE);
	EXPECT_U64(g.engine, GENESIS_NO_ENGINE);
	arena_drop(&a);
}

TEST(test_genesis_read_config_conclusions)
{
	struct genesis g;
	struct arena a;

	EXPECT_RC(read_text(&a, &g,
		      CONF("\"chainId\":5,\"constantinopleBlock\":7,"
			   "\"daoForkBlock\":3,\"terminalTotalDifficulty\":0"),
		      NULL),
	    RC_OK);
	EXPECT_U64(g.forks.chain_id, 5);
	EXPECT_U64(g.forks.at[FORK_PETERSBURG], 7);
	EXPECT_U64(g.forks.at[FORK_DAO], FORK_NEVER);
	EXPECT_U64(g.forks.at[FORK_PARIS], 0);
	arena_drop(&a);
	EXPECT_RC(read_text(&a, &g,
		      CONF("\"constantinopleBlock\":7,\"petersburgBlock\":9,"
			   "\"daoForkBlock\":3,\"daoForkSupport\":true,"
			   "\"clique\":{},\"blobSchedule\":{\"osaka\":"
			   "{\"target\":1,\"max\":2,"
			   "\"baseFeeUpdateFraction\":3}}"),
		      NULL),
	    RC_OK);
	EXPECT_U64(g.forks.at[FORK_PETERSBURG], 9);
	EXPECT_U64(g.forks.at[FORK_DAO], 3);
	EXPECT_U64(g.engine, GENESIS_CLIQUE);
	EXPECT_U64(g.clique_period_s, 0);
	EXPECT_U64(g.clique_epoch, 30000);
	EXPECT_U64(g.forks.blob[FORK_OSAKA].max, 2);
	EXPECT_U64(g.forks.blob[FORK_PRAGUE].max, 9);
	arena_drop(&a);
	EXPECT_RC(read_text(&a, &g,
		      CONF("\"clique\":{\"blockperiodseconds\":10,"
			   "\"epochlength\":0}"),
		      NULL),
	    RC_OK);
	EXPECT_U64(g.clique_period_s, 10);
	EXPECT_U64(g.clique_epoch, 30000);
	EXPECT(g.remarks & GENESIS_ZERO_EPOCH);
	arena_drop(&a);
	EXPECT_RC(
	    read_text(&a, &g,
		CONF("\"ibft\":{\"x\":1},\"qbft\":{},\"istanbul\":{}"), NULL),
	    RC_OK);
	EXPECT_U64(g.engine, GENESIS_QBFT);
	arena_drop(&a);
	EXPECT_RC(read_text(&a, &g,
		      CONF("\"sekisho\":{\"fixedBaseFee\":\"0x0\","
			   "\"evmFork\":\"prague\"}"),
		      NULL),
	    RC_OK);
	EXPECT(g.forks.has_fixed_base_fee);
	EXPECT_U64(g.forks.evm_fork, FORK_PRAGUE);
	arena_drop(&a);
}

TEST(test_genesis_header_fields_follow_the_fork)
{
#define TO_LONDON "\"berlinBlock\":0,\"londonBlock\":0"
	static const struct {
		const char *name, *text;
		unsigned fields;
		uint64_t base_fee;
	} rows[] = {
	    {"before London", CONF(""), 15, 0},
	    {"London later", CONF("\"londonBlock\":5"), 15, 0},
	    {"a base fee before London", "{\"baseFeePerGas\":\"0x7\"," REST "}",
		16, 7},
	    {"London", CONF(TO_LONDON), 16, 1000000000},
	    {"London, base fee given",
		"{\"config\":{" TO_LONDON "},\"baseFeePerGas\":7," REST "}", 16,
		7},
	    {"London, base fee null",
		"{\"config\":{" TO_LONDON "},\"baseFeePerGas\":null," REST "}",
		16, 1000000000},
	    {"London, fixed",
		CONF(TO_LONDON ",\"sekisho\":{\"fixedBaseFee\":3}"), 16, 3},
	    {"London, fixed and given",
		"{\"config\":{" TO_LONDON ",\"sekisho\":{\"fixedBaseFee\":3}},"
		"\"baseFeePerGas\":7," REST "}",
		16, 7},
	    {"Shanghai", CONF(TO_LONDON ",\"shanghaiTime\":0"), 17, 1000000000},
	    {"Shanghai without London", CONF("\"shanghaiTime\":0"), 15, 0},
	    {"Shanghai later", CONF(TO_LONDON ",\"shanghaiTime\":9"), 16,
		1000000000},
	    {"Cancun", CONF(TO_LONDON ",\"shanghaiTime\":0,\"cancunTime\":0"),
		20, 1000000000},
	    {"Prague",
		CONF(TO_LONDON ",\"shanghaiTime\":0,\"cancunTime\":0,"
			       "\"pragueTime\":0"),
		21, 1000000000},
	};
	struct genesis g;
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(read_text(&a, &g, rows[i].text, NULL), RC_OK);
		EXPECT_U64(g.header.field_cnt, rows[i].fields);
		EXPECT_U64(g.header.base_fee.w[0], rows[i].base_fee);
		EXPECT(hash_eq(&g.header.withdrawals_root, &HASH_EMPTY_TRIE) ==
		       (rows[i].fields >= 17));
		EXPECT(hash_eq(&g.header.requests_hash, &HASH_EMPTY_REQUESTS) ==
		       (rows[i].fields >= 21));
		arena_drop(&a);
	}
}

static bool
read_file(struct arena *a, struct genesis *g, const char *path)
{
	struct err e = {.rc = RC_OK};
	struct bytes text = test_read(path);

	arena_init(a, 1 << 26);
	EXPECT(text.ptr != NULL);
	if (genesis_read(a, g, text, &e) == RC_OK)
		return true;
	test_fail(__FILE__, __LINE__, "%s: %s", path, e.text);
	return false;
}

/* Length and hash: two independent computations, in the README beside it. */
TEST(test_genesis_clique_2789_has_the_known_hash)
{
	const char *path = test_vectors("genesis/clique-2789.json");
	struct genesis g;
	struct arena a;
	struct hash h;

	if (path == NULL) {
		test_skip("public vectors not found");
		return;
	}
	if (read_file(&a, &g, path)) {
		EXPECT_U64(g.account_cnt, 257);
		EXPECT_U64(g.unknown_cnt, 0);
		EXPECT_U64(g.clique_period_s, 5);
		EXPECT_U64(g.engine, GENESIS_CLIQUE);
		g.header.state_root =
		    vec_hash("b1511a6605fc5379c7783a716d7f412b1a7dd278eacd91d8"
			     "289c926b0ad4fbc5");
		EXPECT_U64(header_size(&g.header), 641);
		h = header_hash(&g.header);
		EXPECT_BYTES(hash_bytes(&h),
		    test_hex("1442ec5581532dba7258e810dd2574773f6e1c336e2db1f3"
			     "24a43fbf42d8fd38"));
	}
	arena_drop(&a);
}

/* The first block of a chain file, where it is the genesis block, must be
 * the header of its document with the state root filled in. */
static void
run_chain(const char *dir, const char *chain)
{
	char path[512];
	struct block b;
	struct genesis g;
	struct arena a, blocks;
	struct bytes in;
	struct hash got, want;

	test_row(chain);
	snprintf(path, sizeof(path), "%s/%s/blocks.rlp", dir, chain);
	in = test_read(path);
	arena_init(&blocks, 1 << 24);
	EXPECT_RC(block_take(&blocks, &b, &in, NULL), RC_OK);
	snprintf(path, sizeof(path), "%s/%s/genesis.json", dir, chain);
	if (read_file(&a, &g, path)) {
		EXPECT_U64(b.header.number, 0);
		g.header.state_root = b.header.state_root;
		got = header_hash(&g.header);
		want = header_hash(&b.header);
		EXPECT_BYTES(hash_bytes(&got), hash_bytes(&want));
		test_count(1);
	}
	arena_drop(&a);
	arena_drop(&blocks);
}

TEST(test_genesis_headers_of_captured_and_real_chains)
{
	const char *dir = test_unpack("ethereum/captures.tar.zst");
	const char *real = test_unpack("ethereum/chains.tar.zst");

	if (dir == NULL || real == NULL) {
		test_skip("public vectors not found, or no zstd or tar");
		return;
	}
	run_chain(dir, "clique-geth");
	run_chain(dir, "ibft1-goquorum");
	run_chain(dir, "qbft-goquorum");
	run_chain(real, "clique");
	run_chain(real, "ibft1");
}

TEST(test_genesis_of_public_rpc_chain)
{
	const char *dir = test_unpack("ethereum/rpc-compat.tar.zst");
	char path[512];
	struct genesis g;
	struct arena a;
	struct hash h;

	if (dir == NULL) {
		test_skip("public vectors not found, or no zstd or tar");
		return;
	}
	snprintf(path, sizeof(path), "%s/tests/genesis.json", dir);
	if (read_file(&a, &g, path)) {
		EXPECT_U64(g.forks.chain_id, 3503995874084926);
		EXPECT_U64(g.forks.at[FORK_PARIS], 36);
		EXPECT_U64(g.forks.at[FORK_BPO2], 540);
		EXPECT_U64(g.forks.blob[FORK_BPO2].max, 21);
		EXPECT(g.forks.has_deposit_contract);
		EXPECT_U64(g.unknown_cnt, 0);
		g.header.state_root =
		    vec_hash("dc43f460541a253c0f64b6943ef83fa3bd601699a255622f"
			     "088d46f7fde359fc");
		h = header_hash(&g.header);
		EXPECT_BYTES(hash_bytes(&h),
		    test_hex("44fd89d504659cd58f48f4796b77a7e7012cf296a2409afa"
			     "2f6c3cb99b5b3d99"));
	}
	arena_drop(&a);
}

/* The published genesis cases; the old name of balance is put right first. */
TEST(test_genesis_public_unit_case)
{
	json_t *root =
		   vec_archive("unit", "GenesisTests/basic_genesis_tests.json"),
	       *row, *acc;
	const char *name, *key;
	struct arena a;

	if (root == NULL)
		return;
	json_object_foreach(root, name, row)
	{
		struct bytes want = vec_bytes(row, "result"), out;
		struct block b, got = {.tx_cnt = 0};
		struct genesis g;
		char *text;

		test_row(name);
		json_object_foreach(json_object_get(row, "alloc"), key, acc)
		    json_object_set(
			acc, "balance", json_object_get(acc, "wei"));
		text = json_dumps(row, 0);
		EXPECT_RC(read_text(&a, &g, text, NULL), RC_OK);
		EXPECT_RC(block_decode(&a, &b, want, NULL), RC_OK);
		got.header = g.header;
		got.header.state_root = b.header.state_root;
		EXPECT_RC(block_encode(&a, &out, &got, NULL), RC_OK);
		EXPECT_BYTES(out, want);
		free(text);
		arena_drop(&a);
	}
	json_decref(root);
}

/* Sorting and looking for doubles must not be quadratic: 200,000 accounts in
 * descending order within the arena that they need. */
TEST(test_genesis_read_many_accounts)
{
	enum { CNT = 200000, EACH = 64 };
	char *text = malloc(CNT * EACH + 200);
	struct genesis g;
	struct arena a;
	size_t len = 0, i;

	EXPECT(text != NULL);
	if (text == NULL)
		return;
	len += (size_t)sprintf(text, "{\"alloc\":{");
	for (i = 0; i < CNT; i++)
		len += (size_t)sprintf(text + len,
		    "%s\"%032x%08zx\":{\"balance\":%zu}", i == 0 ? "" : ",", 7,
		    CNT - i, i);
	len += (size_t)sprintf(text + len, "}}");
	arena_init(&a, CNT * 128 + 4096);
	EXPECT_RC(genesis_read(&a, &g, bytes_of(text, len), NULL), RC_OK);
	EXPECT_U64(g.account_cnt, CNT);
	for (i = 1; i < CNT; i++)
		if (memcmp(g.accounts[i - 1].addr.b, g.accounts[i].addr.b,
			20) >= 0)
			break;
	EXPECT_U64(i, CNT);
	arena_drop(&a);
	free(text);
}
