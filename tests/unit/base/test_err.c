/* SPDX-License-Identifier: Apache-2.0
 *
 * The error table and context lines.
 */
#include "base/err.h"

#include <string.h>

#include "base/check.h"
#include "test.h"

static enum rc
fails(struct err *e)
{
	return FAIL(e, RC_TX_NONCE_LOW, "nonce %d, account at %d", 3, 5);
}

static enum rc
passes_on(struct err *e, bool *was_here)
{
	TRY(fails(e));
	*was_here = true;
	return RC_OK;
}

TEST(test_err_try_failure_returns_at_once)
{
	struct err e = {0};
	bool was_here = false;

	EXPECT_RC(passes_on(&e, &was_here), RC_TX_NONCE_LOW);
	EXPECT(!was_here);
	EXPECT_RC(e.rc, RC_TX_NONCE_LOW);
	EXPECT_STR(e.text, "nonce 3, account at 5");
	EXPECT_RC(passes_on(NULL, &was_here), RC_TX_NONCE_LOW);
}

TEST(test_err_message_without_context_is_the_table_text)
{
	struct err e = {0};

	EXPECT_STR(err_message(NULL, RC_TX_KNOWN), "already known");
	EXPECT_STR(err_message(&e, RC_TX_KNOWN), "already known");
	(void)fails(&e);
	EXPECT_STR(err_message(&e, RC_TX_NONCE_LOW), "nonce 3, account at 5");
	/* a stale context of another failure is not shown */
	EXPECT_STR(err_message(&e, RC_TX_KNOWN), "already known");
}

TEST(test_err_long_context_is_cut_between_characters)
{
	char text[2 * ERR_TEXT_MAX];
	struct err e;
	size_t i;

	for (i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xe3\x81\x82", 3);
	text[i] = '\0';
	for (i = 0; i < 3; i++) { /* the bound meets each byte of one */
		(void)err_fail(&e, RC_INTERNAL, "%.*s%s", (int)i, "xx", text);
		EXPECT(strlen(e.text) < ERR_TEXT_MAX);
		EXPECT(strlen(e.text) > ERR_TEXT_MAX - 4);
		EXPECT((strlen(e.text) - i) % 3 == 0);
	}
}

TEST(test_err_table_rows_are_whole)
{
	int rc;

	for (rc = 0; rc < RC_CNT; rc++) {
		enum rc code = (enum rc)rc;

		test_row(err_name(code));
		EXPECT(strlen(err_text(code)) > 0);
		EXPECT(err_http_status(code) >= 200 &&
		       err_http_status(code) < 600);
		EXPECT((err_rpc_code(code) == 0) == (code == RC_OK));
	}
	test_row(NULL);
	EXPECT_U64((uint64_t)-err_rpc_code(RC_BAD_JSON), 32700);
	EXPECT_U64((uint64_t)err_rpc_code(RC_REVERT), 3);
	EXPECT_U64((uint64_t)err_http_status(RC_TOO_LARGE), 413);
}

TEST(test_err_message_of_an_empty_context_is_the_table_text)
{
	struct err e;

	(void)err_fail(&e, RC_TX_KNOWN, "%s", "");
	EXPECT_STR(err_message(&e, RC_TX_KNOWN), "already known");
}
