/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho account`: key files of a key store. Keys are made and encrypted
 * here and leave this process only encrypted.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hex.h"
#include "crypto/ec.h"
#include "crypto/keystore.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/home.h"
#include "ctl/keyfiles.h"
#include "ctl/secret.h"
#include "eth/addr.h"

enum { ACCOUNT_ARENA_MAX = 1 << 20 };

enum verb { NEW, LIST, IMPORT, VERB_CNT };

static const struct arg_verb verbs[VERB_CNT] = {
    [NEW] = {"new", 0, 0},
    [LIST] = {"list", 0, 0},
    [IMPORT] = {"import", 1, 1},
};

struct account_args {
	size_t verb;
	const char *file, *keystore, *password_file;
	struct home home;
	char def[PATH_MAX];
};

static bool
parse_args(struct account_args *a, int argc, char **argv)
{
	struct arg_option option[] = {
	    {"--keystore", &a->keystore, NULL},
	    {"--password-file", &a->password_file, NULL},
	};
	struct args args;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 1, 2))
		return false;
	a->verb = args_verb(&args, "account", verbs, VERB_CNT);
	a->file = args.at[1];
	return a->verb < VERB_CNT;
}

/* A key store keeps its folder's owner: noded must be able to read it. */
static enum rc
save_key(const struct account_args *a, const char *name, struct bytes json,
    struct err *e)
{
	struct home at = a->home;
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", a->keystore);
	home_set_dir(&at, dir);
	return home_write(&at, name,
	    a->keystore == a->def ? HOME_NODE : HOME_SELF, 0600, json.ptr,
	    json.len, e);
}

/* Before anybody is asked for a pass phrase: two files of one account would
 * be two pass phrases for it. */
static enum rc
check_new(const struct account_args *a, const struct addr *addr, struct err *e)
{
	char path[KEYFILES_PATH_MAX], text[ADDR_TEXT_MAX];

	TRY(keyfiles_find(path, a->keystore, addr, e));
	if (path[0] == '\0')
		return RC_OK;
	return FAIL(e, RC_BAD_INPUT, "%s is there already: %.200s",
	    addr_text(text, addr), path);
}

static enum rc
seal_key(const struct account_args *a, char name[96], const uint8_t key[32],
    const struct addr *addr, struct bytes pass, struct err *e)
{
	char hex[41] = "", when[32];
	time_t now = time(NULL);
	struct arena arena;
	struct bytes json;
	struct tm tm;
	enum rc rc;

	hex_put(hex, addr_bytes(addr));
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H-%M-%S", &tm);
	snprintf(name, 96, "UTC--%s.000000000Z--%.40s", when, hex);
	arena_init(&arena, ACCOUNT_ARENA_MAX);
	rc = keystore_seal(&arena, &json, key, pass, KEYSTORE_SCRYPT_LOG_N, e);
	if (rc == RC_OK)
		rc = save_key(a, name, json, e);
	arena_drop(&arena);
	return rc;
}

/*
 * The address is shown only when the file is on the disk: who sends coins to
 * it must be able to get them back.
 *
 * pass    NULL: ask for one
 */
static enum rc
store_key(const struct account_args *a, const uint8_t key[32],
    const struct secret *pass, struct err *e)
{
	char name[96], text[ADDR_TEXT_MAX];
	struct secret asked;
	struct addr addr;
	uint8_t pub[64];
	enum rc rc = RC_OK;

	TRY(ec_public(pub, key, e));
	ec_addr(addr.b, pub);
	TRY(check_new(a, &addr, e));
	if (pass == NULL)
		TRY(secret_read(&asked, a->password_file,
		    "pass phrase of the new key", true, e));
	else
		asked = *pass;
	rc = seal_key(a, name, key, &addr, bytes_of(asked.text, asked.len), e);
	secret_wipe(&asked);
	if (rc == RC_OK)
		printf("%s %s/%s\n", addr_text(text, &addr), a->keystore, name);
	return rc;
}

static enum rc
new_key(const struct account_args *a, struct err *e)
{
	uint8_t key[32];
	enum rc rc;

	ec_key_new(key);
	rc = store_key(a, key, NULL, e);
	explicit_bzero(key, sizeof(key));
	return rc;
}

/* Another program's key file keeps its pass phrase, which must open it. */
static enum rc
import_json(const struct account_args *a, struct bytes json, struct err *e)
{
	struct err why = {0};
	struct secret pass;
	uint8_t key[32];
	enum rc rc;

	TRY(secret_read(
	    &pass, a->password_file, "pass phrase of the key file", false, e));
	rc = keystore_open(key, json, bytes_of(pass.text, pass.len), &why);
	if (rc == RC_OK)
		rc = store_key(a, key, &pass, e);
	else
		(void)FAIL(e, rc, "%s: %s", a->file, err_message(&why, rc));
	secret_wipe(&pass);
	explicit_bzero(key, sizeof(key));
	return rc;
}

static enum rc
import_hex(const struct account_args *a, struct bytes text, struct err *e)
{
	uint8_t key[32];
	enum rc rc;

	while (text.len > 0 && strchr("\r\n", text.ptr[text.len - 1]) != NULL)
		text.len--;
	rc = hex_read_fixed(key, sizeof(key), text, true, NULL);
	if (rc != RC_OK)
		rc = FAIL(e, RC_BAD_INPUT,
		    "%s holds no private key: 64 hex digits, or a key file in "
		    "JSON (Web3 secret storage 3)",
		    a->file);
	else
		rc = store_key(a, key, NULL, e);
	explicit_bzero(key, sizeof(key));
	return rc;
}

static enum rc
import_key(const struct account_args *a, struct err *e)
{
	uint8_t text[KEYSTORE_FILE_MAX];
	size_t n = 0;
	FILE *f = fopen(a->file, "re");
	enum rc rc;

	if (f == NULL)
		return FAIL(e, RC_IO, "%s: %s", a->file, strerror(errno));
	setvbuf(f, NULL, _IONBF, 0);
	n = fread(text, 1, sizeof(text), f);
	if (ferror(f) != 0)
		rc = FAIL(e, RC_IO, "%s: %s", a->file, strerror(errno));
	else if (n == sizeof(text))
		rc = FAIL(
		    e, RC_TOO_LARGE, "%s is too long for a key file", a->file);
	else if (n > 0 && text[0] == '{')
		rc = import_json(a, bytes_of(text, n), e);
	else
		rc = import_hex(a, bytes_of(text, n), e);
	fclose(f);
	explicit_bzero(text, sizeof(text));
	return rc;
}

static bool
print_key(void *ctx, const struct addr *addr, const char *path)
{
	char text[ADDR_TEXT_MAX];

	(void)ctx;
	printf("%s %s\n", addr_text(text, addr), path);
	return true;
}

static enum rc
run(struct account_args *a, struct err *e)
{
	/* A key store of its own needs no state, but root's key files go to
	 * the state's users. */
	if (a->keystore == NULL) {
		TRY(home_open(&a->home, false, e));
		TRY(home_need(&a->home, e));
		a->keystore = home_path(&a->home, a->def, "node/keystore");
	} else {
		(void)home_open(&a->home, false, NULL);
	}
	if (a->verb == NEW)
		return new_key(a, e);
	return a->verb == LIST ? keyfiles_each(a->keystore, print_key, NULL, e)
			       : import_key(a, e);
}

int
cmd_account(int argc, char **argv)
{
	struct account_args a = {.file = NULL};
	struct err e = {0};
	enum rc rc;

	if (!parse_args(&a, argc, argv))
		return CMD_USAGE;
	rc = run(&a, &e);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
