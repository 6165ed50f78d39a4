/* SPDX-License-Identifier: Apache-2.0
 *
 * Genesis documents: whatever the text, genesis_read says what is wrong or
 * gives a genesis whose header encodes and decodes, whose accounts ascend
 * and whose linter ends. What is JSON is decided twice: jansson must agree.
 *
 * fuzz: cover=node/eth/genesis.c,node/eth/genesis_lint.c
 * fuzz: cover=node/eth/genesis_config.c
 * fuzz: cover=node/eth/genesis_value.c,node/eth/jsonr.c
 */
#include "eth/genesis.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
hear(void *ctx, enum genesis_level lv, const char *text)
{
	unsigned *errors = ctx;

	CHECK(text[0] != '\0');
	*errors += lv == GENESIS_ERROR;
}

static void
use(struct arena *a, const struct genesis *g)
{
	struct buf b = {.cap = header_size(&g->header)};
	unsigned errors = 0, counted;
	struct header again;
	struct hash h1, h2;
	size_t i, k;

	b.ptr = arena_alloc(a, b.cap);
	CHECK(b.ptr != NULL && header_put(&b, &g->header));
	CHECK(header_decode(&again, bytes_of_buf(&b), NULL) == RC_OK);
	h1 = header_hash(&g->header);
	h2 = header_hash(&again);
	CHECK(hash_eq(&h1, &h2));
	for (i = 0; i < g->account_cnt; i++) {
		const struct genesis_account *acc = &g->accounts[i];

		CHECK(i == 0 || memcmp(acc[-1].addr.b, acc->addr.b, 20) < 0);
		for (k = 1; k < acc->slot_cnt; k++)
			CHECK(memcmp(acc->slots[k - 1].key.b,
				  acc->slots[k].key.b, 32) < 0);
	}
	CHECK(g->clique_epoch > 0 || g->engine != GENESIS_CLIQUE);
	counted = genesis_lint(g, hear, &errors);
	CHECK(counted == errors);
}

/* jansson refuses numbers beyond its types and NUL in names, and overlooks NUL
 * bytes between tokens; everything else the two see alike. */
static void
compare(const uint8_t *data, size_t size, enum rc rc, const struct err *e)
{
	json_error_t je;
	json_t *v;
	enum json_error_code code;

	if (memchr(data, 0, size) != NULL)
		return;
	v = json_loadb(
	    (const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &je);
	code = v == NULL ? json_error_code(&je) : json_error_unknown;
	if (rc == RC_BAD_JSON && v != NULL) {
		fprintf(stderr, "jansson takes it, we say: %s\n", e->text);
		abort();
	}
	if (rc == RC_OK && v == NULL && code != json_error_numeric_overflow &&
	    code != json_error_null_byte_in_key) {
		fprintf(stderr, "we take it, jansson says: %s\n", je.text);
		abort();
	}
	json_decref(v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct err e = {.rc = RC_OK};
	struct arena a, small;
	struct genesis g;
	enum rc rc;

	arena_init(&a, 64 * size + 65536);
	rc = genesis_read(&a, &g, in, &e);
	CHECK(rc != RC_NO_MEMORY);
	if (rc == RC_OK)
		use(&a, &g);
	else
		CHECK(e.rc == rc && e.text[0] != '\0');
	compare(data, size, rc, &e);
	arena_init(&small, size == 0 ? 0 : 512 + 2 * (size_t)data[size - 1]);
	(void)genesis_read(&small, &g, in, NULL);
	arena_drop(&a);
	arena_drop(&small);
	return 0;
}
