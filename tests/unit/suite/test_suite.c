/* SPDX-License-Identifier: Apache-2.0
 *
 * The runners: a case of ours that is right, the same bent in each way that
 * a verdict must tell, and a part of the public suites. All of them is what
 * `make conformance` runs.
 */
#include "suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "test.h"

struct judge {
	struct evm *vm;
	struct suite s;
	size_t passed, failed, skipped, begun;
	char why[256], untold[64];
	struct hash root;
};

static void
count_begun(void *ctx, const struct suite_verdict *v)
{
	(void)v;
	((struct judge *)ctx)->begun++;
}

static void
count(void *ctx, const struct suite_verdict *v)
{
	struct judge *j = ctx;

	j->passed += v->is_pass;
	j->skipped += v->skipped != NULL;
	j->failed += !v->is_pass && v->skipped == NULL;
	j->root = v->root;
	if (v->why != NULL)
		snprintf(j->why, sizeof(j->why), "%s", v->why);
	if (v->untold != NULL)
		snprintf(j->untold, sizeof(j->untold), "%s", v->untold);
}

static void
open_judge(struct judge *j)
{
	*j = (struct judge){.vm = evm_new()};
	if (j->vm == NULL)
		abort();
	j->s = (struct suite){.vm = j->vm,
	    .tmp_dir = test_tmpdir(),
	    .before = count_begun,
	    .say = count,
	    .ctx = j};
}

/* A case of ours. ------------------------------------------------------- */

/* What one file says; NULL takes the right thing. */
struct bent {
	const char *name;
	const char *gas, *hash, *logs, *extra, *data_at, *fork;
	enum rc rc;
	const char *text; /* of the verdict or the error; "" passes */
	const char *untold;
};

#define NO_LOGS                                                                \
	"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
/* Of the accounts after a transfer of one wei for 21,000 gas at 10 wei. */
#define ROOT_AFTER                                                             \
	"0x2a2b3c0000000000000000000000000000000000000000000000000000000000"
#define SENDER "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"

/* The root when the transaction is refused and the author gets nothing. */
#define ROOT_BEFORE                                                            \
	"0x18c1342886baeaf926b3fbbfb0484bf0cd1ced43576547c11153d3c8944d5c47"
#define REFUSED(name) ",\"expectException\":\"" name "\""

static const char *
doc_of(char *out, size_t size, const struct bent *b, const char *root)
{
	snprintf(out, size,
	    "{\"ours\" : {\"env\" : {\"currentCoinbase\" : \"0x2a\", "
	    "\"currentNumber\":\"0x01\",\"currentTimestamp\":\"0x03e8\","
	    "\"currentGasLimit\":\"0x0f4240\",\"currentDifficulty\":\"0x20\"},"
	    "\"pre\":{\"" SENDER "\":{\"balance\":\"0x0f4240\",\"nonce\":"
	    "\"0x00\",\"code\":\"\",\"storage\":{}}},"
	    "\"transaction\":{\"data\":[\"\",\"0x00\"],\"gasLimit\":[\"%s\"],"
	    "\"value\":[\"0x01\"],\"nonce\":\"0x\",\"to\":\"0x1000\","
	    "\"gasPrice\":\"0x0a\",\"sender\":\"" SENDER "\"},"
	    "\"post\":{\"%s\":[{\"indexes\":{\"data\":%s,\"gas\":0,\"value\":"
	    "0},\"hash\":\"%s\",\"logs\":\"%s\"%s}]}}}",
	    b->gas != NULL ? b->gas : "0x5208",
	    b->fork != NULL ? b->fork : "Berlin",
	    b->data_at != NULL ? b->data_at : "0",
	    b->hash != NULL ? b->hash : root,
	    b->logs != NULL ? b->logs : NO_LOGS,
	    b->extra != NULL ? b->extra : "");
	return out;
}

