/* SPDX-License-Identifier: Apache-2.0
 *
 * What the rules share: moving numbers, attributes, the rows of events.
 */
#include "ledger/rule_priv.h"

#include "base/check.h"
#include "base/jsonw.h"
#include "eth/addr.h"

/* Arguments of one event; those of texts, each at most LEDGER_TEXT_MAX. */
enum { ARGS_MAX = 1 << 20 };

void
rule_set(struct ledger_book *b, struct ledger_row *row, size_t at,
    const struct u256 *v)
{
	book_change(b, row);
	row->v[at] = *v;
}

void
rule_add(struct ledger_book *b, struct ledger_row *row, size_t at,
    const struct u256 *amount)
{
	book_change(b, row);
	(void)u256_add(&row->v[at], &row->v[at], amount);
}

void
rule_sub(struct ledger_book *b, struct ledger_row *row, size_t at,
    const struct u256 *amount)
{
	book_change(b, row);
	(void)u256_sub(&row->v[at], &row->v[at], amount);
}

struct ledger_row *
rule_position(struct ledger_book *b, const struct ledger_event *ev,
    const struct addr *account)
{
	struct u256 keys[] = {
	    book_of_addr(&ev->token->address), book_of_addr(account)};

	return book_row(b, LEDGER_POSITION, keys);
}

struct ledger_row *
rule_deposit(struct ledger_book *b, const struct ledger_event *ev,
    const struct addr *exchange, const struct addr *account)
{
	struct u256 keys[] = {book_of_addr(&ev->token->address),
	    book_of_addr(account), book_of_addr(exchange)};

	return book_row(b, LEDGER_DEPOSIT, keys);
}

void
rule_place(struct ledger_row *row, const struct ledger_event *ev)
{
	row->v[0] = u256_from_u64(ev->log->block);
	row->v[1] = u256_from_u64(ev->log->index);
	row->v[2] = u256_from_u64(ev->log->tx_index);
	row->v[3] = book_of_hash(&ev->log->tx_hash);
}

/* Attributes. ------------------------------------------------------------ */

static struct ledger_row *
attribute_row(struct ledger_book *b, const struct ledger_event *ev,
    enum ledger_attribute which)
{
	struct u256 keys[] = {
	    book_of_addr(&ev->token->address), u256_from_u64(which)};

	return book_row(b, LEDGER_ATTRIBUTE, keys);
}

static void
set_text(struct ledger_book *b, struct ledger_row *row, struct bytes json)
{
	if (json.ptr == NULL)
		return;
	book_change(b, row);
	row->text = json;
}

void
rule_attribute_text(struct ledger_book *b, const struct ledger_event *ev,
    enum ledger_attribute which, struct bytes text)
{
	struct ledger_row *row = attribute_row(b, ev, which);

	if (!b->is_looking)
		set_text(b, row, ledger_attribute_text(b->a, which, text));
}

void
rule_attribute_number(struct ledger_book *b, const struct ledger_event *ev,
    enum ledger_attribute which, const struct u256 *v)
{
	struct ledger_row *row = attribute_row(b, ev, which);

	if (!b->is_looking)
		set_text(b, row, ledger_attribute_number(b->a, which, v));
}

/* Events. ---------------------------------------------------------------- */

static void
put_value(struct ledger_book *b, struct jsonw *w, const struct abi_type *type,
    const struct abi_value *v)
{
	char text[ADDR_TEXT_MAX];

	switch (type->kind) {
	case ABI_UINT:
	case ABI_INT:
		jsonw_dec(w, &v->num);
		return;
	case ABI_ADDRESS:
		jsonw_str(w, addr_text(text, &v->addr));
		return;
	case ABI_BOOL:
		jsonw_bool(w, !u256_is_zero(&v->num));
		return;
	case ABI_STRING:
		jsonw_strn(w, ledger_text(b->a, v->data));
		return;
	case ABI_FIXED_BYTES:
		jsonw_data(w, v->data);
		return;
	case ABI_BYTES:
	case ABI_ARRAY:
	case ABI_LIST:
	case ABI_TUPLE:
		break;
	}
	/* No event of event.def has one. */
	jsonw_null(w);
}

static void
put_args(
    struct ledger_book *b, struct jsonw *w, const struct contract_decoded *d)
{
	size_t i;

	jsonw_obj(w);
	for (i = 0; i < d->member->param_cnt; i++) {
		jsonw_key(w, d->member->params[i].name);
		put_value(b, w, &d->member->args.items[i], &d->args[i]);
	}
	jsonw_obj_end(w);
}

void
rule_event(struct ledger_book *b, const struct ledger_event *ev)
{
	struct ledger_row *row = book_emit(b, LEDGER_EVENT);
	struct jsonw w;

	if (row == NULL)
		return;
	rule_place(row, ev);
	row->v[4] = book_of_addr(&ev->source->address);
	if (ev->token != NULL)
		row->v[5] = book_of_addr(&ev->token->address);
	row->word = ev->decoded.member->name;
	jsonw_init(&w, ARGS_MAX);
	put_args(b, &w, &ev->decoded);
	if (jsonw_done(&w))
		row->text = arena_copy(b->a, jsonw_bytes(&w));
	if (row->text.ptr == NULL)
		book_fail(b);
	jsonw_free(&w);
}
