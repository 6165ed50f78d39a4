/* SPDX-License-Identifier: Apache-2.0
 *
 * What the three files that read gateway.conf share: conf.c walks over the
 * text, conf_value.c reads one value, conf_check.c looks at several.
 */
#ifndef HTTP_CONF_PRIV_H
#define HTTP_CONF_PRIV_H

#include "http/conf.h"

enum gw_section {
	SEC_GATEWAY,
	SEC_TLS,
	SEC_LIMITS,
	SEC_NODE,
	SEC_DATABASE,
	SEC_GEO,
	SEC_LISTENER,
	SEC_SURFACE,
	SEC_UPSTREAM, /* [node NAME] */
	SEC_CNT,
};

enum gw_when { LIVE, FIXED };

struct gw_conf_reader;
struct gw_setting;
typedef enum rc gw_value_fn(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e);

struct gw_setting {
	enum gw_section section;
	const char *key;
	gw_value_fn *read;
	size_t offset;
	const char *fallback;
	uint64_t min, max;
	enum gw_when when;
};

/* Settings of all sections at most; `seen` has a place for each. */
enum { SETTING_MAX = 128 };

/* struct gw_conf_reader is the state of one gw_conf_read. */
struct gw_conf_reader {
	struct gw_conf *conf;
	const struct gw_conf_say *say;
	const char *(*env)(const char *name);
	size_t faults;
	unsigned line;
	enum gw_section section;
	bool in_section;
	void *base;                 /* what the section fills */
	unsigned seen[SETTING_MAX]; /* line on which a setting stood */
	unsigned section_line[SEC_CNT];
	struct gw_surface *surface;
	bool is_out_of_memory;
};

/* gw_value_* read one value into a field; the names are those of conf.def. */
gw_value_fn gw_value_STR;
gw_value_fn gw_value_PATH;
gw_value_fn gw_value_U64;
gw_value_fn gw_value_SIZE;
gw_value_fn gw_value_DUR;
gw_value_fn gw_value_BOOL;
gw_value_fn gw_value_WORDS;
gw_value_fn gw_value_HOSTS;
gw_value_fn gw_value_NETS;
gw_value_fn gw_value_RATE;
gw_value_fn gw_value_KIND;
gw_value_fn gw_value_PROFILE;
gw_value_fn gw_value_FORWARDED;
gw_value_fn gw_value_FILTERS;
gw_value_fn gw_value_SHADOW;
gw_value_fn gw_value_ADDRESS;
gw_value_fn gw_value_COUNTRIES;
gw_value_fn gw_value_MORE_AT;
gw_value_fn gw_value_MORE_MAP;
gw_value_fn gw_value_SQLI;
gw_value_fn gw_value_SQLI_FIELDS;
gw_value_fn gw_value_MORE_SQLI;
gw_value_fn gw_value_METHODS;
gw_value_fn gw_value_MORE_METHODS;

/* gw_conf_fault tells and counts one fault. */
void gw_conf_fault(struct gw_conf_reader *r, unsigned line, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* gw_conf_keep copies v into the configuration's arena as a C string. */
enum rc gw_conf_keep(
    struct gw_conf_reader *r, const char **out, struct bytes v, struct err *e);

/* gw_conf_next_word cuts a word off the front of rest; false at its end. */
bool gw_conf_next_word(struct bytes *word, struct bytes *rest);

/* gw_conf_find_word returns the index of word among cnt words, or cnt. */
size_t gw_conf_find_word(
    const char *const *words, size_t cnt, struct bytes word);

/* gw_conf_word finds the index of word among cnt words, or fails as
 * gw_conf_not_one_of does. */
enum rc gw_conf_word(size_t *out, const char *const *words, size_t cnt,
    struct bytes word, struct err *e);

/* gw_conf_not_one_of fails and names the words that are allowed. */
enum rc gw_conf_not_one_of(
    const char *const *words, size_t cnt, struct bytes word, struct err *e);

/* gw_conf_check looks at everything that needs more than one value; all
 * values have been read. */
void gw_conf_check(struct gw_conf_reader *r);

/* gw_conf_check_sqli completes and checks what filter sqli is told. */
void gw_conf_check_sqli(struct gw_conf_reader *r, struct gw_surface *s);

/* gw_conf_same_address compares where listeners listen. */
bool gw_conf_same_address(
    const struct gw_listen_addr *a, const struct gw_listen_addr *b);

#endif