static const struct bent bents[] = {
    {"right", .text = ""},
    {"another root", .hash = NO_LOGS, .text = "another state root"},
    {"other logs", .logs = ROOT_AFTER, .text = "another hash of the logs"},
    {"not refused", .extra = ",\"expectException\":\"TR_Any\"",
	.text = "accepted, not refused with TR_Any"},
    {"refused", .gas = "0x5207",
	.text = "refused: intrinsic gas too low: gas 20999, minimum needed "
		"21000"},
    {"refused for the reason named", .gas = "0x5207", .hash = ROOT_BEFORE,
	.extra = REFUSED("TransactionException.INTRINSIC_GAS_TOO_LOW"),
	.text = ""},
    {"for one of the reasons named", .gas = "0x5207", .hash = ROOT_BEFORE,
	.extra = REFUSED("TransactionException.SENDER_NOT_EOA|TR_IntrinsicGas"),
	.text = ""},
    {"for another", .gas = "0x5207", .hash = ROOT_BEFORE,
	.extra = REFUSED("TransactionException.SENDER_NOT_EOA|TR_NoFunds"),
	.text = "refused with TX_INTRINSIC, not with "
		"TransactionException.SENDER_NOT_EOA|TR_NoFunds: intrinsic gas "
		"too low: gas 20999, minimum needed 21000"},
    {"the right code with another text", .gas = "0x186a0",
	.extra =
	    REFUSED("TransactionException.GASLIMIT_PRICE_PRODUCT_OVERFLOW"),
	.text = "refused with TX_FUNDS, not with "
		"TransactionException.GASLIMIT_PRICE_PRODUCT_OVERFLOW: "
		"insufficient funds for gas * price + value: balance 1000000, "
		"tx cost 1000001, overshot 1"},
    {"for a reason without a row", .gas = "0x5207", .hash = ROOT_BEFORE,
	.extra = REFUSED("TR_NoFunds|TR_Any"), .text = "",
	.untold = "TR_NoFunds|TR_Any"},
    {"no such data", .data_at = "2", .rc = RC_BAD_INPUT,
	.text = "ours: post: Berlin: 0: transaction: data has no item 2"},
    {"no number", .data_at = "\"a\"", .rc = RC_BAD_INPUT,
	.text = "ours: post: Berlin: 0: indexes: data is no number"},
    {"no such fork", .fork = "Atlantis", .rc = RC_BAD_INPUT,
	.text = "ours: post: Atlantis: 0: no rules are named \"Atlantis\""},
    {"broken gas", .gas = "0xg", .rc = RC_BAD_INPUT,
	.text = "ours: post: Berlin: 0: transaction: \"g\" is no hex"},
    {"gas that no transaction has", .gas = "0x10000000000000000",
	.text = "refused: above 64 bits"},
};

/* right_root learns the case's root by giving a wrong one. That roots are
 * right is for the public suites to show. */
static void
right_root(struct judge *j, char *text)
{
	struct bent wrong = {.hash = NO_LOGS};
	char doc[2048];

	EXPECT_RC(suite_state(&j->s,
		      bytes_of_str(doc_of(doc, sizeof(doc), &wrong, "")), NULL),
	    RC_OK);
	hex_put0x(text, hash_bytes(&j->root));
}

TEST(test_suite_state_tells_each_way_to_be_wrong)
{
	char root[72], doc[2048];
	struct judge j;
	size_t i;

	open_judge(&j);
	right_root(&j, root);
	for (i = 0; i < sizeof(bents) / sizeof(bents[0]); i++) {
		const struct bent *b = &bents[i];
		struct err e = {0};

		test_row(b->name);
		j.passed = j.failed = 0;
		j.why[0] = j.untold[0] = '\0';
		EXPECT_RC(
		    suite_state(&j.s,
			bytes_of_str(doc_of(doc, sizeof(doc), b, root)), &e),
		    b->rc);
		EXPECT_STR(b->rc == RC_OK ? j.why : e.text, b->text);
		EXPECT_STR(j.untold, b->untold != NULL ? b->untold : "");
		EXPECT_U64(j.passed, b->text[0] == '\0');
		EXPECT_U64(j.failed, b->rc == RC_OK && b->text[0] != '\0');
	}
	evm_free(j.vm);
}

