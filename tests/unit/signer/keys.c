/* SPDX-License-Identifier: Apache-2.0
 *
 * Key files and messages for the signer's tests. What cannot be set up ends
 * the program.
 */
#include "keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/ec.h"
#include "crypto/keccak.h"
#include "crypto/keystore.h"
#include "eth/header.h"

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

void
keys_make(struct test_key *out, unsigned i)
{
	uint8_t pub[64];

	keccak256(out->key, bytes_of(&i, sizeof(i)));
	need(ec_public(pub, out->key, NULL) == RC_OK, "key");
	ec_addr(out->addr.b, pub);
}

const char *
keys_path(const char *dir, const char *name)
{
	static char space[4][512];
	static unsigned at;
	char *out = space[at++ % 4];

	snprintf(out, sizeof(space[0]), "%s/%s", dir, name);
	return out;
}

void
keys_put(const char *dir, const char *name, struct bytes text, int mode)
{
	int fd = open(keys_path(dir, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	need(fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len,
	    name);
	need(fchmod(fd, (mode_t)mode) == 0, name);
	close(fd);
}

void
keys_write_cost(const char *dir, const char *name, const struct test_key *k,
    const char *password, unsigned log_n)
{
	struct arena a;
	struct bytes json;

	arena_init(&a, 1 << 20);
	need(keystore_seal(&a, &json, k->key, bytes_of_str(password), log_n,
		 NULL) == RC_OK,
	    "key file");
	keys_put(dir, name, json, 0600);
	arena_drop(&a);
}

void
keys_write(const char *dir, const char *name, const struct test_key *k,
    const char *password)
{
	keys_write_cost(dir, name, k, password, 2);
}

struct bytes
keys_seal(struct arena *a, uint64_t number, uint64_t salt)
{
	static const uint8_t vanity[32];
	struct header h = {.ommers_hash = HASH_EMPTY_LIST,
	    .difficulty = U256_ONE,
	    .number = number,
	    .gas_limit = 8000000,
	    .time = 1000 + salt,
	    .extra = {vanity, sizeof(vanity)},
	    .field_cnt = HEADER_FIELDS_LONDON};
	size_t len = header_size(&h);
	struct buf b = buf_of(arena_alloc(a, len), len);

	need(header_put(&b, &h), "header");
	return bytes_of_buf(&b);
}

void
keys_expect_sig(
    const uint8_t sig[65], const struct test_key *k, struct bytes message)
{
	struct hash digest = hash_keccak(message);
	struct ec_sig es = {.y_parity = sig[64]};
	struct addr who;

	memcpy(es.r, sig, 32);
	memcpy(es.s, sig + 32, 32);
	EXPECT_RC(ec_recover_addr(who.b, &es, digest.b, NULL), RC_OK);
	EXPECT(addr_eq(&who, &k->addr));
}
