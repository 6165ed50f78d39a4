/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs made ready to run: a copy with padding behind it and a bit for
 * each jump destination (Yellow Paper 9.4.3), kept by code hash.
 */
#include "evm/evm_priv.h"

/* Programs in the cache, and their bytes: what a busy chain calls within some
 * blocks, at a size that a node of 64 MiB can give. */
enum { CODES_MAX = 8192, CODE_BYTES_MAX = 16 << 20 };

static size_t
padded(size_t len)
{
	return (len + CODE_PAD + 7) / 8 * 8;
}

static size_t
bitmap_len(size_t len)
{
	return (len + 63) / 64 * 8;
}

size_t
evm_code_room(size_t code_len)
{
	return 2 * padded(code_len) + bitmap_len(code_len);
}

static const uint8_t pair_of[256][256] = {
#define PAIR(a, b) [OP_##a][OP_##b] = OP_##a##_##b,
#include "evm/pairs.def"
#undef PAIR
};

/* read finds jump destinations and puts pairs into ops. */
static void
read(uint64_t *jumps, uint8_t *ops, const uint8_t *code, size_t len)
{
	size_t i, next;

	for (i = 0; i < len; i = next) {
		uint8_t op = code[i];

		next = i + 1;
		if (op >= OP_PUSH1 && op <= OP_PUSH32)
			next += (size_t)(op - OP_PUSH1) + 1;
		else if (op == OP_JUMPDEST)
			jumps[i / 64] |= (uint64_t)1 << i % 64;
		else if (op > PAIR_FIRST && op < PAIR_END)
			ops[i] = OP_NONE;
		if (next < len && pair_of[op][code[next]] != 0)
			ops[i] = pair_of[op][code[next]];
	}
}

bool
evm_delegation(struct addr *to, struct bytes code)
{
	if (code.len != EVM_DELEGATION_LEN || code.ptr[0] != 0xef ||
	    code.ptr[1] != 0x01 || code.ptr[2] != 0x00)
		return false;
	memcpy(to->b, code.ptr + 3, sizeof(to->b));
	return true;
}

void
evm_code_lay(struct code *out, uint8_t *room, struct bytes code)
{
	size_t size = padded(code.len);
	uint8_t *ops = room + size;
	uint64_t *jumps = (void *)(ops + size);

	if (code.len > 0)
		memcpy(room, code.ptr, code.len);
	memset(room + code.len, 0, size - code.len);
	memcpy(ops, room, size);
	memset(jumps, 0, bitmap_len(code.len));
	read(jumps, ops, room, code.len);
	*out = (struct code){
	    .bytes = room, .ops = ops, .jumps = jumps, .len = code.len};
	out->is_delegation = evm_delegation(&out->delegate, code);
}

void
evm_codes_open(struct code_cache *c)
{
	*c = (struct code_cache){.used_bytes = 0};
	map_init(&c->map, sizeof(struct hash), CODES_MAX);
}

void
evm_codes_drop(struct code_cache *c)
{
	const void *key;
	void *value;
	size_t at = 0;

	while (map_next(&c->map, &at, &key, &value))
		mem_free(value);
	map_free(&c->map);
}

const struct code *
evm_code_find(struct code_cache *c, const struct hash *hash)
{
	if (c->last != NULL && hash_eq(&c->last_hash, hash))
		return c->last;
	c->last = map_get(&c->map, hash->b);
	c->last_hash = *hash;
	return c->last;
}

const struct code *
evm_code_put(struct code_cache *c, const struct hash *hash, struct bytes code)
{
	size_t size = sizeof(struct code) + evm_code_room(code.len);
	struct code *entry = NULL;

	if (!c->is_full && size <= CODE_BYTES_MAX - c->used_bytes)
		entry = mem_new(size);
	if (entry != NULL)
		evm_code_lay(entry, (uint8_t *)(entry + 1), code);
	if (entry != NULL && map_put(&c->map, hash->b, entry)) {
		c->used_bytes += size;
		return entry;
	}
	mem_free(entry);
	c->is_full = true;
	return NULL;
}

/* sample reads what stands at so many eighths of a program. */
static uint64_t
sample(struct bytes code, size_t eighths)
{
	size_t at = code.len / 8 * eighths, left = code.len - at;
	uint64_t word = 0;

	memcpy(&word, code.ptr + at, left < sizeof(word) ? left : sizeof(word));
	return word;
}

/* bring_near has what runs of a program, ops and the jumps behind them, in the
 * nearest cache again, out of which comparing a long one drove it. */
static void
bring_near(const struct code *code)
{
	size_t i, size = padded(code->len) + bitmap_len(code->len);

	for (i = 0; i < size; i += 64)
		__builtin_prefetch(code->ops + i);
}

const struct code *
evm_code_keep(struct code_cache *c, struct bytes code)
{
	const struct code *found;
	uint64_t words[4];
	struct hash key;

	if (code.len == 0 || code.len > EVM_INIT_CODE_MAX)
		return NULL;
	words[0] = code.len;
	words[1] = sample(code, 2);
	words[2] = sample(code, 4);
	words[3] = sample(code, 6);
	memcpy(key.b, words, sizeof(key.b));
	found = evm_code_find(c, &key);
	if (found == NULL)
		return evm_code_put(c, &key, code);
	if (memcmp(found->bytes, code.ptr, code.len) != 0)
		return NULL;
	bring_near(found);
	return found;
}
