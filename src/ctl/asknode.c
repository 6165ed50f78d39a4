/* SPDX-License-Identifier: Apache-2.0
 *
 * One call, one value.
 */
#include "ctl/asknode.h"

#include <stdio.h>
#include <unistd.h>

#include "base/hex.h"
#include "eth/addr.h"

enum { ASKNODE_MS = 30000 };

enum rc
asknode_open(struct noderpc **out, const struct home *h, struct err *e)
{
	char path[PATH_MAX];
	enum rc rc =
	    noderpc_open(out, home_path(h, path, "run/node.ipc"), NULL);

	if (rc == RC_OK)
		return RC_OK;
	return FAIL(
	    e, rc, "%s: no node runs here; `sekisho up` starts it", path);
}

enum rc
asknode(struct noderpc *n, json_t **result, const char *method, json_t *params,
    struct err *e)
{
	struct err why = {0};
	enum rc rc = noderpc_call(n, result, method, params, ASKNODE_MS, &why);

	if (rc == RC_OK)
		return RC_OK;
	return FAIL(e, rc, "%s: %s", method, err_message(&why, rc));
}

static enum rc
no_value(const char *method, enum rc rc, struct err *e)
{
	return rc == RC_NO_MEMORY
		   ? FAIL(e, rc, "answer to %s", method)
		   : FAIL(e, RC_CORRUPT, "%s: the node's answer is no value",
			 method);
}

enum rc
asknode_u256(struct noderpc *n, struct u256 *out, const char *method,
    json_t *params, struct err *e)
{
	const char *text;
	json_t *r;
	enum rc rc;

	TRY(asknode(n, &r, method, params, e));
	text = json_string_value(r);
	rc = text == NULL ? RC_CORRUPT
			  : hex_quantity(out, bytes_of_str(text), NULL);
	json_decref(r);
	return rc == RC_OK ? RC_OK : no_value(method, rc, e);
}

enum rc
asknode_number(struct noderpc *n, uint64_t *out, const char *method,
    json_t *params, struct err *e)
{
	struct u256 v;

	TRY(asknode_u256(n, &v, method, params, e));
	if (!u256_is_u64(&v))
		return no_value(method, RC_CORRUPT, e);
	*out = v.w[0];
	return RC_OK;
}

enum rc
asknode_data(struct noderpc *n, struct arena *a, struct bytes *out,
    const char *method, json_t *params, struct err *e)
{
	const char *text;
	json_t *r;
	enum rc rc;

	TRY(asknode(n, &r, method, params, e));
	text = json_string_value(r);
	rc = text == NULL ? RC_CORRUPT
			  : hex_read(a, out, bytes_of_str(text), NULL);
	json_decref(r);
	return rc == RC_OK ? RC_OK : no_value(method, rc, e);
}

enum rc
asknode_nonce(struct noderpc *n, uint64_t *out, const struct addr *account,
    const char *block, struct err *e)
{
	char text[ADDR_TEXT_MAX];

	return asknode_number(n, out, "eth_getTransactionCount",
	    json_pack("[ss]", addr_text(text, account), block), e);
}

enum rc
asknode_code(struct noderpc *n, struct arena *a, struct bytes *out,
    const struct addr *at, struct err *e)
{
	char text[ADDR_TEXT_MAX];

	return asknode_data(n, a, out, "eth_getCode",
	    json_pack("[ss]", addr_text(text, at), "latest"), e);
}

json_t *
asknode_hex(struct arena *a, struct bytes data)
{
	char *text = arena_alloc(a, 2 * data.len + 3);

	return text == NULL ? NULL : json_string(hex_put0x(text, data));
}
