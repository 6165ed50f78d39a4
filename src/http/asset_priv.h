/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of assets, made from assets/ by tests/tools/gen-pages.
 */
#ifndef HTTP_ASSET_PRIV_H
#define HTTP_ASSET_PRIV_H

#include "base/bytes.h"

struct gw_asset {
	const char *name; /* with its hash */
	const char *type; /* Content-Type */
	const char *etag; /* in its quotes */
	struct bytes body;
};

extern const struct gw_asset gw_assets[];
extern const size_t gw_asset_cnt;

#endif
