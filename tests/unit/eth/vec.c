/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector files for the tests of this folder. Broken vectors end the program:
 * a test that cannot read its data must not pass.
 */
#include "vec.h"

#include <stdio.h>
#include <stdlib.h>

#include "eth/rlp.h"

json_t *
vec_json(const char *path)
{
	json_error_t je;
	json_t *root = json_load_file(path, JSON_DECODE_ANY, &je);

	if (root == NULL)
		test_fail(
		    __FILE__, __LINE__, "%s:%d: %s", path, je.line, je.text);
	return root;
}

json_t *
vec_public(const char *name)
{
	const char *path = test_vectors(name);

	if (path == NULL) {
		test_skip("public vectors not found");
		return NULL;
	}
	return vec_json(path);
}

json_t *
vec_archive(const char *archive, const char *file)
{
	char name[128], path[512];
	const char *dir;

	snprintf(name, sizeof(name), "ethereum/%s.tar.zst", archive);
	dir = test_unpack(name);
	if (dir == NULL) {
		test_skip("public vectors not found, or no zstd or tar");
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return vec_json(path);
}

const char *
vec_str(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	if (s == NULL) {
		fprintf(stderr, "vector without text \"%s\"\n", key);
		abort();
	}
	return s;
}

struct bytes
vec_bytes(const json_t *obj, const char *key)
{
	return test_hex(vec_str(obj, key));
}

static void
fixed(uint8_t *out, size_t len, const char *hex)
{
	struct bytes b = test_hex(hex);

	if (b.len != len) {
		fprintf(stderr, "vector of another length: %s\n", hex);
		abort();
	}
	memcpy(out, b.ptr, len);
}

struct hash
vec_hash(const char *hex)
{
	struct hash h;

	fixed(h.b, sizeof(h.b), hex);
	return h;
}

struct addr
vec_addr(const char *hex)
{
	struct addr a;

	fixed(a.b, sizeof(a.b), hex);
	return a;
}

struct u256
vec_u256(const json_t *v)
{
	struct u256 out;
	const char *s = json_string_value(v);
	enum rc rc;

	if (json_is_integer(v))
		return u256_from_u64((uint64_t)json_integer_value(v));
	if (s == NULL)
		abort();
	if (!strncmp(s, "0x", 2))
		rc = u256_from_hex(&out, bytes_of_str(s), NULL);
	else
		rc = u256_from_dec(&out, bytes_of_str(s), NULL);
	if (rc != RC_OK) {
		fprintf(stderr, "vector number %s\n", s);
		abort();
	}
	return out;
}

uint64_t
vec_u64(const json_t *v)
{
	struct u256 n = vec_u256(v);

	if (!u256_is_u64(&n))
		abort();
	return n.w[0];
}

/* Storage of n bytes that lives until the running test ends. */
static uint8_t *
room_for(size_t n)
{
	char *zeros = calloc(2 * n + 1, 1);
	uint8_t *out;

	if (zeros == NULL)
		abort();
	memset(zeros, '0', 2 * n);
	out = (uint8_t *)(uintptr_t)test_hex(zeros).ptr;
	free(zeros);
	return out;
}

struct bytes
vec_list(const char *const *items, int at, const char *item, const char *extra)
{
	static uint8_t body[1 << 16];
	struct buf b = buf_of(body, sizeof(body)), out;
	struct bytes one;
	int i;

	for (i = 0; items[i] != NULL; i++) {
		one = test_hex(i == at ? item : items[i]);
		EXPECT(buf_put(&b, one.ptr, one.len));
	}
	one = test_hex(extra);
	EXPECT(buf_put(&b, one.ptr, one.len));
	out = buf_of(NULL, rlp_size_list(b.len));
	out.ptr = room_for(out.cap);
	EXPECT(rlp_put_list_head(&out, b.len));
	EXPECT(buf_put(&out, b.ptr, b.len));
	return bytes_of_buf(&out);
}

struct bytes
vec_wrap(const char *prefix_hex, struct bytes in)
{
	struct bytes prefix = test_hex(prefix_hex);
	uint8_t *out = room_for(prefix.len + in.len);

	if (prefix.len > 0)
		memcpy(out, prefix.ptr, prefix.len);
	if (in.len > 0)
		memcpy(out + prefix.len, in.ptr, in.len);
	return bytes_of(out, prefix.len + in.len);
}
