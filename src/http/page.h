/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages for people: whether a client wants one, in which language, and
 * templates. What is put into a template is always escaped; there is no way
 * around it (reliability I5).
 */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include "base/arena.h"
#include "http/head.h"

enum gw_lang { GW_LANG_EN, GW_LANG_JA, GW_LANG_CNT };

/* gw_wants_page tells whether the client names text/html in Accept, as
 * browsers do and programs do not; a mere asterisk is not enough. */
bool gw_wants_page(const struct gw_head *h);

/* gw_lang_of returns the language that Accept-Language prefers; English when
 * it knows neither or says nothing. Spec: RFC 9110 12.5.4 */
enum gw_lang gw_lang_of(const struct gw_head *h);

/* struct gw_page_value is a text and the name that stands for it. */
struct gw_page_value {
	const char *name;
	const char *text; /* UTF-8 */
};

/*
 * gw_page_fill copies a template with {name} replaced by the escaped text of
 * that value; a name that is no value is a mistake of ours and CHECKed.
 *
 * Returns  the page in the arena, empty without memory
 */
struct bytes gw_page_fill(struct arena *a, const char *text,
    const struct gw_page_value *values, size_t cnt);

/* gw_error_page returns the template of a refusal: status, title, text, id. */
const char *gw_error_page(enum gw_lang lang);

#endif
