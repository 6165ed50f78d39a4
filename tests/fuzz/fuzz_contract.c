/* SPDX-License-Identifier: Apache-2.0
 *
 * Known contracts: a byte for what it is (call, error, log, revert), a byte
 * for the contract, a byte for the number of topics, topics, data. What
 * decodes must encode again, and has a text; what everybody's table knows, the
 * contract's own knows alike.
 *
 * fuzz: cover=src/contract/call.c,src/contract/event.c,src/contract/reason.c
 */
#include "contract/reason.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, ROOM = 1 << 27, TEXT = 64 };

static void
write_texts(struct arena *a, const struct contract_decoded *d)
{
	size_t i;

	for (i = 0; i < d->member->param_cnt; i++)
		CHECK(contract_value_text(
			  a, &d->member->args.items[i], &d->args[i], TEXT)
			  .ptr != NULL);
}

static void
try_call(struct arena *a, const struct contract *c, struct bytes in)
{
	struct contract_decoded d, again;
	struct bytes out;
	enum rc rc = contract_decode_call(a, &d, c, in, NULL);

	if (rc != RC_OK)
		return;
	write_texts(a, &d);
	rc = contract_encode_call(
	    a, &out, d.member, d.args, d.member->param_cnt, NULL);
	/* tails that were shared */
	if (rc == RC_TOO_LARGE)
		return;
	CHECK(rc == RC_OK);
	CHECK(contract_decode_call(a, &again, NULL, out, NULL) == RC_OK);
	CHECK(!strcmp(again.member->text, d.member->text));
}

static void
try_error(struct arena *a, const struct contract *c, struct bytes in)
{
	struct contract_decoded d;

	if (contract_decode_error(a, &d, c, in, NULL) == RC_OK)
		write_texts(a, &d);
}

static void
try_event(
    struct arena *a, const struct contract *c, size_t cnt, struct bytes in)
{
	struct hash topics[EVENT_TOPIC_MAX];
	struct contract_decoded d, any;
	struct bytes word;
	size_t i;

	for (i = 0; i < cnt; i++) {
		if (!bytes_take(&word, &in, sizeof(topics[i].b)))
			return;
		memcpy(topics[i].b, word.ptr, word.len);
	}
	if (event_decode(a, &d, c, topics, cnt, in, NULL) != RC_OK)
		return;
	write_texts(a, &d);
	CHECK(event_decode(a, &any, NULL, topics, cnt, in, NULL) == RC_OK);
	CHECK(any.member->event == d.member->event);
}

static void
try_revert(struct arena *a, struct bytes in)
{
	struct revert r;

	CHECK(revert_read(a, &r, in, NULL) == RC_OK);
	CHECK(r.en.ptr != NULL && r.en.len > 0);
	CHECK(r.ja.ptr != NULL && r.ja.len > 0);
	CHECK((r.code != 0) == (r.kind == REVERT_CODE));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct contract *c;
	struct bytes in;
	struct arena a;

	if (size < HEAD)
		return 0;
	c = contract_at(data[1]);
	in = bytes_of(data + HEAD, size - HEAD);
	arena_init(&a, ROOM);
	switch (data[0] & 3) {
	case 0:
		try_call(&a, c, in);
		break;
	case 1:
		try_error(&a, c, in);
		break;
	case 2:
		try_event(&a, c, data[2] % (EVENT_TOPIC_MAX + 1), in);
		break;
	default:
		try_revert(&a, in);
		break;
	}
	arena_drop(&a);
	return 0;
}
