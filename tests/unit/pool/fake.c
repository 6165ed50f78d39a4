/* SPDX-License-Identifier: Apache-2.0
 *
 * The fake chain and its transactions.
 */
#include "fake.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "test.h"

void
fake_reset(struct fake *f)
{
	size_t i;

	log_open("unit_pool", LOG_LV_ERROR); /* drops are lines of INFO */
	*f = (struct fake){.reads = 0};
	for (i = 0; i < FAKE_ACCOUNT_MAX; i++)
		f->balance[i] = FAKE_RICH;
}

struct addr
fake_addr(unsigned i)
{
	struct addr a = {.b = {0xfa}};

	be32_put(a.b + 16, i);
	return a;
}

static enum rc
read_account(void *ctx, uint64_t *nonce, struct u256 *balance,
    const struct addr *addr, struct err *e)
{
	struct fake *f = ctx;
	uint32_t i = be32(addr->b + 16);

	f->reads++;
	if (f->is_broken)
		return FAIL(e, RC_IO, "fake chain is broken");
	*nonce = i < FAKE_ACCOUNT_MAX ? f->nonce[i] : 0;
	*balance = u256_from_u64(i < FAKE_ACCOUNT_MAX ? f->balance[i] : 0);
	return RC_OK;
}

struct pool_view
fake_view(struct fake *f)
{
	return (struct pool_view){.account = read_account, .ctx = f};
}

static struct bytes
encode(struct arena *a, const struct fake_tx *t)
{
	struct tx tx = {
	    .type = t->type,
	    .has_chain_id = !t->is_unprotected,
	    .chain_id = t->chain_id == 0 ? FAKE_CHAIN_ID : t->chain_id,
	    .nonce = t->nonce,
	    .gas = t->gas == 0 ? 21000 : t->gas,
	    .max_fee = u256_from_u64(t->fee),
	    .max_tip = u256_from_u64(t->tip == 0 ? t->fee : t->tip),
	    .value = u256_from_u64(t->value),
	    .r = u256_from_u64(t->tag + 1),
	    .s = u256_from_u64(t->from + 1),
	};
	size_t cap;
	struct buf out;

	tx.data.len = t->data_len;
	tx.data.ptr = arena_alloc(a, t->data_len + 1);
	if (t->is_unprotected)
		tx.chain_id = 0;
	be32_put(tx.to.b, 0x70);
	cap = tx_encoded_size(&tx);
	out = buf_of(arena_alloc(a, cap), cap);
	CHECK(tx_encode(&out, &tx, true, NULL) == RC_OK);
	return bytes_of_buf(&out);
}

struct pool_tx *
fake_make(const struct fake_tx *t)
{
	struct pool_tx *out;
	struct arena a;
	struct err e;

	arena_init(&a, 1 << 20);
	if (pool_tx_decode(&out, encode(&a, t), &e) != RC_OK) {
		fprintf(stderr, "fake_make: %s\n", e.text);
		abort();
	}
	out->sender = fake_addr(t->from);
	arena_drop(&a);
	return out;
}

struct hash
fake_hash(const struct fake_tx *t)
{
	struct pool_tx *made = fake_make(t);
	struct hash h = made->tx.hash;

	pool_tx_put(made);
	return h;
}

bool
fake_has(struct pool *p, const struct fake_tx *t)
{
	struct hash h = fake_hash(t);
	struct pool_tx *found = pool_find(p, &h);

	pool_tx_put(found);
	return found != NULL;
}

struct pool *
fake_open(struct fake *f, const char *log_dir)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct pool_view view = fake_view(f);
	struct pool *p = NULL;
	struct err e;

	conf.log_dir = log_dir;
	if (pool_open(&p, &conf, &view, 0, &e) != RC_OK) {
		fprintf(stderr, "fake_open: %s\n", e.text);
		abort();
	}
	return p;
}

enum rc
fake_put(struct pool *p, const struct fake_tx *t, struct err *e)
{
	struct pool_tx *made = fake_make(t);
	enum rc rc = pool_insert(p, made, 0, e);

	if (rc != RC_OK)
		pool_tx_put(made);
	return rc;
}

enum rc
fake_mine(
    struct pool *p, struct fake *f, unsigned i, uint64_t nonce, uint64_t now_ms)
{
	struct pool_view view = fake_view(f);
	struct addr touched = fake_addr(i);

	f->nonce[i] = nonce;
	return pool_head(p, &view, &touched, 1, now_ms, NULL);
}

void
fake_heads(struct pool *p, struct fake *f, unsigned cnt)
{
	struct pool_view view = fake_view(f);

	while (cnt-- > 0)
		CHECK(pool_head(p, &view, NULL, 0, 0, NULL) == RC_OK);
}

const char *
fake_log_dir(void)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/pool", test_tmpdir());
	return path;
}

const char *
fake_seg_path(unsigned no)
{
	static char path[192];

	(void)snprintf(
	    path, sizeof(path), "%s/pool-%016x.log", fake_log_dir(), no);
	return path;
}

void
fake_write_file(const char *path, struct bytes b)
{
	FILE *f = fopen(path, "wb");

	EXPECT(f != NULL);
	if (f == NULL)
		return;
	EXPECT(fwrite(b.ptr, 1, b.len, f) == b.len);
	EXPECT(fclose(f) == 0);
}

static struct {
	char path[128];
	int was; /* standard error */
} kept = {.was = -1};

void
fake_log_begin(void)
{
	int fd;

	(void)snprintf(
	    kept.path, sizeof(kept.path), "%s/kept.log", test_tmpdir());
	(void)fflush(stderr);
	fd = open(kept.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	kept.was = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	CHECK(fd >= 0 && kept.was >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	(void)close(fd);
	log_open("unit_pool", LOG_LV_INFO);
}

const char *
fake_log_end(void)
{
	static char text[65536];
	ssize_t len;
	int fd;

	log_open("unit_pool", LOG_LV_ERROR);
	CHECK(dup2(kept.was, STDERR_FILENO) >= 0);
	(void)close(kept.was);
	fd = open(kept.path, O_RDONLY | O_CLOEXEC);
	len = read(fd, text, sizeof(text) - 1);
	CHECK(len >= 0 && len < (ssize_t)sizeof(text) - 1);
	(void)close(fd);
	text[len] = '\0';
	return text;
}

uint64_t
fake_rand(uint64_t *state)
{
	/* splitmix64 */
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}
