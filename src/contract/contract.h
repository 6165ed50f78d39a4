/* SPDX-License-Identifier: Apache-2.0
 *
 * The contracts that we know: those of the platform in two profiles, and the
 * interfaces that everybody's tokens have. Their ABIs, code and texts are
 * compiled in from conf/contracts; hashes and types are made by the build, so
 * nothing is read, parsed or hashed when a program runs.
 *
 * Values are struct abi_value (eth/abi.h), made by abi_u256, abi_addr,
 * abi_data and the like, read by the member that their type says.
 *
 * Thread  all of it is constant
 */
#ifndef CONTRACT_CONTRACT_H
#define CONTRACT_CONTRACT_H

#include "contract/event.h"
#include "eth/abi.h"

/* STANDARD are ERC-20, ERC-721 and what Solidity reverts with: no code. */
enum contract_profile {
	CONTRACT_STANDARD,
	CONTRACT_STRICT,
	CONTRACT_LEGACY,
	CONTRACT_PROFILE_CNT
};

enum contract_kind {
	CONTRACT_CONSTRUCTOR,
	CONTRACT_FUNCTION,
	CONTRACT_EVENT,
	CONTRACT_ERROR
};

struct contract_param {
	const char *name; /* empty where the ABI has none */
	const char *type; /* canonical: "uint256", "(address,bytes)[]" */
	bool is_indexed;
};

/* struct contract_member is a constructor, function, event or error. */
struct contract_member {
	enum contract_kind kind;
	enum event_id event; /* EVENT_NONE but for an EVENT */
	const char *name;    /* empty for a constructor */
	const char *text;    /* "transfer(address,uint256)" */
	const char *shown;   /* "transfer(address to, uint256 value)" */
	struct hash hash;    /* of text: an event's first topic; its first four
			      * bytes select a function or an error */
	const struct contract_param *params;
	size_t param_cnt;
	struct abi_type args;    /* tuple of all parameters; an indexed one
				  * that has no fixed size is its hash */
	struct abi_type topics;  /* EVENT: of those that are indexed */
	struct abi_type data;    /* EVENT: of the others */
	struct abi_type results; /* FUNCTION */
};

struct contract {
	enum contract_profile profile;
	const char *name;        /* "IbetStraightBond" */
	const char *evm_version; /* oldest rules that it runs under: "london" */
	struct bytes abi;        /* JSON, an array */
	struct bytes code;       /* what creates it, without arguments */
	struct bytes runtime;    /* what lies on the chain */
	const struct contract_member *members; /* in the order of
						* enum contract_kind */
	size_t member_cnt;
};

/* struct contract_decoded is a call, an event or an error taken apart. */
struct contract_decoded {
	const struct contract_member *member;
	const struct abi_value *args; /* member->param_cnt, as declared */
};

/* contract_find finds one by name; NULL when there is none. */
const struct contract *contract_find(
    enum contract_profile profile, const char *name);

/* contract_at walks all, profile by profile, names in order; NULL behind the
 * last. */
const struct contract *contract_at(size_t i);

/* contract_profile_text is "strict" or the like. */
const char *contract_profile_text(enum contract_profile profile);

/* contract_profile_read reads what contract_profile_text wrote. */
bool contract_profile_read(enum contract_profile *out, const char *text);

/*
 * contract_member finds a member by its name, or by its text where names are
 * overloaded: "ownerOf", "safeTransferFrom(address,address,uint256)". Names
 * that are not there or stand twice are slips of our own: it must be there.
 */
const struct contract_member *contract_member(
    const struct contract *c, enum contract_kind kind, const char *name);

/* contract_constructor is NULL for one that takes no arguments. */
const struct contract_member *contract_constructor(const struct contract *c);

/*
 * contract_encode_call writes a call of a function.
 *
 * Errors    RC_BAD_INPUT naming the parameter; RC_TOO_LARGE, RC_NO_MEMORY
 * Lifetime  out is in the arena
 */
enum rc contract_encode_call(struct arena *a, struct bytes *out,
    const struct contract_member *function, const struct abi_value *args,
    size_t cnt, struct err *e);

/* contract_encode_create writes the data of the transaction that creates c:
 * its code and the constructor's arguments. Errors as contract_encode_call. */
enum rc contract_encode_create(struct arena *a, struct bytes *out,
    const struct contract *c, const struct abi_value *args, size_t cnt,
    struct err *e);

/*
 * contract_decode_call reads call data.
 *
 * c         whose function it must be; NULL: any, those of STANDARD first
 * Errors    RC_NOT_FOUND for another selector; else abi_decode's
 * Lifetime  args in the arena, their data views into in
 */
enum rc contract_decode_call(struct arena *a, struct contract_decoded *out,
    const struct contract *c, struct bytes in, struct err *e);

/* contract_decode_results reads what a call returned: as many values as
 * function->results has items. Errors and lifetime of abi_decode. */
enum rc contract_decode_results(struct arena *a, const struct abi_value **out,
    const struct contract_member *function, struct bytes in, struct err *e);

/* contract_decode_error reads what a call reverted with, as
 * contract_decode_call; contract/reason.h puts it into words. */
enum rc contract_decode_error(struct arena *a, struct contract_decoded *out,
    const struct contract *c, struct bytes in, struct err *e);

/*
 * contract_value_text writes a value for people: numbers in decimal, addresses
 * by EIP-55, bytes in hex, text as it is (whoever shows it escapes), "[1, 2]".
 *
 * max       bytes of one string or bytes that are shown, the rest is cut;
 *           also how many values of a list
 * Returns   a NULL ptr when the arena is full
 * Lifetime  in the arena
 */
struct bytes contract_value_text(struct arena *a, const struct abi_type *type,
    const struct abi_value *v, size_t max);

#endif
