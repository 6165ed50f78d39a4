/* SPDX-License-Identifier: Apache-2.0
 *
 * One line per event: time, level, library, text, key=value pairs. Lines go
 * to standard error and the last LOG_KEEP of them stay in memory for a crash
 * report. Line ends and control characters inside values are escaped, so a
 * client cannot forge a line. Callers never pass secrets.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_LV_DEBUG, LOG_LV_INFO, LOG_LV_WARN, LOG_LV_ERROR };

/* Lines kept for log_dump, and the longest line; longer ones are cut. */
enum { LOG_KEEP = 64, LOG_LINE_MAX = 1024 };

/* log_open names the program (static string) and the lowest level written.
 * Before it, everything from LOG_LV_INFO up goes to standard error. */
void log_open(const char *program, enum log_level lowest);

/*
 * log_write writes one line. lib names the library ("chain"), text is a
 * printf format that ends in key=value pairs. Thread-safe: one write(2).
 */
void log_write(enum log_level lv, const char *lib, const char *text, ...)
    __attribute__((format(printf, 3, 4)));

/* log_dump writes the kept lines to fd; async-signal-safe. */
void log_dump(int fd);

#define log_debug(lib, ...) log_write(LOG_LV_DEBUG, lib, __VA_ARGS__)
#define log_info(lib, ...)  log_write(LOG_LV_INFO, lib, __VA_ARGS__)
#define log_warn(lib, ...)  log_write(LOG_LV_WARN, lib, __VA_ARGS__)
#define log_error(lib, ...) log_write(LOG_LV_ERROR, lib, __VA_ARGS__)

#endif
