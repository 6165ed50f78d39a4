/* SPDX-License-Identifier: Apache-2.0
 *
 * A stream as a broken node might write it. The first byte sets the length
 * of the pieces that arrive, the second how many calls wait: the same
 * documents and answers come out however the bytes arrive, what is stored
 * lies in the stream, and what the calls themselves look like is read back.
 *
 * fuzz: cover=src/http/nodewire.c lib=http
 */
#include <string.h>

#include "base/check.h"
#include "http/nodewire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CALL_MAX = 8, WRITTEN_MAX = 4096, ANSWERS_MAX = 1 << 20 };

/* What came of a stream: how many documents and answers, and a sum over
 * what they were. */
struct seen {
	size_t docs, answers, left;
	uint64_t sum;
};

static void
note(struct seen *s, const void *p, size_t len)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < len; i++)
		s->sum = (s->sum ^ b[i]) * 0x100000001b3ULL;
}

static void
take_answer(struct seen *s, struct gw_node_effect *n, struct bytes doc,
    const struct gw_wire_answer *a)
{
	struct bytes v = a->value;
	struct arena arena;
	uint64_t number = 0;

	CHECK(a->item < 1u << GW_WIRE_ITEM_BITS);
	CHECK(v.ptr == NULL ||
	      (v.ptr >= doc.ptr && v.ptr + v.len <= doc.ptr + doc.len));
	arena_init(&arena, ANSWERS_MAX);
	CHECK(gw_wire_store(&arena, n, a));
	if (a->item < n->cnt && v.ptr != NULL)
		CHECK(bytes_eq(n->calls[a->item].answer, v));
	if (gw_wire_number(&number, a))
		CHECK(v.len >= 5 && !a->is_error);
	arena_drop(&arena);
	s->answers++;
	note(s, &a->ticket, sizeof(a->ticket));
	note(s, v.ptr, v.len);
	note(s, &number, sizeof(number));
}

static void
take_document(struct seen *s, size_t call_cnt, struct bytes doc)
{
	struct gw_node_call calls[CALL_MAX] = {0};
	struct gw_node_effect n = {.calls = calls, .cnt = call_cnt};
	struct gw_wire_answers all;
	struct gw_wire_answer a;

	s->docs++;
	gw_wire_open(&all, doc);
	while (gw_wire_next(&all, &a))
		take_answer(s, &n, doc, &a);
}

static struct seen
take_stream(struct bytes text, size_t call_cnt, size_t piece)
{
	struct bytes in = bytes_of(text.ptr, 0), doc;
	const uint8_t *end = text.ptr + text.len;
	struct gw_wire_cut cut = {0};
	struct seen s = {0};

	do {
		in.len += piece;
		if (in.len > (size_t)(end - in.ptr))
			in.len = (size_t)(end - in.ptr);
		while (gw_wire_cut(&cut, &doc, &in))
			take_document(&s, call_cnt, doc);
	} while (in.ptr + in.len < end);
	s.left = in.len;
	return s;
}

/* Calls with the text as parameters, when it is JSON: whoever reads JSON
 * reads what was written, and each has its own place. */
static void
write_calls(struct bytes text, size_t call_cnt)
{
	struct gw_node_call calls[CALL_MAX];
	struct gw_node_effect n = {.calls = calls, .cnt = call_cnt};
	struct bytes rest = text, value, doc;
	static uint8_t out[WRITTEN_MAX];
	size_t len, i;

	if (!gw_json_value(&value, &rest) || rest.len > 0 ||
	    value.len > WRITTEN_MAX / CALL_MAX / 2)
		value.len = 0;
	for (i = 0; i < call_cnt; i++)
		calls[i] = (struct gw_node_call){
		    .method = bytes_of_str("eth_call"), .params = value};
	CHECK(gw_wire_size(&n) <= sizeof(out));
	len = gw_wire_put(out, &n, text.len, "fuzz");
	CHECK(len <= gw_wire_size(&n) && out[len - 1] == '\n');
	rest = bytes_of(out, len);
	/* One level deeper than params may be is too deep for the reader. */
	if (gw_json_value(&doc, &rest))
		CHECK(rest.len == 0 && (doc.ptr[0] == '[') == (call_cnt > 1));
	else
		CHECK(value.len > 2 * (size_t)(GW_JSON_DEPTH_MAX - 2));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole, pieces;
	size_t call_cnt;
	struct bytes text;

	if (size < 2)
		return 0;
	call_cnt = data[1] % CALL_MAX + 1;
	text = bytes_of(data + 2, size - 2);
	whole = take_stream(text, call_cnt, text.len);
	pieces = take_stream(text, call_cnt, (size_t)data[0] + 1);
	CHECK(memcmp(&whole, &pieces, sizeof(whole)) == 0);
	write_calls(text, call_cnt);
	return 0;
}
