/* SPDX-License-Identifier: Apache-2.0
 *
 * The public benchmark inputs, for benchmarks: hex files of bench/ in the
 * folder of the vectors (SEKISHO_VECTORS, else ../shared), and the benchmark
 * token's call data and storage places. A file that is missing or malformed
 * ends the program with status 1.
 */
#ifndef SUPPORT_BENCHFILE_H
#define SUPPORT_BENCHFILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hex.h"
#include "eth/types.h"

/* Longest text of a file. */
enum { BENCH_FILE_MAX = 1 << 20 };

static inline _Noreturn void
bench_give_up(const char *what, const char *name)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, name);
	exit(1);
}

/* bench_path names a file of a folder of bench/; it lives in the arena. */
static inline char *
bench_path(struct arena *a, const char *folder, const char *file)
{
	const char *home = getenv("SEKISHO_VECTORS");
	char *path = arena_str(a, "%s/bench/%s/%s",
	    home == NULL ? "../shared" : home, folder, file);

	CHECK(path != NULL);
	return path;
}

/* bench_unhex reads hex with or without 0x, and white space behind it. */
static inline struct bytes
bench_unhex(struct arena *a, struct bytes text, const char *name)
{
	uint8_t *out = arena_alloc(a, text.len / 2 + 1);
	size_t i;

	CHECK(out != NULL);
	if (text.len >= 2 && text.ptr[1] == 'x') {
		text.ptr += 2;
		text.len -= 2;
	}
	while (text.len > 0 && text.ptr[text.len - 1] <= ' ')
		text.len--;
	for (i = 0; i + 1 < text.len; i += 2) {
		int high = hex_digit(text.ptr[i]);
		int low = hex_digit(text.ptr[i + 1]);

		if (high < 0 || low < 0)
			bench_give_up("not hex", name);
		out[i / 2] = (uint8_t)(high * 16 + low);
	}
	return bytes_of(out, text.len / 2);
}

static inline struct bytes
bench_read_hex(struct arena *a, const char *folder, const char *file)
{
	char *path = bench_path(a, folder, file);
	uint8_t *text = arena_alloc(a, BENCH_FILE_MAX);
	FILE *in = fopen(path, "rb");
	size_t len;

	CHECK(text != NULL);
	if (in == NULL)
		bench_give_up("cannot read", path);
	len = fread(text, 1, BENCH_FILE_MAX, in);
	(void)fclose(in);
	return bench_unhex(a, bytes_of(text, len), path);
}

/* What a case's line of expected.txt says. */
struct bench_expected {
	uint64_t gas, instructions, status;
	uint8_t hash[32]; /* Keccak-256 of the output */
};

enum { BENCH_LINE_MAX = 8192 };

/* bench_field reads the number behind "key=". */
static inline uint64_t
bench_field(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at == NULL ? 0 : strtoull(at + strlen(key), NULL, 10);
}

/* bench_expect finds what a case must give; false: nothing is said. */
static inline bool
bench_expect(struct arena *a, struct bench_expected *out, const char *folder,
    const char *name)
{
	char line[BENCH_LINE_MAX];
	FILE *in = fopen(bench_path(a, folder, "expected.txt"), "r");
	bool found = false;
	const char *hash;

	CHECK(in != NULL);
	while (!found && fgets(line, sizeof(line), in) != NULL) {
		size_t len = strlen(name);

		if (strncmp(line, name, len) != 0 || line[len] != ' ')
			continue;
		found = true;
		out->gas = bench_field(line, " gas=");
		out->instructions = bench_field(line, " instructions=");
		out->status = bench_field(line, " status=");
		hash = strstr(line, "output_keccak=0x");
		CHECK(hash != NULL);
		memcpy(out->hash,
		    bench_unhex(a, bytes_of(hash + 16, 64), name).ptr, 32);
	}
	(void)fclose(in);
	return found;
}

/* The token. bench_token_place is where it keeps a holder's balance: entry of
 * the mapping at slot 0. */
static inline struct hash
bench_token_place(const struct addr *holder)
{
	uint8_t place[64] = {0};

	memcpy(place + 12, holder->b, sizeof(holder->b));
	return hash_keccak(bytes_of(place, sizeof(place)));
}

/* bench_token_transfer is the call data of transfer(to, value). */
enum { BENCH_TRANSFER_LEN = 68 };

static inline void
bench_token_transfer(
    uint8_t out[BENCH_TRANSFER_LEN], const struct addr *to, uint64_t value)
{
	static const uint8_t selector[] = {0xa9, 0x05, 0x9c, 0xbb};

	memset(out, 0, BENCH_TRANSFER_LEN);
	memcpy(out, selector, sizeof(selector));
	memcpy(out + 16, to->b, sizeof(to->b));
	be64_put(out + 60, value);
}

#endif
