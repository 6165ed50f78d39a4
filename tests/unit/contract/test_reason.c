/* SPDX-License-Identifier: Apache-2.0
 *
 * What calls revert with, in words of two languages.
 */
#include "contract/reason.h"

#include <jansson.h>
#include <stdlib.h>

#include "test.h"

#define W0    "0000000000000000000000000000000000000000000000000000000000000000"
#define W1    "0000000000000000000000000000000000000000000000000000000000000001"
#define W6    "0000000000000000000000000000000000000000000000000000000000000006"
#define W20   "0000000000000000000000000000000000000000000000000000000000000020"
#define ADDR  "000000000000000000000000deaddeaddeaddeaddeaddeaddeaddeaddeaddead"
#define ERROR "08c379a0" W20
/* six digits, as require says them */
#define CODED(hex)                                                             \
	ERROR W6 hex "0000000000000000000000000000000000000000000000000000"

TEST(test_reason_read_puts_every_kind_into_words)
{
	static const struct {
		const char *name, *data;
		enum revert_kind kind;
		uint32_t code;
		const char *en, *ja;
	} rows[] = {
	    {"nothing", "", REVERT_NONE, 0, "reverted without a reason",
		"理由を示さずに取り消されました"},
	    {"a byte", "08", REVERT_UNKNOWN, 0, "reverted with unknown data",
		"不明なデータで取り消されました"},
	    {"nobody's error", "deadbeef" W0, REVERT_UNKNOWN, 0,
		"reverted with unknown data", "不明なデータで取り消されました"},
	    {"text that is not there", ERROR, REVERT_UNKNOWN, 0,
		"reverted with unknown data", "不明なデータで取り消されました"},
	    {"a code", CODED("313530313032"), REVERT_CODE, 150102,
		"the balance is too low", "残高が不足しています"},
	    {"no such code", CODED("393939393939"), REVERT_TEXT, 0, "999999",
		"999999"},
	    {"a code with a blank", CODED("203530313032"), REVERT_TEXT, 0,
		" 50102", " 50102"},
	    {"empty text", ERROR W0, REVERT_NONE, 0,
		"reverted without a reason", "理由を示さずに取り消されました"},
	    {"overflow",
		"4e487b71"
		"0000000000000000000000000000000000000000000000000000000000000"
		"011",
		REVERT_PANIC, 0, "arithmetic underflow or overflow",
		"数値があふれたか負になりました"},
	    {"unknown panic",
		"4e487b71ffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffffffffff",
		REVERT_PANIC, 0,
		"unknown panic code: 0xffffffffffffffffffffffffffffffffffffffff"
		"ffffffffffffffffffffffff",
		"コントラクトの処理に失敗しました(panic)"},
	    {"ERC-6093", "e450d38c" ADDR W1 W6, REVERT_CUSTOM, 0,
		"ERC20InsufficientBalance("
		"0xdeaDDeADDEaDdeaDdEAddEADDEAdDeadDEADDEaD, 1, 6)",
		"ERC20InsufficientBalance("
		"0xdeaDDeADDEaDdeaDdEAddEADDEAdDeadDEADDEaD, 1, 6)"},
	};
	struct revert r;
	struct arena a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		arena_init(&a, 1 << 20);
		EXPECT_RC(
		    revert_read(&a, &r, test_hex(rows[i].data), NULL), RC_OK);
		EXPECT_U64(r.kind, rows[i].kind);
		EXPECT_U64(r.code, rows[i].code);
		EXPECT_BYTES(r.en, bytes_of_str(rows[i].en));
		EXPECT_BYTES(r.ja, bytes_of_str(rows[i].ja));
		EXPECT((r.is.member == NULL) ==
		       (r.is.args == NULL && (r.kind == REVERT_UNKNOWN ||
						 rows[i].data[0] == '\0')));
		arena_drop(&a);
		test_count(1);
	}
}

TEST(test_reason_code_each_has_its_texts)
{
	json_t *all = json_load_file("conf/contracts/reasons.json", 0, NULL);
	struct bytes en, ja;
	const char *code;
	json_t *text;
	size_t cnt = 0;

	json_object_foreach(all, code, text)
	{
		test_row(code);
		EXPECT(revert_code_text(
		    &en, &ja, (uint32_t)strtoul(code, NULL, 10)));
		EXPECT_BYTES(en, bytes_of_str(json_string_value(
				     json_object_get(text, "en"))));
		EXPECT_BYTES(ja, bytes_of_str(json_string_value(
				     json_object_get(text, "ja"))));
		cnt++;
	}
	EXPECT(cnt > 30);
	EXPECT(!revert_code_text(&en, &ja, 0));
	EXPECT(!revert_code_text(&en, &ja, UINT32_MAX));
	json_decref(all);
}

TEST(test_reason_read_without_memory_fails)
{
	struct revert r;
	struct arena a;
	size_t room;

	for (room = 1; room < 200; room += 60) {
		arena_init(&a, room);
		EXPECT_RC(
		    revert_read(&a, &r, test_hex("e450d38c" ADDR W1 W6), NULL),
		    RC_NO_MEMORY);
		arena_drop(&a);
	}
}
