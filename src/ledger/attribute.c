/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes by name, and their values as JSON.
 */
#include "ledger/attribute.h"

#include <string.h>

#include "base/check.h"
#include "base/jsonw.h"
#include "eth/addr.h"

enum kind { TEXT, NUMBER, BOOL, ADDRESS };

static const struct {
	const char *name;
	enum kind kind;
} attributes[] = {
#define ATTRIBUTE(name, kind) [ATTRIBUTE_##name] = {#name, kind},
#include "ledger/attribute.def"
#undef ATTRIBUTE
};

const char *
ledger_attribute_name(enum ledger_attribute a)
{
	CHECK(a < ATTRIBUTE_CNT);
	return attributes[a].name;
}

enum ledger_attribute
ledger_attribute_find(struct bytes name)
{
	unsigned i = 0;

	while (name.len > 0 && name.ptr[name.len - 1] == 0)
		name.len--;
	while (i < ATTRIBUTE_CNT &&
	       !bytes_eq(name, bytes_of_str(attributes[i].name)))
		i++;
	return (enum ledger_attribute)i;
}

struct bytes
ledger_text(struct arena *a, struct bytes text)
{
	struct bytes copy;
	uint8_t *p;
	size_t i;

	if (text.len > LEDGER_TEXT_MAX)
		text.len = LEDGER_TEXT_MAX;
	if (text.len == 0 || memchr(text.ptr, 0, text.len) == NULL)
		return text;
	copy = (struct bytes){
	    .ptr = p = arena_alloc(a, text.len), .len = text.len};
	for (i = 0; p != NULL && i < text.len; i++)
		p[i] = text.ptr[i] == 0 ? 0xff : text.ptr[i];
	return copy;
}

/* What the writer has, in the arena; the writer is given back. */
static struct bytes
take(struct arena *a, struct jsonw *w)
{
	struct bytes out = {.ptr = NULL};

	if (jsonw_done(w))
		out = arena_copy(a, jsonw_bytes(w));
	jsonw_free(w);
	return out;
}

struct bytes
ledger_attribute_text(
    struct arena *a, enum ledger_attribute which, struct bytes text)
{
	struct jsonw w;

	CHECK(which < ATTRIBUTE_CNT);
	if (attributes[which].kind != TEXT)
		return (struct bytes){.ptr = NULL};
	text = ledger_text(a, text);
	if (text.ptr == NULL && text.len > 0)
		return (struct bytes){.ptr = NULL};
	/* A byte becomes at most six characters. */
	jsonw_init(&w, 6 * LEDGER_TEXT_MAX + 2);
	jsonw_strn(&w, text);
	return take(a, &w);
}

static void
write_number(struct jsonw *w, enum kind kind, const struct u256 *v)
{
	char text[ADDR_TEXT_MAX];
	struct addr addr;
	uint8_t be[32];

	if (kind == NUMBER) {
		jsonw_dec(w, v);
	} else if (kind == BOOL) {
		jsonw_bool(w, !u256_is_zero(v));
	} else {
		u256_to_be(be, v);
		memcpy(addr.b, be + 12, sizeof(addr.b));
		jsonw_str(w, addr_text(text, &addr));
	}
}

struct bytes
ledger_attribute_number(
    struct arena *a, enum ledger_attribute which, const struct u256 *v)
{
	struct jsonw w;

	CHECK(which < ATTRIBUTE_CNT);
	if (attributes[which].kind == TEXT)
		return (struct bytes){.ptr = NULL};
	jsonw_init(&w, U256_DEC_MAX);
	write_number(&w, attributes[which].kind, v);
	return take(a, &w);
}
