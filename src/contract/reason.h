/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a call was reverted, in words: the platform's contracts say a code of
 * six digits, the compiler Panic(uint256), others text or an error of their
 * own.
 *
 * Source  Solidity documentation, "Control Structures", "Panic via assert and
 *         Error via require"; conf/contracts/reasons.json
 */
#ifndef CONTRACT_REASON_H
#define CONTRACT_REASON_H

#include "base/arena.h"
#include "contract/contract.h"

enum revert_kind {
	REVERT_NONE,   /* nothing was returned */
	REVERT_CODE,   /* Error(string) with a code of the platform */
	REVERT_TEXT,   /* Error(string) with anything else */
	REVERT_PANIC,  /* Panic(uint256) */
	REVERT_CUSTOM, /* another error of a known contract */
	REVERT_UNKNOWN /* bytes that nobody knows */
};

/* Longest text of a contract's own that is shown. */
enum { REVERT_TEXT_MAX = 1024 };

struct revert {
	enum revert_kind kind;
	uint32_t code;              /* CODE: 100001 to 999999, else 0 */
	struct bytes en, ja;        /* for people; never empty */
	struct contract_decoded is; /* but for NONE and UNKNOWN */
};

/*
 * revert_read puts what a reverted call returned into words.
 *
 * in        anything
 * Errors    RC_NO_MEMORY
 * Lifetime  texts and values in the arena, or views into in
 */
enum rc revert_read(
    struct arena *a, struct revert *out, struct bytes in, struct err *e);

/* revert_code_text finds the texts of a code; false when there is none. */
bool revert_code_text(struct bytes *en, struct bytes *ja, uint32_t code);

#endif
