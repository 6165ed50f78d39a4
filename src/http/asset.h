/* SPDX-License-Identifier: Apache-2.0
 *
 * Style sheets, scripts and icons of pages. They are in the program; a name
 * carries the hash of what is in it, so what has one name never changes and
 * browsers need not ask again.
 */
#ifndef HTTP_ASSET_H
#define HTTP_ASSET_H

#include "http/stage.h"

/* gw_asset_get serves /assets/{name}; 304 to a browser that asks whether it
 * has changed all the same. */
extern gw_stage_fn *const gw_asset_get[];

#endif
