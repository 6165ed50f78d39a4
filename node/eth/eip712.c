/* SPDX-License-Identifier: Apache-2.0
 *
 * The values of an EIP-712 document, hashed as their types say. Structs and
 * arrays inside each other are frames of a bounded stack, each with its own
 * running hash: what ends gives its 32 bytes to the one around it.
 */
#include "eth/eip712_priv.h"

#include <string.h>

#include "base/hex.h"
#include "base/u256.h"
#include "crypto/keccak.h"
#include "eth/addr.h"

enum { WORD = 32 };

#define DOMAIN "EIP712Domain"

/* Single values. ------------------------------------------------------ */

static struct bytes
text_of(const json_t *v)
{
	return bytes_of(json_string_value(v), json_string_length(v));
}

/* read_number takes a JSON integer, or text: decimal or 0x, perhaps with a
 * minus before it. */
static enum rc
read_number(
    struct u256 *size, bool *is_negative, const json_t *v, struct err *e)
{
	struct bytes text = text_of(v);
	json_int_t n = json_integer_value(v);

	if (json_is_integer(v)) {
		*is_negative = n < 0;
		*size = u256_from_u64(n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
		return RC_OK;
	}
	if (!json_is_string(v))
		return FAIL(e, RC_BAD_INPUT, "not an integer");
	*is_negative = text.len > 0 && text.ptr[0] == '-';
	if (*is_negative)
		text = bytes_of(text.ptr + 1, text.len - 1);
	if (text.len > 1 && text.ptr[1] == 'x')
		return u256_from_hex(size, text, e);
	return u256_from_dec(size, text, e);
}

/* fits_int tells whether -size, or size, is one of intN. */
static bool
fits_int(const struct u256 *size, bool is_negative, unsigned bits)
{
	struct u256 least = U256_ONE;

	if (!is_negative)
		return u256_bits(size) < bits;
	u256_shl(&least, &least, bits - 1);
	return u256_cmp(size, &least) <= 0;
}

static enum rc
put_number(uint8_t word[WORD], const struct eip712_type *t, const json_t *v,
    struct err *e)
{
	struct u256 size, zero = U256_ZERO;
	bool is_negative;

	TRY(read_number(&size, &is_negative, v, e));
	if (t->kind == EIP712_INT ? !fits_int(&size, is_negative, t->size)
				  : (is_negative && !u256_is_zero(&size)) ||
					u256_bits(&size) > t->size)
		return FAIL(e, RC_BAD_INPUT, "out of range");
	if (is_negative)
		(void)u256_sub(&size, &zero, &size);
	u256_to_be(word, &size);
	return RC_OK;
}

static enum rc
put_addr(uint8_t word[WORD], const json_t *v, struct err *e)
{
	struct addr addr;

	if (!json_is_string(v))
		return FAIL(e, RC_BAD_INPUT, "not an address");
	TRY(addr_read(&addr, text_of(v), false, e));
	memcpy(word + WORD - sizeof(addr.b), addr.b, sizeof(addr.b));
	return RC_OK;
}

static enum rc
put_bytes(struct arena *a, uint8_t word[WORD], const json_t *v, struct err *e)
{
	struct arena_mark mark = arena_save(a);
	struct bytes data;

	if (!json_is_string(v))
		return FAIL(e, RC_BAD_INPUT, "not hex data");
	TRY(hex_read(a, &data, text_of(v), e));
	keccak256(word, data);
	arena_rewind(a, mark);
	return RC_OK;
}

/* put_value encodes one value that is neither array nor struct. */
static enum rc
put_value(struct arena *a, uint8_t word[WORD], const struct eip712_type *t,
    const json_t *v, struct err *e)
{
	memset(word, 0, WORD);
	switch (t->kind) {
	case EIP712_UINT:
	case EIP712_INT:
		return put_number(word, t, v, e);
	case EIP712_ADDRESS:
		return put_addr(word, v, e);
	case EIP712_BOOL:
		word[WORD - 1] = json_is_true(v);
		return json_is_boolean(v)
			   ? RC_OK
			   : FAIL(e, RC_BAD_INPUT, "not a boolean");
	case EIP712_FIXED_BYTES:
		return json_is_string(v)
			   ? hex_read_fixed(word, t->size, text_of(v), false, e)
			   : FAIL(e, RC_BAD_INPUT, "not hex data");
	case EIP712_BYTES:
		return put_bytes(a, word, v, e);
	case EIP712_STRING:
		if (!json_is_string(v))
			return FAIL(e, RC_BAD_INPUT, "not a string");
		keccak256(word, text_of(v));
		return RC_OK;
	case EIP712_STRUCT:
		break;
	}
	return FAIL(e, RC_INTERNAL, "a struct is no single value");
}

/* Values inside each other. ------------------------------------------- */

/* One struct or array that is being hashed. */
struct frame {
	const struct eip712_struct *s;  /* the struct, or that of the array */
	const struct eip712_member *of; /* array: the member; struct: NULL */
	size_t dims;                    /* array: dimensions of an element */
	const json_t *v;
	size_t at, cnt, found;
	struct keccak hash;
};

struct walk {
	struct arena *a;
	struct eip712_types *types;
	struct frame frame[EIP712_DEPTH_MAX];
	size_t depth;
};

/* push opens a frame. */
static enum rc
push(struct walk *w, struct frame **out, const json_t *v, size_t cnt,
    struct err *e)
{
	struct frame *f;

