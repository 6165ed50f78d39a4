/* SPDX-License-Identifier: Apache-2.0
 *
 * The one door to Kore's headers, and the names that Kore looks up or that
 * kore_shim.h makes it call. Built without Kore's HTTP engine: its parser,
 * its access log and its file server are not in this program at all.
 */
#ifndef GATEWAY_KORE_PRIV_H
#define GATEWAY_KORE_PRIV_H

#if !defined(KORE_SINGLE_BINARY) || !defined(KORE_NO_HTTP)
#error "the flags must equal those of Kore's own files"
#endif

#include <kore/kore.h>

#include <kore/hooks.h>
#include <kore/seccomp.h>

/* Kore's main(), kore_shim.h. */
int kore_main(int argc, char **argv);

/* Called by Kore's parent instead of the functions they stand for. */
void gw_parent_turn(u_int64_t timeout_ms);
void gw_parent_signal(int sig);

/* Called by Kore's workers in each turn of their loop. */
void gw_worker_turn(u_int64_t timeout_ms);

extern u_int8_t asset_builtin_kore_conf[];
extern u_int32_t asset_len_builtin_kore_conf;

#endif
