/* SPDX-License-Identifier: Apache-2.0
 *
 * The call tracer: the tree of calls, what went wrong in it, logs that
 * stayed.
 */
#include "scene.h"

#include "base/arena.h"

/* Calls 0xee with value v, forgets the outcome. */
#define CALL_OTHER(v) "0x00 0x00 0x00 0x00 " v " 0xee 0xffff CALL POP "

/* The selector of Error(string), "no". */
#define REVERT_NO                                                              \
	"0x08c379a000000000000000000000000000000000000000000000000000000000 "  \
	"0x00 MSTORE 0x20 0x04 MSTORE 0x02 0x24 MSTORE "                       \
	"0x6e6f000000000000000000000000000000000000000000000000000000000000 "  \
	"0x44 MSTORE 0x64 0x00 REVERT"

static const struct scene_row rows[] = {
    {"a transfer", {.self = "", .value = 5, .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x5\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x5208\",\"input\":\"0x\"}"},
    {"input and output",
	{.self = "0x00 CALLDATALOAD 0x00 MSTORE 0x03 0x00 RETURN",
	    .input = "0102",
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x5258\",\"input\":\"0x0102\","
	"\"output\":\"0x010200\"}"},
    {"each kind of call",
	{.self = "0x1234 0x00 MSTORE 0x00 0x00 0x20 0x00 0x03 0xee 0xffff CALL "
		 "0x00 0x00 0x00 0x00 0x04 0xee 0xffff CALLCODE 0x00 0x00 0x00 "
		 "0x00 0xee 0xffff DELEGATECALL 0x00 0x00 0x00 0x00 0xee "
		 "0xffff STATICCALL",
	    .other = "0x01 0x1f RETURN",
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x9232\",\"input\":\"0x\",\"calls\":"
	"[{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0x3\","
	"\"gas\":\"0x108fb\",\"gasUsed\":\"0x9\",\"input\":"
	"\"0x0000000000000000000000000000000000000000000000000000000000001234\""
	",\"output\":\"0x00\"},{\"type\":\"CALLCODE\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0x4\","
	"\"gas\":\"0x108fb\",\"gasUsed\":\"0x9\",\"input\":\"0x\",\"output\":"
	"\"0x00\"},{\"type\":\"DELEGATECALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0x0\","
	"\"gas\":\"0xffff\",\"gasUsed\":\"0x9\",\"input\":\"0x\",\"output\":"
	"\"0x00\"},{\"type\":\"STATICCALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"gas\":\"0xffff\","
	"\"gasUsed\":\"0x9\",\"input\":\"0x\",\"output\":\"0x00\"}]}"},
    {"precompiles",
	{.self = "0x00 0x00 0x02 0x00 0x04 0xffff STATICCALL 0x00 0x00 0x40 "
		 "0x00 0x0a 0xffff STATICCALL",
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x1530b\",\"input\":\"0x\","
	"\"calls\":[{\"type\":\"STATICCALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x0000000000000000000000000000000000000004\",\"gas\":\"0xffff\","
	"\"gasUsed\":\"0x12\",\"input\":\"0x0000\",\"output\":\"0x0000\"},{"
	"\"type\":\"STATICCALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x000000000000000000000000000000000000000a\",\"gas\":\"0xffff\","
	"\"gasUsed\":\"0xffff\",\"input\":"
	"\"0x000000000000000000000000000000000000000000000000000000000000000000"
	"00000000000000000000000000000000000000000000000000000000000000\","
	"\"error\":\"precompiled contract failed\"}]}"},
    {"the transaction reverts with words",
	{.self = REVERT_NO, .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x523e\",\"input\":\"0x\","
	"\"output\":"
	"\"0x08c379a00000000000000000000000000000000000000000000000000000000000"
	"0000200000000000000000000000000000000000000000000000000000000000000002"
	"6e6f000000000000000000000000000000000000000000000000000000000000\","
	"\"error\":\"execution reverted\",\"revertReason\":\"no\"}"},
    {"one of its calls does, and it goes on",
	{.self = CALL_OTHER("0x00"),
	    .other = REVERT_NO,
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x5c7d\",\"input\":\"0x\",\"calls\":"
	"[{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0x0\","
	"\"gas\":\"0xffff\",\"gasUsed\":\"0x36\",\"input\":\"0x\",\"output\":"
	"\"0x08c379a00000000000000000000000000000000000000000000000000000000000"
	"0000200000000000000000000000000000000000000000000000000000000000000002"
	"6e6f000000000000000000000000000000000000000000000000000000000000\","
	"\"error\":\"execution reverted\",\"revertReason\":\"no\"}]}"},
    {"a revert without words",
	{.self = CALL_OTHER("0x00"),
	    .other = "0x01 0x00 REVERT",
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x5c50\",\"input\":\"0x\",\"calls\":"
	"[{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0x0\","
	"\"gas\":\"0xffff\",\"gasUsed\":\"0x9\",\"input\":\"0x\",\"output\":"
	"\"0x00\",\"error\":\"execution reverted\"}]}"},
    {"a byte that is no instruction",
	{.self = CALL_OTHER("0x00"),
	    .other = "#0c",
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x15c46\",\"input\":\"0x\","
	"\"calls\":[{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0x0\","
	"\"gas\":\"0xffff\",\"gasUsed\":\"0xffff\",\"input\":\"0x\",\"error\":"
	"\"invalid opcode: opcode 0xc not defined\"}]}"},
    {"a write where none may be",
	{.self = "0x00 0x00 0x00 0x00 0xee 0xffff STATICCALL",
	    .other = "0x01 0x01 SSTORE",
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x15c41\",\"input\":\"0x\","
	"\"calls\":[{\"type\":\"STATICCALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"gas\":\"0xffff\","
	"\"gasUsed\":\"0xffff\",\"input\":\"0x\",\"error\":\"write "
	"protection\"}]}"},
    {"a call without the money",
	{.self = CALL_OTHER("0x0fff"),
	    .other = "STOP",
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x7673\",\"input\":\"0x\",\"calls\":"
	"[{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0xfff\","
	"\"gas\":\"0x108fb\",\"gasUsed\":\"0x0\",\"input\":\"0x\",\"error\":"
	"\"insufficient balance for transfer\"}]}"},
    {"creations, one without the money",
	{.self = "0x60016000f3 0x00 MSTORE 0x05 0x1b 0x00 CREATE 0x07 0x05 "
		 "0x1b 0x00 CREATE2 0x00 0x00 0x0fff CREATE",
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x1cade\",\"input\":\"0x\","
	"\"calls\":[{\"type\":\"CREATE\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x1baa5ab74def02c1f8eb1140089456e95ded042d\",\"value\":\"0x0\","
	"\"gas\":\"0xe3955\",\"gasUsed\":\"0xd1\",\"input\":\"0x60016000f3\","
	"\"output\":\"0x00\"},{\"type\":\"CREATE2\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x0ea3ca3abab6a9c6ee321d775c3b84907445d7a4\",\"value\":\"0x0\","
	"\"gas\":\"0xdbd68\",\"gasUsed\":\"0xd1\",\"input\":\"0x60016000f3\","
	"\"output\":\"0x00\"},{\"type\":\"CREATE\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0xfff\","
	"\"gas\":\"0xd4185\",\"gasUsed\":\"0x0\",\"input\":\"0x\",\"error\":"
	"\"insufficient balance for transfer\"}]}"},
    {"a creation that reverts has no address",
	{.init = "0x00 0x00 REVERT", .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CREATE\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0xcf48\",\"input\":\"0x60006000fd\","
	"\"error\":\"execution reverted\"}"},
    {"a creation that succeeds has",
	{.init = "0x01 0x00 RETURN", .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CREATE\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x0df8e22177567f0ae77e5a0ed75c81bceb2c311c\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0xd01f\",\"input\":\"0x60016000f3\","
	"\"output\":\"0x00\"}"},
    {"the end of a contract is a call",
	{.self = CALL_OTHER("0x09"),
	    .other = "0xca SELFDESTRUCT",
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x89fe\",\"input\":\"0x\",\"calls\":"
	"[{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0x9\","
	"\"gas\":\"0x108fb\",\"gasUsed\":\"0x138b\",\"input\":\"0x\",\"calls\":"
	"[{\"type\":\"SELFDESTRUCT\",\"from\":"
	"\"0x00000000000000000000000000000000000000ee\",\"to\":"
	"\"0x00000000000000000000000000000000000000ca\",\"value\":\"0x9\","
	"\"gas\":\"0x0\",\"gasUsed\":\"0x0\",\"input\":\"0x\"}]}]}"},
    {"one that cannot pay for it is none",
	{.self = "0x00 0x00 0x00 0x00 0x00 0xee 0x0f00 CALL POP",
	    .other = "0xca SELFDESTRUCT",
	    .conf = {.form = TRACER_CALLS}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x6b47\",\"input\":\"0x\",\"calls\":"
	"[{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0x0\","
	"\"gas\":\"0xf00\",\"gasUsed\":\"0xf00\",\"input\":\"0x\",\"error\":"
	"\"out of gas\"}]}"},
    {"only the top",
	{.self = CALL_OTHER("0x00") "0x00 0x00 LOG0 0xca SELFDESTRUCT",
	    .other = "0x00 0x00 LOG0",
	    .conf = {.form = TRACER_CALLS,
		.is_top_only = true,
		.shows_logs = true}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x72cc\",\"input\":\"0x\",\"logs\":["
	"{\"address\":\"0x00000000000000000000000000000000000000cc\","
	"\"topics\":[],\"data\":\"0x\",\"position\":\"0x0\"}]}"},
    {"logs and their places among the calls",
	{.self = "0x07 0x00 MSTORE 0xaa 0x02 0x1f LOG1 " CALL_OTHER(
	     "0x00") "0x04 0x03 0x02 0x01 0x00 0x00 LOG4",
	    .other = "0x00 0x00 LOG0",
	    .conf = {.form = TRACER_CALLS, .shows_logs = true}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x683f\",\"input\":\"0x\",\"logs\":["
	"{\"address\":\"0x00000000000000000000000000000000000000cc\","
	"\"topics\":["
	"\"0x00000000000000000000000000000000000000000000000000000000000000aa\""
	"],\"data\":\"0x0700\",\"position\":\"0x0\"},{\"address\":"
	"\"0x00000000000000000000000000000000000000cc\",\"topics\":["
	"\"0x0000000000000000000000000000000000000000000000000000000000000001\""
	",\"0x0000000000000000000000000000000000000000000000000000000000000002"
	"\","
	"\"0x0000000000000000000000000000000000000000000000000000000000000003\""
	",\"0x0000000000000000000000000000000000000000000000000000000000000004"
	"\"],\"data\":\"0x\",\"position\":\"0x1\"}],\"calls\":[{\"type\":"
	"\"CALL\",\"from\":\"0x00000000000000000000000000000000000000cc\","
	"\"to\":\"0x00000000000000000000000000000000000000ee\",\"value\":"
	"\"0x0\",\"gas\":\"0xffff\",\"gasUsed\":\"0x17d\",\"input\":\"0x\","
	"\"logs\":[{\"address\":\"0x00000000000000000000000000000000000000ee\","
	"\"topics\":[],\"data\":\"0x\",\"position\":\"0x0\"}]}]}"},
    {"logs of what was undone are not told",
	{.self = CALL_OTHER("0x00"),
	    .other = "0x00 0x00 LOG0 0x00 0x00 0x00 0x00 0x00 0xcb 0xff CALL "
		     "0x00 0x00 REVERT",
	    .conf = {.form = TRACER_CALLS, .shows_logs = true}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x6807\",\"input\":\"0x\",\"calls\":"
	"[{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0x0\","
	"\"gas\":\"0xffff\",\"gasUsed\":\"0xbc0\",\"input\":\"0x\",\"error\":"
	"\"execution "
	"reverted\",\"calls\":[{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ee\",\"to\":"
	"\"0x00000000000000000000000000000000000000cb\",\"value\":\"0x0\","
	"\"gas\":\"0xff\",\"gasUsed\":\"0x0\",\"input\":\"0x\"}]}]}"},
    {"a log that cannot be paid for",
	{.self = CALL_OTHER("0x00"),
	    .other = "0xffffff 0x00 LOG0",
	    .conf = {.form = TRACER_CALLS, .shows_logs = true}},
	"{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000ca\",\"to\":"
	"\"0x00000000000000000000000000000000000000cc\",\"value\":\"0x0\","
	"\"gas\":\"0xf4240\",\"gasUsed\":\"0x15c46\",\"input\":\"0x\","
	"\"calls\":[{\"type\":\"CALL\",\"from\":"
	"\"0x00000000000000000000000000000000000000cc\",\"to\":"
	"\"0x00000000000000000000000000000000000000ee\",\"value\":\"0x0\","
	"\"gas\":\"0xffff\",\"gasUsed\":\"0xffff\",\"input\":\"0x\",\"error\":"
	"\"out of gas\"}]}"},
};

TEST(test_calls_are_told)
{
	scene_check(rows, sizeof(rows) / sizeof(rows[0]));
}

static size_t
count(const char *text, const char *what)
{
	size_t cnt = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		cnt++;
	}
	return cnt;
}

TEST(test_calls_as_deep_as_they_can_be_are_told)
{
	/* A call of itself with all gas but a 64th reaches the depth before
	 * the gas is gone. */
	struct scene s = {.conf = {.form = TRACER_CALLS},
	    .self = "0x00 0x00 0x00 0x00 0x00 ADDRESS GAS CALL",
	    .gas = UINT64_C(1) << 50};
	const char *text = scene_run(&s);

	EXPECT_RC(s.rc, RC_OK);
	EXPECT_U64(count(text, "\"type\":\"CALL\""), EVM_DEPTH_MAX + 1);
	EXPECT_U64(count(text, "\"calls\":["), EVM_DEPTH_MAX);
	EXPECT_U64(count(text, "max call depth exceeded"), 1);
}
