/* SPDX-License-Identifier: Apache-2.0
 *
 * Typed data: the input is a document. What is signed does not depend on how
 * a document is laid out.
 *
 * fuzz: cover=node/eth/eip712.c,node/eth/eip712_type.c
 */
#include "eth/eip712.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 1 << 24 };

static enum rc
read_doc(struct eip712 *out, struct bytes json)
{
	struct arena a;
	struct err e = {.rc = RC_OK};
	enum rc rc;

	arena_init(&a, ARENA_MAX);
	rc = eip712_read(&a, out, json, &e);
	CHECK(rc == RC_OK || e.text[0] != '\0');
	arena_drop(&a);
	return rc;
}

/* Spread out, with members in another order. */
static void
check_other_form(const struct eip712 *want, struct bytes json)
{
	json_t *doc = json_loadb((const char *)json.ptr, json.len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	char *text = json_dumps(doc, JSON_SORT_KEYS | JSON_INDENT(1));
	struct eip712 got;

	CHECK(text != NULL);
	if (strlen(text) <= EIP712_TEXT_MAX) {
		CHECK(read_doc(&got, bytes_of_str(text)) == RC_OK);
		CHECK(bytes_eq(bytes_of(got.preimage, got.len),
		    bytes_of(want->preimage, want->len)));
	}
	free(text);
	json_decref(doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes json = bytes_of(data, size);
	struct eip712 d;

	if (read_doc(&d, json) != RC_OK)
		return 0;
	CHECK(
	    d.len == EIP712_PREIMAGE_MAX || d.len == EIP712_PREIMAGE_MAX - 32);
	CHECK(d.preimage[0] == 0x19 && d.preimage[1] == 0x01);
	check_other_form(&d, json);
	return 0;
}
