/* SPDX-License-Identifier: Apache-2.0
 *
 * A development state's keys lie open in secrets/dev-credentials.json; all
 * others only in key files.
 */
#include "ctl/signkey.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/hex.h"
#include "crypto/ec.h"
#include "crypto/keystore.h"
#include "ctl/keyfiles.h"
#include "ctl/secret.h"
#include "ctl/textfile.h"
#include "eth/addr.h"

/* Room for a key file. */
enum { SIGNKEY_ARENA_MAX = 2 * KEYSTORE_FILE_MAX };

static const char dev_file[] = "secrets/dev-credentials.json";

bool
signkey_is_dev(const struct home *h)
{
	char path[PATH_MAX];

	return access(home_path(h, path, "%s", dev_file), F_OK) == 0;
}

static bool
take_dev(uint8_t key[32], struct addr *addr, const json_t *account)
{
	const char *address =
	    json_string_value(json_object_get(account, "address"));
	const char *text =
	    json_string_value(json_object_get(account, "privateKey"));

	return address != NULL && text != NULL &&
	       addr_read(addr, bytes_of_str(address), false, NULL) == RC_OK &&
	       hex_read_fixed(key, 32, bytes_of_str(text), false, NULL) ==
		   RC_OK;
}

/* A state that was made before there was a deployer has accounts alone. */
static bool
is_dev_deployer(uint8_t key[32], struct addr *addr, const json_t *doc)
{
	const json_t *row = json_object_get(doc, "deployer");

	if (row == NULL)
		row = json_array_get(json_object_get(doc, "accounts"), 0);
	return take_dev(key, addr, row);
}

static bool
is_dev_account(uint8_t key[32], const struct addr *want, const json_t *doc)
{
	const json_t *row;
	struct addr addr;
	size_t i;

	if (is_dev_deployer(key, &addr, doc) && addr_eq(&addr, want))
		return true;
	json_array_foreach(json_object_get(doc, "accounts"), i, row)
	{
		if (take_dev(key, &addr, row) && addr_eq(&addr, want))
			return true;
	}
	return false;
}

/* find_dev looks in the development state's file, if there is one. */
static enum rc
find_dev(bool *found, uint8_t key[32], struct addr *addr, const char *from,
    const struct home *h, struct err *e)
{
	char path[PATH_MAX];
	json_error_t why;
	json_t *doc;

	*found = false;
	if (!signkey_is_dev(h))
		return RC_OK;
	doc = json_load_file(
	    home_path(h, path, "%s", dev_file), JSON_REJECT_DUPLICATES, &why);
	if (doc == NULL)
		return FAIL(e, RC_IO, "%s: %s", path, why.text);
	*found = from == NULL ? is_dev_deployer(key, addr, doc)
			      : is_dev_account(key, addr, doc);
	json_decref(doc);
	return RC_OK;
}

static enum rc
open_file(
    uint8_t key[32], const char *path, const char *password_file, struct err *e)
{
	struct err why = {0};
	struct secret pass;
	struct bytes json;
	struct arena a;
	enum rc rc;

	arena_init(&a, SIGNKEY_ARENA_MAX);
	rc = textfile_read(&a, &json, path, KEYSTORE_FILE_MAX, e);
	if (rc == RC_OK)
		rc = secret_read(
		    &pass, password_file, "pass phrase of the key", false, e);
	if (rc == RC_OK) {
		rc = keystore_open(
		    key, json, bytes_of(pass.text, pass.len), &why);
		secret_wipe(&pass);
		if (rc != RC_OK)
			rc = FAIL(
			    e, rc, "%.120s: %s", path, err_message(&why, rc));
	}
	arena_drop(&a);
	return rc;
}

static enum rc
find_file(uint8_t key[32], const struct addr *addr, const struct home *h,
    const struct signkey_ask *ask, struct err *e)
{
	char path[KEYFILES_PATH_MAX], def[PATH_MAX], text[ADDR_TEXT_MAX];
	const char *dir = ask->keystore != NULL
			      ? ask->keystore
			      : home_path(h, def, "node/keystore");

	TRY(keyfiles_find(path, dir, addr, e));
	if (path[0] == '\0')
		return FAIL(e, RC_NOT_FOUND,
		    "%.120s: no key of %s; `sekisho account import` brings one",
		    dir, addr_text(text, addr));
	return open_file(key, path, ask->password_file, e);
}

enum rc
signkey_find(uint8_t key[32], struct addr *addr, const struct home *h,
    const struct signkey_ask *ask, struct err *e)
{
	struct err why = {0};
	bool found;

	if (ask->from != NULL &&
	    addr_read(addr, bytes_of_str(ask->from), false, &why) != RC_OK)
		return FAIL(e, RC_BAD_INPUT, "--from %.60s: %s", ask->from,
		    err_message(&why, RC_BAD_INPUT));
	TRY(find_dev(&found, key, addr, ask->from, h, e));
	if (found)
		return RC_OK;
	if (ask->from == NULL)
		return FAIL(e, RC_NOT_FOUND,
		    "%s is no development state: --from ADDRESS says whose key "
		    "signs",
		    h->dir);
	return find_file(key, addr, h, ask, e);
}
