/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of the HTTP layer itself, compiled from templates/http. A member that
 * a template asks for and that is not here fails to compile.
 */
#ifndef HTTP_PAGES_PRIV_H
#define HTTP_PAGES_PRIV_H

#include "http/page.h"

struct gw_error_view {
	const char *lang;    /* of the page, as HTML names it */
	bool is_styled;      /* the surface has assets, and a first page */
	struct gw_path base; /* the surface's prefix */
	const char *status, *title, *text;
	const char *id; /* of the request */
};

/* gw_page_error says why a request was refused. */
struct bytes gw_page_error(
    struct arena *a, enum gw_lang lang, const struct gw_error_view *v);

#endif
