/* SPDX-License-Identifier: Apache-2.0
 *
 * Fork ids of public networks: the cases of EIP-2124, and main net's forks by
 * time (EIP-6122).
 */
#include "eth/forkid.h"

#include <jansson.h>
#include <stdio.h>

#include "base/hex.h"
#include "test.h"

static struct hash
hash_of(const char *text)
{
	struct hash out;

	EXPECT_RC(hex_read_fixed(
		      out.b, sizeof(out.b), bytes_of_str(text), false, NULL),
	    RC_OK);
	return out;
}

/* expect_id compares an id with its text and what is next. */
static void
expect_id(const struct fork_id *id, const char *hash, uint64_t next)
{
	char text[2 * FORK_HASH_LEN + 3];

	EXPECT_STR(hex_put0x(text, bytes_of(id->hash, sizeof(id->hash))), hash);
	EXPECT_U64(id->next, next);
}

static void
check_network(const char *name, const json_t *net)
{
	struct fork_plan p = fork_plan_none();
	struct hash genesis =
	    hash_of(json_string_value(json_object_get(net, "genesis")));
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(net, "forks"), i, v)
	    p.at[FORK_HOMESTEAD + i] = (uint64_t)json_number_value(v);
	json_array_foreach(json_object_get(net, "cases"), i, v)
	{
		uint64_t head =
		    (uint64_t)json_number_value(json_object_get(v, "head"));
		struct fork_id id = fork_id_at(&p, &genesis, 0, head, 0);

		test_row(name);
		expect_id(&id, json_string_value(json_object_get(v, "hash")),
		    (uint64_t)json_number_value(json_object_get(v, "next")));
		test_row(NULL);
	}
}

TEST(test_fork_id_public_networks_match)
{
	const char *path = test_vectors("ethereum/devp2p-vectors.json");
	json_t *doc, *net;
	const char *name;
	size_t cnt = 0;

	if (path == NULL) {
		test_skip("ethereum/devp2p-vectors.json is not there");
		return;
	}
	doc = json_load_file(path, JSON_DECODE_INT_AS_REAL, NULL);
	EXPECT(doc != NULL);
	json_object_foreach(
	    json_object_get(json_object_get(doc, "forkId"), "networks"), name,
	    net)
	{
		check_network(name, net);
		cnt++;
	}
	EXPECT_U64(cnt, 4);
	json_decref(doc);
}

/* Main net, where forks by time follow those by block. */
TEST(test_fork_id_time_forks_follow_blocks)
{
	static const struct {
		uint64_t number, time;
		const char *hash;
		uint64_t next;
	} rows[] = {
	    {0, 0, "0xfc64ec04", 1150000},
	    {13772999, 0, "0xb715077d", 13773000},
	    {15049999, 0, "0x20c327fc", 15050000},
	    {15050000, 0, "0xf0afd0e3", 1681338455},
	    {20000000, 1681338454, "0xf0afd0e3", 1681338455},
	    {20000000, 1681338455, "0xdce96c2d", 1710338135},
	    {30000000, 1710338135, "0x9f3d2254", 1746612311},
	    {30000000, 1746612311, "0xc376cf8b", 0},
	    /* Time alone does not pass a block that is to come. */
	    {15049999, 1746612311, "0x20c327fc", 15050000},
	};
	struct hash genesis = hash_of("0xd4e56740f876aef8c010b86a40d5f56745a118"
				      "d0906a34e69aec8c0db1cb8fa3");
	struct fork_plan p = fork_plan_none();
	size_t i;

	p.at[FORK_HOMESTEAD] = 1150000;
	p.at[FORK_DAO] = 1920000;
	p.at[FORK_TANGERINE] = 2463000;
	p.at[FORK_EIP155] = p.at[FORK_SPURIOUS] = 2675000;
	p.at[FORK_BYZANTIUM] = 4370000;
	p.at[FORK_CONSTANTINOPLE] = p.at[FORK_PETERSBURG] = 7280000;
	p.at[FORK_ISTANBUL] = 9069000;
	p.at[FORK_MUIR_GLACIER] = 9200000;
	p.at[FORK_BERLIN] = 12244000;
	p.at[FORK_LONDON] = 12965000;
	p.at[FORK_ARROW_GLACIER] = 13773000;
	p.at[FORK_GRAY_GLACIER] = 15050000;
	p.at[FORK_SHANGHAI] = 1681338455;
	p.at[FORK_CANCUN] = 1710338135;
	p.at[FORK_PRAGUE] = 1746612311;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fork_id id =
		    fork_id_at(&p, &genesis, 0, rows[i].number, rows[i].time);

		expect_id(&id, rows[i].hash, rows[i].next);
	}
}

/* What holds from the genesis on is no fork; ours are nobody's. */
TEST(test_fork_id_genesis_rules_do_not_count)
{
	struct fork_plan none = fork_plan_none(), p = none;
	struct hash genesis = {{7}};
	struct fork_id id = fork_id_at(&none, &genesis, 100, 9, 900), same;

	p.at[FORK_HOMESTEAD] = p.at[FORK_LONDON] = 0;
	p.at[FORK_SHANGHAI] = 0;
	p.at[FORK_CANCUN] = 100;
	p.evm_fork = FORK_PRAGUE;
	same = fork_id_at(&p, &genesis, 100, 9, 900);
	EXPECT(memcmp(id.hash, same.hash, sizeof(id.hash)) == 0);
	EXPECT_U64(same.next, 0);
	p.at[FORK_CANCUN] = 101;
	same = fork_id_at(&p, &genesis, 100, 9, 900);
	EXPECT(memcmp(id.hash, same.hash, sizeof(id.hash)) != 0);
}
