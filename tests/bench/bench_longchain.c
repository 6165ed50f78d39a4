/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the tables of a long chain (longchain.h) for bench_logs, lib=store:
 * as the store lays them out, in the order of their keys, since blocks that
 * are appended take ten times as long. Headers, bodies and receipts of blocks
 * whose logs nobody asks for are left out: 6 GB that no question reads. Ten
 * million blocks take 2 GB.
 *
 * usage: bench_longchain FOLDER BLOCKS
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "eth/block.h"
#include "eth/receipt.h"
#include "longchain.h"
#include "store/base_priv.h"
#include "store/key_priv.h"
#include "store/store.h"

enum { ROWS_PER_TXN = 500000 };

static struct bench {
	const char *dir;
	uint64_t block_cnt, row_cnt;
	struct table_env te;
	struct table_txn t;
	struct arena arena;
} b;

/* The chain. --------------------------------------------------------- */

/* is_rare tells whether a block has a transfer of the rare token too. */
static bool
is_rare(uint64_t number)
{
	uint64_t every = b.block_cnt / RARE_LOGS;

	return number % every == every / 2;
}

static bool
is_whole(uint64_t number)
{
	return is_rare(number) || number == b.block_cnt - 1;
}

static struct header
header_at(uint64_t number)
{
	return (struct header){.number = number,
	    .difficulty = U256_ONE,
	    .field_cnt = HEADER_FIELDS_FRONTIER};
}

static struct hash
hash_at(uint64_t number)
{
	struct header h = header_at(number);
	struct hash out = {.b = {0xb1}};

	if (is_whole(number))
		return header_hash(&h);
	be64_put(out.b + 24, number); /* of a block that is left out */
	return out;
}

static struct log_entry
log_of(uint32_t token)
{
	return (struct log_entry){.addr = long_token(token),
	    .topics = {long_transfer(), long_holder(token)},
	    .topic_cnt = 2};
}

/* Writing. ----------------------------------------------------------- */

/* next_row commits now and then, so that no transaction becomes large. */
static void
next_row(void)
{
	if (++b.row_cnt % ROWS_PER_TXN != 0)
		return;
	CHECK(table_commit(&b.t, NULL) == RC_OK);
	CHECK(table_write_begin(&b.t, &b.te, NULL) == RC_OK);
}

static void
add(enum table tb, const struct key *k, struct bytes value)
{
	CHECK(table_add(&b.t, tb, key_bytes(k), value, NULL) == RC_OK);
	next_row();
}

/* add_log adds a place to an index: that of the rare token's log is behind
 * the other one of its block. */
static void
add_log(enum table tb, struct key k, uint64_t number, bool is_second)
{
	key_put_u64(&k, number);
	key_put_u32(&k, is_second);
	key_put_u32(&k, is_second);
	add(tb, &k, bytes_of("", 0));
}

/* add_token adds all logs of one token. */
static void
add_token(enum table tb, struct key k, uint32_t token)
{
	uint64_t i = token < TOKENS ? token : 0;
	uint64_t step = token < TOKENS ? TOKENS : 1;

	for (; i < b.block_cnt; i += step)
		if (token < TOKENS || is_rare(i))
			add_log(tb, k, i, token == TOKENS);
}

static struct key
topic_key(uint8_t place, const struct hash *topic)
{
	struct key k = {.len = 0};

	key_put(&k, &place, 1);
	key_put(&k, topic->b, sizeof(topic->b));
	return k;
}

static void
add_index(void)
{
	struct hash transfer = long_transfer();
	uint32_t i;

	for (i = 0; i <= TOKENS; i++) {
		struct addr token = long_token(i);
		struct key k = {.len = 0};

		key_put(&k, token.b, sizeof(token.b));
		add_token(TABLE_LOG_ADDRS, k, i);
	}
	for (uint64_t n = 0; n < b.block_cnt; n++) {
		add_log(TABLE_LOG_TOPICS, topic_key(0, &transfer), n, false);
		if (is_rare(n))
			add_log(
			    TABLE_LOG_TOPICS, topic_key(0, &transfer), n, true);
	}
	for (i = 0; i <= TOKENS; i++) {
		struct hash holder = long_holder(i);

		add_token(TABLE_LOG_TOPICS, topic_key(1, &holder), i);
	}
}

