/* SPDX-License-Identifier: Apache-2.0
 *
 * What tokens tell of themselves: attribute.def.
 */
#ifndef LEDGER_ATTRIBUTE_H
#define LEDGER_ATTRIBUTE_H

#include "base/arena.h"
#include "eth/types.h"

enum ledger_attribute {
#define ATTRIBUTE(name, kind) ATTRIBUTE_##name,
#include "ledger/attribute.def"
#undef ATTRIBUTE
	ATTRIBUTE_CNT
};

/* Longest text that is kept of an attribute or an argument, bytes; the rest is
 * cut. What people are shown is at most 2,000 characters. */
enum { LEDGER_TEXT_MAX = 64 * 1024 };

/* ledger_attribute_name is the getter's name. */
const char *ledger_attribute_name(enum ledger_attribute a);

/* ledger_attribute_find finds one by the bytes32 of an event, or by a text
 * without zeros behind it; ATTRIBUTE_CNT when it is none. */
enum ledger_attribute ledger_attribute_find(struct bytes name);

/*
 * ledger_attribute_text and ledger_attribute_number write a value as JSON.
 *
 * Returns   a NULL ptr when the attribute is of another kind (TEXT for a
 *           number), or when the arena is full
 * Lifetime  in the arena
 */
struct bytes ledger_attribute_text(
    struct arena *a, enum ledger_attribute which, struct bytes text);
struct bytes ledger_attribute_number(
    struct arena *a, enum ledger_attribute which, const struct u256 *v);

/* ledger_text returns foreign text that JSON and PostgreSQL can hold: cut to
 * LEDGER_TEXT_MAX, NUL made a byte that is no UTF-8 and shown as such. A NULL
 * ptr with len > 0 when the arena is full. */
struct bytes ledger_text(struct arena *a, struct bytes text);

#endif
