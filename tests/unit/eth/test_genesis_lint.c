/* SPDX-License-Identifier: Apache-2.0
 *
 * The linter: a document with exactly one fault gives exactly that finding,
 * and the design document's network gives its known contradictions.
 */
#include "eth/genesis.h"

#include <stdio.h>

#include "vec.h"

#define S1             "1111111111111111111111111111111111111111"
#define S2             "2222222222222222222222222222222222222222"
#define S3             "3333333333333333333333333333333333333333"
#define Z32            "0000000000000000000000000000000000000000000000000000000000000000"
#define EXTRA(signers) "0x" Z32 signers Z32 Z32 "00"
#define FORKS                                                                  \
	"\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":0,"            \
	"\"eip158Block\":0,\"byzantiumBlock\":0,\"constantinopleBlock\":0,"    \
	"\"petersburgBlock\":0,\"istanbulBlock\":0,\"berlinBlock\":0"
#define LONDON     FORKS ",\"londonBlock\":0"
#define CLIQUE     "\"clique\":{\"period\":5,\"epoch\":30000}"
#define RICH       "\"" S1 "\":{\"balance\":\"1000000000000000000000\"}"
#define GAS        "\"gasLimit\":30000000"
#define HEAD(conf) "{\"config\":{\"chainId\":5," conf "},"
#define DOC(conf, signers, gas, rest, alloc)                                   \
	HEAD(conf)                                                             \
	"\"extraData\":\"" EXTRA(signers) "\"," gas ",\"difficulty\":1," rest  \
					  "\"alloc\":{" alloc "}}"
#define GOOD(conf) DOC(conf, S1 S2 S3, GAS, "", RICH)

struct heard {
	char text[8192];
	size_t len, cnt;
	enum genesis_level last;
	bool is_ordered;
};

static void
hear(void *ctx, enum genesis_level lv, const char *text)
{
	static const char *const names[] = {"note", "warn", "error"};
	struct heard *h = ctx;

	h->is_ordered = h->is_ordered && (h->cnt == 0 || lv <= h->last);
	h->last = lv;
	h->cnt++;
	h->len += (size_t)snprintf(h->text + h->len, sizeof(h->text) - h->len,
	    "%s: %s\n", names[lv], text);
	EXPECT(h->len < sizeof(h->text));
	EXPECT(strlen(text) > 20 && text[strlen(text) - 1] == '.');
}

static unsigned
lint(struct heard *h, struct bytes json)
{
	struct genesis g;
	struct arena a;
	struct err e = {.rc = RC_OK};
	unsigned errors = 0;

	memset(h, 0, sizeof(*h));
	h->is_ordered = true;
	arena_init(&a, 1 << 24);
	if (genesis_read(&a, &g, json, &e) == RC_OK)
		errors = genesis_lint(&g, hear, h);
	else
		test_fail(__FILE__, __LINE__, "%s", e.text);
	EXPECT(h->is_ordered);
	arena_drop(&a);
	return errors;
}

/* Notes that a sound network of three signers before Shanghai gives. */
#define BASE_NOTES 3

TEST(test_genesis_lint_sound_network_has_notes_only)
{
	struct heard h;

	EXPECT_U64(lint(&h, bytes_of_str(GOOD(FORKS "," CLIQUE))), 0);
	EXPECT_U64(h.cnt, BASE_NOTES);
	EXPECT(strstr(h.text, "warn:") == NULL);
	EXPECT(strstr(h.text, "3 signers: 2 are needed to go on, so that 1 "
			      "can fail.") != NULL);
	EXPECT(strstr(h.text, "at most 285 plain transfers a second") != NULL);
	EXPECT(strstr(h.text, "PUSH0") != NULL);
}

