/* SPDX-License-Identifier: Apache-2.0
 *
 * The audit of a stopped node's pool: a good log gives no finding and exact
 * counts, every kind of damage gives one, and nothing on disk is changed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "fake.h"
#include "pool/log_file_priv.h"
#include "test.h"

enum { KEY_CNT = 4, MINED_MAX = 8, SAID_MAX = 4096, CHAIN = FAKE_CHAIN_ID };

/* struct chain is what the audit asks: accounts of keys, mined hashes. */
struct chain {
	struct addr addr[KEY_CNT];
	uint64_t nonce[KEY_CNT], balance[KEY_CNT];
	struct hash mined[MINED_MAX];
	size_t mined_cnt;
	bool is_broken;
	char said[SAID_MAX], noted[SAID_MAX];
	struct err e;
};

static const uint8_t *
key_of(unsigned i)
{
	static uint8_t key[32];

	key[31] = (uint8_t)(i + 1);
	return key;
}

static enum rc
read_account(void *ctx, uint64_t *nonce, struct u256 *balance,
    const struct addr *addr, struct err *e)
{
	const struct chain *c = ctx;
	size_t i;

	if (c->is_broken)
		return FAIL(e, RC_IO, "the chain is broken");
	*nonce = 0;
	*balance = U256_ZERO;
	for (i = 0; i < KEY_CNT; i++) {
		if (!addr_eq(&c->addr[i], addr))
			continue;
		*nonce = c->nonce[i];
		*balance = u256_from_u64(c->balance[i]);
	}
	return RC_OK;
}

static enum rc
is_mined(void *ctx, const struct hash *hash, struct err *e)
{
	const struct chain *c = ctx;
	size_t i;

	for (i = 0; i < c->mined_cnt; i++)
		if (hash_eq(&c->mined[i], hash))
			return RC_OK;
	return FAIL(e, RC_NOT_FOUND, "not mined");
}

static void
append(char said[SAID_MAX], const char *line)
{
	size_t len = strlen(said);

	(void)snprintf(said + len, SAID_MAX - len, "%s\n", line);
}

static void
hear(void *ctx, const char *line)
{
	append(((struct chain *)ctx)->said, line);
}

static void
hear_note(void *ctx, const char *line)
{
	append(((struct chain *)ctx)->noted, line);
}

static struct pool_tx *
make(unsigned from, uint64_t nonce, uint64_t value, uint64_t chain_id)
{
	struct tx tx = {.type = TX_LEGACY,
	    .has_chain_id = true,
	    .chain_id = chain_id,
	    .nonce = nonce,
	    .gas = 21000,
	    .value = u256_from_u64(value)};
	struct pool_tx *t = NULL;
	struct arena a;

	arena_init(&a, 1 << 16);
	EXPECT_RC(tx_sign(&a, &tx, key_of(from), NULL), RC_OK);
	EXPECT_RC(pool_tx_new(&t, tx.raw, NULL), RC_OK);
	arena_drop(&a);
	return t;
}

static void
reset(struct chain *c)
{
	unsigned i;

	log_open("unit_pool", LOG_LV_ERROR); /* drops are lines of INFO */
	memset(c, 0, sizeof(*c));
	for (i = 0; i < KEY_CNT; i++) {
		struct pool_tx *t = make(i, 0, 0, CHAIN);

		c->addr[i] = t->sender;
		c->balance[i] = 1000;
		pool_tx_put(t);
	}
}

static struct pool *
open_pool(struct chain *c)
{
	struct pool_conf conf = pool_conf_open(CHAIN);
	struct pool_view view = {.account = read_account, .ctx = c};
	struct pool *p = NULL;

	conf.log_dir = fake_log_dir();
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_OK);
	return p;
}