	if (w->depth == EIP712_DEPTH_MAX)
		return FAIL(
		    e, RC_TOO_LARGE, "nested deeper than %d", EIP712_DEPTH_MAX);
	f = &w->frame[w->depth++];
	*f = (struct frame){.v = v, .cnt = cnt};
	keccak_init(&f->hash);
	*out = f;
	return RC_OK;
}

static enum rc
push_struct(
    struct walk *w, struct eip712_struct *s, const json_t *v, struct err *e)
{
	struct frame *f;

	if (!json_is_object(v))
		return FAIL(e, RC_BAD_INPUT, "not an object");
	TRY(push(w, &f, v, s->cnt, e));
	f->s = s;
	keccak_update(&f->hash, hash_bytes(eip712_type_hash(w->types, s)));
	return RC_OK;
}

/* push_array opens an array of m with dims dimensions, one of them its own. */
static enum rc
push_array(struct walk *w, const struct eip712_struct *s,
    const struct eip712_member *m, size_t dims, const json_t *v, struct err *e)
{
	size_t cnt = json_array_size(v), want = m->type.dim[dims - 1];
	struct frame *f;

	if (!json_is_array(v))
		return FAIL(e, RC_BAD_INPUT, "not an array");
	if (want != 0 && cnt != want)
		return FAIL(
		    e, RC_BAD_INPUT, "%zu elements, want %zu", cnt, want);
	TRY(push(w, &f, v, cnt, e));
	f->s = s;
	f->of = m;
	f->dims = dims - 1;
	return RC_OK;
}

/* open_next opens, or hashes, the value v that f has of member m. */
static enum rc
open_next(struct walk *w, struct frame *f, const struct eip712_member *m,
    size_t dims, const json_t *v, struct err *e)
{
	static const uint8_t none[WORD];
	const struct eip712_type *t = &m->type;
	uint8_t word[WORD];

	if (dims > 0)
		return push_array(w, f->s, m, dims, v, e);
	if (t->kind == EIP712_STRUCT && (v == NULL || json_is_null(v))) {
		keccak_update(&f->hash, bytes_of(none, WORD));
		return RC_OK;
	}
	if (t->kind == EIP712_STRUCT)
		return push_struct(w, &w->types->v[t->struct_at], v, e);
	TRY(put_value(w->a, word, t, v, e));
	keccak_update(&f->hash, bytes_of(word, WORD));
	return RC_OK;
}

/* next goes on to the next value of the innermost frame. */
static enum rc
next(struct walk *w, struct frame *f, struct err *e)
{
	const struct eip712_member *m = f->of;
	struct err why = {.rc = RC_OK};
	const json_t *v;
	enum rc rc;

	if (m != NULL) {
		v = json_array_get(f->v, f->at++);
		rc = open_next(w, f, m, f->dims, v, &why);
	} else {
		m = &f->s->members[f->at++];
		v = json_object_get(f->v, m->name);
		f->found += v != NULL;
		if (v == NULL &&
		    (m->type.kind != EIP712_STRUCT || m->type.dim_cnt > 0))
			rc = FAIL(&why, RC_BAD_INPUT, "missing");
		else
			rc = open_next(w, f, m, m->type.dim_cnt, v, &why);
	}
	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc;
	return FAIL(e, rc, "\"%.64s\" of \"%.64s\": %s", m->name, f->s->name,
	    err_message(&why, rc));
}

/* pop ends the innermost frame, whose hash goes to the one around it. */
static enum rc
pop(struct walk *w, struct hash *out, struct err *e)
{
	const struct frame *f = &w->frame[w->depth - 1];

	if (f->of == NULL && f->found != json_object_size(f->v))
		return FAIL(e, RC_BAD_INPUT,
		    "\"%.64s\": the data has members that the type has not",
		    f->s->name);
	keccak_final(out->b, &w->frame[--w->depth].hash);
	if (w->depth > 0)
		keccak_update(&w->frame[w->depth - 1].hash, hash_bytes(out));
	return RC_OK;
}

/* hash_struct is hashStruct of EIP-712. */
static enum rc
hash_struct(struct arena *a, struct hash *out, struct eip712_types *t,
    struct eip712_struct *s, const json_t *v, struct err *e)
{
	struct walk w = {.a = a, .types = t, .depth = 0};