TEST(test_genesis_lint_one_fault_gives_one_finding)
{
	static const struct {
		const char *name, *text, *says;
		size_t extra;    /* findings beyond the notes of a sound one */
		unsigned errors; /* of them */
	} rows[] = {
	    {"one signer", DOC(FORKS "," CLIQUE, S1, GAS, "", RICH),
		"warn: One signer:", 0, 0},
	    {"two signers", DOC(FORKS "," CLIQUE, S1 S2, GAS, "", RICH),
		"warn: Two signers cannot survive the loss of one", 0, 0},
	    {"no signer", DOC(FORKS "," CLIQUE, "", GAS, "", RICH),
		"error: extraData lists no signer", 0, 1},
	    {"half a signer", DOC(FORKS "," CLIQUE, "11", GAS, "", RICH),
		"error: extraData has 98 bytes", 0, 1},
	    {"a signer twice", DOC(FORKS "," CLIQUE, S1 S1 S3, GAS, "", RICH),
		"error: extraData lists the signer 0x1111111111111111111111111"
		"111111111111111 twice",
		1, 1},
	    {"signers descend", DOC(FORKS "," CLIQUE, S2 S1 S3, GAS, "", RICH),
		"warn: The signers in extraData do not ascend", 1, 0},
	    {"gas limit 4,700,000",
		DOC(FORKS "," CLIQUE, S1 S2 S3, "\"gasLimit\":4700000", "",
		    RICH),
		"warn: A gas limit of 4,700,000 every 5 s is at most 44 plain "
		"transfers a second (223 a block",
		0, 0},
	    {"gas limit 20,000",
		DOC(FORKS "," CLIQUE, S1 S2 S3, "\"gasLimit\":20000", "", RICH),
		"error: gasLimit is 20,000, but one plain transfer", 0, 1},
	    {"gas limit 4,999",
		DOC(FORKS "," CLIQUE, S1 S2 S3, "\"gasLimit\":4999", "", RICH),
		"error: gasLimit is 4,999; a block's", 0, 1},
	    {"gas limit 2^63",
		DOC(FORKS "," CLIQUE, S1 S2 S3,
		    "\"gasLimit\":9223372036854775808", "", RICH),
		"error: gasLimit is 9,223,372,036,854,775,808", 0, 1},
	    {"period 0",
		GOOD(FORKS ",\"clique\":{\"period\":0,\"epoch\":30000}"),
		"warn: config.clique.period is 0", 0, 0},
	    {"epoch 0", GOOD(FORKS ",\"clique\":{\"period\":5,\"epoch\":0}"),
		"error: config.clique.epoch is 0: go-ethereum reads that as "
		"30,000",
		1, 1},
	    {"huge chain id",
		"{\"config\":{\"chainId\":4503599627370477," FORKS "," CLIQUE
		"},\"extraData\":\"" EXTRA(
		    S1 S2 S3) "\"," GAS ",\"difficulty\":1,\"alloc\":{" RICH
			      "}}",
		"warn: config.chainId is 4,503,599,627,370,477", 1, 0},
	    {"chain id missing",
		"{\"config\":{" FORKS "," CLIQUE "},\"extraData\":\"" EXTRA(
		    S1 S2 S3) "\"," GAS ",\"difficulty\":1,\"alloc\":{" RICH
			      "}}",
		"error: config.chainId is missing", 1, 1},
	    {"chain id zero",
		"{\"config\":{\"chainId\":0," FORKS "," CLIQUE
		"},\"extraData\":\"" EXTRA(
		    S1 S2 S3) "\"," GAS ",\"difficulty\":1,\"alloc\":{" RICH
			      "}}",
		"error: config.chainId is 0:", 1, 1},
	    {"no eip155",
		GOOD("\"homesteadBlock\":0,\"eip150Block\":0," CLIQUE),
		"warn: config.eip155Block is missing", 1, 0},
	    {"fork before another",
		GOOD("\"homesteadBlock\":5,\"eip150Block\":0,"
		     "\"eip155Block\":5," CLIQUE),
		"error: config.eip150Block (0) comes before "
		"config.homesteadBlock (5)",
		1, 1},
	    {"a fork left out",
		GOOD("\"homesteadBlock\":0,\"eip155Block\":0," CLIQUE),
		"error: config.eip155Block is given but config.eip150Block", 1,
		1},
	    {"Shanghai under Clique",
		GOOD(LONDON ",\"shanghaiTime\":7,"
			    "\"sekisho\":{\"fixedBaseFee\":0}," CLIQUE),
		"error: config.shanghaiTime (7) under Clique", 2, 1},
	    {"merge under Clique",
		GOOD(FORKS ",\"terminalTotalDifficulty\":9," CLIQUE),
		"warn: config.terminalTotalDifficulty under Clique", 1, 0},
	    {"netsplit under Clique",
		GOOD(FORKS ",\"mergeNetsplitBlock\":9," CLIQUE),
		"warn: config.mergeNetsplitBlock under Clique", 1, 0},
	    {"London without a fixed fee", GOOD(LONDON "," CLIQUE),
		"note: London is active from block 0", 1, 0},
	    {"fixed fee",
		GOOD(LONDON ",\"sekisho\":{\"fixedBaseFee\":0}," CLIQUE),
		"note: config.sekisho.fixedBaseFee keeps the base fee at 0 "
		"wei",
		1, 0},
	    {"fixed fee without London",
		GOOD(FORKS ",\"sekisho\":{\"fixedBaseFee\":0}," CLIQUE),
		"warn: config.sekisho.fixedBaseFee has no effect", 2, 0},
	    {"fixed fee and another",
		DOC(LONDON ",\"sekisho\":{\"fixedBaseFee\":0}," CLIQUE,
		    S1 S2 S3, GAS, "\"baseFeePerGas\":1000,", RICH),
		"error: baseFeePerGas is 1,000 wei but "
		"config.sekisho.fixedBaseFee is 0",
		2, 1},
	    {"null base fee",
		DOC(FORKS "," CLIQUE, S1 S2 S3, GAS, "\"baseFeePerGas\":null,",
		    RICH),
		"note: baseFeePerGas is null", 1, 0},
	    {"base fee before London",
		DOC(FORKS "," CLIQUE, S1 S2 S3, GAS, "\"baseFeePerGas\":7,",
		    RICH),
		"warn: baseFeePerGas is given although", 1, 0},
	    {"evm fork",
		GOOD(FORKS ",\"sekisho\":{\"evmFork\":\"prague\"}," CLIQUE),
		"note: config.sekisho.evmFork runs contracts under PRAGUE", 0,
		0},
	    {"evm fork without effect",
		GOOD(FORKS ",\"sekisho\":{\"evmFork\":\"berlin\"}," CLIQUE),
		"note: config.sekisho.evmFork (BERLIN) has no effect", 1, 0},
	    {"unknown key", GOOD(FORKS ",\"londonBlok\":0," CLIQUE),
		"warn: config.londonBlok is not a key", 1, 0},
	    {"eip150 hash", GOOD(FORKS ",\"eip150Hash\":\"0x00\"," CLIQUE),
		"note: config.eip150Hash has no effect", 1, 0},
	    {"no engine", GOOD(FORKS), "warn: config names no consensus engine",
		(size_t)-1, 0},
	    {"no funded account",
		DOC(FORKS "," CLIQUE, S1 S2 S3, GAS, "",
		    "\"0000000000000000000000000000000000000001\":"
		    "{\"balance\":1}"),
		"warn: No account holds coins", 1, 0},
	    {"decimal written as hex",
		DOC(FORKS "," CLIQUE, S1 S2 S3, GAS, "",
		    "\"" S1 "\":{\"balance\":\"0x3000000000000000000000000"
		    "0000\"}"),
		"warn: alloc of 0x1111111111111111111111111111111111111111 "
		"looks like a unit mistake: 0x3 with 28 hex zeros is "
		"15,576,890,575,604,482 coins of 10^18 wei. If 3 with 28 "
		"decimal zeros was meant (30,000,000,000 coins), write "
		"0x60ef6b1aba6f072330000000.",
		1, 0},
	    {"coins written as wei",
		DOC(FORKS "," CLIQUE, S1 S2 S3, GAS, "",
		    "\"" S1 "\":{\"balance\":\"1000\"},\"" S2
		    "\":{\"balance\":20}"),
		"warn: 2 accounts have a balance too small to pay for one "
		"transfer at 1 gwei (0x1111111111111111111111111111111111111"
		"111: 1,000 wei)",
		1, 0},
	    {"gas limit missing",
		HEAD(FORKS "," CLIQUE) "\"extraData\":\"" EXTRA(
		    S1 S2 S3) "\",\"difficulty\":1,\"alloc\":{" RICH "}}",
		"warn: gasLimit is missing; 4,712,388 is taken", 1, 0},
	    {"difficulty missing",
		HEAD(FORKS "," CLIQUE) "\"extraData\":\"" EXTRA(
		    S1 S2 S3) "\"," GAS ",\"alloc\":{" RICH "}}",
		"warn: difficulty is missing; 131,072 is taken", 1, 0},
	    {"alloc missing",
		HEAD(FORKS "," CLIQUE) "\"extraData\":\"" EXTRA(
		    S1 S2 S3) "\"," GAS ",\"difficulty\":1}",
		"warn: alloc is missing", 2, 0},
	};
	struct heard h;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned errors;

		test_row(rows[i].name);
		errors = lint(&h, bytes_of_str(rows[i].text));
		EXPECT_U64(errors, rows[i].errors);
		EXPECT_U64(h.cnt, BASE_NOTES + rows[i].extra);
		if (strstr(h.text, rows[i].says) == NULL)
			test_fail(__FILE__, __LINE__, "not said: %s\n%s",
			    rows[i].says, h.text);
	}
}

