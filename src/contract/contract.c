/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding contracts and their members in the tables that the build makes.
 */
#include "contract/contract.h"

#include "base/check.h"
#include "contract/tables_priv.h"

static const char *const profile_text[CONTRACT_PROFILE_CNT] = {
    [CONTRACT_STANDARD] = "standard",
    [CONTRACT_STRICT] = "strict",
    [CONTRACT_LEGACY] = "legacy",
};

const struct contract *
contract_find(enum contract_profile profile, const char *name)
{
	size_t i;

	for (i = 0; i < contract_cnt; i++)
		if (contracts[i].profile == profile &&
		    !strcmp(contracts[i].name, name))
			return &contracts[i];
	return NULL;
}

const struct contract *
contract_at(size_t i)
{
	return i < contract_cnt ? &contracts[i] : NULL;
}

const char *
contract_profile_text(enum contract_profile profile)
{
	CHECK(profile < CONTRACT_PROFILE_CNT);
	return profile_text[profile];
}

bool
contract_profile_read(enum contract_profile *out, const char *text)
{
	size_t i;

	for (i = 0; i < CONTRACT_PROFILE_CNT; i++)
		if (!strcmp(profile_text[i], text)) {
			*out = (enum contract_profile)i;
			return true;
		}
	return false;
}

const struct contract_member *
contract_member(
    const struct contract *c, enum contract_kind kind, const char *name)
{
	const struct contract_member *found = NULL, *m;
	bool is_text = strchr(name, '(') != NULL;

	for (m = c->members; m < c->members + c->member_cnt; m++) {
		if (m->kind != kind ||
		    strcmp(is_text ? m->text : m->name, name) != 0)
			continue;
		CHECK(found == NULL);
		found = m;
	}
	CHECK(found != NULL);
	return found;
}

const struct contract_member *
contract_constructor(const struct contract *c)
{
	if (c->member_cnt == 0 || c->members->kind != CONTRACT_CONSTRUCTOR)
		return NULL;
	return c->members;
}

static int
compare(const struct contract_member *m, struct bytes key, size_t indexed_cnt)
{
	int order = memcmp(m->hash.b, key.ptr, key.len);

	if (order != 0 || m->kind != CONTRACT_EVENT)
		return order;
	return (m->topics.cnt > indexed_cnt) - (m->topics.cnt < indexed_cnt);
}

static const struct contract_member *
search(const struct contract_member *const *rows, size_t cnt, struct bytes key,
    size_t indexed_cnt)
{
	size_t low = 0, high = cnt;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = compare(rows[mid], key, indexed_cnt);

		if (order == 0)
			return rows[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static const struct contract_member *
pick_any(enum contract_kind kind, struct bytes key, size_t indexed_cnt)
{
	switch (kind) {
	case CONTRACT_FUNCTION:
		return search(contract_functions, contract_function_cnt, key,
		    indexed_cnt);
	case CONTRACT_EVENT:
		return search(
		    contract_events, contract_event_cnt, key, indexed_cnt);
	case CONTRACT_ERROR:
		return search(
		    contract_errors, contract_error_cnt, key, indexed_cnt);
	case CONTRACT_CONSTRUCTOR:
		break;
	}
	return NULL;
}

const struct contract_member *
contract_pick(const struct contract *c, enum contract_kind kind,
    struct bytes key, size_t indexed_cnt)
{
	const struct contract_member *m;

	if (c == NULL)
		return pick_any(kind, key, indexed_cnt);
	for (m = c->members; m < c->members + c->member_cnt; m++)
		if (m->kind == kind && compare(m, key, indexed_cnt) == 0)
			return m;
	return NULL;
}