	TRY(push_struct(&w, s, v, e));
	while (w.depth > 0) {
		struct frame *f = &w.frame[w.depth - 1];

		if (f->at < f->cnt)
			TRY(next(&w, f, e));
		else
			TRY(pop(&w, out, e));
	}
	return RC_OK;
}

/* The document. ------------------------------------------------------- */

/* hash_member hashes a member of the document as a struct of that name. */
static enum rc
hash_member(struct arena *a, struct hash *out, struct eip712_types *t,
    const char *type, const json_t *doc, const char *member, struct err *e)
{
	struct eip712_struct *s = eip712_types_find(t, type);
	struct err why = {.rc = RC_OK};
	enum rc rc;

	if (s == NULL)
		return FAIL(
		    e, RC_BAD_INPUT, "types: \"%.64s\" is missing", type);
	rc = hash_struct(a, out, t, s, json_object_get(doc, member), &why);
	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc;
	return FAIL(e, rc, "%s: %s", member, err_message(&why, rc));
}

static void
put_preimage(struct eip712 *out, bool has_message)
{
	struct buf b = buf_of(out->preimage, sizeof(out->preimage));

	(void)buf_put_u8(&b, 0x19);
	(void)buf_put_u8(&b, 0x01);
	(void)buf_put(&b, out->domain.b, sizeof(out->domain.b));
	if (has_message)
		(void)buf_put(&b, out->message.b, sizeof(out->message.b));
	out->len = b.len;
}

static enum rc
read_doc(struct arena *a, struct eip712 *out, const json_t *doc, struct err *e)
{
	const char *primary = eip712_name(doc, "primaryType");
	struct eip712_types *t = arena_alloc(a, sizeof(*t));
	bool has_message;

	if (t == NULL)
		return FAIL(e, RC_NO_MEMORY, "types");
	if (primary == NULL)
		return FAIL(e, RC_BAD_INPUT, "primaryType: not a string");
	has_message = strcmp(primary, DOMAIN) != 0;
	TRY(eip712_types_read(a, t, doc, e));
	TRY(hash_member(a, &out->domain, t, DOMAIN, doc, "domain", e));
	if (has_message)
		TRY(hash_member(
		    a, &out->message, t, primary, doc, "message", e));
	put_preimage(out, has_message);
	return RC_OK;
}

enum rc
eip712_read(
    struct arena *a, struct eip712 *out, struct bytes json, struct err *e)
{
	struct arena_mark mark = arena_save(a);
	json_error_t why;
	json_t *doc;
	enum rc rc;

	*out = (struct eip712){.len = 0};
	if (json.len > EIP712_TEXT_MAX)
		return FAIL(e, RC_TOO_LARGE,
		    "typed data of %zu bytes, at most %d", json.len,
		    EIP712_TEXT_MAX);
	doc = json_loadb((const char *)json.ptr, json.len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	if (!json_is_object(doc))
		rc = FAIL(e, RC_BAD_JSON, "typed data is no JSON object");
	else
		rc = read_doc(a, out, doc, e);
	json_decref(doc);
	arena_rewind(a, mark);
	return rc;
}
