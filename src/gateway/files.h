/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that the parent reads for everybody: configuration, users files,
 * passwords. Workers see no file system.
 */
#ifndef GATEWAY_FILES_H
#define GATEWAY_FILES_H

#include "http/conf.h"

/*
 * struct blob is everything that a worker needs to know from files, as one
 * piece of memory: records of name length, data length, name, data. The
 * first record is the configuration, the others are users files and what
 * the names below say.
 */
struct blob {
	struct buf buf;
};

#define BLOB_DB_PASSWORD "\1db"
#define BLOB_CLIENT_CA   "\1ca"
#define BLOB_CLIENT_CRL  "\1crl"

/*
 * files_load reads and checks gateway.conf and all files it names.
 *
 * out      the configuration, users set; one reference
 * blob     what to publish; memory of its own, files_free
 * Errors   RC_CONF  every fault was told to say
 */
enum rc files_load(struct gw_conf **out, struct blob *blob, const char *file,
    const struct gw_conf_say *say, struct err *e);

void files_free(struct blob *blob);

/* struct unpacked is what a worker finds beside configuration and users. */
struct unpacked {
	const char *db_password; /* in the configuration's arena, or NULL */
	struct bytes client_ca, client_crl; /* in the blob; ptr NULL: none */
};

/* files_unpack does the same from a blob, in a worker; out is NULL when it
 * fails. */
enum rc files_unpack(struct gw_conf **out, struct unpacked *more,
    const char *file, struct bytes blob, const struct gw_conf_say *say,
    struct err *e);

/* files_stale tells what of certificates' authorities and revocations holds
 * no longer or not yet. Returns RC_OK when all of it holds. A child does it:
 * lists of revocations come from elsewhere. */
enum rc files_stale(const struct blob *blob, struct err *e);

/*
 * files_read reads one file whole.
 *
 * out        memory of its own (mem_new)
 * is_secret  nobody but its owner may have rights to it (reliability N13)
 * Errors     RC_CONF, the text begins with the path; RC_NO_MEMORY
 */
enum rc files_read(
    struct bytes *out, const char *path, bool is_secret, struct err *e);

#endif
