/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_config (EIP-7910): rules that hold, come next and last, of a Clique chain
 * as it is, with opcodes of later forks, and with forks by time before it.
 */
#include <stdlib.h>
#include <string.h>

#include "rig.h"

#define EARLY                                                                  \
	"\"ECREC\":\"0x0000000000000000000000000000000000000001\","            \
	"\"SHA256\":\"0x0000000000000000000000000000000000000002\","           \
	"\"RIPEMD160\":\"0x0000000000000000000000000000000000000003\","        \
	"\"ID\":\"0x0000000000000000000000000000000000000004\","               \
	"\"MODEXP\":\"0x0000000000000000000000000000000000000005\","           \
	"\"BN254_ADD\":\"0x0000000000000000000000000000000000000006\","        \
	"\"BN254_MUL\":\"0x0000000000000000000000000000000000000007\","        \
	"\"BN254_PAIRING\":\"0x0000000000000000000000000000000000000008\","    \
	"\"BLAKE2F\":\"0x0000000000000000000000000000000000000009\""
#define CANCUN                                                                 \
	EARLY ",\"KZG_POINT_EVALUATION\":"                                     \
	      "\"0x000000000000000000000000000000000000000a\""
#define BEACON                                                                 \
	"\"BEACON_ROOTS_ADDRESS\":"                                            \
	"\"0x000f3df6d732807ef1319fb7b8bb8522d0beac02\""

static const char *
config(struct rig *r)
{
	return rig_result(r, "eth_config", "[]");
}

/* part asks for a member of eth_config's member. */
static const char *
part(struct rig *r, const char *name, const char *member)
{
	json_t *doc = rig_json(config(r));
	json_t *v = json_object_get(json_object_get(doc, name), member);
	char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	const char *out = rig_fmt(r, "%s", text == NULL ? "-" : text);

	free(text);
	json_decref(doc);
	return out;
}

TEST(test_config_without_time_forks_has_no_next)
{
	struct rig r;
	const char *id;

	rig_open(&r);
	id = part(&r, "current", "forkId");
	EXPECT_CALL(&r, "eth_config", "[]",
	    rig_fmt(&r,
		"{\"current\":{\"activationTime\":0,\"blobSchedule\":null,"
		"\"chainId\":\"0x7a69\",\"forkId\":%s,\"precompiles\":{" EARLY
		"},\"systemContracts\":{}},\"next\":null,\"last\":null}",
		id));
	EXPECT_CALL(&r, "eth_config", "[1]",
	    "-32602 too many arguments, want at most 0");
	rig_close(&r);
}

/* The machine's later rules show, the chain's id stays. */
TEST(test_config_opcodes_of_later_forks)
{
	struct rig r;
	const char *id;

	rig_open(&r);
	id = part(&r, "current", "forkId");
	r.g.forks.evm_fork = FORK_CANCUN;
	EXPECT_STR(part(&r, "current", "precompiles"), "{" CANCUN "}");
	EXPECT_STR(part(&r, "current", "systemContracts"), "{}");
	EXPECT_STR(part(&r, "current", "forkId"), id);
	rig_close(&r);
}

TEST(test_config_tells_the_next_and_the_last_fork)
{
	struct rig r;
	const char *id;
	uint64_t now;

	rig_open(&r);
	(void)rig_mine(&r);
	now = chain_head(r.chain)->header->time;
	id = part(&r, "current", "forkId");
	r.g.forks.at[FORK_SHANGHAI] = now;
	r.g.forks.at[FORK_CANCUN] = now + 10;
	r.g.forks.at[FORK_PRAGUE] = r.g.forks.at[FORK_OSAKA] = now + 20;
	EXPECT_STR(part(&r, "current", "activationTime"),
	    rig_fmt(&r, "%llu", (unsigned long long)now));
	EXPECT(strcmp(part(&r, "current", "forkId"), id) != 0);
	EXPECT_CALL(&r, "eth_config", "[]",
	    rig_fmt(&r,
		"{\"current\":{\"activationTime\":%llu,\"blobSchedule\":null,"
		"\"chainId\":\"0x7a69\",\"forkId\":%s,\"precompiles\":{" EARLY
		"},\"systemContracts\":{}},\"next\":{\"activationTime\":%llu,"
		"\"blobSchedule\":{\"baseFeeUpdateFraction\":3338477,\"max\":6,"
		"\"target\":3},\"chainId\":\"0x7a69\",\"forkId\":%s,"
		"\"precompiles\":{" CANCUN "},\"systemContracts\":{" BEACON
		"}},\"last\":%s}",
		(unsigned long long)now, part(&r, "current", "forkId"),
		(unsigned long long)now + 10, part(&r, "next", "forkId"),
		rig_member(&r, "eth_config", "[]", "last")));
	EXPECT_STR(part(&r, "last", "activationTime"),
	    rig_fmt(&r, "%llu", (unsigned long long)now + 20));
	EXPECT(strstr(part(&r, "last", "precompiles"),
		   "\"P256VERIFY\":"
		   "\"0x0000000000000000000000000000000000000100\"") != NULL);
	EXPECT(strstr(part(&r, "last", "systemContracts"),
		   "\"DEPOSIT_CONTRACT_ADDRESS\":"
		   "\"0x0000000000000000000000000000000000000000\"") != NULL);
	rig_close(&r);
}

/* Forks by time that wait for London, which never comes, are not told. */
TEST(test_config_time_forks_without_london_are_none)
{
	struct rig r;

	rig_open(&r);
	r.g.forks.at[FORK_LONDON] = FORK_NEVER;
	r.g.forks.at[FORK_SHANGHAI] = UINT32_MAX;
	EXPECT_STR(rig_member(&r, "eth_config", "[]", "next"), "null");
	EXPECT_STR(rig_member(&r, "eth_config", "[]", "last"), "null");
	EXPECT_STR(part(&r, "current", "activationTime"), "0");
	rig_close(&r);
}