/* Transactions by their members, and what is refused of each: a rule that
 * counts what was read. */
static const struct {
	const char *name, *fork, *members, *why;
} typed[] = {
    {"a sender by key", "Berlin", "\"gasPrice\":\"0x0a\"",
	"another state root"},
    {"a list that is null", "Berlin",
	"\"gasPrice\":\"0x0a\",\"accessLists\":[null]", "another state root"},
    {"access list", "Berlin",
	"\"gasPrice\":\"0x0a\",\"accessLists\":[[{\"address\":\"0x01\","
	"\"storageKeys\":[\"0x00\",\"0x01\"]}]]",
	"refused: intrinsic gas too low: gas 21000, minimum needed 27200"},
    {"fees", "London",
	"\"maxFeePerGas\":\"0x09\",\"maxPriorityFeePerGas\":\"0x0a\"",
	"refused: max priority fee per gas higher than max fee per gas: "
	"maxPriorityFeePerGas: 10, maxFeePerGas: 9"},
    {"blobs", "Cancun",
	"\"maxFeePerGas\":\"0x09\",\"maxPriorityFeePerGas\":\"0x00\","
	"\"maxFeePerBlobGas\":\"0x01\",\"blobVersionedHashes\":[\"0x00\"]",
	"refused: blob 0 has invalid hash version 0"},
    {"authorizations", "Prague",
	"\"maxFeePerGas\":\"0x09\",\"maxPriorityFeePerGas\":\"0x00\","
	"\"authorizationList\":[{\"chainId\":\"0x01\",\"address\":\"0x02\","
	"\"nonce\":\"0x00\",\"v\":\"0x01\",\"r\":\"0x01\",\"s\":\"0x01\"}]",
	"refused: intrinsic gas too low: gas 21000, minimum needed 46000"},
    {"a parity that no byte holds", "Prague",
	"\"maxFeePerGas\":\"0x09\",\"maxPriorityFeePerGas\":\"0x00\","
	"\"authorizationList\":[{\"yParity\":\"0x100\"}]",
	"refused: authorizationList: 0: yParity above a byte"},
};

static void
typed_doc(char *out, size_t size, size_t i)
{
	snprintf(out, size,
	    "{\"ours\":{\"env\":{\"currentCoinbase\":\"0x2a\","
	    "\"currentNumber\":\"0x01\",\"currentTimestamp\":\"0x03e8\","
	    "\"currentGasLimit\":\"0x0f4240\",\"currentDifficulty\":\"0x20\","
	    "\"currentBaseFee\":\"0x07\",\"currentRandom\":\"0x00\","
	    "\"currentExcessBlobGas\":\"0x00\"},"
	    "\"pre\":{\"" SENDER "\":{\"balance\":\"0x0f4240\",\"nonce\":"
	    "\"0x00\",\"code\":\"\",\"storage\":{}}},"
	    "\"transaction\":{\"data\":[\"\"],\"gasLimit\":[\"0x5208\"],"
	    "\"value\":[\"0x01\"],\"nonce\":\"0x\",\"to\":\"0x1000\",%s,"
	    "\"secretKey\":\"0x45a915e4d060149eb4365960e6a7a45f334393093061116b"
	    "197e3240065ff2d8\"},"
	    "\"post\":{\"%s\":[{\"indexes\":{\"data\":0,\"gas\":0,\"value\":0},"
	    "\"hash\":\"0x00\",\"logs\":\"" NO_LOGS "\"}]}}}",
	    typed[i].members, typed[i].fork);
}

