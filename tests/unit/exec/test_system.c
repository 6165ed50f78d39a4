/* SPDX-License-Identifier: Apache-2.0
 *
 * What the protocol does by itself around a block's transactions: its calls
 * to contracts (EIP-4788, EIP-2935, EIP-7002, EIP-7251), the requests hash
 * (EIP-6110, EIP-7685), the DAO fork (EIP-779).
 */
#include "crypto/hash.h"
#include "exec/exec_priv.h"
#include "world.h"

/* Stores the first word of its input in slot 0. */
#define KEEPS "5f355f55"
/* Returns the byte 0xaa. */
#define GIVES "60aa5f5360015ff3"
#define FAILS "fe"

static struct addr
addr_of(const char *hex)
{
	struct addr a;

	memcpy(a.b, test_hex(hex).ptr, sizeof(a.b));
	return a;
}

static void
put_code(struct world *w, const char *addr, const char *code)
{
	struct world_account *a = world_put(w, 1, 0, 1);

	a->addr = addr_of(addr);
	world_code(a, code);
}

/* Before the first transaction. ------------------------------------------ */

static const struct {
	const char *name, *addr;
	enum fork since;
	uint8_t kept; /* first byte of what it keeps */
} keepers[] = {
    {"beacon root, EIP-4788", "000f3df6d732807ef1319fb7b8bb8522d0beac02",
	FORK_CANCUN, 0xbe},
    {"parent's hash, EIP-2935", "0000f90827f1c53a10cb7a02335b175320002935",
	FORK_PRAGUE, 0xaf},
};

static uint8_t
kept_by(enum fork f, const char *addr, const char *code)
{
	struct header h = {.number = 1, .time = 1};
	struct hash slot = {{0}};
	struct u256 value;
	struct addr a = addr_of(addr);
	struct world w;
	uint8_t raw[32];

	h.beacon_root.b[0] = 0xbe;
	h.parent.b[0] = 0xaf;
	world_open(&w, f);
	if (code != NULL)
		put_code(&w, addr, code);
	world_start(&w);
	EXPECT_RC(exec_begin_block(w.st, &w.env, &h, NULL), RC_OK);
	EXPECT(state_exists(w.st, &a) == (code != NULL));
	state_slot(w.st, &value, &a, &slot);
	world_close(&w);
	u256_to_be(raw, &value);
	return raw[0];
}

TEST(test_system_keeps_roots_and_hashes_from_their_fork)
{
	size_t i;

	for (i = 0; i < sizeof(keepers) / sizeof(keepers[0]); i++) {
		enum fork f = keepers[i].since, before = (enum fork)(f - 1);
		const char *addr = keepers[i].addr;

		test_row(keepers[i].name);
		EXPECT_U64(kept_by(f, addr, KEEPS), keepers[i].kept);
		EXPECT_U64(kept_by(before, addr, KEEPS), 0);
		EXPECT_U64(kept_by(f, addr, FAILS), 0); /* is no error */
		EXPECT_U64(kept_by(f, addr, NULL), 0);
	}
}

/* Behind the last transaction. -------------------------------------------- */

static const char withdrawals[] = "00000961ef480eb55e80d19ad83579a64c007002";
static const char consolidations[] = "0000bbddc7ce488642fb579f8b00f3a590007251";

/* finish ends an empty Prague block on contracts with these codes (NULL: not
 * there); what it gives has one log. */
static enum rc
finish(struct hash *out, const char *first, const char *second,
    const struct log_entry *log)
{
	struct receipt receipt = {.logs = log, .log_cnt = log != NULL};
	struct exec_result x = {.receipts = &receipt, .receipt_cnt = 1};
	struct block b = {.header = {.number = 1, .time = 1}};
	struct world w;
	enum rc rc;

	world_open(&w, FORK_PRAGUE);
	w.forks.has_deposit_contract = true;
	w.forks.deposit_contract = world_addr(0xde);
	if (first != NULL)
		put_code(&w, withdrawals, first);
	if (second != NULL)
		put_code(&w, consolidations, second);
	world_start(&w);
	rc = exec_finish_block(&w.arena, &x, w.st, &w.env, &b, false, NULL);
	*out = x.requests_hash;
	world_close(&w);
	return rc;
}

/* hash_of is the requests hash of at most two requests of one byte, and a
 * deposit. */
