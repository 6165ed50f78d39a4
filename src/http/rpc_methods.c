/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks methods up in the tables and in the lists of a surface. Names are
 * compared byte for byte: the node would not take another spelling either.
 */
#include "http/rpc_methods.h"

#include "base/check.h"
#include "http/conf.h"

static const struct method {
	const char *name;
	enum gw_cost cost;
} methods[] = {
#define METHOD(name, cost) {name, GW_COST_##cost},
#define SPACE(prefix, cost, who)
#include "http/rpc.def"
#undef METHOD
#undef SPACE
};

/* Who may be given the methods of a name space. */
enum who { ALL, USERS, NEVER };

static const struct space {
	const char *prefix;
	enum gw_cost cost;
	enum who who;
} spaces[] = {
#define METHOD(name, cost)
#define SPACE(prefix, cost, who) {prefix, GW_COST_##cost, who},
#include "http/rpc.def"
#undef METHOD
#undef SPACE
};

static bool
begins(struct bytes name, const char *prefix)
{
	size_t len = strlen(prefix);

	return name.len >= len && memcmp(name.ptr, prefix, len) == 0;
}

static const struct method *
find_method(struct bytes name)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(methods); i++)
		if (bytes_eq(name, bytes_of_str(methods[i].name)))
			return &methods[i];
	return NULL;
}

/* find_space returns the first row that a name begins with, or NULL. */
static const struct space *
find_space(struct bytes name)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(spaces); i++)
		if (begins(name, spaces[i].prefix))
			return &spaces[i];
	return NULL;
}

static enum who
who_of(struct bytes name)
{
	const struct space *s = find_space(name);

	return s == NULL ? ALL : s->who;
}

static bool
is_default(struct bytes word)
{
	return bytes_eq(word, bytes_of_str("default"));
}

/* is_wild: a name space, written with * behind it. */
static bool
is_wild(struct bytes word)
{
	return word.len > 2 && word.ptr[word.len - 1] == '*' &&
	       word.ptr[word.len - 2] == '_';
}

static bool
covers(struct bytes word, struct bytes method)
{
	if (!is_wild(word))
		return bytes_eq(word, method);
	return method.len >= word.len &&
	       memcmp(word.ptr, method.ptr, word.len - 1) == 0;
}

/* names tells whether a list has a method itself, and whether it has the
 * word `default`. */
static bool
names(const struct gw_words *list, struct bytes method, bool *has_default)
{
	size_t i;

	*has_default = false;
	for (i = 0; i < list->cnt; i++) {
		if (is_default(list->words[i]))
			*has_default = true;
		else if (covers(list->words[i], method))
			return true;
	}
	return false;
}

/* all_may: what the surface gives to everybody. */
static bool
all_may(const struct gw_surface *s, struct bytes method)
{
	bool has_default;

	if (names(&s->rpc_methods, method, &has_default))
		return true;
	return (has_default || s->rpc_methods.cnt == 0) &&
	       find_method(method) != NULL;
}

bool
gw_rpc_may(const struct gw_surface *s, struct bytes user, struct bytes method)
{
	bool has_default;
	size_t i;

	if (who_of(method) == NEVER)
		return false;
	for (i = 0; i < s->rpc_user_cnt && user.len > 0; i++) {
		const struct gw_rpc_user *u = &s->rpc_users[i];

		if (bytes_eq(u->name, user))
			return names(&u->methods, method, &has_default) ||
			       (has_default && all_may(s, method));
	}
	return all_may(s, method);
}

enum gw_cost
gw_rpc_cost(struct bytes method)
{
	const struct method *m = find_method(method);
	const struct space *s;

	if (m != NULL)
		return m->cost;
	s = find_space(method);
	return s != NULL ? s->cost : GW_COST_PLAIN;
}

uint64_t
gw_rpc_units(const struct gw_surface *s, enum gw_cost cost)
{
	return cost == GW_COST_PLAIN ? 1 : s->rpc_units[cost];
}

uint64_t
gw_rpc_time_ms(const struct gw_surface *s, enum gw_cost cost)
{
	return s->rpc_time_ms[cost]; /* of PLAIN always 0 */
}

static bool
is_name(struct bytes word)
{
	size_t i;

	for (i = 0; i < word.len; i++) {
		uint8_t c = word.ptr[i], low = c | 0x20;

		if (c != '_' && !(c >= '0' && c <= '9') &&
		    !(low >= 'a' && low <= 'z'))
			return false;
	}
	return word.len > 0;
}

enum gw_rpc_word
gw_rpc_word_check(struct bytes word, bool is_for_user)
{
	struct bytes name = word;
	enum who who;

	if (is_default(word))
		return GW_RPC_WORD_OK;
	if (is_wild(word))
		name.len--;
	if (!is_name(name))
		return GW_RPC_WORD_NO_NAME;
	who = who_of(name);
	if (who == NEVER)
		return GW_RPC_WORD_NEVER;
	if (!is_for_user && (who == USERS || is_wild(word)))
		return GW_RPC_WORD_USERS;
	return GW_RPC_WORD_OK;
}
