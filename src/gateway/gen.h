/* SPDX-License-Identifier: Apache-2.0
 *
 * Kore's own configuration, rendered from ours.
 */
#ifndef GATEWAY_GEN_H
#define GATEWAY_GEN_H

#include "gateway/parent.h"

/* Longest rendered text. */
enum { GEN_TEXT_MAX = 16 * 1024 };

/*
 * gen_kore gives Kore its configuration and leaves a copy in
 * run_dir/kore.conf for whoever wants to look.
 *
 * Errors  RC_CONF
 */
enum rc gen_kore(const struct gw_process *p, struct err *e);

/* gen_files_needed: descriptors of one worker. */
uint64_t gen_files_needed(const struct gw_conf *c);

#endif