TEST(test_genesis_lint_supply_beyond_256_bits)
{
	static const char text[] = DOC(FORKS "," CLIQUE, S1 S2 S3, GAS, "",
	    RICH ",\"" S2 "\":{\"balance\":\"0xfffffffffffffffffffffffffff"
		 "fffffffffffffffffffffffffffffffffffff\"}");
	struct heard h;

	EXPECT_U64(lint(&h, bytes_of_str(text)), 1);
	EXPECT(strstr(h.text,
		   "error: The balances add up to more than 2^256") != NULL);
}

TEST(test_genesis_lint_no_config_at_all)
{
	struct heard h;

	EXPECT_U64(
	    lint(&h, bytes_of_str("{\"gasLimit\":30000000,"
				  "\"difficulty\":1,\"alloc\":{" RICH "}}")),
	    1);
	EXPECT(!strncmp(h.text, "error: There is no config object", 32));
}

TEST(test_genesis_lint_many_unknown_keys_are_summed_up)
{
	char text[4096];
	struct heard h;
	size_t i, len = (size_t)snprintf(text, sizeof(text), "{");

	for (i = 0; i < 100; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "\"key%zu\":[],", i);
	snprintf(text + len, sizeof(text) - len, "\"gasLimit\":1}");
	lint(&h, bytes_of_str(text));
	EXPECT(strstr(h.text, "warn: key7 is not a key") != NULL);
	EXPECT(strstr(h.text, "warn: key8 is not a key") == NULL);
	EXPECT(strstr(h.text, "At least 56 more keys are unknown") != NULL);
}

TEST(test_genesis_lint_design_document_contradictions)
{
	static const char *const says[] = {
	    "warn: Two signers cannot survive the loss of one",
	    "warn: A gas limit of 4,700,000 every 5 s is at most 44 plain",
	    "0x3 with 28 hex zeros is 15,576,890,575,604,482 coins",
	    "(30,000,000,000 coins), write 0x60ef6b1aba6f072330000000.",
	    "note: baseFeePerGas is null",
	    "note: config.eip150Hash has no effect",
	};
	const char *path = test_vectors("genesis/clique-2789.json");
	struct heard h;
	size_t i;

	if (path == NULL) {
		test_skip("public vectors not found");
		return;
	}
	EXPECT_U64(lint(&h, test_read(path)), 0);
	for (i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (strstr(h.text, says[i]) == NULL)
			test_fail(__FILE__, __LINE__, "not said: %s\n%s",
			    says[i], h.text);
	EXPECT_U64(h.cnt, 6);
}
