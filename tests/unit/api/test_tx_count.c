/* SPDX-License-Identifier: Apache-2.0
 *
 * GET / and GET /v1/Eth/TransactionCount/{eth_address}.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "rig.h"
#include "test.h"

#define COUNT "/v1/Eth/TransactionCount/"
#define GOOD  "0xD1bd54f0C55d3C51892973329368259840396eAD"

static void
expect_refusal(struct rig *g, unsigned http, int code, const char *description)
{
	unsigned status;
	const json_t *meta = json_object_get(rig_answer(g, &status), "meta");

	EXPECT_U64(status, http);
	EXPECT(json_integer_value(json_object_get(meta, "code")) == code);
	EXPECT(json_object_get(g->doc, "data") == NULL);
	if (description == NULL)
		EXPECT(json_object_get(meta, "description") == NULL);
	else
		EXPECT_STR(
		    json_string_value(json_object_get(meta, "description")),
		    description);
}

TEST(test_root_says_the_name_without_envelope)
{
	struct rig g;

	rig_open(&g, false);
	rig_get(&g, "/");
	EXPECT(g.run == GW_RUN_REPLY && g.req.reply.status == 200);
	EXPECT_BYTES(
	    g.req.reply.body, bytes_of_str("{\"server\":\"TMR-API\"}"));
	rig_close(&g);
}

TEST(test_root_wrong_method_is_404_with_method_and_path)
{
	struct rig g;

	rig_open(&g, false);
	rig_post(&g, "/", "application/json", "{}");
	expect_refusal(&g, 404, 10, "method: POST, url: /");
	rig_get(&g, "/v1/Eth/SendRawTransaction");
	expect_refusal(
	    &g, 404, 10, "method: GET, url: /v1/Eth/SendRawTransaction");
	rig_close(&g);
}

TEST(test_tx_count_address_forms_by_row)
{
	static const struct {
		const char *text;
		bool is_good;
	} row[] = {
	    {GOOD, true},
	    {"D1bd54f0C55d3C51892973329368259840396eAD", true},
	    {"0xd1bd54f0c55d3c51892973329368259840396ead", true},
	    {"0xD1BD54F0C55D3C51892973329368259840396EAD", true},
	    {"d1bd54f0c55d3c51892973329368259840396ead", true},
	    {"0xd1bd54f0C55d3C51892973329368259840396eAD", false},
	    {"0xD1bd54f0C55d3C51892973329368259840396eA", false},
	    {"0xD1bd54f0C55d3C51892973329368259840396eAD0", false},
	    {"0xG1bd54f0c55d3c51892973329368259840396ead", false},
	    {"0x", false},
	    {"0", false},
	    {"1xd1bd54f0c55d3c51892973329368259840396ead", false},
	    {"%20d1bd54f0c55d3c51892973329368259840396ead", false},
	    {"d1bd54f0c55d3c51892973329368259840396ead%20", false},
	    {"%22%5d%2c%22latest%22", false},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		char path[160];
		struct rig g;

		test_row(row[i].text);
		rig_open(&g, false);
		(void)snprintf(path, sizeof(path), COUNT "%s", row[i].text);
		rig_get(&g, path);
		if (row[i].is_good)
			/* whatever was written, the node is asked in EIP-55 */
			EXPECT(g.run == GW_RUN_WAIT &&
			       bytes_eq(g.req.effect.u.node.calls[0].params,
				   bytes_of_str("[\"" GOOD "\",\"latest\"]")));
		else
			expect_refusal(&g, 400, 88, NULL);
		rig_close(&g);
		test_row(NULL);
	}
}

TEST(test_tx_count_answers_numbers_and_chain_as_text)
{
	static const struct {
		const char *nonce, *price, *chain, *want;
	} row[] = {
	    {"\"0x0\"", "\"0x0\"", "\"0x7a69\"",
		"{\"nonce\":0,\"gasprice\":0,\"chainid\":\"31337\"}"},
	    {"\"0xff\"", "\"0x3b9aca00\"", "\"0xae5\"",
		"{\"nonce\":255,\"gasprice\":1000000000,\"chainid\":"
		"\"2789\"}"},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct rig g;

		rig_open(&g, false);
		rig_get(&g, COUNT GOOD);
		EXPECT(g.req.effect.u.node.cnt == 3);
		rig_says(&g, 0, false, row[i].nonce);
		rig_says(&g, 1, false, row[i].price);
		rig_says(&g, 2, false, row[i].chain);
		rig_go(&g, RC_OK);
		EXPECT_STR(rig_data(&g), row[i].want);
		rig_close(&g);
	}
}

TEST(test_tx_count_node_by_row)
{
	static const struct {
		const char *name;
		enum rc rc;
		bool is_error;
		const char *nonce;
		unsigned http;
		int code;
	} row[] = {
	    {"gone", RC_UNAVAILABLE, false, "", 503, 999},
	    {"slow", RC_TIMEOUT, false, "", 503, 999},
	    {"too large", RC_TOO_LARGE, false, "", 413, 413},
	    {"refuses", RC_OK, true, "{\"code\":-32000}", 500, 500},
	    {"says nothing", RC_OK, false, "", 500, 500},
	    {"says null", RC_OK, false, "null", 500, 500},
	    {"says a list", RC_OK, false, "[0x1]", 500, 500},
	    {"says no number", RC_OK, false, "\"one\"", 500, 500},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		struct rig g;

		test_row(row[i].name);
		rig_open(&g, false);
		rig_get(&g, COUNT GOOD);
		rig_says(&g, 0, row[i].is_error, row[i].nonce);
		rig_says(&g, 1, false, "\"0x0\"");
		rig_says(&g, 2, false, "\"0x1\"");
		rig_go(&g, row[i].rc);
		expect_refusal(&g, row[i].http, row[i].code, NULL);
		rig_close(&g);
		test_row(NULL);
	}
}
