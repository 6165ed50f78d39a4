/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho account`: key files of a key store. Keys are made and encrypted
 * here and leave this process only encrypted.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/hex.h"
#include "crypto/ec.h"
#include "crypto/keystore.h"
#include "ctl/cmd.h"
#include "ctl/home.h"
#include "ctl/secret.h"
#include "eth/addr.h"

enum { ACCOUNT_ARENA_MAX = 1 << 20 };

struct account_args {
	const char *verb, *file, *keystore, *password_file;
	struct home home;
	char def[PATH_MAX];
};

static bool
parse_args(struct account_args *a, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--keystore") && i + 1 < argc)
			a->keystore = argv[++i];
		else if (!strcmp(argv[i], "--password-file") && i + 1 < argc)
			a->password_file = argv[++i];
		else if (a->verb == NULL)
			a->verb = argv[i];
		else if (a->file == NULL)
			a->file = argv[i];
		else
			return false;
	}
	return a->verb != NULL;
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

static enum rc
store_key(const struct account_args *a, const uint8_t key[32], struct err *e)
{
	char name[96], hex[41] = "", when[32], text[ADDR_TEXT_MAX];
	time_t now = time(NULL);
	struct arena arena;
	struct secret pass;
	struct bytes json;
	struct addr addr;
	uint8_t pub[64];
	struct tm tm;
	enum rc rc;

	TRY(ec_public(pub, key, e));
	ec_addr(addr.b, pub);
	TRY(secret_read(
	    &pass, a->password_file, "pass phrase of the new key", true, e));
	arena_init(&arena, ACCOUNT_ARENA_MAX);
	rc = keystore_seal(&arena, &json, key, bytes_of(pass.text, pass.len),
	    KEYSTORE_SCRYPT_LOG_N, e);
	secret_wipe(&pass);
	hex_put(hex, addr_bytes(&addr));
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H-%M-%S", &tm);
	snprintf(name, sizeof(name), "UTC--%s.000000000Z--%.40s", when, hex);
	if (rc == RC_OK)
		rc = save_key(a, name, json, e);
	arena_drop(&arena);
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
	rc = store_key(a, key, e);
	explicit_bzero(key, sizeof(key));
	return rc;
}

static enum rc
import_key(const struct account_args *a, struct err *e)
{
	struct secret text;
	uint8_t key[32];
	enum rc rc;

	TRY(secret_read(&text, a->file, "private key", false, e));
	rc = hex_read_fixed(
	    key, sizeof(key), bytes_of(text.text, text.len), true, NULL);
	secret_wipe(&text);
	if (rc != RC_OK)
		rc = FAIL(e, RC_BAD_INPUT, "%s: a private key is 64 hex digits",
		    a->file);
	else
		rc = store_key(a, key, e);
	explicit_bzero(key, sizeof(key));
	return rc;
}

static bool
address_of_file(char out[ADDR_TEXT_MAX], const char *path)
{
	json_t *doc = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	const char *text = json_string_value(json_object_get(doc, "address"));
	struct addr addr;
	bool ok = text != NULL &&
		  addr_read(&addr, bytes_of_str(text), true, NULL) == RC_OK;

	if (ok)
		addr_text(out, &addr);
	json_decref(doc);
	return ok;
}

static enum rc
list_keys(const struct account_args *a, struct err *e)
{
	struct dirent **entry;
	char path[PATH_MAX + 300], text[ADDR_TEXT_MAX];
	int i, n = scandir(a->keystore, &entry, NULL, alphasort);

	if (n == -1)
		return FAIL(e, RC_IO, "%s: %s", a->keystore, strerror(errno));
	for (i = 0; i < n; i++) {
		snprintf(
		    path, sizeof(path), "%s/%s", a->keystore, entry[i]->d_name);
		if (entry[i]->d_name[0] != '.' && address_of_file(text, path))
			printf("%s %s\n", text, path);
		free(entry[i]);
	}
	free(entry);
	return RC_OK;
}

int
cmd_account(int argc, char **argv)
{
	struct account_args a = {.verb = NULL};
	struct err e = {0};
	enum rc rc;

	if (!parse_args(&a, argc, argv))
		return cmd_usage("account");
	rc = home_open(&a.home, false, &e);
	if (rc != RC_OK && a.keystore == NULL)
		return cmd_fail(&e, rc);
	if (a.keystore == NULL)
		a.keystore = home_path(&a.home, a.def, "node/keystore");
	if (!strcmp(a.verb, "new") && a.file == NULL)
		rc = new_key(&a, &e);
	else if (!strcmp(a.verb, "list") && a.file == NULL)
		rc = list_keys(&a, &e);
	else if (!strcmp(a.verb, "import") && a.file != NULL)
		rc = import_key(&a, &e);
	else
		return cmd_usage("account");
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