TEST(test_suite_state_reads_each_type_by_its_members)
{
	char doc[2048];
	struct judge j;
	size_t i;

	open_judge(&j);
	for (i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		test_row(typed[i].name);
		typed_doc(doc, sizeof(doc), i);
		j.why[0] = '\0';
		EXPECT_RC(suite_state(&j.s, bytes_of_str(doc), NULL), RC_OK);
		EXPECT_STR(j.why, typed[i].why);
	}
	evm_free(j.vm);
}

TEST(test_suite_fork_picks_cases)
{
	char root[72], doc[2048];
	struct bent right = {.name = ""};
	struct judge j;

	open_judge(&j);
	right_root(&j, root);
	doc_of(doc, sizeof(doc), &right, root);
	j.passed = j.begun = 0;
	j.s.fork = "London";
	EXPECT_RC(suite_state(&j.s, bytes_of_str(doc), NULL), RC_OK);
	EXPECT_U64(j.begun, 0);
	j.s.fork = "berlin";
	EXPECT_RC(suite_state(&j.s, bytes_of_str(doc), NULL), RC_OK);
	EXPECT_U64(j.begun, 1);
	EXPECT_U64(j.passed, 1);
	evm_free(j.vm);
}

/* Other forms. ----------------------------------------------------------- */

TEST(test_suite_files_of_another_form_are_refused)
{
	static const struct {
		const char *name, *doc, *text;
		enum rc (*run)(
		    const struct suite *s, struct bytes doc, struct err *e);
	} rows[] = {
	    {"state", "{\"a\":{}}", "a: post is missing", suite_state},
	    {"block", "{\"a\":{\"network\":\"Berlin\"}}",
		"a: genesisBlockHeader is missing", suite_block},
	    {"block, rules", "{\"a\":{}}", "a: no rules are named \"\"",
		suite_block},
	    {"block, genesis",
		"{\"a\":{\"network\":\"Berlin\",\"genesisRLP\":\"0xc0\"}}",
		"a: genesisRLP: RLP ends before an item", suite_block},
	    {"vm", "{\"a\":{\"env\":{}}}", "a: exec: exec is missing",
		suite_vm},
	    {"tx", "{\"a\":{}}", "a: result is missing", suite_tx},
	    {"tx, bytes",
		"{\"a\":{\"txbytes\":\"0xzz\",\"result\":{\"Berlin\":{}}}}",
		"a: result: Berlin: \"0xzz\" is no hex", suite_tx},
	};
	struct judge j;
	size_t i;

	open_judge(&j);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {0};

		test_row(rows[i].name);
		EXPECT(
		    rows[i].run(&j.s, bytes_of_str(rows[i].doc), &e) != RC_OK);
		EXPECT_STR(e.text, rows[i].text);
	}
	EXPECT_U64(j.passed + j.failed + j.skipped, 0);
	evm_free(j.vm);
}

TEST(test_suite_code_runs_by_itself)
{
	/* The value given, and the input's first byte, as words. */
	struct suite_call c = {
	    .code = test_hex("345f526020355f1a60205260405ff3"),
	    .value = u256_from_u64(7),
	    .gas = 100000,
	    .fork = "osaka"};
	struct evm_result r;
	struct judge j;
	struct arena a;
	struct err e;

	open_judge(&j);
	arena_init(&a, 1 << 20);
	EXPECT_RC(suite_code(&a, &r, j.vm, &c, NULL), RC_OK);
	EXPECT_RC(r.rc, RC_OK);
	EXPECT_U64(r.output.len, 64);
	EXPECT_U64(r.output.ptr[31], 7);
	c.fork = "Atlantis";
	EXPECT_RC(suite_code(&a, &r, j.vm, &c, &e), RC_BAD_INPUT);
	arena_drop(&a);
	evm_free(j.vm);
}

/* The public suites. ----------------------------------------------------- */

/* One file in this many: a second or two for each suite. */
enum { ONE_IN = 40 };

