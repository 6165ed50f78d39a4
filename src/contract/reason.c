/* SPDX-License-Identifier: Apache-2.0
 *
 * From what a call reverted with to a sentence in two languages.
 */
#include "contract/reason.h"

#include <stdio.h>

#include "base/check.h"
#include "contract/tables_priv.h"
#include "eth/reason.h"

/* The text of a code: six digits, and nothing else. */
enum { CODE_LEN = 6 };

static const struct {
	uint64_t code;
	const char *ja;
} panics[] = {
#define PANIC(code, ja) {code, ja},
#define REASON(kind, en, ja)
#include "contract/reason.def"
#undef PANIC
#undef REASON
};

static const struct {
	const char *en, *ja;
} texts[] = {
#define PANIC(code, ja)
#define REASON(kind, en, ja) [REVERT_##kind] = {en, ja},
#include "contract/reason.def"
#undef PANIC
#undef REASON
};

bool
revert_code_text(struct bytes *en, struct bytes *ja, uint32_t code)
{
	char text[16];
	size_t i;

	snprintf(text, sizeof(text), "%06u", code);
	for (i = 0; i < reason_code_cnt; i++)
		if (!strcmp(reason_codes[i].code, text)) {
			*en = bytes_of_str(reason_codes[i].en);
			*ja = bytes_of_str(reason_codes[i].ja);
			return true;
		}
	return false;
}

static void
set_kind(struct revert *out, enum revert_kind kind)
{
	out->kind = kind;
	out->en = bytes_of_str(texts[kind].en);
	out->ja = bytes_of_str(texts[kind].ja);
}

/* Error(string): a code of ours, or what somebody else's contract says. */
static enum rc
read_error(struct arena *a, struct revert *out, struct err *e)
{
	const struct abi_type *type = &out->is.member->args.items[0];
	struct bytes text = out->is.args[0].data;
	uint64_t code;

	if (text.len == CODE_LEN && bytes_dec(&code, text, 999999) &&
	    revert_code_text(&out->en, &out->ja, (uint32_t)code)) {
		out->kind = REVERT_CODE;
		out->code = (uint32_t)code;
		return RC_OK;
	}
	if (text.len == 0) {
		set_kind(out, REVERT_NONE);
		return RC_OK;
	}
	out->kind = REVERT_TEXT;
	out->en =
	    contract_value_text(a, type, &out->is.args[0], REVERT_TEXT_MAX);
	out->ja = out->en;
	return out->en.ptr == NULL ? FAIL(e, RC_NO_MEMORY, "text of a reason")
				   : RC_OK;
}

static enum rc
read_panic(struct arena *a, struct revert *out, struct bytes in, struct err *e)
{
	const struct u256 *code = &out->is.args[0].num;
	char room[REASON_PANIC_MAX];
	struct bytes en;
	size_t i;

	set_kind(out, REVERT_PANIC);
	CHECK(reason_read(&en, room, in));
	out->en = arena_copy(a, en);
	for (i = 0; u256_is_u64(code) && i < ARRAY_CNT(panics); i++)
		if (panics[i].code == code->w[0])
			out->ja = bytes_of_str(panics[i].ja);
	return out->en.ptr == NULL ? FAIL(e, RC_NO_MEMORY, "text of a panic")
				   : RC_OK;
}

/* Name and values: whoever wrote the error chose words that tell. */
static enum rc
read_custom(struct arena *a, struct revert *out, struct err *e)
{
	const struct contract_member *m = out->is.member;
	const struct abi_value all = {
	    .items = out->is.args, .cnt = m->param_cnt};
	struct bytes values =
	    contract_value_text(a, &m->args, &all, REVERT_TEXT_MAX);
	const char *text = values.ptr == NULL
			       ? NULL
			       : arena_str(a, "%s%.*s", m->name,
				     (int)values.len, (const char *)values.ptr);

	if (text == NULL)
		return FAIL(e, RC_NO_MEMORY, "text of a reason");
	out->kind = REVERT_CUSTOM;
	out->en = out->ja = bytes_of_str(text);
	return RC_OK;
}

enum rc
revert_read(struct arena *a, struct revert *out, struct bytes in, struct err *e)
{
	struct contract_decoded is;
	enum rc rc;

	*out = (struct revert){.code = 0};
	set_kind(out, in.len == 0 ? REVERT_NONE : REVERT_UNKNOWN);
	if (in.len == 0)
		return RC_OK;
	rc = contract_decode_error(a, &is, NULL, in, e);
	if (rc == RC_NO_MEMORY)
		return rc;
	if (rc != RC_OK)
		return RC_OK;
	out->is = is;
	if (!strcmp(is.member->text, "Error(string)"))
		return read_error(a, out, e);
	if (strcmp(is.member->text, "Panic(uint256)") != 0)
		return read_custom(a, out, e);
	return read_panic(a, out, in, e);
}