static struct hash
hash_of(struct bytes deposit, bool first, bool second)
{
	const uint8_t one[2] = {1, 0xaa}, two[2] = {2, 0xaa};
	uint8_t sums[96], all[256] = {0};
	struct hash out;
	size_t len = 0;

	if (deposit.len > 0) {
		memcpy(all + 1, deposit.ptr, deposit.len);
		sha256(sums, bytes_of(all, 1 + deposit.len));
		len += 32;
	}
	if (first)
		sha256(sums + len, bytes_of(one, 2));
	len += first ? 32 : 0;
	if (second)
		sha256(sums + len, bytes_of(two, 2));
	len += second ? 32 : 0;
	sha256(out.b, bytes_of(sums, len));
	return out;
}

TEST(test_system_requests_come_from_both_contracts)
{
	static const struct {
		const char *name, *first, *second;
		enum rc want;
	} rows[] = {
	    {"both", GIVES, GIVES, RC_OK},
	    {"withdrawals, EIP-7002", GIVES, "00", RC_OK},
	    {"consolidations, EIP-7251", "00", GIVES, RC_OK},
	    {"none, EIP-7685", "00", "00", RC_OK},
	    {"first is missing", NULL, GIVES, RC_BLK_REQUESTS},
	    {"second is missing", GIVES, NULL, RC_BLK_REQUESTS},
	    {"first fails", FAILS, GIVES, RC_BLK_REQUESTS},
	    {"second fails", GIVES, "5f5ffd", RC_BLK_REQUESTS},
	};
	struct hash got, want;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(finish(&got, rows[i].first, rows[i].second, NULL),
		    rows[i].want);
		if (rows[i].want != RC_OK)
			continue;
		want = hash_of(bytes_of(NULL, 0), !strcmp(rows[i].first, GIVES),
		    !strcmp(rows[i].second, GIVES));
		EXPECT_BYTES(hash_bytes(&got), hash_bytes(&want));
	}
	want = HASH_EMPTY_REQUESTS;
	EXPECT_RC(finish(&got, "00", "00", NULL), RC_OK);
	EXPECT_BYTES(hash_bytes(&got), hash_bytes(&want));
}

/* Deposits. ---------------------------------------------------------------- */

enum { LOG_LEN = 576, DEPOSIT_LEN = 192 };

static const size_t places[5] = {160, 256, 320, 384, 512};
static const size_t lengths[5] = {48, 32, 8, 96, 8};

/* write_deposit writes a log's data, and the deposit it tells of. */
static void
write_deposit(uint8_t data[LOG_LEN], uint8_t deposit[DEPOSIT_LEN])
{
	size_t i, k, at = 0;

	memset(data, 0, LOG_LEN);
	for (i = 0; i < 5; i++) {
		be16_put(data + 32 * i + 30, (uint16_t)places[i]);
		be16_put(data + places[i] + 30, (uint16_t)lengths[i]);
		for (k = 0; k < lengths[i]; k++, at++)
			deposit[at] = data[places[i] + 32 + k] =
			    (uint8_t)(at + 1);
	}
}

static struct log_entry
deposit_log(const uint8_t *data, size_t len)
{
	struct log_entry log = {.addr = world_addr(0xde),
	    .topics = {hash_keccak(
		bytes_of_str("DepositEvent(bytes,bytes,bytes,bytes,bytes)"))},
	    .topic_cnt = 1,
	    .data = bytes_of(data, len)};

	return log;
}

TEST(test_system_deposits_are_read_from_logs)
{
	uint8_t data[LOG_LEN + 1], deposit[DEPOSIT_LEN];
	struct log_entry log;
	struct hash got, want;
	size_t i;

	write_deposit(data, deposit);
	log = deposit_log(data, LOG_LEN);
	want = hash_of(bytes_of(deposit, DEPOSIT_LEN), true, true);
	EXPECT_RC(finish(&got, GIVES, GIVES, &log), RC_OK);
	EXPECT_BYTES(hash_bytes(&got), hash_bytes(&want));

	/* Logs of others, or about something else, are none (EIP-6110). */
	want = hash_of(bytes_of(NULL, 0), true, true);
	log.addr = world_addr(2);
	EXPECT_RC(finish(&got, GIVES, GIVES, &log), RC_OK);
	EXPECT_BYTES(hash_bytes(&got), hash_bytes(&want));
	log = deposit_log(data, LOG_LEN);
	log.topics[0].b[31] ^= 1;
	EXPECT_RC(finish(&got, GIVES, GIVES, &log), RC_OK);
	EXPECT_BYTES(hash_bytes(&got), hash_bytes(&want));
	log.topic_cnt = 0;
	EXPECT_RC(finish(&got, GIVES, GIVES, &log), RC_OK);

	log = deposit_log(data, LOG_LEN + 1);
	EXPECT_RC(finish(&got, GIVES, GIVES, &log), RC_BLK_REQUESTS);
	log = deposit_log(data, LOG_LEN - 1);
	EXPECT_RC(finish(&got, GIVES, GIVES, &log), RC_BLK_REQUESTS);
	log = deposit_log(data, LOG_LEN);
	for (i = 0; i < 5; i++) {
		write_deposit(data, deposit);
		data[32 * i + 31] ^= 1;
		EXPECT_RC(finish(&got, GIVES, GIVES, &log), RC_BLK_REQUESTS);
		write_deposit(data, deposit);
		data[places[i]] ^= 1;
		EXPECT_RC(finish(&got, GIVES, GIVES, &log), RC_BLK_REQUESTS);
	}
}

