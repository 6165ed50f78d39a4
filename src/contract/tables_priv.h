/* SPDX-License-Identifier: Apache-2.0
 *
 * What tests/tools/gen-contracts makes of conf/contracts.
 */
#ifndef CONTRACT_TABLES_PRIV_H
#define CONTRACT_TABLES_PRIV_H

#include "contract/contract.h"

extern const struct contract contracts[];
extern const size_t contract_cnt;

/* One of each selector, or of each topic and number of topics, sorted by
 * hash and that number: of the first contract that has it. */
extern const struct contract_member *const contract_functions[];
extern const size_t contract_function_cnt;
extern const struct contract_member *const contract_errors[];
extern const size_t contract_error_cnt;
extern const struct contract_member *const contract_events[];
extern const size_t contract_event_cnt;

/* Texts of coded reasons, sorted by code. */
struct reason_code {
	const char *code, *en, *ja;
};
extern const struct reason_code reason_codes[];
extern const size_t reason_code_cnt;

/*
 * contract_pick finds a member by the first four bytes of its hash, or an
 * event by all of it and the number of its indexed parameters.
 *
 * c    NULL: of any contract
 * key  4 or 32 bytes
 */
const struct contract_member *contract_pick(const struct contract *c,
    enum contract_kind kind, struct bytes key, size_t indexed_cnt);

#endif
