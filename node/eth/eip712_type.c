/* SPDX-License-Identifier: Apache-2.0
 *
 * The types of an EIP-712 document: read, resolved, and hashed in the form
 * "Mail(Person from,string contents)Person(string name)". Values are
 * eip712.c's.
 */
#include "eth/eip712_priv.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/keccak.h"

/* Longest fixed array: more elements than a document has bytes for. */
enum { LENGTH_MAX = 65535, NUMBER_BITS_MAX = 256, FIXED_BYTES_MAX = 32 };

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c == '$';
}

const char *
eip712_name(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);
	const char *text = json_string_value(v);

	if (text == NULL || strlen(text) != json_string_length(v))
		return NULL;
	return text;
}

/* A name with a comma or a bracket in it could stand for other members. */
static bool
is_identifier(struct bytes name)
{
	size_t i;

	for (i = 0; i < name.len; i++) {
		char c = (char)name.ptr[i];

		if (!is_letter(c) && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return name.len > 0;
}

struct eip712_struct *
eip712_types_find(struct eip712_types *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->cnt; i++) {
		if (strcmp(t->v[i].name, name) == 0)
			return &t->v[i];
	}
	return NULL;
}

/* A number behind a prefix, without zeros before it. */
static bool
take_size(unsigned *out, struct bytes text, const char *prefix, unsigned max)
{
	size_t len = strlen(prefix);
	uint64_t n;

	if (text.len <= len || memcmp(text.ptr, prefix, len) != 0 ||
	    text.ptr[len] == '0' ||
	    !bytes_dec(&n, bytes_of(text.ptr + len, text.len - len), max))
		return false;
	*out = (unsigned)n;
	return true;
}

/* The atomic and dynamic types; EIP-712 has no "uint" and "int" alone. */
static bool
read_basic(struct eip712_type *out, struct bytes text)
{
	static const struct {
		const char *name;
		enum eip712_kind kind;
	} plain[] = {{"address", EIP712_ADDRESS}, {"bool", EIP712_BOOL},
	    {"bytes", EIP712_BYTES}, {"string", EIP712_STRING}};
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		out->kind = plain[i].kind;
		if (bytes_eq(text, bytes_of_str(plain[i].name)))
			return true;
	}
	out->kind = EIP712_FIXED_BYTES;
	if (take_size(&out->size, text, "bytes", FIXED_BYTES_MAX))
		return true;
	out->kind = EIP712_UINT;
	if (take_size(&out->size, text, "uint", NUMBER_BITS_MAX))
		return out->size % 8 == 0;
	out->kind = EIP712_INT;
	return take_size(&out->size, text, "int", NUMBER_BITS_MAX) &&
	       out->size % 8 == 0;
}

/* read_dims takes "[2][]" behind the base. */
static enum rc
read_dims(struct eip712_type *out, const char *text, struct err *e)
{
	while (*text != '\0') {
		const char *end = strchr(text, ']');
		unsigned len = 0;

		if (*text != '[' || end == NULL ||
		    (end > text + 1 &&
			!take_size(&len, bytes_of(text, (size_t)(end - text)),
			    "[", LENGTH_MAX)))
			return FAIL(e, RC_BAD_INPUT, "not an array");
		if (out->dim_cnt == EIP712_DIM_MAX)
			return FAIL(e, RC_TOO_LARGE, "more than %d dimensions",
			    EIP712_DIM_MAX);
		out->dim[out->dim_cnt++] = len;
		text = end + 1;
	}
	return RC_OK;
}

/* find_base finds the struct that the text before the brackets names. */
static const struct eip712_struct *
find_base(const struct eip712_types *t, struct bytes base)
{
	size_t i;

	for (i = 0; i < t->cnt; i++) {
		if (bytes_eq(bytes_of_str(t->v[i].name), base))
			return &t->v[i];
	}
	return NULL;
}

static enum rc
read_type(struct eip712_type *out, const struct eip712_types *t,
    const char *text, struct err *e)
{
	size_t len = strcspn(text, "[");
	struct bytes base = bytes_of(text, len);
	const struct eip712_struct *s;

	*out = (struct eip712_type){.size = 0};
	if (!read_basic(out, base)) {
		s = find_base(t, base);
		if (s == NULL)
			return FAIL(e, RC_BAD_INPUT, "unknown type");
		out->kind = EIP712_STRUCT;
		out->struct_at = (size_t)(s - t->v);
	}
	return read_dims(out, text + len, e);
}

static enum rc
read_member(struct eip712_member *out, const struct eip712_types *t,
    const json_t *v, struct err *e)
{
	struct err why = {.rc = RC_OK};
	enum rc rc;

	out->name = eip712_name(v, "name");
	out->text = eip712_name(v, "type");
	if (out->name == NULL || out->text == NULL)
		return FAIL(
		    e, RC_BAD_INPUT, "a member without \"name\" and \"type\"");
	if (!is_identifier(bytes_of_str(out->name)))
		return FAIL(e, RC_BAD_INPUT, "\"%.64s\" is no name of a member",
		    out->name);
	rc = read_type(&out->type, t, out->text, &why);
	if (rc != RC_OK)
		return FAIL(e, rc, "\"%.64s\": \"%.64s\": %s", out->name,
		    out->text, err_message(&why, rc));
	return RC_OK;
}