/* The DAO fork. -------------------------------------------------------------
 */

/* Of the list in EIP-779's implementations: The DAO, its account for extra
 * balances, the first and last children and theirs. */
static const char *const drained[] = {
    "bb9bc244d798123fde783fcc1c72d3bb8c189413",
    "807640a13483f8ac783c557fcdf27be11ea4ac7a",
    "d4fe7bc31cedb7bfb8a345f31e668033056b2728",
    "b3fb0e5aba0e20e5c49d252dfd30e102b171a425",
    "2c19c7f9ae8b751e37aeb2d93a699722395ae18f",
    "ecd135fa4f61a655311e86238c92adcd779555d2",
    "304a554a310c7e546dfe434669c62820b7d83490",
    "914d1b8b43e92723e64fd0a06f5bdb8dd9b10c79",
    "da2fef9e4a3230988ff17df2165440f37e8b1708",
    "f4c64518ea10f995918a454158c6b61407ea345c",
    "7602b46df5390e432ef1c307d4f2c9ff6d65cc97",
};

enum { DRAINED_CNT = sizeof(drained) / sizeof(*drained) };

TEST(test_system_dao_fork_moves_balances_once)
{
	struct addr refunds = addr_of("bf4ed7b27f1d666546e30d74d50d173d20bca"
				      "754");
	struct header h = {.number = 1};
	struct u256 balance;
	struct world w;
	size_t i;

	world_open(&w, FORK_HOMESTEAD);
	w.forks.at[FORK_DAO] = 1;
	for (i = 0; i < DRAINED_CNT; i++)
		world_put(&w, 1, 1, 0)->addr = addr_of(drained[i]);
	world_put(&w, 9, 1, 0);
	world_start(&w);
	EXPECT_RC(exec_begin_block(w.st, &w.env, &h, NULL), RC_OK);
	for (i = 0; i < DRAINED_CNT; i++) {
		struct addr a = addr_of(drained[i]);

		test_row(drained[i]);
		state_balance(w.st, &balance, &a);
		EXPECT(u256_is_zero(&balance));
	}
	state_balance(w.st, &balance, &refunds);
	EXPECT_U64(balance.w[0], DRAINED_CNT);
	EXPECT_U64(world_balance(&w, 9), 1);
	world_close(&w);
}

/* EIP-7910. */
TEST(test_systems_are_those_of_the_fork)
{
	struct fork_plan p = fork_plan_none();
	struct exec_system v[EXEC_SYSTEM_MAX];
	size_t i;

	p.deposit_contract =
	    addr_of("00000000219ab540356cbb839cbe05303d7705fa");
	EXPECT_U64(exec_systems(v, &p, FORK_SHANGHAI), 0);
	EXPECT_U64(exec_systems(v, &p, FORK_CANCUN), 1);
	EXPECT_STR(v[0].name, "BEACON_ROOTS_ADDRESS");
	EXPECT_U64(exec_systems(v, &p, FORK_PRAGUE), EXEC_SYSTEM_MAX);
	for (i = 1; i < EXEC_SYSTEM_MAX; i++)
		EXPECT(strcmp(v[i - 1].name, v[i].name) < 0);
	EXPECT(addr_eq(&v[2].addr, &p.deposit_contract));
	EXPECT_U64(exec_systems(v, &p, FORK_BPO2), EXEC_SYSTEM_MAX);
}