/* Each whole block has two transactions with a log each. */
enum { TX_CNT = 2 };

static struct bytes
body_at(uint64_t number)
{
	struct tx txs[TX_CNT];
	struct block block = {
	    .header = header_at(number), .txs = txs, .tx_cnt = TX_CNT};
	struct bytes raw;
	size_t i;

	for (i = 0; i < TX_CNT; i++) {
		struct buf buf = buf_of(arena_alloc(&b.arena, 160), 160);

		txs[i] = (struct tx){.nonce = number,
		    .gas = 60000,
		    .to = long_token((uint32_t)i),
		    .r = U256_ONE,
		    .s = U256_ONE};
		CHECK(tx_encode(&buf, &txs[i], true, NULL) == RC_OK);
		txs[i].raw = bytes_of_buf(&buf);
	}
	CHECK(block_encode(&b.arena, &raw, &block, NULL) == RC_OK);
	return raw;
}

static struct bytes
receipts_at(uint64_t number)
{
	struct log_entry logs[TX_CNT] = {
	    log_of((uint32_t)(number % TOKENS)), log_of(TOKENS)};
	struct receipt r[TX_CNT];
	struct bytes packed;
	size_t i;

	for (i = 0; i < TX_CNT; i++)
		r[i] = (struct receipt){
		    .is_success = true, .logs = &logs[i], .log_cnt = 1};
	CHECK(receipts_pack(&b.arena, &packed, r, TX_CNT, NULL) == RC_OK);
	return packed;
}

/* add_block adds all of one block. */
static void
add_block(uint64_t number)
{
	struct hash hash = hash_at(number);
	struct key n = key_number(number), k = key_block(number, &hash);
	struct bytes raw = body_at(number);
	struct addr senders[TX_CNT] = {{{0}}};
	struct buf value = buf_of(arena_alloc(&b.arena, 32 + raw.len), 0);

	value.cap = 32 + raw.len;
	value.len = 32; /* a total difficulty of zero */
	CHECK(value.ptr != NULL && buf_put(&value, raw.ptr, raw.len));
	CHECK(table_put(&b.t, TABLE_NUMBERS, hash_bytes(&hash), key_bytes(&n),
		  NULL) == RC_OK);
	add(TABLE_BLOCKS, &k, bytes_of_buf(&value));
	add(TABLE_RECEIPTS, &n, receipts_at(number));
	add(TABLE_SENDERS, &n, bytes_of(senders, sizeof(senders)));
}

static void
add_blocks(void)
{
	uint64_t i;

	for (i = 0; i < b.block_cnt; i++) {
		struct hash hash = hash_at(i);
		struct key n = key_number(i);

		add(TABLE_CANON, &n, hash_bytes(&hash));
		if (is_whole(i))
			add_block(i);
	}
}

/* put_head makes the last block the head of the tables. */
static void
put_head(void)
{
	struct base base;
	bool is_there;

	CHECK(base_load(&base, &is_there, &b.t, NULL) == RC_OK && is_there);
	base.has_head = true;
	base.number = base.oldest = b.block_cnt - 1;
	base.hash = hash_at(base.number);
	CHECK(base_save(&b.t, &base, NULL) == RC_OK);
}

static void
build(void)
{
	struct store_conf conf = store_conf_default(b.dir);
	char *path = arena_str(&b.arena, "%s/db", b.dir);
	struct store *s;

	CHECK(store_open(&s, &conf, NULL) == RC_OK);
	store_close(s); /* what an empty one is made of */
	CHECK(path != NULL);
	CHECK(table_env_open(&b.te, path, conf.map_bytes, NULL) == RC_OK);
	CHECK(table_write_begin(&b.t, &b.te, NULL) == RC_OK);
	add_blocks();
	add_index();
	put_head();
	CHECK(table_commit(&b.t, NULL) == RC_OK);
	table_env_close(&b.te);
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: bench_longchain FOLDER BLOCKS\n");
		return 2;
	}
	b.dir = argv[1];
	b.block_cnt = strtoul(argv[2], NULL, 10);
	CHECK(b.block_cnt / 2 >= RARE_LOGS);
	log_open("bench_longchain", LOG_LV_ERROR);
	arena_init(&b.arena, 64 << 20);
	build();
	arena_drop(&b.arena);
	return 0;
}
