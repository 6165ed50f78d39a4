/* SPDX-License-Identifier: Apache-2.0
 *
 * noded's configuration file: `key = value` lines, one row per setting in
 * conf.def.
 */
#ifndef NODED_CONF_H
#define NODED_CONF_H

#include "base/arena.h"
#include "eth/types.h"

struct conf_addr {
	struct addr addr;
	bool is_set;
};

#define CONF_C_STR  const char *
#define CONF_C_ADDR struct conf_addr
#define CONF_C_U64  uint64_t
#define CONF_C_U256 struct u256
#define CONF_C_BOOL bool
#define CONF_C_MS   uint64_t
#define CONF_C_SIZE uint64_t

/* CONF_AT_<setting> numbers the settings. */
enum conf_at {
#define CONF(type, name, def, min, max, help) CONF_AT_##name,
#include "noded/conf.def"
#undef CONF
	CONF_AT_CNT
};

struct conf {
#define CONF(type, name, def, min, max, help) CONF_C_##type name;
#include "noded/conf.def"
#undef CONF
	const char *file;           /* where the settings were read */
	unsigned line[CONF_AT_CNT]; /* of each in the file; 0: left out */
};

/*
 * conf_read reads a configuration file; settings that it leaves out get
 * their defaults.
 *
 * Errors    RC_CONF  "FILE:LINE: setting: what is wrong"; RC_IO
 * Lifetime  texts live in the arena
 */
enum rc conf_read(
    struct arena *a, struct conf *out, const char *path, struct err *e);

/* conf_check finds what single settings cannot show: what is missing, files
 * that are not there, secrets that others can read. RC_CONF, with a text as
 * conf_read's; of what is left out it names no line. */
enum rc conf_check(const struct conf *c, struct err *e);

/* conf_help prints every setting with its default to standard output. */
void conf_help(void);

#endif
