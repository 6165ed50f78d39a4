/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /v1/RequiredVersion, and paths that nobody has.
 */
#include <stdio.h>

#include "base/check.h"
#include "rig.h"
#include "test.h"

#define PATH "/v1/RequiredVersion"

TEST(test_required_version_platform_by_row)
{
	static const char long_value[] =
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "4";
	static const struct {
		const char *query, *want;
	} row[] = {
	    {"", "null value not allowed"},
	    {"?", "null value not allowed"},
	    {"?platform", "null value not allowed"},
	    {"?platform=", "null value not allowed"},
	    {"?Platform=ios", "null value not allowed"},
	    {"?platform=iOS", "unallowed value iOS"},
	    {"?platform=ios%20", "unallowed value ios "},
	    {"?platform=%22%7d%0a", "unallowed value \"}\n"},
	    {NULL, "unallowed value"},
	};

	for (size_t i = 0; i < ARRAY_CNT(row); i++) {
		char path[160];
		unsigned status;
		const json_t *meta;
		struct rig g;

		rig_open(&g, false);
		(void)snprintf(path, sizeof(path), PATH "%s%s",
		    row[i].query != NULL ? row[i].query : "?platform=",
		    row[i].query != NULL ? "" : long_value);
		test_row(path);
		rig_get(&g, path);
		meta = json_object_get(rig_answer(&g, &status), "meta");
		EXPECT_U64(status, 400);
		EXPECT(json_integer_value(json_object_get(meta, "code")) == 88);
		EXPECT_STR(
		    json_string_value(json_object_get(
			json_object_get(meta, "description"), "platform")),
		    row[i].want);
		rig_close(&g);
		test_row(NULL);
	}
}

TEST(test_required_version_platform_that_is_no_text_is_named)
{
	static const char *const query[] = {"?platform=%zz", "?platform=%ff"};
	unsigned status;

	for (size_t i = 0; i < ARRAY_CNT(query); i++) {
		char path[64];
		struct rig g;

		rig_open(&g, false);
		(void)snprintf(path, sizeof(path), PATH "%s", query[i]);
		rig_get(&g, path);
		EXPECT_STR(json_string_value(json_object_get(
			       json_object_get(rig_answer(&g, &status), "meta"),
			       "description")),
		    "query platform: bad escape, NUL, or not UTF-8");
		EXPECT_U64(status, 400);
		rig_close(&g);
	}
}

TEST(test_required_version_tells_what_the_surface_has)
{
	struct rig g;

	rig_open(&g, false);
	rig_get(&g, PATH "?platform=ios");
	EXPECT_STR(rig_data(&g), "{\"required_version\":null,\"force\":false,"
				 "\"update_url\":null}");
	g.conf->surfaces[0].apps[GW_ANDROID] =
	    (struct gw_app){.version = "1.2.3", .url = "market://x", true};
	rig_get(&g, PATH "/?x=1&platform=android");
	EXPECT_STR(rig_data(&g), "{\"required_version\":\"1.2.3\",\"force\":"
				 "true,\"update_url\":\"market://x\"}");
	rig_get(&g, PATH "?platform=ios");
	EXPECT_STR(rig_data(&g), "{\"required_version\":null,\"force\":false,"
				 "\"update_url\":null}");
	rig_close(&g);
}

TEST(test_required_version_unknown_path_is_a_bare_404)
{
	static const char *const path[] = {"/v1", "/nowhere", PATH "/ios",
	    "/v1/requiredversion", "/v1/Eth/TransactionCount"};
	struct rig g;

	rig_open(&g, false);
	for (size_t i = 0; i < ARRAY_CNT(path); i++) {
		test_row(path[i]);
		rig_get(&g, path[i]);
		EXPECT(g.run == GW_RUN_REPLY);
		EXPECT_U64(g.req.reply.status, 404);
		EXPECT_U64(g.req.reply.body.len, 0);
		EXPECT_STR(g.req.reply.type, GW_TYPE_TEXT);
		EXPECT(g.req.reply.cause == GW_R_NOT_FOUND);
		test_row(NULL);
	}
	rig_close(&g);
}