/* has_twice tells whether a name stands before place i, too. */
static bool
has_twice(const struct eip712_member *m, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++) {
		if (strcmp(m[k].name, m[i].name) == 0)
			return true;
	}
	return false;
}

static enum rc
read_members(struct arena *a, struct eip712_struct *s,
    const struct eip712_types *t, const json_t *list, struct err *e)
{
	struct eip712_member *m;
	size_t i;

	s->cnt = json_array_size(list);
	if (!json_is_array(list))
		return FAIL(e, RC_BAD_INPUT, "not an array of members");
	if (s->cnt > EIP712_MEMBER_MAX)
		return FAIL(
		    e, RC_TOO_LARGE, "more than %d members", EIP712_MEMBER_MAX);
	m = arena_array(a, s->cnt + 1, sizeof(*m));
	if (m == NULL)
		return FAIL(e, RC_NO_MEMORY, "members");
	for (i = 0; i < s->cnt; i++) {
		TRY(read_member(&m[i], t, json_array_get(list, i), e));
		if (has_twice(m, i))
			return FAIL(e, RC_BAD_INPUT, "\"%.64s\" stands twice",
			    m[i].name);
	}
	s->members = m;
	return RC_OK;
}

/* Names first: a member may be of a type that stands further down. */
static enum rc
read_names(struct eip712_types *out, json_t *types, struct err *e)
{
	struct eip712_type basic;
	const char *name;
	json_t *list;

	json_object_foreach(types, name, list)
	{
		if (out->cnt == EIP712_STRUCT_MAX)
			return FAIL(e, RC_TOO_LARGE, "types: more than %d",
			    EIP712_STRUCT_MAX);
		if (!is_identifier(bytes_of_str(name)) ||
		    read_basic(&basic, bytes_of_str(name)))
			return FAIL(e, RC_BAD_INPUT,
			    "types: \"%.64s\" is no name of a struct", name);
		out->v[out->cnt++] = (struct eip712_struct){.name = name};
	}
	return RC_OK;
}

enum rc
eip712_types_read(
    struct arena *a, struct eip712_types *out, const json_t *doc, struct err *e)
{
	json_t *types = json_object_get(doc, "types");
	struct err why = {.rc = RC_OK};
	size_t i;

	out->cnt = 0;
	if (!json_is_object(types))
		return FAIL(e, RC_BAD_INPUT, "types: not an object");
	TRY(read_names(out, types, e));
	for (i = 0; i < out->cnt; i++) {
		struct eip712_struct *s = &out->v[i];
		enum rc rc = read_members(
		    a, s, out, json_object_get(types, s->name), &why);

		if (rc != RC_OK)
			return FAIL(e, rc, "types: \"%.64s\": %s", s->name,
			    err_message(&why, rc));
	}
	return RC_OK;
}

/* Hashing. ------------------------------------------------------------ */

static void
put_text(struct keccak *k, const char *text)
{
	keccak_update(k, bytes_of_str(text));
}

static void
put_struct(struct keccak *k, const struct eip712_struct *s)
{
	size_t i;

	put_text(k, s->name);
	put_text(k, "(");
	for (i = 0; i < s->cnt; i++) {
		put_text(k, i == 0 ? "" : ",");
		put_text(k, s->members[i].text);
		put_text(k, " ");
		put_text(k, s->members[i].name);
	}
	put_text(k, ")");
}

static int
by_name(const void *a, const void *b)
{
	const struct eip712_struct *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* list_needed lists s and all that it refers to, directly or not. */
static size_t
list_needed(const struct eip712_struct *list[EIP712_STRUCT_MAX],
    const struct eip712_types *t, const struct eip712_struct *s)
{
	bool is_listed[EIP712_STRUCT_MAX] = {false};
	size_t cnt = 0, at, i;

	list[cnt++] = s;
	is_listed[s - t->v] = true;
	for (at = 0; at < cnt; at++) {
		for (i = 0; i < list[at]->cnt; i++) {
			const struct eip712_type *m =
			    &list[at]->members[i].type;

			if (m->kind != EIP712_STRUCT || is_listed[m->struct_at])
				continue;
			is_listed[m->struct_at] = true;
			list[cnt++] = &t->v[m->struct_at];
		}
	}
	return cnt;
}

const struct hash *
eip712_type_hash(struct eip712_types *t, struct eip712_struct *s)
{
	const struct eip712_struct *list[EIP712_STRUCT_MAX];
	struct keccak k;
	size_t i, cnt;

	if (s->is_hashed)
		return &s->type_hash;
	cnt = list_needed(list, t, s);
	qsort(list + 1, cnt - 1, sizeof(list[0]), by_name);
	keccak_init(&k);
	for (i = 0; i < cnt; i++)
		put_struct(&k, list[i]);
	keccak_final(s->type_hash.b, &k);
	s->is_hashed = true;
	return &s->type_hash;
}