typedef enum rc suite_fn(
    const struct suite *s, struct bytes doc, struct err *e);

/* run_every runs one file in step of those whose path ends in suffix. */
static void
run_every(const char *archive, const char *suffix, size_t step, size_t least,
    suite_fn *run)
{
	const char *dir = test_unpack(archive);
	const char *const *files;
	struct judge j;
	size_t cnt, i;

	if (dir == NULL) {
		test_skip("the archive cannot be unpacked");
		return;
	}
	open_judge(&j);
	files = test_files(&cnt, dir, suffix);
	for (i = 0; i < cnt; i += step) {
		struct err e = {0};
		size_t failed = j.failed;
		enum rc rc = run(&j.s, test_read(files[i]), &e);

		if (rc != RC_OK || j.failed > failed)
			test_fail(__FILE__, __LINE__, "%s: %s", files[i],
			    rc != RC_OK ? err_message(&e, rc) : j.why);
	}
	EXPECT(j.passed >= least);
	test_count(j.passed);
	test_files(&cnt, j.s.tmp_dir, "");
	EXPECT_U64(cnt, 0); /* no store stays behind */
	evm_free(j.vm);
}

static void
run_public(const char *archive, size_t least, suite_fn *run)
{
	run_every(archive, ".json", ONE_IN, least, run);
}

TEST(test_suite_public_vm_tests_pass)
{
	run_public("ethereum/legacy-vm.tar.zst", 5, suite_vm);
}

TEST(test_suite_public_transaction_tests_pass)
{
	run_public("ethereum/transaction.tar.zst", 20, suite_tx);
}

TEST(test_suite_public_legacy_state_tests_pass)
{
	run_public("ethereum/legacy-state.tar.zst", 500, suite_state);
}

TEST(test_suite_public_current_state_tests_pass)
{
	run_public("ethereum/eest-state.tar.zst", 100, suite_state);
}

TEST(test_suite_public_legacy_block_tests_pass)
{
	run_public("ethereum/legacy-blockchain.tar.zst", 30, suite_block);
}

TEST(test_suite_public_current_block_tests_pass)
{
	run_public("ethereum/eest-blockchain.tar.zst", 20, suite_block);
}

/* rename_all overwrites each name with another of the same length. */
static size_t
rename_all(char *text, const char *from, const char *to)
{
	size_t cnt = 0;

	for (; (text = strstr(text, from)) != NULL; cnt++)
		memcpy(text, to, strlen(to));
	return cnt;
}

/* Blocks whose transaction is what is wrong with them have a root without
 * it: the reason is behind that. */
TEST(test_suite_block_refused_for_another_reason_fails)
{
	static const char name[] = "TR_IntrinsicGas",
			  other[] = "TR_NonceTooHigh";
	const char *dir = test_unpack("ethereum/legacy-blockchain.tar.zst");
	const char *const *files;
	struct judge j;
	struct bytes raw;
	size_t cnt;
	char *doc;

	_Static_assert(sizeof(name) == sizeof(other), "one for the other");
	if (dir == NULL) {
		test_skip("the archive cannot be unpacked");
		return;
	}
	files = test_files(&cnt, dir, "/bcEIP1559/intrinsicOrFail.json");
	EXPECT_U64(cnt, 1);
	if (cnt != 1)
		return;
	raw = test_read(files[0]);
	doc = strndup((const char *)raw.ptr, raw.len);
	EXPECT(doc != NULL && rename_all(doc, name, other) > 0);
	open_judge(&j);
	EXPECT_RC(suite_block(&j.s, bytes_of_str(doc), NULL), RC_OK);
	EXPECT_U64(j.passed, 0);
	EXPECT(j.failed > 0);
	EXPECT(strstr(j.why, "block 0 was refused with TX_INTRINSIC, not with "
			     "TR_NonceTooHigh") == j.why);
	evm_free(j.vm);
	free(doc);
}