/* put adds one transaction as a group of its own; its hash is returned. */
static struct hash
put(struct pool *p, unsigned from, uint64_t nonce, uint64_t value)
{
	struct pool_tx *t = make(from, nonce, value, CHAIN);
	struct hash hash = t->tx.hash;

	EXPECT_RC(pool_insert(p, t, 5, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	return hash;
}

static enum rc
audit(struct chain *c, struct pool_audit *out)
{
	struct pool_conf conf = pool_conf_open(CHAIN);
	struct pool_view view = {.account = read_account, .ctx = c};
	struct pool_auditor by = {
	    .is_mined = is_mined, .finding = hear, .note = hear_note, .ctx = c};

	conf.log_dir = fake_log_dir();
	c->said[0] = c->noted[0] = '\0';
	c->e = (struct err){.rc = RC_OK};
	return pool_audit(out, &conf, &view, &by, &c->e);
}

static void
expect_counts(
    const struct pool_audit *got, size_t pending, size_t queued, size_t past)
{
	EXPECT_U64(got->pending, pending);
	EXPECT_U64(got->queued, queued);
	EXPECT_U64(got->past, past);
}

/* expect_said is one finding that has text in it. */
static void
expect_said(
    const struct chain *c, const struct pool_audit *got, const char *text)
{
	EXPECT_U64(got->findings, 1);
	if (strstr(c->said, text) == NULL)
		EXPECT_STR(c->said, text);
}

TEST(test_pool_audit_without_folder_not_found)
{
	struct pool_audit got;
	struct chain c;
	struct stat st;

	reset(&c);
	EXPECT_RC(audit(&c, &got), RC_NOT_FOUND);
	EXPECT(stat(fake_log_dir(), &st) != 0 && errno == ENOENT);
	EXPECT_U64(got.findings, 0);
}

TEST(test_pool_audit_of_a_good_log_counts)
{
	struct pool_audit got;
	struct hash mined;
	struct pool *p;
	struct chain c;

	reset(&c);
	pool_close(open_pool(&c));
	EXPECT_RC(audit(&c, &got), RC_OK);
	expect_counts(&got, 0, 0, 0);
	p = open_pool(&c);
	mined = put(p, 0, 0, 1);
	(void)put(p, 0, 1, 1); /* its nonce is used by another */
	(void)put(p, 0, 2, 1);
	(void)put(p, 1, 0, 600);
	(void)put(p, 1, 1, 300);
	(void)put(p, 2, 3, 1);
	pool_close(p);
	c.nonce[0] = 2;
	c.mined[c.mined_cnt++] = mined;
	EXPECT_RC(audit(&c, &got), RC_OK);
	EXPECT_STR(c.said, "");
	expect_counts(&got, 3, 1, 2);
	EXPECT_U64(got.mined, 1);
	EXPECT_U64(got.torn_bytes, 0);
	EXPECT(strstr(c.noted, "1 queued from nonce 3: nonce 0 is missing"));
}

TEST(test_pool_audit_lost_funds_are_explained)
{
	struct pool_audit got;
	struct pool *p;
	struct chain c;

	reset(&c);
	p = open_pool(&c);
	(void)put(p, 1, 0, 600);
	(void)put(p, 1, 1, 300);
	(void)put(p, 1, 2, 1);
	pool_close(p);
	c.balance[1] = 700;
	EXPECT_RC(audit(&c, &got), RC_OK);
	EXPECT_STR(c.said, "");
	expect_counts(&got, 1, 2, 0);
	EXPECT(strstr(c.noted,
		   "2 queued from nonce 1: balance 700 does not cover it "
		   "beside 600") != NULL);
}

TEST(test_pool_audit_dropped_and_replaced_are_not_waiting)
{
	struct pool_audit got;
	struct pool *p;
	struct chain c;
	struct hash gone;

	reset(&c);
	p = open_pool(&c);
	gone = put(p, 0, 0, 1);
	pool_drop(p, &gone, "refused by the chain");
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	c.mined[c.mined_cnt++] = gone;
	EXPECT_RC(audit(&c, &got), RC_OK);
	expect_counts(&got, 0, 0, 0);
	EXPECT_U64(got.findings, 0);
}

TEST(test_pool_audit_waiting_and_mined_found)
{
	struct pool_audit got;
	struct pool *p;
	struct chain c;

	reset(&c);
	p = open_pool(&c);
	c.mined[c.mined_cnt++] = put(p, 0, 0, 1);
	(void)put(p, 0, 1, 1);
	pool_close(p);
	EXPECT_RC(audit(&c, &got), RC_OK);
	expect_said(&c, &got, "waits with nonce 0 and is mined");
	expect_counts(&got, 2, 0, 0);
}

TEST(test_pool_audit_damage_before_end_found_at_every_byte)
{
	static uint8_t bad[1 << 18];
	struct pool_audit got;
	struct bytes file;
	struct chain c;
	struct pool *p;
	struct pool_stats st;
	size_t i, two;

	reset(&c);
	p = open_pool(&c);
	(void)put(p, 0, 0, 1);
	(void)put(p, 0, 1, 1);
	pool_stats(p, &st);
	two = (size_t)st.log_bytes;
	(void)put(p, 0, 2, 1);
	pool_close(p);
	file = test_read(fake_seg_path(1));
	EXPECT(file.len <= sizeof(bad));
	memcpy(bad, file.ptr, file.len);
	for (i = 0; i < two; i++) {
		bad[i] ^= (uint8_t)(1 << i % 8);
		fake_write_file(fake_seg_path(1), bytes_of(bad, file.len));
		EXPECT_RC(audit(&c, &got), RC_OK);
		expect_said(&c, &got, "pool log: ");
		/* What stands before the damage is judged all the same. */
		expect_counts(&got, i < two - (two - 40) / 2 ? 0 : 1, 0, 0);
		EXPECT_BYTES(
		    test_read(fake_seg_path(1)), bytes_of(bad, file.len));
		bad[i] = file.ptr[i];
	}
	test_count(two);
}

TEST(test_pool_audit_torn_end_is_no_finding_and_stays)
{
	struct pool_audit got;
	struct bytes file;
	struct chain c;
	struct pool *p;
	struct pool_stats st;
	char half[256];
	struct stat now;

	reset(&c);
	p = open_pool(&c);
	(void)put(p, 0, 0, 1);
	(void)put(p, 0, 1, 1);
	pool_stats(p, &st);
	pool_close(p);
	file = test_read(fake_seg_path(1));
	fake_write_file(
	    fake_seg_path(1), bytes_of(file.ptr, (size_t)st.log_bytes - 7));
	(void)snprintf(
	    half, sizeof(half), "%s/pool-%016x.tmp", fake_log_dir(), 2);
	fake_write_file(half, bytes_of(file.ptr, 9));
	EXPECT_RC(audit(&c, &got), RC_OK);
	EXPECT_STR(c.said, "");
	expect_counts(&got, 1, 0, 0);
	EXPECT(got.torn_bytes > 0);
	EXPECT_U64(test_read(fake_seg_path(1)).len, st.log_bytes - 7);
	EXPECT(stat(half, &now) == 0);
}

TEST(test_pool_audit_missing_segment_found)
{
	struct pool_audit got;
	struct chain c;
	struct pool *p;
	char third[192];

	reset(&c);
	for (unsigned i = 0; i < 3; i++) {
		p = open_pool(&c);
		(void)put(p, 0, i, 1);
		pool_close(p);
	}
	EXPECT_RC(audit(&c, &got), RC_OK);
	expect_counts(&got, 3, 0, 0);
	(void)snprintf(third, sizeof(third), "%s", fake_seg_path(2));
	EXPECT(unlink(third) == 0);
	EXPECT_RC(audit(&c, &got), RC_OK);
	expect_said(&c, &got, "segment 2 is missing");
}

/* Forged records: the sums are right, what is in them is not. ----------- */

/* log_one writes one record through the log itself. */
static void
log_one(struct pool_tx *t)
{
	struct pool_log_reader none = {.add = NULL};
	struct pool_log_ref ref = {.seg = NULL};
	struct pool_log *l;

	EXPECT_RC(pool_log_open(&l, fake_log_dir(), &none, NULL), RC_OK);
	EXPECT_RC(pool_log_add(l, &ref, t, NULL), RC_OK);
	EXPECT_RC(pool_log_sync(l, NULL), RC_OK);
	pool_log_close(l);
	pool_tx_put(t);
}

TEST(test_pool_audit_recorded_sender_differs_found)
{
	struct pool_tx *t = make(0, 0, 1, CHAIN);
	struct pool_audit got;
	struct chain c;

	reset(&c);
	t->sender = c.addr[1];
	log_one(t);
	EXPECT_RC(audit(&c, &got), RC_OK);
	expect_said(&c, &got,
	    "recorded for 0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF, signed "
	    "by 0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");
}

TEST(test_pool_audit_signature_of_nobody_found)
{
	struct fake_tx nobody = {.from = 0, .tag = 4};
	struct pool_tx *t = fake_make(&nobody);
	struct pool_audit got;
	struct chain c;

	reset(&c);
	log_one(t);
	EXPECT_RC(audit(&c, &got), RC_OK);
	EXPECT_U64(got.findings, 1);
}

TEST(test_pool_audit_of_another_chain_found)
{
	struct pool_audit got;
	struct chain c;

	reset(&c);
	log_one(make(0, 0, 1, CHAIN + 1));
	EXPECT_RC(audit(&c, &got), RC_OK);
	expect_said(&c, &got, "for chain 31338, this is 31337");
}

TEST(test_pool_audit_last_nonce_found)
{
	struct pool_audit got;
	struct chain c;

	reset(&c);
	log_one(make(0, UINT64_MAX, 1, CHAIN));
	EXPECT_RC(audit(&c, &got), RC_OK);
	expect_said(&c, &got, "its nonce is the last");
	expect_counts(&got, 0, 1, 0);
}

TEST(test_pool_audit_of_a_broken_chain_ends)
{
	struct pool_audit got;
	struct chain c;
	struct pool *p;

	reset(&c);
	p = open_pool(&c);
	(void)put(p, 0, 0, 1);
	pool_close(p);
	c.is_broken = true;
	EXPECT_RC(audit(&c, &got), RC_IO);
	EXPECT_STR(c.e.text, "the chain is broken");
}
