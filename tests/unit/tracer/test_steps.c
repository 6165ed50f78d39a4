/* SPDX-License-Identifier: Apache-2.0
 *
 * The struct logger: steps with their cost, what is shown of them and what
 * not, storage, errors, the end.
 */
#include "scene.h"

static const struct scene_row rows[] = {
    {"no code, no steps", {.self = ""},
	"{\"structLogs\":[],\"gas\":21000,\"failed\":false,\"returnValue\":"
	"\"0x\"}"},
    {"the stack before each step", {.self = "0x02 0x03 ADD"},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"stack\":[],\"gasCost\":3},{\"pc\":2,\"op\":\"PUSH1\",\"gas\":"
	"978997,\"depth\":1,\"stack\":[\"0x2\"],\"gasCost\":3},{\"pc\":4,"
	"\"op\":\"ADD\",\"gas\":978994,\"depth\":1,\"stack\":[\"0x2\",\"0x3\"],"
	"\"gasCost\":3},{\"pc\":5,\"op\":\"STOP\",\"gas\":978991,\"depth\":1,"
	"\"stack\":[\"0x5\"],\"gasCost\":0}],\"gas\":21009,\"failed\":false,"
	"\"returnValue\":\"0x\"}"},
    {"too little on the stack", {.self = "ADD"},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"ADD\",\"gas\":979000,\"depth\":1,"
	"\"stack\":[],\"gasCost\":3,\"error\":\"stack "
	"underflow\"}],\"gas\":1000000,\"failed\":true,\"returnValue\":"
	"\"0x\"}"},
    {"a byte that is no instruction", {.self = "#0c"},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"opcode 0xc not "
	"defined\",\"gas\":979000,\"depth\":1,\"stack\":[],\"gasCost\":0,"
	"\"error\":\"invalid opcode: opcode 0xc not "
	"defined\"}],\"gas\":1000000,\"failed\":true,\"returnValue\":\"0x\"}"},
    {"the instruction that is none", {.self = "#fe"},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"INVALID\",\"gas\":979000,"
	"\"depth\":1,\"stack\":[],\"gasCost\":0,\"error\":\"invalid opcode: "
	"INVALID\"}],\"gas\":1000000,\"failed\":true,\"returnValue\":\"0x\"}"},
    {"a jump to nowhere", {.self = "0x09 JUMP"},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"stack\":[],\"gasCost\":3},{\"pc\":2,\"op\":\"JUMP\",\"gas\":"
	"978997,\"depth\":1,\"stack\":[\"0x9\"],\"gasCost\":8,\"error\":"
	"\"invalid jump "
	"destination\"}],\"gas\":1000000,\"failed\":true,\"returnValue\":"
	"\"0x\"}"},
    {"too little gas for its instruction",
	{.self = "0x01 0x01 SSTORE", .gas = 21000 + 2306},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":2306,\"depth\":1,"
	"\"stack\":[],\"gasCost\":3},{\"pc\":2,\"op\":\"PUSH1\",\"gas\":2303,"
	"\"depth\":1,\"stack\":[\"0x1\"],\"gasCost\":3},{\"pc\":4,\"op\":"
	"\"SSTORE\",\"gas\":2300,\"depth\":1,\"stack\":[\"0x1\",\"0x1\"],"
	"\"gasCost\":0,\"error\":\"out of "
	"gas\"}],\"gas\":23306,\"failed\":true,\"returnValue\":\"0x\"}"},
    {"a revert is no error of its instruction",
	{.self = "0xab 0x00 MSTORE8 0x01 0x00 REVERT"},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"stack\":[],\"gasCost\":3},{\"pc\":2,\"op\":\"PUSH1\",\"gas\":"
	"978997,\"depth\":1,\"stack\":[\"0xab\"],\"gasCost\":3},{\"pc\":4,"
	"\"op\":\"MSTORE8\",\"gas\":978994,\"depth\":1,\"stack\":[\"0xab\","
	"\"0x0\"],\"gasCost\":6},{\"pc\":5,\"op\":\"PUSH1\",\"gas\":978988,"
	"\"depth\":1,\"stack\":[],\"gasCost\":3},{\"pc\":7,\"op\":\"PUSH1\","
	"\"gas\":978985,\"depth\":1,\"stack\":[\"0x1\"],\"gasCost\":3},{\"pc\":"
	"9,\"op\":\"REVERT\",\"gas\":978982,\"depth\":1,\"stack\":[\"0x1\","
	"\"0x0\"],\"gasCost\":0}],\"gas\":21018,\"failed\":true,"
	"\"returnValue\":\"0xab\"}"},
    {"memory in words, no stack",
	{.self = "0xab 0x20 MSTORE8",
	    .conf = {.shows_memory = true, .hides_stack = true}},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":2,\"op\":\"PUSH1\",\"gas\":978997,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":4,\"op\":\"MSTORE8\",\"gas\":978994,"
	"\"depth\":1,\"gasCost\":9},{\"pc\":5,\"op\":\"STOP\",\"gas\":978985,"
	"\"depth\":1,\"memory\":["
	"\"0x0000000000000000000000000000000000000000000000000000000000000000\""
	",\"0xab00000000000000000000000000000000000000000000000000000000000000"
	"\"],\"gasCost\":0}],\"gas\":21015,\"failed\":false,\"returnValue\":"
	"\"0x\"}"},
    {"what a call costs and returns",
	{.self = "0x00 0x00 0x00 0x00 0xee GAS STATICCALL",
	    .other = "0x04 0x00 RETURN",
	    .conf = {.shows_return_data = true, .hides_stack = true}},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":2,\"op\":\"PUSH1\",\"gas\":978997,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":4,\"op\":\"PUSH1\",\"gas\":978994,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":6,\"op\":\"PUSH1\",\"gas\":978991,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":8,\"op\":\"PUSH1\",\"gas\":978988,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":10,\"op\":\"GAS\",\"gas\":978985,\"depth\":1,"
	"\"gasCost\":2},{\"pc\":11,\"op\":\"STATICCALL\",\"gas\":978983,"
	"\"depth\":1,\"gasCost\":963728},{\"pc\":0,\"op\":\"PUSH1\",\"gas\":"
	"961128,\"depth\":2,\"gasCost\":3},{\"pc\":2,\"op\":\"PUSH1\",\"gas\":"
	"961125,\"depth\":2,\"gasCost\":3},{\"pc\":4,\"op\":\"RETURN\",\"gas\":"
	"961122,\"depth\":2,\"gasCost\":3},{\"pc\":12,\"op\":\"STOP\",\"gas\":"
	"976374,\"depth\":1,\"returnData\":\"0x00000000\",\"gasCost\":0}],"
	"\"gas\":23626,\"failed\":false,\"returnValue\":\"0x\"}"},
    {"storage so far, refunds",
	{.self = "0x01 SLOAD 0x05 0x02 SSTORE 0x00 0x01 SSTORE 0x02 SLOAD",
	    .conf = {.hides_stack = true}},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":2,\"op\":\"SLOAD\",\"gas\":978997,\"depth\":"
	"1,\"gasCost\":2100,\"storage\":{"
	"\"0x0000000000000000000000000000000000000000000000000000000000000001\""
	":\"0x0000000000000000000000000000000000000000000000000000000000000007"
	"\"}},{\"pc\":3,\"op\":\"PUSH1\",\"gas\":976897,\"depth\":1,"
	"\"gasCost\":3},{\"pc\":5,\"op\":\"PUSH1\",\"gas\":976894,\"depth\":1,"
	"\"gasCost\":3},{\"pc\":7,\"op\":\"SSTORE\",\"gas\":976891,\"depth\":1,"
	"\"gasCost\":22100,\"storage\":{"
	"\"0x0000000000000000000000000000000000000000000000000000000000000001\""
	":\"0x0000000000000000000000000000000000000000000000000000000000000007"
	"\","
	"\"0x0000000000000000000000000000000000000000000000000000000000000002\""
	":\"0x0000000000000000000000000000000000000000000000000000000000000005"
	"\"}},{\"pc\":8,\"op\":\"PUSH1\",\"gas\":954791,\"depth\":1,"
	"\"gasCost\":3},{\"pc\":10,\"op\":\"PUSH1\",\"gas\":954788,\"depth\":1,"
	"\"gasCost\":3},{\"pc\":12,\"op\":\"SSTORE\",\"gas\":954785,\"depth\":"
	"1,\"gasCost\":2900,\"storage\":{"
	"\"0x0000000000000000000000000000000000000000000000000000000000000001\""
	":\"0x0000000000000000000000000000000000000000000000000000000000000000"
	"\","
	"\"0x0000000000000000000000000000000000000000000000000000000000000002\""
	":\"0x0000000000000000000000000000000000000000000000000000000000000005"
	"\"}},{\"pc\":13,\"op\":\"PUSH1\",\"gas\":951885,\"depth\":1,"
	"\"refund\":4800,\"gasCost\":3},{\"pc\":15,\"op\":\"SLOAD\",\"gas\":"
	"951882,\"depth\":1,\"refund\":4800,\"gasCost\":100,\"storage\":{"
	"\"0x0000000000000000000000000000000000000000000000000000000000000001\""
	":\"0x0000000000000000000000000000000000000000000000000000000000000000"
	"\","
	"\"0x0000000000000000000000000000000000000000000000000000000000000002\""
	":\"0x0000000000000000000000000000000000000000000000000000000000000005"
	"\"}},{\"pc\":16,\"op\":\"STOP\",\"gas\":951782,\"depth\":1,\"refund\":"
	"4800,\"gasCost\":0}],\"gas\":43418,\"failed\":false,\"returnValue\":"
	"\"0x\"}"},
    {"no storage", {.self = "0x01 SLOAD", .conf = {.hides_storage = true}},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"stack\":[],\"gasCost\":3},{\"pc\":2,\"op\":\"SLOAD\",\"gas\":"
	"978997,\"depth\":1,\"stack\":[\"0x1\"],\"gasCost\":2100},{\"pc\":3,"
	"\"op\":\"STOP\",\"gas\":976897,\"depth\":1,\"stack\":[\"0x7\"],"
	"\"gasCost\":0}],\"gas\":23103,\"failed\":false,\"returnValue\":"
	"\"0x\"}"},
    {"each contract has its own storage",
	{.self =
		"0x01 SLOAD 0x00 0x00 0x00 0x00 0xee GAS STATICCALL 0x01 SLOAD",
	    .other = "0x03 SLOAD",
	    .conf = {.hides_stack = true}},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":2,\"op\":\"SLOAD\",\"gas\":978997,\"depth\":"
	"1,\"gasCost\":2100,\"storage\":{"
	"\"0x0000000000000000000000000000000000000000000000000000000000000001\""
	":\"0x0000000000000000000000000000000000000000000000000000000000000007"
	"\"}},{\"pc\":3,\"op\":\"PUSH1\",\"gas\":976897,\"depth\":1,"
	"\"gasCost\":3},{\"pc\":5,\"op\":\"PUSH1\",\"gas\":976894,\"depth\":1,"
	"\"gasCost\":3},{\"pc\":7,\"op\":\"PUSH1\",\"gas\":976891,\"depth\":1,"
	"\"gasCost\":3},{\"pc\":9,\"op\":\"PUSH1\",\"gas\":976888,\"depth\":1,"
	"\"gasCost\":3},{\"pc\":11,\"op\":\"PUSH1\",\"gas\":976885,\"depth\":1,"
	"\"gasCost\":3},{\"pc\":13,\"op\":\"GAS\",\"gas\":976882,\"depth\":1,"
	"\"gasCost\":2},{\"pc\":14,\"op\":\"STATICCALL\",\"gas\":976880,"
	"\"depth\":1,\"gasCost\":961657},{\"pc\":0,\"op\":\"PUSH1\",\"gas\":"
	"959057,\"depth\":2,\"gasCost\":3},{\"pc\":2,\"op\":\"SLOAD\",\"gas\":"
	"959054,\"depth\":2,\"gasCost\":2100,\"storage\":{"
	"\"0x0000000000000000000000000000000000000000000000000000000000000003\""
	":\"0x0000000000000000000000000000000000000000000000000000000000000000"
	"\"}},{\"pc\":3,\"op\":\"STOP\",\"gas\":956954,\"depth\":2,\"gasCost\":"
	"0},{\"pc\":15,\"op\":\"PUSH1\",\"gas\":972177,\"depth\":1,\"gasCost\":"
	"3},{\"pc\":17,\"op\":\"SLOAD\",\"gas\":972174,\"depth\":1,\"gasCost\":"
	"100,\"storage\":{"
	"\"0x0000000000000000000000000000000000000000000000000000000000000001\""
	":\"0x0000000000000000000000000000000000000000000000000000000000000007"
	"\"}},{\"pc\":18,\"op\":\"STOP\",\"gas\":972074,\"depth\":1,"
	"\"gasCost\":0}],\"gas\":27926,\"failed\":false,\"returnValue\":"
	"\"0x\"}"},
    {"a creation's gas is not its cost",
	{.self = "0x00 0x00 0x00 CREATE", .conf = {.hides_stack = true}},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":2,\"op\":\"PUSH1\",\"gas\":978997,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":4,\"op\":\"PUSH1\",\"gas\":978994,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":6,\"op\":\"CREATE\",\"gas\":978991,\"depth\":"
	"1,\"gasCost\":32000},{\"pc\":0,\"op\":\"STOP\",\"gas\":932195,"
	"\"depth\":2,\"gasCost\":0},{\"pc\":7,\"op\":\"STOP\",\"gas\":946991,"
	"\"depth\":1,\"gasCost\":0}],\"gas\":53009,\"failed\":false,"
	"\"returnValue\":\"0x\"}"},
    {"nor is that of one without the money",
	{.self = "0x00 0x00 0x0fff CREATE", .conf = {.hides_stack = true}},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":2,\"op\":\"PUSH1\",\"gas\":978997,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":4,\"op\":\"PUSH2\",\"gas\":978994,\"depth\":"
	"1,\"gasCost\":3},{\"pc\":7,\"op\":\"CREATE\",\"gas\":978991,\"depth\":"
	"1,\"gasCost\":32000},{\"pc\":8,\"op\":\"STOP\",\"gas\":946991,"
	"\"depth\":1,\"gasCost\":0}],\"gas\":53009,\"failed\":false,"
	"\"returnValue\":\"0x\"}"},
    {"at most two steps",
	{.self = "0x01 POP 0x02 POP", .conf = {.step_max = 2}},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":979000,\"depth\":"
	"1,\"stack\":[],\"gasCost\":3},{\"pc\":2,\"op\":\"POP\",\"gas\":978997,"
	"\"depth\":1,\"stack\":[\"0x1\"],\"gasCost\":2}],\"gas\":21010,"
	"\"failed\":false,\"returnValue\":\"0x\"}"},
    {"a creation returns the code",
	{.init = "0xfe 0x00 MSTORE8 0x01 0x00 RETURN", .conf = {.step_max = 1}},
	"{\"structLogs\":[{\"pc\":0,\"op\":\"PUSH1\",\"gas\":946862,\"depth\":"
	"1,\"stack\":[],\"gasCost\":3}],\"gas\":53356,\"failed\":false,"
	"\"returnValue\":\"0xfe\"}"},
};

TEST(test_steps_are_told)
{
	scene_check(rows, sizeof(rows) / sizeof(rows[0]));
}
