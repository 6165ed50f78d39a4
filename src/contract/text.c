/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as text for people. Two passes over the value, the first to measure:
 * lists within lists are walked with a stack of their own.
 */
#include "contract/contract.h"

#include "base/check.h"
#include "base/hex.h"
#include "eth/addr.h"

struct writer {
	uint8_t *out; /* NULL: measuring */
	size_t len, max;
};

/* An open sequence. */
struct level {
	const struct abi_type *type;
	const struct abi_value *items;
	size_t cnt, i;
};

static void
put(struct writer *w, const void *ptr, size_t len)
{
	if (w->out != NULL && len > 0)
		memcpy(w->out + w->len, ptr, len);
	w->len += len;
}

static void
put_str(struct writer *w, const char *s)
{
	put(w, s, strlen(s));
}

static void
put_hex(struct writer *w, struct bytes data)
{
	size_t len = data.len < w->max ? data.len : w->max;

	put_str(w, "0x");
	if (w->out != NULL)
		hex_put((char *)w->out + w->len, bytes_of(data.ptr, len));
	w->len += 2 * len;
}

/* Not inside a character: what follows the cut would not be one. */
static void
put_text(struct writer *w, struct bytes text)
{
	size_t len = text.len < w->max ? text.len : w->max;

	while (len > 0 && len < text.len && (text.ptr[len] & 0xc0) == 0x80)
		len--;
	put(w, text.ptr, len);
}

static void
put_number(struct writer *w, const struct u256 *v, bool is_signed)
{
	char text[U256_DEC_MAX];
	struct u256 magnitude = *v;

	if (is_signed && v->w[3] >> 63 != 0) {
		put_str(w, "-");
		u256_sub(&magnitude, &(struct u256){{0, 0, 0, 0}}, v);
	}
	put(w, text, u256_dec(text, &magnitude));
}

static void
put_addr(struct writer *w, const struct addr *v)
{
	char text[ADDR_TEXT_MAX];

	put_str(w, addr_text(text, v));
}

static void
put_plain(struct writer *w, const struct abi_type *t, const struct abi_value *v)
{
	switch (t->kind) {
	case ABI_UINT:
	case ABI_INT:
		put_number(w, &v->num, t->kind == ABI_INT);
		break;
	case ABI_ADDRESS:
		put_addr(w, &v->addr);
		break;
	case ABI_BOOL:
		put_str(w, u256_is_zero(&v->num) ? "false" : "true");
		break;
	case ABI_FIXED_BYTES:
	case ABI_BYTES:
		put_hex(w, v->data);
		break;
	case ABI_STRING:
		put_text(w, v->data);
		break;
	case ABI_ARRAY:
	case ABI_LIST:
	case ABI_TUPLE:
		break;
	}
}

static bool
is_sequence(const struct abi_type *t)
{
	return t->kind == ABI_ARRAY || t->kind == ABI_LIST ||
	       t->kind == ABI_TUPLE;
}

static void
open_level(struct writer *w, struct level *l, const struct abi_type *t,
    const struct abi_value *v)
{
	*l = (struct level){.type = t, .items = v->items, .cnt = v->cnt};
	put_str(w, t->kind == ABI_TUPLE ? "(" : "[");
}

/* The end of a level, or of what is shown of it. */
static bool
close_level(struct writer *w, const struct level *l)
{
	bool is_cut = l->i == w->max && l->i < l->cnt;

	if (!is_cut && l->i < l->cnt)
		return false;
	if (is_cut)
		put_str(w, ", ...");
	put_str(w, l->type->kind == ABI_TUPLE ? ")" : "]");
	return true;
}

static void
write_value(
    struct writer *w, const struct abi_type *type, const struct abi_value *v)
{
	struct level stack[ABI_DEPTH_MAX + 1];
	size_t depth = 0;

	if (!is_sequence(type)) {
		put_plain(w, type, v);
		return;
	}
	open_level(w, &stack[depth++], type, v);
	while (depth > 0) {
		struct level *l = &stack[depth - 1];
		const struct abi_type *t = l->type->items;

		if (close_level(w, l)) {
			depth--;
			continue;
		}
		if (l->i > 0)
			put_str(w, ", ");
		if (l->type->kind == ABI_TUPLE)
			t += l->i;
		v = &l->items[l->i++];
		CHECK(depth < ARRAY_CNT(stack));
		if (is_sequence(t))
			open_level(w, &stack[depth++], t, v);
		else
			put_plain(w, t, v);
	}
}

struct bytes
contract_value_text(struct arena *a, const struct abi_type *type,
    const struct abi_value *v, size_t max)
{
	struct writer w = {.max = max};

	write_value(&w, type, v);
	w.out = arena_alloc(a, w.len + 1);
	if (w.out == NULL)
		return bytes_of(NULL, 0);
	w.len = 0;
	write_value(&w, type, v);
	return bytes_of(w.out, w.len);
}
